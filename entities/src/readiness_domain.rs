//! A domain of an instrument.

use sea_orm::entity::prelude::*;

/// A row of `readiness_domain`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_domain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub instrument_id: Uuid,
    pub place: i32,
    pub code: String,
    pub title: String,
    pub weight: i32,
}

impl ActiveModelBehavior for ActiveModel {}
