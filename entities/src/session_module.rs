//! A module that a session teaches.

use sea_orm::entity::prelude::*;

/// A row of `session_module`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_module")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub session_id: Uuid,
    pub version_id: Uuid,
    pub module_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
