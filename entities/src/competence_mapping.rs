//! A competence that a module covers.

use sea_orm::entity::prelude::*;

/// A row of `competence_mapping`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "competence_mapping")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub module_id: Uuid,
    pub competence_id: Uuid,
    pub depth: String,
}

impl ActiveModelBehavior for ActiveModel {}
