//! The rules of data protection, as functions over plain values. Each returns everything that is unmet.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, Months, NaiveDate};
use uuid::Uuid;

use super::model::{
    Consent, ConsentPurpose, DataClass, Hold, KeepGround, ProposalState, RequestState,
    RetentionRule, Verdict,
};
use crate::organisation::rules::{MAX_TEXT, unmet_for_line, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// Longest time for which a class is kept, in months: a century.
pub const MAX_MONTHS: i32 = 1200;

/// The last day on which to answer a request received on a day: the same day of the next month, or that month's last
/// where it has no such day (Article 12(3) of the UK GDPR, one month).
#[must_use]
pub fn due_on(received: NaiveDate) -> NaiveDate {
    received.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX)
}

/// The last day of use of what was kept for `months` by `today`: what ended on a day is kept until the same day so many
/// months later, or that month's last where it has no such day.
#[must_use]
pub fn ended_by(today: NaiveDate, months: i32) -> NaiveDate {
    let back = Months::new(months.unsigned_abs());
    let Some(day) = today.checked_sub_months(back) else { return NaiveDate::MIN };
    let is_last = |day: NaiveDate| day.succ_opt().is_none_or(|next| next.month() != day.month());
    // On the last day of a month the longer months of before are over as a whole.
    if is_last(today) { last_of_month(day) } else { day }
}

fn last_of_month(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
    next.checked_sub_days(Days::new(1)).unwrap_or(day)
}

/// A reason says something.
#[must_use]
pub fn unmet_for_reason(reason: &str) -> Vec<Refusal> {
    unmet_for_text(reason, "reason", MAX_TEXT)
}

/// A consent names its wording, and is not given twice.
#[must_use]
pub fn unmet_for_consent(wording: &str, live: Option<&Consent>) -> Vec<Refusal> {
    let mut unmet = unmet_for_line(wording, "wording");
    if live.is_some_and(|live| live.wording == wording) {
        unmet.push(Refusal::at(Code::Unchanged, "", "you agreed to this already"));
    }
    unmet
}

/// A consent to a transfer is for one: it is recorded with it, and not given ahead of any.
#[must_use]
pub fn unmet_for_giving(purpose: ConsentPurpose) -> Vec<Refusal> {
    let message = "a quality lead records it with the transfer: tell them the wording";
    let of_transfer = || Refusal::at(Code::Invalid, "purpose", message);
    (purpose == ConsentPurpose::Transfer).then(of_transfer).into_iter().collect()
}

/// What was withdrawn is not withdrawn again.
#[must_use]
pub fn unmet_for_withdrawal(consent: &Consent) -> Vec<Refusal> {
    let again = || Refusal::at(Code::Unchanged, "id", "it was withdrawn already");
    consent.withdrawn_at.map(|_| again()).into_iter().collect()
}

/// A class is kept for a number of months, or without an end; and a change changes something.
#[must_use]
pub fn unmet_for_months(before: &RetentionRule, months: Option<i32>) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if months.is_some_and(|months| !(1..=MAX_MONTHS).contains(&months)) {
        let message = format!("must be between 1 and {MAX_MONTHS} months");
        unmet.push(Refusal::at(Code::Invalid, "months", message));
    }
    if !before.proposed && before.months == months {
        unmet.push(Refusal::at(Code::Unchanged, "months", "it is kept for so long already"));
    }
    unmet
}

/// A hold is about one person or one organisation, and lasts until a day to come.
#[must_use]
pub fn unmet_for_hold(new: &Hold, today: NaiveDate) -> Vec<Refusal> {
    let mut unmet = unmet_for_reason(&new.reason);
    if new.person_id.is_some() == new.organisation_id.is_some() {
        let message = "name a person or an organisation";
        unmet.push(Refusal::at(Code::Invalid, "personId", message));
    }
    if new.until.is_some_and(|until| until <= today) {
        unmet.push(Refusal::at(Code::Invalid, "until", "must be a day to come"));
    }
    unmet
}

