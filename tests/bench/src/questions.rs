//! What is asked, in the words of our schema and of PostGraphile's.

use serde_json::{Value, json};
use uuid::Uuid;

/// The id of organisation `n`, as `fill.sql` makes it.
pub fn organisation(n: u64) -> Uuid {
    Uuid::from_u128(0x0192_f0c1_0001_7000_8000 << 48 | u128::from(n))
}

/// The same as clients see it.
fn global(n: u64) -> String {
    format!("org_{}", organisation(n).simple())
}

/// A query that every target answers.
pub struct Question {
    /// Its name.
    pub name: &'static str,
    /// What it is, for the report.
    pub title: &'static str,
    /// The document for Alongside and Apollo.
    pub document: String,
    /// The document for PostGraphile, if that can say it.
    pub postgraphile: Option<String>,
    /// The variables of each request, which requests take in turn.
    pub variables: Vec<Variables>,
}

/// The variables of one request.
pub struct Variables {
    /// With our global identifiers.
    pub ours: Value,
    /// With plain UUIDs.
    pub plain: Value,
}

impl Variables {
    fn same(value: &Value) -> Vec<Self> {
        vec![Self { ours: value.clone(), plain: value.clone() }]
    }
}

/// How many different organisations q1 asks for.
const DIFFERENT: u64 = 200;

/// The days between which the ten pages of q4-pages lie.
const MONTHS: [&str; 11] = [
    "2026-10-01",
    "2026-11-01",
    "2026-12-01",
    "2027-01-01",
    "2027-02-01",
    "2027-03-01",
    "2027-04-01",
    "2027-05-01",
    "2027-06-01",
    "2027-07-01",
    "2027-08-01",
];

/// One page for each month: `page(alias, from, before)`.
fn pages(page: impl Fn(usize, &str, &str) -> String) -> String {
    let months = MONTHS.windows(2).enumerate();
    let pages = months.map(|(i, days)| page(i, days[0], days[1])).collect::<Vec<_>>();
    format!("{{ {} }}", pages.join(" "))
}

/// Every question that only reads.
pub fn questions() -> Vec<Question> {
    let none = json!({});
    let one = (1..=DIFFERENT).map(|n| Variables {
        ours: json!({ "id": global(n) }),
        plain: json!({ "id": organisation(n) }),
    });
    let entities = (1..=100).map(|n| global(n * 3));
    let ids: Vec<Uuid> = (1..=100).map(|n| organisation(n * 3)).collect();
    let entities: Vec<Value> =
        entities.map(|id| json!({ "__typename": "Organisation", "id": id })).collect();
    let months = MONTHS.windows(2).enumerate();
    let months: Vec<_> = months.map(|(i, days)| (format!("p{i}"), days[0], days[1])).collect();
    let filtered = json!({ "mode": "ONLINE", "from": "2027-03-01" });
    vec![
        Question {
            name: "q1",
            title: "one organisation by its id, five fields",
            document: include_str!("../questions/q1.graphql").to_owned(),
            postgraphile: Some(include_str!("../questions/postgraphile/q1.graphql").to_owned()),
            variables: one.collect(),
        },
        Question {
            name: "q2",
            title: "50 organisations, 10 courses each, their trainers",
            document: include_str!("../questions/q2.graphql").to_owned(),
            postgraphile: Some(include_str!("../questions/postgraphile/q2.graphql").to_owned()),
            variables: Variables::same(&none),
        },
        Question {
            name: "q2-relay",
            title: "the same with edges, cursors and pageInfo",
            document: include_str!("../questions/q2-relay.graphql").to_owned(),
            postgraphile: Some(
                include_str!("../questions/postgraphile/q2-relay.graphql").to_owned(),
            ),
            variables: Variables::same(&none),
        },
        Question {
            name: "q4",
            title: "one page of 1,000 courses",
            document: include_str!("../questions/q4.graphql").to_owned(),
            postgraphile: Some(include_str!("../questions/postgraphile/q4.graphql").to_owned()),
            variables: Variables::same(&none),
        },
        Question {
            name: "q4-pages",
            title: "ten aliased pages of 100 courses",
            document: pages(|i, from, before| {
                format!(
                    "p{i}: courses(first: 100, where: {{ startsOn: {{ from: \"{from}\", before: \"{before}\" }} }}) \
                     {{ nodes {{ id code startsOn state }} }}"
                )
            }),
            postgraphile: Some(pages(|i, from, before| {
                format!(
                    "p{i}: allCourses(first: 100, orderBy: [START_ON_ASC, ROW_ID_ASC], filter: {{ startOn: \
                     {{ greaterThanOrEqualTo: \"{from}\", lessThan: \"{before}\" }} }}) \
                     {{ nodes {{ id: rowId code startsOn: startOn state }} }}"
                )
            })),
            variables: vec![Variables { ours: none, plain: json!({ "pages": months }) }],
        },
        Question {
            name: "entities",
            title: "_entities with 100 representations",
            document: include_str!("../questions/entities.graphql").to_owned(),
            postgraphile: None,
            variables: vec![Variables {
                ours: json!({ "representations": entities }),
                plain: json!({ "ids": ids }),
            }],
        },
        Question {
            name: "filtered",
            title: "50 courses, filtered and ordered, with their organisation",
            document: include_str!("../questions/filtered.graphql").to_owned(),
            postgraphile: Some(
                include_str!("../questions/postgraphile/filtered.graphql").to_owned(),
            ),
            variables: Variables::same(&filtered),
        },
    ]
}
