//! Interest and applications as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::model;
use crate::actor::Permission;
use crate::course::graphql::Course;
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::person_of;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, list, one, text,
};
use crate::readable;
use crate::vault::graphql::SensitiveRecord;

mod applicant;
mod equality;
mod interest;
mod selection;

pub use applicant::ApplicantMutations;
pub use equality::EqualityQueries;
pub use interest::InterestMutations;
pub use selection::SelectionMutations;

/// The prefix of ids of applications.
pub const PREFIX: &str = "app";

/// The root fields of interest and applications.
pub const ROOTS: &[Root] = &[
    Root::page::<Application>(
        "applications",
        "Your own applications; those that were handed in for courses of the own organisation, or all for the \
         national team.",
    ),
    Root::by::<Application>(
        "application",
        "One application by its id; null if there is none that you may see.",
    ),
    Root::page::<CourseInterest>(
        "courseInterests",
        "People who came forward for courses of the own organisation, and proved their address.",
    ),
];

/// Where an application stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "ApplicationState", remote = "model::State")]
pub enum ApplicationState {
    /// Being written by the applicant.
    Draft,
    /// Before those who select.
    Submitted,
    /// Being looked at.
    Screening,
    /// The applicant is asked to an interview.
    Interview,
    /// A place is offered, and held until the offer ends.
    Offered,
    /// Suitable, and waiting for a place.
    Waitlisted,
    /// The offer was accepted: there is an enrolment.
    Accepted,
    /// The organisation said no.
    Declined,
    /// The applicant stepped back.
    Withdrawn,
    /// The offer was not accepted in time.
    Lapsed,
}

/// From which side somebody knows the service. A category, never a diagnosis.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ApplicantExperience", remote = "model::Experience")]
pub enum ApplicantExperience {
    /// As somebody who used the service.
    Lived,
    /// As a carer.
    Carer,
    /// As both.
    Both,
}

/// Where an applicant works as a peer support worker.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ApplicantEmployment", remote = "model::Employment")]
pub enum ApplicantEmployment {
    /// In a paid post.
    EmployedPsw,
    /// Nowhere yet, with the offer of a post.
    OfferedPsw,
    /// As a volunteer.
    Volunteer,
    /// Nowhere yet.
    NotYet,
}

/// From where an applicant knows of a course. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ApplicationSource", remote = "model::Source")]
pub enum ApplicationSource {
    /// The employer.
    Employer,
    /// A service of the NHS.
    NhsService,
    /// A charity or community group.
    Charity,
    /// A peer worker.
    Peer,
    /// An event.
    Event,
    /// A page on the web.
    Website,
    /// Elsewhere.
    Other,
}

/// Why an applicant is declined. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ApplicationDeclineReason", remote = "model::DeclineReason")]
pub enum ApplicationDeclineReason {
    /// Not suitable at present: two assessors find so.
    Suitability,
    /// An entry criterion is not met.
    EntryCriteria,
    /// There is no place.
    NoPlace,
    /// The course is called off.
    CourseCancelled,
}

/// What was handed in: a draft is the applicant's own.
const HANDED_IN: &str = "t.submitted_at is not null";

/// Why somebody was declined is told once it was decided, not while one assessor proposes it.
const DECLINED_FOR: &str = "(case when t.state = 'DECLINED' then t.decline_reason end)";

