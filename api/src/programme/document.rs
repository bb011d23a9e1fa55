//! A curriculum as one file: TOML, with every name spelt out and what is not known left out.
//!
//! Reading what was written gives the same curriculum, and writing it again the same text.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use super::kind::ProgrammeType;
use super::model::{
    AttendanceBasis, Catalogue, Content, Depth, Gap, GraduationRule, Mapping, Module, Outline,
    Programme, Version,
};
use crate::graphql::ids;
use crate::refusal::{Code, Refusal};

/// The form that this service reads and writes.
pub const FORMAT: &str = "alongside.curriculum/1";

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// The programme.
    pub programme: ProgrammePart,
    /// The version.
    pub version: VersionPart,
    /// The graduation rule.
    pub graduation: GraduationPart,
    /// The modules in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<ModulePart>,
    /// The core competences that are not covered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapPart>,
}

/// The programme of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammePart {
    /// Its code.
    pub code: String,
    /// What it trains people for.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// The id of the organisation whose programme it is; none for a national one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// The version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionPart {
    /// Its number.
    pub number: String,
    /// The first day on which a course may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<NaiveDate>,
    /// The last day on which a course may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_start_date: Option<NaiveDate>,
    /// Its length in weeks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weeks: Option<i32>,
    /// Its taught days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught_days: Option<i32>,
    /// Its taught minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught_minutes: Option<i32>,
    /// The set of competences that it claims to be aligned to, as `CODE@version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned_to: Option<String>,
    /// Where its facts come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The graduation rule of a file: shares in basis points, times in minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraduationPart {
    /// What attendance is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance_basis: Option<String>,
    /// The share that must be attended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attendance_threshold: Option<i32>,
    /// The share of a day's minutes from which the day counts as attended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_counts_at: Option<i32>,
    /// The most days that may be missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_missed_days: Option<i32>,
    /// Whether missed days can be made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make_up_allowed: Option<bool>,
    /// The most days that can be made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make_up_max_days: Option<i32>,
    /// Whether an assignment must be passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_required: Option<bool>,
    /// Whether a placement must be completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_required: Option<bool>,
    /// The least minutes of the placement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_min_minutes: Option<i32>,
    /// Whether somebody may complete the course without graduating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_without_accreditation: Option<bool>,
}

/// A module of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModulePart {
    /// Its number.
    pub number: i32,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The part of the curriculum that it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// Its taught minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught_minutes: Option<i32>,
    /// The minutes of preparation that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prep_minutes: Option<i32>,
    /// Whether nobody graduates without it.
    #[serde(default)]
    pub mandatory: bool,
    /// What to read, one work a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading_list: Option<String>,
    /// The numbers of the modules that come before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<i32>,
    /// The competences that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub competences: Vec<MappingPart>,
}

/// A competence that a module of a file covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingPart {
    /// The set, as `CODE@version`.
    pub set: String,
    /// Its code in that set.
    pub code: String,
    /// How far the module takes it.
    pub depth: String,
}

/// A core competence that is not covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapPart {
    /// The set, as `CODE@version`.
    pub set: String,
    /// Its code in that set.
    pub code: String,
    /// Why it is not covered.
    pub reason: String,
}

/// The file's text as a document.
///
/// # Errors
///
/// Every part that is not of the expected form, or the place at which the text is no TOML.
pub fn read(text: &str) -> Result<Document, Vec<Refusal>> {
    let mut table: Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => return Err(vec![no_toml(text, &error)]),
    };
    let mut faults = Vec::new();
    let format = table.remove("format");
    if format.as_ref().and_then(Value::as_str) != Some(FORMAT) {
        faults.push(bad("format", format!("must be {FORMAT:?}")));
    }
    let programme = part(table.remove("programme"), "programme", &mut faults);
    let version = part(table.remove("version"), "version", &mut faults);
    let graduation = table.remove("graduation").unwrap_or_else(|| Value::Table(Table::new()));
    let graduation = part(Some(graduation), "graduation", &mut faults);
    let modules = modules(table.remove("modules"), &mut faults);
    let gaps = list(table.remove("gaps"), "gaps", &mut faults);
    faults.extend(table.keys().map(|name| bad(name, "is not known here")));
    match (programme, version, graduation) {
        (Some(programme), Some(version), Some(graduation)) if faults.is_empty() => Ok(Document {
            format: FORMAT.to_owned(),
            programme,
            version,
            graduation,
            modules,
            gaps,
        }),
        _ => Err(faults),
    }
}

fn bad(path: &str, message: impl Into<String>) -> Refusal {
    Refusal::at(Code::Invalid, path, message)
}

fn no_toml(text: &str, error: &toml::de::Error) -> Refusal {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    bad("", format!("line {line}, column {column}: {}", error.message()))
}

