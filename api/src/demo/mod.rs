//! The demonstration network: fictional organisations in all seven regions beside the real trusts as
//! reference data.
//!
//! Everything is made through the services, never by inserts, in its own time: a course that lies behind
//! was planned, held and closed by clocks of those days. Every step looks first whether it is done already,
//! so that a second start adds nothing and an interrupted one goes on.

mod applicants;
mod courses;
mod curricula;
mod employers;
mod enrolments;
mod graduates;
mod licences;
mod network;
mod past;
mod readiness;
mod successions;
mod support;
mod trainers;

use std::sync::Arc;

use clap::ValueEnum;
use entities::{care_board, organisation_identifier, role_grant};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use thiserror::Error;
use uuid::Uuid;

use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::{NewGrant, account_id, grant};
use crate::actor::{GrantScope, Identity, Role};
use crate::command::{self, Outcome, Request, Unit, Work};
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::fault::Fault;
use crate::import::{ods_file, ods_trusts};

/// The folder of the demonstration: database and signing key.
pub const FOLDER: &str = "alongside-demo";

/// The signing key of the demonstration's issuer.
pub const KEY_FILE: &str = "alongside-demo/issuer.key";

/// The list of NHS trusts of March 2022, as published.
const TRUSTS: &[u8] = include_bytes!("../../assets/reference/ods_etr.csv");

/// How large a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// The demonstration's own nineteen.
    Small,
    /// A hundred generated ones besides.
    Medium,
    /// Four hundred generated ones besides.
    National,
}

/// Why the demonstration cannot be built.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The database.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbFault),
    /// A rule refused a step.
    #[error("the demonstration's step {step} was refused: {reasons}")]
    Refused {
        /// The step.
        step: String,
        /// The refusals.
        reasons: String,
    },
}

/// What the demonstration holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Fictional organisations made by this start.
    pub organisations: usize,
    /// Reference trusts imported by this start.
    pub trusts: usize,
    /// Role grants made by this start.
    pub grants: usize,
    /// Fictional curricula published by this start.
    pub curricula: usize,
    /// Licences and applications made by this start.
    pub licences: usize,
    /// Fictional trainers made by this start.
    pub trainers: usize,
    /// Courses made by this start.
    pub courses: usize,
    /// Fictional people put on a course by this start.
    pub enrolments: usize,
}

/// The subject of the demonstration's account for a role.
#[must_use]
pub fn subject(role: Role) -> String {
    format!("demo-{}", role.code().to_ascii_lowercase())
}

/// Builds what is missing of the demonstration; `progress` hears of each step.
///
/// # Errors
///
/// [`DemoError`] names the step.
pub async fn build(core: &Core, size: Size, progress: &dyn Fn(&str)) -> Result<Made, DemoError> {
    let past = past::Past::of(core).await?;
    let mut made = Made::default();
    progress("fictional organisations");
    made.organisations = network::build(&past.founding_after(network::TOLD_BY)).await?;
    progress("fictional curricula");
    made.curricula = curricula::build(&past.founding()).await?;
    progress("accounts and roles");
    made.grants = grants(&past.founding()).await?;
    progress("fictional trainers");
    made.trainers = trainers::build(&past).await?;
    progress("licences");
    made.licences = licences::build(&past, licences::Told::Early).await?;
    progress("courses");
    made.courses = courses::build(&past).await?;
    progress("people on a course");
    made.enrolments = enrolments::build(&past).await?;
    progress("graduates");
    graduates::build(&past).await?;
    progress("applicants");
    applicants::build(&past).await?;
    progress("applications for licences");
    made.licences += licences::build(&past, licences::Told::Late).await?;
    progress("a succession");
    let split = successions::build(&past).await?;
    made.organisations += split;
    made.courses += split;
    progress("reference trusts");
    made.trusts = import_trusts(core).await?;
    progress("support for employers");
    employers::build(core).await?;
    progress("a supervisor's work");
    support::build(&past).await?;
    if size != Size::Small {
        progress("more fictional organisations");
        made.organisations += generate(core, size).await?;
    }
    Ok(made)
}

