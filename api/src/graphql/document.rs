//! Parts of a parsed document: its operations, its fields by key, the order of its keys.

use std::collections::HashMap;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition,
    Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};
use indexmap::IndexMap;

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

/// Selections and the type on which they are made.
#[derive(Clone, Copy)]
pub struct Selected<'a> {
    /// What is selected.
    pub set: &'a SelectionSet,
    /// The type's name.
    pub on: &'a str,
}

/// A field and the type on which it is selected.
#[derive(Clone, Copy)]
pub struct Placed<'a> {
    /// The field.
    pub field: &'a Positioned<Field>,
    /// The type's name.
    pub on: &'a str,
}

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The fields of `selected` by key, with fragments expanded, in the order of the document.
pub fn merged<'a>(
    fragments: &'a Fragments,
    selected: &[Selected<'a>],
) -> IndexMap<&'a Name, Vec<Placed<'a>>> {
    let mut fields = IndexMap::new();
    selected.iter().for_each(|selected| collect(fragments, *selected, &mut fields));
    fields
}

fn collect<'a>(
    fragments: &'a Fragments,
    Selected { set, on }: Selected<'a>,
    fields: &mut IndexMap<&'a Name, Vec<Placed<'a>>>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                let key = &field.node.response_key().node;
                fields.entry(key).or_default().push(Placed { field, on });
            }
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let on = condition.map_or(on, |condition| condition.node.on.node.as_str());
                let set = &inline.node.selection_set.node;
                collect(fragments, Selected { set, on }, fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    let on = fragment.node.type_condition.node.on.node.as_str();
                    let set = &fragment.node.selection_set.node;
                    collect(fragments, Selected { set, on }, fields);
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

    /// `data` with the keys of its objects in the order of the document. What the read engine wrote is in
    /// order already.
    #[must_use]
    pub fn apply(&self, data: Value) -> Value {
        self.arranged(data, &[Selected { set: &self.selection, on: "" }])
    }

    fn arranged(&self, value: Value, selected: &[Selected<'_>]) -> Value {
        let mut object = match value {
            Value::Object(object) => object,
            Value::List(items) => {
                let items = items.into_iter().map(|item| self.arranged(item, selected));
                return Value::List(items.collect());
            }
            value => return value,
        };
        let mut arranged = IndexMap::with_capacity(object.len());
        for (key, fields) in merged(&self.fragments, selected) {
            if let Some(value) = object.swap_remove(key) {
                let mut below = Vec::with_capacity(fields.len());
                for placed in &fields {
                    below.push(Selected { set: &placed.field.node.selection_set.node, on: "" });
                }
                arranged.insert(key.clone(), self.arranged(value, &below));
            }
        }
        arranged.extend(object);
        Value::Object(arranged)
    }
}
