//! The door to the database. Each defence stands next to a control that shows the harm without it, so
//! that these tests notice when a defence goes.

use alongside::db::{Access, DbFault};
use alongside::actor::Scope;
use sea_orm::ConnectionTrait as _;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tests::eye::{self, texts};
use tests::race::{abandoned_after, all_returned, at_once};
use tests::world::system_scope;
use tests::{World, given, on_both_databases, on_postgres};

/// A plain pool of `size` connections as the service's role, with no defence of ours around it.
async fn plain_pool(world: &World, size: u32) -> PgPool {
    let options = PgPoolOptions::new().max_connections(size);
    options.connect(&world.database.url).await.expect("a plain pool")
}

// --- a caller who goes away while a transaction begins --------------------------------------------

on_postgres! {
    async fn control_a_cancelled_begin_of_plain_sqlx_lends_a_foreign_tenant(world: World) {
        let pool = plain_pool(&world, 1).await;
        let begin = format!("begin; select set_config('app.organisations', '{{{}}}', true)", world.a.id);
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
        for (access, isolation) in [(Access::Read, "repeatable read"), (Access::Write, "read committed")] {
            for polls in (1..30).cycle().take(150) {
                drop(abandoned_after(polls, db.begin(access, &world.a.scope())).await);
                let since = world.database.eye.texts("select clock_timestamp()::text").await.remove(0);
                let tx = db.begin(access, &Scope::public()).await.expect("the next transaction begins");
                let state = format!(
                    "select current_setting('app.organisations', true) || ' ' || \
                       current_setting('app.kind', true) || ' ' || \
                       current_setting('transaction_isolation') || ' ' || \
                       (now() >= '{since}'::timestamptz)"
                );
                let seen = texts(&tx, &state).await.expect("its first statement runs");
                assert_eq!(seen, [format!("{{}} public {isolation} true")], "{access:?}, {polls} polls");
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
            let sql = format!("update region set name = 'after {polls} polls' where ods_code = 'Y56'");
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

// --- a swallowed error ----------------------------------------------------------------------------

on_postgres! {
    async fn control_plain_sqlx_commits_nothing_and_says_it_did(world: World) {
        world.database.eye.execute("create table scratch (id int); grant all on scratch to public")
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

// --- many at once ---------------------------------------------------------------------------------

on_postgres! {
    async fn control_looking_before_writing_does_not_keep_a_second_writer_out(world: World) {
        world.database.eye.execute("create table scratch (code text); grant all on scratch to public")
            .await
            .expect("a scratch table");
        let pool = plain_pool(&world, 8).await;
        let looked = std::sync::Arc::new(tokio::sync::Barrier::new(8));
        let written = at_once(8, |_| {
            let (pool, looked) = (pool.clone(), looked.clone());
            async move {
                #[expect(clippy::disallowed_methods, reason = "the control")]
                let mut tx = pool.begin_with("begin isolation level repeatable read").await?;
                let held: i64 = sqlx::query_scalar("select count(*) from scratch where code = 'ZZ1'")
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
                    let input = serde_json::json!({ "id": id, "expectedVersion": 1, "name": name });
                    let officer = world.officer();
                    world.mutate(Some(&officer), "organisationRename", "organisation { version }", input).await
                }
            })
            .await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            let expected: Vec<&str> = std::iter::once("").chain(["CONFLICT"; 7]).collect();
            assert_eq!(codes, expected, "round {round}");
            let id = world.uuid(organisation.id);
            let eye = &world.database.eye;
            assert_eq!(eye.rows_where("organisation", &format!("id = {id} and version = 2")).await, 1);
            let events = format!("entity_id = {id} and action = 'organisation.renamed'");
            assert_eq!(eye.rows_where("audit_event", &events).await, 1, "round {round}");
            assert_eq!(eye.rows_where("organisation_name", &format!("organisation_id = {id}")).await, 2);
        }
    }

    async fn of_many_registrations_with_one_code_exactly_one_succeeds(world: World) {
        for round in 0..20 {
            let code = given::ods_code();
            let replies = at_once(8, |clerk| {
                let (world, code) = (world.clone(), code.clone());
                async move {
                    let input = serde_json::json!({
                        "name": format!("Registered by clerk {clerk}"),
                        "kind": "VCSE",
                        "openedOn": "2020-01-01",
                        "identifiers": [{ "scheme": "ODS", "value": code }],
                    });
                    let officer = world.officer();
                    world.mutate(Some(&officer), "organisationRegister", "organisation { id }", input).await
                }
            })
            .await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            let expected: Vec<&str> = std::iter::once("").chain(["IDENTIFIER_TAKEN"; 7]).collect();
            assert_eq!(codes, expected, "round {round}");
            let held = format!("value = '{code}'");
            assert_eq!(world.database.eye.rows_where("organisation_identifier", &held).await, 1);
        }
        let registered = world.database.eye.rows_where("organisation", "name like 'Registered by%'").await;
        assert_eq!(registered, 20, "losers leave no organisation behind");
    }
}
