//! What is kept of people who applied, or were on a course: for how long, who keeps it, and what is left in the end.

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::jobs;
use alongside::protection::rounds::{CARRY_OUT, PROPOSE};
use alongside::verify;
use serde_json::{Value, json};
use tests::applications::{open_course, screened, selectors};
use tests::courses::{course, school};
use tests::credentials::{find, graduation};
use tests::enrolments::{Enrolled, at_work, enrolled, trainee, worded};
use tests::given::day;
use tests::vault::{opened, signed_in};
use tests::{World, given, on_both_databases, successions};
use uuid::Uuid;

use super::{held, officer};

async fn round(world: &World, job: &str) -> u64 {
    jobs::round(world.app.core(), job).await.expect("a round")
}

/// The open proposal of a class, if there is one.
async fn proposal(world: &World, class: &str) -> Option<Value> {
    let document = "{ retentionProposals { nodes { id version class state count endedBy } } }";
    let data = world.data(Some(&officer(world)), document, json!({})).await;
    let all = data["retentionProposals"]["nodes"].as_array().expect("a list").clone();
    all.into_iter().find(|one| one["class"] == class && one["state"] == "OPEN")
}

/// Approves what is due in a class, and carries it out; gives how many records were erased.
async fn carried_out(world: &World, class: &str) -> u64 {
    let due = proposal(world, class).await.expect("a proposal");
    let input = json!({ "id": due["id"], "expectedVersion": due["version"], "approve": true, "reason": "A test." });
    world.mutate(Some(&officer(world)), "retentionDecide", "", input).await.done("userErrors");
    round(world, CARRY_OUT).await
}

/// What `verify` finds.
async fn broken(world: &World) -> Vec<String> {
    let checks = verify::run(world.app.core()).await.expect("the check runs");
    checks.into_iter().flat_map(|check| check.broken).collect()
}

/// The UUID of an id that the API gave.
fn uuid(id: &str) -> Uuid {
    Uuid::parse_str(id.split_once('_').expect("an id").1).expect("an id")
}

/// Until when the texts of a category are needed.
async fn needed(world: &World, category: &str) -> Vec<String> {
    let sql = format!(
        "select coalesce(cast(retain_until as text), 'open') from sensitive_record where category = '{category}' order by id"
    );
    world.database.eye.texts(&sql).await
}

