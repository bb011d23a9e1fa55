//! Attendance as somebody else would work it out: a list of rows, date by date and module by module, every
//! reading of every session that was moved, every choice of what is missed of what is to come.

use std::cmp::Ordering;

use alongside::course::model::SessionState;
use alongside::enrolment::advice::{Kind, advice};
use alongside::enrolment::attendance::{self, Progress, earned};
use alongside::enrolment::graduation::{
    Assignment, Inputs, Placement, PlacementStanding, Rule, evaluate,
};
use alongside::programme::model::AttendanceBasis;

use super::calendars::{Calendar, Dice, Fate, Lesson, day};

/// What one session adds to the count.
struct Row<'a> {
    lesson: &'a Lesson,
    minutes: i32,
    modules: Vec<i32>,
}

/// How sessions that nobody has recorded or held yet are read.
type Outlook<'o> = &'o dyn Fn(usize) -> Option<bool>;

/// Nothing is known of them.
const AS_IT_STANDS: Outlook<'static> = &|_| None;

/// How sessions that were moved and could not be attended are read.
enum Reading<'r> {
    /// In place of their original, if made up; else as if that was cancelled.
    AsTold,
    /// Each as told here: `true` in place of its original.
    Each(&'r dyn Fn(usize) -> bool),
}

impl Calendar {
    fn enrolled_on(&self, date: i32) -> bool {
        date >= self.joined && self.left.is_none_or(|left| date < left)
    }

    fn word(&self, place: usize) -> char {
        self.lessons[place].mark.as_ref().map_or(' ', |mark| mark.word)
    }

    /// Whether the session was held, within the enrolment, with something taught and credit given.
    fn was_held(&self, place: usize) -> bool {
        let lesson = &self.lessons[place];
        lesson.fate == Fate::Held && lesson.minutes > 0 && self.enrolled_on(lesson.date)
    }

    /// Whether the session was moved to another day on which it could not be attended.
    fn was_prevented(&self, place: usize) -> bool {
        let lesson = &self.lessons[place];
        let original = lesson.moved_from.map(|original| self.lessons[original].date);
        let promised = original.filter(|date| *date != lesson.date && self.enrolled_on(*date));
        self.was_held(place) && self.word(place) == 'A' && promised.is_some()
    }

    /// What was missed and made up, in the order in which it is accepted, as far as the most days go. Only those
    /// of the prevented ones that `take_part` are asked for.
    fn accepted(&self, take_part: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let missed = |place: &usize| match self.word(*place) {
            'a' | 'A' => true,
            'p' => self.lessons[*place]
                .mark
                .as_ref()
                .is_some_and(|mark| mark.minutes < self.lessons[*place].minutes),
            _ => false,
        };
        let mut queue: Vec<usize> = (0..self.lessons.len())
            .filter(|place| self.was_held(*place) && self.lessons[*place].made_up_on.is_some())
            .filter(missed)
            .filter(|place| !self.was_prevented(*place) || take_part(*place))
            .collect();
        queue.sort_by_key(|place| {
            (
                self.was_prevented(*place),
                self.lessons[*place].made_up_on,
                self.lessons[*place].date,
                *place,
            )
        });
        let (mut dates, mut accepted) = (Vec::new(), Vec::new());
        for place in queue {
            let date = self.lessons[place].date;
            if !dates.contains(&date) {
                if dates.len() >= usize::try_from(self.make_ups).expect("not below 0") {
                    continue;
                }
                dates.push(date);
            }
            accepted.push(place);
        }
        accepted
    }

