//! Use cases of the vault. Other aggregates call them within their own, which have decided that the actor may keep,
//! replace, share or erase; [`open`] decides itself.

use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::keys::Bound;
use super::model::{
    Capacity, Category, Disclosure, New, NewReader, OWN, Purpose, ReaderRole, Record,
};
use super::rules::{self, Handling, Standing, handling};
use super::store::{self, Records};
use crate::actor::{GrantScope, Identity, Permission};
use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::db::DbFault;
use crate::person::desk::{At, Changed, not_found};
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// The chain in which the trail of what the actor does with a record of `organisation` lies: the organisation's, if
/// the actor acts there or for the nation; else that of the own person.
fn chain(unit: &Unit, organisation: Option<Uuid>) -> Uuid {
    let actor = unit.actor();
    let of_nation = matches!(actor.identity(), Identity::System(_))
        || actor.grants().iter().any(|grant| grant.scope == GrantScope::Nation);
    let within = |id: Uuid| {
        of_nation || actor.grants().iter().any(|g| g.scope == GrantScope::Organisation(id))
    };
    match (organisation.filter(|id| within(*id)), actor.person()) {
        (Some(organisation), _) => organisation,
        (None, Some(person)) if !of_nation => person,
        _ => audit::NATION,
    }
}

/// Records a change of something that belongs to a record of `organisation`.
fn tell<T: Audited>(
    unit: &Unit,
    (action, acting_as): (&'static str, &str),
    before: Option<&T>,
    (after, organisation): (&T, Option<Uuid>),
    facts: &[&str],
) {
    let change = Change::of(action, before, after, facts, acting_as.to_owned(), None);
    unit.record(Change { chain: chain(unit, organisation), ..change });
}

/// Saves `changed` as the next version of `before`.
pub(super) async fn save(
    unit: &Unit,
    (action, acting_as): (&'static str, &str),
    before: &Record,
    changed: Record,
    facts: &[&str],
) -> Result<Record, Stop> {
    let after = Records::of(unit).update(changed).await?;
    tell(unit, (action, acting_as), Some(before), (&after, after.organisation_id), facts);
    Ok(after)
}

/// What a text of this record is bound to.
pub(super) const fn bound(record: &Record) -> Bound {
    Bound { record: record.id, person: record.person_id, category: record.category }
}

/// Keeps a text; gives its record. `acting_as` is the role that allows it, for the trail.
///
/// # Errors
///
/// [`Code::Invalid`] at `text`; [`Code::NotFound`] or [`Code::Merged`] at `personId`; or what the database answers.
pub async fn keep(unit: &Unit, new: New, acting_as: &str) -> Result<Uuid, Stop> {
    let New { person, organisation, category, text, retain_until } = new;
    refuse_any(rules::unmet_for_text(&text))?;
    restriction::refuse(unit, person).await?;
    let Handling { purpose, lawful_basis, article_nine, schedule_one, .. } = handling(category);
    let rows = Records::of(unit);
    store::state(unit.tx(), purpose.code()).await?;
    let key = rows.key_for(person, "personId").await?;
    let mut record = Record {
        id: unit.id(),
        person_id: person,
        organisation_id: organisation,
        category,
        ciphertext: None,
        purpose,
        lawful_basis,
        article_nine,
        schedule_one,
        policy_document: unit.policy().policy_document,
        retain_until,
        created_at: unit.now(),
        updated_at: unit.now(),
        erased_at: None,
        version: 1,
    };
    record.ciphertext = Some(key.seal(bound(&record), &text).map_err(DbFault::from)?);
    rows.insert(&record).await?;
    refuse_any(rules::unmet_for_person(rows.is_merged(person).await?, "personId"))?;
    let facts = ("sensitive_record.kept", acting_as);
    tell(unit, facts, None, (&record, organisation), &["text"]);
    Ok(record.id)
}

/// Keeps another text in place of that of a record.
///
/// # Errors
///
/// [`Code::Invalid`] at `text`; [`Code::NotFound`] for what is not there or erased; or what the database answers.
pub async fn replace(
    unit: &Unit,
    id: Uuid,
    text: &SecretString,
    acting_as: &str,
) -> Result<(), Stop> {
    refuse_any(rules::unmet_for_text(text))?;
    let before = locked(unit, id).await?;
    restriction::refuse(unit, before.person_id).await?;
    store::state(unit.tx(), before.purpose.code()).await?;
    let (_, key) = Records::of(unit).find(id).await?.ok_or_else(not_found)?;
    let key = key.ok_or_else(not_found)?;
    let sealed = key.seal(bound(&before), text).map_err(DbFault::from)?;
    let changed = Record { ciphertext: Some(sealed), ..before.clone() };
    save(unit, ("sensitive_record.replaced", acting_as), &before, changed, &["text"]).await?;
    Ok(())
}

/// Opens a text for a purpose, and says so in the disclosures.
///
/// # Errors
///
/// [`Code::NotFound`] for what is not there, erased, not the actor's to open, or not for this purpose;
/// [`Code::Forbidden`] without an account; or what the database answers.
pub async fn open(unit: &Unit, id: Uuid, purpose: Purpose) -> Result<SecretString, Stop> {
    let Some(account) = unit.actor().account() else {
        let message = "send a token: this is for who is signed in";
        return Err(Refusal::at(Code::Forbidden, "", message).into());
    };
    let rows = Records::of(unit);
    store::state(unit.tx(), purpose.code()).await?;
    let (record, key) = rows.find(id).await?.ok_or_else(not_found)?;
    if restriction::hides(unit, record.person_id).await? {
        return Err(not_found());
    }
    let standing = standing(unit, &record, purpose).await?;
    let organisation = record.organisation_id;
    let capacity = rules::opens_as(record.category, purpose, &standing, organisation);
    let Capacity { acting_as, organisation } = capacity.ok_or_else(not_found)?;
    let sealed = record.ciphertext.as_deref().ok_or_else(not_found)?;
    let key = key.ok_or_else(not_found)?;
    let text = key.open(bound(&record), sealed).map_err(DbFault::from)?;
    let disclosure = Disclosure {
        id: unit.id(),
        record_id: id,
        account_id: account,
        person_id: unit.actor().person(),
        organisation_id: organisation,
        acting_as,
        purpose,
        at: unit.now(),
    };
    rows.disclose(&disclosure).await?;
    let facts = ("sensitive_record.opened", disclosure.acting_as.as_str());
    tell(unit, facts, None, (&disclosure, record.organisation_id), &[]);
    Ok(text)
}

/// What the actor is to a record, as far as it matters for this purpose.
async fn standing(unit: &Unit, record: &Record, purpose: Purpose) -> Result<Standing, Stop> {
    let (actor, handling) = (unit.actor(), handling(record.category));
    let mut standing = Standing {
        concerned: actor.person() == Some(record.person_id),
        named: Vec::new(),
        role: None,
        officer: actor.may_nationally(Permission::AnswerRightsRequests),
    };
    if purpose == handling.purpose {
        standing.role = record
            .organisation_id
            .zip(handling.permission)
            .and_then(|(organisation, permission)| actor.acting_in(organisation, permission));
        if let Some(person) = actor.person() {
            standing.named = Records::of(unit).named(record.id, person).await?;
        }
    }
    Ok(standing)
}

/// Lets somebody read a record from now on; gives the row of the reader.
///
/// # Errors
///
/// [`Code::NotFound`] for what is not there or erased; every unmet rule of
/// [`rules::unmet_for_reader`]; at `readerId` [`Code::NotFound`], [`Code::Merged`], [`Code::Unchanged`] for who may
/// already, and [`Code::Invalid`] for the person concerned; or what the database answers.
pub async fn share(unit: &Unit, id: Uuid, new: NewReader, acting_as: &str) -> Result<Uuid, Stop> {
    let before = locked(unit, id).await?;
    restriction::refuse(unit, before.person_id).await?;
    let (rows, reader, role) = (Records::of(unit), new.person, new.role);
    let mut unmet = rules::unmet_for_reader(before.category, &new, unit.today());
    if reader == before.person_id {
        let message = "the person concerned is no reader of the own record";
        unmet.push(Refusal::at(Code::Invalid, "readerId", message));
    }
    if rows.named(id, reader).await?.iter().any(|(named, _)| *named == role) {
        unmet.push(Refusal::at(Code::Unchanged, "readerId", "may read it already"));
    }
    refuse_any(unmet)?;
    let row = rows.name(&before, new).await?;
    refuse_any(rules::unmet_for_person(rows.is_merged(reader).await?, "readerId"))?;
    let changed = before.clone();
    save(unit, ("sensitive_record.shared", acting_as), &before, changed, &["readers"]).await?;
    Ok(row)
}

/// Lets somebody read a record no more, in whatever role: from this transaction on.
///
/// # Errors
///
/// [`Code::NotFound`] for what is not there, and at `readerId` for who may not read it; or what the database answers.
pub async fn end_share(unit: &Unit, id: Uuid, reader: Uuid, acting_as: &str) -> Result<(), Stop> {
    let rows = Records::of(unit);
    let before = rows.lock(id).await?.ok_or_else(not_found)?;
    if !rows.end(id, reader).await? {
        let message = "does not read this record at present";
        return Err(Refusal::at(Code::NotFound, "readerId", message).into());
    }
    let changed = before.clone();
    save(unit, ("sensitive_record.unshared", acting_as), &before, changed, &["readers"]).await?;
    Ok(())
}

/// From now on the leads of a concern read a text, and `stays`, and nobody else whom somebody named. What was erased is
/// nobody's to read. The trail lies with whoever acts: that of the organisation would tell its staff of the concern.
///
/// # Errors
///
/// What the database answers.
pub async fn keep_back(unit: &Unit, id: Uuid, stays: Uuid, leads: &[Uuid]) -> Result<(), Stop> {
    let rows = Records::of(unit);
    let record = rows.lock(id).await?;
    let Some(before) = record.filter(|record| record.ciphertext.is_some()) else { return Ok(()) };
    let readers = rows.readers(id).await?;
    for reader in readers.iter().filter(|reader| **reader != stays && !leads.contains(reader)) {
        rows.end(id, *reader).await?;
    }
    for lead in leads {
        let role = ReaderRole::ConcernLead;
        if !rows.named(id, *lead).await?.iter().any(|(named, _)| *named == role) {
            rows.name(&before, NewReader::plain(*lead, role)).await?;
        }
    }
    let after = rows.update(before.clone()).await?;
    let action = "sensitive_record.kept_back";
    let change = Change::of(action, Some(&before), &after, &["readers"], OWN.to_owned(), None);
    let chain = unit.actor().person().unwrap_or(audit::NATION);
    unit.record(Change { chain, ..change });
    Ok(())
}

/// The record, locked and as the caller read it, if the actor is the person concerned and sharing it is a choice.
async fn own_choice(unit: &Unit, at: At) -> Result<Record, Stop> {
    let person = unit.actor().person();
    if unit.actor().account().is_none() {
        return Err(Refusal::whole(Code::Forbidden).into());
    }
    let found = Records::of(unit).lock(at.id).await?;
    let own = found.filter(|record| Some(record.person_id) == person);
    let own = own.filter(|record| handling(record.category).by_choice).ok_or_else(not_found)?;
    if own.version == at.version { Ok(own) } else { Err(Refusal::stale().into()) }
}

/// Lets somebody read an own record whose sharing is the own choice. Gives the record.
///
/// # Errors
///
/// [`Code::NotFound`] for other records; [`Code::Conflict`]; as of [`share`].
pub async fn share_own(unit: &Unit, at: At, new: NewReader) -> Result<Changed, Stop> {
    own_choice(unit, at).await?;
    share(unit, at.id, new, super::model::OWN).await?;
    Ok(Changed::of(at.id))
}

/// Ends that. Gives the record.
///
/// # Errors
///
/// As of [`share_own`] and [`end_share`].
pub async fn unshare_own(unit: &Unit, at: At, reader: Uuid) -> Result<Changed, Stop> {
    own_choice(unit, at).await?;
    end_share(unit, at.id, reader, super::model::OWN).await?;
    Ok(Changed::of(at.id))
}

/// The latest text of a category that an organisation keeps of a person. What the person has is locked.
///
/// # Errors
///
/// What the database answers.
pub async fn latest(
    unit: &Unit,
    person: Uuid,
    organisation: Uuid,
    category: Category,
) -> Result<Option<Uuid>, Stop> {
    let records = Records::of(unit).lock_all(person).await?;
    let kept = records.iter().filter(|record| {
        record.category == category
            && record.organisation_id == Some(organisation)
            && record.erased_at.is_none()
    });
    Ok(kept.max_by_key(|record| (record.created_at, record.id)).map(|record| record.id))
}

/// Erases the text of a record; gives whether there was one.
///
/// # Errors
///
/// [`Code::NotFound`] for what is not there; or what the database answers.
pub async fn erase(unit: &Unit, id: Uuid, acting_as: &str) -> Result<bool, Stop> {
    let before = Records::of(unit).lock(id).await?.ok_or_else(not_found)?;
    erased(unit, before, acting_as).await
}

async fn erased(unit: &Unit, before: Record, acting_as: &str) -> Result<bool, Stop> {
    if before.ciphertext.is_none() {
        return Ok(false);
    }
    let changed = Record { ciphertext: None, erased_at: Some(unit.now()), ..before.clone() };
    save(unit, ("sensitive_record.erased", acting_as), &before, changed, &["text"]).await?;
    Ok(true)
}

/// The destruction of a key: a record of its own in the trail.
#[derive(Serialize)]
struct Destruction {
    id: Uuid,
    person_id: Uuid,
}

impl Audited for Destruction {
    const TYPE: &'static str = "vault_key_destruction";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        1
    }
}

/// Destroys the key of a person, and with it everything that was written under it: what backups still hold of their
/// texts opens no more with what is left. Gives how many texts that were. Without a key nothing is done.
///
/// # Errors
///
/// What the database answers.
pub async fn destroy_key(unit: &Unit, person: Uuid, acting_as: &str) -> Result<usize, Stop> {
    let rows = Records::of(unit);
    store::state(unit.tx(), "ERASURE").await?;
    if !rows.lock_for_destruction(person).await? {
        return Ok(0);
    }
    let mut count = 0;
    for record in rows.lock_all(person).await? {
        count += usize::from(erased(unit, record, acting_as).await?);
    }
    rows.destroy_key(person).await?;
    let destruction = Destruction { id: unit.id(), person_id: person };
    tell(unit, ("vault_key.destroyed", acting_as), None, (&destruction, None), &["key"]);
    Ok(count)
}

/// The record with a text, locked.
async fn locked(unit: &Unit, id: Uuid) -> Result<Record, Stop> {
    let found = Records::of(unit).lock(id).await?;
    found.filter(|record| record.ciphertext.is_some()).ok_or_else(not_found)
}