readable! {
    /// An application of a person for a course. What the applicant wrote is in the vault: it is opened there, for a
    /// purpose, and never listed.
    pub Application = Rows::of("application", PREFIX)
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Person("t.person_id"),
            Way::Where(&Way::Nation(Permission::SeeApplications), HANDED_IN),
            Way::Where(
                &Way::Organisation("t.organisation_id", Permission::SelectApplicants),
                HANDED_IN,
            ),
        ])
        .filters(&[
            Filter {
                name: "courseId",
                description: "The course.",
                sql: "t.course_id",
                kind: Kind::Id("crs"),
            },
            Filter {
                name: "organisationId",
                description: "The organisation that delivers the course.",
                sql: "t.organisation_id",
                kind: Kind::Id("org"),
            },
        ])
        .owned_by("t.organisation_id")
        .ordered_by("createdAt");
    /// The id of the application.
    id: id(PREFIX),
    /// The course; null where you no longer see it.
    course: one::<Course>("t.course_id").nullable(),
    /// The organisation that delivers the course.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The applicant; null where you do not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// What the applicant is called, for those who select and the quality lead; null once it is erased.
    applicantName: text("(select p.preferred_name from person p where p.id = t.person_id)")
        .nullable().only(Permission::SeeApplicants).personal(),
    /// Where it stands.
    state: choice::<ApplicationState>("t.state").filtered(),
    /// From which side the applicant knows the service; null until it is said.
    experience: choice::<ApplicantExperience>("t.experience").nullable().filtered(),
    /// Where the applicant works; null until it is said.
    employment: choice::<ApplicantEmployment>("t.employment").nullable().filtered(),
    /// The employer, where the register has it.
    employer: one::<Organisation>("t.employer_id").nullable(),
    /// What training the applicant had before, in the applicant's words.
    priorTraining: text("t.prior_training").nullable().personal(),
    /// From where the applicant knows of the course.
    source: choice::<ApplicationSource>("t.source").nullable().filtered(),
    /// Whether the applicant confirms lived experience that is relevant for the service.
    hasRelevantExperience: boolean("t.has_experience"),
    /// Whether the applicant confirms the wish to support others.
    wishesToSupportOthers: boolean("t.wishes_to_support"),
    /// Whether the applicant confirms good spoken and written communication.
    communicatesWell: boolean("t.communicates"),
    /// Whether the applicant said why, and it was not erased.
    hasMotivation: boolean("(exists (select 1 from sensitive_record r where r.id = t.motivation_id \
        and r.erased_at is null))"),
    /// Why the applicant applies: its record in the vault, where you may open it.
    motivation: one::<SensitiveRecord>("t.motivation_id").nullable(),
    /// Whether the applicant said what is needed to take part well, and it was not erased.
    hasSupportNeeds: boolean("(exists (select 1 from sensitive_record r where r.id = t.support_needs_id \
        and r.erased_at is null))"),
    /// What is needed: its record in the vault, where you may open it.
    supportNeeds: one::<SensitiveRecord>("t.support_needs_id").nullable(),
    /// When it was handed in; null until then.
    submittedAt: instant("t.submitted_at").nullable().filtered().ordered(),
    /// The place on the waiting list, from 1; null for who does not wait.
    waitingPosition: int("t.waiting_position").nullable(),
    /// When a place was offered; null if none was.
    offeredAt: instant("t.offered_at").nullable(),
    /// The last day on which the offer can be accepted.
    offerUntil: date("t.offer_until").nullable().filtered(),
    /// The wording of the terms that the applicant accepted; null until then.
    termsVersion: text("t.terms_version").nullable(),
    /// Why it was declined; null if it was not.
    declineReason: choice::<ApplicationDeclineReason>(DECLINED_FOR).nullable(),
    /// Whether one assessor proposes to decline it, and a second has to confirm. For those who select
    /// and the quality lead.
    awaitsSecondAssessor: boolean("(t.state <> 'DECLINED' and t.assessor_id is not null)")
        .only(Permission::SeeApplicants),
    /// The notes of those who select, which the vault keeps. Never for the applicant.
    notes: list::<ApplicationNote>(50, "t.application_id = {parent}"),
    /// When it came to its end; null until then.
    endedAt: instant("t.ended_at").nullable(),
    /// The day on which it was erased, for data protection: that there was one is counted, and nothing tells whose it
    /// was. Null while it is somebody's.
    erasedOn: date("t.erased_on").nullable(),
    /// When it was started.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// A note of those who select.
    pub ApplicationNote = Rows::of("application_note", "apn")
        .about(person_of!("(select a.person_id from application a where a.id = t.application_id)"))
        .visible_to(&[Way::Organisation("t.organisation_id", Permission::OpenSelection)])
        .ordered_by("createdAt");
    /// The id of the note.
    id: id("apn"),
    /// Its record in the vault: open it there, for a purpose.
    record: one::<SensitiveRecord>("t.record_id").nullable(),
    /// When it was written.
    createdAt: instant("t.created_at").ordered(),
}

readable! {
    /// Somebody who came forward for a course, and proved the address.
    pub CourseInterest = Rows::of("course_interest", "int")
        .visible_to(&[Way::Where(
            &Way::Organisation("t.organisation_id", Permission::SelectApplicants),
            "t.confirmed_at is not null",
        )])
        .filters(&[Filter {
            name: "courseId",
            description: "The course.",
            sql: "t.course_id",
            kind: Kind::Id("crs"),
        }])
        .ordered_by("registeredAt");
    /// The id of the interest.
    id: id("int"),
    /// The course; null where you no longer see it.
    course: one::<Course>("t.course_id").nullable(),
    /// What the course trains people for.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type"),
    /// What the person is called.
    name: text("t.name").personal(),
    /// The e-mail address.
    email: text("t.email").personal(),
    /// When the person came forward.
    registeredAt: instant("t.registered_at").ordered(),
    /// When the address was proved.
    confirmedAt: instant("t.confirmed_at").nullable(),
}
