//! The organisation that delivers a course for a period.

use sea_orm::entity::prelude::*;

/// A row of `course_deliverer`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_deliverer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub course_id: Uuid,
    pub organisation_id: Uuid,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub start_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
