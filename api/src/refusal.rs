//! Expected "no": data for the caller, never a failure of the service.

use serde::{Deserialize, Serialize};

use crate::actor::Permission;

/// Declares the codes with the sentence that the schema gives each.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// Why a mutation was refused. Each mutation's own enumeration lists the codes it can give.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// The code as clients see it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What the code means, for the schema.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// Nothing with this id exists that you may see.
    NotFound = "NOT_FOUND",
    /// Your roles do not allow this.
    Forbidden = "FORBIDDEN",
    /// Somebody changed it since you read it, or its state does not allow this step. Read it again.
    Conflict = "CONFLICT",
    /// This idempotency key was used with another request. Use a new key for a new request.
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH",
    /// A value is not of the expected form; the path names the field.
    Invalid = "INVALID",
    /// An organisation holds this identifier already on one of these days.
    IdentifierTaken = "IDENTIFIER_TAKEN",
    /// The step needs an identifier that somebody verified.
    IdentifierNotVerified = "IDENTIFIER_NOT_VERIFIED",
    /// The integrated care board does not exist, or is not in force on the date.
    BoardNotInForce = "BOARD_NOT_IN_FORCE",
    /// An English NHS body needs an integrated care board.
    BoardRequired = "BOARD_REQUIRED",
    /// A region that differs from the board's needs a reason.
    RegionOverrideReasonRequired = "REGION_OVERRIDE_REASON_REQUIRED",
    /// Closing needs a reason or a succession.
    ClosureReasonRequired = "CLOSURE_REASON_REQUIRED",
    /// The date lies before a fact that is already recorded.
    DateBeforeRecordedFact = "DATE_BEFORE_RECORDED_FACT",
    /// The succession would make an organisation its own predecessor.
    SuccessionCycle = "SUCCESSION_CYCLE",
    /// This kind of succession needs other organisations than those named.
    SuccessionShape = "SUCCESSION_SHAPE",
    /// The record says the same already.
    Unchanged = "UNCHANGED",
    /// It is not one of the candidates.
    NotACandidate = "NOT_A_CANDIDATE",
    /// A grant with this role cannot have this scope.
    GrantScope = "GRANT_SCOPE",
    /// The account exists already.
    AccountTaken = "ACCOUNT_TAKEN",
    /// The licence does not let courses begin at present.
    LicenceNotActive = "LICENCE_NOT_ACTIVE",
    /// The licence is not for this programme type, or not for delivery.
    LicenceDoesNotCover = "LICENCE_DOES_NOT_COVER",
    /// As many courses are live as the licence allows.
    CourseLimit = "COURSE_LIMIT",
    /// There are fewer places than that.
    CapacityExceeded = "CAPACITY_EXCEEDED",
    /// Fewer people have a place than the course needs.
    BelowMinimum = "BELOW_MINIMUM",
    /// The programme version is not published.
    VersionNotPublished = "VERSION_NOT_PUBLISHED",
    /// No course may start on this version on that day.
    VersionNotInForce = "VERSION_NOT_IN_FORCE",
    /// The course has no sessions.
    NotScheduled = "NOT_SCHEDULED",
    /// A session lies before the first or after the last day of the course.
    SessionOutsideCourse = "SESSION_OUTSIDE_COURSE",
    /// A module of the version has no session.
    ModuleNotScheduled = "MODULE_NOT_SCHEDULED",
    /// Every session needs exactly one lead trainer.
    LeadRequired = "LEAD_REQUIRED",
    /// Every session needs a trainer with lived experience.
    LivedExperienceRequired = "LIVED_EXPERIENCE_REQUIRED",
    /// A trainer is not accredited on the day of a session; the message has the days.
    TrainerAccreditationLapses = "TRAINER_ACCREDITATION_LAPSES",
    /// A trainer of the course is not free at one of its times.
    TrainerBusy = "TRAINER_BUSY",
    /// The session lies in the future.
    SessionToCome = "SESSION_TO_COME",
    /// Sessions of the course are still to come.
    SessionsToCome = "SESSIONS_TO_COME",
    /// No licence and no teach-out decision covers the day.
    NotCovered = "NOT_COVERED",
    /// Another person, or one in another role, has to take this step.
    SeparationOfDuties = "SEPARATION_OF_DUTIES",
    /// The organisation holds another licence for one of the programme types on one of these days.
    LicenceOverlap = "LICENCE_OVERLAP",
    /// The licence is past its end.
    LicenceEnded = "LICENCE_ENDED",
    /// The organisation holds a live licence.
    LicenceInForce = "LICENCE_IN_FORCE",
    /// The organisation delivers courses that are not at their end.
    CoursesUnfinished = "COURSES_UNFINISHED",
    /// The organisation does not take part in the network at present.
    OrganisationNotActive = "ORGANISATION_NOT_ACTIVE",
    /// A validated readiness outcome is needed first.
    ReadinessRequired = "READINESS_REQUIRED",
    /// The readiness outcome does not carry a licence of this kind.
    ReadinessInsufficient = "READINESS_INSUFFICIENT",
    /// Readiness was validated too long before the first day.
    ReadinessOutdated = "READINESS_OUTDATED",
    /// A conditional readiness outcome needs its conditions on the licence.
    ConditionsRequired = "CONDITIONS_REQUIRED",
    /// There is no proposal that could be confirmed.
    NothingProposed = "NOTHING_PROPOSED",
    /// Open courses need a teach-out plan.
    TeachOutPlanRequired = "TEACH_OUT_PLAN_REQUIRED",
    /// The licences cannot be bridged; the message says why.
    NotBridgeable = "NOT_BRIDGEABLE",
    /// There is no appeal against a decision of this kind.
    NotAppealable = "NOT_APPEALABLE",
    /// The time for an appeal is over.
    AppealTooLate = "APPEAL_TOO_LATE",
    /// The owner has another programme with this code.
    ProgrammeCodeTaken = "PROGRAMME_CODE_TAKEN",
    /// The programme has a version with this number already.
    VersionNumberTaken = "VERSION_NUMBER_TAKEN",
    /// The organisation is closed and takes part in nothing.
    OwnerClosed = "OWNER_CLOSED",
    /// Something that a published version says is not known yet; the message names it.
    Incomplete = "INCOMPLETE",
    /// The taught minutes of the modules are not the version's total.
    MinutesDoNotAddUp = "MINUTES_DO_NOT_ADD_UP",
    /// A core competence of the framework that the version claims is neither mapped nor listed as a gap.
    CompetenceGap = "COMPETENCE_GAP",
    /// The account belongs to another person on one of these days.
    AccountOfAnother = "ACCOUNT_OF_ANOTHER",
    /// The person has no account, or the account no person.
    AccountMissing = "ACCOUNT_MISSING",
    /// The record was merged into another; the message says how to find it.
    Merged = "MERGED",
    /// One trainer has two accreditations of one type and level on one of these days.
    AccreditationOverlap = "ACCREDITATION_OVERLAP",
    /// Something has to be recorded first; the message says what.
    EvidenceRequired = "EVIDENCE_REQUIRED",
    /// Renewal needs a standardisation event that was attended within the term.
    StandardisationRequired = "STANDARDISATION_REQUIRED",
    /// The trainer is affiliated with the organisation on one of these days already, or not at all.
    Affiliation = "AFFILIATION",
    /// The person is a trainer already.
    TrainerTaken = "TRAINER_TAKEN",
    /// Another record of this kind holds on one of these days.
    PeriodOverlap = "PERIOD_OVERLAP",
    /// This year is recorded already: amend it.
    YearRecorded = "YEAR_RECORDED",
    /// The instrument has a version with this number already.
    InstrumentNumberTaken = "INSTRUMENT_NUMBER_TAKEN",
    /// Assessments begin on an instrument that is published and not retired.
    InstrumentNotPublished = "INSTRUMENT_NOT_PUBLISHED",
    /// The organisation has an open assessment: go on with that one, or withdraw it.
    AssessmentOpen = "ASSESSMENT_OPEN",
    /// At least two raters are needed, one of them a peer worker or service user.
    RatersRequired = "RATERS_REQUIRED",
    /// A rater has not answered every indicator; the message names what is open.
    AnswersMissing = "ANSWERS_MISSING",
    /// The reviewer has not scored every indicator; the message names what is open.
    ScoresMissing = "SCORES_MISSING",
    /// The instrument does not let this indicator be left out.
    AlwaysApplies = "ALWAYS_APPLIES",
    /// More of a domain is said not to apply than the instrument lets.
    TooManyNotApplicable = "TOO_MANY_NOT_APPLICABLE",
    /// The account holds no role as a reviewer that counts for the organisation.
    NotAReviewer = "NOT_A_REVIEWER",
    /// The reviewer has a link to the organisation.
    ReviewerLinked = "REVIEWER_LINKED",
    /// The day lies before the enrolment began or after it ended.
    OutsideEnrolment = "OUTSIDE_ENROLMENT",
    /// The session cannot be made up; the message says why.
    MakeUpNotAllowed = "MAKE_UP_NOT_ALLOWED",
    /// The person is on this course already.
    AlreadyEnrolled = "ALREADY_ENROLLED",
    /// The course does not take people at present.
    CourseTakesNobody = "COURSE_TAKES_NOBODY",
    /// There is no funded place: choose another basis.
    NoFundedPlace = "NO_FUNDED_PLACE",
    /// Say which organisation employs or supports the person.
    SponsorRequired = "SPONSOR_REQUIRED",
    /// Nobody whose record the organisation keeps matches what is known of the person.
    PersonNotMatched = "PERSON_NOT_MATCHED",
    /// Several people of the organisation match what is known of the person: nobody is guessed.
    PersonAmbiguous = "PERSON_AMBIGUOUS",
    /// Nobody is there who leads concerns: use the organisation's own way, and the police or 999 where somebody is in
    /// danger.
    NoConcernLead = "NO_CONCERN_LEAD",
    /// The person has another place of this kind: the national team decides.
    HeldForReview = "HELD_FOR_REVIEW",
    /// The reason does not fit: some are for before the first session that somebody attended, the others for after it.
    ReasonDoesNotFit = "REASON_DOES_NOT_FIT",
    /// The person attended a session later than that.
    AttendedLater = "ATTENDED_LATER",
    /// Not everything is known that the decision stands on; the message names it.
    DecisionOpen = "DECISION_OPEN",
    /// The rule finds another outcome.
    OutcomeDiffers = "OUTCOME_DIFFERS",
    /// A class of data that holds something has no decision; the message names it.
    DecisionMissing = "DECISION_MISSING",
    /// A hold keeps these data: lift it first, or keep them.
    Held = "HELD",
    /// Too many of your files wait to be used. Use them, or wait until they expire.
    TooManyUploads = "TOO_MANY_UPLOADS",
    /// You have a live application for this course: go on with that one, or withdraw it.
    ApplicationOpen = "APPLICATION_OPEN",
    /// Whoever applies or gets a place is younger than the network lets people be.
    UnderAge = "UNDER_AGE",
    /// The time to accept the offer is over.
    OfferEnded = "OFFER_ENDED",
    /// This secret was used already.
    TokenUsed = "TOKEN_USED",
    /// This is for who graduated.
    NotGraduated = "NOT_GRADUATED",
    /// You answered about this course already.
    AlreadyAnswered = "ALREADY_ANSWERED",
    /// The course cannot be evaluated at present; the message says why.
    EvaluationClosed = "EVALUATION_CLOSED",
    /// Too few answered: nobody is told what they said.
    TooFewAnswers = "TOO_FEW_ANSWERS",
}

