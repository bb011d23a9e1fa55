//! The statements of a level, in the words of either engine.

use std::sync::Arc;

use async_graphql::Value as Answer;
use sea_orm::{DbBackend, Value};
use uuid::Uuid;

use super::bind::{Bound, PageArgs, RowsAsked};
use super::condition::Order;
use super::cursor::Position;
use super::declaration::{BY_PARENT, Relation};
use super::plan::Column;
use super::sql::{Sql, Words};
use super::value::parameter;
use super::visible::{Own, Visible, VisibleRows};
use crate::actor::Actor;

/// The statements of a level.
///
/// Columns: the position of the parent, then the columns of the level, its id first. PostgreSQL joins the
/// parents laterally to a limited query; SQLite joins them through a limited correlated list of ids,
/// which is its lateral. Rows by their ids need neither.
pub struct Statement<'a> {
    /// The level.
    pub level: &'a Bound<'a>,
    /// The rows above; `None` for a root.
    pub parents: Option<&'a [Uuid]>,
    /// Who asks.
    pub actor: &'a Actor,
    /// The engine.
    pub backend: DbBackend,
}

impl Statement<'_> {
    /// The statement that reads rows, parent by parent.
    #[must_use]
    pub fn rows(&self) -> (Arc<str>, Vec<Value>) {
        let (backward, from) = match &self.level.rows {
            RowsAsked::Page(page) => (page.backward, page.from.is_some()),
            RowsAsked::Itself | RowsAsked::Key(_) | RowsAsked::Related(_) => (false, false),
        };
        let kept = self.level.level.texts.rows(backward, from);
        let mut sql = Sql::like(self.backend, kept.get());
        let (position, table) = (sql.position(), self.level.level.def.rows.table);
        match self.parents {
            None => {
                sql.push("select cast(0 as bigint)");
                self.columns(&mut sql, false);
                sql.push(" from ").push(table).push(" t");
                self.limited(&mut sql);
            }
            Some(parents) if self.is_by_id() => {
                sql.push("select ").push(position);
                self.columns(&mut sql, false);
                sql.push(" from ").parents(parents).push(" cross join ").push(table).push(" t");
                self.restricted(&mut sql, false);
            }
            Some(parents) if sql.is_postgres() => {
                sql.push("select ").push(position).push(", c.* from ").parents(parents);
                sql.push(" cross join lateral (select ");
                self.columns(&mut sql, true);
                sql.push(" from ").push(table).push(" t");
                self.limited(&mut sql);
                sql.push(") c order by p.ord");
                self.order_outside(&mut sql, "c");
            }
            Some(parents) => {
                sql.push("select ").push(position);
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

    /// The statement that reads the rows of short lists with one sort for all parents, and how many rows these
    /// can be: where there are more, a list is longer than it may be, and [`Statement::rows`] cuts it off.
    /// SQLite has it no easier so.
    #[must_use]
    pub fn short_lists(&self) -> Option<(Arc<str>, Vec<Value>, usize)> {
        let (Some(parents), RowsAsked::Related(bound @ 2..)) = (self.parents, &self.level.rows)
        else {
            return None;
        };
        let kept = self.level.level.texts.short_lists();
        let mut sql = Sql::like(self.backend, kept.get());
        if !sql.is_postgres() {
            return None;
        }
        let most = parents.len().saturating_mul(*bound as usize);
        let position = sql.position();
        sql.push("select ").push(position).push(", c.* from ").parents(parents);
        sql.push(" cross join lateral (select ");
        self.columns(&mut sql, true);
        sql.push(" from ").push(self.level.level.def.rows.table).push(" t");
        self.restricted(&mut sql, false);
        // Without the offset PostgreSQL may read a whole table for all parents rather than an index for each.
        sql.push(" offset 0) c order by p.ord");
        self.order_outside(&mut sql, "c");
        sql.push(" limit ").bind(i64::try_from(most).map_or(i64::MAX, |most| most + 1).into());
        let (text, values) = sql.finish_at(kept);
        Some((text, values, most))
    }

    /// The statement that counts them.
    #[must_use]
    pub fn totals(&self) -> (Arc<str>, Vec<Value>) {
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

    /// Whether each key above is the id of a row: then each leads to one row, and none has to be limited.
    fn is_by_id(&self) -> bool {
        match self.level.rows {
            RowsAsked::Itself => true,
            RowsAsked::Related(_) => self.level.level.relation.is_some_and(Relation::is_by_id),
            RowsAsked::Key(_) | RowsAsked::Page(_) => false,
        }
    }

    fn words(&self) -> Words {
        let value = match &self.level.rows {
            RowsAsked::Key((_, value)) => value.clone(),
            RowsAsked::Itself | RowsAsked::Related(_) | RowsAsked::Page(_) => None,
        };
        Words { as_of: self.level.as_of, today: self.level.today, value, value_of_row: false }
    }

    /// The columns, `named` or after the position of the parent.
    fn columns(&self, sql: &mut Sql, named: bool) {
        let words = self.words();
        let own = self.level.level.columns.iter();
        let own = own.map(|Column { sql, guard }| (*sql, *guard));
        let more = self.level.more.iter().map(|leaf| (leaf.sql, None));
        for (index, (expression, guard)) in own.chain(more).enumerate() {
            if index > 0 || !named {
                sql.push(", ");
            }
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
        sql.push(if row == "c" { ", c.c0" } else { ", t.id" });
        sql.push(if backward { " desc" } else { "" });
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
                sql.push(" and ").declared(BY_PARENT, &words);
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
