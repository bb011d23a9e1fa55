//! An instrument by which readiness is assessed, in one version.

use sea_orm::entity::prelude::*;

/// A row of `readiness_instrument`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readiness_instrument")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub code: String,
    pub number: String,
    pub precedence: i32,
    pub title: String,
    pub state: String,
    pub is_proposal: bool,
    pub source: Option<String>,
    pub ready_overall: i32,
    pub ready_domain: i32,
    pub ready_critical: i32,
    pub conditional_overall: i32,
    pub conditional_domain: i32,
    pub conditional_critical: i32,
    pub not_applicable_per_domain: i32,
    pub disagreement_from: i32,
    pub content_hash: Option<String>,
    pub published_at: Option<DateTimeUtc>,
    pub retired_at: Option<DateTimeUtc>,
    pub retirement_reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
