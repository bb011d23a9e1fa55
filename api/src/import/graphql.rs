//! Imports as they can be read.

use async_graphql::Enum;

use crate::actor::Permission;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{Root, Rows, Way, choice, id, instant, int, one, text};
use crate::readable;

/// The root fields of imports.
pub const ROOTS: &[Root] = &[
    Root::page::<ChangeProposal>(
        "changeProposals",
        "Differences between a published file and the register, for a person to decide.",
    ),
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
    /// Rows in the file.
    rowsRead: int("t.rows_read"),
    /// Organisations registered.
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
