//! From a validated selection to a tree of levels, each of which becomes one statement.
//!
//! A plan holds for everyone whose roles open the same ways, on every day and for all values of variables:
//! it is made once for a document. What differs from request to request is [bound](super::bind) to it.

use async_graphql::QueryEnvInner;
use async_graphql::parser::types::{Field as AstField, Selection, SelectionSet};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value as Written;
use indexmap::IndexMap;

use super::declaration::{Def, Field, Kind, Many, Relation, What};
use super::plans::Texts;
use super::visible::{Own, Visible, guard};
use crate::actor::Actor;
use crate::graphql::error::ErrorCode;

/// The interface of every type whose rows have an id.
pub const NODE: &str = "Node";

/// Why a selection cannot be planned.
#[derive(Debug)]
pub struct PlanError {
    /// The code for the client.
    pub code: ErrorCode,
    /// The message for the client.
    pub message: String,
    /// Where in the document.
    pub at: Pos,
}

/// What a field leads to.
pub struct Plan {
    /// Its rows.
    pub level: Level,
    /// What is written of them.
    pub form: Form,
    /// Fields that the actor may not read, with their paths, for errors beside the data.
    pub withheld: Vec<(Vec<Name>, Pos)>,
}

/// The rows of one statement.
pub struct Level {
    /// The declaration of the rows.
    pub def: &'static Def,
    /// How they are tied to the rows above; `None` for a root.
    pub relation: Option<&'static Relation>,
    /// Who may see them.
    pub visible: Visible,
    /// Which of them are asked for.
    pub asked: Asked,
    /// The field's arguments.
    pub arguments: Vec<(Name, Positioned<Written>)>,
    /// Where the field is.
    pub at: Pos,
    /// Response keys from the field being resolved down to this one.
    pub path: Vec<Name>,
    /// What is read of each row, its id first.
    pub columns: Vec<Column>,
    /// The levels below.
    pub children: Vec<Child>,
    /// The texts of its statements.
    pub texts: Texts,
}

/// Which rows a level asks for.
pub enum Asked {
    /// The rows that the parents are themselves.
    Itself,
    /// The row of a key that the resolver names.
    Key,
    /// The row of the key in the argument `by`.
    By,
    /// What the relation leads to, at most so many.
    Related(u32),
    /// A page.
    Page {
        /// What the root field asks of every row.
        only: Option<&'static str>,
        /// Whether the number of all rows is asked for.
        counted: bool,
        /// Whether cursors are asked for.
        sealed: bool,
    },
}

/// A column of a level.
#[derive(PartialEq, Eq)]
pub struct Column {
    /// The expression.
    pub sql: &'static str,
    /// Read only for rows of these owners.
    pub guard: Option<Own>,
}

impl Column {
    /// The row's own id, which is the first column of every level.
    pub const ID: Self = Self { sql: "t.id", guard: None };
}

/// A level below.
pub struct Child {
    /// Which column of the level above holds the key.
    pub key: usize,
    /// The level.
    pub level: Level,
    /// What is written of it.
    pub form: Form,
}

/// What is written of a level.
pub enum Form {
    /// One object, or null; `true` if null is a fault.
    One(Shape, bool),
    /// A list of objects.
    List(Shape),
    /// A connection.
    Page(Vec<(Label, PagePart)>),
}

/// The fields of an object.
pub struct Shape(pub Vec<(Label, Part)>);

/// A response key as it stands in JSON.
pub struct Label(Box<str>);

impl Label {
    fn new(key: &Name) -> Self {
        // Its letters need no escape.
        Self(format!("\"{key}\":").into())
    }

