//! Where the use cases of enrolments work: each authorises, locks, asks the rules, saves and records.

use uuid::Uuid;

use super::model::{Command, Enrolment};
use super::rules;
use super::store::Enrolments;
use crate::actor::service::acts_for;
use crate::actor::{Actor, GrantScope, Identity, Permission};
use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::unmet_for_own_organisation;
use crate::person::desk::{At, not_found, signed_in};
use crate::person::rules::unmet_for_hands;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// Whoever acts about the own record.
pub const OWN: &str = "SELF";

/// Where a use case works: its transaction, its store, and the role that allows it.
pub struct Desk<'a> {
    /// The transaction.
    pub unit: &'a Unit,
    /// The rows.
    pub store: Enrolments<'a>,
    /// The role, for the trail.
    pub acting_as: String,
}

/// The enrolment, if it is as the caller read it.
fn as_read(found: Enrolment, at: At) -> Result<Enrolment, Stop> {
    if found.version == at.version { Ok(found) } else { Err(Refusal::stale().into()) }
}

impl<'a> Desk<'a> {
    /// The desk of somebody who is allowed already.
    #[must_use]
    pub fn of(unit: &'a Unit, acting_as: String) -> Self {
        Self { unit, store: Enrolments::of(unit), acting_as }
    }

    /// The desk of whoever holds `permission` in the organisation that delivers, or for the nation.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN` for who sees enrolments there, `NOT_FOUND` for everyone else.
    pub fn of_deliverer(
        unit: &'a Unit,
        organisation: Uuid,
        permission: Permission,
    ) -> Result<Self, Stop> {
        let actor = unit.actor();
        match actor.acting_for(permission, Some(organisation)) {
            Some(acting_as) => Ok(Self::of(unit, acting_as)),
            None if actor.acting_for(Permission::SeeEnrolments, Some(organisation)).is_some() => {
                Err(Refusal::forbidden(permission).into())
            }
            None => Err(not_found()),
        }
    }

    /// The desk of whoever holds `permission` where the enrolment belongs, at it, locked and as the caller read it. Whoever
    /// acts for the nation does not belong to the organisation, and nobody decides about the own record (PER-2).
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for who does not see it, `FORBIDDEN`, `SEPARATION_OF_DUTIES`, `CONFLICT`.
    pub async fn at(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Enrolment), Stop> {
        let store = Enrolments::of(unit);
        let found = store.find(at.id).await?.ok_or_else(not_found)?;
        let desk = match Self::of_deliverer(unit, found.organisation_id, permission) {
            Err(_) if sees(&store, unit.actor(), &found).await? => {
                return Err(Refusal::forbidden(permission).into());
            }
            desk => desk?,
        };
        refuse_any(unmet_for_hands(unit.actor().person(), &[Some(found.person_id)]))?;
        if unit.actor().acting_in(found.organisation_id, permission).is_none() {
            let own = acts_for(unit, found.organisation_id).await?;
            refuse_any(unmet_for_own_organisation(own))?;
        }
        restriction::refuse(unit, found.person_id).await?;
        let locked = desk.locked(at).await?;
        Ok((desk, locked))
    }

    /// The same of whoever holds `permission` for the nation: what goes beyond one organisation.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN`, and as of [`Desk::at`].
    pub async fn of_the_nation(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Enrolment), Stop> {
        if !unit.actor().may_nationally(permission) {
            return Err(Refusal::forbidden(permission).into());
        }
        Self::at(unit, permission, at).await
    }

    /// The desk of the person concerned, at the own enrolment, locked and as the caller read it.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for who does not see it, `FORBIDDEN` for others, `CONFLICT`.
    pub async fn own(unit: &'a Unit, at: At) -> Result<(Self, Enrolment), Stop> {
        let (desk, locked) = Self::own_as_it_is(unit, at.id).await?;
        Ok((desk, as_read(locked, at)?))
    }

