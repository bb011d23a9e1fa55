//! Fields under one key have to be one field: "Field Selection Merging" of the GraphQL specification.
//!
//! async-graphql looks at fields side by side on one type only. Of two different object types only one is
//! there, so that fields on them may differ, as long as clients can read both answers alike.

use async_graphql::parser::types::{BaseType, ExecutableDocument, Field, OperationType, Type};
use async_graphql::{Name, Positioned, ServerError};
use indexmap::IndexMap;

use super::document::{Placed, Selected, merged, operations};
use super::error::ErrorCode;
use super::guard::shape::{FieldShape, Shape};

/// Refuses fields under one key that differ, in every operation; and a mutation under one key twice,
/// which async-graphql would run twice and show once.
///
/// The guard has bounded the expanded selections that are visited here.
///
/// # Errors
///
/// `GRAPHQL_VALIDATION_FAILED` with the place of the second field.
pub fn refuse_conflicts(document: &ExecutableDocument, shape: &Shape) -> Result<(), ServerError> {
    let merge = Merge { document, shape };
    for operation in operations(document) {
        let on = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let root = [Selected { set: &operation.selection_set.node, on }];
        if operation.ty == OperationType::Mutation {
            merge.refuse_repeats(&root)?;
        }
        merge.check(&root)?;
    }
    Ok(())
}

struct Merge<'a> {
    document: &'a ExecutableDocument,
    shape: &'a Shape,
}

impl<'a> Merge<'a> {
    fn merged(&self, selected: &[Selected<'a>]) -> IndexMap<&'a Name, Vec<Placed<'a>>> {
        merged(&self.document.fragments, selected)
    }

    fn refuse_repeats(&self, root: &[Selected<'a>]) -> Result<(), ServerError> {
        match self.merged(root).into_iter().find(|(_, fields)| fields.len() > 1) {
            Some((key, _)) => {
                let message =
                    format!("{key} is selected twice: give each mutation an alias of its own");
                Err(ErrorCode::ValidationFailed.error(message, None))
            }
            None => Ok(()),
        }
    }

    /// Fields that can meet on one row are the same; the others are read alike.
    fn check(&self, selected: &[Selected<'a>]) -> Result<(), ServerError> {
        for (key, fields) in self.merged(selected) {
            self.read_alike(key, &fields)?;
            let groups = self.meeting(&fields);
            for group in &groups {
                let other = group.iter().find(|other| !same(group[0].field, other.field));
                if let Some(other) = other {
                    return Err(conflict(key, "name or arguments", other));
                }
                self.check(&self.below(group))?;
            }
            if groups.len() > 1 {
                self.check_types(&self.below(&fields))?;
            }
        }
        Ok(())
    }

    /// Below fields of different rows only the types have to agree.
    fn check_types(&self, selected: &[Selected<'a>]) -> Result<(), ServerError> {
        for (key, fields) in self.merged(selected) {
            self.read_alike(key, &fields)?;
            self.check_types(&self.below(&fields))?;
        }
        Ok(())
    }

    /// The fields that can be on one row: those of each object type, with all that stand on no object type.
    fn meeting(&self, fields: &[Placed<'a>]) -> Vec<Vec<Placed<'a>>> {
        let anywhere = |placed: &Placed<'a>| !self.shape.is_object(placed.on);
        let mut groups: IndexMap<&str, Vec<Placed<'a>>> = IndexMap::new();
        for placed in fields.iter().filter(|placed| !anywhere(placed)) {
            groups.entry(placed.on).or_default().push(*placed);
        }
        let anywhere: Vec<Placed<'a>> = fields.iter().copied().filter(anywhere).collect();
        if groups.is_empty() {
            return vec![anywhere];
        }
        let with_all = |mut group: Vec<Placed<'a>>| {
            group.extend(&anywhere);
            group
        };
        groups.into_values().map(with_all).collect()
    }

    fn leads_to(&self, placed: &Placed<'a>) -> &'a str {
        let shape: &'a Shape = self.shape;
        let name = placed.field.node.name.node.as_str();
        shape.field(placed.on, name).map_or("", FieldShape::leads_to)
    }

    /// What is selected below `fields`.
    fn below(&self, fields: &[Placed<'a>]) -> Vec<Selected<'a>> {
        let below = |placed: &Placed<'a>| Selected {
            set: &placed.field.node.selection_set.node,
            on: self.leads_to(placed),
        };
        fields.iter().map(below).collect()
    }

    /// The types of `fields` tell a client the same; fields that do not exist are refused elsewhere.
    fn read_alike(&self, key: &Name, fields: &[Placed<'a>]) -> Result<(), ServerError> {
        let ty = |placed: &Placed<'a>| match placed.field.node.name.node.as_str() {
            "__typename" => Type::new("String!"),
            name => self.shape.field(placed.on, name).map(|field| field.ty.clone()),
        };
        let mut typed = fields.iter().filter_map(|placed| Some((placed, ty(placed)?)));
        let Some((_, first)) = typed.next() else { return Ok(()) };
        match typed.find(|(_, other)| !self.alike(&first, other)) {
            Some((other, _)) => Err(conflict(key, "type", other)),
            None => Ok(()),
        }
    }

    /// The same values in the same lists, or objects in the same lists.
    fn alike(&self, a: &Type, b: &Type) -> bool {
        a.nullable == b.nullable
            && match (&a.base, &b.base) {
                (BaseType::List(a), BaseType::List(b)) => self.alike(a, b),
                (BaseType::Named(a), BaseType::Named(b)) => {
                    a == b || !(self.shape.is_value(a) || self.shape.is_value(b))
                }
                _ => false,
            }
    }
}

/// The same field with the same arguments, in any order.
fn same(a: &Positioned<Field>, b: &Positioned<Field>) -> bool {
    let (a, b) = (&a.node, &b.node);
    a.name.node == b.name.node
        && a.arguments.len() == b.arguments.len()
        && a.arguments.iter().all(|(name, value)| {
            b.get_argument(&name.node).is_some_and(|other| other.node == value.node)
        })
}

fn conflict(key: &Name, what: &str, other: &Placed<'_>) -> ServerError {
    let message = format!("the fields under the key {key} differ in {what}: give one an alias");
    ErrorCode::ValidationFailed.error(message, Some(other.field.pos))
}
