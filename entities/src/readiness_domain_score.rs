//! The scores of a domain.

use sea_orm::entity::prelude::*;

/// A row of `readiness_domain_score`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_domain_score")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub assessment_id: Uuid,
    pub domain_id: Uuid,
    pub self_score: Option<i32>,
    pub score: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
