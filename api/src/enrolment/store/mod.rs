//! Rows of enrolments, loaded under lock and saved.
//!
//! Locks are taken in one order: the licence, the course, then its enrolments by their ids. What hangs on an enrolment
//! is written only under its lock.

mod lists;
mod records;
mod sheet;
mod work;

use entities::enrolment::{ActiveModel, Column, Entity, Model};
use entities::{course_trainer, teaching_assignment};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, TryInsertResult,
};
use uuid::Uuid;

use super::model::{Enrolment, FundingBasis, Initiator, State, WithdrawalReason};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::programme::kind::ProgrammeType;
use crate::refusal::Refusal;

pub use sheet::{Judged, Sheet};

/// The live enrolments, as the unique index has them: its condition must be met word by word.
const LIVE: &str = "state in ('PLACED','ACTIVE','COMPLETED_TEACHING','RESIT','DEFERRED')";

/// The rows that the transaction's Scope lets it see and change.
pub struct Enrolments<'a> {
    pub(super) tx: &'a Tx,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Enrolments<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { tx: unit.tx() }
    }

    /// The store within a transaction that only reads.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// Whether the processing of somebody's data is restricted.
    pub async fn is_restricted(&self, person: Uuid) -> Result<bool, DbFault> {
        crate::protection::store::is_restricted(self.tx, person).await
    }

    /// The enrolment. What is erased is nobody's any more, and no use case works on it.
    pub async fn find(&self, id: Uuid) -> Result<Option<Enrolment>, DbFault> {
        let found = Entity::find_by_id(id).filter(Column::ErasedOn.is_null());
        found.one(self.tx).await?.map(Enrolment::try_from).transpose()
    }

    /// The enrolment, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Enrolment>, DbFault> {
        let found = Entity::find_by_id(id).filter(Column::ErasedOn.is_null());
        let row = found.lock(LockType::Update).one(self.tx).await?;
        row.map(Enrolment::try_from).transpose()
    }

    /// The enrolments of a course, locked, in the order of their ids.
    pub async fn lock_course(&self, course: Uuid) -> Result<Vec<Enrolment>, DbFault> {
        let rows = Entity::find()
            .filter(Column::CourseId.eq(course))
            .filter(Column::ErasedOn.is_null())
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Enrolment::try_from).collect()
    }

    /// The enrolments of a course, in the order of their ids.
    pub async fn of_course(&self, course: Uuid) -> Result<Vec<Enrolment>, DbFault> {
        let rows = Entity::find()
            .filter(Column::CourseId.eq(course))
            .filter(Column::ErasedOn.is_null())
            .order_by_asc(Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Enrolment::try_from).collect()
    }

    /// The enrolments of a person, locked, in the order of their ids.
    pub async fn lock_person(&self, person: Uuid) -> Result<Vec<Enrolment>, DbFault> {
        let rows = Entity::find()
            .filter(Column::PersonId.eq(person))
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Enrolment::try_from).collect()
    }

    /// The enrolments whose people somebody supervises or tutors, locked, in the order of their ids.
    pub async fn lock_helped(&self, by: Uuid) -> Result<Vec<Enrolment>, DbFault> {
        let rows = Entity::find()
            .filter(Column::SupervisorId.eq(by).or(Column::TutorId.eq(by)))
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Enrolment::try_from).collect()
    }

    /// Saves a new enrolment, unless the person has a live one of its kind anywhere; tells whether it did.
    pub async fn insert_live(&self, new: &Enrolment) -> Result<bool, DbFault> {
        let row = row_of(new).into_active_model().reset_all();
        // Only the one index is asked: every other constraint refuses as it should.
        let elsewhere = OnConflict::columns([Column::PersonId, Column::ProgrammeType])
            .target_and_where(Expr::cust(LIVE))
            .do_nothing()
            .to_owned();
        let done = Entity::insert(row)
            .on_conflict(elsewhere)
            .try_insert()
            .exec_without_returning(self.tx)
            .await?;
        Ok(matches!(done, TryInsertResult::Inserted(rows) if rows > 0))
    }

    /// Saves a new enrolment.
    pub async fn insert(&self, new: &Enrolment) -> Result<(), DbFault> {
        let row = row_of(new).into_active_model().reset_all();
        Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves what a step changes, as the next version.
    pub async fn update(&self, changed: &Enrolment) -> Result<(), Stop> {
        let row: ActiveModel = row_of(changed).into_active_model().reset_all();
        let saved = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(changed.id))
            .filter(Column::Version.eq(changed.version - 1))
            .exec(self.tx)
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// Everyone who teaches on the course: who was taken off it again does not.
    pub async fn teachers(&self, course: Uuid) -> Result<Vec<Uuid>, DbFault> {
        let assigned = teaching_assignment::Entity::find()
            .select_only()
            .column(teaching_assignment::Column::TrainerId)
            .filter(teaching_assignment::Column::CourseId.eq(course))
            .filter(teaching_assignment::Column::ReleasedAt.is_null())
            .into_query();
        course_trainer::Entity::find()
            .select_only()
            .column(course_trainer::Column::PersonId)
            .filter(course_trainer::Column::CourseId.eq(course))
            .filter(course_trainer::Column::TrainerId.in_subquery(assigned))
            .into_tuple()
            .all(self.tx)
            .await
            .map_err(Into::into)
    }

    /// Whether the person teaches on the course.
    pub async fn teaches(&self, course: Uuid, person: Uuid) -> Result<bool, DbFault> {
        Ok(self.teachers(course).await?.contains(&person))
    }
}

