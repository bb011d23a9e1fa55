//! Loads the readiness instrument that this project proposes from `migration/data`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

use crate::seed::{Line, Rows, broken, id, read};
use crate::seed_programmes::precedence;

/// The instant at which these rows count as written.
const WRITTEN: &str = "2026-04-01T00:00:00Z";

/// What a score says, from 0 to 3; the instrument has no words of its own for any indicator.
const ANCHORS: [&str; 4] = [
    "Absent.",
    "Planned or ad hoc.",
    "In place, with evidence.",
    "Embedded, reviewed and co-produced.",
];

/// From this score on a critical indicator needs evidence.
const EVIDENCE_FROM: i32 = 2;

/// The thresholds, by the columns that hold them.
const THRESHOLDS: [(&str, i32); 8] = [
    ("ready_overall", 7000),
    ("ready_domain", 5000),
    ("ready_critical", 2),
    ("conditional_overall", 5500),
    ("conditional_domain", 3300),
    ("conditional_critical", 1),
    ("not_applicable_per_domain", 1),
    ("disagreement_from", 2),
];

/// The instrument with its domains and indicators, published.
pub(crate) async fn instrument(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    instruments(manager).await?;
    let columns = ["id", "instrument_id", "place", "code", "title", "weight"];
    let mut domains = Rows::new("readiness_domain", columns);
    for (place, row) in (1_i32..).zip(read(include_str!("../data/readiness_domains.csv"))?) {
        let name = row.get("instrument")?;
        domains.push([
            domain(name, row.get("code")?).into(),
            named(name).into(),
            place.into(),
            row.get("code")?.into(),
            row.get("title")?.into(),
            row.get("weight")?.parse::<i32>().map_err(broken)?.into(),
        ]);
    }
    domains.insert(manager).await?;
    let mut indicators = Rows::new("readiness_indicator", INDICATOR);
    for (place, row) in (1_i32..).zip(read(include_str!("../data/readiness_indicators.csv"))?) {
        push_indicator(&mut indicators, &row, place)?;
    }
    indicators.insert(manager).await
}

async fn instruments(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let at = WRITTEN.parse::<DateTimeUtc>().map_err(broken)?;
    let columns = [
        "id",
        "name",
        "code",
        "number",
        "precedence",
        "title",
        "state",
        "is_proposal",
        "source",
        "content_hash",
        "published_at",
        "created_at",
        "updated_at",
        "version",
        THRESHOLDS[0].0,
        THRESHOLDS[1].0,
        THRESHOLDS[2].0,
        THRESHOLDS[3].0,
        THRESHOLDS[4].0,
        THRESHOLDS[5].0,
        THRESHOLDS[6].0,
        THRESHOLDS[7].0,
    ];
    let mut table = Rows::new("readiness_instrument", columns);
    for row in read(include_str!("../data/readiness_instruments.csv"))? {
        let (code, number) = (row.get("code")?, row.get("number")?);
        table.push([
            named(&format!("{code}@{number}")).into(),
            format!("{code}@{number}").into(),
            code.into(),
            number.into(),
            precedence(number)?.into(),
            row.get("title")?.into(),
            "PUBLISHED".into(),
            true.into(),
            row.get("source")?.into(),
            row.get("content_hash")?.into(),
            at.into(),
            at.into(),
            at.into(),
            0.into(),
            THRESHOLDS[0].1.into(),
            THRESHOLDS[1].1.into(),
            THRESHOLDS[2].1.into(),
            THRESHOLDS[3].1.into(),
            THRESHOLDS[4].1.into(),
            THRESHOLDS[5].1.into(),
            THRESHOLDS[6].1.into(),
            THRESHOLDS[7].1.into(),
        ]);
    }
    table.insert(manager).await
}

const INDICATOR: [&str; 13] = [
    "id",
    "instrument_id",
    "domain_id",
    "place",
    "code",
    "prompt",
    "anchor_0",
    "anchor_1",
    "anchor_2",
    "anchor_3",
    "critical",
    "not_applicable_allowed",
    "evidence_from",
];

fn push_indicator(rows: &mut Rows, row: &Line, place: i32) -> Result<(), DbErr> {
    let (name, code) = (row.get("instrument")?, row.get("code")?);
    let critical = row.get("critical")? == "true";
    rows.push([
        id("readiness_indicator", &format!("{name}:{code}")).into(),
        named(name).into(),
        domain(name, row.get("domain")?).into(),
        place.into(),
        code.into(),
        row.get("prompt")?.into(),
        ANCHORS[0].into(),
        ANCHORS[1].into(),
        ANCHORS[2].into(),
        ANCHORS[3].into(),
        critical.into(),
        (row.get("not_applicable_allowed")? == "true").into(),
        critical.then_some(EVIDENCE_FROM).into(),
    ]);
    Ok(())
}

fn named(instrument: &str) -> Uuid {
    id("readiness_instrument", instrument)
}

fn domain(instrument: &str, code: &str) -> Uuid {
    id("readiness_domain", &format!("{instrument}:{code}"))
}
