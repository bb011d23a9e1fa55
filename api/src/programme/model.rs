//! Domain types of programmes.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::kind::ProgrammeType;
use crate::audit::{self, Audited};
use crate::coded;

coded! {
    /// Where a version stands.
    State {
        /// Being written.
        Draft = "DRAFT",
        /// Courses can be scheduled on it.
        Published = "PUBLISHED",
        /// Nothing new begins on it; what is open goes on.
        Retired = "RETIRED",
    }
}

coded! {
    /// How far a module takes a competence.
    Depth {
        /// It is spoken about.
        Introduced = "INTRODUCED",
        /// It is practised.
        Practised = "PRACTISED",
        /// It is assessed.
        Assessed = "ASSESSED",
    }
}

coded! {
    /// What attendance is counted in.
    AttendanceBasis {
        /// Days that count as attended.
        Days = "DAYS",
        /// Sessions.
        Sessions = "SESSIONS",
        /// Minutes.
        Minutes = "MINUTES",
        /// Modules.
        Modules = "MODULES",
    }
}

/// A step of a version's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write on it.
    Change,
    /// Let courses be scheduled on it.
    Publish,
    /// Let nothing new begin on it.
    Retire,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 3] = [Self::Change, Self::Publish, Self::Retire];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (self, command) {
            (Self::Draft, Command::Change) => Some(Self::Draft),
            (Self::Draft, Command::Publish) => Some(Self::Published),
            (Self::Published, Command::Retire) => Some(Self::Retired),
            (Self::Draft, Command::Retire)
            | (Self::Published, Command::Change | Command::Publish)
            | (Self::Retired, _) => None,
        }
    }
}

/// The number of a version: three parts, each below a thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Number {
    /// Reads `1.0.0`: no leading zeros, nothing before or behind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let part = |text: &str| {
            let plain = text.bytes().all(|b| b.is_ascii_digit())
                && (1..=3).contains(&text.len())
                && (text == "0" || !text.starts_with('0'));
            plain.then(|| text.parse().ok()).flatten()
        };
        let mut parts = text.split('.');
        let number = Self {
            major: part(parts.next()?)?,
            minor: part(parts.next()?)?,
            patch: part(parts.next()?)?,
        };
        parts.next().is_none().then_some(number)
    }

    /// By which versions are ordered.
    #[must_use]
    pub fn precedence(self) -> i32 {
        (i32::from(self.major) * 1000 + i32::from(self.minor)) * 1000 + i32::from(self.patch)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Programme {
    /// Identifier.
    pub id: Uuid,
    /// Its code, unique in the nation.
    pub code: String,
    /// What it trains people for.
    pub kind: ProgrammeType,
    /// What it is called.
    pub title: String,
    /// The organisation whose programme it is; none for a national one.
    pub owner_id: Option<Uuid>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes; 0 as it came with the service.
    pub version: i32,
}

impl Audited for Programme {
    const TYPE: &'static str = "programme";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.owner_id.unwrap_or(audit::NATION)
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// When somebody who took part has graduated. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GraduationRule {
    /// What attendance is counted in.
    pub attendance_basis: Option<AttendanceBasis>,
    /// The share that must be attended, in basis points; exactly this share is enough.
    pub attendance_threshold: Option<i32>,
    /// The share of a day's minutes, in basis points, from which the day counts as attended.
    pub day_counts_at: Option<i32>,
    /// The most days that may be missed, whatever their share.
    pub max_missed_days: Option<i32>,
    /// Whether missed days can be made up.
    pub make_up_allowed: Option<bool>,
    /// The most days that can be made up.
    pub make_up_max_days: Option<i32>,
    /// Whether an assignment must be passed.
    pub assignment_required: Option<bool>,
    /// Whether a placement must be completed.
    pub placement_required: Option<bool>,
    /// The least minutes of the placement.
    pub placement_min_minutes: Option<i32>,
    /// Whether somebody may complete the course without graduating.
    pub completion_without_accreditation: Option<bool>,
}

/// What a version says of itself, beside its modules. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// The first day on which a course may start.
    pub effective_from: Option<NaiveDate>,
    /// The last day on which a course may start.
    pub last_start_date: Option<NaiveDate>,
    /// Its length in weeks.
    pub weeks: Option<i32>,
    /// Its taught days.
    pub taught_days: Option<i32>,
    /// Its taught minutes.
    pub taught_minutes: Option<i32>,
    /// The set of competences that it claims to be aligned to.
    pub aligned_to: Option<Uuid>,
    /// Where its facts come from.
    pub source: Option<String>,
    /// When somebody who took part has graduated.
    #[serde(flatten)]
    pub rule: GraduationRule,
}

/// A competence that a module covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The competence.
    pub competence: Uuid,
    /// How far the module takes it.
    pub depth: Depth,
}

/// A module of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its number, by which others name it.
    pub number: i32,
    /// What it is called.
    pub title: Option<String>,
    /// The part of the curriculum that it lies in.
    pub block: Option<String>,
    /// Its taught minutes.
    pub taught_minutes: Option<i32>,
    /// The minutes of preparation that it asks for.
    pub prep_minutes: Option<i32>,
    /// Whether nobody graduates without it.
    pub mandatory: bool,
    /// What to read, one work a line.
    pub reading_list: Option<String>,
    /// The numbers of the modules that come before it.
    pub requires: Vec<i32>,
    /// The competences that it covers.
    pub competences: Vec<Mapping>,
}

