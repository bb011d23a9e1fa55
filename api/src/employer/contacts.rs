//! Use cases of contacts: named, replaced from a day on, ended.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::{Asked, Desk, fresh};
use super::model::{Contact, Days, Purpose};
use super::rules;
use super::store::Employers;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::person::store::People;
use crate::refusal::{Code, Refusal};

/// Who is named.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The person, where it is one whose record the organisation keeps.
    pub person: Option<Uuid>,
}

impl Named {
    /// As a contact of the organisation.
    fn contact(self, unit: &Unit, of: (Uuid, Purpose), days: Days) -> Contact {
        let trimmed = |text: String| text.trim().to_owned();
        Contact {
            id: unit.id(),
            organisation_id: of.0,
            purpose: of.1,
            name: trimmed(self.name),
            email: self.email.map(trimmed),
            phone: self.phone.map(trimmed),
            person_id: self.person,
            valid_from: days.from,
            valid_to: days.to,
            created_at: unit.now(),
            updated_at: unit.now(),
            version: 1,
        }
    }
}

/// Names a contact for a purpose.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add(
    unit: &Unit,
    of: (Uuid, Purpose),
    named: Named,
    asked: Asked,
) -> Result<Changed, Stop> {
    let desk = Desk::within(unit, of.0).await?;
    let new = named.contact(unit, of, asked.days(unit));
    let mut unmet = rules::unmet_for_contact(&new);
    unmet.extend(unmet_for_person(unit, &new).await?);
    unmet.extend(rules::unmet_for_days(new.days()));
    let held = of_purpose(&desk, of).await?;
    unmet.extend(rules::unmet_for_contacts(&new, &held));
    refuse_any(unmet)?;
    desk.store.insert_contact(&new).await?;
    desk.record("organisation_contact.added", None, &new, &[]);
    Ok(Changed::of(new.id))
}

/// Who is named as a person is one whose record the organisation keeps.
async fn unmet_for_person(unit: &Unit, of: &Contact) -> Result<Vec<Refusal>, Stop> {
    let Some(person) = of.person_id else { return Ok(Vec::new()) };
    if People::of(unit).is_at_hand(person, of.organisation_id).await? {
        return Ok(Vec::new());
    }
    let message = "no such person whose record the organisation keeps: register them first";
    Ok(vec![Refusal::at(Code::NotFound, "personId", message)])
}

async fn of_purpose(desk: &Desk<'_>, of: (Uuid, Purpose)) -> Result<Vec<Contact>, Stop> {
    let mut held = desk.store.contacts(of.0).await?;
    held.retain(|held| held.purpose == of.1);
    Ok(held)
}

/// The desk at a contact, which is locked and as the caller read it.
async fn at_contact(unit: &Unit, at: At) -> Result<(Desk<'_>, Contact), Stop> {
    let found = Employers::of(unit).contact(at.id).await?.ok_or_else(not_found)?;
    let present = found.valid_to.is_none_or(|to| unit.today() < to);
    let see = Permission::SeeContacts;
    let desk = Desk::at_record(unit, found.organisation_id, see, present).await?;
    let contact = fresh(desk.store.lock_contact(at.id).await?, at)?;
    Ok((desk, contact))
}

/// Names somebody else in the place of a contact from a day on. Gives the new one.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn replace(
    unit: &Unit,
    at: At,
    named: Named,
    from: Option<NaiveDate>,
) -> Result<Changed, Stop> {
    let (desk, before) = at_contact(unit, at).await?;
    let on = from.unwrap_or_else(|| unit.today());
    let of = (before.organisation_id, before.purpose);
    let new = named.contact(unit, of, Days { from: on, to: before.valid_to });
    let mut unmet = rules::unmet_for_contact(&new);
    unmet.extend(unmet_for_person(unit, &new).await?);
    unmet.extend(rules::unmet_for_end(before.days(), (on, "validFrom"), unit.today()));
    refuse_any(unmet)?;
    end_at(&desk, &before, on, "organisation_contact.replaced").await?;
    desk.store.insert_contact(&new).await?;
    desk.record("organisation_contact.added", None, &new, &[]);
    Ok(Changed::of(new.id))
}

/// Ends a contact; nobody takes its place. Says what is then warned of.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end(unit: &Unit, at: At, on: Option<NaiveDate>) -> Result<Changed, Stop> {
    let (desk, before) = at_contact(unit, at).await?;
    let on = on.unwrap_or_else(|| unit.today());
    refuse_any(rules::unmet_for_end(before.days(), (on, "endsOn"), unit.today()))?;
    end_at(&desk, &before, on, "organisation_contact.ended").await?;
    let mut facts = desk.store.facts(before.organisation_id, unit.today()).await?;
    facts.assessments.clear();
    let missing = format!("{}_CONTACT_MISSING", before.purpose.code());
    let warnings = rules::warnings(&facts, on).into_iter();
    let impact = warnings
        .filter(|warning| warning.code() == missing)
        .map(|warning| format!("from {on}: {}", warning.told()));
    Ok(Changed { id: at.id, impact: impact.collect() })
}

async fn end_at(
    desk: &Desk<'_>,
    before: &Contact,
    on: NaiveDate,
    action: &'static str,
) -> Result<(), Stop> {
    let changed = Contact { valid_to: Some(on), ..before.clone() };
    let after = desk.store.update_contact(changed).await?;
    desk.record(action, Some(before), &after, &[]);
    Ok(())
}
