//! That somebody answered, and on which day: not what.

use sea_orm::entity::prelude::*;

/// A row of `evaluation_participation`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_participation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub answered_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
