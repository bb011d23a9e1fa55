//! A file that is to be deleted from the file store.

use sea_orm::entity::prelude::*;

/// A row of `file_removal`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "file_removal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Uuid,
    pub organisation_id: Uuid,
    pub requested_at: DateTimeUtc,
    pub due_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
