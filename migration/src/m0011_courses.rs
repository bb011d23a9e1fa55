//! Courses with their deliverers, partners, trainers, teach-out decisions, sessions, modules, teaching, places and
//! guests.
//!
//! What is public of a course is in one table, and where it meets in another: row security hides rows,
//! never columns. Policies read `course_partner` and `course_trainer`, which read nothing, then `course`. The
//! periods of deliverers repeat the first day of the course, so that those of an organisation stand in its order.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, Writes, any_of, owner, persons};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 13] = [
    "session_guest",
    "session_place",
    "teaching_assignment",
    "session_module",
    "course_session",
    "course_terms",
    "course_correction",
    "course_teach_out",
    "course_trainer",
    "course_partner",
    "course_deliverer",
    "course",
    "course_counter",
];

/// The states in which people may come forward: the course is public.
const OPEN: &str = "state in ('OPEN','CONFIRMED')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, COURSES).await?;
        sql::run(manager, SESSIONS).await?;
        stay(manager).await?;
        one_place(manager).await?;
        policies(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Policies look at each other's tables.
        let policies = TABLE_NAMES
            .map(|table| format!("drop policy if exists {table}_read on {table}"))
            .join("\n;;\n");
        sql::run_postgres(manager, &policies).await?;
        sql::drop_tables(manager, &TABLE_NAMES).await?;
        sql::run(manager, "drop index trainer_of_person").await?;
        let functions = "drop function course_stays\n;;\ndrop function course_session_stays";
        sql::run_postgres(manager, functions).await
    }
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let own = any_of(&[NATION, &owner("organisation_id")]);
    let partner = any_of(&[&own, &owner("partner_id")]);
    let course = any_of(&[
        &own,
        OPEN,
        &owner("host_id"),
        &partner_of("course.id"),
        &trainer_of("course.id"),
    ]);
    for (table, read, write, writes) in [
        ("course_counter", own.clone(), own.as_str(), Writes::Change),
        ("course_partner", partner, &own, Writes::Change),
        // Names course and trainer by their ids alone: who and what they are stands behind their policies.
        ("course_trainer", PUBLIC.to_owned(), &own, Writes::Replace),
        ("course", course, &own, Writes::Change),
        // Who delivered a course before sees it no longer.
        ("course_deliverer", any_of(&[NATION, &shown("course_deliverer")]), &own, Writes::Change),
        ("course_teach_out", own.clone(), NATION, Writes::Change),
        ("course_terms", any_of(&[&own, &close("course_terms")]), &own, Writes::Change),
        ("course_correction", any_of(&[&own, &close("course_correction")]), NATION, Writes::Append),
        ("course_session", any_of(&[&own, &shown("course_session")]), &own, Writes::Replace),
        ("session_module", any_of(&[&own, &shown("session_module")]), &own, Writes::Replace),
        (
            "teaching_assignment",
            any_of(&[&own, &shown("teaching_assignment")]),
            &own,
            Writes::Replace,
        ),
        ("session_place", any_of(&[&own, &close("session_place")]), &own, Writes::Replace),
        ("session_guest", any_of(&[&own, &close("session_guest")]), &own, Writes::Replace),
    ] {
        row_security::protect(manager, table, &read, write, writes).await?;
    }
    Ok(())
}

/// The actor sees the course of a row of `table`.
fn shown(table: &str) -> String {
    format!("(select true from course c where c.id = {table}.course_id)")
}

/// An organisation of the actor hosts the course of a row of `table` or has places on it, or the actor teaches
/// on it.
fn close(table: &str) -> String {
    let (course, own) = (format!("{table}.course_id"), owner("c.host_id"));
    let hosted = format!("(select {own} from course c where c.id = {course})");
    any_of(&[&hosted, &partner_of(&course), &trainer_of(&course)])
}

/// Places of the course were offered to an organisation of the actor.
fn partner_of(column: &str) -> String {
    let own = owner("p.partner_id");
    format!("exists (select 1 from course_partner p where p.course_id = {column} and {own})")
}

/// The actor teaches on the course.
fn trainer_of(column: &str) -> String {
    let own = persons("x.person_id");
    format!("exists (select 1 from course_trainer x where x.course_id = {column} and {own})")
}

