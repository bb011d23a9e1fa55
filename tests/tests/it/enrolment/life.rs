//! From a place to a credential, and every way out.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, school};
use tests::enrolments::{
    Enrolled, FIELDS, at_work, attended, enrolled, places_taken, progress, trainee,
};
use tests::{Reply, World, on_both_databases};

/// Whoever leads at a school, on the world's present day.
pub(super) fn lead(world: &World, school: &School) -> String {
    world.token(Role::LeadTrainer, Some(school.organisation.id))
}

/// Records that a session was held.
pub(super) async fn hold(world: &World, school: &School, course: &mut Course, place: usize) {
    let input = course.session_input(place, &json!({}));
    let reply =
        world.mutate(Some(&lead(world, school)), "sessionHold", "course { version }", input).await;
    reply.done("course");
    course.version += 1;
}

pub(super) fn verdicts(progress: &Value) -> Vec<(String, String)> {
    let reasons = progress["preview"]["reasons"].as_array().expect("a list").iter();
    let text = |of: &Value| of.as_str().expect("a text").to_owned();
    reasons.map(|of| (text(&of["requirement"]), text(&of["verdict"]))).collect()
}

on_both_databases! {
    async fn a_trainee_comes_from_a_place_to_a_credential(world: World) {
        let school = school(&world).await;
        let organisation = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(organisation)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation)).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        let (tia, _) = trainee(&world, &school.organisation, "Tia").await;
        let someone = tia.clone();
        let (marker, marker_subject) = at_work(&world, Role::LeadTrainer, organisation, "Mara").await;
        let (_, moderator_subject) = at_work(&world, Role::LeadTrainer, organisation, "Mo").await;
        let mut one = enrolled(&world, &coordinator, &course, &tia).await;
        assert_eq!((one.state.as_str(), places_taken(&world, &course).await), ("PLACED", 6));
        one.step(&world, &coordinator, "enrolmentSetSupport", &json!({ "supervisorId": marker.global_id() })).await;

        world.set_clock("2026-05-18T17:00:00Z");
        hold(&world, &school, &mut course, 0).await;
        hold(&world, &school, &mut course, 1).await;
        let lead = lead(&world, &school);
        let tia = world.token_of(&format!("Tia-of-{}", organisation.simple()));
        let there = json!([{ "enrolmentId": one.id, "status": "PRESENT" }]);
        let reply = attended(&world, &lead, &course.session(0), there.clone(), None).await;
        reply.done("course");
        let again = attended(&world, &lead, &course.session(0), there, None).await;
        assert_eq!(again.codes(), ["UNCHANGED"]);
        let away = json!([{ "enrolmentId": one.id, "status": "ABSENT" }]);
        attended(&world, &lead, &course.session(1), away, None).await.done("course");
        one.anew(&world, &tia).await;
        assert_eq!(one.state, "ACTIVE", "whoever was at a session has begun");
        let stands = progress(&world, &tia, &one).await;
        assert_eq!((&stands["attended"], &stands["held"], &stands["percent"]), (&json!(1), &json!(2), &json!(5_000)));
        assert_eq!(stands["missedDays"], json!(["2026-05-18"]));

        let asked = one.input(&json!({ "sessionId": course.session(1) }));
        let asked = world.mutate(Some(&tia), "makeUpRequest", "makeUp { id state }", asked).await;
        assert_eq!(asked.done("makeUp")["state"], "REQUESTED");
        let done = json!({ "enrolmentId": one.id, "sessionId": course.session(1), "doneOn": "2026-05-18", "how": "With a tutor." });
        let by_oneself = world.mutate(Some(&tia), "makeUpRecord", "makeUp { state }", done.clone()).await;
        assert_eq!(by_oneself.codes(), ["FORBIDDEN"]);
        let done = world.mutate(Some(&lead), "makeUpRecord", "makeUp { state }", done).await;
        assert_eq!(done.done("makeUp")["state"], "DONE");
        assert_eq!(progress(&world, &tia, &one).await["percent"], 10_000);

        let completed = world.mutate(Some(&lead), "courseComplete", "course { state }", course.input(&json!({}))).await;
        assert_eq!(completed.done("impact"), &json!(["people about whose graduation is to be decided: 1"]));
        one.anew(&world, &lead).await;
        assert_eq!(one.state, "COMPLETED_TEACHING");
        let early = one.refused(&world, &lead, "graduationDecide", &json!({ "outcome": "GRADUATED" })).await;
        assert_eq!(early, ["DECISION_OPEN"], "the assignment and the placement are open");

        let (marker, moderator) = (world.token_of(&marker_subject), world.token_of(&moderator_subject));
        assignment(&world, (&tia, &marker, &moderator), (&one, &course), "REFER").await;
        assignment(&world, (&tia, &marker, &moderator), (&one, &course), "PASS").await;
        placement(&world, (&lead, &marker), &one, &school.organisation.global_id()).await;
        let stands = progress(&world, &lead, &one).await;
        assert!(verdicts(&stands).iter().all(|(_, verdict)| verdict == "MET"), "{stands}");
        let wrong = one.refused(&world, &lead, "graduationDecide", &json!({ "outcome": "NOT_MET" })).await;
        assert_eq!(wrong, ["OUTCOME_DIFFERS"]);
        let decided = one.step(&world, &lead, "graduationDecide", &json!({ "outcome": "GRADUATED" })).await;
        let told = decided.payload()["impact"].to_string();
        assert!(told.contains("2 of 2 days, 100 %, needs 80 %") && told.contains("the credential is issued"), "{told}");
        assert_eq!(one.state, "GRADUATED");
        let own = "{ credentials { nodes { kind status } } enrolments { nodes { decisions { id outcome found } } } }";
        let own = world.data(Some(&tia), own, json!({})).await;
        assert_eq!(own["credentials"]["nodes"], json!([{ "kind": "GRADUATION", "status": "VALID" }]));
        let decision = &own["enrolments"]["nodes"][0]["decisions"][0];
        assert_eq!((&decision["outcome"], &decision["found"]), (&json!("GRADUATED"), &json!("GRADUATED")));
        let why = "query($id: ID!) { graduationReport(decisionId: $id) { outcome reasons { words } } }";
        let why = world.data(Some(&tia), why, json!({ "id": decision["id"] })).await;
        assert_eq!(why["graduationReport"]["outcome"], "GRADUATED");
        let elsewhere = world.coordinator(&world.b);
        let hidden = "query($d: ID!, $e: ID!) { graduationReport(decisionId: $d) { outcome } enrolmentProgress(id: $e) { held } \
             enrolments { totalCount } enrolment(by: { id: $e }) { id } }";
        let hidden = world.data(Some(&elsewhere), hidden, json!({ "d": decision["id"], "e": one.id })).await;
        assert_eq!(hidden, json!({ "graduationReport": null, "enrolmentProgress": null, "enrolments": { "totalCount": 0 }, "enrolment": null }));

        // GRA-3: what it stands on changes, so it is open again; the credential stays until somebody decides.
        let late = json!([{ "enrolmentId": one.id, "status": "ABSENT" }]);
        let changed = attended(&world, &lead, &course.session(0), late, Some("The list was of another day.")).await;
        assert!(changed.payload()["impact"].to_string().contains("decisions that are open again: 1"), "{}", changed.body());
        one.anew(&world, &lead).await;
        assert_eq!(one.state, "COMPLETED_TEACHING");
        // The person is told, once, and not why.
        let address = format!("update person_email set verified_at = '2026-05-01T09:00:00+00:00' where person_id = {}", world.uuid(someone.id));
        let add = json!({ "id": someone.global_id(), "expectedVersion": someone.version, "address": "tia@example.org", "verified": false });
        world.mutate(Some(&world.officer()), "personEmailAdd", "", add).await.done("userErrors");
        world.database.eye.execute(&address).await.expect("an address");
        for expected in [1, 0] {
            assert_eq!(alongside::jobs::round(world.app.core(), "graduation-reopened").await.expect("a round"), expected);
        }
        let letters = world.database.eye.texts("select recipient || ' ' || body from mail_message where kind = 'graduation.reopened'").await;
        assert_eq!(letters.len(), 1);
        assert!(letters[0].starts_with("tia@example.org") && !letters[0].contains("attend"), "{letters:?}");
        let reply = one.step(&world, &lead, "graduationDecide", &json!({ "outcome": "NOT_MET" })).await;
        assert!(reply.payload()["impact"].to_string().contains("the credential is revoked"), "{}", reply.body());
        assert_eq!(one.state, "NOT_GRADUATED");
        let quality = world.token(Role::QualityLead, None);
        let own = world.data(Some(&tia), "{ credentials { nodes { status } } }", json!({})).await;
        assert_eq!(own["credentials"]["nodes"], json!([{ "status": "REVOKED" }]));
        one.step(&world, &quality, "graduationReopen", &json!({ "reason": "APPEAL" })).await;
        let without = one.refused(&world, &lead, "graduationDecide", &json!({ "outcome": "GRADUATED", "overrideReason": "Kind." })).await;
        assert_eq!(without, ["FORBIDDEN"], "only a quality lead decides against the rule");
        one.step(&world, &quality, "graduationDecide", &json!({ "outcome": "GRADUATED", "overrideReason": "The second list was wrong." })).await;
        assert_eq!(one.state, "GRADUATED");
        let own = world.data(Some(&tia), "{ credentials { nodes { status } } }", json!({})).await;
        let states: Vec<&str> = own["credentials"]["nodes"].as_array().expect("a list").iter().filter_map(|of| of["status"].as_str()).collect();
        assert!(states.contains(&"VALID") && states.contains(&"REVOKED"), "{states:?}");
    }

    async fn whether_people_are_restricted_is_asked_once_for_a_session(world: World) {
        let school = school(&world).await;
        world.grant(Role::LeadTrainer, Some(school.organisation.id)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let mut course = course(&world, &school, State::Confirmed).await;
        let mut entries = Vec::new();
        for name in ["Una", "Vic", "Wyn", "Xan"] {
            let (person, _) = trainee(&world, &school.organisation, name).await;
            let one = enrolled(&world, &coordinator, &course, &person).await;
            entries.push(json!({ "enrolmentId": one.id, "status": "ABSENT" }));
        }
        world.set_clock("2026-05-18T17:00:00Z");
        hold(&world, &school, &mut course, 0).await;
        let (lead, session) = (lead(&world, &school), course.session(0));
        attended(&world, &lead, &session, json!(entries), None).await.done("course");
        let mut counts = Vec::new();
        for entries in [&entries[..], &entries[..1]] {
            let count = async {
                let again = attended(&world, &lead, &session, json!(entries), None).await;
                assert_eq!(again.codes(), ["UNCHANGED"]);
            };
            counts.push(world.statements_of(count).await);
        }
        assert_eq!(counts[0], counts[1], "however many people a call names");
    }

    async fn whoever_leaves_does_so_for_a_reason_that_fits_and_frees_the_place(world: World) {
        let school = school(&world).await;
        let organisation = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(organisation)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation)).await;
        let course = course(&world, &school, State::Confirmed).await;
        let (ann, own) = trainee(&world, &school.organisation, "Ann").await;
        let (ben, _) = trainee(&world, &school.organisation, "Ben").await;
        let mut first = enrolled(&world, &coordinator, &course, &ann).await;
        let mut second = enrolled(&world, &coordinator, &course, &ben).await;
        assert_eq!(places_taken(&world, &course).await, 7);
        let conduct = json!({ "on": "2026-05-01", "reason": "CONDUCT", "initiator": "DELIVERER" });
        assert_eq!(first.refused(&world, &coordinator, "enrolmentWithdraw", &conduct).await, ["REASON_DOES_NOT_FIT"]);
        let unsaid = json!({ "on": "2026-05-01", "reason": "NO_SHOW" });
        assert_eq!(first.refused(&world, &coordinator, "enrolmentWithdraw", &unsaid).await, ["INVALID"]);
        assert_eq!(second.refused(&world, &own, "enrolmentWithdraw", &unsaid).await, ["NOT_FOUND"], "of another trainee");
        first.step(&world, &own, "enrolmentWithdraw", &json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE" })).await;
        assert_eq!((first.state.as_str(), places_taken(&world, &course).await), ("WITHDRAWN", 6));
        second.step(&world, &coordinator, "enrolmentDefer", &json!({})).await;
        assert_eq!((second.state.as_str(), places_taken(&world, &course).await), ("DEFERRED", 5));
        second.step(&world, &coordinator, "enrolmentResume", &json!({})).await;
        assert_eq!((second.state.as_str(), places_taken(&world, &course).await), ("PLACED", 6));
        let reason = json!({ "reason": "A test." });
        let called_off = world.mutate(Some(&coordinator), "courseCancel", "course { state }", course.input(&reason)).await;
        called_off.done("course");
        second.anew(&world, &coordinator).await;
        assert_eq!(second.state, "WITHDRAWN", "nobody is on a course that is called off");
        // Whoever left may be enrolled elsewhere: nothing is held.
        let next = tests::courses::course_from(&world, &school, State::Confirmed, tests::given::day("2026-06-01")).await;
        assert_eq!(enrolled(&world, &coordinator, &next, &ben).await.state, "PLACED");
    }

    async fn what_was_earned_goes_along_to_another_course(world: World) {
        let school = school(&world).await;
        let organisation = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(organisation)).await;
        world.grant(Role::PartnerCoordinator, Some(organisation)).await;
        let mut first = course(&world, &school, State::Confirmed).await;
        let next = tests::courses::course_from(&world, &school, State::Open, tests::given::day("2026-06-01")).await;
        let (cleo, _) = trainee(&world, &school.organisation, "Cleo").await;
        let coordinator = world.token(Role::PartnerCoordinator, Some(organisation));
        let mut one = enrolled(&world, &coordinator, &first, &cleo).await;
        world.set_clock("2026-05-12T09:00:00Z");
        hold(&world, &school, &mut first, 0).await;
        let lead = lead(&world, &school);
        let coordinator = world.token(Role::PartnerCoordinator, Some(organisation));
        let there = json!([{ "enrolmentId": one.id, "status": "PRESENT" }]);
        attended(&world, &lead, &first.session(0), there, None).await.done("course");
        one.anew(&world, &lead).await;
        let same = one.refused(&world, &coordinator, "enrolmentTransfer", &json!({ "courseId": first.global_id() })).await;
        assert_eq!(same, ["UNCHANGED"]);
        let from = one.clone();
        one.step(&world, &coordinator, "enrolmentTransfer", &json!({ "courseId": next.global_id() })).await;
        assert_eq!((one.state.as_str(), one.id == from.id), ("PLACED", false));
        let document = "query($id: ID!) { enrolment(by: { id: $id }) { state origin { id state enrolledTo } } \
             enrolmentProgress(id: $id) { preview { outcome } } }";
        let data = world.data(Some(&coordinator), document, json!({ "id": one.id })).await;
        assert_eq!(data["enrolment"]["origin"], json!({ "id": from.id, "state": "TRANSFERRED_OUT", "enrolledTo": "2026-05-12" }));
        // The module of the first day is covered by what was carried over: it is asked of the other rows.
        let carried = world.database.eye.texts("select carried from carried_credit").await;
        assert_eq!(carried.len(), 1);
        assert!(carried[0].contains("\"modules\":[1]"), "{carried:?}");
        // What is amended where it was earned is amended where it counts.
        let away = json!([{ "enrolmentId": from.id, "status": "ABSENT" }]);
        attended(&world, &lead, &first.session(0), away, Some("The list was of another day.")).await.done("course");
        let carried = world.database.eye.texts("select carried from carried_credit").await;
        assert!(carried[0].contains("\"modules\":[]"), "{carried:?}");
        let reply = world.mutate(Some(&coordinator), "enrolmentWithdraw", FIELDS, from.input(&json!({ "on": "2026-05-11", "reason": "OTHER", "initiator": "TRAINEE" }))).await;
        assert_eq!(reply.codes(), ["CONFLICT"], "it goes on elsewhere");
    }

    async fn between_organisations_a_quality_lead_transfers_with_consent(world: World) {
        let (first, second) = (school(&world).await, school(&world).await);
        let coordinator = world.grant(Role::PartnerCoordinator, Some(first.organisation.id)).await;
        let there = world.grant(Role::PartnerCoordinator, Some(second.organisation.id)).await;
        let quality = world.token(Role::QualityLead, None);
        let (here, next) = (course(&world, &first, State::Open).await, course(&world, &second, State::Open).await);
        let (dora, _) = trainee(&world, &first.organisation, "Dora").await;
        let mut one = enrolled(&world, &coordinator, &here, &dora).await;
        let to = json!({ "courseId": next.global_id(), "consentWording": "transfer-v1" });
        assert_eq!(one.refused(&world, &coordinator, "enrolmentTransfer", &to).await, ["FORBIDDEN"]);
        assert_eq!(one.refused(&world, &there, "enrolmentTransfer", &to).await, ["NOT_FOUND"]);
        let unsaid = json!({ "courseId": next.global_id() });
        assert_eq!(one.refused(&world, &quality, "enrolmentTransfer", &unsaid).await, ["INVALID"]);
        one.step(&world, &quality, "enrolmentTransfer", &to).await;
        assert_eq!((places_taken(&world, &here).await, places_taken(&world, &next).await), (5, 6));
        let seen = "{ enrolments { nodes { id state origin { id } } } }";
        let data = world.data(Some(&there), seen, json!({})).await;
        assert_eq!(data["enrolments"]["nodes"], json!([{ "id": one.id, "state": "PLACED", "origin": null }]));
    }
}

