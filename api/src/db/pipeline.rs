//! Connections to PostgreSQL for reads, on which statements are sent without waiting for the answers of those
//! before them.
//!
//! PostgreSQL answers everything that was sent, in order, whether or not somebody still waits for it. So a
//! transaction that is given up half-way needs no care: its ROLLBACK goes out behind whatever it had sent, and the
//! BEGIN of whoever is lent the connection next behind that.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::BytesMut;
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use hashlink::LruCache;
use sea_orm::Value;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Error, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::DbFault;
use crate::actor::Scope;

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
    client: Client,
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
        let parameters: Vec<Parameter<'_>> = values.iter().map(Parameter).collect();
        let parameters: Vec<&(dyn ToSql + Sync)> =
            parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync)).collect();
        self.client.query(statement, &parameters).await
    }
}

/// A read transaction on a connection of its own. Dropping it rolls back.
pub(super) struct Pipeline {
    pipe: Option<Object<Dialler>>,
    /// Whether somebody stopped waiting for an answer.
    abandoned: AtomicBool,
}

impl Pipeline {
    /// Begins a transaction under `scope`, and runs the statement `question` in the same round trip.
    pub(super) async fn begin(
        pipes: &Pipes,
        scope: &Scope,
        question: Option<(Arc<str>, Vec<Value>)>,
    ) -> Result<(Self, Vec<Row>), DbFault> {
        let pipe = pipes.get().await?;
        let pipeline = Self { pipe: Some(pipe), abandoned: AtomicBool::new(false) };
        let rows = pipeline.answered(pipeline.pipe()?.begin(scope, question)).await?;
        Ok((pipeline, rows))
    }

    /// The rows of a statement.
    pub(super) async fn rows(&self, sql: Arc<str>, values: &[Value]) -> Result<Vec<Row>, DbFault> {
        let pipe = self.pipe()?;
        self.answered(async { pipe.rows(&pipe.statement(&sql, values).await?, values).await }).await
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
        Ok(answer?)
    }
}

impl Pipe {
    async fn begin(
        &self,
        scope: &Scope,
        question: Option<(Arc<str>, Vec<Value>)>,
    ) -> Result<Vec<Row>, Error> {
        let settings = scope.settings();
        let settings: Vec<&(dyn ToSql + Sync)> =
            settings.iter().map(|setting: &Cow<'_, str>| setting as &(dyn ToSql + Sync)).collect();
        let begin = self.client.query(&self.begin, &[]);
        let set = self.client.query(&self.scope, &settings);
        let Some((sql, values)) = question else {
            let (begun, set) = tokio::join!(biased; begin, set);
            return begun.and(set).map(|_| Vec::new());
        };
        let statement = self.statement(&sql, &values).await?;
        // Each is sent when it is polled first.
        let (begun, set, rows) = tokio::join!(biased; begin, set, self.rows(&statement, &values));
        begun.and(set).and(rows)
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
        if !*self.abandoned.get_mut() {
            // Its first poll sends it. Nobody has to wait: what is sent later follows it.
            let rollback = pin!(pipe.client.batch_execute(ROLLBACK));
            let _ = rollback.poll(&mut Context::from_waker(Waker::noop()));
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
