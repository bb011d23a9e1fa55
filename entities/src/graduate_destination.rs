//! Where somebody went after graduation, as it was told once.

use sea_orm::entity::prelude::*;

/// A row of `graduate_destination`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "graduate_destination")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub kind: String,
    pub peer_role: Option<String>,
    pub employer_id: Option<Uuid>,
    pub employer_name: Option<String>,
    pub since: Option<Date>,
    pub wte_hundredths: Option<i32>,
    pub source: String,
    pub asked_after_months: i32,
    pub asked_on: Date,
    pub recorded_by: Option<Uuid>,
    pub recorded_at: DateTimeUtc,
    pub amends_id: Option<Uuid>,
    pub reason: Option<String>,
    pub replaced_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
