//! Reading what an account may do, and whether its token was ended.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait as _, QueryResult, Statement};
use uuid::Uuid;

use super::{Grant, GrantScope, Proof, Role};
use crate::db::{DbFault, Tx};
use crate::read::sql::Sql;

/// What an account holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// The grants in force, in a stable order.
    pub grants: Vec<Grant>,
    /// The person to whom the account belongs.
    pub person: Option<Uuid>,
}

/// What is known of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What it holds today.
    Good(Holdings),
    /// The account is disabled, or the token was ended.
    Ended,
}

/// The standing of `proof` on `today`, in one statement.
///
/// # Errors
///
/// What the database answers.
pub async fn standing(tx: &Tx, proof: Proof, today: NaiveDate) -> Result<Standing, DbFault> {
    let (sql, values) = statement(tx, proof, today).finish();
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), &*sql, values);
    let mut held = Holdings::default();
    for row in tx.query_all_raw(statement).await? {
        let what: String = row.try_get("", "what")?;
        match what.as_str() {
            "GRANT" => held.grants.extend(grant(&row)?),
            "PERSON" => held.person = Some(row.try_get("", "id")?),
            "DISABLED" => return Ok(Standing::Ended),
            _ => {
                let ended: DateTime<Utc> = row.try_get("", "ended_at")?;
                let issued = proof.session.map(|session| session.issued_at);
                // What ends everything of an account ends what was issued until then.
                if what != "ACCOUNT" || issued.is_some_and(|at| at <= ended.timestamp()) {
                    return Ok(Standing::Ended);
                }
            }
        }
    }
    Ok(Standing::Good(held))
}

fn statement(tx: &Tx, proof: Proof, today: NaiveDate) -> Sql {
    let mut sql = Sql::new(tx.get_database_backend());
    let account = proof.account;
    sql.push(
        "select 'GRANT' as what, g.id as id, g.role as role, g.scope_type as scope_type, \
         g.scope_id as scope_id, ",
    );
    // PostgreSQL takes the type of a union's column from its first two parts.
    let instant = if sql.is_postgres() { "cast(null as timestamptz)" } else { "null" };
    sql.push(instant).push(" as ended_at from role_grant g where g.account_id = ");
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
    if let Some(session) = proof.session {
        let ids: Vec<Uuid> =
            [Some(account), session.token, session.session].into_iter().flatten().collect();
        sql.push(
            " union all select e.kind, e.id, null, null, null, e.ended_at from ended_access e where ",
        );
        sql.any_of("e.id", &ids);
    }
    sql.push(" order by 2");
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
