//! People on courses that a test begins with. Everybody is fictional.

use alongside::actor::{GrantScope, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::courses::{Course, School, confirmed};
use crate::people::{Someone, linked, person, registered, somebody};
use crate::world::{Reply, Tenant, World};

/// What these tests look at.
pub const FIELDS: &str = "enrolment { id state version enrolledFrom enrolledTo }";

/// An enrolment as it was last read.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Its id as the API has it.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Where it stands.
    pub state: String,
}

impl Enrolled {
    /// From an enrolment in an answer.
    #[must_use]
    pub fn of(entity: &Value) -> Self {
        Self {
            id: entity["id"].as_str().expect("an id").to_owned(),
            version: entity["version"].as_i64().expect("a version"),
            state: entity["state"].as_str().expect("a state").to_owned(),
        }
    }

    /// The input of a mutation on it.
    #[must_use]
    pub fn input(&self, more: &Value) -> Value {
        let mut input = json!({ "id": self.id, "expectedVersion": self.version });
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        input
    }

    /// Reads it again.
    pub async fn anew(&mut self, world: &World, token: &str) {
        let document = "query($id: ID!) { enrolment(by: { id: $id }) { id state version } }";
        let data = world.data(Some(token), document, json!({ "id": self.id })).await;
        *self = Self::of(&data["enrolment"]);
    }

    /// Runs a mutation on it that must succeed, and follows what became of it.
    pub async fn step(&mut self, world: &World, token: &str, field: &str, more: &Value) -> Reply {
        let reply = world.mutate(Some(token), field, FIELDS, self.input(more)).await;
        *self = Self::of(reply.done("enrolment"));
        reply
    }

    /// Runs a mutation on it that must be refused; gives the codes.
    pub async fn refused(
        &self,
        world: &World,
        token: &str,
        field: &str,
        more: &Value,
    ) -> Vec<String> {
        let reply = world.mutate(Some(token), field, FIELDS, self.input(more)).await;
        reply.codes().into_iter().map(ToOwned::to_owned).collect()
    }
}

/// Somebody whose record `of` keeps, with an account of their own; gives its token.
pub async fn trainee(world: &World, of: &Tenant, name: &str) -> (Someone, String) {
    let (someone, subject) = at_home(world, of, name).await;
    (someone, world.token_of(&subject))
}

/// The same; gives the subject of the account.
async fn at_home(world: &World, of: &Tenant, name: &str) -> (Someone, String) {
    let mut someone = person(world, name, Some(of)).await;
    let subject = format!("{name}-of-{}", of.id.simple());
    linked(world, &mut someone, &subject).await;
    (someone, subject)
}

/// Somebody at work in an organisation in this role, who is a person; gives the subject.
pub async fn at_work(world: &World, role: Role, of: Uuid, name: &str) -> (Someone, String) {
    let mut someone = registered(world, somebody(name, Some(of))).await;
    let subject = format!("{name}-at-{}", of.simple());
    linked(world, &mut someone, &subject).await;
    world.grant_to(&subject, role, GrantScope::Organisation(of)).await;
    (someone, subject)
}

/// The input that gives somebody a place.
#[must_use]
pub fn create_input(course: &Course, someone: &Someone) -> Value {
    json!({ "courseId": course.global_id(), "personId": someone.global_id(), "fundingBasis": "UNFUNDED" })
}

/// Gives somebody a place, by who may.
pub async fn enrolled(world: &World, token: &str, course: &Course, someone: &Someone) -> Enrolled {
    let input = create_input(course, someone);
    let reply = world.mutate(Some(token), "enrolmentCreate", FIELDS, input).await;
    Enrolled::of(reply.done("enrolment"))
}

/// How many places of a course are taken.
pub async fn places_taken(world: &World, course: &Course) -> i64 {
    let document = "query($id: ID!) { course(by: { id: $id }) { placesTaken } }";
    let data =
        world.data(Some(&world.officer()), document, json!({ "id": course.global_id() })).await;
    data["course"]["placesTaken"].as_i64().expect("a number")
}

/// Records how people attended a session, by who may.
pub async fn attended(
    world: &World,
    token: &str,
    session: &str,
    entries: Value,
    reason: Option<&str>,
) -> Reply {
    let input =
        json!({ "sessionId": session, "source": "TRAINER", "entries": entries, "reason": reason });
    world.mutate(Some(token), "attendanceRecordSession", "course { id }", input).await
}

