//! Runs a plan: one statement per level for any number of parents, then the answer from the rows.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::{Name, Value as Answer};
use chrono::NaiveDate;
use indexmap::IndexMap;
use sea_orm::{ConnectionTrait as _, DbBackend, Value};
use uuid::Uuid;

use super::bind::{Bound, PageArgs, RowsAsked};
use super::condition::Order;
use super::cursor::{CursorKey, Position};
use super::declaration::{Def, Key};
use super::op::Reader;
use super::plan::{Child, ColumnPlan, EdgePart, Form, InfoPart, PagePart, Part, Shape};
use super::sql::{Sql, Words};
use super::value::{AnyRow, Cell, Column, parameter};
use super::visible::{Own, Visible, VisibleRows};
use crate::actor::Actor;
use crate::db::{DbFault, Rows};

/// A row with the answers of the levels below it.
struct Row {
    id: Uuid,
    cells: Vec<Cell>,
    children: Vec<Answer>,
}

/// The rows that one parent (or the root) leads to.
#[derive(Default)]
struct Group {
    rows: Vec<Row>,
    /// Whether there are rows beyond the page.
    more: bool,
    total: i64,
}

/// Runs statements in a transaction.
pub struct Runner<'a> {
    /// The transaction, and in whose name.
    pub reader: &'a Reader,
    /// Makes cursors.
    pub cursors: &'a CursorKey,
}

type Answers<'a> = Pin<Box<dyn Future<Output = Result<Vec<Answer>, DbFault>> + Send + 'a>>;

