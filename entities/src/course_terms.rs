//! What deliverer and host agreed about a course.

use sea_orm::entity::prelude::*;

/// A row of `course_terms`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_terms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub co_delivery_terms: String,
}

impl ActiveModelBehavior for ActiveModel {}
