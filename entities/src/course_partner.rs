//! Places of a course that were offered to a partner.

use sea_orm::entity::prelude::*;

/// A row of `course_partner`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_partner")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub course_id: Uuid,
    pub partner_id: Uuid,
    pub places: i32,
    pub offered_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
