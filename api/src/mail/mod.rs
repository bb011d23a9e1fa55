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
//! * A message is sent at least once, and normally once. It is claimed under a lease of [`rules::LEASE`]: another
//!   replica leaves it alone meanwhile. Only if a replica ends between sending and noting it, the message is sent
//!   again, with the same `Message-ID`, by which a repeat can be recognised.
//! * What fails is tried again after five minutes, then after twice as long each time, at most a day, and given up
//!   after about three days. A mail server that says no for good (5xx) is believed at once.
//! * **Privacy.** Once a message is sent or given up, recipient, subject and text are erased. Nothing of them stands
//!   in a log, a metric or an error; a failure is kept as a code. Who writes a text puts no health data into it, and
//!   no names beyond what the recipient knows anyway.
//! * A header is one line: breaks in a subject become spaces, and an address that is none cannot be queued.
//! * Without `mail.url` messages wait, and nothing is sent.

pub mod invariants;
pub mod model;
pub mod rules;
pub mod sender;
pub mod server;
pub mod store;
pub mod stream;

use std::time::Duration;

pub use model::{NewMail, Recipient};
pub use sender::Mailer;

use crate::command::{Stop, Unit};
use crate::jobs::Job;
use store::Messages;

/// The jobs of e-mail.
pub const JOBS: &[Job] = &[Job {
    name: sender::JOB,
    every: Duration::from_secs(15),
    round: |core| Box::pin(sender::round(core)),
}];

/// Queues a message in the transaction of `unit`. Gives `false`, and writes nothing, if the organisation has one
/// with this key already, sent or not.
///
/// # Errors
///
/// What the database answers; a message without a subject or a text breaks a constraint, which is a fault.
pub async fn enqueue(unit: &Unit, new: NewMail) -> Result<bool, Stop> {
    let queued = Messages::of(unit).insert(&new).await?;
    if queued {
        unit.note_queued();
    }
    Ok(queued)
}
