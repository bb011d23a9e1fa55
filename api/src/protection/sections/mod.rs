//! What is kept about a person, table by table: what the document of an access request consists of.

mod training;

/// How a value stands in the document.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// An identifier with this prefix.
    Id(&'static str),
    /// Text, or the code of a choice.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// A civil date.
    Date,
    /// An instant.
    Instant,
}

use Kind::{Bool, Date, Id, Instant, Int, Text};

/// A part of the document: rows of one table, with what follows `from`, and their values.
pub struct Section {
    /// What it is called.
    pub name: &'static str,
    /// The table and the condition; `{person}` is the person.
    pub from: &'static str,
    /// The values: name, expression, kind.
    pub(super) values: &'static [(&'static str, &'static str, Kind)],
}

/// The accounts that belong or belonged to the person.
macro_rules! of_account {
    ($from:literal, $column:literal) => {
        concat!(
            $from,
            " where exists (select 1 from person_account a where a.person_id = {person} and a.account_id = ",
            $column,
            ")"
        )
    };
}

/// The record of the person, and those that were merged into it.
macro_rules! one_and_merged {
    ($from:literal, $column:literal) => {
        concat!(
            $from,
            " where ",
            $column,
            " in (with recursive w(id) as (select p.id from person p where p.id = {person} \
               union select p.id from person p join w on p.merged_into_id = w.id) select id from w)"
        )
    };
}

/// The profiles of the person as a trainer.
macro_rules! of_trainer {
    ($from:literal) => {
        concat!($from, " join trainer r on r.id = t.trainer_id where r.person_id = {person}")
    };
}

/// What is kept about a person, table by table. A new table with something of people adds its section: a test compares
/// this with what refers to people in the database.
pub const SECTIONS: &[&[Section]] = &[PERSON, training::SECTIONS, BESIDES];

