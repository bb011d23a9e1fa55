//! The unassigned list of successions: courses and trainers for whom a person names a successor.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, Writes, any_of, owner};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        let read = any_of(&[NATION, &owner("organisation_id"), &owner("successor_id")]);
        row_security::protect(manager, "succession_assignment", &read, NATION, Writes::Change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["succession_assignment"]).await
    }
}

const TABLES: &str = "
create table succession_assignment (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint succession_assignment_organisation references organisation (id),
  kind {text} not null constraint succession_assignment_kind_known check (kind in ('COURSE','TRAINER')),
  course_id {uuid} constraint succession_assignment_course references course (id),
  trainer_id {uuid} constraint succession_assignment_trainer references trainer (id),
  effective_on {date} not null,
  successor_id {uuid} constraint succession_assignment_successor references organisation (id),
  assigned_on {date},
  created_at {instant} not null,
  version {int} not null constraint succession_assignment_version_positive check (version > 0),
  constraint succession_assignment_course_given check ((kind = 'COURSE') = (course_id is not null)),
  constraint succession_assignment_trainer_given check ((kind = 'TRAINER') = (trainer_id is not null)),
  constraint succession_assignment_resolved check ((successor_id is null) = (assigned_on is null)),
  constraint succession_assignment_other check (successor_id <> organisation_id),
  constraint succession_assignment_course_once unique (organisation_id, course_id),
  constraint succession_assignment_trainer_once unique (organisation_id, trainer_id)
){strict}
;;
create index succession_assignment_course_idx on succession_assignment (course_id)
;;
create index succession_assignment_trainer_idx on succession_assignment (trainer_id)
;;
create index succession_assignment_successor_idx on succession_assignment (successor_id)
;;
create index succession_assignment_on_idx on succession_assignment (effective_on, id)";
