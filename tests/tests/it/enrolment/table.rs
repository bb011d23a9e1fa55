//! Attendance through the API, at the edges of what is recorded.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use serde_json::json;
use tests::courses::{course, course_from, school};
use tests::enrolments::{attended, enrolled, trainee};
use tests::given::day;
use tests::people::linked;
use tests::{World, on_both_databases};

on_both_databases! {
    async fn a_record_agrees_with_its_session_and_every_entry_is_answered(world: World) {
        let school = school(&world).await;
        let own = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(own)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(own)).await;
        let confirmed = course(&world, &school, State::Confirmed).await;
        let (ann, _) = trainee(&world, &school.organisation, "Ann").await;
        let (ben, _) = trainee(&world, &school.organisation, "Ben").await;
        let one = enrolled(&world, &coordinator, &confirmed, &ann).await;
        let two = enrolled(&world, &coordinator, &confirmed, &ben).await;
        world.set_clock("2026-05-11T17:00:00Z");
        let lead = world.token(Role::LeadTrainer, Some(own));
        let present = |id: &str| json!([{ "enrolmentId": id, "status": "PRESENT" }]);
        let planned = attended(&world, &lead, &confirmed.session(0), present(&one.id), None).await;
        assert_eq!(planned.codes(), ["CONFLICT"], "ATT-1: it was not held yet");
        let hold = confirmed.session_input(0, &json!({}));
        world.mutate(Some(&lead), "sessionHold", "course { id }", hold).await.done("course");
        let session = confirmed.session(0);
        for (entry, path) in [
            (json!({ "status": "PARTIAL", "minutes": 60 }), "minutes"),
            (json!({ "status": "PARTIAL", "minutes": 0 }), "minutes"),
            (json!({ "status": "ABSENT", "minutes": 1 }), "minutes"),
            (json!({ "status": "PARTIAL", "minutes": 30, "moduleIds": [school.curriculum.module_id(1)] }), "modules"),
        ] {
            let mut entry = entry;
            entry["enrolmentId"] = json!(two.id);
            let entries = json!([{ "enrolmentId": one.id, "status": "PRESENT" }, entry]);
            let reply = attended(&world, &lead, &session, entries, None).await;
            assert_eq!(reply.codes(), ["INVALID"], "{}", reply.body());
            assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", "entries", "1", path]));
        }
        let twice = json!([{ "enrolmentId": one.id, "status": "PRESENT" }, { "enrolmentId": one.id, "status": "ABSENT" }]);
        assert_eq!(attended(&world, &lead, &session, twice, None).await.codes(), ["INVALID"]);
        let nothing = world.database.eye.texts("select id from attendance_record where 1 = 1").await;
        assert!(nothing.is_empty(), "all or nothing");
        let part = json!([
            { "enrolmentId": one.id, "status": "PARTIAL", "minutes": 30, "moduleIds": [school.curriculum.module_id(0)] },
            { "enrolmentId": two.id, "status": "ABSENT" },
        ]);
        let reply = attended(&world, &lead, &session, part, None).await;
        assert_eq!(reply.done("impact"), &json!(["recorded: 2, amended: 0, the same already: 0"]));
        let unsaid = attended(&world, &lead, &session, present(&one.id), None).await;
        assert_eq!(unsaid.codes(), ["EVIDENCE_REQUIRED"]);
        let amended = attended(&world, &lead, &session, present(&one.id), Some("The clock was wrong.")).await;
        assert_eq!(amended.done("impact"), &json!(["recorded: 0, amended: 1, the same already: 0"]));
        let document = "query($id: ID!) { enrolment(by: { id: $id }) { attendance { nodes { status minutes modules { number } \
             amends { status minutes } reason } } formerAttendance { totalCount } } }";
        let data = world.data(Some(&lead), document, json!({ "id": one.id })).await;
        assert_eq!(data["enrolment"], json!({
            "attendance": { "nodes": [{ "status": "PRESENT", "minutes": 60, "modules": [{ "number": 1 }],
                "amends": { "status": "PARTIAL", "minutes": 30 }, "reason": "The clock was wrong." }] },
            "formerAttendance": { "totalCount": 1 },
        }));
        let report = "query($id: ID!) { courseProgress(courseId: $id) { attended held enrolment { id } } }";
        let data = world.data(Some(&lead), report, json!({ "id": confirmed.global_id() })).await;
        assert_eq!(data["courseProgress"].as_array().map(Vec::len), Some(2));
        let other = world.data(Some(&world.coordinator(&world.b)), report, json!({ "id": confirmed.global_id() })).await;
        assert_eq!(other["courseProgress"], json!([]));
    }

    async fn whoever_teaches_records_and_nobody_records_themselves(world: World) {
        let school = school(&world).await;
        let own = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(own)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(own)).await;
        let confirmed = course(&world, &school, State::Confirmed).await;
        let (ann, _) = trainee(&world, &school.organisation, "Ann").await;
        let one = enrolled(&world, &coordinator, &confirmed, &ann).await;
        // The peer trainer acts for another organisation, and teaches here.
        let mut peer = school.peer.person.clone();
        linked(&world, &mut peer, "peer-trainer").await;
        world.grant_to("peer-trainer", Role::Trainer, GrantScope::Organisation(world.a.id)).await;
        world.grant_to("a-trainer-elsewhere", Role::Trainer, GrantScope::Organisation(world.b.id)).await;
        world.set_clock("2026-05-11T17:00:00Z");
        let lead = world.token(Role::LeadTrainer, Some(own));
        let hold = confirmed.session_input(0, &json!({}));
        world.mutate(Some(&lead), "sessionHold", "course { id }", hold).await.done("course");
        let present = json!([{ "enrolmentId": one.id, "status": "PRESENT" }]);
        let elsewhere = world.token_of("a-trainer-elsewhere");
        let reply = attended(&world, &elsewhere, &confirmed.session(0), present.clone(), None).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"]);
        let trainee = world.token_of(&given_subject("Ann", own));
        let reply = attended(&world, &trainee, &confirmed.session(0), present.clone(), None).await;
        assert_eq!(reply.codes(), ["FORBIDDEN"]);
        let peer = world.token_of("peer-trainer");
        let reply = attended(&world, &peer, &confirmed.session(0), present, None).await;
        assert_eq!(reply.done("impact"), &json!(["recorded: 1, amended: 0, the same already: 0"]));
        let data = world.data(Some(&peer), "{ enrolments { nodes { name state } } }", json!({})).await;
        assert_eq!(data["enrolments"]["nodes"], json!([{ "name": "Ann", "state": "ACTIVE" }]));
    }

    async fn two_records_that_were_one_person_leave_one_place_for_a_person_to_decide(world: World) {
        let school = school(&world).await;
        let own = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(own)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(own)).await;
        let confirmed = course(&world, &school, State::Confirmed).await;
        let open = course_from(&world, &school, State::Open, day("2026-06-08")).await;
        let (ann, _) = trainee(&world, &school.organisation, "Ann").await;
        let (anne, _) = trainee(&world, &school.organisation, "Anne").await;
        let mut one = enrolled(&world, &coordinator, &confirmed, &ann).await;
        let mut other = enrolled(&world, &coordinator, &open, &anne).await;
        world.set_clock("2026-05-11T17:00:00Z");
        let lead = world.token(Role::LeadTrainer, Some(own));
        world.mutate(Some(&lead), "sessionHold", "course { id }", confirmed.session_input(0, &json!({}))).await.done("course");
        let present = json!([{ "enrolmentId": one.id, "status": "PRESENT" }]);
        attended(&world, &lead, &confirmed.session(0), present, None).await.done("course");
        let merge = json!({
            "id": ann.global_id(), "expectedVersion": ann.version,
            "intoId": anne.global_id(), "intoExpectedVersion": anne.version,
        });
        world.mutate(Some(&world.officer()), "personMerge", "person { id }", merge).await.done("person");
        let quality = world.token(Role::QualityLead, None);
        one.anew(&world, &quality).await;
        assert_eq!(one.state, "HELD", "nobody is on two courses of a kind");
        let refuse = json!({ "admit": false, "reason": "The other goes on." });
        assert_eq!(one.refused(&world, &quality, "enrolmentResolve", &refuse).await, ["CONFLICT"], "sessions stay on record");
        let admit = json!({ "admit": true, "reason": "This one goes on." });
        assert_eq!(one.refused(&world, &quality, "enrolmentResolve", &admit).await, ["HELD_FOR_REVIEW"]);
        let left = json!({ "on": "2026-05-11", "reason": "ENROLLED_IN_ERROR", "initiator": "DELIVERER" });
        let coordinator = world.token(Role::PartnerCoordinator, Some(own));
        other.anew(&world, &coordinator).await;
        let reply = world.mutate(Some(&coordinator), "enrolmentWithdraw", "enrolment { state }", other.input(&left)).await;
        assert_eq!(reply.codes(), [] as [&str; 0], "{}", reply.body());
        one.step(&world, &quality, "enrolmentResolve", &admit).await;
        assert_eq!(one.state, "ACTIVE", "whoever was at a session has begun");
        let other_tenant = world.coordinator(&world.b);
        let seen = world.data(Some(&other_tenant), "{ enrolments { totalCount } }", json!({})).await;
        assert_eq!(seen["enrolments"]["totalCount"], 0);
    }
}

fn given_subject(name: &str, of: uuid::Uuid) -> String {
    format!("{name}-of-{}", of.simple())
}
