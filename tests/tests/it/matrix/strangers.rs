//! A row of another and a row that is not there look alike, wherever they are named.

use std::collections::BTreeSet;

use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::{World, on_both_databases};
use uuid::Uuid;

use super::ask::{Channel, Question};
use super::marks::{Network, asker, marks};
use super::policy::Policy;
use super::sdl::Sdl;
use super::{Answered, Facts, put, today};
use crate::answers::codes;

/// The ways to name one row of `ty` by an id, with the key of the answer.
fn ways(sdl: &Sdl, ty: &str) -> Vec<(String, String, bool)> {
    let mut ways = vec![
        (
            format!("query($id: ID!) {{ node(id: $id) {{ ... on {ty} {{ id }} }} }}"),
            "node".to_owned(),
            false,
        ),
        (
            format!("query($id: ID!) {{ nodes(ids: [$id]) {{ ... on {ty} {{ id }} }} }}"),
            "nodes".to_owned(),
            false,
        ),
        (
            format!(
                "query($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on {ty} {{ id }} }} }}"
            ),
            "_entities".to_owned(),
            true,
        ),
    ];
    for (name, field) in sdl.relations("Query").filter(|(_, field)| field.ty == ty) {
        if field.arguments.iter().any(|argument| argument == "by") {
            ways.push((
                format!("query($id: ID!) {{ {name}(by: {{ id: $id }}) {{ id }} }}"),
                name.to_owned(),
                false,
            ));
        }
    }
    for (name, _) in sdl.relations("Query").filter(|(_, field)| field.page() == Some(ty)) {
        ways.push((
            format!("query($id: ID!) {{ {name}(where: {{ id: {{ eq: $id }} }}) {{ totalCount nodes {{ id }} edges {{ cursor }} pageInfo {{ endCursor hasNextPage }} }} }}"),
            name.to_owned(),
            false,
        ));
    }
    ways
}

async fn name(
    world: &World,
    token: Option<&str>,
    (document, _, federated): &(String, String, bool),
    ty: &str,
    id: &str,
) -> Answered {
    let channel = if *federated { Channel::EntitiesById } else { Channel::Node };
    let variables = json!({ "id": id, "of": [{ "__typename": ty, "id": id }] });
    let variables = if *federated { json!({ "of": variables["of"] }) } else { json!({ "id": id }) };
    put(world, token, &Question::new(channel, document.clone(), variables)).await
}

/// The answer without what tells requests apart, every `id` in it replaced: the request's own id, what
/// is left of the budget, the time of day.
fn anonymous(answered: &Answered, id: &str) -> String {
    let request =
        answered.text.split("\"x-request-id\": \"").nth(1).and_then(|rest| rest.get(..32));
    let text =
        answered.text.replace(request.expect("the request's id"), "REQUEST").replace(id, "ID");
    let moves = |line: &str| line.contains("ratelimit") || line.contains("date\":");
    let (head, body) = text.split_once('\n').expect("a head and a body");
    let head: Vec<&str> = head.split("\", \"").filter(|line| !moves(line)).collect();
    let body = body.split("\"available\"").next().expect("a body");
    format!("{} {}", head.join(" "), body)
}

