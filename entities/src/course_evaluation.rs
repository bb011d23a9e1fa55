//! What trainees answered about a course, in sum.

use sea_orm::entity::prelude::*;

/// A row of `course_evaluation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_evaluation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub questionnaire_id: Uuid,
    pub answers: i32,
    pub master: String,
    pub wrapped: Vec<u8>,
    pub texts: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
