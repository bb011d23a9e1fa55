//! Where the use cases of readiness work.

use uuid::Uuid;

use super::model::{Assessment, Command, Content, Evidence, Instrument};
use super::rules;
use super::store::Readiness;
use crate::actor::service::persons_since;
use crate::actor::{Actor, Permission};
use crate::audit::{Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::unmet_for_own_organisation;
use crate::organisation::store::Organisations;
use crate::person::desk::{At, not_found};
use crate::refusal::{Code, Refusal};

/// Where a use case works: its transaction, its store, and the role that allows it.
pub struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(super) store: Readiness<'a>,
    acting_as: String,
}

/// Whether the actor sees what an organisation has assessed of itself.
#[must_use]
pub fn sees(actor: &Actor, assessment: &Assessment) -> bool {
    actor.acting_for(Permission::SeeReadiness, Some(assessment.organisation_id)).is_some()
        || is_assigned(actor, assessment)
}

/// Whether the assessment is assigned to the actor, who still is a reviewer.
fn is_assigned(actor: &Actor, assessment: &Assessment) -> bool {
    actor.holds(Permission::ReviewReadiness)
        && assessment.reviewer_id.is_some()
        && assessment.reviewer_id == actor.account()
}

impl<'a> Desk<'a> {
    /// The desk of whoever acts in this role.
    pub(super) const fn of(unit: &'a Unit, acting_as: String) -> Self {
        Self { unit, store: Readiness::of(unit), acting_as }
    }

    /// The desk of whoever holds `permission` for the nation.
    pub(super) fn of_the_nation(unit: &'a Unit, permission: Permission) -> Result<Self, Stop> {
        match unit.actor().acting_nationally(permission) {
            Some(acting_as) => Ok(Self::of(unit, acting_as)),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The desk of whoever holds `permission` in the organisation. Others learn no more than that they would of one
    /// that is not there, unless they see its assessments.
    pub(super) fn of_organisation(
        unit: &'a Unit,
        organisation: Uuid,
        permission: Permission,
    ) -> Result<Self, Stop> {
        let actor = unit.actor();
        if let Some(acting_as) = actor.acting_in(organisation, permission) {
            return Ok(Self::of(unit, acting_as));
        }
        let seen = actor.acting_in(organisation, Permission::SeeReadiness).is_some();
        let code = if seen { Code::Forbidden } else { Code::NotFound };
        Err(Refusal::whole(code).into())
    }

    /// The assessment, if the actor sees it.
    async fn seen(unit: &Unit, id: Uuid) -> Result<Assessment, Stop> {
        let found = Readiness::of(unit).assessment(id).await?;
        found.filter(|found| sees(unit.actor(), found)).ok_or_else(not_found)
    }

    /// The desk of its organisation at an assessment, locked.
    pub(super) async fn at_own(
        unit: &'a Unit,
        permission: Permission,
        id: Uuid,
    ) -> Result<(Self, Assessment), Stop> {
        let found = Self::seen(unit, id).await?;
        let acting_as = unit.actor().acting_in(found.organisation_id, permission);
        let acting_as = acting_as.ok_or_else(|| Refusal::whole(Code::Forbidden))?;
        let desk = Self::of(unit, acting_as);
        let locked = desk.store.lock_assessment(id).await?.ok_or_else(not_found)?;
        Ok((desk, locked))
    }

    /// The desk of the reviewer at an assessment that is assigned, locked and as the caller read it.
    pub(super) async fn at_assigned(unit: &'a Unit, at: At) -> Result<(Self, Assessment), Stop> {
        let found = Self::seen(unit, at.id).await?;
        if !is_assigned(unit.actor(), &found) {
            return Err(Refusal::whole(Code::Forbidden).into());
        }
        let desk = Self::of(unit, crate::actor::Role::Reviewer.code().to_owned());
        let locked = desk.locked(at).await?;
        // It may have been given to somebody else.
        if is_assigned(unit.actor(), &locked) { Ok((desk, locked)) } else { Err(not_found()) }
    }

    /// The desk of the national team at an assessment: its organisation and itself locked, it as the caller read it.
    /// Nobody decides there for the own organisation.
    pub(super) async fn at(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Assessment), Stop> {
        let found = Self::seen(unit, at.id).await?;
        let desk = Self::of_the_nation(unit, permission)?;
        Organisations::of(unit).lock(found.organisation_id).await?.ok_or_else(not_found)?;
        let linked = desk.store.is_linked(unit, desk.account()?, found.organisation_id).await?;
        refuse_any(unmet_for_own_organisation(linked))?;
        let locked = desk.locked(at).await?;
        Ok((desk, locked))
    }

    /// The assessment, locked and as the caller read it.
    pub(super) async fn locked(&self, at: At) -> Result<Assessment, Stop> {
        let locked = self.store.lock_assessment(at.id).await?.ok_or_else(not_found)?;
        if locked.version == at.version { Ok(locked) } else { Err(Refusal::stale().into()) }
    }

    /// The account that acts: decisions are of people, never of the service's own jobs.
    pub(super) fn account(&self) -> Result<Uuid, Stop> {
        self.unit.actor().account().ok_or_else(|| Refusal::whole(Code::Forbidden).into())
    }

    /// Whether the actor is one of these, by this or another account.
    pub(super) async fn is_one_of(&self, accounts: &[Option<Uuid>]) -> Result<bool, Stop> {
        let (own, today) = (self.account()?, self.unit.today());
        let persons = persons_since(self.unit, own, today).await?;
        for account in accounts.iter().flatten() {
            let of = persons_since(self.unit, *account, today).await?;
            if *account == own || of.iter().any(|person| persons.contains(person)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The instrument of an assessment and what it asks.
    pub(super) async fn asked(&self, of: &Assessment) -> Result<(Instrument, Content), Stop> {
        let instrument = self.store.instrument(of.instrument_id).await?.ok_or_else(not_found)?;
        let content = self.store.content(of.instrument_id).await?;
        Ok((instrument, content))
    }

    /// The indicators for which an assessment has evidence.
    pub(super) async fn evidenced(&self, of: &Assessment) -> Result<Vec<Uuid>, Stop> {
        let evidence = self.store.evidence_of(of.id).await?;
        Ok(evidence.iter().map(|piece: &Evidence| piece.indicator_id).collect())
    }

    /// The assessment after `command`.
    pub(super) fn stepped(of: &Assessment, command: Command) -> Result<Assessment, Stop> {
        refuse_any(rules::unmet_for_step(of.state, command))?;
        let conflict = || Stop::from(Refusal::whole(Code::Conflict));
        Ok(Assessment { state: of.state.after(command).ok_or_else(conflict)?, ..of.clone() })
    }

    /// Saves `after` as the next version of `before` and records the change.
    pub(super) async fn save(
        &self,
        action: &'static str,
        before: &Assessment,
        mut after: Assessment,
        facts: &[&str],
        reason: Option<&str>,
    ) -> Result<Assessment, Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update_assessment(&after).await?;
        self.record(action, Some(before), &after, facts, reason);
        Ok(after)
    }

    /// Records a change in the trail.
    pub(super) fn record<T: Audited>(
        &self,
        action: &'static str,
        before: Option<&T>,
        after: &T,
        facts: &[&str],
        reason: Option<&str>,
    ) {
        let (acting_as, reason) = (self.acting_as.clone(), reason.map(str::to_owned));
        self.unit.record(Change::of(action, before, after, facts, acting_as, reason));
    }
}
