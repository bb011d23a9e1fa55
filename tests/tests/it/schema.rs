//! The schema: written down, described, and true of what the databases answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use alongside::aggregates::ROOTS;
use alongside::graphql::schema::{self, Audience};
use alongside::read::declaration::{Many, RootForm, What, reachable};
use serde_json::{Value, json};
use tests::curricula::{Standing, aligned};
use tests::{
    World, applications, careers, courses, credentials, enrolments, licences, on_both_databases,
    on_sqlite, protection, readiness, uploads, vault,
};

use crate::answers::list;
use crate::matrix::people;
use crate::network::{Dice, Wild, throw};

const INTROSPECTION: &str = "{ __schema {
    queryType { name } mutationType { name }
    types { kind name description specifiedByURL
        fields(includeDeprecated: true) { name description type { ...Type } args { name description type { ...Type } } }
        inputFields { name description type { ...Type } }
        enumValues(includeDeprecated: true) { name description } }
    directives { name description args { name description } } } }
fragment Type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The types of the schema by name, as HTTP tells them.
async fn types(world: &World) -> BTreeMap<String, Value> {
    let data = world.data(None, INTROSPECTION, json!({})).await;
    let types = list(&data["__schema"]["types"]).iter();
    types.map(|ty| (ty["name"].as_str().expect("a name").to_owned(), ty.clone())).collect()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

/// Elements of a list that may be null.
fn each(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A type without what wraps it.
fn unwrapped(ty: &Value) -> &Value {
    if ty["ofType"].is_null() { ty } else { unwrapped(&ty["ofType"]) }
}

on_sqlite! {
    async fn the_schema_is_written_down(world: World) {
        let built = schema::sdl(Audience::Clients);
        let written = include_str!("../../../schema.graphql");
        assert!(built == written, "schema.graphql is out of date: cargo run -- schema > schema.graphql");
        let served = world.client.get(format!("{}/schema.graphql", world.base_url)).send().await.expect("an answer");
        assert_eq!(served.text().await.expect("text"), built);
    }

    async fn the_subgraph_is_written_down(_world: World) {
        let built = schema::sdl(Audience::Gateway);
        let written = include_str!("../../../deploy/federation/alongside.graphql");
        assert!(built == written, "deploy/federation/alongside.graphql is out of date: cargo run -- schema --federated > deploy/federation/alongside.graphql");
    }

    async fn everything_in_the_schema_is_described(world: World) {
        let mut silent = BTreeSet::new();
        let mut look = |place: &str, thing: &Value| {
            let text = thing["description"].as_str().unwrap_or_default().trim();
            if text.len() < 5 || text.contains('{') {
                silent.insert(format!("{place}{}: {text:?}", name(thing)));
            }
        };
        let types = types(&world).await;
        // The names of introspection and `ID` belong to the language.
        for (type_name, ty) in types.iter().filter(|(name, _)| !name.starts_with("__") && *name != "ID") {
            look("", ty);
            for field in each(&ty["fields"]) {
                look(&format!("{type_name}."), field);
                each(&field["args"]).iter().for_each(|arg| look(&format!("{type_name}.{}.", name(field)), arg));
            }
            each(&ty["inputFields"]).iter().for_each(|field| look(&format!("{type_name}."), field));
            each(&ty["enumValues"]).iter().for_each(|value| look(&format!("{type_name}."), value));
        }
        assert!(types.len() > 80, "the schema was looked at");
        assert_eq!(silent, BTreeSet::new());
    }

    async fn names_follow_one_style(world: World) {
        let mut odd = Vec::new();
        let letters = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric());
        let camel = |text: &str| text.starts_with(|letter: char| letter.is_ascii_lowercase()) && letters(text);
        let loud = |text: &str| text.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
        for (type_name, ty) in types(&world).await.iter().filter(|(name, _)| !name.starts_with("__")) {
            odd.extend((!letters(type_name) || type_name.starts_with(|letter: char| letter.is_ascii_lowercase())).then(|| type_name.clone()));
            for field in each(&ty["fields"]).iter().chain(each(&ty["inputFields"])) {
                odd.extend((!camel(name(field))).then(|| format!("{type_name}.{}", name(field))));
                odd.extend(each(&field["args"]).iter().filter(|arg| !camel(name(arg))).map(|arg| format!("{type_name}.{}", name(arg))));
            }
            odd.extend(each(&ty["enumValues"]).iter().filter(|value| !loud(name(value))).map(|value| format!("{type_name}.{}", name(value))));
        }
        assert_eq!(odd, [] as [String; 0]);
    }

    async fn every_declaration_says_who_sees_its_rows_and_in_which_order(_world: World) {
        let all = reachable(ROOTS);
        assert!(all.len() > 15, "the declarations were found");
        let mut prefixes = BTreeSet::new();
        for def in all {
            assert!(!def.rows.visible.is_empty(), "nobody may see a {}", def.name);
            let ordered = def.ordered().any(|(name, _)| name == def.rows.order);
            assert!(def.rows.order == "id" || ordered, "{} is ordered by {}", def.name, def.rows.order);
            assert!(prefixes.insert(def.rows.prefix), "the prefix {} has one type", def.rows.prefix);
            assert!(def.field("id").is_some(), "{} has an id", def.name);
            for field in def.fields {
                if let What::Relation(relation) = &field.what {
                    assert!(!matches!(relation.many, Many::List(0)), "{}.{}", def.name, field.name);
                }
                if let What::Leaf(leaf) = &field.what {
                    assert!(leaf.only.is_none() || !leaf.ordered, "{}.{}: an order would tell", def.name, field.name);
                    assert!(leaf.only.is_none() || def.rows.owner.is_some(), "{}.{}", def.name, field.name);
                }
            }
        }
    }

    async fn every_root_leads_to_a_page_or_to_one_row(world: World) {
        let types = types(&world).await;
        for root in ROOTS.iter().copied().flatten() {
            let field = each(&types["Query"]["fields"]).iter().find(|field| name(field) == root.name);
            let given = name(unwrapped(&field.expect("the field")["type"]));
            let ending = if root.form == RootForm::Page { "Connection" } else { "" };
            assert_eq!(given, format!("{}{ending}", (root.target)().name), "{}", root.name);
        }
    }
}

on_both_databases! {
    async fn every_field_answers_with_what_the_schema_says(world: Wild) {
        let token = everyone_at_once(&world).await;
        fill(&world).await;
        let types = types(&world).await;
        let mut seen = Seen { types: &types, values: HashMap::new(), wrong: BTreeSet::new() };
        for root in each(&types["Query"]["fields"]) {
            let connection = name(unwrapped(&root["type"]));
            let Some(node) = connection.strip_suffix("Connection") else { continue };
            // Boards that closed are listed as of a day before.
            let dated = each(&root["args"]).iter().any(|argument| name(argument) == "asOf");
            for on in if dated { &["", ", asOf: \"2026-03-31\""][..] } else { &[""] } {
                let rows = async |selection: &str| {
                    let document = format!("{{ rows: {}(first: 100{on}) {{ nodes {{ {selection} }} }} }}", name(root));
                    world.data(Some(&token), &document, json!({})).await["rows"]["nodes"].take()
                };
                seen.rows(node, &rows(&values(&types, node)).await);
                for relation in each(&types[node]["fields"]).iter().filter(|field| is_object(&types, field)) {
                    let target = name(unwrapped(&relation["type"]));
                    let below = match target.strip_suffix("Connection") {
                        Some(node) => format!("(first: 20) {{ nodes {{ {} }} }}", values(&types, node)),
                        None => format!(" {{ {} }}", values(&types, target)),
                    };
                    seen.rows(node, &rows(&format!("{}{below}", name(relation))).await);
                }
            }
        }
        assert_eq!(seen.wrong, BTreeSet::new());
        assert_eq!(seen.unseen(), BTreeSet::from(ELSEWHERE), "every other field had a value at least once");
    }
}

on_both_databases! {
    async fn every_relation_takes_one_statement_for_each_level_whatever_the_pages(world: Wild) {
        let token = everyone_at_once(&world).await;
        fill(&world).await;
        let types = types(&world).await;
        let count = async |document: String| {
            world.statements_of(world.data(Some(&token), &document, json!({}))).await
        };
        count("{ regions { nodes { id } } }".to_owned()).await;
        let mut wrong = BTreeSet::new();
        for Way { fields, .. } in ways(&types) {
            let document = |first: u32| {
                let inner = "__typename".to_owned();
                let levels = fields.iter().rev();
                let selection = levels.fold(inner, |below, (field, is_page)| match is_page {
                    true => format!("{field}(first: {first}) {{ nodes {{ {below} }} }}"),
                    false => format!("{field} {{ {below} }}"),
                });
                format!("{{ {selection} }}")
            };
            // Each signed-in operation reads the role grants as well. Where no row leads on, nothing is asked.
            let (few, many) = (count(document(2)).await, count(document(8)).await);
            if few > many || many > fields.len() as u64 + 1 {
                wrong.insert(format!("{fields:?}: {few}, {many}"));
            }
        }
        assert_eq!(wrong, BTreeSet::new());
    }
}

/// A way from a root list to a type: its fields, each with whether it is a page.
struct Way<'a> {
    fields: Vec<(&'a str, bool)>,
    to: &'a str,
}

impl<'a> Way<'a> {
    /// The way along `field`, if that leads to rows.
    fn along(mut fields: Vec<(&'a str, bool)>, field: &'a Value) -> Self {
        let target = name(unwrapped(&field["type"]));
        let node = target.strip_suffix("Connection");
        fields.push((name(field), node.is_some()));
        Self { fields, to: node.unwrap_or(target) }
    }
}

/// For every relation of every type the shortest way that ends with it.
fn ways(types: &BTreeMap<String, Value>) -> Vec<Way<'_>> {
    let is_list = |field: &&Value| name(unwrapped(&field["type"])).ends_with("Connection");
    let roots = each(&types["Query"]["fields"]).iter().filter(is_list);
    let mut ways: Vec<Way<'_>> = roots.map(|field| Way::along(Vec::new(), field)).collect();
    let mut known = BTreeSet::new();
    let mut next = 0;
    while next < ways.len() {
        let Way { fields, to } = &ways[next];
        if known.insert(*to) {
            let relations =
                each(&types[*to]["fields"]).iter().filter(|field| is_object(types, field));
            let longer: Vec<_> = relations.map(|field| Way::along(fields.clone(), field)).collect();
            ways.extend(longer);
        }
        next += 1;
    }
    ways
}

fn is_object(types: &BTreeMap<String, Value>, field: &Value) -> bool {
    types[name(unwrapped(&field["type"]))]["kind"] == "OBJECT"
}

/// All values of a type, as a selection.
fn values(types: &BTreeMap<String, Value>, ty: &str) -> String {
    let values = each(&types[ty]["fields"]).iter().filter(|field| !is_object(types, field));
    values.map(name).collect::<Vec<_>>().join(" ")
}

/// An account that holds every role for the nation.
pub async fn everyone_at_once(world: &World) -> String {
    let mut token = String::new();
    for role in
        [Role::LicensingOfficer, Role::DataProtectionOfficer, Role::QualityLead, Role::Analyst]
    {
        token = world.grant_to("everyone-at-once", role, GrantScope::Nation).await;
    }
    token
}

/// What of a row says that it ended, past every use case.
const ENDED: [(&str, &str); 8] = [
    ("person_account", "valid_to = valid_from"),
    ("person_email", "valid_to = valid_from"),
    ("person_membership", "valid_to = valid_from"),
    ("person_name", "valid_to = '2030-01-01'"),
    ("role_grant", "person_id = (select id from person order by id limit 1)"),
    ("trainer", "merged_into_id = (select o.id from trainer o order by o.id desc limit 1)"),
    ("trainer_affiliation", "valid_to = valid_from"),
    ("trainer_suspension", "valid_to = valid_from"),
];

/// Puts rows into every table that a test begins without.
pub async fn fill(world: &World) {
    throw(world, &mut Dice::new(21), 70).await;
    let eye = &world.database.eye;
    let (a, at) = (world.uuid(world.a.id), "'2026-05-01T09:00:00.25+00:00'");
    let id = |number: u128| world.uuid(uuid::Uuid::from_u128(number));
    for row in [
        format!(
            "insert into change_proposal values ({}, {a}, 'x', 'NAME', 'then', 'now', 'ACCEPTED', {at}, {at}, 2)",
            id(1)
        ),
        format!(
            "insert into change_proposal values ({}, {a}, 'x', 'POSTCODE', null, null, 'OPEN', {at}, null, 1)",
            id(2)
        ),
        format!(
            "insert into organisation_succession values ({}, {}, {a}, '2026-05-01', 'SPLIT', null)",
            id(4),
            world.uuid(world.b.id)
        ),
        format!(
            "insert into import_run values ({}, 'ods-trusts', 'ff', {at}, null, 1, 2, 3, 4, 5, 6, 7)",
            id(3)
        ),
    ] {
        eye.execute(&row).await.expect("a row");
    }
    for row in uploads::filled(world, "everyone-at-once") {
        eye.execute(&row).await.expect("a row");
    }
    vault::filled(world, "everyone-at-once").await;
    let kept = "update sensitive_record set retain_until = '2030-01-01'";
    eye.execute(kept).await.expect("texts that are needed until a day");
    for standing in Standing::ALL {
        aligned(world, Some(world.a.id), standing).await;
    }
    people::fill(world).await;
    for (table, change) in ENDED {
        let first = format!("id in (select id from {table} order by id limit 1)");
        let change = format!("update {table} set {change} where {first}");
        eye.execute(&change).await.expect("a row that ended");
    }
    let lapse = "update trainer_accreditation set valid_to = '2026-06-02' \
        where state = 'ACCREDITED' and programme_type = 'VOLUNTEER' and valid_from < '2026-06-02'";
    eye.execute(lapse).await.expect("accreditations that lapse");
    let withdraw = "update trainer_accreditation set state = 'WITHDRAWN', ended_on = '2026-05-01', \
        renews_id = (select o.id from trainer_accreditation o order by o.id limit 1) \
        where id = (select o.id from trainer_accreditation o order by o.id desc limit 1)";
    eye.execute(withdraw).await.expect("an accreditation that was withdrawn");
    for row in [
        format!(
            "insert into consent select {}, c.person_id, 'CREDENTIAL_LISTING', 'x', c.id, null, {at}, {at}, 1 \
             from credential c where c.person_id is not null order by c.id limit 1",
            id(6)
        ),
        format!("update retention_rule set reason = 'x', changed_at = {at} where class = 'PEOPLE'"),
        "update person set erased_on = '2026-05-01' where id in (select id from person order by id limit 1)"
            .to_owned(),
    ] {
        eye.execute(&row).await.expect("a row of data protection");
    }
    let dismissed = format!(
        "insert into person_duplicate select {}, a.id, b.id, false, true, 'DISMISSED', {at}, {at}, 2 \
         from person a join person b on a.id < b.id where not exists (select 1 from person_duplicate d \
         where d.one_id = a.id and d.other_id = b.id) order by a.id, b.id limit 1",
        id(5)
    );
    eye.execute(&dismissed).await.expect("a pair");
    let mut rows = readiness::filled(world, &world.a, 1);
    rows.extend(licences::filled(world, &world.a, 1));
    rows.extend(courses::filled(world, (&world.a, &world.b)));
    rows.extend(credentials::filled(world, &world.a));
    rows.extend(applications::filled(
        world,
        &world.a,
        account_id(DemoIssuer::NAME, "Applicant of A"),
    ));
    rows.extend(enrolments::filled(world, (&world.a, &world.b)));
    let everyone = account_id(DemoIssuer::NAME, "everyone-at-once");
    rows.extend(careers::filled(world, (&world.a, &world.b), everyone));
    rows.push(format!(
        "insert into enrolment select {}, e.organisation_id, e.course_id, r.person_id, e.programme_type, null, null, \
         null, 'SELF_FUNDED', null, null, 'WITHDRAWN', '2026-04-01', '2026-04-02', 'OTHER', 'TRAINEE', null, null, \
         {at}, {at}, 1 from enrolment e join sensitive_record r on r.organisation_id = e.organisation_id \
         where r.category = 'ADJUSTMENTS' and r.erased_at is null order by e.id, r.id limit 1",
        id(9)
    ));
    rows.extend(protection::filled(world, &world.a, "everyone-at-once"));
    rows.push(format!("update sensitive_reader set acts_for_id = {a}"));
    rows.push(format!("update enrolment set sponsor_id = {a} where sponsor_id is not null"));
    readiness::retired_instrument(world).await;
    rows.push(
        "update readiness_action set owner_id = (select id from person order by id limit 1), \
         indicator_id = (select indicator_id from readiness_mapping order by id limit 1)"
            .to_owned(),
    );
    rows.push(format!("update organisation set status = 'ACTIVE' where id = {a}"));
    for row in rows {
        eye.execute(&row).await.expect("a row");
    }
    crate::employer::given::fill(world).await;
}

/// Fields that have values only for one organisation, or at the end of what begins here.
const ELSEWHERE: [&str; 3] =
    ["Application.declineReason", "Application.notes", "RetentionProposal.finishedAt"];

/// The fields that had a value, and the values that do not fit the schema.
struct Seen<'a> {
    types: &'a BTreeMap<String, Value>,
    values: HashMap<String, bool>,
    wrong: BTreeSet<String>,
}

