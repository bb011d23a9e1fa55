//! An answer for the monitoring of equality, of nobody in particular.

use sea_orm::entity::prelude::*;

/// A row of `equality_answer`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "equality_answer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub spent_sha256: String,
    pub organisation_id: Uuid,
    pub programme_type: String,
    pub financial_year: i32,
    pub age_band: Option<String>,
    pub gender: Option<String>,
    pub ethnic_group: Option<String>,
    pub disability: Option<String>,
    pub sexual_orientation: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
