//! A set of competences, in one version.

use sea_orm::entity::prelude::*;

/// A row of `competence_set`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "competence_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub version: String,
    pub system: String,
    pub title: String,
    pub source: String,
}

impl ActiveModelBehavior for ActiveModel {}
