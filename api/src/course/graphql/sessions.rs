//! Sessions: held, cancelled, moved, described.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::Course;
use super::partners::parts;
use super::plan::time;
use crate::course::parts::Guest;
use crate::course::service::At;
use crate::course::service::schedule::{self, NewTime};
use crate::course::service::sessions::{self, Details, Holding};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;

mutations! {
    SessionHold by PlanCourses -> course: Course,
        [SessionToCome, LeadRequired, LivedExperienceRequired, TrainerAccreditationLapses, NotCovered];
    SessionCancel by PlanCourses -> course: Course, [];
    SessionReschedule by PlanCourses -> course: Course,
        [VersionNotInForce, LicenceEnded, SessionOutsideCourse, NotScheduled, TrainerBusy];
    SessionDescribe by PlanCourses -> course: Course, [];
}

/// A session that was held.
#[derive(InputObject, Clone, Serialize)]
pub struct SessionHoldInput {
    /// The session.
    id: ID,
    /// The version of its course as you read it.
    expected_version: i32,
    /// Record it though something is unmet: a quality lead decides about its credit then.
    #[graphql(default)]
    without_credit: bool,
    /// Why, if so.
    reason: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A session that is called off.
#[derive(InputObject, Clone, Serialize)]
pub struct SessionCancelInput {
    /// The session.
    id: ID,
    /// The version of its course as you read it.
    expected_version: i32,
    /// Why it is called off.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Another time for a session.
#[derive(InputObject, Clone, Serialize)]
pub struct SessionRescheduleInput {
    /// The session.
    id: ID,
    /// The version of its course as you read it.
    expected_version: i32,
    /// The day.
    date: Date,
    /// When it begins on clocks in London; as before, if absent.
    start_time: Option<String>,
    /// When it ends on clocks in London; as before, if absent.
    end_time: Option<String>,
    /// Why it moves.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A guest who contributes to a session.
#[derive(InputObject, Clone, Serialize)]
pub struct SessionGuestInput {
    /// The guest's name.
    name: String,
    /// What the guest contributes.
    contribution: String,
}

/// Where a session meets and who contributes: what is absent stays, empty text takes it away.
#[derive(InputObject, Clone, Serialize)]
pub struct SessionDescribeInput {
    /// The session.
    id: ID,
    /// The version of its course as you read it.
    expected_version: i32,
    /// The venue.
    venue: Option<String>,
    /// The link by which people join.
    join_url: Option<String>,
    /// All guests; at most 10.
    guests: Option<Vec<SessionGuestInput>>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// The session that an input names, as its sender read its course.
pub(super) fn at_session(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of("ses", "id", id)?, version })
}

/// Mutations of sessions, for lead trainers and coordinators of the deliverer.
#[derive(Default)]
pub struct SessionMutations;

#[Object]
impl SessionMutations {
    /// Records that a session was held; the first one sets the course running.
    #[graphql(visible = "visible::plan_courses")]
    async fn session_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: SessionHoldInput,
    ) -> Result<Payload<SessionHold>> {
        let asked = Asked::new("sessionHold", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at_session(&input.id, input.expected_version)?;
        let how = Holding { without_credit: input.without_credit, reason: input.reason };
        asked.run(ctx, parts, move |unit| Box::pin(sessions::hold(unit, at, how.clone()))).await
    }

    /// Calls a session off without a replacement, and says which modules lose their only session. Whoever is on the course
    /// is told by e-mail what is needed from now on, and how much may be missed.
    #[graphql(visible = "visible::plan_courses")]
    async fn session_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: SessionCancelInput,
    ) -> Result<Payload<SessionCancel>> {
        let asked = Asked::new("sessionCancel", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at_session(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(sessions::cancel(unit, at, input.reason.clone())))
            .await
    }

    /// Puts a session of another time in the place of one, and says what the new day breaks.
    #[graphql(visible = "visible::plan_courses")]
    async fn session_reschedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session and its time.")] input: SessionRescheduleInput,
    ) -> Result<Payload<SessionReschedule>> {
        let asked = Asked::new("sessionReschedule", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = at_session(&input.id, input.expected_version)?;
        let read =
            |text: &Option<String>, path| text.as_deref().map(|text| time(text, path)).transpose();
        let times = (read(&input.start_time, "startTime"), read(&input.end_time, "endTime"));
        let (starts, ends) = match times {
            (Ok(starts), Ok(ends)) => (starts, ends),
            (starts, ends) => {
                let refusals = starts.err().into_iter().chain(ends.err()).collect();
                return Ok(Payload::refused(refusals));
            }
        };
        let to = NewTime { day: input.date.0, starts, ends, reason: input.reason };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(schedule::reschedule_session(unit, at, to.clone()))
            })
            .await
    }

    /// Says where a session meets and who contributes to it as a guest.
    #[graphql(visible = "visible::plan_courses")]
    async fn session_describe(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: SessionDescribeInput,
    ) -> Result<Payload<SessionDescribe>> {
        let asked = Asked::new("sessionDescribe", &input, input.idempotency_key.as_ref());
        let at = at_session(&input.id, input.expected_version)?;
        let guest =
            |guest: SessionGuestInput| Guest { name: guest.name, contribution: guest.contribution };
        let details = Details {
            venue: input.venue,
            join_url: input.join_url,
            guests: input.guests.map(|guests| guests.into_iter().map(guest).collect()),
        };
        asked
            .run(ctx, parts, move |unit| Box::pin(sessions::describe(unit, at, details.clone())))
            .await
    }
}
