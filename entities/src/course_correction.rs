//! What a closed course says wrongly, and what is right.

use sea_orm::entity::prelude::*;

/// A row of `course_correction`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_correction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub concerns: String,
    pub correction: String,
    pub reason: String,
    pub corrected_by: Uuid,
    pub corrected_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
