//! Use cases of concerns: raised, taken up, closed.

use secrecy::SecretString;
use uuid::Uuid;

use super::model::{Command, Concern, Level, Outcome, State};
use super::rules;
use super::store::Concerns;
use crate::audit::{self, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::employer::model::Purpose;
use crate::employer::store::Employers;
use crate::enrolment::desk::{OWN, seen};
use crate::enrolment::model::Enrolment;
use crate::enrolment::store::Enrolments;
use crate::enrolment::work::Attempt;
use crate::mail::{self, NewMail, Recipient};
use crate::person::desk::{At, Changed, not_found, signed_in};
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};
use crate::vault;
use crate::vault::model::{Category, New, NewReader, ReaderRole};
use crate::vault::store::Records;

/// A concern to be raised.
#[derive(Clone, Debug)]
pub struct NewConcern {
    /// The enrolment.
    pub enrolment: Uuid,
    /// The attempt at the assignment in which it came up.
    pub attempt: Option<Uuid>,
    /// How pressing it is.
    pub level: Level,
    /// Whether it goes past the organisation.
    pub safe_route: bool,
    /// The words.
    pub text: SecretString,
}

/// Raises a concern about somebody whose enrolment the actor sees.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn raise(unit: &Unit, new: NewConcern) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let of = seen(unit, new.enrolment).await?;
    let raised_by = unit.actor().person().ok_or_else(|| {
        let message = "only an account of a person raises concerns";
        Stop::from(Refusal::at(Code::Forbidden, "", message))
    })?;
    let attempt = attempt_of(unit, &of, new.attempt).await?;
    let concerns = Concerns::of(unit);
    concerns.in_the_services_name().await?;
    let leads = leads(unit, &of, new.safe_route).await?;
    refuse_any(rules::unmet_for_leads(&leads))?;
    let words = New {
        person: of.person_id,
        // Of the nation: what an organisation keeps, its staff find in their own trail.
        organisation: None,
        category: Category::Concern,
        text: new.text,
        retain_until: None,
    };
    let record_id = vault::service::keep(unit, words, OWN).await?;
    for lead in &leads {
        name(unit, record_id, *lead).await?;
    }
    if let Some(attempt) = &attempt {
        keep_back(unit, attempt, raised_by, &leads).await?;
    }
    let concern = Concern {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        person_id: of.person_id,
        attempt_id: new.attempt,
        level: new.level,
        safe_route: new.safe_route,
        record_id,
        raised_by,
        state: State::Raised,
        outcome: None,
        raised_at: unit.now(),
        taken_up_at: None,
        taken_up_by: None,
        closed_at: None,
        version: 1,
    };
    concerns.insert(&concern).await?;
    record(unit, "concern.raised", None, &concern);
    write_to(unit, &concern, &leads).await?;
    let impact = rules::advice(new.level).map(str::to_owned).into_iter().collect();
    Ok(Changed { id: concern.id, impact })
}

async fn attempt_of(
    unit: &Unit,
    of: &Enrolment,
    id: Option<Uuid>,
) -> Result<Option<Attempt>, Stop> {
    let Some(id) = id else { return Ok(None) };
    let found = Enrolments::of(unit).attempt(id).await?;
    let found = found.filter(|attempt| attempt.enrolment_id == of.id);
    let missing = || Refusal::at(Code::NotFound, "attemptId", "no such attempt of this enrolment");
    Ok(Some(found.ok_or_else(missing)?))
}

async fn leads(unit: &Unit, of: &Enrolment, safe_route: bool) -> Result<Vec<Uuid>, Stop> {
    let contacts = Employers::of(unit).contacts(of.organisation_id).await?;
    let named = contacts.iter().filter(|contact| {
        contact.purpose == Purpose::Safeguarding && contact.days().hold_on(unit.today())
    });
    let concerns = Concerns::of(unit);
    let named: Vec<Uuid> = named.filter_map(|contact| contact.person_id).collect();
    let named = concerns.signing_in(&named).await?;
    let national = national_leads(unit).await?;
    Ok(rules::leads(&named, &national, safe_route, of.person_id))
}

/// The quality leads of the nation who can sign in today.
pub(super) async fn national_leads(unit: &Unit) -> Result<Vec<Uuid>, Stop> {
    let concerns = Concerns::of(unit);
    concerns.signing_in(&concerns.national_leads().await?).await
}

