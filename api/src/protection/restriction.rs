//! Restriction of processing: placed and lifted by the data protection officer, honoured by everyone.

use uuid::Uuid;

use super::desk::{Desk, refuse_stale};
use super::model::{Restriction, RestrictionGround};
use super::rules;
use super::store::Protection;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::person::store::People;
use crate::refusal::{Code, Refusal};

/// Stops if the processing of a person's data is restricted. Those who still see the person are told why; to others the
/// person is not there. Every use case that changes something about a person asks this.
///
/// # Errors
///
/// [`Code::Conflict`] or [`Code::NotFound`]; or what the database answers.
pub async fn refuse(unit: &Unit, person: Uuid) -> Result<(), Stop> {
    if !Protection::of(unit).is_restricted(person).await? {
        return Ok(());
    }
    Err(refusal(unit, person).into())
}

/// The same for several people at once, in one look: stops at the first who is restricted.
///
/// # Errors
///
/// As of [`refuse`].
pub async fn refuse_any_of(unit: &Unit, people: &[Uuid]) -> Result<(), Stop> {
    let restricted = Protection::of(unit).restricted_of(people).await?;
    let first = people.iter().find(|person| restricted.contains(person));
    first.map_or(Ok(()), |person| Err(refusal(unit, *person).into()))
}

fn refusal(unit: &Unit, person: Uuid) -> Refusal {
    let actor = unit.actor();
    let sees =
        actor.person() == Some(person) || actor.may_nationally(Permission::AnswerRightsRequests);
    if sees {
        let message = "the processing of these data is restricted: nobody changes them until the \
             data protection officer lifts that";
        Refusal::at(Code::Conflict, "", message)
    } else {
        Refusal::whole(Code::NotFound)
    }
}

/// Whether the actor may see a person's data as far as restrictions go.
///
/// # Errors
///
/// What the database answers.
pub async fn hides(unit: &Unit, person: Uuid) -> Result<bool, Stop> {
    let restricted = Protection::of(unit).is_restricted(person).await?;
    Ok(restricted && refusal(unit, person).code == Code::NotFound)
}

/// Restricts the processing of a person's data, from this transaction on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn place(
    unit: &Unit,
    person: Uuid,
    ground: RestrictionGround,
    reason: &str,
) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let missing = || Refusal::at(Code::NotFound, "personId", "no such person");
    let found = People::of(unit).lock(person).await?.ok_or_else(missing)?;
    desk.by_another(Some(person))?;
    let mut unmet = rules::unmet_for_reason(reason);
    unmet.extend(crate::person::rules::unmet_for_change(&found, "personId"));
    if desk.store.live_restriction(person).await?.is_some() {
        unmet.push(Refusal::at(Code::Unchanged, "personId", "it is restricted already"));
    }
    refuse_any(unmet)?;
    let new = Restriction {
        id: unit.id(),
        person_id: person,
        ground,
        placed_at: unit.now(),
        lifted_at: None,
        version: 1,
    };
    desk.store.insert_restriction(&new).await?;
    desk.store.mark(person).await?;
    desk.record("processing.restricted", None, &new, Some(reason));
    Ok(Changed::of(new.id))
}

/// Lifts a restriction.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn lift(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let found = desk.store.lock_restriction(at.id).await?.ok_or_else(not_found)?;
    desk.by_another(Some(found.person_id))?;
    refuse_stale(found.version, at.version)?;
    let mut unmet = rules::unmet_for_reason(reason);
    if found.lifted_at.is_some() {
        unmet.push(Refusal::at(Code::Unchanged, "id", "it was lifted already"));
    }
    refuse_any(unmet)?;
    lifted(&desk, found, Some(reason)).await?;
    Ok(Changed::of(at.id))
}

/// Lifts a restriction that lasts.
pub(super) async fn lifted(
    desk: &Desk<'_>,
    before: Restriction,
    reason: Option<&str>,
) -> Result<(), Stop> {
    let changed = Restriction { lifted_at: Some(desk.unit.now()), ..before.clone() };
    let after = desk.store.update_restriction(changed).await?;
    desk.store.unmark(after.person_id).await?;
    desk.record("processing.restriction_lifted", Some(&before), &after, reason);
    Ok(())
}
