//! When somebody was supervised, without what was said.

use sea_orm::entity::prelude::*;

/// A row of `supervision_log`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supervision_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub supervisor_id: Uuid,
    pub held_on: Date,
    pub minutes: i32,
    pub kind: String,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
