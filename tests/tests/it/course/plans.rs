//! What a plan tells before anything is promised, and what other days and steps would bring.

use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{School, course, course_from, draft_input, school, weekly_input};
use tests::{World, given, on_both_databases};

use super::{FIELDS, Staff, step};

const PLAN: &str = "query($input: CoursePlanQuery!) { coursePlan(input: $input) { warnings { kind dates trainerId message } } }";

fn input(school: &School, plan: Value) -> Value {
    json!({
        "organisationId": school.organisation.global_id(), "programmeVersionId": school.curriculum.id(),
        "plan": plan, "trainerIds": [school.lead.global_id()],
    })
}

/// The kinds of what a planner is told.
async fn told(world: &World, token: &str, input: Value) -> Vec<String> {
    let data = world.data(Some(token), PLAN, json!({ "input": input })).await;
    let warnings = data["coursePlan"]["warnings"].as_array().expect("a list");
    warnings.iter().filter_map(|warning| Some(warning["kind"].as_str()?.to_owned())).collect()
}

/// What a plan is refused with.
async fn refused(world: &World, token: &str, input: Value) -> String {
    let body = world.query(Some(token), PLAN, json!({ "input": input })).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body}");
    body["errors"][0]["message"].as_str().expect("a message").to_owned()
}

