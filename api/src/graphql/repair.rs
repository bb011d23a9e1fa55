//! What async-graphql 7 gets wrong about a document, put right before it sees it.
//!
//! * A variable that was not sent takes its default in `@skip` and `@include` too.
//! * An argument or input field whose variable was not sent is absent, not null: a change that leaves a
//!   field out must not clear it. In a list such a variable is null.
//! * A required variable without a value is refused before anything runs.
//! * Directives on `__typename` are checked like all others, and a variable used only there is used.
//! * A subscription has one root field.
//! * A fragment without a type is on the type around it, also where fields are compared.

use std::collections::HashSet;

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
    Selection, SelectionSet, TypeCondition, VariableDefinition,
};
use async_graphql::{Name, Positioned, ServerError, Value as ConstValue, Variables};
use async_graphql_value::Value;

use super::document;
use super::error::ErrorCode;

/// Repairs `document` for an operation of it with these `definitions` of variables, into whose values their
/// defaults were [filled](fill). What comes of it depends on which variables are absent, and on the values
/// of those that stand in directives.
///
/// # Errors
///
/// `GRAPHQL_VALIDATION_FAILED` for a directive on `__typename` that is not known there.
pub fn repair(
    document: &mut ExecutableDocument,
    definitions: &[Positioned<VariableDefinition>],
    variables: &Variables,
) -> Result<(), ServerError> {
    let before = used(document);
    let idle = document::operations(document).flat_map(|operation| &operation.variable_definitions);
    let idle: HashSet<Name> = idle
        .map(|definition| definition.node.name.node.clone())
        .filter(|name| definitions.iter().all(|definition| definition.node.name.node != *name))
        .collect();
    let absent: HashSet<Name> = definitions
        .iter()
        .filter(|definition| is_absent(definition, variables))
        .map(|definition| definition.node.name.node.clone())
        .collect();
    let mend = Mend { variables, absent: &absent, idle: &idle };
    for operation in operations_mut(document) {
        mend.set(&mut operation.selection_set.node, None)?;
    }
    for fragment in document.fragments.values_mut() {
        let fragment = &mut fragment.node;
        let on = &fragment.type_condition.node.on.node;
        mend.set(&mut fragment.selection_set.node, Some(on))?;
    }
    // Variables that nothing uses any more would be refused as unused.
    let after = used(document);
    let gone: HashSet<&Name> = before.difference(&after).collect();
    for operation in operations_mut(document) {
        operation.variable_definitions.retain(|found| !gone.contains(&found.node.name.node));
    }
    Ok(())
}

/// Whether a variable has no value, not even a default.
#[must_use]
pub fn is_absent(definition: &Positioned<VariableDefinition>, variables: &Variables) -> bool {
    !variables.contains_key(&definition.node.name.node)
}

/// Gives absent variables their defaults; what then is absent may be left out.
///
/// # Errors
///
/// `BAD_USER_INPUT` for a required variable without a value.
pub fn fill(
    definitions: &[Positioned<VariableDefinition>],
    variables: &mut Variables,
) -> Result<(), ServerError> {
    for definition in definitions {
        let definition = &definition.node;
        let name = &definition.name.node;
        let sent = variables.get(name);
        match (&definition.default_value, sent) {
            (Some(default), None) => {
                variables.insert(name.clone(), default.node.clone());
            }
            (None, None) if definition.var_type.node.nullable => {}
            (None, None) => return Err(missing(definition, "has no value")),
            (_, Some(ConstValue::Null)) if !definition.var_type.node.nullable => {
                return Err(missing(definition, "must not be null"));
            }
            (_, Some(_)) => {}
        }
    }
    Ok(())
}

fn missing(definition: &VariableDefinition, problem: &str) -> ServerError {
    let VariableDefinition { name, var_type, .. } = definition;
    let message = format!("the variable ${} of the type {} {problem}", name.node, var_type.node);
    ErrorCode::BadUserInput.error(message, Some(name.pos))
}

/// A subscription has one root field.
///
/// # Errors
///
/// `GRAPHQL_VALIDATION_FAILED`.
pub fn one_root_field(document: &ExecutableDocument) -> Result<(), ServerError> {
    let mut subscriptions = document::operations(document)
        .filter(|operation| operation.ty == OperationType::Subscription);
    let several = subscriptions.any(|operation| {
        let set = &operation.selection_set.node;
        let plain = set.items.iter().all(|item| matches!(item.node, Selection::Field(_)));
        !plain || set.items.len() != 1
    });
    if several {
        let message = "a subscription selects one root field, without a fragment";
        return Err(ErrorCode::ValidationFailed.error(message, None));
    }
    Ok(())
}

fn operations_mut(document: &mut ExecutableDocument) -> Vec<&mut OperationDefinition> {
    match &mut document.operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node],
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().map(|operation| &mut operation.node).collect()
        }
    }
}

/// Mends selection sets in place.
struct Mend<'a> {
    variables: &'a Variables,
    absent: &'a HashSet<Name>,
    /// Variables of operations that do not run: nobody sent their values.
    idle: &'a HashSet<Name>,
}

