//! What PostgreSQL reads for an answer: never a whole table for a few rows of it.
//!
//! Every root, every relation and every value of every declaration is asked for as each kind of Scope. A wire
//! between the service and PostgreSQL notes the statements that this takes; PostgreSQL then plans them on
//! tables with many rows.

mod growth;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use alongside::actor::{GrantScope, Role};
use alongside::aggregates::ROOTS;
use alongside::graphql::ids;
use alongside::read::declaration::{Def, Many, Relation, Root, RootForm, What, reachable};
use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseConnection};
use serde_json::{Value, json};
use tests::engines::Fixture;
use tests::{Engine, World, on_postgres};
use uuid::Uuid;

use crate::network::unlimited;
use crate::schema::{everyone_at_once, fill};
use wire::{Statement, Wire};

/// A world whose statements are noted, and whose rows no use case made.
struct Watched {
    world: World,
    wire: Wire,
}

impl Deref for Watched {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Fixture for Watched {
    async fn open(engine: Engine) -> Self {
        let mut wire = None;
        let world = World::with(engine, |config| {
            config.api = unlimited(&config.api);
            config.database.url =
                wire.insert(Wire::before(&config.database.url)).url(&config.database.url);
        })
        .await;
        Self { world, wire: wire.expect("it was laid") }
    }

    fn lend(&self) -> Self {
        Self { world: self.world.clone(), wire: self.wire.clone() }
    }

    async fn close(self) {
        self.come_to_rest().await;
        self.app.core().db().close().await;
        self.database.eye.close().await;
    }
}

/// What is asked for, as it is named where it fails, and whether it is a root list.
struct Ask {
    name: String,
    document: String,
    /// The document that asks for the rows above alone.
    above: Option<String>,
    rows: Rows,
}

/// What may be read for the rows of a statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rows {
    /// One by one, by an index.
    Some,
    /// A list in its order, from the first of all or of what one sees.
    List,
    /// A page in its order for each of some rows.
    Page,
    /// By the text that is looked for.
    Found,
}

/// A way from a root list to the rows of a declaration: a document with `{}` where their fields stand.
fn ways() -> BTreeMap<&'static str, String> {
    let mut ways: BTreeMap<&str, String> = BTreeMap::new();
    let mut open: Vec<&'static Def> = Vec::new();
    let pages = roots().filter(|root| root.form == RootForm::Page);
    for root in pages {
        let def = (root.target)();
        open.push(def);
        // A day on which boards were there that have been followed by others.
        let on = if def.rows.listed.is_some() { ", asOf: \"2026-03-31\"" } else { "" };
        let way = format!("{{ {}(first: 50{on}) {{ nodes {{ {{}} }} }} }}", root.name);
        ways.entry(def.name).or_insert(way);
    }
    let mut next = 0;
    while let Some(def) = open.get(next).copied() {
        next += 1;
        for (name, relation) in relations(def) {
            let target = (relation.target)();
            if !ways.contains_key(target.name) {
                let way = ways[def.name].replace("{}", &follow(name, relation, 20, "{}"));
                ways.insert(target.name, way);
                open.push(target);
            }
        }
    }
    ways
}

fn roots() -> impl Iterator<Item = &'static Root> {
    ROOTS.iter().copied().flatten()
}

fn relations(def: &'static Def) -> impl Iterator<Item = (&'static str, &'static Relation)> {
    def.fields.iter().filter_map(|field| match &field.what {
        What::Relation(relation) => Some((field.name, relation)),
        What::Leaf(_) => None,
    })
}

fn follow(name: &str, relation: &Relation, first: u32, fields: &str) -> String {
    match relation.many {
        Many::Page => format!("{name}(first: {first}) {{ nodes {{ {fields} }} }}"),
        Many::One(_) | Many::List(_) => format!("{name} {{ {fields} }}"),
    }
}

