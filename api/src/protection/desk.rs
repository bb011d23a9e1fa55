//! Where the use cases of data protection work: the role that allows it, and the trail.

use uuid::Uuid;

use super::store::Protection;
use crate::actor::Permission;
use crate::audit::{Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::not_found;
use crate::person::rules::unmet_for_hands;
use crate::refusal::{Code, Refusal};

/// As what the person concerned acts.
pub const OWN: &str = "SELF";

/// Where a use case works.
pub struct Desk<'a> {
    /// The transaction.
    pub unit: &'a Unit,
    /// The rows.
    pub store: Protection<'a>,
    /// The role that allows it.
    pub acting_as: String,
}

impl<'a> Desk<'a> {
    /// The desk of whoever acts as this.
    #[must_use]
    pub fn of(unit: &'a Unit, acting_as: &str) -> Self {
        Self { unit, store: Protection::of(unit), acting_as: acting_as.to_owned() }
    }

    /// The desk of the data protection officer.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN`.
    pub fn of_the_officer(unit: &'a Unit) -> Result<Self, Stop> {
        match unit.actor().acting_nationally(Permission::ProtectData) {
            Some(acting_as) => Ok(Self::of(unit, &acting_as)),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The desk of the person of the account that asks, and the person.
    ///
    /// # Errors
    ///
    /// `FORBIDDEN` without an account, `NOT_FOUND` where it belongs to nobody.
    pub fn of_oneself(unit: &'a Unit) -> Result<(Self, Uuid), Stop> {
        if unit.actor().account().is_none() {
            return Err(Refusal::whole(Code::Forbidden).into());
        }
        let person = unit.actor().person().ok_or_else(not_found)?;
        Ok((Self::of(unit, OWN), person))
    }

    /// Stops if the actor is the person concerned.
    ///
    /// # Errors
    ///
    /// `SEPARATION_OF_DUTIES`.
    pub fn by_another(&self, person: Option<Uuid>) -> Result<(), Stop> {
        refuse_any(unmet_for_hands(self.unit.actor().person(), &[person]))
    }

    /// Records a change.
    pub fn record<T: Audited>(
        &self,
        action: &'static str,
        before: Option<&T>,
        after: &T,
        reason: Option<&str>,
    ) {
        let reason = reason.map(str::to_owned);
        let change = Change::of(action, before, after, &[], self.acting_as.clone(), reason);
        self.unit.record(change);
    }
}

/// Stops unless the record is as the caller read it.
pub(super) fn refuse_stale(found: i32, expected: i32) -> Result<(), Stop> {
    if found == expected { Ok(()) } else { Err(Refusal::stale().into()) }
}
