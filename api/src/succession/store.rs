//! Rows of the unassigned list, loaded under lock and saved.

use chrono::NaiveDate;
use entities::{organisation_succession, succession_assignment};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::model::{Assignment, Subject};
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::refusal::{Code, Refusal};

/// The places on the list that the unit's Scope lets it see and change.
pub struct Assignments<'a> {
    unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Assignments<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The place, not locked.
    pub async fn find(&self, id: Uuid) -> Result<Option<Assignment>, Stop> {
        let row = succession_assignment::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(assignment_of).transpose()?)
    }

    /// The place, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Assignment>, Stop> {
        let row = succession_assignment::Entity::find_by_id(id)
            .lock(LockType::Update)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(assignment_of).transpose()?)
    }

    /// Puts a course or trainer on the list.
    pub async fn insert(&self, assignment: &Assignment) -> Result<(), Stop> {
        let row = row_of(assignment).into_active_model().reset_all();
        succession_assignment::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed place, unless somebody else changed it since it was read.
    pub async fn update(&self, assignment: &Assignment) -> Result<(), Stop> {
        let done = succession_assignment::Entity::update_many()
            .set(row_of(assignment).into_active_model().reset_all())
            .filter(succession_assignment::Column::Id.eq(assignment.id))
            .filter(succession_assignment::Column::Version.eq(assignment.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// Who followed the organisation on the day.
    pub async fn successors(&self, organisation: Uuid, on: NaiveDate) -> Result<Vec<Uuid>, Stop> {
        let rows = organisation_succession::Entity::find()
            .filter(organisation_succession::Column::PredecessorId.eq(organisation))
            .filter(organisation_succession::Column::EffectiveOn.eq(on))
            .order_by_asc(organisation_succession::Column::SuccessorId)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().filter_map(|row| row.successor_id).collect())
    }
}

fn assignment_of(row: succession_assignment::Model) -> Result<Assignment, DbFault> {
    let succession_assignment::Model {
        id,
        organisation_id,
        kind: _,
        course_id,
        trainer_id,
        effective_on,
        successor_id,
        assigned_on,
        created_at,
        version,
    } = row;
    let subject = match (course_id, trainer_id) {
        (Some(course), None) => Subject::Course(course),
        (None, Some(trainer)) => Subject::Trainer(trainer),
        _ => return Err(DbFault::unreadable("succession_assignment")),
    };
    Ok(Assignment {
        id,
        organisation_id,
        subject,
        effective_on,
        successor_id,
        assigned_on,
        created_at,
        version,
    })
}

fn row_of(assignment: &Assignment) -> succession_assignment::Model {
    let Assignment {
        id,
        organisation_id,
        subject,
        effective_on,
        successor_id,
        assigned_on,
        created_at,
        version,
    } = assignment.clone();
    let (course_id, trainer_id) = match subject {
        Subject::Course(course) => (Some(course), None),
        Subject::Trainer(trainer) => (None, Some(trainer)),
    };
    succession_assignment::Model {
        id,
        organisation_id,
        kind: subject.kind().code().to_owned(),
        course_id,
        trainer_id,
        effective_on,
        successor_id,
        assigned_on,
        created_at,
        version,
    }
}
