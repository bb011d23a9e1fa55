//! What life does to courses: a licence that ends on the way, an accreditation that ends before the last
//! session, a trainer who is suspended from many courses at once.

use alongside::actor::Role;
use alongside::course::model::State;

use alongside::licence::model::{Outcome, Tier};
use alongside::trainer::model::{Level, State as Accredited};
use serde_json::{Value, json};
use tests::courses::{TYPE, course, course_from, peer, school, school_with, weekly_input};
use tests::curricula::{Standing, curriculum};
use tests::licences::licence;
use tests::people::{accreditation, trainer};
use tests::{World, given, on_both_databases};

use super::{FIELDS, Staff, messages, step};

on_both_databases! {
    async fn a_licence_that_ends_on_the_way_is_told_and_the_course_goes_on_under_a_teach_out_alone(world: World) {
        let organisation = given::organisation(&world).active().register().await;
        let curriculum = curriculum(&world, None, Standing::Published).await;
        let six_months = licence(&world, &organisation).tier(Tier::CoDelivery).found(Outcome::Conditional).on(given::day("2026-01-05"));
        let school = school_with(&world, organisation, curriculum, six_months).await;
        let staff = Staff::of(&world, &school).await;
        let plan = "query($input: CoursePlanQuery!) { coursePlan(input: $input) { warnings { kind dates } } }";
        let warned = async |start: &str| {
            let input = json!({ "organisationId": school.organisation.global_id(), "programmeVersionId": school.curriculum.id(), "plan": weekly_input(start) });
            world.data(Some(&staff.lead), plan, json!({ "input": input })).await["coursePlan"]["warnings"].clone()
        };
        assert_eq!(warned("2026-06-22").await, json!([]));
        assert_eq!(warned("2026-06-29").await, json!([{ "kind": "LICENCE_ENDS_IN_GRACE", "dates": ["2026-07-06"] }]));
        assert_eq!(warned("2026-08-24").await, json!([
            { "kind": "BANK_HOLIDAY_SKIPPED", "dates": ["2026-08-31"] },
            { "kind": "LICENCE_ENDS", "dates": ["2026-08-24", "2026-09-07"] },
        ]));
        // One that fits does not move past the end.
        let mut course = course_from(&world, &school, State::Confirmed, given::day("2026-06-22")).await;
        let later = course.session_input(1, &json!({ "date": "2026-07-06", "reason": "The room is flooded." }));
        let moved = world.mutate(Some(&staff.lead), "sessionReschedule", FIELDS, later.clone()).await;
        assert_eq!(moved.codes(), ["LICENCE_ENDED"], "{}", moved.body());
        let decision = json!({ "until": "2026-07-31", "reason": "Nobody loses a place." });
        step(&world, &staff.quality, "courseTeachOut", &mut course, decision).await.done("course");
        let mut later = later;
        later["expectedVersion"] = json!(course.version);
        let moved = world.mutate(Some(&staff.lead), "sessionReschedule", "course { version sessions { nodes { id date state } } }", later).await;
        let last = moved.done("course")["sessions"]["nodes"][2].clone();
        assert_eq!((&last["date"], &last["state"]), (&json!("2026-07-06"), &json!("PLANNED")));
        world.set_clock("2026-07-06T17:00:00Z");
        let staff = Staff::anew(&world, &school);
        course.version += 1;
        step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await.done("course");
        let input = json!({ "id": last["id"], "expectedVersion": course.version });
        world.mutate(Some(&staff.lead), "sessionHold", FIELDS, input).await.done("course");
        let document = "query($id: ID!) { session(by: { id: $id }) { state credit } }";
        let held = world.data(Some(&staff.quality), document, json!({ "id": last["id"] })).await;
        assert_eq!(held["session"], json!({ "state": "HELD", "credit": "GIVEN" }), "the teach-out covers it");
    }

    async fn a_session_after_the_end_of_its_licence_counts_only_if_a_quality_lead_says_so(world: World) {
        let school = school(&world).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        Staff::of(&world, &school).await;
        let signatory = world.grant(Role::PartnerSignatory, Some(school.organisation.id)).await;
        let surrender = json!({ "id": school.licence.global_id(), "expectedVersion": school.licence.version, "reason": "We stop." });
        let reply = world.mutate(Some(&signatory), "licenceSurrender", "", surrender.clone()).await;
        assert_eq!(reply.codes(), ["TEACH_OUT_PLAN_REQUIRED"], "{}", reply.body());
        let mut planned = surrender;
        planned["teachOutPlan"] = json!("We hold what was promised.");
        let impact = world.mutate(Some(&signatory), "licenceSurrender", "", planned).await.done("impact").to_string();
        assert!(impact.contains("open courses under it: 1, in which 5 people have a place"), "{impact}");
        world.set_clock("2026-05-11T17:00:00Z");
        let staff = Staff::anew(&world, &school);
        let reply = step(&world, &staff.lead, "sessionHold", &mut course, json!({})).await;
        assert_eq!(reply.codes(), ["NOT_COVERED"], "{}", reply.body());
        assert_eq!(messages(&reply, "NOT_COVERED"), ["no licence or teach-out decision covers 2026-05-11"]);
        let anyway = json!({ "withoutCredit": true, "reason": "People had come." });
        step(&world, &staff.lead, "sessionHold", &mut course, anyway).await.done("course");
        let credit = async || {
            let document = "query($id: ID!) { session(by: { id: $id }) { credit } }";
            world.data(Some(&staff.quality), document, json!({ "id": course.session(0) })).await["session"]["credit"].clone()
        };
        assert_eq!(credit().await, "PENDING");
        let reply = world.mutate(Some(&staff.quality), "sessionCredit", "", course.session_input(0, &json!({ "reason": "" }))).await;
        assert_eq!(reply.codes(), ["INVALID"], "it needs a reason");
        world.mutate(Some(&staff.quality), "sessionCredit", "", course.session_input(0, &json!({ "reason": "It was taught well." }))).await.done("impact");
        assert_eq!(credit().await, "GIVEN");
    }

    async fn a_lead_whose_accreditation_ends_before_the_last_session_is_flagged_ahead(world: World) {
        let school = school(&world).await;
        course(&world, &school, State::Confirmed).await;
let mut far = course_from(&world, &school, State::Approved, given::day("2028-04-10")).await;
        let ask = async |today: &str, ahead: &str| {
            world.set_clock(&format!("{today}T09:00:00Z"));
            let quality = world.token(Role::QualityLead, None);
            let document = "query($day: Date!) { courses(where: { accreditationLapsesOn: { before: $day } }) { nodes { id accreditationLapsesOn } } }";
            world.data(Some(&quality), document, json!({ "day": ahead })).await["courses"]["nodes"].clone()
        };
        assert_eq!(ask("2026-05-01", "2028-06-30").await, json!([]), "nobody could be assigned who lapses");
        // The accreditations of the school end on 2028-05-01: the last session moves past that day.
        let staff = Staff::of(&world, &school).await;
        let later = far.session_input(1, &json!({ "date": "2028-05-08", "reason": "The room is flooded." }));
        let moved = world.mutate(Some(&staff.lead), "sessionReschedule", "", later).await;
        let of = |name: &str, step: &str| json!(format!("{name}, accredited for this from 2026-05-01 until 2028-05-01, may not {step} VOLUNTEER sessions of 2028-05-08"));
        let lapses = [of("Lena", "lead (as LEAD or MENTOR)"), of("Pat", "teach")];
        let named = moved.done("impact").as_array().expect("lines").iter().filter(|line| lapses.contains(line)).count();
        assert_eq!(named, 2, "both trainers are named and stay: {}", moved.body());
        far.version += 1;
        let flagged = json!([{ "id": far.global_id(), "accreditationLapsesOn": "2028-05-01" }]);
        for (today, ahead, expected) in [
            ("2028-03-01", "2028-05-01", json!([])), ("2028-03-02", "2028-05-02", flagged.clone()),
            ("2028-04-01", "2028-05-02", flagged.clone()), ("2028-04-24", "2028-05-02", flagged.clone()),
        ] {
            assert_eq!(ask(today, ahead).await, expected, "{today}");
        }
        let own = world.token(Role::LeadTrainer, Some(school.organisation.id));
        let body = world.query(Some(&own), "{ courses { nodes { accreditationLapsesOn } } }", json!({})).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN");
        // Others take the session: nothing is left to flag.
        let other = trainer(&world, "Omar", &school.organisation).await;
        world.set_clock("2027-05-01T09:00:00Z");
        accreditation(&world, &other, (TYPE, Level::Lead), Accredited::Accredited).await;
        let second = peer(&world, &school.organisation, "Sam").await;
        let given = json!({ "trainers": [
            { "trainerId": other.global_id(), "part": "LEAD" }, { "trainerId": second.global_id(), "part": "CO" },
        ] });
        let staff = Staff::anew(&world, &school);
        step(&world, &staff.lead, "courseAssignTrainers", &mut far, given).await.done("course");
        assert_eq!(ask("2028-04-24", "2028-05-02").await, json!([]));
    }

    async fn the_suspension_of_one_trainer_names_every_session_that_it_meets_in_five_courses(world: World) {
        let (school, elsewhere) = (school(&world).await, school(&world).await);
        for week in 0..4 {
            course_from(&world, &school, State::Open, given::day("2026-05-11") + chrono::Duration::weeks(3 * week)).await;
        }
        let of_elsewhere = Staff::of(&world, &elsewhere).await;
        let mut fifth = course_from(&world, &elsewhere, State::Draft, given::day("2026-08-03")).await;
        // The listed trainer of the one organisation teaches in the other as well.
        let given = json!({ "trainers": [
            { "trainerId": elsewhere.lead.global_id(), "part": "LEAD" },
            { "trainerId": school.peer.global_id(), "part": "CO", "sessionIds": [fifth.session(0)] },
        ] });
        step(&world, &of_elsewhere.lead, "courseAssignTrainers", &mut fifth, given).await.done("course");
        let quality = world.token(Role::QualityLead, None);
        let document = "query($id: ID!) { trainer(by: { id: $id }) { accreditations { id version } } }";
        let data = world.data(Some(&quality), document, json!({ "id": school.peer.global_id() })).await;
        let held = &data["trainer"]["accreditations"][0];
        let input = json!({ "id": held["id"], "expectedVersion": held["version"], "reason": "Malpractice (fictional).", "dryRun": true });
        let before = world.database.eye.contents().await;
        let reply = world.mutate(Some(&quality), "trainerAccreditationSuspend", "", input).await;
        let impact = reply.done("impact").as_array().expect("lines")[3..].to_vec();
        let (here, there) = (&school.organisation.name, &elsewhere.organisation.name);
        let expected: Vec<Value> = [
            "sessions to come that lose a trainer who may teach them: 9, in 5 courses".to_owned(),
            format!("VOL-2026-001 of {here}: 2026-05-11, 2026-05-18"),
            format!("VOL-2026-002 of {here}: 2026-06-01, 2026-06-08"),
            format!("VOL-2026-003 of {here}: 2026-06-22, 2026-06-29"),
            format!("VOL-2026-004 of {here}: 2026-07-13, 2026-07-20"),
            format!("VOL-2026-001 of {there}: 2026-08-03"),
        ].into_iter().map(Value::from).collect();
        assert_eq!(impact, expected);
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0], "a trial suspends nobody");

    }
}
