//! Use cases of accreditations: from the nomination to the end.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::Desk;
use super::model::{Accreditation, Command, Evidence, EvidenceKind, Level, State, Term, Trainer};
use super::rules;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed};
use crate::programme::kind::ProgrammeType;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// A nomination.
#[derive(Clone, Copy, Debug)]
pub struct Nomination {
    /// The trainer.
    pub trainer: Uuid,
    /// What the trainer is to teach.
    pub programme_type: ProgrammeType,
    /// At which level.
    pub level: Level,
}

/// The lead trainer of an organisation of affiliation nominates a trainer.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn nominate(unit: &Unit, new: Nomination) -> Result<Changed, Stop> {
    let (desk, trainer) = Desk::at(unit, Permission::NominateTrainers, new.trainer).await?;
    desk.by_another(&trainer)?;
    let nominator = nominator(&desk, &trainer).await?;
    let held = desk.store.accreditations(&[trainer.id]).await?;
    let Nomination { programme_type, level, .. } = new;
    refuse_any(rules::unmet_for_nomination(programme_type, level, &held, unit.today()))?;
    let accreditation = Accreditation {
        id: unit.id(),
        trainer_id: trainer.id,
        organisation_id: nominator,
        programme_type,
        level,
        state: State::Applied,
        valid_from: None,
        valid_to: None,
        ended_on: None,
        resigned: false,
        renews_id: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    desk.store.insert_accreditation(&accreditation).await?;
    desk.record("trainer.nominated", None, &accreditation, &[]);
    Ok(Changed::of(accreditation.id))
}

/// The organisation for which the actor nominates; for a job of the service, the first affiliation's.
async fn nominator(desk: &Desk<'_>, trainer: &Trainer) -> Result<Uuid, Stop> {
    if let Some(organisation) = desk.acting_for {
        return Ok(organisation);
    }
    let today = desk.unit.today();
    let held = desk.store.affiliations(trainer.id).await?;
    let first = held.iter().find(|held| held.lasts(today)).map(|held| held.organisation_id);
    let message = "the trainer is affiliated with no organisation";
    first.ok_or_else(|| Refusal::at(Code::Affiliation, "trainerId", message).into())
}

/// Records that somebody watched the trainer teach.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn observe(
    unit: &Unit,
    at: At,
    on: NaiveDate,
    note_reference: Option<String>,
) -> Result<Changed, Stop> {
    let permission = Permission::AssessTrainers;
    let (desk, trainer, before) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    let mut unmet = rules::unmet_for_step(before.standing(unit.today()), Command::Observe);
    unmet.extend(rules::unmet_for_record(
        on,
        "observedOn",
        note_reference.as_deref(),
        unit.today(),
    ));
    refuse_any(unmet)?;
    let evidence = Evidence { kind: EvidenceKind::Observation, on, note_reference };
    desk.store.add_evidence(&before, &evidence).await?;
    let after = Accreditation { state: State::Observed, ..before.clone() };
    desk.save_accreditation("trainer.observed", &before, after, &["evidence"]).await?;
    Ok(Changed::of(at.id))
}

/// Adds evidence, at any time while the accreditation or its application lives.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add_evidence(unit: &Unit, at: At, evidence: Evidence) -> Result<Changed, Stop> {
    let permission = Permission::AssessTrainers;
    let (desk, trainer, before) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    let note = evidence.note_reference.as_deref();
    let mut unmet = rules::unmet_for_record(evidence.on, "evidencedOn", note, unit.today());
    if before.state == State::Withdrawn {
        unmet.push(Refusal::at(Code::Conflict, "", "it is over for good"));
    }
    refuse_any(unmet)?;
    desk.store.add_evidence(&before, &evidence).await?;
    let after = before.clone();
    desk.save_accreditation("trainer.evidence_added", &before, after, &["evidence"]).await?;
    Ok(Changed::of(at.id))
}

