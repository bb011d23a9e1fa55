//! What a programme trains for.

use async_graphql::Enum;
use serde::Serialize;

use crate::coded;

coded! {
    /// What a programme trains for.
    ProgrammeType {
        /// Peer support worker.
        PeerSupportWorker = "PEER_SUPPORT_WORKER",
        /// Supervisor of peer support workers.
        Supervisor = "SUPERVISOR",
        /// Volunteer.
        Volunteer = "VOLUNTEER",
        /// Family ambassador.
        FamilyAmbassador = "FAMILY_AMBASSADOR",
        /// Specialist training.
        Specialist = "SPECIALIST",
        /// Leadership.
        Leadership = "LEADERSHIP",
    }
}

/// What a programme trains for, as the schema has it. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ProgrammeType", remote = "ProgrammeType")]
pub enum ProgrammeTypeCode {
    /// Peer support worker.
    PeerSupportWorker,
    /// Supervisor of peer support workers.
    Supervisor,
    /// Volunteer.
    Volunteer,
    /// Family ambassador.
    FamilyAmbassador,
    /// Specialist training.
    Specialist,
    /// Leadership.
    Leadership,
}
