//! Support for employing organisations: agreements between two, contacts, supervision on offer, the toolkit.

mod cells;
pub mod given;
mod kept;
mod reads;
mod walks;

use alongside::actor::Role;
use alongside::employer::model::{AgreementKind, Purpose, Standing};
use serde_json::{Value, json};
use tests::race::at_once;
use tests::{Reply, World, on_both_databases};
use uuid::Uuid;

use self::given::{agreement, body, contact, offer, proposal, published};

/// What is read of an agreement.
const AGREEMENT: &str = "agreement { id version state isInForce proposedBy places validFrom validTo acceptedOn reason programmes { programmeType } }";

/// `input` with more fields.
fn with(mut input: Value, more: &Value) -> Value {
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    input
}

async fn propose(world: &World, token: &str, input: Value) -> Reply {
    world.mutate(Some(token), "employerAgreementPropose", AGREEMENT, input).await
}

on_both_databases! {
    async fn one_side_proposes_the_other_accepts_and_either_ends(world: World) {
        let (deliverer, host) = (body(&world).await, body(&world).await);
        let coordinator = world.grant(Role::PartnerCoordinator, Some(deliverer.id)).await;
        let signatory = world.grant(Role::PartnerSignatory, Some(host.id)).await;
        let input = with(proposal(&deliverer, &host), &json!({ "validFrom": "2026-05-01", "idempotencyKey": "1" }));
        let before = world.database.eye.contents().await;
        let tried = propose(&world, &coordinator, with(proposal(&deliverer, &host), &json!({ "dryRun": true }))).await;
        assert_eq!(tried.payload()["impact"], json!(["your organisation: no status in the Data Security and Protection Toolkit is recorded"]));
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let made = propose(&world, &coordinator, input.clone()).await;
        let shown = made.done("agreement").clone();
        assert_eq!((&shown["state"], &shown["proposedBy"], &shown["places"]), (&json!("PROPOSED"), &json!("DELIVERER"), &json!(3)));
        assert_eq!(shown["programmes"], json!([{ "programmeType": "SUPERVISOR" }, { "programmeType": "VOLUNTEER" }]));
        assert_eq!(propose(&world, &coordinator, input.clone()).await, made, "a repeat has one effect");
        assert_eq!(propose(&world, &coordinator, with(input, &json!({ "places": 4 }))).await.codes(), ["IDEMPOTENCY_MISMATCH"]);
        let at = |version: i32, more: Value| with(json!({ "id": shown["id"], "expectedVersion": version }), &more);
        let step = async |token: &str, name: &str, input: Value| world.mutate(Some(token), &format!("employerAgreement{name}"), AGREEMENT, input).await;
        assert_eq!(step(&signatory, "Accept", at(2, json!({}))).await.codes(), ["CONFLICT"], "a stale version");
        let accepted = step(&signatory, "Accept", at(1, json!({}))).await;
        let shown = accepted.done("agreement");
        assert_eq!((&shown["state"], &shown["isInForce"], &shown["acceptedOn"]), (&json!("IN_FORCE"), &json!(true), &json!("2026-05-01")));
        let missing = ["no status in the Data Security and Protection Toolkit is recorded", "nobody is named for safeguarding", "nobody is named for supervision"];
        let expected: Vec<String> = ["the deliverer", "the host"].iter().flat_map(|whose| missing.map(|words| format!("{whose}: {words}"))).collect();
        assert_eq!(accepted.payload()["impact"], json!(expected), "warned of, and not refused");
        for (more, code) in [
            (json!({ "reason": "Over.", "endsOn": "2026-05-01" }), "INVALID"), (json!({ "reason": "Over.", "endsOn": "2026-04-30" }), "INVALID"),
            (json!({ "reason": " ", "endsOn": "2026-06-01" }), "INVALID"),
        ] {
            assert_eq!(step(&signatory, "End", at(2, more.clone())).await.codes().first(), Some(&code), "{more}");
        }
        let ended = step(&signatory, "End", at(2, json!({ "reason": "The ward closes.", "endsOn": "2026-06-01" }))).await;
        let shown = ended.done("agreement");
        assert_eq!((&shown["state"], &shown["isInForce"], &shown["validTo"], &shown["reason"]), (&json!("ENDED"), &json!(true), &json!("2026-06-01"), &json!("The ward closes.")));
        assert_eq!(step(&signatory, "End", at(3, json!({ "reason": "Again." }))).await.codes(), ["CONFLICT"]);
        let trail = format!("entity_type = 'employer_agreement' and acting_as in ('PCO', 'PSG') and chain in ({}, {})", world.uuid(deliverer.id), world.uuid(host.id));
        assert_eq!(world.database.eye.rows_where("audit_event", &trail).await, 3, "each in the chain of who acts");
    }

    async fn a_proposal_names_everything_that_is_unmet(world: World) {
        let (deliverer, host) = (body(&world).await, body(&world).await);
        let token = world.grant(Role::PartnerCoordinator, Some(deliverer.id)).await;
        let refused = async |more: Value| {
            let reply = propose(&world, &token, with(proposal(&deliverer, &host), &more)).await;
            let errors = reply.payload()["userErrors"].as_array().expect("errors").clone();
            errors.iter().map(|error| format!("{} {}", error["code"].as_str().expect("a code"), error["path"][1].as_str().unwrap_or_default())).collect::<Vec<_>>()
        };
        assert_eq!(refused(json!({ "places": 0, "programmeTypes": [], "validTo": "2026-06-01" })).await, ["INVALID places", "INVALID programmeTypes", "INVALID validTo"]);
        assert_eq!(refused(json!({ "hostId": deliverer.global_id() })).await, ["INVALID hostId"]);
        assert_eq!(refused(json!({ "hostId": world.b.global_id() })).await, ["ORGANISATION_NOT_ACTIVE hostId"], "a prospect");
        assert_eq!(refused(json!({ "hostId": given::Kept::none("org") })).await, ["NOT_FOUND hostId"]);
        let idle = format!("update organisation set employs = false where id = {}", world.uuid(host.id));
        world.database.eye.execute(&idle).await.expect("it employs nobody");
        assert_eq!(refused(json!({})).await, ["INVALID hostId"]);
        assert_eq!(refused(json!({ "delivererId": host.global_id(), "hostId": world.a.global_id() })).await, ["FORBIDDEN "], "of two others");
        let wrong = world.query(Some(&token), &tests::world::mutation("employerAgreementPropose", "agreement { id }"), json!({ "input": with(proposal(&deliverer, &host), &json!({ "hostId": "reg_00" })) })).await;
        assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{wrong}");
    }

    async fn one_account_does_not_sign_for_both_sides(world: World) {
        let (deliverer, host) = (body(&world).await, body(&world).await);
        for side in [&deliverer, &host] {
            world.grant_to("who acts for both", Role::PartnerSignatory, alongside::actor::GrantScope::Organisation(side.id)).await;
        }
        let both = world.token_of("who acts for both");
        let shown = propose(&world, &both, proposal(&deliverer, &host)).await.done("agreement").clone();
        let accept = json!({ "id": shown["id"], "expectedVersion": 1 });
        let before = world.database.eye.contents().await;
        let reply = world.mutate(Some(&both), "employerAgreementAccept", AGREEMENT, accept.clone()).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"]);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let other = world.grant(Role::PartnerSignatory, Some(host.id)).await;
        world.mutate(Some(&other), "employerAgreementAccept", AGREEMENT, accept).await.done("agreement");
    }

    async fn one_person_does_not_sign_for_both_sides_by_two_accounts(world: World) {
        let (deliverer, host) = (body(&world).await, body(&world).await);
        let mut ash = tests::people::person(&world, "Ash", None).await;
        let mut tokens = Vec::new();
        for (subject, side) in [("ash", &deliverer), ("ash elsewhere", &host)] {
            tests::people::linked(&world, &mut ash, subject).await;
            let scope = alongside::actor::GrantScope::Organisation(side.id);
            tokens.push(world.grant_to(subject, Role::PartnerSignatory, scope).await);
        }
        let shown = propose(&world, &tokens[0], proposal(&deliverer, &host)).await.done("agreement").clone();
        let accept = json!({ "id": shown["id"], "expectedVersion": 1 });
        let before = world.database.eye.contents().await;
        let reply = world.mutate(Some(&tokens[1]), "employerAgreementAccept", AGREEMENT, accept.clone()).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{}", reply.body());
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let other = world.grant(Role::PartnerSignatory, Some(host.id)).await;
        world.mutate(Some(&other), "employerAgreementAccept", AGREEMENT, accept).await.done("agreement");
    }

    async fn two_organisations_have_one_agreement_of_a_kind_at_a_time(world: World) {
        let (deliverer, host) = (body(&world).await, body(&world).await);
        agreement(&world, (&deliverer, &host), AgreementKind::Employs, Standing::InForce).await;
        let token = world.grant(Role::PartnerSignatory, Some(deliverer.id)).await;
        let ask = async |more: Value| propose(&world, &token, with(proposal(&deliverer, &host), &more)).await;
        assert_eq!(ask(json!({ "kind": "EMPLOYS" })).await.codes(), ["PERIOD_OVERLAP"]);
        ask(json!({ "kind": "EMPLOYS", "validFrom": "2027-04-01" })).await.done("agreement");
        ask(json!({ "kind": "PLACES" })).await.done("agreement");
        let again = ask(json!({ "kind": "PLACES" })).await;
        assert_eq!(again.codes(), ["PERIOD_OVERLAP"], "it waits for the other side");
        assert_eq!(again.payload()["userErrors"][0]["path"], json!(["input", "validFrom"]));
        let by_host = world.grant(Role::PartnerSignatory, Some(host.id)).await;
        let crossed = propose(&world, &by_host, with(proposal(&deliverer, &host), &json!({ "kind": "PLACES" }))).await;
        assert_eq!(crossed.codes(), ["PERIOD_OVERLAP"], "whichever side made it");
        let twice = format!(
            "insert into employer_agreement select {}, organisation_id, host_id, kind, places, proposed_by, state, valid_from, null, accepted_on, null, created_at, updated_at, 1 \
             from employer_agreement where state = 'ACCEPTED'", world.uuid(Uuid::from_u128(3)));
        let refused = world.database.eye.execute(&twice).await.expect_err("twice at once").to_string();
        assert!(refused.contains("employer_agreement_one_at_a_time"), "{refused}");
    }

    async fn of_proposals_that_are_accepted_at_once_one_is_agreed(world: World) {
        for round in 0..20 {
            let (deliverer, host) = (body(&world).await, body(&world).await);
            let token = world.grant(Role::PartnerSignatory, Some(host.id)).await;
            let mut made = Vec::new();
            for kind in [AgreementKind::Places, AgreementKind::Employs] {
                made.push(agreement(&world, (&deliverer, &host), kind, Standing::Proposed).await);
            }
            // Two of one kind, though none is proposed while another waits.
            let same = format!("update employer_agreement set kind = 'PLACES' where host_id = {}", world.uuid(host.id));
            world.database.eye.execute(&same).await.expect("of one kind");
            let replies = at_once(2, |index| {
                let (world, token, input) = (world.clone(), token.clone(), made[index].input(&json!({})));
                async move { world.mutate(Some(&token), "employerAgreementAccept", "", input).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert_eq!(codes, ["", "PERIOD_OVERLAP"], "round {round}");
        }
    }

    async fn agreements_end_with_an_organisation_that_closes(world: World) {
        let (own, host) = (body(&world).await, body(&world).await);
        let mut made = Vec::new();
        for (kind, standing) in [(AgreementKind::Employs, Standing::Declined), (AgreementKind::Employs, Standing::InForce), (AgreementKind::Places, Standing::Upcoming)] {
            made.push(agreement(&world, (&own, &host), kind, standing).await);
        }
        made.push(agreement(&world, (&host, &own), AgreementKind::Places, Standing::Proposed).await);
        let close = json!({ "id": host.global_id(), "expectedVersion": 2, "closedOn": "2026-04-30", "reason": "A test." });
        let closed = world.mutate(Some(&world.officer()), "organisationClose", "", close).await;
        let impact = closed.payload()["impact"].to_string();
        assert!(impact.contains("agreements with employers that end: 3"), "{}", closed.body());
        let read = "query($id: ID!) { employerAgreement(by: { id: $id }) { state validTo version } }";
        for (made, (state, to, version)) in made.iter().zip([("DECLINED", json!("2027-04-01"), 2), ("ENDED", json!("2026-04-30"), 3), ("WITHDRAWN", Value::Null, 3), ("WITHDRAWN", json!("2027-04-01"), 2)]) {
            let data = world.data(Some(&world.officer()), read, json!({ "id": made.global_id() })).await;
            assert_eq!(data["employerAgreement"], json!({ "state": state, "validTo": to, "version": version }));
        }
        let token = world.grant(Role::PartnerCoordinator, Some(own.id)).await;
        assert_eq!(propose(&world, &token, proposal(&own, &host)).await.codes(), ["ORGANISATION_NOT_ACTIVE"]);
    }

    async fn contacts_and_years_that_are_recorded_at_once_are_recorded_once(world: World) {
        let own = body(&world).await;
        let token = world.grant(Role::PartnerCoordinator, Some(own.id)).await;
        for (purpose, year) in [("FUNDING", "2021-22"), ("SUPERVISION", "2022-23"), ("SAFEGUARDING", "2023-24")] {
            let named = json!({ "organisationId": own.global_id(), "purpose": purpose, "name": "Ivy Mockford", "phone": "01632 960002" });
            let recorded = json!({ "organisationId": own.global_id(), "year": year, "status": "NOT_PUBLISHED" });
            for (field, input, code) in [("organisationContactAdd", named, "PERIOD_OVERLAP"), ("dsptAssessmentRecord", recorded, "YEAR_RECORDED")] {
                let replies = at_once(3, |_| {
                    let (world, token, input) = (world.clone(), token.clone(), input.clone());
                    async move { world.mutate(Some(&token), field, "", input).await }
                }).await;
                let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
                codes.sort();
                assert_eq!(codes, ["", code, code], "{field}");
            }
        }
    }

    async fn a_contact_is_replaced_from_a_day_on_and_never_overwritten(world: World) {
        let own = body(&world).await;
        let token = world.grant(Role::PartnerCoordinator, Some(own.id)).await;
        agreement(&world, (&own, &body(&world).await), AgreementKind::Places, Standing::InForce).await;
        let first = contact(&world, &own, Purpose::Supervision).await;
        let named = json!({ "name": "Bryony Sampleton", "email": "bryony@example.org" });
        let change = async |name: &str, input: Value| world.mutate(Some(&token), &format!("organisationContact{name}"), "contact { id name validFrom validTo isInForce version }", input).await;
        let add = with(named.clone(), &json!({ "organisationId": own.global_id(), "purpose": "SUPERVISION" }));
        let second = change("Add", add.clone()).await;
        let error = &second.payload()["userErrors"][0];
        assert_eq!((&error["code"], &error["message"]), (&json!("PERIOD_OVERLAP"), &json!("one contact for each purpose at a time: end or replace the present one first")));
        for (more, path) in [(json!({ "name": "" }), "name"), (json!({ "email": "nobody" }), "email"), (json!({ "email": null }), "email"), (json!({ "phone": "\n" }), "phone"), (json!({ "validTo": "2026-05-01" }), "validTo")] {
            let reply = change("Add", with(add.clone(), &with(more, &json!({ "purpose": "FUNDING" })))).await;
            assert_eq!((reply.codes()[0], &reply.payload()["userErrors"][0]["path"]), ("INVALID", &json!(["input", path])));
        }
        assert_eq!(change("Replace", with(first.input(&named), &json!({ "validFrom": "2026-01-01" }))).await.codes(), ["INVALID", "INVALID"], "in the past, and on the first day");
        let replaced = change("Replace", with(first.input(&named), &json!({ "validFrom": "2026-06-01" }))).await;
        let new = replaced.done("contact").clone();
        assert_eq!((&new["name"], &new["validFrom"], &new["isInForce"], &new["version"]), (&json!("Bryony Sampleton"), &json!("2026-06-01"), &json!(false), &json!(1)));
        assert_eq!(change("Replace", first.input(&named)).await.codes(), ["CONFLICT"]);
        let read = "query($on: Date!) { organisationContacts(asOf: $on, where: { isInForce: { eq: true } }) { nodes { name } } }";
        for (on, name) in [("2026-05-31", "Alder Fictley"), ("2026-06-01", "Bryony Sampleton")] {
            let data = world.data(Some(&token), read, json!({ "on": on })).await;
            assert_eq!(data["organisationContacts"]["nodes"], json!([{ "name": name }]), "{on}");
        }
        let end = json!({ "id": new["id"], "expectedVersion": 1, "endsOn": "2026-07-01", "dryRun": true });
        assert_eq!(change("End", end.clone()).await.payload()["impact"], json!(["from 2026-07-01: nobody is named for supervision"]));
        change("End", with(end, &json!({ "dryRun": false }))).await.done("contact");
        assert_eq!(world.database.eye.rows_where("organisation_contact", "valid_to is not null").await, 2, "both stay on record");
    }

    async fn supervision_is_offered_taken_and_never_negative(world: World) {
        let own = body(&world).await;
        let token = world.grant(Role::PartnerSignatory, Some(own.id)).await;
        let made = offer(&world, &own).await;
        let change = async |name: &str, input: Value| world.mutate(Some(&token), &format!("supervisionOffer{name}"), "offer { supervisees taken free isInForce version }", input).await;
        let add = json!({ "organisationId": own.global_id(), "supervisees": 2, "hoursPerMonth": 4 });
        let second = change("Add", add.clone()).await;
        let error = &second.payload()["userErrors"][0];
        assert_eq!((&error["code"], &error["message"]), (&json!("PERIOD_OVERLAP"), &json!("one offer of supervision at a time: end or amend the present one first")));
        assert_eq!(change("Add", with(add, &json!({ "validFrom": "2027-01-01", "taken": 3, "hoursPerMonth": 0 }))).await.codes(), ["INVALID", "CAPACITY_EXCEEDED"]);
        for (more, code) in [(json!({ "taken": 6 }), "CAPACITY_EXCEEDED"), (json!({ "supervisees": 2 }), "CAPACITY_EXCEEDED"), (json!({ "taken": -1 }), "INVALID"), (json!({}), "UNCHANGED")] {
            assert_eq!(change("Amend", made.input(&more)).await.codes(), [code], "{more}");
        }
        let amended = change("Amend", made.input(&json!({ "taken": 5 }))).await;
        assert_eq!(amended.done("offer"), &json!({ "supervisees": 5, "taken": 5, "free": 0, "isInForce": true, "version": 2 }));
        let negative = world.database.eye.execute("update supervision_offer set taken = 6").await.expect_err("more than there is");
        assert!(negative.to_string().contains("supervision_offer_taken"), "{negative}");
        let ended = change("End", json!({ "id": made.global_id(), "expectedVersion": 2, "endsOn": "2026-06-01" })).await;
        assert_eq!(ended.payload()["impact"], json!(["people who lose their supervision on 2026-06-01: 5"]));
    }

    async fn the_toolkit_is_recorded_once_a_year_and_its_lapse_is_derived(world: World) {
        let own = body(&world).await;
        let token = world.grant(Role::PartnerCoordinator, Some(own.id)).await;
        let record = async |more: Value| {
            let input = with(json!({ "organisationId": own.global_id(), "year": "2024-25", "status": "STANDARDS_MET" }), &more);
            world.mutate(Some(&token), "dsptAssessmentRecord", "assessment { id year status expiresOn version }", input).await
        };
        for (more, path) in [(json!({}), "publishedOn"), (json!({ "publishedOn": "2026-05-02" }), "publishedOn"), (json!({ "publishedOn": "2025-06-20", "expiresOn": "2025-06-20" }), "expiresOn"), (json!({ "publishedOn": "2025-06-20", "year": "2025" }), "year")] {
            let reply = record(more).await;
            assert_eq!((reply.codes(), &reply.payload()["userErrors"][0]["path"]), (vec!["INVALID"], &json!(["input", path])));
        }
        let made = record(json!({ "publishedOn": "2025-06-30" })).await;
        let shown = made.done("assessment").clone();
        assert_eq!((&shown["expiresOn"], &made.payload()["impact"]), (&json!("2026-06-30"), &json!(["the status is EXPIRING, last day 2026-06-30"])));
        assert_eq!(record(json!({ "publishedOn": "2025-06-30" })).await.codes(), ["YEAR_RECORDED"]);
        let amend = async |version: i32, more: Value| {
            let input = with(json!({ "id": shown["id"], "expectedVersion": version, "status": "STANDARDS_NOT_MET", "publishedOn": "2025-06-30" }), &more);
            world.mutate(Some(&token), "dsptAssessmentAmend", "assessment { version }", input).await
        };
        assert_eq!(amend(2, json!({})).await.codes(), ["CONFLICT"]);
        amend(1, json!({})).await.done("assessment");
        assert_eq!(amend(2, json!({})).await.codes(), ["UNCHANGED"]);
        let rows = world.database.eye.contents().await;
        for (now, standing, warnings) in [
            ("2026-06-30T12:00:00Z", "EXPIRING", vec!["DSPT_EXPIRING", "DSPT_NOT_MET"]),
            ("2026-06-30T22:59:00Z", "EXPIRING", vec!["DSPT_EXPIRING", "DSPT_NOT_MET"]),
            ("2026-06-30T23:00:00Z", "LAPSED", vec!["DSPT_LAPSED", "DSPT_NOT_MET"]),
        ] {
            world.set_clock(now);
            let token = world.grant(Role::PartnerCoordinator, Some(own.id)).await;
            let read = "query($id: ID!) { organisation(by: { id: $id }) { support { dsptStanding dsptStatus warnings { kind } } } }";
            let data = world.data(Some(&token), read, json!({ "id": own.global_id() })).await;
            let warnings: Vec<Value> = warnings.iter().map(|kind| json!({ "kind": kind })).collect();
            let expected = json!({ "dsptStanding": standing, "dsptStatus": "STANDARDS_NOT_MET", "warnings": warnings });
            assert_eq!(data["organisation"]["support"], expected, "{now}: midnight is London's");
        }
        let changes = world.database.eye.contents().await.changes_since(&rows);
        assert!(changes.iter().all(|row| row.contains("role_grant") || row.contains("audit_") || row.contains("outbox_event") || row.contains("account")), "nothing was written: {changes:?}");
    }

    async fn the_national_team_lists_whose_status_lapses_by_a_day(world: World) {
        for (year, on) in [("2024-25", "2025-06-30"), ("2023-24", "2024-05-30"), ("2025-26", "2025-08-30")] {
            let own = body(&world).await;
            published(&world, &own, year, on).await;
        }
        let never = body(&world).await;
        let document = "query($by: Date!) { lapsing: organisationSupports(where: { dsptExpiresOn: { before: $by } }, orderBy: { field: DSPT_EXPIRES_ON, direction: ASC }) { nodes { dsptExpiresOn dsptStanding } } \
            missing: organisationSupports(where: { dsptStanding: { eq: MISSING } }) { nodes { organisation { id } } } lapsed: organisationSupports(where: { dsptStanding: { eq: LAPSED } }) { totalCount } }";
        for role in [Role::LicensingOfficer, Role::Analyst, Role::DataProtectionOfficer] {
            let data = world.data(Some(&world.token(role, None)), document, json!({ "by": "2026-07-01" })).await;
            let nodes = &data["lapsing"]["nodes"];
            assert_eq!(nodes[0], json!({ "dsptExpiresOn": "2024-06-30", "dsptStanding": "LAPSED" }));
            assert_eq!((nodes.as_array().map(Vec::len), &data["lapsed"]["totalCount"]), (Some(3), &json!(1)));
            assert_eq!(data["missing"]["nodes"], json!([{ "organisation": { "id": never.global_id() } }]));
        }
    }
}
