//! An answer of a rater.

use sea_orm::entity::prelude::*;

/// A row of `readiness_answer`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_answer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub rater_id: Uuid,
    pub indicator_id: Uuid,
    pub score: Option<i32>,
    pub note: Option<String>,
    pub answered_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
