//! Who could have seen something, and who did: after an incident, for the data protection officer. One statement over
//! grants, memberships, affiliations and namings of the time; days are the finest they know.

use std::fmt::Write as _;

use chrono::NaiveDate;
use uuid::Uuid;

use super::store::end_of;
use crate::actor::Permission;
use crate::coded;
use crate::db::{DbFault, Reading};
use crate::read::sql::Sql;
use crate::read::value::{AnyRow, rows};

coded! {
    /// By what somebody could see.
    ExposureWay {
        /// A role for the nation.
        Nation = "NATION",
        /// A role in an organisation that kept the person's record.
        Keeper = "KEEPER",
        /// A role in an organisation with which the person worked as a trainer.
        Affiliation = "AFFILIATION",
        /// A role in the organisation of a credential.
        Credential = "CREDENTIAL",
        /// A role in the organisation that keeps a text, and selects.
        Selection = "SELECTION",
        /// Named as the reader of a text: supervisors, tutors and others with whom it was shared.
        NamedReader = "NAMED_READER",
        /// The person concerned.
        Oneself = "ONESELF",
    }
}

/// The most accounts that are told.
pub const MOST: usize = 500;

/// Of what, and when.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The person concerned.
    pub person: Uuid,
    /// Only one record of the vault.
    pub record: Option<Uuid>,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// An account that could see something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// By what.
    pub way: ExposureWay,
    /// The account.
    pub account: Uuid,
    /// What it is called.
    pub label: String,
    /// As what.
    pub role: String,
    /// In which organisation.
    pub organisation: Option<Uuid>,
    /// Which record of the vault, where it is about one.
    pub record: Option<Uuid>,
    /// From which day on.
    pub from: NaiveDate,
    /// The day from which it no longer could.
    pub to: Option<NaiveDate>,
}

/// The codes of the roles that hold one of `permissions`, as a list of SQL: they are the service's own.
fn roles(permissions: &[Permission]) -> String {
    let mut list = String::new();
    for role in permissions.iter().flat_map(|permission| permission.roles()) {
        let comma = if list.is_empty() { "" } else { "," };
        // Writing to memory does not fail.
        let _ = write!(list, "{comma}'{}'", role.code());
    }
    list
}

/// Adds that the rows `aliases` of periods were in force together on a day of the window.
fn together(sql: &mut Sql, of: Question, aliases: &[&str]) {
    for one in aliases {
        sql.push(" and ").push(one).push(".valid_from <= ").bind(of.to.into());
        sql.push(" and (").push(one).push(".valid_to is null or (").push(one);
        sql.push(".valid_to > ").bind(of.from.into());
        sql.push(" and ").push(one).push(".valid_to > ").push(one).push(".valid_from))");
    }
    if let [one, other] = aliases {
        for (a, b) in [(one, other), (other, one)] {
            sql.push(" and (").push(a).push(".valid_to is null or ").push(a);
            sql.push(".valid_to > ").push(b).push(".valid_from)");
        }
    }
}

/// Adds who held roles in organisations that `link` names; `periods` are the aliases that hold for a time.
fn by_roles(
    sql: &mut Sql,
    of: Question,
    (way, permission): (ExposureWay, Permission),
    link: impl FnOnce(&mut Sql),
    (record, periods): (&str, &[&str]),
) {
    sql.push(" union all select '").push(way.code());
    sql.push("', g.account_id, g.role, g.scope_id, ").push(record);
    sql.push(", g.valid_from, g.valid_to from role_grant g join ");
    link(sql);
    sql.push(" where g.scope_type = 'ORGANISATION' and g.role in (");
    sql.push(&roles(&[permission])).push(")");
    together(sql, of, periods);
}

/// The statement.
fn statement(backend: sea_orm::DbBackend, of: Question) -> Sql {
    let mut sql = Sql::new(backend);
    let nothing = if sql.is_postgres() { "cast(null as uuid)" } else { "null" };
    let national = match of.record {
        Some(_) => roles(&[Permission::AnswerRightsRequests]),
        None => roles(&[
            Permission::SeePeople,
            Permission::ResolveDuplicates,
            Permission::SeeCredentials,
            Permission::SeeTrainers,
            Permission::AnswerRightsRequests,
        ]),
    };
    sql.push("select e.way, e.account_id, (select a.label from account a where a.id = e.account_id), e.role, e.organisation_id, e.record_id, e.valid_from, e.valid_to from (");
    sql.push("select 'NATION' as way, g.account_id as account_id, g.role as role, ").push(nothing);
    sql.push(" as organisation_id, ").push(nothing).push(" as record_id, g.valid_from as valid_from, g.valid_to as valid_to from role_grant g where g.scope_type = 'NATION' and g.role in (");
    sql.push(&national).push(")");
    together(&mut sql, of, &["g"]);
    sql.push(" and exists (select 1 from person x where x.id = ").bind(of.person.into());
    sql.push(" and x.created_at < ").bind(end_of(of.to).into()).push(")");
    sql.push(" union all select 'ONESELF', p.account_id, 'SELF', ").push(nothing);
    sql.push(", ")
        .push(nothing)
        .push(", p.valid_from, p.valid_to from person_account p where p.person_id = ");
    sql.bind(of.person.into());
    together(&mut sql, of, &["p"]);
    if of.record.is_none() {
        of_rows(&mut sql, of, nothing);
    }
    of_texts(&mut sql, of);
    sql.push(") e order by e.way, e.valid_from, e.account_id limit ").number(MOST + 1);
    sql
}

