//! The rules of courses, as functions over plain values. Each returns everything that is unmet, with its
//! dates.

mod places;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{Command, Part, SessionCommand, SessionState, State};
use super::planning::listed;
use crate::calendar::{LONDON, Period};
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};
pub use places::*;

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
    /// What to call the trainer: by name only where the actor sees the trainer.
    pub name: String,
    /// Where the request names the trainer; empty if it does not.
    pub path: String,
    /// The programme type that is asked about.
    pub programme_type: ProgrammeType,
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
    /// Since when, where a decision or its end brought it there.
    pub since: Option<NaiveDate>,
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
        _ => {
            let from = State::ALL.iter().filter(|from| from.after(command).is_some());
            let from: Vec<&str> = from.map(|from| from.code()).collect();
            let message = format!(
                "the course is {}: this step exists from {}",
                state.code(),
                from.join(", ")
            );
            return vec![Refusal::at(Code::Conflict, "", message)];
        }
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// The same of a session.
#[must_use]
pub fn unmet_for_session_step(state: SessionState, command: SessionCommand) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = format!("the session is {}: this step exists from PLANNED", state.code());
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// ORG: who is active in the network drafts, proposes, opens and confirms courses and takes people. Who is
/// dormant holds, moves and ends what was confirmed; of who is closed a succession decides.
#[must_use]
pub fn unmet_for_deliverer(active: bool, path: &str) -> Vec<Refusal> {
    if active {
        return Vec::new();
    }
    let message = "the organisation is not active in the network: a licensing officer activates it";
    vec![Refusal::at(Code::OrganisationNotActive, path, message)]
}

/// LIC-3 and LIC-5: a course opens only under an active licence that covers it to its end, within its
/// bounds; past the licence's end only under a teach-out decision.
#[must_use]
pub fn unmet_for_licence(
    licence: &LicenceFacts,
    terms: Terms,
    teach_out_until: Option<NaiveDate>,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !licence.allows_new_starts {
        unmet.extend(unmet_under(licence.standing, licence.since));
    }
    if !licence.delivers {
        let message = "the licence is for hosting: it does not deliver courses";
        unmet.push(Refusal::at(Code::LicenceDoesNotCover, "", message));
    }
    let from_start = licence.covers_from.is_none_or(|from| from <= terms.start);
    match licence.covers_to.filter(|_| from_start) {
        None => {
            let days = licence.covers_from.zip(licence.covers_to);
            let days = days.map(|(from, to)| format!(": it does from {from} until {to}"));
            let message = format!(
                "the licence does not cover this programme type on the first day, {}{}",
                terms.start,
                days.unwrap_or_default()
            );
            unmet.push(Refusal::at(Code::LicenceDoesNotCover, "", message));
        }
        Some(to) => unmet.extend(unmet_for_end(to, terms.end, teach_out_until)),
    }
    if let Some(most) = licence.max_courses.filter(|most| licence.live_courses >= i64::from(*most))
    {
        let message =
            format!("the licence allows {most} courses at once: complete or cancel one first");
        unmet.push(Refusal::at(Code::CourseLimit, "", message));
    }
    // What opens a course does not name its capacity.
    let trainees = unmet_for_trainees(licence.max_trainees, terms.capacity_max);
    unmet.extend(trainees.into_iter().map(Refusal::of_all));
    unmet
}

/// LIC-3: no course opens without a licence; `former` says where the one stands under which it was proposed.
#[must_use]
pub fn unmet_without_licence(former: Option<(&str, Option<NaiveDate>)>) -> Vec<Refusal> {
    if let Some((standing, since)) = former {
        return unmet_under(standing, since);
    }
    let message = "the organisation holds no licence for this programme type";
    vec![Refusal::at(Code::LicenceNotActive, "", message)]
}

/// LIC-5: no course opens under a licence that is not in force.
fn unmet_under(standing: &str, since: Option<NaiveDate>) -> Vec<Refusal> {
    let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
    let message = format!("the licence is {standing}{since}: no course opens under it");
    vec![Refusal::at(Code::LicenceNotActive, "", message)]
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
    let message = "its licence is not in force: nobody more has a place without a quality lead's teach-out decision";
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
        "the licence covers it until {covers_to} and it ends on {end}: end it earlier, have the licence renewed, \
         or have a teach-out approved"
    );
    vec![Refusal::at(Code::LicenceEnded, "", message)]
}

