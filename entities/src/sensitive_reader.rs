//! A person who may read a sensitive record, for a period.

use sea_orm::entity::prelude::*;

/// A row of `sensitive_reader`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sensitive_reader")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub record_id: Uuid,
    pub subject_id: Uuid,
    pub organisation_id: Option<Uuid>,
    pub person_id: Uuid,
    pub acts_for_id: Option<Uuid>,
    pub role: String,
    pub consent_wording: Option<String>,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
