//! The people of the demonstration who graduated: from the first course of the partner whose tokens are printed. What
//! they handed in was marked and looked over, they said what the course was like, and most told where they went.

use chrono::{Months, NaiveDate};
use entities::{evaluation_participation, graduate_destination};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use secrecy::SecretString;
use uuid::Uuid;

use super::courses::in_state;
use super::enrolments::{name_of, roll, somebody};
use super::past::Past;
use super::{DemoError, account, act, holder, network, subject};
use crate::actor::{Identity, Role};
use crate::career::destinations;
use crate::career::model::{DestinationKind, PeerRole, Source, Told};
use crate::command::{Outcome as Done, Stop, Unit};
use crate::core::Core;
use crate::course::model::{SessionState, State as CourseState};
use crate::course::store::Courses;
use crate::db::{Access, DbFault};
use crate::enrolment::assignments;
use crate::enrolment::candidates::{Place, Who};
use crate::enrolment::deciding::{self, Decided};
use crate::enrolment::graduation::Outcome;
use crate::enrolment::model::{Enrolment, FundingBasis, State};
use crate::enrolment::needs;
use crate::enrolment::recording;
use crate::enrolment::service;
use crate::enrolment::store::Enrolments;
use crate::enrolment::work::{Attempt, AttemptState, Mark};
use crate::evaluation::answering::{self, Answer};
use crate::evaluation::store::Evaluations;
use crate::person::desk::At;
use crate::vault::model::ReaderRole;

/// The course: the place of the organisation, and the wave.
pub(super) const COURSE: (usize, usize) = (0, 0);

/// Names that nobody has, how each of them scored what is asked, and where they went.
const PEOPLE: [(&str, i32, Option<DestinationKind>); 5] = [
    ("Aster Fictley (fictional)", 5, Some(DestinationKind::EmployedAsPeerWorker)),
    ("Bluebell Mockford (fictional)", 4, Some(DestinationKind::EmployedAsPeerWorker)),
    ("Cowslip Sampleton (fictional)", 4, Some(DestinationKind::Volunteering)),
    ("Daisy Testwood (fictional)", 2, Some(DestinationKind::FurtherTraining)),
    ("Eyebright Exampleby (fictional)", 5, None),
];

/// What they are asked: codes of the first questionnaire.
const ASKED: [&str; 3] = ["TRAINERS", "BELONGING", "RECOMMENDATION"];

/// How many days ago they handed in, the marks were looked over, they said what it was like, and told where they went.
const DAYS_AGO: (u64, u64, u64, u64) = (139, 138, 137, 40);

/// After how many months they are asked where they went.
const MONTHS: i32 = 3;

/// The account of the nth of them.
fn name_of_account(nth: usize) -> String {
    format!("demo-graduate-{}", nth + 1)
}

/// Gives them their places.
pub(super) async fn enrol(unit: &Unit, partner: Uuid, course: Uuid) -> Result<(), Stop> {
    for (nth, (name, ..)) in PEOPLE.into_iter().enumerate() {
        let person = somebody(unit, name, partner, Some(name_of_account(nth))).await?;
        let basis = FundingBasis::Unfunded;
        let new = Place { who: Who::Id(person), sponsor: None, basis, from: None };
        service::create(unit, course, &new).await?;
    }
    Ok(())
}

/// Records that whoever is on a course was at every session that was held.
pub(super) async fn attended(unit: &Unit, course: Uuid) -> Result<(), Stop> {
    let enrolments = Enrolments::of(unit).of_course(course).await?;
    let enrolments: Vec<(Uuid, &[usize])> =
        enrolments.iter().map(|of| (of.id, &[] as &[usize])).collect();
    if enrolments.is_empty() {
        return Ok(());
    }
    for session in Courses::of(unit).sessions(course).await? {
        if session.state == SessionState::Held {
            let roll = roll(&enrolments, &session, usize::MAX);
            recording::record(unit, session.id, roll).await?;
        }
    }
    Ok(())
}

/// One of them, as they stand.
struct Graduate {
    nth: usize,
    of: Enrolment,
    attempt: Option<Attempt>,
    answered: bool,
    told: bool,
}

impl Graduate {
    fn at(&self) -> At {
        At { id: self.of.id, version: self.of.version }
    }

    fn identity(&self) -> Identity {
        account(&name_of_account(self.nth))
    }

    /// What was handed in, if it stands so.
    fn attempt(&self, state: AttemptState) -> Option<At> {
        let attempt = self.attempt.as_ref().filter(|attempt| attempt.state == state)?;
        Some(At { id: attempt.id, version: attempt.version })
    }
}

/// Makes what is missing.
pub(super) async fn build(past: &Past) -> Result<(), DemoError> {
    let now = past.days_ago(0);
    let partner = holder(&now, network::PARTNER_CODE).await?.unwrap_or_default();
    let Some(course) = in_state(&now, partner, CourseState::Closed).await? else { return Ok(()) };
    work(&past.days_ago(DAYS_AGO.0), course).await?;
    decide(&past.days_ago(DAYS_AGO.1), course).await?;
    evaluate(&past.days_ago(DAYS_AGO.2), course).await?;
    tell(&past.days_ago(DAYS_AGO.3), course).await
}

