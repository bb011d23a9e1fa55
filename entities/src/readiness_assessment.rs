//! An assessment of an organisation.

use sea_orm::entity::prelude::*;

/// A row of `readiness_assessment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_assessment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub instrument_id: Uuid,
    pub state: String,
    pub started_by: Option<Uuid>,
    pub started_on: Date,
    pub submitted_by: Option<Uuid>,
    pub submitted_on: Option<Date>,
    pub reviewer_id: Option<Uuid>,
    pub assigned_by: Option<Uuid>,
    pub assigned_on: Option<Date>,
    pub returned_on: Option<Date>,
    pub return_comment: Option<String>,
    pub validated_by: Option<Uuid>,
    pub validated_on: Option<Date>,
    pub valid_to: Option<Date>,
    pub self_score: Option<i32>,
    pub score: Option<i32>,
    pub outcome: Option<String>,
    pub ended_on: Option<Date>,
    pub end_reason: Option<String>,
    pub superseded_by_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
