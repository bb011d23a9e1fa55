//! What a readable type is: one declaration, from which everything else follows.

use async_graphql::InputType;
use async_graphql::registry::Registry;

pub use super::about::About;
pub use super::reach::reachable;
use crate::actor::Permission;

/// A type that can be read. [`readable!`](crate::readable) writes the implementation.
pub trait Readable: Send + Sync + 'static {
    /// The declaration.
    fn def() -> &'static Def;
}

/// Where another declaration is found; a function, since declarations refer to each other in circles.
pub type DefRef = fn() -> &'static Def;

/// The declaration of a readable type.
///
/// SQL in a declaration calls the row `t` and may use these words: `{asOf}` for the date asked about,
/// `{today}` for the present one, `{in_force:x}` for "row x is in force on that date", `{parent}` (relations) for the key of the row
/// above, `{value}` (keys, filters) for the value given.
pub struct Def {
    /// Name of the type.
    pub name: &'static str,
    /// Description, line by line.
    pub description: &'static [&'static str],
    /// The rows.
    pub rows: Rows,
    /// Fields and relations in the order of the schema.
    pub fields: &'static [Field],
}

/// The rows behind a type.
#[derive(Clone, Copy)]
pub struct Rows {
    /// The table.
    pub table: &'static str,
    /// Prefix of identifiers, without the underscore.
    pub prefix: &'static str,
    /// The Scope predicate: who sees which rows. Empty means nobody.
    pub visible: &'static [Way],
    /// Which rows a list holds on the date asked about; all, if `None`.
    pub listed: Option<&'static str>,
    /// Unique keys besides the id.
    pub keys: &'static [Key],
    /// Filters besides those of the fields.
    pub filters: &'static [Filter],
    /// Default order: the name of an ordered field.
    pub order: &'static str,
    /// The column with the organisation that owns a row, for fields that only its owner may read.
    pub owner: Option<&'static str>,
    /// Whom a row is about, whose restriction of processing hides it.
    pub about: Option<About>,
}

impl Rows {
    /// The rows of `table`, visible to nobody yet, ordered by id.
    #[must_use]
    pub const fn of(table: &'static str, prefix: &'static str) -> Self {
        Self {
            table,
            prefix,
            visible: &[],
            listed: None,
            keys: &[],
            filters: &[],
            order: "id",
            owner: None,
            about: None,
        }
    }

    /// Who sees which rows.
    #[must_use]
    pub const fn visible_to(self, ways: &'static [Way]) -> Self {
        Self { visible: ways, ..self }
    }

    /// Which rows a list holds on the date asked about.
    #[must_use]
    pub const fn listed_when(self, condition: &'static str) -> Self {
        Self { listed: Some(condition), ..self }
    }

    /// Unique keys besides the id.
    #[must_use]
    pub const fn keys(self, keys: &'static [Key]) -> Self {
        Self { keys, ..self }
    }

    /// Filters besides those of the fields.
    #[must_use]
    pub const fn filters(self, filters: &'static [Filter]) -> Self {
        Self { filters, ..self }
    }

    /// Default order: the name of an ordered field.
    #[must_use]
    pub const fn ordered_by(self, field: &'static str) -> Self {
        Self { order: field, ..self }
    }

    /// The column with the organisation that owns a row.
    #[must_use]
    pub const fn owned_by(self, column: &'static str) -> Self {
        Self { owner: Some(column), ..self }
    }
}

