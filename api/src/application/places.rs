//! Places: offers hold them, and those that are free again go to who waits longest.

use std::time::Duration;

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::Hand;
use super::model::{Application, Command, DeclineReason, State};
use super::rules::{self, Room};
use super::store::Applications;
use crate::command::{self, Outcome, Stop, Unit};
use crate::core::Core;
use crate::course::parts::Course;
use crate::course::store::Courses;
use crate::fault::Fault;
use crate::jobs::{self, Job};
use crate::mail::{self, NewMail, Recipient};
use crate::refusal::{Code, Refusal};

/// How the trail names the job.
const NAME: &str = "application-places";

/// The job that ends offers and makes new ones.
pub const JOB: Job =
    Job { name: NAME, every: Duration::from_secs(60), round: |core| Box::pin(round(core)) };

/// So many offers or courses are looked at in one round.
const AT_ONCE: u64 = 200;

/// A course that is before everybody, and has not begun.
#[must_use]
pub fn unmet_for_course(course: &Course, today: NaiveDate) -> Vec<Refusal> {
    if course.is_public() && today <= course.start_on {
        return Vec::new();
    }
    let message = "the course takes nobody any more: it is not open, or has begun";
    vec![Refusal::at(Code::CourseTakesNobody, "", message)]
}

/// What is free of a course, which is locked, for an applicant.
pub(super) async fn room(unit: &Unit, course: &Course, of: &Application) -> Result<Room, Stop> {
    let before = Applications::of(unit).waiting_before(of).await?;
    Ok(Room { free: course.capacity_max - course.places_taken, before })
}

/// Offers a place of a course, which is locked, and writes to the applicant.
pub(super) async fn offered(
    unit: &Unit,
    hand: &Hand,
    course: &Course,
    after: &Application,
    before: &Application,
) -> Result<(), Stop> {
    let until = rules::offer_until(unit.today(), unit.policy().offer_days, course.start_on);
    let after =
        Application { offered_at: Some(unit.now()), offer_until: Some(until), ..after.clone() };
    let after = hand.step(unit, "application.offered", before, after, Command::Offer).await?;
    let address = Applications::of(unit).address_of(after.person_id).await?;
    if let Some(recipient) = address.as_deref().and_then(Recipient::parse) {
        mail::enqueue_until(unit, letter(&after, recipient, until), until).await?;
    }
    Ok(())
}

/// It names neither the course nor the organisation: who else reads the mailbox learns of neither.
fn letter(of: &Application, recipient: Recipient, until: NaiveDate) -> NewMail {
    NewMail {
        organisation_id: of.organisation_id,
        kind: "application.offered",
        deduplication_key: format!("application.offered:{}:{}", of.id.simple(), of.version),
        recipient,
        subject: "There is a place for you".to_owned(),
        body: format!(
            "Your application has led to the offer of a place. Sign in to accept it by {until}, or to step back.\n"
        ),
    }
}

/// The course is called off: applications for it are closed, offers among them, and applicants are told. Gives how many.
///
/// # Errors
///
/// What the database answers.
pub async fn course_cancelled(unit: &Unit, course: &Course, hand: &Hand) -> Result<usize, Stop> {
    let store = Applications::of(unit);
    let open = store.lock_open(course.id).await?;
    let people: Vec<Uuid> = open.iter().map(|of| of.person_id).collect();
    let addresses = store.addresses_of(&people).await?;
    for before in &open {
        let after =
            Application { decline_reason: Some(DeclineReason::CourseCancelled), ..before.clone() };
        let action = "application.course_cancelled";
        let after = hand.step(unit, action, before, after, Command::CallOff).await?;
        let address = addresses.get(&after.person_id);
        if let Some(recipient) = address.and_then(|address| Recipient::parse(address)) {
            mail::enqueue(unit, called_off(&after, recipient)).await?;
        }
    }
    Ok(open.len())
}

/// It names neither the course nor the organisation, as [`letter`].
fn called_off(of: &Application, recipient: Recipient) -> NewMail {
    NewMail {
        organisation_id: of.organisation_id,
        kind: "application.course_cancelled",
        deduplication_key: format!("application.course_cancelled:{}", of.id.simple()),
        recipient,
        subject: "What you applied for does not take place".to_owned(),
        body: "The course that you applied for does not take place. Your application is closed, through no fault of \
               yours, and there is nothing that you have to do. Sign in to see it, or to apply for another course.\n"
            .to_owned(),
    }
}

/// Offers the free places of a course, which is locked, to those who wait longest. Gives how many.
pub(super) async fn offer_next(unit: &Unit, course: &Course, hand: &Hand) -> Result<u64, Stop> {
    let free = course.capacity_max - course.places_taken;
    if free <= 0 || !unmet_for_course(course, unit.today()).is_empty() {
        return Ok(0);
    }
    let mut count = 0;
    for next in Applications::of(unit).lock_waiting(course.id, free).await? {
        offered(unit, hand, course, &next, &next).await?;
        count += 1;
    }
    Ok(count)
}

/// Ends offers that nobody accepted, and offers what is free. Another replica may do the same: the course is locked
/// first, and what is there then decides.
async fn round(core: &Core) -> Result<u64, Fault> {
    let mut done = 0;
    let late = looked(core, |unit| {
        Box::pin(async move { Applications::of(unit).unanswered(unit.today(), AT_ONCE).await })
    });
    for (application, course) in late.await? {
        if jobs::is_over(core) {
            return Ok(done);
        }
        let ended =
            command::run_job(core, NAME, move |unit| Box::pin(lapsed(unit, application, course)));
        done += counted(ended.await?);
    }
    let free = looked(core, |unit| {
        Box::pin(async move { Applications::of(unit).with_room(unit.today(), AT_ONCE).await })
    });
    for course in free.await? {
        if jobs::is_over(core) {
            return Ok(done);
        }
        let offers = command::run_job(core, NAME, move |unit| Box::pin(filled(unit, course)));
        done += counted(offers.await?);
    }
    Ok(done)
}

/// What a transaction that writes nothing finds.
async fn looked<T, W>(core: &Core, work: W) -> Result<Vec<T>, Fault>
where
    W: for<'a> Fn(&'a Unit) -> command::Work<'a, Vec<T>>,
{
    match command::run_job(core, NAME, work).await? {
        Outcome::Done(found) => Ok(found),
        Outcome::Refused(_) => Ok(Vec::new()),
    }
}

/// A refusal is an offer that others changed meanwhile.
fn counted(outcome: Outcome<u64>) -> u64 {
    match outcome {
        Outcome::Done(count) => count,
        Outcome::Refused(_) => 0,
    }
}

/// The job's hand in the affairs of an organisation.
fn hand_of(course: &Course) -> Hand {
    Hand { acting_as: format!("SYSTEM:{NAME}"), chain: course.organisation_id }
}

async fn lapsed(unit: &Unit, application: Uuid, course: Uuid) -> Result<u64, Stop> {
    let Some(course) = Courses::of(unit).lock(course).await? else { return Ok(0) };
    let found = Applications::of(unit).lock(application).await?;
    let late = |found: &Application| {
        found.state == State::Offered && found.offer_until.is_some_and(|day| day < unit.today())
    };
    let Some(before) = found.filter(late) else { return Ok(0) };
    let hand = hand_of(&course);
    hand.step(unit, "application.lapsed", &before, before.clone(), Command::Lapse).await?;
    Ok(1)
}

async fn filled(unit: &Unit, course: Uuid) -> Result<u64, Stop> {
    let Some(course) = Courses::of(unit).lock(course).await? else { return Ok(0) };
    offer_next(unit, &course, &hand_of(&course)).await
}