/// Hands the assignment in, marks and moderates it; gives the receipt.
pub(super) async fn assignment(
    world: &World,
    (tia, marker, moderator): (&str, &str, &str),
    (one, course): (&Enrolled, &Course),
    outcome: &str,
) -> Reply {
    let asg = "assignment { id version state outcome isLate text { id } }";
    let text = one.input(&json!({ "text": "What I learnt from my own recovery." }));
    let handed = world.mutate(Some(tia), "assignmentSubmit", asg, text.clone()).await;
    let entity = handed.done("assignment").clone();
    assert_eq!((&entity["state"], &entity["outcome"]), (&json!("SUBMITTED"), &Value::Null));
    let twice = world.mutate(Some(tia), "assignmentSubmit", asg, text).await;
    assert_eq!(twice.codes(), ["CONFLICT"], "the one before is not marked");
    let at = |version: i64, more: Value| {
        let mut input = json!({ "id": entity["id"], "expectedVersion": version });
        input
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        input
    };
    let unmarked = world
        .mutate(
            Some(marker),
            "assignmentMark",
            asg,
            at(1, json!({ "outcome": outcome, "feedback": "Say more." })),
        )
        .await;
    assert_eq!(unmarked.codes(), ["CONFLICT"], "take it first");
    world
        .mutate(Some(marker), "assignmentTake", asg, at(1, json!({ "as": "MARKER" })))
        .await
        .done("assignment");
    let open = json!({ "id": entity["text"]["id"], "purpose": "ASSESSMENT" });
    let text = world.mutate(Some(marker), "sensitiveRecordOpen", "text", open.clone()).await;
    assert_eq!(text.done("text"), "What I learnt from my own recovery.");
    let unseen = world.mutate(Some(moderator), "sensitiveRecordOpen", "text", open).await;
    assert_eq!(unseen.codes(), ["NOT_FOUND"], "whoever did not take it reads nothing");
    world
        .mutate(
            Some(marker),
            "assignmentMark",
            asg,
            at(2, json!({ "outcome": outcome, "feedback": "Say more." })),
        )
        .await
        .done("assignment");
    let own = "{ assignmentAttempts { nodes { outcome state } } }";
    let told = world.data(Some(tia), own, json!({})).await;
    let last = told["assignmentAttempts"]["nodes"].as_array().expect("a list").last().cloned();
    assert_eq!(
        last,
        Some(json!({ "outcome": null, "state": "MARKED" })),
        "nothing is told before it holds"
    );
    let sample = json!({ "courseId": course.global_id(), "sampleIds": [entity["id"]] });
    let by_marker =
        world.mutate(Some(marker), "assignmentModerate", "course { id }", sample.clone()).await;
    assert_eq!(by_marker.codes(), ["SEPARATION_OF_DUTIES"]);
    world
        .mutate(Some(moderator), "assignmentModerate", "course { id }", sample)
        .await
        .done("course");
    handed
}

