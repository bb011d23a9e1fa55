//! A module of a programme version.

use sea_orm::entity::prelude::*;

/// A row of `programme_module`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_module")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version_id: Uuid,
    pub owner_id: Option<Uuid>,
    pub number: i32,
    pub position: i32,
    pub title: Option<String>,
    pub block: Option<String>,
    pub taught_minutes: Option<i32>,
    pub prep_minutes: Option<i32>,
    pub mandatory: bool,
    pub reading_list: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
