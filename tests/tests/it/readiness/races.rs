//! Two at once: one wins, the other is told, nothing is lost.

use alongside::graphql::ids;
use alongside::readiness::score::Outcome;
use serde_json::json;
use tests::readiness::{Stage, VALIDATOR, assessment, crew, first_rater};
use tests::{World, given, on_both_databases};

use super::{id_of, indicators, read, staffed};

/// How many rounds.
const ROUNDS: usize = 200;

on_both_databases! {
    async fn two_on_one_answer_leave_one_of_them(world: World) {
        let (of, coordinator, signatory) = staffed(&world).await;
        let (_, indicators) = indicators(&world).await;
        let open = assessment(&world, of.id, Outcome::Ready, Stage::Draft).await;
        let (rater, first) = first_rater(&world, &open).await;
        let indicator = id_of(&indicators, "1.2");
        let document = "query($id: ID!) { node(id: $id) { ... on ReadinessRater { version answers { nodes { score } } } } }";
        for round in 0..ROUNDS {
            let version = first + i32::try_from(round).expect("few");
            let answer = async |token: &str, score: usize| {
                let input = json!({
                    "raterId": rater, "expectedVersion": version,
                    "answers": [{ "indicatorId": indicator, "score": score }],
                });
                world.mutate(Some(token), "readinessAnswerSet", "", input).await.codes().iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()
            };
            let (one, other) = tokio::join!(answer(&coordinator, round % 4), answer(&signatory, (round + 1) % 4));
            let won = match (one.as_slice(), other.as_slice()) {
                ([], [lost]) if lost == "CONFLICT" => round % 4,
                ([lost], []) if lost == "CONFLICT" => (round + 1) % 4,
                _ => unreachable!("round {round}: {one:?} and {other:?}"),
            };
            let found = world.data(Some(&coordinator), document, json!({ "id": rater })).await;
            let expected = json!({ "version": version + 1, "answers": { "nodes": [{ "score": won }] } });
            assert_eq!(found["node"], expected, "round {round}");
        }
    }

    async fn two_validators_at_once_leave_one_outcome(world: World) {
        crew(&world).await;
        let lead = world.token(alongside::actor::Role::QualityLead, None);
        let other = world.token_of(VALIDATOR);
        // Each round is an assessment of its own: of two organisations in turn.
        let tenants = [given::organisation(&world).active().register().await, given::organisation(&world).active().register().await];
        for round in 0..ROUNDS {
            let of = &tenants[round % 2];
            let scored = assessment(&world, of.id, Outcome::Conditional, Stage::Scored).await;
            let id = ids::encode("ras", scored.id);
            let validate = async |token: &str| {
                let input = json!({ "id": id, "expectedVersion": scored.version });
                world.mutate(Some(token), "readinessValidate", "", input).await.codes().iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()
            };
            let (one, two) = tokio::join!(validate(&lead), validate(&other));
            let mut both = [one, two];
            both.sort();
            assert_eq!(both, [vec![], vec!["CONFLICT".to_owned()]], "round {round}");
            let found = read(&world, &lead, &id).await;
            assert_eq!((&found["status"], &found["version"]), (&json!("CURRENT"), &json!(scored.version + 1)));
        }
        let standing = world.database.eye.rows_where("readiness_assessment", "state = 'VALIDATED'").await;
        assert_eq!(standing, 2, "one of each organisation");
    }
}
