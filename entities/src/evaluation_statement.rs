//! A statement of a questionnaire.

use sea_orm::entity::prelude::*;

/// A row of `evaluation_statement`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_statement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub questionnaire_id: Uuid,
    pub place: i32,
    pub code: String,
    pub statement: String,
}

impl ActiveModelBehavior for ActiveModel {}
