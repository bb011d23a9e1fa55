//! A curriculum of a programme.

use sea_orm::entity::prelude::*;

/// A row of `programme_version`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub programme_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub number: String,
    pub precedence: i32,
    pub state: String,
    pub effective_from: Option<Date>,
    pub last_start_date: Option<Date>,
    pub weeks: Option<i32>,
    pub taught_days: Option<i32>,
    pub taught_minutes: Option<i32>,
    pub aligned_to_id: Option<Uuid>,
    pub source: Option<String>,
    pub attendance_basis: Option<String>,
    pub attendance_threshold: Option<i32>,
    pub day_counts_at: Option<i32>,
    pub max_missed_days: Option<i32>,
    pub make_up_allowed: Option<bool>,
    pub make_up_max_days: Option<i32>,
    pub assignment_required: Option<bool>,
    pub placement_required: Option<bool>,
    pub placement_min_minutes: Option<i32>,
    pub completion_without_accreditation: Option<bool>,
    pub content_hash: Option<String>,
    pub published_at: Option<DateTimeUtc>,
    pub retired_at: Option<DateTimeUtc>,
    pub retirement_reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
