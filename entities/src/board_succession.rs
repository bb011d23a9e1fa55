//! Which integrated care board followed which.

use sea_orm::entity::prelude::*;

/// A row of `board_succession`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "board_succession")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub predecessor_id: Uuid,
    pub successor_id: Uuid,
    pub effective_on: Date,
    pub kind: String,
}

impl ActiveModelBehavior for ActiveModel {}
