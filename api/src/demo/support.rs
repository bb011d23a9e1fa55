//! What a supervisor of the demonstration does for the first of those who are on a course: notes that they met, reads what
//! was agreed and shared, and raised a concern that its lead has not taken up yet.

use entities::{concern, enrolment, person_account};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use secrecy::SecretString;
use uuid::Uuid;

use super::past::Past;
use super::{DemoError, DemoIssuer, account, act, subject};
use crate::actor::service::account_id;
use crate::actor::{Identity, Role};
use crate::concern::model::Level;
use crate::concern::service::{self as concerns, NewConcern};
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::enrolment::adjustments;
use crate::enrolment::placements::{self, SupervisionKind};
use crate::person::desk::At;
use crate::vault::model::{Category, NewReader, ReaderRole};
use crate::vault::service as vault;

/// The wording by which the trainee shares, as a portal would call it.
const WORDING: &str = "demonstration-1";

/// Makes it, unless it is there.
pub(super) async fn build(past: &Past) -> Result<(), DemoError> {
    let now = past.days_ago(0);
    let Some((enrolment, organisation, trainee, supervisor)) = supervised(&now).await? else {
        return Ok(());
    };
    act(&now, account(&subject(Role::Trainee)), "what was agreed", move |unit| {
        Box::pin(async move {
            let text = SecretString::from("Fictional: a seat by the door.");
            adjustments::set(unit, enrolment, text).await?;
            let kept = vault::latest(unit, trainee, organisation, Category::Adjustments).await?;
            let reader = NewReader {
                consent_wording: Some(WORDING.to_owned()),
                ..NewReader::plain(supervisor, ReaderRole::Supervisor)
            };
            if let Some(kept) = kept {
                vault::share_own(unit, At { id: kept, version: 1 }, reader).await?;
            }
            Ok(())
        })
    })
    .await?;
    act(&now, account(&subject(Role::Supervisor)), "supervision and a concern", move |unit| {
        Box::pin(async move {
            let met = (unit.today(), 60, SupervisionKind::Individual);
            placements::supervise(unit, enrolment, met).await?;
            let text = SecretString::from("Fictional: somebody sleeps badly before the days.");
            let level = Level::Worry;
            let new = NewConcern { enrolment, attempt: None, level, safe_route: false, text };
            concerns::raise(unit, new).await?;
            Ok(())
        })
    })
    .await
}

/// The enrolment of whom the demonstration's supervisor supervises, with where it is, who it is and who supervises; none
/// if a concern was raised already.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
async fn supervised(core: &Core) -> Result<Option<(Uuid, Uuid, Uuid, Uuid)>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let of_supervisor = account_id(DemoIssuer::NAME, &subject(Role::Supervisor));
    let supervisor = person_account::Entity::find()
        .filter(person_account::Column::AccountId.eq(of_supervisor))
        .one(&tx)
        .await?
        .map(|row| row.person_id);
    let found = enrolment::Entity::find()
        .filter(enrolment::Column::SupervisorId.eq(supervisor))
        .one(&tx)
        .await?;
    let Some(found) = found else {
        tx.rollback().await;
        return Ok(None);
    };
    let raised = concern::Entity::find()
        .filter(concern::Column::EnrolmentId.eq(found.id))
        .count(&tx)
        .await?;
    tx.rollback().await;
    let people = found.person_id.zip(supervisor).filter(|_| raised == 0);
    Ok(people.map(|(trainee, by)| (found.id, found.organisation_id, trainee, by)))
}
