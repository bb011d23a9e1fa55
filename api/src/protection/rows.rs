//! How records of data protection stand in their rows.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{
    AskedBy, Consent, ConsentPurpose, DataClass, ErasureDecision, ErasureRequest, Hold,
    ItemOutcome, KeepGround, Outcome, ProposalState, RequestState, Restriction, RestrictionGround,
    RetentionItem, RetentionProposal, RetentionRule, Verdict, with_records,
};
use crate::db::DbFault;

/// How a value of a record stands in a row.
pub trait Stored: Sized {
    /// The type of the column.
    type Column;
    /// The value for the row.
    fn to_column(self) -> Self::Column;
    /// The value of a row; `None` for a code that is not known.
    fn from_column(column: Self::Column) -> Option<Self>;
}

macro_rules! stored {
    (as it is: $($plain:ty),+; as its code: $($coded:ty),+ $(,)?) => {
        $(impl Stored for $plain {
            type Column = Self;

            fn to_column(self) -> Self {
                self
            }

            fn from_column(column: Self) -> Option<Self> {
                Some(column)
            }
        })+
        $(impl Stored for $coded {
            type Column = String;

            fn to_column(self) -> String {
                self.code().to_owned()
            }

            fn from_column(column: String) -> Option<Self> {
                Self::from_code(&column)
            }
        })+
    };
}

stored! {
    as it is: Uuid, String, NaiveDate, DateTime<Utc>, i32, bool;
    as its code: DataClass, Outcome, ConsentPurpose, RestrictionGround, KeepGround, Verdict,
        AskedBy, RequestState, ProposalState, ItemOutcome,
}

impl<T: Stored> Stored for Option<T> {
    type Column = Option<T::Column>;

    fn to_column(self) -> Self::Column {
        self.map(T::to_column)
    }

    fn from_column(column: Self::Column) -> Option<Self> {
        match column {
            Some(column) => T::from_column(column).map(Some),
            None => Some(None),
        }
    }
}

/// Maps records to their rows, column by column: a new one breaks the build until somebody decides about it.
macro_rules! mapped {
    ($($name:ident in $table:ident { $($field:ident),+ })+) => {$(
        impl From<$name> for entities::$table::Model {
            fn from(record: $name) -> Self {
                let $name { $($field),+ } = record;
                Self { $($field: $field.to_column()),+ }
            }
        }

        impl TryFrom<entities::$table::Model> for $name {
            type Error = DbFault;

            fn try_from(row: entities::$table::Model) -> Result<Self, DbFault> {
                let entities::$table::Model { $($field),+ } = row;
                Ok(Self { $($field: Stored::from_column($field).ok_or_else(|| {
                    DbFault::unreadable(concat!(stringify!($table), ".", stringify!($field)))
                })?),+ })
            }
        }
    )+};
}

with_records!(mapped);
