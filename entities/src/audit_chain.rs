//! Head of one hash chain: an organisation's, or the nation's under the nil identifier.

use sea_orm::entity::prelude::*;

/// A row of `audit_chain`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub last_seq: i64,
    pub last_hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
