//! Lists that were read in, and what trainees tick off.

use entities::{enrolment_import, enrolment_import_row, module_preparation};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use uuid::Uuid;

use super::Enrolments;
use crate::command::Unit;
use crate::db::DbFault;
use crate::enrolment::importing::{Import, Told};
use crate::enrolment::preparation::{Preparation, PreparationKind};
use crate::refusal::Refusal;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Enrolments<'_> {
    /// Saves a list with what became of its rows.
    pub async fn insert_import(
        &self,
        unit: &Unit,
        new: &Import,
        told: &[Told],
    ) -> Result<(), DbFault> {
        let import = enrolment_import::Model {
            id: new.id,
            organisation_id: new.organisation_id,
            course_id: new.course_id,
            partial: new.partial,
            placed: new.placed,
            held: new.held,
            refused: new.refused,
            made_by: new.made_by,
            made_at: new.made_at,
        };
        let row = import.into_active_model().reset_all();
        enrolment_import::Entity::insert(row).exec_without_returning(self.tx).await?;
        let rows = told.iter().map(|row| {
            let refusal = row.result.as_ref().err();
            let model = enrolment_import_row::Model {
                id: unit.id(),
                organisation_id: new.organisation_id,
                import_id: new.id,
                number: row.number,
                outcome: row.outcome().code().to_owned(),
                enrolment_id: row.result.as_ref().ok().map(|(id, _)| *id),
                code: refusal.map(|refusal| refusal.code.text().to_owned()),
                field: refusal.map(Refusal::field),
                message: refusal.map(|refusal| refusal.message.clone()),
            };
            model.into_active_model().reset_all()
        });
        enrolment_import_row::Entity::insert_many(rows).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// What was ticked off for a module.
    pub async fn preparation(
        &self,
        enrolment: Uuid,
        module: Uuid,
        kind: PreparationKind,
    ) -> Result<Option<Preparation>, DbFault> {
        use module_preparation::{Column, Entity};
        let row = Entity::find()
            .filter(Column::EnrolmentId.eq(enrolment))
            .filter(Column::ModuleId.eq(module))
            .filter(Column::Kind.eq(kind.code()))
            .one(self.tx)
            .await?;
        Ok(row.map(|row| Preparation {
            id: row.id,
            organisation_id: row.organisation_id,
            enrolment_id: row.enrolment_id,
            module_id: row.module_id,
            kind,
            done_on: row.done_on,
            version: 1,
        }))
    }

    /// Ticks something off.
    pub async fn insert_preparation(&self, new: &Preparation) -> Result<(), DbFault> {
        let row = module_preparation::Model {
            id: new.id,
            organisation_id: new.organisation_id,
            enrolment_id: new.enrolment_id,
            module_id: new.module_id,
            kind: new.kind.code().to_owned(),
            done_on: new.done_on,
        };
        let row = row.into_active_model().reset_all();
        module_preparation::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Takes that back.
    pub async fn delete_preparation(&self, id: Uuid) -> Result<(), DbFault> {
        module_preparation::Entity::delete_by_id(id).exec(self.tx).await?;
        Ok(())
    }
}
