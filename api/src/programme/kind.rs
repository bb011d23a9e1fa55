//! The types of programmes.

use async_graphql::Enum;

use crate::coded;

coded! {
    /// What a programme trains people for.
    ProgrammeType {
        /// Peer support workers.
        PeerSupportWorker = "PEER_SUPPORT_WORKER",
        /// Supervisors of peer workers.
        Supervisor = "SUPERVISOR",
        /// Volunteers in peer support.
        Volunteer = "VOLUNTEER",
        /// Family ambassadors.
        FamilyAmbassador = "FAMILY_AMBASSADOR",
        /// Peer workers in a specialist field.
        Specialist = "SPECIALIST",
        /// Leaders in peer support.
        Leadership = "LEADERSHIP",
    }
}

impl ProgrammeType {
    /// What it is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::PeerSupportWorker => "peer support worker",
            Self::Supervisor => "supervisor",
            Self::Volunteer => "volunteer",
            Self::FamilyAmbassador => "family ambassador",
            Self::Specialist => "specialist",
            Self::Leadership => "leadership",
        }
    }
}

/// What a programme trains people for. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[graphql(name = "ProgrammeType", remote = "ProgrammeType")]
pub enum ProgrammeTypeChoice {
    /// Peer support workers.
    PeerSupportWorker,
    /// Supervisors of peer workers.
    Supervisor,
    /// Volunteers in peer support.
    Volunteer,
    /// Family ambassadors.
    FamilyAmbassador,
    /// Peer workers in a specialist field.
    Specialist,
    /// Leaders in peer support.
    Leadership,
}
