//! How somebody attended a session, as it was recorded once.

use sea_orm::entity::prelude::*;

/// A row of `attendance_record`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub course_id: Uuid,
    pub session_id: Uuid,
    pub status: String,
    pub minutes: i32,
    pub source: String,
    pub recorded_by: Option<Uuid>,
    pub recorded_at: DateTimeUtc,
    pub amends_id: Option<Uuid>,
    pub reason: Option<String>,
    pub replaced_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
