//! An appeal of a licence holder against a decision.

use sea_orm::entity::prelude::*;

/// A row of `licence_appeal`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "licence_appeal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub licence_id: Uuid,
    pub decision_id: Uuid,
    pub grounds: String,
    pub state: String,
    pub lodged_on: Date,
    pub lodged_by: Uuid,
    pub proposed_by: Uuid,
    pub confirmed_by: Option<Uuid>,
    pub outcome: Option<String>,
    pub decided_on: Option<Date>,
    pub decided_by: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
