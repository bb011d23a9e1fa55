//! E-mails: queued with what they tell of, handed over once, and erased.

mod called_off;
mod kept;
mod post;
mod refusals;
mod running;
mod secret;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{Identity, Role, Scope};
use alongside::audit::Change;
use alongside::command::{self, Outcome, Request, Stop, Unit};
use alongside::config::Profile;
use alongside::core::Core;
use alongside::db::{Access, Db};
use alongside::jobs::{self, Job};
use alongside::mail::{self, Mailer, NewMail, sender};
use alongside::refusal::{Code, Refusal};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait as _;
use tests::given::{Organisation, as_identity, subject};
use tests::race::{at_once, patiently};
use tests::world::NOW;
use tests::{World, on_both_databases, on_postgres};

use post::{
    BODY, Post, RECIPIENT, SUBJECT, is_anything_left, message, pass, queue, queue_one, round,
    standing,
};

/// A second replica of the service on the database of `world`, with this mail server.
async fn replica(world: &World, post: &Post) -> Core {
    let db = Db::connect(&world.database.settings(), Profile::Demo).await.expect("it connects");
    let mailer = Mailer::new(&post.settings()).expect("good settings");
    Core::new(db, Arc::clone(&world.source) as _).with_mailer(mailer)
}

/// Queues a message in a mutation that ends as `end` says, with an organisation that it registers.
async fn queued_in(
    world: &World,
    dry_run: bool,
    end: fn(&Unit) -> Result<(), Stop>,
) -> Outcome<()> {
    let request = Request {
        identity: Identity::System("tests"),
        name: "test",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run,
        request_id: "test".to_owned(),
    };
    let tenant = world.a.clone();
    let outcome = command::run(world.app.core(), request, move |unit| {
        let new = message(&tenant, "a-key");
        Box::pin(async move {
            assert!(mail::enqueue(unit, new).await?, "it is new");
            Organisation::tenant_in("Fictional Trust of a Mail", "QE1").register(unit).await?;
            end(unit)
        })
    });
    outcome.await.expect("the database works")
}

