//! A look at the quality of what a licence holder does.

use sea_orm::entity::prelude::*;

/// A row of `quality_review`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quality_review")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub licence_id: Uuid,
    pub kind: String,
    pub reviewed_on: Date,
    pub findings: String,
    pub sanction: String,
    pub set_aside_on: Option<Date>,
    pub decision_id: Option<Uuid>,
    pub recorded_by: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
