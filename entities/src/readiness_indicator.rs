//! An indicator of a domain.

use sea_orm::entity::prelude::*;

/// A row of `readiness_indicator`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_indicator")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub instrument_id: Uuid,
    pub domain_id: Uuid,
    pub place: i32,
    pub code: String,
    pub prompt: String,
    pub anchor_0: String,
    pub anchor_1: String,
    pub anchor_2: String,
    pub anchor_3: String,
    pub critical: bool,
    pub not_applicable_allowed: bool,
    pub evidence_from: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
