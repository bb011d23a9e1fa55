//! Scalars of the schema.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime as Instant, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A civil date in England, as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Date(pub NaiveDate);

#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
/// A civil date in England, as `YYYY-MM-DD`.
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => parse_date(text).map(Self).ok_or_else(|| {
                InputValueError::custom("expected a date as YYYY-MM-DD, of the years 1800 to 2999")
            }),
            _ => Err(InputValueError::custom(
                "expected a date as YYYY-MM-DD, of the years 1800 to 2999",
            )),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The date of `YYYY-MM-DD`, between the years 1800 and 2999.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    use chrono::Datelike as _;
    let shape = |(i, byte): (usize, u8)| {
        if i == 4 || i == 7 { byte == b'-' } else { byte.is_ascii_digit() }
    };
    if text.len() != 10 || !text.bytes().enumerate().all(shape) {
        return None;
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (1800..3000).contains(&date.year()).then_some(date)
}

/// An instant in UTC, as RFC 3339 with microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub Instant<Utc>);

#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
/// An instant in UTC, as RFC 3339 with microseconds.
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Instant::parse_from_rfc3339(text)
                .map(|at| Self(at.with_timezone(&Utc)))
                .map_err(|_| InputValueError::custom("expected an instant as RFC 3339")),
            _ => Err(InputValueError::custom("expected an instant as RFC 3339")),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(format_instant(self.0))
    }
}

/// RFC 3339 in UTC with microseconds.
#[must_use]
pub fn format_instant(at: Instant<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
