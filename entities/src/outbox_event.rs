//! A fact to be told to the outside, written with the change it speaks of.

use sea_orm::entity::prelude::*;

/// A row of `outbox_event`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub chain: Uuid,
    pub at: DateTimeUtc,
    pub kind: String,
    pub entity_type: String,
    pub entity_id: Uuid,
    pub entity_version: i32,
    pub attempts: i32,
    pub delivered_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
