//! What every mutation does beside its own work: one effect per key, one winner per version, a
//! sealed trail, an outbox event per change; and, in `nothing`, what it does when it is refused or only tried.

mod nothing;

use alongside::actor::{GrantScope, Role};
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use serde_json::{Value, json};
use tests::invariants::broken_links;
use tests::race::at_once;
use tests::{Contents, Engine, Tenant, World, given, on_both_databases};

/// Every row of every table.
async fn contents(world: &World) -> Contents {
    world.database.eye.contents().await
}

/// The input of a renaming of `tenant` from version 1, under a key.
fn renaming(tenant: &Tenant, name: &str, key: &str) -> Value {
    json!({ "id": tenant.global_id(), "expectedVersion": 1, "name": name, "idempotencyKey": key })
}

/// The input of a renaming of `tenant` from a version, on a later day for each later version.
fn next_name(tenant: &Tenant, version: i32) -> Value {
    let (name, day) = (format!("Name {version}"), format!("2024-01-{:02}", 1 + version));
    let id = tenant.global_id();
    json!({ "id": id, "expectedVersion": version, "name": name, "effectiveOn": day })
}

/// Renames as `token`; gives the answer.
async fn rename(world: &World, token: &str, input: Value) -> tests::Reply {
    world.mutate(Some(token), "organisationRename", "organisation { id name version }", input).await
}

/// The version in the database.
async fn version(world: &World, tenant: &Tenant) -> i64 {
    let sql = format!("select version from organisation where id = {}", world.uuid(tenant.id));
    world.database.eye.count(&format!("select cast(version as bigint) from ({sql}) v")).await
}

/// A second account with the licensing officer's role.
async fn deputy(world: &World) -> String {
    world.grant_to("deputy", Role::LicensingOfficer, GrantScope::Nation).await
}

// --- idempotency keys ----------------------------------------------------------------------------

