//! A score given by the reviewer.

use sea_orm::entity::prelude::*;

/// A row of `readiness_validation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_validation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub indicator_id: Uuid,
    pub score: Option<i32>,
    pub comment: Option<String>,
    pub scored_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