/// A way to be allowed to see a row.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// Everyone, signed in or not.
    Everyone,
    /// Everyone who is signed in.
    SignedIn,
    /// Who holds the permission for the whole nation.
    Nation(Permission),
    /// Who holds the permission in the organisation that the column names.
    Organisation(&'static str, Permission),
    /// Who holds the permission in an organisation that a row of another table, with its condition on `t`, names.
    OrganisationThrough(&'static str, &'static str, Permission),
    /// The account that the column names.
    Account(&'static str),
    /// The account that the column names, while it holds the permission anywhere.
    Assigned(&'static str, Permission),
    /// The same by a row of another table, with its condition on `t`, and its column with the account.
    AssignedThrough(&'static str, &'static str, Permission),
    /// Who is allowed by the way, but only for the rows that meet the condition.
    Where(&'static Way, &'static str),
    /// The person that the column names, by whichever account.
    Person(&'static str),
    /// A person whom a row of another table links to the row: the table, and its column with the person.
    PersonThrough(&'static str, &'static str),
}

/// Rows that are public.
pub const EVERYONE: &[Way] = &[Way::Everyone];

/// A unique key besides the id.
#[derive(Clone, Copy)]
pub struct Key {
    /// Name in the `by` argument.
    pub name: &'static str,
    /// Description.
    pub description: &'static str,
    /// Condition on `{value}`.
    pub condition: &'static str,
}

/// A filter that is not a field's.
#[derive(Clone, Copy)]
pub struct Filter {
    /// Name in `where`.
    pub name: &'static str,
    /// Description.
    pub description: &'static str,
    /// The expression that is compared; where it is not the last part, `{matches}` says where the
    /// comparison follows, as in `exists (… and l.organisation_id{matches})`.
    pub sql: &'static str,
    /// Its kind.
    pub kind: Kind,
}

/// A field with its description.
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Description, line by line.
    pub description: &'static [&'static str],
    /// What it gives.
    pub what: What,
}

/// What a field gives.
#[derive(Clone, Copy)]
pub enum What {
    /// A value of the row.
    Leaf(Leaf),
    /// Other rows.
    Relation(Relation),
}

/// Who may read the values of a field, for the authorisation matrix, logs and exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Anyone who sees the row.
    Public,
    /// Working data: only with its permission.
    Internal,
    /// About a person.
    Personal,
}

/// A value of the row.
#[derive(Clone, Copy)]
pub struct Leaf {
    /// The expression.
    pub sql: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Whether it can be null.
    pub nullable: bool,
    /// Whether `where` knows it.
    pub filtered: bool,
    /// Whether `orderBy` knows it.
    pub ordered: bool,
    /// Its class.
    pub class: Class,
    /// Read only with this permission, for the nation or for the row's owner.
    pub only: Option<Permission>,
}

/// The kind of a value: how it is decoded, written, compared, and called in the schema.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An identifier with this prefix, stored as a UUID.
    Id(&'static str),
    /// Text.
    Text,
    /// A whole number of 32 bits.
    Int,
    /// Yes or no.
    Bool,
    /// A civil date.
    Date,
    /// An instant.
    Instant,
    /// An enumeration, stored as the text of its value.
    Enum(fn(&mut Registry) -> String),
}

/// How many rows a relation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// One; `true` if it is always there and visible.
    One(bool),
    /// A short list with a documented bound.
    List(u32),
    /// A page of a list that can grow.
    Page,
}

/// A way from a row to others.
#[derive(Clone, Copy)]
pub struct Relation {
    /// The type it leads to.
    pub target: DefRef,
    /// How many rows.
    pub many: Many,
    /// The key on the row above, such as `t.id` or a foreign key.
    pub parent: &'static str,
    /// A table between the two, with its condition.
    pub link: Option<&'static str>,
    /// The condition that ties target or link to `{parent}`.
    pub on: &'static str,
    /// Whether it takes `asOf`.
    pub dated: bool,
    /// Followed only with this permission, for the nation or for the row's owner.
    pub only: Option<Permission>,
}

/// What ties a row to the key of its own id.
pub(super) const BY_PARENT: &str = "t.id = {parent}";

impl Relation {
    /// Whether it leads to the row that the key names, and so to no more than one.
    #[must_use]
    pub fn is_by_id(&self) -> bool {
        self.link.is_none() && self.on == BY_PARENT
    }
}

