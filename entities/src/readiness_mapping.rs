//! An indicator that follows one of an earlier version.

use sea_orm::entity::prelude::*;

/// A row of `readiness_mapping`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_mapping")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub instrument_id: Uuid,
    pub indicator_id: Uuid,
    pub earlier_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