/// Whether a hold keeps something of `class`, of this person and these organisations, on `today`.
#[must_use]
pub fn is_held(
    hold: &Hold,
    class: DataClass,
    person: Option<Uuid>,
    organisations: &[Uuid],
    today: NaiveDate,
) -> bool {
    let lasts = hold.lifted_at.is_none() && hold.until.is_none_or(|until| today < until);
    let of_class = hold.class.is_none_or(|held| held == class);
    let of_person = hold.person_id.is_some() && hold.person_id == person;
    let of_organisation = hold.organisation_id.is_some_and(|id| organisations.contains(&id));
    lasts && of_class && (of_person || of_organisation)
}

/// Only what is open is decided.
#[must_use]
pub fn unmet_for_decision(state: ProposalState) -> Vec<Refusal> {
    let decided = || Refusal::at(Code::Conflict, "", "it is decided already");
    (state != ProposalState::Open).then(decided).into_iter().collect()
}

/// Only an open request is answered or taken back.
#[must_use]
pub fn unmet_for_answer(state: RequestState) -> Vec<Refusal> {
    let answered = || Refusal::at(Code::Conflict, "", "the request is not open any more");
    (state != RequestState::Open).then(answered).into_iter().collect()
}

/// A request was received on a day that has come, and not years ago.
#[must_use]
pub fn unmet_for_receipt(received: NaiveDate, today: NaiveDate) -> Vec<Refusal> {
    let earliest = today.checked_sub_months(Months::new(12)).unwrap_or(NaiveDate::MIN);
    let message = "must be a day of the last twelve months";
    let unmet = received > today || received < earliest;
    unmet.then(|| Refusal::at(Code::Invalid, "receivedOn", message)).into_iter().collect()
}

/// What is decided about a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The class.
    pub class: DataClass,
    /// What is decided.
    pub verdict: Verdict,
    /// Why it is kept.
    pub ground: Option<KeepGround>,
    /// Until when.
    pub until: Option<NaiveDate>,
}

/// What is known of a class and a person when an erasure is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The class.
    pub class: DataClass,
    /// How many records there are.
    pub count: u64,
    /// Whether a hold keeps them.
    pub held: bool,
}

/// Each class that holds anything is decided once: erased unless a hold keeps it, or kept for a reason until a day.
#[must_use]
pub fn unmet_for_erasure(
    decided: &[Decided],
    holdings: &[Holding],
    today: NaiveDate,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, one) in decided.iter().enumerate() {
        let path = |field: &str| format!("decisions.{place}.{field}");
        let invalid =
            |field: &str, message: &str| Refusal::at(Code::Invalid, &path(field), message);
        let holding = holdings.iter().find(|holding| holding.class == one.class);
        if holding.is_none() {
            unmet.push(invalid("class", "nothing of this class is erased for a person"));
        }
        if !seen.insert(one.class.code()) {
            unmet.push(invalid("class", "decide each class once"));
        }
        match (one.verdict, one.ground, one.until) {
            (Verdict::Erase, None, None) => {
                if holding.is_some_and(|holding| holding.held) {
                    let message = "a hold keeps this: lift it, or keep the data";
                    unmet.push(Refusal::at(Code::Held, &path("verdict"), message));
                }
            }
            (Verdict::Erase, ..) => {
                unmet.push(invalid("ground", "what is erased is not kept for a reason"));
            }
            (Verdict::Keep, None, _) => unmet.push(invalid("ground", "say why it is kept")),
            (Verdict::Keep, _, None) => unmet.push(invalid("until", "say until when it is kept")),
            (Verdict::Keep, _, Some(until)) if until <= today => {
                unmet.push(invalid("until", "must be a day to come"));
            }
            (Verdict::Keep, ..) => {}
        }
    }
    for holding in holdings.iter().filter(|holding| holding.count > 0) {
        if !seen.contains(holding.class.code()) {
            let message = format!("decide about {} as well", holding.class.code());
            unmet.push(Refusal::at(Code::DecisionMissing, "decisions", message));
        }
    }
    unmet
}

/// A window of time ends after it begins, and spans no more than two years.
#[must_use]
pub fn is_window(from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>) -> bool {
    from < to && to - from <= chrono::TimeDelta::days(732)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