/// Adds who could see the person's record, profile and credentials in an organisation.
fn of_rows(sql: &mut Sql, of: Question, nothing: &str) {
    let keeper = (ExposureWay::Keeper, Permission::SeePeople);
    let link = |sql: &mut Sql| {
        sql.push("person_membership m on m.organisation_id = g.scope_id and m.person_id = ");
        sql.bind(of.person.into());
    };
    by_roles(sql, of, keeper, link, (nothing, &["g", "m"]));
    let affiliation = (ExposureWay::Affiliation, Permission::SeeTrainers);
    let link = |sql: &mut Sql| {
        sql.push("trainer_affiliation f on f.organisation_id = g.scope_id and f.trainer_id in (select r.id from trainer r where r.person_id = ");
        sql.bind(of.person.into()).push(")");
    };
    by_roles(sql, of, affiliation, link, (nothing, &["g", "f"]));
    let credential = (ExposureWay::Credential, Permission::SeeCredentials);
    let link = |sql: &mut Sql| {
        sql.push("credential c on c.organisation_id = g.scope_id and c.person_id = ");
        sql.bind(of.person.into()).push(" and c.issued_at < ").bind(end_of(of.to).into());
    };
    by_roles(sql, of, credential, link, (nothing, &["g"]));
}

/// Adds who could open texts of the vault.
fn of_texts(sql: &mut Sql, of: Question) {
    let selection = (ExposureWay::Selection, Permission::OpenSelection);
    let link = |sql: &mut Sql| {
        sql.push("sensitive_record s on s.organisation_id = g.scope_id and s.category in ('MOTIVATION','REFERENCE','SELECTION_NOTE') and s.person_id = ");
        sql.bind(of.person.into()).push(" and s.created_at < ").bind(end_of(of.to).into());
        let before = of.from.pred_opt().unwrap_or(of.from);
        sql.push(" and (s.erased_at is null or s.erased_at >= ");
        sql.bind(end_of(before).into()).push(")");
        if let Some(record) = of.record {
            sql.push(" and s.id = ").bind(record.into());
        }
    };
    by_roles(sql, of, selection, link, ("s.id", &["g"]));
    sql.push(" union all select 'NAMED_READER', p.account_id, s.role, coalesce(s.acts_for_id, s.organisation_id), s.record_id, s.valid_from, s.valid_to from sensitive_reader s join person_account p on p.person_id = s.person_id where s.subject_id = ");
    sql.bind(of.person.into());
    if let Some(record) = of.record {
        sql.push(" and s.record_id = ").bind(record.into());
    }
    together(sql, of, &["s", "p"]);
}

/// The accounts that could see something of a person in a window of time, and whether those are all. What somebody could
/// see by a role is taken from what the role may see today.
///
/// # Errors
///
/// What the database answers.
pub async fn exposed(tx: &Reading, of: Question) -> Result<(Vec<Exposed>, bool), DbFault> {
    let (text, values) = statement(tx.backend(), of).finish();
    let found = tx.rows(text, values).await?;
    let mut exposed = rows(&found).map(|row| read(&row)).collect::<Result<Vec<_>, _>>()?;
    let complete = exposed.len() <= MOST;
    exposed.truncate(MOST);
    Ok((exposed, complete))
}

fn read(row: &AnyRow<'_>) -> Result<Exposed, DbFault> {
    let unreadable = || DbFault::unreadable("an exposure");
    let way: String = row.get(0)?.ok_or_else(unreadable)?;
    Ok(Exposed {
        way: ExposureWay::from_code(&way).ok_or_else(unreadable)?,
        account: row.id(1)?,
        label: row.get(2)?.unwrap_or_default(),
        role: row.get(3)?.unwrap_or_default(),
        organisation: row.get(4)?,
        record: row.get(5)?,
        from: row.get(6)?.ok_or_else(unreadable)?,
        to: row.get(7)?,
    })
}
