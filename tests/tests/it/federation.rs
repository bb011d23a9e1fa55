//! Behind a federation gateway, beside a subgraph that others wrote.

use std::collections::BTreeMap;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Tenant, World, on_both_databases};
use tokio::sync::Mutex;

use crate::answers::{codes, list};
use crate::peer::{Peer, node, run};

/// Our subgraph as it is published.
const SUBGRAPH: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/federation/alongside.graphql");

/// Those who compose.
const LIBRARIES: [&str; 2] = ["apollo", "guild"];

/// Those who stand in front.
const GATEWAYS: [&str; 2] = ["hive-gateway.mjs", "apollo-gateway.mjs"];

/// The keys by which the calendar knows an organisation.
const KEYS: [&str; 2] = ["id", "odsCode"];

const HOSTS: &str = "{ openDays { id host { name odsCode } } }";

const ENTITIES: &str = "query($representations: [_Any!]!) { _entities(representations: $representations) { \
     ... on Organisation { name sites(first: 5) { totalCount } } ... on Region { name } \
     ... on IntegratedCareBoard { name } ... on AuditEvent { action } } }";

/// Where the two subgraphs are, until a gateway is told where they really are.
const PLACES: [&str; 2] = ["http://127.0.0.1:1/alongside", "http://127.0.0.1:1/calendar"];

/// What a composition said, and the supergraph that came of it.
type Composed = (Value, String);

/// Composes our subgraph with the calendar.
async fn compose(library: &str, key: &str) -> Composed {
    let folder = tempfile::tempdir().expect("a folder");
    let [sdl, out] =
        ["calendar.graphql", "supergraph.graphql"].map(|name| folder.path().join(name));
    let printed = run(node("neighbour.mjs", &["--key", key, "--sdl"]), "").await;
    std::fs::write(&sdl, printed.out).expect("a file");
    let ours = format!("alongside={}={SUBGRAPH}", PLACES[0]);
    let calendar = format!("calendar={}={}", PLACES[1], sdl.display());
    let arguments = [library, out.to_str().expect("a path"), &ours, &calendar];
    let ended = run(node("compose.mjs", &arguments), "").await;
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{library}: {ended:?}");
    let said = serde_json::from_str(&ended.out).expect("a line of JSON");
    (said, std::fs::read_to_string(out).expect("a supergraph"))
}

/// The same, once for each library and key: it takes a while.
async fn composed(library: &str, key: &str) -> Composed {
    static DONE: Mutex<BTreeMap<String, Composed>> = Mutex::const_new(BTreeMap::new());
    let mut done = DONE.lock().await;
    let name = format!("{library} {key}");
    if !done.contains_key(&name) {
        done.insert(name.clone(), compose(library, key).await);
    }
    done[&name].clone()
}

/// How a gateway is set up.
struct Setup<'a> {
    library: &'a str,
    gateway: &'a str,
    key: &'a str,
    credential: Option<&'a str>,
}

/// A gateway in front of the service and of a calendar of open days at A and at B.
struct Federation {
    gateway: Peer,
    client: Client,
    _calendar: Peer,
    _folder: TempDir,
}

impl Federation {
    async fn of(world: &World, setup: &Setup<'_>) -> Self {
        let Setup { library, gateway, key, credential } = *setup;
        let folder = tempfile::tempdir().expect("a folder");
        let host = |tenant: &Tenant| json!({ "id": tenant.global_id(), "odsCode": tenant.ods });
        let hosts = json!([host(&world.a), host(&world.b)]).to_string();
        let calendar = Peer::start(node("neighbour.mjs", &["--key", key, "--hosts", &hosts])).await;
        let supergraph = folder.path().join("supergraph.graphql");
        let ours = format!("{}/graphql", world.base_url);
        let (_, text) = composed(library, key).await;
        let text = text.replace(PLACES[0], &ours).replace(PLACES[1], calendar.said("url"));
        std::fs::write(&supergraph, text).expect("a file");
        let mut command = node(gateway, &[supergraph.to_str().expect("a path")]);
        command.env_remove("GATEWAY_CREDENTIAL");
        if let Some(credential) = credential {
            command.env("GATEWAY_CREDENTIAL", credential);
        }
        let gateway = Peer::start(command).await;
        Self { gateway, client: world.client.clone(), _calendar: calendar, _folder: folder }
    }

