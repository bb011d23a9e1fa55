//! A module that somebody graduates without.

use sea_orm::entity::prelude::*;

/// A row of `module_waiver`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "module_waiver")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub module_id: Uuid,
    pub reason: String,
    pub waived_by: Uuid,
    pub waived_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
