//! The rules of trainers, as functions over plain values. Each returns everything that is unmet.

use chrono::{DateTime, Months, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{
    Accreditation, Affiliation, Command, Evidence, EvidenceKind, Level, Standing, Term, Trainer,
};
use crate::organisation::rules::{MAX_TEXT, unmet_for_line, unmet_for_text};
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// The term of an accreditation, in months: a proposal, no published rule says so.
pub const TERM_MONTHS: u32 = 24;

/// How long before its last day an accreditation may be renewed, in months: a proposal as well.
pub const RENEWAL_MONTHS: u32 = 6;

/// Whether a trainer was accredited on `date` for `programme_type` at one of `levels`: the term had begun,
/// was not over, and was neither suspended nor withdrawn on that day.
#[must_use]
pub fn accredited_on(
    terms: &[Term],
    programme_type: ProgrammeType,
    levels: &[Level],
    date: NaiveDate,
) -> bool {
    terms.iter().any(|term| {
        let suspended = |&(from, to): &(NaiveDate, Option<NaiveDate>)| {
            from <= date && to.is_none_or(|to| date < to)
        };
        term.programme_type == programme_type
            && levels.contains(&term.level)
            && term.from <= date
            && date < term.to
            && term.ended_on.is_none_or(|on| date < on)
            && !term.suspensions.iter().any(suspended)
    })
}

/// Those of `dates` on which the trainer is not accredited, in their order, each once.
#[must_use]
pub fn unaccredited_dates(
    terms: &[Term],
    programme_type: ProgrammeType,
    levels: &[Level],
    dates: &[NaiveDate],
) -> Vec<NaiveDate> {
    let mut missing: Vec<NaiveDate> = Vec::new();
    for &date in dates {
        if !missing.contains(&date) && !accredited_on(terms, programme_type, levels, date) {
            missing.push(date);
        }
    }
    missing
}

/// A session that a trainer is to teach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taught {
    /// The course, in words.
    pub course: String,
    /// The day.
    pub day: NaiveDate,
    /// Whether the trainer leads it.
    pub leads: bool,
}

/// The levels at which somebody may lead.
const LEADING: [Level; 2] = [Level::Lead, Level::Mentor];

/// The days, by course, of the sessions for which the trainer was accredited by what is lost, and is not by
/// what remains.
#[must_use]
pub fn days_that_lose(
    taught: &[Taught],
    lost: &Term,
    remaining: &[Term],
) -> Vec<(String, Vec<NaiveDate>)> {
    let mut courses: Vec<(String, Vec<NaiveDate>)> = Vec::new();
    for session in taught {
        let levels = if session.leads { &LEADING[..] } else { Level::ALL };
        let accredited =
            |terms: &[Term]| accredited_on(terms, lost.programme_type, levels, session.day);
        if !accredited(std::slice::from_ref(lost)) || accredited(remaining) {
            continue;
        }
        match courses.last_mut() {
            Some((course, days)) if *course == session.course => days.push(session.day),
            _ => courses.push((session.course.clone(), vec![session.day])),
        }
    }
    courses
}

/// The same in words: how many there are, and each course with its days.
#[must_use]
pub fn told_of_sessions(courses: &[(String, Vec<NaiveDate>)]) -> Vec<String> {
    let sessions: usize = courses.iter().map(|(_, days)| days.len()).sum();
    let mut told = vec![format!(
        "sessions to come that lose a trainer who may teach them: {sessions}, in {} courses",
        courses.len()
    )];
    let words = |(course, days): &(String, Vec<NaiveDate>)| {
        let days: Vec<String> = days.iter().map(NaiveDate::to_string).collect();
        format!("{course}: {}", days.join(", "))
    };
    told.extend(courses.iter().map(words));
    told
}

/// A session at which one of two profiles of a person is or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    /// The session.
    pub session: Uuid,
    /// The course and the day, in words.
    pub told: String,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Whether it is still to come.
    pub to_come: bool,
    /// Whether its course takes people, or did: others book nobody yet.
    pub booked: bool,
    /// Whether it lacks lived experience once the profile is another's.
    pub bare: bool,
}

