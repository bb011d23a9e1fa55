//! Rows of the vault: records, the keys of their people, readers and disclosures.
//!
//! Whoever destroys or replaces a key locks it first and the records of its person then; whoever keeps a new text
//! locks the key. So no text is left under a key that is gone.

use chrono::NaiveDate;
use entities::{
    person_id_change, sensitive_disclosure, sensitive_reader, sensitive_record, vault_key,
};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DbBackend, EntityTrait as _,
    ExprTrait as _, IntoActiveModel as _, JoinType, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Value,
};
use uuid::Uuid;

use super::keys::{DataKey, Vault, Wrapped};
use super::model::{
    ArticleNine, Category, Disclosure, LawfulBasis, NewReader, Purpose, ReaderRole, Record,
    ScheduleOne,
};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::refusal::{Code, Refusal};

/// The rows that the unit's Scope lets it see and change.
pub struct Records<'a> {
    unit: &'a Unit,
}

/// Lets the transaction see keys of people: it states `why`.
pub async fn state(tx: &Tx, why: &str) -> Result<(), DbFault> {
    if sea_orm::ConnectionTrait::get_database_backend(tx) == DbBackend::Postgres {
        let set = "select set_config('app.purpose', $1, true)";
        tx.rows(set, vec![Value::from(why)]).await?;
    }
    Ok(())
}

