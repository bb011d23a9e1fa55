//! Which item of a framework a unit of a curriculum teaches.

use sea_orm::entity::prelude::*;

/// A row of `competence_link`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "competence_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub curriculum_id: Uuid,
    pub framework_id: Uuid,
    pub verified: bool,
}

impl ActiveModelBehavior for ActiveModel {}
