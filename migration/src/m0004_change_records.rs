//! What every write leaves behind in its own transaction: an audit event in a hash chain, an outbox
//! event, and the answer kept under the client's idempotency key.

use sea_orm_migration::prelude::*;

use crate::row_security::{self, NATION, SYSTEM, Writes, account, any_of, owner};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLES).await?;
        let own = any_of(&[NATION, &owner("chain")]);
        let own_head = any_of(&[NATION, &owner("id")]);
        row_security::protect(manager, "audit_chain", &own_head, &own_head, Writes::Change).await?;
        row_security::protect(manager, "audit_event", &own, &own, Writes::Append).await?;
        row_security::append_only(manager, "audit_event").await?;
        row_security::protect(manager, "outbox_event", SYSTEM, &own, Writes::Change).await?;
        let mine = account("account_id");
        let mine = any_of(&[SYSTEM, &mine]);
        row_security::protect(manager, "idempotency_record", &mine, &mine, Writes::Change).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(
            manager,
            &["idempotency_record", "outbox_event", "audit_event", "audit_chain"],
        )
        .await
    }
}

const TABLES: &str = "
create table audit_chain (
  id {uuid} not null primary key,
  last_seq {long} not null constraint audit_chain_seq_positive check (last_seq >= 0),
  last_hash {text} not null
){strict}
;;
create table audit_event (
  id {uuid} not null primary key,
  chain {uuid} not null constraint audit_event_chain references audit_chain (id),
  seq {long} not null constraint audit_event_seq_positive check (seq > 0),
  at {instant} not null,
  account_id {uuid},
  acting_as {text} not null,
  action {text} not null,
  entity_type {text} not null,
  entity_id {uuid} not null,
  entity_version {int} not null,
  fields {text} not null,
  before_hash {text},
  after_hash {text},
  reason {text},
  request_id {text} not null,
  previous_hash {text} not null,
  hash {text} not null,
  constraint audit_event_seq_unique unique (chain, seq),
  constraint audit_event_version_unique unique (entity_type, entity_id, entity_version)
){strict}
;;
create index audit_event_order_idx on audit_event (chain, (cast(seq as integer)), id)
;;
create table outbox_event (
  id {uuid} not null primary key,
  chain {uuid} not null,
  at {instant} not null,
  kind {text} not null,
  entity_type {text} not null,
  entity_id {uuid} not null,
  entity_version {int} not null,
  attempts {int} not null,
  delivered_at {instant},
  constraint outbox_event_unique unique (entity_type, entity_id, entity_version)
){strict}
;;
create index outbox_event_pending_idx on outbox_event (at) where delivered_at is null
;;
create table idempotency_record (
  id {uuid} not null primary key,
  account_id {uuid} not null,
  key {text} not null constraint idempotency_record_key_length check (length(key) between 1 and 200),
  request_hash {text} not null,
  answer {text},
  created_at {instant} not null,
  expires_at {instant} not null,
  constraint idempotency_record_key_unique unique (account_id, key)
){strict}
;;
create index idempotency_record_expiry_idx on idempotency_record (expires_at)
;;";
