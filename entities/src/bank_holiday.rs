//! A bank holiday in England.

use sea_orm::entity::prelude::*;

/// A row of `bank_holiday`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_holiday")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub day: Date,
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
