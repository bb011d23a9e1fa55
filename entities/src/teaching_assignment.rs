//! What a trainer does at a session.

use sea_orm::entity::prelude::*;

/// A row of `teaching_assignment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "teaching_assignment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub session_id: Uuid,
    pub trainer_id: Uuid,
    pub part: String,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub released_at: Option<DateTimeUtc>,
    pub booked: bool,
}

impl ActiveModelBehavior for ActiveModel {}
