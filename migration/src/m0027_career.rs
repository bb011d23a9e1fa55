//! After graduation: where graduates went, how people develop, and who is accredited to supervise peers.

use sea_orm_migration::prelude::*;

use crate::row_security::{NATION, SIGNED_IN, Writes, any_of, owner, persons, protect};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 3] =
    ["supervisor_accreditation", "development_record", "graduate_destination"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        sql::forbid_overlap(
            manager,
            "supervisor_accreditation",
            "supervisor_accreditation_one_at_a_time",
            &["person_id"],
            "state in ('ACCREDITED','SUSPENDED')",
        )
        .await?;
        let own = owner("organisation_id");
        let graduate = format!(
            "(select {} from enrolment e where e.id = graduate_destination.enrolment_id)",
            persons("e.person_id")
        );
        let parties = any_of(&[NATION, &own, &graduate]);
        protect(manager, "graduate_destination", &parties, &parties, Writes::Change).await?;
        let parties = any_of(&[NATION, &persons("person_id"), &persons("confirmer_id")]);
        protect(manager, "development_record", &parties, &parties, Writes::Change).await?;
        // Who is accredited is known by the id alone, as affiliations of trainers are.
        let known = format!("({SIGNED_IN} and state = 'ACCREDITED')");
        let write = any_of(&[NATION, &own, &persons("person_id")]);
        let read = any_of(&[&write, &known]);
        protect(manager, "supervisor_accreditation", &read, &write, Writes::Change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

const TABLES: &str = "
create table graduate_destination (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  enrolment_id {uuid} not null constraint graduate_destination_enrolment references enrolment (id),
  kind {text} not null constraint graduate_destination_kind_known check (kind in
    ('EMPLOYED_AS_PEER_WORKER','EMPLOYED_OTHER','VOLUNTEERING','FURTHER_TRAINING','SEEKING','NOT_SEEKING','NOT_TOLD')),
  peer_role {text} constraint graduate_destination_peer_role_known check (peer_role in
    ('PEER_SUPPORT_WORKER','SENIOR_PEER_SUPPORT_WORKER','PEER_SUPERVISOR','PEER_TRAINER','PEER_SUPPORT_LEAD',
     'FAMILY_AMBASSADOR','VOLUNTEER','OTHER')),
  employer_id {uuid} constraint graduate_destination_employer references organisation (id),
  employer_name {text} constraint graduate_destination_employer_name check (length(employer_name) between 1 and 200),
  since {date},
  wte_hundredths {int} constraint graduate_destination_wte check (wte_hundredths between 1 and 100),
  source {text} not null constraint graduate_destination_source_known check (source in
    ('GRADUATE','DELIVERER','EMPLOYER')),
  asked_after_months {int} not null
    constraint graduate_destination_months check (asked_after_months between 0 and 60),
  asked_on {date} not null,
  recorded_by {uuid} constraint graduate_destination_recorded_by references account (id),
  recorded_at {instant} not null,
  amends_id {uuid} constraint graduate_destination_amends references graduate_destination (id),
  reason {text},
  replaced_at {instant},
  constraint graduate_destination_of_deliverer foreign key (organisation_id, enrolment_id)
    references enrolment (organisation_id, id) on update cascade,
  constraint graduate_destination_amended_for_a_reason check ((amends_id is null) = (reason is null)),
  constraint graduate_destination_one_employer check (employer_id is null or employer_name is null),
  constraint graduate_destination_peer check
    ((kind <> 'EMPLOYED_AS_PEER_WORKER' or peer_role is not null)
     and (kind in ('EMPLOYED_AS_PEER_WORKER','VOLUNTEERING') or peer_role is null)),
  constraint graduate_destination_employed check
    (kind in ('EMPLOYED_AS_PEER_WORKER','EMPLOYED_OTHER') or wte_hundredths is null),
  constraint graduate_destination_engaged check
    (kind in ('EMPLOYED_AS_PEER_WORKER','EMPLOYED_OTHER','VOLUNTEERING','FURTHER_TRAINING')
     or (employer_id is null and employer_name is null and since is null))
){strict}
;;
create unique index graduate_destination_one_current on graduate_destination (enrolment_id, asked_after_months)
  where replaced_at is null
;;
create unique index graduate_destination_amended_once on graduate_destination (amends_id) where amends_id is not null
;;
create index graduate_destination_enrolment_idx on graduate_destination (enrolment_id, recorded_at, id)
;;
create index graduate_destination_recorded_idx on graduate_destination (recorded_at, id)
;;
create index graduate_destination_organisation_idx on graduate_destination (organisation_id, recorded_at, id)
;;
create table development_record (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint development_record_person references person (id),
  confirmer_id {uuid} constraint development_record_confirmer references person (id),
  kind {text} not null constraint development_record_kind_known check (kind in
    ('COURSE','SUPERVISION','REFLECTION','CONFERENCE','READING','SHADOWING','TEACHING','OTHER')),
  done_on {date} not null,
  minutes {int} not null constraint development_record_minutes check (minutes between 1 and 2400),
  title {text} not null constraint development_record_title check (length(title) between 1 and 120),
  provider {text} constraint development_record_provider check (length(provider) between 1 and 120),
  recorded_at {instant} not null,
  confirmed_at {instant},
  withdrawn_at {instant},
  version {int} not null constraint development_record_version_positive check (version > 0),
  constraint development_record_by_another check (confirmer_id <> person_id),
  constraint development_record_confirmed check (confirmed_at is null or confirmer_id is not null)
){strict}
;;
create index development_record_person_idx on development_record (person_id, done_on, id)
;;
create index development_record_confirmer_idx on development_record (confirmer_id, done_on, id)
;;
create index development_record_done_idx on development_record (done_on, id)
;;
create table supervisor_accreditation (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint supervisor_accreditation_organisation references organisation (id),
  person_id {uuid} not null constraint supervisor_accreditation_person references person (id),
  graduation_id {uuid} not null constraint supervisor_accreditation_graduation references graduation_decision (id),
  state {text} not null constraint supervisor_accreditation_state_known check (state in
    ('ACCREDITED','SUSPENDED','WITHDRAWN')),
  valid_from {date} not null,
  valid_to {date} not null,
  ended_on {date},
  resigned {bool} not null,
  caseload_max {int} not null constraint supervisor_accreditation_caseload check (caseload_max between 1 and 50),
  renews_id {uuid} constraint supervisor_accreditation_renews references supervisor_accreditation (id),
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint supervisor_accreditation_version_positive check (version > 0),
  constraint supervisor_accreditation_period check (valid_to > valid_from),
  constraint supervisor_accreditation_ended check ((state = 'WITHDRAWN') = (ended_on is not null)),
  constraint supervisor_accreditation_renewed_once unique (renews_id)
){strict}
;;
create index supervisor_accreditation_person_idx on supervisor_accreditation (person_id, valid_to)
;;
create index supervisor_accreditation_organisation_idx on supervisor_accreditation (organisation_id, created_at, id)
;;
create index supervisor_accreditation_created_idx on supervisor_accreditation (created_at, id)";
