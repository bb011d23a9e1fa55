//! An action of a plan.

use sea_orm::entity::prelude::*;

/// A row of `readiness_action`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_action")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub indicator_id: Option<Uuid>,
    pub text: String,
    pub owner_title: String,
    pub owner_id: Option<Uuid>,
    pub due_on: Date,
    pub state: String,
    pub progress: i32,
    pub note: Option<String>,
    pub evidence_id: Option<Uuid>,
    pub settled_on: Option<Date>,
    pub reminded_on: Option<Date>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