/// Everything that can be read.
fn asks() -> Vec<Ask> {
    let (mut asks, ways) = (Vec::new(), ways());
    for root in roots() {
        let (name, def) = (root.name, (root.target)());
        let ask = |name: String, document: String, rows| Ask { name, document, above: None, rows };
        if root.form == RootForm::Page {
            let document = format!("{{ {name}(first: 20) {{ nodes {{ id }} }} }}");
            asks.push(ask(name.to_owned(), document, Rows::List));
            for filter in
                def.filters().iter().filter(|filter| SEARCHED.contains(&(name, filter.name)))
            {
                for test in ["eq", "startsWith"] {
                    let only = format!("{}: {{ {test}: \"x\" }}", filter.name);
                    let document = format!(
                        "{{ {name}(first: 20, where: {{ {only} }}) {{ nodes {{ id }} }} }}"
                    );
                    asks.push(ask(
                        format!("{name} where {} {test}", filter.name),
                        document,
                        Rows::Found,
                    ));
                }
            }
            continue;
        }
        let id = ids::encode(def.rows.prefix, Uuid::from_u128(7));
        let keys = def.rows.keys.iter().map(|key| (key.name, "X1".to_owned()));
        for (key, value) in [("id", id)].into_iter().chain(keys) {
            let document = format!("{{ {name}(by: {{ {key}: \"{value}\" }}) {{ id }} }}");
            asks.push(ask(format!("{name} by {key}"), document, Rows::Some));
        }
    }
    for def in reachable(ROOTS) {
        let way = &ways[def.name];
        let leaves: Vec<&str> = def
            .fields
            .iter()
            .filter(|field| matches!(field.what, What::Leaf(_)))
            .map(|field| field.name)
            .collect();
        let more = |name: &str, fields: &str, rows| Ask {
            name: format!("{}.{name}", def.name),
            document: way.replace("{}", fields),
            above: Some(way.replace("{}", "id")),
            rows,
        };
        asks.push(more("*", &leaves.join(" "), Rows::Some));
        asks.extend(relations(def).map(|(name, relation)| {
            // Of a long page so few rows that there are many more.
            let long = LONG.contains(&(def.name, name));
            let (rows, first) = if long { (Rows::Page, 1) } else { (Rows::Some, 20) };
            more(name, &follow(name, relation, first, "id"), rows)
        }));
    }
    asks
}

/// Lists in which one looks for a text, among many rows.
const SEARCHED: [(&str, &str); 6] = [
    ("courses", "code"),
    ("licences", "number"),
    ("organisations", "currentName"),
    ("organisations", "postcode"),
    ("people", "preferredName"),
    ("trainers", "preferredName"),
];

/// Pages that grow from year to year, and are not sorted for each row above. Others hang on one organisation,
/// licence or person, and stay short.
const LONG: [(&str, &str); 6] = [
    ("Course", "sessions"),
    ("Licence", "courses"),
    ("Organisation", "auditEvents"),
    ("Organisation", "courses"),
    ("ProgrammeVersion", "courses"),
    ("Trainer", "teaching"),
];

/// Who asks: the settings of the Scope, as the service tells them to PostgreSQL, and a token.
struct Asker {
    name: &'static str,
    token: Option<String>,
    settings: String,
}

