//! Attempts, placements and supervision.

use entities::{assignment_attempt, placement, supervision_log};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::Enrolments;
use crate::command::Stop;
use crate::db::DbFault;
use crate::enrolment::work::{Attempt, AttemptState, Placement};
use crate::refusal::Refusal;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Enrolments<'_> {
    /// The attempts of an enrolment in their order.
    pub async fn attempts(&self, enrolment: Uuid) -> Result<Vec<Attempt>, DbFault> {
        let rows = assignment_attempt::Entity::find()
            .filter(assignment_attempt::Column::EnrolmentId.eq(enrolment))
            .order_by_asc(assignment_attempt::Column::Number)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Attempt::try_from).collect()
    }

    /// One attempt.
    pub async fn attempt(&self, id: Uuid) -> Result<Option<Attempt>, DbFault> {
        let row = assignment_attempt::Entity::find_by_id(id)
            .filter(assignment_attempt::Column::RecordId.is_not_null())
            .one(self.tx)
            .await?;
        row.map(Attempt::try_from).transpose()
    }

    /// The attempts of a course that wait for moderation.
    pub async fn marked(&self, course: Uuid) -> Result<Vec<Attempt>, DbFault> {
        let rows = assignment_attempt::Entity::find()
            .filter(assignment_attempt::Column::CourseId.eq(course))
            .filter(assignment_attempt::Column::State.eq(AttemptState::Marked.code()))
            .filter(assignment_attempt::Column::RecordId.is_not_null())
            .order_by_asc(assignment_attempt::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Attempt::try_from).collect()
    }

    /// Saves a new attempt.
    pub async fn insert_attempt(&self, new: &Attempt) -> Result<(), DbFault> {
        let row = assignment_attempt::Model::from(new).into_active_model().reset_all();
        assignment_attempt::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves a changed attempt as its next version.
    pub async fn update_attempt(&self, changed: &Attempt) -> Result<(), Stop> {
        let row: assignment_attempt::ActiveModel =
            assignment_attempt::Model::from(changed).into_active_model().reset_all();
        let saved = assignment_attempt::Entity::update_many()
            .set(row)
            .filter(assignment_attempt::Column::Id.eq(changed.id))
            .filter(assignment_attempt::Column::Version.eq(changed.version - 1))
            .exec(self.tx)
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// A placement.
    pub async fn placement(&self, id: Uuid) -> Result<Option<Placement>, DbFault> {
        let row = placement::Entity::find_by_id(id).one(self.tx).await?;
        row.map(Placement::try_from).transpose()
    }

    /// A placement, locked.
    pub async fn lock_placement(&self, id: Uuid) -> Result<Option<Placement>, DbFault> {
        let row = placement::Entity::find_by_id(id).lock(LockType::Update).one(self.tx).await?;
        row.map(Placement::try_from).transpose()
    }

    /// Saves a new placement.
    pub async fn insert_placement(&self, new: &Placement) -> Result<(), DbFault> {
        let row = placement::Model::from(new).into_active_model().reset_all();
        placement::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves a changed placement as its next version.
    pub async fn update_placement(&self, changed: &Placement) -> Result<(), Stop> {
        let row: placement::ActiveModel =
            placement::Model::from(changed).into_active_model().reset_all();
        let saved = placement::Entity::update_many()
            .set(row)
            .filter(placement::Column::Id.eq(changed.id))
            .filter(placement::Column::Version.eq(changed.version - 1))
            .exec(self.tx)
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// Notes that somebody was supervised.
    pub async fn supervised(&self, row: supervision_log::Model) -> Result<(), DbFault> {
        let row = row.into_active_model().reset_all();
        supervision_log::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }
}