    /// The key in quotes, and the colon.
    #[must_use]
    pub const fn text(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A field of an object.
pub enum Part {
    /// The type's name.
    Typename,
    /// A value of the row.
    Column(usize, Kind),
    /// Another level.
    Child(usize),
    /// What the actor may not read.
    Withheld,
}

/// A field of a connection.
pub enum PagePart {
    /// The type's name.
    Typename,
    /// `edges`.
    Edges(Vec<(Label, EdgePart)>),
    /// `nodes`.
    Nodes(Shape),
    /// `pageInfo`.
    Info(Vec<(Label, InfoPart)>),
    /// `totalCount`.
    Total,
}

/// A field of an edge.
pub enum EdgePart {
    /// The type's name.
    Typename,
    /// `cursor`.
    Cursor,
    /// `node`.
    Node(Shape),
}

/// A field of `pageInfo`.
#[derive(Clone, Copy)]
pub enum InfoPart {
    /// The type's name.
    Typename,
    /// `hasNextPage`.
    HasNext,
    /// `hasPreviousPage`.
    HasPrevious,
    /// `startCursor`.
    Start,
    /// `endCursor`.
    End,
}

type Fields<'a> = IndexMap<Name, Vec<&'a Positioned<AstField>>>;

/// Plans selections of one operation for all actors whose roles open the same ways.
pub struct Planner<'a, 'r> {
    env: &'a QueryEnvInner,
    actor: &'r Actor,
    /// Response keys from the field being resolved down to where the planner is.
    path: Vec<Name>,
    withheld: Vec<(Vec<Name>, Pos)>,
}

impl<'a, 'r> Planner<'a, 'r> {
    /// A planner for the operation of `env`.
    #[must_use]
    pub const fn new(env: &'a QueryEnvInner, actor: &'r Actor) -> Self {
        Self { env, actor, path: Vec::new(), withheld: Vec::new() }
    }

    /// One row of `def` for each that is `asked` for, by the selections of `fields`, which have one key.
    ///
    /// # Errors
    ///
    /// [`PlanError`] for a selection that async-graphql should not have let through.
    pub fn one(
        mut self,
        def: &'static Def,
        asked: Asked,
        fields: &[&'a Positioned<AstField>],
    ) -> Result<Plan, PlanError> {
        let mut level = self.level(def, None, asked, fields[0]);
        let sets: Vec<&SelectionSet> = fields.iter().map(|f| &f.node.selection_set.node).collect();
        let shape = self.shape(&mut level, &sets)?;
        Ok(Plan { level, form: Form::One(shape, false), withheld: self.withheld })
    }

    /// A page of all rows of `def`, by the selections of `fields`, which have one key.
    ///
    /// # Errors
    ///
    /// [`PlanError`] for a selection that async-graphql should not have let through.
    pub fn page(
        mut self,
        def: &'static Def,
        only: Option<&'static str>,
        fields: &[&'a Positioned<AstField>],
    ) -> Result<Plan, PlanError> {
        let (level, form) = self.connection(def, None, only, fields)?;
        Ok(Plan { level, form, withheld: self.withheld })
    }

    fn level(
        &self,
        def: &'static Def,
        relation: Option<&'static Relation>,
        asked: Asked,
        field: &Positioned<AstField>,
    ) -> Level {
        let argument = |(name, value): &(Positioned<Name>, Positioned<Written>)| {
            (name.node.clone(), value.clone())
        };
        // The arguments of a field whose rows the resolver names are the resolver's.
        let own = !matches!(asked, Asked::Itself | Asked::Key);
        let arguments = field.node.arguments.iter().filter(|_| own);
        Level {
            def,
            relation,
            visible: Visible::of(def, self.actor),
            asked,
            arguments: arguments.map(argument).collect(),
            at: field.pos,
            path: self.path.clone(),
            columns: vec![Column::ID],
            children: Vec::new(),
            texts: Texts::default(),
        }
    }

    fn shape(&mut self, level: &mut Level, sets: &[&'a SelectionSet]) -> Result<Shape, PlanError> {
        let mut parts = Vec::new();
        for (key, fields) in self.collect(level.def.name, sets)? {
            let Some(&first) = fields.first() else { continue };
            self.path.push(key.clone());
            let name = first.node.name.node.as_str();
            let part = if name == "__typename" {
                Part::Typename
            } else {
                let Some(field) = level.def.field(name) else {
                    return Err(bad(format!("{} has no field {name}", level.def.name), first.pos));
                };
                self.part(level, field, &fields)?
            };
            self.path.pop();
            parts.push((Label::new(&key), part));
        }
        Ok(Shape(parts))
    }

    fn part(
        &mut self,
        level: &mut Level,
        declared: &'static Field,
        fields: &[&'a Positioned<AstField>],
    ) -> Result<Part, PlanError> {
        let (only, at) = match &declared.what {
            What::Leaf(leaf) => (leaf.only, fields[0].pos),
            What::Relation(relation) => (relation.only, fields[0].pos),
        };
        let Ok(guard) = guard(level.def, only, self.actor) else {
            self.withheld.push((self.path.clone(), at));
            return Ok(Part::Withheld);
        };
        match &declared.what {
            What::Leaf(leaf) => Ok(Part::Column(column(level, leaf.sql, guard), leaf.kind)),
            What::Relation(relation) => {
                let key = column(level, relation.parent, guard);
                let (below, form) = self.related(relation, fields)?;
                level.children.push(Child { key, level: below, form });
                Ok(Part::Child(level.children.len() - 1))
            }
        }
    }

    fn related(
        &mut self,
        relation: &'static Relation,
        fields: &[&'a Positioned<AstField>],
    ) -> Result<(Level, Form), PlanError> {
        let def = (relation.target)();
        if relation.many == Many::Page {
            return self.connection(def, Some(relation), None, fields);
        }
        let bound = if let Many::List(bound) = relation.many { bound } else { 1 };
        let mut level = self.level(def, Some(relation), Asked::Related(bound), fields[0]);
        let sets: Vec<&SelectionSet> = fields.iter().map(|f| &f.node.selection_set.node).collect();
        let shape = self.shape(&mut level, &sets)?;
        let form = match relation.many {
            Many::One(required) => Form::One(shape, required),
            Many::List(_) | Many::Page => Form::List(shape),
        };
        Ok((level, form))
    }

    fn connection(
        &mut self,
        def: &'static Def,
        relation: Option<&'static Relation>,
        only: Option<&'static str>,
        fields: &[&'a Positioned<AstField>],
    ) -> Result<(Level, Form), PlanError> {
        let asked = Asked::Page { only, counted: false, sealed: false };
        let mut level = self.level(def, relation, asked, fields[0]);
        let sets: Vec<&SelectionSet> = fields.iter().map(|f| &f.node.selection_set.node).collect();
        let name = format!("{}Connection", def.name);
        let mut parts = Vec::new();
        for (key, fields) in self.collect(&name, &sets)? {
            let sets: Vec<&SelectionSet> =
                fields.iter().map(|f| &f.node.selection_set.node).collect();
            self.path.push(key.clone());
            let part = match fields[0].node.name.node.as_str() {
                "edges" => PagePart::Edges(self.edges(&mut level, &sets)?),
                "nodes" => PagePart::Nodes(self.shape(&mut level, &sets)?),
                "pageInfo" => PagePart::Info(self.page_info(&mut level, &sets)?),
                "totalCount" => {
                    if let Asked::Page { counted, .. } = &mut level.asked {
                        *counted = true;
                    }
                    PagePart::Total
                }
                _ => PagePart::Typename,
            };
            self.path.pop();
            parts.push((Label::new(&key), part));
        }
        Ok((level, Form::Page(parts)))
    }

    fn edges(
        &mut self,
        level: &mut Level,
        sets: &[&'a SelectionSet],
    ) -> Result<Vec<(Label, EdgePart)>, PlanError> {
        let mut parts = Vec::new();
        for (key, fields) in self.collect(&format!("{}Edge", level.def.name), sets)? {
            self.path.push(key.clone());
            let part = match fields[0].node.name.node.as_str() {
                "cursor" => {
                    seal(level);
                    EdgePart::Cursor
                }
                "node" => {
                    let sets: Vec<&SelectionSet> =
                        fields.iter().map(|f| &f.node.selection_set.node).collect();
                    EdgePart::Node(self.shape(level, &sets)?)
                }
                _ => EdgePart::Typename,
            };
            self.path.pop();
            parts.push((Label::new(&key), part));
        }
        Ok(parts)
    }

    fn page_info(
        &self,
        level: &mut Level,
        sets: &[&'a SelectionSet],
    ) -> Result<Vec<(Label, InfoPart)>, PlanError> {
        let mut parts = Vec::new();
        for (key, fields) in self.collect("PageInfo", sets)? {
            let part = match fields[0].node.name.node.as_str() {
                "hasNextPage" => InfoPart::HasNext,
                "hasPreviousPage" => InfoPart::HasPrevious,
                "startCursor" => InfoPart::Start,
                "endCursor" => InfoPart::End,
                _ => InfoPart::Typename,
            };
            if matches!(part, InfoPart::Start | InfoPart::End) {
                seal(level);
            }
            parts.push((Label::new(&key), part));
        }
        Ok(parts)
    }

    /// The fields of selection sets on type `name`, merged by response key in the order of the request.
    fn collect(&self, name: &str, sets: &[&'a SelectionSet]) -> Result<Fields<'a>, PlanError> {
        let mut fields = Fields::new();
        for set in sets {
            self.collect_into(name, set, &mut fields)?;
        }
        Ok(fields)
    }

    fn collect_into(
        &self,
        name: &str,
        set: &'a SelectionSet,
        fields: &mut Fields<'a>,
    ) -> Result<(), PlanError> {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    fields.entry(field.node.response_key().node.clone()).or_default().push(field);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    if condition.is_none_or(|c| covers(&c.node.on.node, name)) {
                        self.collect_into(name, &fragment.node.selection_set.node, fields)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let env: &'a QueryEnvInner = self.env;
                    let Some(fragment) = env.fragments.get(&spread.node.fragment_name.node) else {
                        return Err(bad("unknown fragment", spread.pos));
                    };
                    if covers(&fragment.node.type_condition.node.on.node, name) {
                        self.collect_into(name, &fragment.node.selection_set.node, fields)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether a fragment on `condition` holds for the object type `name`. Validation has checked that an
/// abstract type stands only where `name` is one of its types.
fn covers(condition: &str, name: &str) -> bool {
    condition == name || matches!(condition, NODE | "_Entity")
}

/// The index of a column of `level`, added if it is not there.
fn column(level: &mut Level, sql: &'static str, guard: Option<Own>) -> usize {
    let column = Column { sql, guard };
    level.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
        level.columns.push(column);
        level.columns.len() - 1
    })
}

/// Notes that cursors are asked for.
fn seal(level: &mut Level) {
    if let Asked::Page { sealed, .. } = &mut level.asked {
        *sealed = true;
    }
}

/// A bad argument.
pub fn bad(message: impl Into<String>, at: Pos) -> PlanError {
    PlanError { code: ErrorCode::BadUserInput, message: message.into(), at }
}
