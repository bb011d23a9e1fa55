//! Who had a hand in an assessment, and which.

use sea_orm::entity::prelude::*;

/// A row of `readiness_hand`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_hand")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub account_id: Uuid,
    pub part: String,
}

impl ActiveModelBehavior for ActiveModel {}
