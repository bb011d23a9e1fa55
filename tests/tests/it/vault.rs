//! The vault: who opens what for which purpose, that each opening is disclosed, and what is refused.

mod keys;
mod races;
mod sharing;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Identity, Role, Scope};
use alongside::db::Access;
use alongside::vault::model::{Category, New, ReaderRole};
use alongside::vault::service;
use chrono::NaiveDate;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::eye::texts;
use tests::people::linked;
use tests::vault::{id, kept, officer, opened, reader, shared, signed_in, told};
use tests::world::{mutation, system_scope};
use tests::{World, given, on_both_databases, on_postgres, world_with};
use uuid::Uuid;

use crate::served::Served;

/// What is written of openings: disclosures, and events of the trail.
async fn written(world: &World) -> [i64; 2] {
    let eye = &world.database.eye;
    let events = "entity_type = 'sensitive_disclosure'";
    [
        eye.rows_where("sensitive_disclosure", "true").await,
        eye.rows_where("audit_event", events).await,
    ]
}

/// Everyone who tries, by name, with tokens.
struct Cast {
    people: Vec<(&'static str, Option<String>)>,
    records: Vec<(Category, Uuid)>,
}

/// A text of each category about one person of A, each with everyone who can be named as its reader.
async fn cast(world: &World) -> Cast {
    let (concerned, own) = signed_in(world, "concerned").await;
    let mut people = vec![("concerned", Some(own)), ("nobody", None)];
    let mut named = Vec::new();
    for (name, role) in [
        ("tutor", ReaderRole::Tutor),
        ("supervisor", ReaderRole::Supervisor),
        ("assessor", ReaderRole::Assessor),
        ("marker", ReaderRole::Marker),
        ("moderator", ReaderRole::Moderator),
        ("concern lead", ReaderRole::ConcernLead),
    ] {
        let (someone, token) = signed_in(world, name).await;
        people.push((name, Some(token)));
        named.push((role, someone));
    }
    for (name, role) in [
        ("PCO", Role::PartnerCoordinator),
        ("LTR", Role::LeadTrainer),
        ("PSG", Role::PartnerSignatory),
        ("TNR", Role::Trainer),
        ("DPO of A", Role::DataProtectionOfficer),
    ] {
        people.push((name, Some(world.grant(role, Some(world.a.id)).await)));
    }
    for (name, role) in [("PCO of B", Role::PartnerCoordinator), ("LTR of B", Role::LeadTrainer)] {
        people.push((name, Some(world.grant(role, Some(world.b.id)).await)));
    }
    for (name, role) in [
        ("NLO", Role::LicensingOfficer),
        ("NQL", Role::QualityLead),
        ("NAN", Role::Analyst),
        ("DPO", Role::DataProtectionOfficer),
    ] {
        people.push((name, Some(world.token(role, None))));
    }
    people.push(("stranger", Some(signed_in(world, "stranger").await.1)));
    let mut records = Vec::new();
    for category in Category::ALL {
        let record =
            kept(world, &concerned, Some(world.a.id), *category, &format!("{category:?}")).await;
        for (role, someone) in &named {
            if alongside::vault::rules::handling(*category).readers.contains(role) {
                shared(world, record, reader(someone, *role)).await;
            }
        }
        records.push((*category, record));
    }
    Cast { people, records }
}

/// Who opens texts of a category, and for what.
fn openers(category: Category) -> Vec<(&'static str, &'static [&'static str])> {
    let (own, officer): (_, (&str, &[&str])) =
        (("OWN_RECORD", &["concerned"][..]), ("RIGHTS_REQUEST", &["DPO"]));
    match category {
        Category::Motivation => vec![("SELECTION", &["assessor", "PCO", "LTR"]), own, officer],
        Category::Reference | Category::SelectionNote => {
            vec![("SELECTION", &["assessor", "PCO", "LTR"]), officer]
        }
        Category::SupportNeeds | Category::Adjustments => {
            vec![("SUPPORT", &["tutor", "supervisor"]), own, officer]
        }
        Category::Assignment => {
            vec![("ASSESSMENT", &["assessor", "marker", "moderator", "concern lead"]), own, officer]
        }
        Category::Concern => vec![("SAFEGUARDING", &["concern lead"]), officer],
    }
}

const PURPOSES: [&str; 6] =
    ["SELECTION", "SUPPORT", "ASSESSMENT", "SAFEGUARDING", "OWN_RECORD", "RIGHTS_REQUEST"];

on_both_databases! {
    async fn a_text_is_opened_by_who_needs_it_for_its_purpose_and_by_nobody_else(world: World) {
        let Cast { people, records } = cast(&world).await;
        let mut count = 0;
        for (category, record) in records {
            for purpose in PURPOSES {
                for (who, token) in &people {
                    let may = openers(category).iter().any(|(of, names)| *of == purpose && names.contains(who));
                    let reply = opened(&world, token.as_deref(), record, purpose).await;
                    let case = format!("{category:?} by {who} for {purpose}");
                    if may {
                        count += 1;
                        assert_eq!(reply.done("text"), &json!(format!("{category:?}")), "{case}");
                        let sees = reply.payload()["sensitiveRecord"]["id"] == id(record);
                        assert!(sees, "{case}: {}", reply.body());
                    } else {
                        let expected = if token.is_some() { "NOT_FOUND" } else { "FORBIDDEN" };
                        assert_eq!(reply.codes(), [expected], "{case}");
                        assert_eq!(reply.payload()["text"], Value::Null, "{case}");
                    }
                    assert_eq!(written(&world).await, [count, count], "{case}: each opening is told, and no refusal");
                }
            }
        }
        assert_eq!(count, 29);
    }

    async fn what_is_not_there_erased_or_of_another_kind_is_refused_alike(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let record = kept(&world, &concerned, None, Category::SupportNeeds, "A text.").await;
        let missing = opened(&world, Some(&own), Uuid::from_u128(7), "OWN_RECORD").await;
        assert_eq!(missing.codes(), ["NOT_FOUND"]);
        given::as_system(world.app.core(), move |unit| {
            Box::pin(async move { alongside::vault::service::erase(unit, record, "TEST").await })
        }).await;
        let mut erased = opened(&world, Some(&own), record, "OWN_RECORD").await;
        assert_eq!(erased.codes(), missing.codes());
        assert_eq!(erased.payload()["userErrors"], missing.payload()["userErrors"]);
        let input = json!({ "id": world.a.global_id(), "purpose": "OWN_RECORD" });
        erased = world.mutate(Some(&own), "sensitiveRecordOpen", "text", input).await;
        assert_eq!(crate::answers::codes(erased.body()), ["BAD_USER_INPUT"]);
        let shown = "{ sensitiveRecords { nodes { id isThere erasedAt version } } }";
        let data = world.data(Some(&own), shown, json!({})).await;
        assert_eq!(data["sensitiveRecords"]["nodes"][0], json!({
            "id": id(record), "isThere": false, "erasedAt": "2026-05-01T09:00:00.000000Z", "version": 2,
        }));
        assert_eq!(written(&world).await, [0, 0]);
    }

    async fn the_person_concerned_sees_as_what_somebody_read_and_the_officer_who(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (mut tutor, _) = signed_in(&world, "tutor").await;
        linked(&world, &mut tutor, "another account of the tutor").await;
        let token = world.token_of("another account of the tutor");
        let needs = kept(&world, &concerned, Some(world.a.id), Category::SupportNeeds, "A text.").await;
        let concern = kept(&world, &concerned, Some(world.a.id), Category::Concern, "Another.").await;
        let named = alongside::vault::model::NewReader { acts_for: Some(world.b.id), ..reader(&tutor, ReaderRole::Tutor) };
        shared(&world, needs, named).await;
        shared(&world, concern, reader(&tutor, ReaderRole::ConcernLead)).await;
        told(&world, &token, needs, "SUPPORT").await;
        told(&world, &token, concern, "SAFEGUARDING").await;
        let document = |reader: &str| format!(
            "{{ sensitiveDisclosures {{ totalCount nodes {{ at purpose actingAs organisation {{ id }} record {{ category }} {reader} }} }} }}"
        );
        let one = json!({
            "at": "2026-05-01T09:00:00.000000Z", "purpose": "SUPPORT", "actingAs": "TUTOR",
            "organisation": { "id": world.b.global_id() }, "record": { "category": "SUPPORT_NEEDS" },
        });
        let seen = world.data(Some(&own), &document(""), json!({})).await;
        assert_eq!(seen["sensitiveDisclosures"], json!({ "totalCount": 1, "nodes": [one] }), "not the concern");
        let body = world.query(Some(&own), &document("reader { id }"), json!({})).await;
        assert_eq!(crate::answers::codes(&body), ["FORBIDDEN"], "not by whom");
        let all = world.data(Some(&officer(&world)), &document("account reader { id }"), json!({})).await;
        assert_eq!(all["sensitiveDisclosures"]["totalCount"], 2);
        assert_eq!(all["sensitiveDisclosures"]["nodes"][0]["reader"]["id"], tutor.global_id());
        assert_eq!(all["sensitiveDisclosures"]["nodes"][0]["account"], "somebody (fictional)");
        let own_records = world.data(Some(&own), "{ sensitiveRecords { nodes { category readers { role readerId } } } }", json!({})).await;
        assert_eq!(own_records["sensitiveRecords"]["nodes"], json!([
            { "category": "SUPPORT_NEEDS", "readers": [{ "role": "TUTOR", "readerId": tutor.global_id() }] },
        ]));
        for token in [world.coordinator(&world.a), world.officer(), token] {
            let seen = world.data(Some(&token), &document(""), json!({})).await;
            assert_eq!(seen["sensitiveDisclosures"]["totalCount"], 0, "nobody else");
        }
        for row in ["update sensitive_disclosure set acting_as = 'SELF'", "delete from sensitive_disclosure"] {
            assert!(world.database.eye.execute(row).await.is_err(), "not even its owner: {row}");
        }
    }

    async fn opening_takes_as_many_statements_whatever_there_is(world: World) {
        let (concerned, _) = signed_in(&world, "concerned").await;
        let (tutor, token) = signed_in(&world, "tutor").await;
        let record = kept(&world, &concerned, Some(world.a.id), Category::Adjustments, "A text.").await;
        shared(&world, record, reader(&tutor, ReaderRole::Tutor)).await;
        told(&world, &token, record, "SUPPORT").await;
        let few = world.statements_of(told(&world, &token, record, "SUPPORT")).await;
        for number in 0..8 {
            let (other, _) = signed_in(&world, &format!("reader {number}")).await;
            shared(&world, record, reader(&other, ReaderRole::Tutor)).await;
            let more = kept(&world, &concerned, Some(world.a.id), Category::Adjustments, "More.").await;
            shared(&world, more, reader(&tutor, ReaderRole::Tutor)).await;
        }
        let many = world.statements_of(told(&world, &token, record, "SUPPORT")).await;
        assert_eq!(few, many);
        assert!(many <= 13, "{many}");
    }

    async fn a_fault_on_the_way_tells_nothing_and_writes_nothing(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let record = kept(&world, &concerned, None, Category::Motivation, "A text.").await;
        for table in ["sensitive_disclosure", "outbox_event", "audit_event"] {
            let [plant, mend] = match world.engine() {
                tests::Engine::Sqlite => [
                    format!("create trigger planted_{table} before insert on {table} begin select raise(abort, 'planted'); end"),
                    format!("drop trigger planted_{table}"),
                ],
                tests::Engine::Postgres => [
                    format!("alter table {table} add constraint planted check (false) not valid"),
                    format!("alter table {table} drop constraint planted"),
                ],
            };
            world.database.eye.execute(&plant).await.expect("the plant");
            let before = world.database.eye.contents().await;
            let reply = opened(&world, Some(&own), record, "OWN_RECORD").await;
            assert_eq!(crate::answers::codes(reply.body()), ["INTERNAL"], "{table}");
            assert!(!reply.body().to_string().contains("A text."), "{table}");
            let changes = world.database.eye.contents().await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0], "{table}");
            world.database.eye.execute(&mend).await.expect("the plant goes");
        }
        assert_eq!(told(&world, &own, record, "OWN_RECORD").await, "A text.");
    }

