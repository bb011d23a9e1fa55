//! The database schema, one change per file, for PostgreSQL and SQLite alike.
//!
//! A migration is SQL written once in the words of `sql.rs`: `{uuid}`, `{instant}` and the like become
//! each engine's own type. What only one engine offers (row security, exclusion constraints; triggers)
//! stands beside it in the same file. Every constraint is named after the rule it guards, so that
//! `alongside::db::refusal` can turn its violation into an answer.

use sea_orm_migration::prelude::*;

mod m0001_access;
mod m0002_reference;
mod m0003_organisation;
mod m0004_change_records;
mod m0005_imports;
mod m0006_ended_access;
mod m0007_licences;
mod m0008_programmes;
mod m0009_people;
mod m0010_trainers;
mod m0011_courses;
mod m0012_employers;
mod m0013_successions;
mod m0014_licensing;
mod m0015_teaching;
mod m0016_offers;
mod m0017_grants;
mod m0018_standing;
mod m0019_readiness;
mod m0020_uploads;
mod m0021_mail;
mod m0022_vault;
mod m0023_credentials;
mod m0024_enrolments;
mod m0025_applications;
mod m0026_protection;
mod m0027_career;
mod m0028_evaluation;
mod m0029_partner_work;
mod m0030_policy_document;
mod row_security;
mod seed;
mod seed_evaluation;
mod seed_programmes;
mod seed_readiness;
mod sql;

pub use row_security::SERVICE_ROLE;
pub use sea_orm_migration::MigratorTrait;

/// Every migration in the order in which it is applied.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_access::Migration),
            Box::new(m0002_reference::Migration),
            Box::new(m0003_organisation::Migration),
            Box::new(m0004_change_records::Migration),
            Box::new(m0005_imports::Migration),
            Box::new(m0006_ended_access::Migration),
            Box::new(m0007_licences::Migration),
            Box::new(m0008_programmes::Migration),
            Box::new(m0009_people::Migration),
            Box::new(m0010_trainers::Migration),
            Box::new(m0011_courses::Migration),
            Box::new(m0012_employers::Migration),
            Box::new(m0013_successions::Migration),
            Box::new(m0014_licensing::Migration),
            Box::new(m0015_teaching::Migration),
            Box::new(m0016_offers::Migration),
            Box::new(m0017_grants::Migration),
            Box::new(m0018_standing::Migration),
            Box::new(m0019_readiness::Migration),
            Box::new(m0020_uploads::Migration),
            Box::new(m0021_mail::Migration),
            Box::new(m0022_vault::Migration),
            Box::new(m0023_credentials::Migration),
            Box::new(m0024_enrolments::Migration),
            Box::new(m0025_applications::Migration),
            Box::new(m0026_protection::Migration),
            Box::new(m0027_career::Migration),
            Box::new(m0028_evaluation::Migration),
            Box::new(m0029_partner_work::Migration),
            Box::new(m0030_policy_document::Migration),
        ]
    }
}
