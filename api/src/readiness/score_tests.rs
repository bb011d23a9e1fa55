//! Scores against an implementation of their own: whole numbers over one denominator, nothing shared.

use super::*;

/// Random numbers of the tests' own: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn score(&mut self) -> i32 {
        i32::try_from(self.below(4)).expect("below 4")
    }
}

/// `ORG-READY@1.0` as domain.md of the sources has it: weights, and the critical indicators of each domain.
fn proposed() -> Ruler {
    let critical: [&[usize]; 8] = [&[1], &[3], &[1], &[2], &[1], &[1, 4], &[], &[1, 2]];
    let items = critical.iter().enumerate().flat_map(|(domain, critical)| {
        (1..=4).map(move |number| Item { domain, critical: critical.contains(&number) })
    });
    Ruler {
        weights: vec![12, 12, 14, 14, 12, 16, 10, 10],
        items: items.collect(),
        ready: Bar { overall: 7000, domain: 5000, critical: 2 },
        conditional: Bar { overall: 5500, domain: 3300, critical: 1 },
    }
}

fn sheet(domains: [[i32; 4]; 8]) -> Vec<Mark> {
    domains.iter().flatten().map(|score| Mark::of(*score)).collect()
}

const WORKED: [[i32; 4]; 8] = [
    [2, 2, 1, 2],
    [2, 2, 2, 1],
    [3, 2, 2, 2],
    [2, 2, 2, 1],
    [2, 2, 2, 2],
    [2, 1, 2, 2],
    [2, 2, 1, 1],
    [2, 2, 1, 2],
];

#[test]
fn the_worked_example_scores_6083_then_6883_then_7283() {
    let ruler = proposed();
    let first = ruler.score(&sheet(WORKED), true);
    assert_eq!(first.overall, 6083);
    let told: Vec<i32> = first.domains.iter().flatten().copied().collect();
    assert_eq!(told, [5833, 5833, 7500, 5833, 6667, 5833, 5000, 5833]);
    assert_eq!(first.outcome, Outcome::Conditional);
    assert_eq!(first.for_ready, [Finding::Overall { needed: 7000, found: 6083 }]);

    let mut raised = WORKED;
    (raised[0][2], raised[1][3], raised[3][3], raised[5][1]) = (2, 2, 2, 2);
    raised[2] = [3, 3, 3, 3];
    let second = ruler.score(&sheet(raised), true);
    assert_eq!((second.overall, second.outcome), (6883, Outcome::Conditional));

    raised[5] = [3, 2, 3, 3];
    let third = ruler.score(&sheet(raised), false);
    assert_eq!((third.overall, third.outcome), (7283, Outcome::Ready));
    assert_eq!(ruler.forecast(&sheet(raised), true, None), None);
}

#[test]
fn a_conditional_outcome_needs_a_plan_with_dates() {
    let (ruler, marks) = (proposed(), sheet(WORKED));
    let found = ruler.score(&marks, false);
    assert_eq!(found.outcome, Outcome::NotReady);
    assert_eq!(found.for_conditional, [Finding::ActionPlan]);
    let forecast = ruler.forecast(&marks, false, None).expect("it can be raised");
    assert!(forecast.needs_plan);
    assert_eq!((forecast.outcome, forecast.sets), (Outcome::Conditional, vec![Vec::new()]));
}

#[test]
fn what_does_not_apply_counts_on_neither_side() {
    let ruler = proposed();
    let mut marks = sheet([[2; 4]; 8]);
    marks[11] = Mark::NOT_APPLICABLE;
    assert_eq!(ruler.score(&marks, true).overall, 6667);
    marks[24..28].fill(Mark::NOT_APPLICABLE);
    let found = ruler.score(&marks, true);
    assert_eq!(
        (found.domains[6], found.overall),
        (None, 6667),
        "a domain of nothing does not weigh"
    );
}

#[test]
fn the_mean_of_raters_is_exact() {
    let ruler = proposed();
    let third = Mark::mean(&[Some(2), Some(2), Some(1), None]);
    assert_eq!((third.reaches(2), third.reaches(1)), (false, true));
    let marks = vec![third; 32];
    // Five thirds of three: 5555.55…
    assert_eq!(ruler.score(&marks, true).overall, 5556);
    assert_eq!(Mark::mean(&[None, None]), Mark::NOT_APPLICABLE);
}

