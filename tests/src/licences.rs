//! Licences that a test begins with, made through the service's own use cases in the names of three people:
//! one who signs for the holder, one who reviews and proposes, and one who confirms.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Identity, Role};
use alongside::command::{Stop, Unit};
use alongside::graphql::ids;
use alongside::licence::applications::{self, Proposal, Request};
use alongside::licence::model::{Outcome, Tier};
use alongside::licence::parts::GrantTerms;
use alongside::licence::quality::{self, Reasons};
use alongside::licence::service::At;
use alongside::programme::kind::ProgrammeType;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::given::as_identity;
use crate::readiness;
use crate::world::{NOW, Tenant, World};

/// The subject of the account that drafts, signs and appeals for the holder.
pub const SIGNER: &str = "who signs for holders of licences";

/// The subject of the account that reviews, proposes and suspends.
pub const MAKER: &str = "who makes licences";

/// The subject of the account that confirms.
pub const CONFIRMER: &str = "who confirms licences";

/// A licence as it was last left.
#[derive(Clone, Copy, Debug)]
pub struct Licence {
    /// Its identifier.
    pub id: Uuid,
    /// Its version.
    pub version: i32,
}

impl Licence {
    /// Its id as the API gives it.
    #[must_use]
    pub fn global_id(&self) -> String {
        ids::encode("lic", self.id)
    }
}

/// How far a licence has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A draft.
    Draft,
    /// Handed in.
    Submitted,
    /// Under review.
    InReview,
    /// Under review, while a readiness outcome stands.
    Ready,
    /// With a proposed grant.
    Proposed,
    /// Granted.
    Granted,
    /// Suspended.
    Suspended,
    /// With a proposed revocation.
    RevocationProposed,
}

/// A licence in the making: full delivery for peer support workers, from today on, on READY.
#[derive(Clone)]
#[must_use]
pub struct Given {
    world: World,
    holder: Uuid,
    tier: Tier,
    types: Vec<ProgrammeType>,
    outcome: Outcome,
    on: Option<NaiveDate>,
    from: Option<NaiveDate>,
    renews: Option<Uuid>,
    approves_own_courses: bool,
}

/// A licence of `holder`, which must be active; what is not said has a sensible default.
pub fn licence(world: &World, holder: &Tenant) -> Given {
    Given {
        world: world.clone(),
        holder: holder.id,
        tier: Tier::FullDelivery,
        types: vec![ProgrammeType::PeerSupportWorker],
        outcome: Outcome::Ready,
        on: None,
        from: None,
        renews: None,
        approves_own_courses: false,
    }
}

impl Given {
    /// Of this tier.
    pub const fn tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// For these programme types.
    pub fn of(mut self, types: &[ProgrammeType]) -> Self {
        self.types = types.to_vec();
        self
    }

