//! Values between database, schema and cursor.

use async_graphql::Value as Answer;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use sea_orm::Value;
use serde_json::Value as Json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::declaration::Kind;
use crate::db::{DbFault, Rows};
use crate::graphql::{ids, scalars};

/// A row of either engine.
pub enum AnyRow<'a> {
    /// From PostgreSQL.
    Postgres(&'a Row),
    /// From SQLite.
    Sqlite(&'a SqliteRow),
}

/// The row at `place`.
///
/// # Errors
///
/// A fault if there is none.
pub fn row(rows: &Rows, place: usize) -> Result<AnyRow<'_>, DbFault> {
    let found = match rows {
        Rows::Postgres(rows) => rows.get(place).map(AnyRow::Postgres),
        Rows::Sqlite(rows) => rows.get(place).map(AnyRow::Sqlite),
    };
    found.ok_or_else(|| DbFault::from(sqlx::Error::RowNotFound))
}

/// The rows one after the other.
pub fn rows(rows: &Rows) -> impl Iterator<Item = AnyRow<'_>> {
    let (postgres, sqlite) = match rows {
        Rows::Postgres(rows) => (Some(rows.iter().map(AnyRow::Postgres)), None),
        Rows::Sqlite(rows) => (None, Some(rows.iter().map(AnyRow::Sqlite))),
    };
    postgres.into_iter().flatten().chain(sqlite.into_iter().flatten())
}

impl<'a> AnyRow<'a> {
    /// The value of column `index`, unless it is null.
    ///
    /// # Errors
    ///
    /// A fault if the column holds something else.
    pub fn get<T>(&self, index: usize) -> Result<Option<T>, DbFault>
    where
        T: FromSql<'a> + Decode<'a, Sqlite> + Type<Sqlite>,
    {
        match self {
            Self::Postgres(row) => Ok(row.try_get(index)?),
            Self::Sqlite(row) => Ok(row.try_get(index)?),
        }
    }

    /// The value of column `index`, which is never null.
    fn known<T>(&self, index: usize) -> Result<T, DbFault>
    where
        T: FromSql<'a> + Decode<'a, Sqlite> + Type<Sqlite>,
    {
        self.get(index)?.ok_or_else(|| DbFault::unreadable("a column of a read"))
    }

    /// Writes the value of column `index` as JSON.
    ///
    /// # Errors
    ///
    /// A fault if the column is not of the declared kind.
    pub fn write(&self, index: usize, kind: Kind, out: &mut Vec<u8>) -> Result<(), DbFault> {
        let written = match kind {
            Kind::Id(prefix) => self.get::<Uuid>(index)?.map(|id| {
                let mut digits = [0; 32];
                quoted(&[prefix, "_", id.simple().encode_lower(&mut digits)], out);
            }),
            Kind::Text | Kind::Enum(_) => self.get(index)?.map(|value| text(value, out)),
            Kind::Int => self.get::<i32>(index)?.map(|value| number(value.into(), out)),
            Kind::Bool => self.get(index)?.map(|value| boolean(value, out)),
            Kind::Date => self.get(index)?.map(|value| date(value, out)),
            Kind::Instant => {
                self.get(index)?.map(|at| quoted(&[&scalars::format_instant(at)], out))
            }
        };
        if written.is_none() {
            out.extend_from_slice(b"null");
        }
        Ok(())
    }

    /// The value of column `index`, for a cursor.
    ///
    /// # Errors
    ///
    /// A fault if the column is not of the declared kind.
    pub fn json(&self, index: usize, kind: Kind) -> Result<Json, DbFault> {
        let mut text = Vec::new();
        self.write(index, kind, &mut text)?;
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// The number in column `index`.
    ///
    /// # Errors
    ///
    /// A fault if it is none.
    pub fn number(&self, index: usize) -> Result<i64, DbFault> {
        self.known(index)
    }

    /// The identifier in column `index`.
    ///
    /// # Errors
    ///
    /// A fault if it is none.
    pub fn id(&self, index: usize) -> Result<Uuid, DbFault> {
        self.known(index)
    }
}

/// Writes `parts` as one text of JSON; none of their letters needs an escape.
fn quoted(parts: &[&str], out: &mut Vec<u8>) {
    out.push(b'"');
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// Writes `value` as a text of JSON.
fn text(value: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, value);
}

/// Writes `value` as a number of JSON.
pub fn number(value: i64, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, &value);
}

/// Writes `value` as JSON.
pub fn boolean(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { &b"true"[..] } else { b"false" });
}

fn date(value: NaiveDate, out: &mut Vec<u8>) {
    let (year, month, day) = (value.year(), value.month(), value.day());
    let Ok(year @ 0..=9999) = u32::try_from(year) else {
        return quoted(&[&value.to_string()], out);
    };
    out.push(b'"');
    for (number, digits, end) in [(year, 1000, b'-'), (month, 10, b'-'), (day, 10, b'"')] {
        let mut unit = digits;
        while unit > 0 {
            // One digit: it fits.
            out.push(b'0' + (number / unit % 10) as u8);
            unit /= 10;
        }
        out.push(end);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_chrono_writes_them() {
        for (year, month, day) in
            [(1, 1, 1), (476, 9, 4), (2026, 11, 22), (9999, 12, 31), (12026, 2, 3)]
        {
            let value = NaiveDate::from_ymd_opt(year, month, day).expect("a day");
            let mut written = Vec::new();
            date(value, &mut written);
            assert_eq!(written, format!("\"{value}\"").into_bytes());
        }
    }
}
