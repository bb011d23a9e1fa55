//! Requests for erasure: asked by the person or recorded by the data protection officer, decided class by class, and
//! carried out with the decision.

use std::fmt::Write as _;

use chrono::NaiveDate;
use uuid::Uuid;

use super::classes::{HANDLERS, handler};
use super::consents;
use super::desk::{Desk, OWN, refuse_stale};
use super::model::{
    AskedBy, DataClass, ErasureDecision, ErasureRequest, KeepGround, RequestState, Verdict,
};
use super::restriction::lifted;
use super::retention::is_held;
use super::rules::{self, Decided, Holding};
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::person::rules::unmet_for_change;
use crate::person::store::People;
use crate::refusal::{Code, Refusal};

/// The person of the account asks for erasure of the own data. The month runs from today.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn ask(unit: &Unit, named: Uuid) -> Result<Changed, Stop> {
    let (desk, person) = Desk::of_oneself(unit)?;
    if named != person {
        return Err(Refusal::at(Code::NotFound, "personId", Code::NotFound.description()).into());
    }
    if desk.store.has_request(person).await? {
        let message = "your request is open already";
        return Err(Refusal::at(Code::Unchanged, "", message).into());
    }
    received(&desk, person, AskedBy::Person, unit.today()).await
}

/// The data protection officer records that somebody asked for erasure, such as by letter.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn record(unit: &Unit, person: Uuid, on: Option<NaiveDate>) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let missing = || Refusal::at(Code::NotFound, "personId", "no such person");
    let found = People::of(unit).lock(person).await?.ok_or_else(missing)?;
    desk.by_another(Some(person))?;
    let on = on.unwrap_or_else(|| unit.today());
    let mut unmet = rules::unmet_for_receipt(on, unit.today());
    unmet.extend(unmet_for_change(&found, "personId"));
    if desk.store.has_request(person).await? {
        let message = "a request of this person is open already";
        unmet.push(Refusal::at(Code::Unchanged, "personId", message));
    }
    refuse_any(unmet)?;
    received(&desk, person, AskedBy::Officer, on).await
}

async fn received(
    desk: &Desk<'_>,
    person: Uuid,
    asked_by: AskedBy,
    on: NaiveDate,
) -> Result<Changed, Stop> {
    let request = ErasureRequest {
        id: desk.unit.id(),
        person_id: person,
        asked_by,
        received_on: on,
        due_on: rules::due_on(on),
        state: RequestState::Open,
        decided_at: None,
        decided_by: None,
        answer: None,
        version: 1,
    };
    desk.store.insert_request(&request).await?;
    desk.record("erasure.requested", None, &request, None);
    Ok(Changed::of(request.id))
}

/// The person takes an own request back, or the officer does for the person.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    if unit.actor().account().is_none() {
        return Err(Refusal::whole(Code::Forbidden).into());
    }
    let person = super::store::Protection::of(unit).person_of_request(at.id).await?;
    let person = person.ok_or_else(not_found)?;
    let desk = if unit.actor().person() == Some(person) {
        Desk::of(unit, OWN)
    } else {
        Desk::of_the_officer(unit).map_err(|_| not_found())?
    };
    let before = desk.store.lock_request(at.id).await?.ok_or_else(not_found)?;
    refuse_stale(before.version, at.version)?;
    refuse_any(rules::unmet_for_answer(before.state))?;
    let changed = ErasureRequest {
        state: RequestState::Withdrawn,
        decided_at: Some(unit.now()),
        ..before.clone()
    };
    let after = desk.store.update_request(changed).await?;
    desk.record("erasure.withdrawn", Some(&before), &after, None);
    Ok(Changed::of(at.id))
}

/// Decides a request and carries the decision out: all of it, or nothing. Gives what was done, in words.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decide(unit: &Unit, at: At, decided: &[Decided]) -> Result<Changed, Stop> {
    let desk = Desk::of_the_officer(unit)?;
    let person = desk.store.person_of_request(at.id).await?.ok_or_else(not_found)?;
    desk.by_another(Some(person))?;
    desk.store.lock_rules().await?;
    People::of(unit).lock(person).await?.ok_or_else(not_found)?;
    let before = desk.store.lock_request(at.id).await?.ok_or_else(not_found)?;
    refuse_stale(before.version, at.version)?;
    refuse_any(rules::unmet_for_answer(before.state))?;
    let holdings = holdings(&desk, person).await?;
    refuse_any(rules::unmet_for_erasure(decided, &holdings, unit.today()))?;
    let mut impact = Vec::new();
    for holding in &holdings {
        let Some(one) = decided.iter().find(|one| one.class == holding.class) else { continue };
        if one.verdict == Verdict::Erase {
            impact.extend(erase(&desk, person, one.class).await?);
        }
        desk.store.insert_decision(decision(unit, &before, one, holding)).await?;
    }
    let answer = answer(&before, decided, &holdings, unit.today());
    let changed = ErasureRequest {
        state: RequestState::Answered,
        decided_at: Some(unit.now()),
        decided_by: unit.actor().account(),
        answer: Some(answer.clone()),
        ..before.clone()
    };
    let after = desk.store.update_request(changed).await?;
    desk.record("erasure.answered", Some(&before), &after, None);
    impact.insert(0, answer);
    Ok(Changed { id: at.id, impact })
}

fn decision(unit: &Unit, of: &ErasureRequest, one: &Decided, holding: &Holding) -> ErasureDecision {
    ErasureDecision {
        id: unit.id(),
        request_id: of.id,
        class: one.class,
        decision: one.verdict,
        ground: one.ground,
        keep_until: one.until,
        count: i32::try_from(holding.count).unwrap_or(i32::MAX),
    }
}

