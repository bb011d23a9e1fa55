//! Trends, the nation's figures, and to whom they are told.

use alongside::actor::Role;
use alongside::graphql::ids;
use alongside::readiness::score::Outcome;
use serde_json::{Value, json};
use tests::readiness::{Stage, assessment, draft_instrument, stands_at};
use tests::{World, given, on_both_databases};

use super::{indicators, staffed};

const OVERVIEW: &str =
    "query($id: ID!) { readinessOverview(instrumentId: $id) { spread { total ready conditional notReady }
    regions { region { name } spread { ready conditional notReady } } domains { code score gap }
    weakest { code hundredths } } }";

on_both_databases! {
    async fn a_trend_leads_over_versions_by_the_indicators_that_follow(world: World) {
        let (of, ..) = staffed(&world).await;
        assessment(&world, of.id, Outcome::Conditional, Stage::Validated).await;
        world.set_clock("2026-06-01T09:00:00Z");
        assessment(&world, of.id, Outcome::Ready, Stage::Validated).await;
        let (first, _) = indicators(&world).await;
        let next = ids::encode("rin", draft_instrument(&world).await);
        let publish = json!({ "id": next, "expectedVersion": 1 });
        world.mutate(Some(&world.token(Role::QualityLead, None)), "readinessInstrumentPublish", "", publish).await.done("impact");
        let document = "query($of: ID!, $by: ID!) { readinessTrend(organisationId: $of, instrumentId: $by) {
            validatedOn instrumentName outcome domains { code score } } }";
        let trend = async |token: &str, by: &str| {
            let variables = json!({ "of": of.global_id(), "by": by });
            world.data(Some(token), document, variables).await["readinessTrend"].take()
        };
        let coordinator = world.token(Role::PartnerCoordinator, Some(of.id));
        let own = trend(&coordinator, &first).await;
        let told = |place: usize| (&own[place]["validatedOn"], &own[place]["outcome"], &own[place]["domains"][2]);
        assert_eq!(told(0), (&json!("2026-05-01"), &json!("CONDITIONAL"), &json!({ "code": "D3", "score": 6667 })));
        assert_eq!(told(1), (&json!("2026-06-01"), &json!("READY"), &json!({ "code": "D3", "score": 10_000 })));
        // The next version follows the first one indicator by indicator.
        assert_eq!(trend(&coordinator, &next).await, own);
        assert_eq!(trend(&world.coordinator(&world.b), &first).await, json!([]), "others see nothing");
        let few = world.statements_of(trend(&coordinator, &next)).await;
        assessment(&world, of.id, Outcome::Ready, Stage::Validated).await;
        assert_eq!(world.statements_of(trend(&coordinator, &next)).await, few, "however many there are");
    }

    async fn the_nation_sees_exact_figures_and_members_none_that_are_small(world: World) {
        let (instrument, _) = indicators(&world).await;
        let overview = async |token: Option<&str>| {
            world.data(token, OVERVIEW, json!({ "id": instrument })).await["readinessOverview"].take()
        };
        for (place, outcome) in [Outcome::Ready, Outcome::Ready, Outcome::Conditional, Outcome::NotReady].into_iter().enumerate() {
            let of = given::organisation(&world).active().register().await;
            stands_at(&world, of.id, outcome).await;
            if place == 0 {
                // What is open, and what was superseded, is not counted.
                assessment(&world, of.id, Outcome::Ready, Stage::Validated).await;
                assessment(&world, of.id, Outcome::NotReady, Stage::Submitted).await;
            }
        }
        let lead = world.token(Role::QualityLead, None);
        let found = overview(Some(&lead)).await;
        assert_eq!(found["spread"], json!({ "total": 4, "ready": 2, "conditional": 1, "notReady": 1 }));
        // 10000, 10000, 6667 and 3333; the raters and the reviewer agree.
        assert_eq!(found["domains"][2], json!({ "code": "D3", "score": 7500, "gap": 0 }));
        assert_eq!(found["domains"][0]["score"], 5834, "half up");
        assert_eq!(found["weakest"].as_array().map(Vec::len), Some(10));
        assert_eq!(found["weakest"][0], json!({ "code": "1.1", "hundredths": 175 }));
        // What no row gives alone keeps the order of the question in lists too, though some of it is read later.
        let ordered = "query($id: ID!) { readinessOverview(instrumentId: $id) {
            weakest { indicator { code } code } regions { region { name } spread { total } } } }";
        let body = world.query(Some(&lead), ordered, json!({ "id": instrument })).await;
        let of = &body["data"]["readinessOverview"];
        let keys = |of: &Value| of.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        assert_eq!([keys(&of["weakest"][0]), keys(&of["regions"][0])], [["indicator", "code"], ["region", "spread"]]);
        let member = overview(Some(&world.coordinator(&world.b))).await;
        let untold = json!({ "total": null, "ready": null, "conditional": null, "notReady": null });
        assert_eq!(member["spread"], untold, "of a few not even a nought is told");
        assert_eq!(member["regions"], json!([]), "nor that one stands there");
        assert_eq!(member["domains"][2], json!({ "code": "D3", "score": null, "gap": null }));
        assert_eq!(member["weakest"], json!([]));
        assert_eq!(overview(None).await, Value::Null, "the public is told nothing");
        let expired = "2027-06-01T09:00:00Z";
        world.set_clock(expired);
        let lead = world.token(Role::QualityLead, None);
        assert_eq!(overview(Some(&lead)).await["spread"], json!({ "total": 1, "ready": 0, "conditional": 0, "notReady": 1 }), "what expired is not counted");
        assert_eq!(overview(Some(&world.coordinator(&world.b))).await["spread"], untold, "nor of one");
    }
}
