//! Business rules of what comes after graduation, each one pure function that gives every unmet requirement.

use chrono::{Months, NaiveDate};

use super::model::{Accreditation, Command, Destination, Source, Standing, Told};
use crate::calendar::Period;
use crate::enrolment::model::State as EnrolmentState;
use crate::organisation::rules::unmet_for_text;
use crate::refusal::{Code, Refusal};

/// Longest name of an employer.
const MAX_EMPLOYER: usize = 200;

/// Longest title of what somebody did, and longest name of who provided it.
const MAX_TITLE: usize = 120;

/// Most minutes of one record of development: a week of full-time work.
const MAX_MINUTES: i32 = 2_400;

/// Latest question about a destination, in months after graduation.
const MAX_MONTHS: i32 = 60;

/// Most people that somebody may be accredited to supervise at once.
const MAX_CASELOAD: i32 = 50;

/// Whole time, in hundredths.
const WHOLE_TIME: i32 = 100;

/// Only who graduated went somewhere from there.
#[must_use]
pub fn unmet_for_graduate(state: EnrolmentState) -> Vec<Refusal> {
    if state == EnrolmentState::Graduated {
        return Vec::new();
    }
    vec![Refusal::at(Code::NotGraduated, "enrolmentId", Code::NotGraduated.description())]
}

/// A question is asked once it is due.
#[must_use]
pub fn unmet_for_question(months: i32, graduated_on: NaiveDate, today: NaiveDate) -> Vec<Refusal> {
    let path = "askedAfterMonths";
    if !(0..=MAX_MONTHS).contains(&months) {
        let message = format!("must be between 0 and {MAX_MONTHS}");
        return vec![Refusal::at(Code::Invalid, path, message)];
    }
    let due = graduated_on.checked_add_months(Months::new(months.unsigned_abs()));
    if due.is_some_and(|due| due <= today) {
        return Vec::new();
    }
    vec![Refusal::at(Code::Invalid, path, "so many months have not passed since graduation")]
}

/// What is told of a destination fits together.
#[must_use]
pub fn unmet_for_told(told: &Told, own: bool, today: NaiveDate) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    let mut invalid = |path: &str, message: &str| {
        unmet.push(Refusal::at(Code::Invalid, path, message.to_owned()));
    };
    let kind = told.kind;
    if kind == super::model::DestinationKind::EmployedAsPeerWorker && told.peer_role.is_none() {
        invalid("peerRole", "say as which peer");
    }
    if told.peer_role.is_some() && !kind.may_be_peer() {
        invalid("peerRole", "belongs to work as a peer, employed or as a volunteer");
    }
    if told.wte_hundredths.is_some_and(|of| !(1..=WHOLE_TIME).contains(&of)) {
        invalid("wteHundredths", "must be between 1 and 100 hundredths of whole time");
    }
    if told.wte_hundredths.is_some() && !kind.is_employed() {
        invalid("wteHundredths", "belongs to employment");
    }
    if told.employer_id.is_some() && told.employer_name.is_some() {
        invalid(
            "employerName",
            "name an organisation of the network or another employer, not both",
        );
    }
    let somewhere = [
        ("employerId", told.employer_id.is_some()),
        ("employerName", told.employer_name.is_some()),
        ("since", told.since.is_some()),
    ];
    for (path, _) in somewhere.into_iter().filter(|(_, said)| *said && !kind.is_engaged()) {
        invalid(path, "belongs to work, volunteering or training");
    }
    if told.since.is_some_and(|since| since > today) {
        invalid("since", "must not lie in the future");
    }
    if own && told.source != Source::Graduate {
        invalid("source", "what you tell about yourself is known from you: GRADUATE");
    }
    if let Some(name) = &told.employer_name {
        unmet.extend(unmet_for_text(name, "employerName", MAX_EMPLOYER));
    }
    unmet
}