impl Attended {
    /// Whether one person cannot be at both.
    #[must_use]
    pub fn clashes(&self, other: &Self) -> bool {
        let at_once = self.starts_at < other.ends_at && other.starts_at < self.ends_at;
        at_once && (self.session == other.session || (self.booked && other.booked))
    }
}

/// TRN-3 and TRN-4 of two profiles that become one: of sessions that meet none is still to come, and none to
/// come loses its lived experience.
#[must_use]
pub fn unmet_for_joining(theirs: &[Attended], ours: &[Attended]) -> Vec<Refusal> {
    let clash = |one: &Attended| {
        let other =
            ours.iter().find(|other| one.clashes(other) && (one.to_come || other.to_come))?;
        let message = format!(
            "the two profiles are named at once, for {} and for {}: name somebody else first",
            one.told, other.told
        );
        Some(Refusal::at(Code::TrainerBusy, "", message))
    };
    let bare = |one: &&Attended| one.to_come && one.bare;
    let lost = |one: &Attended| {
        let message = format!(
            "{} would lose its lived experience, which the profile that stays does not declare: have it \
             declared there, or name somebody else first",
            one.told
        );
        Refusal::at(Code::LivedExperienceRequired, "", message)
    };
    let mut unmet: Vec<Refusal> = theirs.iter().filter_map(clash).collect();
    unmet.extend(theirs.iter().filter(bare).map(lost));
    unmet
}

/// A merged profile does not change any more.
#[must_use]
pub fn unmet_for_change(trainer: &Trainer) -> Vec<Refusal> {
    if trainer.merged_into_id.is_some() {
        let message = "this profile was merged into another: read its mergedInto";
        vec![Refusal::at(Code::Merged, "", message)]
    } else {
        Vec::new()
    }
}

/// What a trainer says about the own work is short enough and plain.
#[must_use]
pub fn unmet_for_bio(bio: Option<&str>) -> Vec<Refusal> {
    bio.map(|bio| unmet_for_text(bio, "bio", MAX_TEXT)).unwrap_or_default()
}

/// An affiliation begins before it ends, and is the only one with the organisation on each of its days.
#[must_use]
pub fn unmet_for_affiliation(new: &Affiliation, held: &[Affiliation]) -> Vec<Refusal> {
    if new.to.is_some_and(|to| to <= new.from) {
        return vec![Refusal::at(Code::Invalid, "validTo", "must lie after the first day")];
    }
    if held.iter().any(|old| old.meets(new)) {
        let message = "the trainer is affiliated with it on one of these days already";
        return vec![Refusal::at(Code::Affiliation, "organisationId", message)];
    }
    Vec::new()
}

