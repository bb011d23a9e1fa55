//! Use cases of accredited peer supervisors: from the confirmation to the end.

use chrono::NaiveDate;
use entities::{enrolment, graduation_decision};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::model::{Accreditation, Command, State};
use super::rules;
use super::store::Careers;
use crate::actor::service::acts_for;
use crate::actor::{Identity, Permission};
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::enrolment::desk::OWN;
use crate::enrolment::graduation::Outcome;
use crate::fault::Fault;
use crate::licence::store::Licences;
use crate::organisation::rules::{MAX_TEXT, unmet_for_own_organisation, unmet_for_text};
use crate::person::desk::{At, Changed, not_found, signed_in};
use crate::person::rules::unmet_for_hands;
use crate::person::store::People;
use crate::programme::kind::ProgrammeType;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};
use crate::trainer::rules::{term_end, unmet_for_term};

/// In whose name a graduation is looked up: whoever confirms need not have delivered the course.
const NAME: &str = "supervisor-graduation";

/// Somebody to be confirmed.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// The organisation that confirms.
    pub organisation: Uuid,
    /// The supervisor.
    pub person: Uuid,
    /// The decision by which the supervisor graduated, if one stands.
    pub graduation: Option<Uuid>,
    /// First day; today if absent.
    pub from: Option<NaiveDate>,
    /// The day from which it is over; a whole term later if absent.
    pub to: Option<NaiveDate>,
    /// The most people to supervise at once.
    pub caseload_max: i32,
}

/// The standing decision by which somebody graduated from a programme for supervisors, anywhere; the latest. Looked up
/// for who confirms supervisors in the organisation alone.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "looked up in the service's own name")]
pub async fn graduation(
    core: &Core,
    identity: Identity,
    (organisation, person): (Uuid, Uuid),
) -> Result<Option<Uuid>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    tx.rollback().await;
    if actor.acting_in(organisation, Permission::ConfirmSupervisors).is_none() {
        return Ok(None);
    }
    let (tx, _) = core.begin(Access::Read, Identity::System(NAME)).await?;
    let enrolments = enrolment::Entity::find()
        .filter(enrolment::Column::PersonId.eq(person))
        .filter(enrolment::Column::ProgrammeType.eq(ProgrammeType::Supervisor.code()))
        .filter(enrolment::Column::State.eq(crate::enrolment::model::State::Graduated.code()))
        .all(&tx)
        .await
        .map_err(DbFault::from)?;
    let decided = graduation_decision::Entity::find()
        .filter(graduation_decision::Column::EnrolmentId.is_in(enrolments.iter().map(|row| row.id)))
        .filter(graduation_decision::Column::Outcome.eq(Outcome::Graduated.code()))
        .filter(graduation_decision::Column::ReopenedAt.is_null())
        .order_by_desc(graduation_decision::Column::DecidedAt)
        .one(&tx)
        .await
        .map_err(DbFault::from)?;
    tx.rollback().await;
    Ok(decided.map(|decision| decision.id))
}

