//! A decision about a licence, proposed or taken.

use sea_orm::entity::prelude::*;

/// A row of `licence_decision`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "licence_decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub licence_id: Uuid,
    pub kind: String,
    pub state: String,
    pub reason: String,
    pub summary: String,
    pub terms: Option<String>,
    pub proposed_by: Uuid,
    pub proposed_as: String,
    pub proposed_on: Date,
    pub confirmed_by: Option<Uuid>,
    pub confirmed_as: Option<String>,
    pub taken_on: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
