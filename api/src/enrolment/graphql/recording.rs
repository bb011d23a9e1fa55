//! Attendance as it is recorded, made up and waived.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::enrolling::parts;
use super::{AttendanceSource, AttendanceStatus, Enrolment, MakeUp};
use crate::course::graphql::Session;
use crate::enrolment::recording::{self, Entry, MakeUpAnswer, Roll};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;

mutations! {
    AttendanceRecordSession by RecordOwnAttendance -> session: Session,
        [EvidenceRequired, OutsideEnrolment, SeparationOfDuties, Unchanged];
    MakeUpRequest by SignedIn -> makeUp: MakeUp, [MakeUpNotAllowed];
    MakeUpRecord by RecordOwnAttendance -> makeUp: MakeUp, [MakeUpNotAllowed, SeparationOfDuties];
    MakeUpDecline by RecordOwnAttendance -> makeUp: MakeUp, [SeparationOfDuties];
    ModuleWaive by OverseeEnrolments -> enrolment: Enrolment, [SeparationOfDuties];
}

/// How one person attended.
#[derive(InputObject, Clone, Serialize)]
pub struct AttendanceEntryInput {
    /// The enrolment.
    enrolment_id: ID,
    /// In a word.
    status: AttendanceStatus,
    /// For how many minutes, of PARTIAL only.
    minutes: Option<i32>,
    /// Which modules, of PARTIAL only.
    #[graphql(default)]
    module_ids: Vec<ID>,
}

/// How people attended a session that was held.
#[derive(InputObject, Clone, Serialize)]
pub struct AttendanceRecordSessionInput {
    /// The session.
    session_id: ID,
    /// How each of them attended it; who is not named stays as recorded.
    entries: Vec<AttendanceEntryInput>,
    /// Where this comes from.
    source: AttendanceSource,
    /// Why records change that were made before; needed where one does.
    reason: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A session that you missed and ask to make up.
#[derive(InputObject, Clone, Serialize)]
pub struct MakeUpRequestInput {
    /// Your enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The session.
    session_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A session that somebody made up.
#[derive(InputObject, Clone, Serialize)]
pub struct MakeUpRecordInput {
    /// The enrolment.
    enrolment_id: ID,
    /// The session that was missed.
    session_id: ID,
    /// When it was made up.
    done_on: Date,
    /// How: with whom, by which work.
    how: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A session that somebody asked to make up and does not.
#[derive(InputObject, Clone, Serialize)]
pub struct MakeUpDeclineInput {
    /// The enrolment.
    enrolment_id: ID,
    /// The session that was missed.
    session_id: ID,
    /// Why it is not given.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A mandatory module that somebody graduates without.
#[derive(InputObject, Clone, Serialize)]
pub struct ModuleWaiveInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The module.
    module_id: ID,
    /// Why the person may graduate without it.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations that record attendance.
#[derive(Default)]
pub struct AttendanceMutations;

#[Object]
impl AttendanceMutations {
    /// Records how people attended a session, all of them or none: whoever teaches it, staff of the deliverer, or a quality
    /// lead. The same again changes nothing.
    #[graphql(visible = "visible::record_own_attendance")]
    async fn attendance_record_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session and its entries.")] input: AttendanceRecordSessionInput,
    ) -> Result<Payload<AttendanceRecordSession>> {
        let asked = Asked::new("attendanceRecordSession", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let session = ids_of("ses", "sessionId", &input.session_id)?;
        let mut entries = Vec::with_capacity(input.entries.len());
        for (place, entry) in input.entries.iter().enumerate() {
            let at = |field: &str| format!("entries.{place}.{field}");
            let modules = entry.module_ids.iter().map(|id| ids_of("mdl", &at("moduleIds"), id));
            entries.push(Entry {
                enrolment: ids_of("enr", &at("enrolmentId"), &entry.enrolment_id)?,
                status: entry.status.into(),
                minutes: entry.minutes,
                modules: modules.collect::<Result<_>>()?,
            });
        }
        let roll = Roll { source: input.source.into(), entries, reason: input.reason.clone() };
        asked
            .run(ctx, parts, move |unit| Box::pin(recording::record(unit, session, roll.clone())))
            .await
    }

    /// Asks to make up a session that you missed.
    async fn make_up_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: MakeUpRequestInput,
    ) -> Result<Payload<MakeUpRequest>> {
        let asked = Asked::new("makeUpRequest", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let session = ids_of("ses", "sessionId", &input.session_id)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(recording::request_make_up(unit, at, session)))
            .await
    }

    /// Records that somebody made a session up, whether they asked or not.
    #[graphql(visible = "visible::record_own_attendance")]
    async fn make_up_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was made up.")] input: MakeUpRecordInput,
    ) -> Result<Payload<MakeUpRecord>> {
        let asked = Asked::new("makeUpRecord", &input, input.idempotency_key.as_ref());
        let of = (
            ids_of("enr", "enrolmentId", &input.enrolment_id)?,
            ids_of("ses", "sessionId", &input.session_id)?,
        );
        let answer = MakeUpAnswer::Done(input.done_on.0, input.how.clone());
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(recording::answer_make_up(unit, of, answer.clone()))
            })
            .await
    }

    /// Says that a session cannot be made up, which somebody asked for.
    #[graphql(visible = "visible::record_own_attendance")]
    async fn make_up_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is not given.")] input: MakeUpDeclineInput,
    ) -> Result<Payload<MakeUpDecline>> {
        let asked = Asked::new("makeUpDecline", &input, input.idempotency_key.as_ref());
        let of = (
            ids_of("enr", "enrolmentId", &input.enrolment_id)?,
            ids_of("ses", "sessionId", &input.session_id)?,
        );
        let answer = MakeUpAnswer::Declined(input.reason.clone());
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(recording::answer_make_up(unit, of, answer.clone()))
            })
            .await
    }

    /// Lets somebody graduate without a mandatory module, such as one whose session was lost.
    #[graphql(visible = "visible::oversee_enrolments", tag = "national")]
    async fn module_waive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The module.")] input: ModuleWaiveInput,
    ) -> Result<Payload<ModuleWaive>> {
        let asked = Asked::new("moduleWaive", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let module = ids_of("mdl", "moduleId", &input.module_id)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(recording::waive(unit, at, module, input.reason.clone()))
            })
            .await
    }
}