on_both_databases! {
    async fn a_message_is_handed_over_once_and_as_it_was_written(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_one(&world, &world.a, "1").await;
        pass(&world, TimeDelta::seconds(1));
        queue_one(&world, &world.b, "2").await;
        assert_eq!(round(&core).await, Ok(2));
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(standing(&world).await, ["1 SENT 1 -", "2 SENT 1 -"]);
        let letters = post.letters().await;
        assert_eq!(letters.len(), 2);
        assert_eq!(post.connections().await, 1, "one connection serves a round");
        let id = world.engine().hex("id");
        let ids = world.database.eye.texts(&format!("select {id} from mail_message order by deduplication_key")).await;
        for (letter, (id, date)) in letters.iter().zip(ids.iter().zip(["2026-05-01T09:00:00.000Z", "2026-05-01T09:00:01.000Z"])) {
            assert_eq!(letter["envelope"], serde_json::json!({ "from": "no-reply@example.org", "to": [RECIPIENT] }));
            assert_eq!(letter["from"], "\"Alongside Büro\" <no-reply@example.org>");
            assert_eq!((&letter["to"], &letter["subject"]), (&RECIPIENT.into(), &SUBJECT.into()));
            assert_eq!(letter["text"].as_str().map(str::trim_end), Some(BODY));
            assert_eq!((&letter["messageId"], &letter["date"]), (&format!("<{id}@example.org>").into(), &date.into()));
            let headers: Vec<&str> = letter["headers"].as_array().expect("a list").iter().filter_map(|line| line.as_str()).collect();
            for expected in ["Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"] {
                assert!(headers.contains(&expected), "{headers:?}");
            }
            assert_eq!(headers.len(), 9, "{headers:?}");
            assert!(letter["raw"].as_str().is_some_and(str::is_ascii));
        }
        assert!(!is_anything_left(&world).await);
    }

    async fn one_message_is_queued_for_one_key_of_an_organisation(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        let all = [(&world.a, "x"), (&world.a, "x"), (&world.b, "x"), (&world.a, "y")];
        let new = all.map(|(tenant, key)| message(tenant, key)).to_vec();
        assert_eq!(queue(&world, new.clone()).await, [true, false, true, true]);
        let before = world.database.eye.contents().await;
        assert_eq!(queue(&world, new.clone()).await, [false; 4]);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        assert_eq!(round(&core).await, Ok(3));
        assert_eq!(queue(&world, new).await, [false; 4], "also once it is sent");
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(post.letters().await.len(), 3);
    }

    async fn two_that_queue_the_same_at_once_queue_it_once(world: World) {
        let queued = at_once(2, |_| {
            let world = world.clone();
            async move { queue(&world, vec![message(&world.a, "x")]).await }
        });
        let mut queued = queued.await.concat();
        queued.sort_unstable();
        assert_eq!(queued, [false, true]);
    }

    async fn two_replicas_at_once_hand_over_each_message_once(world: World) {
        let mut post = Post::start(&[]).await;
        let new = |n: usize| message(if n.is_multiple_of(2) { &world.a } else { &world.b }, &format!("{n:03}"));
        assert!(queue(&world, (0..80).map(new).collect()).await.iter().all(|new| *new));
        let replicas = [replica(&world, &post).await, replica(&world, &post).await];
        let sent = at_once(2, |n| {
            let core = replicas[n].clone();
            async move { round(&core).await.expect("a round") }
        });
        let sent = sent.await;
        assert_eq!(sent.iter().sum::<u64>(), 80, "{sent:?}");
        let letters = post.letters().await;
        let ids: BTreeSet<&str> = letters.iter().filter_map(|letter| letter["messageId"].as_str()).collect();
        assert_eq!((letters.len(), ids.len()), (80, 80));
        assert!(standing(&world).await.iter().all(|row| row.ends_with(" SENT 1 -")));
        for core in replicas {
            core.db().close().await;
        }
    }

    async fn a_temporary_refusal_is_tried_again_when_its_time_has_come(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_one(&world, &world.a, "x").await;
        post.refuse(451).await;
        assert_eq!(round(&core).await, Ok(0), "a refusal is no fault");
        assert_eq!(standing(&world).await, ["x WAITING 1 SMTP_451"]);
        let came = post.connections().await;
        pass(&world, TimeDelta::seconds(5 * 60 - 1));
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(post.connections().await, came, "nothing is due");
        pass(&world, TimeDelta::seconds(1));
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(standing(&world).await, ["x WAITING 2 SMTP_451"]);
        post.refuse(0).await;
        pass(&world, TimeDelta::seconds(10 * 60 - 1));
        assert_eq!(round(&core).await, Ok(0));
        pass(&world, TimeDelta::seconds(1));
        assert_eq!(round(&core).await, Ok(1));
        assert_eq!(standing(&world).await, ["x SENT 3 SMTP_451"]);
        assert!(!is_anything_left(&world).await);
    }

    async fn one_message_that_is_refused_keeps_no_other_back(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_one(&world, &world.a, "1").await;
        post.refuse(450).await;
        assert_eq!(round(&core).await, Ok(0));
        post.refuse(0).await;
        queue_one(&world, &world.b, "2").await;
        assert_eq!(round(&core).await, Ok(1));
        assert_eq!(standing(&world).await, ["1 WAITING 1 SMTP_450", "2 SENT 1 -"]);
    }

    async fn a_permanent_refusal_is_believed_at_once(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        for (tenant, key) in [(&world.a, "1"), (&world.b, "2")] {
            queue_one(&world, tenant, key).await;
        }
        post.refuse(550).await;
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(standing(&world).await, ["1 GIVEN_UP 1 SMTP_550", "2 GIVEN_UP 1 SMTP_550"]);
        assert!(!is_anything_left(&world).await);
        post.refuse(0).await;
        pass(&world, TimeDelta::days(30));
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(post.letters().await.len(), 0);
    }

    async fn what_nobody_takes_is_given_up_after_about_three_days(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_one(&world, &world.a, "x").await;
        post.refuse(452).await;
        let mut hours = 0;
        while standing(&world).await[0].contains(" WAITING ") {
            assert_eq!(round(&core).await, Ok(0));
            pass(&world, TimeDelta::hours(1));
            hours += 1;
        }
        assert_eq!(standing(&world).await, ["x GIVEN_UP 11 SMTP_452"]);
        assert!((60..=80).contains(&hours), "{hours}");
        assert!(!is_anything_left(&world).await);
    }

    async fn a_server_that_is_away_loses_nothing(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        post.stop().await;
        queue_one(&world, &world.a, "1").await;
        pass(&world, TimeDelta::seconds(1));
        queue_one(&world, &world.b, "2").await;
        assert_eq!(round(&core).await, Err("the mail server: UNREACHABLE".to_owned()));
        assert_eq!(standing(&world).await, ["1 WAITING 1 UNREACHABLE", "2 WAITING 0 -"], "who is not tried loses no attempt");
        post.start_again().await;
        assert_eq!(round(&core).await, Ok(1));
        pass(&world, TimeDelta::minutes(5));
        assert_eq!(round(&core).await, Ok(1));
        assert_eq!(standing(&world).await, ["1 SENT 2 UNREACHABLE", "2 SENT 1 -"]);
        assert_eq!(post.letters().await.len(), 2);
    }

    async fn a_server_that_takes_nobody_just_now_is_tried_again(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        post.mode("busy").await;
        queue_one(&world, &world.a, "x").await;
        assert_eq!(round(&core).await, Err("the mail server: UNREACHABLE".to_owned()));
        post.mode("ok").await;
        pass(&world, TimeDelta::minutes(5));
        assert_eq!(round(&core).await, Ok(1));
    }

    async fn a_server_that_says_nothing_is_not_waited_for_without_end(world: World) {
        let mut post = Post::start(&[]).await;
        let mut settings = post.settings();
        settings.timeout_ms = 200;
        let core = post::with(world.app.core(), &settings);
        queue_one(&world, &world.a, "x").await;
        post.mode("mute").await;
        assert_eq!(round(&core).await, Err("the mail server: TIMED_OUT".to_owned()));
        assert_eq!(standing(&world).await, ["x WAITING 1 TIMED_OUT"]);
    }

    async fn a_message_belongs_to_who_claimed_it_until_the_lease_is_over(world: World) {
        let mut post = Post::start(&[]).await;
        let (first, second) = (post.core(&world), post.core(&world));
        queue_one(&world, &world.a, "x").await;
        post.mode("hold").await;
        // Ends in the middle, as a replica does that is killed.
        let dying = tokio::spawn(async move { sender::round(&first).await });
        post.wait_for(1).await;
        assert_eq!(round(&second).await, Ok(0), "another leaves it alone");
        dying.abort();
        assert!(patiently("it ends", dying).await.expect_err("no answer").is_cancelled());
        post.mode("ok").await;
        pass(&world, TimeDelta::seconds(15 * 60 - 1));
        assert_eq!(round(&second).await, Ok(0));
        pass(&world, TimeDelta::seconds(1));
        assert_eq!(round(&second).await, Ok(1));
        assert_eq!(standing(&world).await, ["x SENT 2 -"]);
        let letters = post.letters().await;
        assert_eq!(letters[0]["messageId"], letters[1]["messageId"]);
    }

    async fn a_last_attempt_that_nobody_finished_is_the_last(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        queue_one(&world, &world.a, "x").await;
        world.database.eye.execute("update mail_message set attempts = 11").await.expect("it was tried");
        assert_eq!(round(&core).await, Ok(0));
        assert_eq!(standing(&world).await, ["x GIVEN_UP 11 INTERRUPTED"]);
        assert_eq!(post.letters().await.len(), 0);
        assert!(!is_anything_left(&world).await);
    }

    async fn without_a_server_messages_wait(world: World) {
        queue_one(&world, &world.a, "x").await;
        let before = world.database.eye.contents().await;
        assert_eq!(round(world.app.core()).await, Ok(0));
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
    }

    async fn a_message_is_there_with_what_it_tells_of_or_not_at_all(world: World) {
        let refused = |_: &Unit| Err(Refusal::whole(Code::Conflict).into());
        assert!(matches!(queued_in(&world, false, refused).await, Outcome::Refused(_)));
        assert_eq!(queued_in(&world, true, |_| Ok(())).await, Outcome::Done(()), "a dry run");
        assert_eq!(standing(&world).await, [] as [String; 0]);
        let refused = command::run_job(world.app.core(), "tests", |unit| {
            let new = message(&world.b, "b-key");
            Box::pin(async move {
                mail::enqueue(unit, new).await?;
                Err::<(), _>(Refusal::whole(Code::Conflict).into())
            })
        });
        assert!(matches!(refused.await, Ok(Outcome::Refused(_))));
        assert_eq!(standing(&world).await, [] as [String; 0]);
        assert_eq!(queued_in(&world, false, |_| Ok(())).await, Outcome::Done(()));
        assert_eq!(standing(&world).await, ["a-key WAITING 0 -"]);
    }

    async fn a_mutation_that_only_queues_a_message_is_a_fault(world: World) {
        let request = Request {
            identity: Identity::System("tests"),
            name: "test",
            permission: None,
            idempotency_key: None,
            input_hash: String::new(),
            dry_run: false,
            request_id: "test".to_owned(),
        };
        let tenant = world.a.clone();
        let outcome = command::run(world.app.core(), request, move |unit| {
            let new = message(&tenant, "x");
            Box::pin(async move { mail::enqueue(unit, new).await })
        });
        assert!(outcome.await.is_err());
        assert_eq!(standing(&world).await, [] as [String; 0]);
    }

    async fn a_subject_cannot_bring_headers_and_a_text_cannot_end_early(world: World) {
        let mut post = Post::start(&[]).await;
        let core = post.core(&world);
        let hostile = NewMail {
            subject: "Hello\r\nBcc: other@example.org\r\n\r\nText".to_owned(),
            body: "One\r\n.\r\nMAIL FROM:<a@example.org>\nBcc: other@example.org".to_owned(),
            ..message(&world.a, "x")
        };
        queue(&world, vec![hostile]).await;
        assert_eq!(round(&core).await, Ok(1));
        let letters = post.letters().await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0]["subject"], "Hello Bcc: other@example.org Text");
        assert_eq!(letters[0]["envelope"]["to"], serde_json::json!([RECIPIENT]));
        assert_eq!(letters[0]["text"].as_str().map(str::trim_end), Some("One\n.\nMAIL FROM:<a@example.org>\nBcc: other@example.org"));
        let headers = letters[0]["headers"].to_string();
        assert!(!headers.contains("\"Bcc:"), "{headers}");
    }
}