/// How they stand.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
async fn standing(core: &Core, course: Uuid) -> Result<Vec<Graduate>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let store = Enrolments::within(&tx);
    let mut found = Vec::new();
    for of in store.of_course(course).await? {
        let name = name_of(&tx, Some(of.person_id)).await?;
        let its = |(known, ..): &(&str, i32, _)| name.as_deref() == Some(*known);
        let Some(nth) = PEOPLE.iter().position(its) else { continue };
        let attempt = store.attempts(of.id).await?.pop();
        let answered = evaluation_participation::Entity::find()
            .filter(evaluation_participation::Column::EnrolmentId.eq(of.id))
            .count(&tx)
            .await?;
        let told = graduate_destination::Entity::find()
            .filter(graduate_destination::Column::EnrolmentId.eq(of.id))
            .count(&tx)
            .await?;
        found.push(Graduate { nth, of, attempt, answered: answered > 0, told: told > 0 });
    }
    tx.rollback().await;
    Ok(found)
}

/// They hand in, and a trainer of the partner marks it.
async fn work(core: &Core, course: Uuid) -> Result<(), DemoError> {
    for one in standing(core, course).await? {
        if one.attempt.is_none() {
            let at = one.at();
            act(core, one.identity(), "what is handed in", move |unit| {
                let text = SecretString::from("Fictional: what somebody learnt.");
                Box::pin(async move { Ok(assignments::submit(unit, at, text).await?.id) })
            })
            .await?;
        }
    }
    let marker = account(&subject(Role::Trainer));
    for one in standing(core, course).await? {
        let Some(at) = one.attempt(AttemptState::Submitted) else { continue };
        act(core, marker, "a mark", move |unit| {
            Box::pin(async move {
                assignments::take(unit, at, ReaderRole::Marker).await?;
                let taken = At { version: at.version + 1, ..at };
                Ok(assignments::mark(unit, taken, Mark::Pass, None).await?.id)
            })
        })
        .await?;
    }
    Ok(())
}

/// The lead trainer looks over the marks, and decides what the rule finds.
async fn decide(core: &Core, course: Uuid) -> Result<(), DemoError> {
    let lead = account(&subject(Role::LeadTrainer));
    let all = standing(core, course).await?;
    let marked: Vec<Uuid> =
        all.iter().filter_map(|one| one.attempt(AttemptState::Marked)).map(|at| at.id).collect();
    if !marked.is_empty() {
        act(core, lead, "marks that are looked over", move |unit| {
            let marked = marked.clone();
            Box::pin(async move { Ok(assignments::moderate(unit, course, marked).await?.id) })
        })
        .await?;
    }
    for one in all.iter().filter(|one| one.of.state == State::CompletedTeaching) {
        let at = one.at();
        act(core, lead, "a decision", move |unit| {
            let how = Decided { outcome: Outcome::Graduated, override_reason: None };
            Box::pin(async move { Ok(deciding::decide(unit, at, how).await?.id) })
        })
        .await?;
    }
    // What was handed in is needed no longer than that.
    (needs::JOB.round)(core).await?;
    Ok(())
}

/// They say what the course was like, where anybody was asked then.
async fn evaluate(core: &Core, course: Uuid) -> Result<(), DemoError> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let asked = Evaluations::within(&tx).in_force(core.source().today()).await;
    tx.rollback().await;
    if asked?.is_none() {
        return Ok(());
    }
    for one in standing(core, course).await?.iter().filter(|one| !one.answered) {
        let Some((name, score, _)) = PEOPLE.get(one.nth) else { continue };
        let scores = ASKED.map(|code| (code.to_owned(), *score)).to_vec();
        let text = (*score < 3).then(|| SecretString::from("Fictional: more breaks, please."));
        let given = Answer { enrolment: one.of.id, scores, text };
        if let Done::Refused(_) = answering::answer(core, one.identity(), given).await? {
            let reasons = "it was not taken".to_owned();
            return Err(DemoError::Refused { step: format!("answer of {name}"), reasons });
        }
    }
    Ok(())
}

/// Most of them tell where they went.
async fn tell(core: &Core, course: Uuid) -> Result<(), DemoError> {
    for one in standing(core, course).await?.iter().filter(|one| !one.told) {
        let Some(kind) = PEOPLE.get(one.nth).and_then(|(_, _, kind)| *kind) else { continue };
        let enrolment = one.of.id;
        act(core, one.identity(), "where somebody went", move |unit| {
            let told = told(kind, unit.today());
            let answer = destinations::Answer { enrolment, months: MONTHS, told, reason: None };
            Box::pin(async move { Ok(destinations::record(unit, answer).await?.id) })
        })
        .await?;
    }
    Ok(())
}

fn told(kind: DestinationKind, today: NaiveDate) -> Told {
    let employed = kind == DestinationKind::EmployedAsPeerWorker;
    Told {
        kind,
        peer_role: employed.then_some(PeerRole::PeerSupportWorker),
        employer_id: None,
        employer_name: employed.then(|| "A fictional employer".to_owned()),
        since: today.checked_sub_months(Months::new(1)),
        wte_hundredths: employed.then_some(60),
        source: Source::Graduate,
    }
}
