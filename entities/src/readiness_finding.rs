//! A rule that an assessment does not meet.

use sea_orm::entity::prelude::*;

/// A row of `readiness_finding`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_finding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub place: i32,
    pub outcome: String,
    pub rule: String,
    pub domain_id: Option<Uuid>,
    pub indicator_id: Option<Uuid>,
    pub needed: Option<i32>,
    pub found: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