    /// Sends a query to the gateway; gives the whole body.
    async fn ask(&self, token: Option<&str>, query: &str) -> Value {
        let mut request =
            self.client.post(self.gateway.said("url")).json(&json!({ "query": query }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("the gateway answers").json().await.expect("JSON")
    }
}

/// The open days that the calendar keeps, as a query for `host` answers.
fn open_days(a: Value, b: Value) -> Value {
    json!([
        { "id": "open-day-1", "host": a },
        { "id": "open-day-nobody", "host": null },
        { "id": "open-day-2", "host": b },
    ])
}

/// The lines of a schema in alphabetical order: what is published is sorted, and says where scalars are
/// specified.
fn sorted_lines(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.split(" @specifiedBy(").next());
    let mut lines: Vec<&str> = lines.map(|line| line.trim_end_matches(',')).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort_unstable();
    lines
}

/// Asks the service itself, with these credentials of a gateway.
async fn as_gateway(
    world: &World,
    credentials: &[&str],
    token: Option<&str>,
    request: Value,
) -> (u16, Value) {
    let mut post = world.post(token).json(&request);
    for credential in credentials {
        post = post.header("alongside-gateway", *credential);
    }
    let answer = post.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// What the entities are that `representations` name.
async fn entities(world: &World, token: Option<&str>, representations: Vec<Value>) -> Vec<Value> {
    let credential = world.issuer.gateway_credential();
    let request = json!({ "query": ENTITIES, "variables": { "representations": representations } });
    let (status, body) = as_gateway(world, &[&credential], token, request).await;
    assert_eq!((status, body.get("errors")), (200, None), "{body}");
    list(&body["data"]["_entities"]).to_vec()
}

#[tokio::test]
async fn every_library_composes_the_published_subgraph_with_a_neighbour() {
    for key in KEYS {
        for library in LIBRARIES {
            let (composed, _) = composed(library, key).await;
            assert!(composed["types"].as_u64() > Some(100), "{library}, {key}: {composed}");
            // Both describe an organisation, each in its own words: that much is to be expected.
            let mut hints = list(&composed["hints"]).iter().filter_map(Value::as_str);
            assert_eq!(hints.find(|hint| !hint.starts_with("[INCONSISTENT_DESCRIPTION]")), None);
        }
    }
}

on_both_databases! {
    async fn a_query_across_both_subgraphs_answers_for_every_tenant(world: World) {
        let credential = world.issuer.gateway_credential();
        for ((gateway, key), library) in GATEWAYS.into_iter().zip(KEYS).zip(LIBRARIES) {
            let setup = Setup { library, gateway, key, credential: Some(&credential) };
            let federation = Federation::of(&world, &setup).await;
            let name = |tenant: &Tenant| json!({ "name": tenant.name, "odsCode": tenant.ods });
            for tenant in [&world.a, &world.b] {
                let token = world.coordinator(tenant);
                let body = federation.ask(Some(&token), HOSTS).await;
                assert_eq!(body["data"]["openDays"], open_days(name(&world.a), name(&world.b)), "{gateway}: {body}");
                // A gateway may complain that nobody has no name, and of nothing else.
                for error in body["errors"].as_array().into_iter().flatten() {
                    assert_eq!(list(&error["path"])[..2], [json!("openDays"), json!(1)], "{gateway}: {body}");
                }
                let query = format!("{{ organisation(by: {{ odsCode: \"{}\" }}) {{ name openDays {{ id }} }} }}", tenant.ods);
                let body = federation.ask(Some(&token), &query).await;
                assert_eq!(body.get("errors"), None, "{gateway}: {body}");
                let day = if tenant == &world.a { "open-day-1" } else { "open-day-2" };
                let expected = json!({ "name": tenant.name, "openDays": [{ "id": day }] });
                assert_eq!(body["data"]["organisation"], expected, "{gateway}");
            }
        }
    }

    async fn behind_a_gateway_each_coordinator_sees_the_own_audit_trail_and_no_other(world: World) {
        let credential = world.issuer.gateway_credential();
        let query = "{ roleGrants { totalCount nodes { organisation { id } } } openDays { id host { name auditEvents { totalCount } } } }";
        for (gateway, key) in GATEWAYS.into_iter().zip(KEYS.into_iter().rev()) {
            let setup = Setup { library: "guild", gateway, key, credential: Some(&credential) };
            let federation = Federation::of(&world, &setup).await;
            for tenant in [Some(&world.a), Some(&world.b), None] {
                let token = tenant.map(|tenant| world.coordinator(tenant));
                let body = federation.ask(token.as_deref(), query).await;
                let seen = |host: &Tenant| {
                    let events = tenant.map(|tenant| if tenant == host { 2 } else { 0 });
                    let trail = events.map_or(Value::Null, |events| json!({ "totalCount": events }));
                    json!({ "name": host.name, "auditEvents": trail })
                };
                let expected = open_days(seen(&world.a), seen(&world.b));
                assert_eq!(body["data"]["openDays"], expected, "{gateway}: {body}");
                let grants = list(&body["data"]["roleGrants"]["nodes"]);
                let grants: Vec<&Value> = grants.iter().map(|grant| &grant["organisation"]["id"]).collect();
                let mine: Vec<Value> = tenant.into_iter().map(|tenant| json!(tenant.global_id())).collect();
                assert_eq!(grants, mine.iter().collect::<Vec<_>>(), "{gateway}: {body}");
            }
        }
    }

    async fn a_gateway_without_its_credential_gets_no_entity(world: World) {
        for (gateway, credential) in [(GATEWAYS[0], None), (GATEWAYS[1], Some("forged"))] {
            let setup = Setup { library: "apollo", gateway, key: "id", credential };
            let federation = Federation::of(&world, &setup).await;
            for tenant in [&world.a, &world.b] {
                let token = world.coordinator(tenant);
                let body = federation.ask(Some(&token), HOSTS).await;
                assert_eq!(body["data"]["openDays"], open_days(Value::Null, Value::Null), "{gateway}, {credential:?}");
                assert!(!codes(&body).is_empty());
                assert!(!body.to_string().contains(&tenant.name), "{body}");
            }
        }
    }

    async fn the_subgraph_describes_itself_to_a_gateway_only(world: World) {
        let published = std::fs::read_to_string(SUBGRAPH).expect("the subgraph");
        let good = world.issuer.gateway_credential();
        let service = json!({ "query": "{ _service { sdl } }" });
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let (status, body) = as_gateway(&world, &[&good], Some(&token), service.clone()).await;
            assert_eq!((status, body.get("errors")), (200, None));
            let served = body["data"]["_service"]["sdl"].as_str().expect("text");
            assert!(sorted_lines(served) == sorted_lines(&published), "what is served is what is published");
            let (status, body) = as_gateway(&world, &[], Some(&token), service.clone()).await;
            assert_eq!((status, codes(&body)), (200, vec!["GRAPHQL_VALIDATION_FAILED"]), "no such field");
            for wrong in [&["forged"][..], &[""], &[&good[1..]], &[&good, &good], &[&good.to_uppercase()]] {
                let before = world.app.core().db().statements();
                let (status, body) = as_gateway(&world, wrong, Some(&token), service.clone()).await;
                assert_eq!((status, codes(&body)), (401, vec!["UNAUTHENTICATED"]), "{wrong:?}");
                assert_eq!(world.app.core().db().statements(), before, "nothing was run");
            }
        }
    }

    async fn a_gateway_sees_as_entities_what_the_user_of_the_token_may_see(world: World) {
        let trail = "query($id: ID!) { organisation(by: { id: $id }) { auditEvents(first: 1) { nodes { id action } } } }";
        let mut events = Vec::new();
        for tenant in [&world.a, &world.b] {
            let data = world.data(Some(&world.coordinator(tenant)), trail, json!({ "id": tenant.global_id() })).await;
            events.push(data["organisation"]["auditEvents"]["nodes"][0].clone());
        }
        let named = || events.iter().map(|event| json!({ "__typename": "AuditEvent", "id": event["id"] })).collect::<Vec<_>>();
        let action = |event: &Value| json!({ "action": event["action"] });
        let [a, b] = [action(&events[0]), action(&events[1])];
        for (token, expected) in [
            (Some(world.coordinator(&world.a)), [a.clone(), Value::Null]),
            (Some(world.coordinator(&world.b)), [Value::Null, b.clone()]),
            (Some(world.token(alongside::actor::Role::DataProtectionOfficer, None)), [a, b]),
            (Some(world.token_of("nobody")), [Value::Null, Value::Null]),
            (None, [Value::Null, Value::Null]),
        ] {
            assert_eq!(entities(&world, token.as_deref(), named()).await, expected);
        }
    }

    async fn entities_of_one_type_take_as_many_statements_as_one_does(world: World) {
        let tenants = [&world.a, &world.b];
        let by_id = |tenant: &Tenant| json!({ "__typename": "Organisation", "id": tenant.global_id() });
        let by_code = |tenant: &Tenant| json!({ "__typename": "Organisation", "odsCode": tenant.ods });
        let token = world.coordinator(&world.a);
        // The grants are remembered from here on.
        entities(&world, Some(&token), vec![by_id(&world.a)]).await;
        let count = async |many: Vec<Value>| world.statements_of(entities(&world, Some(&token), many)).await;
        for named in [&by_id as &dyn Fn(&Tenant) -> Value, &by_code] {
            let one = count(vec![named(&world.a)]).await;
            let hundred = (0..100).map(|place| named(tenants[place % 2])).collect();
            assert_eq!(count(hundred).await, one);
        }
        let mixed = ["Organisation", "Region", "IntegratedCareBoard"].map(|ty| json!({ "__typename": ty, "odsCode": "QE1" }));
        let one_each = count(mixed.to_vec()).await;
        let many_each = (0..99).map(|place| mixed[place % 3].clone()).collect();
        assert_eq!(count(many_each).await, one_each);
    }

    async fn what_is_wrong_with_one_representation_or_one_type_leaves_the_others(world: World) {
        let credential = world.issuer.gateway_credential();
        let good = |tenant: &Tenant| json!({ "__typename": "Organisation", "odsCode": tenant.ods });
        for (tenant, other) in [(&world.a, &world.b), (&world.b, &world.a)] {
            let token = world.coordinator(tenant);
            let id = other.global_id();
            let bad = [
                json!({ "id": id }), json!({ "__typename": null, "id": id }), json!({ "__typename": 5, "id": id }),
                json!({ "__typename": "Organisation" }), json!({ "__typename": "Nothing", "id": id }),
                json!({ "__typename": "Region", "id": id }), json!({ "__typename": "Organisation", "id": null }),
                json!({}), json!([]), json!("Organisation"), json!(1),
                json!({ "__typename": "Organisation", "odsCode": format!("{}\0", other.ods) }),
            ];
            for bad in bad {
                let answers = entities(&world, Some(&token), vec![good(tenant), bad.clone(), good(other)]).await;
                let names: Vec<&Value> = answers.iter().map(|answer| &answer["name"]).collect();
                assert_eq!(names, [&json!(tenant.name), &Value::Null, &json!(other.name)], "{bad}");
            }
            let document = "query($representations: [_Any!]!) { _entities(representations: $representations) { \
                ... on Organisation { name } ... on Region { organisations(first: 101) { totalCount } } } }";
            let representations = json!([good(tenant), { "__typename": "Region", "odsCode": "Y61" }, good(other)]);
            let request = json!({ "query": document, "variables": { "representations": representations } });
            let (_, body) = as_gateway(&world, &[&credential], Some(&token), request).await;
            let expected = json!([{ "name": tenant.name }, null, { "name": other.name }]);
            assert_eq!((&body["data"]["_entities"], codes(&body)), (&expected, vec!["BAD_USER_INPUT"]), "{body}");
            assert_eq!(body["errors"][0]["path"], json!(["_entities", 1, "organisations"]), "{body}");
        }
    }

    async fn more_than_a_hundred_entities_are_refused_before_any_is_read(world: World) {
        let credential = world.issuer.gateway_credential();
        for tenant in [&world.a, &world.b] {
            let named = json!({ "__typename": "Organisation", "id": tenant.global_id() });
            let request = json!({ "query": ENTITIES, "variables": { "representations": vec![named; 101] } });
            let token = world.coordinator(tenant);
            let before = world.app.core().db().statements();
            let (_, body) = as_gateway(&world, &[&credential], Some(&token), request).await;
            assert_eq!((codes(&body), body.get("data")), (vec!["QUERY_REJECTED"], None));
            assert_eq!(world.app.core().db().statements(), before);
        }
    }
}
