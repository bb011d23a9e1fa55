//! Concerns: to whom they go, who learns that there are any, and what they keep back.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use alongside::jobs;
use alongside::person::service::NewPerson;
use serde_json::{Value, json};
use tests::courses::{course, school};
use tests::enrolments::{Enrolled, at_work, enrolled, trainee};
use tests::people::{Someone, linked, registered, somebody};
use tests::vault::told;
use tests::{Tenant, World, on_both_databases};
use uuid::Uuid;

const FIELDS: &str = "concern { id version state outcome }";
const ALL: &str = "{ concerns { nodes { id level state name isSafeRoute } } }";

/// Names somebody for safeguarding at an organisation.
async fn named(world: &World, of: &Tenant, lead: &Someone) {
    let input = json!({
        "organisationId": of.global_id(), "purpose": "SAFEGUARDING", "name": "A lead (fictional)",
        "email": "lead@example.org", "personId": lead.global_id(),
    });
    let reply = world
        .mutate(Some(&world.officer()), "organisationContactAdd", "contact { personId }", input)
        .await;
    assert_eq!(reply.done("contact")["personId"], json!(lead.global_id()));
}

/// A quality lead of the nation who is a person; gives the token.
async fn quality_lead(world: &World, name: &str) -> String {
    let mut someone = registered(world, somebody(name, None)).await;
    linked(world, &mut someone, name).await;
    world.grant_to(name, Role::QualityLead, GrantScope::Nation).await;
    world.token_of(name)
}

/// Ann with a place on an open course.
struct OnCourse {
    organisation: Tenant,
    coordinator: String,
    ann: Someone,
    own: String,
    one: Enrolled,
}

impl OnCourse {
    async fn of(world: &World) -> Self {
        let school = school(world).await;
        let organisation = school.organisation.clone();
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation.id)).await;
        let course = course(world, &school, State::Open).await;
        let (ann, own) = trainee(world, &organisation, "Ann").await;
        let one = enrolled(world, &coordinator, &course, &ann).await;
        Self { organisation, coordinator, ann, own, one }
    }
}

async fn seen(world: &World, token: &str) -> Value {
    world.data(Some(token), ALL, json!({})).await["concerns"]["nodes"].clone()
}

/// The record of a text in an answer.
fn record(of: &Value) -> Uuid {
    let text = of["text"]["id"].as_str().expect("an id");
    Uuid::parse_str(text.rsplit_once('_').expect("a prefix").1).expect("an id")
}

/// The concern as somebody sees it, with its text.
async fn with_text(world: &World, token: &str, concern: &Value) -> Value {
    let document = "{ concerns { nodes { id text { id } } } }";
    let data = world.data(Some(token), document, json!({})).await;
    let all = data["concerns"]["nodes"].as_array().expect("a list").clone();
    all.into_iter().find(|one| one["id"] == concern["id"]).expect("the concern")
}

