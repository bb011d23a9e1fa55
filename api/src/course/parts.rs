//! A course and what hangs on it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::model::{Credit, Mode, Part, SessionState, State};
use super::rules::{SessionFacts, Terms};
use crate::audit::Audited;
use crate::licence::model::Licence;
use crate::programme::kind::ProgrammeType;

/// A course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers it.
    pub organisation_id: Uuid,
    /// The organisation that gave it its code: the first that delivered it.
    pub coded_by_id: Uuid,
    /// The organisation that hosts it, where another one delivers.
    pub host_id: Option<Uuid>,
    /// Its curriculum, for life.
    pub programme_version_id: Uuid,
    /// What it trains people for.
    pub programme_type: ProgrammeType,
    /// The licence under which it runs, from its proposal on.
    pub licence_id: Option<Uuid>,
    /// The organisation that holds or held that licence.
    pub licence_holder_id: Option<Uuid>,
    /// Who leads it now.
    pub lead_trainer_id: Option<Uuid>,
    /// Its code, which the organisation never gives again.
    pub code: String,
    /// How it is taught.
    pub mode: Mode,
    /// Whether it is a short course that introduces people to the subject.
    pub introductory: bool,
    /// The letters with which the postcode of its place begins.
    pub postcode_area: Option<String>,
    /// First day.
    pub start_on: NaiveDate,
    /// Last day.
    pub end_on: NaiveDate,
    /// Fewest people.
    pub capacity_min: i32,
    /// Most people.
    pub capacity_max: i32,
    /// How many people have a place: those who are enrolled or offered one, which the database counts, and those for
    /// whom the deliverer keeps one.
    pub places_taken: i32,
    /// How many places the deliverer keeps for people who are not enrolled yet.
    pub places_reserved: i32,
    /// Where it stands.
    pub state: State,
    /// Why it was returned.
    pub return_reason: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// When it was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was completed or cancelled.
    pub ended_on: Option<NaiveDate>,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Course {
    /// What it promises.
    #[must_use]
    pub const fn terms(&self) -> Terms {
        Terms {
            start: self.start_on,
            end: self.end_on,
            capacity_min: self.capacity_min,
            capacity_max: self.capacity_max,
        }
    }

    /// Lets it run under a licence.
    pub const fn run_under(&mut self, licence: &Licence) {
        self.licence_id = Some(licence.id);
        self.licence_holder_id = Some(licence.organisation_id);
    }

    /// TRN-4: whether it keeps its trainers from other courses: from its opening on.
    #[must_use]
    pub const fn books(&self) -> bool {
        self.opened_at.is_some()
    }

    /// Whether everyone sees it: people may come forward.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.state, State::Open | State::Confirmed)
    }
}

impl Audited for Course {
    const TYPE: &'static str = "course";

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

/// A teaching day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Identifier.
    pub id: Uuid,
    /// Its civil date.
    pub day: NaiveDate,
    /// When it begins, on clocks in London.
    pub start_time: String,
    /// When it ends, on clocks in London.
    pub end_time: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Whether it counts as a day of the course.
    pub counts_as_day: bool,
    /// Its taught minutes.
    pub planned_minutes: i32,
    /// Where it stands.
    pub state: SessionState,
    /// Whether it counts, once it is held.
    pub credit: Option<Credit>,
    /// Why it was cancelled, moved or held without credit.
    pub reason: Option<String>,
    /// The session whose place it took.
    pub replaces_id: Option<Uuid>,
    /// When it was planned.
    pub created_at: DateTime<Utc>,
    /// Its modules.
    pub modules: Vec<Uuid>,
    /// Who teaches it, and how.
    pub trainers: Vec<(Uuid, Part)>,
}

impl Session {
    /// Whether it was held and its credit is left to a quality lead.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.credit == Some(Credit::Pending)
    }

    /// What rules need of it.
    #[must_use]
    pub fn facts(&self) -> SessionFacts {
        SessionFacts {
            id: self.id,
            day: self.day,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            state: self.state,
            modules: self.modules.clone(),
            trainers: self.trainers.clone(),
        }
    }
}

/// A correction of a closed course, which itself stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CourseCorrection {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivered the course.
    pub organisation_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// What it says wrongly.
    pub concerns: String,
    /// What is right.
    pub correction: String,
    /// Why it is corrected.
    pub reason: String,
}

impl Audited for CourseCorrection {
    const TYPE: &'static str = "course_correction";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        1
    }
}

/// A decision that a course goes on though its licence does not cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeachOut {
    /// The last day that it covers.
    pub until: NaiveDate,
    /// The organisation that takes the course over.
    pub receiving: Option<Uuid>,
    /// Why.
    pub reason: String,
}

/// A guest who contributes to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The guest's name.
    pub name: String,
    /// What the guest contributes.
    pub contribution: String,
}
