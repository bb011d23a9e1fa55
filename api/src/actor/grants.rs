//! Reading what an account may do, and whether its token was ended.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DbBackend, QueryResult};
use uuid::Uuid;

use super::{Grant, GrantScope, Proof, Role, Scope, Session};
use crate::db::{Access, Db, DbFault, Tx};
use crate::read::sql::Sql;

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
    let known = seen.stamp.filter(|(_, day)| *day == today).map(|(stamp, _)| stamp);
    let (tx, rows) = if db.backend() == DbBackend::Postgres {
        db.begin_asking(access, scope, &question(proof, today, known)).await?
    } else {
        let tx = db.begin(access, scope).await?;
        let (sql, values) = statement(proof, today).finish();
        let rows = tx.rows(sql, values).await?;
        (tx, rows)
    };
    let (found, stamp) = match standing(rows.into_results(), proof)? {
        Some(found) => found,
        None => return Ok((tx, Standing::Ended)),
    };
    if stamp.is_some() && stamp == known {
        return Ok((tx, Standing::Same));
    }
    let stamp = stamp.map(|stamp| (stamp, today));
    Ok((tx, Standing::Good(Seen { holdings: found, stamp })))
}

/// What the rows tell of an account, with its stamp; `None` if its access ended.
fn standing(
    rows: Vec<QueryResult>,
    proof: Proof,
) -> Result<Option<(Holdings, Option<Uuid>)>, DbFault> {
    let (mut held, mut stamp) = (Holdings::default(), None);
    for row in rows {
        let what: String = row.try_get("", "what")?;
        match what.as_str() {
            "GRANT" => held.grants.extend(grant(&row)?),
            "PERSON" => held.person = Some(row.try_get("", "id")?),
            "STAMP" => stamp = row.try_get("", "id")?,
            "DISABLED" => return Ok(None),
            _ => {
                let ended: DateTime<Utc> = row.try_get("", "ended_at")?;
                let issued = proof.session.map(|session| session.issued_at);
                // What ends everything of an account ends what was issued until then.
                if what != "ACCOUNT" || issued.is_some_and(|at| at <= ended.timestamp()) {
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some((held, stamp)))
}

/// What can have ended the access of `proof`.
fn ending(proof: Proof) -> Vec<Uuid> {
    let of = |session: Session| [Some(proof.account), session.token, session.session];
    proof.session.map(of).into_iter().flatten().flatten().collect()
}

/// The question for PostgreSQL: nothing but identifiers and a date are formatted.
fn question(proof: Proof, today: NaiveDate, known: Option<Uuid>) -> String {
    let ending = ending(proof).iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
    let account = proof.account;
    let known = known.map_or_else(|| "null".to_owned(), |known| format!("'{known}'"));
    format!("select * from account_standing('{account}', '{today}', '{{{ending}}}', {known})")
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

/// A row as a grant; a row that names no known role or scope grants nothing.
fn grant(row: &QueryResult) -> Result<Option<Grant>, DbFault> {
    let (role, scope_type): (String, String) =
        (row.try_get("", "role")?, row.try_get("", "scope_type")?);
    let Some(role) = Role::from_code(&role) else { return Ok(None) };
    let scope = GrantScope::from_parts(&scope_type, row.try_get("", "scope_id")?);
    let Some(scope) = scope.filter(|scope| *scope != GrantScope::Nation || role.may_be_national())
    else {
        return Ok(None);
    };
    Ok(Some(Grant { role, scope }))
}
