//! Staged uploads: announced, sent, taken once, cleared away; and everything that is refused on the way.

mod bucket;
mod bytes;
mod clearing;
mod taking;

use alongside::actor::{GrantScope, Role};
use serde_json::{Value, json};
use tests::race::{at_once, patiently};
use tests::socket::Socket;
use tests::uploads::{self, UPLOAD, announce, announced, input, pdf, send, sent, sha256, to};
use tests::{World, given, on_both_databases, world_with};

world_with! {
    /// A world in which few and small files may wait.
    Tight, |config| {
        config.files.max_bytes = 1000;
        config.files.max_open = 2;
    }
}

world_with! {
    /// A world in which one account sends one file at a time.
    Narrow, |config| config.files.max_account_puts = 1
}

/// The paths of `userErrors`, below `input`.
fn paths(body: &Value, name: &str) -> Vec<String> {
    let errors = body["data"][name]["userErrors"].as_array().expect("a payload").iter();
    errors.map(|error| error["path"][1].as_str().unwrap_or_default().to_owned()).collect()
}

/// What `token` sees of an upload, by each way to it.
async fn seen(world: &World, token: Option<&str>, id: &str) -> [Value; 3] {
    let document = format!(
        "query($id: ID!) {{ by: {} node(id: $id) {{ id ... on StagedUpload {{ fileName }} }} stagedUploads {{ nodes {{ id }} }} }}",
        UPLOAD.replace("stagedUpload ", "stagedUpload(by: { id: $id }) ")
    );
    let mut data = world.data(token, &document, json!({ "id": id })).await;
    [data["by"].take(), data["node"].take(), data["stagedUploads"]["nodes"].take()]
}

