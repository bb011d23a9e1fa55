//! Loads programmes and the sets of competences from `migration/data`.
//!
//! What no source gives stays null: titles of modules, hours, most graduation rules. So none of these
//! versions can be published until somebody completes it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

use crate::seed::{Line, Rows, broken, id, read};

/// The instant at which these rows count as written.
const WRITTEN: &str = "2026-04-01T00:00:00Z";

/// Sets of competences, their items, and the map between framework and curriculum.
pub(crate) async fn competences(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = ["id", "code", "version", "system", "title", "source"];
    let mut sets = Rows::new("competence_set", columns);
    for row in read(include_str!("../data/competence_sets.csv"))? {
        let (code, version) = (row.get("code")?, row.get("version")?);
        sets.push([
            set(&format!("{code}@{version}")).into(),
            code.into(),
            version.into(),
            row.get("system")?.into(),
            row.get("title")?.into(),
            row.get("source")?.into(),
        ]);
    }
    sets.insert(manager).await?;
    items(manager).await?;
    let columns = ["id", "curriculum_id", "framework_id", "verified"];
    let mut links = Rows::new("competence_link", columns);
    for row in read(include_str!("../data/competence_map.csv"))? {
        let (curriculum, framework) = (row.get("curriculum_code")?, row.get("framework_code")?);
        links.push([
            id("competence_link", &format!("{curriculum}-{framework}")).into(),
            item("CURRICULUM", curriculum).into(),
            item("FRAMEWORK", framework).into(),
            (row.get("verified")? == "true").into(),
        ]);
    }
    links.insert(manager).await
}

fn set(name: &str) -> Uuid {
    id("competence_set", name)
}

/// The item keeps the id that it had before there were sets.
fn item(system: &str, code: &str) -> Uuid {
    id("competence_item", &format!("{system}:{code}"))
}

async fn items(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = ["id", "set_id", "code", "parent_id", "label", "core", "verified"];
    let (mut parents, mut children) =
        (Rows::new("competence_item", columns), Rows::new("competence_item", columns));
    for row in read(include_str!("../data/competence_items.csv"))? {
        let (system, code, parent) =
            (row.get("system")?, row.get("code")?, row.get("parent_code")?);
        let of_set = format!("{}@{}", row.get("set_code")?, row.get("set_version")?);
        let rows = if parent.is_empty() { &mut parents } else { &mut children };
        rows.push([
            item(system, code).into(),
            set(&of_set).into(),
            code.into(),
            (!parent.is_empty()).then(|| item(system, parent)).into(),
            row.get("label")?.into(),
            (row.get("core")? == "true").into(),
            (row.get("verified")? == "true").into(),
        ]);
    }
    parents.insert(manager).await?;
    children.insert(manager).await
}

/// The programmes that sources describe, each with one draft.
pub(crate) async fn programmes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let at = WRITTEN.parse::<DateTimeUtc>().map_err(broken)?;
    let columns = ["id", "code", "type", "title", "created_at", "updated_at", "version"];
    let mut programmes = Rows::new("programme", columns);
    for row in read(include_str!("../data/programmes.csv"))? {
        let code = row.get("code")?;
        programmes.push([
            id("programme", code).into(),
            code.into(),
            row.get("type")?.into(),
            row.get("title")?.into(),
            at.into(),
            at.into(),
            0.into(),
        ]);
    }
    programmes.insert(manager).await?;
    let (mut versions, mut modules) =
        (Rows::new("programme_version", VERSION), Rows::new("programme_module", MODULE));
    for row in read(include_str!("../data/programme_versions.csv"))? {
        let (code, number) = (row.get("programme_code")?, row.get("number")?);
        let version = id("programme_version", &format!("{code}@{number}"));
        push_version(&mut versions, &row, version, at)?;
        push_modules(&mut modules, &row, version)?;
    }
    versions.insert(manager).await?;
    modules.insert(manager).await
}

const VERSION: [&str; 17] = [
    "id",
    "programme_id",
    "number",
    "precedence",
    "state",
    "weeks",
    "taught_days",
    "taught_minutes",
    "aligned_to_id",
    "attendance_basis",
    "attendance_threshold",
    "assignment_required",
    "placement_required",
    "source",
    "created_at",
    "updated_at",
    "version",
];

fn push_version(
    versions: &mut Rows,
    row: &Line,
    version: Uuid,
    at: DateTimeUtc,
) -> Result<(), DbErr> {
    let number = row.get("number")?;
    let basis = filled(row.get("attendance_basis")?);
    versions.push([
        version.into(),
        id("programme", row.get("programme_code")?).into(),
        number.into(),
        precedence(number)?.into(),
        "DRAFT".into(),
        whole(row.get("weeks")?)?.into(),
        whole(row.get("taught_days")?)?.into(),
        whole(row.get("taught_minutes")?)?.into(),
        filled(row.get("aligned_to")?).map(|name| set(&name)).into(),
        basis.into(),
        whole(row.get("attendance_threshold")?)?.into(),
        yes_or_no(row.get("assignment_required")?).into(),
        yes_or_no(row.get("placement_required")?).into(),
        row.get("source")?.into(),
        at.into(),
        at.into(),
        0.into(),
    ]);
    Ok(())
}

const MODULE: [&str; 8] = [
    "id",
    "version_id",
    "number",
    "position",
    "block",
    "taught_minutes",
    "prep_minutes",
    "mandatory",
];

/// The modules by number; the blocks share them in equal parts.
fn push_modules(modules: &mut Rows, row: &Line, version: Uuid) -> Result<(), DbErr> {
    let count = whole(row.get("modules")?)?.unwrap_or_default();
    let blocks: Vec<&str> = row.get("blocks")?.split(';').filter(|b| !b.is_empty()).collect();
    for number in 1..=count {
        // Module k of n lies in block number (k - 1) * blocks / n.
        let place = i64::from(number - 1) * blocks.len() as i64 / i64::from(count);
        let block = usize::try_from(place).ok().and_then(|place| blocks.get(place));
        modules.push([
            id("programme_module", &format!("{version}:{number}")).into(),
            version.into(),
            number.into(),
            number.into(),
            block.map(|block| (*block).to_owned()).into(),
            whole(row.get("module_taught_minutes")?)?.into(),
            whole(row.get("module_prep_minutes")?)?.into(),
            false.into(),
        ]);
    }
    Ok(())
}

fn filled(cell: &str) -> Option<String> {
    (!cell.is_empty()).then(|| cell.to_owned())
}

fn whole(cell: &str) -> Result<Option<i32>, DbErr> {
    filled(cell).map(|cell| cell.parse().map_err(broken)).transpose()
}

fn yes_or_no(cell: &str) -> Option<bool> {
    filled(cell).map(|cell| cell == "true")
}

/// By which versions are ordered: three digits for each part of the number.
pub(crate) fn precedence(number: &str) -> Result<i32, DbErr> {
    let mut precedence = 0;
    for part in number.split('.') {
        precedence = precedence * 1000 + part.parse::<i32>().map_err(broken)?;
    }
    Ok(precedence)
}
