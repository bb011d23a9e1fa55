//! Imports as they can be read.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use serde::Serialize;

use super::proposal;
use crate::actor::Permission;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, choice, id, instant, int, one, text,
};
use crate::readable;

/// The root fields of imports.
pub const ROOTS: &[Root] = &[
    Root::page::<ChangeProposal>(
        "changeProposals",
        "Differences between a published file and the register, for a person to decide.",
    ),
    Root::by::<ChangeProposal>("changeProposal", "One proposal by its id."),
    Root::page::<ImportRun>("importRuns", "Published files that were read, and with what result."),
];

/// Where a proposal stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ChangeProposalStatus")]
pub enum ChangeProposalStatus {
    /// A person has to decide.
    Open,
    /// The register was changed.
    Accepted,
    /// The register stays as it is.
    Rejected,
}

/// What a proposal would change.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ChangeProposalField")]
pub enum ChangeProposalField {
    /// The legal name.
    Name,
    /// The address.
    Address,
    /// The postcode.
    Postcode,
    /// The host board, by ODS code.
    Board,
    /// The region, by ODS code.
    Region,
    /// The first day of the organisation.
    OpenedOn,
    /// The day from which the organisation is closed.
    ClosedOn,
}

readable! {
    /// A difference between a published file and the register.
    pub ChangeProposal = Rows::of("change_proposal", "chp")
        .visible_to(&[Way::Nation(Permission::DecideProposals)])
        .filters(&[Filter {
            name: "organisationId",
            description: "The organisation.",
            sql: "t.organisation_id",
            kind: Kind::Id("org"),
        }])
        .ordered_by("createdAt");
    /// The id of the proposal.
    id: id("chp"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// Where the proposed value comes from.
    source: text("t.source"),
    /// What would change.
    field: choice::<ChangeProposalField>("t.field").filtered(),
    /// The value in the register.
    currentValue: text("t.current_value").nullable(),
    /// The value in the file.
    proposedValue: text("t.proposed_value").nullable(),
    /// Where the proposal stands.
    status: choice::<ChangeProposalStatus>("t.status").filtered(),
    /// When it was made.
    createdAt: instant("t.created_at").ordered(),
    /// When it was decided.
    decidedAt: instant("t.decided_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// One reading of a published file.
    pub ImportRun = Rows::of("import_run", "imp")
        .visible_to(&[Way::Nation(Permission::SeeImports)])
        .ordered_by("at");
    /// The id of the run.
    id: id("imp"),
    /// What was imported.
    kind: text("t.kind").filtered(),
    /// SHA-256 of the file.
    fileHash: text("t.file_hash"),
    /// When.
    at: instant("t.at").ordered(),
    /// Rows in the file; modules of a curriculum.
    rowsRead: int("t.rows_read"),
    /// Organisations registered, or curricula drafted.
    created: int("t.created"),
    /// Rows that say what the register says.
    unchanged: int("t.unchanged"),
    /// Rows with differences, which became proposals.
    proposed: int("t.proposed"),
    /// Organisations on the unassigned list.
    unassigned: int("t.unassigned"),
    /// Bodies that the file gives as closed.
    closed: int("t.closed"),
    /// Rows outside England.
    outOfScope: int("t.out_of_scope"),
}

mutations! {
    ChangeProposalDecide by DecideProposals -> organisation: Organisation,
        [Unchanged, ClosureReasonRequired, DateBeforeRecordedFact, LicenceInForce, CoursesUnfinished];
}

/// A decision on a proposal.
#[derive(InputObject, Clone, Serialize)]
pub struct ChangeProposalDecideInput {
    /// The proposal.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Whether the register is changed as proposed; otherwise it stays as it is.
    accept: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of imports, for the national licensing officer.
#[derive(Default)]
pub struct ImportMutations;

#[Object]
impl ImportMutations {
    /// Accepts a proposal, which changes the register, or rejects it.
    #[graphql(visible = "visible::decide_proposals", tag = "national")]
    async fn change_proposal_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proposal and the decision.")] input: ChangeProposalDecideInput,
    ) -> Result<Payload<ChangeProposalDecide>> {
        let asked = Asked::new("changeProposalDecide", &input, input.idempotency_key.as_ref());
        let id = ids_of("chp", "id", &input.id)?;
        let parts = |changed: crate::organisation::service::Changed| (changed.id, changed.impact);
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(proposal::decide(unit, id, input.expected_version, input.accept))
            })
            .await
    }
}
