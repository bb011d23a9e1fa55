//! A trainer who teaches, or taught, on a course.

use sea_orm::entity::prelude::*;

/// A row of `course_trainer`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_trainer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub trainer_id: Uuid,
    pub person_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
