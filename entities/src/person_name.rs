//! The names of a person for a period.

use sea_orm::entity::prelude::*;

/// A row of `person_name`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_name")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Uuid,
    pub preferred_name: String,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub certificate_name: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
