//! Counting what the database was asked for: by each request, and by the whole process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of statements and rows, and the tally that counts along.
#[derive(Debug, Default)]
pub struct Tally {
    statements: AtomicU64,
    rows: AtomicU64,
    above: Option<Arc<Tally>>,
}

impl Tally {
    /// A new tally; what it counts, `above` counts too.
    #[must_use]
    pub fn below(above: Arc<Self>) -> Self {
        Self { above: Some(above), ..Self::default() }
    }

    /// Statements that were run, BEGIN and COMMIT left out.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Rows that were read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    pub(super) fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if let Some(above) = &self.above {
            above.statement();
        }
    }

    pub(super) fn read(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        if let Some(above) = &self.above {
            above.read(rows);
        }
    }
}
