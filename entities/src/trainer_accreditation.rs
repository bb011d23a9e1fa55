//! The accreditation of a trainer for a programme type at a level.

use sea_orm::entity::prelude::*;

/// A row of `trainer_accreditation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trainer_accreditation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub trainer_id: Uuid,
    pub organisation_id: Uuid,
    pub programme_type: String,
    pub level: String,
    pub state: String,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub ended_on: Option<Date>,
    pub resigned: bool,
    pub renews_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
