//! Use cases: giving somebody a place, and what the national team says of one that is held.

use chrono::NaiveDate;
use uuid::Uuid;

use super::candidates::{Candidates, Place};
use super::desk::Desk;
use super::model::{Command, Enrolment, FundingBasis, State};
use super::rules;
use super::store::Enrolments;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::facts::Facts;
use crate::course::parts::Course;
use crate::course::service::places::{self, Joining};
use crate::course::store::Courses;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};
use crate::person::model::Person;
use crate::person::rules::unmet_for_change;
use crate::person::store::People;
use crate::refusal::{Code, Refusal};

/// A place that somebody was offered and takes.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// The person.
    pub person: Uuid,
    /// The course.
    pub course: Uuid,
    /// The application.
    pub application: Uuid,
    /// The organisation that employs or supports the person.
    pub sponsor: Option<Uuid>,
    /// Who pays.
    pub basis: FundingBasis,
}

/// Gives somebody whose record the deliverer keeps a place on a course.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn create(unit: &Unit, course: Uuid, new: &Place) -> Result<Changed, Stop> {
    let Joining { course, acting_as, mut unmet } =
        places::joining(unit, Permission::EnrolPeople, course).await?;
    let desk = Desk::of(unit, acting_as);
    let candidates = Candidates::of(&desk, &course, &[new]).await?;
    refuse_any(candidates.unmet_for_person(&new.who))?;
    let person = candidates.person(&new.who).ok_or_else(not_found)?;
    unmet.extend(rules::unmet_for_course(course.state, "courseId"));
    unmet.extend(rules::unmet_for_room(course.places_taken, course.capacity_max, "courseId"));
    unmet.extend(candidates.unmet_for_terms(new));
    refuse_any(unmet)?;
    let placed = place_on(&desk, &course, person, new).await?;
    let (taken, most) = (course.places_taken + 1, course.capacity_max);
    let mut impact = vec![format!("{taken} of {most} places are taken")];
    impact.extend(told_of_held(&placed));
    Ok(Changed { id: placed.id, impact })
}

/// Saves the place of a person against whom nothing speaks.
pub(super) async fn place_on(
    desk: &Desk<'_>,
    course: &Course,
    person: Uuid,
    new: &Place,
) -> Result<Enrolment, Stop> {
    let from = new.from.unwrap_or_else(|| desk.unit.today());
    let blank = blank(desk.unit, course, (person, new.basis), from);
    place(desk, Enrolment { sponsor_id: new.sponsor, ..blank }).await
}

/// Gives somebody the place that they were offered: the offer has kept it for them. Gives the enrolment.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn accepted(unit: &Unit, of: Accepted, acting_as: &str) -> Result<Uuid, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned());
    let course = Courses::of(unit).find(of.course).await?.ok_or_else(not_found)?;
    let mut unmet = rules::unmet_for_course(course.state, "");
    unmet.extend(unmet_for_sponsor(&desk, of.sponsor).await?);
    unmet.extend(rules::unmet_for_basis(of.basis, of.sponsor.is_some(), false));
    refuse_any(unmet)?;
    let enrolment = Enrolment {
        sponsor_id: of.sponsor,
        application_id: Some(of.application),
        ..blank(unit, &course, (of.person, of.basis), unit.today())
    };
    Ok(place(&desk, enrolment).await?.id)
}

/// An enrolment of somebody on a course, from a day on.
pub(super) fn blank(
    unit: &Unit,
    course: &Course,
    (person, basis): (Uuid, FundingBasis),
    from: NaiveDate,
) -> Enrolment {
    Enrolment {
        id: unit.id(),
        organisation_id: course.organisation_id,
        course_id: course.id,
        person_id: person,
        programme_type: course.programme_type,
        origin_id: None,
        application_id: None,
        sponsor_id: None,
        funding_basis: basis,
        supervisor_id: None,
        tutor_id: None,
        state: State::Placed,
        enrolled_from: from,
        enrolled_to: None,
        withdrawal_reason: None,
        withdrawal_initiator: None,
        resolution: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    }
}

