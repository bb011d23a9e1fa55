//! The people of the demonstration who apply for the course of the partner that is open: one handed in, one is looked at,
//! one has the offer of a place.

use entities::{application, person_account};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use secrecy::SecretString;
use uuid::Uuid;

use super::courses::in_state;
use super::enrolments::{name_of, somebody};
use super::past::Past;
use super::{DemoError, DemoIssuer, account, act, holder, network, step, subject};
use crate::actor::service::account_id;
use crate::actor::{Identity, Role};
use crate::application::applying::{self, AnswersAsked, Saved, Start};
use crate::application::model::{Command, Employment, Experience, Source, State};
use crate::application::selecting;
use crate::core::Core;
use crate::course::model::State as CourseState;
use crate::db::{Access, DbFault};
use crate::person::desk::At;

/// Names that nobody has, and how far the application of each of them comes.
const PEOPLE: [(&str, State); 3] = [
    ("Heather Mockford (fictional)", State::Submitted),
    ("Sage Sampleton (fictional)", State::Screening),
    ("Teasel Testwood (fictional)", State::Offered),
];

/// How many days ago they applied, and the partner looked at it.
const DAYS_AGO: (u64, u64) = (5, 3);

/// The account of the nth of them: the first is the one whose token is printed.
fn name_of_account(nth: usize) -> String {
    match nth {
        0 => subject(Role::Applicant),
        _ => format!("demo-applicant-{}", nth + 1),
    }
}

/// Makes what is missing.
pub(super) async fn build(past: &Past) -> Result<(), DemoError> {
    let (then, later) = (past.days_ago(DAYS_AGO.0), past.days_ago(DAYS_AGO.1));
    let partner = holder(&then, network::PARTNER_CODE).await?.unwrap_or_default();
    let Some(course) = in_state(&then, partner, CourseState::Open).await? else { return Ok(()) };
    for (nth, (name, comes_to)) in PEOPLE.into_iter().enumerate() {
        if handed_in(&then, course, name).await?.is_none() {
            apply(&then, (partner, course), (nth, name)).await?;
        }
        let Some((id, state)) = handed_in(&then, course, name).await? else { continue };
        if state == State::Submitted && comes_to != State::Submitted {
            select(&later, id, comes_to).await?;
        }
    }
    Ok(())
}

/// The application of somebody for the course.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own applications")]
async fn handed_in(
    core: &Core,
    course: Uuid,
    name: &str,
) -> Result<Option<(Uuid, State)>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let of_course = application::Column::CourseId.eq(course);
    let mut found = None;
    for row in application::Entity::find().filter(of_course).all(&tx).await? {
        if name_of(&tx, row.person_id).await?.as_deref() == Some(name) {
            found = State::from_code(&row.state).map(|state| (row.id, state));
        }
    }
    tx.rollback().await;
    Ok(found)
}

/// Somebody becomes known, and applies.
async fn apply(
    core: &Core,
    (partner, course): (Uuid, Uuid),
    (nth, name): (usize, &'static str),
) -> Result<(), DemoError> {
    let known = account_is_known(core, &name_of_account(nth)).await?;
    if !known {
        step(core, name, move |unit| {
            Box::pin(somebody(unit, name, partner, Some(name_of_account(nth))))
        })
        .await?;
    }
    act(core, account(&name_of_account(nth)), name, move |unit| {
        Box::pin(async move {
            let start = Start { course, interest: None, named: None };
            let id = applying::start(unit, start).await?.id;
            applying::save(unit, At { id, version: 1 }, answers(nth)).await?;
            applying::submit(unit, At { id, version: 2 }).await?;
            Ok(())
        })
    })
    .await
}

fn answers(nth: usize) -> Saved {
    let answers = AnswersAsked {
        experience: Some(if nth == 1 { Experience::Carer } else { Experience::Lived }),
        employment: Some(Employment::NotYet),
        source: Some(Source::Peer),
        has_experience: Some(true),
        wishes_to_support: Some(true),
        communicates: Some(true),
        ..AnswersAsked::default()
    };
    let motivation = Some(SecretString::from("Fictional: why somebody applies."));
    let support_needs = (nth == 0).then(|| SecretString::from("Fictional: breaks, please."));
    Saved { answers, motivation, support_needs }
}

/// Whether an account is somebody's.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own accounts")]
async fn account_is_known(core: &Core, name: &str) -> Result<bool, DbFault> {
    let id = account_id(DemoIssuer::NAME, name);
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let found = person_account::Entity::find()
        .filter(person_account::Column::AccountId.eq(id))
        .one(&tx)
        .await?;
    tx.rollback().await;
    Ok(found.is_some())
}

/// The coordinator looks at an application, and offers a place.
async fn select(core: &Core, id: Uuid, comes_to: State) -> Result<(), DemoError> {
    act(core, account(&subject(Role::PartnerCoordinator)), "a selection", move |unit| {
        Box::pin(async move {
            selecting::look(unit, At { id, version: 3 }, Command::Screen, None).await?;
            if comes_to == State::Offered {
                selecting::offer(unit, At { id, version: 4 }, None).await?;
            }
            Ok(())
        })
    })
    .await
}
