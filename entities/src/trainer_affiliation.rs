//! An organisation with which a trainer works for a period.

use sea_orm::entity::prelude::*;

/// A row of `trainer_affiliation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trainer_affiliation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub trainer_id: Uuid,
    pub organisation_id: Uuid,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
