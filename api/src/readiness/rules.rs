//! The rules of readiness, as functions over plain values. Each returns everything that is unmet.

use chrono::{Months, NaiveDate};
use uuid::Uuid;

use super::model::{
    ActionState, Answer, Command, Content, Domain, Indicator, InstrumentCommand, InstrumentState,
    Number, Perspective, State, Thresholds,
};
use super::score::{HIGHEST, Mark, Outcome};
use crate::organisation::model::Status;
use crate::organisation::rules::{MAX_TEXT, unmet_for_line, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// Most domains of an instrument.
pub const MAX_DOMAINS: usize = 20;

/// Most indicators of a domain.
pub const MAX_INDICATORS: usize = 20;

/// Most raters of an assessment, with those whose answers no longer count.
pub const MAX_RATERS: usize = 20;

/// Least raters of an assessment.
pub const LEAST_RATERS: usize = 2;

/// Most actions of a plan: all that are open become conditions of a licence, which has room for some more.
pub const MAX_ACTIONS: usize = 15;

/// Most pieces of evidence of an assessment, with those that were taken back.
pub const MAX_EVIDENCE: u64 = 200;

/// Within how many months an action of a plan is done.
pub const PLAN_MONTHS: u32 = 12;

/// Within how many days a reassessment is due.
pub const REASSESSMENT_DAYS: u64 = 90;

/// A whole: ten thousand basis points, or a hundred per cent of the weights.
const WHOLE: i32 = 10_000;

fn invalid(path: &str, message: impl Into<String>) -> Refusal {
    Refusal::at(Code::Invalid, path, message)
}

/// A code is short and plain; a title is a line of text.
#[must_use]
pub fn unmet_for_instrument(code: &str, title: &str) -> Vec<Refusal> {
    let mut unmet = unmet_for_line(title, "title");
    if !is_plain(code, 40) {
        unmet.push(invalid("code", "2 to 40 capital letters, digits and hyphens"));
    }
    unmet
}

fn is_plain(code: &str, longest: usize) -> bool {
    (2..=longest).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

/// The number of a version.
///
/// # Errors
///
/// The refusal, at `number`.
pub fn number(text: &str) -> Result<Number, Refusal> {
    let message = "two whole numbers below 1000 with a dot between, such as 1.0";
    Number::parse(text).ok_or_else(|| invalid("number", message))
}

/// The step exists from this state of an instrument.
#[must_use]
pub fn unmet_for_instrument_step(
    state: InstrumentState,
    command: InstrumentCommand,
) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = match (state, command) {
        (InstrumentState::Draft, _) => "only a published instrument retires",
        (InstrumentState::Published, InstrumentCommand::Change) => {
            "a published instrument does not change: draft a new version from it"
        }
        (InstrumentState::Published, _) => "it is published already",
        (InstrumentState::Retired, _) => "a retired instrument takes no further step",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// Thresholds lie where they can, and those of CONDITIONAL not above those of READY.
#[must_use]
pub fn unmet_for_thresholds(thresholds: &Thresholds) -> Vec<Refusal> {
    let Thresholds {
        ready_overall,
        ready_domain,
        ready_critical,
        conditional_overall,
        conditional_domain,
        conditional_critical,
        not_applicable_per_domain,
        disagreement_from,
    } = *thresholds;
    let mut unmet = Vec::new();
    for (value, range, field) in [
        (ready_overall, 0..=WHOLE, "readyOverall"),
        (ready_domain, 0..=WHOLE, "readyDomain"),
        (ready_critical, 0..=HIGHEST, "readyCritical"),
        (conditional_overall, 0..=WHOLE, "conditionalOverall"),
        (conditional_domain, 0..=WHOLE, "conditionalDomain"),
        (conditional_critical, 0..=HIGHEST, "conditionalCritical"),
        (not_applicable_per_domain, 0..=20, "notApplicablePerDomain"),
        (disagreement_from, 1..=HIGHEST, "disagreementFrom"),
    ] {
        if !range.contains(&value) {
            let message = format!("must lie between {} and {}", range.start(), range.end());
            unmet.push(invalid(&format!("thresholds.{field}"), message));
        }
    }
    for (low, high, field) in [
        (conditional_overall, ready_overall, "conditionalOverall"),
        (conditional_domain, ready_domain, "conditionalDomain"),
        (conditional_critical, ready_critical, "conditionalCritical"),
    ] {
        if low > high {
            let path = format!("thresholds.{field}");
            unmet.push(invalid(&path, "must not lie above what READY asks for"));
        }
    }
    unmet
}

/// Domains and indicators have codes of their own and words within bounds. `known`: the indicators of earlier
/// versions.
#[must_use]
pub fn unmet_for_content(domains: &[Domain], known: &[Uuid]) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if domains.len() > MAX_DOMAINS {
        unmet.push(invalid("domains", format!("name at most {MAX_DOMAINS} domains")));
    }
    let mut codes: Vec<&str> = Vec::new();
    for (place, domain) in domains.iter().enumerate() {
        let at = |field: &str| format!("domains.{place}.{field}");
        unmet.extend(unmet_for_line(&domain.title, &at("title")));
        unmet.extend(unmet_for_code(&domain.code, &at("code")));
        if domains[..place].iter().any(|other| other.code == domain.code) {
            unmet.push(invalid(&at("code"), "another domain has this code"));
        }
        if !(1..=100).contains(&domain.weight) {
            unmet.push(invalid(&at("weight"), "must lie between 1 and 100"));
        }
        if domain.indicators.len() > MAX_INDICATORS {
            let message = format!("a domain may have at most {MAX_INDICATORS} indicators");
            unmet.push(invalid(&at("indicators"), message));
        }
        for (nth, indicator) in domain.indicators.iter().enumerate() {
            let path = format!("domains.{place}.indicators.{nth}");
            unmet.extend(unmet_for_indicator(indicator, known, &path));
            if codes.contains(&indicator.code.as_str()) {
                let message = "another indicator of the instrument has this code";
                unmet.push(invalid(&format!("{path}.code"), message));
            }
            codes.push(&indicator.code);
        }
    }
    unmet
}

fn unmet_for_code(code: &str, path: &str) -> Vec<Refusal> {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-.".contains(&b);
    if (1..=20).contains(&code.len()) && code.bytes().all(plain) {
        Vec::new()
    } else {
        vec![invalid(path, "1 to 20 capital letters, digits, dots and hyphens")]
    }
}

fn unmet_for_indicator(indicator: &Indicator, known: &[Uuid], path: &str) -> Vec<Refusal> {
    let at = |field: &str| format!("{path}.{field}");
    let mut unmet = unmet_for_code(&indicator.code, &at("code"));
    unmet.extend(unmet_for_text(&indicator.prompt, &at("prompt"), MAX_TEXT));
    for (score, anchor) in indicator.anchors.iter().enumerate() {
        unmet.extend(unmet_for_text(anchor, &at(&format!("anchors.{score}")), MAX_TEXT));
    }
    if indicator.critical && indicator.not_applicable_allowed {
        unmet.push(invalid(&at("notApplicableAllowed"), "a critical indicator always applies"));
    }
    if indicator.evidence_from.is_some_and(|from| !(1..=HIGHEST).contains(&from)) {
        unmet.push(invalid(&at("evidenceFrom"), "must lie between 1 and 3"));
    }
    for (nth, earlier) in indicator.follows.iter().enumerate() {
        let path = at(&format!("followsIds.{nth}"));
        if !known.contains(earlier) {
            let message = "no indicator of an earlier version of this instrument that is published";
            unmet.push(Refusal::at(Code::NotFound, &path, message));
        }
        if indicator.follows[..nth].contains(earlier) {
            unmet.push(invalid(&path, "is named twice"));
        }
    }
    unmet
}

/// Everything that stands between a draft and its publication: domains that weigh 100 together, each with more
/// indicators than may not apply.
#[must_use]
pub fn unmet_for_publication(domains: &[Domain], thresholds: &Thresholds) -> Vec<Refusal> {
    let incomplete = |message: String| Refusal::at(Code::Incomplete, "", message);
    let mut unmet = Vec::new();
    let weight: i64 = domains.iter().map(|domain| i64::from(domain.weight)).sum();
    if weight != 100 {
        unmet.push(incomplete(format!("the weights of its domains sum to {weight}, not to 100")));
    }
    for domain in domains {
        let count =
            |pick: fn(&Indicator) -> bool| domain.indicators.iter().filter(|i| pick(i)).count();
        let open = usize::try_from(thresholds.not_applicable_per_domain).unwrap_or(0);
        if count(|_| true) <= open.min(count(|indicator| indicator.not_applicable_allowed)) {
            let message = format!("domain {}: nothing of it may be left to apply", domain.code);
            unmet.push(incomplete(message));
        }
    }
    unmet
}

/// An active organisation is assessed.
#[must_use]
pub fn unmet_for_active(status: Status, path: &str) -> Vec<Refusal> {
    if status == Status::Active {
        return Vec::new();
    }
    let message = "the organisation must be active in the network";
    vec![Refusal::at(Code::OrganisationNotActive, path, message)]
}

/// An active organisation begins on a published instrument.
#[must_use]
pub fn unmet_for_start(status: Status, instrument: InstrumentState) -> Vec<Refusal> {
    let mut unmet = unmet_for_active(status, "organisationId");
    if instrument != InstrumentState::Published {
        let message = "choose an instrument that is published and not retired";
        unmet.push(Refusal::at(Code::InstrumentNotPublished, "instrumentId", message));
    }
    unmet
}

/// The step exists from this state.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let from = State::ALL.iter().filter(|from| from.after(command).is_some());
    let from: Vec<&str> = from.map(|from| from.code()).collect();
    let message =
        format!("it is {}; this step exists from {} only", state.code(), from.join(" or "));
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// An assessment has few raters.
#[must_use]
pub fn unmet_for_raters(count: usize, path: &str) -> Vec<Refusal> {
    if count > MAX_RATERS {
        vec![invalid(path, format!("an assessment may have at most {MAX_RATERS} raters"))]
    } else {
        Vec::new()
    }
}

/// Each answer is to an indicator of the instrument, once, from 0 to 3, or says that it does not apply where it may.
#[must_use]
pub fn unmet_for_answers(content: &Content, answers: &[Answer]) -> Vec<Refusal> {
    let indicators: Vec<&Indicator> = content.indicators().map(|(_, of)| of).collect();
    let mut unmet = Vec::new();
    if answers.is_empty() {
        unmet.push(invalid("answers", "answer at least one indicator"));
    }
    for (place, answer) in answers.iter().enumerate() {
        let at = |field: &str| format!("answers.{place}.{field}");
        if answers[..place].iter().any(|other| other.indicator == answer.indicator) {
            unmet.push(invalid(&at("indicatorId"), "is answered twice"));
        }
        match content.place(answer.indicator).and_then(|place| indicators.get(place)) {
            None => {
                let message = "no indicator of the instrument of this assessment";
                unmet.push(Refusal::at(Code::NotFound, &at("indicatorId"), message));
            }
            Some(indicator) if answer.score.is_none() && !indicator.not_applicable_allowed => {
                let message = "this indicator always applies: give it a score from 0 to 3";
                unmet.push(Refusal::at(Code::AlwaysApplies, &at("score"), message));
            }
            Some(_) => {}
        }
        if answer.score.is_some_and(|score| !(0..=HIGHEST).contains(&score)) {
            unmet.push(invalid(&at("score"), "must lie between 0 and 3"));
        }
        if let Some(note) = &answer.note {
            unmet.extend(unmet_for_text(note, &at("note"), MAX_TEXT));
        }
    }
    unmet
}

/// A rater with the answers so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The rater's number.
    pub number: i32,
    /// From where it looks.
    pub perspective: Perspective,
    /// The answers.
    pub answers: Vec<Answer>,
}

impl Sheet {
    /// What it says of an indicator: nothing yet, or a score, or that it does not apply.
    #[must_use]
    pub fn answer(&self, indicator: Uuid) -> Option<Option<i32>> {
        self.answers.iter().find(|answer| answer.indicator == indicator).map(|answer| answer.score)
    }
}

/// The mean of the raters for each indicator.
#[must_use]
pub fn means(content: &Content, sheets: &[Sheet]) -> Vec<Mark> {
    let of = |id: &Uuid| {
        let scores: Vec<_> = sheets.iter().filter_map(|sheet| sheet.answer(*id)).collect();
        Mark::mean(&scores)
    };
    content.indicator_ids.iter().map(of).collect()
}

/// The scores of the reviewer for each indicator; nothing for what is not scored yet.
#[must_use]
pub fn marks(content: &Content, scores: &[Answer]) -> Vec<Option<Mark>> {
    let of = |id: &Uuid| {
        let found = scores.iter().find(|answer| answer.indicator == *id)?;
        Some(found.score.map_or(Mark::NOT_APPLICABLE, Mark::of))
    };
    content.indicator_ids.iter().map(of).collect()
}

/// Handing in: two raters, one of lived experience, every indicator answered, few that do not apply, and evidence
/// where the instrument asks for it (RDY-5).
#[must_use]
pub fn unmet_for_submission(
    content: &Content,
    thresholds: &Thresholds,
    sheets: &[Sheet],
    evidenced: &[Uuid],
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    let lived = sheets.iter().any(|sheet| sheet.perspective.is_lived_experience());
    if sheets.len() < LEAST_RATERS || !lived {
        let message = "at least two raters are needed, one of them a peer worker or service user";
        unmet.push(Refusal::at(Code::RatersRequired, "", message));
    }
    for sheet in sheets {
        let open: Vec<&str> = content
            .indicators()
            .zip(&content.indicator_ids)
            .filter(|(_, id)| sheet.answer(**id).is_none())
            .map(|((_, indicator), _)| indicator.code.as_str())
            .collect();
        if !open.is_empty() {
            let message = format!("rater {} has not answered {}", sheet.number, open.join(", "));
            unmet.push(Refusal::at(Code::AnswersMissing, "", message));
        }
    }
    if !sheets.is_empty() && unmet.iter().all(|refusal| refusal.code != Code::AnswersMissing) {
        unmet.extend(unmet_for_not_applicable(content, thresholds, &means(content, sheets)));
    }
    let highest = |id: Uuid| sheets.iter().filter_map(|s| s.answer(id).flatten()).max();
    unmet.extend(unmet_for_evidence(content, highest, evidenced));
    unmet
}

/// What does not apply is at most so much of each domain as the instrument says.
#[must_use]
pub fn unmet_for_not_applicable(
    content: &Content,
    thresholds: &Thresholds,
    marks: &[Mark],
) -> Vec<Refusal> {
    let most = usize::try_from(thresholds.not_applicable_per_domain).unwrap_or(0);
    let too_many = |(place, domain): (usize, &Domain)| {
        let left_out =
            content.indicators().zip(marks).filter(|((of, _), m)| *of == place && !m.applies());
        (left_out.count() > most).then(|| {
            let message =
                format!("in domain {} at most {most} may be said not to apply", domain.code);
            Refusal::at(Code::TooManyNotApplicable, "", message)
        })
    };
    content.domains.iter().enumerate().filter_map(too_many).collect()
}

/// RDY-5: a score on an indicator that asks for evidence has some.
#[must_use]
pub fn unmet_for_evidence(
    content: &Content,
    score: impl Fn(Uuid) -> Option<i32>,
    evidenced: &[Uuid],
) -> Vec<Refusal> {
    let lacks = |((_, indicator), id): &((usize, &Indicator), &Uuid)| {
        let asked = indicator.evidence_from.zip(score(**id)).is_some_and(|(from, has)| has >= from);
        asked && !evidenced.contains(id)
    };
    let codes: Vec<&str> = content
        .indicators()
        .zip(&content.indicator_ids)
        .filter(lacks)
        .map(|((_, indicator), _)| indicator.code.as_str())
        .collect();
    if codes.is_empty() {
        return Vec::new();
    }
    let message = format!("these scores need evidence, or a lower score: {}", codes.join(", "));
    vec![Refusal::at(Code::EvidenceRequired, "", message)]
}

/// Validating: every indicator scored, few that do not apply, evidence where it is asked for.
#[must_use]
pub fn unmet_for_validation(
    content: &Content,
    thresholds: &Thresholds,
    scores: &[Answer],
    evidenced: &[Uuid],
) -> Vec<Refusal> {
    let marks = marks(content, scores);
    let open: Vec<&str> = content
        .indicators()
        .zip(&marks)
        .filter(|(_, mark)| mark.is_none())
        .map(|((_, indicator), _)| indicator.code.as_str())
        .collect();
    let mut unmet = Vec::new();
    if !open.is_empty() {
        let message = format!("the reviewer has not scored {}", open.join(", "));
        unmet.push(Refusal::at(Code::ScoresMissing, "", message));
    }
    // What is open counts as applying.
    let known: Vec<Mark> = marks.iter().map(|mark| mark.unwrap_or(Mark::of(0))).collect();
    unmet.extend(unmet_for_not_applicable(content, thresholds, &known));
    let score = |id: Uuid| scores.iter().find(|answer| answer.indicator == id)?.score;
    unmet.extend(unmet_for_evidence(content, score, evidenced));
    unmet
}

/// RDY-3: a reviewer holds the role where the organisation is, and has no link to it.
#[must_use]
pub fn unmet_for_reviewer(holds_the_role: bool, is_linked: bool) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !holds_the_role {
        let message = "the account holds no role as a reviewer that counts for this organisation";
        unmet.push(Refusal::at(Code::NotAReviewer, "reviewerAccountId", message));
    } else if is_linked {
        let message =
            "the reviewer has a link to the organisation: a role, a record or trainings there";
        unmet.push(Refusal::at(Code::ReviewerLinked, "reviewerAccountId", message));
    }
    unmet
}