impl What {
    /// Makes the field nullable.
    #[must_use]
    pub const fn nullable(self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Leaf { nullable: true, ..leaf }),
            Self::Relation(relation) => {
                Self::Relation(Relation { many: Many::One(false), ..relation })
            }
        }
    }

    /// Adds a value to `where`.
    #[must_use]
    pub const fn filtered(self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Leaf { filtered: true, ..leaf }),
            Self::Relation(_) => self,
        }
    }

    /// Adds a value to `orderBy`.
    #[must_use]
    pub const fn ordered(self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Leaf { ordered: true, ..leaf }),
            Self::Relation(_) => self,
        }
    }

    /// Says that the value is about a person.
    #[must_use]
    pub const fn personal(self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Leaf { class: Class::Personal, ..leaf }),
            Self::Relation(_) => self,
        }
    }

    /// Reads or follows the field only with `permission`.
    #[must_use]
    pub const fn only(self, permission: Permission) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Leaf {
                only: Some(permission),
                nullable: true,
                class: Class::Internal,
                ..leaf
            }),
            Self::Relation(relation) => {
                Self::Relation(Relation { only: Some(permission), ..relation })
            }
        }
    }

    /// Gives a relation the argument `asOf`.
    #[must_use]
    pub const fn dated(self) -> Self {
        match self {
            Self::Relation(relation) => Self::Relation(Relation { dated: true, ..relation }),
            Self::Leaf(_) => self,
        }
    }
}

const fn leaf(sql: &'static str, kind: Kind) -> What {
    What::Leaf(Leaf {
        sql,
        kind,
        nullable: false,
        filtered: false,
        ordered: false,
        class: Class::Public,
        only: None,
    })
}

/// The row's own identifier.
#[must_use]
pub const fn id(prefix: &'static str) -> What {
    leaf("t.id", Kind::Id(prefix)).filtered()
}

/// The identifier of another row, which need not be visible.
#[must_use]
pub const fn key(sql: &'static str, prefix: &'static str) -> What {
    leaf(sql, Kind::Id(prefix))
}

/// Text.
#[must_use]
pub const fn text(sql: &'static str) -> What {
    leaf(sql, Kind::Text)
}

/// A whole number of 32 bits.
#[must_use]
pub const fn int(sql: &'static str) -> What {
    leaf(sql, Kind::Int)
}

/// Yes or no.
#[must_use]
pub const fn boolean(sql: &'static str) -> What {
    leaf(sql, Kind::Bool)
}

/// A civil date.
#[must_use]
pub const fn date(sql: &'static str) -> What {
    leaf(sql, Kind::Date)
}

/// An instant.
#[must_use]
pub const fn instant(sql: &'static str) -> What {
    leaf(sql, Kind::Instant)
}

/// A value of the enumeration `E`.
#[must_use]
pub const fn choice<E: InputType>(sql: &'static str) -> What {
    leaf(sql, kind_of::<E>())
}

/// The kind of the enumeration `E`.
#[must_use]
pub const fn kind_of<E: InputType>() -> Kind {
    Kind::Enum(E::create_type_info)
}

const fn relation<T: Readable>(many: Many, parent: &'static str, on: &'static str) -> Relation {
    Relation { target: T::def, many, parent, link: None, on, dated: false, only: None }
}

/// The row that the foreign key `column` names.
#[must_use]
pub const fn one<T: Readable>(column: &'static str) -> What {
    What::Relation(relation::<T>(Many::One(true), column, BY_PARENT))
}

/// The row found through `link`; null where there is none.
#[must_use]
pub const fn one_through<T: Readable>(link: &'static str, on: &'static str) -> What {
    let direct = relation::<T>(Many::One(false), "t.id", on);
    What::Relation(Relation { link: Some(link), ..direct })
}

/// At most `bound` rows that satisfy `on`.
#[must_use]
pub const fn list<T: Readable>(bound: u32, on: &'static str) -> What {
    What::Relation(relation::<T>(Many::List(bound), "t.id", on))
}

/// At most `bound` rows found through `link`, from the key `parent` of this row.
#[must_use]
pub const fn list_through<T: Readable>(
    bound: u32,
    parent: &'static str,
    link: &'static str,
    on: &'static str,
) -> What {
    let direct = relation::<T>(Many::List(bound), parent, on);
    What::Relation(Relation { link: Some(link), ..direct })
}

/// Pages of the rows that satisfy `on`.
#[must_use]
pub const fn page<T: Readable>(on: &'static str) -> What {
    What::Relation(relation::<T>(Many::Page, "t.id", on))
}

