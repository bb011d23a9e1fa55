//! A reason to assess again.

use sea_orm::entity::prelude::*;

/// A row of `readiness_due`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_due")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub reason: String,
    pub raised_on: Date,
    pub due_on: Date,
    pub settled_on: Option<Date>,
    pub settled_by_id: Option<Uuid>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
