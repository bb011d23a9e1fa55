//! Somebody whom an organisation confirmed as a peer supervisor, for a term.

use sea_orm::entity::prelude::*;

/// A row of `supervisor_accreditation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supervisor_accreditation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub person_id: Uuid,
    pub graduation_id: Uuid,
    pub state: String,
    pub valid_from: Date,
    pub valid_to: Date,
    pub ended_on: Option<Date>,
    pub resigned: bool,
    pub caseload_max: i32,
    pub renews_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