impl Mend<'_> {
    /// Mends what is selected on the type `on`, where a fragment names it.
    fn set(&self, set: &mut SelectionSet, on: Option<&Name>) -> Result<(), ServerError> {
        for item in &mut set.items {
            match &mut item.node {
                Selection::Field(field) if field.node.name.node == "__typename" => {
                    self.typename(&mut field.node.directives)?;
                }
                Selection::Field(field) => {
                    field.node.arguments.retain(|(_, value)| !self.is_absent(&value.node));
                    for (_, value) in &mut field.node.arguments {
                        self.value(&mut value.node);
                    }
                    self.set(&mut field.node.selection_set.node, None)?;
                }
                Selection::InlineFragment(inline) => {
                    let (pos, inline) = (inline.pos, &mut inline.node);
                    if let (None, Some(on)) = (&inline.type_condition, on) {
                        let condition = TypeCondition { on: Positioned::new(on.clone(), pos) };
                        inline.type_condition = Some(Positioned::new(condition, pos));
                    }
                    let on =
                        inline.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    self.set(&mut inline.selection_set.node, on)?;
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn is_absent(&self, value: &Value) -> bool {
        matches!(value, Value::Variable(name) if self.absent.contains(name))
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::List(items) => {
                for item in items {
                    if self.is_absent(item) {
                        *item = Value::Null;
                    } else {
                        self.value(item);
                    }
                }
            }
            Value::Object(fields) => {
                fields.retain(|_, field| !self.is_absent(field));
                fields.values_mut().for_each(|field| self.value(field));
            }
            _ => {}
        }
    }

    /// Checks the directives of a `__typename` and puts the values of variables in their place.
    fn typename(&self, directives: &mut [Positioned<Directive>]) -> Result<(), ServerError> {
        let mut seen = HashSet::new();
        for directive in directives {
            let at = Some(directive.pos);
            let refuse = |message: String| Err(ErrorCode::ValidationFailed.error(message, at));
            let name = directive.node.name.node.clone();
            if !matches!(name.as_str(), "skip" | "include") {
                return refuse(format!("Unknown directive \"{name}\""));
            }
            if !seen.insert(name.clone()) {
                return refuse(format!("Duplicate directive \"{name}\""));
            }
            let [(argument, value)] = directive.node.arguments.as_mut_slice() else {
                return refuse(format!("the directive @{name} takes one argument: if"));
            };
            let found = match &value.node {
                Value::Variable(variable) if self.idle.contains(variable) => {
                    Some(ConstValue::Boolean(true))
                }
                Value::Variable(variable) => self.variables.get(variable).cloned(),
                literal => literal.clone().into_const(),
            };
            match found {
                Some(ConstValue::Boolean(found)) if argument.node == "if" => {
                    value.node = Value::Boolean(found);
                }
                _ => return refuse(format!("the argument if of @{name} must be true or false")),
            }
        }
        Ok(())
    }
}

/// The variables in the directives of `document`.
#[must_use]
pub fn in_directives(document: &ExecutableDocument) -> HashSet<Name> {
    let mut names = HashSet::new();
    let sets = document::operations(document).map(|operation| &operation.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let mut open: Vec<&SelectionSet> = sets.chain(fragments).collect();
    while let Some(set) = open.pop() {
        for item in &set.items {
            names_in_directives(item.node.directives(), &mut names);
            match &item.node {
                Selection::Field(field) => open.push(&field.node.selection_set.node),
                Selection::InlineFragment(inline) => open.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    names
}

/// The variables that the document uses anywhere.
fn used(document: &ExecutableDocument) -> HashSet<Name> {
    let mut names = HashSet::new();
    for operation in document::operations(document) {
        names_in_directives(&operation.directives, &mut names);
        names_in(&operation.selection_set.node, &mut names);
    }
    for fragment in document.fragments.values() {
        names_in_directives(&fragment.node.directives, &mut names);
        names_in(&fragment.node.selection_set.node, &mut names);
    }
    names
}

fn names_in(set: &SelectionSet, names: &mut HashSet<Name>) {
    for item in &set.items {
        names_in_directives(item.node.directives(), names);
        match &item.node {
            Selection::Field(field) => {
                for (_, value) in &field.node.arguments {
                    names_in_value(&value.node, names);
                }
                names_in(&field.node.selection_set.node, names);
            }
            Selection::InlineFragment(inline) => {
                names_in(&inline.node.selection_set.node, names);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn names_in_directives(directives: &[Positioned<Directive>], names: &mut HashSet<Name>) {
    for (_, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
        names_in_value(&value.node, names);
    }
}

fn names_in_value(value: &Value, names: &mut HashSet<Name>) {
    match value {
        Value::Variable(name) => {
            names.insert(name.clone());
        }
        Value::List(items) => items.iter().for_each(|item| names_in_value(item, names)),
        Value::Object(fields) => fields.values().for_each(|field| names_in_value(field, names)),
        _ => {}
    }
}
