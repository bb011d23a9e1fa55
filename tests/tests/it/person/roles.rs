//! Roles: who gives which to whom, never to oneself, and never two duties to one person.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::people::{linked, person};
use tests::race::at_once;
use tests::{World, given, on_both_databases};

async fn give(world: &World, token: &str, input: Value) -> tests::Reply {
    world.mutate(Some(token), "roleGrantGive", "roleGrant { id version role validTo }", input).await
}

async fn end(world: &World, token: &str, id: &Value, version: i32) -> tests::Reply {
    let input = json!({ "id": id, "expectedVersion": version });
    world.mutate(Some(token), "roleGrantEnd", "roleGrant { validTo version }", input).await
}

/// A role for the account of a subject.
fn of(subject: &str, role: &str, scope: Value) -> Value {
    let mut input = scope;
    input["account"] =
        json!({ "issuer": DemoIssuer::NAME, "subject": subject, "label": "Somebody (fictional)" });
    input["role"] = role.into();
    input
}

fn nation() -> Value {
    json!({ "scopeType": "NATION" })
}

on_both_databases! {
    async fn partners_give_some_roles_to_their_own_people_in_their_own_organisation(world: World) {
        let mut ash = person(&world, "Ash", Some(&world.a)).await;
        let input = |role: &str, of: &tests::Tenant, person: &str| json!({
            "personId": person, "role": role, "scopeType": "ORGANISATION", "scopeId": of.global_id(),
        });
        let coordinator = world.coordinator(&world.a);
        let signatory = world.grant(Role::PartnerSignatory, Some(world.a.id)).await;
        let id = ash.global_id();
        assert_eq!(give(&world, &coordinator, input("TNR", &world.a, &id)).await.codes(), ["ACCOUNT_MISSING"]);
        linked(&world, &mut ash, "ash").await;
        // Every role by both: a table written apart from the product's.
        for role in Role::ALL {
            for (token, may) in [(&coordinator, ["TRN", "TNR", "LTR"].contains(&role.code())), (&signatory, ["TRN", "TNR", "LTR", "PCO"].contains(&role.code()))] {
                let reply = give(&world, token, input(role.code(), &world.a, &id)).await;
                match (may, reply.codes().as_slice()) {
                    (true, []) => { end(&world, token, &reply.done("roleGrant")["id"], 1).await.done("roleGrant"); }
                    (false, codes) => assert_eq!(codes, ["FORBIDDEN"], "{}", role.code()),
                    (true, codes) => unreachable!("{}: {codes:?}", role.code()),
                }
            }
        }
        assert_eq!(give(&world, &coordinator, input("TNR", &world.b, &id)).await.codes(), ["FORBIDDEN"]);
        let elsewhere = world.coordinator(&world.b);
        let stranger = give(&world, &elsewhere, input("TNR", &world.b, &id)).await;
        assert_eq!(stranger.codes(), ["NOT_FOUND"]);
        let absent = ids::encode("per", uuid::Uuid::from_u128(9));
        assert_eq!(give(&world, &elsewhere, input("TNR", &world.b, &absent)).await.body(), stranger.body());
        let account = of("ash", "TNR", json!({ "scopeType": "ORGANISATION", "scopeId": world.a.global_id() }));
        assert_eq!(give(&world, &coordinator, account).await.codes(), ["FORBIDDEN"], "partners name people");
        // A role that is ended counts no longer; another's grant is not there.
        let made = give(&world, &coordinator, input("TNR", &world.a, &id)).await;
        let grant = made.done("roleGrant")["id"].clone();
        assert_eq!(give(&world, &coordinator, input("TNR", &world.a, &id)).await.codes(), ["UNCHANGED"]);
        assert_eq!(end(&world, &elsewhere, &grant, 1).await.codes(), ["NOT_FOUND"]);
        assert_eq!(end(&world, &world.token_of("ash"), &grant, 1).await.codes(), ["FORBIDDEN"]);
        let viewer = async || world.data(Some(&world.token_of("ash")), "{ viewer { roles { role } } }", json!({})).await["viewer"]["roles"].as_array().map(Vec::len);
        assert_eq!(viewer().await, Some(1));
        assert_eq!(end(&world, &coordinator, &grant, 1).await.done("roleGrant")["validTo"], "2026-05-01");
        assert_eq!(viewer().await, Some(0), "it ended on its first day, at once");
        assert_eq!(end(&world, &coordinator, &grant, 2).await.codes(), ["UNCHANGED"]);
        assert_eq!(end(&world, &coordinator, &grant, 1).await.codes(), ["CONFLICT"]);
    }

    async fn nobody_gives_or_ends_the_own_role_by_whichever_account(world: World) {
        let mut ash = person(&world, "Ash", None).await;
        linked(&world, &mut ash, "ash").await;
        linked(&world, &mut ash, "ash-the-officer").await;
        let officer = world.grant_to("ash-the-officer", Role::LicensingOfficer, GrantScope::Nation).await;
        for subject in ["ash", "ash-the-officer"] {
            assert_eq!(give(&world, &officer, of(subject, "NAN", nation())).await.codes(), ["SEPARATION_OF_DUTIES"], "{subject}");
        }
        let by_person = json!({ "personId": ash.global_id(), "role": "NAN", "scopeType": "NATION" });
        assert_eq!(give(&world, &officer, by_person).await.codes(), ["SEPARATION_OF_DUTIES"]);
        let made = give(&world, &world.officer(), of("ash", "NAN", nation())).await;
        let grant = made.done("roleGrant")["id"].clone();
        assert_eq!(end(&world, &officer, &grant, 1).await.codes(), ["SEPARATION_OF_DUTIES"]);
        end(&world, &world.officer(), &grant, 1).await.done("roleGrant");
        // An account without a person does not give itself a role either.
        let own = given::subject(Role::LicensingOfficer, None);
        assert_eq!(give(&world, &world.officer(), of(&own, "NAN", nation())).await.codes(), ["SEPARATION_OF_DUTIES"]);
    }

    async fn officer_and_approver_are_never_one_person(world: World) {
        let mut ash = person(&world, "Ash", None).await;
        linked(&world, &mut ash, "ash-1").await;
        linked(&world, &mut ash, "ash-2").await;
        let officer = world.officer();
        give(&world, &officer, of("ash-1", "FNO", nation())).await.done("roleGrant");
        let region = world.data(None, "{ regions(first: 1) { nodes { id } } }", json!({})).await["regions"]["nodes"][0]["id"].clone();
        for input in [of("ash-1", "FNA", nation()), of("ash-2", "FNA", nation()), of("ash-2", "FNA", json!({ "scopeType": "REGION", "scopeId": region }))] {
            assert_eq!(give(&world, &officer, input).await.codes(), ["SEPARATION_OF_DUTIES"]);
        }
        give(&world, &officer, of("somebody-else", "FNA", nation())).await.done("roleGrant");
        let link = json!({ "id": ash.global_id(), "expectedVersion": ash.version, "issuer": DemoIssuer::NAME, "subject": "somebody-else", "label": "x" });
        let reply = world.mutate(Some(&officer), "personAccountLink", "", link).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"]);
        // The constraint stands under the rule.
        let account = alongside::actor::service::account_id(DemoIssuer::NAME, "ash-2");
        let row = format!(
            "insert into role_grant (id, account_id, person_id, role, scope_type, valid_from, created_at, version) \
             values ({}, {}, {}, 'FNA', 'NATION', '2026-05-01', '2026-05-01T09:00:00+00:00', 1)",
            world.uuid(uuid::Uuid::from_u128(1)), world.uuid(account), world.uuid(ash.id),
        );
        let refused = world.database.eye.execute(&row).await.expect_err("two duties").to_string();
        assert!(refused.contains("role_grant_duties_apart"), "{refused}");
    }

    async fn two_duties_given_at_once_never_meet_in_one_person(world: World) {
        let officer = world.officer();
        for round in 0..25 {
            let mut ash = person(&world, "Ash", None).await;
            let subjects = [format!("ash-{round}-1"), format!("ash-{round}-2")];
            for subject in &subjects {
                linked(&world, &mut ash, subject).await;
            }
            let replies = at_once(2, |index| {
                let (world, officer) = (world.clone(), officer.clone());
                let input = of(&subjects[index], ["FNO", "FNA"][index], nation());
                async move { give(&world, &officer, input).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert_eq!(codes, ["", "SEPARATION_OF_DUTIES"]);
        }
    }

    async fn nobody_gets_a_role_for_what_is_not_there_or_in_what_is_closed(world: World) {
        let (school, gone) = (tests::courses::school(&world).await, given::organisation(&world).active().register().await);
        let officer = world.officer();
        let course = tests::courses::course(&world, &school, alongside::course::model::State::Approved).await;
        let lead = |id: String| of("ash", "TNR", json!({ "scopeType": "COURSE", "scopeId": id }));
        let absent = give(&world, &officer, lead(ids::encode("crs", uuid::Uuid::from_u128(9)))).await;
        assert_eq!(absent.codes(), ["NOT_FOUND"]);
        give(&world, &officer, lead(course.global_id())).await.done("roleGrant");
        let close = json!({ "id": gone.global_id(), "expectedVersion": 2, "closedOn": "2026-04-30", "reason": "A test." });
        world.mutate(Some(&officer), "organisationClose", "organisation { id }", close).await.done("organisation");
        let within = of("ash", "PCO", json!({ "scopeType": "ORGANISATION", "scopeId": gone.global_id() }));
        let before = world.database.eye.contents().await;
        assert_eq!(give(&world, &officer, within).await.codes(), ["OWNER_CLOSED"]);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
    }

    async fn a_role_counts_in_a_scope_that_suits_it(world: World) {
        let officer = world.officer();
        let org = || json!({ "scopeType": "ORGANISATION", "scopeId": world.a.global_id() });
        for (role, scope, code) in [
            ("PCO", nation(), "GRANT_SCOPE"), ("NLO", org(), "GRANT_SCOPE"), ("FNO", org(), "GRANT_SCOPE"),
            ("APP", nation(), "GRANT_SCOPE"), ("PCO", json!({ "scopeType": "ORGANISATION" }), "INVALID"),
            ("NAN", json!({ "scopeType": "NATION", "scopeId": world.a.global_id() }), "INVALID"),
            ("NAN", json!({ "scopeType": "NATION", "validFrom": "2026-04-30" }), "INVALID"),
            ("NAN", json!({ "scopeType": "NATION", "validFrom": "2026-06-01", "validTo": "2026-06-01" }), "INVALID"),
            ("PCO", json!({ "scopeType": "ORGANISATION", "scopeId": ids::encode("org", uuid::Uuid::from_u128(9)) }), "NOT_FOUND"),
        ] {
            assert_eq!(give(&world, &officer, of("ash", role, scope.clone())).await.codes(), [code], "{role} {scope}");
        }
        let both = json!({ "personId": ids::encode("per", uuid::Uuid::from_u128(9)), "role": "NAN", "scopeType": "NATION" });
        assert_eq!(give(&world, &officer, both).await.codes(), ["NOT_FOUND"]);
        assert_eq!(give(&world, &officer, json!({ "role": "NAN", "scopeType": "NATION" })).await.codes(), ["INVALID"]);
        let later = of("ash", "NAN", json!({ "scopeType": "NATION", "validFrom": "2026-06-01" }));
        let made = give(&world, &officer, later).await;
        assert_eq!(end(&world, &officer, &made.done("roleGrant")["id"], 1).await.done("roleGrant")["validTo"], "2026-06-01", "it never begins");
    }
}
