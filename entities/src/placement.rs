//! Where a trainee sees or does the work.

use sea_orm::entity::prelude::*;

/// A row of `placement`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "placement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub course_id: Uuid,
    pub host_id: Uuid,
    pub supervisor_id: Option<Uuid>,
    pub kind: String,
    pub planned_minutes: i32,
    pub logged_minutes: i32,
    pub state: String,
    pub created_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
