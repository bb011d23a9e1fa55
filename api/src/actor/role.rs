//! The roles of the network.

/// A role that a person or an integration can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Applicant: the own application.
    Applicant,
    /// Trainee: the own enrolment.
    Trainee,
    /// Peer supervisor: the people supervised.
    Supervisor,
    /// Trainer: the courses taught.
    Trainer,
    /// Lead trainer: the courses led, and trainers of the own organisation.
    LeadTrainer,
    /// Partner coordinator of an organisation.
    PartnerCoordinator,
    /// Partner signatory: the accountable officer of an organisation.
    PartnerSignatory,
    /// Readiness reviewer with lived experience: assigned assessments.
    Reviewer,
    /// National licensing officer.
    LicensingOfficer,
    /// National quality lead.
    QualityLead,
    /// National analyst.
    Analyst,
    /// Funding officer, of the nation or of a region.
    FundingOfficer,
    /// Funding approver, of the nation or of a region.
    FundingApprover,
    /// Data protection officer.
    DataProtectionOfficer,
    /// Integration client: a machine with the scopes given to it.
    Integration,
}

impl Role {
    /// Every role. The anonymous public holds none.
    pub const ALL: [Self; 15] = [
        Self::Applicant,
        Self::Trainee,
        Self::Supervisor,
        Self::Trainer,
        Self::LeadTrainer,
        Self::PartnerCoordinator,
        Self::PartnerSignatory,
        Self::Reviewer,
        Self::LicensingOfficer,
        Self::QualityLead,
        Self::Analyst,
        Self::FundingOfficer,
        Self::FundingApprover,
        Self::DataProtectionOfficer,
        Self::Integration,
    ];

    /// The role's code, as stored and as printed by `token`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Applicant => "APP",
            Self::Trainee => "TRN",
            Self::Supervisor => "SUP",
            Self::Trainer => "TNR",
            Self::LeadTrainer => "LTR",
            Self::PartnerCoordinator => "PCO",
            Self::PartnerSignatory => "PSG",
            Self::Reviewer => "RVW",
            Self::LicensingOfficer => "NLO",
            Self::QualityLead => "NQL",
            Self::Analyst => "NAN",
            Self::FundingOfficer => "FNO",
            Self::FundingApprover => "FNA",
            Self::DataProtectionOfficer => "DPO",
            Self::Integration => "INT",
        }
    }

    /// What the role is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Trainee => "trainee",
            Self::Supervisor => "peer supervisor",
            Self::Trainer => "trainer",
            Self::LeadTrainer => "lead trainer",
            Self::PartnerCoordinator => "partner coordinator",
            Self::PartnerSignatory => "partner signatory",
            Self::Reviewer => "readiness reviewer",
            Self::LicensingOfficer => "national licensing officer",
            Self::QualityLead => "national quality lead",
            Self::Analyst => "national analyst",
            Self::FundingOfficer => "funding officer",
            Self::FundingApprover => "funding approver",
            Self::DataProtectionOfficer => "data protection officer",
            Self::Integration => "integration client",
        }
    }

    /// The role with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether a grant of this role may be for the whole nation.
    #[must_use]
    pub const fn may_be_national(self) -> bool {
        matches!(
            self,
            Self::LicensingOfficer
                | Self::QualityLead
                | Self::Analyst
                | Self::FundingOfficer
                | Self::FundingApprover
                | Self::DataProtectionOfficer
                | Self::Integration
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_leads_back_to_its_role() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        assert_eq!(Role::from_code("PUB"), None, "the public holds no role");
    }
}
