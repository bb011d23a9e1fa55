//! Values between database, schema and cursor.

use async_graphql::{Name, Value as Answer};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::Value;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

use super::declaration::Kind;
use crate::db::DbFault;
use crate::graphql::{ids, scalars};

/// A value of a row.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A value for the answer.
    Answer(Answer),
    /// A key for the level below.
    Key(Option<Uuid>),
}

/// How a column is read.
#[derive(Clone, Copy)]
pub enum Column {
    /// As a value for the answer.
    Answer(Kind),
    /// As a key for the level below.
    Key,
}

/// A row of either engine.
pub enum AnyRow<'a> {
    /// From PostgreSQL.
    Postgres(&'a PgRow),
    /// From SQLite.
    Sqlite(&'a SqliteRow),
}

impl AnyRow<'_> {
    /// The value of column `index`.
    ///
    /// # Errors
    ///
    /// A fault if the column is not of the declared kind.
    pub fn cell(&self, index: usize, column: Column) -> Result<Cell, DbFault> {
        match self {
            Self::Postgres(row) => cell(*row, index, column),
            Self::Sqlite(row) => cell(*row, index, column),
        }
    }

    /// The number in column `index`.
    ///
    /// # Errors
    ///
    /// A fault if it is none.
    pub fn number(&self, index: usize) -> Result<i64, DbFault> {
        match self {
            Self::Postgres(row) => Ok(row.try_get(index)?),
            Self::Sqlite(row) => Ok(row.try_get(index)?),
        }
    }

    /// The identifier in column `index`.
    ///
    /// # Errors
    ///
    /// A fault if it is none.
    pub fn id(&self, index: usize) -> Result<Uuid, DbFault> {
        match self {
            Self::Postgres(row) => Ok(row.try_get(index)?),
            Self::Sqlite(row) => Ok(row.try_get(index)?),
        }
    }
}

fn cell<'r, R>(row: &'r R, index: usize, column: Column) -> Result<Cell, DbFault>
where
    R: Row,
    usize: ColumnIndex<R>,
    Option<Uuid>: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i32>: Decode<'r, R::Database> + Type<R::Database>,
    Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
    Option<NaiveDate>: Decode<'r, R::Database> + Type<R::Database>,
    Option<DateTime<Utc>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let kind = match column {
        Column::Key => return Ok(Cell::Key(row.try_get(index)?)),
        Column::Answer(kind) => kind,
    };
    let answer = match kind {
        Kind::Id(prefix) => {
            row.try_get::<Option<Uuid>, _>(index)?.map(|id| Answer::String(ids::encode(prefix, id)))
        }
        Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Answer::String),
        Kind::Enum(_) => {
            row.try_get::<Option<String>, _>(index)?.map(|text| Answer::Enum(Name::new(text)))
        }
        Kind::Int => row.try_get::<Option<i32>, _>(index)?.map(Answer::from),
        Kind::Bool => row.try_get::<Option<bool>, _>(index)?.map(Answer::Boolean),
        Kind::Date => {
            row.try_get::<Option<NaiveDate>, _>(index)?.map(|date| Answer::String(date.to_string()))
        }
        Kind::Instant => row
            .try_get::<Option<DateTime<Utc>>, _>(index)?
            .map(|at| Answer::String(scalars::format_instant(at))),
    };
    Ok(Cell::Answer(answer.unwrap_or(Answer::Null)))
}

/// The parameter for `answer`, a non-null value of this kind as a client or a cursor gives it; `None`
/// if it is not of the kind.
#[must_use]
pub fn parameter(kind: Kind, answer: &Answer) -> Option<Value> {
    match (kind, answer) {
        (Kind::Id(prefix), Answer::String(text)) => ids::decode(prefix, text).map(Value::from),
        (Kind::Text, Answer::String(text)) => {
            (!text.contains('\0')).then(|| Value::from(text.clone()))
        }
        (Kind::Enum(_), Answer::Enum(name)) => Some(Value::from(name.as_str())),
        (Kind::Enum(_), Answer::String(text)) => Some(Value::from(text.clone())),
        (Kind::Int, Answer::Number(number)) => {
            number.as_i64().and_then(|n| i32::try_from(n).ok()).map(Value::from)
        }
        (Kind::Bool, Answer::Boolean(yes)) => Some(Value::from(*yes)),
        (Kind::Date, Answer::String(text)) => scalars::parse_date(text).map(Value::from),
        (Kind::Instant, Answer::String(text)) => {
            DateTime::parse_from_rfc3339(text).ok().map(|at| Value::from(at.with_timezone(&Utc)))
        }
        _ => None,
    }
}
