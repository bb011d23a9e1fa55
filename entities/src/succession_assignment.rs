//! A course or trainer whose organisation ended, and the successor that took it over.

use sea_orm::entity::prelude::*;

/// A row of `succession_assignment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "succession_assignment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub kind: String,
    pub course_id: Option<Uuid>,
    pub trainer_id: Option<Uuid>,
    pub effective_on: Date,
    pub successor_id: Option<Uuid>,
    pub assigned_on: Option<Date>,
    pub created_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
