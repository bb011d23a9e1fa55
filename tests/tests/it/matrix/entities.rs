//! Entities of a federation: the gateway's credential opens the door, the user's token decides.

use serde_json::{Value, json};
use tests::{World, on_both_databases};

use super::ask::{Channel, Question};
use super::marks::{Network, asker};
use super::policy::Policy;
use super::sdl::Sdl;
use super::{Facts, put, today};
use crate::answers::{codes, list};

const ENTITIES: &str = "query($of: [_Any!]!) { _entities(representations: $of) {
    __typename
    ... on Organisation { id name identifiers { id verifiedBy } auditEvents { totalCount } }
    ... on RoleGrant { id accountLabel } ... on BoardAssignment { id organisation { id } } } }";

fn of(representations: Value) -> Question {
    let variables = json!({ "of": representations });
    Question::new(Channel::EntitiesById, ENTITIES.to_owned(), variables)
}

/// The status and body of the answer to one who sends this credential.
async fn with_credential(
    world: &World,
    credential: Option<&str>,
    token: Option<&str>,
) -> (u16, Value) {
    let representation = json!([{ "__typename": "Organisation", "id": world.a.global_id() }]);
    let mut request = world
        .post(token)
        .json(&json!({ "query": ENTITIES, "variables": { "of": representation } }));
    if let Some(credential) = credential {
        request = request.header("alongside-gateway", credential);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

on_both_databases! {
    async fn entities_open_to_the_gateway_alone(world: World) {
        let officer = world.officer();
        for token in [None, Some(officer.as_str())] {
            let (_, body) = with_credential(&world, None, token).await;
            assert_eq!(codes(&body).first(), Some(&"GRAPHQL_VALIDATION_FAILED"), "{body}");
            assert_eq!(body.get("data"), None, "{body}");
            for forged in ["", "x", &"0".repeat(64), &world.issuer.gateway_credential()[1..]] {
                let (status, body) = with_credential(&world, Some(forged), token).await;
                assert_eq!((status, codes(&body)), (401, vec!["UNAUTHENTICATED"]), "{forged}");
                assert_eq!(body.get("data"), None, "{body}");
            }
        }
        let genuine = world.issuer.gateway_credential();
        let (status, body) = with_credential(&world, Some(&genuine), None).await;
        assert_eq!(status, 200);
        assert_eq!(body["data"]["_entities"][0]["id"], world.a.global_id());
        // The credential is no user: the public reads what the public reads.
        assert_eq!(body["data"]["_entities"][0]["auditEvents"], Value::Null, "{body}");
        assert_eq!(body["data"]["_entities"][0]["identifiers"][0]["verifiedBy"], Value::Null);
    }

    async fn one_bad_representation_takes_no_neighbour_with_it(world: World) {
        let token = world.coordinator(&world.a);
        let good = json!({ "__typename": "Organisation", "id": world.a.global_id() });
        let by_code = json!({ "__typename": "Organisation", "odsCode": world.b.ods });
        let bad = [
            json!({ "__typename": "Organisation", "id": "org_1" }),
            json!({ "__typename": "Organisation", "id": world.a.global_id().replace("org", "reg") }),
            json!({ "__typename": "Organisation", "id": format!("org_{}", "0".repeat(32)) }),
            json!({ "__typename": "Organisation", "id": 7 }),
            json!({ "__typename": "Organisation", "odsCode": null }),
            json!({ "__typename": "Organisation", "name": world.a.name }),
            json!({ "__typename": "Organisation" }),
            json!({ "__typename": "OrganisationLookup", "odsCode": world.a.ods }),
            json!({ "__typename": "Viewer", "id": "x" }),
            json!({ "__typename": "Nonsense", "id": world.a.global_id() }),
        ];
        for bad in bad {
            let answered = put(&world, Some(&token), &of(json!([good, bad, by_code]))).await;
            let found = list(&answered.body["data"]["_entities"]);
            let ids: Vec<&Value> = found.iter().map(|entity| &entity["id"]).collect();
            assert_eq!(ids, [&json!(world.a.global_id()), &Value::Null, &json!(world.b.global_id())], "{bad}: {}", answered.body);
            assert_eq!(answered.body.get("errors"), None, "{bad}: {}", answered.body);
        }
    }

    async fn entities_are_read_in_as_many_statements_whatever_their_number(world: Network) {
        let (policy, sdl) = (Policy::read(), Sdl::written());
        let facts = Facts::read(&world, &policy, today()).await;
        let asker = asker(&world, "PartnerCoordinator of A");
        for (ty, ..) in policy.tables() {
            let ids = facts.ids(&policy, ty);
            let values: Vec<&str> = sdl.values(ty).filter(|v| policy.may_ask(&facts.who(asker.account), ty, v)).collect();
            let document = format!("query($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on {ty} {{ {} }} }} }}", values.join(" "));
            let question = |count: usize| {
                let of: Vec<Value> = ids.iter().cycle().take(count).map(|id| json!({ "__typename": ty, "id": id })).collect();
                Question::new(Channel::EntitiesById, document.clone(), json!({ "of": of }))
            };
            let token = asker.token.as_deref();
            let statements = async |count| world.statements_of(put(&world, token, &question(count))).await;
            // The first transaction of an account learns its grants and begins again.
            statements(1).await;
            let (one, many) = (statements(1).await, statements(100).await);
            assert_eq!((one, many), (2, 2), "{ty}: the grants, then the rows");
        }
    }

    async fn a_gateway_names_at_most_a_hundred_entities(world: World) {
        let one = json!({ "__typename": "Organisation", "id": world.a.global_id() });
        let document = "query($of: [_Any!]!) { _entities(representations: $of) { ... on Organisation { id } } }";
        let ask = async |count: usize| {
            let variables = json!({ "of": vec![one.clone(); count] });
            put(&world, None, &Question::new(Channel::EntitiesById, document.to_owned(), variables)).await.body
        };
        assert_eq!(list(&ask(100).await["data"]["_entities"]).len(), 100);
        let refused = ask(101).await;
        assert_eq!(codes(&refused), ["QUERY_REJECTED"], "{refused}");
        assert_eq!(refused.get("data"), None);
    }

    async fn one_field_written_twice_is_one_field(world: World) {
        let document = "query($of: [_Any!]!) { ...A ...B }
            fragment A on Query { _entities(representations: $of) { ... on Organisation { id } } }
            fragment B on Query { _entities(representations: $of) { ... on Organisation { name } } }";
        for tenant in [&world.a, &world.b] {
            let of = json!([{ "__typename": "Organisation", "id": tenant.global_id() }]);
            let request = world.post(Some(&world.coordinator(tenant))).header("alongside-gateway", world.issuer.gateway_credential());
            let body = json!({ "query": document, "variables": { "of": of } });
            let answer: Value = request.json(&body).send().await.expect("an answer").json().await.expect("JSON");
            assert_eq!(answer["data"]["_entities"], json!([{ "id": tenant.global_id(), "name": tenant.name }]), "{answer}");
        }
    }
}
