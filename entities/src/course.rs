//! A course.

use sea_orm::entity::prelude::*;

/// A row of `course`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub coded_by_id: Uuid,
    pub host_id: Option<Uuid>,
    pub programme_version_id: Uuid,
    pub programme_type: String,
    pub licence_id: Option<Uuid>,
    pub licence_holder_id: Option<Uuid>,
    pub lead_trainer_id: Option<Uuid>,
    pub code: String,
    pub mode: String,
    pub introductory: bool,
    pub postcode_area: Option<String>,
    pub start_on: Date,
    pub end_on: Date,
    pub capacity_min: i32,
    pub capacity_max: i32,
    pub places_taken: i32,
    pub places_reserved: i32,
    pub state: String,
    pub return_reason: Option<String>,
    pub cancel_reason: Option<String>,
    pub opened_at: Option<DateTimeUtc>,
    pub ended_on: Option<Date>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
