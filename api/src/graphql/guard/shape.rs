//! What the guard knows of the schema: which type a field leads to, and to how many of it.

use std::collections::{HashMap, HashSet};

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};

use crate::read::declaration::{Def, Many, What};

/// How many rows a field leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// One, or a value.
    One,
    /// A list with a fixed bound.
    List(u32),
    /// A page: as many as `first` or `last` say.
    Page,
    /// As many as the list in this argument names.
    Named(&'static str),
}

/// An argument, or a field of an input object.
#[derive(Clone, Debug)]
pub struct InputShape {
    /// Its type.
    pub ty: Type,
    /// Whether it has a default value.
    pub has_default: bool,
}

/// A type of values that come in.
#[derive(Clone, Debug)]
pub enum InputType {
    /// A scalar.
    Scalar,
    /// An enumeration with its values.
    Enum(HashSet<String>),
    /// An input object.
    Object {
        /// Its fields by name.
        fields: HashMap<String, InputShape>,
        /// Whether exactly one of them is given.
        one_of: bool,
    },
}

/// A field as the guard sees it.
#[derive(Clone, Debug)]
pub struct FieldShape {
    /// Its type.
    pub ty: Type,
    /// To how many of it.
    pub size: Size,
    /// Its arguments, by name.
    pub arguments: HashMap<String, InputShape>,
}

/// The sizes of the lists that describe the schema. Those in percent are averages over all types (or fields):
/// a question asks all of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// Types.
    pub types: u64,
    /// Types, fields, arguments, input fields and values of enumerations, all told.
    pub things: u64,
    /// Fields of a type.
    pub fields_percent: u64,
    /// Arguments of a field.
    pub arguments_percent: u64,
    /// Input fields of a type.
    pub input_fields_percent: u64,
    /// Values of a type's enumeration.
    pub values_percent: u64,
    /// Interfaces and unions: the types that have possible types.
    pub interfaces: u64,
    /// Types of an interface or union.
    pub possible: u64,
    /// Of 100 `ofType` asked of a type, how many lead to one: most types are wrapped once, few three times.
    pub wrapped_percent: u64,
}

impl FieldShape {
    /// The name of the type it leads to.
    #[must_use]
    pub fn leads_to(&self) -> &str {
        base(&self.ty)
    }
}

/// The types of the schema, by name, with their fields.
#[derive(Debug, Default)]
pub struct Shape {
    types: HashMap<String, HashMap<String, FieldShape>>,
    objects: HashSet<String>,
    implementing: usize,
    /// What a question about the schema is answered with.
    pub told: Told,
    inputs: HashMap<String, InputType>,
}

/// The scalars of the language, which a schema does not print.
const SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

impl Shape {
    /// The shape of the schema that `sdl` describes, with the bounds of the lists in `declarations`.
    #[must_use]
    pub fn of(sdl: &str, declarations: &[&'static Def]) -> Self {
        let mut shape = Self::default();
        let Ok(document) = parse_schema(sdl) else { return shape };
        let (mut values, mut interfaces) = (0, 0);
        shape.inputs.extend(SCALARS.map(|name| (name.to_owned(), InputType::Scalar)));
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            let mut directives = definition.node.directives.iter();
            let one_of = directives.any(|directive| directive.node.name.node == "oneOf");
            let fields = match definition.node.kind {
                TypeKind::Object(object) => {
                    shape.implementing += usize::from(!object.implements.is_empty());
                    shape.objects.insert(name.clone());
                    object.fields
                }
                TypeKind::Interface(interface) => {
                    interfaces += 1;
                    interface.fields
                }
                TypeKind::Scalar => {
                    shape.inputs.insert(name, InputType::Scalar);
                    continue;
                }
                TypeKind::Enum(described) => {
                    values += described.values.len();
                    let names =
                        described.values.iter().map(|value| value.node.value.node.to_string());
                    shape.inputs.insert(name, InputType::Enum(names.collect()));
                    continue;
                }
                TypeKind::InputObject(object) => {
                    let fields = inputs(object.fields);
                    shape.inputs.insert(name, InputType::Object { fields, one_of });
                    continue;
                }
                TypeKind::Union(_) => {
                    interfaces += 1;
                    continue;
                }
            };
            let fields = fields.into_iter().map(|field| {
                let ty = field.node.ty.node;
                let named = field.node.arguments.iter().find_map(|argument| {
                    ["ids", "representations"]
                        .into_iter()
                        .find(|name| argument.node.name.node.as_str() == *name)
                });
                let size = match named {
                    Some(argument) => Size::Named(argument),
                    None if base(&ty).ends_with("Connection") => Size::Page,
                    None => Size::One,
                };
                let arguments = inputs(field.node.arguments);
                (field.node.name.node.to_string(), FieldShape { ty, size, arguments })
            });
            shape.types.insert(name, fields.collect());
        }
        for def in declarations {
            shape.bound(def);
        }
        shape.told = shape.told_with(values, interfaces);
        shape
    }

