//! From a plan to one request's statements: the arguments with the values of its variables, the dates.

use async_graphql::{Name, Positioned, QueryEnvInner, Value as Answer};
use async_graphql_value::Value as Written;
use chrono::NaiveDate;
use indexmap::IndexMap;
use sea_orm::Value;

use super::arguments::{date_argument, key_argument};
use super::condition::{Condition, Order};
use super::cursor::Position;
use super::declaration::Leaf;
use super::op::{Op, Reader};
use super::plan::{Asked, Column, Level, Plan, PlanError, bad};

/// The condition that finds one row, and its value.
pub type Key = (&'static str, Option<Value>);

/// A level with what one request asks of it.
pub struct Bound<'p> {
    /// The level.
    pub level: &'p Level,
    /// Which rows it asks for.
    pub rows: RowsAsked,
    /// Their order, each field with its place among the columns; the id always ends it.
    pub order: Vec<(Order, usize)>,
    /// What is read besides the columns of the level, for the order.
    pub more: Vec<&'static Leaf>,
    /// The levels below.
    pub children: Vec<Bound<'p>>,
    /// The date of dated facts.
    pub as_of: NaiveDate,
    /// The civil date.
    pub today: NaiveDate,
}

/// Which rows a level asks for.
pub enum RowsAsked {
    /// The rows that the parents are themselves.
    Itself,
    /// The row of a key.
    Key(Key),
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
    /// What the cursors of this list are bound to; empty if none is asked for.
    pub fingerprint: String,
    /// What the root field asks of every row.
    pub only: Option<&'static str>,
    /// Whether the number of all rows is asked for.
    pub counted: bool,
}

/// The arguments of a field.
pub(super) type Arguments = IndexMap<Name, Answer>;

/// Binds plans for one operation of one actor.
pub struct Binder<'r> {
    env: &'r QueryEnvInner,
    pub(super) op: &'r Op,
    pub(super) reader: &'r Reader,
}

impl<'r> Binder<'r> {
    /// A binder for the operation of `env`.
    #[must_use]
    pub const fn new(env: &'r QueryEnvInner, op: &'r Op, reader: &'r Reader) -> Self {
        Self { env, op, reader }
    }

    /// Binds `plan`; `key` is that of its row, if the resolver names it.
    ///
    /// # Errors
    ///
    /// [`PlanError`] says what is wrong with an argument, after the path of its field.
    pub fn bind<'p>(
        &self,
        plan: &'p Plan,
        key: Option<Key>,
    ) -> Result<Bound<'p>, (&'p [Name], PlanError)> {
        self.level(&plan.level, key, self.reader.today)
    }

    fn level<'p>(
        &self,
        level: &'p Level,
        key: Option<Key>,
        above: NaiveDate,
    ) -> Result<Bound<'p>, (&'p [Name], PlanError)> {
        let mut bound = self.own(level, key, above).map_err(|error| (&*level.path, error))?;
        for child in &level.children {
            bound.children.push(self.level(&child.level, None, bound.as_of)?);
        }
        Ok(bound)
    }

    /// The level itself.
    fn own<'p>(
        &self,
        level: &'p Level,
        key: Option<Key>,
        above: NaiveDate,
    ) -> Result<Bound<'p>, PlanError> {
        let arguments = self.arguments(&level.arguments)?;
        let as_of = date_argument(&arguments, level.at)?.unwrap_or(above);
        let (rows, order) = match level.asked {
            Asked::Itself => (RowsAsked::Itself, Vec::new()),
            Asked::Key => (RowsAsked::Key(key.unwrap_or(("false", None))), Vec::new()),
            Asked::By => {
                let key = key_argument(level.def, arguments.get("by"), level.at)?;
                (RowsAsked::Key(key), Vec::new())
            }
            Asked::Related(1) => (RowsAsked::Related(1), Vec::new()),
            Asked::Related(bound) => {
                (RowsAsked::Related(bound), self.order(level.def, None, level.at)?)
            }
            Asked::Page { only, counted, sealed } => {
                let order = self.order(level.def, arguments.get("orderBy"), level.at)?;
                let page = self.page_arguments(level, &arguments, &order, as_of, sealed)?;
                (RowsAsked::Page(PageArgs { only, counted, ..page }), order)
            }
        };
        let (mut more, mut places) = (Vec::new(), Vec::new());
        for order in order {
            let leaf = order.leaf;
            let column = Column { sql: leaf.sql, guard: None };
            let known = level.columns.iter().position(|known| *known == column);
            let place = known.unwrap_or_else(|| {
                more.push(leaf);
                level.columns.len() + more.len() - 1
            });
            places.push((order, place));
        }
        let today = self.reader.today;
        Ok(Bound { level, rows, order: places, more, children: Vec::new(), as_of, today })
    }

    /// The `written` arguments with variables replaced and nulls left out.
    fn arguments(&self, written: &[(Name, Positioned<Written>)]) -> Result<Arguments, PlanError> {
        let mut arguments = Arguments::new();
        for (name, value) in written {
            let value = value
                .node
                .clone()
                .into_const_with(|name| self.variable(&name))
                .map_err(|message| bad(message, value.pos))?;
            if value != Answer::Null {
                arguments.insert(name.clone(), value);
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
}
