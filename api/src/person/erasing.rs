//! Erasing a person, as part of a decision about data protection: a pseudonym takes the place of names, addresses and
//! the date of birth, and accounts are nobody's any more. The row stays, so that ids still resolve.

use chrono::NaiveDate;
use entities::{account, person, person_account, person_email, person_name};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::model::{Names, Person};
use super::roles;
use super::store::People;
use crate::audit::{self, Change};
use crate::career;
use crate::command::{Stop, Unit};
use crate::employee::store::Links;
use crate::employer::store::Employers;
use crate::read::sql::Sql;

/// What stands in the place of an address.
const ERASED: &str = "erased";

/// A name that tells nothing: nobody is found by it, and no two are the same.
fn pseudonym(unit: &Unit) -> String {
    let mut bytes = [0; 8];
    unit.fill(&mut bytes);
    format!("Erased person {}", hex::encode(bytes))
}

/// Erases a person, with the records that were merged into this one; says what follows, in words. What was erased before
/// stays as it is.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, id: Uuid, acting_as: &str) -> Result<Vec<String>, Stop> {
    let store = People::of(unit);
    let links = store.accounts(id).await?;
    for link in &links {
        store.lock_account(link.target).await?;
    }
    let Some(before) = store.lock(id).await?.filter(|person| person.erased_on.is_none()) else {
        return Ok(Vec::new());
    };
    let impact = roles::end_all(unit, id, acting_as).await?;
    let today = unit.today();
    for link in links.iter().filter(|link| link.holds_on(today)) {
        store.end_account(link.id, today).await?;
        roles::belong_to(unit, link.target, None).await?;
    }
    nameless(unit, before, acting_as).await?;
    let mut merged = retired(unit, id).await?;
    while let Some(next) = merged.pop() {
        merged.extend(retired(unit, next).await?);
        if let Some(before) = store.lock(next).await? {
            nameless(unit, before, acting_as).await?;
        }
    }
    Ok(impact)
}

/// The records that were merged into one.
#[expect(clippy::disallowed_methods, reason = "what was merged into the person at hand")]
async fn retired(unit: &Unit, id: Uuid) -> Result<Vec<Uuid>, Stop> {
    let merged = person::Entity::find().filter(person::Column::MergedIntoId.eq(id));
    Ok(merged.all(unit.tx()).await?.into_iter().map(|row| row.id).collect())
}

/// Gives a record a pseudonym in the place of everything that tells who it was.
async fn nameless(unit: &Unit, before: Person, acting_as: &str) -> Result<(), Stop> {
    let called = pseudonym(unit);
    Links::of(unit).erase(before.id).await?;
    Employers::of(unit).untie_contacts(before.id).await?;
    overwrite(unit, before.id, &called).await?;
    career::erasing::erase(unit, before.id).await?;
    let names = Names {
        preferred_name: called.clone(),
        given_name: None,
        family_name: None,
        certificate_name: called,
    };
    let after = Person {
        names,
        date_of_birth: None,
        erased_on: Some(unit.today()),
        updated_at: unit.now(),
        version: before.version + 1,
        ..before.clone()
    };
    People::of(unit).update(&after).await?;
    let facts = ["names", "emails", "accounts"];
    let acting_as = acting_as.to_owned();
    let change = Change::of("person.erased", Some(&before), &after, &facts, acting_as, None);
    unit.record(Change { chain: audit::NATION, ..change });
    Ok(())
}

/// Writes the pseudonym over former names, addresses, and what accounts were called.
async fn overwrite(unit: &Unit, id: Uuid, called: &str) -> Result<(), Stop> {
    let nothing: Option<String> = None;
    person_name::Entity::update_many()
        .col_expr(person_name::Column::PreferredName, Expr::value(called))
        .col_expr(person_name::Column::CertificateName, Expr::value(called))
        .col_expr(person_name::Column::GivenName, Expr::value(nothing.clone()))
        .col_expr(person_name::Column::FamilyName, Expr::value(nothing))
        .filter(person_name::Column::PersonId.eq(id))
        .exec(unit.tx())
        .await?;
    let unverified: Option<chrono::DateTime<chrono::Utc>> = None;
    person_email::Entity::update_many()
        .col_expr(person_email::Column::Address, Expr::value(ERASED))
        .col_expr(person_email::Column::VerifiedAt, Expr::value(unverified))
        .filter(person_email::Column::PersonId.eq(id))
        .exec(unit.tx())
        .await?;
    for account in own_accounts(unit, id).await? {
        let mut subject = [0; 16];
        unit.fill(&mut subject);
        account::Entity::update_many()
            .col_expr(account::Column::Subject, Expr::value(hex::encode(subject)))
            .col_expr(account::Column::Label, Expr::value(called))
            .col_expr(account::Column::Version, Expr::col(account::Column::Version).add(1))
            .filter(account::Column::Id.eq(account))
            .exec(unit.tx())
            .await?;
    }
    Ok(())
}

