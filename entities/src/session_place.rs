//! Where a session meets.

use sea_orm::entity::prelude::*;

/// A row of `session_place`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_place")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub session_id: Uuid,
    pub venue: Option<String>,
    pub join_url: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
