//! The measure beside a naive one that expands every fragment: on small documents they agree.

use std::fmt::Write as _;

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql_value::Value;

use super::{boundless, shape};
use crate::config::ApiSettings;
use crate::graphql::document::operations;
use crate::graphql::guard::measure::measure;
use crate::graphql::guard::shape::Size;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).expect("small")]
    }
}

/// Fields of the types that random documents are about.
const FIELDS: [(&str, &[&str]); 4] = [
    ("Query", &["organisations", "region", "viewer", "__typename"]),
    ("OrganisationConnection", &["nodes", "totalCount", "__typename"]),
    ("Organisation", &["id", "name", "region", "names", "__typename"]),
    ("Region", &["name", "organisations", "onsCodes", "__typename"]),
];

/// A random selection set on `ty` into `text`; spreads name only fragments after `from`.
fn selection(dice: &mut Dice, text: &mut String, ty: &str, from: usize, depth: u64) {
    text.push_str("{ ");
    for _ in 0..=dice.below(3) {
        match dice.below(8) {
            0 if depth > 0 => {
                write!(text, "... on {ty} ").expect("text");
                selection(dice, text, ty, from, depth - 1);
            }
            1 if from < FIELDS.len() => {
                write!(text, "...F{} ", from as u64 + dice.below((FIELDS.len() - from) as u64))
                    .expect("text");
            }
            _ => field(dice, text, ty, from, depth),
        }
    }
    text.push_str("} ");
}

fn field(dice: &mut Dice, text: &mut String, ty: &str, from: usize, depth: u64) {
    let known =
        FIELDS.iter().find(|(name, _)| *name == ty).map_or(&["name"][..], |(_, fields)| fields);
    let name = dice.one_of(known);
    text.push_str(name);
    text.push(' ');
    if name == "organisations" {
        text.push_str(dice.one_of(&["", "(first: 3) ", "(last: 5) ", "(first: null, last: 2) "]));
    }
    let leads_to = shape().field(ty, name).map_or("", |field| field.leads_to());
    if depth > 0 && FIELDS.iter().any(|(name, _)| *name == leads_to) {
        selection(dice, text, leads_to, from, depth - 1);
    }
}

/// A random document of four fragments, each spreading only later ones.
fn document(dice: &mut Dice) -> String {
    let mut text = String::new();
    selection(dice, &mut text, "Query", 0, 4);
    for (index, (ty, _)) in FIELDS.iter().enumerate() {
        write!(text, "fragment F{index} on {ty} ").expect("text");
        selection(dice, &mut text, ty, index + 1, 3);
    }
    text
}

/// Selections, depth, cost and rows, by expanding everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    selections: u64,
    depth: u64,
    cost: u64,
    nodes: u64,
    counts: bool,
}

fn naive(document: &ExecutableDocument, set: &SelectionSet, parent: &str) -> Sums {
    let mut sums = Sums::default();
    for item in &set.items {
        let found = match &item.node {
            Selection::Field(field) if field.node.name.node == "__typename" => {
                Sums { selections: 1, ..Sums::default() }
            }
            Selection::Field(field) => {
                let shape = shape().field(parent, &field.node.name.node);
                let below = naive(
                    document,
                    &field.node.selection_set.node,
                    shape.map_or("", |shape| shape.leads_to()),
                );
                let (size, rows) = match shape.map(|shape| shape.size) {
                    Some(Size::Page) => {
                        let rows = page(&field.node);
                        (if below.counts { rows.max(20) } else { rows }, rows)
                    }
                    Some(Size::List(bound)) => (1, bound.into()),
                    _ => (1, 1),
                };
                Sums {
                    selections: below.selections + 1,
                    depth: below.depth + 1,
                    cost: below.cost * size + 1,
                    nodes: (below.nodes + u64::from(rows > 1)) * rows,
                    counts: field.node.name.node == "totalCount",
                }
            }
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map_or(parent, |on| &on.node.on.node);
                one_more(naive(document, &inline.node.selection_set.node, on))
            }
            Selection::FragmentSpread(spread) => {
                let fragment = &document.fragments[&spread.node.fragment_name.node].node;
                one_more(naive(
                    document,
                    &fragment.selection_set.node,
                    &fragment.type_condition.node.on.node,
                ))
            }
        };
        sums = Sums {
            selections: sums.selections + found.selections,
            depth: sums.depth.max(found.depth),
            cost: sums.cost + found.cost,
            nodes: sums.nodes + found.nodes,
            counts: sums.counts || found.counts,
        };
    }
    sums
}

fn one_more(sums: Sums) -> Sums {
    Sums { selections: sums.selections + 1, ..sums }
}

/// The rows that the page will have.
fn page(field: &async_graphql::parser::types::Field) -> u64 {
    let number = |name| match field.get_argument(name).map(|value| &value.node) {
        Some(Value::Number(number)) => number.as_u64(),
        _ => None,
    };
    number("first").or_else(|| number("last")).unwrap_or(20)
}

/// Whether `document` may run under `settings`.
fn passes(document: &ExecutableDocument, settings: &ApiSettings) -> bool {
    measure(document, None, &Variables::default(), shape(), settings).cost.is_ok()
}

/// Asserts that the guard measures `expected`: that much passes, and one less does not.
#[track_caller]
fn measured(document: &ExecutableDocument, expected: u64, of: impl Fn(u64) -> ApiSettings) {
    assert!(passes(document, &of(expected)), "more than {expected} was measured");
    assert!(expected == 0 || !passes(document, &of(expected - 1)), "less than {expected}");
}

#[test]
fn the_measure_of_random_documents_is_that_of_their_expansion() {
    let mut dice = Dice(7);
    let mut spread = 0;
    let generous = boundless();
    for _ in 0..300 {
        let text = document(&mut dice);
        let parsed = parse_query(&text).expect("a document");
        let operation = operations(&parsed).next().expect("an operation");
        assert_eq!(operation.ty, OperationType::Query);
        let expected = naive(&parsed, &operation.selection_set.node, "Query");
        let own = text.split("fragment").next();
        spread += u64::from(own.is_some_and(|text| text.contains("...F")));
        let found = measure(&parsed, None, &Variables::default(), shape(), &generous);
        assert_eq!(found.cost.expect("it may run").cost, expected.cost, "{text}");
        measured(&parsed, expected.depth, |max_depth| ApiSettings {
            max_depth,
            ..generous.clone()
        });
        measured(&parsed, expected.nodes, |max_nodes| ApiSettings {
            max_nodes,
            ..generous.clone()
        });
        if all_are_spread(&text) {
            let of = |max_selections| ApiSettings { max_selections, ..generous.clone() };
            measured(&parsed, expected.selections, of);
        }
    }
    assert!(spread > 50, "{spread} of the documents spread fragments");
}

/// Whether the operation reaches every fragment: others are counted beside it.
fn all_are_spread(text: &str) -> bool {
    let parts: Vec<&str> = text.split("fragment ").collect();
    let mut reached = vec![parts[0].to_owned()];
    let mut names: Vec<String> = Vec::new();
    while let Some(part) = reached.pop() {
        for index in 0..FIELDS.len() {
            let name = format!("F{index}");
            if part.contains(&format!("...{name} ")) && !names.contains(&name) {
                reached.extend(
                    parts
                        .iter()
                        .find(|part| part.starts_with(&name))
                        .map(|part| (*part).to_owned()),
                );
                names.push(name);
            }
        }
    }
    names.len() == FIELDS.len()
}
