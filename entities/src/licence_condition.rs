//! A condition of a licence.

use sea_orm::entity::prelude::*;

/// A row of `licence_condition`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "licence_condition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub licence_id: Uuid,
    pub text: String,
    pub due_on: Date,
    pub state: String,
    pub settled_on: Option<Date>,
    pub settled_reason: Option<String>,
    pub settled_by: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
