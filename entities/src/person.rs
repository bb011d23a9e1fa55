//! A person.

use sea_orm::entity::prelude::*;

/// A row of `person`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub preferred_name: String,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub certificate_name: String,
    pub date_of_birth: Option<Date>,
    pub merged_into_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
    pub erased_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
