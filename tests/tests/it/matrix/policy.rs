//! The authorisation matrix as it is written, and whether it speaks of everything in the schema.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::sdl::Sdl;

/// The matrix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Roles whose grants may be for the nation.
    pub national: Vec<String>,
    paged: Vec<String>,
    shapes: Shapes,
    /// Types by name.
    pub types: BTreeMap<String, Type>,
    /// Mutations by name.
    pub mutations: BTreeMap<String, Mutation>,
    /// Tables with columns that the API never tells.
    pub tables: BTreeMap<String, Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shapes {
    connection: Vec<String>,
    edge: Vec<String>,
    payload: Vec<String>,
    user_error: Vec<String>,
}

/// A type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// The table of its rows.
    pub table: Option<String>,
    /// What its ids begin with.
    #[serde(default)]
    pub prefix: String,
    /// Who sees its rows; everyone, if absent.
    pub rows: Option<Readers>,
    /// Whether ids of its rows may be told to who does not see the rows.
    #[serde(default)]
    pub told: bool,
    fields: BTreeMap<String, Entry>,
}

/// Who sees a row, or reads a field of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// The roles.
    pub roles: Vec<String>,
    /// The column that names the organisation in which a role counts, or a query for pairs of a row and
    /// such an organisation.
    pub within: Option<String>,
    /// The column that names the account concerned, or a query for pairs of a row and such an account.
    pub account: Option<String>,
    /// What a row must meet, in SQL, for a role within its organisation to count.
    pub within_when: Option<String>,
    /// What a row must meet, in SQL, for everyone to see it.
    pub everyone_when: Option<String>,
    /// What a row must meet, in SQL, for `nation` to see it.
    pub nation_when: Option<String>,
    /// The roles that see it for the nation where it meets `nation_when`.
    #[serde(default)]
    pub nation: Vec<String>,
    /// Whether everyone sees them who is signed in.
    #[serde(default)]
    pub signed_in: bool,
    /// The column that names the account to which a row is assigned, or a query for pairs of a row and such an
    /// account.
    pub assigned: Option<String>,
    /// The roles of which that account must hold one.
    #[serde(default)]
    pub assigned_roles: Vec<String>,
}

impl Readers {
    /// Every condition that a row may have to meet.
    pub fn conditions(&self) -> impl Iterator<Item = &String> {
        self.within_when.iter().chain(&self.nation_when).chain(&self.everyone_when)
    }
}

/// A field's entry: its class alone, or more.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Class(Class),
    Field(Box<Field>),
}

/// A field.
#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its class.
    pub class: Class,
    /// Who reads the value of a visible row; whoever sees the row, if absent.
    pub readers: Option<Readers>,
    /// The text column behind it.
    pub column: Option<String>,
    /// The column with the id of the row that holds it, where that is another one.
    pub by: Option<String>,
    /// The type whose ids it tells, the one that `by` names, to who does not see that row too.
    pub names: Option<String>,
    /// The roles whose introspection shows it.
    pub shown_to: Option<Vec<String>>,
}

/// The class of a field.
#[derive(Clone, Copy, Deserialize, Default, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Anyone who sees the row.
    #[default]
    Public,
    /// Working data.
    Internal,
    /// About a person.
    Personal,
}

/// A mutation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// The roles that may use it for the nation.
    pub roles: Vec<String>,
    /// The roles that may use it within the own organisation.
    #[serde(default)]
    pub partners: Vec<String>,
    /// The roles that may use it where it is assigned to them.
    #[serde(default)]
    pub assigned: Vec<String>,
    /// Whether it is for the person concerned alone.
    #[serde(default)]
    pub own: bool,
    /// The roles of those whom it can concern, where it is for the person concerned.
    #[serde(default = "trainers")]
    pub holders: Vec<String>,
    /// Whether it is for every person who sees what it is about.
    #[serde(default)]
    pub persons: bool,
    /// Whether everyone who is signed in may try, and is told of nothing that is another's.
    #[serde(default)]
    pub signed_in: bool,
    /// Whether anyone may, without an account too.
    #[serde(default)]
    pub everyone: bool,
    /// The entity of its payload.
    pub entity: String,
    /// The field of its payload with a text of the vault.
    pub tells: Option<String>,
}

fn trainers() -> Vec<String> {
    ["TNR", "LTR"].map(ToOwned::to_owned).to_vec()
}

/// What of a table nobody reads.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Text columns that the API never tells.
    #[serde(default)]
    pub unread: Vec<String>,
    /// Text columns that hold one of a list of codes.
    #[serde(default)]
    pub codes: Vec<String>,
}

/// A text column that is marked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marked {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The types and fields that tell it.
    pub told_by: Vec<(String, String)>,
}

impl Policy {
    /// The matrix in the file.
    pub fn read() -> Self {
        toml::from_str(include_str!("../../../policy-matrix.toml")).expect("a readable matrix")
    }

