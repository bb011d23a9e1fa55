//! What is asked for and declined, what comes late, and who comes back.

use alongside::actor::Role;
use alongside::programme::model::{AttendanceBasis, GraduationRule};
use serde_json::{Value, json};
use tests::courses::{School, school_teaching};
use tests::curricula::{Shape, attendance_alone, next_version};
use tests::enrolments::{Class, absent, at_work, present, progress, reason};
use tests::{World, on_both_databases};

use super::life::assignment;

/// Somebody pauses, and goes on in another course of the school.
async fn goes_on(world: &World, class: &mut Class, who: usize, next: &mut Class) {
    let coordinator = class.coordinator(world);
    let mut of = class.people[who].clone();
    of.enrolment.anew(world, &coordinator).await;
    assert_eq!(of.enrolment.state, "ACTIVE");
    of.enrolment.step(world, &coordinator, "enrolmentDefer", &json!({})).await;
    assert_eq!(of.enrolment.state, "DEFERRED");
    let from = of.enrolment.id.clone();
    let to = json!({ "courseId": next.course.global_id() });
    of.enrolment.step(world, &coordinator, "enrolmentTransfer", &to).await;
    assert_eq!(of.enrolment.state, "PLACED");
    let document = "query($id: ID!) { enrolment(by: { id: $id }) { origin { id state } } }";
    let data = world.data(Some(&coordinator), document, json!({ "id": of.enrolment.id })).await;
    assert_eq!(data["enrolment"]["origin"], json!({ "id": from, "state": "TRANSFERRED_OUT" }));
    next.people.push(of);
}

