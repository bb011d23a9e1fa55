//! Which organisation followed which.

use sea_orm::entity::prelude::*;

/// A row of `organisation_succession`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation_succession")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub predecessor_id: Uuid,
    pub successor_id: Option<Uuid>,
    pub effective_on: Date,
    pub kind: String,
    pub notes: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
