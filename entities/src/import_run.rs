//! One reading of a published file.

use sea_orm::entity::prelude::*;

/// A row of `import_run`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub file_hash: String,
    pub at: DateTimeUtc,
    pub account_id: Option<Uuid>,
    pub rows_read: i32,
    pub created: i32,
    pub unchanged: i32,
    pub proposed: i32,
    pub unassigned: i32,
    pub closed: i32,
    pub out_of_scope: i32,
}

impl ActiveModelBehavior for ActiveModel {}
