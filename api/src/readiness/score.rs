//! The score of an answer sheet, and the smallest sets of indicators that would raise its outcome.
//!
//! Every share is an exact fraction until it is told: then it is rounded once, half up, to basis points, and what is
//! told is what is compared with the thresholds.

use std::cell::Cell;

use num_rational::Ratio;

/// The highest score of an indicator.
pub const HIGHEST: i32 = 3;

/// A whole, in basis points.
const WHOLE: i128 = 10_000;

/// Most sets that a forecast names.
pub const MAX_SETS: usize = 10;

/// Most branches that a forecast looks at: many times what thirty indicators need.
const MAX_BRANCHES: u32 = 5_000;

/// An exact share.
type Share = Ratio<i128>;

crate::coded! {
    /// What an assessment finds.
    Outcome {
        /// Ready for any tier.
        Ready = "READY",
        /// Ready for co-delivery or hosting, with conditions.
        Conditional = "CONDITIONAL",
        /// Not ready.
        NotReady = "NOT_READY",
    }
}

/// What an outcome asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Least score of the whole, in basis points.
    pub overall: i32,
    /// Least score of each domain, in basis points.
    pub domain: i32,
    /// Least score of each critical indicator, from 0 to 3.
    pub critical: i32,
}

/// An indicator as scores see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The place of its domain.
    pub domain: usize,
    /// Whether it is critical.
    pub critical: bool,
}

/// An instrument as scores see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruler {
    /// The weight of each domain.
    pub weights: Vec<i32>,
    /// Its indicators.
    pub items: Vec<Item>,
    /// What READY asks for.
    pub ready: Bar,
    /// What CONDITIONAL asks for, besides an action plan.
    pub conditional: Bar,
}

/// The answers to one indicator: their sum and how many there are. None at all: it does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    sum: i32,
    count: i32,
}

impl Mark {
    /// It does not apply.
    pub const NOT_APPLICABLE: Self = Self { sum: 0, count: 0 };

    /// One score.
    #[must_use]
    pub const fn of(score: i32) -> Self {
        Self { sum: score, count: 1 }
    }

    /// The mean of those who scored; it does not apply if nobody did.
    #[must_use]
    pub fn mean(scores: &[Option<i32>]) -> Self {
        let scored = || scores.iter().flatten();
        Self { sum: scored().sum(), count: i32::try_from(scored().count()).unwrap_or(i32::MAX) }
    }

    /// Whether it applies.
    #[must_use]
    pub const fn applies(self) -> bool {
        self.count > 0
    }

    /// The share of the highest score; of what does not apply, nothing.
    fn value(self) -> Share {
        if self.applies() {
            Share::new(self.sum.into(), self.count.into())
        } else {
            Share::from_integer(0)
        }
    }

    /// Whether it reaches a score.
    #[must_use]
    pub fn reaches(self, score: i32) -> bool {
        self.value() >= Share::from_integer(score.into())
    }
}

/// A rule that a sheet does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The whole scores less, in basis points.
    Overall {
        /// What is asked for.
        needed: i32,
        /// What was found.
        found: i32,
    },
    /// A domain scores less, in basis points.
    Domain {
        /// Its place.
        domain: usize,
        /// What is asked for.
        needed: i32,
        /// What was found.
        found: i32,
    },
    /// A critical indicator scores less.
    Critical {
        /// Its place.
        item: usize,
        /// What is asked for, from 0 to 3.
        needed: i32,
        /// What was found, in hundredths of a point: raters are counted by their mean.
        found: i32,
    },
    /// There is no action with a date.
    ActionPlan,
}

/// The score of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Of the whole, in basis points.
    pub overall: i32,
    /// Of each domain, in basis points; none of a domain of which nothing applies.
    pub domains: Vec<Option<i32>>,
    /// What follows.
    pub outcome: Outcome,
    /// What stands between the sheet and READY.
    pub for_ready: Vec<Finding>,
    /// What stands between the sheet and CONDITIONAL.
    pub for_conditional: Vec<Finding>,
}

/// An indicator to be raised, and to which score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raise {
    /// Its place.
    pub item: usize,
    /// The score.
    pub to: i32,
}

/// What would raise an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The outcome.
    pub outcome: Outcome,
    /// Whether an action with a date is missing.
    pub needs_plan: bool,
    /// The smallest sets of indicators that reach it, at most ten of them; empty if none does. A set of nothing: the
    /// scores are high enough.
    pub sets: Vec<Vec<Raise>>,
    /// Whether these are all of the smallest.
    pub complete: bool,
}

