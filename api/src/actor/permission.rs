//! Who may do what: one table.

use super::role::Role::{self, *};

/// Something that an actor may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Register an organisation, change it, record successions.
    ManageOrganisations,
    /// Choose the board of an organisation whose board was split.
    AssignBoards,
    /// See and decide differences between a published file and the register.
    DecideProposals,
    /// See what was imported, when and with what result.
    SeeImports,
    /// See the list of organisations without a board.
    SeeUnassigned,
    /// See who verified an identifier and when.
    SeeVerification,
    /// See the audit trail of the own organisation, or of all for the nation.
    SeeAudit,
    /// See who holds which role, in the own organisation or in all for the nation.
    SeeGrants,
    /// Grant and withdraw roles: all, or some in the own organisation.
    GrantRoles,
    /// See applications for licences, and conditions, decisions, variations, reviews and appeals.
    SeeLicences,
    /// Write an application for a licence.
    DraftLicences,
    /// Sign for the organisation: submit, withdraw, surrender, appeal.
    SignLicences,
    /// Review applications, propose grants and variations, bridge licences.
    ReviewLicences,
    /// Confirm what another proposed, settle conditions, decide appeals, take part in revocations.
    DecideLicences,
    /// Suspend and reinstate licences, record quality reviews.
    OverseeQuality,
    /// See programme versions that are not published, of the own organisation, or of all for the nation.
    SeeProgrammeDrafts,
    /// Add programmes and draft their versions, for the own organisation or for the nation.
    DraftProgrammes,
    /// Publish and retire programme versions.
    PublishProgrammes,
    /// See people whose records the own organisation keeps, or all for the nation.
    SeePeople,
    /// Register people and keep their records, in the own organisation or for the nation.
    ManagePeople,
    /// Decide whether two records are of one person, and whose an account is.
    ResolveDuplicates,
    /// See unlisted trainers with accreditation and evidence: the own organisation's, or all.
    SeeTrainers,
    /// Register trainers and their affiliations.
    ManageTrainers,
    /// Nominate a trainer of the own organisation for accreditation.
    NominateTrainers,
    /// Record observations, evidence and standardisation events.
    AssessTrainers,
    /// Accredit, suspend, reinstate, withdraw and renew.
    AccreditTrainers,
    /// Decide about the own profile as a trainer, and resign.
    BeTrainer,
    /// See courses that are not open to everyone: delivered, hosted or shared by the own organisation, or all.
    SeeCourses,
    /// Plan courses of the own organisation, say who teaches, open and hold them.
    PlanCourses,
    /// Complete courses of the own organisation.
    CompleteCourses,
    /// Call off courses that have not begun.
    CancelCourses,
    /// Approve proposed courses, or return them.
    ApproveCourses,
    /// Close courses, call off those that have begun, let them be taught out, give credit that was left open.
    OverseeCourses,
    /// See agreements with employers, supervision on offer and the toolkit: the own organisation's, or all.
    SeeEmployers,
    /// See whom to ask at organisations, by name: at the own and its partners, or at all.
    SeeContacts,
    /// Propose, decline and withdraw agreements with employers for the own organisation.
    ArrangePlacements,
    /// Accept and end agreements with employers for the own organisation.
    SignAgreements,
    /// Record contacts, offers of supervision and the toolkit, for the own organisation or any.
    RecordSupport,
}

