//! Where the use cases of licences work: each authorises, locks, asks the rules, saves and records.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Command, Licence, Standing, State};
use super::parts::{AppealState, Decision, DecisionKind};
use super::rules;
use super::store::Licences;
use crate::actor::Permission;
use crate::actor::service::{acts_for, persons_since};
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::credential::follow;
use crate::credential::service::Hand;
use crate::organisation::rules::unmet_for_own_organisation;
use crate::organisation::store::Organisations;
use crate::refusal::{Code, Refusal};

/// What a use case changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The licence.
    pub id: Uuid,
    /// What follows from it, in words.
    pub impact: Vec<String>,
}

/// A licence as the caller read it.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The licence.
    pub id: Uuid,
    /// Its version then.
    pub version: i32,
}

/// Where a use case works: its transaction, its store, and the role that allows it.
pub(super) struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(super) store: Licences<'a>,
    pub(super) acting_as: String,
}

impl<'a> Desk<'a> {
    /// The desk of whoever acts in this role.
    pub(super) const fn of(unit: &'a Unit, acting_as: String) -> Self {
        Self { unit, store: Licences::of(unit), acting_as }
    }

    /// The desk of whoever holds `permission` for the nation.
    pub(super) fn of_the_nation(unit: &'a Unit, permission: Permission) -> Result<Self, Stop> {
        match unit.actor().acting_nationally(permission) {
            Some(acting_as) => Ok(Self::of(unit, acting_as)),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The desk of whoever holds `permission` in the organisation. Others learn no more than that they
    /// would of one that is not there, unless they see its licences.
    pub(super) fn of_holder(
        unit: &'a Unit,
        organisation: Uuid,
        permission: Permission,
    ) -> Result<Self, Stop> {
        if let Some(acting_as) = unit.actor().acting_in(organisation, permission) {
            return Ok(Self::of(unit, acting_as));
        }
        let seen = unit.actor().acting_in(organisation, Permission::SeeLicences).is_some();
        let code = if seen { Code::Forbidden } else { Code::NotFound };
        Err(Refusal::whole(code).into())
    }

    /// The desk of the national team at a licence: its holder and itself locked. Nobody decides there for the
    /// own organisation.
    pub(super) async fn at(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Licence), Stop> {
        let desk = Self::of_the_nation(unit, permission)?;
        let found = desk.store.find(at.id).await?.ok_or_else(not_found)?;
        Organisations::of(unit).lock(found.organisation_id).await?.ok_or_else(not_found)?;
        refuse_any(unmet_for_own_organisation(acts_for(unit, found.organisation_id).await?))?;
        let licence = desk.locked(at).await?;
        Ok((desk, licence))
    }

    /// The desk of its holder at a licence, locked.
    pub(super) async fn at_own(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Licence), Stop> {
        let found = Licences::of(unit).find(at.id).await?.ok_or_else(not_found)?;
        let desk = Self::of_holder(unit, found.organisation_id, permission)?;
        let licence = desk.locked(at).await?;
        Ok((desk, licence))
    }

    async fn locked(&self, at: At) -> Result<Licence, Stop> {
        let licence = self.store.lock(at.id).await?.ok_or_else(not_found)?;
        if licence.version == at.version { Ok(licence) } else { Err(Refusal::stale().into()) }
    }

    /// The account that acts: decisions are of people, never of the service's own jobs.
    pub(super) fn account(&self) -> Result<Uuid, Stop> {
        self.unit.actor().account().ok_or_else(|| Refusal::whole(Code::Forbidden).into())
    }

    /// Where a licence stands today.
    pub(super) fn standing(&self, licence: &Licence) -> Standing {
        licence.standing(self.unit.today())
    }

    /// Saves `after` as the next version of `before` and records the change.
    pub(super) async fn save(
        &self,
        action: &'static str,
        before: &Licence,
        mut after: Licence,
        facts: &[&str],
        reason: Option<&str>,
    ) -> Result<Licence, Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update(&after).await?;
        self.record(action, Some(before), &after, facts, reason);
        if before.state != after.state {
            self.lead_credential(&after).await?;
        }
        Ok(after)
    }

    /// Lets the credential of a licence follow it (CRD-1).
    pub(super) async fn lead_credential(&self, of: &Licence) -> Result<(), Stop> {
        let appealed = of.state == State::Revoked && {
            let revocation = self.store.latest(of.id, DecisionKind::Revocation).await?;
            self.store.has_appeal(of.organisation_id, revocation, AppealState::Lodged).await?
        };
        let hand = Hand { acting_as: self.acting_as.clone(), chain: of.organisation_id };
        follow::licence(self.unit, of, appealed, &hand).await
    }

    /// Records a change in the audit trail.
    pub(super) fn record(
        &self,
        action: &'static str,
        before: Option<&Licence>,
        after: &Licence,
        facts: &[&str],
        reason: Option<&str>,
    ) {
        let (acting_as, reason) = (self.acting_as.clone(), reason.map(str::to_owned));
        self.unit.record(Change::of(action, before, after, facts, acting_as, reason));
    }

    /// The licence after `command`, whose rules were asked before.
    pub(super) fn stepped(licence: &Licence, command: Command) -> Result<Licence, Stop> {
        let conflict = || Stop::from(Refusal::whole(Code::Conflict));
        let state = licence.state.after(command).ok_or_else(conflict)?;
        Ok(Licence { state, ..licence.clone() })
    }

    /// Ends a live licence before its time, with its programme types; gives it as saved.
    pub(super) async fn retire(
        &self,
        before: &Licence,
        command: Command,
        on: NaiveDate,
        with: Retirement<'_>,
    ) -> Result<Licence, Stop> {
        let mut after = Self::stepped(before, command)?;
        after.ended_on = Some(on);
        after.teach_out_plan = with.teach_out_plan.map(str::to_owned);
        if let Some(words) = with.public_reason {
            after.public_reason = Some(words.to_owned());
        }
        if with.renewal_decided {
            after.renewal_to = Some(self.unit.today());
        }
        for granted in self.store.granted(before.organisation_id).await? {
            if granted.licence_id == before.id {
                self.store.cut(&granted, on, with.decision).await?;
            }
        }
        self.store.enter_state(&after, on).await?;
        self.save(with.action, before, after, &["programmes"], with.reason).await
    }

    /// PER-2, PER-3: one person takes one part in a decision, by whichever account, also by one that was
    /// theirs when the first part was taken, on the day `since`.
    pub(super) async fn unmet_for_same_person(
        &self,
        accounts: &[Uuid],
        since: NaiveDate,
    ) -> Result<Vec<Refusal>, Stop> {
        let own = self.account()?;
        let mut persons = Vec::new();
        for account in accounts.iter().filter(|account| own != **account) {
            persons.extend(persons_since(self.unit, *account, since).await?);
        }
        let own = persons_since(self.unit, own, since).await?;
        Ok(rules::unmet_for_other_person(&own, &persons))
    }

    /// PER-3: what speaks against confirming what the same person proposed.
    pub(super) async fn unmet_for_proposer(
        &self,
        proposal: Option<&Decision>,
    ) -> Result<Vec<Refusal>, Stop> {
        match proposal {
            Some(by) => self.unmet_for_same_person(&[by.proposed_by], by.proposed_on).await,
            None => Ok(Vec::new()),
        }
    }

    /// PER-2: what speaks against reviewing what the same person handed in.
    pub(super) async fn unmet_for_submitter(
        &self,
        application: &Licence,
    ) -> Result<Vec<Refusal>, Stop> {
        let Some((by, on)) = application.submitted_by.zip(application.submitted_on) else {
            return Ok(Vec::new());
        };
        let same =
            by == self.account()? || !self.unmet_for_same_person(&[by], on).await?.is_empty();
        Ok(rules::unmet_for_submitter(same))
    }

    /// ORG-3: what speaks against giving the holder back what was decided away.
    pub(super) async fn unmet_for_giving_back(
        &self,
        licence: &Licence,
    ) -> Result<Vec<Refusal>, Stop> {
        let holder = self.store.holder(licence.organisation_id).await?.ok_or_else(not_found)?;
        Ok(rules::unmet_for_giving_back(holder.status))
    }

    /// The other open applications to renew what this one renews.
    pub(super) async fn other_renewals(&self, application: &Licence) -> Result<Vec<Licence>, Stop> {
        let Some(renewed) = application.renews_id else { return Ok(Vec::new()) };
        let mut others = self.store.open_renewals(renewed).await?;
        others.retain(|other| other.id != application.id);
        Ok(others)
    }

    /// The licence that `application` renews learns that this renewal is decided, unless another one is handed
    /// in still.
    pub(super) async fn renewal_decided(
        &self,
        application: &Licence,
        renewed: Option<Licence>,
    ) -> Result<(), Stop> {
        let Some(before) = renewed else { return Ok(()) };
        let others = self.other_renewals(application).await?;
        if others.iter().any(|other| other.state != State::Draft) {
            return Ok(());
        }
        let after = Licence { renewal_to: Some(self.unit.today()), ..before.clone() };
        self.save("licence.renewal_decided", &before, after, &[], None).await?;
        Ok(())
    }

    /// The licence that an application renews, locked.
    pub(super) async fn renewed(&self, application: &Licence) -> Result<Option<Licence>, Stop> {
        match application.renews_id {
            Some(id) => self.store.lock(id).await,
            None => Ok(None),
        }
    }
}

/// How a licence ends before its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retirement<'a> {
    /// The action in the audit trail.
    pub(super) action: &'static str,
    /// Why, for the trail.
    pub(super) reason: Option<&'a str>,
    /// Why, in words for everyone.
    pub(super) public_reason: Option<&'a str>,
    /// What becomes of open courses.
    pub(super) teach_out_plan: Option<&'a str>,
    /// Whether its renewal was decided with it.
    pub(super) renewal_decided: bool,
    /// The decision that ends it, where an appeal can undo that.
    pub(super) decision: Option<Uuid>,
}

impl Retirement<'_> {
    /// A retirement under this action, without words.
    pub(super) const fn by(action: &'static str) -> Self {
        Self {
            action,
            reason: None,
            public_reason: None,
            teach_out_plan: None,
            renewal_decided: false,
            decision: None,
        }
    }
}

/// The words for what a licence is called: its number, or that it has none yet.
pub(super) fn called(licence: &Licence) -> &str {
    licence.number.as_deref().unwrap_or("the application")
}

/// What suspension and every early end say to the reader of an impact.
pub(super) fn effects(licence: &Licence, state: State) -> Vec<String> {
    let name = called(licence);
    let mut effects = vec![
        format!("{name}: new courses, enrolments and reservations are blocked from now on"),
        "credentials that were issued stay valid".to_owned(),
    ];
    if state == State::Suspended {
        effects.push("what runs goes on only under a recorded teach-out decision".to_owned());
    }
    effects
}

pub(super) fn not_found() -> Stop {
    Refusal::whole(Code::NotFound).into()
}
