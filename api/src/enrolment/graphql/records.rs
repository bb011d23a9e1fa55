//! What hangs on an enrolment, as it can be read.

use super::{
    ABOUT, ACCREDITED, AssignmentOutcome, AssignmentState, AttendanceSource, AttendanceStatus,
    Enrolment, FILTERS, GraduationOutcome, GraduationReopenReason, MakeUpState, OF_ENROLMENT,
    PlacementKind, PlacementState, SupervisionKind,
};
use crate::course::graphql::Session;
use crate::organisation::graphql::Organisation;
use crate::programme::graphql::ProgrammeModule;
use crate::read::declaration::{
    Rows, boolean, choice, date, id, instant, int, key, list_through, one, text,
};
use crate::readable;
use crate::vault::graphql::SensitiveRecord;

readable! {
    /// How somebody attended a session, as it was recorded once. What was wrong stays, with what took its place.
    pub AttendanceRecord = Rows::of("attendance_record", "att").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("recordedAt");
    /// The id of the record.
    id: id("att"),
    /// The session.
    session: one::<Session>("t.session_id").nullable(),
    /// In a word.
    status: choice::<AttendanceStatus>("t.status"),
    /// For how many minutes.
    minutes: int("t.minutes"),
    /// The modules that were attended.
    modules: list_through::<ProgrammeModule>(40, "t.id", "attendance_module l on l.module_id = t.id",
        "l.record_id = {parent}"),
    /// Where it comes from.
    source: choice::<AttendanceSource>("t.source"),
    /// When it was recorded.
    recordedAt: instant("t.recorded_at").ordered(),
    /// The record that it took the place of.
    amends: one::<AttendanceRecord>("t.amends_id").nullable(),
    /// Why it did.
    reason: text("t.reason").nullable().personal(),
    /// When another one took its place; null while it holds.
    replacedAt: instant("t.replaced_at").nullable(),
}

readable! {
    /// A session that somebody makes up.
    pub MakeUp = Rows::of("make_up", "mku").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("createdAt");
    /// The id of the make-up.
    id: id("mku"),
    /// The session that was missed.
    session: one::<Session>("t.session_id").nullable(),
    /// Where it stands.
    state: choice::<MakeUpState>("t.state"),
    /// When it was done.
    doneOn: date("t.done_on").nullable(),
    /// How it was done, or why it was not given.
    how: text("t.how").nullable().personal(),
    /// When it was asked for, or recorded.
    createdAt: instant("t.created_at").ordered(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

readable! {
    /// A mandatory module that somebody graduates without.
    pub ModuleWaiver = Rows::of("module_waiver", "mwv").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("waivedAt");
    /// The id of the waiver.
    id: id("mwv"),
    /// The module, where you see its programme.
    module: one::<ProgrammeModule>("t.module_id").nullable(),
    /// Why the person may graduate without it.
    reason: text("t.reason").personal(),
    /// When.
    waivedAt: instant("t.waived_at").ordered(),
}

readable! {
    /// What was decided of somebody at the end of a course. `graduationReport` explains it.
    pub GraduationDecision = Rows::of("graduation_decision", "gde").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("decidedAt");
    /// The id of the decision.
    id: id("gde"),
    /// What was decided.
    outcome: choice::<GraduationOutcome>("t.outcome"),
    /// What the rule found.
    found: choice::<GraduationOutcome>("t.found"),
    /// Why a quality lead decided otherwise.
    overrideReason: text("t.override_reason").nullable().personal(),
    /// When it was decided.
    decidedAt: instant("t.decided_at").ordered(),
    /// On which day.
    decidedOn: date("t.decided_on"),
    /// When it was opened again; null while it holds.
    reopenedAt: instant("t.reopened_at").nullable(),
    /// Why it was opened again.
    reopenReason: choice::<GraduationReopenReason>("t.reopen_reason").nullable(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

readable! {
    /// An attempt at the assignment. Its text and what the marker says are opened with `sensitiveRecordOpen`.
    pub AssignmentAttempt = Rows::of("assignment_attempt", "asg").visible_to(OF_ENROLMENT).about(ABOUT)
        .filters(FILTERS).ordered_by("submittedAt");
    /// The id of the attempt.
    id: id("asg"),
    /// The enrolment.
    enrolment: one::<Enrolment>("t.enrolment_id"),
    /// Which one it is, from 1.
    number: int("t.number"),
    /// Where it stands.
    state: choice::<AssignmentState>("t.state").filtered(),
    /// When it was handed in.
    submittedAt: instant("t.submitted_at").ordered(),
    /// Whether that was after the last day of the course. It counts the same.
    isLate: boolean("t.late"),
    /// What was found; told once it holds.
    outcome: choice::<AssignmentOutcome>("case when t.state = 'CONFIRMED' then t.outcome end").nullable(),
    /// Its text: its record in the vault, where you may open it; null once the person is taken out of it.
    text: one::<SensitiveRecord>("t.record_id").nullable(),
    /// What the marker says: its record in the vault, once the outcome holds and where you may open it.
    feedback: one::<SensitiveRecord>("(case when t.state = 'CONFIRMED' then t.feedback_id end)").nullable(),
    /// When the outcome came to hold.
    confirmedAt: instant("t.confirmed_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// Where a trainee sees or does the work.
    pub Placement = Rows::of("placement", "plm").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("createdAt");
    /// The id of the placement.
    id: id("plm"),
    /// The enrolment.
    enrolment: one::<Enrolment>("t.enrolment_id"),
    /// The organisation where it is.
    host: one::<Organisation>("t.host_id"),
    /// The id of the peer supervisor there.
    supervisorId: key("t.supervisor_id", "per").nullable(),
    /// Whether that is an accredited peer supervisor today.
    isSupervisorAccredited: boolean(ACCREDITED),
    /// What the trainee does.
    kind: choice::<PlacementKind>("t.kind"),
    /// How many minutes are planned.
    plannedMinutes: int("t.planned_minutes"),
    /// How many were confirmed.
    loggedMinutes: int("t.logged_minutes"),
    /// Where it stands.
    state: choice::<PlacementState>("t.state"),
    /// When it was offered.
    createdAt: instant("t.created_at").ordered(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// When somebody was supervised. What was said is kept nowhere.
    pub SupervisionLog = Rows::of("supervision_log", "sup").visible_to(OF_ENROLMENT).about(ABOUT).ordered_by("heldOn");
    /// The id of the note.
    id: id("sup"),
    /// On which day.
    heldOn: date("t.held_on").ordered(),
    /// For how many minutes.
    minutes: int("t.minutes"),
    /// Whether it was alone or in a group.
    kind: choice::<SupervisionKind>("t.kind"),
}