/// Another answer to the same question needs a reason and says something else; a first one needs none.
#[must_use]
pub fn unmet_for_amendment(
    current: Option<&Destination>,
    told: &Told,
    reason: Option<&str>,
) -> Vec<Refusal> {
    let Some(current) = current else {
        return match reason {
            Some(_) => {
                let message = "there is no answer to this question that it would take the place of";
                vec![Refusal::at(Code::Invalid, "reason", message)]
            }
            None => Vec::new(),
        };
    };
    if current.told == *told {
        return vec![Refusal::whole(Code::Unchanged)];
    }
    match reason {
        None => {
            let message = "this question was answered: say why another answer takes its place";
            vec![Refusal::at(Code::Invalid, "reason", message)]
        }
        Some(reason) => unmet_for_text(reason, "reason", MAX_EMPLOYER),
    }
}

/// What somebody did lies in the past, took some time, and has a title.
#[must_use]
pub fn unmet_for_development(
    (done_on, minutes): (NaiveDate, i32),
    (title, provider): (&str, Option<&str>),
    today: NaiveDate,
) -> Vec<Refusal> {
    let mut unmet = unmet_for_text(title, "title", MAX_TITLE);
    if let Some(provider) = provider {
        unmet.extend(unmet_for_text(provider, "provider", MAX_TITLE));
    }
    if done_on > today {
        unmet.push(Refusal::at(Code::Invalid, "doneOn", "must not lie in the future"));
    }
    if !(1..=MAX_MINUTES).contains(&minutes) {
        let message = format!("must be between 1 and {MAX_MINUTES}");
        unmet.push(Refusal::at(Code::Invalid, "minutes", message));
    }
    unmet
}

/// Who confirms supervises or teaches the person; nobody confirms the own.
#[must_use]
pub fn unmet_for_confirmer(own: bool, supervises_or_teaches: bool) -> Vec<Refusal> {
    if own {
        let message = "nobody confirms the own development";
        return vec![Refusal::at(Code::SeparationOfDuties, "confirmerId", message)];
    }
    if supervises_or_teaches {
        return Vec::new();
    }
    let message = "name your peer supervisor, or who teaches on a course of yours";
    vec![Refusal::at(Code::NotFound, "confirmerId", message)]
}

