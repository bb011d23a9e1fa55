//! Graduates, supervisors and answers that a test begins with. Everybody is fictional.

use std::ops::Deref;

use alongside::actor::Role;
use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Engine;
use crate::courses::{Course, School};
use crate::engines::Fixture;
use crate::enrolments::{Enrolled, enrolled, trainee};
use crate::people::Someone;
use crate::world::{Reply, Tenant, World};

/// A world in which rows were written past every use case: which invariants hold is asked by name.
pub struct Loose(World);

impl Deref for Loose {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Fixture for Loose {
    async fn open(engine: Engine) -> Self {
        Self(World::new(engine).await)
    }

    fn lend(&self) -> Self {
        Self(self.0.clone())
    }

    async fn close(self) {
        self.come_to_rest().await;
        self.app.core().db().close().await;
        self.database.eye.close().await;
    }
}

/// Somebody whose enrolment was brought to its end past every use case: what is tested comes after it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The person.
    pub person: Someone,
    /// The subject of the account.
    pub subject: String,
    /// The enrolment.
    pub enrolment: Enrolled,
}

impl Ended {
    /// The token of the person.
    #[must_use]
    pub fn token(&self, world: &World) -> String {
        world.token_of(&self.subject)
    }
}

/// Somebody with a place on a course, whose enrolment is then set to `state` with whatever else is so.
pub async fn ended(
    world: &World,
    (school, course): (&School, &Course),
    name: &str,
    state: &str,
) -> Ended {
    let organisation = &school.organisation;
    let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation.id)).await;
    let (person, _) = trainee(world, organisation, name).await;
    let enrolment = enrolled(world, &coordinator, course, &person).await;
    let set = format!(
        "update enrolment set state = '{state}' where id = {}",
        id_of(world, &enrolment.id)
    );
    world.database.eye.execute(&set).await.unwrap_or_else(|error| unreachable!("{set}: {error}"));
    let subject = format!("{name}-of-{}", organisation.id.simple());
    Ended { person, subject, enrolment }
}

/// The same who graduated on a day, from a programme of this type.
pub async fn graduated(
    world: &World,
    (school, course): (&School, &Course),
    (name, programme_type, on): (&str, &str, &str),
) -> Ended {
    let ended = ended(world, (school, course), name, "GRADUATED").await;
    let id = id_of(world, &ended.enrolment.id);
    if programme_type != "VOLUNTEER" {
        unguarded(world, true).await;
        let set =
            format!("update enrolment set programme_type = '{programme_type}' where id = {id}");
        world.database.eye.execute(&set).await.expect("another type");
        unguarded(world, false).await;
    }
    let decision = world.uuid(Uuid::new_v5(&ended.person.id, b"decision"));
    let row = format!(
        "insert into graduation_decision select {decision}, e.organisation_id, e.id, e.course_id, 'GRADUATED', \
         'GRADUATED', '{{}}', null, (select a.id from account a order by a.id limit 1), null, \
         '{on}T09:00:00+00:00', '{on}', null, null, null, 1 from enrolment e where e.id = {id}"
    );
    world.database.eye.execute(&row).await.unwrap_or_else(|error| unreachable!("{row}: {error}"));
    ended
}

/// Takes away, and brings back, what keeps an enrolment that of its programme type.
async fn unguarded(world: &World, off: bool) {
    let sql = match (world.engine(), off) {
        (Engine::Postgres, true) => "alter table enrolment disable trigger user".to_owned(),
        (Engine::Postgres, false) => "alter table enrolment enable trigger user".to_owned(),
        (Engine::Sqlite, true) => "drop trigger enrolment_one_course".to_owned(),
        (Engine::Sqlite, false) => {
            "create trigger enrolment_one_course before update on enrolment \
             when old.course_id <> new.course_id or old.programme_type <> new.programme_type \
             or old.origin_id is not new.origin_id \
             begin select raise(abort, 'enrolment_one_course'); end"
                .to_owned()
        }
    };
    world.database.eye.execute(&sql).await.expect("the trigger");
}

/// The id of a record, as the database has it.
#[must_use]
pub fn id_of(world: &World, global: &str) -> String {
    let hex = global.split_once('_').expect("a prefix").1;
    world.uuid(Uuid::parse_str(hex).expect("an id"))
}

/// Lets every place of a course be free for who is enrolled.
pub async fn roomy(world: &World, course: &Course) {
    let set = format!(
        "update course set places_reserved = 0, places_taken = places_taken - places_reserved where id = {}",
        world.uuid(course.id)
    );
    world.database.eye.execute(&set).await.unwrap_or_else(|error| unreachable!("{set}: {error}"));
}

/// Lets a course have ended on a day.
pub async fn over(world: &World, course: &Course, on: &str) {
    let set = format!(
        "update course set state = 'COMPLETED', ended_on = '{on}' where id = {}",
        world.uuid(course.id)
    );
    world.database.eye.execute(&set).await.unwrap_or_else(|error| unreachable!("{set}: {error}"));
}

/// Somebody answers about the own course.
pub async fn answers(
    world: &World,
    of: &Ended,
    scores: &[(&str, i32)],
    text: Option<&str>,
) -> Reply {
    let scores: Vec<Value> = scores
        .iter()
        .map(|(statement, score)| json!({ "statement": statement, "score": score }))
        .collect();
    let input = json!({ "enrolmentId": of.enrolment.id, "scores": scores, "text": text });
    world.mutate(Some(&of.token(world)), "evaluationAnswer", "enrolment { id }", input).await
}

