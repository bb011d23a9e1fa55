//! What a delivering organisation agreed with one that employs or places trainees.

use sea_orm::entity::prelude::*;

/// A row of `employer_agreement`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "employer_agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub host_id: Uuid,
    pub kind: String,
    pub places: i32,
    pub proposed_by: String,
    pub state: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub accepted_on: Option<Date>,
    pub reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
