//! How figures are told to those who may not list what they count: the one place that decides.
//!
//! Whoever may list the rows gets exact figures. To others a small count is not told, and a larger one is rounded; a
//! mean over a small count is not told either. The sizes are settings (`policy.small_count`, `policy.round_to`).

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
}
