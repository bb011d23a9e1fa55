//! The rules of the support for employing organisations, as functions over plain values. Each returns
//! everything that is unmet.

use chrono::{Datelike, Days as Span, NaiveDate};

use super::model::{
    Agreement, Assessment, Command, Contact, Days, DsptStanding, DsptStatus, Facts, Offer, Purpose,
    Side, Standing, State, Warning,
};
use crate::organisation::model::Status;
use crate::organisation::rules::unmet_for_line;
use crate::person::rules::unmet_for_email;
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// How many days before the last one a status in the toolkit is said to expire soon.
pub const EXPIRING_DAYS: u64 = 90;

/// Longest time that a published status counts, in days: the toolkit is annual, and its deadline was moved
/// by some months before.
const LONGEST_DAYS: i64 = 550;

/// The first year of the toolkit.
const FIRST_YEAR: i32 = 2018;

/// Most people that one agreement or offer may be for.
const MOST: i32 = 10_000;

fn invalid(path: &str, message: &str) -> Refusal {
    Refusal::at(Code::Invalid, path, message)
}

/// An organisation takes part in the network and does what its side of an agreement does.
#[must_use]
pub fn unmet_for_side(side: Side, status: Status, does: bool) -> Vec<Refusal> {
    let (path, message) = match side {
        Side::Deliverer => ("delivererId", "the deliverer does not deliver training"),
        Side::Host => ("hostId", "the host does not employ or place trainees"),
    };
    let mut unmet = Vec::new();
    if status != Status::Active {
        let whose = if side == Side::Deliverer { "the deliverer" } else { "the host" };
        let message = format!("{whose} does not take part in the network at present");
        unmet.push(Refusal::at(Code::OrganisationNotActive, path, message));
    }
    if !does {
        unmet.push(invalid(path, message));
    }
    unmet
}

/// An agreement is between two, for some trainees of some types, each named once.
#[must_use]
pub fn unmet_for_terms(new: &Agreement, types: &[ProgrammeType]) -> Vec<Refusal> {
    let mut unmet = unmet_for_number(new.places, "places");
    if new.organisation_id == new.host_id {
        unmet.push(invalid("hostId", "must be another organisation than the deliverer"));
    }
    let repeated = types.iter().enumerate().any(|(place, ty)| types[..place].contains(ty));
    if types.is_empty() || repeated {
        unmet.push(invalid("programmeTypes", "name at least one, and each once"));
    }
    unmet
}

/// Days hold the first at least.
#[must_use]
pub fn unmet_for_days(days: Days) -> Vec<Refusal> {
    match days.period() {
        Some(_) => Vec::new(),
        None => vec![invalid("validTo", "must lie after the first day")],
    }
}

/// None of `held` shares a day with `new`; `message` says of what there is one at a time.
fn unmet_for_overlap(
    new: Days,
    held: impl IntoIterator<Item = Days>,
    message: &str,
) -> Vec<Refusal> {
    if held.into_iter().any(|held| held.meet(new)) {
        vec![Refusal::at(Code::PeriodOverlap, "validFrom", message)]
    } else {
        Vec::new()
    }
}

/// An organisation has one contact for each purpose on any day; `held` are those for the same purpose.
#[must_use]
pub fn unmet_for_contacts(new: &Contact, held: &[Contact]) -> Vec<Refusal> {
    let message = "one contact for each purpose at a time: end or replace the present one first";
    unmet_for_overlap(new.days(), held.iter().map(Contact::days), message)
}

/// An organisation has one offer of supervision on any day.
#[must_use]
pub fn unmet_for_offers(new: &Offer, held: &[Offer]) -> Vec<Refusal> {
    let message = "one offer of supervision at a time: end or amend the present one first";
    unmet_for_overlap(new.days(), held.iter().map(Offer::days), message)
}

/// Two organisations have one agreement of a kind on any day.
#[must_use]
pub fn unmet_for_agreements(new: &Agreement, held: &[Agreement]) -> Vec<Refusal> {
    let same = |old: &&Agreement| {
        old.id != new.id
            && old.is_agreed()
            && (old.organisation_id, old.host_id, old.kind)
                == (new.organisation_id, new.host_id, new.kind)
    };
    let held = held.iter().filter(same).map(Agreement::days);
    unmet_for_overlap(new.days(), held, Code::PeriodOverlap.description())
}

/// What waits for the other side is proposed once: another proposal of the same kind for some of its days is
/// one too many, whichever side made it.
#[must_use]
pub fn unmet_for_proposal(new: &Agreement, held: &[Agreement]) -> Vec<Refusal> {
    let same = |old: &&Agreement| {
        old.id != new.id
            && old.state == State::Proposed
            && (old.organisation_id, old.host_id, old.kind)
                == (new.organisation_id, new.host_id, new.kind)
    };
    if !held.iter().filter(same).any(|old| old.days().meet(new.days())) {
        return Vec::new();
    }
    let message = "the two organisations have a proposal of this kind for some of these days: have it accepted, \
                   declined or withdrawn first";
    vec![Refusal::at(Code::PeriodOverlap, "validFrom", message)]
}

