//! Use cases of placements and supervision: hours and days are kept, never what was said.

use chrono::NaiveDate;
use entities::supervision_log;
use serde::Serialize;
use uuid::Uuid;

use super::deciding;
use super::desk::{Desk, sees};
use super::life::is_active;
use super::model::{Command, Enrolment};
use super::service::unmet_for_helper;
use super::store::Enrolments;
use super::work::{self, Placement, PlacementCommand, PlacementKind, PlacementState};
use crate::actor::{Permission, Role};
use crate::audit::Audited;
use crate::coded;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::person::rules::unmet_for_hands;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// Most minutes of a placement: half a year of full-time work.
const MAX_MINUTES: i32 = 60_000;

/// Most minutes that are logged at once: a week of full-time work.
const MAX_LOGGED: i32 = 2_400;

/// A placement to be offered.
#[derive(Clone, Copy, Debug)]
pub struct NewPlacement {
    /// The organisation where it is.
    pub host: Uuid,
    /// The peer supervisor there.
    pub supervisor: Option<Uuid>,
    /// What the trainee does.
    pub kind: PlacementKind,
    /// How many minutes are planned.
    pub planned_minutes: i32,
}

/// Offers a trainee a placement.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn offer(unit: &Unit, at: At, new: NewPlacement) -> Result<Changed, Stop> {
    let (desk, of) = Desk::at(unit, Permission::EnrolPeople, at).await?;
    let mut unmet = Vec::new();
    if of.state.after(Command::Withdraw).is_none() {
        unmet.push(Refusal::at(Code::Conflict, "", "only who has a place is placed"));
    }
    if !(1..=MAX_MINUTES).contains(&new.planned_minutes) {
        let message = format!("must be between 1 and {MAX_MINUTES}");
        unmet.push(Refusal::at(Code::Invalid, "plannedMinutes", message));
    }
    if !is_active(unit, new.host).await? {
        let message = "no such organisation that takes part";
        unmet.push(Refusal::at(Code::NotFound, "hostId", message));
    }
    if let Some(supervisor) = new.supervisor {
        unmet.extend(unmet_for_helper(unit, &of, (supervisor, "supervisorId")).await?);
    }
    refuse_any(unmet)?;
    let placement = Placement {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        course_id: of.course_id,
        host_id: new.host,
        supervisor_id: new.supervisor.or(of.supervisor_id),
        kind: new.kind,
        planned_minutes: new.planned_minutes,
        logged_minutes: 0,
        state: PlacementState::Offered,
        created_at: unit.now(),
        version: 1,
    };
    desk.store.insert_placement(&placement).await?;
    desk.record("placement.offered", None, (&placement, of.organisation_id), None);
    Ok(Changed::of(placement.id))
}

/// A placement as the caller read it, under the lock of its enrolment, for staff of the deliverer, and where `linked` for
/// its supervisor.
async fn placed(
    unit: &Unit,
    at: At,
    linked: bool,
) -> Result<(Desk<'_>, Enrolment, Placement), Stop> {
    let store = Enrolments::of(unit);
    let found = store.placement(at.id).await?.ok_or_else(not_found)?;
    let of = store.find(found.enrolment_id).await?.ok_or_else(not_found)?;
    let person = unit.actor().person();
    let supervises = linked
        && person.is_some()
        && (found.supervisor_id == person || of.supervisor_id == person)
        && unit.actor().holds(Permission::SupervisePeople);
    let desk = if supervises {
        Desk::of(unit, Role::Supervisor.code().to_owned())
    } else {
        match Desk::of_deliverer(unit, of.organisation_id, Permission::EnrolPeople) {
            Err(_) if sees(&store, unit.actor(), &of).await? => {
                return Err(Refusal::forbidden(Permission::EnrolPeople).into());
            }
            desk => desk?,
        }
    };
    refuse_any(unmet_for_hands(person, &[Some(of.person_id)]))?;
    restriction::refuse(unit, of.person_id).await?;
    let found = desk.store.lock_placement(at.id).await?.ok_or_else(not_found)?;
    if found.version == at.version { Ok((desk, of, found)) } else { Err(Refusal::stale().into()) }
}

async fn save(
    desk: &Desk<'_>,
    action: &'static str,
    before: &Placement,
    mut after: Placement,
) -> Result<(), Stop> {
    after.version = before.version + 1;
    desk.store.update_placement(&after).await?;
    desk.record(action, Some(before), (&after, after.organisation_id), None);
    Ok(())
}