    /// The rows that count, and the modules that were gained without one.
    fn rows(&self, reading: &Reading<'_>, outlook: Outlook<'_>) -> (Vec<Row<'_>>, Vec<i32>) {
        let accepted = match reading {
            Reading::AsTold => self.accepted(&|_| true),
            Reading::Each(counts) => self.accepted(counts),
        };
        let mut rows = Vec::new();
        let mut gained: Vec<i32> = self.carried.iter().flat_map(|of| of.0.clone()).collect();
        for (place, lesson) in self.lessons.iter().enumerate() {
            let whole = || Row { lesson, minutes: lesson.minutes, modules: lesson.modules.clone() };
            let nothing = || Row { lesson, minutes: 0, modules: Vec::new() };
            let to_come =
                lesson.fate == Fate::ToCome && lesson.minutes > 0 && self.enrolled_on(lesson.date);
            let unrecorded = self.was_held(place) && lesson.mark.is_none();
            let counts = match reading {
                Reading::AsTold => accepted.contains(&place),
                Reading::Each(counts) => counts(place),
            };
            if to_come || unrecorded {
                rows.extend(
                    outlook(place).map(|attended| if attended { whole() } else { nothing() }),
                );
            } else if !self.was_held(place)
                || self.word(place) == 'n'
                || (self.was_prevented(place) && !counts)
            {
                if lesson.made_up_on.is_some() && lesson.fate != Fate::ToCome {
                    gained.extend(&lesson.modules);
                }
            } else if accepted.contains(&place) {
                rows.push(whole());
            } else if let Some(mark) = &lesson.mark {
                rows.push(Row { lesson, minutes: mark.minutes, modules: mark.modules.clone() });
            }
        }
        (rows, gained)
    }

