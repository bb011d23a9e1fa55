//! An input for each mutation of courses that is right but for who sends it, and rows to be hidden.

use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, draft_input, trainers_input, weekly_input};
use tests::{Tenant, World};
use uuid::Uuid;

/// Every mutation, with the state in which it can be used.
pub const NAMES: [(&str, State); 20] = [
    ("courseAmend", State::Open),
    ("courseApprove", State::Proposed),
    ("courseAssignTrainers", State::Open),
    ("courseCancel", State::Open),
    ("courseClose", State::Completed),
    ("courseComplete", State::Running),
    ("courseConfirm", State::Open),
    ("courseDraft", State::Draft),
    ("courseOfferPlaces", State::Approved),
    ("courseOpen", State::Approved),
    ("coursePropose", State::Draft),
    ("courseReschedule", State::Open),
    ("courseReturn", State::Proposed),
    ("courseSchedule", State::Draft),
    ("courseTeachOut", State::Approved),
    ("sessionCancel", State::Open),
    ("sessionCredit", State::Running),
    ("sessionDescribe", State::Open),
    ("sessionHold", State::Running),
    ("sessionReschedule", State::Open),
];

/// Whether the mutation is of courses.
pub fn is_of_courses(name: &str) -> bool {
    NAMES.iter().any(|(known, _)| *known == name)
}

/// An input for each mutation, all on one draft of the school.
pub async fn of_a_draft(
    world: &World,
    school: &School,
    partner: &Tenant,
) -> Vec<(&'static str, Value)> {
    let draft = course(world, school, State::Draft).await;
    NAMES.iter().map(|(name, _)| (*name, input(name, school, &draft, partner))).collect()
}

/// An input for the mutation, on a course in a state in which it can be used.
pub async fn usable(world: &World, school: &School, partner: &Tenant, name: &str) -> Value {
    let (_, state) = NAMES.iter().find(|(known, _)| *known == name).expect("a mutation of courses");
    let mut made = course(world, school, *state).await;
    match name {
        // One session was held: the other is what is left.
        "courseComplete" => {
            let cancel = made.session_input(1, &json!({ "reason": "A test." }));
            let coordinator = world
                .grant(alongside::actor::Role::PartnerCoordinator, Some(school.organisation.id))
                .await;
            world.mutate(Some(&coordinator), "sessionCancel", "", cancel).await.done("impact");
            made.version += 1;
        }
        "sessionHold" => made.sessions.swap(0, 1),
        "sessionCredit" => {
            let held = world.uuid(made.sessions[0]);
            for sql in pending(world, &held) {
                world.database.eye.execute(&sql).await.expect("a session without credit");
            }
        }
        _ => {}
    }
    input(name, school, &made, partner)
}

/// Leaves the credit of a held session open, past the trigger that keeps it.
fn pending(world: &World, session: &str) -> Vec<String> {
    let leave = format!("update course_session set credit = 'PENDING' where id = {session}");
    match world.engine() {
        tests::Engine::Postgres => vec![
            "alter table course_session disable trigger user".to_owned(),
            leave,
            "alter table course_session enable trigger user".to_owned(),
        ],
        tests::Engine::Sqlite => vec!["drop trigger session_settled".to_owned(), leave],
    }
}

fn input(name: &str, school: &School, on: &Course, partner: &Tenant) -> Value {
    let why = || json!({ "reason": "A test." });
    match name {
        "courseDraft" => draft_input(school, "2026-09-07"),
        "courseAmend" => on.input(&json!({ "capacityMin": 3 })),
        "courseAssignTrainers" => on.input(&trainers_input(school)),
        "courseCancel" | "courseReturn" => on.input(&why()),
        "courseOfferPlaces" => on.input(&json!({ "partnerId": partner.global_id(), "places": 1 })),
        "courseSchedule" => on.input(&json!({ "plan": weekly_input("2026-09-07") })),
        "courseReschedule" => {
            on.input(&json!({ "plan": weekly_input("2026-09-07"), "reason": "A test." }))
        }
        "courseTeachOut" => on.input(&json!({ "until": "2027-12-31", "reason": "A test." })),
        "sessionCancel" | "sessionCredit" => on.session_input(0, &why()),
        "sessionDescribe" => on.session_input(0, &json!({ "venue": "Fictional House" })),
        "sessionHold" => on.session_input(0, &json!({})),
        "sessionReschedule" => {
            on.session_input(0, &json!({ "date": "2026-05-13", "reason": "A test." }))
        }
        _ => on.input(&json!({})),
    }
}

/// Rows that fill every column of everything that hangs on a course of `of`, written past every use case:
/// a draft hosted by `other`, with a partner, a trainer, a session; and one that was called off.
pub fn filled(world: &World, (of, other): (&Tenant, &Tenant)) -> Vec<String> {
    let own = world.uuid(of.id);
    let guest = world.uuid(other.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[200 + what]));
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let version = format!("(select min(v.id) from programme_version v where v.owner_id = {own})");
    let version = match world.engine() {
        tests::Engine::Sqlite => version,
        tests::Engine::Postgres => version
            .replace("min(v.id)", "v.id")
            .replace(&format!("= {own})"), &format!("= {own} order by v.id limit 1)")),
    };
    let teacher = format!(
        "(select r.id from trainer r join trainer_affiliation f on f.trainer_id = r.id \
         where f.organisation_id = {own} order by r.id limit 1)"
    );
    let (draft, off, session) = (new(1), new(2), new(3));
    let columns = "id, organisation_id, host_id, programme_version_id, programme_type, code, mode, \
         introductory, postcode_area, start_on, end_on, capacity_min, capacity_max, places_taken, state, \
         return_reason, cancel_reason, ended_on, created_at, updated_at, version";
    let days = "'2026-06-01', '2026-06-08'";
    vec![
        format!(
            "insert into course ({columns}) values ({draft}, {own}, {guest}, {version}, 'VOLUNTEER', 'x1', \
             'ONLINE', true, 'NN', {days}, 1, 9, 4, 'DRAFT', 'x', null, null, {at}, {at}, 1)"
        ),
        format!(
            "insert into course ({columns}) values ({off}, {own}, null, {version}, 'VOLUNTEER', 'x2', \
             'HYBRID', false, 'NN', {days}, 1, 9, 0, 'CANCELLED', null, 'x', '2026-05-01', {at}, {at}, 1)"
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
        format!("insert into course_terms values ({}, {own}, {draft}, 'x')", new(8)),
        format!(
            "insert into course_session values ({session}, {own}, {draft}, '2026-06-01', '10:00', '16:00', \
             '2026-06-01T09:00:00+00:00', '2026-06-01T15:00:00+00:00', true, 300, 'PLANNED', null, 'x', \
             null, {at})"
        ),
        format!(
            "insert into teaching_assignment select {}, {own}, {draft}, {session}, x.trainer_id, 'LEAD', \
             '2026-06-01T09:00:00+00:00', '2026-06-01T15:00:00+00:00', {at} from course_trainer x \
             where x.course_id = {draft}",
            new(9)
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
