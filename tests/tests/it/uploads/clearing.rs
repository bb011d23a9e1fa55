//! What nobody used in time, what a crash left, and files that are deleted for good.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{Identity, Role};
use alongside::clock::Source as _;
use alongside::command::{self, Outcome, Stop, Unit};
use alongside::db::Access;
use alongside::files::removal;
use alongside::jobs;
use alongside::refusal::{Code, Refusal};
use alongside::upload::model::{Announced, Media};
use alongside::upload::service;
use sea_orm::ConnectionTrait as _;
use tests::race::at_once;
use tests::uploads::{announced, pdf, send, sent, uuid};
use tests::world::NOW;
use tests::{Tenant, World, given, on_both_databases, on_postgres};
use uuid::Uuid;

use super::seen;
use super::taking::states;

/// A round of a job.
async fn round(world: &World, job: &str) -> Result<u64, String> {
    jobs::round(world.app.core(), job).await.map_err(|fault| fault.to_string())
}

/// Writes a file into the folder of files, as if last written so long before the world's now.
fn written(world: &World, name: &str, age: Duration) -> PathBuf {
    let path = world.folder("files").join(name);
    std::fs::write(&path, b"part").expect("a file");
    aged(world, &path, age);
    path
}

fn aged(world: &World, path: &Path, age: Duration) {
    let now = SystemTime::from(world.source.now());
    File::open(path).and_then(|file| file.set_modified(now - age)).expect("it gets a time");
}

/// Has a file of A deleted, in a transaction that then ends as `end` says.
async fn removed(world: &World, key: Uuid, end: fn() -> Result<(), Stop>) -> Outcome<()> {
    let of = world.a.id;
    let done = command::run_job(world.app.core(), "tests", |unit: &Unit| {
        Box::pin(async move {
            removal::remove(unit, of, key).await?;
            unit.note_queued();
            end()
        })
    });
    done.await.expect("the database works")
}

/// Announces so many files of a tenant.
async fn announced_of(world: &World, tenant: &Tenant, count: u8) {
    let subject = given::subject(Role::PartnerCoordinator, Some(tenant.id));
    let (account, of) = (account_id(DemoIssuer::NAME, &subject), tenant.id);
    let file = |number: u8| Announced {
        file_name: format!("{number}.pdf"),
        media_type: Media::Pdf.code().to_owned(),
        size_bytes: 9,
        sha256: "0".repeat(64),
    };
    let announcing =
        given::as_identity(world.app.core(), Identity::account(account), move |unit| {
            Box::pin(async move {
                for number in 0..count {
                    service::create(unit, of, file(number)).await?;
                }
                Ok(())
            })
        });
    announcing.await;
}

/// How many files are still to be deleted.
async fn left(world: &World) -> i64 {
    world.database.eye.rows_where("file_removal", "true").await
}

