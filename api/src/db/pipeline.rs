//! Connections to PostgreSQL for reads, on which statements are sent without waiting for the answers of those
//! before them.
//!
//! PostgreSQL answers everything that was sent, in order, whether or not somebody still waits for it. So a
//! transaction that is given up half-way needs no care: its ROLLBACK goes out behind whatever it had sent, and the
//! BEGIN of whoever is lent the connection next behind that.

use std::error::Error as StdError;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use hashlink::LruCache;
use sea_orm::Value;
use tokio_postgres::error::Severity;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Error, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::DbFault;
use super::reading::Rows;
use crate::actor::{SETTINGS, Scope};

/// Statements that a connection keeps prepared.
const PREPARED: usize = 200;

/// A connection that is older is made anew, so that a change of addresses or roles reaches the service.
const OLDEST: Duration = Duration::from_secs(30 * 60);

const BEGIN: &str = "begin isolation level repeatable read read only";
const ROLLBACK: &str = "rollback";

/// The connections.
pub(super) type Pipes = managed::Pool<Dialler>;

/// Makes connections.
pub(super) struct Dialler {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

/// One connection.
pub(super) struct Pipe {
    client: Arc<Client>,
    begin: Statement,
    scope: Statement,
    prepared: Mutex<LruCache<Arc<str>, Statement>>,
}

impl managed::Manager for Dialler {
    type Type = Pipe;
    type Error = Error;

    async fn create(&self) -> Result<Pipe, Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        let begin = client.prepare(BEGIN).await?;
        let scope = client.prepare(&Scope::statement()).await?;
        let client = Arc::new(client);
        Ok(Pipe { client, begin, scope, prepared: Mutex::new(LruCache::new(PREPARED)) })
    }

    async fn recycle(&self, pipe: &mut Pipe, metrics: &Metrics) -> RecycleResult<Error> {
        if pipe.client.is_closed() || metrics.age() > OLDEST {
            return Err(RecycleError::message("closed or too old"));
        }
        Ok(())
    }
}

impl Pipe {
    fn prepared(&self) -> MutexGuard<'_, LruCache<Arc<str>, Statement>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn statement(&self, sql: &Arc<str>, values: &[Value]) -> Result<Statement, Error> {
        if let Some(found) = self.prepared().get(sql) {
            return Ok(found.clone());
        }
        let types: Vec<Type> = values.iter().map(type_of).collect();
        let made = self.client.prepare_typed(sql, &types).await?;
        self.prepared().insert(Arc::clone(sql), made.clone());
        Ok(made)
    }

    async fn rows(&self, statement: &Statement, values: &[Value]) -> Result<Vec<Row>, Error> {
        rows(&self.client, statement, values).await
    }
}

async fn rows(client: &Client, statement: &Statement, values: &[Value]) -> Result<Vec<Row>, Error> {
    let parameters: Vec<Parameter<'_>> = values.iter().map(Parameter).collect();
    let parameters: Vec<&(dyn ToSql + Sync)> =
        parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync)).collect();
    client.query(statement, &parameters).await
}

/// What is asked where a transaction begins: a statement with its parameters.
pub type Question = (Arc<str>, Vec<Value>);

/// Decides by the answer to the first question whether a transaction may go on.
pub type Judge = Box<dyn FnOnce(Rows) -> Result<(), DbFault> + Send>;

/// A read transaction on a connection of its own. Dropping it rolls back.
pub(super) struct Pipeline {
    pipe: Option<Object<Dialler>>,
    /// Whether somebody stopped waiting for an answer.
    abandoned: AtomicBool,
    /// Whether the connection has come to its end.
    ended: AtomicBool,
    opening: tokio::sync::Mutex<Opening>,
}

/// How far a transaction has begun.
enum Opening {
    /// Its beginning was sent.
    Sent(Begun),
    /// It was answered, and may go on.
    Open,
    /// It was refused.
    Refused(Refused),
}

/// A beginning that was sent before anybody waits for its answer.
struct Begun {
    work: Pin<Box<dyn Future<Output = Result<(), DbFault>> + Send>>,
    /// The answer, if it was there at once: who is done must not be asked again.
    answer: Option<Result<(), DbFault>>,
}

