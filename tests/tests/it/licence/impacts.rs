//! What a decision about a licence means for what runs and waits, told beforehand.

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::licence::model::Outcome;
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::courses::{course, school};
use tests::licences::{Licence, Stage, licence};
use tests::readiness::stands_at;
use tests::{Reply, Tenant, World, on_both_databases};

use super::{FIELDS, Staff, holder, step};

/// The impact of an answer, as one text.
fn told(reply: &Reply) -> String {
    assert_eq!(reply.codes(), [] as [&str; 0], "{}", reply.body());
    reply.payload()["impact"].to_string()
}

/// The licences of `of` for each of these types.
async fn licences(world: &World, of: &Tenant, types: &[ProgrammeType]) -> Vec<Licence> {
    let mut made = Vec::new();
    for ty in types {
        made.push(
            licence(world, of)
                .of(&[*ty])
                .on(tests::given::day("2026-02-02"))
                .up_to(Stage::Granted)
                .await,
        );
    }
    made
}

/// The bounds of a licence.
async fn bounds(world: &World, licence: &Licence) -> Value {
    let document = "query($id: ID!) { licence(by: { id: $id }) { maxConcurrentCourses maxTraineesPerCourse } }";
    let variables = json!({ "id": licence.global_id() });
    world.data(Some(&world.officer()), document, variables).await["licence"].clone()
}

