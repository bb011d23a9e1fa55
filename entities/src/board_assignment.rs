//! An organisation whose board was split and whose new board a person has to choose.

use sea_orm::entity::prelude::*;

/// A row of `board_assignment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "board_assignment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub previous_board_id: Uuid,
    pub since: Date,
    pub status: String,
    pub assigned_board_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