/// Takes a placement from its offer to its end; the supervisor confirms the hours.
pub(super) async fn placement(
    world: &World,
    (lead, supervisor): (&str, &str),
    one: &Enrolled,
    host: &str,
) {
    let fields = "placement { id version state loggedMinutes }";
    let offer =
        one.input(&json!({ "hostId": host, "kind": "OBSERVATIONAL", "plannedMinutes": 600 }));
    let offered = world.mutate(Some(lead), "placementOffer", fields, offer).await;
    let id = offered.done("placement")["id"].clone();
    let at = |version: i64, minutes: Option<i64>| match minutes {
        Some(minutes) => json!({ "id": id, "expectedVersion": version, "minutes": minutes }),
        None => json!({ "id": id, "expectedVersion": version }),
    };
    let early = world.mutate(Some(supervisor), "placementLog", fields, at(1, Some(60))).await;
    assert_eq!(early.codes(), ["CONFLICT"], "it is not agreed");
    world.mutate(Some(lead), "placementAgree", fields, at(1, None)).await.done("placement");
    let logged = world.mutate(Some(supervisor), "placementLog", fields, at(2, Some(600))).await;
    assert_eq!(logged.done("placement")["loggedMinutes"], 600);
    let done = world.mutate(Some(supervisor), "placementComplete", fields, at(3, None)).await;
    assert_eq!(done.done("placement")["state"], "COMPLETED");
    let held = json!({ "enrolmentId": one.id, "heldOn": "2026-05-18", "minutes": 60, "kind": "INDIVIDUAL" });
    world
        .mutate(Some(supervisor), "supervisionRecord", "enrolment { id }", held.clone())
        .await
        .done("enrolment");
    let by_lead = world.mutate(Some(lead), "supervisionRecord", "enrolment { id }", held).await;
    assert_eq!(by_lead.codes(), ["FORBIDDEN"], "only who supervises notes it");
}
