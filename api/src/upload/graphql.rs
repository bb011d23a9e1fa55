//! Staged uploads as they can be read and announced.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use serde::Serialize;

use super::model::{self, Announced};
use super::service;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::organisation::graphql::Organisation;
use crate::person::desk::Changed;
use crate::read::declaration::{Root, Rows, Way, choice, id, instant, int, one, text};
use crate::{mutations, readable};

/// The prefix of ids of uploads.
pub const PREFIX: &str = "upl";

/// The root fields of staged uploads.
pub const ROOTS: &[Root] = &[
    Root::page::<StagedUpload>("stagedUploads", "The files that you announced."),
    Root::by::<StagedUpload>("stagedUpload", "One file that you announced, by its id."),
];

/// Where a staged upload stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "StagedUploadState", remote = "model::State")]
pub enum StagedUploadState {
    /// Announced: send its bytes before `expiresAt`.
    Pending,
    /// Its bytes are there: name it in a mutation before `expiresAt`.
    Stored,
    /// A record took it.
    Used,
    /// Nobody used it in time; its bytes are deleted.
    Expired,
}

readable! {
    /// A file that you announced. Send its bytes with PUT to `/uploads/` and its id, then name it in the mutation that
    /// takes it. Nobody else sees it.
    pub StagedUpload = Rows::of("staged_upload", PREFIX)
        .visible_to(&[Way::Account("t.account_id")])
        .ordered_by("createdAt");
    /// The id; the bytes go to `/uploads/` and this.
    id: id(PREFIX),
    /// The organisation for which it was made.
    organisation: one::<Organisation>("t.organisation_id"),
    /// What the file is called.
    fileName: text("t.file_name").personal(),
    /// Its media type: the `Content-Type` with which it is sent.
    mediaType: text("t.media_type"),
    /// Its size in bytes: the `Content-Length` with which it is sent.
    sizeBytes: int("t.size_bytes"),
    /// SHA-256 of its bytes, in hexadecimal.
    sha256: text("t.sha256"),
    /// Where it stands. What is past `expiresAt` and not used counts as gone, whatever stands here.
    state: choice::<StagedUploadState>("t.state").filtered(),
    /// When it was announced.
    createdAt: instant("t.created_at").ordered(),
    /// From when it counts as gone, unless a record has taken it.
    expiresAt: instant("t.expires_at"),
    /// When its bytes were there; null before.
    storedAt: instant("t.stored_at").nullable(),
    /// When a record took it; null before.
    usedAt: instant("t.used_at").nullable(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

mutations! {
    StagedUploadCreate by UploadFiles -> stagedUpload: StagedUpload, [TooManyUploads];
}

/// A file to be sent.
#[derive(InputObject, Clone, Serialize)]
pub struct StagedUploadCreateInput {
    /// The organisation for which it is sent.
    organisation_id: ID,
    /// The name of the file, without folders. Its ending fits its type.
    file_name: String,
    /// Its media type: `application/pdf`, `image/png`, `image/jpeg`, `text/plain`, `text/csv`, or that of a document or
    /// sheet of Office Open XML or OpenDocument.
    media_type: String,
    /// Its size in bytes.
    size_bytes: i32,
    /// SHA-256 of its bytes, in 64 lower-case hexadecimal digits.
    sha256: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn parts(changed: Changed) -> (uuid::Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of staged uploads, for who acts for an organisation.
#[derive(Default)]
pub struct UploadMutations;

#[Object]
impl UploadMutations {
    /// Announces a file. Its bytes are then sent with PUT to `/uploads/` and its id.
    #[graphql(visible = "visible::upload_files")]
    async fn staged_upload_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: StagedUploadCreateInput,
    ) -> Result<Payload<StagedUploadCreate>> {
        let asked = Asked::new("stagedUploadCreate", &input, input.idempotency_key.as_ref());
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let file = Announced {
            file_name: input.file_name,
            media_type: input.media_type,
            size_bytes: input.size_bytes,
            sha256: input.sha256,
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::create(unit, organisation, file.clone()))
            })
            .await
    }
}