/// PER-2, PER-3: whoever validates neither scored the assessment nor handed it in.
#[must_use]
pub fn unmet_for_validator(took_part: bool) -> Vec<Refusal> {
    if !took_part {
        return Vec::new();
    }
    let message = "you scored this assessment or handed it in, by this or another account: somebody else validates";
    vec![Refusal::at(Code::SeparationOfDuties, "", message)]
}

/// The day from which an outcome no longer holds when it is found on `today`; none for one that carries no licence.
#[must_use]
pub fn valid_to(outcome: Outcome, today: NaiveDate) -> Option<NaiveDate> {
    let months = match outcome {
        Outcome::Ready => 12,
        Outcome::Conditional => 6,
        Outcome::NotReady => return None,
    };
    today.checked_add_months(Months::new(months))
}

/// An assessment has few files.
#[must_use]
pub fn unmet_for_files(count: u64) -> Vec<Refusal> {
    if count > MAX_EVIDENCE {
        vec![invalid("", format!("an assessment may have at most {MAX_EVIDENCE} files"))]
    } else {
        Vec::new()
    }
}

/// A plan belongs to an assessment that is open or stands.
#[must_use]
pub fn unmet_for_planning(state: State) -> Vec<Refusal> {
    match state {
        State::Superseded | State::Invalidated | State::Withdrawn => {
            let message = "the assessment is over: plan within the present one";
            vec![Refusal::at(Code::Conflict, "", message)]
        }
        State::Draft
        | State::SelfSubmitted
        | State::InValidation
        | State::Returned
        | State::Validated => Vec::new(),
    }
}