on_both_databases! {
    async fn a_job_that_finds_nothing_to_do_writes_nothing(world: World) {
        let before = world.database.eye.contents().await;
        for job in jobs::all() {
            assert_eq!(jobs::round(world.app.core(), job.name).await.expect("a round"), 0, "{}", job.name);
        }
        let nothing = command::run_job(world.app.core(), "tests", |_| Box::pin(async { Ok(7) }));
        assert_eq!(nothing.await.expect("no fault"), Outcome::Done(7));
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        assert!(jobs::round(world.app.core(), "unknown").await.is_err());
    }

    async fn what_a_job_does_is_audited_under_its_name(world: World) {
        let before = world.database.eye.audit_events().await.len();
        let done = command::run_job(world.app.core(), "tidy-up", |unit| {
            let new = Organisation::tenant_in("Fictional Trust of a Job", "QE1");
            Box::pin(async move { new.register(unit).await })
        });
        let Ok(Outcome::Done(id)) = done.await else { unreachable!("it is done") };
        let events = world.database.eye.audit_events().await;
        let own: Vec<_> = events.iter().filter(|event| event.entity_id == id).collect();
        assert_eq!((events.len() - before, own.len()), (1, 1));
        assert_eq!((own[0].acting_as.as_str(), own[0].request_id.as_str(), own[0].account_id), ("SYSTEM:tidy-up", "job:tidy-up", None));
        let told = format!("entity_id = {}", world.uuid(id));
        assert_eq!(world.database.eye.rows_where("outbox_event", &told).await, 1);
    }

    async fn a_round_that_panics_has_failed_and_harms_no_other(world: World) {
        let job = Job {
            name: "broken",
            every: Duration::from_secs(1),
            round: |core| Box::pin(async move {
                let broken = command::run_job(core, "broken", |unit| Box::pin(async move {
                    Organisation::tenant_in("Fictional Trust of a Panic", "QE1").register(unit).await?;
                    assert!(unit.today() < chrono::NaiveDate::MIN, "a bug");
                    Ok(1)
                }));
                broken.await.map(|_| 1)
            }),
        };
        let before = world.database.eye.contents().await;
        assert!(jobs::once(world.app.core(), job).await.is_err());
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        queue_one(&world, &world.a, "x").await;
        assert_eq!(round(&Post::start(&[]).await.core(&world)).await, Ok(1));
    }

    async fn what_a_job_writes_without_recording_it_is_not_kept(world: World) {
        let id = world.uuid(world.a.id);
        let write = format!("update organisation set version = 7 where id = {id}");
        let done = command::run_job(world.app.core(), "tests", |unit| {
            let write = write.clone();
            Box::pin(async move {
                unit.tx().execute_unprepared(&write).await?;
                Ok(())
            })
        });
        assert_eq!(done.await.expect("no fault"), Outcome::Done(()));
        assert_eq!(world.database.eye.rows_where("organisation", "version = 7").await, 0);
    }
}

