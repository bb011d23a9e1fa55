//! Restriction of processing: honoured for everyone but the person and the data protection officer.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use alongside::db::Access;
use alongside::vault::model::{Category, ReaderRole};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::courses::{course, school};
use tests::credentials::{global_id, graduation};
use tests::enrolments::{Enrolled, at_work, enrolled, trainee};
use tests::eye::texts;
use tests::people::{linked, list, person, trainer_of};
use tests::vault::{id, kept, opened, reader, shared, signed_in};
use tests::world::NATIONAL;
use tests::{World, on_both_databases, on_postgres};

use super::{all, decided, officer, restricted};

/// What somebody sees of a person, in every way there is.
const SEEN: &str = "query($per: ID!, $trn: ID!, $sen: ID!, $crd: ID!, $org: ID!) {
  person(by: { id: $per }) { preferredName }
  node(id: $per) { id }
  people(where: { preferredName: { eq: \"Rowan\" } }) { totalCount }
  trainer(by: { id: $trn }) { preferredName }
  trainers(where: { preferredName: { eq: \"Rowan\" } }) { totalCount }
  sensitiveRecord(by: { id: $sen }) { id }
  credential(by: { id: $crd }) { holderName }
  credentials { totalCount }
  organisation(by: { id: $org }) { id }
}";

/// The answers that hold anything of the person.
fn told(answer: &Value) -> Vec<String> {
    let object = answer["data"].as_object().cloned().unwrap_or_default();
    let fields = object.into_iter().filter(|(name, value)| {
        name != "organisation" && *value != Value::Null && value["totalCount"] != 0
    });
    fields.map(|(name, _)| name).collect()
}

on_both_databases! {
    async fn nobody_but_the_person_and_the_officer_sees_or_changes_what_is_restricted(world: World) {
        let mut someone = person(&world, "Rowan", Some(&world.a)).await;
        let teacher = trainer_of(&world, someone.clone(), &world.a).await;
        list(&world, &teacher, 1).await;
        linked(&world, &mut someone, "rowan").await;
        let needs = kept(&world, &someone, Some(world.a.id), Category::SupportNeeds, "A ramp.").await;
        let (tutor, tutors) = signed_in(&world, "tutor").await;
        shared(&world, needs, reader(&tutor, ReaderRole::Tutor)).await;
        let place = school(&world).await;
        let taken = course(&world, &place, State::Draft).await;
        let credential = graduation(&world, &someone, &place, &taken).await;
        let variables = json!({
            "per": someone.global_id(), "trn": teacher.global_id(), "sen": id(needs),
            "crd": global_id(&credential), "org": world.a.global_id(),
        });
        let mut everyone = vec![("public".to_owned(), None), ("tutor".to_owned(), Some(tutors.clone()))];
        for role in NATIONAL.into_iter().filter(|role| *role != Role::DataProtectionOfficer) {
            everyone.push((role.code().to_owned(), Some(world.token(role, None))));
        }
        for role in [Role::PartnerCoordinator, Role::PartnerSignatory, Role::LeadTrainer, Role::Trainer] {
            everyone.push((format!("{} of A", role.code()), Some(world.grant(role, Some(world.a.id)).await)));
            everyone.push((format!("{} of the school", role.code()), Some(world.grant(role, Some(place.organisation.id)).await)));
        }
        let seen = async |token: Option<&str>| told(&world.query(token, SEEN, variables.clone()).await);
        let mut saw = 0;
        for (_, token) in &everyone {
            saw += seen(token.as_deref()).await.len();
        }
        assert!(saw > 20, "before, many see much");
        let own = world.token_of("rowan");
        let before = seen(Some(&own)).await;
        let restriction = restricted(&world, &someone).await;
        for (who, token) in &everyone {
            let left: Vec<String> = seen(token.as_deref()).await;
            // Those who see credentials see those of other people.
            assert!(left.iter().all(|name| name == "credentials" || name == "trainers"), "{who}: {left:?}");
        }
        assert_eq!(seen(Some(&own)).await, before, "the person sees the same");
        assert!(seen(Some(&officer(&world))).await.contains(&"person".to_owned()));
        let shown = world.data(None, "query($t: String!) { credentialVerification(token: $t) { status holderName } }", json!({ "t": credential.public_token })).await;
        assert_eq!(shown["credentialVerification"], json!({ "status": "VALID", "holderName": null }));
        assert_eq!(opened(&world, Some(&tutors), needs, "SUPPORT").await.codes(), ["NOT_FOUND"]);
        assert!(opened(&world, Some(&own), needs, "OWN_RECORD").await.codes().is_empty());
        assert!(opened(&world, Some(&officer(&world)), needs, "RIGHTS_REQUEST").await.codes().is_empty());
        // Nobody changes anything: to others it is not there.
        let rename = json!({ "id": someone.global_id(), "expectedVersion": someone.version, "preferredName": "Elm", "certificateName": "Elm", "effectiveOn": "2026-05-01" });
        for (who, token) in [("coordinator", world.coordinator(&world.a)), ("officer", world.officer())] {
            let reply = world.mutate(Some(&token), "personRename", "", rename.clone()).await;
            assert_eq!(reply.codes(), ["NOT_FOUND"], "{who}");
        }
        let share = json!({ "id": id(needs), "expectedVersion": 2, "readerId": tutor.global_id(), "role": "SUPERVISOR", "consentWording": "v1" });
        assert_eq!(world.mutate(Some(&own), "sensitiveRecordShare", "", share).await.codes(), ["CONFLICT"]);
        let unshare = json!({ "id": id(needs), "expectedVersion": 2, "readerId": tutor.global_id() });
        assert_eq!(world.mutate(Some(&own), "sensitiveRecordUnshare", "", unshare).await.codes(), [] as [&str; 0], "a choice is taken back at once");
        // Lifted, all is as before.
        let lift = json!({ "id": restriction, "expectedVersion": 1, "reason": "Settled." });
        world.mutate(Some(&officer(&world)), "restrictionLift", "restriction { liftedAt }", lift).await.done("restriction");
        assert_eq!(seen(Some(&own)).await, before);
        assert!(seen(Some(&world.coordinator(&world.a))).await.contains(&"person".to_owned()));
    }

    async fn how_somebody_stands_on_a_course_is_hidden_with_them(world: World) {
        let place = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(place.organisation.id)).await;
        let taken = course(&world, &place, State::Open).await;
        let (supervisor, subject) = at_work(&world, Role::Supervisor, place.organisation.id, "Sue").await;
        let supervisor_token = world.token_of(&subject);
        let mut enrolments = Vec::new();
        for name in ["Ann", "Ben"] {
            let (someone, own) = trainee(&world, &place.organisation, name).await;
            let mut one = enrolled(&world, &coordinator, &taken, &someone).await;
            let support = json!({ "supervisorId": supervisor.global_id() });
            one.step(&world, &coordinator, "enrolmentSetSupport", &support).await;
            enrolments.push((someone, own, one));
        }
        let (ann, own, one) = &enrolments[0];
        restricted(&world, ann).await;
        let document = "query($id: ID!, $course: ID!) { enrolmentProgress(id: $id) { held } courseProgress(courseId: $course) { held } }";
        let quality = world.token(Role::QualityLead, None);
        for (who, token, one_seen, all) in [
            ("PCO", &coordinator, false, 1), ("supervisor", &supervisor_token, false, 0), ("NQL", &quality, false, 1),
            ("DPO", &officer(&world), true, 2), ("the person", own, true, 0), ("B", &world.coordinator(&world.b), false, 0),
        ] {
            let variables = json!({ "id": one.id, "course": taken.global_id() });
            let data = world.data(Some(token), document, variables).await;
            let seen = data["courseProgress"].as_array().map(Vec::len);
            assert_eq!((!data["enrolmentProgress"].is_null(), seen), (one_seen, Some(all)), "{who}");
        }
        let met = |of: &Enrolled| json!({ "enrolmentId": of.id, "heldOn": "2026-05-01", "minutes": 60, "kind": "GROUP" });
        let hidden = world.mutate(Some(&supervisor_token), "supervisionRecord", "enrolment { id }", met(one)).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"]);
        let other = world.mutate(Some(&supervisor_token), "supervisionRecord", "enrolment { id }", met(&enrolments[1].2)).await;
        assert_eq!(other.codes(), [] as [&str; 0]);
    }

    async fn whoever_is_restricted_still_sees_all_that_is_their_own(world: World) {
        let place = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(place.organisation.id)).await;
        let taken = course(&world, &place, State::Open).await;
        let (ann, own) = trainee(&world, &place.organisation, "Ann").await;
        let one = enrolled(&world, &coordinator, &taken, &ann).await;
        signed_in(&world, "quality").await;
        world.grant_to("quality", Role::QualityLead, GrantScope::Nation).await;
        for (name, entity, input) in [
            ("assignmentSubmit", "assignment { id }", one.input(&json!({ "text": "What I learnt." }))),
            ("consentGive", "consent { id }", json!({ "purpose": "CASE_STUDY", "wording": "story/1" })),
            ("adjustmentsSet", "enrolment { id }", json!({ "enrolmentId": one.id, "text": "A ramp." })),
            ("concernRaise", "concern { id }", json!({ "enrolmentId": one.id, "level": "WORRY", "text": "I am worried." })),
        ] {
            world.mutate(Some(&own), name, entity, input).await.done("userErrors");
        }
        let other = school(&world).await;
        let done = course(&world, &other, State::Draft).await;
        let credential = graduation(&world, &ann, &other, &done).await;
        let document = "query($id: ID!) { enrolments { nodes { state name personId assignments { state text { id } } adjustments { id } } } \
             enrolmentProgress(id: $id) { needed } assignmentAttempts { nodes { state } } consents { nodes { purpose wording } } \
             concerns { nodes { level name } } credentials { nodes { id holderName } } sensitiveRecords { nodes { id category } } \
             people { nodes { id preferredName } } }";
        let seen = async |token: &str| world.data(Some(token), document, json!({ "id": one.id })).await;
        let before = seen(&own).await;
        for (name, of) in before.as_object().expect("an object") {
            let rows = of["nodes"].as_array().map_or(0, Vec::len);
            assert!(rows > 0 || name == "enrolmentProgress" && !of.is_null(), "{name}: {before}");
        }
        assert_eq!(before["credentials"]["nodes"][0]["id"], json!(global_id(&credential)));
        restricted(&world, &ann).await;
        assert_eq!(seen(&own).await, before, "nothing of it is kept from her");
        for token in [&coordinator, &world.coordinator(&world.b)] {
            let hidden = seen(token).await;
            assert_eq!((&hidden["enrolments"]["nodes"], &hidden["enrolmentProgress"]), (&json!([]), &Value::Null));
            assert!(!hidden.to_string().contains(&ann.global_id()), "{hidden}");
        }
    }

    async fn the_officer_alone_restricts_and_not_the_own_data(world: World) {
        let someone = person(&world, "Elm", Some(&world.a)).await;
        let mut oneself = person(&world, "Officer", None).await;
        linked(&world, &mut oneself, &tests::given::subject(Role::DataProtectionOfficer, None)).await;
        let input = |who: &tests::people::Someone, reason: &str| json!({ "personId": who.global_id(), "ground": "OBJECTION_PENDING", "reason": reason });
        for token in [world.officer(), world.coordinator(&world.a)] {
            assert_eq!(world.mutate(Some(&token), "restrictionPlace", "", input(&someone, "A test.")).await.codes(), ["FORBIDDEN"]);
        }
        let dpo = officer(&world);
        assert_eq!(world.mutate(Some(&dpo), "restrictionPlace", "", input(&oneself, "A test.")).await.codes(), ["SEPARATION_OF_DUTIES"]);
        assert_eq!(world.mutate(Some(&dpo), "restrictionPlace", "", input(&someone, "")).await.codes(), ["INVALID"]);
        world.mutate(Some(&dpo), "restrictionPlace", "", input(&someone, "A test.")).await.done("userErrors");
        assert_eq!(world.mutate(Some(&dpo), "restrictionPlace", "", input(&someone, "A test.")).await.codes(), ["UNCHANGED"]);
        let request = json!({ "personId": oneself.global_id() });
        assert_eq!(world.mutate(Some(&dpo), "erasureRecord", "", request).await.codes(), ["SEPARATION_OF_DUTIES"]);
        let hold = json!({ "personId": oneself.global_id(), "reason": "A test." });
        assert_eq!(world.mutate(Some(&dpo), "retentionHoldPlace", "", hold).await.codes(), ["SEPARATION_OF_DUTIES"]);
        let asked = world.mutate(Some(&dpo), "erasureAsk", "request { id }", json!({ "personId": oneself.global_id() })).await;
        let own = asked.done("request")["id"].as_str().expect("an id").to_owned();
        assert_eq!(decided(&world, &dpo, &own, all()).await.codes(), ["SEPARATION_OF_DUTIES"]);
    }
}

on_postgres! {
    async fn the_row_policies_hide_who_is_restricted_from_members_and_the_public(world: World) {
        let someone = person(&world, "Rowan", Some(&world.a)).await;
        kept(&world, &someone, Some(world.a.id), Category::Motivation, "A text.").await;
        let tables = ["person", "person_name", "sensitive_record"];
        let seen = async |world: &World| {
            let tx = world.app.core().db().begin(Access::Read, &world.a.scope()).await.expect("a transaction");
            let mut seen = Vec::new();
            for table in tables {
                seen.push(texts(&tx, &format!("select id::text from {table}")).await.expect("a look").len());
            }
            tx.rollback().await;
            seen
        };
        assert_eq!(seen(&world).await, [1, 1, 1]);
        restricted(&world, &someone).await;
        assert_eq!(seen(&world).await, [0, 0, 0]);
        let tx = world.app.core().db().begin(Access::Write, &world.a.scope()).await.expect("a transaction");
        let lifted = tx.execute_unprepared("delete from restricted_person").await.expect("none");
        assert_eq!(lifted.rows_affected(), 0, "and no member lifts it");
        tx.rollback().await;
    }
}
