//! The heads of the requests on a connection.
//!
//! The parser takes a bare line feed for the end of a line, and a length beside a coding; a proxy in front
//! may take neither, and then the two would see different requests. So the bytes are looked at before the
//! parser has them, and what it must not accept is made unreadable for it.

/// So much of a line is kept: enough for the length and the coding of a body.
const KEPT: usize = 64;

/// Follows the requests on a connection, byte by byte.
#[derive(Default)]
pub(super) struct Heads {
    part: Part,
    last: u8,
    /// The beginning of the present line.
    line: Vec<u8>,
    /// Whether the present line has anything in it, and whether a line before it had.
    filled: bool,
    begun: bool,
    /// What the head says of its body.
    length: Option<u64>,
    coded: bool,
}

/// The part of a request that comes next.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Head,
    /// A body of so many bytes.
    Body(u64),
    /// A chunked body, with which the connection ends.
    Rest,
}

impl Heads {
    /// Whether a head has begun and not ended.
    pub const fn is_within_one(&self) -> bool {
        matches!(self.part, Part::Head) && (self.filled || self.begun)
    }

    /// Follows `bytes`, and puts a byte that no head may hold where the parser has to stop. Gives whether
    /// a head ended.
    pub fn look(&mut self, mut bytes: &mut [u8]) -> bool {
        let mut ended = false;
        loop {
            match self.part {
                Part::Rest => return ended,
                Part::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left - here as u64;
                    self.part = if left == 0 { Part::Head } else { Part::Body(left) };
                    bytes = &mut bytes[here..];
                }
                Part::Head => {
                    let Some((byte, rest)) = bytes.split_first_mut() else { return ended };
                    let was_within = self.is_within_one();
                    self.look_at(byte);
                    ended |= was_within && !self.is_within_one();
                    bytes = rest;
                }
            }
            if bytes.is_empty() {
                return ended;
            }
        }
    }

    fn look_at(&mut self, byte: &mut u8) {
        let before = std::mem::replace(&mut self.last, *byte);
        match *byte {
            b'\n' if before != b'\r' => *byte = 0,
            b'\n' if self.filled => {
                if self.begun && !self.is_clear() {
                    *byte = 0;
                }
                self.begun = true;
                self.filled = false;
                self.line.clear();
            }
            b'\n' if self.begun => self.end(),
            b'\n' | b'\r' => {}
            _ => {
                self.filled = true;
                if self.line.len() < KEPT {
                    self.line.push(*byte);
                }
            }
        }
    }

    /// Notes what the present header says of the body; false if that is not clear.
    fn is_clear(&mut self) -> bool {
        let Some(colon) = self.line.iter().position(|byte| *byte == b':') else { return true };
        let (name, value) = self.line.split_at(colon);
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.coded = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(&value[1..]).map(str::trim).map(str::parse);
            let (Ok(Ok(length)), true) = (digits, self.line.len() < KEPT) else { return false };
            self.length = Some(length);
        }
        !(self.coded && self.length.is_some())
    }

    fn end(&mut self) {
        let part = match self.length {
            _ if self.coded => Part::Rest,
            Some(length) if length > 0 => Part::Body(length),
            _ => Part::Head,
        };
        *self = Self { part, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the parser sees of `text`, however it is cut.
    fn looked(text: &str) -> String {
        let all = |size: usize| {
            let mut heads = Heads::default();
            let mut bytes = text.as_bytes().to_vec();
            bytes.chunks_mut(size).for_each(|piece| {
                heads.look(piece);
            });
            String::from_utf8(bytes).expect("text")
        };
        let whole = all(text.len());
        for size in 1..text.len() {
            assert_eq!(all(size), whole, "in pieces of {size}");
        }
        whole
    }

    const HEAD: &str = "POST / HTTP/1.1\r\nhost: a\r\n";

    #[test]
    fn heads_with_proper_lines_and_their_bodies_stay_as_they_are() {
        for text in [
            format!("{HEAD}content-length: 4\r\n\r\n{{\n\n}}{HEAD}Content-Length:\t1 \r\n\r\n\n"),
            format!("\r\n{HEAD}\r\n{HEAD}content-length: 0\r\n\r\n{HEAD}\r\n"),
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n3\r\n{{\n}}\r\n0\r\n\r\nGET /\n"),
        ] {
            assert_eq!(looked(&text), text);
        }
    }

    #[test]
    fn a_bare_line_feed_in_any_head_is_made_unreadable() {
        assert_eq!(looked("GET / HTTP/1.1\nhost: a\r\n\r\n"), "GET / HTTP/1.1\0host: a\r\n\r\n");
        assert_eq!(looked("\nGET / HTTP/1.1\r\n\r\n"), "\0GET / HTTP/1.1\r\n\r\n");
        for before in ["\r\n", "content-length: 3\r\n\r\n{\n}"] {
            let next = "GET / HTTP/1.1\r\nhost: a";
            let text = format!("{HEAD}{before}{next}\n\r\n");
            assert_eq!(looked(&text), format!("{HEAD}{before}{next}\0\r\n"));
        }
    }

    #[test]
    fn a_length_that_is_not_clear_is_made_unreadable() {
        for headers in [
            "content-length: 4\r\ntransfer-encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nx: y\r\nCONTENT-LENGTH: 4\r\n",
            "content-length: 4, 4\r\n",
            "content-length: -4\r\n",
            "content-length: 00000000000000000000000000000000000000000000000000000000004\r\n",
        ] {
            let text = format!("{HEAD}{headers}\r\n");
            let expected = format!("{}\0\r\n", text.trim_end_matches("\r\n").to_owned() + "\r");
            assert_eq!(looked(&text), expected, "{headers}");
        }
    }

    #[test]
    fn a_head_is_waited_for_from_its_first_byte_to_its_last() {
        let mut heads = Heads::default();
        for (piece, within, ended) in [
            ("\r\n", false, false),
            ("G", true, false),
            ("ET / HTTP/1.1\r\n", true, false),
            ("content-length: 2\r\n\r", true, false),
            ("\n", false, true),
            ("{", false, false),
            ("}G", true, false),
            ("ET / HTTP/1.1\r\n\r\nG", true, true),
        ] {
            assert_eq!(heads.look(&mut piece.as_bytes().to_vec()), ended, "{piece:?}");
            assert_eq!(heads.is_within_one(), within, "{piece:?}");
        }
    }
}
