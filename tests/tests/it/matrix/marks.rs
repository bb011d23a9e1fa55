//! A network in which every text that not everyone may read carries a mark of its own.

use std::collections::BTreeMap;
use std::ops::Deref;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use alongside::config::ApiSettings;
use tests::curricula::{Standing, curriculum};
use tests::engines::Fixture;
use tests::given::{self, as_system, granted};
use tests::{
    Engine, Tenant, World, applications, careers, courses, credentials, enrolments, licences,
    protection, readiness, uploads, vault,
};
use uuid::Uuid;

use super::facts::{Facts, Who};
use super::people;
use super::policy::{Marked, Policy};

/// What every mark begins with.
pub const MARK: &str = "cny-";

/// A world with marks. Whether every invariant holds is not looked at in the end: the marks break the
/// seals of the audit trail.
pub struct Network(World);

impl Deref for Network {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Fixture for Network {
    async fn open(engine: Engine) -> Self {
        let world = World::with(engine, |config| {
            config.api = wide(&config.api);
            config.server.body_limit = 1 << 20;
            config.budget.cost_burst = u32::MAX;
            config.budget.cost_per_second = u32::MAX;
        });
        let world = world.await;
        fill(&world).await;
        Self(world)
    }

    fn lend(&self) -> Self {
        Self(self.0.clone())
    }

    async fn close(self) {
        self.come_to_rest().await;
        self.app.core().db().close().await;
        self.database.eye.close().await;
    }
}

/// Limits of documents that let one of them ask for everything: other tests hold the limits.
fn wide(settings: &ApiSettings) -> ApiSettings {
    ApiSettings {
        max_document: 1 << 20,
        max_tokens: u64::MAX,
        max_depth: 64,
        max_selections: u64::MAX,
        max_aliases: u64::MAX,
        max_query_fields: u64::MAX,
        max_list: 10_000,
        max_cost: u64::MAX,
        max_nodes: u64::MAX,
        max_page: 1_000,
        ..settings.clone()
    }
}

/// A mark in the database.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The column.
    pub of: Marked,
    /// The row of that column's table.
    pub row: Uuid,
}

/// One who asks: a name for messages, the account, its token.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Such as `PCO of A`.
    pub name: String,
    /// The account; `None` for the public.
    pub account: Option<Uuid>,
    /// The token.
    pub token: Option<String>,
}

/// The account that holds every role for the nation, and so sees everything.
pub const EVERYONE: &str = "everyone-at-once";

/// The account of a subject.
pub fn account(subject: &str) -> Uuid {
    account_id(DemoIssuer::NAME, subject)
}

/// The one who asks as the account of `subject`.
pub fn asker(world: &World, subject: &str) -> Asker {
    let token = Some(world.token_of(subject));
    Asker { name: subject.to_owned(), account: Some(account(subject)), token }
}

/// Every role with every scope that a grant of it may have.
fn scopes(world: &World, region: Uuid) -> Vec<(String, Role, GrantScope)> {
    let of =
        |role: Role, scope: GrantScope, name: &str| (format!("{role:?} of {name}"), role, scope);
    let everywhere = |role: Role| {
        let (a, b) = (world.a.id, world.b.id);
        let mut scopes = vec![
            of(role, GrantScope::Organisation(a), "A"),
            of(role, GrantScope::Organisation(b), "B"),
            of(role, GrantScope::Own, "the own records"),
        ];
        if role.may_be_national() {
            scopes.push(of(role, GrantScope::Nation, "the nation"));
            scopes.push(of(role, GrantScope::Region(region), "a region"));
        } else {
            scopes.push(of(role, GrantScope::Course(Uuid::from_u128(0xC0)), "a course"));
        }
        scopes
    };
    Role::ALL.into_iter().flat_map(everywhere).collect()
}

/// Subjects whose grants no use case makes, or whose access was ended.
const ODD: [&str; 6] = [
    "a coordinator of A whose account is disabled",
    "a coordinator of A whose tokens were ended",
    "a coordinator of A from tomorrow on",
    "a coordinator of A until today",
    "a coordinator whom a stray row makes one of the nation",
    "an account without roles",
];

