//! Enrolments: who has a place on which course, how every session was attended, and what was decided in the end.
//!
//! The database itself counts who has a place: triggers keep `course.places_taken`, whose check then holds whatever
//! races. A function does so in the name of the service, because who gives up an own place may not change courses.

use sea_orm_migration::prelude::*;

use crate::m0023_credentials::DECISION;
use crate::row_security::{
    self, NATION, SERVICE_ROLE, STATED, Writes, any_of, owner, persons, protect,
};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 10] = [
    "supervision_log",
    "placement",
    "assignment_attempt",
    "carried_credit",
    "graduation_decision",
    "module_waiver",
    "make_up",
    "attendance_module",
    "attendance_record",
    "enrolment",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, COURSES).await?;
        sql::run(manager, ENROLMENTS).await?;
        sql::run(manager, RECORDS).await?;
        sql::run(manager, WORK).await?;
        let decided = format!("alter table credential add {}", DECISION.trim_end_matches(','));
        sql::run_postgres(manager, &decided).await?;
        sql::run_postgres(manager, COUNT_POSTGRES).await?;
        sql::run_sqlite(manager, COUNT_SQLITE).await?;
        stay(manager).await?;
        policies(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let policies = format!(
            "drop policy person_enrolled on person\n;;\ndrop policy course_enrolled on course\n;;\n\
             drop policy session_place_enrolled on session_place\n;;\n\
             drop policy session_guest_enrolled on session_guest\n;;\n{}",
            TABLE_NAMES.map(|table| format!("drop policy {table}_read on {table}")).join("\n;;\n")
        );
        sql::run_postgres(manager, &policies).await?;
        let apart = "alter table credential drop constraint credential_decision";
        sql::run_postgres(manager, apart).await?;
        sql::run(manager, "drop index credential_decision_idx").await?;
        sql::drop_tables(manager, &TABLE_NAMES).await?;
        let functions = "drop function enrolment_counts\n;;\ndrop function enrolment_stays\n;;\n\
             drop function count_course_places\n;;\n\
             alter table course drop constraint course_places_reserved";
        sql::run_postgres(manager, functions).await?;
        sql::run(manager, "alter table course drop column places_reserved").await
    }
}

/// The enrolments whose people have a place on the course.
const STAYS_ON: &str = "e.state not in ('HELD','REFUSED','WITHDRAWN','TRANSFERRED_OUT')";

/// The actor teaches on the course of a row of `table`.
fn taught(table: &str) -> String {
    let own = persons("x.person_id");
    format!(
        "exists (select 1 from course_trainer x where x.course_id = {table}.course_id and {own})"
    )
}

