//! What an organisation published in the Data Security and Protection Toolkit for a year.

use sea_orm::entity::prelude::*;

/// A row of `dspt_assessment`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dspt_assessment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_year: String,
    pub status: String,
    pub published_on: Option<Date>,
    pub expiring_from: Option<Date>,
    pub expires_on: Option<Date>,
    pub evidence_reference: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