    /// The sizes of the lists that describe this schema, with as many `values` of enumerations and as many
    /// `interfaces`.
    fn told_with(&self, values: usize, interfaces: usize) -> Told {
        let each = |all: usize, of: usize| (100 * all).div_ceil(of.max(1)) as u64;
        let fields: usize = self.types.values().map(HashMap::len).sum();
        let arguments =
            self.types.values().flat_map(HashMap::values).map(|field| field.arguments.len()).sum();
        let input_fields = self.inputs.values().map(|input| match input {
            InputType::Object { fields, .. } => fields.len(),
            InputType::Scalar | InputType::Enum(_) => 0,
        });
        let input_fields = input_fields.sum();
        let types = self.types.len() + self.inputs.len();
        Told {
            types: types as u64,
            things: (types + fields + arguments + input_fields + values) as u64,
            fields_percent: each(fields, types),
            arguments_percent: each(arguments, fields),
            input_fields_percent: each(input_fields, types),
            values_percent: each(values, types),
            interfaces: interfaces as u64,
            possible: self.implementing as u64,
            wrapped_percent: self.wrapped_percent(),
        }
    }

    /// With `w` wrappers on average, a chain of `ofType` in which each leads on with the share `w / (w + 1)`
    /// is as long as those of the schema are on average.
    fn wrapped_percent(&self) -> u64 {
        let of_fields = self.types.values().flat_map(HashMap::values).flat_map(|field| {
            field.arguments.values().map(|argument| &argument.ty).chain([&field.ty])
        });
        let of_inputs = self.inputs.values().flat_map(|input| match input {
            InputType::Object { fields, .. } => fields.values().map(|field| &field.ty).collect(),
            InputType::Scalar | InputType::Enum(_) => Vec::new(),
        });
        let (mut types, mut wrappers) = (1_u64, 0_u64);
        for ty in of_fields.chain(of_inputs) {
            types += 1;
            wrappers += wrappers_of(ty);
        }
        100 * wrappers / (wrappers + types)
    }

    fn bound(&mut self, def: &Def) {
        let Some(fields) = self.types.get_mut(def.name) else { return };
        for declared in def.fields {
            if let What::Relation(relation) = &declared.what
                && let Many::List(bound) = relation.many
                && let Some(field) = fields.get_mut(declared.name)
            {
                field.size = Size::List(bound);
            }
        }
    }

    /// Whether `name` is an object type: a row of it is of no other.
    #[must_use]
    pub fn is_object(&self, name: &str) -> bool {
        self.objects.contains(name)
    }

    /// Whether `name` is a type of values that can be read.
    #[must_use]
    pub fn is_value(&self, name: &str) -> bool {
        matches!(self.inputs.get(name), Some(InputType::Scalar | InputType::Enum(_)))
    }

    /// The type of values called `name`.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&InputType> {
        self.inputs.get(name)
    }

    /// The field `name` of the type `parent`.
    #[must_use]
    pub fn field(&self, parent: &str, name: &str) -> Option<&FieldShape> {
        self.types.get(parent)?.get(name)
    }
}

fn inputs(values: Vec<Positioned<InputValueDefinition>>) -> HashMap<String, InputShape> {
    let input = |value: Positioned<InputValueDefinition>| {
        let InputValueDefinition { name, ty, default_value, .. } = value.node;
        let shape = InputShape { ty: ty.node, has_default: default_value.is_some() };
        (name.node.to_string(), shape)
    };
    values.into_iter().map(input).collect()
}

/// How many lists and non-nulls wrap a type.
fn wrappers_of(ty: &Type) -> u64 {
    let below = match &ty.base {
        BaseType::Named(_) => 0,
        BaseType::List(ty) => 1 + wrappers_of(ty),
    };
    below + u64::from(!ty.nullable)
}

/// The name of a type without what wraps it.
#[must_use]
pub fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(ty) => base(ty),
    }
}
