//! A connection of which nothing is read ahead, for STARTTLS.
//!
//! What a stranger on the way slips in behind the server's word that TLS may begin was never proved to come from the
//! server. A client that has it in a buffer takes it for answers that came through TLS: the stranger could so say
//! that a message was taken. So as long as the connection is plain, its bytes are given one by one, and what is left
//! unread meets the handshake, which fails.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection that gives its bytes one by one until [`Hurry::on`].
#[derive(Debug)]
pub struct Careful {
    stream: TcpStream,
    in_haste: Arc<AtomicBool>,
}

/// Lets a [`Careful`] connection read as fast as it can.
pub struct Hurry(Arc<AtomicBool>);

impl Hurry {
    /// From now on.
    pub fn on(self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Careful {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub async fn connect(host: &str, port: u16) -> io::Result<(Self, Hurry)> {
        let stream = TcpStream::connect((host, port)).await?;
        let in_haste = Arc::new(AtomicBool::new(false));
        Ok((Self { stream, in_haste: Arc::clone(&in_haste) }, Hurry(in_haste)))
    }
}

impl AsyncTokioStream for Careful {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Careful {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.in_haste.load(Ordering::Acquire) || into.remaining() == 0 {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut one))?;
        into.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Careful {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
