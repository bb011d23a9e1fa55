//! A competence of a set, or a domain above it.

use sea_orm::entity::prelude::*;

/// A row of `competence_item`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "competence_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub set_id: Uuid,
    pub code: String,
    pub parent_id: Option<Uuid>,
    pub label: String,
    pub core: bool,
    pub verified: bool,
}

impl ActiveModelBehavior for ActiveModel {}
