//! Rows of organisations, loaded under lock and saved.
//!
//! Locks are taken in one order: organisations by id, then what hangs on them; the head of the audit
//! chain comes last, at the commit.

use chrono::NaiveDate;
use entities::{
    board_assignment, board_membership, board_succession, care_board, organisation,
    organisation_identifier, organisation_name, organisation_succession, region, region_membership,
    site,
};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait as _, DbBackend,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::identifier::IdentifierScheme;
use super::model::{
    AssignmentStatus, Board, BoardAssignment, Identifier, Kind, Membership, Organisation, Status,
    SuccessionKind,
};
use crate::calendar::Period;
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::refusal::{Code, Refusal};

/// The organisations that the unit's Scope lets it see and change.
pub struct Organisations<'a> {
    unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Organisations<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The organisation, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Organisation>, Stop> {
        let row =
            organisation::Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(row.map(organisation_of).transpose()?)
    }

    /// Saves a new organisation.
    pub async fn insert(&self, organisation: &Organisation) -> Result<(), Stop> {
        let row = row_of(organisation).into_active_model().reset_all();
        organisation::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed organisation, unless somebody else changed it since it was read.
    pub async fn update(&self, organisation: &Organisation) -> Result<(), Stop> {
        let row = row_of(organisation).into_active_model().reset_all();
        let done = organisation::Entity::update_many()
            .set(row)
            .filter(organisation::Column::Id.eq(organisation.id))
            .filter(organisation::Column::Version.eq(organisation.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// The names, identifiers and memberships that hold on or after `on` end there.
    pub async fn end_facts(&self, id: Uuid, on: NaiveDate) -> Result<(), Stop> {
        self.end_host(id, on).await?;
        self.end_region(id, on).await?;
        organisation_identifier::Entity::update_many()
            .col_expr(organisation_identifier::Column::ValidTo, Expr::value(on))
            .filter(organisation_identifier::Column::OrganisationId.eq(id))
            .filter(ends_after(organisation_identifier::Column::ValidTo, on))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Adds a name from a day on.
    pub async fn add_name(
        &self,
        id: Uuid,
        name: &str,
        from: Option<NaiveDate>,
    ) -> Result<(), Stop> {
        let row = organisation_name::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(id),
            name: Set(name.to_owned()),
            valid_from: Set(from),
            valid_to: Set(None),
        };
        organisation_name::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends the present name.
    pub async fn end_name(&self, id: Uuid, on: NaiveDate) -> Result<(), Stop> {
        organisation_name::Entity::update_many()
            .col_expr(organisation_name::Column::ValidTo, Expr::value(on))
            .filter(organisation_name::Column::OrganisationId.eq(id))
            .filter(organisation_name::Column::ValidTo.is_null())
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The day from which the present name holds, if known.
    pub async fn name_since(&self, id: Uuid) -> Result<Option<NaiveDate>, Stop> {
        let row = organisation_name::Entity::find()
            .filter(organisation_name::Column::OrganisationId.eq(id))
            .filter(organisation_name::Column::ValidTo.is_null())
            .one(self.unit.tx())
            .await?;
        Ok(row.and_then(|row| row.valid_from))
    }

    /// The identifiers that it holds or held.
    pub async fn identifiers(&self, id: Uuid) -> Result<Vec<Identifier>, Stop> {
        let rows = organisation_identifier::Entity::find()
            .filter(organisation_identifier::Column::OrganisationId.eq(id))
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(identifier_of(row)?)).collect()
    }

    /// Adds an identifier.
    pub async fn add_identifier(&self, id: Uuid, identifier: &Identifier) -> Result<(), Stop> {
        let Identifier { scheme, value, period, verified } = identifier;
        let row = organisation_identifier::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(id),
            scheme: Set(scheme.code().to_owned()),
            value: Set(value.clone()),
            valid_from: Set(period.from()),
            valid_to: Set(period.to()),
            verified_at: Set(verified.as_ref().map(|(at, _)| *at)),
            verified_by: Set(verified.as_ref().map(|(_, by)| by.clone())),
        };
        organisation_identifier::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Marks a present identifier as verified now; says whether there is one.
    pub async fn verify_identifier(
        &self,
        id: Uuid,
        scheme: IdentifierScheme,
        value: &str,
        by: &str,
    ) -> Result<bool, Stop> {
        let done = organisation_identifier::Entity::update_many()
            .col_expr(organisation_identifier::Column::VerifiedAt, Expr::value(self.unit.now()))
            .col_expr(organisation_identifier::Column::VerifiedBy, Expr::value(by))
            .filter(organisation_identifier::Column::OrganisationId.eq(id))
            .filter(organisation_identifier::Column::Scheme.eq(scheme.code()))
            .filter(organisation_identifier::Column::Value.eq(value))
            .filter(organisation_identifier::Column::ValidTo.is_null())
            .exec(self.unit.tx())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// The organisation that holds an identifier now or held it last.
    pub async fn holder(
        &self,
        scheme: IdentifierScheme,
        value: &str,
    ) -> Result<Option<Uuid>, Stop> {
        let row = organisation_identifier::Entity::find()
            .filter(organisation_identifier::Column::Scheme.eq(scheme.code()))
            .filter(organisation_identifier::Column::Value.eq(value))
            .order_by_desc(organisation_identifier::Column::ValidTo.is_null())
            .order_by_desc(organisation_identifier::Column::ValidTo)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(|row| row.organisation_id))
    }

    /// Adds a site.
    pub async fn add_site(&self, id: Uuid, name: &str, postcode: Option<&str>) -> Result<(), Stop> {
        let row = site::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(id),
            name: Set(name.to_owned()),
            ods_code: Set(None),
            address: Set(None),
            postcode: Set(postcode.map(str::to_owned)),
        };
        site::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Every integrated care board, by its ODS code.
    pub async fn boards(&self) -> Result<Vec<(String, Board)>, Stop> {
        let rows = care_board::Entity::find().all(self.unit.tx()).await?;
        let board = |row: care_board::Model| {
            let period = period(Some(row.valid_from), row.valid_to)?;
            Ok((row.ods_code, Board { id: row.id, region_id: row.region_id, period }))
        };
        rows.into_iter().map(board).collect()
    }

    /// Whether there is such a region.
    pub async fn region_exists(&self, id: Uuid) -> Result<bool, Stop> {
        Ok(region::Entity::find_by_id(id).one(self.unit.tx()).await?.is_some())
    }

    /// Lets nobody else record these identifiers until the transaction ends. Without it, many writers of
    /// one identifier would wait for each other on the constraint until their time is over.
    pub async fn claim_identifiers(
        &self,
        identifiers: &[(IdentifierScheme, String)],
    ) -> Result<(), Stop> {
        let tx = self.unit.tx();
        if tx.get_database_backend() != DbBackend::Postgres {
            // SQLite has one writer at a time.
            return Ok(());
        }
        let mut keys: Vec<String> = identifiers
            .iter()
            .map(|(scheme, value)| format!("{}:{value}", scheme.code()))
            .collect();
        keys.sort_unstable();
        for key in keys {
            // The lock counts in the whole database; the register lives in one schema of it.
            let lock = "select pg_advisory_xact_lock(hashtextextended(\
                concat(current_schema(), ':', cast($1 as text)), 0)), 1";
            tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, [key.into()]))
                .await?;
        }
        Ok(())
    }

    /// The recorded successions of boards.
    pub async fn board_successions(&self) -> Result<Vec<(Uuid, Uuid)>, Stop> {
        let rows = board_succession::Entity::find().all(self.unit.tx()).await?;
        Ok(rows.into_iter().map(|row| (row.predecessor_id, row.successor_id)).collect())
    }

    /// The host board memberships, latest first.
    pub async fn host_boards(&self, id: Uuid) -> Result<Vec<Membership>, Stop> {
        let rows = board_membership::Entity::find()
            .filter(board_membership::Column::OrganisationId.eq(id))
            .filter(board_membership::Column::Role.eq("HOST"))
            .order_by_desc(board_membership::Column::ValidFrom)
            .all(self.unit.tx())
            .await?;
        let membership = |row: board_membership::Model| {
            let period = period(Some(row.valid_from), row.valid_to)?;
            Ok(Membership { id: row.id, target: row.board_id, period })
        };
        rows.into_iter().map(membership).collect()
    }

    /// The region memberships, latest first.
    pub async fn regions(&self, id: Uuid) -> Result<Vec<Membership>, Stop> {
        let rows = region_membership::Entity::find()
            .filter(region_membership::Column::OrganisationId.eq(id))
            .order_by_desc(region_membership::Column::ValidFrom)
            .all(self.unit.tx())
            .await?;
        let membership = |row: region_membership::Model| {
            let period = period(Some(row.valid_from), row.valid_to)?;
            Ok(Membership { id: row.id, target: row.region_id, period })
        };
        rows.into_iter().map(membership).collect()
    }

    /// Adds a host board for a period.
    pub async fn add_host(&self, id: Uuid, board: Uuid, period: Period) -> Result<(), Stop> {
        let Some(from) = period.from() else { return Ok(()) };
        let row = board_membership::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(id),
            board_id: Set(board),
            role: Set("HOST".to_owned()),
            valid_from: Set(from),
            valid_to: Set(period.to()),
        };
        board_membership::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Adds a region for a period.
    pub async fn add_region(
        &self,
        id: Uuid,
        region: Uuid,
        period: Period,
        override_reason: Option<&str>,
    ) -> Result<(), Stop> {
        let Some(from) = period.from() else { return Ok(()) };
        let row = region_membership::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(id),
            region_id: Set(region),
            override_reason: Set(override_reason.map(str::to_owned)),
            valid_from: Set(from),
            valid_to: Set(period.to()),
        };
        region_membership::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends the host board membership that holds beyond `on`.
    pub async fn end_host(&self, id: Uuid, on: NaiveDate) -> Result<(), Stop> {
        board_membership::Entity::update_many()
            .col_expr(board_membership::Column::ValidTo, Expr::value(on))
            .filter(board_membership::Column::OrganisationId.eq(id))
            .filter(board_membership::Column::Role.eq("HOST"))
            .filter(ends_after(board_membership::Column::ValidTo, on))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Ends the region membership that holds beyond `on`.
    pub async fn end_region(&self, id: Uuid, on: NaiveDate) -> Result<(), Stop> {
        region_membership::Entity::update_many()
            .col_expr(region_membership::Column::ValidTo, Expr::value(on))
            .filter(region_membership::Column::OrganisationId.eq(id))
            .filter(ends_after(region_membership::Column::ValidTo, on))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The recorded successions of organisations.
    pub async fn successions(&self) -> Result<Vec<(Uuid, Uuid)>, Stop> {
        let rows = organisation_succession::Entity::find().all(self.unit.tx()).await?;
        let pair =
            |row: organisation_succession::Model| Some((row.predecessor_id, row.successor_id?));
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    /// Records that `successor` followed `predecessor`.
    pub async fn add_succession(
        &self,
        predecessor: Uuid,
        successor: Option<Uuid>,
        on: NaiveDate,
        kind: SuccessionKind,
        notes: Option<&str>,
    ) -> Result<(), Stop> {
        let row = organisation_succession::ActiveModel {
            id: Set(self.unit.id()),
            predecessor_id: Set(predecessor),
            successor_id: Set(successor),
            effective_on: Set(on),
            kind: Set(kind.code().to_owned()),
            notes: Set(notes.map(str::to_owned)),
        };
        organisation_succession::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// The organisation of a place on the unassigned list.
    pub async fn assigned_to(&self, id: Uuid) -> Result<Option<Uuid>, Stop> {
        let row = board_assignment::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(|row| row.organisation_id))
    }

    /// A place on the unassigned list, locked.
    pub async fn lock_assignment(&self, id: Uuid) -> Result<Option<BoardAssignment>, Stop> {
        let row = board_assignment::Entity::find_by_id(id)
            .lock(LockType::Update)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(assignment_of).transpose()?)
    }

    /// The organisation's open place on the unassigned list.
    pub async fn open_assignment(&self, id: Uuid) -> Result<Option<BoardAssignment>, Stop> {
        let row = board_assignment::Entity::find()
            .filter(board_assignment::Column::OrganisationId.eq(id))
            .filter(board_assignment::Column::Status.eq("OPEN"))
            .one(self.unit.tx())
            .await?;
        Ok(row.map(assignment_of).transpose()?)
    }

    /// Puts an organisation on the unassigned list.
    pub async fn insert_assignment(&self, assignment: &BoardAssignment) -> Result<(), Stop> {
        let row = assignment_row(assignment).into_active_model().reset_all();
        board_assignment::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed place, unless somebody else changed it since it was read.
    pub async fn update_assignment(&self, assignment: &BoardAssignment) -> Result<(), Stop> {
        let done = board_assignment::Entity::update_many()
            .set(assignment_row(assignment).into_active_model().reset_all())
            .filter(board_assignment::Column::Id.eq(assignment.id))
            .filter(board_assignment::Column::Version.eq(assignment.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }
}

/// The end is open or lies after `on`.
fn ends_after(valid_to: impl ColumnTrait, on: NaiveDate) -> Condition {
    Condition::any().add(valid_to.is_null()).add(valid_to.gt(on))
}

fn organisation_of(row: organisation::Model) -> Result<Organisation, DbFault> {
    let organisation::Model {
        id,
        name,
        short_name,
        kind,
        status,
        reference_only,
        delivers,
        employs,
        parent_id,
        address,
        postcode,
        opened_on,
        closed_on,
        closure_reason,
        created_at,
        updated_at,
        version,
    } = row;
    Ok(Organisation {
        id,
        name,
        short_name,
        kind: Kind::from_code(&kind).ok_or_else(|| DbFault::unreadable("organisation.kind"))?,
        status: Status::from_code(&status)
            .ok_or_else(|| DbFault::unreadable("organisation.status"))?,
        reference_only,
        delivers,
        employs,
        parent_id,
        address,
        postcode,
        opened_on,
        closed_on,
        closure_reason,
        created_at,
        updated_at,
        version,
    })
}

fn row_of(organisation: &Organisation) -> organisation::Model {
    let Organisation {
        id,
        name,
        short_name,
        kind,
        status,
        reference_only,
        delivers,
        employs,
        parent_id,
        address,
        postcode,
        opened_on,
        closed_on,
        closure_reason,
        created_at,
        updated_at,
        version,
    } = organisation.clone();
    organisation::Model {
        id,
        name,
        short_name,
        kind: kind.code().to_owned(),
        status: status.code().to_owned(),
        reference_only,
        delivers,
        employs,
        parent_id,
        address,
        postcode,
        opened_on,
        closed_on,
        closure_reason,
        created_at,
        updated_at,
        version,
    }
}

fn identifier_of(row: organisation_identifier::Model) -> Result<Identifier, DbFault> {
    let organisation_identifier::Model {
        id: _,
        organisation_id: _,
        scheme,
        value,
        valid_from,
        valid_to,
        verified_at,
        verified_by,
    } = row;
    Ok(Identifier {
        scheme: IdentifierScheme::from_code(&scheme)
            .ok_or_else(|| DbFault::unreadable("organisation_identifier.scheme"))?,
        value,
        period: period(valid_from, valid_to)?,
        verified: verified_at.zip(verified_by),
    })
}

fn assignment_of(row: board_assignment::Model) -> Result<BoardAssignment, DbFault> {
    let board_assignment::Model {
        id,
        organisation_id,
        previous_board_id,
        since,
        status,
        assigned_board_id,
        created_at,
        version,
    } = row;
    Ok(BoardAssignment {
        id,
        organisation_id,
        previous_board_id,
        since,
        status: AssignmentStatus::from_code(&status)
            .ok_or_else(|| DbFault::unreadable("board_assignment.status"))?,
        assigned_board_id,
        created_at,
        version,
    })
}

fn assignment_row(assignment: &BoardAssignment) -> board_assignment::Model {
    let BoardAssignment {
        id,
        organisation_id,
        previous_board_id,
        since,
        status,
        assigned_board_id,
        created_at,
        version,
    } = assignment.clone();
    board_assignment::Model {
        id,
        organisation_id,
        previous_board_id,
        since,
        status: status.code().to_owned(),
        assigned_board_id,
        created_at,
        version,
    }
}

fn period(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Period, DbFault> {
    Period::new(from, to).map_err(|_| DbFault::unreadable("a period"))
}
