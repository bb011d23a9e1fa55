//! The courses that run under a licence.

use entities::course;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::impacts::OpenCourse;
use super::store::Licences;
use crate::command::Stop;
use crate::course::model::State;
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
        let open = |row: course::Model| {
            Ok(OpenCourse {
                programme_type: ProgrammeType::from_code(&row.programme_type)
                    .ok_or_else(|| DbFault::unreadable("course.programme_type"))?,
                code: row.code,
                starts_on: row.start_on,
                ends_on: row.end_on,
                capacity_max: row.capacity_max,
                places_taken: row.places_taken,
            })
        };
        rows.into_iter().map(open).collect()
    }
}
