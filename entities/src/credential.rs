//! A credential that was issued, and what became of it.

use sea_orm::entity::prelude::*;

/// A row of `credential`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub public_token: String,
    pub organisation_id: Uuid,
    pub organisation_name: String,
    pub person_id: Option<Uuid>,
    pub course_id: Option<Uuid>,
    pub programme_version_id: Option<Uuid>,
    pub decision_id: Option<Uuid>,
    pub accreditation_id: Option<Uuid>,
    pub licence_id: Option<Uuid>,
    pub holder_name: Option<String>,
    pub programme_type: Option<String>,
    pub title: String,
    pub edition: String,
    pub awarded_on: Date,
    pub issued_at: DateTimeUtc,
    pub valid_from: Date,
    pub valid_until: Option<Date>,
    pub state: String,
    pub state_on: Date,
    pub reason: Option<String>,
    pub redacted_on: Option<Date>,
    pub supersedes_id: Option<Uuid>,
    pub listed: bool,
    pub status_list: i32,
    pub status_index: i32,
    pub jwt: Option<String>,
    pub jwt_sha256: String,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
