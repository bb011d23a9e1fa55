//! The published list of NHS trusts, as reference organisations.

use std::collections::HashMap;

use chrono::NaiveDate;
use entities::{organisation, region};
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ods_file::TrustRow;
use super::proposal::{self, Difference, Field};
pub use super::run::file_hash;
use super::run::{self, Counts};
use crate::actor::Permission;
use crate::command::{Stop, Unit};
use crate::organisation::identifier::IdentifierScheme;
use crate::organisation::model::{Board, Kind};
use crate::organisation::rules::GivenIdentifier;
use crate::organisation::service::{self, NewOrganisation};
use crate::organisation::store::Organisations;
use crate::refusal::{Code, Refusal};

/// The kind of import, as recorded.
pub const KIND: &str = "ods-trusts";

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fate {
    /// Registered.
    Created,
    /// The register says the same.
    Unchanged,
    /// The register says something else: a proposal waits for a person.
    Proposed,
    /// Outside England: left out.
    OutOfScope,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// Line of the file, from 1.
    pub line: u64,
    /// The ODS code.
    pub ods_code: String,
    /// What became of it.
    pub fate: Fate,
    /// Whether the body is closed.
    pub closed: bool,
    /// Whether its board was split and a person has to choose.
    pub unassigned: bool,
    /// The fields with a proposal.
    pub proposals: Vec<String>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// SHA-256 of the file.
    pub file_hash: String,
    /// Rows in the file.
    pub rows_read: usize,
    /// Organisations registered.
    pub created: usize,
    /// Rows that say what the register says.
    pub unchanged: usize,
    /// Rows with differences, which became proposals.
    pub proposed: usize,
    /// Bodies that the file gives as closed.
    pub closed: usize,
    /// Organisations on the unassigned list.
    pub unassigned: usize,
    /// Rows outside England.
    pub out_of_scope: usize,
    /// Line by line.
    pub rows: Vec<RowReport>,
}

/// What the register knows, gathered once.
struct Register {
    boards: Vec<(String, Board)>,
    regions: HashMap<String, Uuid>,
}