on_both_databases! {
    async fn a_concern_goes_to_the_one_who_is_named_and_past_the_coordinators(world: World) {
        let OnCourse { organisation, coordinator, own, one, .. } = OnCourse::of(&world).await;
        let signatory = world.grant(Role::PartnerSignatory, Some(organisation.id)).await;
        let (supervisor, subject) = at_work(&world, Role::Supervisor, organisation.id, "Sue").await;
        let supervisor_token = world.token_of(&subject);
        let support = one.input(&json!({ "supervisorId": supervisor.global_id() }));
        world.mutate(Some(&coordinator), "enrolmentSetSupport", "enrolment { id }", support).await.done("enrolment");
        let raise = |token: &str, safe_route: bool, level: &str| {
            let input = json!({ "enrolmentId": one.id, "level": level, "safeRoute": safe_route, "text": "She is not safe at home." });
            let (world, token) = (world.clone(), token.to_owned());
            async move { world.mutate(Some(&token), "concernRaise", FIELDS, input).await }
        };
        let unled = raise(&supervisor_token, false, "SERIOUS").await;
        assert_eq!(unled.codes(), ["NO_CONCERN_LEAD"], "nobody is named");
        let address = Some(("lead@example.org".to_owned(), true));
        let mut lead = registered(&world, NewPerson { email: address, ..somebody("Lee", Some(organisation.id)) }).await;
        named(&world, &organisation, &lead).await;
        let unread = raise(&supervisor_token, false, "SERIOUS").await;
        assert_eq!(unread.codes(), ["NO_CONCERN_LEAD"], "nothing lies where nobody reads it");
        linked(&world, &mut lead, "lead").await;
        let lead_token = world.token_of("lead");
        let raised = raise(&supervisor_token, false, "IMMEDIATE").await;
        assert!(raised.payload()["impact"][0].as_str().expect("advice").contains("999"));
        let concern = raised.done("concern").clone();
        let letters = "select body from mail_message where kind = 'concern.raised'";
        let letters = world.database.eye.texts(letters).await;
        assert!(letters.len() == 1 && !letters[0].contains("Ann") && !letters[0].contains("safe"), "{letters:?}");
        let expected = json!([{ "id": concern["id"], "level": "IMMEDIATE", "state": "RAISED", "name": "Ann", "isSafeRoute": false }]);
        assert_eq!(seen(&world, &lead_token).await, expected);
        assert_eq!(seen(&world, &supervisor_token).await, expected);
        let shown = with_text(&world, &lead_token, &concern).await;
        assert_eq!(told(&world, &lead_token, record(&shown), "SAFEGUARDING").await, "She is not safe at home.");
        let raiser = with_text(&world, &supervisor_token, &concern).await;
        assert_eq!(raiser["text"], Value::Null, "its words are the lead's from then on");
        let national = world.token(Role::QualityLead, None);
        for (who, token) in [("the person", &own), ("PCO", &coordinator), ("PSG", &signatory), ("NQL", &national),
                             ("B", &world.coordinator(&world.b))] {
            assert_eq!(seen(&world, token).await, json!([]), "{who}");
            let open = json!({ "id": shown["text"]["id"], "purpose": "SAFEGUARDING" });
            let opened = world.mutate(Some(token), "sensitiveRecordOpen", "text", open).await;
            assert_eq!(opened.codes(), ["NOT_FOUND"], "{who}");
            let take = json!({ "id": concern["id"], "expectedVersion": 1 });
            assert_eq!(world.mutate(Some(token), "concernTakeUp", FIELDS, take).await.codes(), ["NOT_FOUND"], "{who}");
        }
        for token in [&coordinator, &signatory] {
            let trail = "query($id: ID!) { organisation(by: { id: $id }) { auditEvents(first: 100) { nodes { action } } } }";
            let trail = world.data(Some(token), trail, json!({ "id": organisation.global_id() })).await.to_string();
            assert!(trail.contains("enrolment.placed") && !trail.contains("concern") && !trail.contains("sensitive"), "{trail}");
        }
        let foreign = raise(&world.coordinator(&world.b), false, "WORRY").await;
        assert_eq!(foreign.codes(), ["NOT_FOUND"]);
        let at = |version: i64, more: Value| {
            let mut input = json!({ "id": concern["id"], "expectedVersion": version });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        let by_raiser = world.mutate(Some(&supervisor_token), "concernTakeUp", FIELDS, at(1, json!({}))).await;
        assert_eq!(by_raiser.codes(), ["FORBIDDEN"], "whoever raised it does not lead it");
        let early = world.mutate(Some(&lead_token), "concernClose", FIELDS, at(1, json!({ "outcome": "SUPPORTED" }))).await;
        assert_eq!(early.codes(), ["CONFLICT"]);
        world.mutate(Some(&lead_token), "concernTakeUp", FIELDS, at(1, json!({}))).await.done("concern");
        let closed = world.mutate(Some(&lead_token), "concernClose", FIELDS, at(2, json!({ "outcome": "SUPPORTED" }))).await;
        assert_eq!(closed.done("concern")["state"], "CLOSED");
        jobs::round(world.app.core(), "enrolment-needs").await.expect("a round");
        let words = "select cast(retain_until as text) from sensitive_record where category = 'CONCERN'";
        assert_eq!(world.database.eye.texts(words).await, ["2026-05-01"], "its time begins when it is seen to");
        // Another record turns out to be of the lead, who still leads by it.
        let other = registered(&world, somebody("Lee", Some(organisation.id))).await;
        let merge = json!({
            "id": lead.global_id(), "expectedVersion": lead.version,
            "intoId": other.global_id(), "intoExpectedVersion": other.version,
        });
        world.mutate(Some(&world.officer()), "personMerge", "person { id }", merge).await.done("person");
        let again = raise(&supervisor_token, false, "WORRY").await;
        let again = with_text(&world, &lead_token, again.done("concern")).await;
        assert_eq!(told(&world, &lead_token, record(&again), "SAFEGUARDING").await, "She is not safe at home.");
        assert_eq!(seen(&world, &lead_token).await.as_array().map(Vec::len), Some(2));
    }

    async fn by_the_safe_route_a_concern_goes_past_the_organisation(world: World) {
        let OnCourse { organisation, own, one, .. } = OnCourse::of(&world).await;
        let (lead, subject) = at_work(&world, Role::Trainer, organisation.id, "Lee").await;
        named(&world, &organisation, &lead).await;
        let quality = quality_lead(&world, "Quinn").await;
        let input = json!({ "enrolmentId": one.id, "level": "SERIOUS", "safeRoute": true, "text": "The lead shouts at us." });
        let raised = world.mutate(Some(&own), "concernRaise", FIELDS, input).await;
        let concern = raised.done("concern").clone();
        let shown = with_text(&world, &quality, &concern).await;
        assert_eq!(told(&world, &quality, record(&shown), "SAFEGUARDING").await, "The lead shouts at us.");
        assert_eq!(seen(&world, &world.token_of(&subject)).await, json!([]), "the one named is not told");
        assert_eq!(seen(&world, &own).await[0]["id"], concern["id"], "whoever raised it sees where it stands");
        let letters = world.database.eye.rows_where("mail_message", "kind = 'concern.raised'").await;
        assert_eq!(letters, 0, "nobody's address was verified");
    }

    async fn what_was_said_in_an_assignment_is_kept_to_those_who_need_to_know(world: World) {
        let school = school(&world).await;
        let organisation = school.organisation.clone();
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation.id)).await;
        let course = course(&world, &school, State::Confirmed).await;
        let (ann, own) = trainee(&world, &organisation, "Ann").await;
        let one = enrolled(&world, &coordinator, &course, &ann).await;
        let (_, marker) = at_work(&world, Role::LeadTrainer, organisation.id, "Mara").await;
        let (_, moderator) = at_work(&world, Role::LeadTrainer, organisation.id, "Mo").await;
        let (lead, lead_subject) = at_work(&world, Role::Trainer, organisation.id, "Lee").await;
        named(&world, &organisation, &lead).await;
        let [marker, moderator, lead] = [marker, moderator, lead_subject].map(|subject| world.token_of(&subject));
        let asg = "assignment { id version state text { id } }";
        let text = one.input(&json!({ "text": "I do not want to live." }));
        let handed = world.mutate(Some(&own), "assignmentSubmit", asg, text).await.done("assignment").clone();
        let at = |version: i64, more: Value| {
            let mut input = json!({ "id": handed["id"], "expectedVersion": version });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        world.mutate(Some(&marker), "assignmentTake", asg, at(1, json!({ "as": "MARKER" }))).await.done("assignment");
        let elsewhere = json!({ "enrolmentId": one.id, "attemptId": format!("asg_{:032x}", 7), "level": "SERIOUS", "text": "x" });
        assert_eq!(world.mutate(Some(&marker), "concernRaise", FIELDS, elsewhere).await.codes(), ["NOT_FOUND"]);
        let input = json!({ "enrolmentId": one.id, "attemptId": handed["id"], "level": "SERIOUS", "text": "Read what she wrote." });
        world.mutate(Some(&marker), "concernRaise", FIELDS, input).await.done("concern");
        let text = record(&handed);
        for token in [&lead, &marker] {
            assert_eq!(told(&world, token, text, "ASSESSMENT").await, "I do not want to live.");
        }
        let marked = at(3, json!({ "outcome": "PASS" }));
        world.mutate(Some(&marker), "assignmentMark", asg, marked).await.done("assignment");
        let taken = world.mutate(Some(&moderator), "assignmentTake", asg, at(4, json!({ "as": "MODERATOR" }))).await;
        assert_eq!(taken.codes(), ["CONFLICT"]);
        assert!(taken.body().to_string().contains("kept to those who need to know"));
        let open = json!({ "id": handed["text"]["id"], "purpose": "ASSESSMENT" });
        let opened = world.mutate(Some(&moderator), "sensitiveRecordOpen", "text", open).await;
        assert_eq!(opened.codes(), ["NOT_FOUND"], "moderation goes on without it");
        let sample = json!({ "courseId": course.global_id(), "sampleIds": [handed["id"]] });
        world.mutate(Some(&moderator), "assignmentModerate", "course { id }", sample).await.done("course");
        assert_eq!(seen(&world, &world.coordinator(&world.b)).await, json!([]));
    }

    async fn nobody_leads_a_concern_about_themselves(world: World) {
        let OnCourse { organisation, coordinator, ann, own, one } = OnCourse::of(&world).await;
        let (supervisor, subject) = at_work(&world, Role::Supervisor, organisation.id, "Sue").await;
        let support = one.input(&json!({ "supervisorId": supervisor.global_id() }));
        world.mutate(Some(&coordinator), "enrolmentSetSupport", "enrolment { id }", support).await.done("enrolment");
        let (lead, _) = at_work(&world, Role::Trainer, organisation.id, "Ann").await;
        named(&world, &organisation, &lead).await;
        let quality = quality_lead(&world, "Quinn").await;
        let input = json!({ "enrolmentId": one.id, "level": "SERIOUS", "text": "She is not safe at home." });
        let raised = world.mutate(Some(&world.token_of(&subject)), "concernRaise", FIELDS, input).await;
        let concern = raised.done("concern").clone();
        assert_eq!(seen(&world, &quality).await, json!([]), "the organisation's lead has it");
        let merge = json!({
            "id": lead.global_id(), "expectedVersion": lead.version,
            "intoId": ann.global_id(), "intoExpectedVersion": ann.version,
        });
        world.mutate(Some(&world.officer()), "personMerge", "person { id }", merge).await.done("person");
        assert_eq!(seen(&world, &own).await, json!([]), "the lead turns out to be the person concerned");
        assert_eq!(seen(&world, &world.coordinator(&world.b)).await, json!([]));
        let shown = with_text(&world, &quality, &concern).await;
        assert_eq!(told(&world, &quality, record(&shown), "SAFEGUARDING").await, "She is not safe at home.");
    }
    async fn where_nobody_can_lead_it_a_concern_goes_to_the_quality_leads(world: World) {
        let OnCourse { organisation, coordinator, own, one, .. } = OnCourse::of(&world).await;
        let mut leads = Vec::new();
        for name in ["Quinn", "Quentin"] {
            leads.push(quality_lead(&world, name).await);
        }
        let raise = async |level: &str| {
            let input = json!({ "enrolmentId": one.id, "level": level, "text": "I am not safe at home." });
            world.mutate(Some(&own), "concernRaise", FIELDS, input).await.done("concern").clone()
        };
        let levels = async |token: &str| {
            let all = seen(&world, token).await;
            let levels = all.as_array().expect("a list").iter().map(|one| one["level"].as_str().expect("a level").to_owned());
            levels.collect::<Vec<_>>()
        };
        let unnamed = raise("WORRY").await;
        for token in &leads {
            let shown = with_text(&world, token, &unnamed).await;
            assert_eq!(told(&world, token, record(&shown), "SAFEGUARDING").await, "I am not safe at home.");
        }
        let mut lead = registered(&world, somebody("Lee", Some(organisation.id))).await;
        named(&world, &organisation, &lead).await;
        raise("SERIOUS").await;
        for token in &leads {
            assert_eq!(levels(token).await, ["WORRY", "SERIOUS"], "who is named cannot sign in");
        }
        linked(&world, &mut lead, "lead").await;
        let lead = world.token_of("lead");
        raise("IMMEDIATE").await;
        assert_eq!(levels(&lead).await, ["IMMEDIATE"]);
        assert_eq!(levels(&leads[0]).await, ["WORRY", "SERIOUS"], "somebody at the organisation has it");
        for token in [&coordinator, &world.coordinator(&world.b)] {
            assert_eq!(seen(&world, token).await, json!([]));
        }
        let take = json!({ "id": unnamed["id"], "expectedVersion": 1 });
        let taken = world.mutate(Some(&leads[1]), "concernTakeUp", FIELDS, take).await;
        assert_eq!(taken.done("concern")["state"], "TAKEN_UP");
    }
}
