//! Applications that a test begins with, made through the API as applicants make them. Everybody is fictional.

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::course::service::At;
use alongside::course::service::drafts::{self, Amendment};
use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::courses::{Course, School, course_from};
use crate::given::as_system;
use crate::people::Someone;
use crate::vault::signed_in;
use crate::world::{Tenant, World};

/// An applicant with an application.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The subject of the account.
    pub subject: String,
    /// The person.
    pub person: Someone,
    /// The applicant's token.
    pub token: String,
    /// The id of the application as the API gives it.
    pub id: String,
    /// The version of the application.
    pub version: i64,
}

impl Applicant {
    /// The input of a mutation on the application.
    #[must_use]
    pub fn input(&self, more: &Value) -> Value {
        let mut input = json!({ "id": self.id, "expectedVersion": self.version });
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        input
    }

    /// Takes a step that must be possible; gives the state after it.
    pub async fn step(&mut self, world: &World, token: &str, name: &str, more: Value) -> String {
        let input = self.input(&more);
        let reply = world.mutate(Some(token), name, "application { state version }", input).await;
        let after = reply.done("application").clone();
        self.version = after["version"].as_i64().expect("a version");
        after["state"].as_str().expect("a state").to_owned()
    }

    /// Signs in again: a token ends while the clock moves.
    pub fn renew(&mut self, world: &World) {
        self.token = world.token_of(&self.subject);
    }

    /// Takes a step of the applicant's own that must be possible.
    pub async fn own_step(&mut self, world: &World, name: &str, more: Value) -> String {
        let token = self.token.clone();
        self.step(world, &token, name, more).await
    }

    /// Reads the application again, as the applicant.
    pub async fn read(&mut self, world: &World) -> Value {
        let document = "query($id: ID!) { application(by: { id: $id }) \
             { state version waitingPosition offerUntil declineReason } }";
        let data = world.data(Some(&self.token), document, json!({ "id": self.id })).await;
        let found = data["application"].clone();
        self.version = found["version"].as_i64().expect("a version");
        found
    }
}

/// Everything that an application needs to be handed in.
#[must_use]
pub fn answers() -> Value {
    json!({
        "experience": "BOTH", "employment": "NOT_YET", "source": "PEER", "hasRelevantExperience": true,
        "wishesToSupportOthers": true, "communicatesWell": true, "motivation": "Words that nobody lists.",
    })
}

/// Somebody whom the network knows, with a draft for the course.
pub async fn drafting(world: &World, course: &Course, name: &str) -> Applicant {
    let (person, token) = signed_in(world, name).await;
    let input = json!({ "courseId": course.global_id() });
    let reply =
        world.mutate(Some(&token), "applicationStart", "application { id version }", input).await;
    let made = reply.done("application").clone();
    let id = made["id"].as_str().expect("an id").to_owned();
    Applicant { subject: name.to_owned(), person, token, id, version: 1 }
}

/// The same, handed in.
pub async fn submitted(world: &World, course: &Course, name: &str) -> Applicant {
    let mut applicant = drafting(world, course, name).await;
    applicant.own_step(world, "applicationSave", answers()).await;
    applicant.own_step(world, "applicationSubmit", json!({})).await;
    applicant
}

/// The same, being looked at.
pub async fn screened(world: &World, course: &Course, name: &str, selector: &str) -> Applicant {
    let mut applicant = submitted(world, course, name).await;
    applicant.step(world, selector, "applicationScreen", json!({})).await;
    applicant
}

/// An open course of the school from a Monday on, with so many of its ten places free.
pub async fn open_course(world: &World, school: &School, start: NaiveDate, free: i32) -> Course {
    let mut course = course_from(world, school, State::Open, start).await;
    let at = At { id: course.id, version: course.version };
    as_system(world.app.core(), move |unit| {
        let kept = Amendment { places_reserved: Some(10 - free), ..Amendment::default() };
        Box::pin(async move { Ok(drafts::amend(unit, at, kept).await?.id) })
    })
    .await;
    course.version += 1;
    course
}