/// Everyone who asks.
pub async fn askers(world: &World) -> Vec<Asker> {
    let region = region(world).await;
    let mut askers: Vec<Asker> =
        scopes(world, region).iter().map(|(name, ..)| asker(world, name)).collect();
    askers.extend(ODD.map(|subject| asker(world, subject)));
    askers.push(asker(world, "a coordinator of A and of B"));
    askers.push(asker(world, EVERYONE));
    askers.push(Asker { name: "the public".to_owned(), account: None, token: None });
    askers
}

async fn region(world: &World) -> Uuid {
    let id = world.engine().hex("region_id");
    let sql = format!(
        "select {id} from region_membership where organisation_id = {}",
        world.uuid(world.a.id)
    );
    let ids = world.database.eye.texts(&sql).await;
    Uuid::parse_str(&ids[0]).expect("the region of A")
}

/// Fills every table of the world, and marks what is not public.
async fn fill(world: &World) {
    grant_all(world).await;
    for tenant in [&world.a, &world.b] {
        given::proposal(world, tenant, "ZZ1 1AA").await;
        rows_of(world, tenant).await;
        for standing in Standing::ALL {
            curriculum(world, Some(tenant.id), standing).await;
        }
    }
    curriculum(world, None, Standing::Draft).await;
    people::fill(world).await;
    vault::filled(world, EVERYONE).await;
    crate::employer::given::fill(world).await;
    for pair in [(&world.a, &world.b), (&world.b, &world.a)] {
        for row in courses::filled(world, pair) {
            execute(world, &row).await;
        }
    }
    for (tenant, name) in [(&world.a, "Applicant of A"), (&world.b, "Applicant of B")] {
        let applied = applications::filled(world, tenant, account(name));
        for row in credentials::filled(world, tenant).into_iter().chain(applied) {
            execute(world, &row).await;
        }
    }
    for pair in [(&world.a, &world.b), (&world.b, &world.a)] {
        for row in enrolments::filled(world, pair) {
            execute(world, &row).await;
        }
        for row in careers::filled(world, pair, account(EVERYONE)) {
            execute(world, &row).await;
        }
        for row in protection::filled(world, pair.0, EVERYONE) {
            execute(world, &row).await;
        }
    }
    readiness::retired_instrument(world).await;
    readiness::draft_instrument(world).await;
    for row in uploads::filled(world, EVERYONE) {
        execute(world, &row).await;
    }
    rows_of_the_nation(world).await;
    mark(world, &Policy::read()).await;
}

/// Grants every role with every scope to an account of its own, and some to one.
pub async fn grant_all(world: &World) {
    let mut grants = scopes(world, region(world).await);
    // Nobody is funding officer and funding approver at once.
    let national = |role: &Role| role.may_be_national() && *role != Role::FundingApprover;
    for role in Role::ALL.into_iter().filter(national) {
        grants.push((EVERYONE.to_owned(), role, GrantScope::Nation));
    }
    let coordinator = Role::PartnerCoordinator;
    let a = GrantScope::Organisation(world.a.id);
    grants.extend(ODD[..5].iter().map(|subject| ((*subject).to_owned(), coordinator, a)));
    for tenant in [&world.a, &world.b] {
        let both = "a coordinator of A and of B".to_owned();
        grants.push((both, coordinator, GrantScope::Organisation(tenant.id)));
        grants.push((EVERYONE.to_owned(), coordinator, GrantScope::Organisation(tenant.id)));
    }
    as_system(world.app.core(), move |unit| {
        let grants = grants.clone();
        Box::pin(async move {
            for (subject, role, scope) in grants {
                granted(unit, &subject, role, scope).await?;
            }
            Ok(())
        })
    })
    .await;
    let [disabled, ended, tomorrow, until, stray] =
        [0, 1, 2, 3, 4].map(|odd| world.uuid(account(ODD[odd])));
    for change in [
        format!("update account set enabled = false where id = {disabled}"),
        format!(
            "insert into ended_access values ({ended}, 'ACCOUNT', '2026-05-01T09:00:00+00:00', 1)"
        ),
        format!("update role_grant set valid_from = '2026-05-02' where account_id = {tomorrow}"),
        format!("update role_grant set valid_to = '2026-05-01' where account_id = {until}"),
        format!(
            "update role_grant set scope_type = 'NATION', scope_id = null where account_id = {stray}"
        ),
    ] {
        execute(world, &change).await;
    }
}

