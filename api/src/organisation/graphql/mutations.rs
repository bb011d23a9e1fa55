//! Organisations as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{IdentifierScheme, Organisation, OrganisationKind, SuccessionKind};
use crate::command::{Unit, Work};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::organisation::boards::{self, Move};
use crate::organisation::model::Command;
use crate::organisation::rules::GivenIdentifier;
use crate::organisation::service::{self, Changed, NewOrganisation, NewSuccession};
use crate::refusal::{Code, Refusal};

mutations! {
    OrganisationRegister by ManageOrganisations -> organisation: Organisation,
        [IdentifierTaken, BoardNotInForce, BoardRequired, RegionOverrideReasonRequired];
    OrganisationIdentifierVerify by ManageOrganisations -> organisation: Organisation, [IdentifierTaken];
    OrganisationActivate by ManageOrganisations -> organisation: Organisation, [IdentifierNotVerified];
    OrganisationMakeDormant by ManageOrganisations -> organisation: Organisation, [];
    OrganisationClose by ManageOrganisations -> organisation: Organisation,
        [ClosureReasonRequired, DateBeforeRecordedFact, LicenceInForce, CoursesUnfinished];
    OrganisationRename by ManageOrganisations -> organisation: Organisation, [DateBeforeRecordedFact, Unchanged];
    OrganisationMoveBoard by ManageOrganisations -> organisation: Organisation,
        [BoardNotInForce, RegionOverrideReasonRequired, DateBeforeRecordedFact, Unchanged];
    OrganisationSucceed by ManageOrganisations -> organisation: Organisation,
        [SuccessionCycle, SuccessionShape, ClosureReasonRequired, DateBeforeRecordedFact, CoursesUnfinished, OrganisationNotActive, SeparationOfDuties];
    BoardAssignmentChoose by AssignBoards -> organisation: Organisation,
        [NotACandidate, BoardNotInForce, RegionOverrideReasonRequired, DateBeforeRecordedFact, Unchanged];
}

/// An identifier to be recorded.
#[derive(InputObject, Clone, Serialize)]
pub struct IdentifierInput {
    /// The scheme.
    scheme: IdentifierScheme,
    /// The code.
    value: String,
    /// Whether you verified it at its source.
    #[graphql(default)]
    verified: bool,
}

/// A site to be recorded.
#[derive(InputObject, Clone, Serialize)]
pub struct SiteInput {
    /// The site's name.
    name: String,
    /// Its postcode.
    postcode: Option<String>,
}