impl Begun {
    fn send(work: impl Future<Output = Result<(), DbFault>> + Send + 'static) -> Self {
        let mut work: Pin<Box<dyn Future<Output = Result<(), DbFault>> + Send>> = Box::pin(work);
        let answer = send(work.as_mut());
        Self { work, answer }
    }

    async fn answer(&mut self) -> Result<(), DbFault> {
        match self.answer.take() {
            Some(answer) => answer,
            None => self.work.as_mut().await,
        }
    }
}

/// Why a transaction does not go on, for everyone after the first who is told.
#[derive(Clone, Copy)]
enum Refused {
    Changed,
    SignedOut,
    Broken,
}

impl From<Refused> for DbFault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Changed => Self::Changed,
            Refused::SignedOut => Self::SignedOut,
            Refused::Broken => Self::Poisoned,
        }
    }
}

impl Pipeline {
    /// Begins a transaction under `scope`, and runs the statement `question` in the same round trip.
    pub(super) async fn begin(
        pipes: &Pipes,
        scope: &Scope,
        question: Option<Question>,
    ) -> Result<(Self, Vec<Row>), DbFault> {
        let pipeline = Self::lent(pipes).await?;
        let beginning = pipeline.pipe()?.beginning(scope, question);
        let rows = pipeline.answered(async { beginning.await?.await }).await?;
        Ok((pipeline, rows))
    }

    /// Sends the beginning of a transaction under `scope` with the statement `question`, without waiting: its
    /// first statements follow at once, and answer only what `judge` lets them.
    pub(super) async fn open(
        pipes: &Pipes,
        scope: &Scope,
        question: Question,
        judge: Judge,
    ) -> Result<Self, DbFault> {
        let mut pipeline = Self::lent(pipes).await?;
        let beginning = pipeline.pipe()?.beginning(scope, Some(question));
        let sent = pipeline.answered(beginning).await?;
        let begun = Begun::send(async move { judge(Rows::Postgres(sent.await?)) });
        pipeline.opening = tokio::sync::Mutex::new(Opening::Sent(begun));
        Ok(pipeline)
    }

    async fn lent(pipes: &Pipes) -> Result<Self, DbFault> {
        Ok(Self {
            pipe: Some(pipes.get().await?),
            abandoned: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            opening: tokio::sync::Mutex::new(Opening::Open),
        })
    }

    /// Waits until the transaction has begun and may go on.
    pub(super) async fn opened(&self) -> Result<(), DbFault> {
        let mut opening = self.opening.lock().await;
        match &mut *opening {
            Opening::Open => Ok(()),
            Opening::Refused(refused) => Err((*refused).into()),
            Opening::Sent(sent) => {
                let answer = sent.answer().await;
                *opening = match &answer {
                    Ok(()) => Opening::Open,
                    Err(DbFault::Changed) => Opening::Refused(Refused::Changed),
                    Err(DbFault::SignedOut) => Opening::Refused(Refused::SignedOut),
                    Err(_) => {
                        self.ended.store(true, Ordering::Release);
                        Opening::Refused(Refused::Broken)
                    }
                };
                answer
            }
        }
    }

    /// The rows of a statement.
    pub(super) async fn rows(&self, sql: Arc<str>, values: &[Value]) -> Result<Vec<Row>, DbFault> {
        let pipe = self.pipe()?;
        let asked = async { pipe.rows(&pipe.statement(&sql, values).await?, values).await };
        let (opened, rows) = tokio::join!(biased; self.opened(), self.answered(asked));
        opened?;
        rows
    }

    fn pipe(&self) -> Result<&Pipe, DbFault> {
        self.pipe.as_deref().ok_or(DbFault::Poisoned)
    }

