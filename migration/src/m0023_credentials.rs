//! Credentials: what was issued to whom, its signed text, and what became of it.
//!
//! Their own organisation, holder and the national team see them; the public asks the service about one token, which
//! looks in its own name.

use sea_orm_migration::prelude::*;

use crate::row_security::{NATION, Writes, any_of, owner, persons, protect};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds no constraint to a table that is there; PostgreSQL knows no table that is to come.
        let decision = if sql::is_postgres(manager) { "" } else { DECISION };
        sql::run(manager, &TABLE.replace("{decision}", decision)).await?;
        let parties = any_of(&[NATION, &owner("organisation_id"), &persons("person_id")]);
        protect(manager, "credential", &parties, &parties, Writes::Change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["credential"]).await
    }
}

/// The decision on which a credential stands is one about its course.
pub(crate) const DECISION: &str =
    "constraint credential_decision foreign key (course_id, decision_id)
    references graduation_decision (course_id, id),";

/// What a credential stands on is written with it and never again, but that its decision is no longer named once the
/// person is taken out of that; courses may go on under another organisation, so that they are referred to by their id
/// alone.
const TABLE: &str = "
create table credential (
  id {uuid} not null primary key,
  kind {text} not null constraint credential_kind_known check (kind in
    ('GRADUATION','TRAINER_ACCREDITATION','ORGANISATION_LICENCE')),
  public_token {text} not null constraint credential_token_length check (length(public_token) >= 24),
  organisation_id {uuid} not null constraint credential_organisation references organisation (id),
  organisation_name {text} not null,
  person_id {uuid} constraint credential_person references person (id),
  course_id {uuid} constraint credential_course references course (id),
  programme_version_id {uuid} constraint credential_version references programme_version (id),
  decision_id {uuid},
  accreditation_id {uuid} constraint credential_accreditation references trainer_accreditation (id),
  licence_id {uuid} constraint credential_licence references licence (id),
  holder_name {text},
  programme_type {text} constraint credential_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  title {text} not null,
  edition {text} not null,
  awarded_on {date} not null,
  issued_at {instant} not null,
  valid_from {date} not null,
  valid_until {date},
  state {text} not null constraint credential_state_known check (state in
    ('ISSUED','SUSPENDED','REVOKED','SUPERSEDED')),
  state_on {date} not null,
  reason {text} constraint credential_reason_known check (reason in
    ('ISSUED_IN_ERROR','DECISION_REVERSED','OBTAINED_IMPROPERLY','WITHDRAWN','GIVEN_UP')),
  redacted_on {date},
  supersedes_id {uuid},
  listed {bool} not null,
  status_list {int} not null,
  status_index {int} not null constraint credential_index_in_list check (status_index between 0 and 1048575),
  jwt {text},
  jwt_sha256 {text} not null constraint credential_sha256_length check (length(jwt_sha256) = 64),
  version {int} not null constraint credential_version_positive check (version > 0),
  constraint credential_token_unique unique (public_token),
  constraint credential_place_unique unique (status_list, status_index),
  constraint credential_of_organisation unique (organisation_id, id),
  constraint credential_superseded_once unique (organisation_id, supersedes_id),
  constraint credential_supersedes foreign key (organisation_id, supersedes_id)
    references credential (organisation_id, id),
  constraint credential_ground check (
    (kind = 'GRADUATION') = (course_id is not null)
    and (kind = 'GRADUATION') = (programme_version_id is not null)
    and (kind = 'GRADUATION' or decision_id is null)
    and (kind = 'TRAINER_ACCREDITATION') = (accreditation_id is not null)
    and (kind = 'ORGANISATION_LICENCE') = (licence_id is not null)
    and (kind = 'ORGANISATION_LICENCE') = (person_id is null)),
  {decision}
  constraint credential_days check (valid_until > valid_from),
  constraint credential_reason_of_revoked check
    (case state when 'REVOKED' then reason is not null when 'SUSPENDED' then true else reason is null end),
  constraint credential_nameless check
    ((holder_name is null) = (state = 'SUPERSEDED' or redacted_on is not null)
     and (jwt is null) = (holder_name is null)),
  constraint credential_listed_by_name check (holder_name is not null or not listed)
){strict}
;;
create index credential_issued_idx on credential (issued_at, id)
;;
create index credential_organisation_idx on credential (organisation_id, issued_at, id)
;;
create index credential_person_idx on credential (person_id, issued_at, id)
;;
create unique index credential_one_of_decision on credential (decision_id) where state <> 'SUPERSEDED'
;;
create unique index credential_one_of_accreditation on credential (accreditation_id) where state <> 'SUPERSEDED'
;;
create unique index credential_one_of_licence on credential (licence_id) where state <> 'SUPERSEDED'
;;";