on_both_databases! {
    async fn an_application_that_led_to_no_place_is_erased_after_its_time(world: World) {
        let place = school(&world).await;
        let [coordinator, _] = selectors(&world, &place).await;
        let open = open_course(&world, &place, day("2026-06-15"), 3).await;
        let mut ari = screened(&world, &open, "Ari", &coordinator).await;
        let mut bea = screened(&world, &open, "Bea", &coordinator).await;
        let decline = json!({ "reason": "NO_PLACE", "note": "Words of a selection." });
        assert_eq!(ari.step(&world, &coordinator, "applicationDecline", decline).await, "DECLINED");
        assert_eq!(bea.own_step(&world, "applicationWithdraw", json!({})).await, "WITHDRAWN");
        held(&world, &bea.person, "UNSUCCESSFUL_APPLICATIONS").await;
        world.set_clock("2027-04-30T09:00:00Z");
        round(&world, PROPOSE).await;
        assert!(proposal(&world, "UNSUCCESSFUL_APPLICATIONS").await.is_none(), "the day before");
        world.set_clock("2027-05-01T09:00:00Z");
        round(&world, PROPOSE).await;
        let due = proposal(&world, "UNSUCCESSFUL_APPLICATIONS").await.expect("a proposal");
        assert_eq!((&due["count"], &due["endedBy"]), (&json!(1), &json!("2026-05-01")), "a hold wins");
        assert_eq!(carried_out(&world, "UNSUCCESSFUL_APPLICATIONS").await, 1);
        let eye = &world.database.eye;
        let erased = "erased_on = '2027-05-01' and person_id is null and prior_training is null and motivation_id is null \
            and experience is null and decline_reason = 'NO_PLACE' and state = 'DECLINED'";
        assert_eq!(eye.rows_where("application", erased).await, 1);
        assert_eq!(eye.rows_where("application", "person_id is not null").await, 1);
        assert_eq!(eye.rows_where("sensitive_record", "ciphertext is not null").await, 1, "Bea's");
        assert_eq!(eye.rows_where("application_note", "true").await, 0);
        let coordinator = world.token(Role::PartnerCoordinator, Some(place.organisation.id));
        let seen = "query($id: ID!) { application(by: { id: $id }) { state erasedOn applicantName person { id } hasMotivation notes { id } } }";
        let seen = world.data(Some(&coordinator), seen, json!({ "id": ari.id })).await;
        assert_eq!(seen["application"], json!({ "state": "DECLINED", "erasedOn": "2027-05-01", "applicantName": null,
            "person": null, "hasMotivation": false, "notes": [] }));
        let stranger = world.coordinator(&world.b);
        let hidden = world.data(Some(&stranger), "{ applications { totalCount } }", json!({})).await;
        assert_eq!(hidden["applications"]["totalCount"], 0);
        let again = world.mutate(Some(&coordinator), "applicationScreen", "", json!({ "id": ari.id, "expectedVersion": 5 })).await;
        assert_eq!(again.codes(), ["NOT_FOUND"], "nobody works on it any more");
        ari.renew(&world);
        let own = world.data(Some(&ari.token), "{ applications { totalCount } }", json!({})).await;
        assert_eq!(own["applications"]["totalCount"], 0, "it is nobody's");
        assert_eq!(broken(&world).await, [] as [&str; 0]);
    }

    async fn what_somebody_needs_is_needed_until_the_enrolment_has_ended(world: World) {
        let place = school(&world).await;
        let [coordinator, _] = selectors(&world, &place).await;
        let open = open_course(&world, &place, day("2026-06-15"), 3).await;
        let (_, _) = signed_in(&world, "nobody").await;
        let mut ari = tests::applications::drafting(&world, &open, "Ari").await;
        let mut said = tests::applications::answers();
        said["supportNeeds"] = json!("A quiet room.");
        ari.own_step(&world, "applicationSave", said).await;
        ari.own_step(&world, "applicationSubmit", json!({})).await;
        ari.step(&world, &coordinator, "applicationScreen", json!({})).await;
        ari.step(&world, &coordinator, "applicationOffer", json!({})).await;
        ari.own_step(&world, "applicationAccept", json!({ "termsVersion": "v1" })).await;
        let last = world.database.eye.texts(&format!("select cast(end_on as text) from course where id = {}", world.uuid(open.id))).await;
        assert_eq!(needed(&world, "SUPPORT_NEEDS").await, last, "the last day of the course");
        assert_eq!(needed(&world, "MOTIVATION").await, ["2026-06-15"], "its first day");
        assert_eq!(round(&world, "enrolment-needs").await, 0);
        let own = "{ enrolments { nodes { id version state } } }";
        let own = world.data(Some(&ari.token), own, json!({})).await;
        let mut one = Enrolled::of(&own["enrolments"]["nodes"][0]);
        let token = ari.token.clone();
        let text = one.input(&json!({ "text": "What I learnt." }));
        world.mutate(Some(&token), "assignmentSubmit", "assignment { id }", text).await.done("assignment");
        assert_eq!(needed(&world, "ASSIGNMENT").await, ["open"]);
        one.step(&world, &token, "enrolmentWithdraw", &json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE" })).await;
        assert_eq!(round(&world, "enrolment-needs").await, 2);
        assert_eq!(round(&world, "enrolment-needs").await, 0, "once");
        let ended = world.database.eye.texts("select cast(enrolled_to as text) from enrolment").await;
        assert_eq!((needed(&world, "SUPPORT_NEEDS").await, needed(&world, "ASSIGNMENT").await), (ended.clone(), ended));
        world.set_clock("2026-07-31T09:00:00Z");
        round(&world, PROPOSE).await;
        assert!(proposal(&world, "SUPPORT_TEXTS").await.is_none());
        world.set_clock("2026-08-03T09:00:00Z");
        round(&world, PROPOSE).await;
        assert!(proposal(&world, "SUPPORT_TEXTS").await.is_some(), "three months later");
        assert!(proposal(&world, "ASSIGNMENTS").await.is_none(), "six months");
        assert_eq!(broken(&world).await, [] as [&str; 0]);
    }

    async fn an_enrolment_loses_its_person_after_ten_years_and_the_credential_stays(world: World) {
        let place = school(&world).await;
        let taken = course(&world, &place, State::Open).await;
        let (someone, _) = signed_in(&world, "graduate").await;
        let credential = graduation(&world, &someone, &place, &taken).await;
        let found = world.database.eye.texts(&format!("select {} from enrolment", world.engine().hex("id"))).await;
        for row in worded(&world, Uuid::parse_str(&found[0]).expect("an id"), "Words.") {
            world.database.eye.execute(&row).await.unwrap_or_else(|error| unreachable!("{row}: {error}"));
        }
        world.set_clock("2036-04-30T09:00:00Z");
        round(&world, PROPOSE).await;
        assert!(proposal(&world, "ATTENDANCE_AND_OUTCOMES").await.is_none(), "the day before");
        world.set_clock("2036-05-01T09:00:00Z");
        round(&world, PROPOSE).await;
        assert_eq!(carried_out(&world, "ATTENDANCE_AND_OUTCOMES").await, 1);
        let eye = &world.database.eye;
        assert_eq!(eye.rows_where("enrolment", "person_id is null and state = 'GRADUATED' and resolution is null").await, 1);
        assert_eq!(eye.rows_where("attendance_record", "true").await, 2, "what was attended is counted");
        for (table, column) in [("attendance_record", "reason"), ("make_up", "how"), ("module_waiver", "reason"), ("graduation_decision", "override_reason")] {
            assert_eq!(eye.rows_where(table, &format!("{column} = 'Words.'")).await, 0, "{table}");
        }
        let after = find(&world, credential.id).await;
        assert_eq!((after.holder_name.clone(), after.person_id), (credential.holder_name, Some(someone.id)));
        assert_eq!(eye.rows_where("credential", "decision_id is null and course_id is not null").await, 1, "nothing leads back");
        assert_eq!(broken(&world).await, [] as [&str; 0]);
    }

    async fn what_a_course_keeps_of_its_people_passes_on_with_it(world: World) {
        let place = school(&world).await;
        let after = given::organisation(&world).active().register().await;
        let [coordinator, _] = selectors(&world, &place).await;
        let open = open_course(&world, &place, day("2026-06-15"), 4).await;
        let mut ari = tests::applications::drafting(&world, &open, "Ari").await;
        let mut said = tests::applications::answers();
        said["supportNeeds"] = json!("A quiet room.");
        ari.own_step(&world, "applicationSave", said).await;
        ari.own_step(&world, "applicationSubmit", json!({})).await;
        ari.step(&world, &coordinator, "applicationScreen", json!({ "note": "A note." })).await;
        let (tutor, tutors) = signed_in(&world, "tutor").await;
        let (third, thirds) = signed_in(&world, "supervisor elsewhere").await;
        let record = |category: &str| format!("select {} from sensitive_record where category = '{category}'", world.engine().hex("id"));
        let id = async |category: &str| Uuid::parse_str(&world.database.eye.texts(&record(category)).await[0]).expect("an id");
        let (motivation, needs) = (id("MOTIVATION").await, id("SUPPORT_NEEDS").await);
        tests::vault::shared(&world, needs, tests::vault::reader(&tutor, alongside::vault::model::ReaderRole::Tutor)).await;
        let mut elsewhere = tests::vault::reader(&third, alongside::vault::model::ReaderRole::Supervisor);
        elsewhere.acts_for = Some(world.b.id);
        tests::vault::shared(&world, needs, elsewhere).await;
        // Somebody is on it, hands in, and somebody marks.
        let (_, marker) = at_work(&world, Role::LeadTrainer, place.organisation.id, "Mara").await;
        let (ann, own) = trainee(&world, &place.organisation, "Ann").await;
        let one = enrolled(&world, &coordinator, &open, &ann).await;
        for row in worded(&world, uuid(&one.id), "Words.") {
            world.database.eye.execute(&row).await.unwrap_or_else(|error| unreachable!("{row}: {error}"));
        }
        let text = one.input(&json!({ "text": "What I learnt." }));
        let handed = world.mutate(Some(&own), "assignmentSubmit", "assignment { id version text { id } }", text).await;
        let attempt = handed.done("assignment").clone();
        let work = uuid(attempt["text"]["id"].as_str().expect("an id"));
        let marker = world.token_of(&marker);
        let take = json!({ "id": attempt["id"], "expectedVersion": 1, "as": "MARKER" });
        world.mutate(Some(&marker), "assignmentTake", "assignment { id }", take).await.done("assignment");
        for (token, record, purpose) in [(&coordinator, motivation, "SELECTION"), (&tutors, needs, "SUPPORT"), (&thirds, needs, "SUPPORT"), (&marker, work, "ASSESSMENT")] {
            assert!(opened(&world, Some(token), record, purpose).await.codes().is_empty(), "{purpose}");
        }
        let newly = world.grant(Role::PartnerCoordinator, Some(after.id)).await;
        assert_eq!(opened(&world, Some(&newly), motivation, "SELECTION").await.codes(), ["NOT_FOUND"]);

        successions::end(&world, &place.organisation, &[&after]).await;

        assert_eq!(opened(&world, Some(&newly), motivation, "SELECTION").await.codes(), [] as [&str; 0]);
        let seen = "query($id: ID!) { application(by: { id: $id }) { applicantName hasSupportNeeds notes { record { id } } } }";
        let seen = world.data(Some(&newly), seen, json!({ "id": ari.id })).await;
        assert_eq!(seen["application"]["notes"].as_array().map(Vec::len), Some(1), "{seen}");
        for (token, record, purpose) in [(&coordinator, motivation, "SELECTION"), (&tutors, needs, "SUPPORT"), (&marker, work, "ASSESSMENT")] {
            assert_eq!(opened(&world, Some(token), record, purpose).await.codes(), ["NOT_FOUND"], "{purpose}: no longer");
        }
        assert!(opened(&world, Some(&thirds), needs, "SUPPORT").await.codes().is_empty(), "named by the person, for another");
        // Somebody at the new deliverer marks.
        let (_, marks) = at_work(&world, Role::LeadTrainer, after.id, "Mo").await;
        let marks = world.token_of(&marks);
        let take = json!({ "id": attempt["id"], "expectedVersion": 2, "as": "MARKER" });
        world.mutate(Some(&marks), "assignmentTake", "assignment { id }", take).await.done("assignment");
        assert!(opened(&world, Some(&marks), work, "ASSESSMENT").await.codes().is_empty());
        let former = format!("organisation_id = {}", world.uuid(place.organisation.id));
        for table in ["enrolment", "application", "attendance_record", "attendance_module", "module_waiver", "make_up", "assignment_attempt"] {
            assert_eq!(world.database.eye.rows_where(table, &former).await, 0, "{table}");
        }
        let words = world.database.eye.texts("select reason from module_waiver").await;
        assert_eq!(words, ["Words."], "nothing else changed");
        let rewritten = world.database.eye.execute(&format!("update module_waiver set waived_by = {} where waived_by is not null", world.uuid(Uuid::nil()))).await;
        assert!(rewritten.is_err(), "what was written stays");
        assert_eq!(broken(&world).await, [] as [&str; 0]);
    }
}
