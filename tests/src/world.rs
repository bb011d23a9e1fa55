//! The service with two tenants, behind real HTTP.

use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{Actor, Grant, GrantScope, Identity, Role, Scope};
use alongside::app::App;
use alongside::clock::{FixedSource, Source as _, SystemSource};
use alongside::config::{BudgetSettings, Config, Profile};
use alongside::connection;
use alongside::credential::keys::Signer;
use alongside::graphql::ids;
use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::engines::{Database, Engine, Fixture};
use crate::given::{self, as_system, granted, subject};
use crate::invariants;
use crate::race::{all_returned, patiently};

/// The instant at which every world begins.
pub const NOW: &str = "2026-05-01T09:00:00Z";

/// The master keys of every world's vault: the first wraps.
pub const VAULT_KEYS: &str = "tests:dGhlIG1hc3RlciBrZXkgb2YgYSB0ZXN0LCAzMiBieXQ=";

/// Roles that an account of their own holds for the nation in every world.
pub const NATIONAL: [Role; 6] = [
    Role::LicensingOfficer,
    Role::QualityLead,
    Role::Analyst,
    Role::FundingOfficer,
    Role::FundingApprover,
    Role::DataProtectionOfficer,
];

/// An organisation of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its identifier.
    pub id: Uuid,
    /// Its legal name.
    pub name: String,
    /// Its ODS code.
    pub ods: String,
}

impl Tenant {
    /// Its id as the API gives it.
    #[must_use]
    pub fn global_id(&self) -> String {
        ids::encode("org", self.id)
    }

    /// The Scope of an account that coordinates it and nothing else.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let account =
            account_id(DemoIssuer::NAME, &subject(Role::PartnerCoordinator, Some(self.id)));
        let grant =
            Grant { role: Role::PartnerCoordinator, scope: GrantScope::Organisation(self.id) };
        Actor::new(Identity::account(account), vec![grant]).scope()
    }
}

/// The Scope of the service's own jobs.
#[must_use]
pub fn system_scope() -> Scope {
    Actor::new(Identity::System("tests"), Vec::new()).scope()
}

/// The running service with a database of its own. Cloning is cheap: tasks take a clone each.
#[derive(Clone)]
pub struct World(Arc<Inner>);

/// What a [`World`] holds.
pub struct Inner {
    /// The service.
    pub app: Arc<App>,
    /// Where it listens, such as `http://127.0.0.1:40123`.
    pub base_url: String,
    /// A client for it.
    pub client: Client,
    /// Its clock, which stands still until a test moves it.
    pub source: Arc<FixedSource>,
    /// Signs tokens.
    pub issuer: DemoIssuer,
    /// One organisation, in the North West.
    pub a: Tenant,
    /// Another, in the South West.
    pub b: Tenant,
    /// The database.
    pub database: Database,
    serving: Mutex<Option<Serving>>,
    folder: TempDir,
}

/// The task that serves, and how to end it.
struct Serving {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Deref for World {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Fixture for World {
    async fn open(engine: Engine) -> Self {
        Self::new(engine).await
    }

    fn lend(&self) -> Self {
        self.clone()
    }

    async fn close(self) {
        self.finish().await;
    }
}

impl World {
    /// A world on `engine` with the settings of the tests.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, |_| ()).await
    }

    /// A world whose settings `change` has changed.
    pub async fn with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::migrated(engine).await;
        let folder = tempfile::tempdir().expect("a folder for the issuer's key");
        let issuer = DemoIssuer::open(&folder.path().join("issuer.der")).expect("a signing key");
        let source = Arc::new(FixedSource::new(NOW.parse().expect("an instant")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let base_url = format!("http://{address}");
        let mut config = Config::defaults().expect("the defaults");
        config.profile = Profile::Demo;
        config.database = database.settings();
        config.server.query_timeout_ms = 30_000;
        config.server.mutation_timeout_ms = 30_000;
        // Each world has budgets of its own in the Redis that all share.
        config.redis.url = std::env::var("ALONGSIDE_TEST_REDIS").unwrap_or_default();
        config.redis.prefix = format!("{}:", SystemSource.id().simple());
        config.budget = plenty();
        config.server.public_url = base_url.clone();
        config.credential.confirm_burst = 1_000_000;
        config.credential.keys = vec![folder.path().join("credential-key.pem")];
        std::fs::write(&config.credential.keys[0], KEY.as_bytes()).expect("a key");
        config.files.url = format!("file:{}", folder.path().join("files").display());
        config.vault.keys = VAULT_KEYS.to_owned().into();
        change(&mut config);
        let app =
            App::build(config, source.clone(), Some(&issuer)).await.expect("the service builds");
        let (a, b) = populate(&app).await;
        let serving = serve(Arc::clone(&app), listener);
        let client = Client::builder().no_proxy().build().expect("an HTTP client");
        let serving = Mutex::new(Some(serving));
        Self(Arc::new(Inner {
            app,
            base_url,
            client,
            source,
            issuer,
            a,
            b,
            database,
            serving,
            folder,
        }))
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.database.engine
    }

    /// The folder `name` of this world's own.
    #[must_use]
    pub fn folder(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The names of what lies in the folder of files, parts on their way among them.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let Ok(found) = std::fs::read_dir(self.folder("files")) else { return vec![] };
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.expect("an entry").file_name().into_string().expect("a name")
        };
        let mut names: Vec<String> = found.map(name).collect();
        names.sort();
        names
    }

