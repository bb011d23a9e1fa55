//! The job that hands messages to the mail server.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::line::Line;
use super::model::Failure;
use super::store::{Claim, Claimed, Fate, Messages};
use crate::command::{self, Outcome, Unit, Work};
use crate::core::Core;
use crate::fault::Fault;
use crate::jobs;
use crate::telemetry::metrics::metrics;

/// The name of the job.
pub const JOB: &str = "mail";

/// After so long a round begins with no other message: the next round goes on.
const ROUND: Duration = Duration::from_secs(600);

/// How often it is tried to write down what became of an attempt, with growing pauses: for about a minute in all.
const MARKS: u32 = 9;

/// The first pause between them.
const MARK_PAUSE: Duration = Duration::from_millis(250);

/// Sends what is due, one message after the other, until nothing is, and gives up what is of no use any more; gives how
/// many those were. A way to the server that fails ends the round: the messages behind it have not been tried.
///
/// # Errors
///
/// [`Fault::Unavailable`] when the server cannot be used; what the database answers.
pub async fn round(core: &Core) -> Result<u64, Fault> {
    let late = run(core, |unit| Box::pin(async move { Messages::of(unit).give_up_late().await }));
    let late = late.await?;
    if late > 0 {
        metrics().count_mails("given_up", late);
        tracing::warn!(count = late, "e-mails were given up: they are of no use any more");
    }
    let Some(mailer) = core.mailer() else { return Ok(late) };
    let mut line = Line::to(&mailer);
    let done = send_all(core, &mut line).await;
    line.close().await;
    done.map(|sent| sent + late)
}

async fn send_all(core: &Core, line: &mut Line<'_>) -> Result<u64, Fault> {
    let (mut sent, end) = (0, Instant::now() + ROUND);
    while !jobs::is_over(core) && Instant::now() < end {
        let claim = run(core, |unit| Box::pin(async move { Messages::of(unit).claim().await }));
        let message = match claim.await? {
            Claim::Nothing => break,
            Claim::GivenUp => {
                metrics().count_mails("given_up", 1);
                tracing::warn!("an e-mail was given up: its last attempt was never finished");
                continue;
            }
            Claim::Message(message) => message,
        };
        let delivered = line.deliver(&message).await;
        mark(core, &message, delivered).await?;
        match delivered {
            Ok(()) => sent += 1,
            Err(failure) if failure.is_of_the_way() => {
                return Err(Fault::Unavailable(format!("the mail server: {}", failure.code())));
            }
            Err(_) => {}
        }
    }
    Ok(sent)
}

/// Writes down what became of an attempt. What was sent and is not written down goes out again, so a database that
/// fails is asked again.
async fn mark(core: &Core, message: &Claimed, delivered: Result<(), Failure>) -> Result<(), Fault> {
    let (mail, kind, attempt) = (message.id.simple().to_string(), &message.kind, message.attempt);
    let (mut left, mut pause) = (MARKS, MARK_PAUSE);
    let fate = loop {
        left -= 1;
        match mark_once(core, message, delivered).await {
            Ok(fate) => break fate,
            Err(fault) if left == 0 => return Err(fault),
            Err(fault) => {
                tracing::warn!(mail, kind, reason = %fault, "an e-mail could not be marked");
                sleep(pause).await;
                pause *= 2;
            }
        }
    };
    let code = delivered.err().map(Failure::code);
    match fate {
        Fate::Sent => {
            metrics().count_mails("sent", 1);
            tracing::debug!(mail, kind, attempt, code, "an e-mail was sent");
        }
        Fate::Later => {
            metrics().count_mails("later", 1);
            tracing::warn!(mail, kind, attempt, code, "an e-mail was not taken: it is tried again");
        }
        Fate::GivenUp => {
            metrics().count_mails("given_up", 1);
            tracing::warn!(mail, kind, attempt, code, "an e-mail was given up");
        }
        Fate::Overtaken => {
            tracing::warn!(mail, kind, attempt, code, "an e-mail took longer than its lease");
        }
    }
    Ok(())
}

async fn mark_once(
    core: &Core,
    message: &Claimed,
    delivered: Result<(), Failure>,
) -> Result<Fate, Fault> {
    run(core, move |unit| {
        let message = message.clone();
        Box::pin(async move {
            match delivered {
                Ok(()) => Messages::of(unit).mark_sent(message.id).await,
                Err(failure) => Messages::of(unit).mark_failed(&message, failure).await,
            }
        })
    })
    .await
}

/// Runs one step of the job, which no rule refuses.
async fn run<T>(core: &Core, work: impl for<'a> Fn(&'a Unit) -> Work<'a, T>) -> Result<T, Fault> {
    match command::run_job(core, JOB, work).await? {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(_) => Err(Fault::Internal("the queue of e-mails refused".to_owned())),
    }
}
