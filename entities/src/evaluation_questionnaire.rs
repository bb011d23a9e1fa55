//! A version of the questionnaire for the end of a course.

use sea_orm::entity::prelude::*;

/// A row of `evaluation_questionnaire`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_questionnaire")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub number: i32,
    pub proposal: bool,
    pub invitation: String,
    pub published_on: Date,
}

impl ActiveModelBehavior for ActiveModel {}
