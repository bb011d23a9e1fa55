//! The rules of courses, as functions over plain values. Each returns everything that is unmet, with its
//! dates.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{Command, Part, SessionState, State};
use super::planning::listed;
use crate::calendar::Period;
use crate::refusal::{Code, Refusal};

/// Most people in a course, whatever its licence says.
pub const MAX_CAPACITY: i32 = 500;

/// A session, as far as rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// The session.
    pub id: Uuid,
    /// Its civil date.
    pub day: NaiveDate,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Where it stands.
    pub state: SessionState,
    /// Its modules.
    pub modules: Vec<Uuid>,
    /// Who teaches it, and how.
    pub trainers: Vec<(Uuid, Part)>,
}

/// A trainer, as far as rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainerFacts {
    /// The trainer.
    pub id: Uuid,
    /// Whether the trainer teaches from lived experience.
    pub lived_experience: bool,
    /// When the trainer is accredited for the programme type of the course.
    pub accredited: Vec<Period>,
    /// When the trainer is accredited for it as somebody who leads.
    pub leads: Vec<Period>,
}

impl TrainerFacts {
    /// Whether the trainer may take this part on the day.
    fn may(&self, part: Part, day: NaiveDate) -> bool {
        match part {
            Part::Lead => self.leads.iter().any(|period| period.contains(day)),
            Part::Co => self.accredited.iter().any(|period| period.contains(day)),
            Part::Observer => true,
        }
    }
}

/// The licence of a course on the day of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceFacts {
    /// Whether courses may begin under it.
    pub allows_new_starts: bool,
    /// Where it stands, as its readers see it.
    pub standing: &'static str,
    /// Whether its tier delivers training.
    pub delivers: bool,
    /// The first day of that.
    pub covers_from: Option<NaiveDate>,
    /// The day from which it no longer covers the programme type; `None` if it never did.
    pub covers_to: Option<NaiveDate>,
    /// Most courses at once.
    pub max_courses: Option<i32>,
    /// Most people in a course.
    pub max_trainees: Option<i32>,
    /// The other courses that are live under it.
    pub live_courses: i64,
}

/// What a course promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its first day.
    pub start: NaiveDate,
    /// Its last day.
    pub end: NaiveDate,
    /// Fewest people.
    pub capacity_min: i32,
    /// Most people.
    pub capacity_max: i32,
}

/// The version of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionFacts {
    /// Whether courses can be scheduled on it.
    pub published: bool,
    /// The first day on which a course may start.
    pub effective_from: Option<NaiveDate>,
    /// The last day on which a course may start.
    pub last_start: Option<NaiveDate>,
}

/// The step exists from this state. COH-4: nothing leads out of CLOSED.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = match state {
        State::Closed => "a closed course does not change any more",
        State::Cancelled => "a cancelled course does not change any more",
        State::Proposed => "it lies with the licensing officer: have it returned first",
        _ => "this step does not exist from the course's present state",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// LIC-3 and LIC-5: a course opens only under an active licence that covers it to its end, within its
/// bounds; past the licence's end only under a teach-out decision.
#[must_use]
pub fn unmet_for_licence(
    licence: Option<&LicenceFacts>,
    terms: Terms,
    teach_out_until: Option<NaiveDate>,
) -> Vec<Refusal> {
    let Some(licence) = licence else {
        let message = "the organisation holds no licence for this programme type";
        return vec![Refusal::at(Code::LicenceNotActive, "", message)];
    };
    let mut unmet = Vec::new();
    if !licence.allows_new_starts {
        let message = format!("the licence is {}: no course opens under it", licence.standing);
        unmet.push(Refusal::at(Code::LicenceNotActive, "", message));
    }
    if !licence.delivers {
        let message = "the licence is for hosting: it does not deliver courses";
        unmet.push(Refusal::at(Code::LicenceDoesNotCover, "", message));
    }
    let from_start = licence.covers_from.is_none_or(|from| from <= terms.start);
    match licence.covers_to.filter(|_| from_start) {
        None => {
            let message = "the licence does not cover this programme type on the first day";
            unmet.push(Refusal::at(Code::LicenceDoesNotCover, "", message));
        }
        Some(to) => unmet.extend(unmet_for_end(to, terms.end, teach_out_until)),
    }
    if let Some(most) = licence.max_courses.filter(|most| licence.live_courses >= i64::from(*most))
    {
        let message = format!("the licence allows {most} courses at once, and they are open");
        unmet.push(Refusal::at(Code::CourseLimit, "", message));
    }
    unmet.extend(unmet_for_trainees(licence.max_trainees, terms.capacity_max));
    unmet
}