on_both_databases! {
    async fn a_make_up_that_is_asked_for_can_be_declined_and_asked_for_again(world: World) {
        let rule = GraduationRule {
            make_up_allowed: Some(true),
            make_up_max_days: Some(1),
            ..attendance_alone(AttendanceBasis::Days)
        };
        let school = school_teaching(&world, &Shape::of_days(3, rule)).await;
        let mut class = Class::at(&world, &school, ("2026-05-12", "14:00"), &["Ann", "Ben"]).await;
        let beside = school_teaching(&world, &Shape::of_days(3, attendance_alone(AttendanceBasis::Days))).await;
        world.set_clock("2026-05-20T09:00:00Z");
        let elsewhere = world.grant(Role::LeadTrainer, Some(beside.organisation.id)).await;
        class.hold(&world, 0, &[present(), absent()]).await;
        class.hold(&world, 1, &[absent(), present()]).await;
        let (lead, ann) = (class.lead(&world), world.token_of(&class.people[0].subject));
        class.people[0].enrolment.anew(&world, &ann).await;
        let of = &class.people[0].enrolment;
        let session = json!({ "sessionId": class.course.session(1) });
        let decline = |reason: &str| json!({ "enrolmentId": of.id, "sessionId": class.course.session(1), "reason": reason });
        let fields = "makeUp { state how doneOn session { id } }";
        let unasked = world.mutate(Some(&lead), "makeUpDecline", fields, decline("Nobody teaches it.")).await;
        assert_eq!(unasked.codes(), ["CONFLICT"]);
        let asked = world.mutate(Some(&ann), "makeUpRequest", fields, of.input(&session)).await;
        assert_eq!(asked.done("makeUp"), &json!({ "state": "REQUESTED", "how": null, "doneOn": null, "session": { "id": class.course.session(1) } }));
        let twice = world.mutate(Some(&ann), "makeUpRequest", fields, of.input(&session)).await;
        assert_eq!(twice.codes(), ["CONFLICT"], "{}", twice.body());
        let there = json!({ "sessionId": class.course.session(0) });
        let not_missed = world.mutate(Some(&ann), "makeUpRequest", fields, of.input(&there)).await;
        assert_eq!(not_missed.codes(), ["MAKE_UP_NOT_ALLOWED"]);
        for (token, code) in [(&ann, "FORBIDDEN"), (&elsewhere, "NOT_FOUND")] {
            let reply = world.mutate(Some(token), "makeUpDecline", fields, decline("Nobody teaches it.")).await;
            assert_eq!(reply.codes(), [code]);
        }
        let unsaid = world.mutate(Some(&lead), "makeUpDecline", fields, decline(" ")).await;
        assert_eq!(unsaid.codes(), ["INVALID"]);
        let declined = world.mutate(Some(&lead), "makeUpDecline", fields, decline("Nobody teaches it this month.")).await;
        assert_eq!(declined.done("makeUp"), &json!({ "state": "DECLINED", "how": "Nobody teaches it this month.",
            "doneOn": null, "session": { "id": class.course.session(1) } }));
        let again = world.mutate(Some(&lead), "makeUpDecline", fields, decline("Nobody teaches it.")).await;
        assert_eq!(again.codes(), ["CONFLICT"]);
        let found = class.stands(&world, 0).await;
        assert_eq!((&found["missedDays"], &found["makeUpDaysLeft"]), (&json!(["2026-05-19"]), &json!(1)), "nothing is made up");
        let told = "{ enrolments { nodes { makeUps { state how } } } }";
        let told = world.data(Some(&ann), told, json!({})).await;
        assert_eq!(told["enrolments"]["nodes"][0]["makeUps"], json!([{ "state": "DECLINED", "how": "Nobody teaches it this month." }]));
        let asked = world.mutate(Some(&ann), "makeUpRequest", fields, of.input(&session)).await;
        assert_eq!(asked.done("makeUp")["state"], "REQUESTED", "another time");
        assert_eq!(progress(&world, &elsewhere, of).await, Value::Null);
    }

    async fn an_assignment_after_the_last_day_is_noted_as_late_and_counts_the_same(world: World) {
        let rule = || GraduationRule {
            assignment_required: Some(true),
            ..attendance_alone(AttendanceBasis::Days)
        };
        let late = school_teaching(&world, &Shape::of_days(2, rule())).await;
        let in_time = school_teaching(&world, &Shape::of_days(2, rule())).await;
        let mut expected = vec![
            ("2026-05-19T17:00:00Z", "attempt 1 of 2 is handed in", false),
            ("2026-05-19T23:30:00Z", "the course ended on 2026-05-19: it is noted as late, and counts the same", true),
        ];
        for school in [&late, &in_time] {
            world.set_clock("2026-05-01T09:00:00Z");
            let (now, words, is_late) = expected.pop().expect("one for each");
            let mut class = Class::at(&world, school, ("2026-05-12", "14:00"), &["Ann"]).await;
            let own = school.organisation.id;
            let (_, marker) = at_work(&world, Role::LeadTrainer, own, "Mara").await;
            let (_, moderator) = at_work(&world, Role::LeadTrainer, own, "Mo").await;
            world.set_clock("2026-05-19T16:00:00Z");
            for place in 0..2 {
                class.hold(&world, place, &[present()]).await;
            }
            class.complete(&world).await;
            // Half past eleven at night in UTC is the next day in London.
            world.set_clock(now);
            let hands = (world.token_of(&class.people[0].subject), world.token_of(&marker), world.token_of(&moderator));
            let hands = (hands.0.as_str(), hands.1.as_str(), hands.2.as_str());
            let handed = assignment(&world, hands, (&class.people[0].enrolment, &class.course), "PASS").await;
            let impact = handed.payload()["impact"].as_array().expect("a list");
            assert_eq!((impact.last(), handed.payload()["assignment"]["isLate"].as_bool()), (Some(&json!(words)), Some(is_late)));
            assert_eq!((impact.len(), &impact[0]), (1 + usize::from(is_late), &json!("attempt 1 of 2 is handed in")));
            let found = class.stands(&world, 0).await;
            assert_eq!(reason(&found, "ASSIGNMENT")["words"], "the assignment is passed and moderated");
            class.decide(&world, 0, "GRADUATED").await;
            assert_eq!(class.people[0].enrolment.state, "GRADUATED");
        }
    }

    async fn a_module_of_another_programme_is_credited_where_it_is_the_same(world: World) {
        let shape = Shape::of_days(3, attendance_alone(AttendanceBasis::Modules)).needing(&[1]);
        let from = school_teaching(&world, &shape).await;
        let mut before = Class::at(&world, &from, ("2026-05-12", "14:00"), &["Ann", "Ben"]).await;
        let quality = || world.token(Role::QualityLead, None);
        let mut next = Vec::new();
        for shape in [shape.clone(), shape.about("Another subject")] {
            let to = school_teaching(&world, &shape).await;
            next.push(Class::at(&world, &to, ("2026-06-02", "14:00"), &[]).await);
        }
        world.set_clock("2026-05-13T09:00:00Z");
        before.hold(&world, 0, &[present(), present()]).await;
        for (who, next) in next.iter_mut().enumerate() {
            let mut of = before.people[who].clone();
            of.enrolment.anew(&world, &quality()).await;
            let to = json!({ "courseId": next.course.global_id(), "consentWording": "transfer-v1" });
            of.enrolment.step(&world, &quality(), "enrolmentTransfer", &to).await;
            next.people.push(of);
        }
        for (next, credited) in next.iter().zip([1, 0]) {
            let found = next.stands(&world, 0).await;
            assert_eq!((&found["attended"], &found["held"]), (&json!(credited), &json!(credited)));
            let words = ["0 of 1 mandatory modules covered or waived; to come: 1", "1 of 1 mandatory modules covered or waived"];
            assert_eq!(reason(&found, "MANDATORY_MODULES")["words"], words[usize::try_from(credited).expect("0 or 1")]);
        }
        let seen = progress(&world, &next[1].lead(&world), &next[0].people[0].enrolment).await;
        assert_eq!(seen, Value::Null, "of another organisation");
    }

    async fn who_returns_on_the_next_version_keeps_credit_and_the_kinder_rule_while_it_is_in_use(world: World) {
        let first = school_teaching(&world, &Shape::of_days(5, attendance_alone(AttendanceBasis::Modules)).needing(&[1, 2])).await;
        let stricter = GraduationRule {
            attendance_threshold: Some(10_000),
            ..attendance_alone(AttendanceBasis::Modules)
        };
        let second = School { curriculum: next_version(&world, &first.curriculum, stricter).await, ..first.clone() };
        let mut before = Class::at(&world, &first, ("2026-05-12", "14:00"), &["Ann", "Cleo"]).await;
        let mut next = Class::at(&world, &second, ("2026-07-07", "14:00"), &["Ben"]).await;
        world.set_clock("2026-05-27T09:00:00Z");
        for place in 0..3 {
            before.hold(&world, place, &[present(), present()]).await;
        }
        for who in [0, 1] {
            goes_on(&world, &mut before, who, &mut next).await;
        }
        let found = next.stands(&world, 1).await;
        assert_eq!(json!([found["attended"], found["held"], found["total"], found["missedModules"]]), json!([3, 3, 5, []]));
        world.set_clock("2026-08-04T18:00:00Z");
        for place in 0..5 {
            let only_fourth = if place == 3 { present() } else { absent() };
            let all_but_last = if place < 4 { present() } else { absent() };
            next.hold(&world, place, &[all_but_last, only_fourth.clone(), only_fourth]).await;
        }
        next.complete(&world).await;
        let own = next.stands(&world, 0).await;
        assert_eq!(reason(&own, "ATTENDANCE")["words"], "4 of 5 modules, 80 %, needs 100 %");
        assert_eq!((&own["preview"]["outcome"], &own["preview"]["notes"]), (&json!("NOT_MET"), &json!([])));
        let note = "judged by the rule of version 1.0.0, which is kinder than that of the course";
        for who in [1, 2] {
            let found = next.stands(&world, who).await;
            assert_eq!(reason(&found, "ATTENDANCE")["words"], "4 of 5 modules, 80 %, needs 80 %");
            assert_eq!(reason(&found, "MANDATORY_MODULES")["words"], "2 of 2 mandatory modules covered or waived", "of the first course");
            assert_eq!((&found["preview"]["outcome"], &found["preview"]["notes"]), (&json!("GRADUATED"), &json!([note])));
        }
        let told = next.decide(&world, 1, "GRADUATED").await;
        assert!(told.contains(note) && told.contains("the credential is issued"), "{told}");

        // It is in use no more: whoever is judged from now on is so by the rule of the course.
        let quality = world.token(Role::QualityLead, None);
        let retire = json!({ "id": first.curriculum.id(), "expectedVersion": 5, "reason": "A newer one is in use." });
        world.mutate(Some(&quality), "programmeVersionRetire", "programmeVersion { state }", retire).await.done("programmeVersion");
        let found = next.stands(&world, 2).await;
        assert_eq!((&found["needsPercent"], &found["preview"]["outcome"]), (&json!(10_000), &json!("NOT_MET")));
        next.decide(&world, 2, "NOT_MET").await;
        // What was decided is told as it was decided.
        let decisions = "query($id: ID!) { enrolment(by: { id: $id }) { decisions { id outcome } } }";
        let report = "query($id: ID!) { graduationReport(decisionId: $id) { outcome notes } }";
        let elsewhere = world.coordinator(&world.b);
        for (who, outcome, notes) in [(1, "GRADUATED", json!([note])), (2, "NOT_MET", json!([]))] {
            let of = &next.people[who];
            let own = world.token_of(&of.subject);
            let data = world.data(Some(&own), decisions, json!({ "id": of.enrolment.id })).await;
            let id = data["enrolment"]["decisions"][0]["id"].clone();
            let data = world.data(Some(&own), report, json!({ "id": id })).await;
            assert_eq!(data["graduationReport"], json!({ "outcome": outcome, "notes": notes }));
            let hidden = world.data(Some(&elsewhere), report, json!({ "id": id })).await;
            assert_eq!(hidden["graduationReport"], Value::Null);
        }
    }
}