/// Half up, once.
fn rounded(share: Share) -> i32 {
    let up = (share + Share::new(1, 2)).floor().to_integer();
    i32::try_from(up).unwrap_or(i32::MAX)
}

impl Ruler {
    /// The share of each domain of which something applies.
    fn shares(&self, marks: &[Mark]) -> Vec<Option<Share>> {
        let mut sums = vec![(Share::from_integer(0), 0_i128); self.weights.len()];
        for (item, mark) in self.items.iter().zip(marks) {
            if let Some((sum, applicable)) = sums.get_mut(item.domain)
                && mark.applies()
            {
                *sum += mark.value();
                *applicable += i128::from(HIGHEST);
            }
        }
        let share = |(sum, highest): (Share, i128)| (highest > 0).then(|| sum / highest);
        sums.into_iter().map(share).collect()
    }

    /// The share of the whole: domains of which nothing applies do not weigh.
    fn whole(&self, shares: &[Option<Share>]) -> Share {
        let (mut sum, mut weight) = (Share::from_integer(0), 0_i128);
        for (share, of) in shares.iter().zip(&self.weights) {
            if let Some(share) = share {
                sum += share * i128::from(*of);
                weight += i128::from(*of);
            }
        }
        if weight > 0 { sum / weight } else { sum }
    }

    /// What stands between the sheet and `bar`.
    fn findings(&self, bar: Bar, marks: &[Mark]) -> Vec<Finding> {
        let shares = self.shares(marks);
        let overall = points(self.whole(&shares));
        let mut findings = Vec::new();
        if overall < bar.overall {
            findings.push(Finding::Overall { needed: bar.overall, found: overall });
        }
        for (domain, share) in shares.iter().enumerate() {
            if let Some(found) = share.map(points).filter(|found| *found < bar.domain) {
                findings.push(Finding::Domain { domain, needed: bar.domain, found });
            }
        }
        for (place, (item, mark)) in self.items.iter().zip(marks).enumerate() {
            if item.critical && !mark.reaches(bar.critical) {
                let found = rounded(mark.value() * Share::from_integer(100));
                findings.push(Finding::Critical { item: place, needed: bar.critical, found });
            }
        }
        findings
    }

    /// The score of a sheet. `planned`: whether there is an action plan with dates.
    #[must_use]
    pub fn score(&self, marks: &[Mark], planned: bool) -> Score {
        let shares = self.shares(marks);
        let for_ready = self.findings(self.ready, marks);
        let mut for_conditional = self.findings(self.conditional, marks);
        if !planned {
            for_conditional.push(Finding::ActionPlan);
        }
        let outcome = match (for_ready.is_empty(), for_conditional.is_empty()) {
            (true, _) => Outcome::Ready,
            (false, true) => Outcome::Conditional,
            (false, false) => Outcome::NotReady,
        };
        Score {
            overall: points(self.whole(&shares)),
            domains: shares.into_iter().map(|share| share.map(points)).collect(),
            outcome,
            for_ready,
            for_conditional,
        }
    }

    /// What would raise the outcome of a sheet to `target`, or to the next one; nothing, if it is that high.
    #[must_use]
    pub fn forecast(
        &self,
        marks: &[Mark],
        planned: bool,
        target: Option<Outcome>,
    ) -> Option<Forecast> {
        let outcome = match (self.score(marks, planned).outcome, target) {
            (Outcome::Ready, _) | (_, Some(Outcome::NotReady)) => return None,
            (Outcome::Conditional, Some(Outcome::Conditional)) => return None,
            (Outcome::Conditional, _) | (_, Some(Outcome::Ready)) => Outcome::Ready,
            (Outcome::NotReady, _) => Outcome::Conditional,
        };
        let bar = if outcome == Outcome::Ready { self.ready } else { self.conditional };
        let needs_plan = outcome == Outcome::Conditional && !planned;
        let (sets, complete) = Search::new(self, bar, marks).smallest();
        let sets = sets.into_iter().map(|set| self.least(bar, marks, &set)).collect();
        Some(Forecast { outcome, needs_plan, sets, complete })
    }

    /// The marks with these indicators at the highest score.
    fn raised(marks: &[Mark], set: &[usize]) -> Vec<Mark> {
        let mut marks = marks.to_vec();
        for item in set {
            if let Some(mark) = marks.get_mut(*item) {
                *mark = Mark::of(HIGHEST);
            }
        }
        marks
    }

