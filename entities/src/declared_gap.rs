//! A core competence that a version says it does not cover.

use sea_orm::entity::prelude::*;

/// A row of `declared_gap`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "declared_gap")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub competence_id: Uuid,
    pub reason: String,
}

impl ActiveModelBehavior for ActiveModel {}
