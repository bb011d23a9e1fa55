//! What keeps data of a person or organisation past their time.

use sea_orm::entity::prelude::*;

/// A row of `retention_hold`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub class: Option<String>,
    pub person_id: Option<Uuid>,
    pub organisation_id: Option<Uuid>,
    pub reason: String,
    pub until: Option<Date>,
    pub placed_by: Uuid,
    pub placed_at: DateTimeUtc,
    pub lifted_at: Option<DateTimeUtc>,
    pub lift_reason: Option<String>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
