//! What was decided about one class of data.

use sea_orm::entity::prelude::*;

/// A row of `erasure_decision`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure_decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub request_id: Uuid,
    pub class: String,
    pub decision: String,
    pub ground: Option<String>,
    pub keep_until: Option<Date>,
    pub count: i32,
}

impl ActiveModelBehavior for ActiveModel {}
