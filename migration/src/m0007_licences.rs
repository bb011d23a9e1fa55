//! Licences with their applications, programme types, history, conditions, decisions, variations, quality
//! reviews and appeals.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, PUBLIC, Writes, any_of, owner};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables in the order in which they may be dropped.
const TABLE_NAMES: [&str; 9] = [
    "licence_appeal",
    "quality_review",
    "licence_variation",
    "licence_condition",
    "licence_decision",
    "licence_history",
    "licence_programme",
    "licence",
    "licence_counter",
];

/// The states from the grant on: the register of licences is public.
const REGISTERED: &str = "state in ('GRANTED','SUSPENDED','REVOKED','SURRENDERED','SUPERSEDED')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        for (table, name, keys, only) in [
            (
                "licence_programme",
                "licence_one_at_a_time",
                &["organisation_id", "programme_type"][..],
                "stage = 'GRANTED'",
            ),
            ("licence_history", "licence_one_state", &["licence_id"], "true"),
            ("licence_variation", "licence_one_variation", &["licence_id"], "true"),
        ] {
            sql::forbid_overlap(manager, table, name, keys, only).await?;
        }
        let own = any_of(&[NATION, &owner("organisation_id")]);
        let register = any_of(&[&own, REGISTERED]);
        let granted = any_of(&[&own, "stage = 'GRANTED'"]);
        for (table, read, write, writes) in [
            ("licence_counter", NATION, NATION, Writes::Change),
            ("licence", &register, &own, Writes::Change),
            ("licence_programme", &granted, &own, Writes::Change),
            // Holds the states from the grant on, and those are public.
            ("licence_history", PUBLIC, &own, Writes::Change),
            ("licence_condition", &own, NATION, Writes::Change),
            ("licence_decision", &own, NATION, Writes::Change),
            ("licence_variation", &own, NATION, Writes::Change),
            ("quality_review", &own, NATION, Writes::Change),
            ("licence_appeal", &own, &own, Writes::Change),
        ] {
            row_security::protect(manager, table, read, write, writes).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &TABLE_NAMES).await
    }
}