on_both_databases! {
    async fn a_repeated_request_has_one_effect_and_the_same_answer(world: World) {
        let officer = world.officer();
        let input = renaming(&world.a, "Renamed once", "key 1");
        let first = rename(&world, &officer, input.clone()).await;
        assert_eq!(first.done("organisation")["version"], 2);
        let before = contents(&world).await;
        for _ in 0..3 {
            assert_eq!(rename(&world, &officer, input.clone()).await, first);
        }
        assert_eq!(contents(&world).await.changes_since(&before), [] as [String; 0]);
        assert_eq!(version(&world, &world.b).await, 1, "the other tenant stays as it was");
    }

    async fn control_without_a_key_the_repeat_is_a_request_of_its_own(world: World) {
        let officer = world.officer();
        let input = json!({ "id": world.a.global_id(), "expectedVersion": 1, "name": "Renamed" });
        rename(&world, &officer, input.clone()).await.done("organisation");
        assert_eq!(rename(&world, &officer, input).await.codes(), ["CONFLICT"]);
    }

    async fn a_key_with_another_request_is_refused(world: World) {
        let officer = world.officer();
        rename(&world, &officer, renaming(&world.a, "Renamed once", "key 1"))
            .await
            .done("organisation");
        let before = contents(&world).await;
        for input in [
            renaming(&world.a, "Renamed twice", "key 1"),
            renaming(&world.b, "Renamed once", "key 1"),
        ] {
            assert_eq!(rename(&world, &officer, input).await.codes(), ["IDEMPOTENCY_MISMATCH"]);
        }
        let close = json!({
            "id": world.b.global_id(), "expectedVersion": 1, "idempotencyKey": "key 1",
        });
        let reply = world.mutate(Some(&officer), "organisationActivate", "", close).await;
        assert_eq!(reply.codes(), ["IDEMPOTENCY_MISMATCH"], "another mutation is another request");
        assert_eq!(contents(&world).await.changes_since(&before), [] as [String; 0]);
    }

    async fn the_same_key_of_another_account_is_another_key(world: World) {
        let (officer, deputy) = (world.officer(), deputy(&world).await);
        let first = rename(&world, &officer, renaming(&world.a, "Renamed by one", "key 1")).await;
        let second =
            rename(&world, &deputy, renaming(&world.b, "Renamed by the other", "key 1")).await;
        assert_eq!(first.done("organisation")["id"], world.a.global_id());
        assert_eq!(second.done("organisation")["id"], world.b.global_id());
        // Nor does a key lead to the answer that another account was given.
        let repeat = rename(&world, &deputy, renaming(&world.a, "Renamed by one", "key 1")).await;
        assert_eq!(repeat.codes(), ["IDEMPOTENCY_MISMATCH"]);
        let coordinator = world.coordinator(&world.b);
        let replay =
            rename(&world, &coordinator, renaming(&world.a, "Renamed by one", "key 1")).await;
        assert_eq!(replay.codes(), ["FORBIDDEN"]);
    }

    async fn a_refused_request_does_not_use_up_its_key(world: World) {
        let officer = world.officer();
        let mut input = renaming(&world.a, "Renamed", "key 1");
        input["expectedVersion"] = 7.into();
        assert_eq!(rename(&world, &officer, input).await.codes(), ["CONFLICT"]);
        let reply = rename(&world, &officer, renaming(&world.a, "Renamed", "key 1")).await;
        assert_eq!(reply.done("organisation")["version"], 2);
        assert_eq!(version(&world, &world.b).await, 1);
    }

    async fn a_key_is_kept_for_thirty_days(world: World) {
        rename(&world, &world.officer(), renaming(&world.a, "Renamed", "key 1"))
            .await
            .done("organisation");
        world.set_clock("2026-05-31T08:59:59Z");
        let early = rename(&world, &world.officer(), renaming(&world.b, "Renamed", "key 1")).await;
        assert_eq!(early.codes(), ["IDEMPOTENCY_MISMATCH"]);
        world.set_clock("2026-05-31T09:00:00Z");
        let input = renaming(&world.b, "Renamed", "key 1");
        let later = rename(&world, &world.officer(), input.clone()).await;
        assert_eq!(later.done("organisation")["version"], 2);
        assert_eq!(rename(&world, &world.officer(), input).await, later, "the key has a new time");
    }

    async fn a_key_is_between_one_and_two_hundred_characters_long(world: World) {
        let officer = world.officer();
        for (key, accepted) in
            [(String::new(), false), ("é".repeat(201), false), ("é".repeat(200), true)]
        {
            let reply = rename(&world, &officer, renaming(&world.a, "Renamed", &key)).await;
            let expected: &[&str] = if accepted { &[] } else { &["INVALID"] };
            assert_eq!(reply.codes(), expected, "{} characters", key.chars().count());
        }
        assert_eq!(version(&world, &world.b).await, 1);
    }

    async fn many_identical_requests_at_once_have_one_effect(world: World) {
        let rivals = [world.a.clone(), world.b.clone()];
        for (round, tenant) in rivals.iter().enumerate() {
            let replies = at_once(20, |_| {
                let (world, tenant) = (world.clone(), tenant.clone());
                async move {
                    let input = renaming(&tenant, "Renamed once", &format!("key {round}"));
                    rename(&world, &world.officer(), input).await
                }
            })
            .await;
            for reply in &replies {
                assert_eq!(reply.done("organisation")["version"], 2);
                assert_eq!(reply, &replies[0]);
            }
            assert_eq!(version(&world, tenant).await, 2);
            let keys = world.database.eye.rows_where("idempotency_record", "true").await;
            assert_eq!(keys, i64::try_from(round).unwrap_or_default() + 1);
        }
    }
}

// --- versions ------------------------------------------------------------------------------------

