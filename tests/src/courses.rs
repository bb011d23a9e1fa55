//! Courses that a test begins with, made through the service's own use cases.
//!
//! A [`School`] is an active organisation with a licence, a curriculum and two trainers: enough to deliver
//! volunteer courses. Everybody and everything here is fictional.

use alongside::actor::Role;
use alongside::command::{Stop, Unit};
use alongside::course::model::{Mode, Part, State};
use alongside::course::planning::{Pattern, Times};
use alongside::course::service::drafts::{self, Amendment, NewCourse};
use alongside::course::service::schedule::PlanAsked;
use alongside::course::service::sessions::{self, Details, Holding};
use alongside::course::service::teaching::{self, Assignment};
use alongside::course::service::{At, life, proposals};
use alongside::course::store::Courses;
use alongside::graphql::ids;
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::model::{Level, State as AccreditationState};
use chrono::{NaiveDate, NaiveTime};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::curricula::{Curriculum, Shape, Standing, curriculum, shaped};
use crate::given::{self, as_system, day};
use crate::licences::{self, Licence, Stage, licence};
use crate::people::{Teacher, accreditation, list, trainer};
use crate::world::{Reply, Tenant, World};

/// What the school's courses train people for.
pub const TYPE: ProgrammeType = ProgrammeType::Volunteer;

/// An organisation that can deliver courses.
#[derive(Clone, Debug)]
pub struct School {
    /// The organisation.
    pub organisation: Tenant,
    /// Its licence, granted for a year from the world's present.
    pub licence: Licence,
    /// A published curriculum of two modules on two days.
    pub curriculum: Curriculum,
    /// A trainer who may lead.
    pub lead: Teacher,
    /// A listed trainer with lived experience who may teach.
    pub peer: Teacher,
}

/// A school of its own.
pub async fn school(world: &World) -> School {
    let organisation = given::organisation(world).active().register().await;
    let curriculum = curriculum(world, None, Standing::Published).await;
    school_of(world, organisation, curriculum).await
}

/// A school of its own that teaches what has this shape.
pub async fn school_teaching(world: &World, shape: &Shape) -> School {
    let organisation = given::organisation(world).active().register().await;
    let curriculum = shaped(world, shape).await;
    school_of(world, organisation, curriculum).await
}

/// A school that this active organisation becomes, with this curriculum.
pub async fn school_of(world: &World, organisation: Tenant, curriculum: Curriculum) -> School {
    let licence = licence(world, &organisation);
    school_with(world, organisation, curriculum, licence).await
}

/// The same, under this licence in the making, which is for what the school teaches.
pub async fn school_with(
    world: &World,
    organisation: Tenant,
    curriculum: Curriculum,
    licence: licences::Given,
) -> School {
    school_for(world, TYPE, (organisation, curriculum), licence).await
}

/// The same, which teaches another programme type.
pub async fn school_for(
    world: &World,
    ty: ProgrammeType,
    (organisation, curriculum): (Tenant, Curriculum),
    licence: licences::Given,
) -> School {
    let licence = licence.of(&[ty]).up_to(Stage::Granted).await;
    let lead = trainer(world, "Lena", &organisation).await;
    accreditation(world, &lead, (ty, Level::Lead), AccreditationState::Accredited).await;
    let peer = trainer(world, "Pat", &organisation).await;
    list(world, &peer, 1).await;
    accreditation(world, &peer, (ty, Level::Trainer), AccreditationState::Accredited).await;
    School { organisation, licence, curriculum, lead, peer }
}

/// A listed trainer with lived experience who may teach.
pub async fn peer(world: &World, of: &Tenant, name: &str) -> Teacher {
    let peer = trainer(world, name, of).await;
    list(world, &peer, 1).await;
    accreditation(world, &peer, (TYPE, Level::Trainer), AccreditationState::Accredited).await;
    peer
}

/// A course as it was last left.
#[derive(Clone, Debug)]
pub struct Course {
    /// Its identifier.
    pub id: Uuid,
    /// Its version.
    pub version: i32,
    /// Its sessions.
    pub sessions: Vec<Uuid>,
}

impl Course {
    /// Its id as the API gives it.
    #[must_use]
    pub fn global_id(&self) -> String {
        ids::encode("crs", self.id)
    }

    /// The id of a session as the API gives it.
    #[must_use]
    pub fn session(&self, place: usize) -> String {
        ids::encode("ses", self.sessions[place])
    }

    /// The input of a mutation on it.
    #[must_use]
    pub fn input(&self, more: &Value) -> Value {
        with(json!({ "id": self.global_id(), "expectedVersion": self.version }), more)
    }

