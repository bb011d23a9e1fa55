//! People come forward for courses: interest by e-mail, applications with the notes of those who select, and answers
//! for the monitoring of equality.
//!
//! Interest is written in the service's own name alone: whoever leaves it has no account. Answers for monitoring name
//! neither person nor application nor time, and nobody but the service reads them. The places of a waiting list are
//! kept by the database, under the course's lock: an applicant who steps back sees nobody else's row.

use sea_orm_migration::prelude::*;

use crate::row_security::{
    NATION, STATED, SYSTEM, Writes, account, any_of, owner, persons, protect,
};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 4] =
    ["equality_answer", "application_note", "application", "course_interest"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        sql::run_postgres(manager, QUEUE_POSTGRES).await?;
        sql::run_sqlite(manager, QUEUE_SQLITE).await?;
        sql::run_postgres(manager, OFFERS_POSTGRES).await?;
        sql::run_sqlite(manager, OFFERS_SQLITE).await?;
        let own = owner("organisation_id");
        let confirmed = format!("confirmed_at is not null and {own}");
        protect(
            manager,
            "course_interest",
            &any_of(&[NATION, &confirmed]),
            &any_of(&[SYSTEM, &format!("({NATION} and {STATED})")]),
            Writes::Replace,
        )
        .await?;
        let parties = any_of(&[NATION, &own, &persons("person_id")]);
        protect(manager, "application", &parties, &parties, Writes::Change).await?;
        let selectors = any_of(&[NATION, &own]);
        protect(manager, "application_note", &selectors, &selectors, Writes::Replace).await?;
        protect(manager, "equality_answer", SYSTEM, SYSTEM, Writes::Append).await?;
        sql::run_postgres(manager, &admitted()).await?;
        enrolling(manager, &any_of(&[NATION, &own, &taken_up()])).await?;
        sql::run_postgres(manager, NAMED).await?;
        letters_of_nobody(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run_postgres(manager, "drop policy person_applied on person").await?;
        enrolling(manager, &any_of(&[NATION, &owner("organisation_id")])).await?;
        for (table, _) in ADMITTED {
            let drop = format!("drop policy {table}_admitted on {table}");
            sql::run_postgres(manager, &drop).await?;
        }
        sql::run(manager, "delete from mail_message where organisation_id is null").await?;
        sql::run_postgres(
            manager,
            "alter table mail_message alter column organisation_id set not null",
        )
        .await?;
        sql::run_sqlite(manager, &rebuilt_letters("not null ")).await?;
        sql::drop_tables(manager, &TABLE_NAMES).await?;
        let functions = "drop function number_waiting_list\n;;\ndrop function offer_counts";
        sql::run_postgres(manager, functions).await
    }
}

/// Whoever sees what was handed in may be told the name.
const NAMED: &str = "create policy person_applied on person for select using ((select true from application a \
     where a.person_id = person.id and a.submitted_at is not null limit 1))";

/// Whoever accepts the own offer writes just the enrolment that follows from it.
fn taken_up() -> String {
    format!(
        "({} and (select a.state = 'ACCEPTED' and a.person_id = enrolment.person_id \
         and a.course_id = enrolment.course_id from application a where a.id = enrolment.application_id))",
        persons("person_id")
    )
}

async fn enrolling(manager: &SchemaManager<'_>, check: &str) -> Result<(), DbErr> {
    let policy = format!("alter policy enrolment_insert on enrolment with check ({check})");
    sql::run_postgres(manager, &policy).await
}

/// What somebody writes of themselves who becomes known to the network: each table with the rows that are theirs.
/// The service names the person in the settings of that transaction alone.
const ADMITTED: [(&str, Admitted); 7] = [
    ("account", Admitted::OwnAccount("id")),
    ("person", Admitted::OwnPerson("id")),
    ("person_name", Admitted::OwnPerson("person_id")),
    ("person_email", Admitted::OwnPerson("person_id")),
    ("person_membership", Admitted::OwnPerson("person_id")),
    ("person_account", Admitted::Both),
    ("role_grant", Admitted::OwnRole),
];

