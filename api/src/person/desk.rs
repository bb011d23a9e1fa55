//! Where the use cases of people work: a transaction, its store, the role that allows it, and the chain in
//! which the trail of it lies.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Link, Person};
use super::rules;
use super::store::People;
use crate::actor::Permission;
use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::store::Organisations;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// What a use case changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The record.
    pub id: Uuid,
    /// What follows from it, in words.
    pub impact: Vec<String>,
}

impl Changed {
    /// A change without further consequences.
    #[must_use]
    pub const fn of(id: Uuid) -> Self {
        Self { id, impact: Vec::new() }
    }
}

/// A record as the caller read it.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The record.
    pub id: Uuid,
    /// Its version then.
    pub version: i32,
}

/// Where a use case works.
pub struct Desk<'a> {
    /// The transaction.
    pub unit: &'a Unit,
    /// The rows of people.
    pub store: People<'a>,
    /// The role that allows it, for the trail.
    pub acting_as: String,
    /// The chain of the trail.
    pub chain: Uuid,
}

/// The refusal of what is not there, or not there for the actor.
pub fn not_found() -> Stop {
    Refusal::whole(Code::NotFound).into()
}

/// Stops who is not signed in: what follows is about the own records.
///
/// # Errors
///
/// `FORBIDDEN`.
pub fn signed_in(unit: &Unit) -> Result<(), Stop> {
    match unit.actor().account() {
        Some(_) => Ok(()),
        None => Err(Refusal::whole(Code::Forbidden).into()),
    }
}

impl<'a> Desk<'a> {
    fn of(unit: &'a Unit, acting_as: String, chain: Uuid) -> Self {
        Self { unit, store: People::of(unit), acting_as, chain }
    }

    /// The desk of whoever holds `permission` for the nation.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN`.
    pub fn of_the_nation(unit: &'a Unit, permission: Permission) -> Result<Self, Stop> {
        match unit.actor().acting_nationally(permission) {
            Some(acting_as) => Ok(Self::of(unit, acting_as, audit::NATION)),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The desk of whoever holds `permission` for the nation or in the organisation.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN`; `NOT_FOUND` for an organisation that is not there.
    pub async fn within(
        unit: &'a Unit,
        permission: Permission,
        organisation: Uuid,
    ) -> Result<Self, Stop> {
        if let Some(acting_as) = unit.actor().acting_nationally(permission) {
            Organisations::of(unit).lock(organisation).await?.ok_or_else(not_found)?;
            return Ok(Self::of(unit, acting_as, organisation));
        }
        match unit.actor().acting_in(organisation, permission) {
            Some(acting_as) => Ok(Self::of(unit, acting_as, organisation)),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The desk at a person, locked and as the caller read it: of the nation, or of an organisation that
    /// keeps the record. To others it is not there, unless they see it.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND`, `FORBIDDEN`, `CONFLICT`.
    pub async fn at(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Person), Stop> {
        let keepers = People::of(unit).memberships(at.id).await?;
        let desk = match unit.actor().acting_nationally(permission) {
            Some(acting_as) => Self::of(unit, acting_as, audit::NATION),
            None => match acting_for(unit, &keepers, permission) {
                Some((organisation, acting_as)) => Self::of(unit, acting_as, organisation),
                None => return Err(Refusal::whole(unseen(unit, at.id, &keepers)).into()),
            },
        };
        let person = desk.locked(at).await?;
        Ok((desk, person))
    }

    /// The person, locked and as the caller read it.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND`, `CONFLICT`.
    pub async fn locked(&self, at: At) -> Result<Person, Stop> {
        let person = self.store.lock(at.id).await?.ok_or_else(not_found)?;
        restriction::refuse(self.unit, at.id).await?;
        if person.version == at.version { Ok(person) } else { Err(Refusal::stale().into()) }
    }

    /// Stops if the actor is one of those concerned.
    ///
    /// # Errors
    ///
    /// `SEPARATION_OF_DUTIES`.
    pub fn by_another(&self, concerned: &[Option<Uuid>]) -> Result<(), Stop> {
        refuse_any(rules::unmet_for_hands(self.unit.actor().person(), concerned))
    }

    /// Saves `after` as the next version of `before` and records the change.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn save(
        &self,
        action: &'static str,
        before: &Person,
        mut after: Person,
        facts: &[&str],
    ) -> Result<Person, Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update(&after).await?;
        self.record(action, Some(before), &after, facts);
        Ok(after)
    }

    /// Records a change in the chain of whoever acts.
    pub fn record<T: Audited>(
        &self,
        action: &'static str,
        before: Option<&T>,
        after: &T,
        facts: &[&str],
    ) {
        let change = Change::of(action, before, after, facts, self.acting_as.clone(), None);
        self.unit.record(Change { chain: self.chain, ..change });
    }
}

/// The first organisation that keeps the record today in which the actor holds `permission`.
pub fn acting_for(unit: &Unit, keepers: &[Link], permission: Permission) -> Option<(Uuid, String)> {
    let today = unit.today();
    keepers
        .iter()
        .filter(|link| link.holds_on(today))
        .find_map(|link| Some((link.target, unit.actor().acting_in(link.target, permission)?)))
}

/// What somebody without the right is told of a person.
fn unseen(unit: &Unit, id: Uuid, keepers: &[Link]) -> Code {
    let seen = unit.actor().may_nationally(Permission::SeePeople)
        || acting_for(unit, keepers, Permission::SeePeople).is_some()
        || unit.actor().person() == Some(id);
    if seen { Code::Forbidden } else { Code::NotFound }
}
