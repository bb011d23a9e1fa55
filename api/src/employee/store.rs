//! Rows of links to employees.

use entities::employee_link::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::model::Link;
use crate::command::{Stop, Unit};
use crate::refusal::Refusal;

/// The rows that the transaction's Scope lets it see and change.
pub struct Links<'a> {
    unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Links<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The links of an organisation that hold for a reference or a person, locked.
    pub async fn lock_open(
        &self,
        organisation: Uuid,
        (external_ref, person): (&str, Uuid),
    ) -> Result<Vec<Link>, Stop> {
        let either = Column::ExternalRef.eq(external_ref).or(Column::PersonId.eq(person));
        let rows = Entity::find()
            .filter(Column::OrganisationId.eq(organisation))
            .filter(Column::ValidTo.is_null())
            .filter(either)
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(link_of).collect())
    }

    /// The links that hold for references of an organisation.
    pub async fn of_refs(&self, organisation: Uuid, refs: &[String]) -> Result<Vec<Link>, Stop> {
        let rows = Entity::find()
            .filter(Column::OrganisationId.eq(organisation))
            .filter(Column::ValidTo.is_null())
            .filter(Column::ExternalRef.is_in(refs))
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(link_of).collect())
    }

    /// The links that hold for a person, locked.
    pub async fn lock_person(&self, person: Uuid) -> Result<Vec<Link>, Stop> {
        let rows = Entity::find()
            .filter(Column::PersonId.eq(person))
            .filter(Column::ValidTo.is_null())
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(link_of).collect())
    }

    /// Ends the links of a person who is erased, and lets go of the references, former ones too: they lead to somebody.
    pub async fn erase(&self, person: Uuid) -> Result<(), Stop> {
        let ended =
            Func::coalesce([Column::ValidTo.into_simple_expr(), Expr::value(self.unit.today())]);
        Entity::update_many()
            .col_expr(Column::ExternalRef, Expr::value("erased"))
            .col_expr(Column::ValidTo, ended.into())
            .filter(Column::PersonId.eq(person))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Saves a new link.
    pub async fn insert(&self, new: &Link) -> Result<(), Stop> {
        let row = row_of(new).into_active_model().reset_all();
        Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed link as its next version.
    pub async fn update(&self, changed: &Link) -> Result<(), Stop> {
        let done = Entity::update_many()
            .set(row_of(changed).into_active_model().reset_all())
            .filter(Column::Id.eq(changed.id))
            .filter(Column::Version.eq(changed.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }
}

fn link_of(row: Model) -> Link {
    let Model { id, organisation_id, external_ref, person_id, valid_from, valid_to, .. } = row;
    let (created_at, version) = (row.created_at, row.version);
    Link { id, organisation_id, external_ref, person_id, valid_from, valid_to, created_at, version }
}

fn row_of(of: &Link) -> Model {
    Model {
        id: of.id,
        organisation_id: of.organisation_id,
        external_ref: of.external_ref.clone(),
        person_id: of.person_id,
        valid_from: of.valid_from,
        valid_to: of.valid_to,
        created_at: of.created_at,
        version: of.version,
    }
}
