//! A session that somebody makes up.

use sea_orm::entity::prelude::*;

/// A row of `make_up`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "make_up")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub course_id: Uuid,
    pub session_id: Uuid,
    pub state: String,
    pub done_on: Option<Date>,
    pub how: Option<String>,
    pub created_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
