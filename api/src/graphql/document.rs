//! Parts of a parsed document: its operations, fields that cannot be merged, the order of its keys.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition,
    OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value};
use indexmap::IndexMap;

use super::error::ErrorCode;

/// Every operation of `document`.
pub fn operations(document: &ExecutableDocument) -> impl Iterator<Item = &OperationDefinition> {
    document.operations.iter().map(|(_, operation)| &operation.node)
}

/// The operation that will run; `None` if the name does not choose one.
#[must_use]
pub fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(&operation.node),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|found| &found.node)
        }
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().map(|found| &found.node)
        }
        (DocumentOperations::Multiple(_), None) => None,
    }
}

/// The name of the operation that will run, if it has one.
#[must_use]
pub fn name(document: &ExecutableDocument, chosen: Option<&str>) -> Option<String> {
    match &document.operations {
        DocumentOperations::Single(_) => None,
        DocumentOperations::Multiple(operations) => match chosen {
            Some(name) => Some(name.to_owned()),
            None => operations.keys().next().map(ToString::to_string),
        },
    }
}

/// Refuses fields under one key that differ, in every operation; and a mutation under one key twice,
/// which async-graphql would run twice and show once.
///
/// The guard has bounded the expanded selections that are visited here.
///
/// # Errors
///
/// `GRAPHQL_VALIDATION_FAILED` with the place of the second field.
pub fn refuse_conflicts(document: &ExecutableDocument) -> Result<(), ServerError> {
    for operation in operations(document) {
        let root = [&operation.selection_set.node];
        if operation.ty == OperationType::Mutation {
            refuse_repeats(document, &root)?;
        }
        refuse_conflicts_in(document, &root)?;
    }
    Ok(())
}

fn refuse_repeats(
    document: &ExecutableDocument,
    root: &[&SelectionSet],
) -> Result<(), ServerError> {
    match merged(&document.fragments, root).into_iter().find(|(_, fields)| fields.len() > 1) {
        Some((key, _)) => {
            let message =
                format!("{key} is selected twice: give each mutation an alias of its own");
            Err(ErrorCode::ValidationFailed.error(message, None))
        }
        None => Ok(()),
    }
}

fn refuse_conflicts_in(
    document: &ExecutableDocument,
    sets: &[&SelectionSet],
) -> Result<(), ServerError> {
    for (key, fields) in merged(&document.fragments, sets) {
        for (index, other) in fields.iter().enumerate() {
            // Of two different object types only one is there: their fields never meet.
            let meets = |first: &&Placed<'_>| {
                first.on.is_none() || other.on.is_none() || first.on == other.on
            };
            let first = fields[..index].iter().find(meets);
            if first.is_some_and(|first| !same(&first.field.node, &other.field.node)) {
                let message = format!(
                    "the fields under the key {key} differ in name or arguments: give one an alias"
                );
                return Err(ErrorCode::ValidationFailed.error(message, Some(other.field.pos)));
            }
        }
        let below: Vec<&SelectionSet> =
            fields.iter().map(|placed| &placed.field.node.selection_set.node).collect();
        refuse_conflicts_in(document, &below)?;
    }
    Ok(())
}

/// The same field with the same arguments, in any order.
fn same(a: &Field, b: &Field) -> bool {
    a.name.node == b.name.node
        && a.arguments.len() == b.arguments.len()
        && a.arguments.iter().all(|(name, value)| {
            b.get_argument(&name.node).is_some_and(|other| other.node == value.node)
        })
}

/// A field with the type that the nearest fragment around it names.
#[derive(Clone, Copy)]
struct Placed<'a> {
    field: &'a Positioned<Field>,
    on: Option<&'a Name>,
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The fields of selection sets by key, with fragments expanded, in the order of the document.
fn merged<'a>(
    fragments: &'a Fragments,
    sets: &[&'a SelectionSet],
) -> IndexMap<&'a Name, Vec<Placed<'a>>> {
    let mut fields = IndexMap::new();
    sets.iter().for_each(|set| collect(fragments, set, None, &mut fields));
    fields
}

fn collect<'a>(
    fragments: &'a Fragments,
    set: &'a SelectionSet,
    on: Option<&'a Name>,
    fields: &mut IndexMap<&'a Name, Vec<Placed<'a>>>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                let key = &field.node.response_key().node;
                fields.entry(key).or_default().push(Placed { field, on });
            }
            Selection::InlineFragment(inline) => {
                let named = inline.node.type_condition.as_ref().map(|on| &on.node.on.node);
                collect(fragments, &inline.node.selection_set.node, named.or(on), fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    let named = &fragment.node.type_condition.node.on.node;
                    collect(fragments, &fragment.node.selection_set.node, Some(named), fields);
                }
            }
        }
    }
}

/// The order of keys that a document asks for.
pub struct Arrangement {
    selection: SelectionSet,
    fragments: Fragments,
}

impl Arrangement {
    /// The order of `operation`, a part of `document`.
    #[must_use]
    pub fn of(operation: &OperationDefinition, document: &ExecutableDocument) -> Self {
        Self {
            selection: operation.selection_set.node.clone(),
            fragments: document.fragments.clone(),
        }
    }

    /// `data` with the keys of its objects in the order of the document. What stands in lists is in
    /// order already: the read engine wrote it.
    #[must_use]
    pub fn apply(&self, data: Value) -> Value {
        self.arranged(data, &[&self.selection])
    }

    fn arranged(&self, value: Value, sets: &[&SelectionSet]) -> Value {
        let Value::Object(mut object) = value else { return value };
        let mut arranged = IndexMap::with_capacity(object.len());
        for (key, fields) in merged(&self.fragments, sets) {
            if let Some(value) = object.swap_remove(key) {
                let below: Vec<&SelectionSet> =
                    fields.iter().map(|placed| &placed.field.node.selection_set.node).collect();
                arranged.insert(key.clone(), self.arranged(value, &below));
            }
        }
        arranged.extend(object);
        Value::Object(arranged)
    }
}
