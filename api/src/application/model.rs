//! Domain types of interest and applications: transitions are pure and total.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};
use crate::coded;
use crate::programme::kind::ProgrammeType;

coded! {
    /// Where an application stands.
    State {
        /// Being written by the applicant.
        Draft = "DRAFT",
        /// Before those who select.
        Submitted = "SUBMITTED",
        /// Being looked at.
        Screening = "SCREENING",
        /// The applicant is asked to an interview.
        Interview = "INTERVIEW",
        /// A place is offered, and held until the offer ends.
        Offered = "OFFERED",
        /// Suitable, and waiting for a place.
        Waitlisted = "WAITLISTED",
        /// The offer was accepted: there is an enrolment.
        Accepted = "ACCEPTED",
        /// The organisation said no.
        Declined = "DECLINED",
        /// The applicant stepped back.
        Withdrawn = "WITHDRAWN",
        /// The offer was not accepted in time.
        Lapsed = "LAPSED",
    }
}

/// A step of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Change what it says.
    Save,
    /// Hand it in.
    Submit,
    /// Begin to look at it.
    Screen,
    /// Ask the applicant to an interview.
    Interview,
    /// Offer a place.
    Offer,
    /// Let the applicant wait for a place.
    Waitlist,
    /// Say no.
    Decline,
    /// Take the place.
    Accept,
    /// Step back.
    Withdraw,
    /// End an offer that nobody accepted.
    Lapse,
    /// End it because the course is called off.
    CallOff,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 11] = [
        Self::Save,
        Self::Submit,
        Self::Screen,
        Self::Interview,
        Self::Offer,
        Self::Waitlist,
        Self::Decline,
        Self::Accept,
        Self::Withdraw,
        Self::Lapse,
        Self::CallOff,
    ];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (command, self) {
            (Command::Save, Self::Draft) => Some(self),
            (Command::Submit, Self::Draft) => Some(Self::Submitted),
            (Command::Screen, Self::Submitted) => Some(Self::Screening),
            (Command::Interview, Self::Screening) => Some(Self::Interview),
            (Command::Offer, Self::Screening | Self::Interview | Self::Waitlisted) => {
                Some(Self::Offered)
            }
            (Command::Waitlist, Self::Screening | Self::Interview) => Some(Self::Waitlisted),
            (
                Command::Decline,
                Self::Submitted | Self::Screening | Self::Interview | Self::Waitlisted,
            ) => Some(Self::Declined),
            (Command::Accept, Self::Offered) => Some(Self::Accepted),
            (
                Command::Withdraw,
                Self::Draft
                | Self::Submitted
                | Self::Screening
                | Self::Interview
                | Self::Offered
                | Self::Waitlisted,
            ) => Some(Self::Withdrawn),
            (Command::Lapse, Self::Offered) => Some(Self::Lapsed),
            (
                Command::CallOff,
                Self::Draft
                | Self::Submitted
                | Self::Screening
                | Self::Interview
                | Self::Offered
                | Self::Waitlisted,
            ) => Some(Self::Declined),
            (
                Command::Save
                | Command::Submit
                | Command::Screen
                | Command::Interview
                | Command::Offer
                | Command::Waitlist
                | Command::Decline
                | Command::Accept
                | Command::Withdraw
                | Command::Lapse
                | Command::CallOff,
                _,
            ) => None,
        }
    }

    /// Whether nothing of it changes any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Accepted | Self::Declined | Self::Withdrawn | Self::Lapsed)
    }
}

coded! {
    /// From which side somebody knows the service. A category, never a diagnosis.
    Experience {
        /// As somebody who used the service.
        Lived = "LIVED",
        /// As a carer.
        Carer = "CARER",
        /// As both.
        Both = "BOTH",
    }
}

coded! {
    /// Where an applicant works as a peer support worker.
    Employment {
        /// In a paid post.
        EmployedPsw = "EMPLOYED_PSW",
        /// Nowhere yet, with the offer of a post.
        OfferedPsw = "OFFERED_PSW",
        /// As a volunteer.
        Volunteer = "VOLUNTEER",
        /// Nowhere yet.
        NotYet = "NOT_YET",
    }
}

coded! {
    /// From where an applicant knows of the course.
    Source {
        /// The employer.
        Employer = "EMPLOYER",
        /// A service of the NHS.
        NhsService = "NHS_SERVICE",
        /// A charity or community group.
        Charity = "CHARITY",
        /// A peer worker.
        Peer = "PEER",
        /// An event.
        Event = "EVENT",
        /// A page on the web.
        Website = "WEBSITE",
        /// Elsewhere.
        Other = "OTHER",
    }
}

coded! {
    /// Why an applicant is declined.
    DeclineReason {
        /// Not suitable at present: two assessors find so.
        Suitability = "SUITABILITY",
        /// An entry criterion is not met.
        EntryCriteria = "ENTRY_CRITERIA",
        /// There is no place.
        NoPlace = "NO_PLACE",
        /// The course is called off.
        CourseCancelled = "COURSE_CANCELLED",
    }
}

