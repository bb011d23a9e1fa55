//! The record that a file was read, and with what result.

use entities::import_run;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit};

/// The hash by which a file is known.
#[must_use]
pub fn file_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What became of the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the file.
    pub rows_read: usize,
    /// Records made.
    pub created: usize,
    /// Rows that say what is recorded.
    pub unchanged: usize,
    /// Rows with differences, which became proposals.
    pub proposed: usize,
    /// Organisations on the unassigned list.
    pub unassigned: usize,
    /// Bodies that the file gives as closed.
    pub closed: usize,
    /// Rows outside England.
    pub out_of_scope: usize,
}

#[derive(Serialize)]
struct Run<'a> {
    id: Uuid,
    file_hash: &'a str,
    rows_read: usize,
}

impl Audited for Run<'_> {
    const TYPE: &'static str = "import_run";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        audit::NATION
    }

    fn version(&self) -> i32 {
        1
    }
}

/// Records that the file of `kind` with this hash was read.
///
/// # Errors
///
/// What the database answers.
pub async fn record(
    unit: &Unit,
    kind: &str,
    file_hash: &str,
    counts: Counts,
    acting_as: &str,
) -> Result<(), Stop> {
    let id = unit.id();
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let row = import_run::ActiveModel {
        id: Set(id),
        kind: Set(kind.to_owned()),
        file_hash: Set(file_hash.to_owned()),
        at: Set(unit.now()),
        account_id: Set(unit.actor().account()),
        rows_read: Set(number(counts.rows_read)),
        created: Set(number(counts.created)),
        unchanged: Set(number(counts.unchanged)),
        proposed: Set(number(counts.proposed)),
        unassigned: Set(number(counts.unassigned)),
        closed: Set(number(counts.closed)),
        out_of_scope: Set(number(counts.out_of_scope)),
    };
    import_run::Entity::insert(row).exec_without_returning(unit.tx()).await?;
    let run = Run { id, file_hash, rows_read: counts.rows_read };
    unit.record(Change::of("import.run", None, &run, &[], acting_as.to_owned(), None));
    Ok(())
}
