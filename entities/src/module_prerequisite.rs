//! A module that comes before another.

use sea_orm::entity::prelude::*;

/// A row of `module_prerequisite`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "module_prerequisite")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub module_id: Uuid,
    pub requires_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
