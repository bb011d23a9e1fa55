//! What a trainee handed in, and what was found.

use sea_orm::entity::prelude::*;

/// A row of `assignment_attempt`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub course_id: Uuid,
    pub number: i32,
    pub record_id: Option<Uuid>,
    pub submitted_at: DateTimeUtc,
    pub late: bool,
    pub state: String,
    pub outcome: Option<String>,
    pub marker_id: Option<Uuid>,
    pub marked_at: Option<DateTimeUtc>,
    pub feedback_id: Option<Uuid>,
    pub moderator_id: Option<Uuid>,
    pub confirmed_at: Option<DateTimeUtc>,
    pub version: i32,
    pub kept_back: bool,
}

impl ActiveModelBehavior for ActiveModel {}
