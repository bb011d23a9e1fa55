//! One record that is due.

use sea_orm::entity::prelude::*;

/// A row of `retention_item`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub proposal_id: Uuid,
    pub record_id: Uuid,
    pub record: String,
    pub person_id: Option<Uuid>,
    pub organisation_id: Option<Uuid>,
    pub outcome: String,
}

impl ActiveModelBehavior for ActiveModel {}
