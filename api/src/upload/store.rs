//! Rows of staged uploads, loaded under lock and saved.

use chrono::{DateTime, Utc};
use entities::staged_upload::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Statement,
};
use uuid::Uuid;

use super::model::{Media, State, Upload};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::refusal::{Code, Refusal};

/// The rows that the transaction's Scope lets it see and change.
pub struct Uploads<'a> {
    tx: &'a Tx,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Uploads<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { tx: unit.tx() }
    }

    /// The store within a transaction that only reads.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// The upload.
    pub async fn find(&self, id: Uuid) -> Result<Option<Upload>, DbFault> {
        Entity::find_by_id(id).one(self.tx).await?.map(Upload::try_from).transpose()
    }

    /// The upload, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Upload>, DbFault> {
        let row = Entity::find_by_id(id).lock(LockType::Update).one(self.tx).await?;
        row.map(Upload::try_from).transpose()
    }

    /// Waits for others who count the uploads of an account and add to them. Its row is the national team's to lock, so
    /// a name is locked; SQLite has one writer at a time.
    pub async fn lock_account(&self, account: Uuid) -> Result<(), DbFault> {
        if self.tx.get_database_backend() == DbBackend::Postgres {
            // The lock counts in the whole database; the table lives in one schema of it.
            let lock = "select pg_advisory_xact_lock(hashtextextended(\
                concat(current_schema(), ':staged_upload:', cast($1 as text)), 0)), 1";
            let name = [account.simple().to_string().into()];
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, lock, name);
            self.tx.execute_raw(lock).await?;
        }
        Ok(())
    }

    /// How many uploads of an account wait at `now` for their bytes or for a record.
    pub async fn waiting(&self, account: Uuid, now: DateTime<Utc>) -> Result<u64, DbFault> {
        let waiting = Entity::find()
            .filter(Column::AccountId.eq(account))
            .filter(Column::State.is_in(WAITING.map(State::code)))
            .filter(Column::ExpiresAt.gt(now));
        Ok(waiting.count(self.tx).await?)
    }

    /// Uploads whose time is over at `now` and that nobody used, locked, longest ago first; at most `most`, past those
    /// that others hold.
    pub async fn lock_over(&self, now: DateTime<Utc>, most: u64) -> Result<Vec<Upload>, DbFault> {
        let over = Entity::find()
            .filter(Column::State.is_in(WAITING.map(State::code)))
            .filter(Column::ExpiresAt.lte(now))
            .order_by_asc(Column::ExpiresAt)
            .order_by_asc(Column::Id)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        over.all(self.tx).await?.into_iter().map(Upload::try_from).collect()
    }

    /// Saves a new upload.
    pub async fn insert(&self, new: &Upload) -> Result<(), DbFault> {
        Entity::insert(row(new)).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves a changed upload as its next version, unless somebody else changed it.
    pub async fn update(&self, changed: Upload) -> Result<Upload, Stop> {
        let before = changed.version;
        let after = Upload { version: before + 1, ..changed };
        let done = Entity::update_many()
            .set(row(&after))
            .filter(Column::Id.eq(after.id))
            .filter(Column::Version.eq(before))
            .exec(self.tx)
            .await?;
        match done.rows_affected {
            1 => Ok(after),
            _ => Err(Refusal::whole(Code::Conflict).into()),
        }
    }
}

/// The states of what waits.
const WAITING: [State; 2] = [State::Pending, State::Stored];

fn row(upload: &Upload) -> ActiveModel {
    Model::from(upload.clone()).into_active_model().reset_all()
}

impl TryFrom<Model> for Upload {
    type Error = DbFault;

    fn try_from(row: Model) -> Result<Self, DbFault> {
        let Model {
            id,
            organisation_id,
            account_id,
            file_name,
            media_type,
            size_bytes,
            sha256,
            state,
            created_at,
            expires_at,
            stored_at,
            used_at,
            version,
        } = row;
        let unreadable = |what| move || DbFault::unreadable(what);
        Ok(Self {
            id,
            organisation_id,
            account_id,
            file_name,
            media: Media::from_code(&media_type)
                .ok_or_else(unreadable("staged_upload.media_type"))?,
            size_bytes,
            sha256,
            state: State::from_code(&state).ok_or_else(unreadable("staged_upload.state"))?,
            created_at,
            expires_at,
            stored_at,
            used_at,
            version,
        })
    }
}

impl From<Upload> for Model {
    fn from(upload: Upload) -> Self {
        let Upload {
            id,
            organisation_id,
            account_id,
            file_name,
            media,
            size_bytes,
            sha256,
            state,
            created_at,
            expires_at,
            stored_at,
            used_at,
            version,
        } = upload;
        Self {
            id,
            organisation_id,
            account_id,
            file_name,
            media_type: media.code().to_owned(),
            size_bytes,
            sha256,
            state: state.code().to_owned(),
            created_at,
            expires_at,
            stored_at,
            used_at,
            version,
        }
    }
}
