//! Who may do what: one table.

use super::role::Role::{self, *};

/// The table, given to the macro `$then`: each permission, the function that shows something to those who
/// hold it, and the roles that do. A role counts only within the scope of its grant: a coordinator sees the
/// audit trail of the own organisation, a data protection officer of all.
macro_rules! with_permissions {
    ($then:ident) => {
        $then! {
            /// Register an organisation, change it, record successions.
            ManageOrganisations as manage_organisations: [LicensingOfficer];
            /// Choose the board of an organisation whose board was split.
            AssignBoards as assign_boards: [LicensingOfficer];
            /// See and decide differences between a published file and the register.
            DecideProposals as decide_proposals: [LicensingOfficer];
            /// See what was imported, when and with what result.
            SeeImports as see_imports: [LicensingOfficer, Analyst];
            /// See the list of organisations without a board.
            SeeUnassigned as see_unassigned: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead, Analyst,
                FundingOfficer, FundingApprover,
            ];
            /// See who verified an identifier and when.
            SeeVerification as see_verification: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead,
            ];
            /// See the audit trail of the own organisation, or of all for the nation.
            SeeAudit as see_audit: [PartnerCoordinator, PartnerSignatory, DataProtectionOfficer];
            /// See who holds which role, in the own organisation or in all for the nation.
            SeeGrants as see_grants: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, DataProtectionOfficer,
            ];
            /// Grant and withdraw roles: all, or some in the own organisation.
            GrantRoles as grant_roles: [PartnerCoordinator, PartnerSignatory, LicensingOfficer];
            /// See applications for licences, and conditions, decisions, variations, reviews and appeals.
            SeeLicences as see_licences: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead,
            ];
            /// Write an application for a licence.
            DraftLicences as draft_licences: [PartnerCoordinator, PartnerSignatory];
            /// Sign for the organisation: submit, withdraw, surrender, appeal.
            SignLicences as sign_licences: [PartnerSignatory];
            /// Review applications, propose grants and variations, bridge licences.
            ReviewLicences as review_licences: [LicensingOfficer];
            /// Confirm what another proposed, settle conditions, decide appeals, take part in revocations.
            DecideLicences as decide_licences: [LicensingOfficer, QualityLead];
            /// Suspend and reinstate licences, record quality reviews.
            OverseeQuality as oversee_quality: [QualityLead];
            /// See programme versions that are not published, of the own organisation, or of all for the nation.
            SeeProgrammeDrafts as see_programme_drafts: [
                Trainer, LeadTrainer, PartnerCoordinator, PartnerSignatory, LicensingOfficer,
                QualityLead, Analyst, FundingOfficer, FundingApprover,
            ];
            /// Add programmes and draft their versions, for the own organisation or for the nation.
            DraftProgrammes as draft_programmes: [LeadTrainer, PartnerCoordinator, QualityLead];
            /// Publish and retire programme versions.
            PublishProgrammes as publish_programmes: [QualityLead];
            /// See people whose records the own organisation keeps, or all for the nation.
            SeePeople as see_people: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, LicensingOfficer,
                DataProtectionOfficer,
            ];
            /// Register people and keep their records, in the own organisation or for the nation.
            ManagePeople as manage_people: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer,
            ];
            /// Decide whether two records are of one person, and whose an account is.
            ResolveDuplicates as resolve_duplicates: [LicensingOfficer];
            /// See unlisted trainers with accreditation and evidence: the own organisation's, or all.
            SeeTrainers as see_trainers: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead,
            ];
            /// Register trainers and their affiliations.
            ManageTrainers as manage_trainers: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead,
            ];
            /// Nominate a trainer of the own organisation for accreditation.
            NominateTrainers as nominate_trainers: [LeadTrainer];
            /// Record observations, evidence and standardisation events.
            AssessTrainers as assess_trainers: [LeadTrainer, QualityLead];
            /// Accredit, suspend, reinstate, withdraw and renew.
            AccreditTrainers as accredit_trainers: [QualityLead];
            /// Decide about the own profile as a trainer, and resign.
            BeTrainer as be_trainer: [Trainer, LeadTrainer];
            /// See courses that are not open to everyone: delivered, hosted or shared by the own organisation, or all.
            SeeCourses as see_courses: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead,
                Analyst, FundingOfficer, FundingApprover, DataProtectionOfficer,
            ];
            /// Plan courses of the own organisation, say who teaches, open and hold them.
            PlanCourses as plan_courses: [LeadTrainer, PartnerCoordinator];
            /// Complete courses of the own organisation.
            CompleteCourses as complete_courses: [LeadTrainer];
            /// Call off courses that have not begun.
            CancelCourses as cancel_courses: [PartnerCoordinator, QualityLead];
            /// Approve proposed courses, or return them.
            ApproveCourses as approve_courses: [LicensingOfficer];
            /// Close courses, call off those that have begun, let them be taught out, give credit that was left open.
            OverseeCourses as oversee_courses: [QualityLead];
            /// See agreements with employers, supervision on offer and the toolkit: the own organisation's, or all.
            SeeEmployers as see_employers: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead, Analyst,
                FundingOfficer, FundingApprover, DataProtectionOfficer,
            ];
            /// See whom to ask at organisations, by name: at the own and its partners, or at all.
            SeeContacts as see_contacts: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead,
                DataProtectionOfficer,
            ];
            /// Propose, decline and withdraw agreements with employers for the own organisation.
            ArrangePlacements as arrange_placements: [PartnerCoordinator, PartnerSignatory];
            /// Accept and end agreements with employers for the own organisation.
            SignAgreements as sign_agreements: [PartnerSignatory];
            /// Record contacts, offers of supervision and the toolkit, for the own organisation or any.
            RecordSupport as record_support: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer,
            ];
            /// Draft, publish and retire the instruments by which readiness is assessed.
            ManageInstruments as manage_instruments: [QualityLead];
            /// See assessments of readiness and action plans: the own organisation's, or all.
            SeeReadiness as see_readiness: [
                PartnerCoordinator, PartnerSignatory, LicensingOfficer, QualityLead, Analyst,
                FundingOfficer, FundingApprover, DataProtectionOfficer,
            ];
            /// Begin and answer assessments of the own organisation, and keep its action plan.
            DraftReadiness as draft_readiness: [PartnerCoordinator, PartnerSignatory];
            /// Sign an assessment of the own organisation.
            SignReadiness as sign_readiness: [PartnerSignatory];
            /// Score the assessments that are assigned to oneself.
            ReviewReadiness as review_readiness: [Reviewer];
            /// Give an assessment back to its organisation: one that is assigned, or any for the nation.
            ReturnReadiness as return_readiness: [Reviewer, QualityLead];
            /// Assign reviewers, validate and invalidate assessments.
            ValidateReadiness as validate_readiness: [QualityLead];
            /// Send files for records of the own organisation.
            UploadFiles as upload_files: [PartnerCoordinator, PartnerSignatory];
            /// See credentials of other people: of what the own organisation delivered or holds, or all.
            SeeCredentials as see_credentials: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead, DataProtectionOfficer,
            ];
            /// Say whether the public may be told the name on an own credential.
            HoldCredentials as hold_credentials: [
                Applicant, Trainee, Supervisor, Trainer, LeadTrainer,
            ];
            /// Let a credential be issued again: an own one, or any.
            ReissueCredentials as reissue_credentials: [
                Applicant, Trainee, Supervisor, Trainer, LeadTrainer, QualityLead,
            ];
            /// Suspend, reinstate and revoke the credentials of graduates.
            DecideCredentials as decide_credentials: [QualityLead];
            /// Open what applicants and referees wrote, and notes of a selection, in the own organisation.
            OpenSelection as open_selection: [LeadTrainer, PartnerCoordinator];
            /// See applications, and who came forward, of the nation.
            SeeApplications as see_applications: [QualityLead, Analyst];
            /// See who applied, by name.
            SeeApplicants as see_applicants: [LeadTrainer, PartnerCoordinator, QualityLead];
            /// Select who gets a place on courses of the own organisation.
            SelectApplicants as select_applicants: [LeadTrainer, PartnerCoordinator];
            /// See what applicants answered for the monitoring of equality, as disclosed figures.
            SeeEquality as see_equality: [
                PartnerCoordinator, PartnerSignatory, QualityLead, Analyst,
            ];
            /// Answer people who ask what is kept about them, and see who read it.
            AnswerRightsRequests as answer_rights_requests: [DataProtectionOfficer];
            /// See who is on which course: of the own organisation, or by name of all.
            SeeEnrolments as see_enrolments: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead, DataProtectionOfficer,
            ];
            /// See where the people stand whom the own organisation sponsors.
            SeeSponsored as see_sponsored: [PartnerCoordinator, PartnerSignatory];
            /// See enrolments of the nation without names.
            AnalyseEnrolments as analyse_enrolments: [Analyst];
            /// Give people places on courses of the own organisation, and look after their enrolments.
            EnrolPeople as enrol_people: [LeadTrainer, PartnerCoordinator];
            /// Decide about held enrolments, transfers between organisations, waivers, and graduation against the rule.
            OverseeEnrolments as oversee_enrolments: [QualityLead];
            /// Record who attended a session: on courses of the own organisation, or on any.
            RecordAttendance as record_attendance: [LeadTrainer, PartnerCoordinator, QualityLead];
            /// Record who attended a session of a course that one teaches on.
            TeachCourses as teach_courses: [Trainer, LeadTrainer];
            /// Record who attended a session, in whichever of these ways.
            RecordOwnAttendance as record_own_attendance: [
                Trainer, LeadTrainer, PartnerCoordinator, QualityLead,
            ];
            /// Let people go on in another course: of the own organisation, or of any.
            TransferPeople as transfer_people: [LeadTrainer, PartnerCoordinator, QualityLead];
            /// Confirm hours of placements: of those whom one supervises, or of the own organisation.
            ConfirmHours as confirm_hours: [Supervisor, Trainer, LeadTrainer, PartnerCoordinator];
            /// Decide what the rule of a version finds of somebody.
            DecideGraduation as decide_graduation: [LeadTrainer, QualityLead];
            /// Mark what trainees of the own organisation hand in.
            MarkAssignments as mark_assignments: [Trainer, LeadTrainer];
            /// Look over marks that others gave.
            ModerateAssignments as moderate_assignments: [LeadTrainer, QualityLead];
            /// Note supervision and confirm hours of the people whom one supervises.
            SupervisePeople as supervise_people: [Supervisor, Trainer, LeadTrainer];
            /// See where graduates went: of courses of the own organisation, or of all.
            SeeDestinations as see_destinations: [LeadTrainer, PartnerCoordinator, QualityLead];
            /// Record where graduates of the own organisation's courses went.
            RecordDestinations as record_destinations: [LeadTrainer, PartnerCoordinator];
            /// See where the nation's graduates went, as figures.
            AnalyseDestinations as analyse_destinations: [QualityLead, Analyst];
            /// See how many minutes people developed whose records the own organisation keeps.
            SeeDevelopmentTotals as see_development_totals: [PartnerCoordinator];
            /// See accredited peer supervisors: whom the own organisation confirmed, or all.
            SeeSupervisors as see_supervisors: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead,
            ];
            /// Confirm peer supervisors for the own organisation, and give them another term.
            ConfirmSupervisors as confirm_supervisors: [LeadTrainer, PartnerCoordinator];
            /// Suspend, reinstate and withdraw accreditations of peer supervisors: of the own organisation, or of any.
            AccreditSupervisors as accredit_supervisors: [
                LeadTrainer, PartnerCoordinator, QualityLead,
            ];
            /// See what trainees said of courses, as disclosed figures: of the own organisation, or of all.
            SeeEvaluations as see_evaluations: [
                LeadTrainer, PartnerCoordinator, PartnerSignatory, QualityLead, Analyst,
            ];
            /// Publish questionnaires for the end of courses, and read what trainees wrote.
            OverseeEvaluations as oversee_evaluations: [QualityLead];
            /// Decide how long data are kept, holds, restrictions and erasures.
            ProtectData as protect_data: [DataProtectionOfficer];
        }
    };
}
pub(crate) use with_permissions;

macro_rules! declare {
    ($($(#[doc = $doc:literal])+ $name:ident as $shown:ident: [$($role:ident),* $(,)?];)+) => {
        /// Something that an actor may be allowed to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission { $($(#[doc = $doc])+ $name,)+ }

        impl Permission {
            /// The roles that hold this permission.
            #[must_use]
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$($role),*],)+ }
            }
        }
    };
}

with_permissions!(declare);

impl Permission {
    /// Whether only roles of the national team hold this permission.
    #[must_use]
    pub fn is_national(self) -> bool {
        self.roles().iter().all(|role| role.may_be_national())
    }
}
