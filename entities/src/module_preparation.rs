//! What a trainee prepared or read for a module.

use sea_orm::entity::prelude::*;

/// A row of `module_preparation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "module_preparation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub module_id: Uuid,
    pub kind: String,
    pub done_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