/// A licensed organisation confirms a graduate whose record it keeps.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn accredit(unit: &Unit, new: New) -> Result<Changed, Stop> {
    let permission = Permission::ConfirmSupervisors;
    let Some(acting_as) = unit.actor().acting_in(new.organisation, permission) else {
        return Err(Refusal::forbidden(permission).into());
    };
    if !People::of(unit).is_at_hand(new.person, new.organisation).await? {
        let message = "no such person whose record your organisation keeps: register them first";
        return Err(Refusal::at(Code::NotFound, "personId", message).into());
    }
    refuse_any(unmet_for_hands(unit.actor().person(), &[Some(new.person)]))?;
    restriction::refuse(unit, new.person).await?;
    let (store, today) = (Careers::of(unit), unit.today());
    let from = new.from.unwrap_or(today);
    let to = new.to.or_else(|| term_end(from)).unwrap_or(from);
    let licensed = Licences::of(unit).lets_begin(new.organisation, today).await?;
    let mut unmet = rules::unmet_for_confirming(new.graduation.is_some(), licensed);
    unmet.extend(unmet_for_term(from, to, today));
    unmet.extend(rules::unmet_for_caseload(new.caseload_max));
    let Some(graduation_id) = new.graduation.filter(|_| unmet.is_empty()) else {
        return Err(unmet.into());
    };
    let accreditation = Accreditation {
        id: unit.id(),
        organisation_id: new.organisation,
        person_id: new.person,
        graduation_id,
        state: State::Accredited,
        valid_from: from,
        valid_to: to,
        ended_on: None,
        resigned: false,
        caseload_max: new.caseload_max,
        renews_id: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    let held = store.accreditations(new.person).await?;
    refuse_any(rules::unmet_for_overlap(&accreditation, &held))?;
    store.insert_accreditation(&accreditation).await?;
    tell(unit, ("supervisor.accredited", &acting_as, None), None, &accreditation);
    Ok(Changed::of(accreditation.id))
}

/// Takes a step of an accreditation, for who confirmed it or a quality lead, with the reason where one is needed.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn step(
    unit: &Unit,
    at: At,
    command: Command,
    reason: Option<&str>,
) -> Result<Changed, Stop> {
    let (before, acting_as) = found(unit, at, Permission::AccreditSupervisors).await?;
    let mut unmet = rules::unmet_for_step(before.standing(unit.today()), command);
    if let Some(reason) = reason {
        unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    }
    refuse_any(unmet)?;
    let action = match command {
        Command::Suspend => "supervisor.suspended",
        Command::Reinstate => "supervisor.reinstated",
        Command::Withdraw => "supervisor.withdrawn",
        Command::Resign => "supervisor.resigned",
        Command::Renew => "supervisor.renewed",
    };
    let state = before.standing(unit.today()).after(command).unwrap_or(before.state);
    let ended_on = (state == State::Withdrawn).then(|| unit.today());
    let after = Accreditation { state, ended_on, ..before.clone() };
    save(unit, (action, &acting_as, reason), &before, after).await
}

/// The supervisor gives it up.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn resign(unit: &Unit, at: At) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let store = Careers::of(unit);
    let found = store.accreditation(at.id).await?.ok_or_else(not_found)?;
    if unit.actor().person() != Some(found.person_id) {
        let code = if sees(unit, &found) { Code::Forbidden } else { Code::NotFound };
        return Err(Refusal::whole(code).into());
    }
    restriction::refuse(unit, found.person_id).await?;
    let before = locked(unit, at).await?;
    refuse_any(rules::unmet_for_step(before.standing(unit.today()), Command::Resign))?;
    let ended_on = Some(unit.today());
    let after =
        Accreditation { state: State::Withdrawn, ended_on, resigned: true, ..before.clone() };
    save(unit, ("supervisor.resigned", OWN, None), &before, after).await
}

/// Gives it another term, which follows the first or begins today. Gives the new one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn renew(unit: &Unit, at: At, caseload_max: Option<i32>) -> Result<Changed, Stop> {
    let (old, acting_as) = found(unit, at, Permission::ConfirmSupervisors).await?;
    let (store, today) = (Careers::of(unit), unit.today());
    let from = old.valid_to.max(today);
    let new = Accreditation {
        id: unit.id(),
        state: State::Accredited,
        valid_from: from,
        valid_to: term_end(from).unwrap_or(from),
        caseload_max: caseload_max.unwrap_or(old.caseload_max),
        renews_id: Some(old.id),
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
        ..old.clone()
    };
    let mut unmet = rules::unmet_for_step(old.standing(today), Command::Renew);
    unmet.extend(rules::unmet_for_caseload(new.caseload_max));
    let licensed = Licences::of(unit).lets_begin(old.organisation_id, today).await?;
    unmet.extend(rules::unmet_for_confirming(true, licensed).into_iter().map(Refusal::of_all));
    let held = store.accreditations(old.person_id).await?;
    if held.iter().any(|other| other.renews_id == Some(old.id)) {
        unmet.push(Refusal::at(Code::Conflict, "", "it was renewed already"));
    } else {
        unmet.extend(rules::unmet_for_overlap(&new, &held));
    }
    refuse_any(unmet)?;
    store.insert_accreditation(&new).await?;
    tell(unit, ("supervisor.renewed", &acting_as, None), None, &new);
    Ok(Changed::of(new.id))
}

