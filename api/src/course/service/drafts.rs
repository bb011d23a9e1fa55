//! Drafting a course from a plan, and changing what is said of it.

use uuid::Uuid;

use super::{At, Changed, Desk, in_words};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::model::{Command, Mode, State};
use crate::course::parts::Course;
use crate::course::planning;
use crate::course::rules;
use crate::course::service::schedule::{PlanAsked, save_plan};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// A course to be drafted.
#[derive(Clone, Debug)]
pub struct NewCourse {
    /// The organisation that delivers it.
    pub organisation: Uuid,
    /// Its curriculum.
    pub version: Uuid,
    /// The organisation that hosts it.
    pub host: Option<Uuid>,
    /// What deliverer and host agreed.
    pub terms: Option<String>,
    /// How it is taught.
    pub mode: Mode,
    /// Whether it introduces people to the subject.
    pub introductory: bool,
    /// The letters with which the postcode of its place begins.
    pub postcode_area: Option<String>,
    /// Fewest and most people.
    pub capacity: (i32, i32),
    /// Its plan.
    pub plan: PlanAsked,
}

/// Drafts a course with the sessions of its plan.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn draft(unit: &Unit, new: NewCourse) -> Result<Changed, Stop> {
    let desk = Desk::of_deliverer(unit, new.organisation, Permission::PlanCourses)
        .map_err(|stop| stop.of_field("organisationId"))?;
    let curriculum = desk.curriculum(new.version, new.organisation).await?;
    let holidays = desk.facts.holidays().await?;
    let plan = new.plan.plan(&curriculum, &holidays, unit.today());
    let (least, most) = new.capacity;
    let mut unmet = rules::unmet_for_capacity(least, most);
    unmet.extend(unmet_for_bodies(&desk, &new).await?);
    unmet.extend(unmet_for_area(new.postcode_area.as_deref()));
    if let Some(terms) = &new.terms {
        unmet.extend(unmet_for_text(terms, "coDeliveryTerms", MAX_TEXT));
    }
    let plan = plan.unwrap_or_else(|refusals| {
        unmet.extend(refusals);
        planning::Plan::default()
    });
    let days = plan.days();
    let start = days.first().copied().unwrap_or(new.plan.start);
    unmet.extend(rules::unmet_for_version(curriculum.facts, start));
    refuse_any(unmet)?;
    let series = format!("{}-{}", series_of(curriculum.programme_type), start.format("%Y"));
    let course = Course {
        id: unit.id(),
        organisation_id: new.organisation,
        coded_by_id: new.organisation,
        host_id: new.host,
        programme_version_id: new.version,
        programme_type: curriculum.programme_type,
        licence_id: None,
        licence_holder_id: None,
        lead_trainer_id: None,
        code: desk.store.next_code(new.organisation, &series).await?,
        mode: new.mode,
        introductory: new.introductory,
        postcode_area: new.postcode_area.clone(),
        start_on: start,
        end_on: days.last().copied().unwrap_or(start),
        capacity_min: least,
        capacity_max: most,
        places_taken: 0,
        places_reserved: 0,
        state: State::Draft,
        return_reason: None,
        cancel_reason: None,
        opened_at: None,
        ended_on: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    desk.store.insert(&course).await?;
    save_plan(&desk, &course, &new.plan, &plan).await?;
    if let Some(terms) = &new.terms {
        desk.store.put_terms(&course, terms).await?;
    }
    desk.record("course.drafted", None, &course, &["sessions"], None);
    let ground = desk.ground(&course, &curriculum).await?;
    let mut impact = in_words(plan.warnings);
    impact.extend(in_words(planning::warnings(&days, &ground)));
    Ok(Changed { id: course.id, impact })
}

/// The deliverer takes part in the network, and the host is another body of it.
async fn unmet_for_bodies(desk: &Desk<'_>, new: &NewCourse) -> Result<Vec<Refusal>, Stop> {
    let mut unmet = desk.unmet_for_deliverer(new.organisation, "organisationId").await?;
    if let Some(host) = new.host {
        unmet.extend(unmet_for_other(desk, (new.organisation, host), "hostId").await?);
    }
    Ok(unmet)
}

/// A host or partner is another active organisation.
pub(super) async fn unmet_for_other(
    desk: &Desk<'_>,
    (deliverer, other): (Uuid, Uuid),
    path: &str,
) -> Result<Vec<Refusal>, Stop> {
    let message = match desk.facts.body(other).await? {
        _ if other == deliverer => "name another organisation than the one that delivers",
        None => "no such organisation",
        Some(body) if !body.active => "the organisation must be active in the network",
        Some(_) => return Ok(Vec::new()),
    };
    Ok(vec![Refusal::at(Code::Invalid, path, message)])
}

/// A postcode area is one or two capital letters.
fn unmet_for_area(area: Option<&str>) -> Vec<Refusal> {
    let plain = |area: &str| {
        (1..=2).contains(&area.len()) && area.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    if area.is_none_or(plain) {
        return Vec::new();
    }
    vec![Refusal::at(
        Code::Invalid,
        "postcodeArea",
        "must be one or two capital letters, such as NN",
    )]
}

/// With what the codes of courses begin.
const fn series_of(ty: ProgrammeType) -> &'static str {
    match ty {
        ProgrammeType::PeerSupportWorker => "PSW",
        ProgrammeType::Supervisor => "SUP",
        ProgrammeType::Volunteer => "VOL",
        ProgrammeType::FamilyAmbassador => "FAM",
        ProgrammeType::Specialist => "SPE",
        ProgrammeType::Leadership => "LEA",
    }
}

