//! A right at an enrolment that was taken away counts from the next transaction on, for everyone who asks at that moment.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{course, school};
use tests::enrolments::{FIELDS, create_input, enrolled, trainee};
use tests::race::asked_at_once;
use tests::world::mutation;
use tests::{World, on_both_databases};

/// How many connections ask at once: every fifth changes something.
const CONNECTIONS: usize = 50;

const READ: &str = "query($id: ID!) { enrolment(by: { id: $id }) { state } enrolments { totalCount } \
     enrolmentProgress(id: $id) { held } }";

/// The answers to one read and the change `field`, asked for at once.
async fn all_ask(
    world: &World,
    token: &str,
    id: &str,
    (field, input): (&str, &Value),
) -> (Vec<Value>, Vec<Value>) {
    let answers = asked_at_once(world, token, CONNECTIONS, |place| {
        if place % 5 == 0 {
            return (mutation(field, FIELDS), json!({ "input": input }));
        }
        (READ.to_owned(), json!({ "id": id }))
    })
    .await;
    let data = |(status, body): (u16, Value)| {
        assert_eq!((status, body.get("errors")), (200, None), "{body}");
        body["data"].clone()
    };
    answers.into_iter().map(data).partition(|data| data.get(field).is_none())
}

on_both_databases! {
    async fn whoever_lost_the_role_neither_reads_nor_changes_an_enrolment_from_then_on(world: World) {
        let (here, there) = (school(&world).await, school(&world).await);
        let subject = "a coordinator for now";
        let scope = GrantScope::Organisation(here.organisation.id);
        let token = world.grant_to(subject, Role::PartnerCoordinator, scope).await;
        let lead = world.grant(Role::LeadTrainer, Some(here.organisation.id)).await;
        let elsewhere = world.grant(Role::PartnerCoordinator, Some(there.organisation.id)).await;
        let taken = course(&world, &here, State::Open).await;
        let (tia, own) = trainee(&world, &here.organisation, "Tia").await;
        let one = enrolled(&world, &token, &taken, &tia).await;
        let seen = json!({ "enrolment": { "state": "PLACED" }, "enrolments": { "totalCount": 1 }, "enrolmentProgress": { "held": 0 } });
        let nothing = json!({ "enrolment": null, "enrolments": { "totalCount": 0 }, "enrolmentProgress": null });
        let read = async |token: &str| world.data(Some(token), READ, json!({ "id": one.id })).await;
        assert_eq!((read(&token).await, read(&elsewhere).await), (seen.clone(), nothing.clone()));
        let account = world.uuid(account_id(DemoIssuer::NAME, subject));
        let withdrawal = format!("update role_grant set valid_to = '2026-05-01' where account_id = {account}");
        world.database.eye.execute(&withdrawal).await.expect("it is withdrawn");
        let before = world.database.eye.contents().await;
        let leave = one.input(&json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE", "initiator": "TRAINEE" }));
        let (reads, changes) = all_ask(&world, &token, &one.id, ("enrolmentWithdraw", &leave)).await;
        assert_eq!((reads.len(), changes.len()), (40, 10));
        for answer in reads {
            assert_eq!(answer, nothing);
        }
        for answer in changes {
            let payload = &answer["enrolmentWithdraw"];
            assert_eq!((&payload["userErrors"][0]["code"], &payload["enrolment"]), (&json!("NOT_FOUND"), &Value::Null), "{payload}");
        }
        for id in [&one.id, &format!("enr_{:032x}", 7)] {
            let defer = json!({ "id": id, "expectedVersion": one.version });
            let reply = world.mutate(Some(&token), "enrolmentDefer", FIELDS, defer).await;
            assert_eq!(reply.codes(), ["FORBIDDEN"], "{id}: whether it is there or not");
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        assert_eq!((read(&lead).await, read(&own).await), (seen.clone(), seen), "nobody else lost anything");
    }

    async fn a_licence_that_is_suspended_gives_nobody_a_place_from_then_on(world: World) {
        let (here, there) = (school(&world).await, school(&world).await);
        let quality = world.token(Role::QualityLead, None);
        let mut tokens = Vec::new();
        let mut courses = Vec::new();
        let mut people = Vec::new();
        for school in [&here, &there] {
            tokens.push(world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await);
            courses.push(course(&world, school, State::Open).await);
            people.push(trainee(&world, &school.organisation, "Una").await.0);
        }
        let (tia, _) = trainee(&world, &here.organisation, "Tia").await;
        let one = enrolled(&world, &tokens[0], &courses[0], &tia).await;
        let why = json!({
            "id": here.licence.global_id(), "expectedVersion": here.licence.version, "reason": "A test.", "publicReason": "A test.",
        });
        world.mutate(Some(&quality), "licenceSuspend", "", why).await.done("impact");
        let before = world.database.eye.contents().await;
        let create = create_input(&courses[0], &people[0]);
        let (reads, changes) = all_ask(&world, &tokens[0], &one.id, ("enrolmentCreate", &create)).await;
        assert_eq!((reads.len(), changes.len()), (40, 10));
        for answer in reads {
            assert_eq!(answer["enrolment"]["state"], "PLACED", "who has a place is looked after");
        }
        for answer in changes {
            let payload = &answer["enrolmentCreate"];
            assert_eq!((&payload["userErrors"][0]["code"], &payload["enrolment"]), (&json!("LICENCE_NOT_ACTIVE"), &Value::Null), "{payload}");
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        assert_eq!(enrolled(&world, &tokens[1], &courses[1], &people[1]).await.state, "PLACED", "under another licence");
        let back = json!({ "id": here.licence.global_id(), "expectedVersion": here.licence.version + 1, "reason": "A test." });
        world.mutate(Some(&quality), "licenceReinstate", "", back).await.done("impact");
        assert_eq!(enrolled(&world, &tokens[0], &courses[0], &people[0]).await.state, "PLACED");
    }
}