    /// Runs a mutation on it that must succeed, and follows what became of it.
    pub async fn step(&mut self, world: &World, token: &str, field: &str, more: &Value) -> Reply {
        self.follow(world, token, field, self.input(more)).await
    }

    /// The same on one of its sessions.
    pub async fn session_step(
        &mut self,
        world: &World,
        token: &str,
        (field, place): (&str, usize),
        more: &Value,
    ) -> Reply {
        self.follow(world, token, field, self.session_input(place, more)).await
    }

    async fn follow(&mut self, world: &World, token: &str, field: &str, input: Value) -> Reply {
        let reply = world.mutate(Some(token), field, "course { version }", input).await;
        let version = reply.done("course")["version"].as_i64().expect("a version");
        self.version = i32::try_from(version).expect("small");
        reply
    }

    /// The input of a mutation on one of its sessions.
    #[must_use]
    pub fn session_input(&self, place: usize, more: &Value) -> Value {
        with(json!({ "id": self.session(place), "expectedVersion": self.version }), more)
    }
}

/// `input` with more fields.
fn with(mut input: Value, more: &Value) -> Value {
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    input
}

/// A plan of two sessions a week apart, from this day on: as long as the curriculum has it.
#[must_use]
pub fn weekly(start: NaiveDate) -> PlanAsked {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    PlanAsked {
        start,
        pattern: Pattern::Weekly(chrono::Datelike::weekday(&start)),
        sessions: None,
        times: Times { starts: time(10), ends: time(11), break_minutes: 0 },
        closed: Vec::new(),
        modules_per_session: None,
        counts_as_day: true,
    }
}

/// The same as the input of a mutation.
#[must_use]
pub fn weekly_input(start: &str) -> Value {
    json!({
        "start": start, "pattern": "WEEKLY", "startTime": "10:00", "endTime": "11:00",
    })
}

/// The input that drafts a course of the school.
#[must_use]
pub fn draft_input(school: &School, start: &str) -> Value {
    json!({
        "organisationId": school.organisation.global_id(),
        "programmeVersionId": school.curriculum.id(),
        "mode": "IN_PERSON", "postcodeArea": "NN", "capacityMin": 2, "capacityMax": 10,
        "plan": weekly_input(start),
    })
}

/// The input that says who teaches: the two trainers of the school, at every session.
#[must_use]
pub fn trainers_input(school: &School) -> Value {
    json!({ "trainers": [
        { "trainerId": school.lead.global_id(), "part": "LEAD" },
        { "trainerId": school.peer.global_id(), "part": "CO" },
    ] })
}

/// A course of the school from 11 May 2026, on two Mondays, with two trainers, in the state named; the
/// clock moves to its days where sessions are held.
pub async fn course(world: &World, school: &School, state: State) -> Course {
    course_from(world, school, state, day("2026-05-11")).await
}

/// The same, from another Monday on.
pub async fn course_from(world: &World, school: &School, state: State, start: NaiveDate) -> Course {
    let school = school.clone();
    let by = (school.clone(), start);
    let (id, version, sessions) = as_system(world.app.core(), move |unit| {
        let (school, start) = by.clone();
        Box::pin(async move { made(unit, &school, state, start).await })
    })
    .await;
    let mut course = Course { id, version, sessions };
    if state.has_begun() {
        world.set_clock(&format!("{}T18:00:00Z", start + chrono::Duration::days(14)));
        lived(world, &mut course, state).await;
    }
    course
}

/// Makes it as far as it goes without its days having come.
async fn made(
    unit: &Unit,
    school: &School,
    state: State,
    start: NaiveDate,
) -> Result<(Uuid, i32, Vec<Uuid>), Stop> {
    let new = NewCourse {
        organisation: school.organisation.id,
        version: school.curriculum.version,
        host: None,
        terms: Some("Fictional terms".to_owned()),
        mode: Mode::InPerson,
        introductory: false,
        postcode_area: Some("NN".to_owned()),
        capacity: (2, 10),
        plan: weekly(start),
    };
    let id = drafts::draft(unit, new).await?.id;
    let at = |version| At { id, version };
    let all = |trainer, part| Assignment { trainer, part, sessions: Vec::new() };
    let given = vec![all(school.lead.id, Part::Lead), all(school.peer.id, Part::Co)];
    teaching::assign(unit, at(1), given).await?;
    drafts::amend(unit, at(2), Amendment { places_reserved: Some(5), ..Amendment::default() })
        .await?;
    let sessions: Vec<Uuid> =
        Courses::of(unit).sessions(id).await?.iter().map(|session| session.id).collect();
    let place = Details { venue: Some("Fictional Hall".to_owned()), ..Details::default() };
    sessions::describe(unit, At { id: sessions[0], version: 3 }, place).await?;
    let mut version = 4;
    if state == State::Cancelled {
        life::cancel(unit, at(version), "A test.".to_owned()).await?;
        return Ok((id, version + 1, sessions));
    }
    if state != State::Draft {
        proposals::propose(unit, at(version)).await?;
        version += 1;
    }
    if !matches!(state, State::Draft | State::Proposed) {
        proposals::approve(unit, at(version)).await?;
        version += 1;
    }
    if state == State::Open || state == State::Confirmed || state.has_begun() {
        proposals::open(unit, at(version)).await?;
        version += 1;
    }
    if state == State::Confirmed || state.has_begun() {
        life::confirm(unit, at(version)).await?;
        version += 1;
    }
    Ok((id, version, sessions))
}