    /// What `asked` answers; remembers if nobody waited for that.
    async fn answered<T>(
        &self,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, DbFault> {
        let mut waiting = Waiting(Some(&self.abandoned));
        let answer = asked.await;
        waiting.0 = None;
        if answer.as_ref().is_err_and(ends_connection) {
            self.ended.store(true, Ordering::Release);
        }
        Ok(answer?)
    }
}

/// Whether nothing can be asked on a connection after `error`.
fn ends_connection(error: &Error) -> bool {
    error.as_db_error().is_none_or(|told| {
        matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
    })
}

impl Pipe {
    /// Prepares the beginning of a transaction. What it gives sends everything when it is polled first, and
    /// answers with the rows of `question`.
    async fn beginning(
        &self,
        scope: &Scope,
        question: Option<Question>,
    ) -> Result<impl Future<Output = Result<Vec<Row>, Error>> + Send + 'static, Error> {
        let question = match question {
            Some((sql, values)) => Some((self.statement(&sql, &values).await?, values)),
            None => None,
        };
        let (client, begin, scope) =
            (Arc::clone(&self.client), self.begin.clone(), scope.settings());
        let set = self.scope.clone();
        Ok(async move {
            let settings: [&(dyn ToSql + Sync); SETTINGS] =
                scope.each_ref().map(|setting| setting as &(dyn ToSql + Sync));
            let begin = client.query(&begin, &[]);
            let set = client.query(&set, &settings);
            let asked = async {
                match &question {
                    Some((statement, values)) => rows(&client, statement, values).await,
                    None => Ok(Vec::new()),
                }
            };
            let (begun, set, rows) = tokio::join!(biased; begin, set, asked);
            begun.and(set).and(rows)
        })
    }
}

/// Sends what `work` sends when it is polled first, and gives the answer if it is there at once. Nobody has to
/// wait: what is sent later follows it.
fn send<T>(work: Pin<&mut (dyn Future<Output = T> + Send)>) -> Option<T> {
    match work.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// Marks a pipeline as abandoned if it is dropped before its work is done.
struct Waiting<'a>(Option<&'a AtomicBool>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(abandoned) = self.0 {
            abandoned.store(true, Ordering::Release);
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        let Some(pipe) = self.pipe.take() else { return };
        if *self.ended.get_mut() {
            // The driver may learn of it later than whoever is lent it next.
            drop(Object::take(pipe));
            return;
        }
        if !*self.abandoned.get_mut() {
            // Its answer does not matter: what went wrong shows at the next BEGIN.
            let _ = send(pin!(pipe.client.batch_execute(ROLLBACK)));
            return;
        }
        // Whoever is lent it next must not wait for what nobody waits for any more.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                let _ = pipe.client.batch_execute(ROLLBACK).await;
            })),
            Err(_) => drop(Object::take(pipe)),
        }
    }
}

/// A parameter of a read.
struct Parameter<'a>(&'a Value);

/// The driver logs parameters, and they may be personal.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Value::Bool(value) => value.to_sql(kind, out),
            Value::Int(value) => value.to_sql(kind, out),
            Value::BigInt(value) => value.to_sql(kind, out),
            Value::String(value) => value.as_deref().to_sql(kind, out),
            Value::Uuid(value) => value.to_sql(kind, out),
            Value::ChronoDate(value) => value.to_sql(kind, out),
            Value::ChronoDateTimeUtc(value) => value.to_sql(kind, out),
            _ => Err("no parameter of a read is of this kind".into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The type as which a parameter is sent.
const fn type_of(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::BOOL,
        Value::Int(_) => Type::INT4,
        Value::BigInt(_) => Type::INT8,
        Value::Uuid(_) => Type::UUID,
        Value::ChronoDate(_) => Type::DATE,
        Value::ChronoDateTimeUtc(_) => Type::TIMESTAMPTZ,
        _ => Type::TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_there_at_once_is_kept() {
        assert!(Begun::send(async { Ok(()) }).answer().await.is_ok());
        let refused = Begun::send(async { Err(DbFault::Changed) }).answer().await;
        assert!(matches!(refused, Err(DbFault::Changed)));
        let mut later = Begun::send(async {
            tokio::task::yield_now().await;
            Err(DbFault::SignedOut)
        });
        assert!(later.answer.is_none());
        assert!(matches!(later.answer().await, Err(DbFault::SignedOut)));
    }
}