    /// The dates with a day of the course that were attended, and all of them.
    fn dates(&self, rows: &[Row<'_>]) -> (Vec<i32>, Vec<i32>) {
        let (mut attended, mut held) = (Vec::new(), Vec::new());
        for date in -10..120 {
            let of_date: Vec<&Row<'_>> =
                rows.iter().filter(|row| row.lesson.date == date && row.lesson.is_day).collect();
            if of_date.is_empty() {
                continue;
            }
            held.push(date);
            let minutes: i32 = of_date.iter().map(|row| row.minutes).sum();
            let all: i32 = of_date.iter().map(|row| row.lesson.minutes).sum();
            if i128::from(minutes) * 10_000 >= i128::from(self.day_counts_at) * i128::from(all) {
                attended.push(date);
            }
        }
        (attended, held)
    }

    /// What was attended, and what was held.
    fn count(
        &self,
        basis: AttendanceBasis,
        (rows, gained): &(Vec<Row<'_>>, Vec<i32>),
    ) -> (i128, i128) {
        let number = |of: usize| i128::try_from(of).expect("small");
        let carried: i32 = self.carried.iter().map(|of| of.1).sum();
        match basis {
            AttendanceBasis::Days => {
                let (attended, held) = self.dates(rows);
                (number(attended.len()), number(held.len()))
            }
            AttendanceBasis::Sessions => {
                let mut attended = 0;
                for row in rows {
                    let bar = i128::from(row.lesson.minutes) * i128::from(self.day_counts_at);
                    attended += i128::from(i128::from(row.minutes) * 10_000 >= bar);
                }
                (attended, number(rows.len()))
            }
            AttendanceBasis::Minutes => {
                let attended: i32 = rows.iter().map(|row| row.minutes).sum();
                let held: i32 = rows.iter().map(|row| row.lesson.minutes).sum();
                (i128::from(attended + carried), i128::from(held + carried))
            }
            AttendanceBasis::Modules => {
                let (mut attended, mut held) = (0, 0);
                for module in 0..100 {
                    let gained = gained.contains(&module);
                    let of = rows.iter().any(|row| row.modules.contains(&module));
                    let all = rows.iter().any(|row| row.lesson.modules.contains(&module));
                    attended += i128::from(gained || of);
                    held += i128::from(gained || all);
                }
                (attended, held)
            }
        }
    }

    fn passes(&self, (attended, held): (i128, i128)) -> bool {
        held > 0 && attended * 10_000 >= i128::from(self.threshold) * held
    }

    /// The places of the sessions that are to come for this person.
    fn to_come(&self) -> Vec<usize> {
        let places = 0..self.lessons.len();
        let comes = |lesson: &Lesson| {
            lesson.fate == Fate::ToCome && lesson.minutes > 0 && self.enrolled_on(lesson.date)
        };
        places.filter(|place| comes(&self.lessons[*place])).collect()
    }
}

/// Which of two shares is greater; of nothing it is none.
fn compare(one: (i128, i128), other: (i128, i128)) -> Ordering {
    (one.0 * other.1.max(1)).cmp(&(other.0 * one.1.max(1)))
}

/// How often what is rare came up.
#[derive(Debug, Default)]
struct Seen {
    passed: u32,
    failed: u32,
    out_of_reach: u32,
    none_to_spare: u32,
    left_out: u32,
    kinder_passes: u32,
    made_up: u32,
    too_many_made_up: u32,
    needs_make_up: u32,
    pending: u32,
    unrecorded: u32,
    missed_modules: u32,
    outside: u32,
    outcomes: [u32; 4],
}

fn compare_counts(calendar: &Calendar, basis: AttendanceBasis, found: &Progress, at: &str) {
    let rows = calendar.rows(&Reading::AsTold, AS_IT_STANDS);
    let (attended, held) = calendar.count(basis, &rows);
    assert_eq!((i128::from(found.attended), i128::from(found.held)), (attended, held), "{at}");
    assert!(attended <= held, "{at}");
    match found.percent.map(i128::from) {
        Some(share) => assert!(
            share * held <= attended * 10_000 && attended * 10_000 < (share + 1) * held,
            "{at}"
        ),
        None => assert_eq!(held, 0, "{at}"),
    }
    let (reachable, total) =
        calendar.count(basis, &calendar.rows(&Reading::AsTold, &|_| Some(true)));
    assert_eq!((i128::from(found.reachable), i128::from(found.total)), (reachable, total), "{at}");
    let certain = calendar.rows(&Reading::AsTold, &|_| Some(false));
    assert_eq!(i128::from(found.certain), calendar.count(basis, &certain).0, "{at}");
    let needed = i128::from(found.needed);
    assert!(needed == 0 || !calendar.passes((needed - 1, total)), "{at}: fewer are enough");
    assert!(total == 0 || calendar.passes((needed, total)), "{at}: so many are not enough");

    let (there, all) = calendar.dates(&rows.0);
    let missed: Vec<_> = all.into_iter().filter(|date| !there.contains(date)).map(day).collect();
    assert_eq!(found.missed_days, missed, "{at}");
    let missed = |comes| {
        let (there, all) = calendar.dates(&calendar.rows(&Reading::AsTold, &|_| Some(comes)).0);
        i32::try_from(all.len() - there.len()).expect("small")
    };
    let spare = calendar.most_missed.map(|most| i64::from(most - missed(true)));
    assert_eq!(found.spare_days, spare, "{at}");
    assert_eq!(found.open_days, i64::from(missed(false) - missed(true)), "{at}");
    let gained = |module: &i32| {
        rows.1.contains(module) || rows.0.iter().any(|row| row.modules.contains(module))
    };
    let lacking = calendar.mandatory.iter().copied();
    let lacking = lacking.filter(|module| !gained(module) && !calendar.waived.contains(module));
    let (rest, _) = calendar.rows(&Reading::AsTold, &|_| Some(true));
    let (open, lost): (Vec<i32>, Vec<i32>) =
        lacking.partition(|module| rest.iter().any(|row| row.modules.contains(module)));
    assert_eq!(found.open_modules, open.into_iter().collect(), "{at}");
    assert_eq!(found.missed_modules, lost.into_iter().collect(), "{at}");
}

/// Whatever is read of each session that was moved: no reading is kinder, unless more was made up than the most.
fn compare_readings(
    calendar: &Calendar,
    basis: AttendanceBasis,
    found: &Progress,
    at: &str,
) -> bool {
    let moved: Vec<usize> =
        (0..calendar.lessons.len()).filter(|place| calendar.was_prevented(*place)).collect();
    let found = (i128::from(found.attended), i128::from(found.held));
    let asked = calendar.lessons.iter().filter(|lesson| lesson.made_up_on.is_some());
    let mut dates: Vec<i32> = asked.map(|lesson| lesson.date).collect();
    dates.sort_unstable();
    dates.dedup();
    let most = usize::try_from(calendar.make_ups).expect("not below 0");
    let mut best = None;
    for bits in 0_u32..1 << moved.len() {
        let counts = |place| {
            moved.iter().position(|of| *of == place).is_none_or(|which| bits & (1 << which) != 0)
        };
        let read = calendar.count(basis, &calendar.rows(&Reading::Each(&counts), AS_IT_STANDS));
        let whole = bits == 0 || bits == (1 << moved.len()) - 1;
        if whole || dates.len() <= most {
            assert_ne!(
                compare(found, read),
                Ordering::Less,
                "{at}: {read:?} is kinder than {found:?}"
            );
        }
        if best.is_none_or(|best| compare(read, best) == Ordering::Greater) {
            best = Some(read);
        }
    }
    if dates.len() <= most {
        assert_eq!(best.map(|best| compare(best, found)), Some(Ordering::Equal), "{at}");
    }
    let held = calendar.count(basis, &calendar.rows(&Reading::Each(&|_| true), AS_IT_STANDS));
    calendar.passes(found) && !calendar.passes(held)
}

/// Every choice of what is missed of what is to come.
fn compare_choices(calendar: &Calendar, basis: AttendanceBasis, found: &Progress, at: &str) {
    let to_come = calendar.to_come();
    assert!(found.can_miss.is_none_or(|most| (0..=found.left).contains(&most)), "{at}");
    for bits in 0_u32..1 << to_come.len() {
        let comes = |place| {
            to_come.iter().position(|of| *of == place).is_none_or(|which| bits & (1 << which) == 0)
        };
        let rows = calendar.rows(&Reading::AsTold, &|place| Some(comes(place)));
        let (attended, held) = calendar.count(basis, &rows);
        let (there, all) = calendar.dates(&rows.0);
        let missed = i32::try_from(all.len() - there.len()).expect("small");
        let few = calendar.most_missed.is_none_or(|most| missed <= most);
        let passes = calendar.passes((attended, held)) && few;
        let lost = i128::from(found.reachable) - attended;
        let exact = basis == AttendanceBasis::Days || calendar.most_missed.is_none();
        match found.can_miss.map(i128::from) {
            None => assert!(!passes, "{at}: {bits:b} is enough"),
            Some(most) if exact && lost <= most => assert!(passes, "{at}: {bits:b} is not enough"),
            Some(most) if exact => {
                assert!(most < i128::from(found.left) && !passes, "{at}: {bits:b} is enough");
            }
            Some(_) => {}
        }
    }
}

/// Every choice of days to make up. Gives whether some are needed and enough.
fn compare_make_ups(
    calendar: &Calendar,
    basis: AttendanceBasis,
    found: &Progress,
    at: &str,
) -> bool {
    let advice = advice(&calendar.rule(basis), &calendar.facts()).into_iter();
    let mut advice = advice.filter(|of| matches!(of.kind, Kind::NeedsMakeUp | Kind::OutOfReach));
    let Some(advice) = advice.next() else {
        assert!(found.can_miss.is_some() || found.total == 0, "{at}");
        return false;
    };
    assert!(found.can_miss.is_none(), "{at}");
    let missed = |place: &usize| {
        let lesson = &calendar.lessons[*place];
        let held = matches!(lesson.fate, Fate::Held | Fate::HeldWithoutCredit);
        held && matches!(calendar.word(*place), 'p' | 'a' | 'A') && lesson.made_up_on.is_none()
    };
    let missed = (0..calendar.lessons.len()).filter(missed);
    let mut dates: Vec<i32> = missed.map(|place| calendar.lessons[place].date).collect();
    dates.sort_unstable();
    dates.dedup();
    let most = u32::try_from(found.make_up_days_left).expect("not below 0");
    let enough = |bits: &u32| {
        let mut with = calendar.clone();
        for lesson in with.lessons.iter_mut().filter(|lesson| lesson.mark.is_some()) {
            let chosen = dates.iter().position(|date| *date == lesson.date);
            if chosen.is_some_and(|which| bits & (1 << which) != 0) && lesson.made_up_on.is_none() {
                lesson.made_up_on = Some(1000);
            }
        }
        let rows = with.rows(&Reading::AsTold, &|_| Some(true));
        let (there, all) = with.dates(&rows.0);
        let missed = i32::try_from(all.len() - there.len()).expect("small");
        with.passes(with.count(basis, &rows)) && with.most_missed.is_none_or(|most| missed <= most)
    };
    let choices = (0_u32..1 << dates.len()).filter(|bits| bits.count_ones() <= most).filter(enough);
    let fewest = choices.map(u32::count_ones).min();
    let told = (advice.kind == Kind::NeedsMakeUp).then_some(advice.number);
    let exact = match basis {
        AttendanceBasis::Days => true,
        AttendanceBasis::Sessions | AttendanceBasis::Minutes => calendar.most_missed.is_none(),
        AttendanceBasis::Modules => false,
    };
    match (told, fewest.map(i64::from)) {
        (told, fewest) if exact => assert_eq!(told, fewest, "{at}: {advice:?}"),
        (Some(told), fewest) => {
            assert!(fewest.is_some_and(|fewest| fewest <= told), "{at}: {advice:?}")
        }
        (None, _) => {}
    }
    told.is_some()
}

/// What the rule finds, told by somebody else.
fn told(calendar: &Calendar, basis: AttendanceBasis, inputs: &Inputs, rule: &Rule) -> &'static str {
    let rows = calendar.rows(&Reading::AsTold, AS_IT_STANDS);
    let covered = |module: &i32| {
        rows.1.contains(module) || rows.0.iter().any(|row| row.modules.contains(module))
    };
    let transferred = !calendar.carried.is_empty() && rule.modules.iter().all(covered);
    let unrecorded = (0..calendar.lessons.len())
        .any(|place| calendar.was_held(place) && calendar.lessons[place].mark.is_none());
    if !(inputs.course_completed || transferred && !rule.modules.is_empty()) || unrecorded {
        return "NOT_YET";
    }
    // Whether attendance is met if everything to come is attended, and if nothing of it is.
    let met = |comes| {
        let rows = calendar.rows(&Reading::AsTold, &|_| Some(comes));
        let (there, all) = calendar.dates(&rows.0);
        let missed = i32::try_from(all.len() - there.len()).expect("small");
        let module = |module: &i32| {
            let row = rows.0.iter().any(|row| row.modules.contains(module));
            row || rows.1.contains(module) || calendar.waived.contains(module)
        };
        calendar.passes(calendar.count(basis, &rows))
            && calendar.most_missed.is_none_or(|most| missed <= most)
            && calendar.mandatory.iter().all(module)
    };
    match (met(true), met(false), inputs.assignment) {
        (false, ..) => "NOT_MET",
        (true, false, _)
        | (true, true, Assignment::Outstanding | Assignment::AwaitingModeration) => "NOT_YET",
        (true, true, Assignment::Passed) => "GRADUATED",
        (true, true, Assignment::Failed) if rule.completion_without_accreditation => {
            "COMPLETED_NOT_ACCREDITED"
        }
        (true, true, Assignment::Failed) => "NOT_MET",
    }
}

fn compare_outcome(
    calendar: &Calendar,
    basis: AttendanceBasis,
    seed: u64,
    at: &str,
) -> &'static str {
    let mut dice = Dice::seeded(seed ^ 0xFFFF_0000);
    let rule = Rule {
        attendance: calendar.rule(basis),
        modules: if dice.once_in(2) {
            (1..=4).collect()
        } else {
            calendar.mandatory.iter().copied().collect()
        },
        assignment_required: true,
        placement_required: false,
        placement_min_minutes: None,
        completion_without_accreditation: dice.once_in(2),
    };
    let inputs = Inputs {
        attendance: calendar.facts(),
        course_completed: !dice.once_in(3),
        assignment: match dice.below(6) {
            0 => Assignment::Outstanding,
            1 => Assignment::AwaitingModeration,
            2 | 3 => Assignment::Failed,
            _ => Assignment::Passed,
        },
        placement: Placement { standing: PlacementStanding::Over, minutes: 0 },
    };
    let found = evaluate(&rule, &inputs).outcome.code();
    assert_eq!(found, told(calendar, basis, &inputs, &rule), "{at}: {inputs:?} {rule:?}");
    found
}

