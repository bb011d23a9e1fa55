//! Domain types of what comes after graduation: transitions are pure and total.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::coded;

coded! {
    /// What somebody does after graduation.
    DestinationKind {
        /// Employed as a peer worker.
        EmployedAsPeerWorker = "EMPLOYED_AS_PEER_WORKER",
        /// Employed as something else.
        EmployedOther = "EMPLOYED_OTHER",
        /// Volunteers.
        Volunteering = "VOLUNTEERING",
        /// Goes on learning.
        FurtherTraining = "FURTHER_TRAINING",
        /// Looks for work.
        Seeking = "SEEKING",
        /// Does not look for work.
        NotSeeking = "NOT_SEEKING",
        /// Did not say.
        NotTold = "NOT_TOLD",
    }
}

impl DestinationKind {
    /// Whether somebody is employed.
    #[must_use]
    pub const fn is_employed(self) -> bool {
        matches!(self, Self::EmployedAsPeerWorker | Self::EmployedOther)
    }

    /// Whether it is somewhere, from some day on.
    #[must_use]
    pub const fn is_engaged(self) -> bool {
        matches!(
            self,
            Self::EmployedAsPeerWorker
                | Self::EmployedOther
                | Self::Volunteering
                | Self::FurtherTraining
        )
    }

    /// Whether a peer role may belong to it.
    #[must_use]
    pub const fn may_be_peer(self) -> bool {
        matches!(self, Self::EmployedAsPeerWorker | Self::Volunteering)
    }
}

coded! {
    /// As which peer somebody works.
    PeerRole {
        /// Peer support worker.
        PeerSupportWorker = "PEER_SUPPORT_WORKER",
        /// Senior peer support worker.
        SeniorPeerSupportWorker = "SENIOR_PEER_SUPPORT_WORKER",
        /// Peer supervisor.
        PeerSupervisor = "PEER_SUPERVISOR",
        /// Peer trainer.
        PeerTrainer = "PEER_TRAINER",
        /// Leads peer support.
        PeerSupportLead = "PEER_SUPPORT_LEAD",
        /// Family ambassador.
        FamilyAmbassador = "FAMILY_AMBASSADOR",
        /// Volunteer.
        Volunteer = "VOLUNTEER",
        /// Another one.
        Other = "OTHER",
    }
}

coded! {
    /// From whom a destination is known.
    Source {
        /// The graduate.
        Graduate = "GRADUATE",
        /// The deliverer knows it.
        Deliverer = "DELIVERER",
        /// The employer.
        Employer = "EMPLOYER",
    }
}

/// What is told of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What somebody does.
    pub kind: DestinationKind,
    /// As which peer.
    pub peer_role: Option<PeerRole>,
    /// The organisation of the network where it is.
    pub employer_id: Option<Uuid>,
    /// The employer outside the network.
    pub employer_name: Option<String>,
    /// Since when.
    pub since: Option<NaiveDate>,
    /// How much of whole time, in hundredths.
    pub wte_hundredths: Option<i32>,
    /// From whom it is known.
    pub source: Source,
}

/// Where somebody went after graduation, as it was told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivered the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// What was told.
    pub told: Told,
    /// So many months after graduation it was asked.
    pub asked_after_months: i32,
    /// On which day.
    pub asked_on: NaiveDate,
    /// The account that recorded it.
    pub recorded_by: Option<Uuid>,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// What it took the place of.
    pub amends_id: Option<Uuid>,
    /// Why it did.
    pub reason: Option<String>,
    /// When another one took its place.
    pub replaced_at: Option<DateTime<Utc>>,
}

impl Audited for Destination {
    const TYPE: &'static str = "graduate_destination";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        if self.replaced_at.is_some() { 2 } else { 1 }
    }
}

coded! {
    /// How somebody developed.
    DevelopmentKind {
        /// A course or a workshop.
        Course = "COURSE",
        /// Supervision that was received.
        Supervision = "SUPERVISION",
        /// Reflection on the own practice.
        Reflection = "REFLECTION",
        /// A conference or a network event.
        Conference = "CONFERENCE",
        /// Reading.
        Reading = "READING",
        /// Watching others at work.
        Shadowing = "SHADOWING",
        /// Teaching others.
        Teaching = "TEACHING",
        /// Another way.
        Other = "OTHER",
    }
}

/// What somebody did to develop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Development {
    /// Identifier.
    pub id: Uuid,
    /// Who did it.
    pub person_id: Uuid,
    /// Who may confirm it.
    pub confirmer_id: Option<Uuid>,
    /// How.
    pub kind: DevelopmentKind,
    /// On which day.
    pub done_on: NaiveDate,
    /// For how long.
    pub minutes: i32,
    /// What it was, in a few words.
    pub title: String,
    /// Who provided it.
    pub provider: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it was confirmed.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Development {
    const TYPE: &'static str = "development_record";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        self.version
    }
}

