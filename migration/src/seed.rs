//! Loads the reference files of `migration/data`.
//!
//! Rows get identifiers derived from their code (UUID version 5), so that a board has the same id in
//! every installation and a partner's stored id means the same everywhere.

use std::collections::HashMap;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::{Date, Uuid};

/// Namespace of derived identifiers.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f2b_6c1e_52a7_4d0b_9c3e_71d8_04aa_e6f5);

/// The identifier of reference row `code` of `table`.
pub(crate) fn id(table: &str, code: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{table}:{code}").as_bytes())
}

/// Fills every table of reference data.
pub async fn reference(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    datasets(manager).await?;
    regions(manager).await?;
    care_boards(manager).await?;
    board_successions(manager).await?;
    ons_codes(manager).await?;
    bank_holidays(manager).await?;
    value_sets(manager).await?;
    competences(manager).await
}

async fn datasets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Rows::new("dataset", ["id", "name", "source", "covers_from", "covers_to"]);
    for (name, source, from, to) in [
        (
            "BANK_HOLIDAYS",
            "England: Banking and Financial Dealings Act 1971 and royal proclamations",
            Some("2022-01-01"),
            Some("2027-12-31"),
        ),
        (
            "INTEGRATED_CARE_BOARDS",
            "NHS Organisation Data Service and ONS lookups; Open Government Licence v3.0",
            Some("2022-07-01"),
            None,
        ),
        (
            "REGIONS",
            "NHS Organisation Data Service and ONS lookups; Open Government Licence v3.0",
            None,
            None,
        ),
    ] {
        table.push([
            id("dataset", name).into(),
            name.into(),
            source.into(),
            date(from.unwrap_or_default())?,
            date(to.unwrap_or_default())?,
        ]);
    }
    table.insert(manager).await
}

async fn regions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Rows::new("region", ["id", "ods_code", "name"]);
    for row in read(include_str!("../data/nhs_regions.csv"))? {
        let code = row.get("ods_code")?;
        table.push([id("region", code).into(), code.into(), row.get("name")?.into()]);
    }
    table.insert(manager).await
}

async fn care_boards(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table =
        Rows::new("care_board", ["id", "ods_code", "name", "region_id", "valid_from", "valid_to"]);
    for row in read(include_str!("../data/integrated_care_boards.csv"))? {
        let code = row.get("ods_code")?;
        table.push([
            id("care_board", code).into(),
            code.into(),
            row.get("name")?.into(),
            id("region", row.get("region_ods_code")?).into(),
            date(row.get("valid_from")?)?,
            date(row.get("valid_to")?)?,
        ]);
    }
    table.insert(manager).await
}

async fn board_successions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = ["id", "predecessor_id", "successor_id", "effective_on", "kind"];
    let mut table = Rows::new("board_succession", columns);
    for row in read(include_str!("../data/icb_successions.csv"))? {
        let (from, to) = (row.get("predecessor_ods_code")?, row.get("successor_ods_code")?);
        table.push([
            id("board_succession", &format!("{from}-{to}")).into(),
            id("care_board", from).into(),
            id("care_board", to).into(),
            date(row.get("effective_on")?)?,
            row.get("kind")?.into(),
        ]);
    }
    table.insert(manager).await
}

/// A change of ONS code; `on` stays empty where the day is not known.
struct CodeChange {
    old: String,
    new: String,
    on: String,
    note: String,
}

/// Every ONS code with the days it is known to have been in force. A day that no source gives stays
/// unknown: the old code then has no end, the new one no beginning, and the note says so.
async fn ons_codes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut changes: HashMap<String, CodeChange> = HashMap::new();
    for row in read(include_str!("../data/ons_code_changes.csv"))? {
        let on = row.get("changed")?;
        changes.insert(
            row.get("ods_code")?.to_owned(),
            CodeChange {
                old: row.get("old_ons_code")?.to_owned(),
                new: row.get("new_ons_code")?.to_owned(),
                on: if on.len() == 10 { on.to_owned() } else { String::new() },
                note: row.get("note")?.to_owned(),
            },
        );
    }
    let columns = [
        "id",
        "region_id",
        "board_id",
        "value",
        "valid_from",
        "valid_to",
        "current",
        "changed_note",
    ];
    let mut table = Rows::new("ons_code", columns);
    let files = [
        ("region", include_str!("../data/nhs_regions.csv")),
        ("care_board", include_str!("../data/integrated_care_boards.csv")),
    ];
    for (holder, file) in files {
        for row in read(file)? {
            let code = row.get("ods_code")?;
            let (from, to) = (row.optional("valid_from"), row.optional("valid_to"));
            let mut push =
                |value: &str, from: &str, to: &str, current: bool, note: Option<&str>| {
                    let holder_id = id(holder, code);
                    let is_region = holder == "region";
                    table.push([
                        id("ons_code", value).into(),
                        is_region.then_some(holder_id).into(),
                        (!is_region).then_some(holder_id).into(),
                        value.into(),
                        date(from)?,
                        date(to)?,
                        current.into(),
                        note.map(str::to_owned).into(),
                    ]);
                    Ok::<_, DbErr>(())
                };
            match changes.get(code) {
                Some(change) => {
                    push(&change.old, from, &change.on, false, Some(&change.note))?;
                    push(&change.new, &change.on, to, true, Some(&change.note))?;
                }
                None => push(row.get("ons_code")?, from, to, true, None)?,
            }
        }
    }
    table.insert(manager).await
}

