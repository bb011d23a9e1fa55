//! What becomes of courses when the organisation that delivers them ends, or gets a licence that bridges.

use std::collections::HashSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Desk, not_found};
use crate::command::{Stop, Unit};
use crate::course::parts::Course;
use crate::course::rules::LicenceFacts;
use crate::course::store::Courses;
use crate::enrolment;
use crate::licence::model::Licence;
use crate::programme::kind::ProgrammeType;
use crate::vault::passing::Followed;

/// The courses of the organisation that are not at their end, locked.
///
/// # Errors
///
/// What the database answers.
pub async fn unfinished(unit: &Unit, organisation: Uuid) -> Result<Vec<Course>, Stop> {
    Courses::of(unit).lock_unfinished(organisation).await
}

/// The first day on which another organisation could have followed this one as a deliverer.
///
/// # Errors
///
/// What the database answers.
pub async fn last_delivered(unit: &Unit, organisation: Uuid) -> Result<Option<NaiveDate>, Stop> {
    Courses::of(unit).last_delivered(organisation).await
}

/// One course, locked.
///
/// # Errors
///
/// What the database answers.
pub async fn locked(unit: &Unit, course: Uuid) -> Result<Course, Stop> {
    Courses::of(unit).lock(course).await?.ok_or_else(not_found)
}

/// Lets an organisation, whose licences are locked, deliver a course, which is locked, from a day on; says
/// what follows.
///
/// # Errors
///
/// What the database answers.
pub async fn pass_on(
    unit: &Unit,
    acting_as: &str,
    course: &Course,
    to: Uuid,
    on: NaiveDate,
) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let from = desk.store.end_delivery(course.id, on).await?;
    desk.store.deliver((course.id, course.start_on), to, from).await?;
    let mut after = Course { organisation_id: to, ..course.clone() };
    after.host_id = after.host_id.filter(|host| *host != to);
    let of = (to, course.programme_type);
    let first = course.start_on.max(unit.today());
    let licensed = desk.store.licensed(of, (first, course.end_on.max(first)), course.id).await?;
    let in_force = licensed.filter(|found| found.facts.allows_new_starts && found.facts.delivers);
    let covers = in_force.as_ref().and_then(|found| found.facts.covers_to);
    let beyond = in_force.as_ref().and_then(|found| beyond(course, &found.facts));
    if let Some(found) = in_force.filter(|_| course.licence_id.is_some()) {
        after.run_under(&found.licence);
    }
    desk.save("course.passed_on", course, after, &["deliverers"], None).await?;
    let by = Followed { from: course.organisation_id, to };
    enrolment::passing::passed_on(unit, course.id, by, acting_as).await?;
    let code = &course.code;
    let mut impact = vec![match covers {
        None if course.licence_id.is_none() => {
            format!("{code} passes on; its new deliverer needs a licence before it is proposed")
        }
        None => format!(
            "{code} passes on; it needs a licence of its new deliverer or a teach-out decision"
        ),
        Some(to) => within(code, course.end_on, to),
    }];
    impact.extend(beyond);
    if desk.store.has_namesake(course.id, to, code).await? {
        impact.push(format!(
            "{code}: its new deliverer has another course with this code; both keep it"
        ));
    }
    Ok(impact)
}

/// A course that is one more than its licence allows at once.
fn beyond(course: &Course, licence: &LicenceFacts) -> Option<String> {
    let runs = licence.live_courses + 1;
    let most =
        licence.max_courses.filter(|most| course.state.is_live() && i64::from(*most) < runs)?;
    let code = &course.code;
    Some(format!(
        "{code}: its new deliverer then runs {runs} courses, its licence allows {most} at once"
    ))
}

/// What a licence means for a course that goes on under it.
fn within(code: &str, ends: NaiveDate, to: NaiveDate) -> String {
    if ends < to {
        format!("{code} passes on and goes on under the licence of its new deliverer")
    } else {
        format!("{code} passes on; it ends on {ends}, the licence of its new deliverer before {to}")
    }
}

/// Lets the courses that an organisation took over under licences that ended go on under those that bridge
/// them, each for its type; says which.
///
/// # Errors
///
/// What the database answers.
pub async fn bridge(
    unit: &Unit,
    acting_as: &str,
    (ended, organisation): (&[Uuid], Uuid),
    bridges: &[(ProgrammeType, Licence)],
) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let mut impact = Vec::new();
    for course in desk.store.lock_unfinished(organisation).await? {
        let bridge = bridges.iter().find(|(ty, _)| *ty == course.programme_type);
        let ran = course.licence_id.is_some_and(|id| ended.contains(&id));
        if let Some((_, licence)) = bridge.filter(|_| ran) {
            let mut after = course.clone();
            after.run_under(licence);
            desk.save("course.bridged", &course, after, &[], None).await?;
            impact.push(under(licence, &course));
        }
    }
    let mut asked = HashSet::new();
    for (_, licence) in bridges.iter().filter(|(_, licence)| asked.insert(licence.id)) {
        impact.extend(crowded(&desk, licence).await?);
    }
    Ok(impact)
}

/// What a licence that bridges means for a course.
fn under(licence: &Licence, course: &Course) -> String {
    let number = licence.number.as_deref().unwrap_or("the licence that bridges");
    let ends = licence.term.map(|term| term.to).filter(|to| *to <= course.end_on);
    match ends {
        None => format!("{} goes on under {number}", course.code),
        Some(to) => format!(
            "{} goes on under {number}, which ends before {to}: the course ends on {}, and needs another licence \
             or a teach-out decision by then",
            course.code, course.end_on
        ),
    }
}

/// A licence under which more courses are live than it allows.
async fn crowded(desk: &Desk<'_>, licence: &Licence) -> Result<Option<String>, Stop> {
    let live = desk.store.live_under(licence.id, None).await?;
    let most = licence.max_concurrent_courses.filter(|most| i64::from(*most) < live);
    let number = licence.number.as_deref().unwrap_or("the licence that bridges");
    Ok(most.map(|most| {
        format!(
            "{number} has {live} live courses and allows {most}: none opens until some have ended"
        )
    }))
}