#[test]
fn ten_thousand_random_calendars_count_as_somebody_else_would_count_them() {
    let mut seen = Seen::default();
    for seed in 0..10_000 {
        let calendar = Calendar::random(seed);
        let facts = calendar.facts();
        for basis in AttendanceBasis::ALL {
            let at = format!("calendar {seed} by {basis:?}: {calendar:?}");
            let found = attendance::progress(&calendar.rule(*basis), &facts);
            compare_counts(&calendar, *basis, &found, &at);
            seen.kinder_passes += u32::from(compare_readings(&calendar, *basis, &found, &at));
            compare_choices(&calendar, *basis, &found, &at);
            if seed % 4 == 0 {
                let needed = compare_make_ups(&calendar, *basis, &found, &at);
                seen.needs_make_up += u32::from(needed);
            }
            let outcome = compare_outcome(&calendar, *basis, seed, &at);
            let place = ["GRADUATED", "COMPLETED_NOT_ACCREDITED", "NOT_MET", "NOT_YET"]
                .iter()
                .position(|of| *of == outcome);
            seen.outcomes[place.expect("an outcome")] += 1;
            let passes = calendar.passes((found.attended.into(), found.held.into()));
            seen.passed += u32::from(passes);
            seen.failed += u32::from(!passes);
            seen.out_of_reach += u32::from(found.can_miss.is_none());
            seen.none_to_spare += u32::from(found.can_miss == Some(0) && found.left > 0);
            seen.left_out += u32::from(!found.left_out.is_empty());
            seen.pending += u32::from(!found.pending.is_empty());
            seen.unrecorded += u32::from(!found.unrecorded.is_empty());
            seen.missed_modules += u32::from(!found.missed_modules.is_empty());
        }
        let accepted = calendar.accepted(&|_| true).len();
        let most = calendar.make_ups;
        let boundless = Calendar { make_ups: 1000, ..calendar.clone() }.accepted(&|_| true).len();
        seen.made_up += u32::from(accepted > 0);
        seen.too_many_made_up += u32::from(most > 0 && accepted < boundless);
        let held = facts.sessions.values().filter(|of| of.state == SessionState::Held);
        seen.outside += u32::from(held.clone().any(|of| !facts.enrolled.contains(of.day)));
        let own = Calendar { carried: Vec::new(), ..calendar.clone() };
        let (rows, gained) = own.rows(&Reading::AsTold, AS_IT_STANDS);
        let of = earned(&calendar.rule(AttendanceBasis::Days), &facts);
        assert_eq!(
            of.minutes,
            rows.iter().map(|row| row.minutes).sum::<i32>(),
            "calendar {seed}: {calendar:?}"
        );
        let modules = rows.iter().flat_map(|row| &row.modules).chain(&gained).copied();
        assert_eq!(of.modules, modules.collect(), "calendar {seed}: {calendar:?}");
    }
    let Seen { outcomes, .. } = &seen;
    let rare = [
        seen.passed,
        seen.failed,
        seen.out_of_reach,
        seen.none_to_spare,
        seen.left_out,
        seen.kinder_passes,
        seen.made_up,
        seen.too_many_made_up,
        seen.needs_make_up,
        seen.pending,
        seen.unrecorded,
        seen.missed_modules,
        seen.outside,
    ];
    assert!(rare.iter().chain(outcomes).all(|times| *times > 200), "everything comes up: {seen:?}");
}
