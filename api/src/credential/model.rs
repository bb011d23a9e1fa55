//! A credential and its states: transitions are pure and total.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::Audited;
use crate::coded;
use crate::programme::kind::ProgrammeType;

coded! {
    /// What a credential is about.
    Kind {
        /// Somebody graduated from a course.
        Graduation = "GRADUATION",
        /// A trainer is accredited.
        TrainerAccreditation = "TRAINER_ACCREDITATION",
        /// An organisation holds a licence.
        OrganisationLicence = "ORGANISATION_LICENCE",
    }
}

coded! {
    /// What people decided about a credential. What follows from dates and erasure is a [`Status`].
    State {
        /// Issued.
        Issued = "ISSUED",
        /// Not to be relied on at present.
        Suspended = "SUSPENDED",
        /// Taken away.
        Revoked = "REVOKED",
        /// Another took its place.
        Superseded = "SUPERSEDED",
    }
}

coded! {
    /// What a credential is worth on a day.
    Status {
        /// It holds.
        Valid = "VALID",
        /// It does not hold yet.
        NotYetValid = "NOT_YET_VALID",
        /// Not to be relied on at present.
        Suspended = "SUSPENDED",
        /// Taken away.
        Revoked = "REVOKED",
        /// Another took its place.
        Superseded = "SUPERSEDED",
        /// Its time is over.
        Expired = "EXPIRED",
        /// It holds; who it is for was erased.
        Redacted = "REDACTED",
        /// The text that is kept is not what was signed: nothing of it is to be relied on.
        Invalid = "INVALID",
    }
}

coded! {
    /// Why a credential was revoked: fit to be told to everyone.
    Reason {
        /// It should not have been issued.
        IssuedInError = "ISSUED_IN_ERROR",
        /// The decision behind it was changed.
        DecisionReversed = "DECISION_REVERSED",
        /// It was not come by honestly.
        ObtainedImproperly = "OBTAINED_IMPROPERLY",
        /// The accreditation or licence was taken away.
        Withdrawn = "WITHDRAWN",
        /// The holder gave it up.
        GivenUp = "GIVEN_UP",
    }
}

impl Reason {
    /// What everyone is told.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::IssuedInError => "it should not have been issued",
            Self::DecisionReversed => "the decision behind it was changed",
            Self::ObtainedImproperly => "it was not come by honestly",
            Self::Withdrawn => "the accreditation or licence was taken away",
            Self::GivenUp => "the holder gave it up",
        }
    }

    /// Whether somebody gives it; the others follow from an accreditation or a licence.
    #[must_use]
    pub const fn is_given(self) -> bool {
        matches!(self, Self::IssuedInError | Self::DecisionReversed | Self::ObtainedImproperly)
    }
}

/// A step of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take it out of use for a time; of a revoked one, while an appeal is open.
    Suspend,
    /// Put it back into use.
    Reinstate,
    /// Take it away.
    Revoke,
    /// Let another take its place.
    Supersede,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Suspend, Self::Reinstate, Self::Revoke, Self::Supersede];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Issued | Self::Revoked, Command::Suspend) => Some(Self::Suspended),
            (Self::Suspended, Command::Reinstate) => Some(Self::Issued),
            (Self::Issued | Self::Suspended, Command::Revoke) => Some(Self::Revoked),
            (Self::Issued | Self::Suspended, Command::Supersede) => Some(Self::Superseded),
            (Self::Superseded, _)
            | (Self::Issued, Command::Reinstate)
            | (Self::Suspended, Command::Suspend)
            | (Self::Revoked, Command::Reinstate | Command::Revoke | Command::Supersede) => None,
        }
    }

    /// The next step from here to `wanted`; `None` if it is there, or nothing leads there.
    #[must_use]
    pub const fn towards(self, wanted: Self) -> Option<Command> {
        match (self, wanted) {
            (Self::Superseded, _)
            | (Self::Issued, Self::Issued)
            | (Self::Suspended, Self::Suspended)
            | (Self::Revoked, Self::Revoked | Self::Superseded) => None,
            (Self::Issued, Self::Suspended) | (Self::Revoked, Self::Suspended | Self::Issued) => {
                Some(Command::Suspend)
            }
            (Self::Suspended, Self::Issued) => Some(Command::Reinstate),
            (Self::Issued | Self::Suspended, Self::Revoked) => Some(Command::Revoke),
            (Self::Issued | Self::Suspended, Self::Superseded) => Some(Command::Supersede),
        }
    }
}

/// What a credential stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ground {
    /// The decision that somebody graduated from a course on a version of a programme.
    Graduation {
        /// The course.
        course_id: Uuid,
        /// The version of the programme.
        programme_version_id: Uuid,
        /// The decision; none once the person was taken out of what it was about.
        decision_id: Option<Uuid>,
    },
    /// An accreditation.
    Accreditation {
        /// It.
        accreditation_id: Uuid,
    },
    /// A licence.
    Licence {
        /// It.
        licence_id: Uuid,
    },
}

