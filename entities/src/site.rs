//! A place of an organisation.

use sea_orm::entity::prelude::*;

/// A row of `site`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub name: String,
    pub ods_code: Option<String>,
    pub address: Option<String>,
    pub postcode: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