/// Adds fictional organisations up to `size`; says how many are new.
///
/// # Errors
///
/// [`DemoError`] names the step.
pub async fn generate(core: &Core, size: Size) -> Result<usize, DemoError> {
    let count = match size {
        Size::Small => 0,
        Size::Medium => 100,
        Size::National => 400,
    };
    network::generate(core, count).await
}

async fn import_trusts(core: &Core) -> Result<usize, DemoError> {
    let rows = ods_file::read(TRUSTS).unwrap_or_default();
    let codes = rows.first().map(|row| row.ods_code.clone()).unwrap_or_default();
    if holder(core, &codes).await?.is_some() {
        return Ok(0);
    }
    let (rows, hash) = (Arc::new(rows), ods_trusts::file_hash(TRUSTS));
    let report = step(core, "import of the reference trusts", move |unit| {
        let (rows, hash) = (Arc::clone(&rows), hash.clone());
        Box::pin(async move { ods_trusts::import(unit, &rows, &hash, &|| ()).await })
    })
    .await?;
    Ok(report.created)
}

/// One account for each role, with the role where it counts.
async fn grants(core: &Core) -> Result<usize, DemoError> {
    let partner = holder(core, network::PARTNER_CODE).await?.unwrap_or_default();
    let mut made = 0;
    for role in Role::ALL {
        let account = account_id(DemoIssuer::NAME, &subject(role));
        if has_grant(core, account).await? {
            continue;
        }
        let scope = match role {
            Role::Applicant | Role::Trainee | Role::Reviewer => GrantScope::Own,
            _ if role.may_be_national() => GrantScope::Nation,
            _ => GrantScope::Organisation(partner),
        };
        step(core, "grant of a role", move |unit| {
            let new = NewGrant {
                issuer: DemoIssuer::NAME.to_owned(),
                subject: subject(role),
                label: format!("Demonstration {} (fictional)", role.title()),
                role,
                scope,
                from: unit.today(),
            };
            Box::pin(grant(unit, new))
        })
        .await?;
        made += 1;
    }
    Ok(made)
}

/// Who an account of the demonstration proves to be.
fn account(subject: &str) -> Identity {
    Identity::account(account_id(DemoIssuer::NAME, subject))
}

/// Runs one step in the name of the demonstration.
async fn step<T, W>(core: &Core, name: &str, work: W) -> Result<T, DemoError>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T> + Send + Sync + 'static,
{
    act(core, Identity::System("demo"), name, work).await
}

/// Runs one step in the name of `identity`.
async fn act<T, W>(core: &Core, identity: Identity, name: &str, work: W) -> Result<T, DemoError>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
    W: for<'a> Fn(&'a Unit) -> Work<'a, T> + Send + Sync + 'static,
{
    let request = Request {
        identity,
        name: "demo",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: "demo".to_owned(),
    };
    match command::run(core, request, work).await? {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(refusals) => {
            let reasons: Vec<String> = refusals
                .iter()
                .map(|refusal| format!("{} {}", refusal.code.text(), refusal.path.join(".")))
                .collect();
            Err(DemoError::Refused { step: name.to_owned(), reasons: reasons.join(", ") })
        }
    }
}

/// The organisation that holds an ODS code.
#[expect(clippy::disallowed_methods, reason = "public rows, to see what is there already")]
async fn holder(core: &Core, ods_code: &str) -> Result<Option<Uuid>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let row = organisation_identifier::Entity::find()
        .filter(organisation_identifier::Column::Scheme.eq("ODS"))
        .filter(organisation_identifier::Column::Value.eq(ods_code))
        .one(&tx)
        .await?;
    tx.rollback().await;
    Ok(row.map(|row| row.organisation_id))
}

#[expect(clippy::disallowed_methods, reason = "the demonstration's own accounts")]
async fn has_grant(core: &Core, account: Uuid) -> Result<bool, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let count = role_grant::Entity::find()
        .filter(role_grant::Column::AccountId.eq(account))
        .count(&tx)
        .await?;
    tx.rollback().await;
    Ok(count > 0)
}

/// The boards by ODS code.
#[expect(clippy::disallowed_methods, reason = "public reference rows")]
async fn boards(core: &Core) -> Result<Vec<care_board::Model>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let rows = care_board::Entity::find().all(&tx).await?;
    tx.rollback().await;
    Ok(rows)
}
