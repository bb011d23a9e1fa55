//! The authorisation matrix: every field of every type, asked for by everyone in every way, against
//! `policy-matrix.toml` and a predicate of the tests' own over plain rows.

mod application_inputs;
mod ask;
mod career_inputs;
mod changes;
mod check;
mod course_inputs;
mod credential_inputs;
mod described;
mod downloads;
mod enrolment_inputs;
mod entities;
mod facts;
mod guarded;
pub(crate) mod licence_inputs;
mod lists;
mod marks;
pub(crate) mod people;
mod policy;
mod protection_inputs;
mod readiness_inputs;
mod sdl;
mod strangers;
mod withdrawn;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alongside::aggregates::ROOTS;
use alongside::read::declaration::{self, Field, What as Declared, reachable};
use chrono::NaiveDate;
use serde_json::{Value, json};
use tests::{World, on_both_databases, on_postgres, on_sqlite};
use tokio::task::JoinSet;

use self::ask::{Channel, Keys, Question, Questioner};
use self::check::{Answered, Checker, Finding, What};
use self::facts::Facts;
use self::marks::{Asker, EVERYONE, Mark, Network, asker, askers, marks};
use self::policy::{Class, Policy};
use self::sdl::Sdl;

/// The world's present.
fn today() -> NaiveDate {
    "2026-05-01".parse().expect("a date")
}

/// Asks a question; gives the whole answer, its headers too.
async fn put(world: &World, token: Option<&str>, question: &Question) -> Answered {
    let mut request = world
        .post(token)
        .json(&json!({ "query": question.document, "variables": question.variables }));
    if question.is_federated() {
        request = request.header("alongside-gateway", world.issuer.gateway_credential());
    }
    let answer = request.send().await.expect("the service answers");
    let status = answer.status().as_u16();
    let headers = format!("{:?}", answer.headers());
    let body = answer.text().await.expect("a body");
    let text = format!("{headers}\n{body}");
    Answered { text, status, body: serde_json::from_str(&body).expect("JSON") }
}

/// What is asked, and what one who sees everything gets.
struct Survey {
    policy: Policy,
    facts: Facts,
    marks: BTreeMap<String, Mark>,
    questions: Vec<(Question, Value)>,
    /// The answers to one who sees everything, as they came.
    texts: Vec<String>,
}

impl Survey {
    /// Reads the rows and asks everything once as one who sees all.
    async fn of(world: &World) -> Self {
        let (policy, sdl) = (Policy::read(), Sdl::written());
        let facts = Facts::read(world, &policy, today()).await;
        let marks = marks(world, &policy).await;
        let everyone = asker(world, EVERYONE);
        let token = everyone.token.as_deref();
        let questioner = Questioner { sdl, policy: &policy, facts: &facts };
        let first = questioner.all(&Keys(Value::Null));
        let nodes = first.iter().find(|question| question.channel == Channel::Nodes);
        let rows = put(world, token, nodes.expect("a question by ids")).await;
        let (mut questions, mut texts) = (Vec::new(), Vec::new());
        for question in questioner.all(&Keys(rows.body["data"].clone())) {
            let mut answered = put(world, token, &question).await;
            assert_eq!(answered.body.get("errors"), None, "{:?}", question.channel);
            questions.push((question, answered.body["data"].take()));
            texts.push(answered.text);
        }
        Self { policy, facts, marks, questions, texts }
    }

    fn checker(&self) -> Checker<'_> {
        Checker { policy: &self.policy, facts: &self.facts, marks: &self.marks }
    }

    /// What is wrong with the answers to `asker`.
    async fn findings(&self, world: &World, asker: &Asker) -> BTreeSet<Finding> {
        let who = self.facts.who(asker.account);
        let mut findings = BTreeSet::new();
        for (question, all) in &self.questions {
            let answered = put(world, asker.token.as_deref(), question).await;
            let whoever = (asker.name.as_str(), &who);
            findings.extend(self.checker().findings(whoever, question, all, &answered));
        }
        findings
    }
}

