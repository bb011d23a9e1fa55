//! The mail server that the settings name, if they make sense.

use std::net::IpAddr;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::config::MailSettings;

/// The longest time for handing over one message that can be set, in milliseconds.
const MAX_TIMEOUT_MS: u64 = 120_000;

/// The longest wait for the server's word on it, in milliseconds. Both together lie below the lease.
const MAX_ANSWER_TIMEOUT_MS: u64 = 600_000;

/// How the connection is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the beginning.
    Wrapped,
    /// TLS after STARTTLS, or nothing is sent.
    StartTls,
    /// None: on this very machine only.
    Plain,
}

/// Where messages are handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is kept secret.
    pub security: Security,
    /// The name to sign in with.
    pub user: Option<String>,
    /// Whom messages come from.
    pub from: Mailbox,
}

/// A key of the settings, and what is wrong with its value.
pub type Problem = (&'static str, &'static str);

/// The server of `settings`; `None` if none is named.
///
/// # Errors
///
/// The first [`Problem`] found.
pub fn of(settings: &MailSettings) -> Result<Option<Server>, Problem> {
    if !(1..=MAX_TIMEOUT_MS).contains(&settings.timeout_ms) {
        return Err(("mail.timeout_ms", "must lie between 1 and 120000"));
    }
    if !(1..=MAX_ANSWER_TIMEOUT_MS).contains(&settings.answer_timeout_ms) {
        return Err(("mail.answer_timeout_ms", "must lie between 1 and 600000"));
    }
    let from = settings.from.parse::<Mailbox>().ok();
    let from = from.filter(|_| !settings.from.chars().any(char::is_control));
    let from = from.filter(|from| AsRef::<str>::as_ref(&from.email).is_ascii());
    if from.is_none() && !settings.from.is_empty() {
        return Err(("mail.from", "must be an address, such as Alongside <no-reply@example.org>"));
    }
    if settings.url.is_empty() {
        return Ok(None);
    }
    let from = from.ok_or(("mail.from", "is needed with mail.url"))?;
    let (host, port, security, user) = address(&settings.url)?;
    match (&user, settings.password.is_empty()) {
        (Some(_), true) => Err(("mail.password", "is needed with the user in mail.url")),
        (None, false) => Err(("mail.password", "needs a user in mail.url")),
        _ => Ok(Some(Server { host, port, security, user, from })),
    }
}

fn address(url: &str) -> Result<(String, u16, Security, Option<String>), Problem> {
    let wrong = |problem| ("mail.url", problem);
    let form = "must be smtps://USER@HOST:PORT or smtp://USER@HOST:PORT?tls=required";
    let url = Url::parse(url).map_err(|_| wrong(form))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(wrong(form));
    }
    if url.password().is_some() {
        return Err(wrong("must hold no password: it belongs in mail.password"));
    }
    let user = match url.username() {
        "" => None,
        user => Some(percent_decode_str(user).decode_utf8().map_err(|_| wrong(form))?.into_owned()),
    };
    let (security, usual) = match (url.scheme(), url.query()) {
        ("smtps", None) => (Security::Wrapped, 465),
        ("smtp", Some("tls=required")) => (Security::StartTls, 587),
        ("smtp", None) if is_here(&host) => (Security::Plain, 25),
        ("smtp", None) => {
            return Err(wrong(
                "must say smtps:// or ?tls=required: plain is for this machine only",
            ));
        }
        _ => return Err(wrong(form)),
    };
    Ok((host, url.port().unwrap_or(usual), security, user))
}

/// Whether the host is this very machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, password: &str) -> MailSettings {
        MailSettings {
            url: url.to_owned(),
            password: password.to_owned(),
            from: "Alongside <no-reply@example.org>".to_owned(),
            ca_file: String::new(),
            timeout_ms: 30_000,
            answer_timeout_ms: 600_000,
        }
    }

    fn told(url: &str, password: &str) -> (String, u16, Security, Option<String>) {
        let found = of(&settings(url, password));
        let server = found.unwrap_or_else(|problem| unreachable!("{url}: {problem:?}"));
        let Server { host, port, security, user, .. } = server.expect("a server");
        (host, port, security, user)
    }

    #[test]
    fn a_server_is_named_by_its_url() {
        let host = |host: &str| host.to_owned();
        let user = || Some("user@example.org".to_owned());
        for (url, password, expected) in [
            (
                "smtps://mail.example.org",
                "",
                (host("mail.example.org"), 465, Security::Wrapped, None),
            ),
            (
                "smtps://user%40example.org@mail.example.org:4465/",
                "secret",
                (host("mail.example.org"), 4465, Security::Wrapped, user()),
            ),
            (
                "smtp://user%40example.org@mail.example.org?tls=required",
                "secret",
                (host("mail.example.org"), 587, Security::StartTls, user()),
            ),
            ("smtp://127.0.0.1:2525", "", (host("127.0.0.1"), 2525, Security::Plain, None)),
            ("smtp://[::1]:2525", "", (host("::1"), 2525, Security::Plain, None)),
            ("smtp://localhost", "", (host("localhost"), 25, Security::Plain, None)),
        ] {
            assert_eq!(told(url, password), expected, "{url}");
        }
        assert_eq!(of(&settings("", "")), Ok(None));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_key() {
        for (url, password, key) in [
            ("mail.example.org", "", "mail.url"),
            ("mail.example.org:25", "", "mail.url"),
            ("http://mail.example.org", "", "mail.url"),
            ("smtp://mail.example.org", "", "mail.url"),
            ("smtp://mail.example.org:587", "", "mail.url"),
            ("smtp://127.0.0.1.example.org", "", "mail.url"),
            ("smtp://mail.example.org?tls=none", "", "mail.url"),
            ("smtp://mail.example.org?tls=required&tls=none", "", "mail.url"),
            ("smtps://mail.example.org?tls=none", "", "mail.url"),
            ("smtps://mail.example.org/path", "", "mail.url"),
            ("smtps://mail.example.org#part", "", "mail.url"),
            ("smtps://", "", "mail.url"),
            ("smtps://user:secret@mail.example.org", "secret", "mail.url"),
            ("smtps://user@mail.example.org", "", "mail.password"),
            ("smtps://mail.example.org", "secret", "mail.password"),
        ] {
            let problem = of(&settings(url, password)).expect_err(url);
            assert_eq!(problem.0, key, "{url}");
        }
        let with = |change: &dyn Fn(&mut MailSettings)| {
            let mut settings = settings("smtps://mail.example.org", "");
            change(&mut settings);
            of(&settings).expect_err("it makes no sense").0
        };
        for from in ["", "nobody", "a@example.org\r\nBcc: b@example.org", "ä@example.org"] {
            assert_eq!(with(&|settings| settings.from = from.to_owned()), "mail.from", "{from}");
        }
        for timeout in [0, 120_001] {
            assert_eq!(with(&|settings| settings.timeout_ms = timeout), "mail.timeout_ms");
        }
        for timeout in [0, 600_001] {
            let key = with(&|settings| settings.answer_timeout_ms = timeout);
            assert_eq!(key, "mail.answer_timeout_ms");
        }
    }
}
