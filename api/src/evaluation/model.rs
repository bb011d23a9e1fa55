//! Domain types of the evaluation of courses.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, Audited};

/// How many scores there are.
pub const SCORES: usize = 5;

/// A statement that is scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Identifier.
    pub id: Uuid,
    /// What stands for it, the same in every version that asks it.
    pub code: String,
    /// The statement.
    pub statement: String,
}

/// A version of the questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Questionnaire {
    /// Identifier.
    pub id: Uuid,
    /// Its number, from 1.
    pub number: i32,
    /// Whether it is a proposal of this project that nobody confirmed.
    pub proposal: bool,
    /// What invites to write freely.
    pub invitation: String,
    /// The day from which it is answered.
    pub published_on: NaiveDate,
    /// The statements in their order.
    pub statements: Vec<Statement>,
}

impl Audited for Questionnaire {
    const TYPE: &'static str = "evaluation_questionnaire";

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

/// How often each score was given to a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally(pub [u32; SCORES]);

impl Tally {
    /// How many scored.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.iter().sum()
    }

    /// With one more score; another than 1 to 5 counts nowhere.
    #[must_use]
    pub fn and(self, score: Option<i32>) -> Self {
        let mut counts = self.0;
        let place = score.and_then(|score| usize::try_from(score - 1).ok());
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count += 1;
        }
        Self(counts)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let mut counts = self.0;
        for (count, more) in counts.iter_mut().zip(other.0) {
            *count += more;
        }
        Self(counts)
    }

    /// The mean score in hundredths, rounded; `None` of nothing.
    #[must_use]
    pub fn mean(self) -> Option<i32> {
        let count = u64::from(self.count());
        let weighted = (1_u64..).zip(self.0).map(|(score, count)| score * u64::from(count));
        let sum: u64 = weighted.sum();
        let mean = (sum * 100 + count / 2).checked_div(count)?;
        i32::try_from(mean).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_scores_and_has_a_mean_in_hundredths() {
        let tally = [1, 5, 5, 4].into_iter().fold(Tally::default(), |sum, of| sum.and(Some(of)));
        assert_eq!((tally.0, tally.count(), tally.mean()), ([1, 0, 0, 1, 2], 4, Some(375)));
        assert_eq!(tally.and(None), tally);
        assert_eq!(tally.and(Some(0)), tally);
        assert_eq!(tally.and(Some(6)), tally);
        assert_eq!(Tally::default().mean(), None);
        assert_eq!(tally.plus(tally).0, [2, 0, 0, 2, 4]);
        assert_eq!(Tally([1, 2, 0, 0, 0]).mean(), Some(167), "rounded");
    }
}
