//! What applicants do: start, save, hand in, accept, step back.

use secrecy::SecretString;
use uuid::Uuid;

use super::desk::{self, Hand, fresh};
use super::model::{Answers, Application, Command, Employment, Interest, State};
use super::rules;
use super::store::Applications;
use crate::actor::service::{Named, RoleGrant, ensure_account, insert_grant_in};
use crate::actor::{GrantScope, Role};
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::parts::Course;
use crate::course::store::Courses;
use crate::employer::store::Employers;
use crate::enrolment;
use crate::enrolment::model::FundingBasis;
use crate::enrolment::service::{Accepted, told_of_held};
use crate::enrolment::store::Enrolments;
use crate::organisation::model::Status;
use crate::person::desk::{At, Changed, not_found, signed_in};
use crate::person::model::{Names, Person};
use crate::person::rules::unmet_for_age;
use crate::person::store::People;
use crate::refusal::{Code, Refusal};
use crate::vault;
use crate::vault::model::{Category, New, OWN};

/// An application to be started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The course.
    pub course: Uuid,
    /// The confirmed interest by which the applicant becomes known.
    pub interest: Option<Interest>,
    /// By what the account is known at its issuer.
    pub named: Option<Named>,
}

/// Starts an application. Whoever is not known yet becomes a person of the network: its record is kept by the
/// organisation that delivers the course.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn start(unit: &Unit, new: Start) -> Result<Changed, Stop> {
    signed_in(unit)?;
    let course = taking_people(unit, new.course, "courseId").await?;
    if let Some(interest) = &new.interest {
        let is_its_type = interest.programme_type == course.programme_type;
        refuse_any(rules::unmet_for_interest(interest, course.id, is_its_type))?;
    }
    let person = match unit.actor().person() {
        Some(person) => person,
        None => admitted(unit, &new).await?,
    };
    People::of(unit).keep(person, course.organisation_id).await?;
    granted(unit, person).await?;
    let store = Applications::of(unit);
    refuse_any(rules::unmet_for_one(store.has_live(course.id, person).await?))?;
    let born = People::of(unit).find(person).await?.and_then(|person| person.date_of_birth);
    refuse_any(unmet_for_age(born, unit.policy().minimum_age, unit.today()))?;
    let application = Application {
        id: unit.id(),
        organisation_id: course.organisation_id,
        course_id: course.id,
        person_id: person,
        interest_id: new.interest.map(|interest| interest.id),
        state: State::Draft,
        answers: Answers::default(),
        motivation_id: None,
        support_needs_id: None,
        submitted_at: None,
        waitlisted_at: None,
        waiting_position: None,
        offered_at: None,
        offer_until: None,
        terms_version: None,
        decline_reason: None,
        assessor_id: None,
        assessor_person_id: None,
        second_assessor_id: None,
        ended_at: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    store.insert(&application).await?;
    let hand = Hand { acting_as: OWN.to_owned(), chain: person };
    hand.record(unit, "application.started", None, &application);
    Ok(Changed::of(application.id))
}

/// The course, if it takes people today.
async fn taking_people(unit: &Unit, id: Uuid, path: &str) -> Result<Course, Stop> {
    let courses = Courses::of(unit);
    let found = courses
        .find(id)
        .await?
        .filter(Course::is_public)
        .ok_or_else(|| Refusal::at(Code::NotFound, path, "no such course that takes people"))?;
    if !courses.is_covered(&found, unit.today()).await? {
        let message = "the course takes nobody at present: no licence in force covers it";
        return Err(Refusal::at(Code::NotCovered, path, message).into());
    }
    Ok(found)
}

