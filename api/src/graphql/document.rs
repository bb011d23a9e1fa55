//! What async-graphql 7 leaves undone with a document: the default values of variables do not reach
//! `@skip` and `@include`, and keys come in the order in which their fields were done.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};
use indexmap::IndexMap;

/// The operation that will run; `None` if the name does not choose one.
#[must_use]
pub fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    use async_graphql::parser::types::DocumentOperations::{Multiple, Single};
    match (&document.operations, name) {
        (Single(operation), _) => Some(&operation.node),
        (Multiple(operations), Some(name)) => operations.get(name).map(|found| &found.node),
        (Multiple(_), None) => None,
    }
}

/// Gives every variable that was not sent its default value.
pub fn fill_defaults(operation: &OperationDefinition, variables: &mut Variables) {
    for definition in &operation.variable_definitions {
        let name = &definition.node.name.node;
        if let (Some(default), false) =
            (&definition.node.default_value, variables.contains_key(name))
        {
            variables.insert(name.clone(), default.node.clone());
        }
    }
}

/// The first response key under which a mutation would be run more than once.
///
/// Fields of one key are one field: async-graphql would run each, and show one. A mutation's root has no
/// use for it, so that it is refused.
#[must_use]
pub fn repeated_key(
    operation: &OperationDefinition,
    document: &ExecutableDocument,
) -> Option<Name> {
    let mut seen = HashSet::new();
    let mut fragments = HashSet::new();
    repeated_in(&operation.selection_set.node, document, &mut seen, &mut fragments)
}

fn repeated_in<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    seen: &mut HashSet<&'a Name>,
    fragments: &mut HashSet<&'a Name>,
) -> Option<Name> {
    set.items.iter().find_map(|item| match &item.node {
        Selection::Field(field) => {
            let key = &field.node.response_key().node;
            (!seen.insert(key)).then(|| key.clone())
        }
        Selection::InlineFragment(inline) => {
            repeated_in(&inline.node.selection_set.node, document, seen, fragments)
        }
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            let fragment = document.fragments.get(name)?;
            if !fragments.insert(name) {
                // The same fragment again: whatever it selects is repeated.
                return Some(name.clone());
            }
            repeated_in(&fragment.node.selection_set.node, document, seen, fragments)
        }
    })
}

/// The order of keys that a document asks for.
pub struct Arrangement {
    selection: SelectionSet,
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
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
        let mut fields = IndexMap::new();
        sets.iter().for_each(|set| self.collect(set, &mut fields));
        let mut arranged = IndexMap::with_capacity(object.len());
        for (key, sets) in fields {
            if let Some(value) = object.swap_remove(key) {
                arranged.insert(key.clone(), self.arranged(value, &sets));
            }
        }
        arranged.extend(object);
        Value::Object(arranged)
    }

    fn collect<'a>(
        &'a self,
        set: &'a SelectionSet,
        fields: &mut IndexMap<&'a Name, Vec<&'a SelectionSet>>,
    ) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let Field { selection_set, .. } = &field.node;
                    let key = &field.node.response_key().node;
                    fields.entry(key).or_default().push(&selection_set.node);
                }
                Selection::InlineFragment(inline) => {
                    self.collect(&inline.node.selection_set.node, fields);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        self.collect(&fragment.node.selection_set.node, fields);
                    }
                }
            }
        }
    }
}
