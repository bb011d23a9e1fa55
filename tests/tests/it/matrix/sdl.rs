//! The schema as it is written down.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};

/// The fields of a type by name.
pub type Fields = BTreeMap<String, Field>;

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The type it leads to, without what wraps it.
    pub ty: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Field {
    /// The type of the rows of a page; `None` if it leads to no page.
    pub fn page(&self) -> Option<&str> {
        self.ty.strip_suffix("Connection")
    }
}

/// Objects, inputs and enumerations.
#[derive(Default)]
pub struct Sdl {
    /// Object types.
    pub objects: BTreeMap<String, Fields>,
    inputs: BTreeMap<String, Fields>,
    choices: BTreeMap<String, Vec<String>>,
}

impl Sdl {
    /// The schema in `schema.graphql`.
    pub fn written() -> &'static Self {
        static WRITTEN: LazyLock<Sdl> =
            LazyLock::new(|| Sdl::parse(include_str!("../../../../schema.graphql")));
        &WRITTEN
    }

    /// The schema that `text` writes down.
    pub fn parse(text: &str) -> Self {
        let mut sdl = Self::default();
        for definition in parse_schema(text).expect("a schema").definitions {
            let TypeSystemDefinition::Type(ty) = definition else { continue };
            let name = ty.node.name.node.to_string();
            match ty.node.kind {
                TypeKind::Object(object) => {
                    let fields = object.fields.iter().map(|field| {
                        let arguments = field.node.arguments.iter();
                        let arguments = arguments.map(|a| a.node.name.node.to_string()).collect();
                        let ty = unwrapped(&field.node.ty.node);
                        (field.node.name.node.to_string(), Field { ty, arguments })
                    });
                    sdl.objects.insert(name, fields.collect());
                }
                TypeKind::InputObject(input) => {
                    let fields = input.fields.iter().map(|field| {
                        let ty = unwrapped(&field.node.ty.node);
                        (field.node.name.node.to_string(), Field { ty, arguments: Vec::new() })
                    });
                    sdl.inputs.insert(name, fields.collect());
                }
                TypeKind::Enum(choice) => {
                    let values = choice.values.iter().map(|v| v.node.value.node.to_string());
                    sdl.choices.insert(name, values.collect());
                }
                TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
            }
        }
        sdl
    }

    /// The fields of `ty` that lead to no other type.
    pub fn values(&self, ty: &str) -> impl Iterator<Item = &str> {
        self.of(ty).filter(|(_, field)| !self.objects.contains_key(&field.ty)).map(|(name, _)| name)
    }

    /// The fields of `ty` that lead to other types.
    pub fn relations(&self, ty: &str) -> impl Iterator<Item = (&str, &Field)> {
        self.of(ty).filter(|(_, field)| self.objects.contains_key(&field.ty))
    }

    fn of(&self, ty: &str) -> impl Iterator<Item = (&str, &Field)> {
        self.objects[ty].iter().map(|(name, field)| (name.as_str(), field))
    }

    /// Whether the mutation can be tried without effect.
    pub fn is_tried(&self, mutation: &str) -> bool {
        self.takes(mutation, "dryRun")
    }

    /// Whether the input of the mutation has this field.
    pub fn takes(&self, mutation: &str, field: &str) -> bool {
        let (first, rest) = mutation.split_at(1);
        let input = format!("{}{rest}Input", first.to_uppercase());
        self.inputs[&input].contains_key(field)
    }

    /// What `where` knows of `ty`, with the kind of its conditions.
    pub fn filters(&self, ty: &str) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.inputs.get(&format!("{ty}Where")).into_iter().flatten();
        fields
            .filter(|(name, _)| !matches!(name.as_str(), "and" | "or" | "not"))
            .map(|(name, field)| (name.as_str(), field.ty.as_str()))
    }

    /// What `orderBy` knows of `ty`.
    pub fn orders(&self, ty: &str) -> &[String] {
        self.choices.get(&format!("{ty}OrderField")).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys by which one row of `ty` can be asked for.
    pub fn keys(&self, ty: &str) -> impl Iterator<Item = &str> {
        self.inputs.get(&format!("{ty}By")).into_iter().flatten().map(|(name, _)| name.as_str())
    }
}

fn unwrapped(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => unwrapped(of),
    }
}
