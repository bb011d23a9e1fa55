//! What must hold after every test, whatever it did.

use alongside::audit::{GENESIS, seal};

use crate::eye::Eye;

/// Fails unless audit trail, outbox and kept answers agree with each other.
pub async fn check(eye: &Eye) {
    assert_eq!(broken_links(eye).await, [] as [String; 0], "the audit chains verify");
    assert_eq!(eye.rows_where("idempotency_record", "answer is null").await, 0, "kept keys have answers");
    let of_other = |one: &str, other: &str| {
        format!(
            "not exists (select 1 from {other} o where o.entity_type = {one}.entity_type \
               and o.entity_id = {one}.entity_id and o.entity_version = {one}.entity_version \
               and o.chain = {one}.chain)"
        )
    };
    let untold = eye.rows_where("audit_event", &of_other("audit_event", "outbox_event")).await;
    assert_eq!(untold, 0, "the outbox tells of every audited change");
    let unaudited = eye.rows_where("outbox_event", &of_other("outbox_event", "audit_event")).await;
    assert_eq!(unaudited, 0, "the outbox tells of audited changes only");
}

/// Every place where an audit chain does not verify: a gap, a wrong link, a wrong hash, a wrong head.
pub async fn broken_links(eye: &Eye) -> Vec<String> {
    let mut broken = Vec::new();
    let (mut chain, mut seq, mut hash) = (None, 0, GENESIS.to_owned());
    let events = eye.audit_events().await;
    for event in &events {
        if chain != Some(event.chain) {
            (chain, seq, hash) = (Some(event.chain), 0, GENESIS.to_owned());
        }
        let place = format!("chain {} at {}", event.chain, event.seq);
        if event.seq != seq + 1 {
            broken.push(format!("{place}: a gap"));
        }
        if event.previous_hash != hash {
            broken.push(format!("{place}: not linked to the event before"));
        }
        if seal(event) != event.hash {
            broken.push(format!("{place}: the seal does not fit"));
        }
        (seq, hash) = (event.seq, event.hash.clone());
    }
    let headless = eye
        .rows_where(
            "audit_chain",
            "not exists (select 1 from audit_event e where e.chain = audit_chain.id \
               and e.seq = audit_chain.last_seq and e.hash = audit_chain.last_hash) \
             or last_seq <> (select count(*) from audit_event e where e.chain = audit_chain.id)",
        )
        .await;
    if headless > 0 {
        broken.push(format!("{headless} heads do not name the last event of their chain"));
    }
    broken
}
