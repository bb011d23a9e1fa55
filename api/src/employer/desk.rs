//! Where the use cases of the support for employing organisations work.

use uuid::Uuid;

use super::model::{Agreement, Command, Days, Side};
use super::rules;
use super::store::Employers;
use crate::actor::Permission;
use crate::audit::{Audited, Change};
use crate::command::{Stop, Unit};
use crate::person::desk::{At, not_found};
use crate::refusal::{Code, Refusal};

/// Where a use case works: its transaction, its store, the role that allows it, the chain of the trail.
pub struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(super) store: Employers<'a>,
    acting_as: String,
    chain: Uuid,
}

impl<'a> Desk<'a> {
    /// The desk of whoever acts in this role.
    pub(super) fn of(unit: &'a Unit, acting_as: String, chain: Uuid) -> Self {
        Self { unit, store: Employers::of(unit), acting_as, chain }
    }

    /// The desk of whoever records for the organisation: within it, or for the nation.
    pub(super) async fn within(unit: &'a Unit, organisation: Uuid) -> Result<Self, Stop> {
        let permission = Permission::RecordSupport;
        let nationally = unit.actor().acting_nationally(permission);
        if nationally.is_some() {
            let missing = || Refusal::at(Code::NotFound, "organisationId", "no such organisation");
            Employers::of(unit).body(organisation).await?.ok_or_else(missing)?;
        }
        match nationally.or_else(|| unit.actor().acting_in(organisation, permission)) {
            Some(acting_as) => Ok(Self::of(unit, acting_as, organisation)),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The desk at a record of an organisation. To others it is not there, unless they see it: the national
    /// team with `see`, and partners while it is `shown` to them.
    pub(super) async fn at_record(
        unit: &'a Unit,
        organisation: Uuid,
        see: Permission,
        shown: bool,
    ) -> Result<Self, Stop> {
        let (actor, permission) = (unit.actor(), Permission::RecordSupport);
        let acting = actor.acting_nationally(permission);
        if let Some(acting_as) = acting.or_else(|| actor.acting_in(organisation, permission)) {
            return Ok(Self::of(unit, acting_as, organisation));
        }
        let mut seen = actor.may_nationally(see) || actor.acting_in(organisation, see).is_some();
        if shown && !seen {
            let held = Employers::of(unit).in_force(organisation, unit.today()).await?;
            seen = held.iter().any(|held| side_of(unit, held, see).is_some());
        }
        let code = if seen { Code::Forbidden } else { Code::NotFound };
        Err(Refusal::whole(code).into())
    }

    /// The desk of a side that may propose an agreement between two organisations; the deliverer's, for who
    /// may for both.
    pub(super) fn between(unit: &'a Unit, sides: [(Side, Uuid); 2]) -> Result<(Self, Side), Stop> {
        let permission = Permission::ArrangePlacements;
        let nationally = unit.actor().acting_nationally(permission);
        for (side, organisation) in sides {
            let acting = nationally.clone();
            if let Some(acting_as) =
                acting.or_else(|| unit.actor().acting_in(organisation, permission))
            {
                return Ok((Self::of(unit, acting_as, organisation), side));
            }
        }
        Err(Refusal::whole(Code::Forbidden).into())
    }

    /// The desk at an agreement of a side that may take the step; the agreement is locked and as the caller
    /// read it. Those on neither side learn no more than that they would of one that is not there.
    pub(super) async fn at_agreement(
        unit: &'a Unit,
        permission: Permission,
        at: At,
        command: Command,
    ) -> Result<(Self, Agreement), Stop> {
        let store = Employers::of(unit);
        let before = store.lock_agreement(at.id).await?.ok_or_else(not_found)?;
        let actor = unit.actor();
        let acting = before.sides(command).into_iter().find_map(|side| {
            let organisation = before.on(side);
            let nationally = actor.acting_nationally(permission);
            let acting_as = nationally.or_else(|| actor.acting_in(organisation, permission))?;
            Some(Self::of(unit, acting_as, organisation))
        });
        match acting {
            Some(desk) => Ok((desk, fresh(Some(before), at)?)),
            None => {
                let see = Permission::SeeEmployers;
                let seen = actor.may_nationally(see) || side_of(unit, &before, see).is_some();
                let code = if seen { Code::Forbidden } else { Code::NotFound };
                Err(Refusal::whole(code).into())
            }
        }
    }

    /// What of an organisation should be mended, each a line of an impact.
    pub(super) async fn warnings(&self, of: Uuid, whose: &str) -> Result<Vec<String>, Stop> {
        let today = self.unit.today();
        let facts = self.store.facts(of, today).await?;
        let line = |warning: super::model::Warning| format!("{whose}: {}", warning.told());
        Ok(rules::warnings(&facts, today).into_iter().map(line).collect())
    }

    /// Records a change in the chain of whoever acts.
    pub(super) fn record<T: Audited>(
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

/// The organisation of an agreement in which the actor holds `permission`.
fn side_of(unit: &Unit, agreement: &Agreement, permission: Permission) -> Option<Uuid> {
    let sides = [agreement.organisation_id, agreement.host_id];
    sides.into_iter().find(|side| unit.actor().acting_in(*side, permission).is_some())
}

/// The record as the caller read it.
pub(super) fn fresh<T: Audited>(record: Option<T>, at: At) -> Result<T, Stop> {
    let record = record.ok_or_else(not_found)?;
    if record.version() == at.version { Ok(record) } else { Err(Refusal::stale().into()) }
}

/// When something begins and ends, as it was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// First day; today if absent.
    pub from: Option<chrono::NaiveDate>,
    /// The day from which it no longer holds.
    pub to: Option<chrono::NaiveDate>,
}

impl Asked {
    /// The days.
    pub(super) fn days(self, unit: &Unit) -> Days {
        Days { from: self.from.unwrap_or_else(|| unit.today()), to: self.to }
    }
}
