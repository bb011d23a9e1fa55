//! What is kept of somebody who wants to be trained, is on a course or was.

use super::Kind::{Bool, Date, Id, Instant, Int, Text};
use super::Section;

/// The parts of the document about it.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "applications",
        from: "application t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("app")),
            ("courseId", "t.course_id", Id("crs")),
            ("state", "t.state", Text),
            ("experience", "t.experience", Text),
            ("employment", "t.employment", Text),
            ("priorTraining", "t.prior_training", Text),
            ("submittedAt", "t.submitted_at", Instant),
            ("offerUntil", "t.offer_until", Date),
            ("termsVersion", "t.terms_version", Text),
            ("source", "t.source", Text),
            ("declineReason", "case when t.state = 'DECLINED' then t.decline_reason end", Text),
            ("endedAt", "t.ended_at", Instant),
        ],
    },
    Section {
        name: "interest",
        from: "course_interest t where lower(t.email) in \
            (select lower(m.address) from person_email m where m.person_id = {person})",
        values: &[
            ("id", "t.id", Id("int")),
            ("courseId", "t.course_id", Id("crs")),
            ("programmeType", "t.programme_type", Text),
            ("postcodeArea", "t.postcode_area", Text),
            ("name", "t.name", Text),
            ("email", "t.email", Text),
            ("registeredAt", "t.registered_at", Instant),
            ("confirmedAt", "t.confirmed_at", Instant),
        ],
    },
    Section {
        name: "enrolments",
        from: "enrolment t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("enr")),
            ("courseId", "t.course_id", Id("crs")),
            ("state", "t.state", Text),
            ("fundingBasis", "t.funding_basis", Text),
            ("sponsorId", "t.sponsor_id", Id("org")),
            ("enrolledFrom", "t.enrolled_from", Date),
            ("enrolledTo", "t.enrolled_to", Date),
            ("withdrawalReason", "t.withdrawal_reason", Text),
            ("resolution", "t.resolution", Text),
        ],
    },
    Section {
        name: "supervised",
        from: "enrolment t where {person} in (t.supervisor_id, t.tutor_id)",
        values: &[("id", "t.id", Id("enr")), ("state", "t.state", Text)],
    },
    Section {
        name: "attendance",
        from: "attendance_record t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("att")),
            ("sessionId", "t.session_id", Id("ses")),
            ("status", "t.status", Text),
            ("minutes", "t.minutes", Int),
            ("recordedAt", "t.recorded_at", Instant),
            ("reason", "t.reason", Text),
            ("replacedAt", "t.replaced_at", Instant),
        ],
    },
    Section {
        name: "makeUps",
        from: "make_up t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("mku")),
            ("sessionId", "t.session_id", Id("ses")),
            ("state", "t.state", Text),
            ("doneOn", "t.done_on", Date),
            ("how", "t.how", Text),
        ],
    },
    Section {
        name: "waivers",
        from: "module_waiver t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("mwv")),
            ("moduleId", "t.module_id", Id("mdl")),
            ("reason", "t.reason", Text),
            ("waivedAt", "t.waived_at", Instant),
        ],
    },
    Section {
        name: "carriedCredits",
        from: "carried_credit t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("enrolmentId", "t.enrolment_id", Id("enr")),
            ("originId", "t.origin_id", Id("enr")),
            ("carried", "t.carried", Text),
            ("carriedAt", "t.carried_at", Instant),
        ],
    },
    Section {
        name: "assignments",
        from: "assignment_attempt t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("asg")),
            ("number", "t.number", Int),
            ("submittedAt", "t.submitted_at", Instant),
            ("isLate", "t.late", Bool),
            ("state", "t.state", Text),
            ("outcome", "case when t.state = 'CONFIRMED' then t.outcome end", Text),
        ],
    },
    Section {
        name: "placements",
        from: "placement t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("plm")),
            ("hostId", "t.host_id", Id("org")),
            ("kind", "t.kind", Text),
            ("plannedMinutes", "t.planned_minutes", Int),
            ("loggedMinutes", "t.logged_minutes", Int),
            ("state", "t.state", Text),
        ],
    },
    Section {
        name: "supervision",
        from: "supervision_log t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("sup")),
            ("heldOn", "t.held_on", Date),
            ("minutes", "t.minutes", Int),
            ("kind", "t.kind", Text),
        ],
    },
    Section {
        name: "graduationDecisions",
        from: "graduation_decision t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("gde")),
            ("outcome", "t.outcome", Text),
            ("found", "t.found", Text),
            ("basis", "t.snapshot", Text),
            ("overrideReason", "t.override_reason", Text),
            ("decidedAt", "t.decided_at", Instant),
            ("reopenedAt", "t.reopened_at", Instant),
            ("reopenReason", "t.reopen_reason", Text),
        ],
    },
    Section {
        name: "preparation",
        from: "module_preparation t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("mpr")),
            ("moduleId", "t.module_id", Id("mdl")),
            ("kind", "t.kind", Text),
            ("doneOn", "t.done_on", Date),
        ],
    },
    Section {
        name: "destinations",
        from: "graduate_destination t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("id", "t.id", Id("gds")),
            ("kind", "t.kind", Text),
            ("peerRole", "t.peer_role", Text),
            ("employer", "t.employer_id", Id("org")),
            ("employerName", "t.employer_name", Text),
            ("since", "t.since", Date),
            ("wteHundredths", "t.wte_hundredths", Int),
            ("source", "t.source", Text),
            ("askedAfterMonths", "t.asked_after_months", Int),
            ("recordedAt", "t.recorded_at", Instant),
            ("replacedAt", "t.replaced_at", Instant),
        ],
    },
    Section {
        name: "development",
        from: "development_record t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("cpd")),
            ("kind", "t.kind", Text),
            ("doneOn", "t.done_on", Date),
            ("minutes", "t.minutes", Int),
            ("title", "t.title", Text),
            ("provider", "t.provider", Text),
            ("confirmedAt", "t.confirmed_at", Instant),
            ("withdrawnAt", "t.withdrawn_at", Instant),
        ],
    },
    Section {
        name: "supervisorAccreditations",
        from: "supervisor_accreditation t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("sva")),
            ("organisationId", "t.organisation_id", Id("org")),
            ("state", "t.state", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
            ("caseloadMax", "t.caseload_max", Int),
        ],
    },
    Section {
        name: "evaluationsAnswered",
        from: "evaluation_participation t join enrolment e on e.id = t.enrolment_id where e.person_id = {person}",
        values: &[
            ("enrolmentId", "t.enrolment_id", Id("enr")),
            ("answeredOn", "t.answered_on", Date),
        ],
    },
];