/// What is wrong with the answers to each of `askers`; some ask at once.
async fn survey(world: &World, survey: Arc<Survey>, askers: Vec<Asker>) -> BTreeSet<Finding> {
    let mut tasks = JoinSet::new();
    let mut parts: [Vec<Asker>; 4] = Default::default();
    for (place, asker) in askers.into_iter().enumerate() {
        parts[place % 4].push(asker);
    }
    for part in parts {
        let (world, survey) = (world.clone(), Arc::clone(&survey));
        tasks.spawn(async move {
            let mut findings = BTreeSet::new();
            for asker in part {
                findings.extend(survey.findings(&world, &asker).await);
            }
            findings
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// The first finding of each asker, way and type, with how many there are: where one predicate is missing
/// there are thousands.
fn first(findings: &BTreeSet<Finding>) -> Vec<(&Finding, usize)> {
    let kind = |finding: &&Finding| {
        let ty = finding.place.split('.').next().unwrap_or_default();
        (finding.who.clone(), finding.channel, ty.to_owned())
    };
    let mut kinds: BTreeMap<_, (&Finding, usize)> = BTreeMap::new();
    for finding in findings {
        kinds.entry(kind(&finding)).or_insert((finding, 0)).1 += 1;
    }
    kinds.into_values().take(40).collect()
}

on_sqlite! {
    async fn every_type_and_field_of_the_schema_stands_in_the_matrix(world: World) {
        let policy = Policy::read();
        assert_eq!(policy.differences(Sdl::written()), [] as [String; 0], "in schema.graphql");
        let served = world.client.get(format!("{}/schema.graphql", world.base_url)).send().await;
        let served = served.expect("an answer").text().await.expect("text");
        assert_eq!(policy.differences(&Sdl::parse(&served)), [] as [String; 0], "as it is served");
        let document = "{ __schema { types { kind name fields(includeDeprecated: true) { name } } } }";
        let data = world.data(None, document, json!({})).await;
        let objects = data["__schema"]["types"].as_array().expect("types").iter();
        let objects = objects.filter(|ty| ty["kind"] == "OBJECT" && !ty["name"].as_str().is_some_and(|n| n.starts_with("__")));
        let told: BTreeSet<String> = objects.flat_map(|ty| {
            let fields = ty["fields"].as_array().expect("fields").iter();
            fields.map(|field| format!("{}.{}", ty["name"].as_str().expect("a name"), field["name"].as_str().expect("a name")))
        }).collect();
        let written = Sdl::written();
        let written = written.objects.iter().flat_map(|(ty, fields)| fields.keys().map(move |field| format!("{ty}.{field}")));
        assert_eq!(told, written.collect(), "by introspection");
    }
}

#[test]
fn a_field_is_public_exactly_if_everyone_reads_it() {
    let policy = Policy::read();
    let with_rows = policy.fields().filter(|(ty, _)| policy.types[*ty].table.is_some());
    let wrong: Vec<String> = with_rows
        .filter(|(ty, name)| {
            let field = policy.field(ty, name);
            // Some rows of a private type may be public; its public fields are theirs.
            let everyone = policy.has_public_rows(ty) && field.readers.is_none();
            field.class != Class::Personal && (field.class == Class::Public) != everyone
        })
        .map(|(ty, name)| format!("{ty}.{name}"))
        .collect();
    assert_eq!(wrong, [] as [String; 0]);
}

#[test]
fn what_the_matrix_calls_personal_is_declared_so() {
    let policy = Policy::read();
    let personal = policy.fields().filter(|(ty, name)| {
        policy.types[*ty].table.is_some() && policy.field(ty, name).class == Class::Personal
    });
    let declared = reachable(ROOTS).into_iter().flat_map(|def| {
        let leaf = |field: &Field| match field.what {
            Declared::Leaf(leaf) => leaf.class == declaration::Class::Personal,
            Declared::Relation(_) => false,
        };
        def.fields.iter().filter(move |field| leaf(field)).map(|field| (def.name, field.name))
    });
    let declared: BTreeSet<(&str, &str)> = declared.collect();
    assert_eq!(personal.collect::<BTreeSet<_>>(), declared, "logs and exports leave it out");
}

on_postgres! {
    async fn every_text_column_of_private_tables_is_marked_or_a_code(world: World) {
        let policy = Policy::read();
        let marked = policy.marked();
        let mut silent = Vec::new();
        for table in world.database.eye.tables().await {
            let of_public_rows = policy.tables().any(|(ty, of, _)| of == table && !policy.is_private(ty));
            let codes = policy.tables.get(&table).map(|table| table.codes.clone()).unwrap_or_default();
            let columns = format!(
                "select column_name::text from information_schema.columns where \
                 table_schema = current_schema() and table_name = '{table}' and data_type = 'text'"
            );
            for column in world.database.eye.texts(&columns).await {
                let is_marked = marked.iter().any(|known| known.table == table && known.column == column);
                if !of_public_rows && !is_marked && !codes.contains(&column) {
                    silent.push(format!("{table}.{column}"));
                }
            }
        }
        assert_eq!(silent, [] as [String; 0], "say in tests/policy-matrix.toml which field tells it, or that none does");
    }
}

on_both_databases! {
    async fn everyone_sees_what_the_matrix_says_and_nothing_else(world: Network) {
        let all = Arc::new(Survey::of(&world).await);
        let askers = askers(&world).await;
        let values: usize = all.questions.iter().map(|(_, data)| Checker::size(data)).sum();
        assert!(askers.len() > 70 && values > 5_000, "{} ask for {values} values", askers.len());
        let findings = survey(&world, all, askers).await;
        assert_eq!(first(&findings), [] as [(&Finding, usize); 0], "{} findings", findings.len());
    }

    async fn every_row_and_every_mark_is_shown_to_one_who_sees_everything(world: Network) {
        let all = Survey::of(&world).await;
        let everyone = all.facts.who(asker(&world, EVERYONE).account);
        let answer = |channel| {
            let question = all.questions.iter().find(|(question, _)| question.channel == channel);
            &question.expect("a question").1
        };
        for (ty, ..) in all.policy.tables() {
            let rows = all.facts.ids(&all.policy, ty);
            assert!(!rows.is_empty(), "the world has no {ty}");
            // A draft of an application is its person's alone, and not everybody has a sponsor.
            let due: Vec<String> = all.facts.ids_for(&all.policy, ty, &everyone);
            assert!(!due.is_empty(), "no {ty} is shown to anyone");
            let nodes = answer(Channel::Nodes)[format!("nodes__{ty}")].as_array().expect("rows");
            let seen: Vec<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
            let asked = &rows[..nodes.len()];
            let (expected, rest): (Vec<&str>, Vec<&str>) = asked.iter().map(String::as_str).partition(|id| due.iter().any(|due| due == id));
            assert_eq!(seen, expected, "{ty}, not {rest:?}");
            assert!(!all.policy.is_guarded(ty) || asked.len() == rows.len(), "all of {ty}");
        }
        let told: BTreeSet<(String, String)> = all.policy.marked().into_iter()
            .filter(|marked| !marked.told_by.is_empty()).map(|marked| (marked.table, marked.column)).collect();
        assert_eq!(all.checker().shown(&all.texts), told, "the scan for marks finds each of them");
    }

    async fn a_planted_grant_is_found_by_all_that_it_opens(world: Network) {
        let all = Survey::of(&world).await;
        let trainer = asker(&world, "Trainer of A");
        assert_eq!(first(&all.findings(&world, &trainer).await), [] as [(&Finding, usize); 0]);
        // The predicate has read its rows: of this grant it does not know.
        let account = world.uuid(trainer.account.expect("an account"));
        let plant = format!("update role_grant set role = 'NLO', scope_type = 'NATION', scope_id = null where account_id = {account}");
        world.database.eye.execute(&plant).await.expect("the plant");
        let findings = all.findings(&world, &trainer).await;
        let opened = |channel: Channel| -> BTreeSet<&str> {
            let shown = findings.iter().filter(|f| f.channel == channel && f.what == What::Shown);
            shown.map(|finding| finding.place.as_str()).filter(|place| !place.starts_with("Query.")).collect()
        };
        let officer = |readers: &policy::Readers| readers.roles.iter().chain(&readers.nation).any(|role| role == "NLO");
        let sdl = Sdl::written();
        let expected: BTreeSet<String> = all.policy.fields().filter(|(ty, field)| {
            let of_rows = all.policy.types[*ty].rows.as_ref().is_some_and(officer);
            let of_field = all.policy.readers(ty, field).is_some_and(officer);
            (of_rows || of_field) && sdl.values(ty).any(|value| value == *field)
        }).map(|(ty, field)| format!("{ty}.{field}")).collect();
        for channel in [Channel::Nodes, Channel::EntitiesById, Channel::Node] {
            let types: BTreeSet<&str> = all.policy.tables().map(|(ty, ..)| ty).collect();
            let mut expected: BTreeSet<String> = expected.clone();
            expected.extend(types.iter().filter(|ty| all.policy.types[**ty].rows.as_ref().is_some_and(officer)).map(|ty| format!("{ty}.__typename")));
            assert_eq!(opened(channel), expected.iter().map(String::as_str).collect(), "{channel:?}");
        }
        for channel in [Channel::Lists, Channel::By, Channel::Nested, Channel::Filters, Channel::Orders, Channel::EntitiesByKey] {
            assert!(findings.iter().any(|finding| finding.channel == channel), "{channel:?}");
        }
        let marks = findings.iter().filter(|finding| matches!(finding.what, What::Mark(_)));
        let marked: BTreeSet<&str> = marks.map(|finding| finding.place.as_str()).collect();
        assert!(marked.is_superset(&BTreeSet::from(["change_proposal.proposed_value", "account.label", "organisation_identifier.verified_by"])), "{marked:?}");
    }
}
