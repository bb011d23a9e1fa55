//! The page on which people verify a credential: without scripts, readable by everyone, and fit to be printed.

use std::sync::LazyLock;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::model::{Kind, Status};
use super::verification::{Confirmation, Verification};

/// What the page looks like.
const STYLE: &str = "body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:#16161d;background:#fff}\
    main{max-width:40rem;margin:0 auto;padding:1.5rem}h1{font-size:1.75rem;line-height:1.2}\
    .network{color:#454552}dl div{padding:.5rem 0;border-top:1px solid #b8b8c4}dt{color:#454552}dd{margin:0;font-weight:600}\
    form{margin-top:2rem;padding:1rem;border:1px solid #6b6b78}h2{font-size:1.25rem;margin-top:0}label{display:block}\
    input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:2px solid #16161d}\
    button{font:inherit;padding:.5rem 1rem;border:0;color:#fff;background:#1d4f91}\
    :focus-visible{outline:3px solid #b35c00;outline-offset:2px}.answer{font-weight:600}\
    @media print{form{display:none}main{padding:0}}";

/// What a browser may do with the page: show it in this style, and send its form back.
pub static CONTENT_SECURITY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

#[derive(Template)]
#[template(path = "verify.html")]
struct Page<'a> {
    style: &'static str,
    network: &'a str,
    heading: &'static str,
    words: String,
    edition_name: &'static str,
    organisation_is: &'static str,
    found: Option<&'a Verification>,
    action: Option<&'a str>,
    answer: Option<&'static str>,
}

impl Page<'_> {
    /// A day as people write it.
    #[expect(clippy::unused_self, reason = "a template calls what belongs to it")]
    fn day(&self, day: &NaiveDate) -> String {
        words_of(*day)
    }
}

/// `1 May 2026`.
#[must_use]
pub fn words_of(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// The page of a credential, with a form at `action` and the answer to it; of none, the page that says so.
///
/// # Errors
///
/// A template that cannot be written: a bug.
pub fn page(
    network: &str,
    found: Option<&Verification>,
    action: Option<&str>,
    answer: Option<Confirmation>,
) -> Result<String, askama::Error> {
    let (heading, words) = match found {
        Some(found) => (heading(found.status), words(found)),
        None => ("Not found", String::new()),
    };
    let (edition_name, organisation_is) = match found.map(|found| found.kind) {
        Some(Kind::TrainerAccreditation) => ("Level", "Nominated by"),
        Some(Kind::OrganisationLicence) => ("Number", "Held by"),
        Some(Kind::Graduation) | None => ("Version", "Delivered by"),
    };
    let answer = answer.map(|answer| match answer {
        Confirmation::Match => "Match: it is the surname on the credential.",
        Confirmation::NoMatch => "No match: it is not the surname on the credential.",
    });
    // The holder of a licence is told anyway.
    let people = found.is_some_and(|found| found.kind != Kind::OrganisationLicence);
    Page {
        style: STYLE,
        network,
        heading,
        words,
        edition_name,
        organisation_is,
        found,
        action: action.filter(|_| people),
        answer,
    }
    .render()
}

const fn heading(status: Status) -> &'static str {
    match status {
        Status::Valid => "This credential is valid",
        Status::NotYetValid => "This credential is not valid yet",
        Status::Suspended => "This credential is suspended",
        Status::Revoked => "This credential was revoked",
        Status::Superseded => "This credential was superseded",
        Status::Expired => "This credential has expired",
        Status::Redacted => "Credential confirmed",
        Status::Invalid => "This credential cannot be verified",
    }
}

/// What the status means for who relies on it.
fn words(found: &Verification) -> String {
    let since = found.status_since.map(words_of).unwrap_or_default();
    match found.status {
        Status::Valid => "The network issued it, and it holds.".to_owned(),
        Status::NotYetValid => {
            format!("The network issued it. It holds from {}.", words_of(found.valid_from))
        }
        Status::Suspended => {
            format!("Do not rely on it at present. It is suspended since {since}.")
        }
        Status::Revoked => {
            let reason = found.reason.map_or("", super::model::Reason::told);
            format!("Do not rely on it. It was revoked on {since}: {reason}.")
        }
        Status::Superseded => {
            format!("Ask its holder for the present one. Another took its place on {since}.")
        }
        Status::Expired => "The network issued it. Its time is over.".to_owned(),
        Status::Redacted => {
            "The network issued it, and it holds. The holder's details were removed at the holder's request."
                .to_owned()
        }
        Status::Invalid => "What is kept of it is not what was signed: do not rely on it.".to_owned(),
    }
}
