//! A list of people who were to be given places at once.

use sea_orm::entity::prelude::*;

/// A row of `enrolment_import`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub partial: bool,
    pub placed: i32,
    pub held: i32,
    pub refused: i32,
    pub made_by: Uuid,
    pub made_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
