//! A decision that a course goes on though its licence does not cover it.

use sea_orm::entity::prelude::*;

/// A row of `course_teach_out`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_teach_out")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub until: Date,
    pub receiving_id: Option<Uuid>,
    pub reason: String,
    pub approved_by: Uuid,
    pub approved_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