/// The actor supervises the person of a row of `table`.
fn supervised(table: &str) -> String {
    let own = persons("e.supervisor_id");
    format!("(select {own} from enrolment e where e.id = {table}.enrolment_id)")
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let kept = any_of(&[NATION, &owner("organisation_id")]);
    let (teaches, own) = (taught("enrolment"), persons("person_id"));
    let (supervises, sponsors) = (persons("supervisor_id"), owner("sponsor_id"));
    let read = any_of(&[&kept, &sponsors, &own, &supervises, &teaches]);
    protect(manager, "enrolment", &read, &kept, Writes::Change).await?;
    // Who gives up the own place, and who teaches: the first day that somebody attends sets the enrolment going.
    let linked = any_of(&[&own, &teaches]);
    let update = format!(
        "create policy enrolment_update_linked on enrolment for update using ({linked}) with check ({linked})"
    );
    sql::run_postgres(manager, &update).await?;
    for (table, writes) in [
        ("attendance_record", Writes::Change),
        ("attendance_module", Writes::Append),
        ("make_up", Writes::Change),
        ("module_waiver", Writes::Append),
        ("graduation_decision", Writes::Change),
        ("assignment_attempt", Writes::Change),
        ("placement", Writes::Change),
        ("supervision_log", Writes::Append),
    ] {
        let seen = format!("(select true from enrolment e where e.id = {table}.enrolment_id)");
        let teaches = format!(
            "exists (select 1 from enrolment e join course_trainer x on x.course_id = e.course_id \
             where e.id = {table}.enrolment_id and {})",
            persons("x.person_id")
        );
        let concerned = format!(
            "(select {} from enrolment e where e.id = {table}.enrolment_id)",
            persons("e.person_id")
        );
        let write = match table {
            "module_waiver" | "graduation_decision" => kept.clone(),
            "make_up" | "assignment_attempt" => any_of(&[&kept, &teaches, &concerned]),
            // The supervisor of the enrolment, or of the placement.
            "placement" => any_of(&[&kept, &persons("supervisor_id"), &supervised(table)]),
            "supervision_log" => any_of(&[&kept, &supervised(table)]),
            _ => any_of(&[&kept, &teaches]),
        };
        protect(manager, table, &any_of(&[&kept, &seen]), &write, writes).await?;
    }
    // The words of a reason go with an erasure; nothing else of a waiver changes.
    let national = format!("({NATION} and {STATED})");
    let words = format!(
        "create policy module_waiver_update on module_waiver for update using ({national}) with check ({national})\n;;\n\
         grant update (reason) on module_waiver to {SERVICE_ROLE}"
    );
    sql::run_postgres(manager, &words).await?;
    // What was earned elsewhere is known where it counts, and follows what is amended where it was earned.
    let (earned, seen) = (
        any_of(&[NATION, &owner("origin_organisation_id")]),
        "(select true from enrolment e where e.id = carried_credit.enrolment_id)",
    );
    let read = any_of(&[&earned, seen]);
    let write = any_of(&[&earned, &owner("organisation_id")]);
    protect(manager, "carried_credit", &read, &write, Writes::Change).await?;
    let enrolled = |course: &str| {
        let own = persons("e.person_id");
        format!(
            "exists (select 1 from enrolment e where e.course_id = {course} and {STAYS_ON} and {own})"
        )
    };
    for (table, course) in [
        ("course", "course.id"),
        ("session_place", "session_place.course_id"),
        ("session_guest", "session_guest.course_id"),
    ] {
        let own = enrolled(course);
        let policy = format!("create policy {table}_enrolled on {table} for select using ({own})");
        sql::run_postgres(manager, &policy).await?;
    }
    // Whoever sees an enrolment may be told the name.
    let named = "create policy person_enrolled on person for select using \
         ((select true from enrolment e where e.person_id = person.id limit 1))";
    sql::run_postgres(manager, named).await
}

/// ENR-3 under every writer: an enrolment stays that of its person, course and version, and is never deleted.
async fn stay(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    sql::run_postgres(manager, STAYS).await?;
    for (name, event, when) in [
        (
            "enrolment_one_course",
            "update",
            "old.course_id <> new.course_id or old.programme_type <> new.programme_type \
             or old.origin_id is not new.origin_id",
        ),
        ("enrolment_kept", "delete", "true"),
    ] {
        let trigger = format!(
            "create trigger {name} before {event} on enrolment when {when} \
             begin select raise(abort, '{name}'); end"
        );
        sql::run_sqlite(manager, &trigger).await?;
    }
    for (table, columns) in [
        ("module_waiver", &["id", "enrolment_id", "module_id", "waived_by", "waived_at"][..]),
        ("attendance_module", &["id", "enrolment_id", "record_id", "module_id"]),
    ] {
        row_security::written_once(manager, table, columns).await?;
    }
    Ok(())
}

const STAYS: &str = "
create function enrolment_stays() returns trigger language plpgsql as $$ begin
  if tg_op = 'DELETE' then raise exception using errcode = '23514', constraint = 'enrolment_kept',
    message = 'an enrolment is never deleted'; end if;
  if old.course_id <> new.course_id or old.programme_type <> new.programme_type
    or old.origin_id is distinct from new.origin_id then raise exception using errcode = '23514',
    constraint = 'enrolment_one_course', message = 'an enrolment keeps its course and what it follows'; end if;
  return new;
end $$
;;
create trigger enrolment_stays before update or delete on enrolment
  for each row execute function enrolment_stays()";

/// COH-2: places that the deliverer keeps for people who are not enrolled yet are apart from those of who is.
const COURSES: &str = "
alter table course add column places_reserved {int} not null default 0
  constraint course_places_reserved check (places_reserved between 0 and capacity_max)
;;
update course set places_reserved = places_taken where state <> 'CLOSED'";

