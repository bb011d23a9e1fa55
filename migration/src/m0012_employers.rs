//! Support for employing organisations: agreements, contacts, offers of supervision, and what organisations
//! published in the Data Security and Protection Toolkit.
//!
//! Policies of what partners may read look at `employer_agreement`, which reads nothing.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, Writes, any_of, owner};
use crate::{seed, sql};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 6] = [
    "support_warning",
    "dspt_assessment",
    "supervision_offer",
    "organisation_contact",
    "employer_agreement_programme",
    "employer_agreement",
];

/// What is warned of, in the order of the alphabet, each in words.
const WARNINGS: [(&str, &str); 6] = [
    ("DSPT_EXPIRING", "the status in the Data Security and Protection Toolkit expires soon"),
    ("DSPT_LAPSED", "the status in the Data Security and Protection Toolkit has lapsed"),
    ("DSPT_MISSING", "no status in the Data Security and Protection Toolkit is recorded"),
    ("DSPT_NOT_MET", "the standards of the Data Security and Protection Toolkit are not met"),
    (
        "SAFEGUARDING_CONTACT_MISSING",
        "an agreement is in force and nobody is named for safeguarding",
    ),
    ("SUPERVISION_CONTACT_MISSING", "an agreement is in force and nobody is named for supervision"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        for (table, name, keys, only) in [
            (
                "employer_agreement",
                "employer_agreement_one_at_a_time",
                &["organisation_id", "host_id", "kind"][..],
                "state in ('ACCEPTED','ENDED')",
            ),
            (
                "organisation_contact",
                "organisation_contact_one_at_a_time",
                &["organisation_id", "purpose"],
                "true",
            ),
            ("supervision_offer", "supervision_offer_one_at_a_time", &["organisation_id"], "true"),
        ] {
            sql::forbid_overlap(manager, table, name, keys, only).await?;
        }
        let mut rows = seed::Rows::new("support_warning", ["id", "kind", "message"]);
        for (kind, message) in WARNINGS {
            rows.push([seed::id("support_warning", kind).into(), kind.into(), message.into()]);
        }
        rows.insert(manager).await?;
        policies(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

async fn policies(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let own = any_of(&[NATION, &owner("organisation_id")]);
    let sides = any_of(&[&own, &owner("host_id")]);
    let agreement = "(select true from employer_agreement a \
         where a.id = employer_agreement_programme.agreement_id)";
    let shown = any_of(&[&own, agreement]);
    for (table, read, write, writes) in [
        ("employer_agreement", sides.as_str(), sides.as_str(), Writes::Change),
        ("employer_agreement_programme", &shown, &shown, Writes::Append),
        ("support_warning", PUBLIC, NATION, Writes::Append),
    ] {
        row_security::protect(manager, table, read, write, writes).await?;
    }
    for table in ["organisation_contact", "supervision_offer", "dspt_assessment"] {
        let host = partner(table, "host_id", "organisation_id");
        let deliverer = partner(table, "organisation_id", "host_id");
        let close = any_of(&[&own, &host, &deliverer]);
        row_security::protect(manager, table, &close, &own, Writes::Change).await?;
    }
    Ok(())
}

/// An organisation of the actor, in the column `other`, made an agreement with the organisation of a row of
/// `table`, in the column `of`.
fn partner(table: &str, of: &str, other: &str) -> String {
    let actors = owner(&format!("a.{other}"));
    format!(
        "exists (select 1 from employer_agreement a where a.{of} = {table}.organisation_id \
         and a.state in ('ACCEPTED','ENDED') and {actors})"
    )
}

const TABLES: &str = "
create table employer_agreement (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint employer_agreement_deliverer references organisation (id),
  host_id {uuid} not null constraint employer_agreement_host references organisation (id),
  kind {text} not null constraint employer_agreement_kind_known check (kind in ('EMPLOYS','PLACES')),
  places {int} not null constraint employer_agreement_places check (places between 1 and 10000),
  proposed_by {text} not null constraint employer_agreement_side_known check (proposed_by in ('DELIVERER','HOST')),
  state {text} not null constraint employer_agreement_state_known check (state in
    ('PROPOSED','ACCEPTED','DECLINED','WITHDRAWN','ENDED')),
  valid_from {date} not null,
  valid_to {date},
  accepted_on {date},
  reason {text},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint employer_agreement_version_positive check (version > 0),
  constraint employer_agreement_of_two check (host_id <> organisation_id),
  constraint employer_agreement_period check (valid_to > valid_from),
  constraint employer_agreement_accepted check (accepted_on is not null or state not in ('ACCEPTED','ENDED')),
  constraint employer_agreement_unanswered check (accepted_on is null or state not in ('PROPOSED','DECLINED')),
  constraint employer_agreement_ended check (valid_to is not null or state <> 'ENDED'),
  constraint employer_agreement_reason check
    ((reason is not null) = (state in ('DECLINED','WITHDRAWN','ENDED'))),
  constraint employer_agreement_of_deliverer unique (organisation_id, id)
){strict}
;;
create index employer_agreement_deliverer_idx on employer_agreement (organisation_id, valid_from)
;;
create index employer_agreement_host_idx on employer_agreement (host_id, valid_from)
;;
create index employer_agreement_start_idx on employer_agreement (valid_from, id)
;;
create table employer_agreement_programme (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  agreement_id {uuid} not null,
  programme_type {text} not null constraint employer_agreement_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  constraint employer_agreement_programme_agreement foreign key (organisation_id, agreement_id)
    references employer_agreement (organisation_id, id),
  constraint employer_agreement_programme_once unique (organisation_id, agreement_id, programme_type)
){strict}
;;
create index employer_agreement_programme_idx on employer_agreement_programme (agreement_id)
;;
create table organisation_contact (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint organisation_contact_organisation references organisation (id),
  purpose {text} not null constraint organisation_contact_purpose_known check (purpose in
    ('PEER_SUPPORT_LEAD','SUPERVISION','SAFEGUARDING','DATA_PROTECTION','FUNDING')),
  name {text} not null,
  email {text},
  phone {text},
  valid_from {date} not null,
  valid_to {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint organisation_contact_version_positive check (version > 0),
  constraint organisation_contact_reached check (email is not null or phone is not null),
  constraint organisation_contact_period check (valid_to > valid_from)
){strict}
;;
create index organisation_contact_organisation_idx on organisation_contact (organisation_id, purpose, valid_from)
;;
create index organisation_contact_purpose_idx on organisation_contact (purpose, id)
;;
create table supervision_offer (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint supervision_offer_organisation references organisation (id),
  supervisees {int} not null constraint supervision_offer_supervisees check (supervisees between 1 and 10000),
  taken {int} not null constraint supervision_offer_taken check (taken between 0 and supervisees),
  hours_per_month {int} not null constraint supervision_offer_hours check (hours_per_month between 1 and 10000),
  valid_from {date} not null,
  valid_to {date},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint supervision_offer_version_positive check (version > 0),
  constraint supervision_offer_period check (valid_to > valid_from)
){strict}
;;
create index supervision_offer_organisation_idx on supervision_offer (organisation_id, valid_from)
;;
create index supervision_offer_start_idx on supervision_offer (valid_from, id)
;;
create table dspt_assessment (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint dspt_assessment_organisation references organisation (id),
  assessment_year {text} not null,
  status {text} not null constraint dspt_assessment_status_known check (status in
    ('STANDARDS_EXCEEDED','STANDARDS_MET','APPROACHING_STANDARDS','STANDARDS_NOT_MET','NOT_PUBLISHED')),
  published_on {date},
  expiring_from {date},
  expires_on {date},
  evidence_reference {text},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint dspt_assessment_version_positive check (version > 0),
  constraint dspt_assessment_published check ((status = 'NOT_PUBLISHED') = (published_on is null)),
  constraint dspt_assessment_expires check ((published_on is null) = (expires_on is null)),
  constraint dspt_assessment_expiring check ((expires_on is null) = (expiring_from is null)),
  constraint dspt_assessment_days check (expires_on > published_on and expiring_from < expires_on),
  constraint dspt_assessment_once_a_year unique (organisation_id, assessment_year)
){strict}
;;
create index dspt_assessment_expiry_idx on dspt_assessment (expires_on, organisation_id)
;;
create index dspt_assessment_organisation_idx on dspt_assessment (organisation_id, expires_on)
;;
create index dspt_assessment_year_idx on dspt_assessment (assessment_year, id)
;;
create table support_warning (
  id {uuid} not null primary key,
  kind {text} not null constraint support_warning_kind_unique unique,
  message {text} not null
){strict}
;;";
