//! What a test begins with: organisations and role grants, made through the service's own use cases.
//!
//! Everything here is fictional: codes begin with `ZZ`, which the Organisation Data Service gives to
//! nobody.

use std::sync::atomic::{AtomicU32, Ordering};

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::{NewGrant, grant};
use alongside::actor::{GrantScope, Identity, Role};
use alongside::command::{self, Outcome, Request, Stop, Unit, Work};
use alongside::core::Core;
use alongside::import::proposal::{Difference, Field, save_once};
use alongside::organisation::identifier::IdentifierScheme;
use alongside::organisation::model::{Command, Kind};
use alongside::organisation::rules::GivenIdentifier;
use alongside::organisation::service::{self, NewOrganisation};
use alongside::organisation::store::Organisations;
use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::world::{Tenant, World};

/// An ODS code that no other test of this process uses.
#[must_use]
pub fn ods_code() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("ZZ{:05}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The day written as `YYYY-MM-DD`.
#[must_use]
pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date as YYYY-MM-DD")
}

/// The subject of the account that holds `role` in `organisation`, or for the nation.
#[must_use]
pub fn subject(role: Role, organisation: Option<Uuid>) -> String {
    organisation.map_or_else(
        || format!("{}-of-the-nation", role.code()),
        |id| format!("{}-of-{}", role.code(), id.simple()),
    )
}

/// An organisation in the making: an NHS trust with one verified ODS code, in a board that lives on.
#[derive(Clone, Debug)]
pub struct Organisation {
    name: Option<String>,
    kind: Kind,
    ods: String,
    verified: bool,
    board: Option<&'static str>,
    since: NaiveDate,
    sites: Vec<(String, Option<String>)>,
    active: bool,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: None,
            kind: Kind::NhsTrust,
            ods: ods_code(),
            verified: true,
            board: Some("QE1"),
            since: day("2023-01-01"),
            sites: Vec::new(),
            active: false,
        }
    }
}

/// An [`Organisation`] that can be registered in a world.
#[must_use]
pub struct Given<'w> {
    world: &'w World,
    organisation: Organisation,
}

/// An organisation to be registered in `world`; what is not said has a sensible default.
pub fn organisation(world: &World) -> Given<'_> {
    Given { world, organisation: Organisation::default() }
}

impl Given<'_> {
    /// With this legal name.
    pub fn named(mut self, name: &str) -> Self {
        self.organisation.name = Some(name.to_owned());
        self
    }

    /// Of this kind.
    pub const fn kind(mut self, kind: Kind) -> Self {
        self.organisation.kind = kind;
        self
    }

    /// With this ODS code.
    pub fn ods(mut self, code: &str) -> Self {
        code.clone_into(&mut self.organisation.ods);
        self
    }

    /// With an ODS code that nobody verified.
    pub const fn unverified(mut self) -> Self {
        self.organisation.verified = false;
        self
    }

    /// In the board with this ODS code.
    pub const fn board(mut self, ods_code: &'static str) -> Self {
        self.organisation.board = Some(ods_code);
        self
    }

    /// In a board that was split on 1 April 2026, so that it is on the unassigned list.
    pub const fn in_a_split_board(self) -> Self {
        self.board("QJG")
    }

    /// Open and in its board since this day.
    pub const fn since(mut self, day: NaiveDate) -> Self {
        self.organisation.since = day;
        self
    }

    /// With a site of this name.
    pub fn site(mut self, name: &str) -> Self {
        self.organisation.sites.push((name.to_owned(), Some("ZZ99 9ZZ".to_owned())));
        self
    }

    /// Taking part already: its version is then 2.
    pub const fn active(mut self) -> Self {
        self.organisation.active = true;
        self
    }

    /// Registers it.
    pub async fn register(self) -> Tenant {
        let Self { world, organisation } = self;
        let registered = organisation.clone();
        let id = as_system(world.app.core(), move |unit| {
            let organisation = registered.clone();
            Box::pin(async move { organisation.register(unit).await })
        })
        .await;
        organisation.tenant(id)
    }
}

impl Organisation {
    /// The first two tenants of every world: two regions, two boards.
    #[must_use]
    pub fn tenant_in(name: &str, board: &'static str) -> Self {
        Self { name: Some(name.to_owned()), board: Some(board), ..Self::default() }
    }

