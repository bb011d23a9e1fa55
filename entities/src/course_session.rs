//! A teaching day of a course.

use sea_orm::entity::prelude::*;

/// A row of `course_session`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub day: Date,
    pub start_time: String,
    pub end_time: String,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub counts_as_day: bool,
    pub planned_minutes: i32,
    pub state: String,
    pub credit: Option<String>,
    pub reason: Option<String>,
    pub replaces_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
