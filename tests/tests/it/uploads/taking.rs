//! Uploads that records take, and those that nobody takes in time.

use alongside::actor::Identity;
use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::command::{self, Outcome, Request, Stop};
use alongside::files::{Attachment, attachment};
use alongside::jobs;
use alongside::refusal::{Code, Refusal};
use alongside::upload::model::{Media, Taken};
use alongside::upload::service;
use axum::body::to_bytes;
use base64::Engine as _;
use serde_json::json;
use tests::race::at_once;
use tests::uploads::{announced, input, pdf, send, sent, sha256, uuid};
use tests::{World, on_both_databases};
use uuid::Uuid;

use super::{announce, seen, subject_of};

/// Takes an upload as the account of `subject`, within a mutation of its own; gives the refusals in short.
pub async fn take(
    world: &World,
    subject: &str,
    id: &str,
    organisation: Uuid,
) -> Result<Taken, Vec<String>> {
    take_and(world, subject, id, organisation, false).await
}

/// The same, of a mutation that then refuses what it was asked for, if `give_up`.
async fn take_and(
    world: &World,
    subject: &str,
    id: &str,
    organisation: Uuid,
    give_up: bool,
) -> Result<Taken, Vec<String>> {
    let request = Request {
        identity: Identity::account(account_id(DemoIssuer::NAME, subject)),
        name: "test",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: "test".to_owned(),
    };
    let id = uuid(id);
    let run = command::run(world.app.core(), request, move |unit| {
        Box::pin(async move {
            let taken = service::take(unit, id, organisation, "evidence.0.uploadId").await?;
            if give_up {
                return Err(Stop::from(Refusal::whole(Code::Unchanged)));
            }
            let Taken { key, file_name, media, size_bytes, sha256 } = taken;
            Ok((key, file_name, media.code().to_owned(), size_bytes, sha256))
        })
    });
    match run.await.expect("the database answers") {
        Outcome::Done((key, file_name, media, size_bytes, sha256)) => {
            let media = Media::from_code(&media).expect("a type");
            Ok(Taken { key, file_name, media, size_bytes, sha256 })
        }
        Outcome::Refused(unmet) => Err(unmet
            .iter()
            .map(|unmet| format!("{} {}", unmet.code.text(), unmet.path.join(".")))
            .collect()),
    }
}

/// The state of each upload, in the order of their making.
pub async fn states(world: &World) -> Vec<String> {
    world.database.eye.texts("select state from staged_upload order by created_at, id").await
}

on_both_databases! {
    async fn a_record_takes_a_file_once(world: World) {
        let (bytes, subject) = (pdf(1, 5000), subject_of(&world));
        let id = sent(&world, &world.a, &bytes).await;
        let given_up = take_and(&world, &subject, &id, world.a.id, true).await;
        assert_eq!(given_up.expect_err("the mutation refuses"), ["UNCHANGED input"]);
        assert_eq!(states(&world).await, ["STORED"], "what is not committed is not used");
        let taken = take(&world, &subject, &id, world.a.id).await.expect("it is there");
        let expected = Taken {
            key: uuid(&id), file_name: "Evidence.pdf".to_owned(), media: Media::Pdf, size_bytes: 5000, sha256: sha256(&bytes),
        };
        assert_eq!(taken, expected);
        let again = take(&world, &subject, &id, world.a.id).await;
        assert_eq!(again.expect_err("once"), ["CONFLICT input.evidence.0.uploadId"]);
        let token = world.coordinator(&world.a);
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 404, "a used one takes no bytes");
        let [by, ..] = seen(&world, Some(&token), &id).await;
        assert_eq!((&by["state"], &by["usedAt"], &by["version"]), (&json!("USED"), &json!("2026-05-01T09:00:00.000000Z"), &json!(3)));
        world.set_clock("2026-06-01T09:00:00Z");
        for job in ["upload-sweep", "file-removal"] {
            assert_eq!(jobs::round(world.app.core(), job).await.expect("a round"), 0, "{job}");
        }
        assert_eq!(world.files(), [uuid(&id).simple().to_string()], "it stays with its record");
    }

    async fn of_two_records_that_take_a_file_at_once_one_gets_it(world: World) {
        for round in 0..5 {
            let id = sent(&world, &world.a, &pdf(round, 100)).await;
            let outcomes = at_once(2, |_| {
                let (world, id, subject) = (world.clone(), id.clone(), subject_of(&world));
                async move { take(&world, &subject, &id, world.a.id).await.is_ok() }
            });
            let taken = outcomes.await.into_iter().filter(|taken| *taken).count();
            assert_eq!(taken, 1, "round {round}");
        }
    }

    async fn what_has_no_bytes_or_is_past_its_time_is_not_taken(world: World) {
        let (bytes, subject) = (pdf(1, 100), subject_of(&world));
        let (waiting, stored) = (announced(&world, &world.a, &bytes).await, sent(&world, &world.a, &bytes).await);
        let refused = take(&world, &subject, &waiting, world.a.id).await;
        assert_eq!(refused.expect_err("no bytes"), ["CONFLICT input.evidence.0.uploadId"]);
        world.set_clock("2026-05-01T10:00:00Z");
        for id in [&waiting, &stored, &"upl_0000000000000000000000000000000a".to_owned()] {
            let refused = take(&world, &subject, id, world.a.id).await;
            assert_eq!(refused.expect_err("too late"), ["NOT_FOUND input.evidence.0.uploadId"]);
            let token = world.coordinator(&world.a);
            assert_eq!(send(&world, &token, id, &bytes).await.status().as_u16(), 404);
        }
    }

    async fn a_file_goes_out_to_be_saved_and_never_to_be_run(world: World) {
        let bytes = "Straße; x\n".repeat(20_000).into_bytes();
        let new = input(&world.a, "Liste – \u{201E}neu\u{201C}.csv", "text/csv", &bytes);
        let id = announce(&world, &world.coordinator(&world.a), new).await.done("stagedUpload")["id"].as_str().expect("an id").to_owned();
        let request = world.client.put(format!("{}/uploads/{id}", world.base_url)).bearer_auth(world.coordinator(&world.a));
        let answer = request.header("content-type", "text/csv; charset=UTF-8").body(bytes.clone()).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        let taken = take(&world, &subject_of(&world), &id, world.a.id).await.expect("it is there");
        let (key, file) = (taken.key, Attachment::from(taken));
        let answer = attachment(world.app.files(), &file).await.expect("an answer");
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(header("content-length"), bytes.len().to_string());
        assert_eq!(header("content-disposition"), "attachment; filename=\"Liste _ _neu_.csv\"; filename*=UTF-8''Liste%20%E2%80%93%20%E2%80%9Eneu%E2%80%9C.csv");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "private, no-store");
        assert_eq!(header("content-security-policy"), "sandbox");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(header("repr-digest"), format!("sha-256=:{digest}:"));
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("all of it");
        assert!(body == bytes, "the same bytes");
        let other = Attachment { size_bytes: 1, ..file.clone() };
        assert!(attachment(world.app.files(), &other).await.is_err(), "what the store has is not what is known");
        world.app.files().delete(key).await.expect("it goes");
        world.app.files().delete(key).await.expect("it may be gone already");
        assert!(attachment(world.app.files(), &file).await.is_err());
    }
}