/// The first day on which what holds on `days` can end: it has held on one day by then, and nothing ends in the
/// past.
#[must_use]
pub fn first_end(days: Days, today: NaiveDate) -> NaiveDate {
    days.from.succ_opt().unwrap_or(days.from).max(today)
}

/// The step exists from where the agreement stands; what holds can end from `first_end` on.
#[must_use]
pub fn unmet_for_step(standing: Standing, command: Command, first_end: NaiveDate) -> Vec<Refusal> {
    if standing.after(command).is_some() {
        return Vec::new();
    }
    if (standing, command) == (Standing::InForce, Command::Withdraw) {
        let message = format!("it has begun: end it (employerAgreementEnd) from {first_end} on");
        return vec![Refusal::at(Code::Conflict, "", message)];
    }
    let message = match (standing, command) {
        (Standing::Proposed, _) => "the other side has not accepted it: withdraw it",
        (Standing::Upcoming, Command::End) => "it has not begun: withdraw it",
        (Standing::Over | Standing::Declined | Standing::Withdrawn | Standing::Ended, _) => {
            "it is settled for good: propose another"
        }
        _ => "this step does not exist from where the agreement stands",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// The side that proposed an agreement does not accept it, by nobody who acts for both.
#[must_use]
pub fn unmet_for_other_side(acts_for_both: bool) -> Vec<Refusal> {
    if !acts_for_both {
        return Vec::new();
    }
    let message = "you act for the side that proposed it: somebody else has to accept it";
    vec![Refusal::at(Code::SeparationOfDuties, "", message)]
}

/// What has passed is not agreed any more.
#[must_use]
pub fn unmet_for_acceptance(agreement: &Agreement, today: NaiveDate) -> Vec<Refusal> {
    if agreement.valid_to.is_some_and(|to| to <= today) {
        vec![Refusal::at(Code::Conflict, "", "its days have passed: propose it for others")]
    } else {
        Vec::new()
    }
}

/// Days end today or later, after the first, and earlier than they would.
#[must_use]
pub fn unmet_for_end(days: Days, (on, path): (NaiveDate, &str), today: NaiveDate) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if on < today {
        unmet.push(invalid(path, "must not lie in the past"));
    }
    if on <= days.from {
        let end = first_end(days, today);
        unmet.push(invalid(path, &format!("it can end from {end} on, not on its first day")));
    }
    if days.to.is_some_and(|to| to <= on) {
        unmet.push(Refusal::at(Code::Unchanged, path, "it ends no later already"));
    }
    unmet
}

/// Where an agreement stands, and up to which day, once one of the two organisations is closed on `on`; `None`
/// if it was over by then.
#[must_use]
pub fn after_closure(agreement: &Agreement, on: NaiveDate) -> Option<(State, Option<NaiveDate>)> {
    let over = agreement.valid_to.is_some_and(|to| to <= on);
    match agreement.state {
        State::Proposed => Some((State::Withdrawn, agreement.valid_to)),
        State::Accepted | State::Ended if over => None,
        State::Accepted | State::Ended if agreement.valid_from < on => {
            Some((State::Ended, Some(on)))
        }
        State::Accepted | State::Ended => Some((State::Withdrawn, agreement.valid_to)),
        State::Declined | State::Withdrawn => None,
    }
}

/// A contact has a name and can be reached.
#[must_use]
pub fn unmet_for_contact(contact: &Contact) -> Vec<Refusal> {
    let Contact { name, email, phone, .. } = contact;
    let mut unmet = unmet_for_line(name, "name");
    unmet.extend(email.iter().flat_map(|email| unmet_for_email(email, "email")));
    unmet.extend(phone.iter().flat_map(|phone| unmet_for_line(phone, "phone")));
    if email.is_none() && phone.is_none() {
        unmet.push(invalid("email", "give an e-mail address or a telephone number"));
    }
    unmet
}

/// An offer is for some, and no more is taken than offered.
#[must_use]
pub fn unmet_for_offer(offer: &Offer) -> Vec<Refusal> {
    let mut unmet = unmet_for_number(offer.supervisees, "supervisees");
    unmet.extend(unmet_for_number(offer.hours_per_month, "hoursPerMonth"));
    if offer.taken < 0 {
        unmet.push(invalid("taken", "must not be negative"));
    }
    if offer.taken > offer.supervisees {
        let message = Code::CapacityExceeded.description();
        unmet.push(Refusal::at(Code::CapacityExceeded, "taken", message));
    }
    unmet
}

fn unmet_for_number(number: i32, path: &str) -> Vec<Refusal> {
    if (1..=MOST).contains(&number) {
        Vec::new()
    } else {
        vec![invalid(path, "must lie between 1 and 10,000")]
    }
}

/// Whether `text` names a year of the toolkit that has begun, such as `2025-26`.
#[must_use]
pub fn unmet_for_year(text: &str, today: NaiveDate) -> Vec<Refusal> {
    let parts = text.split_once('-').filter(|(first, last)| {
        let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
        (first.len(), last.len()) == (4, 2) && digits(first) && digits(last)
    });
    let years = parts
        .and_then(|(first, last)| Some((first.parse::<i32>().ok()?, last.parse::<i32>().ok()?)));
    match years {
        Some((first, last))
            if (first + 1) % 100 == last && (FIRST_YEAR..=today.year()).contains(&first) =>
        {
            Vec::new()
        }
        _ => vec![invalid(
            "year",
            "must be a year of the toolkit that has begun, such as 2025-26; the first is 2018-19",
        )],
    }
}

/// What was published has its days; where nothing was, there are none.
#[must_use]
pub fn unmet_for_assessment(new: &Assessment, today: NaiveDate) -> Vec<Refusal> {
    let mut unmet: Vec<Refusal> = new
        .evidence_reference
        .iter()
        .flat_map(|reference| unmet_for_line(reference, "evidenceReference"))
        .collect();
    match (new.status, new.published_on, new.expires_on) {
        (DsptStatus::NotPublished, None, None) => {}
        (DsptStatus::NotPublished, ..) => {
            unmet.push(invalid("publishedOn", "what is not published has no days"));
        }
        (_, Some(on), Some(to)) => {
            if on > today {
                unmet.push(invalid("publishedOn", "must not lie in the future"));
            }
            if to <= on || (to - on).num_days() > LONGEST_DAYS {
                unmet.push(invalid("expiresOn", "must follow publication within 550 days"));
            }
        }
        _ => unmet.push(invalid("publishedOn", "say when it was published")),
    }
    unmet
}

/// The last day on which what was published on `day` counts: the next 30 June.
#[must_use]
pub fn expiry(day: NaiveDate) -> NaiveDate {
    let deadline = |year| NaiveDate::from_ymd_opt(year, 6, 30);
    let next = deadline(day.year()).filter(|end| day < *end);
    next.or_else(|| deadline(day.year() + 1)).unwrap_or(day)
}

/// The day from which what counts up to `last` expires soon.
#[must_use]
pub fn expiring_from(last: NaiveDate) -> NaiveDate {
    last.checked_sub_days(Span::new(EXPIRING_DAYS)).unwrap_or(last)
}

/// Of what was published by `day`, that which counts longest.
#[must_use]
pub fn counting(assessments: &[Assessment], day: NaiveDate) -> Option<&Assessment> {
    let known = assessments.iter().filter(|held| held.published_on.is_some_and(|on| on <= day));
    known.max_by_key(|held| (held.expires_on, held.id))
}

/// What the toolkit says of an organisation on `day`. What can be read is the same rule in SQL.
#[must_use]
pub fn dspt_standing(assessments: &[Assessment], day: NaiveDate) -> DsptStanding {
    match counting(assessments, day) {
        None => DsptStanding::Missing,
        Some(held) if held.expires_on.is_none_or(|last| last < day) => DsptStanding::Lapsed,
        Some(held) if held.expiring_from.is_some_and(|from| from <= day) => DsptStanding::Expiring,
        Some(_) => DsptStanding::Current,
    }
}

/// What an organisation should mend, in the order of the codes. What can be read is the same rule in SQL.
#[must_use]
pub fn warnings(facts: &Facts, day: NaiveDate) -> Vec<Warning> {
    let standing = dspt_standing(&facts.assessments, day);
    let named = |purpose: Purpose| {
        let mut contacts = facts.contacts.iter();
        contacts.any(|held| held.purpose == purpose && held.days().hold_on(day))
    };
    let status = counting(&facts.assessments, day).map(|held| held.status);
    let applies = |warning: &Warning| match warning {
        Warning::DsptExpiring => standing == DsptStanding::Expiring,
        Warning::DsptLapsed => standing == DsptStanding::Lapsed,
        Warning::DsptMissing => standing == DsptStanding::Missing,
        Warning::DsptNotMet => status == Some(DsptStatus::StandardsNotMet),
        Warning::SafeguardingContactMissing => facts.in_agreement && !named(Purpose::Safeguarding),
        Warning::SupervisionContactMissing => facts.in_agreement && !named(Purpose::Supervision),
    };
    Warning::ALL.iter().copied().filter(applies).collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
