//! The courses that run under a licence.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entities::{course, course_session, course_teach_out};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::impacts::OpenCourse;
use super::store::Licences;
use crate::command::Stop;
use crate::course::model::{SessionState, State};
use crate::db::DbFault;
use crate::programme::kind::ProgrammeType;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Licences<'_> {
    /// The courses that are live under the licence, by their first days.
    pub async fn open_courses(&self, licence: Uuid) -> Result<Vec<OpenCourse>, Stop> {
        let live = State::ALL.iter().filter(|state| state.is_live()).map(|state| state.code());
        let rows = course::Entity::find()
            .filter(course::Column::LicenceId.eq(licence))
            .filter(course::Column::State.is_in(live))
            .order_by_asc(course::Column::StartOn)
            .order_by_asc(course::Column::Code)
            .all(self.unit.tx())
            .await?;
        let planned: HashSet<Uuid> = course_session::Entity::find()
            .select_only()
            .column(course_session::Column::CourseId)
            .distinct()
            .filter(course_session::Column::CourseId.is_in(rows.iter().map(|row| row.id)))
            .filter(course_session::Column::State.eq(SessionState::Planned.code()))
            .into_tuple()
            .all(self.unit.tx())
            .await?
            .into_iter()
            .collect();
        let decisions = course_teach_out::Entity::find()
            .filter(course_teach_out::Column::CourseId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(course_teach_out::Column::ApprovedOn)
            .order_by_asc(course_teach_out::Column::Id)
            .all(self.unit.tx())
            .await?;
        // A later decision takes the place of an earlier one.
        let until: HashMap<Uuid, NaiveDate> =
            decisions.into_iter().map(|row| (row.course_id, row.until)).collect();
        let open = |row: course::Model| {
            Ok(OpenCourse {
                programme_type: ProgrammeType::from_code(&row.programme_type)
                    .ok_or_else(|| DbFault::unreadable("course.programme_type"))?,
                code: row.code,
                starts_on: row.start_on,
                ends_on: row.end_on,
                capacity_max: row.capacity_max,
                places_taken: row.places_taken,
                has_planned_sessions: planned.contains(&row.id),
                teach_out_until: until.get(&row.id).copied(),
            })
        };
        rows.into_iter().map(open).collect()
    }
}