impl<'a> Runner<'a> {
    /// The answer of a root level.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn root(&self, level: &Bound<'_>, form: &Form) -> Result<Answer, DbFault> {
        let mut answers = self.answers(level, form, None).await?;
        Ok(answers.pop().unwrap_or(Answer::Null))
    }

    /// The answers of a level that stands for its own parents, one for each of `ids`.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn each(
        &self,
        level: &Bound<'_>,
        form: &Form,
        ids: &[Uuid],
    ) -> Result<Vec<Answer>, DbFault> {
        self.answers(level, form, Some(ids)).await
    }

    /// The rows of `def` whose key `key` is each of `texts`; whether they are visible is decided where
    /// they are read.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn named(
        &self,
        def: &Def,
        key: &Key,
        texts: &[String],
        as_of: NaiveDate,
    ) -> Result<Vec<Option<Uuid>>, DbFault> {
        let mut sql = Sql::new(self.reader.tx.get_database_backend());
        let position = sql.position();
        sql.push("select ").push(position).push(", t.id from ").texts(texts);
        sql.push(" join ").push(def.rows.table).push(" t on ");
        sql.declared(
            key.condition,
            &Words { as_of, today: as_of, value: None, value_of_row: true },
        );
        let (text, values) = sql.finish();
        let rows = self.reader.tx.rows(text, values).await?;
        let mut found = vec![None; texts.len()];
        for_each(&rows, |row| {
            let place = usize::try_from(row.number(0)?).ok().and_then(|i| found.get_mut(i));
            if let Some(place) = place {
                *place = Some(row.id(1)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// One answer for each of `parents`, or one for the root.
    fn answers<'b>(
        &'b self,
        level: &'b Bound<'_>,
        form: &'b Form,
        parents: Option<&'b [Uuid]>,
    ) -> Answers<'b> {
        Box::pin(async move {
            let mut groups = self.groups(level, parents).await?;
            for (child, bound) in level.level.children.iter().zip(&level.children) {
                self.fill(&mut groups, child, bound).await?;
            }
            let writer = Writer { level, cursors: self.cursors };
            Ok(groups.into_iter().map(|group| writer.form(form, group)).collect())
        })
    }

    /// Adds the answers of `child` to every row.
    async fn fill(
        &self,
        groups: &mut [Group],
        child: &Child,
        level: &Bound<'_>,
    ) -> Result<(), DbFault> {
        let mut keys: Vec<Uuid> = Vec::new();
        let mut place: HashMap<Uuid, usize> = HashMap::new();
        for row in groups.iter().flat_map(|group| &group.rows) {
            if let Cell::Key(Some(key)) = row.cells[child.key] {
                place.entry(key).or_insert_with(|| {
                    keys.push(key);
                    keys.len() - 1
                });
            }
        }
        let answers = if keys.is_empty() {
            Vec::new()
        } else {
            self.answers(level, &child.form, Some(&keys)).await?
        };
        let writer = Writer { level, cursors: self.cursors };
        for row in groups.iter_mut().flat_map(|group| &mut group.rows) {
            let found = match row.cells[child.key] {
                Cell::Key(Some(key)) => place.get(&key).and_then(|place| answers.get(*place)),
                _ => None,
            };
            let answer =
                found.cloned().unwrap_or_else(|| writer.form(&child.form, Group::default()));
            if matches!((&child.form, &answer), (Form::One(_, true), Answer::Null)) {
                let text = format!("a {} that must be there is not", level.level.def.name);
                return Err(DbFault::Other(Box::new(sea_orm::DbErr::RecordNotFound(text))));
            }
            row.children.push(answer);
        }
        Ok(())
    }

    async fn groups(
        &self,
        level: &Bound<'_>,
        parents: Option<&[Uuid]>,
    ) -> Result<Vec<Group>, DbFault> {
        let count = parents.map_or(1, <[Uuid]>::len);
        let mut groups: Vec<Group> = (0..count).map(|_| Group::default()).collect();
        let Reader { tx, actor, .. } = self.reader;
        let backend = tx.get_database_backend();
        let statement = Statement { level, parents, actor, backend };
        let (text, values) = statement.rows();
        let rows = tx.rows(text, values).await?;
        let columns: Vec<Column> = level.columns().collect();
        for_each(&rows, |row| {
            let group = usize::try_from(row.number(0)?).ok().and_then(|i| groups.get_mut(i));
            let Some(group) = group else { return Ok(()) };
            let mut cells = Vec::with_capacity(columns.len());
            for (index, column) in columns.iter().enumerate() {
                cells.push(row.cell(index + 2, *column)?);
            }
            group.rows.push(Row { id: row.id(1)?, cells, children: Vec::new() });
            Ok(())
        })?;
        if let RowsAsked::Page(page) = &level.rows {
            for group in &mut groups {
                group.more = group.rows.len() > page.size as usize;
                group.rows.truncate(page.size as usize);
                if page.backward {
                    group.rows.reverse();
                }
            }
            if page.counted {
                let (text, values) = statement.totals();
                let rows = tx.rows(text, values).await?;
                for_each(&rows, |row| {
                    let group =
                        usize::try_from(row.number(0)?).ok().and_then(|i| groups.get_mut(i));
                    if let Some(group) = group {
                        group.total = row.number(1)?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(groups)
    }
}

fn for_each(
    rows: &Rows,
    mut each: impl FnMut(AnyRow<'_>) -> Result<(), DbFault>,
) -> Result<(), DbFault> {
    match rows {
        Rows::Postgres(rows) => rows.iter().try_for_each(|row| each(AnyRow::Postgres(row))),
        Rows::Sqlite(rows) => rows.iter().try_for_each(|row| each(AnyRow::Sqlite(row))),
    }
}

/// The statement of a level.
///
/// Columns: the position of the parent, the id, then the columns of the level. PostgreSQL joins the
/// parents laterally to a limited query; SQLite joins them through a limited correlated list of ids,
/// which is its lateral.
struct Statement<'a> {
    level: &'a Bound<'a>,
    parents: Option<&'a [Uuid]>,
    actor: &'a Actor,
    backend: DbBackend,
}

impl Statement<'_> {
    fn rows(&self) -> (Arc<str>, Vec<Value>) {
        let (backward, from) = match &self.level.rows {
            RowsAsked::Page(page) => (page.backward, page.from.is_some()),
            RowsAsked::Itself | RowsAsked::Key(_) | RowsAsked::Related(_) => (false, false),
        };
        let kept = self.level.level.texts.rows(backward, from);
        let mut sql = Sql::like(self.backend, kept.get());
        let (position, table) = (sql.position(), self.level.level.def.rows.table);
        match self.parents {
            None => {
                sql.push("select cast(0 as bigint), t.id");
                self.columns(&mut sql, false);
                sql.push(" from ").push(table).push(" t");
                self.limited(&mut sql);
            }
            Some(parents) if sql.is_postgres() => {
                sql.push("select ").push(position).push(", c.* from ").parents(parents);
                sql.push(" cross join lateral (select t.id");
                self.columns(&mut sql, true);
                sql.push(" from ").push(table).push(" t");
                self.limited(&mut sql);
                sql.push(") c order by p.ord");
                self.order_outside(&mut sql, "c");
            }
            Some(parents) => {
                sql.push("select ").push(position).push(", t.id");
                self.columns(&mut sql, false);
                sql.push(" from ").parents(parents);
                sql.push(" join ").push(table).push(" t on t.id in (select t.id from ");
                sql.push(table).push(" t");
                self.limited(&mut sql);
                sql.push(") order by p.key");
                self.order_outside(&mut sql, "t");
            }
        }
        sql.finish_at(kept)
    }

    fn totals(&self) -> (Arc<str>, Vec<Value>) {
        let kept = self.level.level.texts.totals();
        let mut sql = Sql::like(self.backend, kept.get());
        sql.push("select ");
        sql.push(if self.parents.is_some() { sql.position() } else { "cast(0 as bigint)" });
        sql.push(", (select count(*) from ").push(self.level.level.def.rows.table).push(" t");
        self.restricted(&mut sql, false);
        sql.push(")");
        if let Some(parents) = self.parents {
            sql.push(" from ").parents(parents);
        }
        sql.finish_at(kept)
    }

    fn words(&self) -> Words {
        let value = match &self.level.rows {
            RowsAsked::Key((_, value)) => value.clone(),
            RowsAsked::Itself | RowsAsked::Related(_) | RowsAsked::Page(_) => None,
        };
        Words { as_of: self.level.as_of, today: self.level.today, value, value_of_row: false }
    }

    fn columns(&self, sql: &mut Sql, named: bool) {
        let words = self.words();
        let own = self.level.level.columns.iter();
        let own = own.map(|ColumnPlan { sql, guard, .. }| (*sql, *guard));
        let more = self.level.more.iter().map(|leaf| (leaf.sql, None));
        for (index, (expression, guard)) in own.chain(more).enumerate() {
            sql.push(", ");
            match guard {
                None => {
                    sql.declared(expression, &words);
                }
                Some(Own { column, whose }) => {
                    sql.push("case when ").any_of(column, &whose.ids(self.actor)).push(" then ");
                    sql.declared(expression, &words).push(" end");
                }
            }
            if named {
                sql.push(" as c").number(index);
            }
        }
    }

    /// Link, conditions, order and limit.
    fn limited(&self, sql: &mut Sql) {
        self.restricted(sql, true);
        let backward = self.backward();
        sql.push(" order by ");
        for (order, _) in &self.level.order {
            sql.declared(order.leaf.sql, &self.words()).push(direction(order, backward)).push(", ");
        }
        sql.push(if backward { "t.id desc" } else { "t.id" }).push(" limit ");
        match &self.level.rows {
            RowsAsked::Key(..) | RowsAsked::Itself => sql.push("1"),
            RowsAsked::Related(bound) => sql.number(*bound as usize),
            // One row more tells whether a page follows.
            RowsAsked::Page(page) => sql.bind(i64::from(page.size + 1).into()),
        };
    }

    const fn backward(&self) -> bool {
        matches!(self.level.rows, RowsAsked::Page(PageArgs { backward: true, .. }))
    }

    /// The order of a level's rows again, outside the limited query.
    fn order_outside(&self, sql: &mut Sql, row: &str) {
        let backward = self.backward();
        for (order, place) in &self.level.order {
            sql.push(", ");
            if row == "c" {
                sql.push("c.c").number(*place);
            } else {
                sql.declared(order.leaf.sql, &self.words());
            }
            sql.push(direction(order, backward));
        }
        sql.push(", ").push(row).push(if backward { ".id desc" } else { ".id" });
    }

    fn restricted(&self, sql: &mut Sql, with_cursor: bool) {
        let words = self.words();
        let (bound, level) = (self.level, self.level.level);
        if let Some(link) = level.relation.and_then(|relation| relation.link) {
            sql.push(" join ").declared(link, &words);
        }
        sql.push(" where ");
        match &level.visible {
            Visible::All => {
                sql.push("true");
            }
            Visible::Any(ways) => {
                sql.push("(false");
                for VisibleRows { conditions, link, own } in ways {
                    sql.push(" or (true");
                    for condition in conditions {
                        sql.push(" and (").declared(condition, &words).push(")");
                    }
                    if let Some(link) = link {
                        sql.push(" and exists (select 1 from ").declared(link, &words);
                    }
                    if let Some(Own { column, whose }) = own {
                        sql.push(" and ").any_of(column, &whose.ids(self.actor));
                    }
                    sql.push(if link.is_some() { "))" } else { ")" });
                }
                sql.push(")");
            }
        }
        if self.parents.is_some()
            && let Some(relation) = level.relation
        {
            sql.push(" and ").declared(relation.on, &words);
        }
        match &bound.rows {
            RowsAsked::Key((condition, _)) => {
                sql.push(" and ").declared(condition, &words);
            }
            RowsAsked::Itself => {
                sql.push(" and ").declared("t.id = {parent}", &words);
            }
            RowsAsked::Related(_) => {}
            RowsAsked::Page(page) => {
                if let (Some(listed), None) = (level.def.rows.listed, level.relation) {
                    sql.push(" and ").declared(listed, &words);
                }
                if let Some(only) = page.only {
                    sql.push(" and (").declared(only, &words).push(")");
                }
                if let Some(filter) = &page.filter {
                    sql.push(" and ");
                    filter.write(sql, &words);
                }
                if let (Some(position), true) = (&page.from, with_cursor) {
                    sql.push(" and ");
                    let order: Vec<Order> = bound.order.iter().map(|(order, _)| *order).collect();
                    beyond(sql, &words, &order, position, page.backward);
                }
            }
        }
    }
}

/// Nulls come last, and first when the order is turned round.
const fn direction(order: &Order, backward: bool) -> &'static str {
    match (order.descending, backward) {
        (false, false) => " asc nulls last",
        (true, false) => " desc nulls last",
        (false, true) => " desc nulls first",
        (true, true) => " asc nulls first",
    }
}

/// The rows beyond a position in the order: those that differ first in field i and lie beyond there.
fn beyond(sql: &mut Sql, words: &Words, order: &[Order], position: &Position, backward: bool) {
    sql.push("(false");
    for (i, at) in order.iter().enumerate() {
        let value = position_value(at, &position.values[i]);
        if value.is_none() && !backward {
            // Nothing comes after null.
            continue;
        }
        sql.push(" or (");
        equal_so_far(sql, words, order, position, i);
        let expression = at.leaf.sql;
        match value {
            None => {
                sql.declared(expression, words).push(" is not null");
            }
            Some(value) => {
                let after = if at.descending == backward { ">" } else { "<" };
                sql.push("(").declared(expression, words).push(after).bind(value);
                if !backward {
                    sql.push(" or ").declared(expression, words).push(" is null");
                }
                sql.push(")");
            }
        }
        sql.push(")");
    }
    sql.push(" or (");
    equal_so_far(sql, words, order, position, order.len());
    sql.push(if backward { "t.id < " } else { "t.id > " }).bind(Value::from(position.id));
    sql.push("))");
}

fn equal_so_far(sql: &mut Sql, words: &Words, order: &[Order], position: &Position, count: usize) {
    for (order, value) in order.iter().zip(&position.values).take(count) {
        sql.declared(order.leaf.sql, words);
        match position_value(order, value) {
            None => sql.push(" is null and "),
            Some(value) => sql.push(" = ").bind(value).push(" and "),
        };
    }
}

fn position_value(order: &Order, value: &serde_json::Value) -> Option<Value> {
    Answer::from_json(value.clone()).ok().and_then(|answer| parameter(order.leaf.kind, &answer))
}

/// Writes the answers of a level.
struct Writer<'a> {
    level: &'a Bound<'a>,
    cursors: &'a CursorKey,
}

impl Writer<'_> {
    fn form(&self, form: &Form, group: Group) -> Answer {
        match form {
            Form::One(shape, _) => {
                group.rows.first().map_or(Answer::Null, |row| self.object(shape, row))
            }
            Form::List(shape) => {
                Answer::List(group.rows.iter().map(|row| self.object(shape, row)).collect())
            }
            Form::Page(parts) => self.connection(parts, &group),
        }
    }

    fn object(&self, shape: &Shape, row: &Row) -> Answer {
        object(&shape.0, |part| match part {
            Part::Typename => Answer::from(self.level.level.def.name),
            Part::Column(index) => match &row.cells[*index] {
                Cell::Answer(answer) => answer.clone(),
                Cell::Key(_) => Answer::Null,
            },
            Part::Child(index) => row.children[*index].clone(),
            Part::Withheld => Answer::Null,
        })
    }

    fn connection(&self, parts: &[(Name, PagePart)], group: &Group) -> Answer {
        let name = self.level.level.def.name;
        object(parts, |part| match part {
            PagePart::Typename => Answer::from(format!("{name}Connection")),
            PagePart::Edges(edges) => Answer::List(
                group
                    .rows
                    .iter()
                    .map(|row| {
                        object(edges, |part| match part {
                            EdgePart::Typename => Answer::from(format!("{name}Edge")),
                            EdgePart::Cursor => self.cursor(row),
                            EdgePart::Node(shape) => self.object(shape, row),
                        })
                    })
                    .collect(),
            ),
            PagePart::Nodes(shape) => {
                Answer::List(group.rows.iter().map(|row| self.object(shape, row)).collect())
            }
            PagePart::Info(parts) => object(parts, |part| self.info(*part, group)),
            PagePart::Total => Answer::from(group.total),
        })
    }

    fn info(&self, part: InfoPart, group: &Group) -> Answer {
        let RowsAsked::Page(page) = &self.level.rows else { return Answer::Null };
        match part {
            InfoPart::Typename => Answer::from("PageInfo"),
            // Beyond the side that a page is counted from lies at least the row of its cursor.
            InfoPart::HasNext if page.backward => Answer::from(page.from.is_some()),
            InfoPart::HasNext => Answer::from(group.more),
            InfoPart::HasPrevious if page.backward => Answer::from(group.more),
            InfoPart::HasPrevious => Answer::from(page.from.is_some()),
            InfoPart::Start => group.rows.first().map_or(Answer::Null, |row| self.cursor(row)),
            InfoPart::End => group.rows.last().map_or(Answer::Null, |row| self.cursor(row)),
        }
    }

    fn cursor(&self, row: &Row) -> Answer {
        let RowsAsked::Page(page) = &self.level.rows else { return Answer::Null };
        let value = |(_, place): &(Order, usize)| match &row.cells[*place] {
            Cell::Answer(answer) => answer.clone().into_json().ok(),
            Cell::Key(_) => None,
        };
        let values = self.level.order.iter().map(|o| value(o).unwrap_or_default()).collect();
        let position = Position { values, id: row.id };
        Answer::String(self.cursors.seal(&position, &page.fingerprint))
    }
}

fn object<P>(parts: &[(Name, P)], mut write: impl FnMut(&P) -> Answer) -> Answer {
    Answer::Object(
        parts.iter().map(|(name, part)| (name.clone(), write(part))).collect::<IndexMap<_, _>>(),
    )
}