    /// The tenant that this becomes once registered as `id`.
    #[must_use]
    pub fn tenant(&self, id: Uuid) -> Tenant {
        Tenant { id, name: self.legal_name(), ods: self.ods.clone() }
    }

    fn legal_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("Fictional Trust {}", self.ods))
    }

    /// Registers it in the transaction of `unit`.
    ///
    /// # Errors
    ///
    /// What the service refuses.
    pub async fn register(self, unit: &Unit) -> Result<Uuid, Stop> {
        let boards = Organisations::of(unit).boards().await?;
        let board = self.board.map(|code| {
            boards
                .iter()
                .find(|(ods, _)| ods == code)
                .map(|(_, board)| board.id)
                .expect("a known board")
        });
        let identifier = GivenIdentifier { scheme: IdentifierScheme::Ods, value: self.ods.clone() };
        let new = NewOrganisation {
            name: self.legal_name(),
            short_name: None,
            kind: self.kind,
            delivers: true,
            employs: true,
            reference_only: false,
            identifiers: vec![(identifier, self.verified)],
            address: None,
            postcode: None,
            opened_on: Some(self.since),
            closed: None,
            board,
            board_from: Some(self.since),
            region: None,
            region_override_reason: None,
            sites: self.sites,
        };
        let id = service::register(unit, new).await?.id;
        if self.active {
            service::step(unit, id, 1, Command::Activate).await?;
        }
        Ok(id)
    }
}

/// A proposal to give `tenant` this postcode, as a published file would bring it; gives its id as the
/// API has it. Its version is 1.
pub async fn proposal(world: &World, tenant: &Tenant, postcode: &str) -> String {
    let (organisation_id, postcode) = (tenant.id, postcode.to_owned());
    as_system(world.app.core(), move |unit| {
        let file = Some(postcode.clone());
        let field = Field::Postcode;
        let source = "a fictional file";
        let difference = Difference { organisation_id, source, field, now: None, file };
        Box::pin(save_once(unit, difference, "SYSTEM:tests"))
    })
    .await;
    let document =
        "{ changeProposals(first: 100) { nodes { id proposedValue organisation { id } } } }";
    let data = world.data(Some(&world.officer()), document, json!({})).await;
    let nodes = data["changeProposals"]["nodes"].as_array().expect("a list");
    let made = nodes.iter().rfind(|node| node["organisation"]["id"] == tenant.global_id());
    made.expect("the proposal was made")["id"].as_str().expect("an id").to_owned()
}

/// Grants `role` with `scope` to the account of `subject`, in the transaction of `unit`.
///
/// # Errors
///
/// What the service refuses.
pub async fn granted(
    unit: &Unit,
    subject: &str,
    role: Role,
    scope: GrantScope,
) -> Result<Uuid, Stop> {
    granted_at(unit, DemoIssuer::NAME, subject, role, scope).await
}

/// The same, to the account of `subject` at `issuer`.
///
/// # Errors
///
/// What the service refuses.
pub async fn granted_at(
    unit: &Unit,
    issuer: &str,
    subject: &str,
    role: Role,
    scope: GrantScope,
) -> Result<Uuid, Stop> {
    let new = NewGrant {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        label: format!("{} for a test", role.title()),
        role,
        scope,
        from: day("2026-01-01"),
    };
    grant(unit, new).await
}

/// Runs `work` as a job of the service itself.
pub async fn as_system<T, W>(core: &Core, work: W) -> T
where
    T: Serialize + DeserializeOwned + Send + 'static,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T> + Send + Sync + 'static,
{
    as_identity(core, Identity::System("tests"), work).await
}

/// Runs `work` in the name of `identity`.
pub async fn as_identity<T, W>(core: &Core, identity: Identity, work: W) -> T
where
    T: Serialize + DeserializeOwned + Send + 'static,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T> + Send + Sync + 'static,
{
    let request = Request {
        identity,
        name: "given",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: "given".to_owned(),
    };
    match command::run(core, request, work).await.expect("the database works") {
        Outcome::Done(answer) => answer,
        Outcome::Refused(refusals) => unreachable!("what a test is given is allowed: {refusals:?}"),
    }
}