/// A confirmed course of the school, from the draft on through the API, by who plans there and the licensing officer; its
/// plan is the [`weekly_input`] with `plan` laid over it.
pub async fn confirmed(world: &World, school: &School, start: &str, plan: &Value) -> Course {
    let lead = world.grant(Role::LeadTrainer, Some(school.organisation.id)).await;
    let mut draft = draft_input(school, start);
    draft["plan"] = with(weekly_input(start), plan);
    let sessions = "course { id version sessions(first: 60, orderBy: [{ field: STARTS_AT }]) { nodes { id } } }";
    let reply = world.mutate(Some(&lead), "courseDraft", sessions, draft).await;
    let drafted = reply.done("course");
    let own = |prefix, of: &Value| ids::decode(prefix, of["id"].as_str().expect("an id"));
    let found = drafted["sessions"]["nodes"].as_array().expect("a list").iter();
    let mut course = Course {
        id: own("crs", drafted).expect("the course"),
        version: 1,
        sessions: found.map(|session| own("ses", session).expect("a session")).collect(),
    };
    let officer = world.officer();
    for (by, field, more) in [
        (&lead, "courseAssignTrainers", trainers_input(school)),
        (&lead, "courseAmend", json!({ "placesReserved": 2 })),
        (&lead, "coursePropose", json!({})),
        (&officer, "courseApprove", json!({})),
        (&lead, "courseOpen", json!({})),
        (&lead, "courseConfirm", json!({})),
    ] {
        course.step(world, by, field, &more).await;
    }
    course
}

/// Takes a confirmed course through its days.
async fn lived(world: &World, course: &mut Course, state: State) {
    let given = course.clone();
    course.version = as_system(world.app.core(), move |unit| {
        let course = given.clone();
        Box::pin(async move {
            let how = || Holding { without_credit: false, reason: None };
            let mut version = course.version;
            sessions::hold(unit, At { id: course.sessions[0], version }, how()).await?;
            version += 1;
            if matches!(state, State::Completed | State::Closed) {
                sessions::hold(unit, At { id: course.sessions[1], version }, how()).await?;
                life::complete(unit, At { id: course.id, version: version + 1 }).await?;
                version += 2;
            }
            if state == State::Closed {
                life::close(unit, At { id: course.id, version }).await?;
                version += 1;
            }
            Ok(version)
        })
    })
    .await;
    if state == State::TeachOut {
        let token = world.token(Role::QualityLead, None);
        let input = course.input(&json!({ "until": "2026-12-31", "reason": "A test." }));
        world.mutate(Some(&token), "courseTeachOut", "", input).await.done("impact");
        course.version += 1;
    }
}

