//! What trainees say of their course when it is over.
//!
//! What somebody answers is added to the sums of the course at once: no row is of one answer. Who answered is a row of
//! another table, with the day alone. Texts of a course lie together in one sealed value, under a key of that course.
//! Nobody but the service writes either, and nobody else reads the sums.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, STATED, SYSTEM, Writes, any_of, persons, protect};
use crate::{seed_evaluation, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 5] = [
    "evaluation_participation",
    "evaluation_tally",
    "course_evaluation",
    "evaluation_statement",
    "evaluation_questionnaire",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        seed_evaluation::questionnaire(manager).await?;
        for table in ["evaluation_questionnaire", "evaluation_statement"] {
            protect(manager, table, PUBLIC, NATION, Writes::Append).await?;
        }
        let opened = format!("({NATION} and {STATED})");
        let read = any_of(&[SYSTEM, &opened]);
        protect(manager, "course_evaluation", &read, SYSTEM, Writes::Change).await?;
        protect(manager, "evaluation_tally", SYSTEM, SYSTEM, Writes::Change).await?;
        let concerned = format!(
            "(select {} from enrolment e where e.id = evaluation_participation.enrolment_id)",
            persons("e.person_id")
        );
        let read = any_of(&[SYSTEM, &opened, &concerned]);
        // It goes when the person is erased.
        let write = any_of(&[SYSTEM, &opened]);
        protect(manager, "evaluation_participation", &read, &write, Writes::Replace).await?;
        for table in ["evaluation_questionnaire", "evaluation_statement"] {
            row_security::append_only(manager, table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

const TABLES: &str = "
create table evaluation_questionnaire (
  id {uuid} not null primary key,
  number {int} not null constraint evaluation_questionnaire_number_positive check (number > 0),
  proposal {bool} not null,
  invitation {text} not null constraint evaluation_questionnaire_invitation check (length(invitation) between 1 and 500),
  published_on {date} not null,
  constraint evaluation_questionnaire_number_unique unique (number)
){strict}
;;
create index evaluation_questionnaire_number_idx on evaluation_questionnaire (number, id)
;;
create table evaluation_statement (
  id {uuid} not null primary key,
  questionnaire_id {uuid} not null
    constraint evaluation_statement_questionnaire references evaluation_questionnaire (id),
  place {int} not null constraint evaluation_statement_place check (place between 1 and 20),
  code {text} not null constraint evaluation_statement_code check (length(code) between 1 and 40),
  statement {text} not null constraint evaluation_statement_length check (length(statement) between 1 and 300),
  constraint evaluation_statement_one_place unique (questionnaire_id, place),
  constraint evaluation_statement_one_code unique (questionnaire_id, code)
){strict}
;;
create table course_evaluation (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  questionnaire_id {uuid} not null
    constraint course_evaluation_questionnaire references evaluation_questionnaire (id),
  answers {int} not null constraint course_evaluation_answers check (answers >= 0),
  master {text} not null constraint course_evaluation_master check (length(master) between 1 and 200),
  wrapped {bytes} not null constraint course_evaluation_key_length check (length(wrapped) = 60),
  texts {bytes} constraint course_evaluation_texts_length check (length(texts) > 28),
  constraint course_evaluation_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint course_evaluation_once unique (course_id)
){strict}
;;
create index course_evaluation_master_idx on course_evaluation (master, id)
;;
create table evaluation_tally (
  id {uuid} not null primary key,
  evaluation_id {uuid} not null constraint evaluation_tally_evaluation references course_evaluation (id),
  statement_id {uuid} not null constraint evaluation_tally_statement references evaluation_statement (id),
  ones {int} not null,
  twos {int} not null,
  threes {int} not null,
  fours {int} not null,
  fives {int} not null,
  constraint evaluation_tally_once unique (evaluation_id, statement_id),
  constraint evaluation_tally_counts check (ones >= 0 and twos >= 0 and threes >= 0 and fours >= 0 and fives >= 0)
){strict}
;;
create table evaluation_participation (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  answered_on {date} not null,
  constraint evaluation_participation_once unique (enrolment_id),
  constraint evaluation_participation_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade
){strict}
;;
create index evaluation_participation_answered_idx on evaluation_participation (answered_on, id)";
