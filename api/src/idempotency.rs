//! One effect for one key, however often a client sends it.
//!
//! The record is written first in the transaction of the change: a second request with the key waits
//! on the unique constraint, then finds the answer. Keys belong to the account that sent them and are
//! kept for 30 days.

use chrono::{DateTime, Days, Utc};
use entities::idempotency_record::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, TryInsertResult};
use uuid::Uuid;

use crate::db::{DbFault, Tx};
use crate::vault::keys::Unopened;

/// How long a key is remembered.
const KEPT: Days = Days::new(30);

/// Longest key, in characters.
pub const MAX_KEY_LENGTH: usize = 200;

/// A key with the request it came with.
#[derive(Clone, Debug)]
pub struct Key {
    /// The account that sent it.
    pub account: Uuid,
    /// The client's text.
    pub text: String,
    /// Blinded hashes of the mutation's name and input: that which is stored, and those that it would have been
    /// stored as under earlier master keys.
    pub request_hashes: Vec<String>,
}

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody used it: go on, then [`keep`] the answer.
    New,
    /// The same request was done: this was the answer.
    Done(String),
    /// It was used with another request.
    Mismatch,
}

/// Claims `key` for this transaction.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "the record that this account's own key names")]
pub async fn claim(tx: &Tx, id: Uuid, key: &Key, now: DateTime<Utc>) -> Result<Claim, DbFault> {
    let Some(request_hash) = key.request_hashes.first() else {
        return Err(Unopened::NoMaster.into());
    };
    let record = ActiveModel {
        id: Set(id),
        account_id: Set(key.account),
        key: Set(key.text.clone()),
        request_hash: Set(request_hash.clone()),
        answer: Set(None),
        created_at: Set(now),
        expires_at: Set(now + KEPT),
    };
    let inserted = Entity::insert(record)
        .on_conflict(OnConflict::columns([Column::AccountId, Column::Key]).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    if matches!(inserted, TryInsertResult::Inserted(1..)) {
        return Ok(Claim::New);
    }
    let found = Entity::find()
        .filter(Column::AccountId.eq(key.account))
        .filter(Column::Key.eq(&key.text))
        .one(tx)
        .await?;
    match found {
        Some(record) if record.expires_at <= now => renew(tx, record, request_hash, now).await,
        Some(Model { request_hash, answer: Some(answer), .. })
            if key.request_hashes.contains(&request_hash) =>
        {
            Ok(Claim::Done(answer))
        }
        _ => Ok(Claim::Mismatch),
    }
}

/// A key whose time is over starts anew.
async fn renew(
    tx: &Tx,
    old: Model,
    request_hash: &str,
    now: DateTime<Utc>,
) -> Result<Claim, DbFault> {
    Entity::update(ActiveModel {
        id: Set(old.id),
        request_hash: Set(request_hash.to_owned()),
        answer: Set(None),
        created_at: Set(now),
        expires_at: Set(now + KEPT),
        ..Default::default()
    })
    .exec(tx)
    .await?;
    Ok(Claim::New)
}

/// Keeps the answer of a claimed key.
///
/// # Errors
///
/// What the database answers.
pub async fn keep(tx: &Tx, key: &Key, answer: String) -> Result<(), DbFault> {
    Entity::update_many()
        .col_expr(Column::Answer, Expr::value(answer))
        .filter(Column::AccountId.eq(key.account))
        .filter(Column::Key.eq(&key.text))
        .exec(tx)
        .await?;
    Ok(())
}
