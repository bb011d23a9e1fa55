//! What somebody told who might apply for a course.

use sea_orm::entity::prelude::*;

/// A row of `course_interest`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_interest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Option<Uuid>,
    pub course_id: Option<Uuid>,
    pub programme_type: String,
    pub postcode_area: Option<String>,
    pub name: String,
    pub email: String,
    pub token_sha256: String,
    pub registered_at: DateTimeUtc,
    pub confirmed_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