    async fn the_person_their_organisation_and_the_officer_write_as_themselves(world: World) {
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (marker, token) = signed_in(&world, "marker").await;
        let of = |subject: &str| Identity::account(account_id(DemoIssuer::NAME, subject));
        let coordinator = of(&given::subject(Role::PartnerCoordinator, Some(world.a.id)));
        let a_officer = of(&given::subject(Role::DataProtectionOfficer, None));
        let (person, organisation) = (concerned.id, Some(world.a.id));
        let core = world.app.core();
        let keeps = async |identity, category| {
            given::as_identity(core, identity, move |unit| Box::pin(async move {
                let new = New { person, organisation, category, text: "A first text.".into(), retain_until: None };
                let id = service::keep(unit, new, "TEST").await?;
                service::replace(unit, id, &"A text.".into(), "TEST").await.map(|()| id)
            })).await
        };
        let note = keeps(coordinator, Category::SelectionNote).await;
        assert_eq!(told(&world, &world.coordinator(&world.a), note, "SELECTION").await, "A text.");
        let assignment = keeps(of("concerned"), Category::Assignment).await;
        assert_eq!(told(&world, &own, assignment, "OWN_RECORD").await, "A text.");
        let (named, reads) = (reader(&marker, ReaderRole::Marker), marker.id);
        given::as_identity(core, coordinator, move |unit| {
            let named = named.clone();
            Box::pin(async move { service::share(unit, assignment, named, "PCO").await })
        }).await;
        assert_eq!(told(&world, &token, assignment, "ASSESSMENT").await, "A text.");
        given::as_identity(core, coordinator, move |unit| {
            Box::pin(async move { service::end_share(unit, assignment, reads, "PCO").await })
        }).await;
        assert_eq!(opened(&world, Some(&token), assignment, "ASSESSMENT").await.codes(), ["NOT_FOUND"]);
        let gone = given::as_identity(core, a_officer, move |unit| {
            Box::pin(async move { service::destroy_key(unit, person, "DPO").await })
        }).await;
        assert_eq!(gone, 2);
        let chains = "select chain from audit_event where entity_type like 'sensitive_%' or entity_type like 'vault_%'";
        let of_nation = format!("chain not in ({}, {}, {}, {})", world.uuid(Uuid::nil()), world.uuid(world.a.id), world.uuid(person), world.uuid(reads));
        let strays = world.database.eye.count(&format!("select count(*) from ({chains}) x where {of_nation}")).await;
        assert_eq!(strays, 0, "each in the chain of whoever acts");
    }