on_both_databases! {
    async fn a_plan_warns_of_everything_that_would_stop_its_course(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let of = |start: &str| input(&school, weekly_input(start));
        assert_eq!(told(&world, &staff.lead, of("2026-06-01")).await, [] as [&str; 0]);
        let early = told(&world, &staff.lead, of("2025-12-01")).await;
        assert!(early.contains(&"VERSION_STARTS_TOO_EARLY".to_owned()) && early.contains(&"LICENCE_STARTS_LATER".to_owned()), "{early:?}");
        let far = told(&world, &staff.lead, of("2034-06-05")).await;
        assert!(far.contains(&"BANK_HOLIDAYS_UNKNOWN".to_owned()), "{far:?}");
        let mut long = of("2026-06-01");
        long["plan"]["endTime"] = json!("16:00");
        assert_eq!(told(&world, &staff.lead, long).await, ["PLANNED_MINUTES_DIFFER"]);
        world.database.eye.execute(&format!(
            "update licence set state = 'SUSPENDED', suspended_on = '2026-05-01' where organisation_id = {}", world.uuid(school.organisation.id),
        )).await.expect("suspended");
        assert_eq!(told(&world, &staff.lead, of("2026-06-01")).await, ["LICENCE_SUSPENDED"]);
        let of_other = Staff::of(&world, &other).await;
        assert_eq!(told(&world, &of_other.lead, input(&other, weekly_input("2026-06-01"))).await, [] as [&str; 0]);
        world.database.eye.execute("update licence set state = 'GRANTED', suspended_on = null").await.expect("as before");
    }

    async fn what_a_plan_is_refused_for_names_the_field(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let with = |field: &str, value: Value| {
            let mut plan = weekly_input("2026-06-01");
            plan[field] = value;
            input(&school, plan)
        };
        let dates = |many: usize| Value::from(vec!["2026-06-01"; many]);
        for (input, path) in [
            (with("endTime", json!("09:00")), "input.plan.endTime: "),
            (with("endTime", json!("9")), "input.plan.endTime: "),
            (with("breakMinutes", json!(60)), "input.plan.breakMinutes: "),
            (with("sessions", json!(0)), "input.plan.sessions: "),
            (with("modulesPerSession", json!(0)), "input.plan.modulesPerSession: "),
            (with("pattern", json!("DATES")), "input.plan.dates: "),
            (with("dates", dates(1)), "input.plan.dates: only the pattern DATES takes dates"),
            (with("closedDates", dates(61)), "input.plan.closedDates: "),
            (with("start", json!("2015-12-31")), "input.plan.start: choose a day of the years 2016 to 2036"),
            (with("start", json!("2037-01-01")), "input.plan.start: choose a day of the years 2016 to 2036"),
        ] {
            let message = refused(&world, &staff.lead, input).await;
            assert!(message.starts_with(path), "{path}: {message}");
        }
        // Whoever is neither listed nor works there looks as if not there.
        for hidden in [other.lead.global_id(), "trn_00000000000000000000000000000001".to_owned()] {
            let mut plan = input(&school, weekly_input("2026-06-01"));
            plan["trainerIds"] = json!([school.lead.global_id(), hidden]);
            let message = refused(&world, &staff.lead, plan).await;
            assert_eq!(message, "input.trainerIds.1: no such trainer who is listed or works with the organisation");
        }
        let mut few = with("pattern", json!("DATES"));
        (few["plan"]["dates"], few["plan"]["sessions"]) = (dates(1), json!(2));
        assert_eq!(refused(&world, &staff.lead, few).await, "input.plan.dates: name a date for each of the sessions");
        let mut plan = input(&school, weekly_input("2026-06-01"));
        plan["trainerIds"] = json!([school.lead.global_id(), school.lead.global_id()]);
        assert_eq!(refused(&world, &staff.lead, plan).await, "input.trainerIds.1: is named twice");
        let plan = draft_input(&other, "2026-06-01");
        let reply = world.mutate(Some(&staff.lead), "courseDraft", FIELDS, plan).await;
        assert_eq!((reply.codes(), &reply.payload()["userErrors"][0]["path"]), (vec!["NOT_FOUND"], &json!(["input", "organisationId"])));
        let mut plan = draft_input(&school, "2026-06-01");
        plan["plan"]["endTime"] = json!("09:00");
        let reply = world.mutate(Some(&staff.lead), "courseDraft", FIELDS, plan).await;
        assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", "plan", "endTime"]));
    }

    async fn one_session_that_moves_is_told_what_a_plan_would_tell(world: World) {
        let (school, _other) = (school(&world).await, school(&world).await);
        Staff::of(&world, &school).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        world.set_clock("2026-05-11T07:00:00Z");
        let staff = Staff::anew(&world, &school);
        let to = |date: &str, time: &str, dry: bool| json!({ "date": date, "startTime": time, "reason": "A test.", "dryRun": dry });
        for (date, time, path) in [
            ("2026-05-10", "10:00", "date"), ("2026-05-11", "07:59", "startTime"), ("2037-01-01", "10:00", "date"), ("2026-05-12", "24:00", "startTime"),
        ] {
            let reply = step(&world, &staff.lead, "sessionReschedule", &mut course, to(date, time, false)).await;
            let error = &reply.payload()["userErrors"][0];
            assert_eq!((&error["code"], &error["path"]), (&json!("INVALID"), &json!(["input", path])), "{date} {time}");
        }
        let onto = step(&world, &staff.lead, "sessionReschedule", &mut course, to("2026-05-18", "10:30", false)).await;
        let message = onto.payload()["userErrors"][0]["message"].as_str().expect("words");
        assert!(message.contains("(the course itself meets then already)"), "{message}");
        let before = world.database.eye.contents().await;
        let holiday = to("2026-05-25", "10:30", true);
        let foretold = step(&world, &staff.lead, "sessionReschedule", &mut course, holiday).await;
        let impact = foretold.done("impact").clone();
        let lines: Vec<&str> = impact.as_array().expect("lines").iter().filter_map(Value::as_str).collect();
        assert_eq!(lines, ["2026-05-25 is a bank holiday: Spring bank holiday", "the course ends on 2026-05-25, not on 2026-05-18"]);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let reply = step(&world, &staff.lead, "sessionReschedule", &mut course, to("2026-05-25", "10:30", false)).await;
        assert_eq!((reply.done("impact"), &reply.payload()["course"]["endsOn"]), (&impact, &json!("2026-05-25")));
    }

    async fn a_trial_of_a_step_foretells_what_the_step_tells(world: World) {
        let (school, _other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut draft = course(&world, &school, State::Draft).await;
        let mut open = course_from(&world, &school, State::Open, given::day("2026-06-01")).await;
        for (field, more) in [
            ("coursePropose", json!({})),
            ("courseAmend", json!({ "capacityMax": 9 })),
            ("courseConfirm", json!({})),
        ] {
            let course = if field == "coursePropose" { &mut draft } else { &mut open };
            let before = world.database.eye.contents().await;
            let mut trial = more.clone();
            trial["dryRun"] = json!(true);
            let foretold = step(&world, &staff.coordinator, field, course, trial).await;
            assert_eq!(foretold.done("course"), &Value::Null, "{field}");
            assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0], "{field}");
            let reply = step(&world, &staff.coordinator, field, course, more).await;
            assert_eq!(reply.done("impact"), foretold.done("impact"), "{field}");
        }
        let confirm = course_from(&world, &school, State::Open, given::day("2026-07-06")).await;
        let input = confirm.input(&json!({ "dryRun": true }));
        let reply = world.mutate(Some(&staff.lead), "courseConfirm", "", input).await;
        assert_eq!(reply.done("impact"), &json!(["it runs from 2026-07-06, 5 of 10 places are taken"]));
    }
}