/// Rows that fill every column of everything that hangs on a course of `of`, written past every use case:
/// a draft hosted by `other`, with a partner, a trainer, a session; and one that was called off.
pub fn filled(world: &World, (of, other): (&Tenant, &Tenant)) -> Vec<String> {
    let own = world.uuid(of.id);
    let guest = world.uuid(other.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[200 + what]));
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let version = format!(
        "(select v.id from programme_version v where v.owner_id = {own} and v.state = 'PUBLISHED' limit 1)"
    );
    let teacher = format!(
        "(select r.id from trainer r join trainer_affiliation f on f.trainer_id = r.id \
         where f.organisation_id = {own} order by r.id limit 1)"
    );
    let (draft, off, session) = (new(1), new(2), new(3));
    let licence = |column: &str| {
        format!(
            "(select l.{column} from licence l where l.organisation_id = {own} order by l.id limit 1)"
        )
    };
    let (licence_id, licence_holder) = (licence("id"), licence("organisation_id"));
    let columns = "id, organisation_id, coded_by_id, host_id, programme_version_id, programme_type, code, mode, \
         introductory, licence_id, licence_holder_id, lead_trainer_id, opened_at, postcode_area, start_on, \
         end_on, capacity_min, capacity_max, places_taken, places_reserved, state, \
         return_reason, cancel_reason, ended_on, created_at, updated_at, version";
    let days = "'2026-06-01', '2026-06-08'";
    vec![
        format!(
            "insert into course ({columns}) values ({draft}, {own}, {own}, {guest}, {version}, 'VOLUNTEER', 'x1', \
             'ONLINE', true, {licence_id}, {licence_holder}, {teacher}, {at}, 'NN', {days}, 1, 9, 4, 4, \
             'DRAFT', 'x', null, null, {at}, {at}, 1)"
        ),
        format!(
            "insert into course ({columns}) values ({off}, {own}, {own}, null, {version}, 'VOLUNTEER', 'x2', \
             'HYBRID', false, null, null, null, null, 'NN', {days}, 1, 9, 0, 0, 'CANCELLED', null, \
             'x', '2026-05-01', {at}, {at}, 1)"
        ),
        format!(
            "insert into course_deliverer values ({}, {draft}, {own}, '2026-05-01', null, '2026-06-01')",
            new(12)
        ),
        format!(
            "insert into course_deliverer values ({}, {off}, {guest}, '2026-04-01', '2026-05-01', '2026-06-01')",
            new(13)
        ),
        format!(
            "insert into course_deliverer values ({}, {off}, {own}, '2026-05-01', null, '2026-06-01')",
            new(14)
        ),
        format!(
            "insert into succession_assignment values ({}, {guest}, 'COURSE', {draft}, null, '2026-05-01', \
             null, null, {at}, 1)",
            new(15)
        ),
        format!(
            "insert into succession_assignment values ({}, {guest}, 'TRAINER', null, {teacher}, '2026-05-01', \
             {own}, '2026-05-01', {at}, 1)",
            new(16)
        ),
        format!("insert into course_counter values ({}, {own}, 'x', 1)", new(4)),
        format!("insert into course_partner values ({}, {own}, {off}, {guest}, 2, {at})", new(5)),
        format!(
            "insert into course_trainer select {}, {own}, {draft}, r.id, r.person_id \
             from trainer r where r.id = {teacher}",
            new(6)
        ),
        format!(
            "insert into course_teach_out select {}, {own}, {draft}, '2026-06-08', {guest}, 'x', a.id, \
             '2026-05-01' from account a order by a.id limit 1",
            new(7)
        ),
        format!(
            "insert into course_correction select {}, {own}, {draft}, 'x', 'x', 'x', a.id, {at} \
             from account a order by a.id limit 1",
            new(21)
        ),
        format!("insert into course_terms values ({}, {own}, {draft}, 'x')", new(8)),
        format!(
            "insert into course_session values ({session}, {own}, {draft}, '2026-06-01', '10:00', '16:00', \
             '2026-06-01T09:00:00+00:00', '2026-06-01T15:00:00+00:00', true, 300, 'RESCHEDULED', null, 'x', \
             null, {at})"
        ),
        format!(
            "insert into course_session values ({}, {own}, {draft}, '2026-06-02', '10:00', '16:00', \
             '2026-06-02T09:00:00+00:00', '2026-06-02T15:00:00+00:00', true, 300, 'HELD', 'GIVEN', null, \
             {session}, {at})",
            new(17)
        ),
        format!(
            "insert into session_module select {}, {own}, {draft}, {session}, m.version_id, m.id \
             from programme_module m where m.version_id = {version} order by m.id limit 1",
            new(18)
        ),
        format!(
            "insert into teaching_assignment select {}, {own}, {draft}, {session}, x.trainer_id, 'LEAD', \
             '2026-06-01T09:00:00+00:00', '2026-06-01T15:00:00+00:00', {at}, false from course_trainer x \
             where x.course_id = {draft}",
            new(9)
        ),
        format!(
            "insert into course_session values ({}, {own}, {draft}, '2026-06-08', '10:00', '16:00', \
             '2026-06-08T09:00:00+00:00', '2026-06-08T15:00:00+00:00', true, 300, 'PLANNED', null, null, \
             null, {at})",
            new(20)
        ),
        format!(
            "insert into teaching_assignment select {}, {own}, {draft}, {}, x.trainer_id, 'LEAD', \
             '2026-06-08T09:00:00+00:00', '2026-06-08T15:00:00+00:00', null, false from course_trainer x \
             where x.course_id = {draft}",
            new(19),
            new(20)
        ),
        format!(
            "insert into session_place values ({}, {own}, {draft}, {session}, 'x', 'https://x')",
            new(10)
        ),
        format!(
            "insert into session_guest values ({}, {own}, {draft}, {session}, 'x', 'x')",
            new(11)
        ),
    ]
}
