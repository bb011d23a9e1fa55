//! What others do not learn: not the rows, not their number, not that they exist.

use alongside::actor::{Identity, Role};
use alongside::command::{self, Outcome, Request};
use alongside::organisation::model::Command;
use alongside::organisation::service;
use serde_json::{Value, json};
use tests::given::organisation;
use tests::world::NATIONAL;
use tests::{World, on_both_databases};

use crate::answers::{codes, list, message, texts};
use crate::network::Wild;

/// The number of rows of a list, counted in both ways.
async fn rows(world: &World, token: Option<&str>, field: &str) -> usize {
    let data = world
        .data(
            token,
            &format!("{{ {field}(first: 100) {{ totalCount nodes {{ id }} }} }}"),
            json!({}),
        )
        .await;
    let rows = list(&data[field]["nodes"]).len();
    assert_eq!(data[field]["totalCount"], rows, "hidden rows of {field} are not counted");
    rows
}

on_both_databases! {
    async fn the_unassigned_list_shows_a_partner_its_own_places_only(world: World) {
        let one = organisation(&world).in_a_split_board().register().await;
        let two = organisation(&world).in_a_split_board().register().await;
        let document = "{ boardAssignments { totalCount nodes { organisation { id } candidates { odsCode } } } }";
        let seen = async |token: Option<&str>| {
            let data = world.data(token, document, json!({})).await;
            let nodes = list(&data["boardAssignments"]["nodes"]);
            assert_eq!(data["boardAssignments"]["totalCount"], nodes.len());
            let mut ids: Vec<String> = nodes.iter().filter_map(|row| Some(row["organisation"]["id"].as_str()?.to_owned())).collect();
            ids.sort();
            ids
        };
        let mut all = [one.global_id(), two.global_id()];
        all.sort();
        for (tenant, role) in [(&one, Role::PartnerCoordinator), (&two, Role::PartnerSignatory)] {
            let token = world.grant(role, Some(tenant.id)).await;
            assert_eq!(seen(Some(&token)).await, [tenant.global_id()]);
        }
        let trainer = world.grant(Role::Trainer, Some(one.id)).await;
        assert_eq!(seen(Some(&trainer)).await, [] as [String; 0], "a trainer");
        assert_eq!(seen(None).await, [] as [String; 0], "the public");
        assert_eq!(seen(Some(&world.coordinator(&world.a))).await, [] as [String; 0], "another partner");
        for role in NATIONAL {
            let expected = if role == Role::DataProtectionOfficer { &[][..] } else { &all[..] };
            assert_eq!(seen(Some(&world.token(role, None))).await, expected, "{role:?}");
        }
    }

    async fn grants_show_themselves_to_their_holder_their_organisation_and_their_keepers(world: World) {
        let signatory = world.grant(Role::PartnerSignatory, Some(world.b.id)).await;
        let trainer = world.grant(Role::Trainer, Some(world.b.id)).await;
        let everyone = NATIONAL.len() + 4;
        assert_eq!(rows(&world, None, "roleGrants").await, 0, "the public");
        assert_eq!(rows(&world, Some(&world.token_of("nobody")), "roleGrants").await, 0, "an account without roles");
        assert_eq!(rows(&world, Some(&world.coordinator(&world.a)), "roleGrants").await, 1, "A's only one");
        assert_eq!(rows(&world, Some(&world.coordinator(&world.b)), "roleGrants").await, 3, "all of B");
        assert_eq!(rows(&world, Some(&signatory), "roleGrants").await, 3, "all of B");
        assert_eq!(rows(&world, Some(&trainer), "roleGrants").await, 1, "the own one");
        for role in NATIONAL {
            let keeps = matches!(role, Role::LicensingOfficer | Role::DataProtectionOfficer);
            let expected = if keeps { everyone } else { 1 };
            assert_eq!(rows(&world, Some(&world.token(role, None)), "roleGrants").await, expected, "{role:?}");
        }
    }

    async fn whoever_sees_a_grant_sees_whose_it_is(world: World) {
        world.grant(Role::Trainer, Some(world.b.id)).await;
        let document = "{ roleGrants(first: 100) { nodes { role accountLabel organisation { id } } } }";
        for token in [world.coordinator(&world.b), world.officer()] {
            let data = world.data(Some(&token), document, json!({})).await;
            let grants = list(&data["roleGrants"]["nodes"]);
            let labels: Vec<&Value> = grants.iter().map(|grant| &grant["accountLabel"]).collect();
            assert!(labels.iter().all(|label| label.is_string()), "{labels:?}");
            assert!(labels.iter().any(|label| **label == "trainer for a test"), "{labels:?}");
        }
    }

    async fn an_audit_trail_opens_to_its_organisation_and_the_data_protection_officer(world: World) {
        let document = "query($id: ID!) { organisation(by: { id: $id }) { id auditEvents { totalCount nodes { action } } } }";
        let ask = async |token: Option<&str>, of: &tests::Tenant| {
            world.query(token, document, json!({ "id": of.global_id() })).await
        };
        let shown = json!({ "totalCount": 2, "nodes": [{ "action": "organisation.registered" }, { "action": "role.granted" }] });
        let empty = json!({ "totalCount": 0, "nodes": [] });
        let dpo = world.token(Role::DataProtectionOfficer, None);
        for (own, other) in [(&world.a, &world.b), (&world.b, &world.a)] {
            let token = world.coordinator(own);
            assert_eq!(ask(Some(&token), own).await["data"]["organisation"]["auditEvents"], shown);
            assert_eq!(ask(Some(&token), other).await["data"]["organisation"]["auditEvents"], empty);
            assert_eq!(ask(Some(&dpo), own).await["data"]["organisation"]["auditEvents"], shown);
        }
        for token in [None, Some(world.officer()), Some(world.token(Role::Analyst, None)), Some(world.token_of("nobody"))] {
            let refused = ask(token.as_deref(), &world.a).await;
            assert_eq!(refused["data"]["organisation"], json!({ "id": world.a.global_id(), "auditEvents": null }));
            assert_eq!(codes(&refused), ["FORBIDDEN"]);
            assert_eq!(refused["errors"][0]["path"], json!(["organisation", "auditEvents"]));
        }
    }

    async fn a_field_that_a_role_does_not_open_is_null_with_an_error_at_its_path(world: World) {
        let document = "{ all: organisations(first: 5) { edges { node { id codes: identifiers { value who: verifiedBy again: verifiedBy } } } } }";
        for token in [None, Some(world.token(Role::DataProtectionOfficer, None))] {
            let body = world.query(token.as_deref(), document, json!({})).await;
            assert_eq!(codes(&body), ["FORBIDDEN", "FORBIDDEN"]);
            for (error, name) in list(&body["errors"]).iter().zip(["who", "again"]) {
                assert_eq!(error["path"], json!(["all", "edges", "node", "codes", name]));
                assert!(error["locations"][0]["line"].is_number(), "{error}");
            }
            for edge in list(&body["data"]["all"]["edges"]) {
                assert_eq!(edge["node"]["codes"][0]["who"], Value::Null);
                assert!(edge["node"]["codes"][0]["value"].is_string());
            }
        }
        for (own, other) in [(&world.a, &world.b), (&world.b, &world.a)] {
            let data = world.data(Some(&world.coordinator(own)), document, json!({})).await;
            for edge in list(&data["all"]["edges"]) {
                let seen = edge["node"]["codes"][0]["who"].is_string();
                assert_eq!(seen, edge["node"]["id"] == *own.global_id(), "not {}", other.name);
            }
        }
        let data = world.data(Some(&world.officer()), document, json!({})).await;
        assert!(list(&data["all"]["edges"]).iter().all(|edge| edge["node"]["codes"][0]["who"].is_string()));
    }

    async fn a_key_that_leads_nowhere_gives_null_and_no_error(world: World) {
        let nowhere = "00000000000070008000000000000000";
        let document = format!(
            r#"{{ a: organisation(by: {{ id: "org_{nowhere}" }}) {{ id }} b: organisation(by: {{ odsCode: "ZZNONE" }}) {{ id }}
                 c: region(by: {{ id: "reg_{nowhere}" }}) {{ id }} d: integratedCareBoard(by: {{ odsCode: "" }}) {{ id }} }}"#
        );
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b)), Some(world.officer())] {
            let data = world.data(token.as_deref(), &document, json!({})).await;
            assert_eq!(data, json!({ "a": null, "b": null, "c": null, "d": null }));
        }
    }

    async fn a_key_is_exactly_one_of_the_right_type(world: World) {
        let id = world.a.global_id();
        let digits = id.strip_prefix("org_").expect("a prefix");
        let wrong = [format!("reg_{digits}"), digits.to_owned(), id.to_uppercase(), format!("{id}0"), "org_".to_owned(), String::new()];
        let mut by: Vec<String> = wrong.iter().map(|id| format!("{{ id: {id:?} }}")).collect();
        by.extend(["{}", "{ id: null }", "{ odsCode: null }", "{ odsCode: 7 }"].map(str::to_owned));
        by.extend([format!("{{ id: {id:?}, odsCode: \"ZZ1\" }}"), format!("{{ id: {id:?}, odsCode: null }}")]);
        for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
            for by in &by {
                let document = format!("{{ organisation(by: {by}) {{ id }} }}");
                let refused = world.query(Some(&token), &document, json!({})).await;
                let codes = codes(&refused);
                assert!(matches!(codes.as_slice(), ["BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED"]), "{by}: {refused}");
            }
            let document = "query($by: OrganisationBy!) { organisation(by: $by) { id } }";
            for by in [json!({}), json!({ "id": id, "odsCode": world.a.ods }), json!({ "id": wrong[0] }), Value::Null] {
                let refused = world.query(Some(&token), document, json!({ "by": by })).await;
                assert_eq!(codes(&refused).len(), 1, "{by}: {refused}");
                assert_ne!(codes(&refused), ["INTERNAL"], "{by}: {}", message(&refused));
            }
        }
    }

    async fn no_answer_to_one_tenant_holds_anything_that_only_the_other_may_see(world: Wild) {
        let marks = mark(&world).await;
        for (token, may_see) in [
            (None, false),
            (Some(world.coordinator(&world.a)), false),
            (Some(world.token(Role::Reviewer, None)), false),
            (Some(world.coordinator(&world.b)), true),
        ] {
            let mut answers = String::new();
            for document in QUERIES {
                let variables = json!({ "a": world.a.global_id(), "b": world.b.global_id() });
                let answer = world.raw(token.as_deref(), document, variables).await;
                answers.push_str(&answer.text().await.expect("a body"));
            }
            for (what, mark) in &marks {
                assert_eq!(answers.contains(mark), may_see, "{what} for {token:?}");
            }
            assert!(!answers.contains("canary-proposal") && !answers.contains("canary-key"), "{token:?}");
        }
        let proposals = "{ changeProposals { nodes { proposedValue } } }";
        let proposals = world.data(Some(&world.officer()), proposals, json!({})).await;
        assert_eq!(texts(&proposals["changeProposals"]["nodes"], "proposedValue"), ["canary-proposal"]);
    }
}

