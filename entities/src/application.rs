//! An application of a person for a course.

use sea_orm::entity::prelude::*;

/// A row of `application`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub person_id: Option<Uuid>,
    pub interest_id: Option<Uuid>,
    pub state: String,
    pub experience: Option<String>,
    pub employment: Option<String>,
    pub employer_id: Option<Uuid>,
    pub prior_training: Option<String>,
    pub source: Option<String>,
    pub has_experience: bool,
    pub wishes_to_support: bool,
    pub communicates: bool,
    pub motivation_id: Option<Uuid>,
    pub support_needs_id: Option<Uuid>,
    pub submitted_at: Option<DateTimeUtc>,
    pub waitlisted_at: Option<DateTimeUtc>,
    pub waiting_position: Option<i32>,
    pub offered_at: Option<DateTimeUtc>,
    pub offer_until: Option<Date>,
    pub terms_version: Option<String>,
    pub decline_reason: Option<String>,
    pub assessor_id: Option<Uuid>,
    pub assessor_person_id: Option<Uuid>,
    pub second_assessor_id: Option<Uuid>,
    pub ended_at: Option<DateTimeUtc>,
    pub erased_on: Option<Date>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
