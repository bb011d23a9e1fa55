//! Courses: from the plan to the end, every refusal, and who may do what to whose.

mod cells;
mod corrections;
mod edges;
mod headline;
mod licensed;
mod plans;
mod races;
mod reads;
mod teaching;

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, draft_input, school, trainers_input, weekly_input};
use tests::licences::{Stage, licence};
use tests::{Reply, World, given, on_both_databases};

/// The fields of a course that these tests look at.
const FIELDS: &str = "course { id code state version startsOn endsOn }";

/// Runs a mutation on a course as it was last left; moves its version on if it was made.
async fn step(world: &World, token: &str, field: &str, course: &mut Course, more: Value) -> Reply {
    let input = if field.starts_with("session") {
        course.session_input(0, &more)
    } else {
        course.input(&more)
    };
    let reply = world.mutate(Some(token), field, FIELDS, input).await;
    if reply.codes().is_empty() && more["dryRun"] != true {
        course.version =
            i32::try_from(reply.payload()["course"]["version"].as_i64().expect("a version"))
                .expect("small");
    }
    reply
}

/// The tokens of everyone who deals with the courses of a school.
struct Staff {
    coordinator: String,
    lead: String,
    officer: String,
    quality: String,
}

impl Staff {
    async fn of(world: &World, school: &School) -> Self {
        let organisation = Some(school.organisation.id);
        Self {
            coordinator: world.grant(Role::PartnerCoordinator, organisation).await,
            lead: world.grant(Role::LeadTrainer, organisation).await,
            officer: world.officer(),
            quality: world.token(Role::QualityLead, None),
        }
    }

    /// The same, on the world's present day.
    fn anew(world: &World, school: &School) -> Self {
        let organisation = Some(school.organisation.id);
        Self {
            coordinator: world.token(Role::PartnerCoordinator, organisation),
            lead: world.token(Role::LeadTrainer, organisation),
            officer: world.officer(),
            quality: world.token(Role::QualityLead, None),
        }
    }
}

/// The messages of a refusal with this code.
fn messages<'a>(reply: &'a Reply, code: &str) -> Vec<&'a str> {
    let errors = reply.payload()["userErrors"].as_array().expect("a list").iter();
    errors
        .filter(|error| error["code"] == code)
        .filter_map(|error| error["message"].as_str())
        .collect()
}