/// Who somebody is.
const PERSON: &[Section] = &[
    Section {
        name: "person",
        from: one_and_merged!("person t", "t.id"),
        values: &[
            ("id", "t.id", Id("per")),
            ("preferredName", "t.preferred_name", Text),
            ("givenName", "t.given_name", Text),
            ("familyName", "t.family_name", Text),
            ("certificateName", "t.certificate_name", Text),
            ("dateOfBirth", "t.date_of_birth", Date),
            ("mergedInto", "t.merged_into_id", Id("per")),
            ("erasedOn", "t.erased_on", Date),
            ("createdAt", "t.created_at", Instant),
            ("updatedAt", "t.updated_at", Instant),
        ],
    },
    Section {
        name: "names",
        from: one_and_merged!("person_name t", "t.person_id"),
        values: &[
            ("preferredName", "t.preferred_name", Text),
            ("givenName", "t.given_name", Text),
            ("familyName", "t.family_name", Text),
            ("certificateName", "t.certificate_name", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "emails",
        from: "person_email t where t.person_id = {person}",
        values: &[
            ("address", "t.address", Text),
            ("verifiedAt", "t.verified_at", Instant),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "accounts",
        from: "person_account t join account a on a.id = t.account_id where t.person_id = {person}",
        values: &[
            ("id", "t.account_id", Id("acc")),
            ("issuer", "a.issuer", Text),
            ("subject", "a.subject", Text),
            ("label", "a.label", Text),
            ("enabled", "a.enabled", Bool),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "keptBy",
        from: "person_membership t join organisation o on o.id = t.organisation_id where t.person_id = {person}",
        values: &[
            ("organisationId", "t.organisation_id", Id("org")),
            ("organisation", "o.name", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "roles",
        from: "role_grant t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("rgr")),
            ("role", "t.role", Text),
            ("scope", "t.scope_type", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "possibleDuplicates",
        from: "person_duplicate t where t.one_id = {person} or t.other_id = {person}",
        values: &[
            ("id", "t.id", Id("pdu")),
            ("sameEmail", "t.same_email", Bool),
            ("sameNameAndBirth", "t.same_birth", Bool),
            ("status", "t.status", Text),
            ("foundAt", "t.created_at", Instant),
        ],
    },
    Section {
        name: "idChanges",
        from: "person_id_change t where t.from_id = {person} or t.to_id = {person}",
        values: &[
            ("fromId", "t.from_id", Id("per")),
            ("toId", "t.to_id", Id("per")),
            ("at", "t.at", Instant),
        ],
    },
];

/// What somebody does for others, what the vault and data protection have, and what was done.
const BESIDES: &[Section] = &[
    Section {
        name: "employeeLinks",
        from: one_and_merged!("employee_link t", "t.person_id"),
        values: &[
            ("id", "t.id", Id("eml")),
            ("organisationId", "t.organisation_id", Id("org")),
            ("externalRef", "t.external_ref", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "contacts",
        from: "organisation_contact t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("oco")),
            ("organisationId", "t.organisation_id", Id("org")),
            ("purpose", "t.purpose", Text),
            ("name", "t.name", Text),
            ("email", "t.email", Text),
            ("phone", "t.phone", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "concernsRaised",
        from: "concern t where t.raised_by = {person}",
        values: &[
            ("id", "t.id", Id("ccn")),
            ("level", "t.level", Text),
            ("state", "t.state", Text),
            ("raisedAt", "t.raised_at", Instant),
        ],
    },
    Section {
        name: "trainerProfiles",
        from: "trainer t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("trn")),
            ("name", "t.name", Text),
            ("bio", "t.bio", Text),
            ("listed", "t.listed", Bool),
            ("hasLivedExperience", "t.lived_experience", Bool),
            ("createdAt", "t.created_at", Instant),
            ("updatedAt", "t.updated_at", Instant),
        ],
    },
    Section {
        name: "affiliations",
        from: of_trainer!("trainer_affiliation t join organisation o on o.id = t.organisation_id"),
        values: &[
            ("organisation", "o.name", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "accreditations",
        from: of_trainer!("trainer_accreditation t"),
        values: &[
            ("id", "t.id", Id("tac")),
            ("programmeType", "t.programme_type", Text),
            ("level", "t.level", Text),
            ("state", "t.state", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
            ("endedOn", "t.ended_on", Date),
            ("resigned", "t.resigned", Bool),
        ],
    },
    Section {
        name: "accreditationEvidence",
        from: of_trainer!("trainer_evidence t"),
        values: &[
            ("kind", "t.kind", Text),
            ("evidencedOn", "t.evidenced_on", Date),
            ("noteReference", "t.note_reference", Text),
        ],
    },
    Section {
        name: "suspensions",
        from: of_trainer!("trainer_suspension t"),
        values: &[
            ("reason", "t.reason", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "standardisations",
        from: of_trainer!("trainer_standardisation t"),
        values: &[
            ("attendedOn", "t.attended_on", Date),
            ("noteReference", "t.note_reference", Text),
        ],
    },
    Section {
        name: "teaching",
        from: of_trainer!("teaching_assignment t join course c on c.id = t.course_id"),
        values: &[
            ("course", "c.code", Text),
            ("part", "t.part", Text),
            ("startsAt", "t.starts_at", Instant),
            ("endsAt", "t.ends_at", Instant),
            ("releasedAt", "t.released_at", Instant),
        ],
    },
    Section {
        name: "coursesTaught",
        from: "course_trainer t join course c on c.id = t.course_id where t.person_id = {person}",
        values: &[("course", "c.code", Text), ("courseId", "t.course_id", Id("crs"))],
    },
    Section {
        name: "credentials",
        from: "credential t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("crd")),
            ("publicToken", "t.public_token", Text),
            ("kind", "t.kind", Text),
            ("holderName", "t.holder_name", Text),
            ("title", "t.title", Text),
            ("edition", "t.edition", Text),
            ("organisation", "t.organisation_name", Text),
            ("awardedOn", "t.awarded_on", Date),
            ("validFrom", "t.valid_from", Date),
            ("validUntil", "t.valid_until", Date),
            ("state", "t.state", Text),
            ("reason", "t.reason", Text),
            ("listed", "t.listed", Bool),
            ("jwt", "t.jwt", Text),
        ],
    },
    Section {
        name: "sharedWith",
        from: "sensitive_reader t where t.subject_id = {person} and t.role <> 'CONCERN_LEAD'",
        values: &[
            ("recordId", "t.record_id", Id("sen")),
            ("role", "t.role", Text),
            ("consentWording", "t.consent_wording", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "mayReadOthers",
        from: "sensitive_reader t where t.person_id = {person}",
        values: &[
            ("role", "t.role", Text),
            ("validFrom", "t.valid_from", Date),
            ("validTo", "t.valid_to", Date),
        ],
    },
    Section {
        name: "openings",
        from: "sensitive_disclosure t join sensitive_record r on r.id = t.record_id \
            where r.person_id = {person} and r.category <> 'CONCERN' and t.acting_as <> 'CONCERN_LEAD'",
        values: &[
            ("recordId", "t.record_id", Id("sen")),
            ("actingAs", "t.acting_as", Text),
            ("purpose", "t.purpose", Text),
            ("organisationId", "t.organisation_id", Id("org")),
            ("at", "t.at", Instant),
        ],
    },
    Section {
        name: "openedOfOthers",
        from: "sensitive_disclosure t where t.person_id = {person}",
        values: &[
            ("actingAs", "t.acting_as", Text),
            ("purpose", "t.purpose", Text),
            ("at", "t.at", Instant),
        ],
    },
    Section {
        name: "consents",
        from: "consent t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("cns")),
            ("purpose", "t.purpose", Text),
            ("wording", "t.wording", Text),
            ("givenAt", "t.given_at", Instant),
            ("withdrawnAt", "t.withdrawn_at", Instant),
        ],
    },
    Section {
        name: "restrictions",
        from: "processing_restriction t where t.person_id = {person}",
        values: &[
            ("ground", "t.ground", Text),
            ("placedAt", "t.placed_at", Instant),
            ("liftedAt", "t.lifted_at", Instant),
        ],
    },
    Section {
        name: "holds",
        from: "retention_hold t where t.person_id = {person}",
        values: &[
            ("class", "t.class", Text),
            ("until", "t.until", Date),
            ("placedAt", "t.placed_at", Instant),
            ("liftedAt", "t.lifted_at", Instant),
        ],
    },
    Section {
        name: "retention",
        from: "retention_item t where t.person_id = {person}",
        values: &[("record", "t.record", Text), ("outcome", "t.outcome", Text)],
    },
    Section {
        name: "erasureRequests",
        from: "erasure_request t where t.person_id = {person}",
        values: &[
            ("id", "t.id", Id("ers")),
            ("askedBy", "t.asked_by", Text),
            ("receivedOn", "t.received_on", Date),
            ("dueOn", "t.due_on", Date),
            ("state", "t.state", Text),
            ("answer", "t.answer", Text),
        ],
    },
    Section {
        name: "readinessActions",
        from: "readiness_action t where t.owner_id = {person}",
        values: &[
            ("id", "t.id", Id("ran")),
            ("ownerTitle", "t.owner_title", Text),
            ("text", "t.text", Text),
            ("dueOn", "t.due_on", Date),
            ("state", "t.state", Text),
        ],
    },
    Section {
        name: "readinessHands",
        from: of_account!("readiness_hand t", "t.account_id"),
        values: &[("assessmentId", "t.assessment_id", Id("ras")), ("part", "t.part", Text)],
    },
    Section {
        name: "uploads",
        from: of_account!("staged_upload t", "t.account_id"),
        values: &[
            ("id", "t.id", Id("upl")),
            ("fileName", "t.file_name", Text),
            ("mediaType", "t.media_type", Text),
            ("sizeBytes", "t.size_bytes", Int),
            ("state", "t.state", Text),
            ("createdAt", "t.created_at", Instant),
        ],
    },
    Section {
        name: "activity",
        from: of_account!("audit_event t", "t.account_id"),
        values: &[
            ("at", "t.at", Instant),
            ("actingAs", "t.acting_as", Text),
            ("action", "t.action", Text),
            ("entityType", "t.entity_type", Text),
        ],
    },
    Section {
        name: "changesToTheRecord",
        from: "audit_event t where t.entity_type = 'person' and t.entity_id = {person}",
        values: &[
            ("at", "t.at", Instant),
            ("actingAs", "t.acting_as", Text),
            ("action", "t.action", Text),
            ("fields", "t.fields", Text),
        ],
    },
];
