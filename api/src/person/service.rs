//! Use cases of people: each authorises, locks, asks the rules, saves and records.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::{At, Changed, Desk, not_found};
use super::model::{Names, Person};
use super::roles;
use super::rules;
use crate::actor::Permission;
use crate::actor::service::{Named, ensure_account};
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{unmet_for_date, unmet_for_line};
use crate::refusal::{Code, Refusal};

/// A person to be registered.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Names.
    pub names: Names,
    /// Date of birth, for the check for duplicates and the least age on a course.
    pub date_of_birth: Option<NaiveDate>,
    /// An e-mail address, and whether it was verified.
    pub email: Option<(String, bool)>,
    /// The organisation that keeps the record; none for the national officer alone.
    pub organisation: Option<Uuid>,
}

/// Registers a person. An existing record is not looked for: whoever registers must not learn of it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn register(unit: &Unit, new: NewPerson) -> Result<Changed, Stop> {
    let permission = Permission::ManagePeople;
    let desk = match new.organisation {
        Some(organisation) => Desk::within(unit, permission, organisation).await?,
        None => Desk::of_the_nation(unit, permission)?,
    };
    let names = trimmed(new.names);
    let mut unmet = rules::unmet_for_names(&names);
    unmet.extend(rules::unmet_for_birth(new.date_of_birth, unit.today()));
    let email = new.email.iter().flat_map(|(email, _)| rules::unmet_for_email(email, "email"));
    unmet.extend(email);
    refuse_any(unmet)?;
    let person = Person {
        id: unit.id(),
        names,
        date_of_birth: new.date_of_birth,
        merged_into_id: None,
        erased_on: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    desk.store.insert(&person).await?;
    if let Some(organisation) = new.organisation {
        desk.store.add_membership(person.id, organisation).await?;
    }
    desk.store.add_names(person.id, &person.names, unit.today()).await?;
    if let Some((address, verified)) = &new.email {
        desk.store.add_email(person.id, address, *verified).await?;
    }
    desk.record("person.registered", None, &person, &["organisation", "email"]);
    Ok(Changed::of(person.id))
}

fn trimmed(names: Names) -> Names {
    let trim = |text: String| text.trim().to_owned();
    Names {
        preferred_name: trim(names.preferred_name),
        given_name: names.given_name.map(trim),
        family_name: names.family_name.map(trim),
        certificate_name: trim(names.certificate_name),
    }
}

/// Gives a person other names from a day on. The former ones are kept, and shown to few.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn rename(unit: &Unit, at: At, names: Names, on: NaiveDate) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ManagePeople, at).await?;
    let names = trimmed(names);
    let mut unmet = rules::unmet_for_names(&names);
    unmet.extend(rules::unmet_for_change(&before, "id"));
    if names == before.names {
        unmet.push(Refusal::at(Code::Unchanged, "", "the person has these names already"));
    }
    if on > unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "effectiveOn", "must not lie in the future"));
    }
    let present = desk.store.names_since(at.id).await?;
    let since = present.map(|(_, since)| since);
    let corrected = present.filter(|(_, since)| *since == on);
    if corrected.is_none() {
        unmet.extend(unmet_for_date(on, since, "effectiveOn"));
    }
    refuse_any(unmet)?;
    match (corrected, present) {
        (Some((row, since)), _) => desk.store.correct_names(row, at.id, &names, since).await?,
        (None, Some((row, _))) => {
            desk.store.end_names(row, on).await?;
            desk.store.add_names(at.id, &names, on).await?;
        }
        (None, None) => desk.store.add_names(at.id, &names, on).await?,
    }
    let after = Person { names, ..before.clone() };
    desk.save("person.renamed", &before, after, &[]).await?;
    Ok(Changed::of(at.id))
}

/// Adds an e-mail address from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add_email(
    unit: &Unit,
    at: At,
    address: &str,
    verified: bool,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ManagePeople, at).await?;
    let mut unmet = rules::unmet_for_email(address, "address");
    unmet.extend(rules::unmet_for_change(&before, "id"));
    refuse_any(unmet)?;
    desk.store.add_email(at.id, address, verified).await?;
    let after = before.clone();
    desk.save("person.email_added", &before, after, &["emails"]).await?;
    Ok(Changed::of(at.id))
}

/// Ends an e-mail address today.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end_email(unit: &Unit, at: At, email: Uuid) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, Permission::ManagePeople, at).await?;
    let found = desk.store.email(email).await?.filter(|email| email.person_id == at.id);
    let found = found.ok_or_else(|| Refusal::at(Code::NotFound, "emailId", "no such address"))?;
    if found.to.is_some() {
        return Err(Refusal::at(Code::Unchanged, "emailId", "it has ended already").into());
    }
    desk.store.end_email(email, unit.today().max(found.from)).await?;
    let after = before.clone();
    desk.save("person.email_ended", &before, after, &["emails"]).await?;
    Ok(Changed::of(at.id))
}