async fn askers(world: &World) -> Vec<Asker> {
    let settings = |kind: &str, account: Uuid, organisation: String, person: String| {
        format!(
            "select set_config('app.kind', '{kind}', false), set_config('app.account', '{account}', false), \
             set_config('app.purpose', '', false), set_config('app.organisations', '{{{organisation}}}', false), \
             set_config('app.regions', '{{}}', false), set_config('app.courses', '{{}}', false), \
             set_config('app.persons', '{{{person}}}', false)"
        )
    };
    let none = String::new;
    let account = Uuid::from_u128(1);
    let nation = everyone_at_once(world).await;
    let mut member = String::new();
    for role in [Role::PartnerCoordinator, Role::PartnerSignatory] {
        let scope = GrantScope::Organisation(world.a.id);
        member = world.grant_to("everyone-at-a", role, scope).await;
    }
    let person = world
        .database
        .eye
        .texts(
            "select l.person_id::text from person_account l join account a on a.id = l.account_id \
             where a.subject = 'Trainer of A' limit 1",
        )
        .await
        .remove(0);
    let token = world.token_of("Trainer of A");
    vec![
        Asker {
            name: "the nation",
            token: Some(nation),
            settings: settings("national", account, none(), none()),
        },
        Asker {
            name: "a partner",
            token: Some(member),
            settings: settings("member", account, world.a.id.to_string(), none()),
        },
        Asker {
            name: "a trainer",
            token: Some(token),
            settings: settings("member", account, none(), person),
        },
        Asker {
            name: "anyone",
            token: None,
            settings: settings("public", account, none(), none()),
        },
    ]
}

/// A statement, for whom and what it runs.
struct Noted {
    asker: usize,
    name: String,
    rows: Rows,
    statement: Statement,
}

/// Asks everything as everybody; gives the statements, each once for each Scope.
async fn noted(world: &Watched, askers: &[Asker]) -> Vec<Noted> {
    let mut all = Vec::new();
    // Some rows are for one organisation alone, others for the nation: somebody follows each.
    let (mut asked, mut followed) = (BTreeSet::new(), BTreeSet::new());
    for (asker, who) in askers.iter().enumerate() {
        let (mut seen, mut above) = (BTreeSet::new(), BTreeMap::new());
        for Ask { name, document, above: way, rows } in asks() {
            let run = async |document: &str| {
                world.wire.take();
                world.query(who.token.as_deref(), document, json!({})).await;
                let statements = world.wire.take().into_iter().filter(Statement::reads);
                statements.collect::<Vec<_>>()
            };
            // The statements of the rows above come first: they are looked at where they are asked for.
            let mut known = 0;
            if let Some(way) = way {
                if !above.contains_key(&way) {
                    above.insert(way.clone(), run(&way).await.len());
                }
                known = above[&way] - usize::from(name.ends_with('*'));
            }
            let statements = run(&document).await;
            asked.insert(name.clone());
            if statements.len() > known {
                followed.insert(name.clone());
            }
            for statement in statements.into_iter().skip(known) {
                if seen.insert((statement.text.clone(), rows)) {
                    all.push(Noted { asker, name: name.clone(), rows, statement });
                }
            }
        }
    }
    let missed: BTreeSet<_> = asked.difference(&followed).collect();
    assert_eq!(missed, BTreeSet::new(), "these were never followed");
    all
}

/// One connection as the service's role, whose plans do not know the values of parameters.
async fn planner(world: &World) -> DatabaseConnection {
    let mut options = ConnectOptions::new(&world.database.url);
    options.max_connections(1).sqlx_logging(false);
    let connection = sea_orm::Database::connect(options).await.expect("the service's role");
    for setting in ["jit = off", "plan_cache_mode = force_generic_plan"] {
        connection.execute_unprepared(&format!("set {setting}")).await.expect("a setting");
    }
    connection
}

async fn plan(on: &DatabaseConnection, statement: &Statement) -> Value {
    let prepare = format!("prepare noted{} as {}", statement.types(), statement.text);
    on.execute_unprepared(&prepare)
        .await
        .unwrap_or_else(|error| unreachable!("{error}: {}", statement.text));
    let explain = format!("explain (format json) execute noted{}", statement.nulls());
    let statement = sea_orm::Statement::from_string(on.get_database_backend(), explain);
    let row = on.query_one_raw(statement).await.expect("a plan").expect("one row");
    on.execute_unprepared("deallocate noted").await.expect("it is forgotten");
    let plan: Value = row.try_get_by_index(0).expect("JSON");
    plan[0]["Plan"].clone()
}