/// The accounts that belonged to a person, and belong to nobody else by now.
#[expect(clippy::disallowed_methods, reason = "the links of the person at hand")]
async fn own_accounts(unit: &Unit, id: Uuid) -> Result<Vec<Uuid>, Stop> {
    let own = person_account::Entity::find().filter(person_account::Column::PersonId.eq(id));
    let mut accounts: Vec<Uuid> =
        own.all(unit.tx()).await?.into_iter().map(|link| link.account_id).collect();
    let others = person_account::Entity::find()
        .filter(person_account::Column::AccountId.is_in(accounts.clone()))
        .filter(person_account::Column::PersonId.ne(id))
        .filter(person_account::Column::ValidTo.is_null());
    let others: Vec<Uuid> =
        others.all(unit.tx()).await?.into_iter().map(|link| link.account_id).collect();
    accounts.retain(|account| !others.contains(account));
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

/// What a person can still have in the network: nobody with any of it is erased because time has passed. Another
/// aggregate with something of people adds its line.
const IN_USE: [&str; 14] = [
    "exists (select 1 from enrolment x where t.id in (x.person_id, x.supervisor_id, x.tutor_id))",
    "exists (select 1 from application x where x.person_id = t.id)",
    "exists (select 1 from person_membership x where x.person_id = t.id and (x.valid_to is null or x.valid_to > {by}))",
    "exists (select 1 from person_account x where x.person_id = t.id and (x.valid_to is null or x.valid_to > {by}))",
    "exists (select 1 from role_grant x where x.person_id = t.id and (x.valid_to is null or x.valid_to > {by}))",
    "exists (select 1 from trainer x where x.person_id = t.id)",
    "exists (select 1 from credential x where x.person_id = t.id)",
    "exists (select 1 from sensitive_record x where x.person_id = t.id and x.erased_at is null)",
    "exists (select 1 from consent x where x.person_id = t.id and x.withdrawn_at is null)",
    "exists (select 1 from employee_link x where x.person_id = t.id and x.valid_to is null)",
    "exists (select 1 from organisation_contact x where x.person_id = t.id and x.valid_to is null)",
    "exists (select 1 from supervisor_accreditation x where x.person_id = t.id and x.state <> 'WITHDRAWN' and x.valid_to > {by})",
    "exists (select 1 from concern x where t.id in (x.raised_by, x.taken_up_by) and x.closed_at is null)",
    "exists (select 1 from erasure_request x where x.person_id = t.id and x.state = 'OPEN')",
];

/// People whose record was last used on `by` or before, and who have nothing in the network; at most `most`, or the
/// one that is named if it is one of them.
///
/// # Errors
///
/// What the database answers.
pub async fn unused(
    unit: &Unit,
    by: NaiveDate,
    one: Option<Uuid>,
    most: u32,
) -> Result<Vec<Uuid>, Stop> {
    let mut sql = Sql::new(unit.tx().get_database_backend());
    sql.push("select t.id from person t where t.erased_on is null and t.merged_into_id is null and t.updated_at < ");
    sql.bind(crate::protection::store::end_of(by).into());
    for used in IN_USE {
        sql.push(" and not ");
        let mut parts = used.split("{by}");
        sql.push(parts.next().unwrap_or_default());
        for part in parts {
            sql.bind(by.into()).push(part);
        }
    }
    if let Some(one) = one {
        sql.push(" and t.id = ").bind(one.into());
    }
    sql.push(" order by t.id limit ").number(most as usize);
    let (text, values) = sql.finish();
    let rows = unit.tx().rows(text, values).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
