//! A text about a person that is special-category data, as ciphertext.

use sea_orm::entity::prelude::*;

/// A row of `sensitive_record`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sensitive_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Uuid,
    pub organisation_id: Option<Uuid>,
    pub category: String,
    pub ciphertext: Option<Vec<u8>>,
    pub purpose: String,
    pub lawful_basis: String,
    pub article_nine: String,
    pub schedule_one: String,
    pub policy_document: Option<Date>,
    pub retain_until: Option<Date>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub erased_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