fn stepped(before: &Placement, command: PlacementCommand) -> Result<Placement, Stop> {
    refuse_any(work::unmet_for_placement_step(before.state, command))?;
    let state = before.state.after(command).unwrap_or(before.state);
    Ok(Placement { state, ..before.clone() })
}

/// What becomes of a placement.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// The trainee agrees to it.
    Agree,
    /// Minutes of it are confirmed.
    Log(i32),
    /// It is done.
    Complete,
    /// It ends before it is done, or was not taken.
    End,
}

/// Takes a step of a placement: agreed by staff after the trainee said so, minutes confirmed by the supervisor or staff.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn step(unit: &Unit, at: At, step: Step) -> Result<Changed, Stop> {
    let linked = matches!(step, Step::Log(_) | Step::Complete);
    let (desk, of, before) = placed(unit, at, linked).await?;
    let (action, command) = match step {
        Step::Agree => ("placement.agreed", PlacementCommand::Agree),
        Step::Log(_) => ("placement.logged", PlacementCommand::Log),
        Step::Complete => ("placement.completed", PlacementCommand::Complete),
        Step::End => ("placement.ended", PlacementCommand::End),
    };
    let mut after = stepped(&before, command)?;
    if let Step::Log(minutes) = step {
        if !(1..=MAX_LOGGED).contains(&minutes) {
            let message = format!("must be between 1 and {MAX_LOGGED}");
            return Err(Refusal::at(Code::Invalid, "minutes", message).into());
        }
        after.logged_minutes = before.logged_minutes.saturating_add(minutes);
    }
    let (logged, planned) = (after.logged_minutes, after.planned_minutes);
    save(&desk, action, &before, after).await?;
    if matches!(step, Step::Complete | Step::End) {
        let sheet = desk.store.sheet(of.course_id, &[of.id]).await?;
        if let Some(of) = desk.store.find(of.id).await? {
            deciding::reopen_if_changed(&desk, &sheet, &of).await?;
        }
    }
    Ok(Changed { id: at.id, impact: vec![format!("{logged} of {planned} minutes are logged")] })
}

coded! {
    /// How somebody was supervised.
    SupervisionKind {
        /// Alone.
        Individual = "INDIVIDUAL",
        /// With others.
        Group = "GROUP",
    }
}

/// When somebody was supervised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Supervision {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// Who supervised.
    pub supervisor_id: Uuid,
    /// On which day.
    pub held_on: NaiveDate,
    /// For how long.
    pub minutes: i32,
    /// How.
    pub kind: SupervisionKind,
}

impl Audited for Supervision {
    const TYPE: &'static str = "supervision_log";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        1
    }
}

/// The supervisor of somebody notes that they met. What was said is kept nowhere.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn supervise(
    unit: &Unit,
    enrolment: Uuid,
    (held_on, minutes, kind): (NaiveDate, i32, SupervisionKind),
) -> Result<Changed, Stop> {
    let store = Enrolments::of(unit);
    let of = store.find(enrolment).await?.ok_or_else(not_found)?;
    let person = unit.actor().person();
    let Some(supervisor) = of.supervisor_id.filter(|id| Some(*id) == person) else {
        let seen = sees(&store, unit.actor(), &of).await?;
        let code = if seen { Code::Forbidden } else { Code::NotFound };
        return Err(Refusal::whole(code).into());
    };
    restriction::refuse(unit, of.person_id).await?;
    let desk = Desk::of(unit, Role::Supervisor.code().to_owned());
    let mut unmet = Vec::new();
    if held_on > unit.today() || held_on < of.enrolled_from {
        let message = format!("lies between {} and today", of.enrolled_from);
        unmet.push(Refusal::at(Code::Invalid, "heldOn", message));
    }
    if !(1..=1_440).contains(&minutes) {
        unmet.push(Refusal::at(Code::Invalid, "minutes", "must be between 1 and 1440"));
    }
    refuse_any(unmet)?;
    let held = Supervision {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        supervisor_id: supervisor,
        held_on,
        minutes,
        kind,
    };
    let row = supervision_log::Model {
        id: held.id,
        organisation_id: held.organisation_id,
        enrolment_id: held.enrolment_id,
        supervisor_id: held.supervisor_id,
        held_on,
        minutes,
        kind: kind.code().to_owned(),
        recorded_at: unit.now(),
    };
    desk.store.supervised(row).await?;
    desk.record("supervision.held", None, (&held, of.organisation_id), None);
    Ok(Changed::of(of.id))
}