#[test]
fn a_half_is_rounded_up_and_the_threshold_is_enough() {
    let half = Ruler {
        weights: vec![1],
        items: vec![Item { domain: 0, critical: false }; 16],
        ready: Bar { overall: 10_000, domain: 0, critical: 3 },
        conditional: Bar { overall: 2188, domain: 0, critical: 0 },
    };
    // 10.5 of 48 is 2187.5.
    let mut marks = vec![Mark::of(0); 16];
    marks[0] = Mark::mean(&[Some(1), Some(2)]);
    (marks[1], marks[2], marks[3]) = (Mark::of(3), Mark::of(3), Mark::of(3));
    let found = half.score(&marks, true);
    assert_eq!((found.overall, found.outcome), (2188, Outcome::Conditional));
}

/// The same rules over whole numbers with one denominator; 2520 is a multiple of every number of raters.
fn plain(ruler: &Ruler, marks: &[Mark], planned: bool) -> (i32, Vec<Option<i32>>, &'static str) {
    let half_up = |over: i128, under: i128| {
        i32::try_from((2 * over * 10_000 + under).div_euclid(2 * under)).expect("at most a whole")
    };
    let (mut domains, mut fractions) = (Vec::new(), Vec::new());
    for domain in 0..ruler.weights.len() {
        let (mut top, mut bottom) = (0_i128, 0_i128);
        for (item, mark) in ruler.items.iter().zip(marks) {
            if item.domain == domain && mark.count > 0 {
                top += i128::from(mark.sum) * 2520 / i128::from(mark.count);
                bottom += 3 * 2520;
            }
        }
        domains.push((bottom > 0).then(|| half_up(top, bottom)));
        fractions.push((top, bottom));
    }
    // At most four indicators of a domain apply: twelve is a multiple of each number of them.
    let denominator = 3 * 2520 * 12;
    let (mut sum, mut weights) = (0_i128, 0_i128);
    for ((top, bottom), weight) in fractions.iter().zip(&ruler.weights) {
        if *bottom > 0 {
            sum += i128::from(*weight) * top * (denominator / bottom);
            weights += i128::from(*weight);
        }
    }
    let overall = if weights > 0 { half_up(sum, denominator * weights) } else { 0 };
    let meets = |bar: Bar| {
        let critical = ruler.items.iter().zip(marks).all(|(item, mark)| {
            !item.critical || (mark.count > 0 && mark.sum >= bar.critical * mark.count)
        });
        overall >= bar.overall && critical && domains.iter().flatten().all(|d| *d >= bar.domain)
    };
    let outcome = match (meets(ruler.ready), meets(ruler.conditional) && planned) {
        (true, _) => "READY",
        (_, true) => "CONDITIONAL",
        _ => "NOT_READY",
    };
    (overall, domains, outcome)
}

#[test]
fn twenty_thousand_random_sheets_score_as_somebody_else_would_score_them() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut seen = [0; 3];
    for turn in 0..20_000 {
        let mut ruler = proposed();
        if turn % 2 == 1 {
            for weight in &mut ruler.weights {
                *weight = i32::try_from(dice.below(30) + 1).expect("small");
            }
        }
        // Good sheets are rare among random ones: half of them lean to the upper end.
        let lean = dice.below(5);
        let marks: Vec<Mark> = ruler
            .items
            .iter()
            .map(|item| {
                if !item.critical && dice.below(12) == 0 {
                    return Mark::NOT_APPLICABLE;
                }
                let raters = dice.below(4) + 1;
                let one = |dice: &mut Dice| match dice.below(4) < lean {
                    true => 3 - dice.score() / 2,
                    false => dice.score(),
                };
                let scores: Vec<_> = (0..raters).map(|_| Some(one(&mut dice))).collect();
                Mark::mean(&scores)
            })
            .collect();
        let planned = dice.below(2) == 0;
        let found = ruler.score(&marks, planned);
        let (overall, domains, outcome) = plain(&ruler, &marks, planned);
        assert_eq!(
            (found.overall, &found.domains, found.outcome.code()),
            (overall, &domains, outcome),
            "sheet {turn}"
        );
        seen[found.outcome as usize] += 1;
    }
    assert!(seen.iter().all(|times| *times > 200), "every outcome comes up: {seen:?}");
}