on_both_databases! {
    async fn a_change_needs_the_present_version(world: World) {
        let officer = world.officer();
        rename(&world, &officer, next_name(&world.a, 1)).await.done("organisation");
        let before = contents(&world).await;
        for stale in [-1, 0, 1, 3, i32::MAX] {
            let id = world.a.global_id();
            let input = json!({ "id": id, "expectedVersion": stale, "name": "Third name" });
            assert_eq!(
                rename(&world, &officer, input).await.codes(),
                ["CONFLICT"],
                "version {stale}"
            );
        }
        assert_eq!(contents(&world).await.changes_since(&before), [] as [String; 0]);
        let reply = rename(&world, &officer, next_name(&world.a, 2)).await;
        assert_eq!(reply.done("organisation")["version"], 3);
        assert_eq!(version(&world, &world.b).await, 1);
    }

    async fn a_change_without_a_version_is_not_understood(world: World) {
        let input = json!({ "id": world.a.global_id(), "name": "Renamed" });
        let reply = rename(&world, &world.officer(), input).await;
        let error = &reply.body()["errors"][0];
        assert_eq!(reply.body()["data"], Value::Null);
        assert!(error["extensions"]["code"].is_string(), "{error}");
        assert_eq!((version(&world, &world.a).await, version(&world, &world.b).await), (1, 1));
    }

    async fn steps_and_closure_at_once_leave_a_legal_history(world: World) {
        for _ in 0..10 {
            let tenant = given::organisation(&world).active().register().await;
            let dormant = json!({ "id": tenant.global_id(), "expectedVersion": 2 });
            let close = json!({
                "id": tenant.global_id(),
                "expectedVersion": 2,
                "closedOn": "2026-04-30",
                "reason": "merged",
            });
            let requests = [("organisationMakeDormant", dormant), ("organisationClose", close)];
            let codes = codes_of_rivals(&world, requests).await;
            assert_eq!(codes, ["", "CONFLICT"], "one of the two comes too late");
            assert_eq!(version(&world, &tenant).await, 3);
        }
    }
}

