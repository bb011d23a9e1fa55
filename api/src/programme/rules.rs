//! The rules of programmes, as functions over plain values. Each returns everything that is unmet.

use uuid::Uuid;

use super::model::{
    AttendanceBasis, Catalogue, Command, Content, Gap, Module, Number, Outline, State,
};
use crate::organisation::rules::{MAX_TEXT, unmet_for_line, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// Most modules of a version.
pub const MAX_MODULES: usize = 40;

/// Most competences of a module.
pub const MAX_COMPETENCES: usize = 60;

/// Most listed gaps of a version.
pub const MAX_GAPS: usize = 200;

/// A whole: ten thousand basis points.
const WHOLE: i32 = 10_000;

/// A code is short, and plain enough for file names and certificates; a title is a line of text.
#[must_use]
pub fn unmet_for_programme(
    code: &str,
    title: &str,
    [at_code, at_title]: [&str; 2],
) -> Vec<Refusal> {
    let mut unmet = unmet_for_line(title, at_title);
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    let fits = (2..=40).contains(&code.len())
        && code.bytes().all(plain)
        && !code.starts_with('-')
        && !code.ends_with('-');
    if !fits {
        let message = "2 to 40 capital letters, digits and hyphens, no hyphen at an end";
        unmet.push(Refusal::at(Code::Invalid, at_code, message));
    }
    unmet
}

/// The number of a version.
///
/// # Errors
///
/// The refusal, at `path`.
pub fn number(text: &str, path: &str) -> Result<Number, Refusal> {
    Number::parse(text).ok_or_else(|| {
        let message = "three whole numbers below 1000 with dots between, such as 1.0.0";
        Refusal::at(Code::Invalid, path, message)
    })
}

/// The step exists from this state.
#[must_use]
pub fn unmet_for_step(state: State, command: Command) -> Vec<Refusal> {
    if state.after(command).is_some() {
        return Vec::new();
    }
    let message = match (state, command) {
        (State::Draft, _) => "only a published version retires",
        (State::Published, Command::Change) => {
            "a published version does not change: draft a new version from it"
        }
        (State::Published, _) => "it is published already",
        (State::Retired, _) => "a retired version takes no further step",
    };
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// A path below another, where that is not the whole.
fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Numbers lie where they can, and what belongs together is said together. `outline` and `rule` say
/// where the two stand.
#[must_use]
pub fn unmet_for_outline(outline: &Outline, [at, at_rule]: [&str; 2]) -> Vec<Refusal> {
    let Outline { effective_from, last_start_date, weeks, taught_days, taught_minutes, .. } =
        outline;
    let mut unmet = Vec::new();
    for (value, range, field) in [
        (weeks, 1..=520, "weeks"),
        (taught_days, 1..=1_000, "taughtDays"),
        (taught_minutes, 1..=1_000_000, "taughtMinutes"),
    ] {
        unmet.extend(outside(*value, range, &below(at, field)));
    }
    if let (Some(from), Some(last)) = (effective_from, last_start_date)
        && last < from
    {
        let message = "must not lie before the first day on which a course may start";
        unmet.push(Refusal::at(Code::Invalid, &below(at, "lastStartDate"), message));
    }
    if let Some(source) = &outline.source {
        unmet.extend(unmet_for_text(source, &below(at, "source"), MAX_TEXT));
    }
    unmet.extend(unmet_for_rule(outline, at_rule));
    unmet
}

fn unmet_for_rule(outline: &Outline, at: &str) -> Vec<Refusal> {
    let rule = &outline.rule;
    let mut unmet = Vec::new();
    for (value, range, field) in [
        (rule.attendance_threshold, 1..=WHOLE, "attendanceThreshold"),
        (rule.day_counts_at, 1..=WHOLE, "dayCountsAt"),
        (rule.max_missed_days, 0..=1_000, "maxMissedDays"),
        (rule.make_up_max_days, 1..=1_000, "makeUpMaxDays"),
        (rule.placement_min_minutes, 1..=1_000_000, "placementMinMinutes"),
    ] {
        unmet.extend(outside(value, range, &below(at, field)));
    }
    for (given, allowed, field, message) in [
        (
            rule.make_up_max_days.is_some(),
            rule.make_up_allowed == Some(true),
            "makeUpMaxDays",
            "only where days can be made up",
        ),
        (
            rule.placement_min_minutes.is_some(),
            rule.placement_required == Some(true),
            "placementMinMinutes",
            "only where a placement is required",
        ),
    ] {
        if given && !allowed {
            unmet.push(Refusal::at(Code::Invalid, &below(at, field), message));
        }
    }
    unmet
}

fn outside(
    value: Option<i32>,
    range: std::ops::RangeInclusive<i32>,
    path: &str,
) -> Option<Refusal> {
    let (from, to) = (range.start(), range.end());
    value
        .filter(|value| !range.contains(value))
        .map(|_| Refusal::at(Code::Invalid, path, format!("must lie between {from} and {to}")))
}

/// Modules have numbers of their own, and prerequisites that come before them.
#[must_use]
pub fn unmet_for_modules(modules: &[Module]) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if modules.len() > MAX_MODULES {
        let message = format!("a version may have at most {MAX_MODULES} modules");
        unmet.push(Refusal::at(Code::Invalid, "modules", message));
    }
    for (index, module) in modules.iter().enumerate() {
        let before = &modules[..index];
        let at = |field: &str| format!("modules.{index}.{field}");
        unmet.extend(outside(Some(module.number), 1..=999, &at("number")));
        if before.iter().any(|other| other.number == module.number) {
            unmet.push(Refusal::at(Code::Invalid, &at("number"), "another module has this number"));
        }
        for (minutes, field) in
            [(module.taught_minutes, "taughtMinutes"), (module.prep_minutes, "prepMinutes")]
        {
            unmet.extend(outside(minutes, 0..=100_000, &at(field)));
        }
        for (text, field) in [(&module.title, "title"), (&module.block, "block")] {
            unmet.extend(text.iter().flat_map(|text| unmet_for_line(text, &at(field))));
        }
        if let Some(text) = &module.reading_list {
            unmet.extend(unmet_for_text(text, &at("readingList"), MAX_TEXT));
        }
        unmet.extend(unmet_for_prerequisites(module, before, &at("requires")));
        unmet.extend(unmet_for_competences(module, &at("competences")));
    }
    unmet
}

fn unmet_for_prerequisites(module: &Module, before: &[Module], path: &str) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    for (index, number) in module.requires.iter().enumerate() {
        let path = format!("{path}.{index}");
        if !before.iter().any(|other| other.number == *number) {
            let message = "names no module that comes before this one";
            unmet.push(Refusal::at(Code::Invalid, &path, message));
        }
        if module.requires[..index].contains(number) {
            unmet.push(Refusal::at(Code::Invalid, &path, "is named twice"));
        }
    }
    unmet
}

