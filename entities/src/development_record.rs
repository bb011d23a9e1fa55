//! What somebody did to develop in their work.

use sea_orm::entity::prelude::*;

/// A row of `development_record`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "development_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Uuid,
    pub confirmer_id: Option<Uuid>,
    pub kind: String,
    pub done_on: Date,
    pub minutes: i32,
    pub title: String,
    pub provider: Option<String>,
    pub recorded_at: DateTimeUtc,
    pub confirmed_at: Option<DateTimeUtc>,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