/// One part; its fault goes to `faults`.
fn part<T: DeserializeOwned>(
    value: Option<Value>,
    path: &str,
    faults: &mut Vec<Refusal>,
) -> Option<T> {
    let Some(value) = value else {
        faults.push(bad(path, "is missing"));
        return None;
    };
    T::deserialize(value).map_err(|error| faults.push(bad(path, error.message()))).ok()
}

/// Every part of a list, so that each fault is named.
fn list<T: DeserializeOwned>(
    value: Option<Value>,
    path: &str,
    faults: &mut Vec<Refusal>,
) -> Vec<T> {
    let values = match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values,
        Some(_) => {
            faults.push(bad(path, "must be a list"));
            Vec::new()
        }
    };
    let parts = values.into_iter().enumerate();
    parts.filter_map(|(i, value)| part(Some(value), &format!("{path}.{i}"), faults)).collect()
}

fn modules(value: Option<Value>, faults: &mut Vec<Refusal>) -> Vec<ModulePart> {
    let tables: Vec<Table> = list(value, "modules", faults);
    let mut modules = Vec::new();
    for (index, mut table) in tables.into_iter().enumerate() {
        let path = format!("modules.{index}");
        let competences = list(table.remove("competences"), &format!("{path}.competences"), faults);
        let module: Option<ModulePart> = part(Some(Value::Table(table)), &path, faults);
        modules.extend(module.map(|module| ModulePart { competences, ..module }));
    }
    modules
}

/// The document of a version.
#[must_use]
pub fn of(
    programme: &Programme,
    version: &Version,
    content: &Content,
    catalogue: &Catalogue,
) -> Document {
    let Content { outline, modules, gaps } = content;
    let named = |id| {
        let item = catalogue.competence(id);
        let set = item.and_then(|item| catalogue.set_name(item.set)).unwrap_or_default();
        (set.to_owned(), item.map(|item| item.code.clone()).unwrap_or_default())
    };
    let gap = |gap: &Gap| {
        let (set, code) = named(gap.competence);
        GapPart { set, code, reason: gap.reason.clone() }
    };
    let mapping = |mapping: &Mapping| {
        let (set, code) = named(mapping.competence);
        MappingPart { set, code, depth: mapping.depth.code().to_owned() }
    };
    Document {
        format: FORMAT.to_owned(),
        programme: ProgrammePart {
            code: programme.code.clone(),
            kind: programme.kind.code().to_owned(),
            title: programme.title.clone(),
            owner: programme.owner_id.map(|id| ids::encode("org", id)),
        },
        version: version_part(version, outline, catalogue),
        graduation: graduation_part(&outline.rule),
        modules: modules
            .iter()
            .map(|module| {
                module_part(module, sorted(module.competences.iter().map(mapping).collect()))
            })
            .collect(),
        gaps: {
            let mut gaps: Vec<GapPart> = gaps.iter().map(gap).collect();
            gaps.sort_by(|a, b| (&a.set, &a.code).cmp(&(&b.set, &b.code)));
            gaps
        },
    }
}

/// In the order of their names: the database keeps no other.
fn sorted(mut mappings: Vec<MappingPart>) -> Vec<MappingPart> {
    mappings.sort_by(|a, b| (&a.set, &a.code).cmp(&(&b.set, &b.code)));
    mappings
}

fn version_part(version: &Version, outline: &Outline, catalogue: &Catalogue) -> VersionPart {
    let Outline {
        effective_from,
        last_start_date,
        weeks,
        taught_days,
        taught_minutes,
        aligned_to,
        source,
        rule: _,
    } = outline.clone();
    let aligned_to = aligned_to.and_then(|set| catalogue.set_name(set)).map(str::to_owned);
    let number = version.number.to_string();
    VersionPart {
        number,
        effective_from,
        last_start_date,
        weeks,
        taught_days,
        taught_minutes,
        aligned_to,
        source,
    }
}

fn graduation_part(rule: &GraduationRule) -> GraduationPart {
    let GraduationRule {
        attendance_basis,
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
    } = *rule;
    GraduationPart {
        attendance_basis: attendance_basis.map(|basis| basis.code().to_owned()),
        attendance_threshold,
        day_counts_at,
        max_missed_days,
        make_up_allowed,
        make_up_max_days,
        assignment_required,
        placement_required,
        placement_min_minutes,
        completion_without_accreditation,
    }
}

fn module_part(module: &Module, competences: Vec<MappingPart>) -> ModulePart {
    let Module {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory,
        reading_list,
        mut requires,
        competences: _,
    } = module.clone();
    requires.sort_unstable();
    ModulePart {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory,
        reading_list,
        requires,
        competences,
    }
}

