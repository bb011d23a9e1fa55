//! Random calendars of a course and one person on it, in plain numbers; and the same as the service takes them.

use std::collections::{BTreeMap, BTreeSet};

use alongside::course::model::{Credit, SessionState};
use alongside::enrolment::attendance::Rule;
use alongside::enrolment::facts::{Carried, Enrolled, Facts, Record, Session, Status};
use alongside::programme::model::AttendanceBasis;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

/// Random numbers of the tests' own: xorshift.
pub struct Dice(u64);

impl Dice {
    /// Chance that is the same for a seed.
    pub fn seeded(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        (0..4).for_each(|_| _ = dice.below(2));
        dice
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: i32) -> i32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit).expect("a number above 0");
        i32::try_from((self.0 >> 16) % limit).expect("below the limit")
    }

    /// Whether something happens that happens once in `times`.
    pub fn once_in(&mut self, times: i32) -> bool {
        self.below(times) == 0
    }

    fn some(&mut self, of: &[i32]) -> Vec<i32> {
        of.iter().copied().filter(|_| self.below(2) == 0).collect()
    }
}

/// What became of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Held,
    HeldWithoutCredit,
    Cancelled,
    Moved,
    ToCome,
}

/// How somebody attended it: `P`resent, `p`artly, `a`bsent, `A`uthorised, `n`ot applicable.
#[derive(Clone, Debug)]
pub struct Mark {
    pub word: char,
    pub minutes: i32,
    pub modules: Vec<i32>,
}

/// A session. Dates count from the first day of all calendars.
#[derive(Clone, Debug)]
pub struct Lesson {
    pub date: i32,
    pub minutes: i32,
    pub is_day: bool,
    pub modules: Vec<i32>,
    pub fate: Fate,
    pub moved_from: Option<usize>,
    pub mark: Option<Mark>,
    pub made_up_on: Option<i32>,
}

/// A course, and one person on it.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub lessons: Vec<Lesson>,
    pub joined: i32,
    pub left: Option<i32>,
    pub carried: Vec<(Vec<i32>, i32)>,
    pub waived: Vec<i32>,
    pub mandatory: Vec<i32>,
    pub threshold: i32,
    pub day_counts_at: i32,
    pub most_missed: Option<i32>,
    pub make_ups: i32,
}

impl Calendar {
    /// The calendar of a seed.
    pub fn random(seed: u64) -> Self {
        let dice = &mut Dice::seeded(seed);
        let mut lessons: Vec<Lesson> = Vec::new();
        let weeks = dice.below(12);
        // Diligence differs between people, so that both sides of every threshold come up.
        let diligence = 1 + dice.below(9);
        let to_come = if dice.once_in(2) { dice.below(4) } else { 0 };
        for week in 0..weeks {
            // Few dates have two lessons.
            for part in 0..1 + i32::from(dice.once_in(5)) {
                let modules = vec![2 * week + 1 + part, 2 * week + 2 - dice.below(2)];
                let fate = match dice.below(14) {
                    _ if week >= weeks - to_come => Fate::ToCome,
                    0 | 1 => Fate::Cancelled,
                    2 => Fate::HeldWithoutCredit,
                    3 | 4 => Fate::Moved,
                    _ => Fate::Held,
                };
                lessons.push(Lesson {
                    date: 7 * week,
                    minutes: [300, 300, 240, 90, 1, 0]
                        [usize::try_from(dice.below(13) / 2).expect("small") % 6],
                    is_day: !dice.once_in(9),
                    modules: if dice.once_in(10) { Vec::new() } else { modules },
                    fate,
                    moved_from: None,
                    mark: None,
                    made_up_on: None,
                });
            }
        }
        for original in 0..lessons.len() {
            if lessons[original].fate == Fate::Moved {
                let moved = Lesson {
                    // Mostly to the Saturday, else to another hour or far away.
                    date: lessons[original].date
                        + [5, 5, 5, 0, 30][usize::try_from(dice.below(5)).expect("small")],
                    fate: [Fate::Held, Fate::Held, Fate::Held, Fate::Cancelled, Fate::ToCome]
                        [usize::try_from(dice.below(5)).expect("small")],
                    moved_from: (!dice.once_in(12)).then_some(original),
                    ..lessons[original].clone()
                };
                lessons.push(moved);
            }
        }
        for lesson in &mut lessons {
            let held = matches!(lesson.fate, Fate::Held | Fate::HeldWithoutCredit);
            // Records of what was not held should not be there, and must not count where they are.
            if if held { !dice.once_in(25) } else { dice.once_in(20) } {
                let moved = lesson.moved_from.is_some();
                lesson.mark = Some(mark(dice, lesson, diligence, moved));
            }
            if dice.once_in(7)
                || (lesson.mark.as_ref().is_some_and(|mark| mark.word != 'P') && dice.once_in(3))
            {
                lesson.made_up_on = Some(lesson.date + dice.below(40));
            }
        }
        let modules: Vec<i32> = (1..=2 * weeks).collect();
        let few = |dice: &mut Dice, of: &[i32], times| -> Vec<i32> {
            of.iter().copied().filter(|_| dice.once_in(times)).collect()
        };
        Self {
            joined: if dice.once_in(4) { 7 * dice.below(5) - dice.below(2) } else { 0 },
            left: dice.once_in(6).then(|| 7 * dice.below(14)),
            carried: (0..if dice.once_in(4) { 1 + dice.below(2) } else { 0 })
                .map(|_| (dice.some(&modules), dice.below(900)))
                .collect(),
            waived: few(dice, &modules, 10),
            mandatory: if dice.once_in(2) { few(dice, &modules, 5) } else { Vec::new() },
            threshold: [8000, 8000, 7500, 6667, 10_000, 1]
                [usize::try_from(dice.below(6)).expect("small")],
            day_counts_at: [7500, 7500, 10_000, 5000, 1]
                [usize::try_from(dice.below(5)).expect("small")],
            most_missed: dice.once_in(3).then(|| dice.below(4)),
            make_ups: [0, 1, 2, 9][usize::try_from(dice.below(4)).expect("small")],
            lessons,
        }
    }

