//! Two at once: a suspension against an opening, two courses for one trainer.

use alongside::course::model::State;
use serde_json::json;
use tests::courses::{course, school, trainers_input};
use tests::race::at_once;
use tests::{World, on_both_databases};

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

    async fn two_courses_that_take_one_trainer_at_once_leave_one_with_the_trainer(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        for round in 0..20 {
            let (one, other) = (course(&world, &school, State::Draft).await, ());
            let () = other;
            let release = one.input(&json!({ "trainers": [] }));
            world.mutate(Some(&staff.lead), "courseAssignTrainers", "", release).await.done("impact");
            let mut two = course(&world, &school, State::Draft).await;
            let release = two.input(&json!({ "trainers": [] }));
            world.mutate(Some(&staff.lead), "courseAssignTrainers", "", release).await.done("impact");
            two.version += 1;
            let mut one = one;
            one.version += 1;
            let inputs = [one.input(&trainers_input(&school)), two.input(&trainers_input(&school))];
            let replies = at_once(2, |index| {
                let (world, token, input) = (world.clone(), staff.lead.clone(), inputs[index].clone());
                async move { world.mutate(Some(&token), "courseAssignTrainers", "", input).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert_eq!(codes, ["", "TRAINER_BUSY"], "round {round}");
            let free = format!("update teaching_assignment set released_at = starts_at where trainer_id = {}", world.uuid(school.lead.id));
            world.database.eye.execute(&free).await.expect("released");
            let free = format!("update teaching_assignment set released_at = starts_at where trainer_id = {}", world.uuid(school.peer.id));
            world.database.eye.execute(&free).await.expect("released");
        }
    }
}
