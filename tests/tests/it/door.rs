//! The door to the database. Each defence stands next to a control that shows the harm without it,
//! so that these tests notice when a defence goes.

mod encrypted;
mod readings;
mod stamps;

use alongside::actor::{Role, Scope};
use alongside::audit::NATION;
use alongside::db::{Access, Db, DbFault};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tests::eye::{self, texts};
use tests::race::{abandoned_after, all_returned, at_once};
use tests::world::system_scope;
use tests::{Engine, Tenant, World, given, on_both_databases, on_postgres};
use uuid::Uuid;

/// A plain pool of `size` connections as the service's role, with no defence of ours around it.
async fn plain_pool(world: &World, size: u32) -> PgPool {
    let options = PgPoolOptions::new().max_connections(size);
    options.connect(&world.database.url).await.expect("a plain pool")
}

// --- a caller who goes away while a transaction begins -------------------------------------------

on_postgres! {
    async fn control_a_cancelled_begin_of_plain_sqlx_lends_a_foreign_tenant(world: World) {
        let pool = plain_pool(&world, 1).await;
        let begin =
            format!("begin; select set_config('app.organisations', '{{{}}}', true)", world.a.id);
        let mut leaks = 0;
        for round in 0..200 {
            #[expect(clippy::disallowed_methods, reason = "the control")]
            let beginning = pool.begin_with(AssertSqlSafe(begin.clone()));
            drop(abandoned_after(1 + round % 4, beginning).await);
            let seen: Option<String> =
                sqlx::query_scalar("select current_setting('app.organisations', true)")
                    .fetch_one(&pool)
                    .await
                    .expect("the next borrower's query");
            leaks += usize::from(seen.is_some_and(|seen| seen.contains(&world.a.id.to_string())));
            sqlx::query("rollback").execute(&pool).await.expect("a clean connection");
        }
        assert!(leaks > 0, "sqlx no longer leaks: the guard of loans may go");
    }

    async fn a_cancelled_begin_never_reaches_the_next_borrower(world: World) {
        let db = world.database.narrow_door().await;
        for (access, isolation) in
            [(Access::Read, "repeatable read"), (Access::Write, "read committed")]
        {
            for polls in (1..30).cycle().take(150) {
                drop(abandoned_after(polls, db.begin(access, &world.a.scope())).await);
                let since =
                    world.database.eye.texts("select clock_timestamp()::text").await.remove(0);
                let tx =
                    db.begin(access, &Scope::public()).await.expect("the next transaction begins");
                let state = format!(
                    "select current_setting('app.organisations', true) || ' ' || \
                       current_setting('app.kind', true) || ' ' || \
                       current_setting('transaction_isolation') || ' ' || \
                       (now() >= '{since}'::timestamptz)"
                );
                let seen = texts(&tx, &state).await.expect("its first statement runs");
                assert_eq!(
                    seen,
                    [format!("{{}} public {isolation} true")],
                    "{access:?}, {polls} polls"
                );
                tx.rollback().await;
            }
        }
        all_returned(&db).await;
    }

    async fn no_connection_idles_in_a_cancelled_transaction(world: World) {
        let db = world.database.narrow_door().await;
        for polls in 1..30 {
            for access in [Access::Read, Access::Write] {
                drop(abandoned_after(polls, db.begin(access, &world.a.scope())).await);
            }
        }
        all_returned(&db).await;
        let idle = format!("state like 'idle in transaction%' and query like '%{}%'", world.a.id);
        assert_eq!(world.database.eye.rows_where("pg_stat_activity", &idle).await, 0);
    }
}

on_both_databases! {
    async fn after_a_cancelled_begin_the_next_transaction_reads_and_writes(world: World) {
        let db = world.database.narrow_door().await;
        for polls in 1..30 {
            for access in [Access::Read, Access::Write] {
                drop(abandoned_after(polls, db.begin(access, &world.a.scope())).await);
            }
            let tx = db.begin(Access::Read, &Scope::public()).await.expect("a read begins");
            eye::rows(&tx, "select name from region").await.expect("and reads");
            tx.rollback().await;
            let tx = db.begin(Access::Write, &system_scope()).await.expect("a write begins");
            let sql =
                format!("update region set name = 'after {polls} polls' where ods_code = 'Y56'");
            tx.execute_unprepared(&sql).await.expect("and writes");
            tx.commit().await.expect("and commits");
            let written = format!("name = 'after {polls} polls'");
            assert_eq!(world.database.eye.rows_where("region", &written).await, 1);
        }
        all_returned(&db).await;
    }

    async fn a_transaction_dropped_within_a_statement_leaves_nothing_behind(world: World) {
        let db = world.database.narrow_door().await;
        let before = world.database.eye.contents().await;
        let long = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) \
             select count(*) from n";
        for polls in (1..6).cycle().take(20) {
            let work = async {
                let tx = db.begin(Access::Write, &system_scope()).await?;
                tx.execute_unprepared("update region set name = 'half done'").await?;
                tx.rows(long, Vec::new()).await?;
                Ok::<_, DbFault>(tx)
            };
            drop(abandoned_after(polls, work).await);
            let tx = db.begin(Access::Write, &Scope::public()).await.expect("the next one begins");
            let seen = texts(&tx, "select name from region where name = 'half done'").await;
            assert_eq!(seen.expect("and reads"), [] as [String; 0], "after {polls} polls");
            tx.rollback().await;
        }
        all_returned(&db).await;
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }
}