/// The roles that hold each permission. A role counts only within the scope of its grant: a
/// coordinator sees the audit trail of the own organisation, a data protection officer of all.
pub const TABLE: [(Permission, &[Role]); 38] = [
    (Permission::ManageOrganisations, &[LicensingOfficer]),
    (Permission::AssignBoards, &[LicensingOfficer]),
    (Permission::DecideProposals, &[LicensingOfficer]),
    (Permission::SeeImports, &[LicensingOfficer, Analyst]),
    (
        Permission::SeeUnassigned,
        &[
            PartnerCoordinator,
            PartnerSignatory,
            LicensingOfficer,
            QualityLead,
            Analyst,
            FundingOfficer,
            FundingApprover,
        ],
    ),
    (
        Permission::SeeVerification,
        &[PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead],
    ),
    (Permission::SeeAudit, &[PartnerCoordinator, PartnerSignatory, DataProtectionOfficer]),
    (
        Permission::SeeGrants,
        &[PartnerCoordinator, PartnerSignatory, LicensingOfficer, DataProtectionOfficer],
    ),
    (Permission::GrantRoles, &[PartnerCoordinator, PartnerSignatory, LicensingOfficer]),
    (
        Permission::SeeLicences,
        &[PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead],
    ),
    (Permission::DraftLicences, &[PartnerCoordinator, PartnerSignatory]),
    (Permission::SignLicences, &[PartnerSignatory]),
    (Permission::ReviewLicences, &[LicensingOfficer]),
    (Permission::DecideLicences, &[LicensingOfficer, QualityLead]),
    (Permission::OverseeQuality, &[QualityLead]),
    (
        Permission::SeeProgrammeDrafts,
        &[
            Trainer,
            LeadTrainer,
            PartnerCoordinator,
            PartnerSignatory,
            LicensingOfficer,
            QualityLead,
            Analyst,
            FundingOfficer,
            FundingApprover,
        ],
    ),
    (Permission::DraftProgrammes, &[LeadTrainer, PartnerCoordinator, QualityLead]),
    (Permission::PublishProgrammes, &[QualityLead]),
    (
        Permission::SeePeople,
        &[
            LeadTrainer,
            PartnerCoordinator,
            PartnerSignatory,
            LicensingOfficer,
            DataProtectionOfficer,
        ],
    ),
    (Permission::ManagePeople, &[PartnerCoordinator, PartnerSignatory, LicensingOfficer]),
    (Permission::ResolveDuplicates, &[LicensingOfficer]),
    (Permission::SeeTrainers, &[LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead]),
    (Permission::ManageTrainers, &[LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead]),
    (Permission::NominateTrainers, &[LeadTrainer]),
    (Permission::AssessTrainers, &[LeadTrainer, QualityLead]),
    (Permission::AccreditTrainers, &[QualityLead]),
    (Permission::BeTrainer, &[Trainer, LeadTrainer]),
    (
        Permission::SeeCourses,
        &[
            LeadTrainer,
            PartnerCoordinator,
            PartnerSignatory,
            LicensingOfficer,
            QualityLead,
            Analyst,
            FundingOfficer,
            FundingApprover,
            DataProtectionOfficer,
        ],
    ),
    (Permission::PlanCourses, &[LeadTrainer, PartnerCoordinator]),
    (Permission::CompleteCourses, &[LeadTrainer]),
    (Permission::CancelCourses, &[PartnerCoordinator, QualityLead]),
    (Permission::ApproveCourses, &[LicensingOfficer]),
    (Permission::OverseeCourses, &[QualityLead]),
    (
        Permission::SeeEmployers,
        &[
            PartnerCoordinator,
            PartnerSignatory,
            LicensingOfficer,
            QualityLead,
            Analyst,
            FundingOfficer,
            FundingApprover,
            DataProtectionOfficer,
        ],
    ),
    (
        Permission::SeeContacts,
        &[
            PartnerCoordinator,
            PartnerSignatory,
            LicensingOfficer,
            QualityLead,
            DataProtectionOfficer,
        ],
    ),
    (Permission::ArrangePlacements, &[PartnerCoordinator, PartnerSignatory]),
    (Permission::SignAgreements, &[PartnerSignatory]),
    (Permission::RecordSupport, &[PartnerCoordinator, PartnerSignatory, LicensingOfficer]),
];

impl Permission {
    /// Whether only roles of the national team hold this permission.
    #[must_use]
    pub fn is_national(self) -> bool {
        self.roles().iter().all(|role| role.may_be_national())
    }

    /// The roles that hold this permission.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        TABLE.iter().find(|(permission, _)| *permission == self).map_or(&[], |(_, roles)| roles)
    }
}
