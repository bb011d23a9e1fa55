//! Which tables hold something of people, to which class it belongs, and what an erasure leaves of it. A test asks the
//! database for every table that refers to somebody, and finds each of them here once: a later one cannot be forgotten.
//!
//! How a class is erased, and what is due when, is in [`classes`](super::classes) and the table of retention rules; what
//! the person is given, in [`sections`](super::sections).

use super::model::DataClass;

/// A table with something of people.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// The table.
    pub table: &'static str,
    /// The class to which it belongs.
    pub class: DataClass,
    /// What an erasure of the class leaves, and why.
    pub left: &'static str,
}

/// What becomes of a row whose words are gone.
const COUNTED: &str = "the row without its person, so that what happened is counted";

/// What is left of an enrolment.
const ADDS_UP: &str =
    "days, minutes and outcomes without the person, so that courses and figures add up";

/// What is left of somebody whose ids still resolve.
const PSEUDONYM: &str = "the row, whose person has a pseudonym: ids still resolve";

/// What is left of a text.
const SKELETON: &str =
    "what it was and when it came and went, so that disclosures still tell of what they were";

const fn held(table: &'static str, class: DataClass, left: &'static str) -> Held {
    Held { table, class, left }
}

/// Every table that belongs to a class, once. The vault's belong to several classes, by the category of the text: they
/// stand with the first.
pub const HELD: &[Held] = &[
    held("sensitive_record", DataClass::SupportTexts, SKELETON),
    held("sensitive_reader", DataClass::SupportTexts, SKELETON),
    held(
        "sensitive_disclosure",
        DataClass::SupportTexts,
        "who read what is told for as long as it matters",
    ),
    held(
        "vault_key",
        DataClass::SupportTexts,
        "that there was a key; the key is destroyed with the last text",
    ),
    held("application", DataClass::UnsuccessfulApplications, COUNTED),
    held("application_note", DataClass::UnsuccessfulApplications, "nothing"),
    held("course_interest", DataClass::UnsuccessfulApplications, "nothing"),
    held("enrolment", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("attendance_record", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("attendance_module", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("carried_credit", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("make_up", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("module_waiver", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("graduation_decision", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("assignment_attempt", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("placement", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("supervision_log", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("graduate_destination", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held("evaluation_participation", DataClass::AttendanceAndOutcomes, "nothing"),
    held("module_preparation", DataClass::AttendanceAndOutcomes, ADDS_UP),
    held(
        "concern",
        DataClass::Concerns,
        "how it was dealt with, when and by whom; its words are gone",
    ),
    held(
        "credential",
        DataClass::Credentials,
        "a hash, by which the holder's own copy still proves what it says",
    ),
    held("trainer", DataClass::TrainerProfiles, PSEUDONYM),
    held("trainer_affiliation", DataClass::TrainerProfiles, PSEUDONYM),
    held("trainer_accreditation", DataClass::TrainerProfiles, PSEUDONYM),
    held("trainer_evidence", DataClass::TrainerProfiles, PSEUDONYM),
    held("trainer_standardisation", DataClass::TrainerProfiles, PSEUDONYM),
    held("trainer_suspension", DataClass::TrainerProfiles, PSEUDONYM),
    held("teaching_assignment", DataClass::TrainerProfiles, PSEUDONYM),
    held("course_trainer", DataClass::TrainerProfiles, PSEUDONYM),
    held("mail_message", DataClass::Deliveries, "when something was sent, and of what kind"),
    held("staged_upload", DataClass::Uploads, "when something was sent"),
    held("person", DataClass::People, PSEUDONYM),
    held("person_name", DataClass::People, PSEUDONYM),
    held("person_email", DataClass::People, PSEUDONYM),
    held("person_account", DataClass::People, PSEUDONYM),
    held("person_membership", DataClass::People, PSEUDONYM),
    held("person_duplicate", DataClass::People, PSEUDONYM),
    held("person_id_change", DataClass::People, PSEUDONYM),
    held("account", DataClass::People, "the account of nobody, under a pseudonym"),
    held("role_grant", DataClass::People, PSEUDONYM),
    held(
        "development_record",
        DataClass::People,
        "of what kind, when and for how long, under a pseudonym",
    ),
    held("supervisor_accreditation", DataClass::People, PSEUDONYM),
    held("employee_link", DataClass::People, "nothing"),
    held("audit_event", DataClass::Audit, "ids and names of fields: no value ever stood in it"),
];

/// Classes that no use case erases, and why.
pub const WITHOUT_HANDLER: &[(DataClass, &str)] = &[
    (DataClass::Funding, "nothing of a person is in it yet"),
    (
        DataClass::Licensing,
        "licences and readiness are organisations'; they name accounts by their ids",
    ),
    (DataClass::Audit, "it names accounts by their ids, and no value; it goes as a whole segment"),
];

/// By what an account is known, and by what it did, nothing is told once it is nobody's under a pseudonym.
const BY_ACCOUNT: &str =
    "names an account by its id, for what it did for an organisation; the account gets a pseudonym";

/// Tables that refer to people and belong to no class, and why not.
pub const BESIDES: &[(&str, &str)] = &[
    ("account_stamp", "the time of the last change of an account's roles"),
    ("change_proposal", BY_ACCOUNT),
    ("consent", "that somebody chose something, and took it back: it proves what was lawful then"),
    ("course", "names its lead trainer by the id of the profile"),
    ("course_correction", BY_ACCOUNT),
    ("course_teach_out", BY_ACCOUNT),
    ("ended_access", "that an account's sessions ended, until they would have anyway"),
    ("equality_answer", "an answer that names nobody, and that nothing leads back from"),
    ("enrolment_import", BY_ACCOUNT),
    (
        "enrolment_import_row",
        "what became of a line, by the id of an enrolment that may be nobody's by now",
    ),
    ("erasure_decision", "the answer to a request, by the id of a person with a pseudonym"),
    ("erasure_request", "the answer to a request, by the id of a person with a pseudonym"),
    (
        "idempotency_record",
        "the answer to a request by an account, which goes after a month; it holds ids",
    ),
    ("import_run", BY_ACCOUNT),
    ("licence_appeal", BY_ACCOUNT),
    ("licence_decision", BY_ACCOUNT),
    ("licence_history", BY_ACCOUNT),
    (
        "organisation_contact",
        "whom to ask at an organisation, which says so itself, changes it and ends it",
    ),
    (
        "processing_restriction",
        "a right that somebody used, by the id of a person with a pseudonym",
    ),
    ("quality_review", BY_ACCOUNT),
    ("readiness_action", "names its owner by the id of a person with a pseudonym"),
    ("readiness_answer", BY_ACCOUNT),
    ("readiness_assessment", BY_ACCOUNT),
    ("readiness_evidence", BY_ACCOUNT),
    ("readiness_hand", BY_ACCOUNT),
    ("readiness_rater", BY_ACCOUNT),
    ("readiness_validation", BY_ACCOUNT),
    ("restricted_person", "a mark that goes with the restriction"),
    ("retention_hold", "why something is kept, by the id of a person with a pseudonym"),
    ("retention_item", "that something was due, by the id of a person with a pseudonym"),
    ("retention_proposal", BY_ACCOUNT),
    ("succession_assignment", "names a trainer by the id of the profile"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::protection::classes::handler;

    #[test]
    fn each_table_stands_here_once_and_each_class_has_a_handler_or_a_reason() {
        let tables: Vec<&str> = HELD
            .iter()
            .map(|held| held.table)
            .chain(BESIDES.iter().map(|(table, _)| *table))
            .collect();
        assert_eq!(tables.iter().collect::<BTreeSet<_>>().len(), tables.len());
        for class in DataClass::ALL {
            let reason = WITHOUT_HANDLER.iter().any(|(without, _)| without == class);
            assert_eq!(handler(*class).is_none(), reason, "{class:?}");
        }
        let said = HELD.iter().map(|held| held.left).chain(BESIDES.iter().map(|(_, why)| *why));
        assert!(said.chain(WITHOUT_HANDLER.iter().map(|(_, why)| *why)).all(|why| !why.is_empty()));
    }
}
