//! Reading what an account may do, and whether its token was ended.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DbBackend, QueryResult, Value};
use uuid::Uuid;

use super::{Actor, Grant, GrantScope, Identity, Proof, Role, Scope, Session};
use crate::db::{Access, Db, DbFault, Reading, Rows, Tx};
use crate::read::sql::Sql;
use crate::read::value::{AnyRow, rows};

/// What an account holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// The grants in force, in a stable order.
    pub grants: Vec<Grant>,
    /// The person to whom the account belongs.
    pub person: Option<Uuid>,
}

/// What an account was seen to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What it held.
    pub holdings: Holdings,
    /// The stamp that it had then, and the day: on another day other grants are in force.
    stamp: Option<(Uuid, NaiveDate)>,
}

/// What is known of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What it holds today.
    Good(Seen),
    /// It holds what it was seen to hold.
    Same,
    /// The account is disabled, or the token was ended.
    Ended,
}

impl Seen {
    /// The one who asks, if that is still so.
    #[must_use]
    pub fn actor(&self, identity: Identity) -> Actor {
        Actor::new(identity, self.holdings.grants.clone()).with_person(self.holdings.person)
    }

    /// Its stamp, if it was seen on `today`.
    fn stamp(&self, today: NaiveDate) -> Option<Uuid> {
        self.stamp.filter(|(_, day)| *day == today).map(|(stamp, _)| stamp)
    }
}

/// Opens a transaction under `scope`, and reads in it the standing of `proof` on `today`, who was last `seen` so:
/// with BEGIN on PostgreSQL, where another round trip would cost more than the statement.
///
/// # Errors
///
/// What the database answers.
pub async fn begin(
    db: &Db,
    access: Access,
    scope: &Scope,
    proof: Proof,
    today: NaiveDate,
    seen: &Seen,
) -> Result<(Tx, Standing), DbFault> {
    let known = seen.stamp(today);
    let (tx, rows) = if db.backend() == DbBackend::Postgres {
        db.begin_asking(access, scope, &script(proof, today, known)).await?
    } else {
        let tx = db.begin(access, scope).await?;
        let (sql, values) = statement(proof, today).finish();
        let rows = tx.rows(sql, values).await?;
        (tx, rows)
    };
    let told: Result<Vec<Told>, DbFault> = rows.iter().map(Told::from_result).collect();
    Ok((tx, standing(told?, proof, today, known)))
}

/// The same for reads.
///
/// # Errors
///
/// What the database answers.
pub async fn read(
    db: &Db,
    scope: &Scope,
    proof: Proof,
    today: NaiveDate,
    seen: &Seen,
) -> Result<(Reading, Standing), DbFault> {
    let known = seen.stamp(today);
    let question = if db.backend() == DbBackend::Postgres {
        let values =
            vec![proof.account.into(), today.into(), array(proof).into(), Value::Uuid(known)];
        (Arc::clone(&QUESTION), values)
    } else {
        statement(proof, today).finish()
    };
    let (reading, found) = db.read(scope, Some(question)).await?;
    let told: Result<Vec<Told>, DbFault> = rows(&found).map(|row| Told::from_row(&row)).collect();
    Ok((reading, standing(told?, proof, today, known)))
}

/// Opens reads under `scope` for `proof`, who was `seen` today, and is taken to hold the same still: whatever they
/// answer, they answer only if it is so. `None` if that cannot be asked.
///
/// # Errors
///
/// What the database answers.
pub async fn read_hastily(
    db: &Db,
    scope: &Scope,
    proof: Proof,
    today: NaiveDate,
    seen: &Seen,
) -> Result<Option<Reading>, DbFault> {
    let Some(known) = seen.stamp(today) else { return Ok(None) };
    let question = (Arc::clone(&STAMP), vec![proof.account.into(), array(proof).into()]);
    let judge = move |found: Rows| {
        let told: Result<Vec<Told>, DbFault> =
            rows(&found).map(|row| Told::from_row(&row)).collect();
        match standing(told?, proof, today, Some(known)) {
            Standing::Same => Ok(()),
            Standing::Good(_) => Err(DbFault::Changed),
            Standing::Ended => Err(DbFault::SignedOut),
        }
    };
    db.read_hastily(scope, question, Box::new(judge)).await.map(Some)
}

/// One thing that is told of an account.
struct Told {
    what: String,
    id: Option<Uuid>,
    role: Option<String>,
    scope_type: Option<String>,
    scope_id: Option<Uuid>,
    ended_at: Option<DateTime<Utc>>,
}

impl Told {
    fn from_result(row: &QueryResult) -> Result<Self, DbFault> {
        Ok(Self {
            what: row.try_get_by_index(0)?,
            id: row.try_get_by_index(1)?,
            role: row.try_get_by_index(2)?,
            scope_type: row.try_get_by_index(3)?,
            scope_id: row.try_get_by_index(4)?,
            ended_at: row.try_get_by_index(5)?,
        })
    }