/// Makes the record of who was not known: by an address that was proved, and never by one that another record has.
/// Two records with one address are found by the search for duplicates, and decided by a person.
async fn admitted(unit: &Unit, new: &Start) -> Result<Uuid, Stop> {
    let proof = || {
        let message = "confirm your address first: register interest, and give the code here";
        Refusal::at(Code::EvidenceRequired, "interestToken", message)
    };
    let interest = new.interest.as_ref().ok_or_else(proof)?;
    let forbidden = || Stop::from(Refusal::whole(Code::Forbidden));
    let named = new.named.as_ref().ok_or_else(forbidden)?;
    let person = Person {
        id: unit.id(),
        names: Names {
            preferred_name: interest.name.clone(),
            given_name: None,
            family_name: None,
            certificate_name: interest.name.clone(),
        },
        date_of_birth: None,
        merged_into_id: None,
        erased_on: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    let people = People::of(unit);
    people.admit(person.id).await?;
    people.insert(&person).await?;
    people.add_names(person.id, &person.names, unit.today()).await?;
    people.add_email(person.id, &interest.email, true).await?;
    let account = ensure_account(unit, named, false).await?;
    if unit.actor().account() != Some(account) {
        return Err(forbidden());
    }
    people.add_account(person.id, account).await?;
    let facts = ["organisation", "email", "accounts"];
    let change = Change::of("person.admitted", None, &person, &facts, OWN.to_owned(), None);
    unit.record(Change { chain: person.id, ..change });
    Ok(person.id)
}

/// The account has the applicant's role about its own records.
async fn granted(unit: &Unit, person: Uuid) -> Result<(), Stop> {
    let holds = unit.actor().grants().iter().any(|grant| grant.role == Role::Applicant);
    let Some(account_id) = unit.actor().account().filter(|_| !holds) else { return Ok(()) };
    let grant = RoleGrant {
        id: unit.id(),
        account_id,
        person_id: Some(person),
        role: Role::Applicant,
        scope: GrantScope::Own,
        from: unit.today(),
        to: None,
        version: 1,
    };
    insert_grant_in(unit, &grant, OWN.to_owned(), person).await
}

/// What an applicant changes; what is absent stays.
#[derive(Clone, Debug)]
pub struct Saved {
    /// What is said.
    pub answers: AnswersAsked,
    /// Why the applicant applies.
    pub motivation: Option<SecretString>,
    /// What the applicant needs to take part well.
    pub support_needs: Option<SecretString>,
}

/// Answers that were asked to change.
#[derive(Clone, Debug, Default)]
pub struct AnswersAsked {
    /// From which side the applicant knows the service.
    pub experience: Option<super::model::Experience>,
    /// Where the applicant works.
    pub employment: Option<super::model::Employment>,
    /// The employer.
    pub employer_id: Option<Uuid>,
    /// Earlier training.
    pub prior_training: Option<String>,
    /// From where the applicant knows of the course.
    pub source: Option<super::model::Source>,
    /// Confirms relevant lived experience.
    pub has_experience: Option<bool>,
    /// Confirms the wish to support others.
    pub wishes_to_support: Option<bool>,
    /// Confirms good communication.
    pub communicates: Option<bool>,
}

impl AnswersAsked {
    fn over(self, before: &Answers) -> Answers {
        Answers {
            experience: self.experience.or(before.experience),
            employment: self.employment.or(before.employment),
            employer_id: self.employer_id.or(before.employer_id),
            prior_training: self.prior_training.or_else(|| before.prior_training.clone()),
            source: self.source.or(before.source),
            has_experience: self.has_experience.unwrap_or(before.has_experience),
            wishes_to_support: self.wishes_to_support.unwrap_or(before.wishes_to_support),
            communicates: self.communicates.unwrap_or(before.communicates),
        }
    }
}

/// The applicant's own application, locked and as the applicant read it, if it can take the step.
async fn own(unit: &Unit, at: At, command: Command) -> Result<(Hand, Application), Stop> {
    signed_in(unit)?;
    let found = Applications::of(unit).lock(at.id).await?.ok_or_else(not_found)?;
    if unit.actor().person() != Some(found.person_id) {
        return Err(Refusal::whole(desk::unseen(unit, &found)).into());
    }
    let hand = Hand { acting_as: OWN.to_owned(), chain: found.person_id };
    let found = fresh(found, at)?;
    refuse_any(rules::unmet_for_step(found.state, command))?;
    Ok((hand, found))
}

/// Saves what an applicant says. What is special-category data goes to the vault.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn save(unit: &Unit, at: At, saved: Saved) -> Result<Changed, Stop> {
    let (hand, before) = own(unit, at, Command::Save).await?;
    let answers = saved.answers.over(&before.answers);
    let mut unmet = rules::unmet_for_answers(&answers);
    let new_employer = answers.employer_id.filter(|id| Some(*id) != before.answers.employer_id);
    if let Some(employer) = new_employer
        && Employers::of(unit).body(employer).await?.is_none()
    {
        unmet.push(Refusal::at(Code::NotFound, "employerId", "no such organisation"));
    }
    refuse_any(unmet)?;
    let mut after = Application { answers, ..before.clone() };
    if let Some(text) = saved.motivation {
        let kept = (Category::Motivation, before.motivation_id, text);
        after.motivation_id = Some(written(unit, &before, kept, "motivation").await?);
    }
    if let Some(text) = saved.support_needs {
        let kept = (Category::SupportNeeds, before.support_needs_id, text);
        after.support_needs_id = Some(written(unit, &before, kept, "supportNeeds").await?);
    }
    hand.save(unit, "application.saved", &before, after).await?;
    Ok(Changed::of(at.id))
}