impl TryFrom<Model> for Enrolment {
    type Error = DbFault;

    fn try_from(row: Model) -> Result<Self, DbFault> {
        let state = State::from_code(&row.state);
        let basis = FundingBasis::from_code(&row.funding_basis);
        let kind = ProgrammeType::from_code(&row.programme_type);
        let reason = row.withdrawal_reason.as_deref().map(|code| {
            WithdrawalReason::from_code(code)
                .ok_or_else(|| DbFault::unreadable("enrolment.withdrawal_reason"))
        });
        let initiator = row.withdrawal_initiator.as_deref().map(|code| {
            Initiator::from_code(code)
                .ok_or_else(|| DbFault::unreadable("enrolment.withdrawal_initiator"))
        });
        Ok(Self {
            id: row.id,
            organisation_id: row.organisation_id,
            course_id: row.course_id,
            person_id: row.person_id.ok_or_else(|| DbFault::unreadable("enrolment.person_id"))?,
            programme_type: kind.ok_or_else(|| DbFault::unreadable("enrolment.programme_type"))?,
            origin_id: row.origin_id,
            application_id: row.application_id,
            sponsor_id: row.sponsor_id,
            funding_basis: basis.ok_or_else(|| DbFault::unreadable("enrolment.funding_basis"))?,
            supervisor_id: row.supervisor_id,
            tutor_id: row.tutor_id,
            state: state.ok_or_else(|| DbFault::unreadable("enrolment.state"))?,
            enrolled_from: row.enrolled_from,
            enrolled_to: row.enrolled_to,
            withdrawal_reason: reason.transpose()?,
            withdrawal_initiator: initiator.transpose()?,
            resolution: row.resolution,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

fn row_of(of: &Enrolment) -> Model {
    Model {
        id: of.id,
        organisation_id: of.organisation_id,
        course_id: of.course_id,
        person_id: Some(of.person_id),
        programme_type: of.programme_type.code().to_owned(),
        origin_id: of.origin_id,
        application_id: of.application_id,
        sponsor_id: of.sponsor_id,
        funding_basis: of.funding_basis.code().to_owned(),
        supervisor_id: of.supervisor_id,
        tutor_id: of.tutor_id,
        state: of.state.code().to_owned(),
        enrolled_from: of.enrolled_from,
        enrolled_to: of.enrolled_to,
        withdrawal_reason: of.withdrawal_reason.map(|reason| reason.code().to_owned()),
        withdrawal_initiator: of.withdrawal_initiator.map(|by| by.code().to_owned()),
        resolution: of.resolution.clone(),
        erased_on: None,
        created_at: of.created_at,
        updated_at: of.updated_at,
        version: of.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_of_the_index_names_the_live_states() {
        let live = State::ALL.iter().filter(|state| state.is_live());
        let codes: Vec<String> = live.map(|state| format!("'{}'", state.code())).collect();
        assert_eq!(LIVE, format!("state in ({})", codes.join(",")));
    }
}