    /// The set with each score no higher than it has to be, once those before it are.
    fn least(&self, bar: Bar, marks: &[Mark], set: &[usize]) -> Vec<Raise> {
        let mut raised = Self::raised(marks, set);
        let mut raises = Vec::new();
        for item in set {
            let enough = (0..=HIGHEST).find(|to| {
                let mut tried = raised.clone();
                tried[*item] = Mark::of(*to);
                !marks[*item].reaches(*to) && self.findings(bar, &tried).is_empty()
            });
            let to = enough.unwrap_or(HIGHEST);
            raised[*item] = Mark::of(to);
            raises.push(Raise { item: *item, to });
        }
        raises
    }
}

fn points(share: Share) -> i32 {
    rounded(share * Share::from_integer(WHOLE))
}

/// The search for the smallest sets: what is raised at all is raised to the highest score.
struct Search<'a> {
    ruler: &'a Ruler,
    bar: Bar,
    marks: &'a [Mark],
    /// What can be raised, what brings most to the whole first.
    open: Vec<usize>,
    /// What has to be raised in any case.
    forced: Vec<usize>,
    found: Vec<Vec<usize>>,
    /// Whether more sets of this size were there than are named.
    cut: bool,
    /// How many branches may still be looked at.
    left: Cell<u32>,
}

impl<'a> Search<'a> {
    fn new(ruler: &'a Ruler, bar: Bar, marks: &'a [Mark]) -> Self {
        let raisable = |place: &usize| {
            let mark = marks[*place];
            mark.applies() && !mark.reaches(HIGHEST)
        };
        let below =
            |place: &usize| ruler.items[*place].critical && !marks[*place].reaches(bar.critical);
        let places = 0..ruler.items.len().min(marks.len());
        let (forced, mut open): (Vec<_>, Vec<_>) = places.filter(raisable).partition(below);
        let shares = |set: &[usize]| ruler.whole(&ruler.shares(&Ruler::raised(marks, set)));
        open.sort_by_cached_key(|place| (std::cmp::Reverse(shares(&[*place])), *place));
        let left = Cell::new(MAX_BRANCHES);
        Self { ruler, bar, marks, open, forced, found: Vec::new(), cut: false, left }
    }

    /// The smallest sets, in the order in which what they raise brings most, each in the order of the instrument; and
    /// whether these are all.
    fn smallest(mut self) -> (Vec<Vec<usize>>, bool) {
        for more in 0..=self.open.len() {
            let mut set = self.forced.clone();
            self.extend(&mut set, 0, more);
            if !self.found.is_empty() {
                break;
            }
        }
        for set in &mut self.found {
            set.sort_unstable();
        }
        let complete = !self.cut && self.left.get() > 0;
        (self.found, complete)
    }

    /// Adds `more` of what is open from `from` on.
    fn extend(&mut self, set: &mut Vec<usize>, from: usize, more: usize) {
        if more == 0 {
            if !self.can_be_enough(set, from, 0) {
                return;
            }
            if self.found.len() < MAX_SETS {
                self.found.push(set.clone());
            } else {
                self.cut = true;
            }
            return;
        }
        for place in from..self.open.len() {
            // No dead end is entered, so that each step leads to a set.
            if self.cut || !self.can_be_enough(set, place, more) {
                return;
            }
            set.push(self.open[place]);
            if self.can_be_enough(set, place + 1, more - 1) {
                self.extend(set, place + 1, more - 1);
            }
            set.pop();
        }
    }

    /// Whether `more` of what is open from `from` on can be enough: as many as each domain needs that falls short,
    /// and then what brings most to the whole. Within a domain both are the same.
    fn can_be_enough(&self, set: &[usize], from: usize, more: usize) -> bool {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => return false,
        }
        let open = self.open.get(from..).unwrap_or_default();
        let with = |added: &[usize]| {
            let raised = [set, added].concat();
            self.ruler.findings(self.bar, &Ruler::raised(self.marks, &raised))
        };
        let mut added: Vec<usize> = Vec::new();
        for finding in with(&[]) {
            let Finding::Domain { domain, .. } = finding else { continue };
            let of_domain = |item: &usize| self.ruler.items[*item].domain == domain;
            let within: Vec<usize> = open.iter().copied().filter(of_domain).collect();
            let short = |finding: &Finding| matches!(finding, Finding::Domain { domain: of, .. } if *of == domain);
            let enough = (1..=within.len()).find(|n| !with(&within[..*n]).iter().any(short));
            let Some(enough) = enough else { return false };
            added.extend(&within[..enough]);
        }
        let rest: Vec<usize> = open.iter().copied().filter(|item| !added.contains(item)).collect();
        match more.checked_sub(added.len()).and_then(|left| rest.get(..left)) {
            Some(best) => with(&[&added[..], best].concat()).is_empty(),
            None => false,
        }
    }
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