/// Pages of the rows found through `link`.
#[must_use]
pub const fn page_through<T: Readable>(link: &'static str, on: &'static str) -> What {
    let direct = relation::<T>(Many::Page, "t.id", on);
    What::Relation(Relation { link: Some(link), ..direct })
}

impl Def {
    /// Whether rows can be asked for by their id alone: whether the id is a field.
    #[must_use]
    pub fn is_node(&self) -> bool {
        self.field("id")
            .is_some_and(|field| matches!(&field.what, What::Leaf(Leaf { kind: Kind::Id(_), .. })))
    }

    /// The keys besides the id that are fields too, and so can be a key of the federated entity.
    pub fn entity_keys(&self) -> impl Iterator<Item = &'static Key> {
        self.rows.keys.iter().filter(|key| self.field(key.name).is_some())
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The values that `orderBy` knows.
    pub fn ordered(&self) -> impl Iterator<Item = (&'static str, &'static Leaf)> {
        self.fields.iter().filter_map(|field| match &field.what {
            What::Leaf(leaf) if leaf.ordered => Some((field.name, leaf)),
            _ => None,
        })
    }

    /// Everything that `where` knows.
    #[must_use]
    pub fn filters(&self) -> Vec<Filter> {
        let leaves = self.fields.iter().filter_map(|field| match &field.what {
            What::Leaf(leaf) if leaf.filtered => Some(Filter {
                name: field.name,
                description: field.description.first().copied().unwrap_or_default(),
                sql: leaf.sql,
                kind: leaf.kind,
            }),
            _ => None,
        });
        leaves.chain(self.rows.filters.iter().copied()).collect()
    }
}

/// A root field of the schema.
pub struct Root {
    /// Name.
    pub name: &'static str,
    /// Description.
    pub description: &'static str,
    /// The type it leads to.
    pub target: DefRef,
    /// One row by a key, or a page of all.
    pub form: RootForm,
    /// Whether it takes `asOf`.
    pub dated: bool,
    /// Which of the rows that can be seen it holds; all, if `None`.
    pub only: Option<&'static str>,
}

/// What a root field gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootForm {
    /// One row, found `by` its id or another key.
    By,
    /// A page of all rows.
    Page,
}

impl Root {
    /// Pages of all rows of `T`.
    #[must_use]
    pub const fn page<T: Readable>(name: &'static str, description: &'static str) -> Self {
        Self { name, description, target: T::def, form: RootForm::Page, dated: false, only: None }
    }

    /// One row of `T` by a key.
    #[must_use]
    pub const fn by<T: Readable>(name: &'static str, description: &'static str) -> Self {
        Self { name, description, target: T::def, form: RootForm::By, dated: false, only: None }
    }

    /// Gives the field the argument `asOf`.
    #[must_use]
    pub const fn dated(self) -> Self {
        Self { dated: true, ..self }
    }

    /// Leaves only the rows that meet the condition.
    #[must_use]
    pub const fn holding(self, condition: &'static str) -> Self {
        Self { only: Some(condition), ..self }
    }
}

/// Declares a readable type.
///
/// ```text
/// readable! {
///     /// A region of NHS England.
///     pub Region = Rows::of("region", "reg").visible_to(EVERYONE);
///     /// The region's name.
///     name: text("t.name").filtered().ordered(),
/// }
/// ```
#[macro_export]
macro_rules! readable {
    (
        $(#[doc = $description:literal])+
        pub $name:ident = $rows:expr;
        $($(#[doc = $field_description:literal])+ $field:ident: $what:expr,)+
    ) => {
        $(#[doc = $description])+
        pub struct $name;

        impl $crate::read::Readable for $name {
            fn def() -> &'static $crate::read::declaration::Def {
                static DEF: $crate::read::declaration::Def = $crate::read::declaration::Def {
                    name: stringify!($name),
                    description: &[$($description),+],
                    rows: $rows,
                    fields: &[$($crate::read::declaration::Field {
                        name: stringify!($field),
                        description: &[$($field_description),+],
                        what: $what,
                    }),+],
                };
                &DEF
            }
        }
    };
}
