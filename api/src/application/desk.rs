//! In whose name something is done with an application, and in which chain the trail of it lies.

use uuid::Uuid;

use super::model::{Application, Command, State};
use super::rules;
use super::store::Applications;
use crate::actor::Permission;
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, not_found};
use crate::person::rules::unmet_for_hands;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// The role that allows something, and the chain of the trail.
#[derive(Clone, Debug)]
pub struct Hand {
    /// The role.
    pub acting_as: String,
    /// The chain: the organisation's, or that of the applicant's own person.
    pub chain: Uuid,
}

impl Hand {
    /// Records a change.
    pub(super) fn record(
        &self,
        unit: &Unit,
        action: &'static str,
        before: Option<&Application>,
        after: &Application,
    ) {
        let change = Change::of(action, before, after, &[], self.acting_as.clone(), None);
        unit.record(Change { chain: self.chain, ..change });
    }

    /// Saves `changed` as the next version of `before` and records it.
    pub(super) async fn save(
        &self,
        unit: &Unit,
        action: &'static str,
        before: &Application,
        changed: Application,
    ) -> Result<Application, Stop> {
        let after = Applications::of(unit).update(changed).await?;
        self.record(unit, action, Some(before), &after);
        Ok(after)
    }

    /// The same after a step, if it exists.
    pub(super) async fn step(
        &self,
        unit: &Unit,
        action: &'static str,
        before: &Application,
        changed: Application,
        command: Command,
    ) -> Result<Application, Stop> {
        refuse_any(rules::unmet_for_step(before.state, command))?;
        let conflict = || Stop::from(Refusal::whole(Code::Conflict));
        let state = before.state.after(command).ok_or_else(conflict)?;
        let waits = state == State::Waitlisted;
        let changed = Application {
            state,
            waitlisted_at: changed.waitlisted_at.filter(|_| waits),
            ended_at: state.is_over().then(|| unit.now()),
            ..changed
        };
        self.save(unit, action, before, changed).await
    }
}

/// The application as the caller read it.
pub(super) fn fresh(found: Application, at: At) -> Result<Application, Stop> {
    if found.version == at.version { Ok(found) } else { Err(Refusal::stale().into()) }
}

/// What somebody without the right is told of an application.
pub(super) fn unseen(unit: &Unit, found: &Application) -> Code {
    let actor = unit.actor();
    let sees = actor.may_nationally(Permission::SeeApplications)
        || actor.acting_in(found.organisation_id, Permission::SelectApplicants).is_some();
    let seen = sees && found.submitted_at.is_some() || actor.person() == Some(found.person_id);
    if seen { Code::Forbidden } else { Code::NotFound }
}

/// The application, not locked yet, and the hand of who selects: in the organisation that delivers, and never the
/// applicant (PER-2).
pub(super) async fn selected(unit: &Unit, id: Uuid) -> Result<(Hand, Application), Stop> {
    let found = Applications::of(unit).find(id).await?.ok_or_else(not_found)?;
    let organisation = found.organisation_id;
    let Some(acting_as) = unit.actor().acting_in(organisation, Permission::SelectApplicants) else {
        return Err(Refusal::whole(unseen(unit, &found)).into());
    };
    refuse_any(unmet_for_hands(unit.actor().person(), &[Some(found.person_id)]))?;
    restriction::refuse(unit, found.person_id).await?;
    // What nobody handed in is the applicant's own.
    if found.submitted_at.is_none() {
        return Err(not_found());
    }
    Ok((Hand { acting_as, chain: organisation }, found))
}

/// The same, locked, as the caller read it.
pub(super) async fn locked(unit: &Unit, at: At) -> Result<(Hand, Application), Stop> {
    let (hand, _) = selected(unit, at.id).await?;
    let found = Applications::of(unit).lock(at.id).await?.ok_or_else(not_found)?;
    Ok((hand, fresh(found, at)?))
}