/// The step exists from where the accreditation stands.
#[must_use]
pub fn unmet_for_step(standing: Standing, command: Command) -> Vec<Refusal> {
    if standing.after(command).is_some() {
        return Vec::new();
    }
    let message = match (standing, command) {
        (Standing::Lapsed, _) => "its term is over: renew it instead",
        (Standing::Withdrawn, _) => "it is over for good: nominate the trainer again",
        (Standing::Accredited, Command::Withdraw) => "suspend it first",
        (Standing::Applied, Command::Accredit) => "record an observation first",
        _ => {
            let from = Standing::ALL.iter().filter(|from| from.after(command).is_some());
            let from: Vec<&str> = from.map(|from| from.code()).collect();
            let message = format!(
                "the accreditation is {}: this step exists from {}",
                standing.code(),
                from.join(", ")
            );
            return vec![Refusal::at(Code::Conflict, "", message)];
        }
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// A nomination is for a type and level that the trainer does not hold, nor is nominated for, already.
#[must_use]
pub fn unmet_for_nomination(
    programme_type: ProgrammeType,
    level: Level,
    held: &[Accreditation],
    today: NaiveDate,
) -> Vec<Refusal> {
    let open = |old: &Accreditation| {
        let standing = old.standing(today);
        (old.programme_type, old.level) == (programme_type, level)
            && !matches!(standing, Standing::Lapsed | Standing::Withdrawn)
    };
    if held.iter().any(open) {
        let message = "the trainer has an accreditation or a nomination for this already";
        vec![Refusal::at(Code::Unchanged, "programmeType", message)]
    } else {
        Vec::new()
    }
}

/// The last day's follower of a term that begins on `from`; `None` at the end of time.
#[must_use]
pub fn term_end(from: NaiveDate) -> Option<NaiveDate> {
    from.checked_add_months(Months::new(TERM_MONTHS))
}

/// A term begins today or later, ends after it begins, and is not too long.
#[must_use]
pub fn unmet_for_term(from: NaiveDate, to: NaiveDate, today: NaiveDate) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if from < today {
        unmet.push(Refusal::at(Code::Invalid, "validFrom", "must not lie in the past"));
    }
    if to <= from {
        unmet.push(Refusal::at(Code::Invalid, "validTo", "must lie after the first day"));
    }
    if term_end(from).is_none_or(|longest| to > longest) {
        let message = format!("a term has at most {TERM_MONTHS} months");
        unmet.push(Refusal::at(Code::Invalid, "validTo", message));
    }
    unmet
}

/// It is granted after somebody watched the trainer teach.
#[must_use]
pub fn unmet_for_evidence(evidence: &[Evidence]) -> Vec<Refusal> {
    if evidence.iter().any(|item| item.kind == EvidenceKind::Observation) {
        Vec::new()
    } else {
        vec![Refusal::at(Code::EvidenceRequired, "", "record an observation first")]
    }
}

/// On no day does the trainer hold two accreditations of one type and level.
#[must_use]
pub fn unmet_for_overlap(new: &Accreditation, held: &[Accreditation]) -> Vec<Refusal> {
    if held.iter().any(|old| clash(old, new)) {
        let message =
            "the trainer holds another accreditation of this type and level on one of these days";
        vec![Refusal::at(Code::AccreditationOverlap, "validFrom", message)]
    } else {
        Vec::new()
    }
}

/// Whether two accreditations take one day of one type and level.
#[must_use]
pub fn clash(one: &Accreditation, other: &Accreditation) -> bool {
    let days = matches!((one.period(), other.period()), (Some(a), Some(b)) if a.overlaps(&b));
    one.id != other.id
        && (one.programme_type, one.level) == (other.programme_type, other.level)
        && one.is_granted()
        && other.is_granted()
        && days
}

/// An accreditation is renewed near its end or after it, with a standardisation event in its term.
#[must_use]
pub fn unmet_for_renewal(
    old: &Accreditation,
    attended: &[NaiveDate],
    today: NaiveDate,
) -> Vec<Refusal> {
    let (Standing::Accredited | Standing::Lapsed, Some(from), Some(to)) =
        (old.standing(today), old.valid_from, old.valid_to)
    else {
        let message = "only an accreditation that is in force or has lapsed is renewed";
        return vec![Refusal::at(Code::Conflict, "", message)];
    };
    let mut unmet = Vec::new();
    let earliest = to.checked_sub_months(Months::new(RENEWAL_MONTHS));
    if earliest.is_some_and(|earliest| today < earliest) {
        let message = format!("renew it in its last {RENEWAL_MONTHS} months or after them");
        unmet.push(Refusal::at(Code::Conflict, "", message));
    }
    if !attended.iter().any(|day| from <= *day && *day < to) {
        let message = "record a standardisation event that the trainer attended within the term";
        unmet.push(Refusal::at(Code::StandardisationRequired, "", message));
    }
    unmet
}

/// What is recorded lies in the past, and its note is one line.
#[must_use]
pub fn unmet_for_record(
    on: NaiveDate,
    path: &str,
    note_reference: Option<&str>,
    today: NaiveDate,
) -> Vec<Refusal> {
    let mut unmet =
        note_reference.map(|note| unmet_for_line(note, "noteReference")).unwrap_or_default();
    if on > today {
        unmet.push(Refusal::at(Code::Invalid, path, "must not lie in the future"));
    }
    unmet
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