/// How somebody stands, as these tests ask for it.
pub const PROGRESS: &str = "query($id: ID!) { enrolmentProgress(id: $id) { basis attended held percent needsPercent total \
     needed left canMiss makeUpDaysLeft missedDays missedModules advice { words } \
     preview { outcome notes reasons { requirement verdict found needed words } } } }";

/// How somebody stands, as the API tells whoever has `token`.
pub async fn progress(world: &World, token: &str, of: &Enrolled) -> Value {
    world.data(Some(token), PROGRESS, json!({ "id": of.id })).await["enrolmentProgress"].take()
}

/// What the preview says of a requirement; null where the version does not ask for it.
#[must_use]
pub fn reason(progress: &Value, requirement: &str) -> Value {
    let reasons = progress["preview"]["reasons"].as_array().expect("a list");
    let found = reasons.iter().find(|reason| reason["requirement"] == requirement);
    found.cloned().unwrap_or(Value::Null)
}

/// Somebody was there from beginning to end.
#[must_use]
pub fn present() -> Value {
    json!({ "status": "PRESENT" })
}

/// Somebody was not there.
#[must_use]
pub fn absent() -> Value {
    json!({ "status": "ABSENT" })
}

/// A confirmed course and the people on it, who have the places of a list.
#[derive(Clone, Debug)]
pub struct Class {
    /// Who delivers it.
    pub school: School,
    /// The course.
    pub course: Course,
    /// Everybody on it.
    pub people: Vec<Pupil>,
}

/// Somebody on a course.
#[derive(Clone, Debug)]
pub struct Pupil {
    /// The person.
    pub person: Someone,
    /// The subject of their account.
    pub subject: String,
    /// The place.
    pub enrolment: Enrolled,
}

impl Class {
    /// A weekly course from this day and ten o'clock on, until so late, with people of these names, whom its coordinator
    /// enrols.
    pub async fn at(
        world: &World,
        school: &School,
        (start, ends): (&str, &str),
        names: &[&str],
    ) -> Self {
        let course = confirmed(world, school, start, &json!({ "endTime": ends })).await;
        world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let mut class = Self { school: school.clone(), course, people: Vec::new() };
        for name in names {
            class.join(world, name, &json!({})).await;
        }
        class
    }

    /// Somebody of this name is enrolled, as the input says besides.
    pub async fn join(&mut self, world: &World, name: &str, more: &Value) {
        let (person, subject) = at_home(world, &self.school.organisation, name).await;
        let mut input = create_input(&self.course, &person);
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        let token = self.coordinator(world);
        let reply = world.mutate(Some(&token), "enrolmentCreate", FIELDS, input).await;
        let enrolment = Enrolled::of(reply.done("enrolment"));
        self.people.push(Pupil { person, subject, enrolment });
    }

    /// Who leads at the school, on the world's present day.
    #[must_use]
    pub fn lead(&self, world: &World) -> String {
        world.token(Role::LeadTrainer, Some(self.school.organisation.id))
    }

    /// Who coordinates there, on the world's present day.
    #[must_use]
    pub fn coordinator(&self, world: &World) -> String {
        world.token(Role::PartnerCoordinator, Some(self.school.organisation.id))
    }

    /// Records that a session was held and how each of the people attended it, in their order; null is nobody's record.
    pub async fn hold(&mut self, world: &World, place: usize, attended: &[Value]) {
        let lead = self.lead(world);
        self.course.session_step(world, &lead, ("sessionHold", place), &json!({})).await;
        self.record(world, place, attended, None).await.done("course");
    }

    /// Records how each of the people attended a session.
    pub async fn record(
        &self,
        world: &World,
        place: usize,
        entries: &[Value],
        reason: Option<&str>,
    ) -> Reply {
        let known = self.people.iter().zip(entries).filter(|(_, entry)| !entry.is_null());
        let entries = known.map(|(of, entry)| {
            let mut entry = entry.clone();
            entry["enrolmentId"] = json!(of.enrolment.id);
            entry
        });
        let session = self.course.session(place);
        attended(world, &self.lead(world), &session, entries.collect(), reason).await
    }

    /// How somebody stands, as they see it themselves.
    pub async fn stands(&self, world: &World, who: usize) -> Value {
        let of = &self.people[who];
        progress(world, &world.token_of(&of.subject), &of.enrolment).await
    }

