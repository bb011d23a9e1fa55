//! What `verify` finds: each invariant of the queue, broken past every constraint, is named.

use alongside::mail::invariants::QUERIES;
use tests::invariants::broken;
use tests::{Engine, World, on_both_databases};

use super::post::{Post, queue_one, round};

/// Constraints that stand in the way of what is planted.
const CONSTRAINTS: [&str; 7] = [
    "mail_message_erased",
    "mail_message_due",
    "mail_message_sent",
    "mail_message_given_up",
    "mail_message_subject",
    "mail_message_attempts",
    "mail_message_once",
];

/// Takes them away where they can be.
async fn unguarded(world: &World) {
    if world.engine() == Engine::Postgres {
        for name in CONSTRAINTS {
            force(world, &format!("alter table mail_message drop constraint {name}")).await;
        }
    }
}

/// Runs a statement past the checks of SQLite, which cannot be dropped.
async fn force(world: &World, statement: &str) {
    let forced = match world.engine() {
        Engine::Postgres => statement.to_owned(),
        Engine::Sqlite => format!(
            "pragma ignore_check_constraints = on; {statement}; pragma ignore_check_constraints = off"
        ),
    };
    let done = world.database.eye.execute(&forced).await;
    done.unwrap_or_else(|error| unreachable!("{statement}: {error}"));
}

on_both_databases! {
    async fn each_invariant_is_named_when_it_is_broken(world: World) {
        let post = Post::start(&[]).await;
        queue_one(&world, &world.a, "sent").await;
        assert_eq!(round(&post.core(&world)).await, Ok(1));
        queue_one(&world, &world.b, "waiting").await;
        unguarded(&world).await;
        let set = |key: &str, plant: &str, undo: &str| {
            let update = |what: &str| format!("update mail_message set {what} where deduplication_key = '{key}'");
            (update(plant), update(undo))
        };
        let due = "next_attempt_at = created_at";
        let plants = [
            set("sent", "recipient = 'a@example.org'", "recipient = null"),
            set("waiting", "body = null", "body = 'x'"),
            set("sent", due, "next_attempt_at = null"),
            set("waiting", "sent_at = created_at", "sent_at = null"),
            set("waiting", "attempts = 12", "attempts = 0"),
            second(&world),
            set("waiting", "subject = 'a\nb'", "subject = 'x'"),
        ];
        assert_eq!(broken(&world).await, [] as [&str; 0]);
        for ((name, _), (plant, undo)) in QUERIES.iter().zip(plants) {
            if name.starts_with("an organisation has one message") && world.engine() == Engine::Sqlite {
                // A unique key of a table of SQLite cannot be taken away.
                assert!(world.database.eye.execute(&plant).await.is_err());
                continue;
            }
            force(&world, &plant).await;
            assert!(broken(&world).await.contains(name), "{name}");
            force(&world, &undo).await;
            assert_eq!(broken(&world).await, [] as [&str; 0], "{name} undone");
        }
    }
}

/// A second message for the key of the first one.
fn second(world: &World) -> (String, String) {
    let new = world.uuid(uuid::Uuid::from_u128(7));
    let plant = format!(
        "insert into mail_message select {new}, organisation_id, kind, deduplication_key, recipient, subject, body, \
         state, attempts, next_attempt_at, sent_at, failure, last_day, created_at from mail_message \
         where deduplication_key = 'waiting'"
    );
    (plant, format!("delete from mail_message where id = {new}"))
}
