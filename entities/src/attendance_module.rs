//! A module that somebody attended.

use sea_orm::entity::prelude::*;

/// A row of `attendance_module`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance_module")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub record_id: Uuid,
    pub module_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
