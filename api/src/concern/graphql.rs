//! Concerns as they can be read and changed.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use secrecy::SecretString;
use serde::Serialize;
use uuid::Uuid;

use super::model;
use super::service::{self, NewConcern};
use crate::actor::Permission;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::person::desk::{At, Changed};
use crate::person_of;
use crate::read::declaration::{
    Root, Rows, Way, boolean, choice, id, instant, int, key, one, text,
};
use crate::vault::graphql::SensitiveRecord;
use crate::{mutations, readable};

/// The root fields of concerns.
pub const ROOTS: &[Root] = &[
    Root::page::<Concern>("concerns", "Concerns that one leads, and those that one raised."),
    Root::by::<Concern>(
        "concern",
        "One concern by its id; null if there is none that you may see.",
    ),
];

/// How pressing a concern is. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::Level")]
pub enum ConcernLevel {
    /// Something to keep an eye on.
    Worry,
    /// Somebody may come to harm.
    Serious,
    /// Somebody is in danger now: call 999 as well.
    Immediate,
}

/// Where a concern stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "model::State")]
pub enum ConcernState {
    /// Raised; no lead has taken it up.
    Raised,
    /// A lead sees to it.
    TakenUp,
    /// It is seen to.
    Closed,
}

/// What came of a concern. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::Outcome")]
pub enum ConcernOutcome {
    /// The person was supported.
    Supported,
    /// Others see to it.
    Referred,
    /// Nothing was to be done.
    NoActionNeeded,
}

readable! {
    /// A concern about the safety of somebody on a course. Its words are opened with `sensitiveRecordOpen`.
    pub Concern = Rows::of("concern", "ccn")
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Nation(Permission::AnswerRightsRequests),
            Way::Person("t.raised_by"),
            // Also while the person is restricted.
            Way::Where(&Way::Person("t.person_id"), "t.raised_by = t.person_id"),
            Way::PersonThrough(
                "sensitive_reader s where s.record_id = t.record_id and s.role = 'CONCERN_LEAD' and s.valid_to is null",
                "s.person_id",
            ),
        ])
        .ordered_by("raisedAt");
    /// The id of the concern.
    id: id("ccn"),
    /// How pressing it is.
    level: choice::<ConcernLevel>("t.level").filtered(),
    /// Where it stands.
    state: choice::<ConcernState>("t.state").filtered(),
    /// Whether it went past the organisation.
    isSafeRoute: boolean("t.safe_route"),
    /// The name of the person concerned.
    name: text("(select p.preferred_name from person p where p.id = t.person_id)").nullable().personal(),
    /// The id of the enrolment.
    enrolmentId: key("t.enrolment_id", "enr"),
    /// The id of the organisation that delivers the course.
    organisationId: key("t.organisation_id", "org"),
    /// The id of the attempt at the assignment in which it came up.
    attemptId: key("t.attempt_id", "asg").nullable(),
    /// Its words: their record in the vault, where you may open it, as its leads may.
    text: one::<SensitiveRecord>("t.record_id").nullable(),
    /// What came of it; null until it is closed.
    outcome: choice::<ConcernOutcome>("t.outcome").nullable(),
    /// When it was raised.
    raisedAt: instant("t.raised_at").ordered(),
    /// When a lead took it up.
    takenUpAt: instant("t.taken_up_at").nullable(),
    /// When it was closed.
    closedAt: instant("t.closed_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

mutations! {
    ConcernRaise by SignedIn -> concern: Concern, [Merged, NoConcernLead, Unchanged];
    ConcernTakeUp by SignedIn -> concern: Concern, [];
    ConcernClose by SignedIn -> concern: Concern, [];
}

/// A concern to be raised.
#[derive(InputObject, Clone, Serialize)]
pub struct ConcernRaiseInput {
    /// The enrolment of the person.
    enrolment_id: ID,
    /// The attempt at the assignment in which it came up: its text is kept to its leads and yourself from then on.
    attempt_id: Option<ID>,
    /// How pressing it is.
    level: ConcernLevel,
    /// Whether it goes past the organisation, to the national quality leads.
    #[graphql(default)]
    safe_route: bool,
    /// What you saw or heard.
    text: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A concern that a lead takes up.
#[derive(InputObject, Clone, Serialize)]
pub struct ConcernTakeUpInput {
    /// The concern.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A concern that a lead closes.
#[derive(InputObject, Clone, Serialize)]
pub struct ConcernCloseInput {
    /// The concern.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What came of it.
    outcome: ConcernOutcome,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of concerns.
#[derive(Default)]
pub struct ConcernMutations;

#[Object]
impl ConcernMutations {
    /// Raises a concern about somebody whose enrolment you see. It goes to whoever the organisation named for
    /// safeguarding; by the safe route, or where nobody is named, to the national quality leads. Coordinators do not see
    /// it. Where somebody is in danger, call 999 first.
    async fn concern_raise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The concern.")] input: ConcernRaiseInput,
    ) -> Result<Payload<ConcernRaise>> {
        let asked = Asked::new("concernRaise", &input, input.idempotency_key.as_ref());
        let attempt = input.attempt_id.as_ref().map(|id| ids_of("asg", "attemptId", id));
        let new = NewConcern {
            enrolment: ids_of("enr", "enrolmentId", &input.enrolment_id)?,
            attempt: attempt.transpose()?,
            level: input.level.into(),
            safe_route: input.safe_route,
            text: SecretString::from(input.text),
        };
        asked.run(ctx, parts, move |unit| Box::pin(service::raise(unit, new.clone()))).await
    }

    /// Takes up a concern that you lead.
    async fn concern_take_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The concern.")] input: ConcernTakeUpInput,
    ) -> Result<Payload<ConcernTakeUp>> {
        let asked = Asked::new("concernTakeUp", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("ccn", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(service::take_up(unit, at))).await
    }

    /// Closes a concern that you lead, with what came of it.
    async fn concern_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came of it.")] input: ConcernCloseInput,
    ) -> Result<Payload<ConcernClose>> {
        let asked = Asked::new("concernClose", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("ccn", "id", &input.id)?, version: input.expected_version };
        let outcome = input.outcome.into();
        asked.run(ctx, parts, move |unit| Box::pin(service::close(unit, at, outcome))).await
    }
}
