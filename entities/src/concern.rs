//! A concern about somebody's safety; its text lies in the vault.

use sea_orm::entity::prelude::*;

/// A row of `concern`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "concern")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub enrolment_id: Uuid,
    pub person_id: Uuid,
    pub attempt_id: Option<Uuid>,
    pub level: String,
    pub safe_route: bool,
    pub record_id: Uuid,
    pub raised_by: Uuid,
    pub state: String,
    pub outcome: Option<String>,
    pub raised_at: DateTimeUtc,
    pub taken_up_at: Option<DateTimeUtc>,
    pub taken_up_by: Option<Uuid>,
    pub closed_at: Option<DateTimeUtc>,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
