//! What trainees say themselves: what they prepared and read, and what was agreed so that they can take part.

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::jobs;
use serde_json::json;
use tests::courses::{course, school};
use tests::enrolments::{at_work, enrolled, trainee};
use tests::{World, on_both_databases};

on_both_databases! {
    async fn what_is_prepared_is_ticked_off_by_the_trainee_alone(world: World) {
        let school = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let course = course(&world, &school, State::Open).await;
        let (ann, own) = trainee(&world, &school.organisation, "Ann").await;
        let (_, other) = trainee(&world, &world.b.clone(), "Sam").await;
        let one = enrolled(&world, &coordinator, &course, &ann).await;
        let tick = |token: &str, module: String, done: bool| {
            let input = json!({ "enrolmentId": one.id, "moduleId": module, "kind": "READING", "done": done });
            let (world, token) = (world.clone(), token.to_owned());
            async move {
                let fields = "enrolment { preparation { kind doneOn module { number } } }";
                world.mutate(Some(&token), "preparationTick", fields, input).await
            }
        };
        let module = school.curriculum.module_id(0);
        assert_eq!(tick(&coordinator, module.clone(), true).await.codes(), ["FORBIDDEN"]);
        assert_eq!(tick(&other, module.clone(), true).await.codes(), ["NOT_FOUND"]);
        let missing = tick(&own, format!("mdl_{:032x}", 7), true).await;
        assert_eq!(missing.codes(), ["NOT_FOUND"]);
        assert_eq!(tick(&own, module.clone(), false).await.codes(), ["UNCHANGED"]);
        let ticked = tick(&own, module.clone(), true).await;
        assert_eq!(ticked.done("enrolment")["preparation"], json!([
            { "kind": "READING", "doneOn": "2026-05-01", "module": { "number": 1 } },
        ]));
        assert_eq!(tick(&own, module.clone(), true).await.codes(), ["UNCHANGED"]);
        assert_eq!(tick(&own, module.clone(), false).await.done("enrolment")["preparation"], json!([]));
        assert_eq!(tick(&own, module, true).await.codes(), [] as [&str; 0]);
    }

    async fn adjustments_are_the_persons_to_tell(world: World) {
        let school = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let course = course(&world, &school, State::Open).await;
        let (ann, own) = trainee(&world, &school.organisation, "Ann").await;
        let (_, other) = trainee(&world, &world.b.clone(), "Sam").await;
        let mut one = enrolled(&world, &coordinator, &course, &ann).await;
        let (supervisor, subject) = at_work(&world, Role::Supervisor, school.organisation.id, "Sue").await;
        let supervisor_token = world.token_of(&subject);
        let support = json!({ "supervisorId": supervisor.global_id() });
        one.step(&world, &coordinator, "enrolmentSetSupport", &support).await;
        let id = one.id.clone();
        let set = |token: &str, text: &str| {
            let input = json!({ "enrolmentId": id, "text": text });
            let (world, token) = (world.clone(), token.to_owned());
            async move {
                let fields = "enrolment { adjustments { id version } }";
                world.mutate(Some(&token), "adjustmentsSet", fields, input).await
            }
        };
        assert_eq!(set(&coordinator, "Breaks.").await.codes(), ["FORBIDDEN"]);
        assert_eq!(set(&other, "Breaks.").await.codes(), ["NOT_FOUND"]);
        assert_eq!(set(&own, " ").await.codes(), ["INVALID"]);
        let first = set(&own, "Breaks.").await.done("enrolment")["adjustments"].clone();
        let second = set(&own, "Breaks, and a seat by the door.").await.done("enrolment")["adjustments"].clone();
        assert_eq!((&first["id"], &first["version"], &second["version"]), (&second["id"], &json!(1), &json!(2)), "one text");
        let shown = |token: String| {
            let (world, id) = (world.clone(), id.clone());
            async move {
                let document = "query($id: ID!) { enrolment(by: { id: $id }) { adjustments { id } } }";
                world.data(Some(&token), document, json!({ "id": id })).await["enrolment"]["adjustments"].clone()
            }
        };
        for token in [&coordinator, &supervisor_token] {
            assert_eq!(shown(token.clone()).await, json!(null), "not without being let");
        }
        let share = json!({
            "id": second["id"], "expectedVersion": 2, "readerId": supervisor.global_id(), "role": "SUPERVISOR",
            "consentWording": "support-1",
        });
        world.mutate(Some(&own), "sensitiveRecordShare", "sensitiveRecord { id }", share).await.done("sensitiveRecord");
        assert_eq!(shown(supervisor_token.clone()).await["id"], second["id"]);
        let open = json!({ "id": second["id"], "purpose": "SUPPORT" });
        let opened = world.mutate(Some(&supervisor_token), "sensitiveRecordOpen", "text", open).await;
        assert_eq!(opened.done("text"), "Breaks, and a seat by the door.");
        let log = world.data(Some(&own), "{ sensitiveDisclosures { nodes { purpose } } }", json!({})).await;
        assert_eq!(log["sensitiveDisclosures"]["nodes"], json!([{ "purpose": "SUPPORT" }]), "the person sees who read it");
        one.step(&world, &own, "enrolmentWithdraw", &json!({ "on": "2026-05-01", "reason": "DECLINED_PLACE" })).await;
        assert_eq!(set(&own, "More.").await.codes(), ["CONFLICT"]);
        jobs::round(world.app.core(), "enrolment-needs").await.expect("a round");
        let ends = "select count(*) from enrolment e join sensitive_record r on r.person_id = e.person_id \
                    where r.retain_until = e.enrolled_to";
        assert_eq!(world.database.eye.texts(&ends.replace("count(*)", "cast(count(*) as text)")).await, ["1"], "no longer than needed");
    }
}