async fn execute(world: &World, sql: &str) {
    world.database.eye.execute(sql).await.unwrap_or_else(|error| unreachable!("{sql}: {error}"));
}

/// A row for each private thing of an organisation that no use case of these tests leaves behind.
async fn rows_of(world: &World, tenant: &Tenant) {
    let (id, at) = (world.uuid(tenant.id), "'2026-05-01T09:00:00+00:00'");
    let new = |what: u8| world.uuid(Uuid::new_v5(&tenant.id, &[what]));
    let board = |code: &str| format!("(select id from care_board where ods_code = '{code}')");
    for row in [
        format!(
            "insert into board_assignment values ({}, {id}, {}, '1901-02-03', 'OPEN', null, {at}, 1)",
            new(1),
            board("QJG")
        ),
        format!(
            "insert into board_assignment values ({}, {id}, {}, '1901-02-04', 'ASSIGNED', {}, {at}, 2)",
            new(2),
            board("QE1"),
            board("QJK")
        ),
        format!(
            "insert into change_proposal values ({}, {id}, 'x', 'NAME', 'x', 'x', 'REJECTED', {at}, {at}, 2)",
            new(3)
        ),
        format!(
            "insert into board_membership values ({}, {id}, {}, 'ASSOCIATE', '2024-01-01', null)",
            new(4),
            board("QOP")
        ),
        format!(
            "insert into organisation_succession values ({}, {id}, null, '2026-06-01', 'CLOSURE', 'x')",
            new(5)
        ),
        format!("insert into site values ({}, {id}, 'House', null, null, null)", new(6)),
        format!(
            "insert into organisation_identifier values ({}, {id}, 'UKPRN', '1000000{}', null, null, {at}, 'x')",
            new(7),
            u8::from(tenant == &world.b)
        ),
        format!("update region_membership set override_reason = 'x' where organisation_id = {id}"),
        format!(
            "insert into mail_message values ({}, {id}, 'x', 'x', 'a@b.c', 'x', 'x', 'WAITING', 1, {at}, null, 'x', '2026-05-01', {at})",
            new(8)
        ),
        format!("insert into file_removal values ({}, {id}, {at}, {at})", new(9)),
    ] {
        execute(world, &row).await;
    }
    let number = u8::from(tenant == &world.b);
    let assessed = readiness::filled(world, tenant, number);
    for row in assessed.into_iter().chain(licences::filled(world, tenant, number)) {
        execute(world, &row).await;
    }
}

async fn rows_of_the_nation(world: &World) {
    let (id, at) = (world.uuid(Uuid::from_u128(0x1)), "'2026-05-01T09:00:00+00:00'");
    let (a, b) = (world.uuid(world.a.id), world.uuid(world.b.id));
    let account = world.uuid(account("Trainer of A"));
    for row in [
        format!("insert into import_run values ({id}, 'x', 'x', {at}, null, 1, 2, 3, 4, 5, 6, 7)"),
        format!(
            "insert into organisation_succession values ({id}, {a}, {b}, '2026-06-01', 'MERGER', null)"
        ),
        format!(
            "insert into idempotency_record values ({id}, {account}, 'x', 'x', 'x', {at}, {at})"
        ),
        "update audit_chain set last_hash = 'x'".to_owned(),
    ] {
        execute(world, &row).await;
    }
}