/// An organisation to be registered.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationRegisterInput {
    /// The legal name.
    name: String,
    /// The short name.
    short_name: Option<String>,
    /// What kind of body it is.
    kind: OrganisationKind,
    /// Whether it may be licensed to deliver training.
    #[graphql(default)]
    delivers: bool,
    /// Whether it employs or places peer workers.
    #[graphql(default)]
    employs: bool,
    /// Its identifiers; at most 20.
    #[graphql(default)]
    identifiers: Vec<IdentifierInput>,
    /// Address, one line a line.
    address: Option<String>,
    /// Postcode.
    postcode: Option<String>,
    /// First day of the organisation.
    opened_on: Option<Date>,
    /// The host board; an NHS body needs one.
    board_id: Option<ID>,
    /// The first day in that board; today if absent.
    board_from: Option<Date>,
    /// The region, where there is no board or it differs from the board's.
    region_id: Option<ID>,
    /// Why the region differs from the board's.
    region_override_reason: Option<String>,
    /// Its sites; at most 50.
    #[graphql(default)]
    sites: Vec<SiteInput>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An identifier that you verified at its source.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationIdentifierVerifyInput {
    /// The organisation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The scheme.
    scheme: IdentifierScheme,
    /// The code.
    value: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An organisation that begins, or goes on after a pause.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationActivateInput {
    /// The organisation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An organisation that pauses.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationMakeDormantInput {
    /// The organisation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An organisation that ends.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationCloseInput {
    /// The organisation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day from which it is closed.
    closed_on: Date,
    /// Why it closes.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Another legal name.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationRenameInput {
    /// The organisation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The new legal name.
    name: String,
    /// The day from which it is the name; today if absent.
    effective_on: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Another host board.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationMoveBoardInput {
    /// The organisation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The new host board.
    board_id: ID,
    /// The first day there; may lie in the future.
    effective_on: Date,
    /// The region, if it differs from the board's.
    region_id: Option<ID>,
    /// Why the region differs from the board's.
    region_override_reason: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A succession of organisations.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationSucceedInput {
    /// How they follow.
    kind: SuccessionKind,
    /// Who ended; they are closed. At most 20.
    predecessor_ids: Vec<ID>,
    /// Who follows; none for a closure. At most 20.
    #[graphql(default)]
    successor_ids: Vec<ID>,
    /// First day of the successors' duty.
    effective_on: Date,
    /// Anything a reader should know.
    notes: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A board for an organisation on the unassigned list.
#[derive(InputObject, Clone, Serialize)]
pub struct BoardAssignmentChooseInput {
    /// The place on the unassigned list.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The board: one of the candidates.
    board_id: ID,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of organisations, for the national licensing officer.
#[derive(Default)]
pub struct OrganisationMutations;

/// The parts of an answer that a payload shows.
fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

#[Object]
impl OrganisationMutations {
    /// Registers an organisation, as a prospect.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] input: OrganisationRegisterInput,
    ) -> Result<Payload<OrganisationRegister>> {
        let asked = Asked::new("organisationRegister", &input, input.idempotency_key.as_ref());
        let new = match new_organisation(input)? {
            Ok(new) => new,
            Err(refusal) => return Ok(Payload::refused(vec![refusal])),
        };
        asked.run(ctx, parts, move |unit| Box::pin(service::register(unit, new.clone()))).await
    }

    /// Marks an identifier as verified at its source; records it first if the organisation does not hold
    /// it yet.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_identifier_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identifier.")] input: OrganisationIdentifierVerifyInput,
    ) -> Result<Payload<OrganisationIdentifierVerify>> {
        let asked =
            Asked::new("organisationIdentifierVerify", &input, input.idempotency_key.as_ref());
        let id = ids_of("org", "id", &input.id)?;
        let given = GivenIdentifier { scheme: input.scheme.into(), value: input.value };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::verify_identifier(
                    unit,
                    id,
                    input.expected_version,
                    given.clone(),
                ))
            })
            .await
    }

    /// Lets an organisation begin, or go on after a pause.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] input: OrganisationActivateInput,
    ) -> Result<Payload<OrganisationActivate>> {
        let asked = Asked::new("organisationActivate", &input, input.idempotency_key.as_ref());
        let id = ids_of("org", "id", &input.id)?;
        asked
            .run(ctx, parts, move |unit| step(unit, id, input.expected_version, Command::Activate))
            .await
    }

    /// Lets an organisation pause.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_make_dormant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] input: OrganisationMakeDormantInput,
    ) -> Result<Payload<OrganisationMakeDormant>> {
        let asked = Asked::new("organisationMakeDormant", &input, input.idempotency_key.as_ref());
        let id = ids_of("org", "id", &input.id)?;
        asked
            .run(ctx, parts, move |unit| {
                step(unit, id, input.expected_version, Command::MakeDormant)
            })
            .await
    }

    /// Closes an organisation: its names, codes and memberships end with it.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] input: OrganisationCloseInput,
    ) -> Result<Payload<OrganisationClose>> {
        let asked = Asked::new("organisationClose", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let id = ids_of("org", "id", &input.id)?;
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(service::close(
                    unit,
                    id,
                    input.expected_version,
                    input.closed_on.0,
                    reason,
                ))
            })
            .await
    }

    /// Gives an organisation another legal name. The old one stays in its history.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation and its name.")] input: OrganisationRenameInput,
    ) -> Result<Payload<OrganisationRename>> {
        let asked = Asked::new("organisationRename", &input, input.idempotency_key.as_ref());
        let id = ids_of("org", "id", &input.id)?;
        asked
            .run(ctx, parts, move |unit| {
                let on = input.effective_on.map_or_else(|| unit.today(), |date| date.0);
                let name = input.name.clone();
                Box::pin(service::rename(unit, id, input.expected_version, name, on))
            })
            .await
    }

    /// Moves an organisation to another host board. Earlier memberships stay in its history.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_move_board(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation and its board.")] input: OrganisationMoveBoardInput,
    ) -> Result<Payload<OrganisationMoveBoard>> {
        let asked = Asked::new("organisationMoveBoard", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let id = ids_of("org", "id", &input.id)?;
        let to = Move {
            board: ids_of("icb", "boardId", &input.board_id)?,
            on: input.effective_on.0,
            region: input.region_id.as_ref().map(|id| ids_of("reg", "regionId", id)).transpose()?,
            region_override_reason: input.region_override_reason,
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(boards::move_board(unit, id, input.expected_version, to.clone()))
            })
            .await
    }

    /// Records that organisations followed others, and closes the predecessors.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn organisation_succeed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The succession.")] input: OrganisationSucceedInput,
    ) -> Result<Payload<OrganisationSucceed>> {
        let asked = Asked::new("organisationSucceed", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        if input.predecessor_ids.len() > 20 || input.successor_ids.len() > 20 {
            let message = "name at most 20 organisations on each side";
            return Ok(Payload::refused(vec![Refusal::at(
                Code::Invalid,
                "predecessorIds",
                message,
            )]));
        }
        let ids = |path: &str, given: &[ID]| -> Result<Vec<Uuid>> {
            given.iter().map(|id| ids_of("org", path, id)).collect()
        };
        let new = NewSuccession {
            kind: input.kind.into(),
            predecessors: ids("predecessorIds", &input.predecessor_ids)?,
            successors: ids("successorIds", &input.successor_ids)?,
            on: input.effective_on.0,
            notes: input.notes,
        };
        asked.run(ctx, parts, move |unit| Box::pin(service::succeed(unit, new.clone()))).await
    }

    /// Chooses a board for an organisation on the unassigned list.
    #[graphql(visible = "visible::assign_boards", tag = "national")]
    async fn board_assignment_choose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place on the list and the board.")] input: BoardAssignmentChooseInput,
    ) -> Result<Payload<BoardAssignmentChoose>> {
        let asked = Asked::new("boardAssignmentChoose", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let id = ids_of("bas", "id", &input.id)?;
        let board = ids_of("icb", "boardId", &input.board_id)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(boards::assign_board(unit, id, input.expected_version, board))
            })
            .await
    }
}