    async fn no_text_is_in_the_log(world: World) {
        let (opened, sent) = ("Sentinel 4d1f, opened", "Sentinel 4d1f, sent");
        let served = Served::start(&world, &[("RUST_LOG", "debug,alongside=trace")]).await;
        let (concerned, own) = signed_in(&world, "concerned").await;
        let (tutor, _) = signed_in(&world, "tutor").await;
        let record = kept(&world, &concerned, None, Category::SupportNeeds, opened).await;
        let open = json!({ "id": id(record), "purpose": "OWN_RECORD" });
        let (_, body) = served.ask(Some(&own), &mutation("sensitiveRecordOpen", "text"), json!({ "input": open })).await;
        assert_eq!(body["data"]["sensitiveRecordOpen"]["text"], opened, "{body}");
        let literal = format!(
            "mutation {{ sensitiveRecordShare(input: {{ id: \"{}\", expectedVersion: 1, readerId: \"{}\", role: TUTOR, \
             consentWording: \"{sent}\", idempotencyKey: \"once\" }}) {{ userErrors {{ code }} }} }}", id(record), tutor.global_id()
        );
        let (_, body) = served.ask(Some(&own), &literal, json!({})).await;
        assert_eq!(body["data"]["sensitiveRecordShare"]["userErrors"], json!([]), "{body}");
        let wrong = json!({ "input": { "id": sent, "purpose": "OWN_RECORD" } });
        served.ask(Some(&own), &mutation("sensitiveRecordOpen", "text"), wrong).await;
        let lines = served.stop().await;
        let said = |line: &&Vec<u8>| String::from_utf8_lossy(line).contains("Sentinel 4d1f");
        assert_eq!(lines.iter().filter(said).count(), 0, "of {}", lines.len());
    }

