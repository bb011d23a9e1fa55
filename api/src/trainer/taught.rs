//! What trainers are to teach.

use std::collections::HashMap;

use entities::{course, course_session, organisation, teaching_assignment};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::model::Accreditation;
use super::rules::Taught;
use super::store::Trainers;
use crate::command::Stop;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Trainers<'_> {
    /// The sessions from today on that the trainer of an accreditation is to teach in courses of its type,
    /// in the order of their courses and days.
    pub async fn to_be_taught(&self, held: &Accreditation) -> Result<Vec<Taught>, Stop> {
        let tx = self.unit.tx();
        let given = teaching_assignment::Entity::find()
            .filter(teaching_assignment::Column::TrainerId.eq(held.trainer_id))
            .filter(teaching_assignment::Column::ReleasedAt.is_null())
            .filter(teaching_assignment::Column::Part.ne("OBSERVER"))
            .all(tx)
            .await?;
        let sessions = course_session::Entity::find()
            .filter(course_session::Column::Id.is_in(given.iter().map(|row| row.session_id)))
            .filter(course_session::Column::State.eq("PLANNED"))
            .filter(course_session::Column::Day.gte(self.unit.today()))
            .order_by_asc(course_session::Column::Day)
            .all(tx)
            .await?;
        let courses = course::Entity::find()
            .filter(course::Column::Id.is_in(sessions.iter().map(|row| row.course_id)))
            .filter(course::Column::ProgrammeType.eq(held.programme_type.code()))
            .order_by_asc(course::Column::StartOn)
            .order_by_asc(course::Column::Code)
            .all(tx)
            .await?;
        let names = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(courses.iter().map(|row| row.organisation_id)))
            .all(tx)
            .await?;
        let names: HashMap<Uuid, String> =
            names.into_iter().map(|row| (row.id, row.name)).collect();
        let mut taught = Vec::new();
        for course in courses {
            let name = names.get(&course.organisation_id).map_or("", String::as_str);
            for session in sessions.iter().filter(|session| session.course_id == course.id) {
                let of_session = given.iter().filter(|row| row.session_id == session.id);
                taught.extend(of_session.map(|row| Taught {
                    course: format!("{} of {name}", course.code),
                    day: session.day,
                    leads: row.part == "LEAD",
                }));
            }
        }
        Ok(taught)
    }
}
