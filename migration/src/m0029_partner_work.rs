//! What organisations and those who look after trainees add: links of employees to their own systems, lists of places
//! that were given at once, preparation that trainees tick off, and concerns about somebody's safety.
//!
//! A concern is nobody's but the one's who raised it and its leads': the organisation in which it was raised does not
//! see that there is one. It is written in the service's own name, because whoever raises it need not know the leads.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, SYSTEM, Writes, any_of, owner, persons, protect};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 5] =
    ["concern", "module_preparation", "enrolment_import_row", "enrolment_import", "employee_link"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, COLUMNS).await?;
        sql::run(manager, TABLES).await?;
        policies(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, "drop policy person_concerned on person").await?;
        sql::drop_tables(manager, &TABLE_NAMES).await?;
        sql::run(
            manager,
            "drop index organisation_contact_person_idx\n;;\n\
             alter table organisation_contact drop column person_id\n;;\n\
             alter table assignment_attempt drop column kept_back",
        )
        .await
    }
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let kept = any_of(&[NATION, &owner("organisation_id")]);
    protect(manager, "employee_link", &kept, &kept, Writes::Change).await?;
    protect(manager, "enrolment_import", &kept, &kept, Writes::Append).await?;
    protect(manager, "enrolment_import_row", &kept, &kept, Writes::Append).await?;
    for (table, columns) in [
        (
            "enrolment_import",
            &["id", "course_id", "partial", "placed", "held", "refused", "made_by", "made_at"][..],
        ),
        ("enrolment_import_row", &["id", "import_id", "number", "outcome"]),
    ] {
        row_security::written_once(manager, table, columns).await?;
    }
    let concerned = format!(
        "(select {} from enrolment e where e.id = module_preparation.enrolment_id)",
        persons("e.person_id")
    );
    let seen = "(select true from enrolment e where e.id = module_preparation.enrolment_id)";
    protect(manager, "module_preparation", seen, &any_of(&[SYSTEM, &concerned]), Writes::Replace)
        .await?;
    let leads = format!(
        "exists (select 1 from sensitive_reader s where s.record_id = concern.record_id and {})",
        persons("s.person_id")
    );
    let read = any_of(&[NATION, &persons("raised_by"), &leads]);
    protect(manager, "concern", &read, &any_of(&[NATION, &leads]), Writes::Change).await?;
    // Whoever sees a concern may be told of whom.
    let named = "create policy person_concerned on person for select using ((select true from concern c \
         where c.person_id = person.id limit 1))";
    sql::run_postgres(manager, named).await
}

const COLUMNS: &str = "
alter table organisation_contact add column person_id {uuid}
  constraint organisation_contact_person references person (id)
;;
create index organisation_contact_person_idx on organisation_contact (person_id)
;;
alter table assignment_attempt add column kept_back {bool} not null default false";

const TABLES: &str = "
create table employee_link (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint employee_link_organisation references organisation (id),
  external_ref {text} not null constraint employee_link_ref_filled check (length(external_ref) between 1 and 100),
  person_id {uuid} not null constraint employee_link_person references person (id),
  valid_from {date} not null,
  valid_to {date},
  created_at {instant} not null,
  version {int} not null constraint employee_link_version_positive check (version > 0),
  constraint employee_link_period check (valid_to >= valid_from)
){strict}
;;
create unique index employee_link_one_of_ref on employee_link (organisation_id, external_ref) where valid_to is null
;;
create unique index employee_link_one_of_person on employee_link (organisation_id, person_id) where valid_to is null
;;
create index employee_link_person_idx on employee_link (person_id)
;;
create index employee_link_created_idx on employee_link (created_at, id)
;;
create table enrolment_import (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  partial {bool} not null,
  placed {int} not null constraint enrolment_import_placed check (placed >= 0),
  held {int} not null constraint enrolment_import_held check (held >= 0),
  refused {int} not null constraint enrolment_import_refused check (refused >= 0),
  made_by {uuid} not null constraint enrolment_import_maker references account (id),
  made_at {instant} not null,
  constraint enrolment_import_whole check (partial or refused = 0),
  constraint enrolment_import_of_organisation unique (organisation_id, id),
  constraint enrolment_import_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade
){strict}
;;
create index enrolment_import_course_idx on enrolment_import (course_id, made_at, id)
;;
create index enrolment_import_made_idx on enrolment_import (made_at, id)
;;
create table enrolment_import_row (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  import_id {uuid} not null,
  number {int} not null constraint enrolment_import_row_number check (number > 0),
  outcome {text} not null constraint enrolment_import_row_outcome_known check (outcome in
    ('PLACED','HELD','REFUSED')),
  enrolment_id {uuid} constraint enrolment_import_row_enrolment references enrolment (id),
  code {text},
  field {text},
  message {text},
  constraint enrolment_import_row_once unique (import_id, number),
  constraint enrolment_import_row_import foreign key (organisation_id, import_id)
    references enrolment_import (organisation_id, id) on update cascade,
  constraint enrolment_import_row_told check ((outcome = 'REFUSED') = (code is not null)
    and (outcome = 'REFUSED') = (enrolment_id is null))
){strict}
;;
create index enrolment_import_row_enrolment_idx on enrolment_import_row (enrolment_id)
;;
create table module_preparation (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  module_id {uuid} not null constraint module_preparation_module references programme_module (id),
  kind {text} not null constraint module_preparation_kind_known check (kind in ('PREPARATION','READING')),
  done_on {date} not null,
  constraint module_preparation_once unique (enrolment_id, module_id, kind),
  constraint module_preparation_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade
){strict}
;;
create table concern (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  person_id {uuid} not null constraint concern_person references person (id),
  attempt_id {uuid} constraint concern_attempt references assignment_attempt (id),
  level {text} not null constraint concern_level_known check (level in ('WORRY','SERIOUS','IMMEDIATE')),
  safe_route {bool} not null,
  record_id {uuid} not null constraint concern_record references sensitive_record (id),
  raised_by {uuid} not null constraint concern_raiser references person (id),
  state {text} not null constraint concern_state_known check (state in ('RAISED','TAKEN_UP','CLOSED')),
  outcome {text} constraint concern_outcome_known check (outcome in
    ('SUPPORTED','REFERRED','NO_ACTION_NEEDED')),
  raised_at {instant} not null,
  taken_up_at {instant},
  taken_up_by {uuid} constraint concern_lead references person (id),
  closed_at {instant},
  version {int} not null constraint concern_version_positive check (version > 0),
  constraint concern_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade,
  constraint concern_taken_up check ((taken_up_at is null) = (taken_up_by is null)
    and (taken_up_at is null) = (state = 'RAISED')),
  constraint concern_closed check ((closed_at is not null) = (state = 'CLOSED')
    and (outcome is not null) = (state = 'CLOSED'))
){strict}
;;
create index concern_enrolment_idx on concern (enrolment_id)
;;
create index concern_person_idx on concern (person_id)
;;
create index concern_record_idx on concern (record_id)
;;
create index concern_raised_idx on concern (raised_at, id)
;;
create index concern_raiser_idx on concern (raised_by, raised_at, id)";