async fn bank_holidays(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut table = Rows::new("bank_holiday", ["id", "day", "name"]);
    for row in read(include_str!("../data/bank_holidays.csv"))? {
        let day = row.get("day")?;
        table.push([id("bank_holiday", day).into(), date(day)?, row.get("name")?.into()]);
    }
    table.insert(manager).await
}

async fn value_sets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut sets = Rows::new("value_set", ["id", "code", "version"]);
    let columns = ["id", "value_set_id", "position", "code", "label", "foundation"];
    let mut items = Rows::new("value_item", columns);
    let mut known = Vec::new();
    for row in read(include_str!("../data/value_sets.csv"))? {
        let (set, version) = (row.get("set_code")?, row.get("set_version")?);
        let set_id = id("value_set", &format!("{set}@{version}"));
        if !known.contains(&set_id) {
            known.push(set_id);
            sets.push([set_id.into(), set.into(), version.into()]);
        }
        let code = row.get("code")?;
        items.push([
            id("value_item", &format!("{set}@{version}:{code}")).into(),
            set_id.into(),
            row.get("position")?.parse::<i32>().map_err(broken)?.into(),
            code.into(),
            row.get("label")?.into(),
            (row.get("foundation")? == "true").into(),
        ]);
    }
    sets.insert(manager).await?;
    items.insert(manager).await
}

pub(crate) async fn competences(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let item = |system: &str, code: &str| id("competence_item", &format!("{system}:{code}"));
    let columns = ["id", "system", "code", "parent_id", "label", "verified"];
    let (mut parents, mut children) =
        (Rows::new("competence_item", columns), Rows::new("competence_item", columns));
    for row in read(include_str!("../data/competence_items.csv"))? {
        let (system, code, parent) =
            (row.get("system")?, row.get("code")?, row.get("parent_code")?);
        let parent_id = (!parent.is_empty()).then(|| item(system, parent));
        let rows = if parent.is_empty() { &mut parents } else { &mut children };
        rows.push([
            item(system, code).into(),
            system.into(),
            code.into(),
            parent_id.into(),
            row.get("label")?.into(),
            (row.get("verified")? == "true").into(),
        ]);
    }
    parents.insert(manager).await?;
    children.insert(manager).await?;
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

/// A line of a reference file, by column name.
pub(crate) struct Line(HashMap<String, String>);

impl Line {
    pub(crate) fn get(&self, column: &str) -> Result<&str, DbErr> {
        self.0
            .get(column)
            .map(String::as_str)
            .ok_or_else(|| broken(format!("a reference file lacks the column {column}")))
    }

    /// The cell, empty where the file has no such column.
    fn optional(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }
}

pub(crate) fn read(file: &str) -> Result<Vec<Line>, DbErr> {
    csv::Reader::from_reader(file.as_bytes())
        .deserialize()
        .map(|line| line.map(Line).map_err(broken))
        .collect()
}

/// A date, or NULL where the cell is empty.
fn date(cell: &str) -> Result<SimpleExpr, DbErr> {
    if cell.is_empty() {
        return Ok(Option::<Date>::None.into());
    }
    cell.parse::<Date>().map(|day| Some(day).into()).map_err(broken)
}

pub(crate) fn broken(error: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(error.to_string())
}

/// Rows for one table.
pub(crate) struct Rows(InsertStatement, usize);

impl Rows {
    pub(crate) fn new<const N: usize>(table: &'static str, columns: [&'static str; N]) -> Self {
        let mut insert = Query::insert();
        insert.into_table(Alias::new(table)).columns(columns.map(Alias::new));
        Self(insert, 0)
    }

    pub(crate) fn push<const N: usize>(&mut self, values: [SimpleExpr; N]) {
        self.0.values_panic(values);
        self.1 += 1;
    }

    pub(crate) async fn insert(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        if self.1 == 0 { Ok(()) } else { manager.execute(self.0).await }
    }
}