// --- a swallowed error ---------------------------------------------------------------------------

on_postgres! {
    async fn control_plain_sqlx_commits_nothing_and_says_it_did(world: World) {
        world
            .database
            .eye
            .execute("create table scratch (id int); grant all on scratch to public")
            .await
            .expect("a scratch table");
        let pool = plain_pool(&world, 1).await;
        #[expect(clippy::disallowed_methods, reason = "the control")]
        let mut tx = pool.begin().await.expect("it begins");
        sqlx::query("insert into scratch values (1)").execute(&mut *tx).await.expect("it writes");
        let _ = sqlx::query("select 1 / 0").execute(&mut *tx).await;
        assert!(tx.commit().await.is_ok(), "sqlx now tells of the failed commit");
        assert_eq!(world.database.eye.rows_where("scratch", "true").await, 0);
    }
}

on_both_databases! {
    async fn a_transaction_with_a_swallowed_error_cannot_be_committed(world: World) {
        let db = world.app.core().db();
        let before = world.database.eye.contents().await;
        for broken in ["select no_such_column from region", "insert into region values (1)"] {
            let tx = db.begin(Access::Write, &system_scope()).await.expect("it begins");
            tx.execute_unprepared("update region set name = 'lost'").await.expect("it writes");
            let _ = tx.execute_unprepared(broken).await;
            let committed = tx.commit().await;
            assert!(matches!(committed, Err(DbFault::Poisoned)), "{committed:?}");
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn control_the_same_transaction_without_an_error_is_committed(world: World) {
        let db = world.app.core().db();
        let tx = db.begin(Access::Write, &system_scope()).await.expect("it begins");
        tx.execute_unprepared("update region set name = 'kept'").await.expect("it writes");
        tx.commit().await.expect("it commits");
        assert_eq!(world.database.eye.rows_where("region", "name <> 'kept'").await, 0);
    }

    async fn a_read_transaction_cannot_write(world: World) {
        let db = world.app.core().db();
        let before = world.database.eye.contents().await;
        for sql in [
            "update region set name = 'written'",
            "delete from idempotency_record",
            "insert into dataset (id, name, source) select id, name, name from region",
        ] {
            let tx = db.begin(Access::Read, &system_scope()).await.expect("it begins");
            assert!(tx.execute_unprepared(sql).await.is_err(), "{sql}");
            assert!(matches!(tx.commit().await, Err(DbFault::Poisoned)));
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }
}

// --- many at once --------------------------------------------------------------------------------

on_postgres! {
    async fn control_looking_before_writing_does_not_keep_a_second_writer_out(world: World) {
        world
            .database
            .eye
            .execute("create table scratch (code text); grant all on scratch to public")
            .await
            .expect("a scratch table");
        let pool = plain_pool(&world, 8).await;
        let looked = std::sync::Arc::new(tokio::sync::Barrier::new(8));
        let written = at_once(8, |_| {
            let (pool, looked) = (pool.clone(), looked.clone());
            async move {
                #[expect(clippy::disallowed_methods, reason = "the control")]
                let mut tx = pool.begin_with("begin isolation level repeatable read").await?;
                let held: i64 =
                    sqlx::query_scalar("select count(*) from scratch where code = 'ZZ1'")
                        .fetch_one(&mut *tx)
                        .await?;
                looked.wait().await;
                if held == 0 {
                    sqlx::query("insert into scratch values ('ZZ1')").execute(&mut *tx).await?;
                }
                tx.commit().await
            }
        });
        assert!(written.await.into_iter().all(|done| done.is_ok()));
        assert!(world.database.eye.rows_where("scratch", "true").await > 1, "several got through");
    }
}

on_both_databases! {
    async fn of_many_editors_with_one_version_exactly_one_succeeds(world: World) {
        for round in 0..20 {
            let organisation = given::organisation(&world).register().await;
            let replies = at_once(8, |editor| {
                let (world, id) = (world.clone(), organisation.global_id());
                async move {
                    let name = format!("Renamed by editor {editor}");
                    let input = json!({ "id": id, "expectedVersion": 1, "name": name });
                    let officer = world.officer();
                    world
                        .mutate(
                            Some(&officer),
                            "organisationRename",
                            "organisation { version }",
                            input,
                        )
                        .await
                }
            })
            .await;
            let mut codes: Vec<String> =
                replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            let expected: Vec<&str> = std::iter::once("").chain(["CONFLICT"; 7]).collect();
            assert_eq!(codes, expected, "round {round}");
            let id = world.uuid(organisation.id);
            let eye = &world.database.eye;
            assert_eq!(
                eye.rows_where("organisation", &format!("id = {id} and version = 2")).await,
                1
            );
            let events = format!("entity_id = {id} and action = 'organisation.renamed'");
            assert_eq!(eye.rows_where("audit_event", &events).await, 1, "round {round}");
            assert_eq!(
                eye.rows_where("organisation_name", &format!("organisation_id = {id}")).await,
                2
            );
        }
    }

    async fn of_many_registrations_with_one_code_exactly_one_succeeds(world: World) {
        for round in 0..20 {
            let code = given::ods_code();
            let replies = at_once(8, |clerk| {
                let (world, code) = (world.clone(), code.clone());
                async move {
                    let input = json!({
                        "name": format!("Registered by clerk {clerk}"),
                        "kind": "VCSE",
                        "openedOn": "2020-01-01",
                        "identifiers": [{ "scheme": "ODS", "value": code }],
                    });
                    let officer = world.officer();
                    world
                        .mutate(
                            Some(&officer),
                            "organisationRegister",
                            "organisation { id }",
                            input,
                        )
                        .await
                }
            })
            .await;
            let mut codes: Vec<String> =
                replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            let expected: Vec<&str> = std::iter::once("").chain(["IDENTIFIER_TAKEN"; 7]).collect();
            assert_eq!(codes, expected, "round {round}");
            let held = format!("value = '{code}'");
            assert_eq!(world.database.eye.rows_where("organisation_identifier", &held).await, 1);
        }
        let registered =
            world.database.eye.rows_where("organisation", "name like 'Registered by%'").await;
        assert_eq!(registered, 20, "losers leave no organisation behind");
    }
}

// --- rows of another tenant ----------------------------------------------------------------------

/// Two tenants with a row in every private table: both are on the unassigned list and have a
/// coordinator.
async fn tenants_with_private_rows(world: &World) -> [Tenant; 2] {
    let a = given::organisation(world).in_a_split_board().register().await;
    let b = given::organisation(world).in_a_split_board().register().await;
    for tenant in [&a, &b] {
        world.grant(Role::PartnerCoordinator, Some(tenant.id)).await;
    }
    [a, b]
}

/// Private tables and the column that names the tenant.
const PRIVATE: [(&str, &str); 4] = [
    ("audit_event", "chain"),
    ("audit_chain", "id"),
    ("role_grant", "scope_id"),
    ("board_assignment", "organisation_id"),
];

/// The tenants whose rows of every private table `scope` can see.
async fn tenants_seen(db: &Db, scope: &Scope) -> Vec<String> {
    let selects = PRIVATE.map(|(table, tenant)| {
        format!("select distinct '{table} ' || coalesce({tenant}::text, 'nation') from {table}")
    });
    let tx = db.begin(Access::Read, scope).await.expect("it begins");
    let mut seen = texts(&tx, &selects.join(" union all ")).await.expect("it reads");
    tx.rollback().await;
    seen.sort();
    seen
}

/// What [`tenants_seen`] gives for an account of this tenant alone.
fn rows_of(tenant: &Tenant) -> Vec<String> {
    let mut rows: Vec<String> = PRIVATE.map(|(table, _)| format!("{table} {}", tenant.id)).into();
    rows.sort();
    rows
}

/// A forged audit event in `chain`.
fn event(chain: Uuid) -> String {
    format!(
        "insert into audit_event (id, chain, seq, at, acting_as, action, entity_type, entity_id, \
           entity_version, fields, request_id, previous_hash, hash) \
         values (gen_random_uuid(), '{chain}', 99, now(), 'PCO', 'forged', 'organisation', \
           gen_random_uuid(), 1, '', '', '', '')"
    )
}

/// A forged outbox event about `chain`.
fn told(chain: Uuid) -> String {
    format!(
        "insert into outbox_event (id, chain, at, kind, entity_type, entity_id, entity_version, \
           attempts) \
         values (gen_random_uuid(), '{chain}', now(), 'forged', 'organisation', \
           gen_random_uuid(), 1, 0)"
    )
}

/// A forged head of `chain`.
fn head(chain: Uuid) -> String {
    format!("insert into audit_chain values ('{chain}', 0, '')")
}

/// The nation's licensing role for whoever holds a role in `organisation`.
fn promotion(organisation: Uuid) -> String {
    format!(
        "insert into role_grant (id, account_id, role, scope_type, valid_from, created_at, version) \
         select gen_random_uuid(), account_id, 'NLO', 'NATION', '2026-01-01', now(), 1 \
         from role_grant where scope_id = '{organisation}'"
    )
}

/// A forged name of `organisation`.
fn naming(organisation: Uuid) -> String {
    format!("insert into organisation_name values (gen_random_uuid(), '{organisation}', 'Forged')")
}

on_postgres! {
    async fn row_security_hides_private_rows_of_other_tenants(world: World) {
        let [a, b] = tenants_with_private_rows(&world).await;
        let db = world.app.core().db();
        for tenant in [&a, &b] {
            assert_eq!(tenants_seen(db, &tenant.scope()).await, rows_of(tenant));
        }
        assert_eq!(tenants_seen(db, &Scope::public()).await, [] as [String; 0]);
        let all = tenants_seen(db, &system_scope()).await;
        assert!(rows_of(&b).iter().all(|row| all.contains(row)), "control: the rows are there");
    }

    async fn row_security_refuses_rows_written_for_other_tenants(world: World) {
        let [a, b] = tenants_with_private_rows(&world).await;
        for (sql, allowed) in [
            (event(a.id), true),
            (event(b.id), false),
            (event(NATION), false),
            (told(a.id), true),
            (told(b.id), false),
            (head(Uuid::max()), false),
            (promotion(a.id), false),
            (naming(a.id), false),
        ] {
            let tx =
                world.app.core().db().begin(Access::Write, &a.scope()).await.expect("it begins");
            let done =
                tx.execute_unprepared(&sql).await.map(|_| ()).map_err(|error| error.to_string());
            tx.rollback().await;
            match done {
                Ok(()) => assert!(allowed, "{sql}"),
                Err(text) => {
                    assert!(!allowed && text.contains("row-level security"), "{sql}: {text}")
                }
            }
        }
    }

    async fn row_security_leaves_rows_of_other_tenants_as_they_are(world: World) {
        let [a, b] = tenants_with_private_rows(&world).await;
        let (own, other) = (format!("id = '{}'", a.id), format!("id = '{}'", b.id));
        for (sql, rows) in [
            (format!("update audit_chain set last_seq = 0 where {own}"), 1),
            (format!("update audit_chain set last_seq = 0 where {other}"), 0),
            (format!("update organisation set name = 'Planted' where {own}"), 0),
            (format!("update organisation set name = 'Planted' where {other}"), 0),
            ("update role_grant set role = 'NLO'".to_owned(), 0),
            ("update board_assignment set since = since".to_owned(), 0),
            ("update account set enabled = false".to_owned(), 0),
        ] {
            let tx =
                world.app.core().db().begin(Access::Write, &a.scope()).await.expect("it begins");
            let done = tx.execute_unprepared(&sql).await.expect("the statement runs");
            tx.rollback().await;
            assert_eq!(done.rows_affected(), rows, "{sql}");
        }
    }

    async fn without_a_scope_only_public_rows_can_be_seen(world: World) {
        let [a, _] = tenants_with_private_rows(&world).await;
        let pool = plain_pool(&world, 1).await;
        let scope = format!("begin; select set_config('app.organisations', '{{{}}}', true)", a.id);
        for (before, seen) in
            [("select", false), (scope.as_str(), true), ("commit", false), ("select", false)]
        {
            sqlx::raw_sql(AssertSqlSafe(before.to_owned())).execute(&pool).await.expect("it runs");
            for (table, _) in PRIVATE {
                let count = format!("select count(*) from {table}");
                let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
                    .fetch_one(&pool)
                    .await
                    .expect("it counts");
                assert_eq!(count > 0, seen, "{table} after {before}");
            }
            let organisations: i64 = sqlx::query_scalar("select count(*) from organisation")
                .fetch_one(&pool)
                .await
                .expect("it counts");
            assert!(organisations > 0, "public rows stay visible");
        }
    }

    async fn one_connection_lent_to_many_tenants_shows_each_its_own_rows_only(world: World) {
        let [a, b] = tenants_with_private_rows(&world).await;
        let db = world.database.narrow_door().await;
        let nobody = Vec::new();
        let borrowers =
            [(a.scope(), rows_of(&a)), (b.scope(), rows_of(&b)), (Scope::public(), nobody)];
        for round in 0..500 {
            let (scope, rows) = &borrowers[round % 3];
            assert_eq!(tenants_seen(&db, scope).await, *rows, "round {round}");
            // Between loans, some callers go away half-way.
            if round % 5 == 0 {
                let (other, _) = &borrowers[(round + 1) % 3];
                drop(abandoned_after(1 + round % 7, db.begin(Access::Read, other)).await);
            }
        }
        all_returned(&db).await;
    }
}

/// Everything private that the API shows to `token` about `tenant` and in lists.
async fn private_answers(world: &World, token: Option<&str>, tenant: &Tenant) -> Value {
    let document = "query($id: ID!) { \
        organisation(by: { id: $id }) { auditEvents(first: 50) { nodes { action } } } \
        boardAssignments(first: 50) { nodes { organisation { id } } } \
        roleGrants(first: 50) { nodes { organisation { id } } } }";
    world.query(token, document, json!({ "id": tenant.global_id() })).await
}

/// The organisations of the rows in the list `field`.
fn organisations_in(answer: &Value, field: &str) -> Vec<String> {
    let nodes = answer["data"][field]["nodes"].as_array().cloned().unwrap_or_default();
    let id = |node: &Value| node["organisation"]["id"].as_str().unwrap_or("nation").to_owned();
    nodes.iter().map(id).collect()
}

on_both_databases! {
    async fn the_api_shows_a_partner_private_rows_of_its_own_only(world: World) {
        let [a, b] = tenants_with_private_rows(&world).await;
        for (own, other) in [(&a, &b), (&b, &a)] {
            let token = world.coordinator(own);
            let mine = private_answers(&world, Some(&token), own).await;
            assert_eq!(mine["errors"], Value::Null, "{mine}");
            let events = mine["data"]["organisation"]["auditEvents"]["nodes"].as_array();
            assert!(events.is_some_and(|events| !events.is_empty()), "control: {mine}");
            let theirs = private_answers(&world, Some(&token), other).await;
            assert_eq!(
                theirs["data"]["organisation"]["auditEvents"]["nodes"],
                json!([]),
                "{theirs}"
            );
            for answer in [&mine, &theirs] {
                assert_eq!(organisations_in(answer, "boardAssignments"), [own.global_id()]);
                assert_eq!(organisations_in(answer, "roleGrants"), [own.global_id()]);
            }
        }
    }

    async fn requests_of_many_tenants_at_once_see_their_own_rows_only(world: World) {
        let tenants = tenants_with_private_rows(&world).await;
        let answers = at_once(8, |index| {
            let (world, own) = (world.clone(), tenants[index % 2].clone());
            async move {
                let token = world.coordinator(&own);
                for _ in 0..10 {
                    let answer = private_answers(&world, Some(&token), &own).await;
                    assert_eq!(organisations_in(&answer, "boardAssignments"), [own.global_id()]);
                    let answer = private_answers(&world, None, &own).await;
                    assert_eq!(organisations_in(&answer, "roleGrants"), [] as [String; 0]);
                }
            }
        });
        assert_eq!(answers.await.len(), 8);
    }
}

// --- what is written once ------------------------------------------------------------------------

/// Fails unless `sql` is refused because the trail is never changed.
async fn assert_append_only(on: &impl sea_orm::ConnectionTrait, sql: &str) {
    match on.execute_unprepared(sql).await.map_err(DbFault::from) {
        Err(DbFault::Constraint(name)) => assert_eq!(name, "audit_event_append_only", "{sql}"),
        other => unreachable!("{sql}: {other:?}"),
    }
}

on_both_databases! {
    async fn nobody_changes_or_deletes_an_audit_event(world: World) {
        let before = world.database.eye.contents().await;
        let owner = world.database.owner().await;
        if world.engine() == Engine::Postgres {
            owner.execute_unprepared("set app.kind = 'system'").await.expect("the widest scope");
        }
        for sql in ["update audit_event set reason = 'altered'", "delete from audit_event"] {
            assert_append_only(&owner, sql).await;
            assert_append_only(world.database.eye.connection(), sql).await;
        }
        if world.engine() == Engine::Postgres {
            assert_append_only(&owner, "truncate audit_event").await;
            assert_append_only(world.database.eye.connection(), "truncate audit_event").await;
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }
}
