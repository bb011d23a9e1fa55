//! Rows of messages: queued, claimed, and marked.

use chrono::{DateTime, NaiveDate, Utc};
use entities::mail_message::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, TryInsertResult, UpdateMany,
};
use uuid::Uuid;

use super::model::{Failure, NewMail, State, one_line, plain_text};
use super::rules::{LAST_ATTEMPT, LEASE, Next, next};
use crate::audit::NATION;
use crate::command::{Stop, Unit};
use crate::db::DbFault;

/// The messages that the unit's Scope lets it write and, as the system, see.
pub struct Messages<'a> {
    unit: &'a Unit,
}

/// A message that is to be sent now, by nobody else.
#[derive(Clone)]
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// What it tells of.
    pub kind: String,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// To whom.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Whether the last attempt broke off when the server had all of it.
    pub was_cut: bool,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
}

/// What a look at the queue gave.
pub enum Claim {
    /// Nothing is due, or others are at it.
    Nothing,
    /// One whose last attempt nobody finished was given up.
    GivenUp,
    /// One to be sent.
    Message(Claimed),
}

/// What becomes of a message after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server took it.
    Sent,
    /// Later again.
    Later,
    /// No more.
    GivenUp,
    /// Others decided that: the lease was over.
    Overtaken,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Messages<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// Adds messages that are of use until `last_day`, in one statement; gives how many. Those whose key the
    /// organisation has already are left out.
    pub async fn insert(&self, new: &[NewMail], last_day: NaiveDate) -> Result<u64, Stop> {
        let now = self.unit.now();
        let row = |new: &NewMail| ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(Some(new.organisation_id).filter(|id| *id != NATION)),
            kind: Set(new.kind.to_owned()),
            deduplication_key: Set(new.deduplication_key.clone()),
            recipient: Set(Some(new.recipient.address().to_string())),
            subject: Set(Some(one_line(&new.subject))),
            body: Set(Some(plain_text(&new.body))),
            state: Set(State::Waiting.code().to_owned()),
            attempts: Set(0),
            next_attempt_at: Set(Some(now)),
            sent_at: Set(None),
            failure: Set(None),
            last_day: Set(last_day),
            created_at: Set(now),
        };
        // Without naming columns: who may not read the queue may not ask it about a key either.
        let inserted = Entity::insert_many(new.iter().map(row))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(self.unit.tx())
            .await?;
        match inserted {
            TryInsertResult::Inserted(count) => Ok(count),
            TryInsertResult::Empty | TryInsertResult::Conflicted => Ok(0),
        }
    }

    /// Gives up what is due and of no use any more; gives how many. What somebody is sending is not due.
    pub async fn give_up_late(&self) -> Result<u64, Stop> {
        let late = Entity::update_many()
            .filter(Column::State.eq(State::Waiting.code()))
            .filter(Column::NextAttemptAt.lte(self.unit.now()))
            .filter(Column::LastDay.lt(self.unit.today()))
            .col_expr(Column::Failure, Expr::value(Failure::TooLate.code()));
        let given_up = ended(late, State::GivenUp).exec(self.unit.tx()).await?.rows_affected;
        if given_up > 0 {
            self.unit.note_queued();
        }
        Ok(given_up)
    }

    /// Claims the message that has been due for longest, past those that others hold.
    pub async fn claim(&self) -> Result<Claim, Stop> {
        let due = Entity::find()
            .filter(Column::State.eq(State::Waiting.code()))
            .filter(Column::NextAttemptAt.lte(self.unit.now()))
            .order_by_asc(Column::NextAttemptAt)
            .order_by_asc(Column::Id)
            .limit(1)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(self.unit.tx())
            .await?;
        let Some(row) = due else { return Ok(Claim::Nothing) };
        self.unit.note_queued();
        if row.attempts >= LAST_ATTEMPT {
            let failure = Expr::value(Failure::Interrupted.code());
            let change = ended(waiting(row.id), State::GivenUp).col_expr(Column::Failure, failure);
            change.exec(self.unit.tx()).await?;
            return Ok(Claim::GivenUp);
        }
        let attempt = row.attempts + 1;
        Entity::update_many()
            .col_expr(Column::Attempts, Expr::value(attempt))
            .col_expr(Column::NextAttemptAt, Expr::value(self.unit.now() + LEASE))
            .filter(Column::Id.eq(row.id))
            .exec(self.unit.tx())
            .await?;
        Ok(Claim::Message(claimed(row, attempt)?))
    }

    /// Marks a message as sent. One that was sent is sent, whoever holds it by now.
    pub async fn mark_sent(&self, id: Uuid) -> Result<Fate, Stop> {
        self.save(self.sent(waiting(id)), Fate::Sent).await
    }

    /// Marks an attempt as failed, unless the lease was over and somebody else tries by now.
    pub async fn mark_failed(&self, message: &Claimed, failure: Failure) -> Result<Fate, Stop> {
        let Claimed { id, attempt, was_cut, .. } = *message;
        let this = waiting(id)
            .filter(Column::Attempts.eq(attempt))
            .col_expr(Column::Failure, Expr::value(failure.code()));
        match next(attempt, failure, was_cut, self.unit.now()) {
            Next::Again(next) => {
                let later = this.col_expr(Column::NextAttemptAt, Expr::value(next));
                self.save(later, Fate::Later).await
            }
            Next::Sent => self.save(self.sent(this), Fate::Sent).await,
            Next::GivenUp => self.save(ended(this, State::GivenUp), Fate::GivenUp).await,
        }
    }

    /// Changes one message; gives its fate, if it still was ours to decide.
    async fn save(&self, change: UpdateMany<Entity>, fate: Fate) -> Result<Fate, Stop> {
        match change.exec(self.unit.tx()).await?.rows_affected {
            0 => Ok(Fate::Overtaken),
            _ => {
                self.unit.note_queued();
                Ok(fate)
            }
        }
    }

    fn sent(&self, change: UpdateMany<Entity>) -> UpdateMany<Entity> {
        ended(change, State::Sent).col_expr(Column::SentAt, Expr::value(self.unit.now()))
    }
}

/// A change of a message that waits.
fn waiting(id: Uuid) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id)).filter(Column::State.eq(State::Waiting.code()))
}

/// The end of messages that wait: nothing personal stays.
fn ended(change: UpdateMany<Entity>, state: State) -> UpdateMany<Entity> {
    let nothing = || Expr::value(Option::<String>::None);
    change
        .col_expr(Column::State, Expr::value(state.code()))
        .col_expr(Column::Recipient, nothing())
        .col_expr(Column::Subject, nothing())
        .col_expr(Column::Body, nothing())
        .col_expr(Column::NextAttemptAt, Expr::value(Option::<DateTime<Utc>>::None))
}

fn claimed(row: Model, attempt: i32) -> Result<Claimed, DbFault> {
    let Model {
        id,
        organisation_id: _,
        kind,
        deduplication_key: _,
        recipient,
        subject,
        body,
        state: _,
        attempts: _,
        next_attempt_at: _,
        sent_at: _,
        failure,
        last_day: _,
        created_at,
    } = row;
    let (Some(recipient), Some(subject), Some(body)) = (recipient, subject, body) else {
        return Err(DbFault::unreadable("mail_message"));
    };
    let was_cut = failure == Some(Failure::Cut.code());
    Ok(Claimed { id, kind, attempt, recipient, subject, body, was_cut, created_at })
}
