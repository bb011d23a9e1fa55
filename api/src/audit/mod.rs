//! The audit trail: who changed what, when, in which role, sealed into a hash chain.
//!
//! * Each organisation has a chain of its own; what concerns no organisation is in the nation's chain,
//!   under the nil identifier. One chain for all would make every write wait for every other.
//! * An event names the fields that changed and the hashes of the state before and after, never values.
//! * The hash of an event covers the hash of the event before it, so that nothing can be altered, left
//!   out or put in between unnoticed. `alongside verify` recomputes every chain.

pub mod graphql;

use chrono::{DateTime, SecondsFormat, Utc};
use entities::{audit_chain, audit_event};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait, QuerySelect};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::{DbFault, Tx};

/// The chain of what concerns no organisation.
pub const NATION: Uuid = Uuid::nil();

/// The hash before the first event of a chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A row whose changes are audited.
pub trait Audited: Serialize {
    /// The type as the trail names it.
    const TYPE: &'static str;
    /// The row's identifier.
    fn id(&self) -> Uuid;
    /// The organisation whose chain holds the row's events; [`NATION`] for none.
    fn chain(&self) -> Uuid;
    /// The version after the change; 1 for a new row.
    fn version(&self) -> i32;
}

/// A change to be recorded with the transaction that makes it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The chain.
    pub chain: Uuid,
    /// What was done, such as `organisation.closed`.
    pub action: &'static str,
    /// The type of the row.
    pub entity_type: &'static str,
    /// The row.
    pub entity_id: Uuid,
    /// Its version after the change.
    pub entity_version: i32,
    /// The names of the fields that changed.
    pub fields: Vec<String>,
    /// Hash of the state before.
    pub before_hash: Option<String>,
    /// Hash of the state after.
    pub after_hash: String,
    /// Why, in the words of whoever did it.
    pub reason: Option<String>,
    /// The role that allowed it.
    pub acting_as: String,
}

impl Change {
    /// The change from `before` to `after`. `facts` names what changed beside the row itself, such as a
    /// membership.
    #[must_use]
    pub fn of<T: Audited>(
        action: &'static str,
        before: Option<&T>,
        after: &T,
        facts: &[&str],
        acting_as: String,
        reason: Option<String>,
    ) -> Self {
        let (old, new) = (before.map(snapshot), snapshot(after));
        let mut fields = changed(old.as_ref(), &new);
        fields.extend(facts.iter().map(|fact| (*fact).to_owned()));
        Self {
            chain: after.chain(),
            action,
            entity_type: T::TYPE,
            entity_id: after.id(),
            entity_version: after.version(),
            fields,
            before_hash: old.as_ref().map(hash_of),
            after_hash: hash_of(&new),
            reason,
            acting_as,
        }
    }
}

fn snapshot<T: Serialize>(row: &T) -> Value {
    serde_json::to_value(row).unwrap_or(Value::Null)
}

fn changed(old: Option<&Value>, new: &Value) -> Vec<String> {
    let Value::Object(new) = new else { return Vec::new() };
    new.iter()
        .filter(|(name, value)| old.and_then(|old| old.get(name)) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect()
}

fn hash_of(value: &Value) -> String {
    hex::encode(Sha256::digest(value.to_string()))
}

/// Who made a change and under which request.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The instant of the transaction.
    pub at: DateTime<Utc>,
    /// The account; `None` for a job of the service.
    pub account: Option<Uuid>,
    /// The request.
    pub request_id: String,
}

/// Appends `change` to its chain. The chain's head stays locked until the transaction ends, so this
/// comes last: changes of several chains are appended in the order of their chains.
///
/// # Errors
///
/// What the database answers.
pub async fn append(tx: &Tx, id: Uuid, change: &Change, origin: &Origin) -> Result<(), DbFault> {
    let head = lock_head(tx, change.chain).await?;
    let mut event = audit_event::Model {
        id,
        chain: change.chain,
        seq: head.last_seq + 1,
        at: origin.at,
        account_id: origin.account,
        acting_as: change.acting_as.clone(),
        action: change.action.to_owned(),
        entity_type: change.entity_type.to_owned(),
        entity_id: change.entity_id,
        entity_version: change.entity_version,
        fields: change.fields.join(" "),
        before_hash: change.before_hash.clone(),
        after_hash: Some(change.after_hash.clone()),
        reason: change.reason.clone(),
        request_id: origin.request_id.clone(),
        previous_hash: head.last_hash,
        hash: String::new(),
    };
    event.hash = seal(&event);
    let head = audit_chain::ActiveModel {
        id: Set(change.chain),
        last_seq: Set(event.seq),
        last_hash: Set(event.hash.clone()),
    };
    audit_event::Entity::insert(audit_event::ActiveModel::from(event))
        .exec_without_returning(tx)
        .await?;
    audit_chain::Entity::update(head).exec(tx).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the head of the chain that the Scope let us insert into"
)]
async fn lock_head(tx: &Tx, chain: Uuid) -> Result<audit_chain::Model, DbFault> {
    let first = audit_chain::ActiveModel {
        id: Set(chain),
        last_seq: Set(0),
        last_hash: Set(GENESIS.to_owned()),
    };
    audit_chain::Entity::insert(first)
        .on_conflict(OnConflict::column(audit_chain::Column::Id).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let head = audit_chain::Entity::find_by_id(chain).lock_exclusive().one(tx).await?;
    Ok(head.unwrap_or(audit_chain::Model { id: chain, last_seq: 0, last_hash: GENESIS.to_owned() }))
}

/// The hash that seals `event`: over every field of it, its predecessor's hash included.
#[must_use]
pub fn seal(event: &audit_event::Model) -> String {
    let audit_event::Model {
        id,
        chain,
        seq,
        at,
        account_id,
        acting_as,
        action,
        entity_type,
        entity_id,
        entity_version,
        fields,
        before_hash,
        after_hash,
        reason,
        request_id,
        previous_hash,
        hash: _,
    } = event;
    let canonical = serde_json::json!([
        previous_hash,
        id,
        chain,
        seq,
        at.to_rfc3339_opts(SecondsFormat::Micros, true),
        account_id,
        acting_as,
        action,
        entity_type,
        entity_id,
        entity_version,
        fields,
        before_hash,
        after_hash,
        reason,
        request_id,
    ]);
    hash_of(&canonical)
}