/// Sends both requests at once, as the licensing officer; gives the codes of both answers, sorted.
async fn codes_of_rivals(world: &World, requests: [(&'static str, Value); 2]) -> Vec<String> {
    let replies = at_once(2, |index| {
        let (world, (field, input)) = (world.clone(), requests[index].clone());
        async move { world.mutate(Some(&world.officer()), field, "", input).await }
    });
    let mut codes: Vec<String> =
        replies.await.iter().map(|reply| reply.codes().join(" ")).collect();
    codes.sort();
    codes
}

on_both_databases! {
    async fn a_board_is_chosen_once_though_it_is_moved_at_the_same_time(world: World) {
        let candidates = [world.board_id("T6Y0W").await, world.board_id("D7T5G").await];
        for round in 0..10 {
            let tenant = given::organisation(&world).in_a_split_board().register().await;
            let (place, version) = world.board_assignment(&tenant).await;
            let choose =
                |board: &str| json!({ "id": place, "expectedVersion": version, "boardId": board });
            let move_board = json!({
                "id": tenant.global_id(), "expectedVersion": 1,
                "boardId": candidates[1], "effectiveOn": "2026-04-01",
            });
            let rival = match round % 2 {
                0 => ("organisationMoveBoard", move_board),
                _ => ("boardAssignmentChoose", choose(&candidates[1])),
            };
            let requests = [("boardAssignmentChoose", choose(&candidates[0])), rival];
            assert_eq!(codes_of_rivals(&world, requests).await, ["", "CONFLICT"], "round {round}");
            let host = format!("organisation_id = {} and valid_to is null", world.uuid(tenant.id));
            assert_eq!(world.database.eye.rows_where("board_membership", &host).await, 1);
        }
    }

    async fn a_proposal_is_decided_once_though_two_decide_at_the_same_time(world: World) {
        for _ in 0..10 {
            let tenant = given::organisation(&world).register().await;
            let proposal = given::proposal(&world, &tenant, "ZZ99 9ZZ").await;
            let decide = |accept: bool| {
                let input = json!({ "id": proposal, "expectedVersion": 1, "accept": accept });
                ("changeProposalDecide", input)
            };
            assert_eq!(
                codes_of_rivals(&world, [decide(true), decide(false)]).await,
                ["", "CONFLICT"]
            );
        }
    }

    async fn a_proposal_accepted_while_its_organisation_is_renamed_loses_neither_change(
        world: World,
    ) {
        for _ in 0..10 {
            let tenant = given::organisation(&world).register().await;
            let proposal = given::proposal(&world, &tenant, "ZZ99 9ZZ").await;
            let accept = json!({ "id": proposal, "expectedVersion": 1, "accept": true });
            let requests =
                [("changeProposalDecide", accept), ("organisationRename", next_name(&tenant, 1))];
            let codes = codes_of_rivals(&world, requests).await;
            // Accepting changes the organisation as it is then; renaming names the version it saw.
            assert!(codes == ["", ""] || codes == ["", "CONFLICT"], "{codes:?}");
            let kept = format!("id = {} and postcode = 'ZZ99 9ZZ'", world.uuid(tenant.id));
            assert_eq!(world.database.eye.rows_where("organisation", &kept).await, 1);
            assert_eq!(version(&world, &tenant).await, if codes[1].is_empty() { 3 } else { 2 });
        }
    }
}

// --- trail and outbox ----------------------------------------------------------------------------

on_both_databases! {
    async fn every_change_is_sealed_into_the_chain_of_its_organisation(world: World) {
        let officer = world.officer();
        for number in 1..=5 {
            for tenant in [&world.a, &world.b] {
                rename(&world, &officer, next_name(tenant, number)).await.done("organisation");
            }
        }
        let eye = &world.database.eye;
        for tenant in [&world.a, &world.b] {
            let chain = format!("chain = {}", world.uuid(tenant.id));
            let renamed =
                format!("{chain} and action = 'organisation.renamed' and acting_as = 'NLO'");
            assert_eq!(eye.rows_where("audit_event", &renamed).await, 5);
            let told =
                format!("{chain} and kind = 'organisation.renamed' and delivered_at is null");
            assert_eq!(eye.rows_where("outbox_event", &told).await, 5);
            let fields = format!("{renamed} and fields = 'name version'");
            assert_eq!(
                eye.rows_where("audit_event", &fields).await,
                5,
                "fields by name, never values"
            );
        }
        assert_eq!(broken_links(eye.connection()).await, [] as [String; 0]);
    }

    async fn changes_of_one_organisation_at_once_leave_a_chain_without_gaps(world: World) {
        let tenants = [world.a.clone(), world.b.clone()];
        at_once(12, |index| {
            let (world, tenant) = (world.clone(), tenants[index % 2].clone());
            async move {
                world
                    .grant_to(
                        &format!("reader {index}"),
                        Role::Trainer,
                        GrantScope::Organisation(tenant.id),
                    )
                    .await
            }
        })
        .await;
        assert_eq!(broken_links(world.database.eye.connection()).await, [] as [String; 0]);
    }

    async fn control_tampering_with_the_trail_is_found(world: World) {
        for number in 1..=3 {
            rename(&world, &world.officer(), next_name(&world.a, number))
                .await
                .done("organisation");
        }
        let chain = format!("chain = {}", world.uuid(world.a.id));
        let unguarded: &[&str] = match world.engine() {
            Engine::Postgres => &["alter table audit_event disable trigger all"],
            Engine::Sqlite => &[
                "drop trigger audit_event_append_only_update",
                "drop trigger audit_event_append_only_delete",
            ],
        };
        for tampering in [
            format!("update audit_event set acting_as = 'DPO' where {chain} and seq = 2"),
            format!(
                "update audit_event set at = '2026-04-30 09:00:00+00:00' where {chain} and seq = 2"
            ),
            format!("update audit_event set reason = 'none' where {chain} and seq = 2"),
            format!("delete from audit_event where {chain} and seq = 2"),
            format!(
                "delete from audit_event where {chain} \
                   and seq = (select max(seq) from audit_event where {chain})"
            ),
            format!("update audit_event set seq = seq + 1000 where {chain} and seq > 2"),
        ] {
            let tx = world.database.eye.connection().begin().await.expect("it begins");
            for sql in unguarded.iter().copied().chain([tampering.as_str()]) {
                tx.execute_unprepared(sql).await.expect("the trail is altered");
            }
            assert_ne!(broken_links(&tx).await, [] as [String; 0], "{tampering}");
            tx.rollback().await.expect("it is taken back");
        }
        assert_eq!(broken_links(world.database.eye.connection()).await, [] as [String; 0]);
    }
}
