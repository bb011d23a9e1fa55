//! How long a class of data is kept, and what then.

use sea_orm::entity::prelude::*;

/// A row of `retention_rule`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub class: String,
    pub months: Option<i32>,
    pub outcome: String,
    pub proposed: bool,
    pub reason: Option<String>,
    pub changed_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
