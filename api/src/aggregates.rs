//! What the service is made of: what each aggregate adds to it, one line in each list.

use async_graphql::MergedObject;

use crate::jobs::Job;
use crate::read::declaration::Root;
use crate::verify::Invariant;
use crate::{
    actor, application, career, concern, course, credential, employee, employer, enrolment,
    evaluation, files, import, licence, mail, organisation, person, programme, protection,
    readiness, reference, succession, trainer, upload, vault,
};

/// The root fields of every aggregate.
pub const ROOTS: &[&[Root]] = &[
    reference::graphql::ROOTS,
    organisation::graphql::ROOTS,
    licence::graphql::ROOTS,
    readiness::graphql::ROOTS,
    programme::graphql::ROOTS,
    person::graphql::ROOTS,
    employee::graphql::ROOTS,
    trainer::graphql::ROOTS,
    course::graphql::ROOTS,
    application::graphql::ROOTS,
    enrolment::graphql::ROOTS,
    concern::graphql::ROOTS,
    career::graphql::ROOTS,
    evaluation::graphql::ROOTS,
    credential::graphql::ROOTS,
    succession::graphql::ROOTS,
    employer::graphql::ROOTS,
    import::graphql::ROOTS,
    upload::graphql::ROOTS,
    vault::graphql::ROOTS,
    protection::graphql::ROOTS,
    actor::graphql::ROOTS,
];

/// What holds of the rows of every aggregate.
pub const INVARIANTS: &[&[Invariant]] = &[
    organisation::invariants::QUERIES,
    programme::invariants::QUERIES,
    licence::invariants::QUERIES,
    readiness::invariants::QUERIES,
    person::invariants::QUERIES,
    trainer::invariants::QUERIES,
    course::invariants::QUERIES,
    application::invariants::QUERIES,
    enrolment::invariants::QUERIES,
    concern::invariants::QUERIES,
    career::invariants::QUERIES,
    evaluation::invariants::QUERIES,
    credential::invariants::QUERIES,
    succession::invariants::QUERIES,
    employer::invariants::QUERIES,
    upload::invariants::QUERIES,
    vault::invariants::QUERIES,
    protection::invariants::QUERIES,
    mail::invariants::QUERIES,
];

/// What the service does from time to time.
pub const JOBS: &[&[Job]] = &[
    mail::JOBS,
    readiness::reminders::JOBS,
    upload::sweep::JOBS,
    files::removal::JOBS,
    vault::rotation::JOBS,
    evaluation::JOBS,
    application::JOBS,
    enrolment::JOBS,
    protection::rounds::JOBS,
];

/// Queries that no table answers alone.
#[derive(Default, MergedObject)]
pub struct Computed(
    reference::graphql::ReferenceQueries,
    organisation::graphql::OrganisationQueries,
    course::graphql::CourseQueries,
    enrolment::graphql::EnrolmentQueries,
    career::graphql::CareerQueries,
    evaluation::graphql::EvaluationQueries,
    readiness::graphql::ReadinessQueries,
    application::graphql::EqualityQueries,
    credential::graphql::CredentialQueries,
    protection::graphql::ProtectionQueries,
    actor::graphql::ViewerQueries,
);

/// What can be changed of organisations, licences, readiness and employers.
#[derive(Default, MergedObject)]
pub struct OfOrganisations(
    organisation::graphql::OrganisationMutations,
    licence::graphql::LicencePartnerMutations,
    licence::graphql::LicenceMutations,
    licence::graphql::LicenceQualityMutations,
    readiness::graphql::InstrumentMutations,
    readiness::graphql::ReadinessMutations,
    readiness::graphql::ReadinessValidationMutations,
    readiness::graphql::ReadinessPlanMutations,
    succession::graphql::SuccessionMutations,
    employer::graphql::AgreementMutations,
    employer::graphql::SupportMutations,
    import::graphql::ImportMutations,
);

/// What can be changed of people, trainers and what is kept about them.
#[derive(Default, MergedObject)]
pub struct OfPeople(
    person::graphql::PersonMutations,
    person::graphql::RoleMutations,
    employee::graphql::EmployeeMutations,
    concern::graphql::ConcernMutations,
    trainer::graphql::TrainerMutations,
    trainer::graphql::AccreditationMutations,
    credential::graphql::CredentialMutations,
    upload::graphql::UploadMutations,
    vault::graphql::VaultMutations,
    protection::graphql::ConsentMutations,
    protection::graphql::ProtectionMutations,
);

/// What can be changed of curricula, courses and who is on them.
#[derive(Default, MergedObject)]
pub struct OfCourses(
    programme::graphql::ProgrammeMutations,
    course::graphql::CourseMutations,
    course::graphql::CourseRunningMutations,
    course::graphql::SessionMutations,
    course::graphql::CourseNationalMutations,
    application::graphql::InterestMutations,
    application::graphql::ApplicantMutations,
    application::graphql::SelectionMutations,
    enrolment::graphql::EnrolmentMutations,
    enrolment::graphql::ListMutations,
    enrolment::graphql::AttendanceMutations,
    enrolment::graphql::GraduationMutations,
    enrolment::graphql::WorkMutations,
    career::graphql::CareerMutations,
    career::graphql::SupervisorMutations,
    evaluation::graphql::EvaluationMutations,
);

// Each level of a merged object is one more future on the stack: groups keep it flat.
/// What can be changed.
#[derive(Default, MergedObject)]
#[graphql(name = "Mutation")]
pub struct Mutation(OfOrganisations, OfPeople, OfCourses);
