//! A code that an organisation holds for a period.

use sea_orm::entity::prelude::*;

/// A row of `organisation_identifier`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation_identifier")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub scheme: String,
    pub value: String,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub verified_at: Option<DateTimeUtc>,
    pub verified_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
