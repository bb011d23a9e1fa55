//! `alongside healthcheck`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Done;
use crate::config::Config;

/// Asks the service at the address of the settings, or at `port` of this machine.
pub(super) async fn run(config: &Config, port: Option<u16>) -> Done {
    let mut address: SocketAddr = match port {
        Some(port) => (Ipv4Addr::LOCALHOST, port).into(),
        None => config.server.bind.parse()?,
    };
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    match tokio::time::timeout(Duration::from_secs(3), ask(address)).await {
        Ok(Ok(true)) => Ok(ExitCode::SUCCESS),
        Ok(Ok(false)) => Err(format!("{address} is not ready").into()),
        Ok(Err(error)) => Err(format!("{address} does not answer: {error}").into()),
        Err(_) => Err(format!("{address} does not answer in time").into()),
    }
}

/// Whether `/health/ready` answers 200.
async fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(&status == b"HTTP/1.1 200")
}
