//! Two at once: a grant against a grant, a suspension against a reinstatement.

use serde_json::json;
use tests::licences::{Licence, Stage, licence};
use tests::race::at_once;
use tests::{World, given, on_both_databases};

use super::Staff;

/// How many rounds of each race are run.
const ROUNDS: usize = 200;

/// Runs both at once; gives the codes of both answers, sorted.
async fn rivals(
    world: &World,
    requests: [(&'static str, String, serde_json::Value); 2],
) -> Vec<String> {
    let replies = at_once(2, |index| {
        let (world, (field, token, input)) = (world.clone(), requests[index].clone());
        async move { world.mutate(Some(&token), field, "", input).await }
    });
    let mut codes: Vec<String> =
        replies.await.iter().map(|reply| reply.codes().join(" ")).collect();
    codes.sort();
    codes
}

on_both_databases! {
    async fn two_grants_at_once_leave_one_licence(world: World) {
        let deputy = world.grant_to("deputy", alongside::actor::Role::LicensingOfficer, alongside::actor::GrantScope::Nation).await;
        for round in 0..ROUNDS {
            let holder = given::organisation(&world).active().register().await;
            let one = licence(&world, &holder).up_to(Stage::Proposed).await;
            let other = licence(&world, &holder).up_to(Stage::Proposed).await;
            let confirm = |licence: &Licence, token: &str| {
                let input = json!({ "id": licence.global_id(), "expectedVersion": licence.version });
                ("licenceConfirmGrant", token.to_owned(), input)
            };
            let codes = rivals(&world, [confirm(&one, &world.officer()), confirm(&other, &deputy)]).await;
            assert_eq!(codes, ["", "LICENCE_OVERLAP"], "round {round}");
            let live = format!("organisation_id = {} and stage = 'GRANTED'", world.uuid(holder.id));
            assert_eq!(world.database.eye.rows_where("licence_programme", &live).await, 1);
        }
        let numbers = "number is not null";
        assert_eq!(world.database.eye.rows_where("licence", numbers).await, i64::try_from(ROUNDS).expect("a number"));
    }

    async fn suspension_and_reinstatement_at_once_leave_a_legal_history(world: World) {
        let holder = given::organisation(&world).active().register().await;
        let staff = Staff::of(&world, &holder).await;
        let licence = licence(&world, &holder).up_to(Stage::Granted).await;
        let mut version = licence.version;
        let mut suspended = false;
        for round in 0..ROUNDS {
            let with = |more: serde_json::Value| {
                let mut input = json!({ "id": licence.global_id(), "expectedVersion": version, "reason": "A test." });
                input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                input
            };
            let suspend = ("licenceSuspend", staff.quality.clone(), with(json!({ "publicReason": "A test." })));
            let reinstate = ("licenceReinstate", staff.quality.clone(), with(json!({})));
            assert_eq!(rivals(&world, [suspend, reinstate]).await, ["", "CONFLICT"], "round {round}");
            (version, suspended) = (version + 1, !suspended);
            let state = if suspended { "SUSPENDED" } else { "GRANTED" };
            let now = format!("state = '{state}' and version = {version}");
            assert_eq!(world.database.eye.rows_where("licence", &now).await, 1, "round {round}");
        }
    }
}