/// LIC-5: nobody more is taken where no licence and no teach-out decision covers the day.
#[must_use]
pub fn unmet_for_more_people(
    covered: bool,
    teach_out_until: Option<NaiveDate>,
    today: NaiveDate,
) -> Vec<Refusal> {
    if covered || teach_out_until.is_some_and(|until| today <= until) {
        return Vec::new();
    }
    let message =
        "its licence is not in force: nobody more has a place without a teach-out decision";
    vec![Refusal::at(Code::LicenceNotActive, "", message)]
}

/// LIC-3: the course ends while the licence covers it, or under a teach-out decision.
#[must_use]
pub fn unmet_for_end(
    covers_to: NaiveDate,
    end: NaiveDate,
    teach_out_until: Option<NaiveDate>,
) -> Vec<Refusal> {
    if end < covers_to || teach_out_until.is_some_and(|until| end <= until) {
        return Vec::new();
    }
    let message = format!(
        "the licence covers it until {covers_to} and it ends on {end}: end it earlier, or have a teach-out \
         approved"
    );
    vec![Refusal::at(Code::LicenceEnded, "", message)]
}

/// LIC-3: the course has no more places than its licence allows.
#[must_use]
pub fn unmet_for_trainees(max_trainees: Option<i32>, capacity_max: i32) -> Vec<Refusal> {
    match max_trainees {
        Some(most) if capacity_max > most => {
            let message = format!("the licence allows {most} people in a course");
            vec![Refusal::at(Code::CapacityExceeded, "capacityMax", message)]
        }
        _ => Vec::new(),
    }
}

/// COH-4: what a closed course says wrongly is corrected beside it; before, the course itself is changed.
#[must_use]
pub fn unmet_for_correction(state: State) -> Vec<Refusal> {
    if state == State::Closed {
        return Vec::new();
    }
    let message = "the course is not closed: change what is wrong about it";
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// A course stands on a published version and starts while courses may start on it.
#[must_use]
pub fn unmet_for_version(version: VersionFacts, start: NaiveDate) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !version.published {
        let message = "choose a version that is published";
        unmet.push(Refusal::at(Code::VersionNotPublished, "programmeVersionId", message));
    }
    unmet.extend(unmet_for_start(version, start));
    unmet
}

/// PRG-4: a course that stands on a version starts while courses may start on it, retired or not.
#[must_use]
pub fn unmet_for_start(version: VersionFacts, start: NaiveDate) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if let Some(from) = version.effective_from.filter(|from| start < *from) {
        let message = format!("it starts on {start}; on this version courses start from {from}");
        unmet.push(Refusal::at(Code::VersionNotInForce, "", message));
    }
    if let Some(last) = version.last_start.filter(|last| start > *last) {
        let message = format!("it starts on {start}; on this version courses start until {last}");
        unmet.push(Refusal::at(Code::VersionNotInForce, "", message));
    }
    unmet
}

/// COH-2: the fewest people are no more than the most, and there is room for those who have a place.
#[must_use]
pub fn unmet_for_capacity(least: i32, most: i32, taken: i32) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if least < 1 || least > most {
        let message = "must be at least 1 and not above the most";
        unmet.push(Refusal::at(Code::Invalid, "capacityMin", message));
    }
    if most > MAX_CAPACITY {
        let message = format!("must not be above {MAX_CAPACITY}");
        unmet.push(Refusal::at(Code::Invalid, "capacityMax", message));
    }
    if taken < 0 {
        unmet.push(Refusal::at(Code::Invalid, "placesTaken", "must not be negative"));
    } else if taken > most {
        let message = format!("there are places for {most}, and {taken} people have one");
        unmet.push(Refusal::at(Code::CapacityExceeded, "capacityMax", message));
    }
    unmet
}