    /// `id` as a literal of this engine's SQL.
    #[must_use]
    pub fn uuid(&self, id: Uuid) -> String {
        self.engine().uuid(id)
    }

    /// A token of the account that holds `role` in `organisation`, or for the nation.
    ///
    /// The accounts of [`NATIONAL`] and the coordinators of A and B hold their roles from the start;
    /// others get them with [`grant`](Self::grant). A token for nobody's role proves an account that
    /// holds none.
    #[must_use]
    pub fn token(&self, role: Role, organisation: Option<Uuid>) -> String {
        self.token_of(&subject(role, organisation))
    }

    /// A token of the account of `subject`, good for an hour from the world's present.
    #[must_use]
    pub fn token_of(&self, subject: &str) -> String {
        let audience = &self.app.config().auth.audience;
        self.issuer.token(subject, audience, self.source.now(), 3600).expect("a token")
    }

    /// The token of the national licensing officer.
    #[must_use]
    pub fn officer(&self) -> String {
        self.token(Role::LicensingOfficer, None)
    }

    /// The token of the coordinator of `tenant`.
    #[must_use]
    pub fn coordinator(&self, tenant: &Tenant) -> String {
        self.token(Role::PartnerCoordinator, Some(tenant.id))
    }

    /// Grants `role` in `organisation`, or for the nation, to an account of its own; gives its token.
    pub async fn grant(&self, role: Role, organisation: Option<Uuid>) -> String {
        let subject = subject(role, organisation);
        let scope = organisation.map_or(GrantScope::Nation, GrantScope::Organisation);
        self.grant_to(&subject, role, scope).await
    }

    /// Grants `role` with `scope` to the account of `subject`; gives its token.
    pub async fn grant_to(&self, subject: &str, role: Role, scope: GrantScope) -> String {
        let owned = subject.to_owned();
        as_system(self.app.core(), move |unit| {
            let subject = owned.clone();
            Box::pin(async move { granted(unit, &subject, role, scope).await })
        })
        .await;
        self.token_of(subject)
    }

    /// Moves the world's clock.
    pub fn set_clock(&self, now: &str) {
        self.source.set(now.parse::<DateTime<Utc>>().expect("an instant"));
    }

    /// A POST to the GraphQL endpoint, without a body.
    pub fn post(&self, token: Option<&str>) -> RequestBuilder {
        let request = self.client.post(format!("{}/graphql", self.base_url));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends an operation; gives the answer as HTTP has it.
    pub async fn raw(&self, token: Option<&str>, document: &str, variables: Value) -> Response {
        self.post(token)
            .json(&json!({ "query": document, "variables": variables }))
            .send()
            .await
            .expect("the service answers")
    }

    /// Sends an operation; gives the whole body: `data` and `errors`.
    pub async fn query(&self, token: Option<&str>, document: &str, variables: Value) -> Value {
        self.raw(token, document, variables).await.json().await.expect("a JSON body")
    }

    /// Sends an operation that must succeed; gives its `data`.
    pub async fn data(&self, token: Option<&str>, document: &str, variables: Value) -> Value {
        let mut body = self.query(token, document, variables).await;
        assert_eq!(body.get("errors"), None, "{document}");
        body["data"].take()
    }

    /// Runs the mutation `field` on `input`, an object of the type `FieldInput`; `entity` selects from
    /// the payload beyond `impact` and `userErrors`, such as `organisation { id version }`.
    pub async fn mutate(
        &self,
        token: Option<&str>,
        field: &str,
        entity: &str,
        input: Value,
    ) -> Reply {
        let document = mutation(field, entity);
        let mut body = self.query(token, &document, json!({ "input": input })).await;
        // What is left of a budget differs between two replies that are the same otherwise.
        if let Some(body) = body.as_object_mut() {
            body.remove("extensions");
        }
        Reply(body, field.to_owned())
    }

    /// The id of the integrated care board with this ODS code, as the API gives it.
    pub async fn board_id(&self, ods_code: &str) -> String {
        let document =
            "query($code: String!) { integratedCareBoard(by: { odsCode: $code }) { id } }";
        let data = self.data(None, document, json!({ "code": ods_code })).await;
        data["integratedCareBoard"]["id"].as_str().expect("a known board").to_owned()
    }

    /// The id and version of the open place of `tenant` on the unassigned list, as the API gives them.
    pub async fn board_assignment(&self, tenant: &Tenant) -> (String, i64) {
        let document =
            "{ boardAssignments(first: 100) { nodes { id version organisation { id } } } }";
        let data = self.data(Some(&self.officer()), document, json!({})).await;
        let nodes = data["boardAssignments"]["nodes"].as_array().expect("a list");
        let place = nodes.iter().find(|node| node["organisation"]["id"] == tenant.global_id());
        let place = place.expect("it is on the unassigned list");
        (
            place["id"].as_str().expect("an id").to_owned(),
            place["version"].as_i64().expect("a version"),
        )
    }

    /// How many statements the service runs for `work`, BEGIN and COMMIT left out.
    pub async fn statements_of<T>(&self, work: impl Future<Output = T>) -> u64 {
        let before = self.app.core().db().statements();
        work.await;
        self.app.core().db().statements() - before
    }

    /// Takes no more connections and waits until the open ones are done. Connections that a client
    /// keeps alive are done when idle.
    pub async fn stop_serving(&self) {
        let serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Serving { stop, task }) = serving {
            stop.cancel();
            patiently("the server stops", task).await.expect("the server ends well");
        }
    }

