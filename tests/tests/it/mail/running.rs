//! E-mail and jobs of the running service: they run by themselves, end in order, and tell nothing personal.

use std::path::Path;

use serde_json::Value;
use tests::{Tenant, World, on_both_databases};

use super::post::{BODY, Post, RECIPIENT, SUBJECT, is_anything_left, message, queue, standing};
use crate::process::{alongside, run};
use crate::served::Served;

/// The environment that makes a service send to `url`.
fn sending(url: &str) -> [(&str, &str); 3] {
    [
        ("ALONGSIDE__MAIL__URL", url),
        ("ALONGSIDE__MAIL__FROM", "no-reply@example.org"),
        ("RUST_LOG", "debug,sqlx=warn"),
    ]
}

/// Queues a message for each of these; the clock of the running service is not the world's.
async fn queue_lasting(world: &World, tenants: &[&Tenant]) {
    let key = |tenant: &Tenant| if tenant == &world.a { "1" } else { "2" };
    queue(world, tenants.iter().map(|tenant| message(tenant, key(tenant))).collect()).await;
    let lasting = "update mail_message set last_day = '9999-12-31'";
    world.database.eye.execute(lasting).await.expect("they last");
}

on_both_databases! {
    async fn the_service_sends_by_itself_and_nothing_personal_stands_anywhere(world: World) {
        let mut post = Post::start(&[]).await;
        let url = format!("smtp://127.0.0.1:{}", post.port());
        queue_lasting(&world, &[&world.a]).await;
        let served = Served::start(&world, &sending(&url)).await;
        assert_eq!(post.wait_for(1).await.len(), 1);
        let done = |line: &Value| line["job"] == "mail" && line["message"] == "a round is done";
        assert_eq!(served.line("it tells that a round is done", done).await["count"], 1);
        let (_, page) = served.page("/metrics").await;
        assert!(page.contains("alongside_job_rounds_total{job=\"mail\""), "{page}");
        assert!(page.contains("alongside_mail_deliveries_total{"), "{page}");
        let lines = served.stop().await;
        // The server's words name the recipient; they are in no line.
        post.refuse(550).await;
        queue_lasting(&world, &[&world.b]).await;
        let served = Served::start(&world, &sending(&url)).await;
        let given_up = |line: &Value| line["message"] == "an e-mail was given up" && line["code"] == "SMTP_550";
        served.line("it tells that it gave up", given_up).await;
        let lines = [lines, served.stop().await].concat();
        assert_eq!(standing(&world).await, ["1 SENT 1 -", "2 GIVEN_UP 1 SMTP_550"]);
        assert!(!is_anything_left(&world).await);
        let log = String::from_utf8_lossy(&lines.join(&b'\n')).into_owned();
        assert!(log.contains("an e-mail was sent"), "{log}");
        let private = [RECIPIENT, "somebody.private", SUBJECT, "schützenswert", "vertraulich", BODY, "is not wanted"];
        for text in private {
            assert!(!log.contains(text) && !page.contains(text), "{text}");
        }
    }

    async fn a_round_that_runs_ends_before_the_service_does(world: World) {
        let mut post = Post::start(&[]).await;
        let url = format!("smtp://127.0.0.1:{}", post.port());
        queue_lasting(&world, &[&world.a, &world.b]).await;
        post.mode("hold").await;
        let served = Served::start(&world, &sending(&url)).await;
        post.wait_for(1).await;
        served.terminate().await;
        served.said("stopping: running requests may finish").await;
        post.mode("ok").await;
        post.release().await;
        let (status, lines) = served.end().await;
        assert_eq!(status.code(), Some(0));
        let said = |text: &str| lines.iter().any(|line| String::from_utf8_lossy(line).contains(text));
        assert!(said("\"stopped\"") && !said("still running"));
        assert_eq!(standing(&world).await[0], "1 SENT 1 -");
    }

    async fn a_server_that_is_away_fails_the_round_and_nothing_else(world: World) {
        let mut post = Post::start(&[]).await;
        let url = format!("smtp://127.0.0.1:{}", post.port());
        post.stop().await;
        queue_lasting(&world, &[&world.a]).await;
        let served = Served::start(&world, &sending(&url)).await;
        let failed = |line: &Value| line["job"] == "mail" && line["message"] == "a round failed";
        let line = served.line("it tells that the round failed", failed).await;
        assert_eq!(line["reason"], "the mail server: UNREACHABLE");
        assert_eq!(served.page("/health/ready").await.0, 200);
        let (_, page) = served.page("/metrics").await;
        let failures = page.lines().find(|line| line.starts_with("alongside_job_failures_total{job=\"mail\""));
        assert!(failures.is_some_and(|line| line.ends_with(" 1")), "{page}");
        served.stop().await;
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_at_the_start_by_their_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = ("ALONGSIDE__MAIL__FROM", "no-reply@example.org");
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("mail.url", &[("ALONGSIDE__MAIL__URL", "smtp://mail.example.org:25"), from]),
        ("mail.url", &[("ALONGSIDE__MAIL__URL", "nonsense"), from]),
        ("mail.from", &[("ALONGSIDE__MAIL__URL", "smtps://mail.example.org")]),
        ("mail.password", &[("ALONGSIDE__MAIL__URL", "smtps://me@mail.example.org"), from]),
        (
            "mail.password",
            &[
                ("ALONGSIDE__MAIL__URL", "smtps://mail.example.org"),
                from,
                ("SMTP_PASSWORD", "0123"),
            ],
        ),
        ("mail.timeout_ms", &[("ALONGSIDE__MAIL__TIMEOUT_MS", "0")]),
        ("mail.answer_timeout_ms", &[("ALONGSIDE__MAIL__ANSWER_TIMEOUT_MS", "600001")]),
        ("unknown field `ur`", &[("ALONGSIDE__MAIL__UR", "smtps://mail.example.org")]),
    ];
    for (key, settings) in cases {
        let complaint = complaint(folder.path(), settings).await;
        assert!(complaint.contains(key), "{key}: {complaint}");
        assert!(!complaint.contains("example.org") && !complaint.contains("0123"), "{complaint}");
    }
    std::fs::write(folder.path().join("nonsense.pem"), "nonsense").expect("a file");
    for file in ["missing.pem", "nonsense.pem"] {
        let server = ("ALONGSIDE__MAIL__URL", "smtps://mail.example.org");
        let settings = [server, from, ("ALONGSIDE__MAIL__CA_FILE", file)];
        let complaint = complaint(folder.path(), &settings).await;
        assert!(complaint.contains("mail.ca_file"), "{file}: {complaint}");
    }
}

async fn complaint(folder: &Path, settings: &[(&str, &str)]) -> String {
    let mut command = alongside(folder, &["serve"]);
    command.env("ALONGSIDE__SERVER__BIND", "127.0.0.1:0").envs(settings.iter().copied());
    run(command).await.complaint().to_owned()
}