/// Leaves marks in everything of B that A may not see; gives them with what they are.
async fn mark(world: &World) -> Vec<(&'static str, String)> {
    let (b, eye) = (world.b.clone(), &world.database.eye);
    let id = world.uuid(b.id);
    let request = Request {
        identity: Identity::System("tests"),
        name: "mark",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: "canary-request".to_owned(),
    };
    let step = command::run(world.app.core(), request, move |unit| {
        Box::pin(service::step(unit, b.id, 1, Command::Activate))
    });
    assert!(matches!(step.await, Ok(Outcome::Done(_))), "B becomes active");
    let pause =
        json!({ "id": world.b.global_id(), "expectedVersion": 2, "idempotencyKey": "canary-key" });
    world
        .mutate(Some(&world.officer()), "organisationMakeDormant", "organisation { id }", pause)
        .await
        .done("organisation");
    let board = "select id from care_board where ods_code = 'QJG'";
    for change in [
        format!(
            "update account set label = 'canary-label' where id in (select account_id from role_grant where scope_id = {id})"
        ),
        format!(
            "update organisation_identifier set verified_by = 'canary-verifier' where organisation_id = {id}"
        ),
        format!(
            "insert into change_proposal values ({}, {id}, 'x', 'NAME', null, 'canary-proposal', 'OPEN', '2026-05-01T09:00:00+00:00', null, 1)",
            world.uuid(uuid::Uuid::from_u128(0xCA1))
        ),
        format!(
            "insert into board_assignment values ({}, {id}, ({board}), '2026-04-01', 'OPEN', null, '2026-05-01T09:00:00+00:00', 1)",
            world.uuid(uuid::Uuid::from_u128(0xCA2))
        ),
    ] {
        eye.execute(&change).await.expect("the mark");
    }
    let mut marks = vec![
        ("the label of an account", "canary-label".to_owned()),
        ("who verified an identifier", "canary-verifier".to_owned()),
        ("a request of the trail", "canary-request".to_owned()),
        ("a place on the unassigned list", format!("bas_{:032x}", 0xCA2)),
    ];
    let seals = eye.texts(&format!("select hash from audit_event where chain = {id}")).await;
    marks.extend(seals.into_iter().map(|seal| ("a seal of the trail", seal)));
    marks
}

