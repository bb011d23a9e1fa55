//! What became of one row of such a list.

use sea_orm::entity::prelude::*;

/// A row of `enrolment_import_row`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_import_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub import_id: Uuid,
    pub number: i32,
    pub outcome: String,
    pub enrolment_id: Option<Uuid>,
    pub code: Option<String>,
    pub field: Option<String>,
    pub message: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
