//! What introspection shows: the operations that whoever asks can use. It hides, and protects nothing:
//! services and declarations decide.

use std::sync::Arc;

use async_graphql::Context;

use crate::actor::Permission;
use crate::actor::permission::TABLE;
use crate::read::Op;

/// The tag of what only the national team can use, for contract variants of a gateway.
pub const NATIONAL: &str = "national";

/// Decides whether introspection shows something.
pub type Shown = fn(&Context<'_>) -> bool;

/// Shown to who holds the permission at this place of the table.
fn holds<const PLACE: usize>(ctx: &Context<'_>) -> bool {
    shown_to(ctx, TABLE[PLACE].0)
}

fn shown_to(ctx: &Context<'_>, permission: Permission) -> bool {
    // Without an operation nobody asks: the schema is being printed.
    ctx.data_opt::<Arc<Op>>().is_none_or(|op| op.shows(permission))
}

/// One function for each permission: a field of the schema can hold no more than a plain function.
const HOLDERS: [Shown; TABLE.len()] = [
    holds::<0>,
    holds::<1>,
    holds::<2>,
    holds::<3>,
    holds::<4>,
    holds::<5>,
    holds::<6>,
    holds::<7>,
    holds::<8>,
    holds::<9>,
    holds::<10>,
    holds::<11>,
    holds::<12>,
    holds::<13>,
    holds::<14>,
    holds::<15>,
    holds::<16>,
    holds::<17>,
    holds::<18>,
    holds::<19>,
    holds::<20>,
    holds::<21>,
    holds::<22>,
    holds::<23>,
    holds::<24>,
    holds::<25>,
    holds::<26>,
    holds::<27>,
    holds::<28>,
    holds::<29>,
    holds::<30>,
    holds::<31>,
    holds::<32>,
    holds::<33>,
    holds::<34>,
    holds::<35>,
    holds::<36>,
    holds::<37>,
];

/// Shows something to those who hold `permission` anywhere.
#[must_use]
pub fn holding(permission: Permission) -> Option<Shown> {
    let place = TABLE.iter().position(|(known, _)| *known == permission)?;
    HOLDERS.get(place).copied()
}

/// For those who manage organisations.
pub fn manage_organisations(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ManageOrganisations)
}

/// For those who assign boards.
pub fn assign_boards(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::AssignBoards)
}

/// For those who draft programmes.
pub fn draft_programmes(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::DraftProgrammes)
}

/// For those who publish programmes.
pub fn publish_programmes(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::PublishProgrammes)
}

/// For those who decide proposals.
pub fn decide_proposals(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::DecideProposals)
}

/// For those who write applications for licences.
pub fn draft_licences(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::DraftLicences)
}

/// For those who sign for an organisation.
pub fn sign_licences(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::SignLicences)
}

/// For those who review applications.
pub fn review_licences(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ReviewLicences)
}

/// For those who confirm and decide about licences.
pub fn decide_licences(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::DecideLicences)
}

/// For those who watch over quality.
pub fn oversee_quality(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::OverseeQuality)
}

/// For those who grant roles.
pub fn grant_roles(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::GrantRoles)
}

/// For those who keep records of people.
pub fn manage_people(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ManagePeople)
}

/// For those who resolve duplicates.
pub fn resolve_duplicates(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ResolveDuplicates)
}

/// For those who register trainers.
pub fn manage_trainers(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ManageTrainers)
}

/// For those who nominate trainers.
pub fn nominate_trainers(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::NominateTrainers)
}

/// For those who assess trainers.
pub fn assess_trainers(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::AssessTrainers)
}

/// For those who accredit trainers.
pub fn accredit_trainers(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::AccreditTrainers)
}

/// For trainers about themselves.
pub fn be_trainer(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::BeTrainer)
}

/// For those who plan courses.
pub fn plan_courses(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::PlanCourses)
}

/// For those who complete courses.
pub fn complete_courses(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::CompleteCourses)
}

/// For those who call courses off.
pub fn cancel_courses(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::CancelCourses)
}

/// For those who approve courses.
pub fn approve_courses(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ApproveCourses)
}

/// For those who oversee courses.
pub fn oversee_courses(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::OverseeCourses)
}

/// For those who propose agreements with employers.
pub fn arrange_placements(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::ArrangePlacements)
}

/// For those who sign agreements with employers.
pub fn sign_agreements(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::SignAgreements)
}

/// For those who record what supports employers.
pub fn record_support(ctx: &Context<'_>) -> bool {
    shown_to(ctx, Permission::RecordSupport)
}