on_postgres! {
    async fn who_may_queue_may_neither_read_nor_change(world: World) {
        queue_one(&world, &world.a, "x").await;
        let db = world.app.core().db();
        let scope = world.a.scope();
        let insert = |key: &str| format!(
            "insert into mail_message (id, organisation_id, kind, deduplication_key, recipient, subject, body, state, \
             attempts, next_attempt_at, last_day, created_at) values (gen_random_uuid(), {}, 'k', '{key}', 'a@b.c', 's', 'b', \
             'WAITING', 0, '{NOW}', '2026-05-01', '{NOW}') on conflict do nothing", world.uuid(world.a.id));
        let tx = db.begin(Access::Write, &scope).await.expect("it begins");
        assert_eq!(tx.rows("select id from mail_message", Vec::new()).await.expect("rows").len(), 0);
        for change in ["update mail_message set attempts = 5", "update mail_message set state = 'WAITING'"] {
            assert_eq!(tx.execute_unprepared(change).await.expect("it runs").rows_affected(), 0, "{change}");
        }
        assert_eq!(tx.execute_unprepared(&insert("y")).await.expect("it runs").rows_affected(), 1);
        assert_eq!(tx.execute_unprepared(&insert("x")).await.expect("it runs").rows_affected(), 0);
        assert!(tx.execute_unprepared("delete from mail_message").await.is_err());
        tx.rollback().await;
        let tx = db.begin(Access::Write, &Scope::public()).await.expect("it begins");
        assert!(tx.execute_unprepared(&insert("z")).await.is_err(), "the public queues nothing");
        tx.rollback().await;
    }
}

on_both_databases! {
    async fn a_member_queues_with_a_change_of_its_own(world: World) {
        for tenant in [&world.a, &world.b] {
            let account = account_id(DemoIssuer::NAME, &subject(Role::PartnerCoordinator, Some(tenant.id)));
            let of = tenant.clone();
            let queued = as_identity(world.app.core(), Identity::account(account), move |unit| {
                let (new, chain, entity_id) = (message(&of, "x"), of.id, unit.id());
                Box::pin(async move {
                    unit.record(Change {
                        chain,
                        action: "test.done",
                        entity_type: "test",
                        entity_id,
                        entity_version: 1,
                        fields: Vec::new(),
                        before_hash: None,
                        after_hash: "x".to_owned(),
                        reason: None,
                        acting_as: "PCO".to_owned(),
                    });
                    Ok([mail::enqueue(unit, new.clone()).await?, mail::enqueue(unit, new).await?])
                })
            });
            assert_eq!(queued.await, [true, false]);
        }
        assert_eq!(standing(&world).await, ["x WAITING 0 -", "x WAITING 0 -"]);
    }
}