/// Says that an account is the person's, from today on: its roles count as the person's.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn link_account(unit: &Unit, at: At, named: Named) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ResolveDuplicates)?;
    let mut unmet = unmet_for_line(&named.issuer, "issuer");
    unmet.extend(unmet_for_line(&named.subject, "subject"));
    unmet.extend(unmet_for_line(&named.label, "label"));
    refuse_any(unmet)?;
    let account = ensure_account(unit, &named, false).await?;
    desk.store.lock_account(account).await?;
    let before = desk.locked(at).await?;
    desk.by_another(&[Some(at.id)])?;
    by_another_account(unit, account)?;
    let mut unmet = rules::unmet_for_change(&before, "id");
    match desk.store.owner(account).await? {
        Some(link) if link.person_id == at.id => {
            unmet.push(Refusal::at(Code::Unchanged, "subject", "it is the person's already"));
        }
        Some(_) => unmet.push(Refusal::at(
            Code::AccountOfAnother,
            "subject",
            "it belongs to another person: end that first",
        )),
        None => {}
    }
    let mut grants = roles::of_person(unit, at.id).await?;
    grants.extend(roles::of_account(unit, account).await?);
    unmet.extend(rules::unmet_for_duties(&grants));
    refuse_any(unmet)?;
    desk.store.add_account(at.id, account).await?;
    roles::belong_to(unit, account, Some(at.id)).await?;
    let after = before.clone();
    desk.save("person.account_linked", &before, after, &["accounts"]).await?;
    Ok(Changed::of(at.id))
}

/// Stops if the account is the actor's own.
pub(super) fn by_another_account(unit: &Unit, account: Uuid) -> Result<(), Stop> {
    let own = unit.actor().account() == Some(account);
    refuse_any(if own {
        rules::unmet_for_hands(Some(account), &[Some(account)])
    } else {
        Vec::new()
    })
}

/// Says that an account is no longer the person's, from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn unlink_account(
    unit: &Unit,
    at: At,
    issuer: &str,
    subject: &str,
) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ResolveDuplicates)?;
    let account = crate::actor::service::account_id(issuer, subject);
    desk.store.lock_account(account).await?;
    let before = desk.locked(at).await?;
    desk.by_another(&[Some(at.id)])?;
    by_another_account(unit, account)?;
    let link = desk.store.owner(account).await?.filter(|link| link.person_id == at.id);
    let link = link.ok_or_else(|| {
        Refusal::at(Code::AccountMissing, "subject", "it does not belong to the person")
    })?;
    desk.store.end_account(link.id, unit.today()).await?;
    roles::belong_to(unit, account, None).await?;
    let after = before.clone();
    desk.save("person.account_unlinked", &before, after, &["accounts"]).await?;
    Ok(Changed::of(at.id))
}

/// Lets another organisation keep the person's record from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add_membership(unit: &Unit, at: At, organisation: Uuid) -> Result<Changed, Stop> {
    let permission = Permission::ResolveDuplicates;
    if !unit.actor().may_nationally(permission) {
        return Err(Refusal::whole(Code::Forbidden).into());
    }
    let desk = Desk::within(unit, permission, organisation).await?;
    let before = desk.locked(at).await?;
    let mut unmet = rules::unmet_for_change(&before, "id");
    let today = unit.today();
    let keepers = desk.store.memberships(at.id).await?;
    if keepers.iter().any(|link| link.target == organisation && link.holds_on(today)) {
        unmet.push(Refusal::at(Code::Unchanged, "organisationId", "it keeps the record already"));
    }
    refuse_any(unmet)?;
    desk.store.add_membership(at.id, organisation).await?;
    let after = before.clone();
    desk.save("person.membership_added", &before, after, &["memberships"]).await?;
    Ok(Changed::of(at.id))
}

/// An organisation keeps the person's record no longer, from today on: it no longer sees the person.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end_membership(unit: &Unit, at: At, organisation: Uuid) -> Result<Changed, Stop> {
    let desk = Desk::within(unit, Permission::ManagePeople, organisation).await?;
    let today = unit.today();
    let keepers = desk.store.memberships(at.id).await?;
    let link = keepers.iter().find(|link| link.target == organisation && link.holds_on(today));
    let link = link.ok_or_else(not_found)?;
    let before = desk.locked(at).await?;
    // Saved first: afterwards the organisation no longer sees the person.
    let after = before.clone();
    desk.save("person.membership_ended", &before, after, &["memberships"]).await?;
    desk.store.end_membership(link.id, today).await?;
    Ok(Changed::of(at.id))
}
