//! The vault: texts about people that are special-category data, the keys of their people, who may read which of
//! them, and who did.
//!
//! A text is ciphertext under the key of its person; the key lies here wrapped by a master key that the database
//! never sees. Policies let the keys be read only in a transaction that states why (`app.purpose`), which reads of
//! the API never do.

use sea_orm_migration::prelude::*;

use crate::row_security::{
    self, NATION, SIGNED_IN, STATED, Writes, account, any_of, owner, persons, protect,
};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 4] =
    ["sensitive_disclosure", "sensitive_reader", "sensitive_record", "vault_key"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        let stated = format!("({}) and {STATED}", any_of(&[SIGNED_IN, NATION]));
        protect(manager, "vault_key", &stated, &stated, Writes::Change).await?;
        let (concerned, kept) = (persons("person_id"), owner("organisation_id"));
        let named = format!(
            "exists (select 1 from sensitive_reader s where s.record_id = sensitive_record.id and {})",
            persons("s.person_id")
        );
        let read = any_of(&[NATION, &concerned, &kept, &named]);
        let write = any_of(&[NATION, &concerned, &kept]);
        protect(manager, "sensitive_record", &read, &write, Writes::Change).await?;
        // It names person and organisation of its record itself: its policy must not lead back to the record's.
        let write = any_of(&[NATION, &persons("subject_id"), &kept]);
        let read = any_of(&[&write, &concerned]);
        protect(manager, "sensitive_reader", &read, &write, Writes::Change).await?;
        let of_own = format!(
            "(select {} from sensitive_record r where r.id = sensitive_disclosure.record_id)",
            persons("r.person_id")
        );
        let of_seen =
            "(select true from sensitive_record r where r.id = sensitive_disclosure.record_id)";
        let read = any_of(&[NATION, &of_own]);
        let write = format!("{} and {of_seen}", account("account_id"));
        protect(manager, "sensitive_disclosure", &read, &write, Writes::Append).await?;
        row_security::append_only(manager, "sensitive_disclosure").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Policies look at each other's tables.
        let drop = "drop policy if exists sensitive_record_read on sensitive_record";
        sql::run_postgres(manager, drop).await?;
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

const TABLES: &str = "
create table vault_key (
  id {uuid} not null primary key constraint vault_key_person references person (id),
  master {text} not null constraint vault_key_master check (length(master) between 1 and 200),
  wrapped {bytes} constraint vault_key_length check (length(wrapped) = 60),
  created_at {instant} not null,
  destroyed_at {instant},
  constraint vault_key_destroyed check ((wrapped is null) = (destroyed_at is not null))
){strict}
;;
create index vault_key_master_idx on vault_key (master, id) where wrapped is not null
;;
create table sensitive_record (
  id {uuid} not null primary key,
  person_id {uuid} not null constraint sensitive_record_key references vault_key (id),
  organisation_id {uuid} constraint sensitive_record_organisation references organisation (id),
  category {text} not null constraint sensitive_record_category_known check (category in
    ('MOTIVATION','SUPPORT_NEEDS','ADJUSTMENTS','REFERENCE','SELECTION_NOTE','ASSIGNMENT','CONCERN')),
  ciphertext {bytes} constraint sensitive_record_length check (length(ciphertext) > 28),
  purpose {text} not null constraint sensitive_record_purpose_known check (purpose in
    ('SELECTION','SUPPORT','ASSESSMENT','SAFEGUARDING')),
  lawful_basis {text} not null constraint sensitive_record_basis_known check (lawful_basis in ('PUBLIC_TASK')),
  article_nine {text} not null constraint sensitive_record_article_nine_known check (article_nine in
    ('EMPLOYMENT_AND_SOCIAL_PROTECTION','SUBSTANTIAL_PUBLIC_INTEREST')),
  schedule_one {text} not null constraint sensitive_record_schedule_one_known check (schedule_one in
    ('EMPLOYMENT_AND_SOCIAL_PROTECTION','STATUTORY_PURPOSES','SAFEGUARDING')),
  retain_until {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  erased_at {instant},
  version {int} not null constraint sensitive_record_version_positive check (version > 0),
  constraint sensitive_record_erased check ((ciphertext is null) = (erased_at is not null)),
  constraint sensitive_record_of_person unique (id, person_id)
){strict}
;;
create index sensitive_record_person_idx on sensitive_record (person_id, created_at, id)
;;
create index sensitive_record_organisation_idx on sensitive_record (organisation_id, created_at, id)
;;
create index sensitive_record_created_idx on sensitive_record (created_at, id)
;;
create table sensitive_reader (
  id {uuid} not null primary key,
  record_id {uuid} not null,
  subject_id {uuid} not null,
  organisation_id {uuid},
  person_id {uuid} not null constraint sensitive_reader_person references person (id),
  acts_for_id {uuid} constraint sensitive_reader_acts_for references organisation (id),
  role {text} not null constraint sensitive_reader_role_known check (role in
    ('TUTOR','SUPERVISOR','ASSESSOR','MARKER','MODERATOR','CONCERN_LEAD')),
  consent_wording {text} constraint sensitive_reader_consent_wording check (length(consent_wording) between 1 and 200),
  valid_from {date} not null,
  valid_to {date},
  constraint sensitive_reader_period check (valid_to is null or valid_to >= valid_from),
  constraint sensitive_reader_record foreign key (record_id, subject_id)
    references sensitive_record (id, person_id) on update cascade
){strict}
;;
create index sensitive_reader_record_idx on sensitive_reader (record_id, person_id)
;;
create index sensitive_reader_person_idx on sensitive_reader (person_id, record_id)
;;
create table sensitive_disclosure (
  id {uuid} not null primary key,
  record_id {uuid} not null constraint sensitive_disclosure_record references sensitive_record (id),
  account_id {uuid} not null constraint sensitive_disclosure_account references account (id),
  person_id {uuid} constraint sensitive_disclosure_person references person (id),
  organisation_id {uuid} constraint sensitive_disclosure_organisation references organisation (id),
  acting_as {text} not null constraint sensitive_disclosure_acting_as_known check (acting_as in
    ('SELF','LTR','PCO','DPO','TUTOR','SUPERVISOR','ASSESSOR','MARKER','MODERATOR','CONCERN_LEAD')),
  purpose {text} not null constraint sensitive_disclosure_purpose_known check (purpose in
    ('SELECTION','SUPPORT','ASSESSMENT','SAFEGUARDING','OWN_RECORD','RIGHTS_REQUEST')),
  at {instant} not null
){strict}
;;
create index sensitive_disclosure_record_idx on sensitive_disclosure (record_id, at, id)
;;
create index sensitive_disclosure_at_idx on sensitive_disclosure (at, id)
;;";