impl Document {
    /// The text of the file.
    ///
    /// # Errors
    ///
    /// What the writer of TOML answers; no document makes it fail.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The hash of everything that the version says; what its programme is called is no part of it, nor
    /// when courses may last start, which is said when it retires.
    #[must_use]
    pub fn hash(&self) -> String {
        let version = VersionPart { last_start_date: None, ..self.version.clone() };
        let parts = (&self.programme.code, version, &self.graduation, &self.modules, &self.gaps);
        hex::encode(Sha256::digest(serde_json::to_string(&parts).unwrap_or_default()))
    }

    /// What the file says, in the domain's own types.
    ///
    /// # Errors
    ///
    /// Every name that is not known.
    pub fn content(&self, catalogue: &Catalogue) -> Result<Content, Vec<Refusal>> {
        let mut faults = Vec::new();
        let outline = self.outline(catalogue, &mut faults);
        let competence = |set: &str, code: &str, path: &str, faults: &mut Vec<Refusal>| {
            let found =
                catalogue.set_named(set).and_then(|set| catalogue.competence_named(set, code));
            if found.is_none() {
                faults.push(bad(path, "names no competence of a set that is known"));
            }
            found.unwrap_or_default()
        };
        let mut modules = Vec::new();
        for (index, part) in self.modules.iter().enumerate() {
            let mut competences = Vec::new();
            for (place, mapping) in part.competences.iter().enumerate() {
                let path = format!("modules.{index}.competences.{place}");
                let MappingPart { set, code, depth } = mapping;
                let depth = coded(Depth::from_code(depth), &format!("{path}.depth"), &mut faults);
                let competence = competence(set, code, &path, &mut faults);
                competences.extend(depth.map(|depth| Mapping { competence, depth }));
            }
            modules.push(module_of(part, competences));
        }
        let mut gaps = Vec::new();
        for (index, GapPart { set, code, reason }) in self.gaps.iter().enumerate() {
            let competence = competence(set, code, &format!("gaps.{index}"), &mut faults);
            gaps.push(Gap { competence, reason: reason.clone() });
        }
        if faults.is_empty() { Ok(Content { outline, modules, gaps }) } else { Err(faults) }
    }

    /// What the programme trains people for, and whose it is.
    ///
    /// # Errors
    ///
    /// Every name that is not known.
    pub fn programme(&self) -> Result<(ProgrammeType, Option<uuid::Uuid>), Vec<Refusal>> {
        let mut faults = Vec::new();
        let kind =
            coded(ProgrammeType::from_code(&self.programme.kind), "programme.type", &mut faults);
        let owner = self.programme.owner.as_ref().map(|text| ids::decode("org", text));
        if owner == Some(None) {
            faults.push(bad("programme.owner", "must be org_ and 32 hexadecimal digits"));
        }
        match kind {
            Some(kind) if faults.is_empty() => Ok((kind, owner.flatten())),
            _ => Err(faults),
        }
    }

    fn outline(&self, catalogue: &Catalogue, faults: &mut Vec<Refusal>) -> Outline {
        let VersionPart {
            number: _,
            effective_from,
            last_start_date,
            weeks,
            taught_days,
            taught_minutes,
            aligned_to,
            source,
        } = self.version.clone();
        let set = aligned_to.as_ref().map(|name| catalogue.set_named(name));
        if set == Some(None) {
            faults.push(bad("version.aligned_to", "names no set that is known"));
        }
        Outline {
            effective_from,
            last_start_date,
            weeks,
            taught_days,
            taught_minutes,
            aligned_to: set.flatten(),
            source,
            rule: self.rule(faults),
        }
    }

    fn rule(&self, faults: &mut Vec<Refusal>) -> GraduationRule {
        let GraduationPart {
            attendance_basis,
            attendance_threshold,
            day_counts_at,
            max_missed_days,
            make_up_allowed,
            make_up_max_days,
            assignment_required,
            placement_required,
            placement_min_minutes,
            completion_without_accreditation,
        } = self.graduation.clone();
        let path = "graduation.attendance_basis";
        let basis = attendance_basis.map(|code| AttendanceBasis::from_code(&code));
        GraduationRule {
            attendance_basis: basis.and_then(|basis| coded(basis, path, faults)),
            attendance_threshold,
            day_counts_at,
            max_missed_days,
            make_up_allowed,
            make_up_max_days,
            assignment_required,
            placement_required,
            placement_min_minutes,
            completion_without_accreditation,
        }
    }
}

fn coded<T>(value: Option<T>, path: &str, faults: &mut Vec<Refusal>) -> Option<T> {
    if value.is_none() {
        faults.push(bad(path, "is not one of the values that are known"));
    }
    value
}

fn module_of(part: &ModulePart, competences: Vec<Mapping>) -> Module {
    let ModulePart {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory,
        reading_list,
        requires,
        competences: _,
    } = part.clone();
    Module {
        number,
        title,
        block,
        taught_minutes,
        prep_minutes,
        mandatory,
        reading_list,
        requires,
        competences,
    }
}
