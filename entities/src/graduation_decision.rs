//! What was decided of somebody at the end of a course.

use sea_orm::entity::prelude::*;

/// A row of `graduation_decision`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "graduation_decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub course_id: Uuid,
    pub outcome: String,
    pub found: String,
    pub snapshot: String,
    pub override_reason: Option<String>,
    pub decided_by: Uuid,
    pub decided_person_id: Option<Uuid>,
    pub decided_at: DateTimeUtc,
    pub decided_on: Date,
    pub reopened_at: Option<DateTimeUtc>,
    pub reopen_reason: Option<String>,
    pub told_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