/// What every class holds of a person, in the order in which it is erased.
async fn holdings(desk: &Desk<'_>, person: Uuid) -> Result<Vec<Holding>, Stop> {
    let (holds, keepers) = (desk.store.holds().await?, desk.store.keepers(person).await?);
    let mut holdings = Vec::new();
    for (class, personal) in
        HANDLERS.iter().filter_map(|handler| Some((handler.class, handler.personal?)))
    {
        let count = (personal.count)(desk.unit, person).await?;
        let held = is_held(desk.unit, &holds, class, Some(person), &keepers);
        holdings.push(Holding { class, count, held });
    }
    Ok(holdings)
}

/// Erases what a class holds of a person; gives what follows, in words.
async fn erase(desk: &Desk<'_>, person: Uuid, class: DataClass) -> Result<Vec<String>, Stop> {
    if class == DataClass::People {
        for consent in desk.store.live_consents(person).await? {
            let of = consent.credential_id.or(consent.trainer_id);
            // A listing that was kept by decision keeps its consent.
            if of.is_none() {
                consents::ended(desk, consent).await?;
            }
        }
        if let Some(restriction) = desk.store.live_restriction(person).await? {
            lifted(desk, restriction, None).await?;
        }
    }
    match handler(class).and_then(|handler| handler.personal) {
        Some(personal) => (personal.erase)(desk.unit, person, &desk.acting_as).await,
        None => Ok(Vec::new()),
    }
}

/// What a class is, in words for the person.
const fn told(class: DataClass) -> &'static str {
    match class {
        DataClass::UnsuccessfulApplications => "applications that led to no place",
        DataClass::SelectionTexts => "what was written for your selection",
        DataClass::SupportTexts => "support needs and adjustments",
        DataClass::Assignments => "what you handed in",
        DataClass::Concerns => "what was written to keep people safe",
        DataClass::AttendanceAndOutcomes => "attendance, outcomes and decisions about graduation",
        DataClass::Credentials => "your name on credentials",
        DataClass::TrainerProfiles => "your profile as a trainer",
        DataClass::Funding => "funding",
        DataClass::Licensing => "licences and readiness",
        DataClass::Audit => "the audit trail",
        DataClass::Deliveries => "e-mails that waited to be sent",
        DataClass::Uploads => "names of files that you sent",
        DataClass::People => "names, e-mail addresses, date of birth and accounts",
    }
}

/// A reason, in words for the person.
const fn because(ground: KeepGround) -> &'static str {
    match ground {
        KeepGround::LegalObligation => "the law obliges us to keep them",
        KeepGround::PublicTask => "they are needed for a task in the public interest",
        KeepGround::ArchivingOrStatistics => {
            "they are needed for archiving, research or statistics in the public interest"
        }
        KeepGround::LegalClaims => "they are needed for legal claims",
        KeepGround::FreedomOfExpression => "freedom of expression and information requires it",
    }
}

/// What was erased, what is kept, why and until when, in words: it names nobody.
fn answer(
    request: &ErasureRequest,
    decided: &[Decided],
    holdings: &[Holding],
    today: NaiveDate,
) -> String {
    let count = |class| {
        let found = holdings.iter().find(|holding| holding.class == class);
        found.map_or(0, |holding| holding.count)
    };
    let of = |verdict: Verdict| {
        decided.iter().filter(move |one| one.verdict == verdict && count(one.class) > 0)
    };
    let mut text = format!("Your request of {} was decided on {today}.", request.received_on);
    let erased: Vec<&str> = of(Verdict::Erase).map(|one| told(one.class)).collect();
    // Writing to memory does not fail.
    let _ = match erased.as_slice() {
        [] => write!(text, " Nothing was erased."),
        erased => write!(text, " Erased: {}.", erased.join("; ")),
    };
    for one in of(Verdict::Keep) {
        if let (Some(ground), Some(until)) = (one.ground, one.until) {
            let what = told(one.class);
            let _ = write!(text, " Kept until {until}: {what}, because {}.", because(ground));
        }
    }
    text.push_str(
        " What was decided and paid stays on record without your name: under a pseudonym where your name is erased. \
         You can complain to the Information Commissioner's Office, and go to court.",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_is_erased_what_is_kept_why_and_until_when() {
        let day = |text: &str| -> NaiveDate { text.parse().expect("a date") };
        let request = ErasureRequest {
            id: Uuid::nil(),
            person_id: Uuid::nil(),
            asked_by: AskedBy::Person,
            received_on: day("2026-05-01"),
            due_on: day("2026-06-01"),
            state: RequestState::Open,
            decided_at: None,
            decided_by: None,
            answer: None,
            version: 1,
        };
        let decided = [
            Decided {
                class: DataClass::People,
                verdict: Verdict::Erase,
                ground: None,
                until: None,
            },
            Decided {
                class: DataClass::Credentials,
                verdict: Verdict::Keep,
                ground: Some(KeepGround::LegalClaims),
                until: Some(day("2030-01-01")),
            },
            Decided {
                class: DataClass::Concerns,
                verdict: Verdict::Erase,
                ground: None,
                until: None,
            },
        ];
        let holding = |class, count| Holding { class, count, held: false };
        let holdings = [
            holding(DataClass::People, 1),
            holding(DataClass::Credentials, 2),
            holding(DataClass::Concerns, 0),
        ];
        let told = answer(&request, &decided, &holdings, day("2026-05-20"));
        assert!(told.starts_with("Your request of 2026-05-01 was decided on 2026-05-20. Erased: names, e-mail addresses, date of birth and accounts. Kept until 2030-01-01: your name on credentials, because they are needed for legal claims."), "{told}");
        assert!(!told.contains("safe"), "what was not there is not spoken of");
    }
}