    /// The course is over: everybody is read again.
    pub async fn complete(&mut self, world: &World) {
        let lead = self.lead(world);
        self.course.step(world, &lead, "courseComplete", &json!({})).await;
        for of in &mut self.people {
            of.enrolment.anew(world, &lead).await;
        }
    }

    /// Decides what comes of somebody, which must be done; gives what is told.
    pub async fn decide(&mut self, world: &World, who: usize, outcome: &str) -> String {
        let lead = self.lead(world);
        let how = json!({ "outcome": outcome });
        let of = &mut self.people[who].enrolment;
        of.step(world, &lead, "graduationDecide", &how).await.payload()["impact"].to_string()
    }
}

/// Rows that fill every column of what hangs on enrolments of `of`, written past every use case, where courses, curricula
/// and trainers are filled. `other` sponsors and hosts.
#[must_use]
pub fn filled(world: &World, (of, other): (&Tenant, &Tenant)) -> Vec<String> {
    let (own, sponsor) = (world.uuid(of.id), world.uuid(other.id));
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[19, what]));
    let person = |nth: u8| {
        format!(
            "(select r.person_id from trainer r join trainer_affiliation f on f.trainer_id = r.id \
             where f.organisation_id = {own} order by r.id limit 1 offset {nth})"
        )
    };
    let (tia, sam) = (person(0), person(1));
    let session_of = |column: &str| {
        format!(
            "(select s.{column} from course_session s where s.organisation_id = {own} order by s.id limit 1)"
        )
    };
    let (course, session) = (session_of("course_id"), session_of("id"));
    let version = format!(
        "(select v.id from programme_version v where v.owner_id = {own} and v.state = 'PUBLISHED' limit 1)"
    );
    let module = format!(
        "(select m.id from programme_module m where m.owner_id = {own} order by m.id limit 1)"
    );
    let account = "(select id from account order by id limit 1)";
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let (left, one, gone) = (new(0), new(1), new(2));
    let enrolment = |id: &str, rest: &str| {
        format!(
            "insert into enrolment values ({id}, {own}, {course}, {tia}, 'VOLUNTEER', {rest}, null, {at}, {at}, 1)"
        )
    };
    let in_course = format!("{own}, {one}, {course}");
    vec![
        enrolment(
            &left,
            "null, null, null, 'UNFUNDED', null, null, 'TRANSFERRED_OUT', '2026-04-01', '2026-04-02', null, null, null",
        ),
        enrolment(
            &one,
            &format!(
                "{left}, {}, {sponsor}, 'EMPLOYER_FUNDED', {sam}, {sam}, 'PLACED', '2026-04-02', null, null, null, 'x'",
                new(3)
            ),
        ),
        enrolment(
            &gone,
            "null, null, null, 'SELF_FUNDED', null, null, 'WITHDRAWN', '2026-04-01', '2026-04-02', 'OTHER', 'TRAINEE', \
             null",
        ),
        format!(
            "insert into enrolment values ({}, {own}, {course}, null, 'VOLUNTEER', null, null, null, 'SELF_FUNDED', null, \
             null, 'REFUSED', '2026-04-01', '2026-04-02', null, null, null, '2026-04-30', {at}, {at}, 1)",
            new(21)
        ),
        format!(
            "insert into attendance_record values ({}, {in_course}, {session}, 'ABSENT', 0, 'TRAINER', {account}, {at}, \
             null, null, {at})",
            new(4)
        ),
        format!(
            "insert into attendance_record values ({}, {in_course}, {session}, 'PARTIAL', 1, 'TRAINER', {account}, {at}, \
             {}, 'x', null)",
            new(5),
            new(4)
        ),
        format!(
            "insert into attendance_module values ({}, {own}, {one}, {}, {module})",
            new(6),
            new(5)
        ),
        format!(
            "insert into carried_credit values ({}, {own}, {one}, {left}, {own}, {version}, 'x', {at})",
            new(7)
        ),
        format!(
            "insert into make_up values ({}, {in_course}, {session}, 'DONE', '2026-05-01', 'x', {at}, 1)",
            new(8)
        ),
        format!(
            "insert into module_waiver values ({}, {own}, {one}, {module}, 'x', {account}, {at})",
            new(9)
        ),
        format!(
            "insert into graduation_decision values ({}, {in_course}, 'GRADUATED', 'NOT_MET', 'x', 'x', {account}, {sam}, \
             {at}, '2026-05-01', {at}, 'APPEAL', {at}, 1)",
            new(10)
        ),
        format!("insert into vault_key values ({tia}, 'x', null, {at}, {at})"),
        format!(
            "insert into sensitive_record values ({}, {tia}, {own}, 'ASSIGNMENT', null, 'ASSESSMENT', 'PUBLIC_TASK', \
             'SUBSTANTIAL_PUBLIC_INTEREST', 'STATUTORY_PURPOSES', null, {at}, {at}, {at}, 1, '2026-04-01')",
            new(11)
        ),
        format!(
            "insert into assignment_attempt values ({}, {in_course}, 1, {}, {at}, false, 'CONFIRMED', 'PASS', {sam}, {at}, \
             {}, {tia}, {at}, 1, true)",
            new(12),
            new(11),
            new(11)
        ),
        format!(
            "insert into placement values ({}, {in_course}, {sponsor}, {sam}, 'PRACTICE', 60, 30, 'IN_PROGRESS', {at}, 1)",
            new(13)
        ),
        format!(
            "insert into supervision_log values ({}, {own}, {one}, {sam}, '2026-05-01', 60, 'GROUP', {at})",
            new(14)
        ),
        format!(
            "insert into module_preparation values ({}, {own}, {one}, {module}, 'READING', '2026-05-01')",
            new(15)
        ),
        format!(
            "insert into employee_link values ({}, {own}, 'x', {tia}, '2026-05-01', '2026-05-02', {at}, 1)",
            new(16)
        ),
        format!(
            "insert into enrolment_import values ({}, {own}, {course}, true, 1, 0, 1, {account}, {at})",
            new(17)
        ),
        format!(
            "insert into enrolment_import_row values ({}, {own}, {}, 1, 'PLACED', {one}, null, null, null)",
            new(18),
            new(17)
        ),
        format!(
            "insert into enrolment_import_row values ({}, {own}, {}, 2, 'REFUSED', null, 'x', 'x', 'x')",
            new(19),
            new(17)
        ),
        format!(
            "insert into concern values ({}, {own}, {one}, (select r.person_id from sensitive_record r \
             where r.category = 'CONCERN' and r.organisation_id = {own} limit 1), {}, 'WORRY', true, \
             (select r.id from sensitive_record r where r.category = 'CONCERN' and r.organisation_id = {own} limit 1), \
             {sam}, 'CLOSED', 'REFERRED', {at}, {at}, {sam}, {at}, 1)",
            new(20),
            new(12)
        ),
    ]
}