/// Under which master keys the keys of people are wrapped, and how many under each. Needs a stated purpose.
#[expect(clippy::disallowed_methods, reason = "this is the store, read as the system")]
pub async fn masters(tx: &Tx) -> Result<Vec<(String, i64)>, DbFault> {
    let counted = vault_key::Entity::find()
        .select_only()
        .column(vault_key::Column::Master)
        .column_as(vault_key::Column::Id.count(), "keys")
        .filter(vault_key::Column::Wrapped.is_not_null())
        .group_by(vault_key::Column::Master)
        .order_by_asc(vault_key::Column::Master);
    Ok(counted.into_tuple().all(tx).await?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Records<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    const fn tx(&self) -> &Tx {
        self.unit.tx()
    }

    const fn vault(&self) -> &Vault {
        self.unit.vault()
    }

    /// A record and the key of its person, both of one moment. Needs a stated purpose.
    pub async fn find(&self, id: Uuid) -> Result<Option<(Record, Option<DataKey>)>, Stop> {
        let key = sensitive_record::Entity::belongs_to(vault_key::Entity)
            .from(sensitive_record::Column::PersonId)
            .to(vault_key::Column::Id);
        let found = sensitive_record::Entity::find_by_id(id)
            .join(JoinType::LeftJoin, key.into())
            .select_also(vault_key::Entity)
            .one(self.tx())
            .await?;
        let Some((record, key)) = found else { return Ok(None) };
        let key = key.map(|key| self.unwrapped(key)).transpose()?.flatten();
        Ok(Some((Record::try_from(record)?, key)))
    }

    /// The record, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Record>, Stop> {
        let row = sensitive_record::Entity::find_by_id(id).lock(LockType::Update);
        Ok(row.one(self.tx()).await?.map(Record::try_from).transpose()?)
    }

    /// The records of a person, locked.
    pub async fn lock_all(&self, person: Uuid) -> Result<Vec<Record>, Stop> {
        let rows = sensitive_record::Entity::find()
            .filter(sensitive_record::Column::PersonId.eq(person))
            .order_by_asc(sensitive_record::Column::Id)
            .lock(LockType::Update)
            .all(self.tx())
            .await?;
        Ok(rows.into_iter().map(Record::try_from).collect::<Result<_, _>>()?)
    }

    /// The key of a person, locked; `None` if there is none, or no more. Needs a stated purpose.
    pub async fn lock_key(&self, person: Uuid) -> Result<Option<DataKey>, Stop> {
        let key = vault_key::Entity::find_by_id(person).lock(LockType::Update);
        let key = key.one(self.tx()).await?;
        Ok(key.map(|key| self.unwrapped(key)).transpose()?.flatten())
    }

    /// The same, made if there is none. `path` names the person, who may not be there.
    pub async fn key_for(&self, person: Uuid, path: &str) -> Result<DataKey, Stop> {
        if let Some(key) = self.lock_key(person).await? {
            return Ok(key);
        }
        let (_, wrapped) = self.vault().new_key(person).map_err(DbFault::from)?;
        let row = vault_key::Model {
            id: person,
            master: wrapped.master,
            wrapped: Some(wrapped.bytes),
            created_at: self.unit.now(),
            destroyed_at: None,
        };
        // Of two at once one makes it; a key that was destroyed is followed by another.
        let destroyed = Expr::col((vault_key::Entity, vault_key::Column::Wrapped)).is_null();
        let renewed = OnConflict::column(vault_key::Column::Id)
            .update_columns([
                vault_key::Column::Master,
                vault_key::Column::Wrapped,
                vault_key::Column::CreatedAt,
                vault_key::Column::DestroyedAt,
            ])
            .action_and_where(destroyed)
            .to_owned();
        let insert = vault_key::Entity::insert(row.into_active_model().reset_all());
        let made = insert.on_conflict(renewed).exec_without_returning(self.tx()).await;
        made.map_err(|error| not_there(error.into(), path))?;
        self.lock_key(person).await?.ok_or(Stop::Db(DbFault::Serialisation))
    }

    /// Whether there is a key of a person, which is locked then; not whether it can be unwrapped.
    pub async fn lock_for_destruction(&self, person: Uuid) -> Result<bool, Stop> {
        let key = vault_key::Entity::find_by_id(person).lock(LockType::Update);
        Ok(key.one(self.tx()).await?.is_some_and(|key| key.wrapped.is_some()))
    }

    /// Destroys the key of a person.
    pub async fn destroy_key(&self, person: Uuid) -> Result<(), Stop> {
        let bytes: Option<Vec<u8>> = None;
        vault_key::Entity::update_many()
            .col_expr(vault_key::Column::Wrapped, Expr::value(bytes))
            .col_expr(vault_key::Column::DestroyedAt, Expr::value(self.unit.now()))
            .filter(vault_key::Column::Id.eq(person))
            .filter(vault_key::Column::Wrapped.is_not_null())
            .exec(self.tx())
            .await?;
        Ok(())
    }

    /// Saves a new record.
    pub async fn insert(&self, record: &Record) -> Result<(), Stop> {
        let row = sensitive_record::Model::from(record.clone()).into_active_model().reset_all();
        sensitive_record::Entity::insert(row).exec_without_returning(self.tx()).await?;
        Ok(())
    }

    /// Saves a changed record as its next version, unless somebody else changed it.
    pub async fn update(&self, changed: Record) -> Result<Record, Stop> {
        let before = changed.version;
        let after = Record { version: before + 1, updated_at: self.unit.now(), ..changed };
        let row = sensitive_record::Model::from(after.clone()).into_active_model().reset_all();
        let done = sensitive_record::Entity::update_many()
            .set(row)
            .filter(sensitive_record::Column::Id.eq(after.id))
            .filter(sensitive_record::Column::Version.eq(before))
            .exec(self.tx())
            .await?;
        match done.rows_affected {
            1 => Ok(after),
            _ => Err(Refusal::whole(Code::Conflict).into()),
        }
    }

    /// As what a person is named as a reader of a record today, and for which organisation.
    pub async fn named(
        &self,
        record: Uuid,
        person: Uuid,
    ) -> Result<Vec<(ReaderRole, Option<Uuid>)>, Stop> {
        let rows = sensitive_reader::Entity::find().filter(self.in_force(record, person));
        let rows = rows.order_by_asc(sensitive_reader::Column::Id).all(self.tx()).await?;
        let role = |code: &str| ReaderRole::from_code(code).ok_or_else(unreadable("role"));
        rows.iter().map(|row| Ok((role(&row.role)?, row.acts_for_id))).collect()
    }

    /// Everyone who is named as a reader of a record today.
    pub async fn readers(&self, record: Uuid) -> Result<Vec<Uuid>, Stop> {
        let today = self.unit.today();
        let open = sensitive_reader::Column::ValidTo
            .is_null()
            .or(sensitive_reader::Column::ValidTo.gt(today));
        let rows = sensitive_reader::Entity::find()
            .select_only()
            .column(sensitive_reader::Column::PersonId)
            .distinct()
            .filter(sensitive_reader::Column::RecordId.eq(record))
            .filter(sensitive_reader::Column::ValidFrom.lte(today))
            .filter(open)
            .order_by_asc(sensitive_reader::Column::PersonId);
        Ok(rows.into_tuple().all(self.tx()).await?)
    }

    /// Names a reader from today on; gives the row.
    pub async fn name(&self, record: &Record, new: NewReader) -> Result<Uuid, Stop> {
        let NewReader { person, role, acts_for, consent_wording, until } = new;
        let row = sensitive_reader::Model {
            id: self.unit.id(),
            record_id: record.id,
            subject_id: record.person_id,
            organisation_id: record.organisation_id,
            person_id: person,
            acts_for_id: acts_for,
            role: role.code().to_owned(),
            consent_wording,
            valid_from: self.unit.today(),
            valid_to: until,
        };
        let id = row.id;
        let insert = sensitive_reader::Entity::insert(row.into_active_model().reset_all());
        let named = insert.exec_without_returning(self.tx()).await;
        named.map_err(|error| not_there(error.into(), "readerId"))?;
        Ok(id)
    }

    /// Ends today what a person is named as a reader of a record; gives whether there was anything.
    pub async fn end(&self, record: Uuid, person: Uuid) -> Result<bool, Stop> {
        let done = sensitive_reader::Entity::update_many()
            .col_expr(sensitive_reader::Column::ValidTo, Expr::value(self.unit.today()))
            .filter(self.in_force(record, person))
            .exec(self.tx())
            .await?;
        Ok(done.rows_affected > 0)
    }

    /// Gives what one person is named as a reader to another; gives how much that is.
    pub async fn hand_over(&self, from: Uuid, to: Uuid) -> Result<u64, Stop> {
        let done = sensitive_reader::Entity::update_many()
            .col_expr(sensitive_reader::Column::PersonId, Expr::value(to))
            .filter(sensitive_reader::Column::PersonId.eq(from))
            .exec(self.tx())
            .await?;
        Ok(done.rows_affected)
    }

    /// Ends today what a person is named as a reader of records about themselves, or about another record of theirs;
    /// gives how much that is.
    pub async fn end_own(&self, person: Uuid, other: Uuid) -> Result<u64, Stop> {
        let today = self.unit.today();
        let open = sensitive_reader::Column::ValidTo.is_null();
        let done = sensitive_reader::Entity::update_many()
            .col_expr(sensitive_reader::Column::ValidTo, Expr::value(today))
            .filter(sensitive_reader::Column::PersonId.eq(person))
            .filter(sensitive_reader::Column::SubjectId.is_in([person, other]))
            .filter(open.or(sensitive_reader::Column::ValidTo.gt(today)))
            .exec(self.tx())
            .await?;
        Ok(done.rows_affected)
    }

    /// Saves a disclosure.
    pub async fn disclose(&self, disclosure: &Disclosure) -> Result<(), Stop> {
        let Disclosure {
            id,
            record_id,
            account_id,
            person_id,
            organisation_id,
            acting_as,
            purpose,
            at,
        } = disclosure.clone();
        let purpose = purpose.code().to_owned();
        let row = sensitive_disclosure::Model {
            id,
            record_id,
            account_id,
            person_id,
            organisation_id,
            acting_as,
            purpose,
            at,
        };
        let row = row.into_active_model().reset_all();
        sensitive_disclosure::Entity::insert(row).exec_without_returning(self.tx()).await?;
        Ok(())
    }

    /// Whether the record of a person was merged into another's. To be asked after a row was written that refers to
    /// the person: a merge that was under way has come to its end then, and one that comes sees the row.
    pub async fn is_merged(&self, person: Uuid) -> Result<bool, Stop> {
        let change = person_id_change::Entity::find()
            .filter(person_id_change::Column::FromId.eq(person))
            .count(self.tx());
        Ok(change.await? > 0)
    }

    /// Wraps keys under the first master key that are under another of the settings, at most so many; others that do
    /// the same take others. Gives how many, and how many are left. Needs a stated purpose.
    pub async fn rewrap(&self, most: u64) -> Result<(u64, u64), Stop> {
        let masters: Vec<&str> = self.vault().ids().collect();
        let [first, others @ ..] = masters.as_slice() else { return Ok((0, 0)) };
        let due = vault_key::Entity::find()
            .filter(vault_key::Column::Wrapped.is_not_null())
            .filter(vault_key::Column::Master.is_in(others.iter().copied()))
            .order_by_asc(vault_key::Column::Id)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(self.tx())
            .await?;
        let done = due.len() as u64;
        for key in due {
            let id = key.id;
            let Some(opened) = self.unwrapped(key)? else { continue };
            let Wrapped { master, bytes } =
                self.vault().wrap(id, &opened).map_err(DbFault::from)?;
            vault_key::Entity::update_many()
                .col_expr(vault_key::Column::Master, Expr::value(master))
                .col_expr(vault_key::Column::Wrapped, Expr::value(bytes))
                .filter(vault_key::Column::Id.eq(id))
                .exec(self.tx())
                .await?;
        }
        let left = vault_key::Entity::find()
            .filter(vault_key::Column::Wrapped.is_not_null())
            .filter(vault_key::Column::Master.ne(*first));
        Ok((done, left.count(self.tx()).await?))
    }

    fn in_force(&self, record: Uuid, person: Uuid) -> Condition {
        let today: NaiveDate = self.unit.today();
        Condition::all()
            .add(sensitive_reader::Column::RecordId.eq(record))
            .add(sensitive_reader::Column::PersonId.eq(person))
            .add(sensitive_reader::Column::ValidFrom.lte(today))
            .add(
                sensitive_reader::Column::ValidTo
                    .is_null()
                    .or(sensitive_reader::Column::ValidTo.gt(today)),
            )
    }

    fn unwrapped(&self, key: vault_key::Model) -> Result<Option<DataKey>, DbFault> {
        let vault_key::Model { id, master, wrapped, created_at: _, destroyed_at: _ } = key;
        let Some(bytes) = wrapped else { return Ok(None) };
        Ok(Some(self.vault().unwrap(id, &Wrapped { master, bytes })?))
    }
}

