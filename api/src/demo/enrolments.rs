//! The people of the demonstration who are on a course: on the one that runs at the partner whose tokens are printed, each
//! with another story, so that progress, advice and what a trainee sees can be looked at.

use entities::{enrolment, person};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::courses::in_state;
use super::past::Past;
use super::{DemoError, holder, network, step, subject};
use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::Named;
use crate::actor::{Identity, Role};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::course::model::{SessionState, State};
use crate::course::parts::Session;
use crate::course::service::At as CourseAt;
use crate::course::service::drafts::{self, Amendment};
use crate::course::store::Courses;
use crate::db::{Access, DbFault, Tx};
use crate::enrolment::candidates::{Place, Who};
use crate::enrolment::facts::Status;
use crate::enrolment::life::{self, Support};
use crate::enrolment::model::{FundingBasis, Source};
use crate::enrolment::recording::{self, Entry, Roll};
use crate::enrolment::service;
use crate::enrolment::store::Enrolments;
use crate::person::desk::At;
use crate::person::model::Names;
use crate::person::service::{self as people, NewPerson};

/// Names that nobody has, and which of the sessions each of them missed.
const PEOPLE: [(&str, &[usize]); 6] = [
    ("Sorrel Exampleby (fictional)", &[]),
    ("Tansy Fictley (fictional)", &[1]),
    ("Violet Mockford (fictional)", &[0, 1]),
    ("Willow Sampleton (fictional)", &[0, 1, 2]),
    ("Yarrow Testwood (fictional)", &[]),
    ("Bramble Exampleby (fictional)", &[2]),
];

/// The supervisor of the first of them.
const SUPERVISOR: &str = "Campion Fictley (fictional)";

/// Makes what is missing; says how many people are new on the course.
pub(super) async fn build(past: &Past) -> Result<usize, DemoError> {
    let now = past.days_ago(0);
    let partner = holder(&now, network::PARTNER_CODE).await?.unwrap_or_default();
    let Some(course) = running(&now, partner).await? else { return Ok(0) };
    step(&now, "people on a course", move |unit| Box::pin(enrol(unit, partner, course))).await?;
    Ok(PEOPLE.len())
}

/// The course that runs at the partner, unless somebody is on it already.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own courses")]
async fn running(core: &Core, partner: Uuid) -> Result<Option<Uuid>, DbFault> {
    let found = in_state(core, partner, State::Running).await?;
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let known =
        enrolment::Entity::find().filter(enrolment::Column::CourseId.eq(found)).count(&tx).await?;
    tx.rollback().await;
    Ok(found.filter(|_| known == 0))
}

async fn enrol(unit: &Unit, partner: Uuid, course: Uuid) -> Result<(), Stop> {
    let found = Courses::of(unit).find(course).await?;
    let Some(found) = found else { return Ok(()) };
    if found.places_reserved > 0 {
        let at = CourseAt { id: course, version: found.version };
        let none = Amendment { places_reserved: Some(0), ..Amendment::default() };
        drafts::amend(unit, at, none).await?;
    }
    let mut enrolments = Vec::new();
    for (nth, (name, missed)) in PEOPLE.into_iter().enumerate() {
        let person =
            somebody(unit, name, partner, (nth == 0).then(|| subject(Role::Trainee))).await?;
        let basis = if nth % 2 == 0 { FundingBasis::Unfunded } else { FundingBasis::SelfFunded };
        let from = Some(found.start_on);
        let new = Place { who: Who::Id(person), sponsor: None, basis, from };
        enrolments.push((service::create(unit, course, &new).await?.id, missed));
    }
    let supervisor = somebody(unit, SUPERVISOR, partner, Some(subject(Role::Supervisor))).await?;
    if let Some((first, _)) = enrolments.first() {
        let by = Support { supervisor: Some(supervisor), tutor: None };
        let version = Enrolments::of(unit).find(*first).await?.map_or(1, |of| of.version);
        life::support(unit, At { id: *first, version }, by).await?;
    }
    let sessions = Courses::of(unit).sessions(course).await?;
    let held = sessions.iter().filter(|session| session.state == SessionState::Held);
    for (nth, session) in held.enumerate() {
        recording::record(unit, session.id, roll(&enrolments, session, nth)).await?;
    }
    Ok(())
}

/// What somebody of the demonstration is called.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
pub(super) async fn name_of(tx: &Tx, id: Option<Uuid>) -> Result<Option<String>, DbFault> {
    let row = person::Entity::find().filter(person::Column::Id.eq(id)).one(tx).await?;
    Ok(row.map(|row| row.preferred_name))
}

/// How everybody attended the nth session.
pub(super) fn roll(enrolments: &[(Uuid, &[usize])], session: &Session, nth: usize) -> Roll {
    let entry = |(place, (enrolment, missed)): (usize, &(Uuid, &[usize]))| {
        let (status, minutes, modules) = match (missed.contains(&nth), place) {
            (true, _) => (Status::Absent, None, Vec::new()),
            // The last of them left early once.
            (false, 5) if nth == 0 => {
                let half = session.planned_minutes / 2;
                (Status::Partial, Some(half), session.modules.iter().take(1).copied().collect())
            }
            (false, _) => (Status::Present, None, Vec::new()),
        };
        Entry { enrolment: *enrolment, status, minutes, modules }
    };
    let entries = enrolments.iter().enumerate().map(entry).collect();
    Roll { source: Source::Trainer, entries, reason: None }
}

/// A person whose record the partner keeps, to whom an account of the demonstration belongs.
pub(super) async fn somebody(
    unit: &Unit,
    name: &str,
    partner: Uuid,
    account: Option<String>,
) -> Result<Uuid, Stop> {
    let names = Names {
        preferred_name: name.to_owned(),
        given_name: None,
        family_name: None,
        certificate_name: name.to_owned(),
    };
    let new = NewPerson { names, date_of_birth: None, email: None, organisation: Some(partner) };
    let person = people::register(unit, new).await?.id;
    if let Some(subject) = account {
        let label = format!("Account of {name}");
        let named = Named { issuer: DemoIssuer::NAME.to_owned(), subject, label };
        people::link_account(unit, At { id: person, version: 1 }, named).await?;
    }
    Ok(person)
}