enum Admitted {
    OwnAccount(&'static str),
    OwnPerson(&'static str),
    Both,
    OwnRole,
}

fn admitted() -> String {
    let policy = |(table, how): (&str, Admitted)| {
        let check = match how {
            Admitted::OwnAccount(column) => account(column),
            Admitted::OwnPerson(column) => persons(column),
            Admitted::Both => format!("{} and {}", persons("person_id"), account("account_id")),
            Admitted::OwnRole => {
                format!("role = 'APP' and scope_type = 'SELF' and {}", account("account_id"))
            }
        };
        format!("create policy {table}_admitted on {table} for insert with check ({check})")
    };
    ADMITTED.map(policy).join("\n;;\n")
}

/// Messages about a matter of no organisation.
async fn letters_of_nobody(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let nullable = "alter table mail_message alter column organisation_id drop not null";
    sql::run_postgres(manager, nullable).await?;
    sql::run_sqlite(manager, &rebuilt_letters("")).await
}

/// SQLite changes a column only with its table.
fn rebuilt_letters(organisation: &str) -> String {
    let table = LETTERS.replace("{organisation}", organisation);
    format!(
        "alter table mail_message rename to mail_message_before\n;;\n{table}\n;;\n\
         insert into mail_message select * from mail_message_before\n;;\n\
         drop table mail_message_before\n;;\n\
         create index mail_message_due_idx on mail_message (next_attempt_at, id) where state = 'WAITING'"
    )
}

const LETTERS: &str = "
create table mail_message (
  id {uuid} not null primary key,
  organisation_id {uuid} {organisation}constraint mail_message_organisation references organisation (id),
  kind {text} not null constraint mail_message_kind check (length(kind) between 1 and 100),
  deduplication_key {text} not null
    constraint mail_message_key_length check (length(deduplication_key) between 1 and 200),
  recipient {text} constraint mail_message_recipient check (length(recipient) between 3 and 254),
  subject {text} constraint mail_message_subject check
    (length(subject) between 1 and 200 and subject not like '%\n%' and subject not like '%\r%'),
  body {text} constraint mail_message_body check (length(body) between 1 and 20000),
  state {text} not null constraint mail_message_state_known check (state in ('WAITING','SENT','GIVEN_UP')),
  attempts {int} not null constraint mail_message_attempts check (attempts >= 0),
  next_attempt_at {instant},
  sent_at {instant},
  failure {text},
  last_day {date} not null,
  created_at {instant} not null,
  constraint mail_message_erased check ((state = 'WAITING') = (recipient is not null)
    and (state = 'WAITING') = (subject is not null) and (state = 'WAITING') = (body is not null)),
  constraint mail_message_due check ((state = 'WAITING') = (next_attempt_at is not null)),
  constraint mail_message_sent check ((state = 'SENT') = (sent_at is not null) and (attempts > 0 or state <> 'SENT')),
  constraint mail_message_given_up check (failure is not null or state <> 'GIVEN_UP'),
  constraint mail_message_once unique (organisation_id, deduplication_key)
){strict}";

/// The places of those who wait, in the order in which they began to. The course's row is locked first, so that two
/// who leave at once are both counted out; whoever changes the own application may not write another's.
const QUEUE_POSTGRES: &str = "
create function number_waiting_list() returns trigger language plpgsql as $$
declare kind text := current_setting('app.kind', true);
begin
  perform set_config('app.kind', 'system', true);
  perform 1 from course c where c.id = new.course_id for update;
  update application a set waiting_position = n.place
    from (select w.id, row_number() over (order by w.waitlisted_at, w.id) as place from application w
      where w.course_id = new.course_id and w.state = 'WAITLISTED') n
    where n.id = a.id and a.waiting_position is distinct from n.place;
  perform set_config('app.kind', coalesce(kind, ''), true);
  return null;
end $$
;;
create trigger application_waiting after update of state on application for each row
  when ((old.state = 'WAITLISTED') <> (new.state = 'WAITLISTED')) execute function number_waiting_list()";

const QUEUE_SQLITE: &str = "
create trigger application_waiting after update of state on application
when (old.state = 'WAITLISTED') <> (new.state = 'WAITLISTED')
begin
  update application set waiting_position = (select count(*) from application w
      where w.course_id = application.course_id and w.state = 'WAITLISTED'
        and (w.waitlisted_at, w.id) <= (application.waitlisted_at, application.id))
    where course_id = new.course_id and state = 'WAITLISTED';
end";

/// An offer holds a place: it counts as one that is taken, and the course's own check holds whatever races.
const OFFERS_POSTGRES: &str = "
create function offer_counts() returns trigger language plpgsql as $$ begin
  perform count_course_places(new.course_id, (case when new.state = 'OFFERED' then 1 else 0 end)
    - (case when tg_op = 'INSERT' then 0 when old.state = 'OFFERED' then 1 else 0 end));
  return null;
end $$
;;
create trigger offer_counts after insert or update of state on application
  for each row execute function offer_counts()";

const OFFERS_SQLITE: &str = "
create trigger offer_counts_new after insert on application when new.state = 'OFFERED'
  begin update course set places_taken = places_taken + 1 where id = new.course_id and state <> 'CLOSED'; end
;;
create trigger offer_counts_change after update of state on application
  when (old.state = 'OFFERED') <> (new.state = 'OFFERED')
  begin update course set places_taken = places_taken + case when new.state = 'OFFERED' then 1 else -1 end
    where id = new.course_id and state <> 'CLOSED'; end";

const TABLES: &str = "
create table course_interest (
  id {uuid} not null primary key,
  organisation_id {uuid},
  course_id {uuid},
  programme_type {text} not null constraint course_interest_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  postcode_area {text} constraint course_interest_area check (length(postcode_area) between 1 and 2),
  name {text} not null constraint course_interest_name check (length(name) between 1 and 200),
  email {text} not null constraint course_interest_email check (length(email) between 3 and 254),
  token_sha256 {text} not null constraint course_interest_token_length check (length(token_sha256) = 64),
  registered_at {instant} not null,
  confirmed_at {instant},
  version {int} not null constraint course_interest_version_positive check (version > 0),
  constraint course_interest_token_unique unique (token_sha256),
  constraint course_interest_in check ((course_id is null) = (postcode_area is not null)
    and (course_id is null) = (organisation_id is null)),
  constraint course_interest_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade
){strict}
;;
create index course_interest_course_idx on course_interest (course_id, registered_at, id)
;;
create index course_interest_registered_idx on course_interest (registered_at, id)
;;
create index course_interest_organisation_idx on course_interest (organisation_id, registered_at, id)
;;
create table application (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  course_id {uuid} not null,
  person_id {uuid} constraint application_person references person (id),
  interest_id {uuid},
  state {text} not null constraint application_state_known check (state in ('DRAFT','SUBMITTED','SCREENING',
    'INTERVIEW','OFFERED','WAITLISTED','ACCEPTED','DECLINED','WITHDRAWN','LAPSED')),
  experience {text} constraint application_experience_known check (experience in ('LIVED','CARER','BOTH')),
  employment {text} constraint application_employment_known check (employment in
    ('EMPLOYED_PSW','OFFERED_PSW','VOLUNTEER','NOT_YET')),
  employer_id {uuid} constraint application_employer references organisation (id),
  prior_training {text} constraint application_prior_training check (length(prior_training) between 1 and 2000),
  source {text} constraint application_source_known check (source in
    ('EMPLOYER','NHS_SERVICE','CHARITY','PEER','EVENT','WEBSITE','OTHER')),
  has_experience {bool} not null,
  wishes_to_support {bool} not null,
  communicates {bool} not null,
  motivation_id {uuid} constraint application_motivation references sensitive_record (id),
  support_needs_id {uuid} constraint application_support_needs references sensitive_record (id),
  submitted_at {instant},
  waitlisted_at {instant},
  waiting_position {int},
  offered_at {instant},
  offer_until {date},
  terms_version {text} constraint application_terms check (length(terms_version) between 1 and 200),
  decline_reason {text} constraint application_decline_reason_known check (decline_reason in
    ('SUITABILITY','ENTRY_CRITERIA','NO_PLACE','COURSE_CANCELLED')),
  assessor_id {uuid} constraint application_assessor references account (id),
  assessor_person_id {uuid} constraint application_assessor_person references person (id),
  second_assessor_id {uuid} constraint application_second_assessor references account (id),
  ended_at {instant},
  erased_on {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint application_version_positive check (version > 0),
  constraint application_of_organisation unique (organisation_id, id),
  constraint application_course foreign key (organisation_id, course_id)
    references course (organisation_id, id) on update cascade,
  constraint application_once_of_interest unique (interest_id),
  constraint application_erased check ((person_id is null) = (erased_on is not null)
    and (erased_on is null or ended_at is not null)),
  constraint application_offer check ((offer_until is not null) = (offered_at is not null)
    and (state not in ('OFFERED','ACCEPTED','LAPSED') or offered_at is not null)),
  constraint application_waits check ((state = 'WAITLISTED') = (waitlisted_at is not null)
    and (state = 'WAITLISTED' or waiting_position is null)),
  constraint application_accepted check ((state = 'ACCEPTED') = (terms_version is not null)),
  constraint application_ended check
    ((state in ('ACCEPTED','DECLINED','WITHDRAWN','LAPSED')) = (ended_at is not null)),
  constraint application_declined check (state <> 'DECLINED' or decline_reason is not null),
  constraint application_by_two check (second_assessor_id <> assessor_id
    and (state <> 'DECLINED' or decline_reason <> 'SUITABILITY'
      or (assessor_id is not null and second_assessor_id is not null)))
){strict}
;;
create unique index application_one_live on application (course_id, person_id)
  where state not in ('DECLINED','WITHDRAWN','LAPSED')
;;
create index application_course_idx on application (course_id, state, waitlisted_at, id)
;;
create index application_created_idx on application (created_at, id)
;;
create index application_organisation_idx on application (organisation_id, created_at, id)
;;
create index application_person_idx on application (person_id, created_at, id)
;;
create index application_offer_idx on application (offer_until, id) where state = 'OFFERED'
;;
create table application_note (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  application_id {uuid} not null,
  record_id {uuid} not null constraint application_note_record references sensitive_record (id),
  created_at {instant} not null,
  constraint application_note_application foreign key (organisation_id, application_id)
    references application (organisation_id, id) on update cascade
){strict}
;;
create index application_note_application_idx on application_note (application_id, created_at, id)
;;
create table equality_answer (
  id {uuid} not null primary key,
  spent_sha256 {text} not null constraint equality_answer_spent_length check (length(spent_sha256) = 64),
  organisation_id {uuid} not null constraint equality_answer_organisation references organisation (id),
  programme_type {text} not null constraint equality_answer_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  financial_year {int} not null,
  age_band {text} constraint equality_answer_age_known check (age_band in
    ('UNDER_25','FROM_25_TO_34','FROM_35_TO_44','FROM_45_TO_54','FROM_55_TO_64','OVER_64','NOT_SAID')),
  gender {text} constraint equality_answer_gender_known check (gender in
    ('WOMAN','MAN','NON_BINARY','OTHER','NOT_SAID')),
  ethnic_group {text} constraint equality_answer_ethnic_group_known check (ethnic_group in
    ('ASIAN','BLACK','MIXED','WHITE','OTHER','NOT_SAID')),
  disability {text} constraint equality_answer_disability_known check (disability in ('YES','NO','NOT_SAID')),
  sexual_orientation {text} constraint equality_answer_orientation_known check (sexual_orientation in
    ('HETEROSEXUAL','GAY_OR_LESBIAN','BISEXUAL','OTHER','NOT_SAID')),
  constraint equality_answer_once unique (spent_sha256)
){strict}
;;
create index equality_answer_of_idx on equality_answer (organisation_id, programme_type, financial_year)
;;";
