//! Domain types of organisations.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::identifier::IdentifierScheme;
use crate::audit::Audited;
use crate::calendar::Period;
use crate::coded;

coded! {
    /// What kind of body an organisation is.
    Kind {
        /// NHS trust.
        NhsTrust = "NHS_TRUST",
        /// NHS foundation trust.
        NhsFoundationTrust = "NHS_FOUNDATION_TRUST",
        /// Integrated care board as a member of the network.
        Icb = "ICB",
        /// Voluntary, community or social enterprise.
        Vcse = "VCSE",
        /// Community interest company.
        Cic = "CIC",
        /// Local authority.
        LocalAuthority = "LOCAL_AUTHORITY",
        /// Independent provider.
        IndependentProvider = "INDEPENDENT_PROVIDER",
        /// Higher education institution.
        Hei = "HEI",
        /// Further education college.
        FeCollege = "FE_COLLEGE",
        /// Recovery college.
        RecoveryCollege = "RECOVERY_COLLEGE",
        /// National body.
        NationalBody = "NATIONAL_BODY",
        /// Funder of places.
        Funder = "FUNDER",
    }
}

coded! {
    /// Where an organisation stands.
    Status {
        /// Known, and not yet taking part.
        Prospect = "PROSPECT",
        /// Taking part.
        Active = "ACTIVE",
        /// Pausing.
        Dormant = "DORMANT",
        /// Gone, on the day of closure.
        Closed = "CLOSED",
    }
}

coded! {
    /// How one organisation followed another.
    SuccessionKind {
        /// Several became one.
        Merger = "MERGER",
        /// One took over another and went on.
        Acquisition = "ACQUISITION",
        /// One became several.
        Split = "SPLIT",
        /// The same body under another name, as a new record.
        Rename = "RENAME",
        /// The same body under another code, as a new record.
        CodeChange = "CODE_CHANGE",
        /// It ended and nothing followed.
        Closure = "CLOSURE",
    }
}

/// A step of an organisation's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin, or go on after a pause.
    Activate,
    /// Pause.
    MakeDormant,
    /// End.
    Close,
}

impl Status {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Prospect | Self::Dormant, Command::Activate) => Some(Self::Active),
            (Self::Active, Command::MakeDormant) => Some(Self::Dormant),
            (Self::Active | Self::Dormant, Command::Close) => Some(Self::Closed),
            (Self::Active, Command::Activate)
            | (Self::Prospect | Self::Dormant, Command::MakeDormant)
            | (Self::Prospect, Command::Close)
            | (Self::Closed, _) => None,
        }
    }
}

impl Kind {
    /// Whether bodies of this kind belong to the NHS in England and so need a host board.
    #[must_use]
    pub const fn is_nhs_provider(self) -> bool {
        matches!(self, Self::NhsTrust | Self::NhsFoundationTrust)
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Organisation {
    /// Identifier.
    pub id: Uuid,
    /// Legal name today.
    pub name: String,
    /// Short name.
    pub short_name: Option<String>,
    /// What kind of body it is.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
    /// Known from reference data only: not a member of the network.
    pub reference_only: bool,
    /// Whether it may be licensed to deliver training.
    pub delivers: bool,
    /// Whether it employs or places peer workers.
    pub employs: bool,
    /// The organisation above it.
    pub parent_id: Option<Uuid>,
    /// Address lines, one a line.
    pub address: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// First day of its life, where known.
    pub opened_on: Option<NaiveDate>,
    /// The day from which it is closed.
    pub closed_on: Option<NaiveDate>,
    /// Why it closed.
    pub closure_reason: Option<String>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Organisation {
    const TYPE: &'static str = "organisation";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// An identifier with the days on which it was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// Its scheme.
    pub scheme: IdentifierScheme,
    /// Its value, normalised.
    pub value: String,
    /// When it was held.
    pub period: Period,
    /// When and by whom it was verified at its source.
    pub verified: Option<(DateTime<Utc>, String)>,
}

/// An integrated care board, as far as memberships need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// Identifier.
    pub id: Uuid,
    /// Its region.
    pub region_id: Uuid,
    /// When it exists.
    pub period: Period,
}

/// A membership of a board or a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The row.
    pub id: Uuid,
    /// The board or region.
    pub target: Uuid,
    /// When it holds.
    pub period: Period,
}

coded! {
    /// Where a place on the unassigned list stands.
    AssignmentStatus {
        /// A person has to choose a board.
        Open = "OPEN",
        /// A board was chosen.
        Assigned = "ASSIGNED",
        /// The organisation closed before a board was chosen.
        Lapsed = "LAPSED",
    }
}

/// A place on the unassigned list: the board was split, and a person has to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardAssignment {
    /// Identifier.
    pub id: Uuid,
    /// The organisation without a board.
    pub organisation_id: Uuid,
    /// The board that was split.
    pub previous_board_id: Uuid,
    /// The first day without a board.
    pub since: NaiveDate,
    /// Where it stands.
    pub status: AssignmentStatus,
    /// The board that was chosen.
    pub assigned_board_id: Option<Uuid>,
    /// When it came to the list.
    pub created_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for BoardAssignment {
    const TYPE: &'static str = "board_assignment";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_of_an_organisation_has_these_steps_and_no_others() {
        use Command::{Activate, Close, MakeDormant};
        let allowed = [
            (Status::Prospect, Activate, Status::Active),
            (Status::Active, MakeDormant, Status::Dormant),
            (Status::Dormant, Activate, Status::Active),
            (Status::Active, Close, Status::Closed),
            (Status::Dormant, Close, Status::Closed),
        ];
        for &from in Status::ALL {
            for command in [Activate, MakeDormant, Close] {
                let expected = allowed
                    .iter()
                    .find(|(status, step, _)| *status == from && *step == command)
                    .map(|(_, _, to)| *to);
                assert_eq!(from.after(command), expected, "{from:?} {command:?}");
            }
        }
    }
}