/// What may change of a course; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// How it is taught.
    pub mode: Option<Mode>,
    /// Whether it introduces people to the subject.
    pub introductory: Option<bool>,
    /// The letters with which the postcode of its place begins.
    pub postcode_area: Option<String>,
    /// Fewest people.
    pub capacity_min: Option<i32>,
    /// Most people.
    pub capacity_max: Option<i32>,
    /// How many places are kept for people who are not enrolled yet.
    pub places_reserved: Option<i32>,
    /// The organisation that hosts it.
    pub host: Option<Uuid>,
    /// What deliverer and host agreed.
    pub terms: Option<String>,
}

/// Changes what is said of a course.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(unit: &Unit, at: At, new: Amendment) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::PlanCourses, at).await?;
    let mut after = Desk::stepped(&before, Command::Amend)?;
    after.mode = new.mode.unwrap_or(before.mode);
    after.introductory = new.introductory.unwrap_or(before.introductory);
    after.postcode_area = new.postcode_area.or_else(|| before.postcode_area.clone());
    after.capacity_min = new.capacity_min.unwrap_or(before.capacity_min);
    after.capacity_max = new.capacity_max.unwrap_or(before.capacity_max);
    after.places_reserved = new.places_reserved.unwrap_or(before.places_reserved);
    let more = after.places_reserved.saturating_sub(before.places_reserved);
    after.places_taken = before.places_taken.saturating_add(more);
    after.host_id = new.host.or(before.host_id);
    let (taken, most) = (after.places_taken, after.capacity_max);
    let offered = desk.store.partners(at.id).await?.iter().map(|(_, places)| *places).sum();
    let path = if new.places_reserved.is_some() { "placesReserved" } else { "capacityMax" };
    let mut unmet = rules::unmet_for_capacity(after.capacity_min, most);
    unmet.extend(rules::unmet_for_places(most, (taken, path), (after.places_reserved, offered)));
    unmet.extend(unmet_for_area(after.postcode_area.as_deref()));
    if let Some(host) = new.host {
        unmet.extend(unmet_for_other(&desk, (before.organisation_id, host), "hostId").await?);
    }
    if let Some(terms) = &new.terms {
        unmet.extend(unmet_for_text(terms, "coDeliveryTerms", MAX_TEXT));
    }
    if after.state.is_live() && after.capacity_max > before.capacity_max {
        unmet.extend(unmet_for_size(&desk, &after).await?);
    }
    if after.places_taken > before.places_taken {
        unmet.extend(desk.unmet_for_more_people(&before).await?);
    }
    if after == before && new.terms.is_none() {
        unmet.push(Refusal::at(Code::Unchanged, "", "name what changes"));
    }
    refuse_any(unmet)?;
    if let Some(terms) = &new.terms {
        desk.store.put_terms(&before, terms).await?;
    }
    let facts: &[&str] = if new.terms.is_some() { &["terms"] } else { &[] };
    desk.save("course.amended", &before, after, facts, None).await?;
    let impact =
        vec![format!("{taken} of {most} places are taken, {offered} are offered to partners")];
    Ok(Changed { id: at.id, impact })
}

/// LIC-3: a live course grows no larger than its licence allows.
async fn unmet_for_size(desk: &Desk<'_>, course: &Course) -> Result<Vec<Refusal>, Stop> {
    let most = desk.store.most_trainees(course).await?;
    Ok(rules::unmet_for_trainees(most, course.capacity_max))
}

/// Offers places of a course to a partner, or another number of them; with none takes the offer back.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn offer(unit: &Unit, at: At, partner: Uuid, places: i32) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::PlanCourses, at).await?;
    let after = Desk::stepped(&before, Command::OfferPlaces)?;
    let (own, others): (Vec<_>, Vec<_>) =
        desk.store.partners(at.id).await?.into_iter().partition(|(id, _)| *id == partner);
    let held = own.first().map(|(_, places)| *places);
    let others: i32 = others.iter().map(|(_, places)| *places).sum();
    let mut unmet = Vec::new();
    if held.is_none_or(|held| places > held) {
        unmet.extend(unmet_for_other(&desk, (before.organisation_id, partner), "partnerId").await?);
        unmet.extend(desk.unmet_for_more_people(&before).await?);
    }
    unmet.extend(rules::unmet_for_offer(places, held, (others, before.capacity_max)));
    refuse_any(unmet)?;
    if places == 0 {
        desk.store.take_back(&before, partner).await?;
    } else {
        desk.store.offer(&before, partner, places).await?;
    }
    desk.save("course.places_offered", &before, after, &["partners"], None).await?;
    let offered = others.saturating_add(places);
    let impact = vec![format!("{offered} of {} places are offered", before.capacity_max)];
    Ok(Changed { id: at.id, impact })
}
