//! Differences between a published file and the register: made by imports, decided by a person.

use chrono::{DateTime, NaiveDate, Utc};
use entities::change_proposal::{self, Column};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait, EntityTrait, IntoActiveModel as _, QueryFilter,
    QuerySelect as _,
};
use serde::Serialize;
use uuid::Uuid;

use crate::actor::Permission;
use crate::audit::{Audited, Change};
use crate::coded;
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::organisation::service::{self, Amendment, Changed};
use crate::organisation::store::Organisations;
use crate::refusal::{Code, Refusal};

coded! {
    /// What a proposal would change.
    Field {
        /// The legal name.
        Name = "NAME",
        /// The address.
        Address = "ADDRESS",
        /// The postcode.
        Postcode = "POSTCODE",
        /// The host board.
        Board = "BOARD",
        /// The region.
        Region = "REGION",
        /// The first day of the organisation.
        OpenedOn = "OPENED_ON",
        /// The day from which it is closed.
        ClosedOn = "CLOSED_ON",
    }
}

coded! {
    /// Where a proposal stands.
    Status {
        /// A person has to decide.
        Open = "OPEN",
        /// The register was changed.
        Accepted = "ACCEPTED",
        /// The register stays as it is.
        Rejected = "REJECTED",
    }
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Identifier.
    pub id: Uuid,
    /// The organisation.
    pub organisation_id: Uuid,
    /// Where the proposed value comes from.
    pub source: String,
    /// What would change.
    pub field: Field,
    /// The value in the register.
    pub current_value: Option<String>,
    /// The value in the file.
    pub proposed_value: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Audited for Proposal {
    const TYPE: &'static str = "change_proposal";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// A difference between file and register.
pub struct Difference {
    /// The organisation.
    pub organisation_id: Uuid,
    /// Where the proposed value comes from.
    pub source: &'static str,
    /// What differs.
    pub field: Field,
    /// The value in the register.
    pub now: Option<String>,
    /// The value in the file.
    pub file: Option<String>,
}

/// Makes a proposal, unless the same one was made before, decided or not.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "proposals of the organisation at hand")]
pub async fn save_once(unit: &Unit, difference: Difference, acting_as: &str) -> Result<(), Stop> {
    let Difference { organisation_id, source, field, now, file } = difference;
    let made = change_proposal::Entity::find()
        .filter(Column::OrganisationId.eq(organisation_id))
        .filter(Column::Field.eq(field.code()))
        .all(unit.tx())
        .await?
        .into_iter()
        .any(|proposal| proposal.proposed_value == file && proposal.current_value == now);
    if made {
        return Ok(());
    }
    let proposal = Proposal {
        id: unit.id(),
        organisation_id,
        source: source.to_owned(),
        field,
        current_value: now,
        proposed_value: file,
        status: Status::Open,
        created_at: unit.now(),
        decided_at: None,
        version: 1,
    };
    let row = row_of(&proposal).into_active_model().reset_all();
    change_proposal::Entity::insert(row).exec_without_returning(unit.tx()).await?;
    let acting_as = acting_as.to_owned();
    unit.record(Change::of("organisation.change_proposed", None, &proposal, &[], acting_as, None));
    Ok(())
}

/// Accepts a proposal, which changes the register, or rejects it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn decide(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    accept: bool,
) -> Result<Changed, Stop> {
    let acting_as = unit
        .actor()
        .acting_nationally(Permission::DecideProposals)
        .ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    // The organisation is locked first: locks are taken in one order.
    let organisation_id = find(unit, id).await?.organisation_id;
    Organisations::of(unit).lock(organisation_id).await?;
    let before = lock(unit, id).await?;
    if before.version != expected_version {
        return Err(Refusal::stale().into());
    }
    if before.status != Status::Open {
        return Err(Refusal::whole(Code::Conflict).into());
    }
    let mut changed = Changed { id: before.organisation_id, impact: Vec::new() };
    if accept {
        changed = apply(unit, &before).await?;
    }
    let after = Proposal {
        status: if accept { Status::Accepted } else { Status::Rejected },
        decided_at: Some(unit.now()),
        version: before.version + 1,
        ..before.clone()
    };
    save(unit, &after).await?;
    let action =
        if accept { "organisation.change_accepted" } else { "organisation.change_rejected" };
    unit.record(Change::of(action, Some(&before), &after, &[], acting_as, None));
    Ok(changed)
}

/// Changes the register as the proposal says, through the organisation's own use cases.
async fn apply(unit: &Unit, proposal: &Proposal) -> Result<Changed, Stop> {
    let id = proposal.organisation_id;
    let organisation = Organisations::of(unit)
        .lock(id)
        .await?
        .ok_or_else(|| Stop::from(Refusal::whole(Code::NotFound)))?;
    let (version, value) = (organisation.version, proposal.proposed_value.clone());
    let day = || value.as_deref().and_then(|text| text.parse::<NaiveDate>().ok());
    match (proposal.field, value.clone()) {
        (Field::Name, Some(name)) => service::rename(unit, id, version, name, unit.today()).await,
        (Field::Address, address) => {
            service::amend(unit, id, version, Amendment::Address(address)).await
        }
        (Field::Postcode, postcode) => {
            service::amend(unit, id, version, Amendment::Postcode(postcode)).await
        }
        (Field::OpenedOn, _) => service::amend(unit, id, version, Amendment::OpenedOn(day())).await,
        (Field::ClosedOn, Some(_)) if day().is_some() => {
            let on = day().unwrap_or_default();
            service::close(unit, id, version, on, "published as closed".to_owned()).await
        }
        (Field::Name | Field::ClosedOn | Field::Board | Field::Region, _) => {
            let message = "this one cannot be accepted as it stands: change the organisation with \
                           the mutation for it, then reject the proposal";
            Err(Refusal::at(Code::Invalid, "accept", message).into())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the proposal that the caller names")]
async fn find(unit: &Unit, id: Uuid) -> Result<Proposal, Stop> {
    found(change_proposal::Entity::find_by_id(id).one(unit.tx()).await?)
}

#[expect(clippy::disallowed_methods, reason = "the proposal that the caller names")]
async fn lock(unit: &Unit, id: Uuid) -> Result<Proposal, Stop> {
    let row = change_proposal::Entity::find_by_id(id).lock(LockType::Update).one(unit.tx()).await?;
    found(row)
}

fn found(row: Option<change_proposal::Model>) -> Result<Proposal, Stop> {
    match row {
        Some(row) => Ok(proposal_of(row)?),
        None => Err(Refusal::whole(Code::NotFound).into()),
    }
}

async fn save(unit: &Unit, proposal: &Proposal) -> Result<(), Stop> {
    let done = change_proposal::Entity::update_many()
        .set(row_of(proposal).into_active_model().reset_all())
        .filter(Column::Id.eq(proposal.id))
        .filter(Column::Version.eq(proposal.version - 1))
        .exec(unit.tx())
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
}

fn row_of(proposal: &Proposal) -> change_proposal::Model {
    let Proposal {
        id,
        organisation_id,
        source,
        field,
        current_value,
        proposed_value,
        status,
        created_at,
        decided_at,
        version,
    } = proposal.clone();
    change_proposal::Model {
        id,
        organisation_id,
        source,
        field: field.code().to_owned(),
        current_value,
        proposed_value,
        status: status.code().to_owned(),
        created_at,
        decided_at,
        version,
    }
}

fn proposal_of(row: change_proposal::Model) -> Result<Proposal, DbFault> {
    let change_proposal::Model {
        id,
        organisation_id,
        source,
        field,
        current_value,
        proposed_value,
        status,
        created_at,
        decided_at,
        version,
    } = row;
    let unreadable = || DbFault::unreadable("change_proposal");
    Ok(Proposal {
        id,
        organisation_id,
        source,
        field: Field::from_code(&field).ok_or_else(unreadable)?,
        current_value,
        proposed_value,
        status: Status::from_code(&status).ok_or_else(unreadable)?,
        created_at,
        decided_at,
        version,
    })
}
