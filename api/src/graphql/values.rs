//! Whether the values of variables are of the types of the places where they are used.
//!
//! async-graphql asks this of every document anew, together with all that its text decides. Of a document
//! that it has let through once, only this is asked again. What is said here to fit would be let through;
//! what is not is left to async-graphql, whose refusals are the ones that clients see.

use std::collections::HashMap;

use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, Value as ConstValue, Variables};
use async_graphql_value::Value;

use super::guard::shape::{InputShape, InputType, Shape};

/// The places where an operation uses variables.
#[derive(Debug, Default)]
pub struct Places {
    known: Vec<(Type, Value)>,
    unknown: bool,
}

impl Places {
    /// Adds `value`, where a value of the type `ty` is expected, if it holds a variable.
    pub fn add(&mut self, ty: &Type, value: &Value) {
        if holds_variable(value) {
            self.known.push((ty.clone(), value.clone()));
        }
    }

    /// Notes a field of which nothing is known, and so not what is asked below it.
    pub const fn unknown(&mut self) {
        self.unknown = true;
    }

    /// Whether every place is known, and takes the `variables`.
    #[must_use]
    pub fn take(&self, variables: &Variables, shape: &Shape) -> bool {
        let fit = Fit { variables, shape };
        // An argument whose variable is absent is absent.
        let takes = |(ty, value): &(Type, Value)| fit.absent(value) || fit.value(value, ty);
        !self.unknown && self.known.iter().all(takes)
    }
}

fn holds_variable(value: &Value) -> bool {
    match value {
        Value::Variable(_) => true,
        Value::List(items) => items.iter().any(holds_variable),
        Value::Object(fields) => fields.values().any(holds_variable),
        _ => false,
    }
}

struct Fit<'a> {
    variables: &'a Variables,
    shape: &'a Shape,
}

impl Fit<'_> {
    fn absent(&self, value: &Value) -> bool {
        matches!(value, Value::Variable(name) if !self.variables.contains_key(name))
    }

    /// Whether a value of the document fits; its literals were found to.
    fn value(&self, value: &Value, ty: &Type) -> bool {
        match (value, &ty.base) {
            // An absent variable is null where it cannot be left out: in a list.
            (Value::Variable(name), _) => {
                self.variables.get(name).map_or(ty.nullable, |sent| self.sent(sent, ty))
            }
            (literal, _) if !holds_variable(literal) => true,
            (Value::List(items), BaseType::List(item)) => {
                items.iter().all(|value| self.value(value, item))
            }
            (value, BaseType::List(item)) => self.value(value, item),
            (Value::Object(given), BaseType::Named(name)) => {
                let given: HashMap<&Name, &Value> =
                    given.iter().filter(|(_, value)| !self.absent(value)).collect();
                self.object(
                    name,
                    &given,
                    |value, ty| self.value(value, ty),
                    |value| match value {
                        Value::Variable(name) => {
                            self.variables.get(name) == Some(&ConstValue::Null)
                        }
                        value => *value == Value::Null,
                    },
                )
            }
            _ => false,
        }
    }

    /// Whether a value that was sent fits.
    fn sent(&self, value: &ConstValue, ty: &Type) -> bool {
        match (value, &ty.base) {
            (ConstValue::Null, _) => ty.nullable,
            (ConstValue::List(items), BaseType::List(item)) => {
                items.iter().all(|value| self.sent(value, item))
            }
            (value, BaseType::List(item)) => self.sent(value, item),
            (value, BaseType::Named(name)) => match (self.shape.input(name), value) {
                (Some(InputType::Scalar), value) => scalar(name, value),
                (Some(InputType::Enum(known)), ConstValue::String(_) | ConstValue::Enum(_)) => {
                    match value {
                        ConstValue::String(text) => known.contains(text),
                        ConstValue::Enum(name) => known.contains(name.as_str()),
                        _ => false,
                    }
                }
                (Some(InputType::Object { .. }), ConstValue::Object(given)) => {
                    let given = given.iter().collect();
                    let null = |value: &ConstValue| *value == ConstValue::Null;
                    self.object(name, &given, |value, ty| self.sent(value, ty), null)
                }
                _ => false,
            },
        }
    }

    /// Whether the fields of an input object are known and fit, and those that have to be are there.
    fn object<V>(
        &self,
        name: &Name,
        given: &HashMap<&Name, &V>,
        fits: impl Fn(&V, &Type) -> bool,
        is_null: impl Fn(&V) -> bool,
    ) -> bool {
        let Some(InputType::Object { fields, one_of }) = self.shape.input(name) else {
            return false;
        };
        let takes = |(name, value): (&&Name, &&V)| {
            fields.get(name.as_str()).is_some_and(|field| fits(value, &field.ty))
        };
        let is_there = |(name, field): (&String, &InputShape)| {
            field.ty.nullable || field.has_default || given.contains_key(&Name::new(name))
        };
        let one = || given.len() == 1 && !given.values().any(|value| is_null(value));
        given.iter().all(takes) && fields.iter().all(is_there) && (!one_of || one())
    }
}

fn scalar(name: &Name, value: &ConstValue) -> bool {
    match (name.as_str(), value) {
        ("Int", ConstValue::Number(number)) => {
            number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
        }
        ("Boolean", ConstValue::Boolean(_))
        | ("ID" | "String" | "Date" | "DateTime", ConstValue::String(_))
        | ("_Any", _) => true,
        _ => false,
    }
}