/// COH-4 and COH-5 under every writer: a closed course is final, a course keeps its version, only a recorded
/// succession gives it another deliverer, and a session that was held, cancelled or replaced stays.
async fn stay(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sql::run_postgres(manager, FUNCTIONS).await?;
    for (name, event, table, when) in [
        ("course_closed_is_final", "update", "course", "old.state = 'CLOSED'"),
        (
            "course_one_version",
            "update",
            "course",
            "old.programme_version_id <> new.programme_version_id \
             or old.code <> new.code or old.coded_by_id <> new.coded_by_id",
        ),
        (
            "course_passed_on",
            "update",
            "course",
            "old.organisation_id <> new.organisation_id and not exists (select 1 from course_deliverer d \
             where d.course_id = new.id and d.organisation_id = new.organisation_id and d.valid_to is null)",
        ),
        ("course_kept", "delete", "course", "true"),
        (
            "session_settled",
            "update",
            "course_session",
            "old.state <> 'PLANNED' and old.credit is not 'PENDING' and old.organisation_id = new.organisation_id",
        ),
        ("session_kept", "delete", "course_session", "old.state <> 'PLANNED'"),
    ] {
        let trigger = format!(
            "create trigger {name} before {event} on {table} when {when} \
             begin select raise(abort, '{name}'); end"
        );
        sql::run_sqlite(manager, &trigger).await?;
    }
    Ok(())
}

const FUNCTIONS: &str = "
create function course_stays() returns trigger language plpgsql as $$ begin
  if tg_op = 'DELETE' then raise exception using errcode = '23514', constraint = 'course_kept',
    message = 'a course is never deleted'; end if;
  if old.state = 'CLOSED' then raise exception using errcode = '23514',
    constraint = 'course_closed_is_final', message = 'a closed course does not change'; end if;
  if old.programme_version_id <> new.programme_version_id or old.code <> new.code
    or old.coded_by_id <> new.coded_by_id then raise exception using errcode = '23514',
    constraint = 'course_one_version', message = 'a course keeps its version and code'; end if;
  if old.organisation_id <> new.organisation_id and not exists (select 1 from course_deliverer d
    where d.course_id = new.id and d.organisation_id = new.organisation_id and d.valid_to is null) then
    raise exception using errcode = '23514', constraint = 'course_passed_on',
      message = 'who delivers a course from when stands in course_deliverer'; end if;
  return new;
end $$
;;
create function course_session_stays() returns trigger language plpgsql as $$ begin
  if old.state <> 'PLANNED' and (tg_op = 'DELETE' or (old.credit is distinct from 'PENDING'
    and old.organisation_id = new.organisation_id)) then
    raise exception using errcode = '23514', constraint = 'session_settled',
      message = 'a session that was held, cancelled or replaced does not change'; end if;
  if tg_op = 'DELETE' then return old; end if;
  return new;
end $$
;;
create trigger course_stays before update or delete on course
  for each row execute function course_stays()
;;
create trigger course_session_stays before update or delete on course_session
  for each row execute function course_session_stays()";

/// TRN-4: a trainer is booked in one place at a time. The row repeats the times of its session.
async fn one_place(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sql::run_postgres(
        manager,
        "alter table teaching_assignment add constraint trainer_one_place exclude using gist \
         (trainer_id with =, tstzrange(starts_at, ends_at) with &&) where (released_at is null and booked)",
    )
    .await?;
    for event in ["insert", "update"] {
        let trigger = format!(
            "create trigger trainer_one_place_{event} before {event} on teaching_assignment \
             when new.released_at is null and new.booked and exists (select 1 from teaching_assignment o \
               where o.trainer_id = new.trainer_id and o.id <> new.id and o.released_at is null \
                 and o.booked and o.starts_at < new.ends_at and new.starts_at < o.ends_at) \
             begin select raise(abort, 'trainer_one_place'); end"
        );
        sql::run_sqlite(manager, &trigger).await?;
    }
    Ok(())
}