    /// The entry of a field; a field of a page or payload has that of what stands in it.
    pub fn field(&self, ty: &str, field: &str) -> Field {
        match self.types.get(ty).and_then(|ty| ty.fields.get(field)) {
            Some(Entry::Field(field)) => field.as_ref().clone(),
            Some(Entry::Class(class)) => Field { class: *class, ..Field::default() },
            None => Field::default(),
        }
    }

    /// Who reads a field of a visible row, where not everyone does who sees the row.
    pub fn readers(&self, ty: &str, field: &str) -> Option<&Readers> {
        match self.types.get(ty)?.fields.get(field)? {
            Entry::Field(field) => field.readers.as_ref(),
            Entry::Class(_) => None,
        }
    }

    /// Every field with an entry of its own, as type and name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.types
            .iter()
            .flat_map(|(ty, entry)| entry.fields.keys().map(|field| (ty.as_str(), field.as_str())))
    }

    /// The types that have rows, with their tables.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &str, &Type)> {
        self.types.iter().filter_map(|(name, ty)| Some((name.as_str(), ty.table.as_deref()?, ty)))
    }

    /// Whether the type has rows that not everyone may see.
    pub fn is_private(&self, ty: &str) -> bool {
        self.types.get(ty).is_some_and(|ty| ty.rows.is_some())
    }

    /// Whether everyone may see rows of the type, or some of them.
    pub fn has_public_rows(&self, ty: &str) -> bool {
        let readers = self.types.get(ty).and_then(|ty| ty.rows.as_ref());
        readers.is_none_or(|readers| readers.everyone_when.is_some())
    }

    /// Whether the type has rows or values that not everyone may read.
    pub fn is_guarded(&self, ty: &str) -> bool {
        let own = self.types.get(ty);
        own.is_some_and(|own| {
            own.rows.is_some() || own.fields.keys().any(|field| self.readers(ty, field).is_some())
        })
    }

    /// Every text column that holds marks.
    pub fn marked(&self) -> BTreeSet<Marked> {
        let told = self.fields().filter_map(|(ty, name)| {
            let column = self.field(ty, name).column?;
            let (table, column) = match column.split_once('.') {
                Some((table, column)) => (table.to_owned(), column.to_owned()),
                None => (self.types[ty].table.clone().expect("a table with the column"), column),
            };
            Some(((table, column), (ty.to_owned(), name.to_owned())))
        });
        let mut marked: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
        for (column, by) in told {
            marked.entry(column).or_default().push(by);
        }
        let told =
            marked.into_iter().map(|((table, column), told_by)| Marked { table, column, told_by });
        let untold = self.tables.iter().flat_map(|(table, Table { unread, .. })| {
            unread.iter().map(|column| Marked {
                table: table.clone(),
                column: column.clone(),
                told_by: Vec::new(),
            })
        });
        told.chain(untold).collect()
    }

    /// What the matrix speaks of that the schema lacks (`-`), and what the schema has that it does not
    /// speak of (`+`).
    pub fn differences(&self, sdl: &Sdl) -> Vec<String> {
        let written = self.written();
        let built: BTreeSet<String> = sdl
            .objects
            .iter()
            .flat_map(|(ty, fields)| fields.keys().map(move |field| format!("{ty}.{field}")))
            .collect();
        let lacking = built.difference(&written).map(|place| {
            format!(
                "+ {place}: say in tests/policy-matrix.toml who sees it, before anybody else does"
            )
        });
        let stale = written.difference(&built).map(|place| {
            format!(
                "- {place}: the schema has it no longer, strike it from tests/policy-matrix.toml"
            )
        });
        lacking.chain(stale).collect()
    }

    /// Every type and field that the matrix speaks of.
    fn written(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> =
            self.fields().map(|(ty, field)| format!("{ty}.{field}")).collect();
        let mut shape = |ty: String, fields: &[String], more: &[&str]| {
            let fields = fields.iter().map(String::as_str).chain(more.iter().copied());
            all.extend(fields.map(|field| format!("{ty}.{field}")));
        };
        for ty in &self.paged {
            shape(format!("{ty}Connection"), &self.shapes.connection, &[]);
            shape(format!("{ty}Edge"), &self.shapes.edge, &[]);
        }
        for (name, Mutation { entity, tells, .. }) in &self.mutations {
            let (first, rest) = name.split_at(1);
            let ty = format!("{}{rest}", first.to_ascii_uppercase());
            let more: Vec<&str> = tells.iter().chain([entity]).map(String::as_str).collect();
            shape(format!("{ty}Payload"), &self.shapes.payload, &more);
            shape(format!("{ty}UserError"), &self.shapes.user_error, &[]);
            shape("Mutation".to_owned(), std::slice::from_ref(name), &[]);
        }
        all
    }
}
