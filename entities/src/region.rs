//! An NHS England region.

use sea_orm::entity::prelude::*;

/// A row of `region`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "region")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub ods_code: String,
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