/// One reason why nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The input field it concerns, from `input` downwards.
    pub path: Vec<String>,
    /// What to do next, in words. Never holds a value of the request.
    pub message: String,
}

impl Refusal {
    /// A refusal that concerns the input field at `path` (dotted, below `input`).
    #[must_use]
    pub fn at(code: Code, path: &str, message: impl Into<String>) -> Self {
        let path = std::iter::once("input").chain(path.split('.').filter(|p| !p.is_empty()));
        Self { code, path: path.map(str::to_owned).collect(), message: message.into() }
    }

    /// The same of a part of the input: `path` (dotted, below `input`) leads to it.
    #[must_use]
    pub fn under(self, path: &str) -> Self {
        let below = self.path.into_iter().skip(1);
        let path = std::iter::once("input").chain(path.split('.')).map(str::to_owned);
        Self { path: path.chain(below).collect(), ..self }
    }

    /// The input field it concerns, dotted, below `input`.
    #[must_use]
    pub fn field(&self) -> String {
        self.path.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// The same of the request as a whole, whose input has no such field.
    #[must_use]
    pub fn of_all(self) -> Self {
        Self { path: vec!["input".to_owned()], ..self }
    }

    /// The same of the input field at `path`.
    #[must_use]
    pub fn of_field(self, path: &str) -> Self {
        Self { path: Self::at(self.code, path, "").path, ..self }
    }

    /// The row changed since the caller read it.
    #[must_use]
    pub fn stale() -> Self {
        let message = "it changed since you read it: read it again and repeat with its version";
        Self::at(Code::Conflict, "expectedVersion", message)
    }

    /// The actor does not hold the permission where it is needed.
    #[must_use]
    pub fn forbidden(permission: Permission) -> Self {
        let roles: Vec<&str> = permission.roles().iter().map(|role| role.code()).collect();
        let message = format!("your roles do not allow this: it needs {}", roles.join(" or "));
        Self::at(Code::Forbidden, "", message)
    }

    /// A refusal of the request as a whole, in the words of the code.
    #[must_use]
    pub fn whole(code: Code) -> Self {
        Self::at(code, "", code.description())
    }
}

/// The refusal that the violation of a database constraint stands for, where a rule can lose a race.
#[must_use]
pub fn for_constraint(name: &str) -> Option<Refusal> {
    let refusal = match name {
        "identifier_one_holder" => Refusal::at(
            Code::IdentifierTaken,
            "identifiers",
            "another organisation holds one of these identifiers on one of these days",
        ),
        "account_subject_unique" | "account(issuer,subject)" => Refusal::whole(Code::AccountTaken),
        "trainer_one_place" => Refusal::at(
            Code::TrainerBusy,
            "",
            "a trainer of the course is not free at one of its times: name somebody else, or another time",
        ),
        "teaching_one_lead" | "teaching_assignment(organisation_id,session_id)" => {
            Refusal::whole(Code::LeadRequired)
        }
        "licence_one_at_a_time" => Refusal::whole(Code::LicenceOverlap),
        "licence_decision_by_two"
        | "licence_revocation_by_both_roles"
        | "licence_appeal_by_others" => Refusal::whole(Code::SeparationOfDuties),
        "programme_code_of_owner"
        | "programme(owner_id,code)"
        | "programme_code_national"
        | "programme(code)" => {
            Refusal::at(Code::ProgrammeCodeTaken, "code", Code::ProgrammeCodeTaken.description())
        }
        "programme_version_number_unique" | "programme_version(programme_id,number)" => {
            Refusal::at(Code::VersionNumberTaken, "number", Code::VersionNumberTaken.description())
        }
        "role_grant_duties_apart" | "readiness_assessment_by_another" => {
            Refusal::whole(Code::SeparationOfDuties)
        }
        "readiness_instrument_name_unique" | "readiness_instrument(name)" => {
            let message = Code::InstrumentNumberTaken.description();
            Refusal::at(Code::InstrumentNumberTaken, "number", message)
        }
        "readiness_assessment_one_open" | "readiness_assessment(organisation_id)" => {
            Refusal::whole(Code::AssessmentOpen)
        }
        "application_one_live" | "application(course_id,person_id)" => {
            Refusal::whole(Code::ApplicationOpen)
        }
        "application_once_of_interest" | "application(interest_id)" => {
            Refusal::at(Code::TokenUsed, "interestToken", Code::TokenUsed.description())
        }
        "equality_answer_once" | "equality_answer(spent_sha256)" => {
            Refusal::at(Code::TokenUsed, "token", Code::TokenUsed.description())
        }
        "application_by_two" => Refusal::whole(Code::SeparationOfDuties),
        "enrolment_one_live" | "enrolment(person_id,programme_type)" => {
            Refusal::whole(Code::HeldForReview)
        }
        "enrolment_once_on_course" | "enrolment(course_id,person_id)" => {
            Refusal::whole(Code::AlreadyEnrolled)
        }
        "employee_link_one_of_ref"
        | "employee_link(organisation_id,external_ref)"
        | "employee_link_one_of_person"
        | "employee_link(organisation_id,person_id)"
        | "module_preparation_once"
        | "module_preparation(enrolment_id,module_id,kind)" => Refusal::whole(Code::Conflict),
        "course_places" => Refusal::whole(Code::CapacityExceeded),
        "enrolment_followed_once"
        | "enrolment(origin_id)"
        | "enrolment_one_course"
        | "attendance_one_current"
        | "attendance_record(enrolment_id,session_id)"
        | "attendance_amended_once"
        | "attendance_record(amends_id)"
        | "make_up_once"
        | "make_up(enrolment_id,session_id)"
        | "module_waiver_once"
        | "module_waiver(enrolment_id,module_id)"
        | "graduation_one_standing"
        | "graduation_decision(enrolment_id)" => Refusal::whole(Code::Conflict),
        "graduate_destination_one_current"
        | "graduate_destination(enrolment_id,asked_after_months)"
        | "graduate_destination_amended_once"
        | "graduate_destination(amends_id)"
        | "supervisor_accreditation_renewed_once"
        | "supervisor_accreditation(renews_id)"
        | "evaluation_questionnaire_number_unique"
        | "evaluation_questionnaire(number)" => Refusal::whole(Code::Conflict),
        "supervisor_accreditation_one_at_a_time" => Refusal::whole(Code::AccreditationOverlap),
        "evaluation_participation_once" | "evaluation_participation(enrolment_id)" => {
            Refusal::whole(Code::AlreadyAnswered)
        }
        "person_account_one_person" => Refusal::whole(Code::AccountOfAnother),
        "trainer_accreditation_one_at_a_time" => Refusal::whole(Code::AccreditationOverlap),
        "trainer_affiliation_one_at_a_time" => Refusal::whole(Code::Affiliation),
        "trainer_one_per_person" | "trainer(person_id)" => Refusal::whole(Code::TrainerTaken),
        "employer_agreement_one_at_a_time" => {
            Refusal::at(Code::PeriodOverlap, "validFrom", Code::PeriodOverlap.description())
        }
        "organisation_contact_one_at_a_time" => {
            let message =
                "one contact for each purpose at a time: end or replace the present one first";
            Refusal::at(Code::PeriodOverlap, "validFrom", message)
        }
        "supervision_offer_one_at_a_time" => {
            let message = "one offer of supervision at a time: end or amend the present one first";
            Refusal::at(Code::PeriodOverlap, "validFrom", message)
        }
        "dspt_assessment_once_a_year" | "dspt_assessment(organisation_id,assessment_year)" => {
            Refusal::at(Code::YearRecorded, "year", Code::YearRecorded.description())
        }
        "organisation_one_host_board"
        | "organisation_one_region"
        | "organisation_one_name"
        | "audit_event_version_unique"
        | "audit_event(entity_type,entity_id,entity_version)"
        | "organisation_succession_unique"
        | "board_assignment_unique"
        | "board_assignment(organisation_id,previous_board_id)"
        | "course_closed_is_final"
        | "course_one_version"
        | "session_settled"
        | "course_trainer_trainer"
        | "teaching_trainer"
        | "course_partner_once"
        | "course_partner(organisation_id,course_id,partner_id)"
        | "licence_one_state"
        | "licence_one_variation"
        | "licence_decision_one_proposal"
        | "licence_decision(licence_id)"
        | "licence_appeal_once"
        | "licence_appeal(organisation_id,decision_id)" => Refusal::whole(Code::Conflict),
        "consent_one_of_credential"
        | "consent(credential_id)"
        | "consent_one_of_trainer"
        | "consent(trainer_id)"
        | "consent_one_of_person"
        | "consent(person_id,purpose)"
        | "processing_restriction_one"
        | "processing_restriction(person_id)"
        | "restricted_person_pkey"
        | "restricted_person(id)"
        | "retention_proposal_one"
        | "retention_proposal(class)"
        | "erasure_request_one"
        | "erasure_request(person_id)" => Refusal::whole(Code::Conflict),
        "programme_version_published"
        | "programme_part_published"
        | "readiness_instrument_published"
        | "readiness_part_published"
        | "readiness_assessment_one_standing"
        | "readiness_rater_number_unique"
        | "readiness_rater(assessment_id,number)" => Refusal::whole(Code::Conflict),
        "person_membership_one_at_a_time"
        | "person_one_name"
        | "person_not_merged_twice"
        | "person_id_change(from_id)"
        | "trainer_suspension_one_at_a_time"
        | "person_duplicate_pair_unique"
        | "person_duplicate(one_id,other_id)"
        | "trainer_accreditation_renewed_once"
        | "trainer_accreditation(renews_id)" => Refusal::whole(Code::Conflict),
        _ => return None,
    };
    Some(refusal)
}