    async fn a_role_that_ended_opens_nothing(world: World) {
        let (concerned, _) = signed_in(&world, "concerned").await;
        let record = kept(&world, &concerned, Some(world.a.id), Category::Reference, "A text.").await;
        let scope = GrantScope::Organisation(world.a.id);
        let token = world.grant_to("a lead", Role::LeadTrainer, scope).await;
        assert_eq!(told(&world, &token, record, "SELECTION").await, "A text.");
        let account = alongside::actor::service::account_id(alongside::actor::demo_issuer::DemoIssuer::NAME, "a lead");
        let end = format!("update role_grant set valid_to = '2026-05-01' where account_id = {}", world.uuid(account));
        world.database.eye.execute(&end).await.expect("the grant ends");
        assert_eq!(opened(&world, Some(&token), record, "SELECTION").await.codes(), ["NOT_FOUND"]);
    }
}

world_with! {
    /// A world whose network has an appropriate policy document.
    Documented, |config| {
        config.policy.policy_document = NaiveDate::from_ymd_opt(2026, 4, 1);
    }
}

on_both_databases! {
    async fn a_text_names_the_policy_document_that_was_in_force_when_it_was_kept(world: Documented) {
        let ask = "query($id: ID!) { sensitiveRecord(by: {id: $id}) { policyDocument } }";
        for (tenant, name) in [(&world.a, "of A"), (&world.b, "of B")] {
            let (concerned, own) = signed_in(&world, name).await;
            let record = kept(&world, &concerned, Some(tenant.id), Category::SupportNeeds, "A text.").await;
            let data = world.data(Some(&own), ask, json!({ "id": id(record) })).await;
            assert_eq!(data["sensitiveRecord"]["policyDocument"], "2026-04-01");
            let before = format!("update sensitive_record set policy_document = null where id = {}", world.uuid(record));
            world.database.eye.execute(&before).await.expect("as one from before there was a document");
            let data = world.data(Some(&own), ask, json!({ "id": id(record) })).await;
            assert_eq!(data["sensitiveRecord"], json!({ "policyDocument": null }));
        }
    }
}