/// The days of a term.
#[derive(Clone, Copy, Debug, Default)]
pub struct TermDays {
    /// First day; today if absent.
    pub from: Option<NaiveDate>,
    /// The day from which it is over; a whole term later if absent.
    pub to: Option<NaiveDate>,
}

/// Grants an accreditation for a term.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn accredit(unit: &Unit, at: At, days: TermDays) -> Result<Changed, Stop> {
    let permission = Permission::AccreditTrainers;
    let (desk, trainer, before) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    let from = days.from.unwrap_or_else(|| unit.today());
    let to = days.to.or_else(|| rules::term_end(from)).unwrap_or(from);
    let after = Accreditation {
        state: State::Accredited,
        valid_from: Some(from),
        valid_to: Some(to),
        ..before.clone()
    };
    let mut unmet = rules::unmet_for_step(before.standing(unit.today()), Command::Accredit);
    unmet.extend(rules::unmet_for_term(from, to, unit.today()));
    unmet.extend(rules::unmet_for_evidence(&desk.store.evidence(at.id).await?));
    let held = desk.store.accreditations(&[trainer.id]).await?;
    unmet.extend(rules::unmet_for_overlap(&after, &held));
    refuse_any(unmet)?;
    desk.save_accreditation("trainer.accredited", &before, after, &[]).await?;
    Ok(Changed::of(at.id))
}

/// Takes the effect of an accreditation away from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn suspend(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let permission = Permission::AccreditTrainers;
    let (desk, trainer, before) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    let mut unmet = rules::unmet_for_step(before.standing(unit.today()), Command::Suspend);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    let impact = what_breaks(&desk, &before).await?;
    desk.store.suspend(&before, reason).await?;
    let after = Accreditation { state: State::Suspended, ..before.clone() };
    desk.save_accreditation("trainer.suspended", &before, after, &["suspensions"]).await?;
    Ok(Changed { id: at.id, impact })
}

/// Gives a suspended accreditation its effect back from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn reinstate(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let permission = Permission::AccreditTrainers;
    let (desk, trainer, before) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    refuse_any(rules::unmet_for_step(before.standing(unit.today()), Command::Reinstate))?;
    desk.store.end_suspension(at.id).await?;
    let after = Accreditation { state: State::Accredited, ..before.clone() };
    desk.save_accreditation("trainer.reinstated", &before, after, &["suspensions"]).await?;
    Ok(Changed::of(at.id))
}

/// Ends a suspended accreditation, or an application, for good.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let permission = Permission::AccreditTrainers;
    let (desk, trainer, before) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    refuse_any(rules::unmet_for_step(before.standing(unit.today()), Command::Withdraw))?;
    let impact = what_breaks(&desk, &before).await?;
    let after = over(unit, &before, false);
    desk.save_accreditation("trainer.withdrawn", &before, after, &[]).await?;
    Ok(Changed { id: at.id, impact })
}

/// The trainer gives an accreditation, or an application, up.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn resign(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let found = super::store::Trainers::of(unit).accreditation(at.id).await?;
    let found = found.ok_or_else(crate::person::desk::not_found)?;
    let desk = match Desk::own(unit, found.trainer_id).await {
        Ok((desk, trainer)) => {
            restriction::refuse(unit, trainer.person_id).await?;
            desk
        }
        Err(stop) => return Err(Desk::hidden(unit, &found, stop).await?),
    };
    let before = desk.locked(at).await?;
    refuse_any(rules::unmet_for_step(before.standing(unit.today()), Command::Resign))?;
    let impact = what_breaks(&desk, &before).await?;
    let after = over(unit, &before, true);
    desk.save_accreditation("trainer.resigned", &before, after, &[]).await?;
    Ok(Changed { id: at.id, impact })
}

fn over(unit: &Unit, before: &Accreditation, resigned: bool) -> Accreditation {
    let ended_on = Some(unit.today());
    Accreditation { state: State::Withdrawn, ended_on, resigned, ..before.clone() }
}