/// What an action says, as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The indicator that it is to raise.
    pub indicator: Option<Uuid>,
    /// What is to be done.
    pub text: String,
    /// The post that sees to it.
    pub owner_title: String,
    /// The person who sees to it.
    pub owner: Option<Uuid>,
    /// By when.
    pub due_on: NaiveDate,
}

/// An action says what, who and by when.
#[must_use]
pub fn unmet_for_action(planned: &Planned, content: &Content, owner_known: bool) -> Vec<Refusal> {
    let mut unmet = unmet_for_text(&planned.text, "text", MAX_TEXT);
    unmet.extend(unmet_for_line(&planned.owner_title, "ownerTitle"));
    if planned.indicator.is_some_and(|id| content.place(id).is_none()) {
        let message = "no indicator of the instrument of this assessment";
        unmet.push(Refusal::at(Code::NotFound, "indicatorId", message));
    }
    if planned.owner.is_some() && !owner_known {
        let message = "no person whose record the organisation keeps";
        unmet.push(Refusal::at(Code::NotFound, "ownerId", message));
    }
    unmet
}

/// A new or moved day lies within the year that an outcome holds at most.
#[must_use]
pub fn unmet_for_due_day(due_on: NaiveDate, today: NaiveDate) -> Vec<Refusal> {
    let last = today.checked_add_months(Months::new(PLAN_MONTHS)).unwrap_or(NaiveDate::MAX);
    if (today..=last).contains(&due_on) {
        return Vec::new();
    }
    let message = format!("must lie within {PLAN_MONTHS} months from today");
    vec![invalid("dueOn", message)]
}

/// A plan has few actions.
#[must_use]
pub fn unmet_for_plan(count: usize) -> Vec<Refusal> {
    if count > MAX_ACTIONS {
        vec![invalid("", format!("a plan may have at most {MAX_ACTIONS} open actions"))]
    } else {
        Vec::new()
    }
}

/// A settled action does not change.
#[must_use]
pub fn unmet_for_open_action(state: ActionState) -> Vec<Refusal> {
    if state == ActionState::Open {
        return Vec::new();
    }
    let message = "the action is settled: add another one";
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// Progress is a share.
#[must_use]
pub fn unmet_for_progress(progress: i32) -> Vec<Refusal> {
    if (0..=WHOLE).contains(&progress) {
        Vec::new()
    } else {
        vec![invalid("progress", "must lie between 0 and 10000 basis points")]
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
