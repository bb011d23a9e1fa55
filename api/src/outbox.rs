//! Facts for the outside, written in the transaction that makes them true.
//!
//! An event names what changed and nothing more: whoever receives it reads the rest under the own
//! Scope. Delivery is at least once; the event's id is the key for leaving out repeats.

use chrono::{DateTime, Utc};
use entities::outbox_event;
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use crate::audit::Change;
use crate::db::{DbFault, Tx};

/// Writes the event that tells of `change`.
///
/// # Errors
///
/// What the database answers.
pub async fn enqueue(tx: &Tx, id: Uuid, change: &Change, at: DateTime<Utc>) -> Result<(), DbFault> {
    let event = outbox_event::ActiveModel {
        id: Set(id),
        chain: Set(change.chain),
        at: Set(at),
        kind: Set(change.action.to_owned()),
        entity_type: Set(change.entity_type.to_owned()),
        entity_id: Set(change.entity_id),
        entity_version: Set(change.entity_version),
        attempts: Set(0),
        delivered_at: Set(None),
    };
    outbox_event::Entity::insert(event).exec_without_returning(tx).await?;
    Ok(())
}
