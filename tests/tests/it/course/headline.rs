//! Which licensed organisations of a region run which courses of a programme with which trainers: one
//! question, as the guide for users has it.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{School, course_from, school, school_of};
use tests::people::list;
use tests::{World, given, on_both_databases};

/// The guide for users.
const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/using-the-api.md"));

/// The question, as the guide has it.
fn question() -> &'static str {
    let (_, after) = GUIDE.split_once("```graphql\nquery WhoRunsWhat").expect("the example");
    let (text, _) = after.split_once("```").expect("its end");
    let before = GUIDE.len() - after.len() - "query WhoRunsWhat".len();
    &GUIDE[before..before + "query WhoRunsWhat".len() + text.len()]
}

/// The same about a region that a gateway knows.
fn question_of_gateways() -> String {
    let (_, asked) = question().split_once("name\n").expect("what is asked of a region");
    let asked = asked.trim_end().strip_suffix('}').expect("the end of the operation");
    format!(
        "query($representations: [_Any!]!, $type: ProgrammeType!, $programme: String!) \
         {{ _entities(representations: $representations) {{ ... on Region {{ name {asked} }} }}"
    )
}

/// The schools of a region and of another, which all teach the same programme.
struct Network {
    /// Has an open course and a draft.
    open: School,
    /// Has a confirmed course.
    confirmed: School,
}

impl Network {
    async fn of(world: &World) -> Self {
        let open = school(world).await;
        let another = async |board| {
            let organisation = given::organisation(world).board(board).active().register().await;
            school_of(world, organisation, open.curriculum.clone()).await
        };
        let (confirmed, suspended) = (another("QE1").await, another("QE1").await);
        let (quiet, elsewhere) = (another("QE1").await, another("QJK").await);
        let day = given::day;
        list(world, &open.lead, 1).await;
        course_from(world, &open, State::Open, day("2026-05-11")).await;
        course_from(world, &open, State::Draft, day("2026-06-08")).await;
        course_from(world, &confirmed, State::Confirmed, day("2026-05-11")).await;
        course_from(world, &suspended, State::Open, day("2026-05-11")).await;
        course_from(world, &quiet, State::Draft, day("2026-05-11")).await;
        course_from(world, &elsewhere, State::Open, day("2026-05-11")).await;
        let suspend = json!({
            "id": suspended.licence.global_id(), "expectedVersion": suspended.licence.version,
            "reason": "A test.", "publicReason": "A test.",
        });
        let quality = world.token(Role::QualityLead, None);
        world.mutate(Some(&quality), "licenceSuspend", "", suspend).await.done("impact");
        Self { open, confirmed }
    }

    fn variables(&self) -> Value {
        json!({ "region": "Y62", "type": "VOLUNTEER", "programme": self.open.curriculum.code })
    }

    /// What the question answers about the two schools whose courses are these.
    async fn expected(&self, world: &World, of_open: Value, of_confirmed: Value) -> Value {
        let mut nodes = Vec::new();
        for (school, courses) in [(&self.open, of_open), (&self.confirmed, of_confirmed)] {
            let document = "query($id: ID!) { licence(by: { id: $id }) { number } }";
            let id = json!({ "id": school.licence.global_id() });
            let number = world.data(None, document, id).await["licence"]["number"].clone();
            nodes.push(json!({
                "name": school.organisation.name,
                "licences": { "nodes": [{ "number": number, "validTo": "2027-05-01" }] },
                "courses": { "nodes": courses },
            }));
        }
        nodes.sort_by_key(|node| node["name"].to_string());
        json!({ "name": "North West", "organisations": { "nodes": nodes } })
    }
}

/// A course of the two trainers as an answer has it.
fn run(code: &str, state: &str, starts_on: &str, lead: Value, trainers: Value) -> Value {
    json!({ "code": code, "state": state, "startsOn": starts_on, "leadTrainer": lead, "trainers": trainers })
}

/// What everyone sees of the courses of the two schools, and what the national team sees.
fn answers() -> [(Value, Value); 2] {
    let (lena, pat) = (json!({ "preferredName": "Lena" }), json!({ "preferredName": "Pat" }));
    let open = run("VOL-2026-001", "OPEN", "2026-05-11", lena.clone(), json!([lena, pat]));
    let draft = run("VOL-2026-002", "DRAFT", "2026-06-08", lena.clone(), json!([lena, pat]));
    let confirmed =
        |lead: Value, all: Value| run("VOL-2026-001", "CONFIRMED", "2026-05-11", lead, all);
    [
        (json!([open]), json!([confirmed(Value::Null, json!([pat]))])),
        (json!([open, draft]), json!([confirmed(lena.clone(), json!([lena, pat]))])),
    ]
}

/// Asks as a gateway does for somebody.
async fn as_gateway(world: &World, token: Option<&str>, network: &Network) -> Value {
    let mut variables = network.variables();
    variables["representations"] = json!([{ "__typename": "Region", "odsCode": "Y62" }]);
    let request = json!({ "query": question_of_gateways(), "variables": variables });
    let credential = world.issuer.gateway_credential();
    let post = world.post(token).json(&request).header("alongside-gateway", credential);
    let body: Value = post.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(body.get("errors"), None, "{body}");
    body["data"]["_entities"][0].clone()
}

on_both_databases! {
    async fn one_question_tells_everyone_and_the_nation_who_runs_what_with_whom(world: World) {
        let network = Network::of(&world).await;
        let quality = world.token(Role::QualityLead, None);
        for (token, (open, confirmed)) in [None, Some(quality.as_str())].into_iter().zip(answers()) {
            let expected = network.expected(&world, open, confirmed).await;
            let data = world.data(token, question(), network.variables()).await;
            assert_eq!(data["region"], expected);
            assert_eq!(as_gateway(&world, token, &network).await, expected, "behind a gateway");
        }
    }

    async fn it_takes_as_many_statements_for_twelve_courses_as_for_two(world: World) {
        let network = Network::of(&world).await;
        let quality = world.token(Role::QualityLead, None);
        let counts = async || {
            let mut counts = Vec::new();
            for token in [None, Some(quality.as_str())] {
                // The first question of an account reads its grants twice.
                world.data(token, question(), network.variables()).await;
                counts.push(world.statements_of(world.data(token, question(), network.variables())).await);
                counts.push(world.statements_of(as_gateway(&world, token, &network)).await);
            }
            counts
        };
        let few = counts().await;
        for week in 1..=10 {
            let start = given::day("2026-06-15") + chrono::Duration::weeks(3 * week);
            course_from(&world, &network.open, State::Open, start).await;
        }
        let data = world.data(None, question(), network.variables()).await;
        let courses = |nodes: &Value| -> usize {
            let nodes = nodes.as_array().expect("organisations").iter();
            nodes.map(|node| node["courses"]["nodes"].as_array().map_or(0, Vec::len)).sum()
        };
        assert_eq!(courses(&data["region"]["organisations"]["nodes"]), 11, "ten of a page, and one");
        assert_eq!(counts().await, few);
        // A gateway's region is looked up by its key; the roles of an account are read.
        assert_eq!(few, [6, 7, 7, 8], "for everyone, then for an account");
    }
}