on_both_databases! {
    async fn a_course_goes_from_its_plan_to_its_close(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let drafted = world.mutate(Some(&staff.lead), "courseDraft",
            "course { id code version sessions { nodes { id date startsAt modules { number } } } }",
            draft_input(&school, "2026-05-04")).await;
        let entity = drafted.done("course").clone();
        assert_eq!(entity["code"], "VOL-2026-001");
        let dates: Vec<&str> = entity["sessions"]["nodes"].as_array().expect("a list").iter().filter_map(|s| s["date"].as_str()).collect();
        assert_eq!(dates, ["2026-05-11", "2026-05-18"], "4 May 2026 is a bank holiday");
        assert!(drafted.payload()["impact"][0].as_str().expect("a warning").contains("2026-05-04"));
        let id = |value: &Value| alongside::graphql::ids::decode(&value.as_str().expect("an id")[..3], value.as_str().expect("an id")).expect("an id");
        let sessions = entity["sessions"]["nodes"].as_array().expect("a list").iter().map(|s| id(&s["id"])).collect();
        let mut course = Course { id: id(&entity["id"]), version: 1, sessions };
        step(&world, &staff.lead, "courseAssignTrainers", &mut course, trainers_input(&school)).await.done("course");
        step(&world, &staff.coordinator, "coursePropose", &mut course, json!({})).await.done("course");
        let returned = step(&world, &staff.officer, "courseReturn", &mut course, json!({ "reason": "Say where." })).await;
        assert_eq!(returned.done("course")["state"], "DRAFT");
        step(&world, &staff.coordinator, "courseAmend", &mut course, json!({ "postcodeArea": "LE" })).await.done("course");
        step(&world, &staff.coordinator, "coursePropose", &mut course, json!({})).await.done("course");
        assert_eq!(step(&world, &staff.officer, "courseApprove", &mut course, json!({})).await.done("course")["state"], "APPROVED");
        assert_eq!(step(&world, &staff.coordinator, "courseOpen", &mut course, json!({})).await.done("course")["state"], "OPEN");
        let small = step(&world, &staff.coordinator, "courseConfirm", &mut course, json!({})).await;
        assert_eq!(small.codes(), ["BELOW_MINIMUM"], "{}", small.body());
        step(&world, &staff.coordinator, "courseAmend", &mut course, json!({ "placesReserved": 2 })).await.done("course");
        assert_eq!(step(&world, &staff.lead, "courseConfirm", &mut course, json!({})).await.done("course")["state"], "CONFIRMED");
        let early = step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await;
        assert_eq!(early.codes(), ["SESSION_TO_COME"]);
        world.set_clock("2026-05-18T17:00:00Z");
        let staff = Staff::anew(&world, &school);
        assert_eq!(step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await.done("course")["state"], "RUNNING");
        assert_eq!(step(&world, &staff.lead, "courseComplete", &mut course, json!({})).await.codes(), ["SESSIONS_TO_COME"]);
        let second = world.mutate(Some(&staff.lead), "sessionHold", FIELDS, course.session_input(1, &json!({}))).await;
        second.done("course");
        course.version += 1;
        assert_eq!(step(&world, &staff.lead, "courseComplete", &mut course, json!({})).await.done("course")["state"], "COMPLETED");
        assert_eq!(step(&world, &staff.quality, "courseClose", &mut course, json!({})).await.done("course")["state"], "CLOSED");
        for field in ["courseClose", "courseCancel", "courseAmend"] {
            let (token, more) = match field {
                "courseClose" => (&staff.quality, json!({})),
                "courseCancel" => (&staff.quality, json!({ "reason": "A test." })),
                _ => (&staff.coordinator, json!({ "placesReserved": 3 })),
            };
            assert_eq!(step(&world, token, field, &mut course, more).await.codes(), ["CONFLICT"], "{field}");
        }
    }

    async fn a_course_opens_only_if_everything_is_met_and_every_reason_has_its_dates(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Approved).await;
        // Everything goes wrong at once: the licence is suspended, both accreditations end before the last
        // session, a module lost its session.
        for sql in [
            "update licence set state = 'SUSPENDED', suspended_on = '2026-05-01'".to_owned(),
            "update trainer_accreditation set valid_to = '2026-05-15'".to_owned(),
            format!("update programme_module set number = number where id = {}", world.uuid(school.curriculum.modules[0])),
            format!("delete from session_module where session_id = {}", world.uuid(course.sessions[1])),
        ] {
            if !sql.contains("programme_module") {
                world.database.eye.execute(&sql).await.expect("a plant");
            }
        }
        let before = world.database.eye.contents().await;
        let reply = step(&world, &staff.coordinator, "courseOpen", &mut course, json!({})).await;
        let expected = ["LICENCE_NOT_ACTIVE", "MODULE_NOT_SCHEDULED", "TRAINER_ACCREDITATION_LAPSES", "TRAINER_ACCREDITATION_LAPSES"];
        assert_eq!(reply.codes(), expected, "{}", reply.body());
        assert!(messages(&reply, "LICENCE_NOT_ACTIVE")[0].contains("SUSPENDED"));
        for lapse in messages(&reply, "TRAINER_ACCREDITATION_LAPSES") {
            assert!(lapse.contains("until 2026-05-15") && lapse.ends_with("2026-05-18"), "{lapse}");
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0], "nothing is written");
        for sql in [
            "update licence set state = 'GRANTED', suspended_on = null".to_owned(),
            "update trainer_accreditation set valid_to = '2027-05-15'".to_owned(),
            format!(
                "insert into session_module (id, organisation_id, course_id, session_id, version_id, module_id) values ({}, {}, {}, {}, {}, {})",
                world.uuid(uuid::Uuid::from_u128(77)), world.uuid(school.organisation.id), world.uuid(course.id),
                world.uuid(course.sessions[1]), world.uuid(school.curriculum.version), world.uuid(school.curriculum.modules[1])
            ),
        ] {
            world.database.eye.execute(&sql).await.expect("mended");
        }
        step(&world, &staff.coordinator, "courseOpen", &mut course, json!({})).await.done("course");
    }

    async fn a_course_past_the_end_of_its_licence_needs_a_teach_out(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Approved).await;
        let ends = "update licence_programme set valid_to = '2026-05-18', granted_to = '2026-05-18'";
        world.database.eye.execute(ends).await.expect("a shorter licence");
        let reply = step(&world, &staff.coordinator, "courseOpen", &mut course, json!({ "dryRun": true })).await;
        assert_eq!(reply.codes(), ["LICENCE_ENDED"], "{}", reply.body());
        assert!(messages(&reply, "LICENCE_ENDED")[0].contains("until 2026-05-18 and it ends on 2026-05-18"));
        let short = json!({ "until": "2026-05-17", "reason": "A test." });
        assert_eq!(step(&world, &staff.quality, "courseTeachOut", &mut course, short).await.codes(), ["INVALID"]);
        let enough = json!({ "until": "2026-05-18", "reason": "A test." });
        assert_eq!(step(&world, &staff.quality, "courseTeachOut", &mut course, enough).await.done("course")["state"], "APPROVED");
        step(&world, &staff.coordinator, "courseOpen", &mut course, json!({})).await.done("course");
    }

    async fn a_licence_bounds_courses_and_their_size(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        course(&world, &school, State::Open).await;
        let mut second = tests::courses::course_from(&world, &school, State::Approved, given::day("2026-06-01")).await;
        let bounds = "update licence set max_concurrent_courses = 1, max_trainees_per_course = 9";
        world.database.eye.execute(bounds).await.expect("bounds");
        let reply = step(&world, &staff.coordinator, "courseOpen", &mut second, json!({})).await;
        assert_eq!(reply.codes(), ["COURSE_LIMIT", "CAPACITY_EXCEEDED"], "{}", reply.body());
    }

    async fn a_licence_that_lets_its_holder_approve_does_so(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        world.database.eye.execute("update licence set approves_own_courses = true").await.expect("a term");
        let mut course = course(&world, &school, State::Draft).await;
        let reply = step(&world, &staff.coordinator, "coursePropose", &mut course, json!({})).await;
        assert_eq!((reply.done("course")["state"].as_str(), course.version), (Some("APPROVED"), 6));
    }

    async fn a_course_without_a_licence_is_not_proposed(world: World) {
        let mut school = school(&world).await;
        let other = given::organisation(&world).active().register().await;
        let lead = tests::people::trainer_of(&world, tests::people::person(&world, "Lou", Some(&other)).await, &other).await;
        let of = (tests::courses::TYPE, alongside::trainer::model::Level::Lead);
        tests::people::accreditation(&world, &lead, of, alongside::trainer::model::State::Accredited).await;
        (school.organisation, school.lead) = (other, lead);
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Draft).await;
        let reply = step(&world, &staff.coordinator, "coursePropose", &mut course, json!({})).await;
        assert_eq!(reply.codes(), ["LICENCE_DOES_NOT_COVER"], "{}", reply.body());
        licence(&world, &school.organisation).tier(alongside::licence::model::Tier::HostOnly).of(&[tests::courses::TYPE]).up_to(Stage::Granted).await;
        let reply = step(&world, &staff.coordinator, "coursePropose", &mut course, json!({})).await;
        assert_eq!(reply.codes(), ["LICENCE_DOES_NOT_COVER"], "a licence to host delivers nothing");
    }

    async fn a_repeat_of_a_request_has_one_effect(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut input = draft_input(&school, "2026-06-01");
        input["idempotencyKey"] = json!("once");
        let draft = async || world.mutate(Some(&staff.lead), "courseDraft", FIELDS, input.clone()).await;
        let first = draft().await.done("course")["id"].clone();
        assert_eq!(draft().await.done("course")["id"], first);
        assert_eq!(world.database.eye.rows_where("course", "true").await, 1);
        let mut other = input.clone();
        other["capacityMax"] = json!(11);
        let reply = world.mutate(Some(&staff.lead), "courseDraft", FIELDS, other).await;
        assert_eq!(reply.codes(), ["IDEMPOTENCY_MISMATCH"]);
        let dry = { let mut dry = draft_input(&school, "2026-06-01"); dry["dryRun"] = json!(true); dry };
        let reply = world.mutate(Some(&staff.lead), "courseDraft", FIELDS, dry).await;
        assert_eq!(reply.done("course"), &Value::Null, "a trial run leaves nothing");
        assert_eq!(world.database.eye.rows_where("course", "true").await, 1);
    }

    async fn a_code_is_never_given_twice(world: World) {
        let (one, other) = (school(&world).await, school(&world).await);
        for (school, start, code) in [
            (&one, "2026-06-01", "VOL-2026-001"), (&other, "2026-06-01", "VOL-2026-001"),
            (&one, "2026-06-08", "VOL-2026-002"), (&one, "2027-01-11", "VOL-2027-001"),
        ] {
            let staff = Staff::of(&world, school).await;
            let reply = world.mutate(Some(&staff.lead), "courseDraft", FIELDS, draft_input(school, start)).await;
            assert_eq!(reply.done("course")["code"], code);
        }
    }

    async fn drafts_stand_on_published_versions_and_active_organisations(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let draft = tests::curricula::curriculum(&world, Some(school.organisation.id), tests::curricula::Standing::Draft).await;
        let hidden = tests::curricula::curriculum(&world, Some(world.b.id), tests::curricula::Standing::Draft).await;
        let with = |field: &str, value: Value| { let mut input = draft_input(&school, "2026-06-01"); input[field] = value; input };
        let mut early = draft_input(&school, "2026-06-01");
        early["plan"] = weekly_input("2025-12-01");
        for (input, codes) in [
            (with("programmeVersionId", json!(draft.id())), &["VERSION_NOT_PUBLISHED"][..]),
            (with("programmeVersionId", json!(hidden.id())), &["NOT_FOUND"]),
            (early, &["VERSION_NOT_IN_FORCE"]),
            (with("capacityMin", json!(11)), &["INVALID"]),
            (with("postcodeArea", json!("nn1")), &["INVALID"]),
            (with("hostId", json!(school.organisation.global_id())), &["INVALID"]),
            (with("organisationId", json!(world.b.global_id())), &["NOT_FOUND"]),
            (with("plan", { let mut odd = weekly_input("2037-01-01"); odd["pattern"] = json!("BLOCK"); odd }), &["INVALID"]),
            (with("plan", json!({ "start": "2026-06-01", "pattern": "DATES", "startTime": "10:00", "endTime": "9:00" })), &["INVALID"]),
        ] {
            let reply = world.mutate(Some(&staff.lead), "courseDraft", FIELDS, input).await;
            assert_eq!(reply.codes(), codes, "{}", reply.body());
        }
        assert_eq!(world.database.eye.rows_where("course", "true").await, 0);
    }

    async fn new_dates_are_checked_and_say_what_they_break(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Open).await;
        let plan = |start: &str| json!({ "plan": weekly_input(start), "reason": "A test." });
        let reply = step(&world, &staff.lead, "courseReschedule", &mut course, plan("2027-05-03")).await;
        assert_eq!(reply.codes(), ["LICENCE_ENDED"], "an open course stays within its licence");
        let reply = step(&world, &staff.lead, "courseReschedule", &mut course, plan("2026-04-20")).await;
        assert_eq!(reply.codes(), ["INVALID"], "nothing moves into the past");
        world.database.eye.execute("update trainer_accreditation set valid_to = '2026-06-08'").await.expect("a lapse");
        let reply = step(&world, &staff.lead, "courseReschedule", &mut course, plan("2026-06-01")).await;
        assert_eq!(reply.done("course")["endsOn"], "2026-06-08");
        let impact = reply.payload()["impact"].to_string();
        assert!(impact.contains("may not teach VOLUNTEER sessions of 2026-06-08"), "named, not refused: {impact}");
        let kept = format!("course_id = {} and state = 'RESCHEDULED'", world.uuid(course.id));
        assert_eq!(world.database.eye.rows_where("course_session", &kept).await, 2);
        let teaching = format!("course_id = {} and released_at is null", world.uuid(course.id));
        assert_eq!(world.database.eye.rows_where("teaching_assignment", &teaching).await, 4, "everyone stays assigned");
        let places = "venue = 'Fictional Hall'";
        assert_eq!(world.database.eye.rows_where("session_place", places).await, 2, "the place moves with the session");
    }

    async fn a_session_moves_to_another_and_takes_everything_with_it(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        let saturday = json!({ "date": "2026-05-16", "startTime": "09:30", "endTime": "15:30", "reason": "A test." });
        let moved = step(&world, &staff.lead, "sessionReschedule", &mut course, saturday).await;
        assert_eq!(moved.done("course")["startsOn"], "2026-05-16");
        let document = "query($id: ID!) { session(by: { id: $id }) { state replacedBy { date startTime modules { number } teaching { part } place { venue } replaces { id } } } }";
        let data = world.data(Some(&staff.lead), document, json!({ "id": course.session(0) })).await;
        let expected = json!({ "state": "RESCHEDULED", "replacedBy": {
            "date": "2026-05-16", "startTime": "09:30", "modules": [{ "number": 1 }],
            "teaching": [{ "part": "LEAD" }, { "part": "CO" }], "place": { "venue": "Fictional Hall" },
            "replaces": { "id": course.session(0) },
        } });
        assert_eq!(data["session"], expected);
        let again = step(&world, &staff.lead, "sessionReschedule", &mut course, json!({ "date": "2026-05-17", "reason": "A test." })).await;
        assert_eq!(again.codes(), ["CONFLICT"]);
    }

    async fn a_lost_day_says_which_modules_it_takes(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        let reply = step(&world, &staff.lead, "sessionCancel", &mut course, json!({ "reason": "A test." })).await;
        assert_eq!(reply.done("course")["state"], "CONFIRMED");
        assert_eq!(reply.payload()["impact"], json!(["modules without a session: 1"]));
    }

    async fn a_course_is_called_off_by_its_coordinator_before_it_begins_and_by_quality_afterwards(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let why = || json!({ "reason": "A test." });
        let mut open = course(&world, &school, State::Open).await;
        assert_eq!(step(&world, &staff.quality, "courseCancel", &mut open, why()).await.codes(), ["FORBIDDEN"]);
        let reply = step(&world, &staff.coordinator, "courseCancel", &mut open, why()).await;
        assert_eq!(reply.done("course")["state"], "CANCELLED");
        assert_eq!(reply.payload()["impact"], json!(["sessions that are not held: 2", "people who lose their place: 5"]));
        let mut running = course(&world, &school, State::Running).await;
        let staff = Staff::anew(&world, &school);
        assert_eq!(step(&world, &staff.coordinator, "courseCancel", &mut running, why()).await.codes(), ["FORBIDDEN"]);
        assert_eq!(step(&world, &staff.quality, "courseCancel", &mut running, why()).await.done("course")["state"], "CANCELLED");
    }

    async fn places_are_offered_to_partners_within_the_capacity(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let (one, other) = (given::organisation(&world).active().register().await, given::organisation(&world).active().register().await);
        let mut course = course(&world, &school, State::Approved).await;
        let offer = |to: &tests::Tenant, places: i32| json!({ "partnerId": to.global_id(), "places": places });
        step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&one, 6)).await.done("course");
        assert_eq!(step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&other, 5)).await.codes(), ["CAPACITY_EXCEEDED"]);
        step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&one, 4)).await.done("course");
        step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&other, 6)).await.done("course");
        assert_eq!(step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&school.organisation, 1)).await.codes()[0], "INVALID");
        let partners = world.grant(Role::PartnerCoordinator, Some(one.id)).await;
        let document = "query($id: ID!) { course(by: { id: $id }) { state partners { places organisation { id } } sessions { nodes { place { venue } } } } }";
        let data = world.data(Some(&partners), document, json!({ "id": course.global_id() })).await;
        assert_eq!(data["course"]["partners"], json!([{ "places": 4, "organisation": { "id": one.global_id() } }]), "a partner sees its own places");
        assert_eq!(data["course"]["sessions"]["nodes"][0]["place"]["venue"], "Fictional Hall");
        let more = step(&world, &staff.coordinator, "courseAmend", &mut course, json!({ "placesReserved": 11 })).await;
        assert_eq!((more.codes(), &more.payload()["userErrors"][0]["path"]), (vec!["CAPACITY_EXCEEDED"], &json!(["input", "placesReserved"])));
        // Who is no longer active gives places back, and gets no more.
        let asleep = json!({ "id": one.global_id(), "expectedVersion": 2 });
        world.mutate(Some(&world.officer()), "organisationMakeDormant", "", asleep).await.done("impact");
        assert_eq!(step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&one, 5)).await.codes(), ["INVALID", "CAPACITY_EXCEEDED"]);
        for (places, told) in [(3, "9 of 10 places are offered"), (0, "6 of 10 places are offered")] {
            let reply = step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&one, places)).await;
            assert_eq!(reply.done("impact"), &json!([told]));
        }
        let again = step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&one, 0)).await;
        assert_eq!(again.payload()["userErrors"][1]["path"], json!(["input", "places"]), "there is nothing to take back");
        let data = world.data(Some(&partners), document, json!({ "id": course.global_id() })).await;
        assert_eq!(data["course"], Value::Null, "what it was offered let it see the course");
        step(&world, &staff.coordinator, "courseOfferPlaces", &mut course, offer(&other, 10)).await.done("course");
    }

    async fn for_another_tenant_a_course_is_not_there(world: World) {
        let (school, stranger) = (school(&world).await, school(&world).await);
        let of_stranger = Staff::of(&world, &stranger).await;
        let mut hidden = course(&world, &school, State::Draft).await;
        let mut nowhere = Course { id: uuid::Uuid::from_u128(9), version: 4, sessions: vec![uuid::Uuid::from_u128(8)] };
        let before = world.database.eye.contents().await;
        for (field, more) in cells::steps() {
            let token = if field == "courseComplete" { &of_stranger.lead } else { &of_stranger.coordinator };
            if !cells::of_partners(field) {
                continue;
            }
            let one = step(&world, token, field, &mut hidden, more.clone()).await;
            let other = step(&world, token, field, &mut nowhere, more).await;
            assert_eq!(one.codes(), ["NOT_FOUND"], "{field}: {}", one.body());
            assert_eq!(one.body(), other.body(), "{field}");
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
        let document = "query($id: ID!) { course(by: { id: $id }) { id } node(id: $id) { id } courses { nodes { id } totalCount } }";
        let data = world.data(Some(&of_stranger.coordinator), document, json!({ "id": hidden.global_id() })).await;
        assert_eq!(data, json!({ "course": null, "node": null, "courses": { "nodes": [], "totalCount": 0 } }));
    }
}
