//! What becomes of enrolments when two records turn out to be of one person.

use uuid::Uuid;

use super::desk::Desk;
use super::model::{Command, Enrolment};
use crate::command::{Stop, Unit};
use crate::refusal::{Code, Refusal};

/// Gives the enrolments of a retired record to the one that stays, and those whom it looks after; says what follows.
/// ENR-1: where both have a live one of a kind, the retired record's is held for the national team; nobody decides which
/// of them goes on but a person.
///
/// # Errors
///
/// `CONFLICT` where both are on one course; or what the database answers.
pub async fn hand_over(
    unit: &Unit,
    from: Uuid,
    to: Uuid,
    acting_as: &str,
) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let kept = desk.store.lock_person(to).await?;
    let retired = desk.store.lock_person(from).await?;
    let on_one_course = |one: &Enrolment| {
        let stays = |of: &Enrolment| of.state.stays_on_course();
        kept.iter().any(|other| other.course_id == one.course_id && stays(other) && stays(one))
    };
    if retired.iter().any(on_one_course) {
        let message = "both records are on one course: withdraw one of them first";
        return Err(Refusal::at(Code::Conflict, "", message).into());
    }
    let (mut handed, mut held) = (0, 0);
    for before in retired {
        let meets = |other: &Enrolment| {
            other.programme_type == before.programme_type && other.state.is_live()
        };
        let meets = before.state.is_live() && kept.iter().any(meets);
        let enrolled_to = if meets { None } else { before.enrolled_to };
        let stands = if meets { Desk::stepped(&before, Command::Hold)? } else { before.clone() };
        let after = Enrolment { person_id: to, enrolled_to, ..stands };
        let after = Enrolment {
            supervisor_id: after.supervisor_id.filter(|id| *id != to),
            tutor_id: after.tutor_id.filter(|id| *id != to),
            ..after
        };
        desk.save("enrolment.person_merged", &before, after, None).await?;
        handed += 1;
        held += usize::from(meets);
    }
    for before in desk.store.lock_helped(from).await? {
        let now = |id: Option<Uuid>| {
            let id = id.map(|id| if id == from { to } else { id });
            id.filter(|id| *id != before.person_id)
        };
        let after = Enrolment {
            supervisor_id: now(before.supervisor_id),
            tutor_id: now(before.tutor_id),
            ..before.clone()
        };
        desk.save("enrolment.helper_merged", &before, after, None).await?;
    }
    let mut impact = Vec::new();
    if handed > 0 {
        impact.push(format!("enrolments that become the other record's: {handed}"));
    }
    if held > 0 {
        impact.push(format!("of them held for national review, because both were live: {held}"));
    }
    Ok(impact)
}
