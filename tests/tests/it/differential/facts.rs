//! Every row in memory, and the facts that can be read off them.

use chrono::{DateTime, NaiveDate, Utc};
use entities::{
    account, audit_event, board_assignment, board_membership, board_succession, care_board,
    organisation, organisation_identifier, organisation_name, organisation_succession, region,
    region_membership, role_grant, site,
};
use sea_orm::{DatabaseConnection, EntityTrait};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::Ty;

/// A row of any table.
#[derive(Clone, Copy)]
pub enum Row<'a> {
    Organisation(&'a organisation::Model),
    Site(&'a site::Model),
    Identifier(&'a organisation_identifier::Model),
    Name(&'a organisation_name::Model),
    Membership(&'a board_membership::Model),
    Region(&'a region::Model),
    Board(&'a care_board::Model),
    Succession(&'a organisation_succession::Model),
    Assignment(&'a board_assignment::Model),
    Grant(&'a role_grant::Model),
    Audit(&'a audit_event::Model),
}

impl Row<'_> {
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Organisation(row) => row.id,
            Self::Site(row) => row.id,
            Self::Identifier(row) => row.id,
            Self::Name(row) => row.id,
            Self::Membership(row) => row.id,
            Self::Region(row) => row.id,
            Self::Board(row) => row.id,
            Self::Succession(row) => row.id,
            Self::Assignment(row) => row.id,
            Self::Grant(row) => row.id,
            Self::Audit(row) => row.id,
        }
    }

    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Organisation(_) => "org",
            Self::Site(_) => "sit",
            Self::Identifier(_) => "oid",
            Self::Name(_) => "onm",
            Self::Membership(_) => "bmb",
            Self::Region(_) => "reg",
            Self::Board(_) => "icb",
            Self::Succession(_) => "osc",
            Self::Assignment(_) => "bas",
            Self::Grant(_) => "rgr",
            Self::Audit(_) => "aud",
        }
    }
}

fn instant(at: DateTime<Utc>) -> Value {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into()
}

pub fn in_force(from: Option<NaiveDate>, to: Option<NaiveDate>, on: NaiveDate) -> bool {
    from.is_none_or(|from| from <= on) && to.is_none_or(|to| on < to)
}

/// Every row.
pub struct Facts {
    organisations: Vec<organisation::Model>,
    sites: Vec<site::Model>,
    identifiers: Vec<organisation_identifier::Model>,
    names: Vec<organisation_name::Model>,
    memberships: Vec<board_membership::Model>,
    regional: Vec<region_membership::Model>,
    regions: Vec<region::Model>,
    boards: Vec<care_board::Model>,
    followed: Vec<board_succession::Model>,
    successions: Vec<organisation_succession::Model>,
    assignments: Vec<board_assignment::Model>,
    pub grants: Vec<role_grant::Model>,
    pub accounts: Vec<account::Model>,
    audits: Vec<audit_event::Model>,
}

impl Facts {
    #[expect(clippy::disallowed_methods, reason = "the plain reader sees every row")]
    pub async fn read(on: &DatabaseConnection) -> Self {
        macro_rules! all {
            ($table:ident) => {
                $table::Entity::find().all(on).await.expect("the rows")
            };
        }
        Self {
            organisations: all!(organisation),
            sites: all!(site),
            identifiers: all!(organisation_identifier),
            names: all!(organisation_name),
            memberships: all!(board_membership),
            regional: all!(region_membership),
            regions: all!(region),
            boards: all!(care_board),
            followed: all!(board_succession),
            successions: all!(organisation_succession),
            assignments: all!(board_assignment),
            grants: all!(role_grant),
            accounts: all!(account),
            audits: all!(audit_event),
        }
    }

    /// All rows of a type.
    pub fn all(&self, ty: Ty) -> Vec<Row<'_>> {
        match ty {
            Ty::Organisation => self.organisations.iter().map(Row::Organisation).collect(),
            Ty::Site => self.sites.iter().map(Row::Site).collect(),
            Ty::Identifier => self.identifiers.iter().map(Row::Identifier).collect(),
            Ty::Name => self.names.iter().map(Row::Name).collect(),
            Ty::Membership => self.memberships.iter().map(Row::Membership).collect(),
            Ty::Region => self.regions.iter().map(Row::Region).collect(),
            Ty::Board => self.boards.iter().map(Row::Board).collect(),
            Ty::Succession => self.successions.iter().map(Row::Succession).collect(),
            Ty::Assignment => self.assignments.iter().map(Row::Assignment).collect(),
            Ty::Grant => self.grants.iter().map(Row::Grant).collect(),
            Ty::Audit => self.audits.iter().map(Row::Audit).collect(),
        }
    }

    fn organisation(&self, id: Option<Uuid>) -> Vec<Row<'_>> {
        self.all(Ty::Organisation).into_iter().filter(|row| Some(row.uuid()) == id).collect()
    }

    fn board(&self, id: Option<Uuid>) -> Vec<Row<'_>> {
        self.all(Ty::Board).into_iter().filter(|row| Some(row.uuid()) == id).collect()
    }

    fn host(&self, organisation: Uuid, on: NaiveDate) -> Option<Uuid> {
        self.boards_of(organisation, "HOST", on).next()
    }

    fn boards_of(
        &self,
        organisation: Uuid,
        role: &str,
        on: NaiveDate,
    ) -> impl Iterator<Item = Uuid> {
        let of = self.memberships.iter().filter(move |row| {
            row.organisation_id == organisation
                && row.role == role
                && in_force(Some(row.valid_from), row.valid_to, on)
        });
        of.map(|row| row.board_id)
    }

    fn region_of(&self, organisation: Uuid, on: NaiveDate) -> Option<Uuid> {
        let of = self.regional.iter().find(|row| {
            row.organisation_id == organisation && in_force(Some(row.valid_from), row.valid_to, on)
        });
        of.map(|row| row.region_id)
    }

    pub fn codes(&self, organisation: Uuid, on: NaiveDate) -> impl Iterator<Item = &str> {
        let of = self.identifiers.iter().filter(move |row| {
            row.organisation_id == organisation
                && row.scheme == "ODS"
                && in_force(row.valid_from, row.valid_to, on)
        });
        of.map(|row| row.value.as_str())
    }

    /// The value of a field for whoever may read it.
    pub fn value(&self, row: Row<'_>, field: &str, on: NaiveDate) -> Value {
        if field == "id" {
            return format!("{}_{}", row.prefix(), row.uuid().simple()).into();
        }
        match row {
            Row::Organisation(row) => self.organisation_value(row, field, on),
            Row::Site(row) => match field {
                "name" => json!(row.name),
                "odsCode" => json!(row.ods_code),
                "address" => json!(row.address),
                _ => json!(row.postcode),
            },
            Row::Identifier(row) => match field {
                "scheme" => json!(row.scheme),
                "value" => json!(row.value),
                "validFrom" => json!(row.valid_from),
                "validTo" => json!(row.valid_to),
                "verifiedAt" => row.verified_at.map_or(Value::Null, instant),
                _ => json!(row.verified_by),
            },
            Row::Name(row) => match field {
                "name" => json!(row.name),
                "validFrom" => json!(row.valid_from),
                _ => json!(row.valid_to),
            },
            Row::Membership(row) => match field {
                "role" => json!(row.role),
                "validFrom" => json!(row.valid_from),
                _ => json!(row.valid_to),
            },
            Row::Region(row) => json!(if field == "name" { &row.name } else { &row.ods_code }),
            Row::Board(row) => match field {
                "odsCode" => json!(row.ods_code),
                "name" => json!(row.name),
                "validFrom" => json!(row.valid_from),
                _ => json!(row.valid_to),
            },
            Row::Succession(row) => match field {
                "kind" => json!(row.kind),
                "effectiveOn" => json!(row.effective_on),
                _ => json!(row.notes),
            },
            Row::Assignment(row) => match field {
                "since" => json!(row.since),
                "status" => json!(row.status),
                _ => json!(row.version),
            },
            Row::Grant(row) => match field {
                "role" => json!(row.role),
                "scopeType" => json!(row.scope_type),
                "accountLabel" => {
                    json!(
                        self.accounts
                            .iter()
                            .find(|account| account.id == row.account_id)
                            .map(|account| &account.label)
                    )
                }
                "validFrom" => json!(row.valid_from),
                _ => json!(row.valid_to),
            },
            Row::Audit(row) => match field {
                "sequence" => json!(row.seq),
                "at" => instant(row.at),
                "action" => json!(row.action),
                "actingAs" => json!(row.acting_as),
                "entityType" => json!(row.entity_type),
                "entityVersion" => json!(row.entity_version),
                "fields" => json!(row.fields),
                "requestId" => json!(row.request_id),
                "previousHash" => json!(row.previous_hash),
                _ => json!(row.hash),
            },
        }
    }

    fn organisation_value(&self, row: &organisation::Model, field: &str, on: NaiveDate) -> Value {
        match field {
            "name" => {
                let held = self.names.iter().find(|name| {
                    name.organisation_id == row.id && in_force(name.valid_from, name.valid_to, on)
                });
                json!(held.map_or(&row.name, |held| &held.name))
            }
            "currentName" => json!(row.name),
            "shortName" => json!(row.short_name),
            "kind" => json!(row.kind),
            "status" => json!(row.status),
            "isReferenceOnly" => json!(row.reference_only),
            "delivers" => json!(row.delivers),
            "employs" => json!(row.employs),
            "odsCode" => json!(self.codes(row.id, on).min()),
            "address" => json!(row.address),
            "postcode" => json!(row.postcode),
            "openedOn" => json!(row.opened_on),
            "closedOn" => json!(row.closed_on),
            "closureReason" => json!(row.closure_reason),
            "createdAt" => instant(row.created_at),
            "updatedAt" => instant(row.updated_at),
            _ => json!(row.version),
        }
    }

    /// The value that a filter compares.
    pub fn filtered(&self, row: Row<'_>, field: &str, on: NaiveDate) -> Value {
        let id = |prefix: &str, id: Option<Uuid>| {
            json!(id.map(|id| format!("{prefix}_{}", id.simple())))
        };
        match (row, field) {
            (Row::Organisation(row), "regionId") => id("reg", self.region_of(row.id, on)),
            (Row::Organisation(row), "integratedCareBoardId") => id("icb", self.host(row.id, on)),
            (Row::Board(row), "regionId") => id("reg", Some(row.region_id)),
            _ => self.value(row, field, on),
        }
    }

    /// The rows that a relation leads to, in no order.
    pub fn related(&self, row: Row<'_>, relation: &str, on: NaiveDate) -> Vec<Row<'_>> {
        match row {
            Row::Organisation(row) => self.of_organisation(row.id, relation, on),
            Row::Membership(row) => self.board(Some(row.board_id)),
            Row::Region(row) if relation == "integratedCareBoards" => {
                let boards = self.boards.iter().filter(|board| board.region_id == row.id);
                boards
                    .filter(|board| in_force(Some(board.valid_from), board.valid_to, on))
                    .map(Row::Board)
                    .collect()
            }
            Row::Region(row) => {
                let all =
                    self.organisations.iter().filter(|o| self.region_of(o.id, on) == Some(row.id));
                all.map(Row::Organisation).collect()
            }
            Row::Board(row) if relation == "region" => self
                .regions
                .iter()
                .filter(|region| region.id == row.region_id)
                .map(Row::Region)
                .collect(),
            Row::Board(row) => {
                let all = self.organisations.iter().filter(|o| self.host(o.id, on) == Some(row.id));
                all.map(Row::Organisation).collect()
            }
            Row::Succession(row) if relation == "predecessor" => {
                self.organisation(Some(row.predecessor_id))
            }
            Row::Succession(row) => self.organisation(row.successor_id),
            Row::Assignment(row) => match relation {
                "organisation" => self.organisation(Some(row.organisation_id)),
                "previousBoard" => self.board(Some(row.previous_board_id)),
                "assignedBoard" => self.board(row.assigned_board_id),
                _ => {
                    let next = self
                        .followed
                        .iter()
                        .filter(|next| next.predecessor_id == row.previous_board_id);
                    next.flat_map(|next| self.board(Some(next.successor_id))).collect()
                }
            },
            Row::Grant(row) => {
                self.organisation(row.scope_id.filter(|_| row.scope_type == "ORGANISATION"))
            }
            Row::Site(_) | Row::Identifier(_) | Row::Name(_) | Row::Audit(_) => Vec::new(),
        }
    }

    fn of_organisation(&self, id: Uuid, relation: &str, on: NaiveDate) -> Vec<Row<'_>> {
        match relation {
            "integratedCareBoard" => self.board(self.host(id, on)),
            "associateBoards" => {
                self.boards_of(id, "ASSOCIATE", on).flat_map(|id| self.board(Some(id))).collect()
            }
            "region" => {
                let region = self.region_of(id, on);
                self.regions.iter().filter(|row| Some(row.id) == region).map(Row::Region).collect()
            }
            "boardMemberships" => self
                .memberships
                .iter()
                .filter(|row| row.organisation_id == id)
                .map(Row::Membership)
                .collect(),
            "names" => {
                self.names.iter().filter(|row| row.organisation_id == id).map(Row::Name).collect()
            }
            "identifiers" => self
                .identifiers
                .iter()
                .filter(|row| row.organisation_id == id)
                .map(Row::Identifier)
                .collect(),
            "sites" => {
                self.sites.iter().filter(|row| row.organisation_id == id).map(Row::Site).collect()
            }
            "successors" => self
                .successions
                .iter()
                .filter(|row| row.predecessor_id == id)
                .map(Row::Succession)
                .collect(),
            "predecessors" => self
                .successions
                .iter()
                .filter(|row| row.successor_id == Some(id))
                .map(Row::Succession)
                .collect(),
            _ => self.audits.iter().filter(|row| row.chain == id).map(Row::Audit).collect(),
        }
    }
}