const ENROLMENTS: &str = "
create table enrolment (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  person_id {uuid} constraint enrolment_person references person (id),
  programme_type {text} not null,
  origin_id {uuid} constraint enrolment_origin references enrolment (id),
  application_id {uuid},
  sponsor_id {uuid} constraint enrolment_sponsor references organisation (id),
  funding_basis {text} not null constraint enrolment_basis_known check (funding_basis in
    ('FUNDED','SELF_FUNDED','EMPLOYER_FUNDED','UNFUNDED')),
  supervisor_id {uuid} constraint enrolment_supervisor references person (id),
  tutor_id {uuid} constraint enrolment_tutor references person (id),
  state {text} not null constraint enrolment_state_known check (state in
    ('HELD','REFUSED','PLACED','ACTIVE','COMPLETED_TEACHING','GRADUATED','NOT_GRADUATED','RESIT','DEFERRED',
     'WITHDRAWN','TRANSFERRED_OUT')),
  enrolled_from {date} not null,
  enrolled_to {date},
  withdrawal_reason {text} constraint enrolment_reason_known check (withdrawal_reason in
    ('DECLINED_PLACE','NO_SHOW','HEALTH','CARING','WORK','NEW_EMPLOYMENT','RELOCATION','ACCESS_NOT_MET','FINANCE',
     'COURSE_NOT_SUITABLE','CONDUCT','COURSE_CANCELLED','ENROLLED_ELSEWHERE','ENROLLED_IN_ERROR','DECEASED','OTHER',
     'NOT_TOLD')),
  withdrawal_initiator {text} constraint enrolment_initiator_known check (withdrawal_initiator in
    ('TRAINEE','DELIVERER','SPONSOR','NATION')),
  resolution {text},
  erased_on {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint enrolment_version_positive check (version > 0),
  constraint enrolment_of_organisation unique (organisation_id, id),
  constraint enrolment_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint enrolment_erased check ((person_id is null) = (erased_on is not null)),
  constraint enrolment_days check (enrolled_to >= enrolled_from),
  constraint enrolment_ended check ((enrolled_to is not null) =
    (state in ('REFUSED','DEFERRED','WITHDRAWN','TRANSFERRED_OUT'))),
  constraint enrolment_withdrawn_for_a_reason check ((state = 'WITHDRAWN') =
    (withdrawal_reason is not null and withdrawal_initiator is not null)),
  constraint enrolment_not_own_supervisor check (supervisor_id <> person_id and tutor_id <> person_id)
){strict}
;;
create unique index enrolment_one_live on enrolment (person_id, programme_type)
  where state in ('PLACED','ACTIVE','COMPLETED_TEACHING','RESIT','DEFERRED')
;;
create unique index enrolment_followed_once on enrolment (origin_id) where origin_id is not null
;;
create unique index enrolment_once_on_course on enrolment (course_id, person_id)
  where state not in ('REFUSED','WITHDRAWN','TRANSFERRED_OUT')
;;
create index enrolment_course_idx on enrolment (course_id, created_at, id)
;;
create index enrolment_organisation_idx on enrolment (organisation_id, created_at, id)
;;
create index enrolment_person_idx on enrolment (person_id, created_at, id)
;;
create index enrolment_sponsor_idx on enrolment (sponsor_id, created_at, id)
;;
create index enrolment_supervisor_idx on enrolment (supervisor_id, created_at, id)
;;
create index enrolment_created_idx on enrolment (created_at, id)
;;
create index enrolment_held_idx on enrolment (created_at, id) where state = 'HELD'";

const RECORDS: &str = "
create table attendance_record (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null constraint attendance_enrolment references enrolment (id),
  course_id {uuid} not null,
  session_id {uuid} not null,
  status {text} not null constraint attendance_status_known check (status in
    ('PRESENT','PARTIAL','ABSENT','AUTHORISED_ABSENCE','NOT_APPLICABLE')),
  minutes {int} not null constraint attendance_minutes check (minutes >= 0),
  source {text} not null constraint attendance_source_known check (source in
    ('TRAINER','ROSTER_IMPORT','SELF_CHECKIN')),
  recorded_by {uuid} constraint attendance_recorded_by references account (id),
  recorded_at {instant} not null,
  amends_id {uuid} constraint attendance_amends references attendance_record (id),
  reason {text},
  replaced_at {instant},
  constraint attendance_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint attendance_session foreign key (course_id, session_id) references course_session (course_id, id),
  constraint attendance_amended_for_a_reason check ((amends_id is null) = (reason is null)),
  constraint attendance_attended check
    ((minutes = 0) = (status in ('ABSENT','AUTHORISED_ABSENCE','NOT_APPLICABLE')))
){strict}
;;
create unique index attendance_one_current on attendance_record (enrolment_id, session_id) where replaced_at is null
;;
create unique index attendance_amended_once on attendance_record (amends_id) where amends_id is not null
;;
create index attendance_session_idx on attendance_record (session_id, enrolment_id)
;;
create index attendance_enrolment_idx on attendance_record (enrolment_id, recorded_at, id)
;;
create index attendance_recorded_idx on attendance_record (recorded_at, id)
;;
create table attendance_module (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  record_id {uuid} not null constraint attendance_module_record references attendance_record (id),
  module_id {uuid} not null constraint attendance_module_module references programme_module (id),
  constraint attendance_module_once unique (record_id, module_id),
  constraint attendance_module_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade
){strict}
;;
create table carried_credit (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  origin_id {uuid} not null,
  origin_organisation_id {uuid} not null,
  programme_version_id {uuid} not null constraint carried_credit_version references programme_version (id),
  carried {text} not null,
  carried_at {instant} not null,
  constraint carried_credit_once unique (enrolment_id, origin_id),
  constraint carried_credit_of_another check (enrolment_id <> origin_id),
  constraint carried_credit_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade,
  constraint carried_credit_origin foreign key (origin_organisation_id, origin_id)
    references enrolment (organisation_id, id) on update cascade
){strict}
;;
create index carried_credit_origin_idx on carried_credit (origin_id)
;;
create table make_up (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null constraint make_up_enrolment references enrolment (id),
  course_id {uuid} not null,
  session_id {uuid} not null,
  state {text} not null constraint make_up_state_known check (state in ('REQUESTED','DECLINED','DONE')),
  done_on {date},
  how {text},
  created_at {instant} not null,
  version {int} not null constraint make_up_version_positive check (version > 0),
  constraint make_up_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint make_up_session foreign key (course_id, session_id) references course_session (course_id, id),
  constraint make_up_done check ((state = 'DONE') = (done_on is not null))
){strict}
;;
create unique index make_up_once on make_up (enrolment_id, session_id) where state <> 'DECLINED'
;;
create index make_up_course_idx on make_up (course_id, created_at, id)
;;
create index make_up_enrolment_idx on make_up (enrolment_id, created_at, id)
;;
create table module_waiver (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  module_id {uuid} not null constraint module_waiver_module references programme_module (id),
  reason {text} not null,
  waived_by {uuid} not null constraint module_waiver_by references account (id),
  waived_at {instant} not null,
  constraint module_waiver_once unique (enrolment_id, module_id),
  constraint module_waiver_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade
){strict}
;;
create table graduation_decision (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null constraint graduation_enrolment references enrolment (id),
  course_id {uuid} not null,
  outcome {text} not null constraint graduation_outcome_known check (outcome in
    ('GRADUATED','COMPLETED_NOT_ACCREDITED','NOT_MET')),
  found {text} not null constraint graduation_found_known check (found in
    ('GRADUATED','COMPLETED_NOT_ACCREDITED','NOT_MET','NOT_YET')),
  snapshot {text} not null,
  override_reason {text},
  decided_by {uuid} not null constraint graduation_decided_by references account (id),
  decided_person_id {uuid} constraint graduation_decided_person references person (id),
  decided_at {instant} not null,
  decided_on {date} not null,
  reopened_at {instant},
  reopen_reason {text} constraint graduation_reopen_reason_known check (reopen_reason in
    ('ATTENDANCE_CHANGED','APPEAL','DECIDED_IN_ERROR','RESIT')),
  told_at {instant},
  version {int} not null constraint graduation_version_positive check (version > 0),
  constraint graduation_of_course unique (course_id, id),
  constraint graduation_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint graduation_overridden_for_a_reason check (outcome = found or override_reason is not null),
  constraint graduation_reopened check ((reopened_at is null) = (reopen_reason is null)),
  constraint graduation_told check (told_at is null or reopened_at is not null)
){strict}
;;
create index graduation_untold_idx on graduation_decision (reopened_at, id)
  where reopened_at is not null and told_at is null
;;
create unique index graduation_one_standing on graduation_decision (enrolment_id) where reopened_at is null
;;
create index graduation_enrolment_idx on graduation_decision (enrolment_id, decided_at, id)
;;
create index graduation_decided_idx on graduation_decision (decided_at, id)
;;
create index credential_decision_idx on credential (decision_id)";

/// What trainees hand in, and what they do at their placements. Texts lie in the vault.
const WORK: &str = "
create table assignment_attempt (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null constraint assignment_enrolment references enrolment (id),
  course_id {uuid} not null,
  number {int} not null constraint assignment_number check (number > 0),
  record_id {uuid} constraint assignment_record references sensitive_record (id),
  submitted_at {instant} not null,
  late {bool} not null,
  state {text} not null constraint assignment_state_known check (state in
    ('SUBMITTED','IN_MARKING','MARKED','CONFIRMED')),
  outcome {text} constraint assignment_outcome_known check (outcome in ('PASS','REFER','FAIL')),
  marker_id {uuid} constraint assignment_marker references person (id),
  marked_at {instant},
  feedback_id {uuid} constraint assignment_feedback references sensitive_record (id),
  moderator_id {uuid} constraint assignment_moderator references person (id),
  confirmed_at {instant},
  version {int} not null constraint assignment_version_positive check (version > 0),
  constraint assignment_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint assignment_by_another check (moderator_id <> marker_id),
  constraint assignment_taken check ((marker_id is null) = (state = 'SUBMITTED')),
  constraint assignment_marked check ((outcome is null) = (state in ('SUBMITTED','IN_MARKING'))
    and (outcome is null) = (marked_at is null)),
  constraint assignment_confirmed check ((confirmed_at is not null) = (state = 'CONFIRMED'))
){strict}
;;
create unique index assignment_number_once on assignment_attempt (enrolment_id, number)
;;
create index assignment_course_idx on assignment_attempt (course_id, submitted_at, id)
;;
create index assignment_submitted_idx on assignment_attempt (submitted_at, id)
;;
create table placement (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null constraint placement_enrolment references enrolment (id),
  course_id {uuid} not null,
  host_id {uuid} not null constraint placement_host references organisation (id),
  supervisor_id {uuid} constraint placement_supervisor references person (id),
  kind {text} not null constraint placement_kind_known check (kind in ('OBSERVATIONAL','PRACTICE')),
  planned_minutes {int} not null constraint placement_planned check (planned_minutes > 0),
  logged_minutes {int} not null constraint placement_logged check (logged_minutes >= 0),
  state {text} not null constraint placement_state_known check (state in
    ('OFFERED','AGREED','IN_PROGRESS','COMPLETED','ENDED_EARLY','NOT_TAKEN')),
  created_at {instant} not null,
  version {int} not null constraint placement_version_positive check (version > 0),
  constraint placement_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade
){strict}
;;
create index placement_enrolment_idx on placement (enrolment_id, created_at, id)
;;
create index placement_supervisor_idx on placement (supervisor_id, created_at, id)
;;
create index placement_host_idx on placement (host_id, created_at, id)
;;
create index placement_created_idx on placement (created_at, id)
;;
create table supervision_log (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null,
  supervisor_id {uuid} not null constraint supervision_log_supervisor references person (id),
  held_on {date} not null,
  minutes {int} not null constraint supervision_log_minutes check (minutes between 1 and 1440),
  kind {text} not null constraint supervision_log_kind_known check (kind in ('INDIVIDUAL','GROUP')),
  recorded_at {instant} not null,
  constraint supervision_log_enrolment foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade
){strict}
;;
create index supervision_log_enrolment_idx on supervision_log (enrolment_id, held_on, id)";

const COUNT_POSTGRES: &str = "
create function count_course_places(course_id uuid, change integer) returns void language plpgsql as $$
declare kind text := coalesce(current_setting('app.kind', true), '');
begin
  if change = 0 then return; end if;
  perform set_config('app.kind', 'system', true);
  update course c set places_taken = c.places_taken + change
    where c.id = count_course_places.course_id and c.state <> 'CLOSED';
  perform set_config('app.kind', kind, true);
end $$
;;
create function enrolment_counts() returns trigger language plpgsql as $$
declare left_states text[] := array['REFUSED','DEFERRED','WITHDRAWN','TRANSFERRED_OUT'];
begin
  perform count_course_places(new.course_id,
    (case when new.state = any (left_states) then 0 else 1 end)
    - (case when tg_op = 'INSERT' then 0 when old.state = any (left_states) then 0 else 1 end));
  return null;
end $$
;;
create trigger enrolment_counts after insert or update of state on enrolment
  for each row execute function enrolment_counts()";

const COUNT_SQLITE: &str = "
create trigger enrolment_counts_new after insert on enrolment
  when new.state not in ('REFUSED','DEFERRED','WITHDRAWN','TRANSFERRED_OUT')
  begin update course set places_taken = places_taken + 1 where id = new.course_id and state <> 'CLOSED'; end
;;
create trigger enrolment_counts_change after update of state on enrolment
  when (old.state in ('REFUSED','DEFERRED','WITHDRAWN','TRANSFERRED_OUT'))
    <> (new.state in ('REFUSED','DEFERRED','WITHDRAWN','TRANSFERRED_OUT'))
  begin update course set places_taken = places_taken
    + case when new.state in ('REFUSED','DEFERRED','WITHDRAWN','TRANSFERRED_OUT') then -1 else 1 end
    where id = new.course_id and state <> 'CLOSED'; end";
