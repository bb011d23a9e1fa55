//! Where the use cases of trainers work.

use uuid::Uuid;

use super::model::{Accreditation, Affiliation, Trainer};
use super::rules;
use super::store::Trainers;
use crate::actor::{Identity, Permission};
use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::credential::follow;
use crate::credential::service::Hand;
use crate::person::desk::{At, not_found};
use crate::person::rules::unmet_for_hands;
use crate::protection::model::ConsentPurpose;
use crate::protection::{consents, restriction};
use crate::refusal::{Code, Refusal};

/// Where a use case works: its transaction, its store, the role that allows it, the chain of the trail.
pub struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(super) store: Trainers<'a>,
    acting_as: String,
    chain: Uuid,
    /// The organisation for which the actor acts, if not for the nation.
    pub(super) acting_for: Option<Uuid>,
}

impl<'a> Desk<'a> {
    pub(super) fn of(unit: &'a Unit, acting_as: String, acting_for: Option<Uuid>) -> Self {
        let chain = acting_for.unwrap_or(audit::NATION);
        Self { unit, store: Trainers::of(unit), acting_as, chain, acting_for }
    }

    /// The desk of whoever holds `permission` at a trainer: for the nation, or in an organisation of
    /// affiliation. The trainer is locked. To others the trainer is not there, unless they see the profile.
    pub(super) async fn at(
        unit: &'a Unit,
        permission: Permission,
        id: Uuid,
    ) -> Result<(Self, Trainer), Stop> {
        let affiliations = Trainers::of(unit).affiliations(id).await?;
        let desk = match unit.actor().acting_nationally(permission) {
            Some(acting_as) => Self::of(unit, acting_as, None),
            None => match acting_for(unit, &affiliations, permission) {
                Some((organisation, acting_as)) => Self::of(unit, acting_as, Some(organisation)),
                None => return Err(unseen(unit, id, &affiliations).await?),
            },
        };
        let trainer = desk.store.lock(id).await?.ok_or_else(not_found)?;
        restriction::refuse(unit, trainer.person_id).await?;
        refuse_any(rules::unmet_for_change(&trainer))?;
        Ok((desk, trainer))
    }

    /// The desk of the trainer, by whichever account; the service's own jobs act for everyone.
    pub(super) async fn own(unit: &'a Unit, id: Uuid) -> Result<(Self, Trainer), Stop> {
        let actor = unit.actor();
        let found = Trainers::of(unit).find(id).await?.ok_or_else(not_found)?;
        let desk = match actor.identity() {
            Identity::System(job) => Self::of(unit, format!("SYSTEM:{job}"), None),
            _ if actor.person() == Some(found.person_id) => {
                let own = "SELF".to_owned();
                Self { chain: found.person_id, ..Self::of(unit, own, None) }
            }
            _ => {
                let affiliations = Trainers::of(unit).affiliations(id).await?;
                return Err(unseen(unit, id, &affiliations).await?);
            }
        };
        let trainer = desk.store.lock(id).await?.ok_or_else(not_found)?;
        refuse_any(rules::unmet_for_change(&trainer))?;
        Ok((desk, trainer))
    }

    /// The desk at an accreditation, it and its trainer locked, it as the caller read it.
    pub(super) async fn at_accreditation(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Trainer, Accreditation), Stop> {
        let found = Trainers::of(unit).accreditation(at.id).await?.ok_or_else(not_found)?;
        let (desk, trainer) = match Self::at(unit, permission, found.trainer_id).await {
            // A listed trainer is seen by all, the accreditation is not.
            Err(stop) => return Err(Self::hidden(unit, &found, stop).await?),
            Ok(found) => found,
        };
        let accreditation = desk.locked(at).await?;
        Ok((desk, trainer, accreditation))
    }

    /// The same refusal, unless it would tell that an accreditation is there that the actor does not see.
    pub(super) async fn hidden(
        unit: &Unit,
        found: &Accreditation,
        stop: Stop,
    ) -> Result<Stop, Stop> {
        let store = Trainers::of(unit);
        let affiliations = store.affiliations(found.trainer_id).await?;
        let close = match store.find(found.trainer_id).await? {
            Some(trainer) => is_close(unit, &trainer, &affiliations),
            None => false,
        };
        Ok(if close { stop } else { not_found() })
    }

    /// The accreditation, locked and as the caller read it.
    pub(super) async fn locked(&self, at: At) -> Result<Accreditation, Stop> {
        let found = self.store.lock_accreditation(at.id).await?.ok_or_else(not_found)?;
        if found.version == at.version { Ok(found) } else { Err(Refusal::stale().into()) }
    }

    /// Stops if the actor is the trainer.
    pub(super) fn by_another(&self, trainer: &Trainer) -> Result<(), Stop> {
        refuse_any(unmet_for_hands(self.unit.actor().person(), &[Some(trainer.person_id)]))
    }

    /// The words for the role that allows the work.
    pub(super) fn acting_as(&self) -> &str {
        &self.acting_as
    }

    /// Saves `after` as the next version of `before` and records the change.
    pub(super) async fn save(
        &self,
        action: &'static str,
        before: &Trainer,
        mut after: Trainer,
        facts: &[&str],
    ) -> Result<(), Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update(&after).await?;
        self.record(action, Some(before), &after, facts);
        if before.listed && !after.listed {
            let purpose = ConsentPurpose::TrainerListing;
            consents::end(self.unit, purpose, after.id, &self.acting_as).await?;
        }
        Ok(())
    }

    /// The same of an accreditation.
    pub(super) async fn save_accreditation(
        &self,
        action: &'static str,
        before: &Accreditation,
        mut after: Accreditation,
        facts: &[&str],
    ) -> Result<(), Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update_accreditation(&after).await?;
        self.record(action, Some(before), &after, facts);
        if before.state == after.state { Ok(()) } else { self.lead_credential(&after).await }
    }

    /// Lets the credential of an accreditation follow it (CRD-1).
    pub(super) async fn lead_credential(&self, of: &Accreditation) -> Result<(), Stop> {
        let hand = Hand { acting_as: self.acting_as.clone(), chain: self.chain };
        follow::accreditation(self.unit, of, &hand).await
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

/// The first organisation of a present or future affiliation in which the actor holds `permission`.
fn acting_for(
    unit: &Unit,
    affiliations: &[Affiliation],
    permission: Permission,
) -> Option<(Uuid, String)> {
    let today = unit.today();
    affiliations.iter().filter(|held| held.lasts(today)).find_map(|held| {
        let organisation = held.organisation_id;
        Some((organisation, unit.actor().acting_in(organisation, permission)?))
    })
}

/// What somebody without the right is told of a trainer.
async fn unseen(unit: &Unit, id: Uuid, affiliations: &[Affiliation]) -> Result<Stop, Stop> {
    let Some(trainer) = Trainers::of(unit).find(id).await? else { return Ok(not_found()) };
    let seen = trainer.listed || is_close(unit, &trainer, affiliations);
    Ok(Refusal::whole(if seen { Code::Forbidden } else { Code::NotFound }).into())
}

/// Whether the actor sees more of a trainer than the public register.
fn is_close(unit: &Unit, trainer: &Trainer, affiliations: &[Affiliation]) -> bool {
    unit.actor().may_nationally(Permission::SeeTrainers)
        || acting_for(unit, affiliations, Permission::SeeTrainers).is_some()
        || unit.actor().person() == Some(trainer.person_id)
}