    /// The rule, counted in `basis`.
    pub fn rule(&self, basis: AttendanceBasis) -> Rule {
        Rule {
            basis,
            threshold: self.threshold,
            day_counts_at: self.day_counts_at,
            max_missed_days: self.most_missed,
            make_up_days: self.make_ups,
            mandatory: self.mandatory.iter().copied().collect(),
        }
    }

    /// The facts as the service takes them.
    pub fn facts(&self) -> Facts {
        let lessons = || self.lessons.iter().enumerate();
        let session = |lesson: &Lesson| Session {
            day: day(lesson.date),
            minutes: lesson.minutes,
            counts_as_day: lesson.is_day,
            modules: lesson.modules.iter().copied().collect(),
            state: match lesson.fate {
                Fate::Held | Fate::HeldWithoutCredit => SessionState::Held,
                Fate::Cancelled => SessionState::Cancelled,
                Fate::Moved => SessionState::Rescheduled,
                Fate::ToCome => SessionState::Planned,
            },
            credit: match lesson.fate {
                Fate::Held => Some(Credit::Given),
                Fate::HeldWithoutCredit => Some(Credit::Pending),
                _ => None,
            },
            replaces: lesson.moved_from.map(id),
        };
        let record = |mark: &Mark| Record {
            status: match mark.word {
                'P' => Status::Present,
                'p' => Status::Partial,
                'a' => Status::Absent,
                'A' => Status::AuthorisedAbsence,
                _ => Status::NotApplicable,
            },
            minutes: mark.minutes,
            modules: mark.modules.iter().copied().collect(),
        };
        let carried = self.carried.iter().enumerate().map(|(place, (modules, minutes))| {
            let modules: BTreeSet<i32> = modules.iter().copied().collect();
            (id(1000 + place), Carried { modules, minutes: *minutes })
        });
        Facts {
            enrolled: Enrolled { from: day(self.joined), to: self.left.map(day) },
            sessions: lessons().map(|(place, lesson)| (id(place), session(lesson))).collect(),
            records: lessons()
                .filter_map(|(place, lesson)| Some((id(place), record(lesson.mark.as_ref()?))))
                .collect(),
            make_ups: lessons()
                .filter_map(|(place, lesson)| Some((id(place), day(lesson.made_up_on?))))
                .collect::<BTreeMap<_, _>>(),
            carried: carried.collect(),
            waived: self.waived.iter().copied().collect(),
        }
    }
}

fn mark(dice: &mut Dice, lesson: &Lesson, diligence: i32, moved: bool) -> Mark {
    let (none, all) = (Vec::new(), lesson.modules.clone());
    let word = match dice.below(10) {
        _ if moved && dice.once_in(2) => 'A',
        roll if roll < diligence => 'P',
        _ => ['p', 'p', 'a', 'a', 'A', 'n'][usize::try_from(dice.below(6)).expect("small")],
    };
    let (minutes, modules) = match word {
        'P' => (lesson.minutes, all),
        'p' if lesson.minutes > 1 => (1 + dice.below(lesson.minutes - 1), dice.some(&all)),
        _ => (0, none),
    };
    Mark { word, minutes, modules }
}

/// The day with this number.
pub fn day(number: i32) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    match u64::try_from(number) {
        Ok(number) => first + Days::new(number),
        Err(_) => first - Days::new(number.unsigned_abs().into()),
    }
}

/// The id of the lesson at this place.
pub fn id(place: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(place).expect("small") + 1)
}