const TABLES: &str = "
create table licence_counter (
  id {uuid} not null primary key,
  year {int} not null constraint licence_counter_year_unique unique,
  last_number {int} not null constraint licence_counter_positive check (last_number > 0)
){strict}
;;
create table licence (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint licence_holder references organisation (id),
  number {text} constraint licence_number_unique unique,
  tier {text} not null constraint licence_tier_known check (tier in ('FULL_DELIVERY','CO_DELIVERY','HOST_ONLY')),
  approves_own_courses {bool} not null,
  max_concurrent_courses {int} constraint licence_courses_positive check (max_concurrent_courses > 0),
  max_trainees_per_course {int} constraint licence_trainees_positive check (max_trainees_per_course > 0),
  state {text} not null constraint licence_state_known check (state in
    ('DRAFT','SUBMITTED','IN_REVIEW','GRANTED','DECLINED','WITHDRAWN','SUSPENDED','REVOKED','SURRENDERED','SUPERSEDED')),
  renews_id {uuid},
  bridging {bool} not null,
  readiness_outcome {text} constraint licence_readiness_known check (readiness_outcome in
    ('READY','CONDITIONAL','NOT_READY')),
  readiness_validated_on {date},
  readiness_instrument {text},
  submitted_on {date},
  decided_on {date},
  valid_from {date},
  valid_to {date},
  expiring_from {date},
  grace_to {date},
  renewal_from {date},
  renewal_to {date},
  suspended_on {date},
  ended_on {date},
  public_reason {text},
  teach_out_plan {text},
  succeeded_by_id {uuid},
  created_at {instant} not null,
  updated_at {instant} not null,
  version {int} not null constraint licence_version_positive check (version > 0),
  constraint licence_of_holder unique (organisation_id, id),
  constraint licence_renewed foreign key (organisation_id, renews_id) references licence (organisation_id, id),
  constraint licence_succeeded foreign key (succeeded_by_id) references licence (id),
  constraint licence_numbered check ((number is null) =
    (state in ('DRAFT','SUBMITTED','IN_REVIEW','DECLINED','WITHDRAWN'))),
  constraint licence_dated check (number is null or (valid_from is not null and valid_to > valid_from
    and expiring_from < valid_to and grace_to > valid_to)),
  constraint licence_ended check ((ended_on is not null) = (state in ('REVOKED','SURRENDERED','SUPERSEDED'))),
  constraint licence_suspended check ((state <> 'SUSPENDED' or suspended_on is not null)
    and (state <> 'GRANTED' or suspended_on is null)),
  constraint licence_readiness_whole check ((readiness_outcome is null) = (readiness_validated_on is null)
    and (readiness_outcome is null) = (readiness_instrument is null))
){strict}
;;
create index licence_holder_idx on licence (organisation_id, state)
;;
create index licence_valid_to_idx on licence (valid_to)
;;
create index licence_renews_idx on licence (renews_id)
;;
create table licence_programme (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  programme_type {text} not null constraint licence_programme_type_known check (programme_type in
    ('PEER_SUPPORT_WORKER','SUPERVISOR','VOLUNTEER','FAMILY_AMBASSADOR','SPECIALIST','LEADERSHIP')),
  stage {text} not null constraint licence_programme_stage_known check (stage in ('REQUESTED','DROPPED','GRANTED')),
  valid_from {date},
  valid_to {date},
  granted_to {date},
  constraint licence_programme_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint licence_programme_period check (stage <> 'GRANTED' or valid_to > valid_from),
  constraint licence_programme_dated check (stage <> 'GRANTED' or
    (valid_from is not null and valid_to is not null and granted_to >= valid_to))
){strict}
;;
create index licence_programme_licence_idx on licence_programme (licence_id, programme_type)
;;
create index licence_programme_holder_idx on licence_programme (organisation_id, programme_type)
;;
create index licence_programme_start_idx on licence_programme (valid_from, id)
;;
create table licence_history (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  state {text} not null constraint licence_history_state_known check (state in
    ('GRANTED','SUSPENDED','REVOKED','SURRENDERED','SUPERSEDED')),
  valid_from {date} not null,
  valid_to {date},
  constraint licence_history_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint licence_history_period check (valid_to is null or valid_to > valid_from)
){strict}
;;
create index licence_history_licence_idx on licence_history (licence_id, valid_from)
;;
create table licence_decision (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  kind {text} not null constraint licence_decision_kind_known check (kind in
    ('GRANT','VARIATION','DECLINE','SUSPENSION','REINSTATEMENT','REVOCATION','SANCTION')),
  state {text} not null constraint licence_decision_state_known check (state in ('PROPOSED','TAKEN','DROPPED')),
  reason {text} not null,
  summary {text} not null,
  terms {text},
  proposed_by {uuid} not null,
  proposed_as {text} not null,
  proposed_on {date} not null,
  confirmed_by {uuid},
  confirmed_as {text},
  taken_on {date},
  constraint licence_decision_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint licence_decision_of_holder unique (organisation_id, id),
  constraint licence_decision_by_two check (confirmed_by is null or confirmed_by <> proposed_by),
  constraint licence_decision_confirmed check (state <> 'TAKEN' or kind not in ('GRANT','VARIATION','REVOCATION')
    or confirmed_by is not null),
  constraint licence_revocation_by_both_roles check (kind <> 'REVOCATION' or confirmed_as is null
    or confirmed_as <> proposed_as),
  constraint licence_decision_taken check ((state = 'TAKEN') = (taken_on is not null))
){strict}
;;
create index licence_decision_licence_idx on licence_decision (licence_id, proposed_on)
;;
create unique index licence_decision_one_proposal on licence_decision (licence_id) where state = 'PROPOSED'
;;
create table licence_condition (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  text {text} not null,
  due_on {date} not null,
  state {text} not null constraint licence_condition_state_known check (state in ('OPEN','MET','WAIVED','BREACHED')),
  settled_on {date},
  settled_reason {text},
  settled_by {uuid},
  constraint licence_condition_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint licence_condition_settled check ((state = 'OPEN') = (settled_on is null)
    and (state = 'OPEN') = (settled_reason is null))
){strict}
;;
create index licence_condition_licence_idx on licence_condition (licence_id, due_on)
;;
create index licence_condition_due_idx on licence_condition (due_on, id)
;;
create index licence_condition_holder_idx on licence_condition (organisation_id, due_on)
;;
create table licence_variation (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  decision_id {uuid} not null,
  tier {text} constraint licence_variation_tier_known check (tier in ('FULL_DELIVERY','CO_DELIVERY','HOST_ONLY')),
  max_concurrent_courses {int} constraint licence_variation_courses_positive check (max_concurrent_courses > 0),
  max_trainees_per_course {int} constraint licence_variation_trainees_positive check (max_trainees_per_course > 0),
  valid_from {date} not null,
  valid_to {date} not null,
  constraint licence_variation_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint licence_variation_decision foreign key (organisation_id, decision_id)
    references licence_decision (organisation_id, id),
  constraint licence_variation_period check (valid_to > valid_from)
){strict}
;;
create index licence_variation_licence_idx on licence_variation (licence_id, valid_from)
;;
create table quality_review (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  kind {text} not null constraint quality_review_kind_known check (kind in ('VISIT','DESK')),
  reviewed_on {date} not null,
  findings {text} not null,
  sanction {text} not null constraint quality_review_sanction_known check (sanction in
    ('NONE','ADVICE','ENHANCED_MONITORING','SUSPEND_NEW_STARTS','REVOKE')),
  set_aside_on {date},
  decision_id {uuid},
  recorded_by {uuid} not null,
  constraint quality_review_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint quality_review_decision foreign key (organisation_id, decision_id)
    references licence_decision (organisation_id, id),
  constraint quality_review_sanctioned check ((sanction = 'NONE') = (decision_id is null))
){strict}
;;
create index quality_review_licence_idx on quality_review (licence_id, reviewed_on)
;;
create index quality_review_on_idx on quality_review (reviewed_on, id)
;;
create index quality_review_holder_idx on quality_review (organisation_id, reviewed_on)
;;
create table licence_appeal (
  id {uuid} not null primary key,
  organisation_id {uuid} not null,
  licence_id {uuid} not null,
  decision_id {uuid} not null,
  grounds {text} not null,
  state {text} not null constraint licence_appeal_state_known check (state in ('LODGED','UPHELD','DISMISSED')),
  lodged_on {date} not null,
  lodged_by {uuid} not null,
  proposed_by {uuid} not null,
  confirmed_by {uuid},
  outcome {text},
  decided_on {date},
  decided_by {uuid},
  constraint licence_appeal_licence foreign key (organisation_id, licence_id) references licence (organisation_id, id),
  constraint licence_appeal_decision foreign key (organisation_id, decision_id)
    references licence_decision (organisation_id, id),
  constraint licence_appeal_once unique (organisation_id, decision_id),
  constraint licence_appeal_by_others check (decided_by is null or (decided_by <> proposed_by
    and (confirmed_by is null or decided_by <> confirmed_by))),
  constraint licence_appeal_decided check ((state = 'LODGED') = (decided_by is null)
    and (state = 'LODGED') = (decided_on is null) and (state = 'LODGED') = (outcome is null))
){strict}
;;
create index licence_appeal_licence_idx on licence_appeal (licence_id, lodged_on)
;;
create index licence_appeal_lodged_idx on licence_appeal (lodged_on, id)
;;";
