//! Plans and texts that were made before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::Pos;

use super::plan::{Plan, PlanError};
use crate::actor::Ways;

/// Most plans of one document.
const MAX_PLANS: usize = 64;

/// The plans of one document, for one set of values in its directives.
#[derive(Default)]
pub struct Plans(Mutex<HashMap<PlanKey, Arc<Plan>>>);

/// What a plan is known by: no user, no value of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlanKey {
    /// The field.
    pub at: Pos,
    /// The type of its rows: a field can lead to several.
    pub name: &'static str,
    /// What the roles of whoever asks open.
    pub ways: Ways,
}

impl Plans {
    /// The plan of `key`, by `make` if it was not made before.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub fn get_or(
        &self,
        key: PlanKey,
        make: impl FnOnce() -> Result<Plan, PlanError>,
    ) -> Result<Arc<Plan>, PlanError> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = known().get(&key) {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(make()?);
        let mut known = known();
        if known.len() < MAX_PLANS {
            known.insert(key, Arc::clone(&plan));
        }
        Ok(plan)
    }
}

/// The texts of a level's statements. Arguments change a text by their form only, such as whether a cursor
/// is given: the first of each form is kept, and any other text is made anew.
#[derive(Default)]
pub struct Texts {
    rows: [OnceLock<Arc<str>>; 4],
    short_lists: OnceLock<Arc<str>>,
    totals: OnceLock<Arc<str>>,
    answer: AtomicUsize,
}

impl Texts {
    /// The text that reads rows, forward or backward, from a cursor or not.
    #[must_use]
    pub const fn rows(&self, backward: bool, from: bool) -> &OnceLock<Arc<str>> {
        match (backward, from) {
            (false, false) => &self.rows[0],
            (false, true) => &self.rows[1],
            (true, false) => &self.rows[2],
            (true, true) => &self.rows[3],
        }
    }

    /// The text that reads the rows of short lists.
    #[must_use]
    pub const fn short_lists(&self) -> &OnceLock<Arc<str>> {
        &self.short_lists
    }

    /// Memory for an answer like the last one.
    #[must_use]
    pub fn answer(&self) -> Vec<u8> {
        Vec::with_capacity(self.answer.load(Ordering::Relaxed))
    }

    /// Notes how long an answer became: about as long as the next.
    pub fn answered(&self, length: usize) {
        self.answer.store(length + length / 8, Ordering::Relaxed);
    }

    /// The text that counts rows.
    #[must_use]
    pub const fn totals(&self) -> &OnceLock<Arc<str>> {
        &self.totals
    }
}
