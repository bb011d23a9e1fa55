//! Access: everything that is kept as one document, and who could have seen it.

use std::collections::BTreeSet;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use alongside::protection::export::SECTIONS;
use alongside::protection::tables::{BESIDES, HELD};
use alongside::vault::model::{Category, ReaderRole};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tests::people::{Someone, linked, person};
use tests::vault::{id, kept, opened, reader, shared, signed_in};
use tests::{Engine, World, on_both_databases};

use super::{account, officer};

/// Asks for everything that is kept about a person.
async fn exported(world: &World, method: Method, token: Option<&str>, of: &Someone) -> Response {
    let url = format!("{}/exports/people/{}", world.base_url, of.global_id());
    let request = world.client.request(method, url);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.expect("the service answers")
}

/// Who could have seen something, as way, role and account.
async fn could(world: &World, token: &str, of: Value) -> BTreeSet<(String, String, String)> {
    let document = "query($p: ID!, $r: ID, $from: DateTime!, $to: DateTime!) { \
        exposure(personId: $p, recordId: $r, from: $from, to: $to) { isComplete accounts { way role accountId record { id } } } }";
    let data = world.data(Some(token), document, of).await;
    let accounts = data["exposure"]["accounts"].as_array().expect("accounts").clone();
    assert_eq!(data["exposure"]["isComplete"], true);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    accounts
        .iter()
        .map(|one| (text(&one["way"]), text(&one["role"]), text(&one["accountId"])))
        .collect()
}

