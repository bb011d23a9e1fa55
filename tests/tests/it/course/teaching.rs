//! Who teaches: every rule of trainers, and what a session without credit leaves behind.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use alongside::trainer::model::{Level, State as Accredited};
use serde_json::{Value, json};
use tests::courses::{Course, TYPE, course, course_from, peer, school, trainers_input};
use tests::people::{accreditation, linked, trainer};
use tests::{World, given, on_both_databases, world_with};

use super::{Staff, messages, step};

fn trainers(given: &[(&str, &str)]) -> Value {
    let one = |(id, part): &(&str, &str)| json!({ "trainerId": id, "part": part });
    json!({ "trainers": given.iter().map(one).collect::<Vec<_>>() })
}

on_both_databases! {
    async fn trainers_are_accredited_seen_and_in_one_part(world: World) {
        let (school, elsewhere) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Approved).await;
        let novice = trainer(&world, "Noa", &school.organisation).await.global_id();
        let (lead, peer) = (school.lead.global_id(), school.peer.global_id());
        let (hidden, listed) = (elsewhere.lead.global_id(), elsewhere.peer.global_id());
        for (given, codes) in [
            (trainers(&[(&lead, "LEAD"), (&novice, "CO"), (&peer, "CO")]), &["TRAINER_ACCREDITATION_LAPSES"][..]),
            (trainers(&[(&peer, "LEAD")]), &["TRAINER_ACCREDITATION_LAPSES"]),
            (trainers(&[(&lead, "LEAD")]), &["LIVED_EXPERIENCE_REQUIRED"]),
            (trainers(&[(&lead, "CO"), (&peer, "CO")]), &["LEAD_REQUIRED"]),
            (trainers(&[(&lead, "LEAD"), (&lead, "CO"), (&peer, "CO")]), &["INVALID"]),
            (trainers(&[(&lead, "LEAD"), (&hidden, "CO")]), &["NOT_FOUND"]),
            (trainers(&[(&lead, "LEAD"), ("trn_00000000000000000000000000000001", "CO")]), &["NOT_FOUND"]),
        ] {
            let reply = step(&world, &staff.lead, "courseAssignTrainers", &mut course, given).await;
            assert_eq!(reply.codes(), codes, "{}", reply.body());
        }
        let reply = step(&world, &staff.lead, "courseAssignTrainers", &mut course, trainers(&[(&lead, "LEAD"), (&listed, "CO"), (&novice, "OBSERVER")])).await;
        reply.done("course");
    }

    async fn a_lapse_is_told_with_the_days_of_the_sessions(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Draft).await;
        world.database.eye.execute("update trainer_accreditation set valid_to = '2026-05-18'").await.expect("a lapse");
        let reply = step(&world, &staff.lead, "courseAssignTrainers", &mut course, trainers_input(&school)).await;
        assert_eq!(reply.codes(), ["TRAINER_ACCREDITATION_LAPSES"; 2]);
        for message in messages(&reply, "TRAINER_ACCREDITATION_LAPSES") {
            assert!(message.contains("until 2026-05-18, may not") && message.ends_with("sessions of 2026-05-18"), "{message}");
        }
        let paths: Vec<&Value> = reply.payload()["userErrors"].as_array().expect("a list").iter().map(|error| &error["path"]).collect();
        assert!(paths.contains(&&json!(["input", "trainers", "0", "trainerId"])) && paths.contains(&&json!(["input", "trainers", "1", "trainerId"])), "{paths:?}");
    }

    async fn a_plan_keeps_no_trainer_from_others_and_an_open_course_does(world: World) {
        let (school, elsewhere) = (school(&world).await, school(&world).await);
        let (here, there) = (Staff::of(&world, &school).await, Staff::of(&world, &elsewhere).await);
        let mut planned = course(&world, &school, State::Approved).await;
        let mut other = course(&world, &elsewhere, State::Approved).await;
        // The listed trainer of the one is named by the other, which sees no plan but its own.
        let given = trainers(&[(&elsewhere.lead.global_id(), "LEAD"), (&school.peer.global_id(), "CO")]);
        let reply = step(&world, &there.lead, "courseAssignTrainers", &mut other, given.clone()).await;
        assert_eq!(reply.done("impact"), &json!([]), "the plans of others are not told");
        step(&world, &there.coordinator, "courseOpen", &mut other, json!({})).await.done("course");
        // What everyone sees is told of, and binds who opens later.
        let again = trainers_input(&school);
        let reply = step(&world, &here.lead, "courseAssignTrainers", &mut planned, again.clone()).await;
        let told = json!(["Pat is named for another course on 2026-05-11, 2026-05-18: whichever opens first has the trainer"]);
        assert_eq!(reply.done("impact"), &told);
        let reply = step(&world, &here.coordinator, "courseOpen", &mut planned, json!({})).await;
        assert_eq!(reply.codes(), ["TRAINER_BUSY"], "{}", reply.body());
        let busy = "Pat is not free on 2026-05-11, 2026-05-18: name somebody else, or another time";
        assert_eq!(messages(&reply, "TRAINER_BUSY"), [busy], "and not where Pat is");
        assert!(!reply.body().to_string().contains(&elsewhere.organisation.name));
        // What runs is seen by few: the database alone knows.
        world.database.eye.execute(&format!("update course set state = 'RUNNING' where id = {}", world.uuid(other.id))).await.expect("it runs");
        let reply = step(&world, &here.lead, "courseAssignTrainers", &mut planned, again).await;
        assert_eq!(reply.done("impact"), &json!([]));
        let reply = step(&world, &here.coordinator, "courseOpen", &mut planned, json!({})).await;
        assert_eq!((reply.codes(), &reply.payload()["userErrors"][0]["path"]), (vec!["TRAINER_BUSY"], &json!(["input"])));
        let mut later = course_from(&world, &elsewhere, State::Draft, given::day("2026-06-01")).await;
        step(&world, &there.lead, "courseAssignTrainers", &mut later, given).await.done("course");
    }

    async fn an_open_course_takes_nobody_who_is_booked_elsewhere(world: World) {
        let (school, elsewhere) = (school(&world).await, school(&world).await);
        let there = Staff::of(&world, &elsewhere).await;
        course(&world, &school, State::Open).await;
        let mut open = course(&world, &elsewhere, State::Open).await;
        let given = trainers(&[(&elsewhere.lead.global_id(), "LEAD"), (&elsewhere.peer.global_id(), "CO"), (&school.peer.global_id(), "CO")]);
        let reply = step(&world, &there.lead, "courseAssignTrainers", &mut open, given).await;
        let error = &reply.payload()["userErrors"][0];
        assert_eq!((&error["code"], &error["path"]), (&json!("TRAINER_BUSY"), &json!(["input", "trainers", "2", "trainerId"])), "{error}");
        let given = trainers(&[(&elsewhere.lead.global_id(), "LEAD"), (&elsewhere.peer.global_id(), "CO"), (&school.peer.global_id(), "OBSERVER")]);
        step(&world, &there.lead, "courseAssignTrainers", &mut open, given).await.done("course");
        // Nor does it move to where its trainer is booked.
        let mut second = course_from(&world, &school, State::Open, given::day("2026-06-01")).await;
        let here = Staff::of(&world, &school).await;
        let plan = json!({ "plan": tests::courses::weekly_input("2026-05-11"), "reason": "A test." });
        let reply = step(&world, &here.lead, "courseReschedule", &mut second, plan).await;
        assert_eq!(reply.codes(), ["TRAINER_BUSY"; 2], "both trainers of the school: {}", reply.body());
    }

    async fn a_session_is_recorded_once_it_has_begun(world: World) {
        let (school, _other) = (school(&world).await, school(&world).await);
        Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        world.set_clock("2026-05-11T08:59:59Z");
        let staff = Staff::anew(&world, &school);
        let reply = step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await;
        assert_eq!(messages(&reply, "SESSION_TO_COME"), ["it begins on 2026-05-11 at 10:00: record it from then on"]);
        world.set_clock("2026-05-11T09:00:00Z");
        let staff = Staff::anew(&world, &school);
        step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await.done("course");
    }

    async fn a_session_taught_without_accreditation_is_kept_and_its_credit_left_open(world: World) {
        let school = school(&world).await;
        Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        let ends = "update licence_programme set valid_to = '2026-05-10'";
        for sql in [ends, "update licence set valid_to = '2026-05-10', expiring_from = '2026-05-02', grace_to = '2026-07-09'",
            "update trainer_accreditation set valid_to = '2026-05-11'"] {
            world.database.eye.execute(sql).await.expect("an end");
        }
        world.set_clock("2026-05-11T18:00:00Z");
        let staff = Staff::anew(&world, &school);
        let reply = step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await;
        assert_eq!(reply.codes(), ["TRAINER_ACCREDITATION_LAPSES", "TRAINER_ACCREDITATION_LAPSES", "NOT_COVERED"], "{}", reply.body());
        let reply = step(&world, &staff.lead, "sessionHold", &mut course, json!({ "withoutCredit": true })).await;
        assert_eq!(reply.codes(), ["INVALID"], "it needs a reason");
        let anyway = json!({ "withoutCredit": true, "reason": "Nobody else could come." });
        let reply = step(&world, &staff.lead, "sessionHold", &mut course, anyway).await;
        assert_eq!(reply.done("course")["state"], "RUNNING");
        let credit = async || {
            let document = "query($id: ID!) { session(by: { id: $id }) { state credit reason } }";
            world.data(Some(&staff.coordinator), document, json!({ "id": course.session(0) })).await["session"].clone()
        };
        assert_eq!(credit().await, json!({ "state": "HELD", "credit": "PENDING", "reason": "Nobody else could come." }));
        let input = course.session_input(0, &json!({ "reason": "The trainer was observed." }));
        assert_eq!(world.mutate(Some(&staff.lead), "sessionCredit", "", input.clone()).await.codes(), ["FORBIDDEN"]);
        world.mutate(Some(&staff.quality), "sessionCredit", "", input).await.done("impact");
        assert_eq!(credit().await["credit"], "GIVEN");
        course.version += 1;
        let again = course.session_input(0, &json!({ "reason": "Again." }));
        assert_eq!(world.mutate(Some(&staff.quality), "sessionCredit", "", again).await.codes(), ["CONFLICT"]);
        world.database.eye.execute("update licence set valid_to = '2027-05-01', expiring_from = '2027-02-01', grace_to = '2027-07-01'").await.expect("mended");
    }

    async fn who_left_and_is_not_listed_is_still_checked_when_a_session_is_recorded(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        for trainer in [&school.lead, &school.peer] {
            let trainer = world.uuid(trainer.id);
            for sql in [
                format!("update trainer_affiliation set valid_to = '2026-05-10' where trainer_id = {trainer}"),
                format!("update trainer set listed = false where id = {trainer}"),
                format!("update consent set withdrawn_at = given_at where trainer_id = {trainer}"),
                format!("update trainer_accreditation set valid_to = '2026-05-10' where trainer_id = {trainer}"),
            ] {
                world.database.eye.execute(&sql).await.expect("who left");
            }
        }
        world.set_clock("2026-05-11T18:00:00Z");
        let staff = Staff::anew(&world, &school);
        let reply = step(&world, &staff.coordinator, "sessionHold", &mut course, json!({})).await;
        assert_eq!(reply.codes(), ["TRAINER_ACCREDITATION_LAPSES", "TRAINER_ACCREDITATION_LAPSES"], "{}", reply.body());
        assert!(!reply.body().to_string().contains("Lena"), "by name only whom it sees: {}", reply.body());
        let asked = "query($id: ID!) { trainer(by: { id: $id }) { id } }";
        for tenant in [&school, &other] {
            let coordinator = world.grant(Role::PartnerCoordinator, Some(tenant.organisation.id)).await;
            let data = world.data(Some(&coordinator), asked, json!({ "id": school.lead.global_id() })).await;
            assert_eq!(data["trainer"], Value::Null);
        }
    }

    async fn trainers_see_the_courses_that_they_teach_and_where_they_meet(world: World) {
        let school = school(&world).await;
        let hidden = course(&world, &school, State::Draft).await;
        let mut someone = school.peer.person.clone();
        let token = world.grant_to("pat", Role::Trainer, GrantScope::Own).await;
        let document = "query($id: ID!) { course(by: { id: $id }) { code sessions { nodes { place { venue } } } } trainer(by: { id: $id2 }) { teaching { totalCount } } }";
        let document = document.replace("query($id: ID!)", "query($id: ID!, $id2: ID!)");
        let ask = async || {
            let variables = json!({ "id": hidden.global_id(), "id2": school.peer.global_id() });
            world.data(Some(&token), &document, variables).await
        };
        assert_eq!(ask().await["course"], Value::Null, "the account is nobody's yet");
        tests::people::linked(&world, &mut someone, "pat").await;
        let data = ask().await;
        assert_eq!(data["course"]["sessions"]["nodes"][0]["place"]["venue"], "Fictional Hall");
        assert_eq!(data["trainer"]["teaching"]["totalCount"], 2);
    }

    async fn who_watches_is_kept_from_nobody_and_who_was_taken_off_reads_no_more(world: World) {
        let (school, elsewhere) = (school(&world).await, school(&world).await);
        let (here, there) = (Staff::of(&world, &school).await, Staff::of(&world, &elsewhere).await);
        let mut someone = school.peer.person.clone();
        let token = world.grant_to("pat", Role::Trainer, GrantScope::Own).await;
        linked(&world, &mut someone, "pat").await;
        let mut foreign = course(&world, &elsewhere, State::Open).await;
        let document = "query($id: ID!) { course(by: { id: $id }) { trainers { id } sessions { nodes { place { venue } } } } }";
        let venue = async |course: &Course| {
            let data = world.data(Some(&token), document, json!({ "id": course.global_id() })).await;
            data["course"]["sessions"]["nodes"][0]["place"]["venue"].clone()
        };
        let own = [(elsewhere.lead.global_id(), "LEAD"), (elsewhere.peer.global_id(), "CO")];
        let named = |more: &[(String, &str)]| {
            let all: Vec<(&str, &str)> = own.iter().chain(more).map(|(id, part)| (id.as_str(), *part)).collect();
            trainers(&all)
        };
        let watches = named(&[(school.peer.global_id(), "OBSERVER")]);
        step(&world, &there.lead, "courseAssignTrainers", &mut foreign, watches).await.done("course");
        assert_eq!(venue(&foreign).await, "Fictional Hall");
        let mut mine = course(&world, &school, State::Approved).await;
        step(&world, &here.coordinator, "courseOpen", &mut mine, json!({})).await.done("course");
        step(&world, &there.lead, "courseAssignTrainers", &mut foreign, named(&[])).await.done("course");
        assert_eq!(venue(&foreign).await, Value::Null, "the course is public, its room is not");
        assert_eq!(venue(&mine).await, "Fictional Hall");
    }

    async fn another_accredited_trainer_takes_over_a_session(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        let other = trainer(&world, "Omar", &school.organisation).await;
        accreditation(&world, &other, (TYPE, Level::Lead), Accredited::Accredited).await;
        let second = peer(&world, &school.organisation, "Sam").await;
        let given = json!({ "trainers": [
            { "trainerId": other.global_id(), "part": "LEAD", "sessionIds": [course.session(0)] },
            { "trainerId": school.lead.global_id(), "part": "LEAD", "sessionIds": [course.session(1)] },
            { "trainerId": second.global_id(), "part": "CO" },
        ] });
        step(&world, &staff.lead, "courseAssignTrainers", &mut course, given).await.done("course");
        let document = "query($id: ID!) { course(by: { id: $id }) { leadTrainer { preferredName } trainers { preferredName } } }";
        let data = world.data(Some(&staff.lead), document, json!({ "id": course.global_id() })).await;
        assert_eq!(data["course"]["leadTrainer"]["preferredName"], "Omar", "whoever leads the next session");
        assert_eq!(data["course"]["trainers"].as_array().map(Vec::len), Some(4), "who was to teach stays known");
    }
}

world_with! { NoPolicy, |config| config.policy.lived_experience_trainer = false }

on_both_databases! {
    async fn lived_experience_is_asked_for_only_where_policy_does(world: NoPolicy) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Approved).await;
        let given = trainers(&[(&school.lead.global_id(), "LEAD")]);
        step(&world, &staff.lead, "courseAssignTrainers", &mut course, given).await.done("course");
    }
}
