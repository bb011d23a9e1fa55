//! A licence, from its draft on.

use sea_orm::entity::prelude::*;

/// A row of `licence`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "licence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub number: Option<String>,
    pub tier: String,
    pub approves_own_courses: bool,
    pub max_concurrent_courses: Option<i32>,
    pub max_trainees_per_course: Option<i32>,
    pub state: String,
    pub renews_id: Option<Uuid>,
    pub bridging: bool,
    pub readiness_outcome: Option<String>,
    pub readiness_validated_on: Option<Date>,
    pub readiness_instrument: Option<String>,
    pub readiness_assessment_id: Option<Uuid>,
    pub submitted_on: Option<Date>,
    pub submitted_by: Option<Uuid>,
    pub decided_on: Option<Date>,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub expiring_from: Option<Date>,
    pub grace_to: Option<Date>,
    pub renewal_from: Option<Date>,
    pub renewal_to: Option<Date>,
    pub suspended_on: Option<Date>,
    pub ended_on: Option<Date>,
    pub public_reason: Option<String>,
    pub teach_out_plan: Option<String>,
    pub succeeded_by_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