impl Ground {
    /// What a credential on this ground is about.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Graduation { .. } => Kind::Graduation,
            Self::Accreditation { .. } => Kind::TrainerAccreditation,
            Self::Licence { .. } => Kind::OrganisationLicence,
        }
    }
}

/// Where a credential stands in the published lists of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The list: the year of issue.
    pub list: i32,
    /// The bit.
    pub index: i32,
}

/// A credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// Identifier.
    pub id: Uuid,
    /// By what the public knows it.
    pub public_token: String,
    /// What it stands on.
    #[serde(flatten)]
    pub ground: Ground,
    /// The organisation that delivered, nominated or holds.
    pub organisation_id: Uuid,
    /// What that was called.
    pub organisation_name: String,
    /// The person that holds it; none for an organisation.
    pub person_id: Option<Uuid>,
    /// What the holder was called; none once superseded or erased.
    pub holder_name: Option<String>,
    /// What it was for, unless it is for several.
    pub programme_type: Option<ProgrammeType>,
    /// What it says that was achieved.
    pub title: String,
    /// The number of the version, of the accreditation's level or of the licence.
    pub edition: String,
    /// When it was decided.
    pub awarded_on: NaiveDate,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// First day.
    pub valid_from: NaiveDate,
    /// The day from which it no longer holds.
    pub valid_until: Option<NaiveDate>,
    /// What people decided.
    pub state: State,
    /// Since when.
    pub state_on: NaiveDate,
    /// Why it was revoked; kept while an appeal suspends it.
    pub reason: Option<Reason>,
    /// When its holder was erased.
    pub redacted_on: Option<NaiveDate>,
    /// The credential whose place it took.
    pub supersedes_id: Option<Uuid>,
    /// Whether the public may be told the holder's name.
    pub listed: bool,
    /// Its bit in the published lists.
    #[serde(flatten)]
    pub place: Place,
    /// The signed text; none once superseded or erased.
    pub jwt: Option<String>,
    /// SHA-256 of the signed text, in lower-case hexadecimal.
    pub jwt_sha256: String,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Credential {
    /// What it is worth on the day `on`. The status that can be read is the same rule in SQL.
    #[must_use]
    pub fn status(&self, on: NaiveDate) -> Status {
        match self.state {
            State::Revoked => Status::Revoked,
            State::Superseded => Status::Superseded,
            State::Suspended => Status::Suspended,
            State::Issued if self.valid_until.is_some_and(|until| until <= on) => Status::Expired,
            State::Issued if on < self.valid_from => Status::NotYetValid,
            State::Issued if self.redacted_on.is_some() => Status::Redacted,
            State::Issued => Status::Valid,
        }
    }

    /// The reason that everyone is told.
    #[must_use]
    pub fn told_reason(&self) -> Option<Reason> {
        self.reason.filter(|_| self.state == State::Revoked)
    }

    /// The same without the holder's name and the text that holds it.
    #[must_use]
    pub fn nameless(self) -> Self {
        Self { holder_name: None, jwt: None, listed: false, ..self }
    }
}

impl Audited for Credential {
    const TYPE: &'static str = "credential";

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

    /// The life of a credential, written down a second time.
    const LIFE: [(State, Command, State); 7] = [
        (State::Issued, Command::Suspend, State::Suspended),
        (State::Issued, Command::Revoke, State::Revoked),
        (State::Issued, Command::Supersede, State::Superseded),
        (State::Suspended, Command::Reinstate, State::Issued),
        (State::Suspended, Command::Revoke, State::Revoked),
        (State::Suspended, Command::Supersede, State::Superseded),
        (State::Revoked, Command::Suspend, State::Suspended),
    ];

    #[test]
    fn the_life_of_a_credential_has_these_steps_and_no_others() {
        for &from in State::ALL {
            for command in Command::ALL {
                let to = LIFE.iter().find(|(f, c, _)| *f == from && *c == command);
                assert_eq!(from.after(command), to.map(|(.., to)| *to), "{from:?} {command:?}");
            }
        }
    }

    #[test]
    fn steps_towards_a_state_lead_there_but_from_what_is_superseded_or_to_its_place() {
        for &from in State::ALL {
            for &wanted in State::ALL {
                let mut state = from;
                for _ in 0..State::ALL.len() {
                    let Some(command) = state.towards(wanted) else { break };
                    state = state.after(command).expect("a step that exists");
                }
                let stays = from == State::Superseded
                    || (from, wanted) == (State::Revoked, State::Superseded);
                assert_eq!(state, if stays { from } else { wanted }, "{from:?} {wanted:?}");
            }
        }
    }
}