/// ENR-1: saves a new enrolment; if the person has a live one of its kind anywhere, it is held for the national team,
/// and nobody learns more than that.
pub(super) async fn place(desk: &Desk<'_>, new: Enrolment) -> Result<Enrolment, Stop> {
    let placed = if desk.store.insert_live(&new).await? {
        new
    } else {
        let held = Enrolment { state: State::Held, ..new };
        desk.store.insert(&held).await?;
        held
    };
    let action = if placed.state == State::Held { "enrolment.held" } else { "enrolment.placed" };
    desk.record(action, None, (&placed, placed.organisation_id), None);
    Ok(placed)
}

/// What whoever enrols is told of one that is held.
#[must_use]
pub fn told_of_held(of: &Enrolment) -> Option<String> {
    (of.state == State::Held).then(|| {
        "held for national review: a quality lead of the national team decides; the place is kept".to_owned()
    })
}

/// The person, if the organisation keeps their record today.
pub(super) async fn kept(
    unit: &Unit,
    person: Uuid,
    organisation: Uuid,
) -> Result<Option<Person>, Stop> {
    let people = People::of(unit);
    if people.is_kept(person, organisation).await? { people.find(person).await } else { Ok(None) }
}

/// Who looks after somebody is a person whose record the deliverer keeps, and another one.
pub(super) async fn unmet_for_helper(
    unit: &Unit,
    of: &Enrolment,
    (person, path): (Uuid, &str),
) -> Result<Vec<Refusal>, Stop> {
    if person == of.person_id {
        return Ok(vec![Refusal::at(Code::Invalid, path, "is the person themselves")]);
    }
    let found = kept(unit, person, of.organisation_id).await?;
    if found.is_some_and(|found| unmet_for_change(&found, path).is_empty()) {
        return Ok(Vec::new());
    }
    let message = "no such person whose record your organisation keeps: register them first";
    Ok(vec![Refusal::at(Code::NotFound, path, message)])
}

/// A sponsor is an organisation that takes part.
pub(super) async fn unmet_for_sponsor(
    desk: &Desk<'_>,
    sponsor: Option<Uuid>,
) -> Result<Vec<Refusal>, Stop> {
    let Some(sponsor) = sponsor else { return Ok(Vec::new()) };
    let body = Facts::within(desk.unit.tx()).body(sponsor).await?;
    Ok(rules::unmet_for_sponsor(Some(body.map(|body| body.active))))
}

/// ENR-1: the national team lets a held enrolment be, or does not, and says why.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn resolve(unit: &Unit, at: At, admit: bool, reason: &str) -> Result<Changed, Stop> {
    let (desk, before) = Desk::of_the_nation(unit, Permission::OverseeEnrolments, at).await?;
    let command = if admit { Command::Admit } else { Command::Refuse };
    let mut after = Desk::stepped(&before, command)?;
    let mut unmet = unmet_for_text(reason, "reason", MAX_TEXT);
    // Two records that turned out to be of one person may both have been at sessions.
    let attended =
        desk.store.sheet(before.course_id, &[before.id]).await?.last_attended(before.id).is_some();
    if admit {
        unmet.extend(unmet_for_other(&desk.store, &before).await?);
        if attended {
            after = Desk::stepped(&after, Command::Start)?;
        }
    } else {
        unmet.extend(rules::unmet_for_refusing(attended));
    }
    refuse_any(unmet)?;
    let enrolled_to = (!admit).then(|| unit.today().max(before.enrolled_from));
    let resolution = Some(reason.trim().to_owned());
    let after = Enrolment { enrolled_to, resolution, ..after };
    let action = if admit { "enrolment.admitted" } else { "enrolment.refused" };
    desk.save(action, &before, after, Some(reason)).await?;
    Ok(Changed::of(at.id))
}

/// ENR-1: the person has no other live enrolment of the kind.
async fn unmet_for_other(store: &Enrolments<'_>, of: &Enrolment) -> Result<Vec<Refusal>, Stop> {
    let all = store.lock_person(of.person_id).await?;
    let another = |other: &Enrolment| {
        other.id != of.id && other.programme_type == of.programme_type && other.state.is_live()
    };
    if !all.iter().any(another) {
        return Ok(Vec::new());
    }
    let message = "the person has another live enrolment of this kind: end that one first";
    Ok(vec![Refusal::at(Code::HeldForReview, "", message)])
}
