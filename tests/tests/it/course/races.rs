//! Two at once: a suspension against an opening, two courses that open with one trainer.

use alongside::course::model::State;
use serde_json::json;
use tests::courses::{course, course_from, school};
use tests::race::at_once;
use tests::{World, given, on_both_databases};

use super::Staff;

/// How many rounds of the suspension against the opening are run.
const ROUNDS: usize = 200;

/// LIC-5, as long as the last suspension stands; every invariant is checked once, at the end.
const AFTER: &str = "action = 'course.opened' and seq > (select max(s.seq) from audit_event s \
     where s.chain = audit_event.chain and s.action = 'licence.suspended')";

on_both_databases! {
    async fn a_suspension_and_an_opening_at_once_leave_no_course_opened_while_suspended(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let (mut licence, mut course) = (school.licence.version, course(&world, &school, State::Approved).await);
        let mut opened = 0;
        for round in 0..ROUNDS {
            let why = json!({ "id": school.licence.global_id(), "expectedVersion": licence, "reason": "A test.", "publicReason": "A test." });
            let requests = [
                ("licenceSuspend", staff.quality.clone(), why),
                ("courseOpen", staff.coordinator.clone(), course.input(&json!({}))),
            ];
            let replies = at_once(2, |index| {
                let (world, (field, token, input)) = (world.clone(), requests[index].clone());
                async move { world.mutate(Some(&token), field, "", input).await }
            }).await;
            assert_eq!(replies[0].codes(), [] as [&str; 0], "round {round}: {}", replies[0].body());
            licence += 1;
            if replies[1].codes().is_empty() {
                opened += 1;
                // Back to where it was: as if it had not been opened.
                let undo = format!("update course set state = 'APPROVED', opened_at = null where id = {}", world.uuid(course.id));
                world.database.eye.execute(&undo).await.expect("undone");
                course.version += 1;
            } else {
                assert_eq!(replies[1].codes(), ["LICENCE_NOT_ACTIVE"], "round {round}: {}", replies[1].body());
            }
            assert_eq!(world.database.eye.rows_where("audit_event", AFTER).await, 0, "round {round}");
            let back = json!({ "id": school.licence.global_id(), "expectedVersion": licence, "reason": "A test." });
            let reply = world.mutate(Some(&staff.quality), "licenceReinstate", "", back).await;
            assert_eq!(reply.codes(), [] as [&str; 0], "{}", reply.body());
            licence += 1;
        }
        assert!(opened < ROUNDS, "{opened} of {ROUNDS} came first");
    }

    async fn two_courses_with_one_trainer_that_open_at_once_leave_one_open(world: World) {
        let (school, elsewhere) = (school(&world).await, school(&world).await);
        let (here, there) = (Staff::of(&world, &school).await, Staff::of(&world, &elsewhere).await);
        let mut start = given::day("2026-05-11");
        for round in 0..12 {
            start += chrono::Duration::days(28);
            let one = course_from(&world, &school, State::Approved, start).await;
            let mut two = course_from(&world, &elsewhere, State::Approved, start).await;
            let shared = two.input(&json!({ "trainers": [
                { "trainerId": elsewhere.lead.global_id(), "part": "LEAD" },
                { "trainerId": school.peer.global_id(), "part": "CO" },
            ] }));
            world.mutate(Some(&there.lead), "courseAssignTrainers", "", shared).await.done("impact");
            two.version += 1;
            let requests = [(here.coordinator.clone(), one.input(&json!({}))), (there.coordinator.clone(), two.input(&json!({})))];
            let replies = at_once(2, |index| {
                let (world, (token, input)) = (world.clone(), requests[index].clone());
                async move { world.mutate(Some(&token), "courseOpen", "", input).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert_eq!(codes, ["", "TRAINER_BUSY"], "round {round}");
        }
    }
}
