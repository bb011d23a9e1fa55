//! The key of a person, under which that person's texts in the vault lie, wrapped by a master key.

use sea_orm::entity::prelude::*;

/// A row of `vault_key`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vault_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub master: String,
    pub wrapped: Option<Vec<u8>>,
    pub created_at: DateTimeUtc,
    pub destroyed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