/// Rows that hold `word` wherever something is said in words of whoever graduated and went on, written past every use
/// case: where somebody went, told twice.
#[must_use]
pub fn afterwards(world: &World, enrolment: Uuid, word: &str) -> Vec<String> {
    let id = world.uuid(enrolment);
    let new = |what: u8| world.uuid(Uuid::new_v5(&enrolment, &[b'a', what]));
    let at = "'2026-05-01T09:00:00+00:00'";
    let destination = |id_of: &str, amends: &str| {
        format!(
            "insert into graduate_destination select {id_of}, e.organisation_id, e.id, 'EMPLOYED_OTHER', null, null, \
             '{word}', null, null, 'GRADUATE', 0, '2026-05-01', null, {at}, {amends} from enrolment e where e.id = {id}"
        )
    };
    vec![
        destination(&new(1), &format!("null, null, {at}")),
        destination(&new(2), &format!("{}, '{word}', null", new(1))),
    ]
}

/// Rows that fill every column of what comes after graduation and of evaluations of `of`, written past every use case,
/// where enrolments are filled. Some are about the person of the account `everyone`, as there is nothing of them that
/// anybody sees for the nation.
#[must_use]
pub fn filled(world: &World, (of, other): (&Tenant, &Tenant), everyone: Uuid) -> Vec<String> {
    let (own, employer) = (world.uuid(of.id), world.uuid(other.id));
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[b'c', what]));
    let person_of = |name: &str| {
        let account = account_id(DemoIssuer::NAME, &format!("{:?} of {name}", Role::Trainer));
        let account = world.uuid(account);
        format!("(select p.person_id from person_account p where p.account_id = {account})")
    };
    let (one, two) = (world.uuid(Uuid::new_v5(&everyone, b"person")), person_of("B"));
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let course = format!(
        "(select s.course_id from course_session s where s.organisation_id = {own} order by s.id limit 1)"
    );
    // The enrolment of somebody who left, as enrolments are filled.
    let gone = world.uuid(Uuid::new_v5(&of.id, &[19, 2]));
    let mine = new(12);
    let questionnaire = "(select q.id from evaluation_questionnaire q where q.number = 1)";
    let statement = "(select s.id from evaluation_statement s where s.place = 1)";
    let account = "(select id from account order by id limit 1)";
    let key = match world.engine() {
        Engine::Postgres => format!("decode('{}', 'hex')", "00".repeat(60)),
        Engine::Sqlite => format!("x'{}'", "00".repeat(60)),
    };
    let destination = |id: &str, rest: &str| {
        format!(
            "insert into graduate_destination values ({id}, {own}, {gone}, 'EMPLOYED_AS_PEER_WORKER', 'OTHER', {rest})"
        )
    };
    let mut rows = Vec::new();
    if of.id == world.a.id {
        rows.extend([
            format!(
                "insert into person (id, preferred_name, certificate_name, created_at, updated_at, version) \
                 values ({one}, 'Every One', 'Every One', {at}, {at}, 1)"
            ),
            format!(
                "insert into person_account values ({}, {one}, {}, '2026-04-01', null)",
                new(20),
                world.uuid(everyone)
            ),
            format!(
                "insert into enrolment values ({mine}, {own}, {course}, {one}, 'VOLUNTEER', null, null, null, \
                 'SELF_FUNDED', null, null, 'WITHDRAWN', '2026-04-01', '2026-04-02', 'OTHER', 'TRAINEE', null, null, \
                 {at}, {at}, 1)"
            ),
        ]);
    }
    rows.extend([
        format!(
            "insert into graduation_decision values ({}, {own}, {}, {course}, 'GRADUATED', 'GRADUATED', 'x', null, \
             {account}, null, {at}, '2026-05-01', null, null, null, 1)",
            new(2),
            gone
        ),
        destination(
            &new(3),
            &format!(
                "null, 'x', '2026-04-01', 60, 'GRADUATE', 0, '2026-05-01', {account}, {at}, null, null, {at}"
            ),
        ),
        destination(
            &new(4),
            &format!(
                "{employer}, null, '2026-04-01', 60, 'DELIVERER', 0, '2026-05-01', {account}, {at}, {}, 'x', null",
                new(3)
            ),
        ),
        format!(
            "insert into development_record values ({}, {two}, {one}, 'COURSE', '2026-04-01', 60, 'x', 'x', {at}, {at}, \
             null, 2)",
            new(5)
        ),
        format!(
            "insert into development_record values ({}, {one}, null, 'READING', '2026-04-02', 60, 'x', 'x', {at}, null, \
             {at}, 2)",
            new(6)
        ),
        format!(
            "insert into supervisor_accreditation values ({}, {own}, {two}, {}, 'WITHDRAWN', '2024-04-01', \
             '2025-04-01', '2024-05-01', true, 4, null, {at}, {at}, 2)",
            new(7),
            new(2)
        ),
        format!(
            "insert into course_evaluation values ({}, {own}, {course}, {questionnaire}, 1, 'x', {key}, {key})",
            new(9)
        ),
        format!(
            "insert into evaluation_tally values ({}, {}, {statement}, 0, 0, 0, 0, 1)",
            new(10),
            new(9)
        ),
    ]);
    // One of them is accredited now, in one organisation at a time.
    if of.id == world.a.id {
        rows.push(format!(
            "insert into evaluation_participation values ({}, {own}, {mine}, '2026-05-01')",
            new(11)
        ));
        rows.push(format!(
            "insert into supervisor_accreditation values ({}, {own}, {two}, {}, 'ACCREDITED', '2026-04-01', \
             '2027-04-01', null, false, 4, {}, {at}, {at}, 1)",
            new(8),
            new(2),
            new(7)
        ));
    }
    rows
}
