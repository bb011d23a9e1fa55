//! Who may be given a place on a course: what enrolments and applications ask it.

use uuid::Uuid;

use super::Desk;
use crate::actor::Permission;
use crate::command::{Stop, Unit};
use crate::course::parts::Course;
use crate::refusal::Refusal;

/// A course that somebody is to be given a place on, locked.
pub struct Joining {
    /// The course.
    pub course: Course,
    /// The role that allows it, for the trail.
    pub acting_as: String,
    /// LIC-5 and ORG: what speaks against more people.
    pub unmet: Vec<Refusal>,
}

/// The course, locked, if the actor holds `permission` at its deliverer, or for the nation.
///
/// # Errors
///
/// `NOT_FOUND`, `FORBIDDEN`, or what the database answers.
pub async fn joining(unit: &Unit, permission: Permission, course: Uuid) -> Result<Joining, Stop> {
    let desk = match unit.actor().acting_nationally(permission) {
        Some(acting_as) => Desk::of(unit, acting_as),
        None => Desk::before(unit, permission, course).await?.0,
    };
    let course = desk.store.lock(course).await?.ok_or_else(super::not_found)?;
    let unmet = desk.unmet_for_more_people(&course).await?;
    Ok(Joining { course, acting_as: desk.acting_as, unmet })
}
