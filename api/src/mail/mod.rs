//! E-mails: a queue in the database, and the job that hands its messages to a mail server.
//!
//! [`enqueue`] writes a message in the transaction of what it tells of: with it or not at all. The job
//! [`sender::JOB`] sends what is due.
//!
//! The rules:
//!
//! * One message for one key, in each organisation: whoever queues a second one is told that the first is there.
//!   A key is made of ids and days, never of names or addresses: it is kept.
//! * A message is WAITING, then SENT or GIVEN_UP, and stays so.
//! * A message is claimed under a lease of [`rules::LEASE`]: another replica leaves it alone meanwhile.
//! * A message is handed over at least once if the server takes it, and seldom twice. It is sent again, with the same
//!   `Message-ID`, by which a repeat can be recognised, where a replica ends between sending and noting it, where the
//!   database cannot note it for a minute, and where the connection breaks when the server has all of it; then once at
//!   most. A server that has all of it and says nothing for `mail.answer_timeout_ms` counts as having taken it.
//! * What fails is tried again after five minutes, then after twice as long each time, at most a day, and given up
//!   after about three days. A refusal for good is believed at once if it is about the recipient or the content
//!   ([`rules::is_for_good`]): one that says anything else may be about the settings here or there.
//! * A failure that is not about one message ends the round: see [`model::Failure::is_of_the_way`].
//! * A message that nobody could send by its last useful day is given up, also without a mail server.
//! * **Privacy.** Once a message is sent or given up, recipient, subject and text are erased. Nothing of them stands
//!   in a log, a metric or an error; a failure is kept as a code. Who writes a text puts no health data into it, and
//!   no names beyond what the recipient knows anyway.
//! * A header is one line: breaks in a subject become spaces, and an address that is none cannot be queued.
//! * Without `mail.url` messages wait, and nothing is sent.

pub mod erasing;
pub mod invariants;
pub mod line;
pub mod model;
pub mod rules;
pub mod sender;
pub mod server;
pub mod store;
pub mod stream;

use std::time::Duration;

use chrono::NaiveDate;

pub use line::Mailer;
pub use model::{NewMail, Recipient};

use crate::command::{Stop, Unit};
use crate::jobs::Job;
use store::Messages;

/// The jobs of e-mail.
pub const JOBS: &[Job] = &[Job {
    name: sender::JOB,
    every: Duration::from_secs(15),
    round: |core| Box::pin(sender::round(core)),
}];

/// Queues a message in the transaction of `unit`, of use for a week. Gives `false`, and writes nothing, if the
/// organisation has one with this key already, sent or not.
///
/// # Errors
///
/// As of [`enqueue_until`].
pub async fn enqueue(unit: &Unit, new: NewMail) -> Result<bool, Stop> {
    let last_day = rules::last_useful_day(unit.today());
    enqueue_until(unit, new, last_day).await
}

/// The same for a message of which `last_day` is the last day on which it is of use: after it nobody sends it.
///
/// # Errors
///
/// What the database answers; a message without a subject or a text breaks a constraint, which is a fault.
pub async fn enqueue_until(unit: &Unit, new: NewMail, last_day: NaiveDate) -> Result<bool, Stop> {
    Ok(insert(unit, &[new], last_day).await? > 0)
}

/// The same as [`enqueue`] for several messages, in one statement however many they are; gives how many are new.
///
/// # Errors
///
/// As of [`enqueue_until`].
pub async fn enqueue_all(unit: &Unit, new: &[NewMail]) -> Result<u64, Stop> {
    insert(unit, new, rules::last_useful_day(unit.today())).await
}

async fn insert(unit: &Unit, new: &[NewMail], last_day: NaiveDate) -> Result<u64, Stop> {
    let queued = Messages::of(unit).insert(new, last_day).await?;
    if queued > 0 {
        unit.note_queued();
    }
    Ok(queued)
}