/// Imports the rows of a file; `progress` hears of each.
///
/// # Errors
///
/// `FORBIDDEN`, or what the database answers.
pub async fn import(
    unit: &Unit,
    rows: &[TrustRow],
    file_hash: &str,
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Report, Stop> {
    let acting_as = unit
        .actor()
        .acting_nationally(Permission::ManageOrganisations)
        .ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    let register = register(unit).await?;
    let mut reports = Vec::with_capacity(rows.len());
    for row in rows {
        let report = import_row(unit, &register, row, &acting_as).await;
        reports.push(report.map_err(|stop| at_line(row.line, stop))?);
        progress();
    }
    let count = |fate: Fate| reports.iter().filter(|report| report.fate == fate).count();
    let report = Report {
        file_hash: file_hash.to_owned(),
        rows_read: rows.len(),
        created: count(Fate::Created),
        unchanged: count(Fate::Unchanged),
        proposed: count(Fate::Proposed),
        out_of_scope: count(Fate::OutOfScope),
        closed: reports.iter().filter(|report| report.closed).count(),
        unassigned: reports.iter().filter(|report| report.unassigned).count(),
        rows: reports,
    };
    let counts = Counts {
        rows_read: report.rows_read,
        created: report.created,
        unchanged: report.unchanged,
        proposed: report.proposed,
        unassigned: report.unassigned,
        closed: report.closed,
        out_of_scope: report.out_of_scope,
    };
    run::record(unit, KIND, file_hash, counts, &acting_as).await?;
    Ok(report)
}

#[expect(clippy::disallowed_methods, reason = "public reference rows")]
async fn register(unit: &Unit) -> Result<Register, Stop> {
    let regions = region::Entity::find().all(unit.tx()).await?;
    Ok(Register {
        boards: Organisations::of(unit).boards().await?,
        regions: regions.into_iter().map(|row| (row.ods_code, row.id)).collect(),
    })
}

async fn import_row(
    unit: &Unit,
    register: &Register,
    row: &TrustRow,
    acting_as: &str,
) -> Result<RowReport, Stop> {
    let mut report = RowReport {
        line: row.line,
        ods_code: row.ods_code.clone(),
        fate: Fate::OutOfScope,
        closed: closed_from(row, unit.today()).is_some(),
        unassigned: false,
        proposals: Vec::new(),
    };
    let Some(region) = register.regions.get(&row.region_ods_code) else { return Ok(report) };
    let board = register.boards.iter().find(|(code, _)| *code == row.board_ods_code);
    let Some((_, board)) = board else {
        let message = "its region lies in England, but its board code is not known";
        return Err(Refusal::at(Code::BoardNotInForce, "", message).into());
    };
    let store = Organisations::of(unit);
    match store.holder(IdentifierScheme::Ods, &row.ods_code).await? {
        None => {
            let changed =
                service::register(unit, new_organisation(row, board, *region, unit.today()))
                    .await?;
            report.fate = Fate::Created;
            report.unassigned = store.open_assignment(changed.id).await?.is_some();
        }
        Some(id) => {
            report.unassigned = store.open_assignment(id).await?.is_some();
            report.proposals = propose(unit, id, row, board, acting_as).await?;
            let same = report.proposals.is_empty();
            report.fate = if same { Fate::Unchanged } else { Fate::Proposed };
        }
    }
    Ok(report)
}

/// A refusal says which line of the file it is about.
fn at_line(line: u64, stop: Stop) -> Stop {
    match stop {
        Stop::Refused(mut refusals) => {
            for refusal in &mut refusals {
                let field = refusal.path.iter().skip(1).cloned().collect::<Vec<_>>().join(".");
                refusal.message = format!("line {line} {field}: {}", refusal.message);
            }
            Stop::Refused(refusals)
        }
        Stop::Db(fault) => Stop::Db(fault),
    }
}

/// The day from which a body is closed: the file gives the last day of its life. A closure to come is
/// no fact yet.
fn closed_from(row: &TrustRow, today: NaiveDate) -> Option<NaiveDate> {
    row.closed_on.and_then(|last| last.succ_opt()).filter(|day| *day <= today)
}

fn new_organisation(
    row: &TrustRow,
    board: &Board,
    region: Uuid,
    today: NaiveDate,
) -> NewOrganisation {
    let foundation = row.name.contains("FOUNDATION TRUST");
    let from = board.period.from().max(row.opened_on);
    NewOrganisation {
        name: row.name.clone(),
        short_name: None,
        kind: if foundation { Kind::NhsFoundationTrust } else { Kind::NhsTrust },
        delivers: false,
        employs: true,
        reference_only: true,
        identifiers: vec![(
            GivenIdentifier { scheme: IdentifierScheme::Ods, value: row.ods_code.clone() },
            true,
        )],
        address: address(row),
        postcode: row.postcode.clone(),
        opened_on: row.opened_on,
        closed: closed_from(row, today).map(|day| (day, "published as closed".to_owned())),
        board: Some(board.id),
        board_from: from,
        region: (region != board.region_id).then_some(region),
        region_override_reason: (region != board.region_id).then(|| "as published".to_owned()),
        sites: Vec::new(),
    }
}

fn address(row: &TrustRow) -> Option<String> {
    (!row.address_lines.is_empty()).then(|| row.address_lines.join("\n"))
}

/// Proposes what differs; gives the names of the fields that differ.
#[expect(clippy::disallowed_methods, reason = "rows of the organisation that the identifier names")]
async fn propose(
    unit: &Unit,
    id: Uuid,
    row: &TrustRow,
    board: &Board,
    acting_as: &str,
) -> Result<Vec<String>, Stop> {
    let Some(known) = organisation::Entity::find_by_id(id).one(unit.tx()).await? else {
        return Ok(Vec::new());
    };
    let day = |date: Option<NaiveDate>| date.map(|date| date.to_string());
    let mut differences = Vec::new();
    let mut compare = |field: Field, now: Option<String>, file: Option<String>| {
        if now != file {
            differences.push((field, now, file));
        }
    };
    compare(Field::Name, Some(known.name), Some(row.name.clone()));
    compare(Field::Address, known.address, address(row));
    compare(Field::Postcode, known.postcode, row.postcode.clone());
    compare(Field::OpenedOn, day(known.opened_on), day(row.opened_on));
    compare(Field::ClosedOn, day(known.closed_on), day(closed_from(row, unit.today())));
    let hosts = Organisations::of(unit).host_boards(id).await?;
    if !hosts.is_empty() && !hosts.iter().any(|host| host.target == board.id) {
        compare(Field::Board, None, Some(row.board_ods_code.clone()));
    }
    let mut fields = Vec::new();
    for (field, now, file) in differences {
        fields.push(field.code().to_owned());
        proposal::save_once(
            unit,
            Difference { organisation_id: id, source: KIND, field, now, file },
            acting_as,
        )
        .await?;
    }
    Ok(fields)
}