/// A course that is too small does not become certain.
#[must_use]
pub fn unmet_for_confirmation(taken: i32, least: i32) -> Vec<Refusal> {
    if taken >= least {
        return Vec::new();
    }
    let message = format!("{taken} people have a place, and it needs {least}");
    vec![Refusal::at(Code::BelowMinimum, "", message)]
}

/// COH-1: there are sessions, none lies outside the course, and every module has one.
#[must_use]
pub fn unmet_for_schedule(
    terms: Terms,
    sessions: &[SessionFacts],
    modules: &[(Uuid, i32)],
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    let standing: Vec<&SessionFacts> = standing(sessions).collect();
    if standing.is_empty() {
        unmet.push(Refusal::at(Code::NotScheduled, "", "it has no sessions"));
    }
    let outside: Vec<NaiveDate> = standing
        .iter()
        .map(|session| session.day)
        .filter(|day| *day < terms.start || *day > terms.end)
        .collect();
    if !outside.is_empty() {
        let message = format!("sessions outside the days of the course: {}", listed(&outside));
        unmet.push(Refusal::at(Code::SessionOutsideCourse, "", message));
    }
    let held = |module: &Uuid| standing.iter().any(|session| session.modules.contains(module));
    let missing: Vec<String> =
        modules.iter().filter(|(id, _)| !held(id)).map(|(_, number)| number.to_string()).collect();
    if !missing.is_empty() {
        let message = format!("modules without a session: {}", missing.join(", "));
        unmet.push(Refusal::at(Code::ModuleNotScheduled, "", message));
    }
    unmet
}

/// TRN-2: every session to come has exactly one lead.
#[must_use]
pub fn unmet_for_leads(sessions: &[SessionFacts]) -> Vec<Refusal> {
    let leads = |session: &SessionFacts| {
        session.trainers.iter().filter(|(_, part)| *part == Part::Lead).count()
    };
    let wrong = days_where(sessions, |session| leads(session) != 1);
    if wrong.is_empty() {
        return Vec::new();
    }
    let message = format!("name exactly one lead for the sessions of {}", listed(&wrong));
    vec![Refusal::at(Code::LeadRequired, "trainers", message)]
}

/// TRN-3: at least one of those who teach a session does so from lived experience, where policy asks.
#[must_use]
pub fn unmet_for_lived_experience(
    required: bool,
    sessions: &[SessionFacts],
    trainers: &[TrainerFacts],
) -> Vec<Refusal> {
    let lived = |(id, part): &(Uuid, Part)| {
        *part != Part::Observer && known(trainers, *id).is_some_and(|found| found.lived_experience)
    };
    let without = days_where(sessions, |session| !session.trainers.iter().any(lived));
    if !required || without.is_empty() {
        return Vec::new();
    }
    let message =
        format!("no trainer with lived experience teaches the sessions of {}", listed(&without));
    vec![Refusal::at(Code::LivedExperienceRequired, "trainers", message)]
}

/// TRN-1 and TRN-5: who teaches a session is accredited on its day; one refusal for each trainer who is
/// not, with the days.
#[must_use]
pub fn unmet_for_accreditation(
    sessions: &[SessionFacts],
    trainers: &[TrainerFacts],
) -> Vec<Refusal> {
    trainers.iter().filter_map(|trainer| lapse_of(sessions, trainer)).collect()
}

fn lapse_of(sessions: &[SessionFacts], trainer: &TrainerFacts) -> Option<Refusal> {
    let part = |session: &SessionFacts| {
        session.trainers.iter().find(|(id, _)| *id == trainer.id).map(|(_, part)| *part)
    };
    let lapsed = days_where(sessions, |session| {
        part(session).is_some_and(|part| !trainer.may(part, session.day))
    });
    let last = trainer.accredited.iter().filter_map(Period::to).max();
    let ends = last.map(|to| format!(" (accredited until {to})")).unwrap_or_default();
    (!lapsed.is_empty()).then(|| {
        let message =
            format!("a trainer{ends} is not accredited for the sessions of {}", listed(&lapsed));
        Refusal::at(Code::TrainerAccreditationLapses, "trainers", message)
    })
}

