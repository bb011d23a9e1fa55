//! Organisations with their dated facts: names, identifiers, boards, regions, sites, successions.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, Writes};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 7] = [
    "organisation_succession",
    "site",
    "region_membership",
    "board_membership",
    "organisation_identifier",
    "organisation_name",
    "organisation",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        for (table, name, keys, only) in [
            ("organisation_name", "organisation_one_name", &["organisation_id"][..], "true"),
            ("organisation_identifier", "identifier_one_holder", &["scheme", "value"], "true"),
            (
                "board_membership",
                "organisation_one_host_board",
                &["organisation_id"],
                "role = 'HOST'",
            ),
            ("region_membership", "organisation_one_region", &["organisation_id"], "true"),
        ] {
            sql::forbid_overlap(manager, table, name, keys, only).await?;
        }
        for table in TABLE_NAMES {
            row_security::protect(manager, table, PUBLIC, NATION, Writes::Change).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

const TABLES: &str = "
create table organisation (
  id {uuid} not null primary key,
  name {text} not null constraint organisation_name_filled check (length(name) between 1 and 200),
  short_name {text},
  kind {text} not null constraint organisation_kind_known check (kind in
    ('NHS_TRUST','NHS_FOUNDATION_TRUST','ICB','VCSE','CIC','LOCAL_AUTHORITY','INDEPENDENT_PROVIDER',
     'HEI','FE_COLLEGE','RECOVERY_COLLEGE','NATIONAL_BODY','FUNDER')),
  status {text} not null constraint organisation_status_known check (status in
    ('PROSPECT','ACTIVE','DORMANT','CLOSED')),
  reference_only {bool} not null,
  delivers {bool} not null,
  employs {bool} not null,
  parent_id {uuid} constraint organisation_parent references organisation (id),
  address {text},
  postcode {text},
  opened_on {date},
  closed_on {date},
  closure_reason {text},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint organisation_version_positive check (version > 0),
  constraint organisation_closed_is_dated check ((status = 'CLOSED') = (closed_on is not null)),
  constraint organisation_life check (closed_on is null or opened_on is null or closed_on >= opened_on)
){strict}
;;
create index organisation_name_idx on organisation (name, id)
;;
create index organisation_status_idx on organisation (status, name)
;;
create index organisation_postcode_idx on organisation (postcode, name)
;;
create table organisation_name (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint organisation_name_holder references organisation (id),
  name {text} not null,
  valid_from {date},
  valid_to {date},
  constraint organisation_name_period check (valid_to is null or valid_from is null or valid_to > valid_from)
){strict}
;;
create index organisation_name_holder_idx on organisation_name (organisation_id, valid_from)
;;
create table organisation_identifier (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint organisation_identifier_holder references organisation (id),
  scheme {text} not null constraint organisation_identifier_scheme_known check (scheme in
    ('ODS','UKPRN','COMPANIES_HOUSE','CHARITY_EW','CHARITY_SC','CHARITY_NI','CQC_PROVIDER','ORG_ID')),
  value {text} not null,
  valid_from {date},
  valid_to {date},
  verified_at {instant},
  verified_by {text},
  constraint organisation_identifier_period check (valid_to is null or valid_from is null or valid_to > valid_from),
  constraint organisation_identifier_verified_by check ((verified_at is null) = (verified_by is null))
){strict}
;;
create index organisation_identifier_holder_idx on organisation_identifier (organisation_id, scheme)
;;
create index organisation_identifier_value_idx on organisation_identifier (scheme, value)
;;
create table board_membership (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint board_membership_holder references organisation (id),
  board_id {uuid} not null constraint board_membership_board references care_board (id),
  role {text} not null constraint board_membership_role_known check (role in ('HOST','ASSOCIATE')),
  valid_from {date} not null,
  valid_to {date},
  constraint board_membership_period check (valid_to is null or valid_to > valid_from)
){strict}
;;
create index board_membership_holder_idx on board_membership (organisation_id, valid_from)
;;
create index board_membership_board_idx on board_membership (board_id, organisation_id)
;;
create table region_membership (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint region_membership_holder references organisation (id),
  region_id {uuid} not null constraint region_membership_region references region (id),
  override_reason {text},
  valid_from {date} not null,
  valid_to {date},
  constraint region_membership_period check (valid_to is null or valid_to > valid_from)
){strict}
;;
create index region_membership_holder_idx on region_membership (organisation_id, valid_from)
;;
create index region_membership_region_idx on region_membership (region_id, organisation_id)
;;
create table site (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint site_organisation references organisation (id),
  name {text} not null,
  ods_code {text},
  address {text},
  postcode {text}
){strict}
;;
create index site_organisation_idx on site (organisation_id, name)
;;
create table organisation_succession (
  id {uuid} not null primary key,
  predecessor_id {uuid} not null constraint organisation_succession_predecessor references organisation (id),
  successor_id {uuid} constraint organisation_succession_successor references organisation (id),
  effective_on {date} not null,
  kind {text} not null constraint organisation_succession_kind_known check (kind in
    ('MERGER','ACQUISITION','SPLIT','RENAME','CODE_CHANGE','CLOSURE')),
  notes {text},
  constraint organisation_succession_unique unique (predecessor_id, successor_id, effective_on),
  constraint organisation_succession_successor_named check ((successor_id is null) = (kind = 'CLOSURE'))
){strict}
;;
create index organisation_succession_predecessor_idx on organisation_succession (predecessor_id)
;;
create index organisation_succession_successor_idx on organisation_succession (successor_id)
;;";
