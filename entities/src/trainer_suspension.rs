//! Days on which an accreditation was suspended.

use sea_orm::entity::prelude::*;

/// A row of `trainer_suspension`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trainer_suspension")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub trainer_id: Uuid,
    pub accreditation_id: Uuid,
    pub reason: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