/// The smallest sets by trying every set.
fn tried(ruler: &Ruler, marks: &[Mark], bar: Bar) -> Vec<Vec<usize>> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for bits in 0_u32..1 << marks.len() {
        let set: Vec<usize> = (0..marks.len()).filter(|item| bits & (1 << item) != 0).collect();
        let raisable = |item: &usize| marks[*item].applies() && !marks[*item].reaches(3);
        if set.iter().all(raisable)
            && ruler.findings(bar, &Ruler::raised(marks, &set)).is_empty()
            && sets.first().is_none_or(|best| set.len() <= best.len())
        {
            if sets.first().is_some_and(|best| set.len() < best.len()) {
                sets.clear();
            }
            sets.push(set);
        }
    }
    sets
}

#[test]
fn a_forecast_names_the_smallest_sets_and_none_that_is_not() {
    let mut dice = Dice(0xD1B5_4A32_D192_ED03);
    let mut several = 0;
    for turn in 0..400 {
        let domains = usize::try_from(dice.below(3) + 1).expect("small");
        let small = Ruler {
            weights: (0..domains)
                .map(|_| i32::try_from(dice.below(20) + 1).expect("small"))
                .collect(),
            items: (0..8)
                .map(|place| Item { domain: place % domains, critical: dice.below(4) == 0 })
                .collect(),
            ..proposed()
        };
        let marks: Vec<Mark> = small
            .items
            .iter()
            .map(|item| match dice.below(10) {
                0 if !item.critical => Mark::NOT_APPLICABLE,
                _ => Mark::of(dice.score()),
            })
            .collect();
        let target = [None, Some(Outcome::Ready), Some(Outcome::Conditional)][turn % 3];
        let Some(forecast) = small.forecast(&marks, true, target) else { continue };
        assert!(target.is_none_or(|target| target == forecast.outcome), "sheet {turn}");
        let bar = if forecast.outcome == Outcome::Ready { small.ready } else { small.conditional };
        let all = tried(&small, &marks, bar);
        assert_eq!(forecast.sets.len(), all.len().min(MAX_SETS), "sheet {turn}");
        assert_eq!(forecast.complete, all.len() <= MAX_SETS, "sheet {turn}");
        several += usize::from(all.len() > 1);
        for set in &forecast.sets {
            let items: Vec<usize> = set.iter().map(|raise| raise.item).collect();
            assert!(all.contains(&items), "sheet {turn}: {items:?} is none of {all:?}");
            let mut raised = marks.clone();
            set.iter().for_each(|raise| raised[raise.item] = Mark::of(raise.to));
            assert!(small.findings(bar, &raised).is_empty(), "sheet {turn}: {set:?} is enough");
            let more = |raise: &Raise| !marks[raise.item].reaches(raise.to);
            assert!(set.iter().all(more), "sheet {turn}: each is raised");
        }
    }
    assert!(several > 50, "sheets with a choice come up: {several}");
}

#[test]
fn the_forecast_of_a_sheet_of_nothing_ends() {
    let forecast =
        proposed().forecast(&vec![Mark::of(0); 32], false, None).expect("it can be raised");
    assert_eq!(forecast.outcome, Outcome::Conditional);
    assert_eq!(forecast.sets.len(), MAX_SETS);
    // All nine critical ones, two in each domain, and 5500 of 10000 in all.
    assert!(forecast.sets.iter().all(|set| set.len() >= 18), "{:?}", forecast.sets);
    let worked = proposed().forecast(&sheet(WORKED), true, None).expect("it can be raised");
    assert_eq!(worked.outcome, Outcome::Ready);
    // As large as an instrument may be: what cannot be looked at is not claimed to be all.
    let large = Ruler {
        weights: vec![5; 20],
        items: (0..400)
            .map(|place| Item { domain: place / 20, critical: place % 7 == 0 })
            .collect(),
        ..proposed()
    };
    let marks: Vec<Mark> = (0..400).map(|place| Mark::of(place % 3)).collect();
    let forecast = large.forecast(&marks, true, Some(Outcome::Ready)).expect("it can be raised");
    assert!(!forecast.complete);
}

#[test]
fn a_critical_indicator_is_told_with_the_mean_of_its_raters() {
    let mut marks = vec![Mark::of(2); 32];
    marks[0] = Mark::mean(&[Some(2), Some(1)]);
    let found = proposed().score(&marks, true).for_ready;
    let told = Finding::Critical { item: 0, needed: 2, found: 150 };
    assert!(found.contains(&told), "{found:?}");
}
