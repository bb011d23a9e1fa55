//! Rows of courses, loaded under lock and saved.
//!
//! Locks are taken in one order: the licence, then the course. What hangs on a course is written only
//! under the course's lock.

mod deliverers;
mod parts;
mod sessions;

use entities::{course, course_counter};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::model::{Mode, State};
use super::parts::Course;
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// The courses that the unit's Scope lets it see and change.
pub struct Courses<'a> {
    pub(super) unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Courses<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The course, not locked.
    pub async fn find(&self, id: Uuid) -> Result<Option<Course>, Stop> {
        let row = course::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(course_of).transpose()?)
    }

    /// The course, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Course>, Stop> {
        let row = course::Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(row.map(course_of).transpose()?)
    }

    /// Whether the organisation delivers another course with the code: each organisation counts for itself.
    pub async fn has_namesake(&self, course: Uuid, of: Uuid, code: &str) -> Result<bool, Stop> {
        let row = course::Entity::find()
            .filter(course::Column::OrganisationId.eq(of))
            .filter(course::Column::Code.eq(code))
            .filter(course::Column::Id.ne(course))
            .one(self.unit.tx())
            .await?;
        Ok(row.is_some())
    }

    /// Saves a new course, which its organisation delivers from today on.
    pub async fn insert(&self, course: &Course) -> Result<(), Stop> {
        let row = row_of(course).into_active_model().reset_all();
        course::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        let (of, from) = (course.organisation_id, self.unit.today());
        self.deliver((course.id, course.start_on), of, from).await
    }

    /// Saves a changed course, unless somebody else changed it since it was read. The database counts who has a place:
    /// it is told only by how many places more, or fewer, are kept.
    pub async fn update(&self, course: &Course, kept: i32) -> Result<(), Stop> {
        let row = row_of(course).into_active_model().reset_all();
        let taken = course::Column::PlacesTaken;
        let done = course::Entity::update_many()
            .set(course::ActiveModel { places_taken: NotSet, ..row })
            .col_expr(taken, Expr::col(taken).add(kept))
            .filter(course::Column::Id.eq(course.id))
            .filter(course::Column::Version.eq(course.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// How many courses are live under the licence, `but` one left out.
    pub async fn live_under(&self, licence: Uuid, but: Option<Uuid>) -> Result<i64, Stop> {
        let live = State::ALL.iter().filter(|state| state.is_live()).map(|state| state.code());
        let count = course::Entity::find()
            .filter(course::Column::LicenceId.eq(licence))
            .filter(course::Column::State.is_in(live))
            .filter(Condition::all().add_option(but.map(|but| course::Column::Id.ne(but))))
            .count(self.unit.tx())
            .await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The next code of the organisation in a series. A transaction that rolls back gives its number back;
    /// one that was given out never returns.
    pub async fn next_code(&self, organisation: Uuid, series: &str) -> Result<String, Stop> {
        let first = course_counter::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(organisation),
            series: Set(series.to_owned()),
            last_number: Set(1),
        };
        let next = Expr::col((course_counter::Entity, course_counter::Column::LastNumber)).add(1);
        let keys = [course_counter::Column::OrganisationId, course_counter::Column::Series];
        course_counter::Entity::insert(first)
            .on_conflict(
                OnConflict::columns(keys)
                    .value(course_counter::Column::LastNumber, next)
                    .to_owned(),
            )
            .exec_without_returning(self.unit.tx())
            .await?;
        let row = course_counter::Entity::find()
            .filter(course_counter::Column::OrganisationId.eq(organisation))
            .filter(course_counter::Column::Series.eq(series))
            .one(self.unit.tx())
            .await?;
        let last =
            row.map(|row| row.last_number).ok_or_else(|| DbFault::unreadable("course_counter"))?;
        Ok(format!("{series}-{last:03}"))
    }
}

fn course_of(row: course::Model) -> Result<Course, DbFault> {
    let course::Model {
        id,
        organisation_id,
        coded_by_id,
        host_id,
        programme_version_id,
        programme_type,
        licence_id,
        licence_holder_id,
        lead_trainer_id,
        code,
        mode,
        introductory,
        postcode_area,
        start_on,
        end_on,
        capacity_min,
        capacity_max,
        places_taken,
        places_reserved,
        state,
        return_reason,
        cancel_reason,
        opened_at,
        ended_on,
        created_at,
        updated_at,
        version,
    } = row;
    Ok(Course {
        id,
        organisation_id,
        coded_by_id,
        host_id,
        programme_version_id,
        programme_type: ProgrammeType::from_code(&programme_type)
            .ok_or_else(|| DbFault::unreadable("course.programme_type"))?,
        licence_id,
        licence_holder_id,
        lead_trainer_id,
        code,
        mode: Mode::from_code(&mode).ok_or_else(|| DbFault::unreadable("course.mode"))?,
        introductory,
        postcode_area,
        start_on,
        end_on,
        capacity_min,
        capacity_max,
        places_taken,
        places_reserved,
        state: State::from_code(&state).ok_or_else(|| DbFault::unreadable("course.state"))?,
        return_reason,
        cancel_reason,
        opened_at,
        ended_on,
        created_at,
        updated_at,
        version,
    })
}

fn row_of(course: &Course) -> course::Model {
    let Course {
        id,
        organisation_id,
        coded_by_id,
        host_id,
        programme_version_id,
        programme_type,
        licence_id,
        licence_holder_id,
        lead_trainer_id,
        code,
        mode,
        introductory,
        postcode_area,
        start_on,
        end_on,
        capacity_min,
        capacity_max,
        places_taken,
        places_reserved,
        state,
        return_reason,
        cancel_reason,
        opened_at,
        ended_on,
        created_at,
        updated_at,
        version,
    } = course.clone();
    course::Model {
        id,
        organisation_id,
        coded_by_id,
        host_id,
        programme_version_id,
        programme_type: programme_type.code().to_owned(),
        licence_id,
        licence_holder_id,
        lead_trainer_id,
        code,
        mode: mode.code().to_owned(),
        introductory,
        postcode_area,
        start_on,
        end_on,
        capacity_min,
        capacity_max,
        places_taken,
        places_reserved,
        state: state.code().to_owned(),
        return_reason,
        cancel_reason,
        opened_at,
        ended_on,
        created_at,
        updated_at,
        version,
    }
}