on_both_databases! {
    async fn a_hidden_row_and_an_absent_one_look_alike(world: Network) {
        let (policy, sdl) = (Policy::read(), Sdl::written());
        let facts = Facts::read(&world, &policy, today()).await;
        let mut compared = 0;
        for (ty, _, entry) in policy.tables() {
            let absent = ids::encode(&entry.prefix, Uuid::from_u128(0x7000_8000_0000_0000_0000_0000_0001));
            for subject in ["PartnerCoordinator of A", "Trainer of B", "Reviewer of the own records"] {
                let asker = asker(&world, subject);
                let token = asker.token.as_deref();
                let who = facts.who(asker.account);
                let hidden = facts.rows[ty].iter().filter(|row| !policy.sees_row(&who, ty, row));
                for row in hidden.take(2) {
                    let hidden = ids::encode(&entry.prefix, row.id);
                    for way in ways(sdl, ty) {
                        let (one, other) = (name(&world, token, &way, ty, &hidden).await, name(&world, token, &way, ty, &absent).await);
                        assert_eq!(one.body.get("errors"), None, "{ty} by {}", way.1);
                        assert_eq!(anonymous(&one, &hidden), anonymous(&other, &absent), "{ty} by {} for {subject}", way.1);
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 80, "{compared} pairs");
    }

    async fn an_id_of_another_type_or_of_none_is_refused_before_any_row_is_read(world: Network) {
        let (policy, sdl) = (Policy::read(), Sdl::written());
        let facts = Facts::read(&world, &policy, today()).await;
        let asker = asker(&world, "PartnerCoordinator of A");
        let token = asker.token.as_deref();
        for (ty, _, entry) in policy.tables() {
            let row = facts.rows[ty].last().expect("a row");
            let right = ids::encode(&entry.prefix, row.id);
            let digits = right.rsplit_once('_').expect("a prefix").1.to_owned();
            let other = if entry.prefix == "org" { "reg" } else { "org" };
            let swapped = format!("{other}_{digits}");
            let malformed = [digits.clone(), format!("{right}0"), format!("xyz_{digits}"), right.to_uppercase(), String::new(), "' or 1=1 --".to_owned()];
            for way in ways(sdl, ty) {
                let (_, field, federated) = &way;
                for wrong in malformed.iter().chain([&swapped]) {
                    let answered = name(&world, token, &way, ty, wrong).await;
                    if *federated {
                        // A bad representation is null and takes none of its neighbours with it.
                        assert_eq!(answered.body["data"], json!({ "_entities": [null] }), "{ty} {wrong}");
                    } else if wrong == &swapped && matches!(field.as_str(), "node" | "nodes") {
                        // Swapped, it names a row of another type that is not there.
                        assert_eq!(answered.body.get("errors"), None, "{ty} {wrong}");
                        assert!(!answered.text.contains(&digits), "{}", answered.text);
                    } else {
                        assert_eq!(codes(&answered.body), ["BAD_USER_INPUT"], "{ty} by {field}: {}", answered.body);
                        assert_eq!(answered.body["data"][field], Value::Null);
                        assert!(wrong.is_empty() || !answered.body.to_string().contains(wrong.as_str()), "no echo: {}", answered.body);
                    }
                }
            }
        }
    }

    async fn an_error_tells_nothing_of_what_it_was_about(world: Network) {
        let policy = Policy::read();
        let marks: Vec<String> = marks(&world, &policy).await.into_keys().filter(|mark| mark.starts_with("cny-B-")).collect();
        let coordinator = asker(&world, "PartnerCoordinator of A");
        let b = world.b.global_id();
        let documents = [
            "query($b: ID!, $m: String!) { organisation(by: { id: $b }) { auditEvents(after: $m) { nodes { id } } } }",
            "query($b: ID!, $m: String!) { organisation(by: { id: $b }) { auditEvents(where: { id: { eq: $m } }) { nodes { id } } } }",
            "query($b: ID!, $m: String!) { node(id: $m) { id } organisation(by: { id: $b }) { name } }",
            "query($b: ID!, $m: String!) { roleGrants(after: $m) { nodes { id } } organisation(by: { odsCode: $b }) { id } }",
            "query($b: ID!, $m: String!) { boardAssignments(where: { organisationId: { eq: $m }, id: { eq: $b } }) { nodes { id } } }",
            "query($b: ID!, $m: Date!) { organisation(by: { id: $b }, asOf: $m) { id } }",
            "query($b: ID!, $m: Int!) { organisation(by: { id: $b }) { auditEvents(first: $m) { totalCount } } }",
            "mutation($b: ID!, $m: String!) { organisationRename(input: { id: $b, expectedVersion: 1, name: $m }) { userErrors { code message path } organisation { id } } }",
            "mutation($b: ID!, $m: ID!) { boardAssignmentChoose(input: { id: $m, expectedVersion: 1, boardId: $b }) { userErrors { code message path } organisation { id } } }",
        ];
        let secrets: BTreeSet<&str> = ["select", "organisation_id", "role_grant", "sqlite", "postgres", "constraint", "panicked", "src/", "Did you mean", "did you mean"].into();
        for document in documents {
            for mark in marks.iter().step_by(17).take(6) {
                let variables = json!({ "b": b, "m": mark });
                let question = Question::new(Channel::Computed, document.to_owned(), variables);
                let answered = put(&world, coordinator.token.as_deref(), &question).await;
                let text = &answered.text;
                assert!(!text.contains(mark.as_str()), "{document}: {text}");
                assert!(!secrets.iter().any(|secret| answered.body["errors"].to_string().contains(secret)), "{document}: {text}");
                assert!(!text.contains("INTERNAL"), "{document}: {text}");
            }
        }
    }
}