fn unmet_for_competences(module: &Module, path: &str) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if module.competences.len() > MAX_COMPETENCES {
        let message = format!("a module may cover at most {MAX_COMPETENCES} competences");
        unmet.push(Refusal::at(Code::Invalid, path, message));
    }
    for (index, mapping) in module.competences.iter().enumerate() {
        let mut before = module.competences[..index].iter();
        if before.any(|other| other.competence == mapping.competence) {
            unmet.push(Refusal::at(Code::Invalid, &format!("{path}.{index}"), "is named twice"));
        }
    }
    unmet
}

/// Gaps are named once, each with a reason.
#[must_use]
pub fn unmet_for_gaps(gaps: &[Gap], path: &str) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if gaps.len() > MAX_GAPS {
        let message = format!("list at most {MAX_GAPS} gaps");
        unmet.push(Refusal::at(Code::Invalid, path, message));
    }
    for (index, gap) in gaps.iter().enumerate() {
        unmet.extend(unmet_for_text(&gap.reason, &format!("{path}.{index}.reason"), MAX_TEXT));
        if gaps[..index].iter().any(|other| other.competence == gap.competence) {
            unmet.push(Refusal::at(Code::Invalid, &format!("{path}.{index}"), "is named twice"));
        }
    }
    unmet
}

