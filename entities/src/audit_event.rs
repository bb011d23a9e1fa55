//! One change, sealed into its chain.

use sea_orm::entity::prelude::*;

/// A row of `audit_event`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub chain: Uuid,
    pub seq: i64,
    pub at: DateTimeUtc,
    pub account_id: Option<Uuid>,
    pub acting_as: String,
    pub action: String,
    pub entity_type: String,
    pub entity_id: Uuid,
    pub entity_version: i32,
    pub fields: String,
    pub before_hash: Option<String>,
    pub after_hash: Option<String>,
    pub reason: Option<String>,
    pub request_id: String,
    pub previous_hash: String,
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