on_both_databases! {
    async fn a_variation_names_the_courses_that_it_breaks(world: World) {
        let (one, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &one.organisation).await;
        course(&world, &one, State::Open).await;
        course(&world, &other, State::Open).await;
        let mut licence = one.licence;
        let vary = json!({
            "validFrom": "2026-05-02", "validTo": "2026-12-01", "programmeTypes": ["LEADERSHIP"], "reason": "A test.",
        });
        let trial = { let mut trial = vary.clone(); trial["dryRun"] = json!(true); trial };
        let before = world.database.eye.contents().await;
        let foretold = told(&step(&world, &staff.officer, "licenceProposeVariation", &mut licence, trial).await);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        assert_eq!(foretold.matches("VOL-2026-001").count(), 1, "of one's own courses only: {foretold}");
        assert!(foretold.contains("the licence is then not for VOLUNTEER"), "{foretold}");
        let proposed = step(&world, &staff.officer, "licenceProposeVariation", &mut licence, vary).await;
        assert_eq!(told(&proposed), foretold);
        let trial = step(&world, &staff.quality, "licenceConfirmVariation", &mut licence, json!({ "dryRun": true })).await;
        assert_eq!(told(&trial), foretold);
        let confirmed = step(&world, &staff.quality, "licenceConfirmVariation", &mut licence, json!({})).await;
        assert_eq!(told(&confirmed), foretold);
    }

    async fn a_grant_has_the_bounds_that_were_asked_for_unless_the_officer_says_otherwise(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        for (of, more, expected) in [
            (&one, json!({}), json!({ "maxConcurrentCourses": 3, "maxTraineesPerCourse": 12 })),
            (&other, json!({ "maxConcurrentCourses": 2, "maxTraineesPerCourse": null }), json!({ "maxConcurrentCourses": 2, "maxTraineesPerCourse": null })),
        ] {
            let staff = Staff::of(&world, of).await;
            let mut licence = licence(&world, of).up_to(Stage::Draft).await;
            let amend = json!({ "tier": "FULL_DELIVERY", "programmeTypes": ["VOLUNTEER"], "maxConcurrentCourses": 3, "maxTraineesPerCourse": 12 });
            step(&world, &staff.coordinator, "licenceAmendDraft", &mut licence, amend).await.done("licence");
            step(&world, &staff.signatory, "licenceSubmit", &mut licence, json!({})).await.done("licence");
            step(&world, &staff.officer, "licenceBeginReview", &mut licence, json!({})).await.done("licence");
            stands_at(&world, of.id, Outcome::Ready).await;
            let mut terms = json!({ "validFrom": "2026-05-01", "reason": "A test." });
            let wrong = json!({ "validFrom": "2026-05-01", "reason": "A test.", "maxConcurrentCourses": -1 });
            let reply = step(&world, &staff.officer, "licenceProposeGrant", &mut licence, wrong).await;
            assert_eq!(reply.codes(), ["INVALID"], "one reason, once");
            terms.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            step(&world, &staff.officer, "licenceProposeGrant", &mut licence, terms).await.done("licence");
            step(&world, &staff.deputy, "licenceConfirmGrant", &mut licence, json!({})).await.done("licence");
            assert_eq!(bounds(&world, &licence).await, expected);
        }
    }

    async fn an_application_for_what_is_licensed_already_is_told_so_when_it_is_handed_in(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &one).await;
        licence(&world, &one).up_to(Stage::Granted).await;
        let elsewhere = Staff::of(&world, &other).await;
        stands_at(&world, other.id, Outcome::Ready).await;
        let mut first = licence(&world, &other).up_to(Stage::Draft).await;
        let mut second = licence(&world, &one).up_to(Stage::Draft).await;
        assert_eq!(told(&step(&world, &elsewhere.signatory, "licenceSubmit", &mut first, json!({})).await), "[]");
        let foretold = told(&step(&world, &staff.signatory, "licenceSubmit", &mut second, json!({ "dryRun": true })).await);
        assert!(foretold.contains("PSL-2026-000001 is for PEER_SUPPORT_WORKER from 2026-05-01 to before 2027-05-01"), "{foretold}");
        assert_eq!(told(&step(&world, &staff.signatory, "licenceSubmit", &mut second, json!({})).await), foretold);
    }

    async fn what_a_bridge_left_out_is_bridged_later(world: World) {
        use ProgrammeType::{PeerSupportWorker, Volunteer};
        let (one, two, after) = (holder(&world).await, holder(&world).await, holder(&world).await);
        let of_one = licences(&world, &one, &[PeerSupportWorker, Volunteer]).await;
        let of_two = licences(&world, &two, &[PeerSupportWorker]).await;
        let officer = world.officer();
        let merge = json!({
            "kind": "MERGER", "predecessorIds": [one.global_id(), two.global_id()],
            "successorIds": [after.global_id()], "effectiveOn": "2026-04-20",
        });
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge).await.done("organisation");
        let bridge = async |licences: &[&Licence]| {
            let ids: Vec<String> = licences.iter().map(|licence| licence.global_id()).collect();
            let input = json!({ "organisationId": after.global_id(), "licenceIds": ids, "reason": "They merged." });
            world.mutate(Some(&officer), "licenceBridge", FIELDS, input).await
        };
        let types = |reply: &Reply| reply.done("licence")["programmes"].as_array().expect("types").iter().map(|ty| ty["programmeType"].clone()).collect::<Vec<_>>();
        assert_eq!(bridge(&[&of_one[1]]).await.codes(), ["NOT_BRIDGEABLE"], "one of each body first");
        let first = bridge(&[&of_one[1], &of_two[0]]).await;
        assert_eq!(types(&first).len(), 2);
        // What the first bridge is for already: no second licence on its days.
        let rest = bridge(&[&of_one[0]]).await;
        assert_eq!(rest.done("licence")["number"], first.done("licence")["number"]);
        assert_eq!(bridge(&[&of_one[0]]).await.codes(), ["NOT_BRIDGEABLE"], "each once");
        // And what it is not for gets a bridge of its own.
        let (three, four, next) = (holder(&world).await, holder(&world).await, holder(&world).await);
        let of_three = licences(&world, &three, &[PeerSupportWorker, Volunteer]).await;
        let of_four = licences(&world, &four, &[PeerSupportWorker]).await;
        let merge = json!({
            "kind": "MERGER", "predecessorIds": [three.global_id(), four.global_id()],
            "successorIds": [next.global_id()], "effectiveOn": "2026-04-20",
        });
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge).await.done("organisation");
        for (licences, expected) in [(vec![&of_three[0], &of_four[0]], "PEER_SUPPORT_WORKER"), (vec![&of_three[1]], "VOLUNTEER")] {
            let ids: Vec<String> = licences.iter().map(|licence| licence.global_id()).collect();
            let input = json!({ "organisationId": next.global_id(), "licenceIds": ids, "reason": "They merged." });
            let reply = world.mutate(Some(&officer), "licenceBridge", FIELDS, input).await;
            assert_eq!(types(&reply), [json!(expected)]);
        }
    }

    async fn a_second_teach_out_decision_takes_the_place_of_the_first(world: World) {
        let (one, other) = (school(&world).await, school(&world).await);
        let stays = course(&world, &other, State::Open).await;
        let taught = course(&world, &one, State::TeachOut).await;
        let quality = world.token(Role::QualityLead, None);
        let shorter = taught.input(&json!({ "until": "2026-09-30", "reason": "A partner takes them over." }));
        let entity = "course { state teachOuts { until reason } }";
        let reply = world.mutate(Some(&quality), "courseTeachOut", entity, shorter).await;
        let decided = reply.done("course");
        assert_eq!(decided["state"], "TEACH_OUT");
        assert_eq!(decided["teachOuts"].as_array().map(Vec::len), Some(2), "the first stays to be read");
        assert!(told(&reply).contains("this takes the place of the decision until 2026-12-31"), "{}", reply.body());
        let document = "query($id: ID!) { course(by: { id: $id }) { teachOuts { until } } }";
        let data = world.data(Some(&quality), document, json!({ "id": stays.global_id() })).await;
        assert_eq!(data["course"]["teachOuts"], json!([]));
    }
}
