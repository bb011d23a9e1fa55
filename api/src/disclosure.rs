//! How figures are told to those who may not list what they count: the one place that decides.
//!
//! Whoever may list the rows gets exact figures. To others a small count is not told, and a larger one is rounded; a
//! mean over a small count is not told either, and one over more is rounded coarsely. The sizes are settings
//! (`policy.small_count`, `policy.round_to`).

use crate::config::PolicySettings;

/// What may be told, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disclosure {
    small: u32,
    nearest: u32,
    exact: bool,
}

impl Disclosure {
    /// To somebody who may list what is counted, or may not.
    #[must_use]
    pub const fn to(policy: PolicySettings, may_list: bool) -> Self {
        Self { small: policy.small_count, nearest: policy.round_to, exact: may_list }
    }

    /// A count as it is told; `None` if it is too small.
    #[must_use]
    pub fn count(self, count: u32) -> Option<u32> {
        if self.exact || count == 0 {
            return Some(count);
        }
        if count <= self.small {
            return None;
        }
        let nearest = self.nearest.max(1);
        Some(count.saturating_add(nearest / 2) / nearest * nearest)
    }

    /// The same where the network names another least number: figures over fewer are not told to anybody.
    #[must_use]
    pub const fn from(policy: PolicySettings, least: u32) -> Self {
        Self { small: least.saturating_sub(1), nearest: policy.round_to, exact: false }
    }

    /// Counts that add up to one that is told as well. Where one alone would be hidden, what is left of the sum would
    /// tell it: the smallest of the others is hidden too.
    #[must_use]
    pub fn counts(self, counts: &[u32]) -> Vec<Option<u32>> {
        let mut told: Vec<Option<u32>> = counts.iter().map(|count| self.count(*count)).collect();
        if told.iter().filter(|told| told.is_none()).count() == 1 {
            let others =
                counts.iter().enumerate().filter(|(at, count)| **count > 0 && told[*at].is_some());
            if let Some((at, _)) = others.min_by_key(|(_, count)| **count) {
                told[at] = None;
            }
        }
        told
    }

    /// A mean over `count` rows of figures up to `highest` as it is told: to the nearest twentieth of it, so that one
    /// row more does not show by how much it moves; `None` if the rows but one's own are too few.
    #[must_use]
    pub fn mean(self, count: u32, mean: Option<i32>, highest: i32) -> Option<i32> {
        let mean = mean?;
        if self.exact {
            return Some(mean);
        }
        let step = (highest / 20).max(1);
        (count > self.small.saturating_add(1))
            .then(|| mean.saturating_add(step / 2).div_euclid(step) * step)
    }

    /// A figure over `count` rows as it is told; `None` if they are too few.
    #[must_use]
    pub fn over<T>(self, count: u32, figure: T) -> Option<T> {
        (self.exact || count > self.small).then_some(figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_are_not_told_and_others_are_rounded_to_those_who_may_not_list() {
        let policy = PolicySettings::default();
        let told = |count| Disclosure::to(policy, false).count(count);
        assert_eq!(told(0), Some(0));
        for small in 1..=7 {
            assert_eq!(told(small), None, "{small}");
        }
        assert_eq!(
            [8, 12, 13, 17, 18].map(told),
            [Some(10), Some(10), Some(15), Some(15), Some(20)]
        );
        let exact = Disclosure::to(policy, true);
        assert_eq!([1, 7, 8].map(|count| exact.count(count)), [Some(1), Some(7), Some(8)]);
        assert_eq!(exact.over(1, "mean"), Some("mean"));
        assert_eq!(Disclosure::to(policy, false).over(7, "mean"), None);
        assert_eq!(Disclosure::to(policy, false).over(8, "mean"), Some("mean"));
    }

    #[test]
    fn what_is_hidden_does_not_follow_from_what_is_told() {
        let told = Disclosure::from(PolicySettings::default(), 5);
        assert_eq!(told.counts(&[0, 4, 9, 12]), [Some(0), None, None, Some(10)]);
        assert_eq!(told.counts(&[3, 4, 12]), [None, None, Some(10)]);
        assert_eq!(told.counts(&[0, 4]), [Some(0), None], "the sum is not told either");
        assert_eq!(told.counts(&[5, 7]), [Some(5), Some(5)]);
        assert_eq!((told.over(4, "mean"), told.over(5, "mean")), (None, Some("mean")));
    }

    #[test]
    fn one_row_more_does_not_show_in_a_mean_what_it_holds() {
        let told = |count, mean| {
            Disclosure::to(PolicySettings::default(), false).mean(count, Some(mean), 10_000)
        };
        assert_eq!(told(8, 5833), None, "without one's own row it is over seven");
        assert_eq!(told(9, 5833), Some(6000));
        assert_eq!(told(9, 5749), Some(5500));
        assert_eq!(told(9, -1833), Some(-2000), "a gap");
        let exact = Disclosure::to(PolicySettings::default(), true);
        assert_eq!(exact.mean(1, Some(5833), 10_000), Some(5833));
    }
}
