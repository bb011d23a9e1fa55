//! A body of the network.

use sea_orm::entity::prelude::*;

/// A row of `organisation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub short_name: Option<String>,
    pub kind: String,
    pub status: String,
    pub reference_only: bool,
    pub delivers: bool,
    pub employs: bool,
    pub parent_id: Option<Uuid>,
    pub address: Option<String>,
    pub postcode: Option<String>,
    pub opened_on: Option<Date>,
    pub closed_on: Option<Date>,
    pub closure_reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
