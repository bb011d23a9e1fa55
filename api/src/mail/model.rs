//! What a message is, and what becomes of it.

use std::fmt;

use lettre::Address;
use uuid::Uuid;

use crate::coded;

/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 200;

/// Longest text, in characters.
pub const MAX_BODY: usize = 20_000;

/// Longest address, in bytes (RFC 5321).
const MAX_ADDRESS: usize = 254;

coded! {
    /// Where a message stands.
    State {
        /// It is to be sent.
        Waiting = "WAITING",
        /// The mail server took it.
        Sent = "SENT",
        /// Nobody tries any more.
        GivenUp = "GIVEN_UP",
    }
}

/// The address of one mailbox. It can stand in a header and an envelope as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(Address);

impl Recipient {
    /// The address in `text`, if it is one and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        let fits = plain && text.len() <= MAX_ADDRESS;
        fits.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// The address.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.0
    }
}

/// It tells nobody whose it is.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// A message to be queued.
#[derive(Clone, PartialEq, Eq)]
pub struct NewMail {
    /// The organisation whose matter it is; [`NATION`](crate::audit::NATION) for a matter of none.
    pub organisation_id: Uuid,
    /// What it tells of, such as `readiness.action_overdue`.
    pub kind: &'static str,
    /// What makes it one message, at most 200 characters: ids and days, such as `action.overdue:ID:2026-05-01`.
    pub deduplication_key: String,
    /// To whom.
    pub recipient: Recipient,
    /// The subject. Line breaks and other control characters become spaces; it ends after 200 characters.
    pub subject: String,
    /// The text. Control characters but line breaks and tabs are left out; it ends after 20,000 characters.
    pub body: String,
}

/// It tells what it is about, and nothing that is in it.
impl fmt::Debug for NewMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("NewMail");
        shown.field("organisation_id", &self.organisation_id).field("kind", &self.kind);
        shown.finish_non_exhaustive()
    }
}

/// A subject that is one line, without anything that a header could be made of.
#[must_use]
pub fn one_line(subject: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let spaced: String = subject.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(MAX_SUBJECT).collect();
    line.trim_end().to_owned()
}

/// A text with plain line breaks and no other control characters than tabs.
#[must_use]
pub fn plain_text(body: &str) -> String {
    let lines = body.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(MAX_BODY).collect()
}

/// Why a message was not taken, or not tried. Only the code is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server cannot be reached, takes nothing just now, or the connection broke before it had the message.
    Unreachable,
    /// The connection cannot be made safe: no TLS, or a certificate that nobody vouches for.
    Tls,
    /// The server does not take our name and password, or wants some.
    Credentials,
    /// No answer in time, before the server had the message.
    TimedOut,
    /// The server takes nothing from this sender, with this code: it refused before it knew the recipient.
    Sender(u16),
    /// The server refused the message with this code, and may take it another time.
    Refused(u16),
    /// The server refused the message with this code, for what its recipient or its content is.
    Rejected(u16),
    /// The server had all of the message, and the connection broke before its word.
    Cut,
    /// The server had all of the message, and gave no word in time.
    Unanswered,
    /// It cannot be put into a form that the server takes.
    Unsendable,
    /// The last attempt was never finished.
    Interrupted,
    /// It was not sent by its last useful day.
    TooLate,
}

impl Failure {
    /// The code, as stored and logged: never a word of the server's answer, which may name the recipient.
    #[must_use]
    pub fn code(self) -> String {
        let text = match self {
            Self::Unreachable => "UNREACHABLE",
            Self::Tls => "TLS",
            Self::Credentials => "CREDENTIALS",
            Self::TimedOut => "TIMED_OUT",
            Self::Sender(code) => return format!("SENDER_{code}"),
            Self::Refused(code) | Self::Rejected(code) => return format!("SMTP_{code}"),
            Self::Cut => "CUT",
            Self::Unanswered => "UNANSWERED",
            Self::Unsendable => "UNSENDABLE",
            Self::Interrupted => "INTERRUPTED",
            Self::TooLate => "TOO_LATE",
        };
        text.to_owned()
    }

    /// Whether it concerns the way to the server, and so every message.
    #[must_use]
    pub const fn is_of_the_way(self) -> bool {
        match self {
            Self::Unreachable
            | Self::Tls
            | Self::Credentials
            | Self::TimedOut
            | Self::Sender(_)
            | Self::Cut
            | Self::Unanswered => true,
            Self::Refused(_)
            | Self::Rejected(_)
            | Self::Unsendable
            | Self::Interrupted
            | Self::TooLate => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_whatever_is_put_into_it() {
        let hostile = "Überfällig\r\nBcc: someone@example.org\r\n\r\nText\u{85}\u{2028}\0 end ";
        assert_eq!(one_line(hostile), "Überfällig Bcc: someone@example.org Text end");
        assert_eq!(one_line("\r\n\t"), "");
        assert_eq!(one_line(&"ä".repeat(300)).chars().count(), MAX_SUBJECT);
    }

    #[test]
    fn a_text_keeps_its_lines_and_loses_what_is_no_text() {
        assert_eq!(plain_text("a\r\nb\rc\n\td\u{1b}[31m\0"), "a\nb\nc\n\td[31m");
        assert_eq!(plain_text(&"x".repeat(30_000)).len(), MAX_BODY);
    }

    #[test]
    fn an_address_is_one_and_nothing_else() {
        for good in ["a@example.org", "first.last+tag@trust.nhs.uk", "o'neil@example.org"] {
            assert!(Recipient::parse(good).is_some(), "{good}");
        }
        let long = format!("{}@example.org", "x".repeat(250));
        for bad in [
            "",
            "a",
            "a@",
            "@example.org",
            "a@b@example.org",
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org, b@example.org",
            "A <a@example.org>",
            "a b@example.org",
            "\"a b\"@example.org",
            " a@example.org",
            &long,
        ] {
            assert!(Recipient::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn nothing_personal_is_shown_for_debugging() {
        let recipient = Recipient::parse("someone@example.org").expect("an address");
        let new = NewMail {
            organisation_id: Uuid::nil(),
            kind: "a.kind",
            deduplication_key: "a-key".to_owned(),
            recipient: recipient.clone(),
            subject: "a subject".to_owned(),
            body: "a text".to_owned(),
        };
        let shown = format!("{recipient:?} {new:?}");
        assert!(shown.contains("a.kind"));
        for hidden in ["someone", "a subject", "a text"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }

    #[test]
    fn a_code_says_what_failed() {
        assert_eq!(Failure::Refused(450).code(), "SMTP_450");
        assert_eq!(Failure::Rejected(550).code(), "SMTP_550");
        assert_eq!(Failure::Sender(550).code(), "SENDER_550");
        assert!(Failure::Sender(550).is_of_the_way() && !Failure::Rejected(550).is_of_the_way());
    }
}