    /// On this readiness outcome; a conditional one brings a condition.
    pub const fn found(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Made on this day, from 2026-01-01 on.
    pub const fn on(mut self, day: NaiveDate) -> Self {
        self.on = Some(day);
        self
    }

    /// Valid from this day on.
    pub const fn from(mut self, day: NaiveDate) -> Self {
        self.from = Some(day);
        self
    }

    /// As a renewal of another.
    pub const fn renewing(mut self, other: &Licence) -> Self {
        self.renews = Some(other.id);
        self
    }

    /// Whose holder approves its own courses, if `it_does`.
    pub const fn approving_own_courses(mut self, it_does: bool) -> Self {
        self.approves_own_courses = it_does;
        self
    }

    /// Makes it, up to this stage.
    pub async fn up_to(self, stage: Stage) -> Licence {
        let world = self.world.clone();
        staff(&world, self.holder).await;
        if let Some(day) = self.on {
            world.set_clock(&format!("{day}T09:00:00Z"));
        }
        if stage >= Stage::Submitted {
            readiness::unless_other(&world, self.holder, self.outcome).await;
        }
        let given = self.clone();
        let applied = as_account(&world, SIGNER, move |unit| {
            let given = given.clone();
            Box::pin(async move { given.apply(unit, stage).await })
        })
        .await;
        let mut licence = Licence { id: applied.0, version: applied.1 };
        if stage >= Stage::InReview {
            if stage >= Stage::Ready {
                readiness::stands_at(&world, self.holder, self.outcome).await;
            }
            let given = self.clone();
            licence.version = as_account(&world, MAKER, move |unit| {
                let given = given.clone();
                Box::pin(async move { given.review(unit, licence.id, stage).await })
            })
            .await;
        }
        if stage >= Stage::Granted {
            licence = self.decide(licence, stage).await;
        }
        if self.on.is_some() {
            world.set_clock(NOW);
        }
        licence
    }

    /// The steps of the holder; gives id and version.
    async fn apply(&self, unit: &Unit, stage: Stage) -> Result<(Uuid, i32), Stop> {
        let request = Request {
            tier: self.tier,
            types: self.types.clone(),
            max_concurrent_courses: None,
            max_trainees_per_course: None,
        };
        let id = applications::draft(unit, self.holder, request, self.renews).await?.id;
        if stage == Stage::Draft {
            return Ok((id, 1));
        }
        applications::submit(unit, At { id, version: 1 }).await?;
        Ok((id, 2))
    }

    /// The steps of the officer up to a proposed grant; gives the version.
    async fn review(&self, unit: &Unit, id: Uuid, stage: Stage) -> Result<i32, Stop> {
        let at = |version| At { id, version };
        applications::begin_review(unit, at(2)).await?;
        if stage >= Stage::Proposed {
            let mut proposal = proposal(self.from.unwrap_or_else(|| unit.today()));
            proposal.terms.approves_own_courses = self.approves_own_courses;
            applications::propose_grant(unit, at(3), proposal).await?;
        }
        Ok(if stage >= Stage::Proposed { 4 } else { 3 })
    }

    async fn decide(&self, licence: Licence, stage: Stage) -> Licence {
        let at = |version| At { id: licence.id, version };
        let confirm = at(licence.version);
        as_account(&self.world, CONFIRMER, move |unit| {
            Box::pin(applications::confirm_grant(unit, confirm))
        })
        .await;
        let mut version = licence.version + 1;
        let reasons =
            || Reasons { reason: "A test.".to_owned(), public_reason: "A test.".to_owned() };
        if stage >= Stage::Suspended {
            let suspend = at(version);
            as_account(&self.world, MAKER, move |unit| {
                let why = reasons();
                Box::pin(async move { quality::suspend(unit, suspend, &why).await })
            })
            .await;
            version += 1;
        }
        if stage >= Stage::RevocationProposed {
            let propose = at(version);
            as_account(&self.world, MAKER, move |unit| {
                let why = reasons();
                Box::pin(async move { quality::propose_revocation(unit, propose, &why).await })
            })
            .await;
            version += 1;
        }
        Licence { version, ..licence }
    }
}

/// A grant from this day on for the usual term; conditions come from the plan.
fn proposal(from: NaiveDate) -> Proposal {
    let terms = GrantTerms {
        from,
        to: from,
        approves_own_courses: false,
        max_concurrent_courses: None,
        max_trainees_per_course: None,
        conditions: Vec::new(),
    };
    Proposal { terms, ends: false, as_asked: [true; 2], reason: "A test.".to_owned() }
}

/// Grants the three people their roles, once in a world and for each holder.
pub async fn staff(world: &World, holder: Uuid) {
    let held = |subject: &str, condition: &str| {
        let account = world.uuid(account_id(DemoIssuer::NAME, subject));
        format!("account_id = {account} and {condition}")
    };
    let eye = &world.database.eye;
    if eye.rows_where("role_grant", &held(CONFIRMER, "role = 'NLO'")).await == 0 {
        world.grant_to(CONFIRMER, Role::LicensingOfficer, GrantScope::Nation).await;
        world.grant_to(MAKER, Role::LicensingOfficer, GrantScope::Nation).await;
        world.grant_to(MAKER, Role::QualityLead, GrantScope::Nation).await;
    }
    let here = format!("scope_id = {}", world.uuid(holder));
    if eye.rows_where("role_grant", &held(SIGNER, &here)).await == 0 {
        let scope = GrantScope::Organisation(holder);
        world.grant_to(SIGNER, Role::PartnerSignatory, scope).await;
    }
}

/// Runs `work` in the name of the account of `subject`.
pub async fn as_account<T, W>(world: &World, subject: &str, work: W) -> T
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    W: for<'a> Fn(&'a Unit) -> alongside::command::Work<'a, T> + Send + Sync + 'static,
{
    let identity = Identity::account(account_id(DemoIssuer::NAME, subject));
    as_identity(world.app.core(), identity, work).await
}

