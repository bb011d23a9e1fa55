//! Other terms of a licence, for a period.

use sea_orm::entity::prelude::*;

/// A row of `licence_variation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "licence_variation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub licence_id: Uuid,
    pub decision_id: Uuid,
    pub tier: Option<String>,
    pub max_concurrent_courses: Option<i32>,
    pub max_trainees_per_course: Option<i32>,
    pub valid_from: Date,
    pub valid_to: Date,
}

impl ActiveModelBehavior for ActiveModel {}
