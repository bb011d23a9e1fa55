//! The unassigned list of successions as it can be read and changed.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use serde::Serialize;

use super::{model, service};
use crate::actor::Permission;
use crate::course::graphql::Course;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::visible;
use crate::mutations;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, choice, date, id, instant, int, list_through, one,
};
use crate::readable;
use crate::trainer::graphql::Trainer;

/// The root fields of successions.
pub const ROOTS: &[Root] = &[
    Root::page::<SuccessionAssignment>(
        "successionAssignments",
        "The unassigned list of successions: courses and trainers of organisations with several \
         successors. For the national team all, for a partner what it left or took over.",
    ),
    Root::by::<SuccessionAssignment>(
        "successionAssignment",
        "One place on the unassigned list of successions by its id.",
    ),
];

/// What has to pass on in a succession. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "SuccessionSubject", remote = "model::SubjectKind")]
pub enum SuccessionSubject {
    /// A course.
    Course,
    /// A trainer who worked with the organisation.
    Trainer,
}

readable! {
    /// A course or trainer whose organisation has several successors: a person names one of them.
    pub SuccessionAssignment = Rows::of("succession_assignment", "sas")
        .visible_to(&[
            Way::Nation(Permission::SeeUnassigned),
            Way::Organisation("t.organisation_id", Permission::SeeUnassigned),
            Way::Organisation("t.successor_id", Permission::SeeUnassigned),
        ])
        .filters(&[
            Filter {
                name: "organisationId",
                description: "The organisation that ended.",
                sql: "t.organisation_id",
                kind: Kind::Id("org"),
            },
            Filter {
                name: "successorId",
                description: "The successor that was named; null if nobody named one yet.",
                sql: "t.successor_id",
                kind: Kind::Id("org"),
            },
        ])
        .ordered_by("effectiveOn");
    /// The id of the place on the list.
    id: id("sas"),
    /// The organisation that ended.
    organisation: one::<Organisation>("t.organisation_id"),
    /// What has to pass on.
    subject: choice::<SuccessionSubject>("t.kind").filtered(),
    /// The course; null if it is a trainer, or a course that you may not see.
    course: one::<Course>("t.course_id").nullable(),
    /// The trainer; null if it is a course, or a trainer whom you may not see.
    trainer: one::<Trainer>("t.trainer_id").nullable(),
    /// The day of the succession.
    effectiveOn: date("t.effective_on").filtered().ordered(),
    /// The organisations that followed: one of them has to be named.
    candidates: list_through::<Organisation>(20, "t.organisation_id",
        "organisation_succession l on l.successor_id = t.id", "l.predecessor_id = {parent}"),
    /// The successor that was named; null if nobody named one yet.
    successor: one::<Organisation>("t.successor_id").nullable(),
    /// The day on which it was named; null if nobody named one yet.
    assignedOn: date("t.assigned_on").nullable().filtered(),
    /// When it came to the list.
    createdAt: instant("t.created_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

mutations! {
    SuccessionAssign by ManageOrganisations -> successionAssignment: SuccessionAssignment,
        [NotACandidate, OwnerClosed, OrganisationNotActive];
}

/// The successor that takes a course or trainer over.
#[derive(InputObject, Clone, Serialize)]
pub struct SuccessionAssignInput {
    /// The place on the unassigned list.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The successor: one of the candidates.
    successor_id: ID,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of successions, for the national licensing officer.
#[derive(Default)]
pub struct SuccessionMutations;

#[Object]
impl SuccessionMutations {
    /// Names the successor that takes a course or trainer over.
    #[graphql(visible = "visible::manage_organisations", tag = "national")]
    async fn succession_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place on the list and the successor.")] input: SuccessionAssignInput,
    ) -> Result<Payload<SuccessionAssign>> {
        let asked = Asked::new("successionAssign", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let id = ids_of("sas", "id", &input.id)?;
        let successor = ids_of("org", "successorId", &input.successor_id)?;
        let parts = |changed: crate::organisation::service::Changed| (changed.id, changed.impact);
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(service::assign(unit, id, input.expected_version, successor))
            })
            .await
    }
}
