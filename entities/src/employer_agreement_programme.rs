//! A programme type of an agreement.

use sea_orm::entity::prelude::*;

/// A row of `employer_agreement_programme`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "employer_agreement_programme")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub agreement_id: Uuid,
    pub programme_type: String,
}

impl ActiveModelBehavior for ActiveModel {}
