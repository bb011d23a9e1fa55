//! Places that were offered to a partner are taken back: the offer goes, and with it what it let the partner see.

use sea_orm_migration::prelude::*;

use crate::row_security::{NATION, SERVICE_ROLE, any_of, owner};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = any_of(&[NATION, &owner("organisation_id")]);
        let allowed = format!(
            "create policy course_partner_delete on course_partner for delete using ({own})\n;;\n\
             grant delete on course_partner to {SERVICE_ROLE}"
        );
        sql::run_postgres(manager, &allowed).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let refused = format!(
            "revoke delete on course_partner from {SERVICE_ROLE}\n;;\n\
             drop policy course_partner_delete on course_partner"
        );
        sql::run_postgres(manager, &refused).await
    }
}