/// An accredited supervisor is given no more people in an organisation than the accreditation says.
///
/// # Errors
///
/// What the database answers.
pub async fn unmet_for_room(
    unit: &Unit,
    supervisor: Uuid,
    (organisation, but): (Uuid, Uuid),
) -> Result<Vec<Refusal>, Stop> {
    let store = Careers::of(unit);
    let today = unit.today();
    let held = store.accreditations(supervisor).await?;
    let most = held.iter().find(|of| of.counts_on(today)).map(|of| of.caseload_max);
    if most.is_none() {
        return Ok(Vec::new());
    }
    let supervised = store.supervised(supervisor, organisation, but).await?;
    Ok(rules::unmet_for_room(most, supervised))
}

/// The accreditation as the caller read it, locked, for who confirms in its organisation or for the nation, by which
/// role. Nobody decides about the own, and who acts for the nation does not belong to the organisation.
async fn found(
    unit: &Unit,
    at: At,
    permission: Permission,
) -> Result<(Accreditation, String), Stop> {
    let found = Careers::of(unit).accreditation(at.id).await?.ok_or_else(not_found)?;
    let organisation = found.organisation_id;
    let Some(acting_as) = unit.actor().acting_for(permission, Some(organisation)) else {
        let code = if sees(unit, &found) { Code::Forbidden } else { Code::NotFound };
        return Err(Refusal::whole(code).into());
    };
    refuse_any(unmet_for_hands(unit.actor().person(), &[Some(found.person_id)]))?;
    if unit.actor().acting_in(organisation, permission).is_none() {
        refuse_any(unmet_for_own_organisation(acts_for(unit, organisation).await?))?;
    }
    restriction::refuse(unit, found.person_id).await?;
    Ok((locked(unit, at).await?, acting_as))
}

/// Whether the actor sees the accreditation.
fn sees(unit: &Unit, of: &Accreditation) -> bool {
    let actor = unit.actor();
    actor.acting_for(Permission::SeeSupervisors, Some(of.organisation_id)).is_some()
        || actor.person() == Some(of.person_id)
}

async fn locked(unit: &Unit, at: At) -> Result<Accreditation, Stop> {
    let found = Careers::of(unit).lock_accreditation(at.id).await?.ok_or_else(not_found)?;
    if found.version == at.version { Ok(found) } else { Err(Refusal::stale().into()) }
}

/// What is done, as what, and why.
type Act<'a> = (&'static str, &'a str, Option<&'a str>);

async fn save(
    unit: &Unit,
    act: Act<'_>,
    before: &Accreditation,
    mut after: Accreditation,
) -> Result<Changed, Stop> {
    after.version = before.version + 1;
    after.updated_at = unit.now();
    Careers::of(unit).update_accreditation(&after).await?;
    tell(unit, act, Some(before), &after);
    Ok(Changed::of(after.id))
}

fn tell(
    unit: &Unit,
    (action, acting_as, reason): Act<'_>,
    before: Option<&Accreditation>,
    after: &Accreditation,
) {
    let reason = reason.map(str::to_owned);
    let change = Change::of(action, before, after, &[], acting_as.to_owned(), reason);
    // Who gives up the own writes in the own chain.
    let own = acting_as == OWN;
    let chain = unit.actor().person().filter(|_| own).unwrap_or(after.organisation_id);
    unit.record(Change { chain, ..change });
}
