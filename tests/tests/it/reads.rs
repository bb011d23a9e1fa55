//! Reads: what they answer, how often they ask the database, and what they keep to themselves.

mod filters;
mod hidden;
mod history;
mod paging;
mod shapes;

use serde_json::{Value, json};
use tests::given::{self, as_system};
use tests::{World, on_both_databases};

use crate::answers::list;
use crate::network::{Dice, Wild, throw};

/// Boards of the East of England until 31 March 2026, with what followed each on 1 April.
const SUCCESSION: [(&str, Option<&str>); 3] =
    [("QUE", Some("S1Y5D")), ("QH8", Some("D7T5G")), ("QM7", None)];

/// The organisations of a region, each with its board before and after the boards changed.
pub const BOARDS_BEFORE_AND_AFTER: &str = r#"query($region: String!, $first: Int!) {
    region(by: { odsCode: $region }) {
        name
        organisations(first: $first) {
            totalCount
            nodes {
                id
                name
                before: integratedCareBoard(asOf: "2026-03-31") { odsCode name }
                after: integratedCareBoard(asOf: "2026-04-01") { odsCode name }
            }
        }
    }
}"#;

/// Registers `count` organisations in the boards of [`SUCCESSION`], in turn.
async fn settle(world: &World, count: usize) {
    as_system(world.app.core(), move |unit| {
        Box::pin(async move {
            for number in 0..count {
                let board = SUCCESSION[number % SUCCESSION.len()].0;
                let name = format!("{board} trust {number:03} (fictional)");
                given::Organisation::tenant_in(&name, board).register(unit).await?;
            }
            Ok(())
        })
    })
    .await;
}

on_both_databases! {
    async fn a_region_lists_its_organisations_with_their_boards_before_and_after_the_change(world: World) {
        settle(&world, 102).await;
        let ask = async |first: usize, token: Option<&str>| {
            let variables = json!({ "region": "Y61", "first": first });
            world.data(token, BOARDS_BEFORE_AND_AFTER, variables).await
        };
        for first in [5, 20, 100] {
            let statements = world.statements_of(ask(first, None)).await;
            // The region, its organisations and their number, the boards before, the boards after.
            assert_eq!(statements, 5, "a page of {first}");
        }
        let data = ask(100, None).await;
        assert_eq!(data["region"]["name"], "East of England");
        let organisations = &data["region"]["organisations"];
        assert_eq!(organisations["totalCount"], 102);
        let nodes = list(&organisations["nodes"]);
        assert_eq!(nodes.len(), 100);
        for node in nodes {
            let name = node["name"].as_str().expect("a name");
            let (before, after) = SUCCESSION.iter().find(|(code, _)| name.starts_with(code)).expect("its board");
            assert_eq!(node["before"]["odsCode"], *before, "{node}");
            assert_eq!(node["after"]["odsCode"].as_str(), *after, "{node}");
        }
        assert_eq!(nodes[0]["before"]["name"], "NHS Mid and South Essex Integrated Care Board");
        assert_eq!(nodes[0]["after"]["name"], "NHS Essex Integrated Care Board");
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        assert_eq!(ask(100, Some(&a)).await, data, "public facts are the same for A");
        assert_eq!(ask(100, Some(&b)).await, data, "and for B");
    }

    async fn the_number_of_statements_depends_on_the_levels_of_a_query_and_on_nothing_else(world: Wild) {
        settle(&world, 6).await;
        throw(&world, &mut Dice::new(1), 60).await;
        let token = world.coordinator(&world.a);
        // Each signed-in operation reads the role grants first; a count is a statement of its own.
        let shapes = [
            (2, "organisations(first: $n) { nodes { name odsCode } }"),
            (3, "organisations(first: $n) { totalCount nodes { name } }"),
            (4, "organisations(first: $n) { nodes { region { name } integratedCareBoard { name } } }"),
            (6, "organisations(first: $n) { nodes { names { name } identifiers { value } boardMemberships { integratedCareBoard { name } } } }"),
            (4, "organisations(first: $n) { nodes { sites(first: 5) { totalCount nodes { name } } } }"),
            (6, "organisations(first: $n) { nodes { successors { successor { name region { name } } } predecessors { kind } } }"),
            (5, "integratedCareBoards(first: $n) { nodes { region { name onsCodes { value } } predecessors { kind } } }"),
            (5, "regions(first: $n) { nodes { integratedCareBoards(first: 3) { nodes { organisations(first: 3) { nodes { odsCode region { name } } } } } } }"),
            (4, "roleGrants(first: $n) { totalCount nodes { accountLabel organisation { name } } }"),
        ];
        let count = async |shape: &str, first: usize| {
            let document = format!("query($n: Int!) {{ {shape} }}");
            world.statements_of(world.data(Some(&token), &document, json!({ "n": first }))).await
        };
        count(shapes[0].1, 1).await;
        for (expected, shape) in shapes {
            assert_eq!(count(shape, 40).await, expected, "{shape}");
        }
        throw(&world, &mut Dice::new(2), 120).await;
        for (expected, shape) in shapes {
            assert_eq!(count(shape, 100).await, expected, "with more rows: {shape}");
        }
    }
}

/// The data of a document without variables, asked by nobody.
async fn public(world: &World, document: &str) -> Value {
    world.data(None, document, json!({})).await
}