/// Tokens of who coordinates and who leads at the school.
pub async fn selectors(world: &World, school: &School) -> [String; 2] {
    let of = Some(school.organisation.id);
    [world.grant(Role::PartnerCoordinator, of).await, world.grant(Role::LeadTrainer, of).await]
}

/// Rows that fill every column of everything about applications, written past every use case: for the draft of
/// [`courses::filled`](crate::courses::filled) at `of`, about the person of the account of `applicant`.
#[must_use]
pub fn filled(world: &World, of: &Tenant, applicant: Uuid) -> Vec<String> {
    let own = world.uuid(of.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[150 + what]));
    let course = world.uuid(Uuid::new_v5(&of.id, &[201]));
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let account = world.uuid(applicant);
    let person =
        format!("(select p.person_id from person_account p where p.account_id = {account})");
    let text = |category: &str| {
        format!(
            "(select r.id from sensitive_record r where r.person_id = {person} and r.category = '{category}' \
             order by r.id limit 1)"
        )
    };
    let columns = "id, organisation_id, course_id, person_id, interest_id, state, experience, employment, \
         employer_id, prior_training, source, has_experience, wishes_to_support, communicates, motivation_id, \
         support_needs_id, submitted_at, waitlisted_at, waiting_position, offered_at, offer_until, terms_version, \
         decline_reason, assessor_id, assessor_person_id, second_assessor_id, ended_at, created_at, updated_at, version";
    let (motivation, needs) = (text("MOTIVATION"), text("SUPPORT_NEEDS"));
    let another = "(select a.id from account a order by a.id limit 1)";
    vec![
        format!(
            "insert into course_interest values ({}, {own}, {course}, 'VOLUNTEER', null, 'x', 'x@y', \
             '{}', {at}, {at}, 2)",
            new(1),
            hex_of(of)
        ),
        format!(
            "insert into application ({columns}) values ({}, {own}, {course}, {person}, {}, 'ACCEPTED', 'BOTH', \
             'EMPLOYED_PSW', {own}, 'x', 'PEER', true, true, true, {motivation}, {needs}, {at}, null, null, {at}, \
             '2026-05-15', 'x', 'NO_PLACE', {account}, {person}, \
             case when {another} <> {account} then {another} end, {at}, {at}, {at}, 1)",
            new(2),
            new(1)
        ),
        format!(
            "insert into application ({columns}) select {}, {own}, {course}, p.id, null, 'WAITLISTED', 'LIVED', \
             'NOT_YET', null, 'x', 'OTHER', true, true, true, null, null, {at}, {at}, 1, null, null, null, null, \
             null, null, null, null, {at}, {at}, 1 from person p where p.id <> {person} order by p.id limit 1",
            new(3)
        ),
        format!(
            "insert into application (id, organisation_id, course_id, person_id, state, has_experience, \
             wishes_to_support, communicates, submitted_at, ended_at, erased_on, created_at, updated_at, version) \
             values ({}, {own}, {course}, null, 'WITHDRAWN', false, false, false, {at}, {at}, '2026-05-01', {at}, {at}, 1)",
            new(6)
        ),
        format!(
            "insert into application_note select {}, {own}, {}, r.id, {at} from sensitive_record r \
             where r.organisation_id = {own} and r.category = 'SELECTION_NOTE' order by r.id limit 1",
            new(4),
            new(2)
        ),
        format!(
            "insert into equality_answer values ({}, '{}', {own}, 'VOLUNTEER', 2026, 'NOT_SAID', 'OTHER', \
             'OTHER', 'NO', 'OTHER')",
            new(5),
            hex_of(of)
        ),
    ]
}

/// A hash of nothing, different for each tenant.
fn hex_of(of: &Tenant) -> String {
    of.id.simple().to_string().repeat(2)
}
