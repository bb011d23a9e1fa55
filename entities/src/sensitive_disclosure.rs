//! One opening of a sensitive record: who read it, as what, for what.

use sea_orm::entity::prelude::*;

/// A row of `sensitive_disclosure`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sensitive_disclosure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub record_id: Uuid,
    pub account_id: Uuid,
    pub person_id: Option<Uuid>,
    pub organisation_id: Option<Uuid>,
    pub acting_as: String,
    pub purpose: String,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