/// Where a node of a plan stands.
#[derive(Clone, Copy)]
struct Place {
    /// It runs once, not for each of some rows.
    once: bool,
    /// No more of it is read than is given.
    flows: bool,
}

/// What a plan does that it should not.
struct Findings<'a> {
    big: &'a BTreeSet<String>,
    rows: Rows,
    /// Whoever sees few rows of a table may have them sorted.
    sees_all: bool,
    found: Vec<String>,
}

impl Findings<'_> {
    /// Whether it reads a table with many rows.
    fn is_big(&self, node: &Value) -> bool {
        node["Relation Name"].as_str().is_some_and(|table| self.big.contains(table))
            || below(node).iter().any(|node| self.is_big(node))
    }

    fn look(&mut self, node: &Value, at: Place) {
        if node["One-Time Filter"] == "false" {
            return;
        }
        let kind = node["Node Type"].as_str().unwrap_or_default();
        let table = node["Relation Name"].as_str().unwrap_or_default();
        let by_index = kind.starts_with("Index");
        let whole = kind == "Seq Scan" || by_index && node["Index Cond"].is_null();
        let in_order = by_index && at.flows && at.once && self.rows != Rows::Found;
        if whole && self.big.contains(table) && !in_order {
            let index = node["Index Name"].as_str().unwrap_or("in no order");
            self.found.push(format!("reads all of {table} ({index})"));
        }
        let ordered = match self.rows {
            Rows::List => self.sees_all && at.once && at.flows,
            Rows::Page => self.sees_all && at.flows,
            Rows::Some | Rows::Found => false,
        };
        if kind == "Sort" && ordered && self.is_big(node) {
            self.found.push(format!("sorts by {}", node["Sort Key"]));
        }
        for child in below(node) {
            let place = match (child["Parent Relationship"].as_str().unwrap_or_default(), kind) {
                ("InitPlan", _) => Place { once: at.once, flows: false },
                ("SubPlan", _) | ("Inner", "Nested Loop") => Place { once: false, flows: false },
                (_, "Limit") => Place { flows: true, ..at },
                (_, "Nested Loop" | "Subquery Scan" | "Result" | "Incremental Sort" | "Append") => {
                    at
                }
                _ => Place { flows: false, ..at },
            };
            self.look(child, place);
        }
    }
}

/// The nodes below one.
fn below(node: &Value) -> &[Value] {
    node["Plans"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Agreements are of two organisations, and no index has the order of both: PostgreSQL may walk along that of all.
const WALKED: &str = "OrganisationSupport.agreements";

/// Lists of which nobody sees all: the own rows, or those of the own organisation.
const OWN: [&str; 2] = ["courseInterests", "stagedUploads"];

on_postgres! {
    async fn postgresql_reads_only_what_an_answer_needs(world: Watched) {
        // Some rows are of its account.
        everyone_at_once(&world).await;
        fill(&world).await;
        let askers = askers(&world).await;
        let noted = noted(&world, &askers).await;
        assert!(noted.len() > 300, "{} statements were noted", noted.len());
        let big = growth::grow(&world.database.eye).await;
        let planner = planner(&world).await;
        let mut found = BTreeSet::new();
        for Noted { asker, name, rows, statement } in noted.into_iter().filter(|noted| noted.name != WALKED) {
            let who = &askers[asker];
            planner.execute_unprepared(&who.settings).await.expect("the settings of the Scope");
            let plan = plan(&planner, &statement).await;
            let sees_all = who.name == "the nation" && !OWN.contains(&name.as_str());
            let mut findings = Findings { big: &big, rows, sees_all, found: Vec::new() };
            findings.look(&plan, Place { once: true, flows: false });
            let findings = findings.found.iter();
            found.extend(findings.map(|what| format!("{name}, for {}: {what}", who.name)));
        }
        planner.close().await.expect("it closes");
        assert_eq!(found, BTreeSet::new());
    }
}