    /// The same, where it does not matter what of it the caller read.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for who does not see it, `FORBIDDEN` for others.
    pub async fn own_as_it_is(unit: &'a Unit, id: Uuid) -> Result<(Self, Enrolment), Stop> {
        signed_in(unit)?;
        let store = Enrolments::of(unit);
        let found = store.find(id).await?.ok_or_else(not_found)?;
        if unit.actor().person() != Some(found.person_id) {
            let seen = sees(&store, unit.actor(), &found).await?;
            let code = if seen { Code::Forbidden } else { Code::NotFound };
            return Err(Refusal::whole(code).into());
        }
        let desk = Self::of(unit, OWN.to_owned());
        restriction::refuse(unit, found.person_id).await?;
        let locked = desk.store.lock(id).await?.ok_or_else(not_found)?;
        Ok((desk, locked))
    }

    /// The enrolment, locked and as the caller read it.
    async fn locked(&self, at: At) -> Result<Enrolment, Stop> {
        as_read(self.store.lock(at.id).await?.ok_or_else(not_found)?, at)
    }

    /// The account that acts, where a decision is a person's.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN` for jobs.
    pub fn account(&self) -> Result<Uuid, Stop> {
        self.unit.actor().account().ok_or_else(|| Refusal::whole(Code::Forbidden).into())
    }

    /// The enrolment after `command`, if the step exists.
    ///
    /// # Errors
    ///
    /// `CONFLICT`.
    pub fn stepped(before: &Enrolment, command: Command) -> Result<Enrolment, Stop> {
        refuse_any(rules::unmet_for_step(before.state, command))?;
        let conflict = || Stop::from(Refusal::whole(Code::Conflict));
        let state = before.state.after(command).ok_or_else(conflict)?;
        Ok(Enrolment { state, ..before.clone() })
    }

    /// Saves `after` as the next version of `before` and records the change.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn save(
        &self,
        action: &'static str,
        before: &Enrolment,
        mut after: Enrolment,
        reason: Option<&str>,
    ) -> Result<Enrolment, Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update(&after).await?;
        self.record(action, Some(before), (&after, after.organisation_id), reason);
        Ok(after)
    }

    /// Records a change of something that belongs to an enrolment of `organisation`: in the chain of the organisation, if
    /// the actor acts there or for the nation, else in that of the own person.
    pub fn record<T: Audited>(
        &self,
        action: &'static str,
        before: Option<&T>,
        (after, organisation): (&T, Uuid),
        reason: Option<&str>,
    ) {
        let (acting_as, reason) = (self.acting_as.clone(), reason.map(str::to_owned));
        let change = Change::of(action, before, after, &[], acting_as, reason);
        self.unit.record(Change { chain: chain(self.unit, organisation), ..change });
    }
}

/// The enrolment, not locked; to who does not see it, it is not there.
///
/// # Errors
///
/// `NOT_FOUND`.
pub async fn seen(unit: &Unit, id: Uuid) -> Result<Enrolment, Stop> {
    let store = Enrolments::of(unit);
    let found = store.find(id).await?.ok_or_else(not_found)?;
    if sees(&store, unit.actor(), &found).await? { Ok(found) } else { Err(not_found()) }
}

/// The chain in which the trail of what the actor does about `organisation` lies.
fn chain(unit: &Unit, organisation: Uuid) -> Uuid {
    let actor = unit.actor();
    let there = |scope: GrantScope| {
        matches!(scope, GrantScope::Nation) || scope == GrantScope::Organisation(organisation)
    };
    if matches!(actor.identity(), Identity::System(_))
        || actor.grants().iter().any(|grant| there(grant.scope))
    {
        return organisation;
    }
    actor.person().unwrap_or(audit::NATION)
}

/// Whether the actor sees the enrolment: who may in its organisation or for the nation, the person, the supervisor, and
/// who teaches on the course.
///
/// # Errors
///
/// What the database answers.
pub async fn sees(
    store: &Enrolments<'_>,
    actor: &Actor,
    of: &Enrolment,
) -> Result<bool, crate::db::DbFault> {
    let person = actor.person();
    if person == Some(of.person_id) {
        return Ok(true);
    }
    let by_role = actor.acting_for(Permission::SeeEnrolments, Some(of.organisation_id)).is_some();
    let sees = match person {
        Some(person) if !by_role && of.supervisor_id != Some(person) => {
            store.teaches(of.course_id, person).await?
        }
        known => by_role || known.is_some(),
    };
    let officer = actor.may_nationally(Permission::AnswerRightsRequests);
    Ok(sees && (officer || !store.is_restricted(of.person_id).await?))
}
