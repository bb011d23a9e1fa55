//! A request for erasure.

use sea_orm::entity::prelude::*;

/// A row of `erasure_request`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Uuid,
    pub asked_by: String,
    pub received_on: Date,
    pub due_on: Date,
    pub state: String,
    pub decided_at: Option<DateTimeUtc>,
    pub decided_by: Option<Uuid>,
    pub answer: Option<String>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
