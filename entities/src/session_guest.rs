//! A guest who contributes to a session.

use sea_orm::entity::prelude::*;

/// A row of `session_guest`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_guest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub session_id: Uuid,
    pub name: String,
    pub contribution: String,
}

impl ActiveModelBehavior for ActiveModel {}
