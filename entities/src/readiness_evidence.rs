//! A file that shows what an assessment says.

use sea_orm::entity::prelude::*;

/// A row of `readiness_evidence`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub indicator_id: Uuid,
    pub title: String,
    pub file_key: Uuid,
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i32,
    pub sha256: String,
    pub added_at: DateTimeUtc,
    pub removed_on: Option<Date>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
