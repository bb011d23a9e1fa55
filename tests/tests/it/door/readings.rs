//! Readings on PostgreSQL, whose statements are sent before those ahead of them are answered.

use alongside::actor::Scope;
use alongside::db::{Db, DbFault, Reading, Rows};
use sqlx::AssertSqlSafe;
use tests::race::{abandoned_after, all_returned, patiently};
use tests::world::system_scope;
use tests::{World, on_postgres};

use super::plain_pool;

/// What a statement of one column of texts gives.
async fn texts(reading: &Reading, sql: &str) -> Result<Vec<String>, DbFault> {
    match reading.rows(sql, Vec::new()).await? {
        Rows::Postgres(rows) => {
            Ok(rows.iter().map(|row| row.try_get(0).expect("a text")).collect())
        }
        Rows::Sqlite(_) => unreachable!("the tests are on PostgreSQL"),
    }
}

async fn read(db: &Db, scope: &Scope) -> Reading {
    db.read(scope, None).await.expect("it begins").0
}

const STATE: &str = "select current_setting('app.organisations', true) || ' ' || \
    current_setting('app.kind', true) || ' ' || current_setting('transaction_isolation') || ' ' || \
    current_setting('transaction_read_only')";

on_postgres! {
    async fn a_cancelled_beginning_never_reaches_the_next_borrower(world: World) {
        let db = world.database.narrow_door().await;
        for polls in (1..30).cycle().take(150) {
            drop(abandoned_after(polls, db.read(&world.a.scope(), None)).await);
            let since = world.database.eye.texts("select clock_timestamp()::text").await.remove(0);
            let reading = read(&db, &Scope::public()).await;
            let seen = texts(&reading, STATE).await.expect("its first statement runs");
            assert_eq!(seen, ["{} public repeatable read on"], "{polls} polls");
            let begun = format!("select (now() >= '{since}'::timestamptz)::text");
            assert_eq!(texts(&reading, &begun).await.expect("a moment of its own"), ["true"]);
        }
        all_returned(&db).await;
    }

    async fn control_a_reading_has_the_settings_of_its_scope(world: World) {
        let db = world.database.narrow_door().await;
        for tenant in [&world.a, &world.b] {
            let seen = texts(&read(&db, &tenant.scope()).await, STATE).await.expect("it reads");
            assert_eq!(seen, [format!("{{{}}} member repeatable read on", tenant.id)]);
        }
    }

    async fn a_reading_given_up_within_a_statement_leaves_nothing_behind(world: World) {
        let db = world.database.narrow_door().await;
        let long = "select count(*)::text from generate_series(1, 200000)";
        for polls in (1..6).cycle().take(30) {
            let work = async { texts(&read(&db, &world.a.scope()).await, long).await };
            drop(abandoned_after(polls, work).await);
            let seen = texts(&read(&db, &Scope::public()).await, STATE).await;
            assert_eq!(seen.expect("it reads"), ["{} public repeatable read on"], "{polls} polls");
        }
        all_returned(&db).await;
        let idle = format!("state like 'idle in transaction%' and query like '%{}%'", world.a.id);
        assert_eq!(world.database.eye.rows_where("pg_stat_activity", &idle).await, 0);
    }

    async fn nobody_waits_behind_a_statement_that_was_given_up(world: World) {
        let db = world.app.core().db();
        let key = world.a.id.as_u64_pair().1 >> 1;
        let holder = plain_pool(&world, 1).await;
        let lock = AssertSqlSafe(format!("select pg_advisory_lock({key})"));
        sqlx::raw_sql(lock).execute(&holder).await.expect("it is locked");
        let reading = read(db, &world.a.scope()).await;
        for timeout in ["lock_timeout", "statement_timeout"] {
            let off = format!("select set_config('{timeout}', '0', true)");
            texts(&reading, &off).await.expect("it waits as long as it takes");
        }
        let blocked = format!("select pg_advisory_xact_lock({key})::text");
        let waiting = tokio::spawn(async move { texts(&reading, &blocked).await });
        let low = key & u64::from(u32::MAX);
        let waits = format!("locktype = 'advisory' and not granted and objid::bigint = {low}");
        let arrives = async {
            while world.database.eye.rows_where("pg_locks", &waits).await == 0 {}
        };
        patiently("it waits for the lock", arrives).await;
        waiting.abort();
        assert!(waiting.await.is_err(), "it was given up");
        for scope in [world.b.scope(), Scope::public()] {
            let reading = patiently("the next reading begins", read(db, &scope)).await;
            patiently("and is answered", texts(&reading, STATE)).await.expect("it reads");
        }
        assert_eq!(db.lent(), 1, "the statement still waits for the lock");
        holder.close().await;
        all_returned(db).await;
    }

    async fn a_reading_cannot_write(world: World) {
        let db = world.app.core().db();
        let before = world.database.eye.contents().await;
        for sql in ["update region set name = 'written'", "delete from idempotency_record"] {
            let reading = read(db, &system_scope()).await;
            assert!(texts(&reading, sql).await.is_err(), "{sql}");
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn statements_asked_for_at_once_are_answered_each_with_its_own_rows(world: World) {
        let db = world.database.narrow_door().await;
        let reading = read(&db, &world.a.scope()).await;
        let ask = |n: i32| {
            let reading = &reading;
            async move { texts(reading, &format!("select '{n}'")).await }
        };
        let (one, two, three) = tokio::join!(ask(1), ask(2), ask(3));
        assert_eq!([one, two, three].map(|seen| seen.expect("it reads")), [["1"], ["2"], ["3"]]);
        assert!(texts(&reading, "select (1 / 0)::text").await.is_err());
        assert!(texts(&reading, "select '4'").await.is_err(), "what failed answers nothing more");
        drop(reading);
        let reading = read(&db, &world.b.scope()).await;
        assert_eq!(texts(&reading, "select '5'").await.expect("the next one reads"), ["5"]);
    }

    async fn a_connection_that_was_ended_is_not_lent_again(world: World) {
        let db = world.database.narrow_door().await;
        for tenant in [&world.a, &world.b] {
            let reading = read(&db, &tenant.scope()).await;
            let pid = texts(&reading, "select pg_backend_pid()::text").await.expect("it reads").remove(0);
            world
                .database
                .eye
                .execute(&format!("select pg_terminate_backend({pid})"))
                .await
                .expect("it is ended");
            let fault = loop {
                // It is told as soon as it reads what the server said.
                if let Err(fault) = texts(&reading, "select 'still'").await { break fault }
            };
            assert!(matches!(fault, DbFault::Unavailable(_)), "{fault:?}");
            drop(reading);
            let next = texts(&read(&db, &tenant.scope()).await, "select pg_backend_pid()::text").await;
            assert_ne!(next.expect("the next one reads"), [pid]);
        }
    }
}