/// A foreign key refuses what is not there.
fn not_there(fault: DbFault, path: &str) -> Stop {
    match fault {
        DbFault::Constraint(_) => {
            Refusal::at(Code::NotFound, path, Code::NotFound.description()).into()
        }
        fault => Stop::Db(fault),
    }
}

fn unreadable(column: &str) -> impl FnOnce() -> DbFault {
    let what = format!("sensitive_record.{column}");
    move || DbFault::unreadable(&what)
}

impl TryFrom<sensitive_record::Model> for Record {
    type Error = DbFault;

    fn try_from(row: sensitive_record::Model) -> Result<Self, DbFault> {
        let sensitive_record::Model {
            id,
            person_id,
            organisation_id,
            category,
            ciphertext,
            purpose,
            lawful_basis,
            article_nine,
            schedule_one,
            policy_document,
            retain_until,
            created_at,
            updated_at,
            erased_at,
            version,
        } = row;
        Ok(Self {
            id,
            person_id,
            organisation_id,
            category: Category::from_code(&category).ok_or_else(unreadable("category"))?,
            ciphertext,
            purpose: Purpose::from_code(&purpose).ok_or_else(unreadable("purpose"))?,
            lawful_basis: LawfulBasis::from_code(&lawful_basis)
                .ok_or_else(unreadable("lawful_basis"))?,
            article_nine: ArticleNine::from_code(&article_nine)
                .ok_or_else(unreadable("article_nine"))?,
            schedule_one: ScheduleOne::from_code(&schedule_one)
                .ok_or_else(unreadable("schedule_one"))?,
            policy_document,
            retain_until,
            created_at,
            updated_at,
            erased_at,
            version,
        })
    }
}

impl From<Record> for sensitive_record::Model {
    fn from(record: Record) -> Self {
        let Record {
            id,
            person_id,
            organisation_id,
            category,
            ciphertext,
            purpose,
            lawful_basis,
            article_nine,
            schedule_one,
            policy_document,
            retain_until,
            created_at,
            updated_at,
            erased_at,
            version,
        } = record;
        Self {
            id,
            person_id,
            organisation_id,
            category: category.code().to_owned(),
            ciphertext,
            purpose: purpose.code().to_owned(),
            lawful_basis: lawful_basis.code().to_owned(),
            article_nine: article_nine.code().to_owned(),
            schedule_one: schedule_one.code().to_owned(),
            policy_document,
            retain_until,
            created_at,
            updated_at,
            erased_at,
            version,
        }
    }
}