coded! {
    /// What is stored about where an accreditation stands.
    State {
        /// Confirmed for a term.
        Accredited = "ACCREDITED",
        /// Without effect until it is reinstated or withdrawn.
        Suspended = "SUSPENDED",
        /// Over before its term.
        Withdrawn = "WITHDRAWN",
    }
}

/// Where an accreditation stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Confirmed; the term is not over.
    Accredited,
    /// Confirmed; the term is over.
    Lapsed,
    /// Without effect until it is reinstated or withdrawn.
    Suspended,
    /// Over before its term.
    Withdrawn,
}

/// A step of an accreditation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Take its effect away for a time.
    Suspend,
    /// Give it back.
    Reinstate,
    /// End it.
    Withdraw,
    /// The supervisor gives it up.
    Resign,
    /// Give it another term.
    Renew,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 5] =
        [Self::Suspend, Self::Reinstate, Self::Withdraw, Self::Resign, Self::Renew];
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::Accredited, Self::Lapsed, Self::Suspended, Self::Withdrawn];

    /// As people see it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accredited => "ACCREDITED",
            Self::Lapsed => "LAPSED",
            Self::Suspended => "SUSPENDED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// The state after `command`, or `None` where the step does not exist. As with trainers, what is in force is
    /// suspended before it is withdrawn.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<State> {
        match (self, command) {
            (Self::Accredited, Command::Suspend) => Some(State::Suspended),
            (Self::Suspended, Command::Reinstate)
            | (Self::Accredited | Self::Lapsed, Command::Renew) => Some(State::Accredited),
            (Self::Suspended, Command::Withdraw)
            | (Self::Accredited | Self::Suspended, Command::Resign) => Some(State::Withdrawn),
            (Self::Accredited, Command::Reinstate | Command::Withdraw)
            | (
                Self::Lapsed,
                Command::Suspend | Command::Reinstate | Command::Withdraw | Command::Resign,
            )
            | (Self::Suspended, Command::Suspend | Command::Renew)
            | (Self::Withdrawn, _) => None,
        }
    }
}

/// Somebody whom an organisation confirmed as a peer supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accreditation {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that confirmed.
    pub organisation_id: Uuid,
    /// The supervisor.
    pub person_id: Uuid,
    /// The decision by which the supervisor graduated.
    pub graduation_id: Uuid,
    /// What is stored about where it stands.
    pub state: State,
    /// First day of the term.
    pub valid_from: NaiveDate,
    /// The day from which the term is over.
    pub valid_to: NaiveDate,
    /// The day from which it is over before its term.
    pub ended_on: Option<NaiveDate>,
    /// Whether the supervisor gave it up.
    pub resigned: bool,
    /// The most people to be supervised at once in an organisation.
    pub caseload_max: i32,
    /// The accreditation whose term this one follows.
    pub renews_id: Option<Uuid>,
    /// When it was confirmed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Accreditation {
    const TYPE: &'static str = "supervisor_accreditation";

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

impl Accreditation {
    /// Where it stands on `day`.
    #[must_use]
    pub fn standing(&self, day: NaiveDate) -> Standing {
        match self.state {
            State::Accredited if self.valid_to <= day => Standing::Lapsed,
            State::Accredited => Standing::Accredited,
            State::Suspended => Standing::Suspended,
            State::Withdrawn => Standing::Withdrawn,
        }
    }

    /// Whether it takes days that no other of the person may take.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        matches!(self.state, State::Accredited | State::Suspended)
    }

    /// Whether it has its effect on `day`.
    #[must_use]
    pub fn counts_on(&self, day: NaiveDate) -> bool {
        self.standing(day) == Standing::Accredited && self.valid_from <= day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accreditation_is_suspended_before_it_is_withdrawn_and_ends_for_good() {
        for command in Command::ALL {
            assert_eq!(Standing::Withdrawn.after(command), None, "{command:?}");
            let renewed = (Standing::Lapsed, Command::Renew);
            let is_state = Standing::Lapsed.after(command).is_some();
            assert_eq!(is_state, (Standing::Lapsed, command) == renewed, "{command:?}");
        }
        assert_eq!(Standing::Accredited.after(Command::Withdraw), None);
        assert_eq!(Standing::Suspended.after(Command::Withdraw), Some(State::Withdrawn));
        assert_eq!(Standing::Suspended.after(Command::Reinstate), Some(State::Accredited));
        assert_eq!(Standing::Accredited.after(Command::Resign), Some(State::Withdrawn));
    }
}
