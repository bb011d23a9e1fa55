//! Invariants of the queue of e-mails, as queries for their violations: see `verify`. They name a message by its
//! kind, never by its recipient.

use crate::verify::Invariant;

/// Each with its name.
pub const QUERIES: &[Invariant] = &[
    (
        "nothing personal is left of a message that was sent or given up",
        "select 'ended, and not erased: ' || m.kind from mail_message m where m.state <> 'WAITING' \
           and (m.recipient is not null or m.subject is not null or m.body is not null)",
    ),
    (
        "a message that waits can be sent: it has a recipient, a subject, a text and a time",
        "select 'waits, and cannot be sent: ' || m.kind from mail_message m where m.state = 'WAITING' \
           and (m.recipient is null or m.subject is null or m.body is null or m.next_attempt_at is null)",
    ),
    (
        "a message that was sent or given up is tried no more",
        "select 'ended, and due: ' || m.kind from mail_message m \
           where m.state <> 'WAITING' and m.next_attempt_at is not null",
    ),
    (
        "what was sent was tried, after it was queued, and nothing else has a time of sending",
        "select 'sent, and when is not right: ' || m.kind from mail_message m \
           where (m.state = 'SENT' and (m.sent_at is null or m.sent_at < m.created_at or m.attempts < 1)) \
             or (m.state <> 'SENT' and m.sent_at is not null)",
    ),
    (
        "what was given up has a reason, and no message was tried more often than is allowed",
        "select 'given up for no reason: ' || m.kind from mail_message m \
           where m.state = 'GIVEN_UP' and m.failure is null \
         union all select 'tried too often: ' || m.kind from mail_message m where m.attempts not between 0 and 11",
    ),
    (
        "an organisation has one message for one key",
        "select 'two messages for one key: ' || a.kind from mail_message a join mail_message b \
           on a.organisation_id = b.organisation_id and a.deduplication_key = b.deduplication_key and a.id < b.id",
    ),
    (
        "the subject of a message is one line",
        "select 'a subject of several lines: ' || m.kind from mail_message m \
           where m.subject like '%\n%' or m.subject like '%\r%'",
    ),
];
