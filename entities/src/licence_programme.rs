//! A programme type of a licence, for a period.

use sea_orm::entity::prelude::*;

/// A row of `licence_programme`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "licence_programme")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub licence_id: Uuid,
    pub programme_type: String,
    pub stage: String,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub granted_to: Option<Date>,
    pub ended_by: Option<Uuid>,
    pub held_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
