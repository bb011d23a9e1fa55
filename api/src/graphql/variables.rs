//! What async-graphql 7 does not check, or no longer can once a document is repaired: the types of
//! variables and the places where they are used, that an enumeration's value is no text, and that an input
//! object is one.

use std::collections::HashSet;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet, Type, VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, ServerError, Value as ConstValue};
use async_graphql_value::Value;

use super::error::ErrorCode;
use super::guard::shape::{InputShape, InputType, Shape, base};
use super::values::Places;

/// Checks `operation` and the fragments that it spreads; gives the places where it uses variables.
///
/// # Errors
///
/// `GRAPHQL_VALIDATION_FAILED` with the place of what is wrong.
pub fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    shape: &Shape,
) -> Result<Places, ServerError> {
    let variables = &operation.variable_definitions;
    definitions(variables, shape)?;
    let root = match operation.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let (fragments, places) = (HashSet::new(), Places::default());
    let mut check = Check { document, variables, shape, fragments, places };
    check.directives(&operation.directives)?;
    check.set(&operation.selection_set.node, root)?;
    Ok(check.places)
}

fn invalid<T>(message: String, at: Pos) -> Result<T, ServerError> {
    Err(ErrorCode::ValidationFailed.error(message, Some(at)))
}

/// Each variable has a name of its own, a type that values can have, and no directive.
fn definitions(
    variables: &[Positioned<VariableDefinition>],
    shape: &Shape,
) -> Result<(), ServerError> {
    let mut names = HashSet::new();
    for variable in variables {
        let VariableDefinition { name, var_type, directives, .. } = &variable.node;
        if !names.insert(&name.node) {
            return invalid(format!("there are two variables named ${}", name.node), name.pos);
        }
        if shape.input(base(&var_type.node)).is_none() {
            let message = format!("the variable ${} has no type that values can have", name.node);
            return invalid(message, var_type.pos);
        }
        if let Some(directive) = directives.first() {
            let message = format!("@{} may not be used on a variable", directive.node.name.node);
            return invalid(message, directive.pos);
        }
    }
    Ok(())
}

struct Check<'a> {
    document: &'a ExecutableDocument,
    variables: &'a [Positioned<VariableDefinition>],
    shape: &'a Shape,
    fragments: HashSet<&'a Name>,
    places: Places,
}

impl<'a> Check<'a> {
    fn set(&mut self, set: &'a SelectionSet, parent: &str) -> Result<(), ServerError> {
        for item in &set.items {
            self.directives(item.node.directives())?;
            match &item.node {
                Selection::Field(field) => self.field(&field.node, parent)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let parent = on.map_or(parent, |on| on.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, parent)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let document: &'a ExecutableDocument = self.document;
                    if let Some(fragment) = document.fragments.get(name)
                        && self.fragments.insert(name)
                    {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(&fragment.node.selection_set.node, on)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Fields and arguments that are not known are refused by async-graphql.
    fn field(&mut self, field: &'a Field, parent: &str) -> Result<(), ServerError> {
        let shape: &'a Shape = self.shape;
        let Some(known) = shape.field(parent, &field.name.node) else {
            if field.name.node != "__typename" {
                self.places.unknown();
            }
            return Ok(());
        };
        for (name, value) in &field.arguments {
            if let Some(argument) = known.arguments.get(name.node.as_str()) {
                self.value(&value.node, &argument.ty, argument.has_default, value.pos)?;
                self.places.add(&argument.ty, &value.node);
            }
        }
        self.set(&field.selection_set.node, known.leads_to())
    }

    /// `@skip` and `@include` are the directives that a document can use.
    fn directives(&mut self, directives: &[Positioned<Directive>]) -> Result<(), ServerError> {
        let yes = Type { base: BaseType::Named(Name::new("Boolean")), nullable: false };
        for (name, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
            if name.node == "if" {
                self.value(&value.node, &yes, false, value.pos)?;
                self.places.add(&yes, &value.node);
            }
        }
        Ok(())
    }

    /// A value at a place of the type `ty`, which may have a default.
    fn value(
        &self,
        value: &Value,
        ty: &Type,
        has_default: bool,
        at: Pos,
    ) -> Result<(), ServerError> {
        match (value, &ty.base) {
            (Value::Variable(name), _) => self.variable(name, ty, has_default, at),
            (Value::List(items), BaseType::List(item)) => {
                items.iter().try_for_each(|value| self.value(value, item, false, at))
            }
            // One value where a list is wanted is a list of one.
            (value, BaseType::List(item)) => self.value(value, item, false, at),
            (value, BaseType::Named(name)) => match (self.shape.input(name), value) {
                (Some(InputType::Enum(_)), Value::String(_)) => {
                    invalid(format!("a value of {name} is written without quotation marks"), at)
                }
                (Some(InputType::Object { fields: known, .. }), Value::Object(fields)) => {
                    fields.iter().try_for_each(|(name, value)| match known.get(name.as_str()) {
                        Some(InputShape { ty, has_default }) => {
                            self.value(value, ty, *has_default, at)
                        }
                        None => Ok(()),
                    })
                }
                (Some(InputType::Object { .. }), given) if *given != Value::Null => {
                    invalid(format!("a value of {name} is an object"), at)
                }
                _ => Ok(()),
            },
        }
    }

    /// A variable fits a place if every value that it can have fits; a place that needs a value takes a
    /// variable that may be null only where one of the two has a default.
    fn variable(
        &self,
        name: &Name,
        ty: &Type,
        has_default: bool,
        at: Pos,
    ) -> Result<(), ServerError> {
        let Some(variable) = self.variables.iter().find(|found| found.node.name.node == *name)
        else {
            return Ok(());
        };
        let VariableDefinition { var_type, default_value, .. } = &variable.node;
        let defaulted = has_default
            || default_value.as_ref().is_some_and(|default| default.node != ConstValue::Null);
        let fits = if !ty.nullable && var_type.node.nullable {
            defaulted && fits(&var_type.node, &Type { nullable: true, ..ty.clone() })
        } else {
            fits(&var_type.node, ty)
        };
        if fits {
            return Ok(());
        }
        let message = format!(
            "the variable ${name} of the type {} is used where {ty} is expected",
            var_type.node
        );
        invalid(message, at)
    }
}

/// Whether every value of `variable` is one of `place`.
fn fits(variable: &Type, place: &Type) -> bool {
    let null = place.nullable || !variable.nullable;
    null && match (&variable.base, &place.base) {
        (BaseType::Named(variable), BaseType::Named(place)) => variable == place,
        (BaseType::List(variable), BaseType::List(place)) => fits(variable, place),
        _ => false,
    }
}
