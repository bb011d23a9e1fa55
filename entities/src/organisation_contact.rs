//! Whom to ask at an organisation, for a purpose and a period.

use sea_orm::entity::prelude::*;

/// A row of `organisation_contact`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation_contact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub purpose: String,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
    pub person_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