/// Every way to rows that some may not see, and some ways that are wrong.
const QUERIES: [&str; 15] = [
    "{ roleGrants(first: 100) { totalCount nodes { id role scopeType accountLabel validFrom validTo organisation { name } } } }",
    "{ roleGrants(last: 100, where: { role: { eq: PCO } }, orderBy: [{ field: VALID_FROM, direction: DESC }]) { edges { cursor node { accountLabel } } } }",
    "{ roleGrants(where: { not: { scopeType: { eq: NATION } } }) { nodes { accountLabel organisation { auditEvents { nodes { hash } } } } } }",
    "{ boardAssignments(first: 100) { totalCount nodes { id since status organisation { name } previousBoard { name } candidates { name } } } }",
    "{ boardAssignments(where: { status: { in: [OPEN, ASSIGNED] } }) { edges { node { id organisation { identifiers { verifiedBy } } } } } }",
    "{ changeProposals(first: 100) { totalCount nodes { id currentValue proposedValue organisation { name } } } }",
    "{ importRuns(first: 100) { totalCount nodes { id kind fileHash } } }",
    "query($b: ID!) { organisation(by: { id: $b }) { name identifiers { value verifiedAt verifiedBy } auditEvents(first: 50) { totalCount nodes { id action requestId previousHash hash fields actingAs } } } }",
    "query($b: ID!) { organisation(by: { id: $b }) { auditEvents(where: { action: { startsWith: \"org\" } }, last: 50) { edges { cursor node { requestId hash } } } } }",
    "query($a: ID!) { organisation(by: { id: $a }) { identifiers { verifiedBy } auditEvents { nodes { requestId hash } } } }",
    "{ organisations(first: 100) { nodes { id name identifiers { value verifiedBy } auditEvents(first: 5) { totalCount nodes { requestId hash } } } } }",
    "{ regions { nodes { organisations(first: 20) { nodes { identifiers { verifiedBy } } } } } }",
    "{ viewer { isSignedIn roles { role scopeType scopeId } } }",
    "query($b: ID!) { organisation(by: { id: $b }) { auditEvents(after: \"x\") { nodes { hash } } } }",
    "mutation($b: ID!) { organisationActivate(input: { id: $b, expectedVersion: 3 }) { organisation { auditEvents { nodes { requestId hash } } } userErrors { code message } } }",
];