/// Lets somebody lead by the words of a concern.
pub(super) async fn name(unit: &Unit, words: Uuid, lead: Uuid) -> Result<(), Stop> {
    let reader = NewReader::plain(lead, ReaderRole::ConcernLead);
    vault::service::share(unit, words, reader, OWN).await?;
    Ok(())
}

/// From now on the leads and whoever raised the concern read the text of the attempt, and nobody else.
async fn keep_back(
    unit: &Unit,
    before: &Attempt,
    raised_by: Uuid,
    leads: &[Uuid],
) -> Result<(), Stop> {
    vault::service::keep_back(unit, before.record_id, raised_by, leads).await?;
    if before.kept_back {
        return Ok(());
    }
    let after = Attempt { kept_back: true, version: before.version + 1, ..before.clone() };
    Enrolments::of(unit).update_attempt(&after).await?;
    record(unit, "assignment.kept_back", Some(before), &after);
    Ok(())
}

/// Records a change in the chain of whoever acts: that of the organisation would tell it to its staff.
fn record<T: audit::Audited>(unit: &Unit, action: &'static str, before: Option<&T>, after: &T) {
    let change = Change::of(action, before, after, &[], OWN.to_owned(), None);
    let chain = unit.actor().person().unwrap_or(audit::NATION);
    unit.record(Change { chain, ..change });
}

/// The letter tells that there is a concern, and nothing of it.
async fn write_to(unit: &Unit, of: &Concern, leads: &[Uuid]) -> Result<(), Stop> {
    for (person, address) in Concerns::of(unit).addresses(leads).await? {
        let Some(recipient) = Recipient::parse(&address) else { continue };
        let key = format!("concern.raised:{}:{}", of.id.simple(), person.simple());
        let letter = NewMail {
            organisation_id: audit::NATION,
            kind: "concern.raised",
            deduplication_key: key,
            recipient,
            subject: "Somebody needs you to look at something".to_owned(),
            body: "A concern was raised that you lead. Sign in, read it under concerns, and take it up.\n"
                .to_owned(),
        };
        mail::enqueue(unit, letter).await?;
    }
    Ok(())
}

/// The concern as the caller read it, locked, and the lead who acts.
async fn led(unit: &Unit, at: At, command: Command) -> Result<(Concern, Uuid), Stop> {
    signed_in(unit)?;
    let found = Concerns::of(unit).find(at.id).await?.ok_or_else(not_found)?;
    let person = unit.actor().person().ok_or_else(not_found)?;
    let named = Records::of(unit).named(found.record_id, person).await?;
    if !named.iter().any(|(role, _)| *role == ReaderRole::ConcernLead) {
        let code = if found.raised_by == person { Code::Forbidden } else { Code::NotFound };
        return Err(Refusal::whole(code).into());
    }
    restriction::refuse(unit, found.person_id).await?;
    let before = Concerns::of(unit).lock(at.id).await?.ok_or_else(not_found)?;
    if before.version != at.version {
        return Err(Refusal::stale().into());
    }
    refuse_any(rules::unmet_for_step(before.state, command))?;
    Ok((before, person))
}

async fn step(
    unit: &Unit,
    action: &'static str,
    before: &Concern,
    (after, command): (Concern, Command),
) -> Result<Changed, Stop> {
    let state = before.state.after(command).ok_or_else(|| Refusal::whole(Code::Conflict))?;
    let after = Concern { state, version: before.version + 1, ..after };
    Concerns::of(unit).update(&after).await?;
    record(unit, action, Some(before), &after);
    Ok(Changed::of(after.id))
}

/// A lead sees to a concern from now on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn take_up(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (before, person) = led(unit, at, Command::TakeUp).await?;
    let (taken_up_at, taken_up_by) = (Some(unit.now()), Some(person));
    let after = Concern { taken_up_at, taken_up_by, ..before.clone() };
    step(unit, "concern.taken_up", &before, (after, Command::TakeUp)).await
}

/// A lead closes a concern.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn close(unit: &Unit, at: At, outcome: Outcome) -> Result<Changed, Stop> {
    let (before, _) = led(unit, at, Command::Close).await?;
    let after = Concern { outcome: Some(outcome), closed_at: Some(unit.now()), ..before.clone() };
    step(unit, "concern.closed", &before, (after, Command::Close)).await
}