/// What was confirmed or taken back is neither again.
#[must_use]
pub fn unmet_for_open(confirmed: bool, withdrawn: bool) -> Vec<Refusal> {
    let message = match (confirmed, withdrawn) {
        (false, false) => return Vec::new(),
        (_, true) => "it was taken back",
        (true, false) => "it was confirmed already",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// The step exists from where the accreditation stands.
#[must_use]
pub fn unmet_for_step(standing: Standing, command: Command) -> Vec<Refusal> {
    if standing.after(command).is_some() {
        return Vec::new();
    }
    let message = match (standing, command) {
        (Standing::Lapsed, _) => "its term is over: renew it instead",
        (Standing::Withdrawn, _) => "it is over for good: confirm the supervisor again",
        (Standing::Accredited, Command::Withdraw) => "suspend it first",
        (Standing::Suspended, Command::Renew) => "reinstate it first",
        (Standing::Accredited | Standing::Suspended, _) => "it stands there already",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// Who is confirmed graduated from a programme for supervisors, and who confirms is licensed.
#[must_use]
pub fn unmet_for_confirming(graduated: bool, licensed: bool) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !graduated {
        let message = "no graduation from a programme for supervisors stands";
        unmet.push(Refusal::at(Code::NotGraduated, "personId", message));
    }
    if !licensed {
        unmet.push(Refusal::at(
            Code::LicenceNotActive,
            "organisationId",
            "a licence in force is needed",
        ));
    }
    unmet
}

/// So many people at most.
#[must_use]
pub fn unmet_for_caseload(most: i32) -> Vec<Refusal> {
    if (1..=MAX_CASELOAD).contains(&most) {
        return Vec::new();
    }
    let message = format!("must be between 1 and {MAX_CASELOAD}");
    vec![Refusal::at(Code::Invalid, "caseloadMax", message)]
}

/// On no day does somebody hold two accreditations.
#[must_use]
pub fn unmet_for_overlap(new: &Accreditation, held: &[Accreditation]) -> Vec<Refusal> {
    let days = |of: &Accreditation| Period::new(Some(of.valid_from), Some(of.valid_to)).ok();
    let meets = |other: &&Accreditation| {
        other.id != new.id
            && other.is_granted()
            && matches!((days(other), days(new)), (Some(a), Some(b)) if a.overlaps(&b))
    };
    if held.iter().any(|other| meets(&other)) {
        vec![Refusal::whole(Code::AccreditationOverlap)]
    } else {
        Vec::new()
    }
}

/// An accredited supervisor has room for one more person; who is not accredited has no bound here.
#[must_use]
pub fn unmet_for_room(caseload_max: Option<i32>, supervised: u64) -> Vec<Refusal> {
    match caseload_max.and_then(|most| u64::try_from(most).ok()) {
        Some(most) if supervised >= most => {
            let message = "the supervisor has as many people as the accreditation allows";
            vec![Refusal::at(Code::CapacityExceeded, "supervisorId", message)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{DestinationKind, PeerRole, State};
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn told(kind: DestinationKind) -> Told {
        Told {
            kind,
            peer_role: None,
            employer_id: None,
            employer_name: None,
            since: None,
            wte_hundredths: None,
            source: Source::Graduate,
        }
    }

    fn paths(unmet: &[Refusal]) -> Vec<&str> {
        unmet.iter().filter_map(|unmet| unmet.path.last().map(String::as_str)).collect()
    }

    #[test]
    fn what_is_told_of_a_destination_fits_together() {
        let today = day("2026-05-01");
        let bare = unmet_for_told(&told(DestinationKind::EmployedAsPeerWorker), true, today);
        assert_eq!(paths(&bare), ["peerRole"]);
        let seeking = Told {
            peer_role: Some(PeerRole::Other),
            employer_id: Some(Uuid::nil()),
            employer_name: Some("Somebody".to_owned()),
            since: Some(day("2026-05-02")),
            wte_hundredths: Some(101),
            source: Source::Employer,
            ..told(DestinationKind::Seeking)
        };
        assert_eq!(
            paths(&unmet_for_told(&seeking, true, today)),
            [
                "peerRole",
                "wteHundredths",
                "wteHundredths",
                "employerName",
                "employerId",
                "employerName",
                "since",
                "since",
                "source"
            ]
        );
        let employed = Told {
            peer_role: Some(PeerRole::PeerSupportWorker),
            wte_hundredths: Some(60),
            since: Some(today),
            ..told(DestinationKind::EmployedAsPeerWorker)
        };
        assert_eq!(unmet_for_told(&employed, true, today), []);
    }

    #[test]
    fn a_question_is_due_once_its_months_have_passed() {
        let (graduated, today) = (day("2026-01-31"), day("2026-07-31"));
        assert_eq!(unmet_for_question(6, graduated, today), []);
        assert_eq!(paths(&unmet_for_question(7, graduated, today)), ["askedAfterMonths"]);
        assert_eq!(paths(&unmet_for_question(61, graduated, today)), ["askedAfterMonths"]);
        assert_eq!(paths(&unmet_for_question(-1, graduated, today)), ["askedAfterMonths"]);
    }

    #[test]
    fn no_two_accreditations_of_one_person_hold_on_one_day() {
        let held = |id: u128, from: &str, to: &str, state| Accreditation {
            id: Uuid::from_u128(id),
            organisation_id: Uuid::nil(),
            person_id: Uuid::nil(),
            graduation_id: Uuid::nil(),
            state,
            valid_from: day(from),
            valid_to: day(to),
            ended_on: None,
            resigned: false,
            caseload_max: 4,
            renews_id: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
            version: 1,
        };
        let new = held(1, "2026-05-01", "2027-05-01", State::Accredited);
        let next = held(2, "2027-05-01", "2028-05-01", State::Accredited);
        let over = held(3, "2026-05-01", "2028-05-01", State::Withdrawn);
        assert_eq!(unmet_for_overlap(&new, &[new.clone(), next, over]), []);
        let within = held(4, "2027-04-30", "2028-05-01", State::Suspended);
        assert_eq!(unmet_for_overlap(&new, &[within])[0].code, Code::AccreditationOverlap);
    }

    #[test]
    fn an_accredited_supervisor_has_room_up_to_the_caseload() {
        assert_eq!(unmet_for_room(None, 99), []);
        assert_eq!(unmet_for_room(Some(2), 1), []);
        assert_eq!(unmet_for_room(Some(2), 2)[0].code, Code::CapacityExceeded);
    }
}