/// What the applicant says, but for what the vault keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// From which side the applicant knows the service.
    pub experience: Option<Experience>,
    /// Where the applicant works.
    pub employment: Option<Employment>,
    /// The employer, where the register has it.
    pub employer_id: Option<Uuid>,
    /// What training the applicant had before.
    pub prior_training: Option<String>,
    /// From where the applicant knows of the course.
    pub source: Option<Source>,
    /// Confirms lived experience that is relevant for the service.
    pub has_experience: bool,
    /// Confirms the wish to support others.
    pub wishes_to_support: bool,
    /// Confirms good spoken and written communication.
    pub communicates: bool,
}

/// An application of a person for a course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Application {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The applicant.
    pub person_id: Uuid,
    /// The interest by which the applicant became known.
    pub interest_id: Option<Uuid>,
    /// Where it stands.
    pub state: State,
    /// What the applicant says.
    #[serde(flatten)]
    pub answers: Answers,
    /// Why the applicant applies, in the vault.
    pub motivation_id: Option<Uuid>,
    /// What the applicant needs, in the vault.
    pub support_needs_id: Option<Uuid>,
    /// When it was handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Since when the applicant waits for a place.
    pub waitlisted_at: Option<DateTime<Utc>>,
    /// The place on the waiting list, from 1: the database keeps it, and no version tells of it.
    #[serde(skip)]
    pub waiting_position: Option<i32>,
    /// When a place was offered.
    pub offered_at: Option<DateTime<Utc>>,
    /// The last day on which the offer can be accepted.
    pub offer_until: Option<NaiveDate>,
    /// The wording of the terms that were accepted.
    pub terms_version: Option<String>,
    /// Why the applicant is declined, or would be if a second assessor finds so too.
    pub decline_reason: Option<DeclineReason>,
    /// The account of the first assessor.
    pub assessor_id: Option<Uuid>,
    /// The person of that account then.
    pub assessor_person_id: Option<Uuid>,
    /// The account of the second assessor.
    pub second_assessor_id: Option<Uuid>,
    /// When nothing of it changed any more.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was started.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Application {
    const TYPE: &'static str = "application";

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

/// What somebody told who might apply for a course. The trail keeps no hash of a name or an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interest {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course; `None` without a course.
    pub organisation_id: Option<Uuid>,
    /// The course; `None` for any of a type in an area.
    pub course_id: Option<Uuid>,
    /// What the course trains people for.
    pub programme_type: ProgrammeType,
    /// The letters with which the postcode begins, without a course.
    pub postcode_area: Option<String>,
    /// What the person is called.
    #[serde(skip)]
    pub name: String,
    /// The address.
    #[serde(skip)]
    pub email: String,
    /// The SHA-256 of the secret that was sent there.
    #[serde(skip)]
    pub token_sha256: String,
    /// When it was told.
    pub registered_at: DateTime<Utc>,
    /// When the address was proved.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Interest {
    const TYPE: &'static str = "course_interest";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id.unwrap_or(audit::NATION)
    }

    fn version(&self) -> i32 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The life of an application, written down a second time: from, step, to.
    const LIFE: &[(&str, Command, &str)] = &[
        ("DRAFT", Command::Save, "DRAFT"),
        ("DRAFT", Command::Submit, "SUBMITTED"),
        ("DRAFT", Command::Withdraw, "WITHDRAWN"),
        ("SUBMITTED", Command::Screen, "SCREENING"),
        ("SUBMITTED", Command::Decline, "DECLINED"),
        ("SUBMITTED", Command::Withdraw, "WITHDRAWN"),
        ("SCREENING", Command::Interview, "INTERVIEW"),
        ("SCREENING", Command::Offer, "OFFERED"),
        ("SCREENING", Command::Waitlist, "WAITLISTED"),
        ("SCREENING", Command::Decline, "DECLINED"),
        ("SCREENING", Command::Withdraw, "WITHDRAWN"),
        ("INTERVIEW", Command::Offer, "OFFERED"),
        ("INTERVIEW", Command::Waitlist, "WAITLISTED"),
        ("INTERVIEW", Command::Decline, "DECLINED"),
        ("INTERVIEW", Command::Withdraw, "WITHDRAWN"),
        ("WAITLISTED", Command::Offer, "OFFERED"),
        ("WAITLISTED", Command::Decline, "DECLINED"),
        ("WAITLISTED", Command::Withdraw, "WITHDRAWN"),
        ("OFFERED", Command::Accept, "ACCEPTED"),
        ("OFFERED", Command::Withdraw, "WITHDRAWN"),
        ("OFFERED", Command::Lapse, "LAPSED"),
        ("DRAFT", Command::CallOff, "DECLINED"),
        ("SUBMITTED", Command::CallOff, "DECLINED"),
        ("SCREENING", Command::CallOff, "DECLINED"),
        ("INTERVIEW", Command::CallOff, "DECLINED"),
        ("OFFERED", Command::CallOff, "DECLINED"),
        ("WAITLISTED", Command::CallOff, "DECLINED"),
    ];

    #[test]
    fn an_application_takes_the_steps_of_its_life_and_no_others() {
        for from in State::ALL {
            for command in Command::ALL {
                let known = LIFE.iter().find(|(a, step, _)| *a == from.code() && *step == command);
                let after = from.after(command).map(State::code);
                assert_eq!(after, known.map(|(_, _, to)| *to), "{from:?} {command:?}");
            }
            let moves = Command::ALL.iter().any(|step| from.after(*step).is_some());
            assert_eq!(from.is_over(), !moves, "{from:?}");
        }
    }
}
