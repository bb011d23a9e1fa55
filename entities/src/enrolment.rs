//! A person on a course.

use sea_orm::entity::prelude::*;

/// A row of `enrolment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub person_id: Option<Uuid>,
    pub programme_type: String,
    pub origin_id: Option<Uuid>,
    pub application_id: Option<Uuid>,
    pub sponsor_id: Option<Uuid>,
    pub funding_basis: String,
    pub supervisor_id: Option<Uuid>,
    pub tutor_id: Option<Uuid>,
    pub state: String,
    pub enrolled_from: Date,
    pub enrolled_to: Option<Date>,
    pub withdrawal_reason: Option<String>,
    pub withdrawal_initiator: Option<String>,
    pub resolution: Option<String>,
    pub erased_on: Option<Date>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