/// Gives an accreditation another term, which follows the first or begins today. Gives the new one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn renew(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let permission = Permission::AccreditTrainers;
    let (desk, trainer, old) = Desk::at_accreditation(unit, permission, at).await?;
    desk.by_another(&trainer)?;
    let attended = desk.store.standardisations(trainer.id).await?;
    let from = old.valid_to.unwrap_or_else(|| unit.today()).max(unit.today());
    let new = Accreditation {
        id: unit.id(),
        state: State::Accredited,
        valid_from: Some(from),
        valid_to: rules::term_end(from),
        renews_id: Some(old.id),
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
        ..old.clone()
    };
    let mut unmet = rules::unmet_for_renewal(&old, &attended, unit.today());
    let held = desk.store.accreditations(&[trainer.id]).await?;
    if held.iter().any(|other| other.renews_id == Some(old.id)) {
        unmet.push(Refusal::at(Code::Conflict, "", "it was renewed already"));
    } else {
        unmet.extend(rules::unmet_for_overlap(&new, &held));
    }
    refuse_any(unmet)?;
    desk.store.insert_accreditation(&new).await?;
    desk.record("trainer.renewed", None, &new, &[]);
    desk.lead_credential(&new).await?;
    Ok(Changed::of(new.id))
}

/// What breaks when an accreditation loses its effect, without a name.
async fn what_breaks(desk: &Desk<'_>, lost: &Accreditation) -> Result<Vec<String>, Stop> {
    let today = desk.unit.today();
    let mut organisations: Vec<Uuid> = desk
        .store
        .affiliations(lost.trainer_id)
        .await?
        .iter()
        .filter(|held| held.lasts(today))
        .map(|held| held.organisation_id)
        .collect();
    organisations.sort_unstable();
    organisations.dedup();
    let mut others = desk.store.affiliated(&organisations, today).await?;
    others.retain(|held| held.trainer_id != lost.trainer_id);
    let trainers: Vec<Uuid> = others.iter().map(|held| held.trainer_id).collect();
    let terms = desk.store.terms(&trainers).await?;
    let remains = |organisation: &Uuid| {
        others.iter().filter(|held| held.organisation_id == *organisation).any(|held| {
            let own = terms.iter().filter(|(trainer, _)| *trainer == held.trainer_id);
            let own: Vec<_> = own.map(|(_, term)| term.clone()).collect();
            rules::accredited_on(&own, lost.programme_type, &[lost.level], today)
        })
    };
    let bare = organisations.iter().filter(|organisation| !remains(organisation)).count();
    let until = lost.valid_to.map_or_else(String::new, |to| format!(", up to {to}"));
    let mut impact = vec![
        format!("from {today}{until} the trainer is not accredited for this type at this level"),
        format!("organisations with which the trainer works: {}", organisations.len()),
        format!("of these, without another trainer of this type and level: {bare}"),
    ];
    impact.extend(rules::told_of_sessions(&sessions_that_lose(desk, lost).await?));
    Ok(impact)
}

/// The days, by course, of the sessions to come that the trainer may no longer teach.
async fn sessions_that_lose(
    desk: &Desk<'_>,
    lost: &Accreditation,
) -> Result<Vec<(String, Vec<NaiveDate>)>, Stop> {
    let own = desk.store.terms(&[lost.trainer_id]).await?.into_iter().map(|(_, term)| term);
    let is_lost = |term: &Term| {
        (term.programme_type, term.level) == (lost.programme_type, lost.level)
            && (Some(term.from), Some(term.to)) == (lost.valid_from, lost.valid_to)
    };
    let (lost_terms, remaining): (Vec<_>, Vec<_>) = own.partition(is_lost);
    let Some(term) = lost_terms.first() else { return Ok(Vec::new()) };
    let taught = desk.store.to_be_taught(lost).await?;
    Ok(rules::days_that_lose(&taught, term, &remaining))
}