/// Rows that fill every column of everything that hangs on a licence, written past every use case: a
/// licence that was given back in 2020, and an application to renew it. `number` tells the holders apart.
#[must_use]
pub fn filled(world: &World, holder: &Tenant, number: u8) -> Vec<String> {
    let of = world.uuid(holder.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&holder.id, &[100 + what]));
    let account = new(0);
    let (given, asked, proposed, taken) = (new(1), new(2), new(3), new(4));
    let assessed = readiness::filled_assessment(world, holder);
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let (first, ended, to) = ("'2020-01-01'", "'2020-06-01'", "'2021-01-01'");
    vec![
        format!(
            "insert into licence values ({given}, {of}, 'PSL-2020-00000{number}', 'CO_DELIVERY', \
             true, 3, 12, 'SURRENDERED', null, false, 'READY', {first}, 'x', {first}, \
             {first}, {first}, {to}, '2020-10-03', '2021-03-02', {first}, {ended}, null, {ended}, \
             'x', 'x', {given}, {at}, {at}, 7, {account}, {assessed})"
        ),
        format!(
            "insert into licence (id, organisation_id, tier, approves_own_courses, state, renews_id, \
             bridging, created_at, updated_at, version) values ({asked}, {of}, 'HOST_ONLY', false, \
             'DRAFT', {given}, false, {at}, {at}, 1)"
        ),
        format!(
            "insert into licence_programme values ({}, {of}, {asked}, 'VOLUNTEER', 'REQUESTED', \
             null, null, null, null, null)",
            new(6)
        ),
        format!(
            "insert into licence_history values ({}, {of}, {given}, 'GRANTED', {first}, {ended})",
            new(7)
        ),
        format!(
            "insert into licence_history values ({}, {of}, {given}, 'SURRENDERED', {ended}, null)",
            new(8)
        ),
        format!(
            "insert into licence_decision values ({proposed}, {of}, {asked}, 'GRANT', 'PROPOSED', \
             'x', 'x', 'x', {account}, 'NLO', {first}, null, null, null)"
        ),
        format!(
            "insert into licence_decision values ({taken}, {of}, {given}, 'REVOCATION', 'TAKEN', \
             'x', 'x', 'x', {account}, 'NLO', {first}, {}, 'NQL', {first})",
            new(9)
        ),
        format!(
            "insert into licence_programme values ({}, {of}, {given}, 'VOLUNTEER', 'GRANTED', \
             {first}, {ended}, {to}, {taken}, {to})",
            new(5)
        ),
        format!(
            "insert into licence_condition values ({}, {of}, {given}, 'x', {first}, 'MET', {first}, \
             'x', {account})",
            new(10)
        ),
        format!(
            "insert into licence_variation values ({}, {of}, {given}, {taken}, 'FULL_DELIVERY', 4, \
             14, {first}, {ended})",
            new(11)
        ),
        format!(
            "insert into quality_review values ({}, {of}, {given}, 'VISIT', {first}, 'x', 'ADVICE', \
             {first}, {taken}, {account})",
            new(12)
        ),
        format!(
            "insert into licence_appeal values ({}, {of}, {given}, {taken}, 'x', 'UPHELD', {first}, \
             {account}, {account}, null, 'x', {first}, {})",
            new(13),
            new(14)
        ),
    ]
}
