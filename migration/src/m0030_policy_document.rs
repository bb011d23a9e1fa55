//! Under which version of the appropriate policy document a text of the vault was kept: Schedule 1, Part 4 of the Data
//! Protection Act 2018 asks for such a document where special-category data rest on one of its conditions.

use sea_orm_migration::prelude::*;

use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, "alter table sensitive_record add column policy_document {date}").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, "alter table sensitive_record drop column policy_document").await
    }
}