/// A core competence that a version says it does not cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The competence.
    pub competence: Uuid,
    /// Why it is not covered.
    pub reason: String,
}

/// Everything that a version says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// What it says of itself.
    pub outline: Outline,
    /// Its modules in their order.
    pub modules: Vec<Module>,
    /// The core competences that it does not cover.
    pub gaps: Vec<Gap>,
}

/// A version of a programme: one curriculum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Identifier.
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// The programme's owner.
    pub owner_id: Option<Uuid>,
    /// Its number.
    pub number: Number,
    /// Where it stands.
    pub state: State,
    /// What it says of itself.
    #[serde(flatten)]
    pub outline: Outline,
    /// Hash of everything that it says, once it is published.
    pub content_hash: Option<String>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// Why it was retired.
    pub retirement_reason: Option<String>,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes; 0 as it came with the service.
    pub version: i32,
}

impl Audited for Version {
    const TYPE: &'static str = "programme_version";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.owner_id.unwrap_or(audit::NATION)
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// A competence as curricula name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Competence {
    /// Identifier.
    pub id: Uuid,
    /// Its set.
    pub set: Uuid,
    /// Its code in that set.
    pub code: String,
    /// Whether a version that is aligned to the set has to cover it.
    pub core: bool,
}

/// Every competence of every set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The sets, each as `CODE@version`.
    pub sets: Vec<(Uuid, String)>,
    /// Their items.
    pub competences: Vec<Competence>,
    /// Which item of a framework (second) a unit of a curriculum (first) teaches.
    pub links: Vec<(Uuid, Uuid)>,
}

impl Catalogue {
    /// The competence with this id.
    #[must_use]
    pub fn competence(&self, id: Uuid) -> Option<&Competence> {
        self.competences.iter().find(|competence| competence.id == id)
    }

    /// The name of a set, as `CODE@version`.
    #[must_use]
    pub fn set_name(&self, id: Uuid) -> Option<&str> {
        self.sets.iter().find(|(set, _)| *set == id).map(|(_, name)| name.as_str())
    }

    /// The set with this name.
    #[must_use]
    pub fn set_named(&self, name: &str) -> Option<Uuid> {
        self.sets.iter().find(|(_, known)| known == name).map(|(id, _)| *id)
    }

    /// The competence with this code in the set.
    #[must_use]
    pub fn competence_named(&self, set: Uuid, code: &str) -> Option<Uuid> {
        let found = self.competences.iter().find(|item| item.set == set && item.code == code);
        found.map(|item| item.id)
    }

    /// The core competences of the set, in the order of their codes.
    #[must_use]
    pub fn core_of(&self, set: Uuid) -> Vec<&Competence> {
        let of_set = self.competences.iter().filter(|item| item.set == set && item.core);
        let mut core: Vec<&Competence> = of_set.collect();
        core.sort_by(|a, b| a.code.cmp(&b.code));
        core
    }

    /// Whether a module of `content` covers the competence, itself or by a unit that teaches it.
    #[must_use]
    pub fn covers(&self, content: &Content, competence: Uuid) -> bool {
        let mapped = content.modules.iter().flat_map(|module| &module.competences);
        let mut mapped = mapped.map(|mapping| mapping.competence);
        mapped.any(|id| id == competence || self.links.contains(&(id, competence)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random numbers of the tests' own: xorshift.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % limit as u64).unwrap_or_default()
        }
    }

    /// The life of a version as somebody else would write it: what happened so far decides.
    #[derive(Default)]
    struct Diary {
        published: bool,
        retired: bool,
    }

    impl Diary {
        fn take(&mut self, step: Command) -> bool {
            let allowed = match step {
                Command::Change | Command::Publish => !self.published,
                Command::Retire => self.published && !self.retired,
            };
            if allowed {
                self.published |= step == Command::Publish;
                self.retired |= step == Command::Retire;
            }
            allowed
        }

        fn name(&self) -> &'static str {
            match (self.published, self.retired) {
                (false, _) => "DRAFT",
                (true, false) => "PUBLISHED",
                (true, true) => "RETIRED",
            }
        }
    }

    #[test]
    fn random_walks_agree_with_a_model_of_their_own() {
        for seed in 1..=64_u64 {
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let (mut state, mut diary) = (State::Draft, Diary::default());
            for step in 0..2_000 {
                if dice.below(40) == 0 {
                    (state, diary) = (State::Draft, Diary::default());
                }
                let command = Command::ALL[dice.below(Command::ALL.len())];
                let next = state.after(command);
                assert_eq!(
                    next.is_some(),
                    diary.take(command),
                    "walk {seed} step {step}: {command:?}"
                );
                state = next.unwrap_or(state);
                assert_eq!(state.code(), diary.name(), "walk {seed} step {step}");
            }
        }
    }

    #[test]
    fn a_number_has_three_plain_parts_and_orders_by_them() {
        for good in ["0.1.0", "1.0.0", "1.10.0", "999.999.999"] {
            assert_eq!(Number::parse(good).map(|number| number.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.1000", "1.0.x", "1.0.0-rc", "+1.0.0", "1..0",
            "1.0.0 ",
        ] {
            assert_eq!(Number::parse(bad), None, "{bad:?}");
        }
        let number = |text| Number::parse(text).map(Number::precedence);
        assert!(number("1.9.0") < number("1.10.0"));
        assert!(number("1.999.999") < number("2.0.0"));
    }
}