/// Rows that hold `word` wherever something of an enrolment is said in words, of a course with sessions, written past
/// every use case: what was recorded and amended, made up, waived and resolved.
#[must_use]
pub fn worded(world: &World, enrolment: Uuid, word: &str) -> Vec<String> {
    let id = world.uuid(enrolment);
    let new = |what: u8| world.uuid(Uuid::new_v5(&enrolment, &[what]));
    let of = format!(
        "from enrolment e join course_session s on s.course_id = e.course_id where e.id = {id} order by s.id limit 1"
    );
    let at = "'2026-05-01T09:00:00+00:00'";
    let module = "(select m.id from programme_module m order by m.id limit 1)";
    let account = "(select a.id from account a order by a.id limit 1)";
    vec![
        format!(
            "insert into attendance_record select {}, e.organisation_id, e.id, e.course_id, s.id, 'NOT_APPLICABLE', 0, \
             'TRAINER', null, {at}, null, null, {at} {of}",
            new(1)
        ),
        format!(
            "insert into attendance_record select {}, e.organisation_id, e.id, e.course_id, s.id, 'NOT_APPLICABLE', 0, \
             'TRAINER', null, {at}, {}, '{word}', null {of}",
            new(2),
            new(1)
        ),
        format!(
            "insert into attendance_module select {}, e.organisation_id, e.id, {}, {module} {of}",
            new(3),
            new(2)
        ),
        format!(
            "insert into make_up select {}, e.organisation_id, e.id, e.course_id, s.id, 'DECLINED', null, '{word}', {at}, \
             1 {of}",
            new(4)
        ),
        format!(
            "insert into module_waiver select {}, e.organisation_id, e.id, {module}, '{word}', {account}, {at} {of}",
            new(5)
        ),
        format!("update enrolment set resolution = '{word}' where id = {id}"),
        format!(
            "update graduation_decision set override_reason = '{word}' where enrolment_id = {id}"
        ),
    ]
}