impl Seen<'_> {
    fn rows(&mut self, ty: &str, rows: &Value) {
        for row in list(rows) {
            self.row(ty, row);
        }
    }

    fn row(&mut self, ty: &str, row: &Value) {
        for field in each(&self.types[ty]["fields"]) {
            if let Some(value) = row.get(name(field)) {
                self.field(ty, field, value);
            }
        }
    }

    fn field(&mut self, ty: &str, field: &Value, value: &Value) {
        let place = format!("{ty}.{}", name(field));
        let filled = !value.is_null() && *value != json!([]) && value["nodes"] != json!([]);
        *self.values.entry(place.clone()).or_default() |= filled;
        self.value(&place, &field["type"], value);
    }

    fn value(&mut self, place: &str, ty: &Value, value: &Value) {
        let fits = match (ty["kind"].as_str().expect("a kind"), name(ty)) {
            ("NON_NULL", _) if value.is_null() => false,
            ("NON_NULL", _) => return self.value(place, &ty["ofType"], value),
            _ if value.is_null() => true,
            ("LIST", _) => {
                return list(value)
                    .iter()
                    .for_each(|value| self.value(place, &ty["ofType"], value));
            }
            ("OBJECT", ty) => match ty.strip_suffix("Connection") {
                Some(node) => return self.rows(node, &value["nodes"]),
                None => return self.row(ty, value),
            },
            ("ENUM", ty) => {
                each(&self.types[ty]["enumValues"]).iter().any(|known| known["name"] == *value)
            }
            (_, "Int") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            (_, "Boolean") => value.is_boolean(),
            (_, "String") => value.is_string(),
            (_, "ID") => value
                .as_str()
                .and_then(|id| id.split_once('_'))
                .is_some_and(|(_, digits)| digits.len() == 32),
            (_, "Date") => value
                .as_str()
                .is_some_and(|text| text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok()),
            (_, "DateTime") => value.as_str().is_some_and(|text| {
                text.len() == 27
                    && text.ends_with('Z')
                    && chrono::DateTime::parse_from_rfc3339(text).is_ok()
            }),
            _ => false,
        };
        if !fits {
            self.wrong.insert(format!("{place}: {value} is no {ty}"));
        }
    }

    fn unseen(&self) -> BTreeSet<&str> {
        self.values
            .iter()
            .filter(|(_, filled)| !**filled)
            .map(|(place, _)| place.as_str())
            .collect()
    }
}