    /// Waits until nothing runs any more: no request, no mutation, no lent connection.
    pub async fn come_to_rest(&self) {
        self.stop_serving().await;
        let core = self.app.core();
        core.tasks().close();
        patiently("the running mutations end", core.tasks().wait()).await;
        all_returned(core.db()).await;
    }

    /// Comes to rest, checks what must hold after every test, and closes everything.
    pub async fn finish(&self) {
        self.come_to_rest().await;
        invariants::check(self.app.core(), &self.database.eye).await;
        all_returned(self.app.core().db()).await;
        self.app.core().db().close().await;
        self.database.eye.close().await;
    }
}

/// The document that runs the mutation `field` and selects `entity` beside `impact` and `userErrors`.
#[must_use]
pub fn mutation(field: &str, entity: &str) -> String {
    let (first, rest) = field.split_at(1);
    let ty = format!("{}{rest}Input", first.to_ascii_uppercase());
    format!(
        "mutation($input: {ty}!) {{ {field}(input: $input) {{ \
           {entity} impact userErrors {{ code message path }} }} }}"
    )
}

/// The answer to a mutation.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply(Value, String);

impl Reply {
    /// The whole body.
    #[must_use]
    pub const fn body(&self) -> &Value {
        &self.0
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.0["data"][&self.1]
    }

    /// The codes of `userErrors`; empty if the change was made.
    #[must_use]
    pub fn codes(&self) -> Vec<&str> {
        let errors = self.payload()["userErrors"].as_array();
        let errors = errors.unwrap_or_else(|| unreachable!("a payload, not {}", self.0));
        errors.iter().filter_map(|error| error["code"].as_str()).collect()
    }

    /// The field of the payload, of a change that must have been made.
    pub fn done(&self, field: &str) -> &Value {
        assert_eq!(self.codes(), [] as [&str; 0], "{}", self.0);
        &self.payload()[field]
    }
}

/// Registers the two tenants with their coordinators, and the national accounts.
async fn populate(app: &App) -> (Tenant, Tenant) {
    let first = given::Organisation::tenant_in("Fictional North Trust", "QE1");
    let second = given::Organisation::tenant_in("Fictional South Trust", "QJK");
    let new = [first.clone(), second.clone()];
    let [a, b] = as_system(app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move {
            let mut ids = [Uuid::nil(); 2];
            for (id, organisation) in ids.iter_mut().zip(new) {
                *id = organisation.register(unit).await?;
                let role = Role::PartnerCoordinator;
                granted(unit, &subject(role, Some(*id)), role, GrantScope::Organisation(*id))
                    .await?;
            }
            for role in NATIONAL {
                granted(unit, &subject(role, None), role, GrantScope::Nation).await?;
            }
            Ok(ids)
        })
    })
    .await;
    (first.tenant(a), second.tenant(b))
}

/// Budgets that no test but one about budgets uses up.
fn plenty() -> BudgetSettings {
    BudgetSettings {
        requests_per_second: 100_000,
        request_burst: 1_000_000,
        cost_per_second: 1_000_000,
        cost_burst: 100_000_000,
    }
}

/// Serves `app` on a port that was taken before.
fn serve(app: Arc<App>, listener: TcpListener) -> Serving {
    let stop = CancellationToken::new();
    let settings = app.config().server.clone();
    let router = alongside::server::router(app);
    let task = tokio::spawn(connection::accept(listener, router, settings, stop.clone()));
    Serving { stop, task }
}

/// The key that signs the credentials of every world: making one takes longer than most tests.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key.pem");
    let mut config = Config::defaults().expect("the defaults");
    config.credential.keys = vec![file.clone()];
    Signer::open(&config).expect("a demonstration makes one");
    std::fs::read_to_string(file).expect("a key")
});
