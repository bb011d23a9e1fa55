//! E-mails that wait to be sent, written in the transaction of what they tell of.
//!
//! Whoever changes something may queue an e-mail about it; only the service's own job reads the queue and changes
//! it. Once a message is sent or given up, nothing personal is left of it.

use sea_orm_migration::prelude::*;

use crate::row_security::{MEMBER, SERVICE_ROLE, SYSTEM, Writes, protect};
use crate::sql;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::run(manager, TABLE).await?;
        protect(manager, "mail_message", SYSTEM, MEMBER, Writes::Append).await?;
        // Who may add a message may not change one: a policy of its own, and not that of the insert.
        let update = format!(
            "create policy mail_message_update on mail_message for update using ({SYSTEM}) with check ({SYSTEM})\n;;\n\
             grant update on mail_message to {SERVICE_ROLE}"
        );
        sql::run_postgres(manager, &update).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sql::drop_tables(manager, &["mail_message"]).await
    }
}

/// The pattern of a line break within a text is one: both engines read it as it stands.
const TABLE: &str = "
create table mail_message (
  id {uuid} not null primary key,
  organisation_id {uuid} not null constraint mail_message_organisation references organisation (id),
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
){strict}
;;
create index mail_message_due_idx on mail_message (next_attempt_at, id) where state = 'WAITING'
;;";