/// LIC-3: the course has no more places than its licence allows.
#[must_use]
pub fn unmet_for_trainees(max_trainees: Option<i32>, capacity_max: i32) -> Vec<Refusal> {
    match max_trainees {
        Some(most) if capacity_max > most => {
            let message = format!(
                "the licence allows {most} people in a course: amend capacityMax, or have the licence varied"
            );
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
pub fn unmet_for_leads(sessions: &[SessionFacts], path: &str) -> Vec<Refusal> {
    let leads = |session: &SessionFacts| {
        session.trainers.iter().filter(|(_, part)| *part == Part::Lead).count()
    };
    let wrong = days_where(sessions, |session| leads(session) != 1);
    if wrong.is_empty() {
        return Vec::new();
    }
    let message = format!("name exactly one lead for the sessions of {}", listed(&wrong));
    vec![Refusal::at(Code::LeadRequired, path, message)]
}

/// TRN-3: at least one of those who teach a session does so from lived experience, where policy asks.
#[must_use]
pub fn unmet_for_lived_experience(
    required: bool,
    sessions: &[SessionFacts],
    (trainers, path): (&[TrainerFacts], &str),
) -> Vec<Refusal> {
    let lived = |(id, part): &(Uuid, Part)| {
        part.teaches() && known(trainers, *id).is_some_and(|found| found.lived_experience)
    };
    let without = days_where(sessions, |session| !session.trainers.iter().any(lived));
    if !required || without.is_empty() {
        return Vec::new();
    }
    let message =
        format!("name a trainer with lived experience for the sessions of {}", listed(&without));
    vec![Refusal::at(Code::LivedExperienceRequired, path, message)]
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
    (!lapsed.is_empty()).then(|| {
        let leads = sessions
            .iter()
            .any(|session| lapsed.contains(&session.day) && part(session) == Some(Part::Lead));
        let (held, step) = if leads {
            (&trainer.leads, "lead (as LEAD or MENTOR)")
        } else {
            (&trainer.accredited, "teach")
        };
        let days = held.iter().filter_map(|held| Some((held.to()?, held.from()?))).max();
        let days = days.map(|(to, from)| format!(", accredited for this from {from} until {to},"));
        let never = trainer.accredited.is_empty();
        let days = days.or_else(|| never.then(|| ", never accredited for this,".to_owned()));
        let message = format!(
            "{}{} may not {step} {} sessions of {}",
            trainer.name,
            days.unwrap_or_default(),
            trainer.programme_type.code(),
            listed(&lapsed)
        );
        Refusal::at(Code::TrainerAccreditationLapses, &trainer.path, message)
    })
}

/// When a trainer is at a session of another course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The trainer.
    pub trainer: Uuid,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Whether that course takes people, or did: others book nobody yet.
    pub booked: bool,
}

impl Busy {
    fn meets(&self, trainer: Uuid, session: &SessionFacts) -> bool {
        self.trainer == trainer
            && self.starts_at < session.ends_at
            && session.starts_at < self.ends_at
    }
}

/// TRN-4: nobody is at two sessions of a course at once, nor, once it `books`, at a session of another
/// course that does.
#[must_use]
pub fn unmet_for_overlap(
    sessions: &[SessionFacts],
    trainers: &[TrainerFacts],
    (elsewhere, books): (&[Busy], bool),
) -> Vec<Refusal> {
    let twice = |trainer: &TrainerFacts| {
        let mut taken: Vec<Busy> =
            elsewhere.iter().copied().filter(|busy| busy.booked && books).collect();
        let others = taken.len();
        let (mut days, mut own) = (Vec::new(), false);
        for session in taught_by(sessions, trainer.id) {
            let meets = taken.iter().position(|busy| busy.meets(trainer.id, session));
            if meets.is_some() && !days.contains(&session.day) {
                days.push(session.day);
            }
            own |= meets.is_some_and(|place| place >= others);
            let (starts_at, ends_at) = (session.starts_at, session.ends_at);
            taken.push(Busy { trainer: trainer.id, starts_at, ends_at, booked: true });
        }
        (!days.is_empty()).then(|| {
            let why = if own { " (the course itself meets then already)" } else { "" };
            let message = format!(
                "{} is not free on {}{why}: name somebody else, or another time",
                trainer.name,
                listed(&days)
            );
            Refusal::at(Code::TrainerBusy, &trainer.path, message)
        })
    };
    trainers.iter().filter_map(twice).collect()
}

/// TRN-4 of what binds nobody yet: plans that meet, in words.
#[must_use]
pub fn told_of_overlap(
    sessions: &[SessionFacts],
    trainers: &[TrainerFacts],
    (elsewhere, books): (&[Busy], bool),
) -> Vec<String> {
    let meets = |trainer: &TrainerFacts| {
        let planned = |session: &&SessionFacts| {
            let unbound = |busy: &&Busy| !(busy.booked && books);
            elsewhere.iter().filter(unbound).any(|busy| busy.meets(trainer.id, session))
        };
        let days: Vec<NaiveDate> =
            taught_by(sessions, trainer.id).filter(planned).map(|session| session.day).collect();
        (!days.is_empty()).then(|| {
            format!(
                "{} is named for another course on {}: whichever opens first has the trainer",
                trainer.name,
                listed(&days)
            )
        })
    };
    trainers.iter().filter_map(meets).collect()
}

/// The sessions that the trainer taught or will teach: an observer is free to be elsewhere.
fn taught_by(sessions: &[SessionFacts], trainer: Uuid) -> impl Iterator<Item = &SessionFacts> {
    standing(sessions).filter(move |session| {
        session.trainers.iter().any(|(id, part)| *id == trainer && part.teaches())
    })
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

/// A session is held once it has begun, by one lead and whoever policy asks for.
#[must_use]
pub fn unmet_for_holding(
    session: &SessionFacts,
    trainers: &[TrainerFacts],
    (now, lived_required): (DateTime<Utc>, bool),
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if session.starts_at > now {
        let begins = session.starts_at.with_timezone(&LONDON).format("%Y-%m-%d at %H:%M");
        let message = format!("it begins on {begins}: record it from then on");
        unmet.push(Refusal::at(Code::SessionToCome, "", message));
    }
    let one = std::slice::from_ref(session);
    unmet.extend(unmet_for_leads(one, ""));
    unmet.extend(unmet_for_lived_experience(lived_required, one, (trainers, "")));
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
