//! Runs a plan: one statement per level for any number of parents, then the JSON of the answer straight from
//! the rows.

use std::collections::HashMap;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use bytes::Bytes;
use chrono::NaiveDate;
use uuid::Uuid;

use super::bind::{Bound, RowsAsked};
use super::cursor::CursorKey;
use super::declaration::{Def, Key};
use super::op::Reader;
use super::plan::{Child, Form};
use super::sql::{Sql, Words};
use super::statement::Statement;
use super::value::{row, rows};
use super::write::Writer;
use crate::db::{DbFault, Rows};

/// What stands before the columns of a level in its rows: the position of the parent.
pub(super) const BEFORE: usize = 1;

/// The rows of a level, with the answers of the levels below them.
pub struct Found {
    /// The rows, parent by parent.
    pub rows: Rows,
    /// Those of each parent.
    pub groups: Vec<Group>,
    /// For each level below.
    pub below: Vec<Below>,
}

/// The rows that one parent (or the root) leads to.
#[derive(Clone, Default)]
pub struct Group {
    /// Where they stand among all.
    pub rows: Range<usize>,
    /// Whether there are rows beyond the page.
    pub more: bool,
    /// How many there are on all pages, if that is counted.
    pub total: i64,
}

/// The answers of a level below.
pub struct Below {
    /// For each row its answer; `None` if it leads nowhere.
    places: Vec<Option<usize>>,
    pieces: Pieces,
    /// The answer of a row that leads nowhere.
    nowhere: Vec<u8>,
}

impl Found {
    /// What a row that leads nowhere leads to.
    const fn nothing() -> Self {
        Self { rows: Rows::Postgres(Vec::new()), groups: Vec::new(), below: Vec::new() }
    }
}

impl Below {
    /// The answer for `row`, as JSON.
    #[must_use]
    pub fn piece(&self, row: usize) -> &[u8] {
        let place = self.places.get(row).copied().flatten();
        place.and_then(|place| self.pieces.get(place)).unwrap_or(&self.nowhere)
    }
}

/// Texts one after the other.
struct Pieces {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Whether each is of no row.
    empty: Vec<bool>,
}

impl Pieces {
    fn get(&self, place: usize) -> Option<&[u8]> {
        let begin = if place == 0 { 0 } else { *self.ends.get(place - 1)? };
        self.text.get(begin..*self.ends.get(place)?)
    }
}

/// Runs statements in a transaction.
pub struct Runner<'a> {
    /// The transaction, and in whose name.
    pub reader: &'a Reader,
    /// Makes cursors.
    pub cursors: &'a CursorKey,
}

type Written<'a> = Pin<Box<dyn Future<Output = Result<Pieces, DbFault>> + Send + 'a>>;