on_postgres! {
    async fn the_row_policies_let_no_other_organisation_write_and_show_no_key_without_a_purpose(world: World) {
        let (concerned, _) = signed_in(&world, "concerned").await;
        let record = kept(&world, &concerned, Some(world.a.id), Category::Motivation, "A text.").await;
        let db = world.app.core().db();
        for scope in [world.a.scope(), system_scope()] {
            let tx = db.begin(Access::Write, &scope).await.expect("a transaction");
            assert_eq!(texts(&tx, "select id::text from vault_key").await.expect("none"), [] as [&str; 0]);
            tests::eye::rows(&tx, "select set_config('app.purpose', 'SUPPORT', true)").await.expect("a purpose");
            assert_eq!(texts(&tx, "select id::text from vault_key").await.expect("one"), [concerned.id.to_string()]);
            tx.rollback().await;
        }
        let public = Scope::public();
        for (scope, rows) in [(&world.a.scope(), 1), (&world.b.scope(), 0), (&public, 0)] {
            let tx = db.begin(Access::Write, scope).await.expect("a transaction");
            tests::eye::rows(&tx, "select set_config('app.purpose', 'SUPPORT', true)").await.expect("a purpose");
            let seen = texts(&tx, "select id::text from sensitive_record").await.expect("a look");
            assert_eq!(seen.len(), rows);
            let done = tx.execute_unprepared("update sensitive_record set retain_until = '2027-01-01'").await.expect("none");
            assert_eq!(done.rows_affected(), rows as u64);
            let keys = texts(&tx, "select id::text from vault_key").await.expect("a look");
            assert_eq!(keys.is_empty(), scope == &public);
            tx.rollback().await;
        }
        let tx = db.begin(Access::Write, &world.b.scope()).await.expect("a transaction");
        let account = account_id(DemoIssuer::NAME, &given::subject(Role::PartnerCoordinator, Some(world.b.id)));
        let disclose = format!(
            "insert into sensitive_disclosure values (gen_random_uuid(), '{record}', '{account}', null, null, 'PCO', 'SELECTION', now())"
        );
        assert!(tx.execute_unprepared(&disclose).await.is_err(), "of what it does not see");
        tx.rollback().await;
    }
}
