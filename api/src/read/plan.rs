//! From a validated selection to a tree of levels, each of which becomes one statement.

use async_graphql::QueryEnvInner;
use async_graphql::parser::types::{Field as AstField, Selection, SelectionSet};
use async_graphql::{Name, Pos, Positioned, Value as Answer};
use chrono::NaiveDate;
use indexmap::IndexMap;

use super::arguments::date_argument;
use super::condition::{Condition, Order};
use super::cursor::Position;
use super::declaration::{Def, Field, Many, Relation, What};
use super::op::{Op, Reader};
use super::value::Column;
use super::visible::{Visible, VisibleWay};
use crate::actor::Permission;
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

/// The rows of one statement.
pub struct Level {
    /// The declaration of the rows.
    pub def: &'static Def,
    /// How they are tied to the rows above; `None` for a root.
    pub relation: Option<&'static Relation>,
    /// Who may see them.
    pub visible: Visible,
    /// Which of them are asked for.
    pub rows: RowsAsked,
    /// Their order; the id always ends it.
    pub order: Vec<Order>,
    /// What is read of each.
    pub columns: Vec<ColumnPlan>,
    /// The levels below.
    pub children: Vec<Child>,
    /// The date of dated facts.
    pub as_of: NaiveDate,
    /// The civil date.
    pub today: NaiveDate,
}

/// Which rows a level asks for.
pub enum RowsAsked {
    /// The rows that the parents are themselves.
    Itself,
    /// The row of a key: the condition and its value.
    Key(&'static str, Option<sea_orm::Value>),
    /// What the relation leads to, at most so many.
    Related(u32),
    /// A page.
    Page(PageArgs),
}

/// The arguments of a page.
pub struct PageArgs {
    /// How many rows.
    pub size: u32,
    /// Whether the page is counted from the end.
    pub backward: bool,
    /// The row before (or, counted from the end, after) the page.
    pub from: Option<Position>,
    /// The filter.
    pub filter: Option<Condition>,
    /// What the cursors of this list are bound to.
    pub fingerprint: String,
    /// What the root field asks of every row.
    pub only: Option<&'static str>,
    /// Whether the number of all rows is asked for.
    pub counted: bool,
}

/// A column of a level.
pub struct ColumnPlan {
    /// The expression.
    pub sql: &'static str,
    /// How it is read.
    pub column: Column,
    /// Read only for rows that these organisations own, by the column that names the owner.
    pub guard: Option<VisibleWay>,
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
    Page(Vec<(Name, PagePart)>),
}

/// The fields of an object.
pub struct Shape(pub Vec<(Name, Part)>);

/// A field of an object.
pub enum Part {
    /// The type's name.
    Typename,
    /// A value of the row.
    Column(usize),
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
    Edges(Vec<(Name, EdgePart)>),
    /// `nodes`.
    Nodes(Shape),
    /// `pageInfo`.
    Info(Vec<(Name, InfoPart)>),
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

/// The arguments of a field.
pub(super) type Arguments = IndexMap<Name, Answer>;
type Fields<'a> = IndexMap<Name, Vec<&'a Positioned<AstField>>>;

/// Plans selections of one operation for one actor.
pub struct Planner<'a, 'r> {
    env: &'a QueryEnvInner,
    pub(super) op: &'r Op,
    pub(super) reader: &'r Reader,
    /// Response keys from the field being resolved down to where the planner is.
    pub(super) path: Vec<Name>,
    /// Fields that the actor may not read, with their paths, for errors beside the data.
    pub withheld: Vec<(Vec<Name>, Pos)>,
}

impl<'a, 'r> Planner<'a, 'r> {
    /// A planner for the operation of `env`.
    #[must_use]
    pub const fn new(env: &'a QueryEnvInner, op: &'r Op, reader: &'r Reader) -> Self {
        Self { env, op, reader, path: Vec::new(), withheld: Vec::new() }
    }