/// Everything that stands between a draft and its publication, PRG-2 and PRG-3 among it.
#[must_use]
pub fn unmet_for_publication(content: &Content, catalogue: &Catalogue) -> Vec<Refusal> {
    let mut unmet: Vec<Refusal> = unknown(content)
        .into_iter()
        .map(|what| Refusal::at(Code::Incomplete, "", format!("not known yet: {what}")))
        .collect();
    unmet.extend(unmet_for_sum(content));
    unmet.extend(gaps(content, catalogue).into_iter().map(|(code, message)| {
        Refusal::at(Code::CompetenceGap, "", format!("competence {code}: {message}"))
    }));
    unmet
}

/// What a published version says and this one does not, in words.
fn unknown(content: &Content) -> Vec<String> {
    let Content { outline, modules, .. } = content;
    let rule = &outline.rule;
    let by_days = rule.attendance_basis == Some(AttendanceBasis::Days);
    let mut unknown: Vec<String> = [
        (outline.effective_from.is_none(), "the first day on which a course may start"),
        (outline.weeks.is_none(), "its length in weeks"),
        (outline.taught_days.is_none(), "its taught days"),
        (outline.taught_minutes.is_none(), "its taught minutes"),
        (rule.attendance_basis.is_none(), "what attendance is counted in"),
        (rule.attendance_threshold.is_none(), "the share that must be attended"),
        (by_days && rule.day_counts_at.is_none(), "from which share a day counts as attended"),
        (rule.make_up_allowed.is_none(), "whether missed days can be made up"),
        (
            rule.make_up_allowed == Some(true) && rule.make_up_max_days.is_none(),
            "how many days can be made up",
        ),
        (rule.assignment_required.is_none(), "whether an assignment is required"),
        (rule.placement_required.is_none(), "whether a placement is required"),
        (
            rule.completion_without_accreditation.is_none(),
            "whether somebody may complete without graduating",
        ),
        (modules.is_empty(), "its modules"),
    ]
    .into_iter()
    .filter(|(missing, _)| *missing)
    .map(|(_, what)| what.to_owned())
    .collect();
    for module in modules {
        for (missing, what) in [
            (module.title.is_none(), "title"),
            (module.taught_minutes.is_none(), "taught minutes"),
            (module.prep_minutes.is_none(), "minutes of preparation"),
        ] {
            if missing {
                unknown.push(format!("the {what} of module {}", module.number));
            }
        }
    }
    unknown
}

/// PRG-2: the taught minutes of the modules sum to the version's total. Where some are not known, that
/// is said elsewhere.
#[must_use]
pub fn unmet_for_sum(content: &Content) -> Option<Refusal> {
    let total = i64::from(content.outline.taught_minutes?);
    let minutes: Option<Vec<i64>> =
        content.modules.iter().map(|module| module.taught_minutes.map(i64::from)).collect();
    let sum: i64 = minutes?.into_iter().sum();
    (!content.modules.is_empty() && sum != total).then(|| {
        let message = format!("the modules sum to {sum} taught minutes, the version says {total}");
        Refusal::at(Code::MinutesDoNotAddUp, "", message)
    })
}

/// PRG-3: the core competences of the set that `content` claims which are neither covered nor listed,
/// or both, by their codes.
#[must_use]
pub fn gaps<'c>(content: &Content, catalogue: &'c Catalogue) -> Vec<(&'c str, &'static str)> {
    let Some(set) = content.outline.aligned_to else { return Vec::new() };
    let listed = |id: Uuid| content.gaps.iter().any(|gap| gap.competence == id);
    let core = catalogue.core_of(set).into_iter();
    core.filter_map(|item| match (catalogue.covers(content, item.id), listed(item.id)) {
        (false, false) => Some((item.code.as_str(), "map it to a module, or list it as a gap")),
        (true, true) => Some((item.code.as_str(), "is mapped to a module and listed as a gap")),
        _ => None,
    })
    .collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