/// When a trainer teaches elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The trainer.
    pub trainer: Uuid,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
}

/// TRN-4: nobody is at two sessions at once, here or elsewhere.
#[must_use]
pub fn unmet_for_overlap(sessions: &[SessionFacts], elsewhere: &[Busy]) -> Vec<Refusal> {
    let mut taken = elsewhere.to_vec();
    let mut twice = Vec::new();
    for session in sessions.iter().filter(|session| session.state.stands()) {
        for (trainer, _) in &session.trainers {
            let meets = |busy: &Busy| {
                busy.trainer == *trainer
                    && busy.starts_at < session.ends_at
                    && session.starts_at < busy.ends_at
            };
            if taken.iter().any(meets) && !twice.contains(&session.day) {
                twice.push(session.day);
            }
            let (starts_at, ends_at) = (session.starts_at, session.ends_at);
            taken.push(Busy { trainer: *trainer, starts_at, ends_at });
        }
    }
    if twice.is_empty() {
        return Vec::new();
    }
    let message = format!("a trainer is at another session at that time on {}", listed(&twice));
    vec![Refusal::at(Code::TrainerBusy, "trainers", message)]
}

/// A course is completed once every session is held or cancelled.
#[must_use]
pub fn unmet_for_completion(sessions: &[SessionFacts]) -> Vec<Refusal> {
    let open = days_where(sessions, |_| true);
    if open.is_empty() {
        return Vec::new();
    }
    let message = format!("hold or cancel the sessions of {} first", listed(&open));
    vec![Refusal::at(Code::SessionsToCome, "", message)]
}

/// What covers a session on its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Whether the licence is in force on the day, or in grace.
    pub licensed: bool,
    /// The day up to which a teach-out decision holds.
    pub teach_out_until: Option<NaiveDate>,
}

/// TRN-1 and the end of the licence: a session counts if its trainers were accredited on the day and the
/// licence, or a teach-out decision, covered it. What is unmet can be held without credit all the same.
#[must_use]
pub fn unmet_for_credit(
    session: &SessionFacts,
    trainers: &[TrainerFacts],
    cover: Cover,
) -> Vec<Refusal> {
    let mut unmet = unmet_for_accreditation(std::slice::from_ref(session), trainers);
    if !cover.licensed && cover.teach_out_until.is_none_or(|until| session.day > until) {
        let message = format!("no licence or teach-out decision covers {}", session.day);
        unmet.push(Refusal::at(Code::NotCovered, "", message));
    }
    unmet
}

/// A session is held on its day or afterwards, by one lead and whoever policy asks for.
#[must_use]
pub fn unmet_for_holding(
    session: &SessionFacts,
    trainers: &[TrainerFacts],
    (today, lived_required): (NaiveDate, bool),
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if session.day > today {
        let message = format!("it lies on {}: it can be held from that day on", session.day);
        unmet.push(Refusal::at(Code::SessionToCome, "", message));
    }
    let one = std::slice::from_ref(session);
    unmet.extend(unmet_for_leads(one));
    unmet.extend(unmet_for_lived_experience(lived_required, one, trainers));
    unmet
}

fn known(trainers: &[TrainerFacts], id: Uuid) -> Option<&TrainerFacts> {
    trainers.iter().find(|trainer| trainer.id == id)
}

/// The sessions that were or will be taught.
fn standing(sessions: &[SessionFacts]) -> impl Iterator<Item = &SessionFacts> {
    sessions.iter().filter(|session| session.state.stands())
}

/// The days of the sessions to come for which `wrong` holds.
fn days_where(sessions: &[SessionFacts], wrong: impl Fn(&SessionFacts) -> bool) -> Vec<NaiveDate> {
    sessions
        .iter()
        .filter(|session| session.state == SessionState::Planned && wrong(session))
        .map(|session| session.day)
        .collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