const COURSES: &str = "
create table course_counter (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint course_counter_organisation references organisation (id),
  series {text} not null,
  last_number {int} not null constraint course_counter_positive check (last_number > 0),
  constraint course_counter_unique unique (organisation_id, series)
){strict}
;;
create table course (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint course_deliverer references organisation (id),
  coded_by_id {uuid} not null constraint course_coded_by references organisation (id),
  host_id {uuid} constraint course_host references organisation (id),
  programme_version_id {uuid} not null constraint course_programme_version references programme_version (id),
  programme_type {text} not null constraint course_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  licence_id {uuid},
  licence_holder_id {uuid},
  lead_trainer_id {uuid} constraint course_lead_trainer references trainer (id),
  code {text} not null,
  mode {text} not null constraint course_mode_known check (mode in ('ONLINE','IN_PERSON','HYBRID')),
  introductory {bool} not null,
  postcode_area {text},
  start_on {date} not null,
  end_on {date} not null,
  capacity_min {int} not null,
  capacity_max {int} not null,
  places_taken {int} not null,
  state {text} not null constraint course_state_known check (state in
    ('DRAFT','PROPOSED','APPROVED','OPEN','CONFIRMED','RUNNING','TEACH_OUT','COMPLETED','CLOSED','CANCELLED')),
  return_reason {text},
  cancel_reason {text},
  opened_at {instant},
  ended_on {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint course_version_positive check (version > 0),
  constraint course_of_deliverer unique (organisation_id, id),
  constraint course_code_never_reused unique (coded_by_id, code),
  constraint course_version_pinned unique (id, programme_version_id),
  constraint course_licence foreign key (licence_holder_id, licence_id) references licence (organisation_id, id),
  constraint course_licence_held check ((licence_id is null) = (licence_holder_id is null)),
  constraint course_host_other check (host_id <> organisation_id),
  constraint course_days check (end_on >= start_on),
  constraint course_capacity check (capacity_min between 1 and capacity_max and capacity_max <= 500),
  constraint course_places check (places_taken between 0 and capacity_max),
  constraint course_licensed check (licence_id is not null or state in ('DRAFT','CANCELLED')),
  constraint course_led check (lead_trainer_id is not null or state in ('DRAFT','CANCELLED')),
  constraint course_opened check (opened_at is not null
    or state in ('DRAFT','PROPOSED','APPROVED','CANCELLED')),
  constraint course_ended check ((ended_on is not null) = (state in ('COMPLETED','CLOSED','CANCELLED'))),
  constraint course_cancelled_with_reason check ((state = 'CANCELLED') = (cancel_reason is not null))
){strict}
;;
create index course_deliverer_idx on course (organisation_id, start_on)
;;
create index course_host_idx on course (host_id)
;;
create index course_licence_idx on course (licence_id, start_on, id)
;;
create index course_version_idx on course (programme_version_id, start_on, id)
;;
create index course_lead_idx on course (lead_trainer_id)
;;
create index course_open_idx on course (state, programme_type, start_on)
;;
create unique index course_start_idx on course (start_on, id)
;;
create index course_code_idx on course (code, start_on)
;;
create table course_partner (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  partner_id {uuid} not null constraint course_partner_partner references organisation (id),
  places {int} not null constraint course_partner_places check (places > 0),
  offered_at {instant} not null,
  constraint course_partner_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint course_partner_once unique (organisation_id, course_id, partner_id)
){strict}
;;
create table course_deliverer (
  id {uuid} not null primary key,
  course_id {uuid} not null,
  organisation_id {uuid} not null constraint course_deliverer_organisation references organisation (id),
  valid_from {date} not null,
  valid_to {date},
  start_on {date} not null,
  constraint course_deliverer_course foreign key (course_id, start_on) references course (id, start_on)
    on update cascade,
  constraint course_deliverer_days check (valid_to >= valid_from)
){strict}
;;
create unique index course_deliverer_one on course_deliverer (course_id) where valid_to is null
;;
create index course_deliverer_course_idx on course_deliverer (course_id, valid_from)
;;
create index course_deliverer_of_idx on course_deliverer (organisation_id, start_on, course_id)
;;
create index course_partner_partner_idx on course_partner (partner_id, course_id)
;;
create index course_partner_course_idx on course_partner (course_id)
;;
create unique index trainer_of_person on trainer (id, person_id)
;;
create table course_trainer (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  trainer_id {uuid} not null,
  person_id {uuid} not null,
  constraint course_trainer_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint course_trainer_trainer foreign key (trainer_id, person_id)
    references trainer (id, person_id) on update cascade,
  constraint course_trainer_once unique (organisation_id, course_id, trainer_id),
  constraint course_trainer_of_course unique (course_id, trainer_id)
){strict}
;;
create index course_trainer_person_idx on course_trainer (person_id, course_id)
;;
create index course_trainer_trainer_idx on course_trainer (trainer_id, organisation_id)
;;
create table course_teach_out (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  until {date} not null,
  receiving_id {uuid} constraint course_teach_out_receiving references organisation (id),
  reason {text} not null,
  approved_by {uuid} not null constraint course_teach_out_approved_by references account (id),
  approved_on {date} not null,
  constraint course_teach_out_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade
){strict}
;;
create index course_teach_out_course_idx on course_teach_out (course_id, until)
;;
create table course_terms (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  co_delivery_terms {text} not null,
  constraint course_terms_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint course_terms_once unique (organisation_id, course_id)
){strict}
;;
create index course_terms_course_idx on course_terms (course_id)
;;
create table course_correction (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  concerns {text} not null,
  correction {text} not null,
  reason {text} not null,
  corrected_by {uuid} not null constraint course_correction_corrected_by references account (id),
  corrected_at {instant} not null,
  constraint course_correction_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade
){strict}
;;
create index course_correction_course_idx on course_correction (course_id, corrected_at)";

const SESSIONS: &str = "
create table course_session (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  day {date} not null,
  start_time {text} not null,
  end_time {text} not null,
  starts_at {instant} not null,
  ends_at {instant} not null,
  counts_as_day {bool} not null,
  planned_minutes {int} not null constraint session_minutes check (planned_minutes > 0),
  state {text} not null constraint session_state_known check (state in
    ('PLANNED','HELD','CANCELLED','RESCHEDULED')),
  credit {text} constraint session_credit_known check (credit in ('GIVEN','PENDING')),
  reason {text},
  replaces_id {uuid},
  created_at {instant} not null,
  constraint session_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint session_of_course unique (course_id, id),
  constraint session_times unique (id, starts_at, ends_at),
  constraint session_ends check (ends_at > starts_at),
  constraint session_replaces foreign key (course_id, replaces_id) references course_session (course_id, id),
  constraint session_held_with_credit check ((state = 'HELD') = (credit is not null))
){strict}
;;
create index session_course_idx on course_session (course_id, starts_at, id)
;;
create index session_deliverer_idx on course_session (organisation_id, starts_at)
;;
create index session_start_idx on course_session (starts_at, id)
;;
create index session_replaces_idx on course_session (replaces_id)
;;
create table session_module (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  session_id {uuid} not null,
  version_id {uuid} not null,
  module_id {uuid} not null,
  constraint session_module_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint session_module_session foreign key (course_id, session_id) references course_session (course_id, id),
  constraint session_module_version foreign key (course_id, version_id)
    references course (id, programme_version_id),
  constraint session_module_module foreign key (version_id, module_id) references programme_module (version_id, id),
  constraint session_module_once unique (organisation_id, session_id, module_id)
){strict}
;;
create index session_module_session_idx on session_module (session_id)
;;
create index session_module_course_idx on session_module (course_id)
;;
create index session_module_module_idx on session_module (module_id)
;;
create table teaching_assignment (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  session_id {uuid} not null,
  trainer_id {uuid} not null,
  part {text} not null constraint teaching_part_known check (part in ('LEAD','CO','OBSERVER')),
  starts_at {instant} not null,
  ends_at {instant} not null,
  released_at {instant},
  booked {bool} not null,
  constraint teaching_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint teaching_session foreign key (course_id, session_id) references course_session (course_id, id),
  constraint teaching_times foreign key (session_id, starts_at, ends_at)
    references course_session (id, starts_at, ends_at),
  constraint teaching_trainer foreign key (course_id, trainer_id) references course_trainer (course_id, trainer_id)
){strict}
;;
create index teaching_session_idx on teaching_assignment (session_id)
;;
create index teaching_trainer_idx on teaching_assignment (trainer_id, starts_at, id)
;;
create index teaching_course_idx on teaching_assignment (course_id)
;;
create unique index teaching_one_lead on teaching_assignment (organisation_id, session_id)
  where part = 'LEAD' and released_at is null
;;
create table session_place (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  session_id {uuid} not null,
  venue {text},
  join_url {text},
  constraint session_place_session foreign key (course_id, session_id) references course_session (course_id, id),
  constraint session_place_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade,
  constraint session_place_once unique (organisation_id, session_id),
  constraint session_place_filled check (venue is not null or join_url is not null)
){strict}
;;
create index session_place_session_idx on session_place (session_id)
;;
create table session_guest (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  session_id {uuid} not null,
  name {text} not null,
  contribution {text} not null,
  constraint session_guest_session foreign key (course_id, session_id) references course_session (course_id, id),
  constraint session_guest_course foreign key (organisation_id, course_id) references course (organisation_id, id) on update cascade
){strict}
;;
create index session_guest_session_idx on session_guest (session_id)";
