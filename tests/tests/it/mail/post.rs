//! A mail server that others wrote, and messages for it.

use alongside::clock::Source as _;
use alongside::command::{self, Outcome};
use alongside::config::MailSettings;
use alongside::core::Core;
use alongside::fault::Fault;
use alongside::jobs;
use alongside::mail::{self, Mailer, NewMail, Recipient};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{Tenant, World};

use crate::peer::{Peer, node};

/// Whom the messages of the tests go to.
pub const RECIPIENT: &str = "somebody.private@example.org";

/// What they say: nothing of it may be found anywhere afterwards.
pub const SUBJECT: &str = "Maßnahme überfällig – “schützenswert”";

/// Their text, with a line that a server could take for the end.
pub const BODY: &str = "Guten Tag,\n\n.\n..\nFrom here: ein vertraulicher Satz, with “quotes” and 🦉.\n\n-- \nAlongside";

/// A running mail server.
pub struct Post(Peer);

impl Post {
    /// Starts one with these further arguments.
    pub async fn start(arguments: &[&str]) -> Self {
        Self(Peer::start(node("mail.mjs", arguments)).await)
    }

    /// Where it listens.
    pub fn port(&self) -> u64 {
        self.0.ready["port"].as_u64().expect("a port")
    }

    /// The settings for it, without TLS.
    pub fn settings(&self) -> MailSettings {
        settings(&format!("smtp://127.0.0.1:{}", self.port()))
    }

    /// The service of `world` with this mail server.
    pub fn core(&self, world: &World) -> Core {
        with(world.app.core(), &self.settings())
    }

    /// What it does with letters from now on.
    pub async fn mode(&mut self, mode: &str) {
        self.0.tell(json!({ "do": "mode", "mode": mode })).await;
    }

    /// Refuses recipients with this code from now on, as such that are not there; none with 0.
    pub async fn refuse(&mut self, code: u16) {
        self.refuse_at("recipient", code, &format!("{}.1.1", code / 100)).await;
    }

    /// Refuses at this step (`sender`, `recipient` or `content`) with this code and this status.
    pub async fn refuse_at(&mut self, step: &str, code: u16, status: &str) {
        let refuse = json!({ "do": "refuse", "code": code, "status": status, "at": step });
        self.0.tell(refuse).await;
    }

    /// Nobody listens any more.
    pub async fn stop(&mut self) {
        self.0.tell(json!({ "do": "stop" })).await;
    }

    /// It listens again.
    pub async fn start_again(&mut self) {
        self.0.tell(json!({ "do": "start" })).await;
    }

    /// Answers the letters that it held.
    pub async fn release(&mut self) {
        self.0.tell(json!({ "do": "release" })).await;
    }

    /// How many connections came.
    pub async fn connections(&mut self) -> u64 {
        let told = self.0.tell(json!({ "do": "connections" })).await;
        told["connections"].as_u64().expect("a number")
    }

    /// The letters that came.
    pub async fn letters(&mut self) -> Vec<Value> {
        self.wait_for(0).await
    }

    /// The letters that came, once there are so many.
    pub async fn wait_for(&mut self, count: usize) -> Vec<Value> {
        let mut told = self.0.tell(json!({ "do": "await", "count": count })).await;
        let letters = told["letters"].take();
        letters.as_array().expect("a list").clone()
    }
}

/// The settings for the server at `url`.
pub fn settings(url: &str) -> MailSettings {
    MailSettings {
        url: url.to_owned(),
        password: String::new(),
        from: "Alongside Büro <no-reply@example.org>".to_owned(),
        ca_file: String::new(),
        timeout_ms: 30_000,
        answer_timeout_ms: 600_000,
    }
}

/// `core` with a mailer of these settings.
pub fn with(core: &Core, settings: &MailSettings) -> Core {
    core.clone().with_mailer(Mailer::new(settings).expect("good settings"))
}

/// Moves the clock of `world` by so much.
pub fn pass(world: &World, time: TimeDelta) {
    world.source.set(world.source.now() + time);
}

/// A round of the job.
pub async fn round(core: &Core) -> Result<u64, String> {
    jobs::round(core, "mail").await.map_err(|fault| match fault {
        Fault::Unavailable(reason) => reason,
        other => unreachable!("{other:?}"),
    })
}

/// A message about a matter of `tenant`.
pub fn message(tenant: &Tenant, key: &str) -> NewMail {
    NewMail {
        organisation_id: tenant.id,
        kind: "test.kind",
        deduplication_key: key.to_owned(),
        recipient: Recipient::parse(RECIPIENT).expect("an address"),
        subject: SUBJECT.to_owned(),
        body: BODY.to_owned(),
    }
}

/// Queues messages in one transaction; tells which are new.
pub async fn queue(world: &World, new: Vec<NewMail>) -> Vec<bool> {
    let queued = command::run_job(world.app.core(), "tests", |unit| {
        let new = new.clone();
        Box::pin(async move {
            let mut queued = Vec::new();
            for new in new {
                queued.push(mail::enqueue(unit, new).await?);
            }
            Ok(queued)
        })
    });
    match queued.await.expect("the database works") {
        Outcome::Done(queued) => queued,
        Outcome::Refused(refusals) => unreachable!("{refusals:?}"),
    }
}

/// Queues one message.
pub async fn queue_one(world: &World, tenant: &Tenant, key: &str) {
    assert_eq!(queue(world, vec![message(tenant, key)]).await, [true]);
}

/// Each message by its key: where it stands, its attempts, its last failure.
pub async fn standing(world: &World) -> Vec<String> {
    let rows = "select deduplication_key || ' ' || state || ' ' || attempts || ' ' || coalesce(failure, '-') \
         from mail_message order by deduplication_key";
    world.database.eye.texts(rows).await
}

/// Whether any row of the database holds anything of the messages.
pub async fn is_anything_left(world: &World) -> bool {
    let rows = format!("{:?}", world.database.eye.contents().await);
    [RECIPIENT, "schützenswert", "vertraulich"].iter().any(|text| rows.contains(text))
}
