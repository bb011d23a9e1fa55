//! What an earlier enrolment earned, for one that follows it.

use sea_orm::entity::prelude::*;

/// A row of `carried_credit`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carried_credit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub origin_id: Uuid,
    pub origin_organisation_id: Uuid,
    pub programme_version_id: Uuid,
    pub carried: String,
    pub carried_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