    /// The row of `def` with the key that `condition` and `value` name.
    ///
    /// # Errors
    ///
    /// [`PlanError`] says what is wrong with an argument below.
    pub fn one(
        &mut self,
        def: &'static Def,
        key: (&'static str, Option<sea_orm::Value>),
        as_of: Option<NaiveDate>,
        selection: &'a SelectionSet,
    ) -> Result<(Level, Form), PlanError> {
        let as_of = as_of.unwrap_or(self.reader.today);
        let mut level = self.level(def, None, RowsAsked::Key(key.0, key.1), Vec::new(), as_of);
        let shape = self.shape(&mut level, &[selection])?;
        Ok((level, Form::One(shape, false)))
    }

    /// Rows of `def` that are named one by one, under a field that leads to several types.
    ///
    /// # Errors
    ///
    /// [`PlanError`] says what is wrong with an argument below.
    pub fn named(
        &mut self,
        def: &'static Def,
        selection: &'a SelectionSet,
    ) -> Result<(Level, Form), PlanError> {
        let mut level = self.level(def, None, RowsAsked::Itself, Vec::new(), self.reader.today);
        let shape = self.shape(&mut level, &[selection])?;
        Ok((level, Form::One(shape, false)))
    }

    /// A page of all rows of `def`, with the arguments of `field`.
    ///
    /// # Errors
    ///
    /// [`PlanError`] says what is wrong with an argument.
    pub fn page(
        &mut self,
        def: &'static Def,
        only: Option<&'static str>,
        field: &'a Positioned<AstField>,
    ) -> Result<(Level, Form), PlanError> {
        let (mut level, form) = self.connection(def, None, &[field], self.reader.today)?;
        if let RowsAsked::Page(page) = &mut level.rows {
            page.only = only;
        }
        Ok((level, form))
    }

    /// The arguments of `field`, with variables replaced and nulls left out.
    ///
    /// # Errors
    ///
    /// [`PlanError`] for a variable without a value.
    pub fn arguments(&self, field: &Positioned<AstField>) -> Result<Arguments, PlanError> {
        let mut arguments = Arguments::new();
        for (name, value) in &field.node.arguments {
            let value = value
                .node
                .clone()
                .into_const_with(|name| self.variable(&name))
                .map_err(|message| bad(message, value.pos))?;
            if value != Answer::Null {
                arguments.insert(name.node.clone(), value);
            }
        }
        Ok(arguments)
    }

    fn variable(&self, name: &Name) -> Result<Answer, String> {
        if let Some(value) = self.env.variables.get(name) {
            return Ok(value.clone());
        }
        let definitions = &self.env.operation.node.variable_definitions;
        let definition = definitions.iter().find(|definition| definition.node.name.node == *name);
        match definition {
            Some(definition) => match &definition.node.default_value {
                Some(default) => Ok(default.node.clone()),
                None if definition.node.var_type.node.nullable => Ok(Answer::Null),
                None => Err(format!("the variable ${name} has no value")),
            },
            None => Err(format!("the variable ${name} is not defined")),
        }
    }

    fn level(
        &self,
        def: &'static Def,
        relation: Option<&'static Relation>,
        rows: RowsAsked,
        order: Vec<Order>,
        as_of: NaiveDate,
    ) -> Level {
        let visible = Visible::of(def, &self.reader.actor);
        Level {
            def,
            relation,
            visible,
            rows,
            order,
            columns: Vec::new(),
            children: Vec::new(),
            as_of,
            today: self.reader.today,
        }
    }

    /// What the actor may read of a guarded field: everything (`Ok(None)`), only of own rows
    /// (`Ok(Some)`), or nothing (`Err`).
    pub(super) fn guard(
        &self,
        def: &Def,
        only: Option<Permission>,
    ) -> Result<Option<VisibleWay>, ()> {
        let Some(permission) = only else { return Ok(None) };
        let actor = &self.reader.actor;
        if actor.may_nationally(permission) {
            return Ok(None);
        }
        match (def.rows.owner, actor.organisations_with(permission)) {
            (Some(column), ids) if !ids.is_empty() => Ok(Some(VisibleWay { column, ids })),
            _ => Err(()),
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
            parts.push((key, part));
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
        let Ok(guard) = self.guard(level.def, only) else {
            self.withheld.push((self.path.clone(), at));
            return Ok(Part::Withheld);
        };
        match &declared.what {
            What::Leaf(leaf) => {
                Ok(Part::Column(column(level, leaf.sql, Column::Answer(leaf.kind), guard)))
            }
            What::Relation(relation) => {
                let key = column(level, relation.parent, Column::Key, guard);
                let (below, form) = self.related(level.as_of, relation, fields)?;
                level.children.push(Child { key, level: below, form });
                Ok(Part::Child(level.children.len() - 1))
            }
        }
    }

    fn related(
        &mut self,
        as_of: NaiveDate,
        relation: &'static Relation,
        fields: &[&'a Positioned<AstField>],
    ) -> Result<(Level, Form), PlanError> {
        let def = (relation.target)();
        if relation.many == Many::Page {
            return self.connection(def, Some(relation), fields, as_of);
        }
        let arguments = self.arguments(fields[0])?;
        let as_of = date_argument(&arguments, fields[0].pos)?.unwrap_or(as_of);
        let bound = if let Many::List(bound) = relation.many { bound } else { 1 };
        let order = if bound > 1 { self.order(def, None, fields[0].pos)? } else { Vec::new() };
        let mut level = self.level(def, Some(relation), RowsAsked::Related(bound), order, as_of);
        let sets: Vec<&SelectionSet> = fields.iter().map(|f| &f.node.selection_set.node).collect();
        let shape = self.shape(&mut level, &sets)?;
        order_columns(&mut level);
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
        fields: &[&'a Positioned<AstField>],
        as_of: NaiveDate,
    ) -> Result<(Level, Form), PlanError> {
        let at = fields[0].pos;
        let arguments = self.arguments(fields[0])?;
        let as_of = date_argument(&arguments, at)?.unwrap_or(as_of);
        let order = self.order(def, arguments.get("orderBy"), at)?;
        let page = self.page_arguments(def, &arguments, &order, as_of, at)?;
        let mut level = self.level(def, relation, RowsAsked::Page(page), order, as_of);
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
                "pageInfo" => PagePart::Info(self.page_info(&sets)?),
                "totalCount" => {
                    if let RowsAsked::Page(page) = &mut level.rows {
                        page.counted = true;
                    }
                    PagePart::Total
                }
                _ => PagePart::Typename,
            };
            self.path.pop();
            parts.push((key, part));
        }
        order_columns(&mut level);
        Ok((level, Form::Page(parts)))
    }

    fn edges(
        &mut self,
        level: &mut Level,
        sets: &[&'a SelectionSet],
    ) -> Result<Vec<(Name, EdgePart)>, PlanError> {
        let mut parts = Vec::new();
        for (key, fields) in self.collect(&format!("{}Edge", level.def.name), sets)? {
            self.path.push(key.clone());
            let part = match fields[0].node.name.node.as_str() {
                "cursor" => EdgePart::Cursor,
                "node" => {
                    let sets: Vec<&SelectionSet> =
                        fields.iter().map(|f| &f.node.selection_set.node).collect();
                    EdgePart::Node(self.shape(level, &sets)?)
                }
                _ => EdgePart::Typename,
            };
            self.path.pop();
            parts.push((key, part));
        }
        Ok(parts)
    }

    fn page_info(&self, sets: &[&'a SelectionSet]) -> Result<Vec<(Name, InfoPart)>, PlanError> {
        let fields = self.collect("PageInfo", sets)?;
        let part = |fields: &[&Positioned<AstField>]| match fields[0].node.name.node.as_str() {
            "hasNextPage" => InfoPart::HasNext,
            "hasPreviousPage" => InfoPart::HasPrevious,
            "startCursor" => InfoPart::Start,
            "endCursor" => InfoPart::End,
            _ => InfoPart::Typename,
        };
        Ok(fields.iter().map(|(key, fields)| (key.clone(), part(fields))).collect())
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
fn column(
    level: &mut Level,
    sql: &'static str,
    column: Column,
    guard: Option<VisibleWay>,
) -> usize {
    let same = |plan: &ColumnPlan| {
        plan.sql == sql
            && plan.guard == guard
            && matches!(plan.column, Column::Key) == matches!(column, Column::Key)
    };
    match level.columns.iter().position(same) {
        Some(index) => index,
        None => {
            level.columns.push(ColumnPlan { sql, column, guard });
            level.columns.len() - 1
        }
    }
}

/// The values of the order are read too: for cursors, and to order the rows of all parents together.
fn order_columns(level: &mut Level) {
    for order in level.order.clone() {
        column(level, order.leaf.sql, Column::Answer(order.leaf.kind), None);
    }
}

/// A bad argument.
pub fn bad(message: impl Into<String>, at: Pos) -> PlanError {
    PlanError { code: ErrorCode::BadUserInput, message: message.into(), at }
}