on_both_databases! {
    async fn a_file_is_announced_sent_and_there_as_it_was(world: World) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 700_000));
        let new = input(&world.a, "Wohlergehen – (2).pdf", "application/pdf", &bytes);
        let reply = announce(&world, &token, new).await;
        let shown = reply.done("stagedUpload").clone();
        let id = shown["id"].as_str().expect("an id");
        assert_eq!(shown, json!({
            "id": id, "state": "PENDING", "fileName": "Wohlergehen – (2).pdf", "mediaType": "application/pdf",
            "sizeBytes": 700_000, "sha256": sha256(&bytes), "createdAt": "2026-05-01T09:00:00.000000Z",
            "expiresAt": "2026-05-01T10:00:00.000000Z", "storedAt": null, "usedAt": null, "version": 1,
            "organisation": { "id": world.a.global_id() },
        }));
        assert_eq!(world.files(), [] as [String; 0], "nothing before the bytes");
        world.set_clock("2026-05-01T09:59:00Z");
        let token = world.coordinator(&world.a);
        let answer = send(&world, &token, id, &bytes).await;
        assert_eq!(answer.status().as_u16(), 201);
        assert!(answer.headers()["x-request-id"].len() == 32 && answer.headers()["cache-control"] == "no-store");
        assert!(answer.headers().contains_key("ratelimit"));
        let told: Value = answer.json().await.expect("JSON");
        assert_eq!(told, json!({ "id": id, "state": "STORED", "sizeBytes": 700_000, "sha256": sha256(&bytes) }));
        let [by, node, listed] = seen(&world, Some(&token), id).await;
        assert_eq!((&by["state"], &by["storedAt"], &by["version"]), (&json!("STORED"), &json!("2026-05-01T09:59:00.000000Z"), &json!(2)));
        assert_eq!((&node["fileName"], &listed[0]["id"]), (&by["fileName"], &json!(id)));
        assert_eq!(world.files(), [uploads::uuid(id).simple().to_string()], "under the key alone");
        let trail = format!("entity_type = 'staged_upload' and acting_as = 'PCO' and chain = {}", world.uuid(world.a.id));
        assert_eq!(world.database.eye.rows_where("audit_event", &trail).await, 2);
        assert_eq!(world.database.eye.rows_where("outbox_event", "entity_type = 'staged_upload'").await, 2);
    }

    async fn announcing_again_with_the_key_has_one_effect(world: World) {
        let token = world.coordinator(&world.a);
        let mut new = input(&world.a, "a.txt", "text/plain", b"text");
        new["idempotencyKey"] = json!("once");
        let first = announce(&world, &token, new.clone()).await;
        assert_eq!(announce(&world, &token, new.clone()).await, first);
        new["fileName"] = json!("b.txt");
        assert_eq!(announce(&world, &token, new).await.codes(), ["IDEMPOTENCY_MISMATCH"]);
        assert_eq!(world.database.eye.rows_where("staged_upload", "true").await, 1);
    }

    async fn what_is_announced_names_a_plain_file_of_a_known_type(world: Tight) {
        let token = world.coordinator(&world.a);
        let good = input(&world.a, "a.pdf", "application/pdf", b"1234");
        for (field, value, path) in [
            ("fileName", json!("../a.pdf"), "fileName"), ("fileName", json!("a/b.pdf"), "fileName"),
            ("fileName", json!("C:\\a.pdf"), "fileName"), ("fileName", json!("a\u{0}.pdf"), "fileName"),
            ("fileName", json!("a\r\nb: c.pdf"), "fileName"), ("fileName", json!("a\u{202E}fdp.pdf"), "fileName"),
            ("fileName", json!(".pdf"), "fileName"), ("fileName", json!("a.exe"), "fileName"),
            ("fileName", json!(""), "fileName"), ("fileName", json!("a".repeat(300) + ".pdf"), "fileName"),
            ("mediaType", json!("text/html"), "mediaType"), ("mediaType", json!("image/svg+xml"), "mediaType"),
            ("sizeBytes", json!(0), "sizeBytes"), ("sizeBytes", json!(1001), "sizeBytes"),
            ("sizeBytes", json!(-1), "sizeBytes"), ("sha256", json!("x"), "sha256"), ("sha256", json!("A".repeat(64)), "sha256"),
        ] {
            let mut new = good.clone();
            new[field] = value;
            let reply = announce(&world, &token, new.clone()).await;
            assert!(reply.codes().iter().all(|code| *code == "INVALID"), "{new}");
            assert!(paths(reply.body(), "stagedUploadCreate").contains(&path.to_owned()), "{new}: {}", reply.body());
            assert!(!reply.body().to_string().contains("exe"), "no value comes back");
        }
        let all = json!({ "organisationId": world.a.global_id(), "fileName": "/", "mediaType": "x", "sizeBytes": 0, "sha256": "" });
        let reply = announce(&world, &token, all).await;
        assert_eq!(paths(reply.body(), "stagedUploadCreate"), ["fileName", "mediaType", "sizeBytes", "sha256"], "all of it at once");
        assert_eq!(world.database.eye.rows_where("staged_upload", "true").await, 0);
    }

    async fn only_so_many_files_of_one_account_wait(world: Tight) {
        let (first, second) = (world.coordinator(&world.a), world.grant(Role::PartnerSignatory, Some(world.a.id)).await);
        let new = input(&world.a, "a.pdf", "application/pdf", &pdf(1, 100));
        let sent = sent(&world, &world.a, &pdf(1, 100)).await;
        assert_eq!(announce(&world, &first, new.clone()).await.codes(), [] as [&str; 0]);
        assert_eq!(announce(&world, &first, new.clone()).await.codes(), ["TOO_MANY_UPLOADS"], "what is stored waits too");
        assert_eq!(announce(&world, &second, new.clone()).await.codes(), [] as [&str; 0], "each account has its own");
        taking::take(&world, &subject_of(&world), &sent, world.a.id).await.expect("a record takes one");
        assert_eq!(announce(&world, &first, new.clone()).await.codes(), [] as [&str; 0]);
        assert_eq!(announce(&world, &first, new.clone()).await.codes(), ["TOO_MANY_UPLOADS"]);
        world.set_clock("2026-05-01T10:00:00Z");
        let later = world.coordinator(&world.a);
        assert_eq!(announce(&world, &later, new).await.codes(), [] as [&str; 0], "what is past its time does not count");
    }

    async fn of_many_who_announce_at_once_only_so_many_may(world: Tight) {
        let new = input(&world.a, "a.pdf", "application/pdf", &pdf(1, 100));
        let codes = at_once(8, |_| {
            let (world, new) = (world.clone(), new.clone());
            async move { announce(&world, &world.coordinator(&world.a), new).await.codes().len() }
        });
        let done = codes.await.into_iter().filter(|codes| *codes == 0).count();
        assert_eq!(done, 2, "the others are refused");
        assert_eq!(world.database.eye.rows_where("staged_upload", "true").await, 2);
    }

    async fn one_account_does_not_stop_the_files_of_others(world: Narrow) {
        let (token, bytes) = (world.coordinator(&world.a), pdf(1, 300_000));
        let first = announced(&world, &world.a, &bytes).await;
        let second = announced(&world, &world.a, &bytes).await;
        let mut slow = Socket::open(&world).await;
        let head = format!(
            "PUT /uploads/{first} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\
             content-type: application/pdf\r\ncontent-length: 300000\r\n\r\n"
        );
        slow.send(head).await;
        slow.send(&bytes[..290_000]).await;
        let began = async {
            while world.files().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        patiently("the first is on its way", began).await;
        let another = {
            let (world, token, bytes) = (world.clone(), token.clone(), bytes.clone());
            tokio::spawn(async move { send(&world, &token, &second, &bytes).await.status().as_u16() })
        };
        sent(&world, &world.b, &bytes).await;
        assert!(!another.is_finished(), "it waits for its turn");
        slow.send(&bytes[290_000..]).await;
        assert_eq!(slow.answer().await.map(|answer| answer.status), Some(201));
        assert_eq!(patiently("its turn comes", another).await.expect("an answer"), 201);
    }

    async fn who_acts_for_no_organisation_or_for_another_announces_nothing(world: World) {
        let new = input(&world.a, "a.pdf", "application/pdf", b"1");
        let trainer = world.grant(Role::Trainer, Some(world.a.id)).await;
        for token in [world.coordinator(&world.b), world.officer(), trainer, world.token_of("nobody")] {
            assert_eq!(announce(&world, &token, new.clone()).await.codes(), ["FORBIDDEN"]);
        }
        let nobody = world.mutate(None, "stagedUploadCreate", "", new).await;
        assert_eq!(nobody.codes(), ["FORBIDDEN"]);
        assert_eq!(world.database.eye.rows_where("staged_upload", "true").await, 0);
    }

    async fn nobody_else_sees_sends_or_takes_an_upload(world: World) {
        let bytes = pdf(1, 100);
        let (waiting, stored) = (announced(&world, &world.a, &bytes).await, sent(&world, &world.a, &bytes).await);
        let colleague = world.grant(Role::PartnerSignatory, Some(world.a.id)).await;
        let strangers = [world.coordinator(&world.b), colleague, world.officer(), world.token_of("nobody")];
        let files = world.files();
        for id in [&waiting, &stored] {
            for token in &strangers {
                assert_eq!(seen(&world, Some(token), id).await, [Value::Null, Value::Null, json!([])]);
                assert_eq!(send(&world, token, id, &bytes).await.status().as_u16(), 404);
            }
            assert_eq!(seen(&world, None, id).await, [Value::Null, Value::Null, json!([])]);
        }
        assert_eq!(world.files(), files);
        for subject in [given::subject(Role::PartnerCoordinator, Some(world.b.id)), given::subject(Role::PartnerSignatory, Some(world.a.id))] {
            for organisation in [world.a.id, world.b.id] {
                let refused = taking::take(&world, &subject, &stored, organisation).await.expect_err("it is another's");
                assert_eq!(refused, ["NOT_FOUND input.evidence.0.uploadId"], "{subject}");
            }
        }
        let own = taking::take(&world, &subject_of(&world), &stored, world.b.id).await;
        assert_eq!(own.expect_err("of another organisation"), ["NOT_FOUND input.evidence.0.uploadId"]);
    }

    async fn two_who_send_at_once_make_one_file(world: World) {
        for round in 0..5 {
            let bytes = pdf(round, 300_000);
            let id = announced(&world, &world.a, &bytes).await;
            let answers = at_once(3, |_| {
                let (world, id, bytes) = (world.clone(), id.clone(), bytes.clone());
                async move { send(&world, &world.coordinator(&world.a), &id, &bytes).await.status().as_u16() }
            });
            let mut answers = answers.await;
            answers.sort_unstable();
            assert_eq!(answers, [200, 200, 201], "one makes it, the others find it");
            let of_it = format!("entity_type = 'staged_upload' and action = 'staged_upload.stored' and entity_id = {}", world.uuid(uploads::uuid(&id)));
            assert_eq!(world.database.eye.rows_where("audit_event", &of_it).await, 1);
            let files = world.files();
            assert_eq!(files.len(), usize::from(round) + 1, "{files:?}");
            assert!(files.contains(&uploads::uuid(&id).simple().to_string()));
        }
    }

    async fn a_role_that_was_withdrawn_sends_nothing_more(world: World) {
        let bytes = pdf(1, 100);
        let subject = "coordinator for a while";
        let scope = GrantScope::Organisation(world.a.id);
        let token = world.grant_to(subject, Role::PartnerCoordinator, scope).await;
        let new = input(&world.a, "a.pdf", "application/pdf", &bytes);
        let id = announce(&world, &token, new).await.done("stagedUpload")["id"].as_str().expect("an id").to_owned();
        let account = alongside::actor::service::account_id(alongside::actor::demo_issuer::DemoIssuer::NAME, subject);
        let withdraw = format!("update role_grant set valid_to = '2026-05-01' where account_id = {}", world.uuid(account));
        world.database.eye.execute(&withdraw).await.expect("the role ends");
        let answer = send(&world, &token, &id, &bytes).await;
        assert_eq!(answer.status().as_u16(), 403);
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let disable = format!("update account set enabled = {} where id = {}", "false", world.uuid(account));
        world.database.eye.execute(&disable).await.expect("the account is disabled");
        assert_eq!(send(&world, &token, &id, &bytes).await.status().as_u16(), 401);
        assert_eq!(to(&world, None, &id).body(bytes).send().await.expect("an answer").status().as_u16(), 401);
        assert_eq!(world.files(), [] as [String; 0]);
    }
}

/// The subject of the account that coordinates A.
fn subject_of(world: &World) -> String {
    given::subject(Role::PartnerCoordinator, Some(world.a.id))
}