on_both_databases! {
    async fn what_nobody_used_expires_and_its_bytes_go(world: World) {
        let bytes = pdf(1, 100);
        let stored = sent(&world, &world.a, &bytes).await;
        let crashed = announced(&world, &world.b, &bytes).await;
        // Its bytes came, and the program died before it could say so.
        written(&world, &uuid(&crashed).simple().to_string(), Duration::ZERO);
        world.set_clock("2026-05-01T09:59:59Z");
        assert_eq!(round(&world, "upload-sweep").await, Ok(0), "its time is not over");
        world.set_clock("2026-05-01T10:00:00Z");
        let young = announced(&world, &world.a, &bytes).await;
        let counts = at_once(2, |_| {
            let world = world.clone();
            async move { round(&world, "upload-sweep").await.expect("a round") }
        });
        assert_eq!(counts.await.iter().sum::<u64>(), 2, "each once, also by two at once");
        assert_eq!(states(&world).await, ["EXPIRED", "EXPIRED", "PENDING"]);
        assert_eq!(world.files().len(), 2, "the rows go first");
        assert_eq!(round(&world, "file-removal").await, Ok(2));
        assert_eq!(world.files(), [] as [String; 0]);
        assert_eq!(round(&world, "upload-sweep").await, Ok(0));
        let by_the_job = "action = 'staged_upload.expired' and acting_as = 'SYSTEM:upload-sweep' \
             and request_id = 'job:upload-sweep'";
        assert_eq!(world.database.eye.rows_where("audit_event", by_the_job).await, 2);
        let token = world.coordinator(&world.a);
        assert_eq!(seen(&world, Some(&token), &stored).await[0]["state"], "EXPIRED");
        assert_eq!(send(&world, &token, &stored, &bytes).await.status().as_u16(), 404);
        assert_eq!(send(&world, &token, &young, &bytes).await.status().as_u16(), 201, "the others go on");
    }

    async fn a_round_expires_more_than_one_transaction_holds(world: World) {
        for (tenant, count) in [(&world.a, 50), (&world.b, 10)] {
            announced_of(&world, tenant, count).await;
        }
        world.set_clock("2026-05-01T10:00:00Z");
        assert_eq!(round(&world, "upload-sweep").await, Ok(60));
        assert_eq!(left(&world).await, 60);
        assert_eq!(round(&world, "file-removal").await, Ok(60));
    }

    async fn parts_that_a_crash_left_go_when_nobody_can_be_writing_them(world: World) {
        let bytes = pdf(1, 100);
        let id = sent(&world, &world.a, &bytes).await;
        let key = uuid(&id).simple().to_string();
        let grace = world.app.files().grace();
        let (second, old) = (Duration::from_secs(1), grace + Duration::from_secs(1));
        // One of an upload that was sent again and used, one of nobody's; one that is being written; no part.
        written(&world, &format!("{key}#1"), old);
        written(&world, "00000000000000000000000000000abc#12", old);
        let young = written(&world, "00000000000000000000000000000abd#1", grace - second);
        written(&world, "notes#1", old);
        aged(&world, &world.folder("files").join(&key), old);
        assert_eq!(round(&world, "upload-sweep").await, Ok(2));
        assert_eq!(world.files().len(), 3, "{:?}", world.files());
        aged(&world, &young, old);
        assert_eq!(round(&world, "upload-sweep").await, Ok(1));
        let mut kept = [key, "notes#1".to_owned()];
        kept.sort();
        assert_eq!(world.files(), kept);
    }

    async fn what_cannot_be_deleted_keeps_nothing_else_back(world: World) {
        let bytes = pdf(1, 100);
        let (first, second) = (sent(&world, &world.a, &bytes).await, sent(&world, &world.b, &bytes).await);
        let age = world.app.files().grace() * 2;
        // A folder in the place of a part, and one in the place of a file.
        let part = world.folder("files").join("00000000000000000000000000000abc#1");
        std::fs::create_dir(&part).expect("a folder");
        let file = world.folder("files").join(uuid(&first).simple().to_string());
        std::fs::remove_file(&file).expect("it goes");
        std::fs::create_dir(&file).expect("a folder");
        std::fs::write(file.join("x"), b"x").expect("a file");
        world.set_clock("2026-05-01T10:00:00Z");
        aged(&world, &part, age);
        written(&world, "00000000000000000000000000000abd#1", age);
        assert!(round(&world, "upload-sweep").await.is_err());
        assert_eq!(states(&world).await, ["EXPIRED", "EXPIRED"]);
        assert!(round(&world, "file-removal").await.is_err());
        let mut kept = ["00000000000000000000000000000abc#1".to_owned(), uuid(&first).simple().to_string()];
        kept.sort();
        assert_eq!(world.files(), kept, "the others are gone, {second} among them");
        assert_eq!(round(&world, "file-removal").await, Ok(0), "not at once again");
        std::fs::remove_dir_all(&file).expect("it goes");
        world.set_clock("2026-05-01T10:15:00Z");
        assert_eq!(round(&world, "file-removal").await, Ok(2));
        assert_eq!(left(&world).await, 0);
    }

    async fn a_file_is_deleted_with_the_commit_that_gives_it_up_and_stays_deleted(world: World) {
        let bytes = pdf(1, 100);
        let key = uuid(&sent(&world, &world.a, &bytes).await);
        let other = uuid(&sent(&world, &world.a, &bytes).await);
        // As a record that took them.
        world.database.eye.execute("update staged_upload set state = 'USED', used_at = stored_at").await.expect("used");
        let refused = removed(&world, key, || Err(Refusal::whole(Code::Conflict).into())).await;
        assert!(matches!(refused, Outcome::Refused(_)));
        assert_eq!(round(&world, "file-removal").await, Ok(0), "it was not given up");
        assert_eq!(removed(&world, key, || Ok(())).await, Outcome::Done(()));
        assert_eq!(removed(&world, key, || Ok(())).await, Outcome::Done(()), "once is as good as twice");
        let counts = at_once(2, |_| {
            let world = world.clone();
            async move { round(&world, "file-removal").await }
        });
        assert!(counts.await.iter().all(Result::is_ok), "two at once");
        assert_eq!(world.files(), [other.simple().to_string()]);
        // One who was slow stores the same bytes again.
        written(&world, &key.simple().to_string(), Duration::ZERO);
        assert_eq!(round(&world, "file-removal").await, Ok(0));
        world.source.set(world.source.now() + world.app.files().grace());
        assert_eq!(round(&world, "file-removal").await, Ok(1));
        assert_eq!(world.files(), [other.simple().to_string()]);
        assert_eq!(left(&world).await, 0, "that was the last time");
    }
}

on_postgres! {
    async fn who_may_give_a_file_up_does_so_for_its_organisation_and_sees_none(world: World) {
        let insert = |key: u128, of: Uuid| format!(
            "insert into file_removal values ({}, {}, '{NOW}', '{NOW}') on conflict do nothing",
            world.uuid(Uuid::from_u128(key)), world.uuid(of));
        let tx = world.app.core().db().begin(Access::Write, &world.a.scope()).await.expect("it begins");
        assert_eq!(tx.execute_unprepared(&insert(1, world.a.id)).await.expect("it runs").rows_affected(), 1);
        assert_eq!(tx.execute_unprepared(&insert(1, world.a.id)).await.expect("it runs").rows_affected(), 0);
        assert_eq!(tx.rows("select key from file_removal", Vec::new()).await.expect("rows").len(), 0);
        for change in ["update file_removal set due_at = now()", "delete from file_removal"] {
            assert_eq!(tx.execute_unprepared(change).await.expect("it runs").rows_affected(), 0, "{change}");
        }
        assert!(tx.execute_unprepared(&insert(2, world.b.id)).await.is_err(), "not for another");
        tx.rollback().await;
    }
}
