//! The last number that an organisation gave to a course of a series.

use sea_orm::entity::prelude::*;

/// A row of `course_counter`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_counter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub series: String,
    pub last_number: i32,
}

impl ActiveModelBehavior for ActiveModel {}