/// Keeps a text, or another in its place.
async fn written(
    unit: &Unit,
    of: &Application,
    (category, held, text): (Category, Option<Uuid>, SecretString),
    path: &str,
) -> Result<Uuid, Stop> {
    if let Some(record) = held {
        let done = vault::service::replace(unit, record, &text, OWN).await;
        return done.map(|()| record).map_err(|stop| stop.of_field(path));
    }
    let course = Courses::of(unit).find(of.course_id).await?;
    // The time for which a class is kept begins then: see `protection`.
    let retain_until = course.map(|course| match category {
        Category::SupportNeeds => course.end_on,
        _ => course.start_on,
    });
    let organisation = Some(of.organisation_id);
    let new = New { person: of.person_id, organisation, category, text, retain_until };
    vault::service::keep(unit, new, OWN).await.map_err(|stop| stop.of_field(path))
}

/// Hands an application in.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn submit(unit: &Unit, at: At) -> Result<(Changed, Course), Stop> {
    let (hand, before) = own(unit, at, Command::Submit).await?;
    let course = taking_people(unit, before.course_id, "").await?;
    let has_motivation = before.motivation_id.is_some();
    let mut unmet = rules::unmet_for_submission(&before.answers, has_motivation);
    let person = People::of(unit).find(before.person_id).await?.ok_or_else(not_found)?;
    let least = unit.policy().minimum_age;
    unmet.extend(unmet_for_age(person.date_of_birth, least, unit.today()));
    refuse_any(unmet)?;
    let after = Application { submitted_at: Some(unit.now()), ..before.clone() };
    hand.step(unit, "application.submitted", &before, after, Command::Submit).await?;
    Ok((Changed::of(at.id), course))
}

/// Steps back, at any time before there is an enrolment. A place that was held is free again.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn withdraw(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (hand, before) = own(unit, at, Command::Withdraw).await?;
    let after = before.clone();
    hand.step(unit, "application.withdrawn", &before, after, Command::Withdraw).await?;
    Ok(Changed::of(at.id))
}

/// Accepts the offer of a place: there is an enrolment from then on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn accept(unit: &Unit, at: At, terms: &str) -> Result<Changed, Stop> {
    let (hand, before) = own(unit, at, Command::Accept).await?;
    let terms = terms.trim();
    refuse_any(rules::unmet_for_acceptance(&before, terms, unit.today()))?;
    let after = Application { terms_version: Some(terms.to_owned()), ..before.clone() };
    // The offer gives its place back first, which the enrolment takes: nobody comes between, under the course's lock.
    let after = hand.step(unit, "application.accepted", &before, after, Command::Accept).await?;
    let accepted = Accepted {
        person: after.person_id,
        course: after.course_id,
        application: after.id,
        sponsor: sponsor_of(unit, &after.answers).await?,
        basis: FundingBasis::Unfunded,
    };
    let id = enrolment::service::accepted(unit, accepted, OWN).await?;
    let placed = Enrolments::of(unit).find(id).await?.ok_or_else(not_found)?;
    Ok(Changed { id: at.id, impact: told_of_held(&placed).into_iter().collect() })
}

/// The employer of somebody who has a post, or the offer of one, where it takes part in the network.
async fn sponsor_of(unit: &Unit, of: &Answers) -> Result<Option<Uuid>, Stop> {
    let has_post = matches!(of.employment, Some(Employment::EmployedPsw | Employment::OfferedPsw));
    let Some(employer) = of.employer_id.filter(|_| has_post) else { return Ok(None) };
    let body = Employers::of(unit).body(employer).await?;
    Ok(body.filter(|body| body.status == Status::Active).map(|_| employer))
}

/// Gives the applications of a merged record to the other. Gives how many there were.
///
/// # Errors
///
/// What the database answers.
pub async fn hand_over(unit: &Unit, from: Uuid, to: Uuid, hand: &Hand) -> Result<u64, Stop> {
    let mut handed = 0;
    for before in Applications::of(unit).of_person(from).await? {
        let after = Application { person_id: to, ..before.clone() };
        hand.save(unit, "application.person_merged", &before, after).await?;
        handed += 1;
    }
    Ok(handed)
}