/// Puts a mark of its own into every filled text column that the matrix names; it tells the owner.
async fn mark(world: &World, policy: &Policy) {
    let (a, b) = (world.uuid(world.a.id), world.uuid(world.b.id));
    unlock(world).await;
    for Marked { table, column, .. } in policy.marked() {
        let owner = match table.as_str() {
            "audit_event" | "outbox_event" => "chain",
            "role_grant" => "scope_id",
            "programme" | "programme_version" | "programme_module" | "declared_gap" => "owner_id",
            "account" | "idempotency_record" | "import_run" | "audit_chain" | "vault_key" => "id",
            "readiness_instrument" | "readiness_domain" | "readiness_indicator" => "id",
            "development_record" => "id",
            "consent" | "erasure_request" | "retention_rule" | "retention_proposal" => "id",
            table if table.starts_with("person") || table.starts_with("trainer") => "id",
            _ => "organisation_id",
        };
        let id = world.engine().hex("id");
        let sql = format!(
            "update {table} set {column} = '{MARK}' || \
             case when {owner} = {a} then 'A' when {owner} = {b} then 'B' else 'N' end || \
             '-{table}-{column}-' || {id} where {column} is not null"
        );
        // The setting is one connection's: it goes with the change that needs it.
        let loose = world.engine() == Engine::Sqlite && table == "trainer";
        let change = if loose {
            format!("pragma foreign_keys = off; {sql}; pragma foreign_keys = on")
        } else {
            sql.clone()
        };
        let marked = world.database.eye.execute(&change).await;
        let marked = marked.unwrap_or_else(|error| unreachable!("{sql}: {error}"));
        assert!(
            marked > 0 || column == "before_hash" || column == "reason",
            "{table}.{column} holds nothing to mark"
        );
    }
}

/// Lets the marks into the audit trail and into published curricula, which nobody may change, and into a
/// name that is repeated.
async fn unlock(world: &World) {
    for (table, trigger) in [
        ("audit_event", "audit_event_append_only_update"),
        ("programme_version", "programme_version_stays"),
        ("programme_module", "programme_module_stays_update"),
        ("declared_gap", "declared_gap_stays_update"),
        ("readiness_instrument", "readiness_instrument_stays"),
        ("readiness_domain", "readiness_domain_stays_update"),
        ("readiness_indicator", "readiness_indicator_stays_update"),
        ("course", "course_one_version"),
        ("course_session", "session_settled"),
        ("module_waiver", "module_waiver_append_only_update"),
    ] {
        let unlock = match world.engine() {
            Engine::Sqlite => format!("drop trigger {trigger}"),
            Engine::Postgres => format!("alter table {table} disable trigger user"),
        };
        execute(world, &unlock).await;
    }
    if world.engine() == Engine::Postgres {
        execute(world, "alter table trainer drop constraint trainer_person").await;
    }
}

/// Every mark in the database, by its text.
pub async fn marks(world: &World, policy: &Policy) -> BTreeMap<String, Mark> {
    let mut marks = BTreeMap::new();
    for of in policy.marked() {
        let Marked { table, column, .. } = &of;
        let id = world.engine().hex("id");
        let sql = format!("select {id} || {column} from {table} where {column} like '{MARK}%'");
        for text in world.database.eye.texts(&sql).await {
            let (row, mark) = text.split_at(32);
            let row = Uuid::parse_str(row).expect("an id");
            marks.insert(mark.to_owned(), Mark { of: of.clone(), row });
        }
    }
    marks
}

impl Policy {
    /// Whether `who` may be shown `mark`: whether a field tells it that `who` reads of a row.
    pub fn may_show(&self, facts: &Facts, who: &Who, mark: &Mark) -> bool {
        mark.of.told_by.iter().any(|(ty, field)| {
            let by = self.field(ty, field).by.unwrap_or_else(|| "id".to_owned());
            facts.rows[ty].iter().any(|row| {
                row.key(&by) == Some(mark.row)
                    && self.sees_row(who, ty, row)
                    && self.sees_field(who, ty, field, row)
            })
        })
    }
}