impl<'a> Runner<'a> {
    /// The answer of a root level, as JSON.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn root(&self, level: &Bound<'_>, form: &Form) -> Result<Bytes, DbFault> {
        Ok(self.pieces(level, form, None).await?.text.into())
    }

    /// The answers of a level that stands for its own parents, one for each of `ids`, as JSON.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn each(
        &self,
        level: &Bound<'_>,
        form: &Form,
        ids: &[Uuid],
    ) -> Result<Vec<Bytes>, DbFault> {
        let Pieces { text, ends, .. } = self.pieces(level, form, Some(ids)).await?;
        let text = Bytes::from(text);
        let begins = std::iter::once(0).chain(ends.iter().copied());
        Ok(begins.zip(&ends).map(|(begin, end)| text.slice(begin..*end)).collect())
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
        let mut sql = Sql::new(self.reader.tx.backend());
        let position = sql.position();
        sql.push("select ").push(position).push(", t.id from ").texts(texts);
        sql.push(" join ").push(def.rows.table).push(" t on ");
        sql.declared(
            key.condition,
            &Words { as_of, today: as_of, value: None, value_of_row: true },
        );
        let (text, values) = sql.finish();
        let found = self.reader.tx.rows(text, values).await?;
        let mut ids = vec![None; texts.len()];
        for row in rows(&found) {
            let place = usize::try_from(row.number(0)?).ok().and_then(|i| ids.get_mut(i));
            if let Some(place) = place {
                *place = Some(row.id(1)?);
            }
        }
        Ok(ids)
    }

    /// One answer for each of `parents`, or one for the root.
    fn pieces<'b>(
        &'b self,
        level: &'b Bound<'_>,
        form: &'b Form,
        parents: Option<&'b [Uuid]>,
    ) -> Written<'b> {
        Box::pin(async move {
            let mut found = self.found(level, parents).await?;
            for (child, bound) in level.level.children.iter().zip(&level.children) {
                let below = self.below(&found, child, bound).await?;
                found.below.push(below);
            }
            let writer = Writer::new(level, self.cursors);
            let (texts, count) = (&level.level.texts, found.groups.len());
            let (ends, empty) = (Vec::with_capacity(count), Vec::with_capacity(count));
            let mut pieces = Pieces { text: texts.answer(), ends, empty };
            for group in &found.groups {
                writer.form(form, &found, group, &mut pieces.text)?;
                pieces.ends.push(pieces.text.len());
                pieces.empty.push(group.rows.is_empty());
            }
            texts.answered(pieces.text.len());
            Ok(pieces)
        })
    }

    /// The answers of `child` for every row.
    async fn below(
        &self,
        found: &Found,
        child: &Child,
        level: &Bound<'_>,
    ) -> Result<Below, DbFault> {
        let (mut keys, mut known) = (Vec::new(), HashMap::new());
        let mut places = vec![None; found.rows.len()];
        for place in found.groups.iter().flat_map(|group| group.rows.clone()) {
            if let Some(key) = row(&found.rows, place)?.get(child.key + BEFORE)? {
                places[place] = Some(*known.entry(key).or_insert_with(|| {
                    keys.push(key);
                    keys.len() - 1
                }));
            }
        }
        let pieces = if keys.is_empty() {
            Pieces { text: Vec::new(), ends: Vec::new(), empty: Vec::new() }
        } else {
            self.pieces(level, &child.form, Some(&keys)).await?
        };
        if matches!(child.form, Form::One(_, true)) {
            let is_there = |place: usize| {
                places[place].is_some_and(|place| pieces.empty.get(place) == Some(&false))
            };
            if !found.groups.iter().flat_map(|group| group.rows.clone()).all(is_there) {
                let text = format!("a {} that must be there is not", level.level.def.name);
                return Err(DbFault::Other(Box::new(sea_orm::DbErr::RecordNotFound(text))));
            }
        }
        let mut nowhere = Vec::new();
        let writer = Writer::new(level, self.cursors);
        writer.form(&child.form, &Found::nothing(), &Group::default(), &mut nowhere)?;
        Ok(Below { places, pieces, nowhere })
    }

    async fn found(&self, level: &Bound<'_>, parents: Option<&[Uuid]>) -> Result<Found, DbFault> {
        let count = parents.map_or(1, <[Uuid]>::len);
        let mut groups: Vec<Group> = vec![Group::default(); count];
        let Reader { tx, actor, .. } = self.reader;
        let backend = tx.backend();
        let statement = Statement { level, parents, actor, backend };
        let found = self.all_rows(&statement).await?;
        for (place, row) in rows(&found).enumerate() {
            // The rows of a parent follow each other.
            let group = usize::try_from(row.number(0)?).ok().and_then(|i| groups.get_mut(i));
            let Some(group) = group else { continue };
            if group.rows.is_empty() {
                group.rows.start = place;
            }
            group.rows.end = place + 1;
        }
        if let RowsAsked::Related(bound) = &level.rows {
            for Group { rows, .. } in &mut groups {
                rows.end = rows.end.min(rows.start + *bound as usize);
            }
        }
        if let RowsAsked::Page(page) = &level.rows {
            let size = page.size as usize;
            for Group { rows, more, .. } in &mut groups {
                *more = rows.len() > size;
                rows.end = rows.end.min(rows.start + size);
            }
            if page.counted {
                let (text, values) = statement.totals();
                let totals = tx.rows(text, values).await?;
                for row in rows(&totals) {
                    let group =
                        usize::try_from(row.number(0)?).ok().and_then(|i| groups.get_mut(i));
                    if let Some(group) = group {
                        group.total = row.number(1)?;
                    }
                }
            }
        }
        Ok(Found { rows: found, groups, below: Vec::new() })
    }

    /// The rows that `statement` asks for, parent by parent.
    async fn all_rows(&self, statement: &Statement<'_>) -> Result<Rows, DbFault> {
        if let Some((text, values, most)) = statement.short_lists() {
            let found = self.reader.tx.rows(text, values).await?;
            if found.len() <= most {
                return Ok(found);
            }
        }
        let (text, values) = statement.rows();
        self.reader.tx.rows(text, values).await
    }
}
