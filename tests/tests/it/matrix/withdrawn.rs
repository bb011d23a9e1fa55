//! What is withdrawn counts from the next transaction on, for everyone who asks at that moment.

use alongside::actor::Role;
use serde_json::{Value, json};
use tests::race::asked_at_once;
use tests::world::mutation;
use tests::{World, given, on_both_databases};

use super::marks::account;
use crate::network::Wild;

/// How many connections ask at once.
const CONNECTIONS: usize = 50;

const READ: &str =
    "{ roleGrants { totalCount nodes { accountLabel } } boardAssignments { totalCount }
    changeProposals { totalCount } viewer { isSignedIn roles { role } } }";

/// The answers to one read and one change on each of many connections, asked for at once.
async fn all_ask(world: &World, token: &str) -> Vec<(u16, Value)> {
    let id = world.b.global_id();
    asked_at_once(world, token, CONNECTIONS, |place| {
        if place % 5 == 0 {
            let input = json!({ "id": id, "expectedVersion": 1, "name": "Too late" });
            let document = mutation("organisationRename", "organisation { name }");
            return (document, json!({ "input": input }));
        }
        (READ.to_owned(), json!({}))
    })
    .await
}

/// What takes the right away, with whether the token is refused altogether.
fn withdrawals(world: &World, account: &str) -> [(String, bool); 4] {
    let now = "2026-05-01T09:00:00+00:00";
    [
        (
            format!("update role_grant set valid_to = '2026-05-01' where account_id = {account}"),
            false,
        ),
        (
            format!(
                "update role_grant set scope_type = 'ORGANISATION', scope_id = {} where account_id = {account}",
                world.uuid(uuid::Uuid::from_u128(1))
            ),
            false,
        ),
        (format!("update account set enabled = false where id = {account}"), true),
        (format!("insert into ended_access values ({account}, 'ACCOUNT', '{now}', 1)"), true),
    ]
}

on_both_databases! {
    async fn what_was_withdrawn_is_refused_to_all_who_ask_in_the_next_moment(world: Wild) {
        given::proposal(&world, &world.a, "ZZ1 1AA").await;
        for (number, (_, refused)) in withdrawals(&world, "").into_iter().enumerate() {
            let subject = format!("officer {number}");
            let token = world.grant_to(&subject, Role::LicensingOfficer, alongside::actor::GrantScope::Nation).await;
            let account = world.uuid(account(&subject));
            let seen = world.data(Some(&token), READ, json!({})).await;
            assert_eq!(seen["changeProposals"]["totalCount"], 1, "it is seen before");
            let (withdrawal, _) = withdrawals(&world, &account)[number].clone();
            world.database.eye.execute(&withdrawal).await.expect("it is withdrawn");
            let before = world.database.eye.contents().await;
            for (status, body) in all_ask(&world, &token).await {
                if refused {
                    assert_eq!(status, 401, "{withdrawal}: {body}");
                    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
                    assert_eq!(body.get("data"), None);
                    continue;
                }
                match body["data"].get("organisationRename") {
                    Some(payload) => assert_eq!(payload["userErrors"][0]["code"], "FORBIDDEN", "{withdrawal}: {body}"),
                    None => {
                        assert_eq!(body["data"]["changeProposals"]["totalCount"], 0, "{withdrawal}: {body}");
                        assert_eq!(body["data"]["boardAssignments"]["totalCount"], 0);
                        assert_eq!(body["data"]["roleGrants"]["totalCount"], 1, "the own grant stays readable");
                    }
                }
            }
            let changes = world.database.eye.contents().await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0]);
        }
    }

    async fn an_ended_token_stays_ended_and_a_newer_one_is_good(world: Wild) {
        let subject = given::subject(Role::PartnerCoordinator, Some(world.a.id));
        let old = world.coordinator(&world.a);
        let account = world.uuid(account(&subject));
        let end = format!("insert into ended_access values ({account}, 'ACCOUNT', '2026-05-01T09:00:00+00:00', 1)");
        world.database.eye.execute(&end).await.expect("it is ended");
        world.set_clock("2026-05-01T09:00:01Z");
        let newer = world.coordinator(&world.a);
        let ask = async |token: &str| world.raw(Some(token), "{ roleGrants { totalCount } }", json!({})).await.status();
        assert_eq!(ask(&old).await, 401);
        assert_eq!(ask(&newer).await, 200);
        assert_eq!(ask(&old).await, 401);
        assert_eq!(ask(&world.coordinator(&world.b)).await, 200, "nobody else's");
    }
}