on_both_databases! {
    async fn the_person_gets_everything_and_what_others_wrote_is_held_back(world: World) {
        let mut someone = person(&world, "Rowan", Some(&world.a)).await;
        linked(&world, &mut someone, "rowan").await;
        let own = world.token_of("rowan");
        for category in Category::ALL {
            kept(&world, &someone, Some(world.a.id), *category, &format!("Sentinel {}", category.code())).await;
        }
        let (_, stranger) = signed_in(&world, "stranger").await;
        let reply = exported(&world, Method::POST, Some(&own), &someone).await;
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["cache-control"], "private, no-store");
        assert_eq!(reply.headers()["content-disposition"], "attachment; filename=\"my-data.json\"");
        let document: Value = reply.json().await.expect("JSON");
        assert_eq!(document["person"][0]["preferredName"], "Rowan");
        assert_eq!(document["keptBy"][0]["organisation"], "Fictional North Trust");
        let texts: BTreeSet<&str> = document["texts"].as_array().expect("texts").iter().filter_map(|text| text["text"].as_str()).collect();
        assert_eq!(texts, BTreeSet::from(["Sentinel MOTIVATION", "Sentinel SUPPORT_NEEDS", "Sentinel ADJUSTMENTS", "Sentinel ASSIGNMENT"]));
        let back: BTreeSet<&str> = document["heldBackForThirdParties"].as_array().expect("a list").iter().filter_map(|text| text["category"].as_str()).collect();
        assert_eq!(back, BTreeSet::from(["REFERENCE", "SELECTION_NOTE"]), "of a concern the person is told nothing");
        assert!(!document.to_string().contains("CONCERN"));
        let eye = &world.database.eye;
        assert_eq!(eye.rows_where("sensitive_disclosure", "purpose = 'OWN_RECORD'").await, 4, "no disclosure, no text");
        assert_eq!(eye.rows_where("audit_event", "action = 'access_export.made' and acting_as = 'SELF'").await, 1);
        let for_person = exported(&world, Method::POST, Some(&officer(&world)), &someone).await;
        let for_person: Value = for_person.json().await.expect("JSON");
        assert_eq!(for_person["heldBackForThirdParties"].as_array().map(Vec::len), Some(3));
        assert_eq!(eye.rows_where("audit_event", "action = 'access_export.made' and acting_as = 'DPO'").await, 1);
        let before = eye.contents().await;
        for token in [Some(stranger), Some(world.officer()), Some(world.coordinator(&world.a)), None] {
            let reply = exported(&world, Method::POST, token.as_deref(), &someone).await;
            assert_eq!(reply.status(), if token.is_some() { 404 } else { 401 });
        }
        assert_eq!(exported(&world, Method::GET, Some(&own), &someone).await.status(), 405);
        assert_eq!(eye.contents().await.changes_since(&before), [] as [&str; 0], "and nothing is written");
        assert_eq!(world.files(), [] as [&str; 0], "the document is stored nowhere");
    }

    async fn every_table_that_refers_to_people_is_in_the_document(world: World) {
        let sql = match world.engine() {
            Engine::Sqlite => "select distinct m.name from sqlite_master m join pragma_foreign_key_list(m.name) f \
                where m.type = 'table' and f.\"table\" in ('person', 'trainer') order by 1",
            Engine::Postgres => "select distinct c.conrelid::regclass::text from pg_constraint c \
                where c.contype = 'f' and c.connamespace = current_schema()::regnamespace \
                  and c.confrelid in ('person'::regclass, 'trainer'::regclass) order by 1",
        };
        let named: String = SECTIONS.iter().copied().flatten().map(|section| format!(" {} ", section.from)).collect();
        // What says no more than the rows that it goes with: keys, marks, and courses by their lead.
        let besides = ["vault_key", "restricted_person", "course", "succession_assignment"];
        let missing: Vec<String> = world.database.eye.texts(sql).await.into_iter()
            .filter(|table| !named.contains(&format!(" {table} t ")) && !besides.contains(&table.as_str())).collect();
        assert_eq!(missing, [] as [&str; 0]);
        // Each section's statement runs, whatever it finds.
        let (someone, own) = signed_in(&world, "somebody").await;
        let reply: Value = exported(&world, Method::POST, Some(&own), &someone).await.json().await.expect("JSON");
        let told: BTreeSet<&str> = SECTIONS.iter().copied().flatten().map(|section| section.name).collect();
        assert!(told.iter().all(|name| reply[*name].is_array()), "{reply}");
    }

    async fn every_table_with_something_of_people_belongs_to_a_class_or_has_a_reason_why_not(world: World) {
        // Whatever refers to somebody, or to what is about somebody; and whatever looks as if it did.
        let about = "'person', 'account', 'trainer', 'enrolment', 'application', 'attendance_record', 'credential', \
            'sensitive_record', 'vault_key'";
        let telling = "'person_id', 'account_id', 'actor_id', 'email', 'recipient', 'holder_name', \
            'preferred_name', 'family_name', 'phone'";
        let sql = match world.engine() {
            Engine::Sqlite => format!("select distinct m.name from sqlite_master m where m.type = 'table' and (m.name in ({about}) \
                or exists (select 1 from pragma_foreign_key_list(m.name) f where f.\"table\" in ({about})) \
                or exists (select 1 from pragma_table_info(m.name) c where c.name in ({telling}))) order by 1"),
            Engine::Postgres => format!("select distinct c.oid::regclass::text from pg_class c \
                where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and (c.relname in ({about}) \
                or exists (select 1 from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' \
                  and f.confrelid in (select p.oid from pg_class p where p.relnamespace = c.relnamespace and p.relname in ({about}))) \
                or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname in ({telling}))) order by 1"),
        };
        let known: BTreeSet<&str> = HELD.iter().map(|held| held.table).chain(BESIDES.iter().map(|(table, _)| *table)).collect();
        let there = world.database.eye.texts(&sql).await;
        let forgotten: Vec<&String> = there.iter().filter(|table| !known.contains(table.as_str())).collect();
        assert_eq!(forgotten, [] as [&String; 0], "add them to `protection::tables`");
        let all = world.database.eye.tables().await;
        let gone: Vec<&&str> = known.iter().filter(|table| !all.iter().any(|there| there == **table)).collect();
        assert_eq!(gone, [] as [&&str; 0], "they are not there");
        // What belongs to a class is given to the person who asks, but for what says nothing besides its row.
        let named: String = SECTIONS.iter().copied().flatten().map(|section| format!(" {} ", section.from)).collect();
        let told = |table: &str| named.contains(&format!(" {table} ")) || named.contains(&format!(" {table} t "));
        let silent: Vec<&str> = HELD.iter().map(|held| held.table).filter(|table| !told(table)).collect();
        assert_eq!(silent, ["vault_key", "application_note", "attendance_module", "mail_message"]);
    }

    async fn who_could_have_seen_it_is_told_for_the_time_asked_about(world: World) {
        let mut someone = person(&world, "Rowan", Some(&world.a)).await;
        linked(&world, &mut someone, "rowan").await;
        let needs = kept(&world, &someone, Some(world.a.id), Category::SupportNeeds, "A ramp.").await;
        let motivation = kept(&world, &someone, Some(world.a.id), Category::Motivation, "Why.").await;
        let (supervisor, seeing) = signed_in(&world, "supervisor").await;
        shared(&world, needs, reader(&supervisor, ReaderRole::Supervisor)).await;
        let dpo = officer(&world);
        let window = |from: &str, to: &str, record: Value| json!({ "p": someone.global_id(), "r": record, "from": from, "to": to });
        let now = window("2026-05-01T00:00:00Z", "2026-05-01T22:00:00Z", Value::Null);
        let found = could(&world, &dpo, now.clone()).await;
        let one = |way: &str, role: &str, subject: String| (way.to_owned(), role.to_owned(), account(&subject));
        let coordinator = tests::given::subject(Role::PartnerCoordinator, Some(world.a.id));
        let elsewhere = tests::given::subject(Role::PartnerCoordinator, Some(world.b.id));
        for expected in [
            one("KEEPER", "PCO", coordinator.clone()),
            one("SELECTION", "PCO", coordinator.clone()),
            one("NAMED_READER", "SUPERVISOR", "supervisor".to_owned()),
            one("ONESELF", "SELF", "rowan".to_owned()),
            one("NATION", "NLO", tests::given::subject(Role::LicensingOfficer, None)),
            one("NATION", "DPO", tests::given::subject(Role::DataProtectionOfficer, None)),
        ] {
            assert!(found.contains(&expected), "{expected:?} of {found:?}");
        }
        assert!(!found.iter().any(|(_, role, whose)| *whose == account(&elsewhere) || role == "NAN"), "{found:?}");
        let of_needs = could(&world, &dpo, window("2026-05-01T00:00:00Z", "2026-05-01T22:00:00Z", json!(id(needs)))).await;
        let ways: BTreeSet<&str> = of_needs.iter().map(|(way, ..)| way.as_str()).collect();
        assert_eq!(ways, BTreeSet::from(["NAMED_READER", "NATION", "ONESELF"]), "support needs are nobody's who selects");
        let of_motivation = could(&world, &dpo, window("2026-05-01T00:00:00Z", "2026-05-01T22:00:00Z", json!(id(motivation)))).await;
        assert!(of_motivation.contains(&one("SELECTION", "PCO", coordinator.clone())));
        // Before anything was there nobody could; what has ended is told for its time.
        assert_eq!(could(&world, &dpo, window("2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z", Value::Null)).await, BTreeSet::new());
        world.set_clock("2026-05-10T09:00:00Z");
        let late = world.grant_to("late", Role::LeadTrainer, GrantScope::Organisation(world.a.id)).await;
        let begins = format!("update role_grant set valid_from = '2026-05-10' where account_id = {}", world.uuid(account_id(DemoIssuer::NAME, "late")));
        world.database.eye.execute(&begins).await.expect("the role begins that day");
        assert!(!could(&world, &officer(&world), now.clone()).await.iter().any(|(.., whose)| *whose == account("late")));
        let later = window("2026-05-01T00:00:00Z", "2026-05-11T00:00:00Z", Value::Null);
        assert!(could(&world, &officer(&world), later).await.contains(&one("KEEPER", "LTR", "late".to_owned())));
        // Who did is in the disclosures.
        let supervisors = world.token_of("supervisor");
        assert!(opened(&world, Some(&supervisors), needs, "SUPPORT").await.codes().is_empty());
        let did = world.data(Some(&officer(&world)), "{ sensitiveDisclosures { nodes { actingAs reader { id } } } }", json!({})).await;
        assert_eq!(did["sensitiveDisclosures"]["nodes"], json!([{ "actingAs": "SUPERVISOR", "reader": { "id": supervisor.global_id() } }]));
        // Nobody else is told.
        let document = "query($p: ID!, $from: DateTime!, $to: DateTime!) { exposure(personId: $p, from: $from, to: $to) { isComplete } }";
        for token in [late, world.token_of("rowan"), world.officer(), seeing] {
            let reply = world.query(Some(&token), document, json!({ "p": someone.global_id(), "from": "2026-05-09T00:00:00Z", "to": "2026-05-11T00:00:00Z" })).await;
            assert_eq!(reply["data"]["exposure"], Value::Null, "{reply}");
        }
        let statements = world.statements_of(could(&world, &officer(&world), now)).await;
        assert!(statements <= 4, "one query: {statements}");
        let wrong = world.query(Some(&officer(&world)), document, json!({ "p": someone.global_id(), "from": "2026-05-11T00:00:00Z", "to": "2026-05-09T00:00:00Z" })).await;
        assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}