fn step(unit: &Unit, id: Uuid, version: i32, command: Command) -> Work<'_, Changed> {
    Box::pin(service::step(unit, id, version, command))
}

/// The domain's form of an input: `Err` outside for an id of the wrong type, inside for a list that is
/// too long.
fn new_organisation(
    input: OrganisationRegisterInput,
) -> Result<std::result::Result<NewOrganisation, Refusal>> {
    if input.identifiers.len() > 20 || input.sites.len() > 50 {
        let message = "name at most 20 identifiers and 50 sites";
        return Ok(Err(Refusal::at(Code::Invalid, "identifiers", message)));
    }
    let board = input.board_id.as_ref().map(|id| ids_of("icb", "boardId", id)).transpose()?;
    let region = input.region_id.as_ref().map(|id| ids_of("reg", "regionId", id)).transpose()?;
    let identifier = |given: IdentifierInput| {
        let identifier = GivenIdentifier { scheme: given.scheme.into(), value: given.value };
        (identifier, given.verified)
    };
    Ok(Ok(NewOrganisation {
        name: input.name,
        short_name: input.short_name,
        kind: input.kind.into(),
        delivers: input.delivers,
        employs: input.employs,
        reference_only: false,
        identifiers: input.identifiers.into_iter().map(identifier).collect(),
        address: input.address,
        postcode: input.postcode,
        opened_on: input.opened_on.map(|date| date.0),
        closed: None,
        board,
        board_from: input.board_from.map(|date| date.0),
        region,
        region_override_reason: input.region_override_reason,
        sites: input.sites.into_iter().map(|site| (site.name, site.postcode)).collect(),
    }))
}
