//! Fields under one key have to be one field: "Field Selection Merging" of the GraphQL specification.
//!
//! async-graphql looks at fields side by side on one type only. Of two different object types only one is
//! there, so that fields on them may differ, as long as clients can read both answers alike.

use std::cell::Cell;

use async_graphql::parser::types::{BaseType, ExecutableDocument, Field, OperationType, Type};
use async_graphql::{Name, Positioned, ServerError};
use indexmap::IndexMap;

use super::document::{Placed, Selected, merged, operations};
use super::error::ErrorCode;
use super::guard::Rejection;
use super::guard::shape::{FieldShape, Shape};
use crate::config::ApiSettings;

/// So many fields may be looked at for each selection that a document may have: more than any document
/// needs, since each selection is looked at twice on each level above it.
const LOOKS: usize = 32;

/// Refuses fields under one key that differ, in every operation; and a mutation under one key twice,
/// which async-graphql would run twice and show once.
///
/// # Errors
///
/// `GRAPHQL_VALIDATION_FAILED` with the place of the second field; `QUERY_REJECTED` for a document that
/// takes too many steps.
pub fn refuse_conflicts(
    document: &ExecutableDocument,
    shape: &Shape,
    settings: &ApiSettings,
) -> Result<(), ServerError> {
    let most = usize::try_from(settings.max_selections).unwrap_or(usize::MAX);
    let looks = Cell::new(most.saturating_mul(LOOKS));
    conflicts(&Merge { document, shape, looks })
}

fn conflicts(merge: &Merge<'_>) -> Result<(), ServerError> {
    for operation in operations(merge.document) {
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
    /// How many fields may still be looked at.
    looks: Cell<usize>,
}

type Fields<'a> = IndexMap<&'a Name, Vec<Placed<'a>>>;

impl<'a> Merge<'a> {
    fn merged(&self, selected: &[Selected<'a>]) -> Result<Fields<'a>, ServerError> {
        let fields = merged(&self.document.fragments, selected);
        let looks = fields.values().map(Vec::len).sum();
        match self.looks.get().checked_sub(looks) {
            Some(left) => self.looks.set(left),
            None => {
                let message = "the document has too many fields under the same keys";
                return Err(Rejection::new("max_selections", message).into());
            }
        }
        Ok(fields)
    }

    fn refuse_repeats(&self, root: &[Selected<'a>]) -> Result<(), ServerError> {
        match self.merged(root)?.into_iter().find(|(_, fields)| fields.len() > 1) {
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
        for (key, fields) in self.merged(selected)? {
            self.read_alike(key, &fields)?;
            let groups = self.meeting(&fields);
            for group in &groups {
                let other = group.iter().find(|other| !same(group[0].field, other.field));
                if let Some(other) = other {
                    return Err(conflict(key, "name or arguments", other));
                }
            }
            // What is below a field that is not known would be looked at again for every group.
            let known = fields.iter().all(|placed| !self.leads_to(placed).is_empty());
            if !known || groups.len() == 1 {
                self.check(&self.below(&fields))?;
                continue;
            }
            for group in &groups {
                self.check(&self.below(group))?;
            }
            self.check_types(&self.below(&fields))?;
        }
        Ok(())
    }

    /// Below fields of different rows only the types have to agree.
    fn check_types(&self, selected: &[Selected<'a>]) -> Result<(), ServerError> {
        for (key, fields) in self.merged(selected)? {
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
        if fields.len() == 1 {
            return Ok(());
        }
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

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::graphql::schema::{Audience, build};

    /// How many fields of `text` were looked at, and whether it may run.
    fn looked(shape: &Shape, text: &str) -> (usize, bool) {
        let document = parse_query(text).expect("a document");
        let merge = Merge { document: &document, shape, looks: Cell::new(usize::MAX) };
        let fits = conflicts(&merge).is_ok();
        (usize::MAX - merge.looks.get(), fits)
    }

    /// `levels` of `f`, on each of which it is also selected on every one of `types`.
    fn nested(f: &str, types: &[&str], levels: usize) -> String {
        let on: String = types.iter().map(|ty| format!("...on {ty}{{{f}}}")).collect();
        (0..levels).fold("id".to_owned(), |below, _| format!("{on} {f}{{{below}}}"))
    }

    #[test]
    fn a_field_is_looked_at_a_few_times_however_its_types_nest() {
        let shape = build(Audience::Clients).shape;
        let types =
            ["Region", "Site", "Organisation", "AuditEvent", "RoleGrant", "Nothing", "Node"];
        for f in ["f", "id", "node", "organisation", "__schema", "__typename"] {
            for (most, levels) in [(1, 11), (4, 9), (7, 11)] {
                let inner = nested(f, &types[..most], levels);
                for text in [format!("{{{inner}}}"), format!("{{node(id:\"x\"){{{inner}}}}}")] {
                    let selections = text.matches('{').count() + text.matches('}').count();
                    let (looks, _) = looked(&shape, &text);
                    assert!(looks <= LOOKS * selections, "{looks} looks at {text}");
                }
            }
        }
    }

    #[test]
    fn fields_of_different_rows_may_differ_where_clients_read_them_alike() {
        let shape = build(Audience::Clients).shape;
        let fits = |inner: &str| looked(&shape, &format!("{{node(id:\"x\"){{{inner}}}}}")).1;
        assert!(fits("...on Region{y:name} ...on IntegratedCareBoard{y:odsCode}"));
        assert!(!fits("...on Region{y:name} ...on AuditEvent{y:sequence}"));
        assert!(!fits("...on Region{y:name} y:id"));
    }
}
