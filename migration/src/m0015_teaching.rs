//! Whoever delivers a course reads who teaches on it, also once the trainer works elsewhere and is not listed:
//! accreditations are checked when a session is recorded.

use sea_orm_migration::prelude::*;

use crate::row_security::{any_of, owner};
use crate::{m0010_trainers, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = owner("x.organisation_id");
        let taught = format!(
            "exists (select 1 from course_trainer x where x.trainer_id = trainer.id and {own})"
        );
        readers(manager, &any_of(&[&m0010_trainers::readers(), &taught])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        readers(manager, &m0010_trainers::readers()).await
    }
}

async fn readers(manager: &SchemaManager<'_>, condition: &str) -> Result<(), DbErr> {
    let policy = format!("alter policy trainer_read on trainer using ({condition})");
    sql::run_postgres(manager, &policy).await
}
