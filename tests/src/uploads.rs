//! Files to send: announced through the API, sent over HTTP.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use aws_lc_rs::digest::{SHA256, digest};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Reply, Tenant, World};

/// A PDF of `size` bytes, all of which depend on `seed`.
#[must_use]
pub fn pdf(seed: u8, size: usize) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.7\n% {seed}\n").into_bytes();
    let mut state = u32::from(seed) + 1;
    while bytes.len() < size {
        // Any bytes that do not repeat.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The input that announces a file for `tenant`.
#[must_use]
pub fn input(tenant: &Tenant, name: &str, media: &str, bytes: &[u8]) -> Value {
    json!({
        "organisationId": tenant.global_id(),
        "fileName": name,
        "mediaType": media,
        "sizeBytes": bytes.len(),
        "sha256": sha256(bytes),
    })
}

/// What is read of an upload.
pub const UPLOAD: &str = "stagedUpload { id state fileName mediaType sizeBytes sha256 createdAt expiresAt storedAt usedAt \
     version organisation { id } }";

/// Announces a file; gives the whole answer.
pub async fn announce(world: &World, token: &str, input: Value) -> Reply {
    world.mutate(Some(token), "stagedUploadCreate", UPLOAD, input).await
}

/// Announces a PDF with these bytes for `tenant`, as its coordinator; gives its id.
pub async fn announced(world: &World, tenant: &Tenant, bytes: &[u8]) -> String {
    let input = input(tenant, "Evidence.pdf", "application/pdf", bytes);
    let reply = announce(world, &world.coordinator(tenant), input).await;
    reply.done("stagedUpload")["id"].as_str().expect("an id").to_owned()
}

/// A PUT of a PDF to an upload, without a body.
pub fn to(world: &World, token: Option<&str>, id: &str) -> RequestBuilder {
    let request = world.client.put(format!("{}/uploads/{id}", world.base_url));
    let request = request.header("content-type", "application/pdf");
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

/// Sends the bytes of a PDF.
pub async fn send(world: &World, token: &str, id: &str, bytes: &[u8]) -> Response {
    let request = to(world, Some(token), id).body(bytes.to_vec());
    request.send().await.expect("the service answers")
}

/// The same for `tenant`'s coordinator, who must be told that the file is there.
pub async fn sent(world: &World, tenant: &Tenant, bytes: &[u8]) -> String {
    let id = announced(world, tenant, bytes).await;
    let answer = send(world, &world.coordinator(tenant), &id, bytes).await;
    assert_eq!(answer.status().as_u16(), 201, "{:?}", answer.text().await);
    id
}

/// The UUID of an id of an upload.
#[must_use]
pub fn uuid(id: &str) -> Uuid {
    alongside::graphql::ids::decode("upl", id).expect("an id of an upload")
}

/// Statements that make an upload in each state, of the account of `subject`, past every use case.
#[must_use]
pub fn filled(world: &World, subject: &str) -> Vec<String> {
    let account = account_id(DemoIssuer::NAME, subject);
    let (at, soon) = ("'2026-05-01T09:00:00.25+00:00'", "'2026-05-01T10:00:00.25+00:00'");
    let row = |tenant: &Tenant, state: &str, stored: &str, used: &str| {
        format!(
            "insert into staged_upload values ({}, {}, {}, 'x.pdf', 'application/pdf', 5, '{}', '{state}', {at}, {soon}, \
             {stored}, {used}, 1)",
            world.uuid(Uuid::new_v5(&tenant.id, state.as_bytes())),
            world.uuid(tenant.id),
            world.uuid(account),
            "0".repeat(64),
        )
    };
    let of = |tenant| {
        [
            row(tenant, "PENDING", "null", "null"),
            row(tenant, "STORED", at, "null"),
            row(tenant, "USED", at, at),
            row(tenant, "EXPIRED", "null", "null"),
        ]
    };
    [of(&world.a), of(&world.b)].concat()
}