    fn from_row(row: &AnyRow<'_>) -> Result<Self, DbFault> {
        Ok(Self {
            what: row.get(0)?.unwrap_or_default(),
            id: row.get(1)?,
            role: row.get(2)?,
            scope_type: row.get(3)?,
            scope_id: row.get(4)?,
            ended_at: row.get(5)?,
        })
    }
}

/// What was `told` of an account, the stamp of which was `known`.
fn standing(told: Vec<Told>, proof: Proof, today: NaiveDate, known: Option<Uuid>) -> Standing {
    let (mut holdings, mut stamp) = (Holdings::default(), None);
    for told in told {
        match told.what.as_str() {
            "GRANT" => holdings.grants.extend(grant(&told)),
            "PERSON" => holdings.person = told.id,
            "STAMP" => stamp = told.id,
            "DISABLED" => return Standing::Ended,
            what => {
                let issued = proof.session.map(|session| session.issued_at);
                let until = told.ended_at.map(|at| at.timestamp());
                // What ends everything of an account ends what was issued until then.
                if what != "ACCOUNT"
                    || issued.is_some_and(|at| until.is_none_or(|until| at <= until))
                {
                    return Standing::Ended;
                }
            }
        }
    }
    if stamp.is_some() && stamp == known {
        return Standing::Same;
    }
    Standing::Good(Seen { holdings, stamp: stamp.map(|stamp| (stamp, today)) })
}

/// What can have ended the access of `proof`.
fn ending(proof: Proof) -> Vec<Uuid> {
    let of = |session: Session| [Some(proof.account), session.token, session.session];
    proof.session.map(of).into_iter().flatten().flatten().collect()
}

/// The same as PostgreSQL writes an array.
fn array(proof: Proof) -> String {
    let ids: Vec<String> = ending(proof).iter().map(Uuid::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

/// What has ended, and whether anything has changed: the stamp, which only PostgreSQL keeps.
static STAMP: LazyLock<Arc<str>> = LazyLock::new(|| {
    "select 'STAMP', s.stamp, null::text, null::text, null::uuid, null::timestamptz \
     from account_stamp s where s.account_id = $1 \
     union all select e.kind::text, e.id, null, null, null, e.ended_at from ended_access e \
     where e.id = any(cast($2 as uuid[]))"
        .into()
});

/// The question for PostgreSQL.
static QUESTION: LazyLock<Arc<str>> =
    LazyLock::new(|| "select * from account_standing($1, $2, cast($3 as uuid[]), $4)".into());

/// The same without parameters: nothing but identifiers and a date are formatted.
fn script(proof: Proof, today: NaiveDate, known: Option<Uuid>) -> String {
    let (account, ending) = (proof.account, array(proof));
    let known = known.map_or_else(|| "null".to_owned(), |known| format!("'{known}'"));
    format!("select * from account_standing('{account}', '{today}', '{ending}', {known})")
}

/// The same for SQLite, which keeps plans of its own.
fn statement(proof: Proof, today: NaiveDate) -> Sql {
    let mut sql = Sql::new(DbBackend::Sqlite);
    let account = proof.account;
    sql.push(
        "select 'GRANT' as what, g.id as id, g.role as role, g.scope_type as scope_type, \
         g.scope_id as scope_id, null as ended_at from role_grant g where g.account_id = ",
    );
    sql.bind(account.into()).push(" and g.valid_from <= ").bind(today.into());
    sql.push(" and (g.valid_to is null or g.valid_to > ").bind(today.into());
    sql.push(
        ") union all select 'DISABLED', a.id, null, null, null, null from account a \
         where not a.enabled and a.id = ",
    );
    sql.bind(account.into()).push(
        " union all select 'PERSON', p.person_id, null, null, null, null from person_account p \
         where p.account_id = ",
    );
    sql.bind(account.into()).push(" and p.valid_from <= ").bind(today.into());
    sql.push(" and (p.valid_to is null or p.valid_to > ").bind(today.into()).push(")");
    sql.push(
        " union all select e.kind, e.id, null, null, null, e.ended_at from ended_access e where ",
    );
    sql.any_of("e.id", &ending(proof)).push(" order by 2");
    sql
}

/// What was told as a grant; what names no known role or scope grants nothing.
fn grant(told: &Told) -> Option<Grant> {
    let role = Role::from_code(told.role.as_deref()?)?;
    let scope = GrantScope::from_parts(told.scope_type.as_deref()?, told.scope_id)?;
    (scope != GrantScope::Nation || role.may_be_national()).then_some(Grant { role, scope })
}
