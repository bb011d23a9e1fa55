//! Roles of people: given and ended by the licensing officer, some by partners in the own organisation.

use chrono::NaiveDate;
use entities::role_grant::{self, Column};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, Select};
use uuid::Uuid;

use super::desk::{At, Changed, Desk, acting_for, not_found};
use super::rules;
use super::service::by_another_account;
use super::store::People;
use crate::actor::service::{Named, RoleGrant, ensure_account, insert_grant};
use crate::actor::{GrantScope, Permission, Role};
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::store::Courses;
use crate::db::DbFault;
use crate::organisation::rules::unmet_for_line;
use crate::organisation::store::Organisations;
use crate::readiness::due;
use crate::readiness::model::DueReason;
use crate::refusal::{Code, Refusal};

/// Who gets a role.
#[derive(Clone, Debug)]
pub enum Holder {
    /// A person, by the account that has belonged to the person longest.
    Person(Uuid),
    /// An account; it is made if it is not there. Only the licensing officer names one.
    Account(Named),
}

/// A role to be given.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// Who gets it.
    pub holder: Holder,
    /// The role.
    pub role: Role,
    /// Where it counts.
    pub scope: GrantScope,
    /// First day; today if absent.
    pub from: Option<NaiveDate>,
    /// The day from which it no longer holds.
    pub to: Option<NaiveDate>,
}

/// Gives a role.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn give(unit: &Unit, new: NewRole) -> Result<Changed, Stop> {
    let acting_as = authorised(unit, new.role, new.scope)?;
    let from = new.from.unwrap_or_else(|| unit.today());
    let mut unmet = rules::unmet_for_scope(new.role, new.scope);
    unmet.extend(rules::unmet_for_days(from, new.to));
    if from < unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "validFrom", "must not lie in the past"));
    }
    refuse_any(unmet)?;
    exists(unit, new.scope).await?;
    let (account_id, person_id) = holder(unit, &new).await?;
    by_another_account(unit, account_id)?;
    refuse_any(rules::unmet_for_hands(unit.actor().person(), &[person_id]))?;
    let (role, scope, to) = (new.role, new.scope, new.to);
    let grant =
        RoleGrant { id: unit.id(), account_id, person_id, role, scope, from, to, version: 1 };
    let mut held = of_account(unit, account_id).await?;
    let mut unmet = rules::unmet_for_repeat(&grant, &held);
    if let Some(person) = person_id {
        held.extend(of_person(unit, person).await?);
    }
    held.push(grant.clone());
    unmet.extend(rules::unmet_for_duties(&held));
    refuse_any(unmet)?;
    let impact = another_signatory(unit, &acting_as, &grant, grant.from).await?;
    insert_grant(unit, &grant, acting_as).await?;
    Ok(Changed { id: grant.id, impact })
}

/// Ends a role, today or on a later day. Ended today, it counts no longer from the next transaction on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn end(unit: &Unit, at: At, on: Option<NaiveDate>) -> Result<Changed, Stop> {
    let found = find(unit, at.id).await?.ok_or_else(not_found)?;
    let acting_as = match authorised(unit, found.role, found.scope) {
        Ok(acting_as) => acting_as,
        Err(_) if sees(unit, &found) => return Err(Refusal::whole(Code::Forbidden).into()),
        Err(_) => return Err(not_found()),
    };
    by_another_account(unit, found.account_id)?;
    refuse_any(rules::unmet_for_hands(unit.actor().person(), &[found.person_id]))?;
    let before = locked(unit, at).await?;
    let on = on.unwrap_or_else(|| unit.today());
    let mut unmet = Vec::new();
    if on < unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "endsOn", "must not lie in the past"));
    }
    // A role that has not begun ends on its first day, and so holds on none.
    let last = on.max(before.from);
    if before.to.is_some_and(|to| to <= last) {
        unmet.push(Refusal::at(Code::Unchanged, "endsOn", "it ends no later already"));
    }
    refuse_any(unmet)?;
    let after = RoleGrant { to: Some(last), version: before.version + 1, ..before.clone() };
    save(unit, &after).await?;
    let impact = another_signatory(unit, &acting_as, &after, last).await?;
    unit.record(Change::of("role.ended", Some(&before), &after, &[], acting_as, None));
    Ok(Changed { id: at.id, impact })
}

/// Ends every role of a person today, as part of an erasure that was decided; says how many, and what follows.
pub(super) async fn end_all(
    unit: &Unit,
    person: Uuid,
    acting_as: &str,
) -> Result<Vec<String>, Stop> {
    let (today, mut impact) = (unit.today(), Vec::new());
    let found = grants(unit, rows().filter(Column::PersonId.eq(person)).lock(LockType::Update));
    for before in found.await? {
        let last = today.max(before.from);
        if before.to.is_some_and(|to| to <= last) {
            continue;
        }
        let after = RoleGrant { to: Some(last), version: before.version + 1, ..before.clone() };
        save(unit, &after).await?;
        impact.extend(another_signatory(unit, acting_as, &after, last).await?);
        let acting_as = acting_as.to_owned();
        unit.record(Change::of("role.ended", Some(&before), &after, &[], acting_as, None));
    }
    Ok(impact)
}

/// RDY-6: where another person signs from a day on, or nobody, readiness is assessed anew; says so.
async fn another_signatory(
    unit: &Unit,
    acting_as: &str,
    grant: &RoleGrant,
    on: NaiveDate,
) -> Result<Vec<String>, Stop> {
    let GrantScope::Organisation(organisation) = grant.scope else { return Ok(Vec::new()) };
    if grant.role != Role::PartnerSignatory {
        return Ok(Vec::new());
    }
    let raised = due::raise(unit, acting_as, organisation, (DueReason::Signatory, on)).await?;
    Ok(raised.into_iter().collect())
}

/// The words for the trail, if the actor may give and end this role in this scope.
fn authorised(unit: &Unit, role: Role, scope: GrantScope) -> Result<String, Stop> {
    if let Some(acting_as) = unit.actor().acting_nationally(Permission::GrantRoles) {
        return Ok(acting_as);
    }
    let within = unit.actor().grants().iter().find(|held| {
        let same = matches!(scope, GrantScope::Organisation(_)) && held.scope == scope;
        same && rules::given_within(held.role).contains(&role)
    });
    match within {
        Some(held) => Ok(held.role.code().to_owned()),
        None => Err(Refusal::whole(Code::Forbidden).into()),
    }
}

/// Whether the actor sees the grant: the own ones, and those in the own organisation.
fn sees(unit: &Unit, grant: &RoleGrant) -> bool {
    let actor = unit.actor();
    let own = actor.account() == Some(grant.account_id);
    let within = match grant.scope {
        GrantScope::Organisation(id) => actor.acting_in(id, Permission::SeeGrants).is_some(),
        _ => false,
    };
    own || within || actor.may_nationally(Permission::SeeGrants)
}

/// What the scope names is there, and takes part still.
async fn exists(unit: &Unit, scope: GrantScope) -> Result<(), Stop> {
    let is_national = unit.actor().may_nationally(Permission::GrantRoles);
    let store = Organisations::of(unit);
    let missing = || Stop::from(Refusal::at(Code::NotFound, "scopeId", "no such record"));
    let of = match scope {
        // Who acts within an organisation holds a role there.
        GrantScope::Organisation(id) if is_national => id,
        GrantScope::Course(id) => {
            Courses::of(unit).find(id).await?.ok_or_else(missing)?.organisation_id
        }
        GrantScope::Region(id) if !store.region_exists(id).await? => return Err(missing()),
        _ => return Ok(()),
    };
    let organisation = store.lock(of).await?.ok_or_else(missing)?;
    refuse_any(rules::unmet_for_open(organisation.status))
}

/// The account that gets the role and the person to whom it belongs, both locked: accounts first.
async fn holder(unit: &Unit, new: &NewRole) -> Result<(Uuid, Option<Uuid>), Stop> {
    let store = People::of(unit);
    match &new.holder {
        Holder::Person(id) => {
            unless_kept(unit, *id, new.scope).await?;
            let missing = || Stop::from(Refusal::at(Code::NotFound, "personId", "no such person"));
            let person = store.lock(*id).await?.ok_or_else(missing)?;
            refuse_any(rules::unmet_for_change(&person, "personId"))?;
            let (links, today) = (store.accounts(*id).await?, unit.today());
            let account = links.iter().find(|link| link.holds_on(today));
            let account = account.ok_or_else(|| {
                Refusal::at(Code::AccountMissing, "personId", "the person has no account yet")
            })?;
            Ok((account.target, Some(*id)))
        }
        Holder::Account(named) => {
            let desk = Desk::of_the_nation(unit, Permission::GrantRoles)?;
            let mut unmet = unmet_for_line(&named.issuer, "account.issuer");
            unmet.extend(unmet_for_line(&named.subject, "account.subject"));
            unmet.extend(unmet_for_line(&named.label, "account.label"));
            refuse_any(unmet)?;
            let account = ensure_account(unit, named, new.role == Role::Integration).await?;
            desk.store.lock_account(account).await?;
            let person = desk.store.owner(account).await?.map(|link| link.person_id);
            if let Some(person) = person {
                desk.store.lock(person).await?;
            }
            Ok((account, person))
        }
    }
}

/// A partner names people whose record the own organisation keeps: others are not there.
async fn unless_kept(unit: &Unit, person: Uuid, scope: GrantScope) -> Result<(), Stop> {
    if unit.actor().may_nationally(Permission::GrantRoles) {
        return Ok(());
    }
    let mut keepers = People::of(unit).memberships(person).await?;
    keepers.retain(|link| scope == GrantScope::Organisation(link.target));
    match acting_for(unit, &keepers, Permission::GrantRoles) {
        Some(_) => Ok(()),
        None => Err(Refusal::at(Code::NotFound, "personId", "no such person").into()),
    }
}

/// The grants of an account, whenever they hold.
pub(super) async fn of_account(unit: &Unit, account: Uuid) -> Result<Vec<RoleGrant>, Stop> {
    grants(unit, rows().filter(Column::AccountId.eq(account))).await
}

/// The grants of a person by all accounts, whenever they hold.
pub(super) async fn of_person(unit: &Unit, person: Uuid) -> Result<Vec<RoleGrant>, Stop> {
    grants(unit, rows().filter(Column::PersonId.eq(person))).await
}

/// The grants of an account are the person's from now on.
pub(super) async fn belong_to(
    unit: &Unit,
    account: Uuid,
    person: Option<Uuid>,
) -> Result<(), Stop> {
    role_grant::Entity::update_many()
        .col_expr(Column::PersonId, Expr::value(person))
        .filter(Column::AccountId.eq(account))
        .exec(unit.tx())
        .await?;
    Ok(())
}

/// The grants of one person are another's from now on; says how many.
pub(super) async fn hand_over(unit: &Unit, from: Uuid, to: Uuid) -> Result<u64, Stop> {
    let done = role_grant::Entity::update_many()
        .col_expr(Column::PersonId, Expr::value(to))
        .filter(Column::PersonId.eq(from))
        .exec(unit.tx())
        .await?;
    Ok(done.rows_affected)
}

#[expect(clippy::disallowed_methods, reason = "the grants of the person or account at hand")]
fn rows() -> Select<role_grant::Entity> {
    role_grant::Entity::find()
}

async fn grants(unit: &Unit, rows: Select<role_grant::Entity>) -> Result<Vec<RoleGrant>, Stop> {
    let rows = rows.all(unit.tx()).await?;
    rows.into_iter().map(|row| Ok(grant_of(row)?)).collect()
}

async fn find(unit: &Unit, id: Uuid) -> Result<Option<RoleGrant>, Stop> {
    Ok(grants(unit, rows().filter(Column::Id.eq(id))).await?.pop())
}

async fn locked(unit: &Unit, at: At) -> Result<RoleGrant, Stop> {
    let row = rows().filter(Column::Id.eq(at.id)).lock(LockType::Update);
    let grant = grants(unit, row).await?.pop().ok_or_else(not_found)?;
    if grant.version == at.version { Ok(grant) } else { Err(Refusal::stale().into()) }
}

async fn save(unit: &Unit, grant: &RoleGrant) -> Result<(), Stop> {
    let done = role_grant::Entity::update_many()
        .col_expr(Column::ValidTo, Expr::value(grant.to))
        .col_expr(Column::Version, Expr::value(grant.version))
        .filter(Column::Id.eq(grant.id))
        .filter(Column::Version.eq(grant.version - 1))
        .exec(unit.tx())
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
}

fn grant_of(row: role_grant::Model) -> Result<RoleGrant, DbFault> {
    let role_grant::Model {
        id,
        account_id,
        person_id,
        role,
        scope_type,
        scope_id,
        valid_from,
        valid_to,
        granted_by: _,
        created_at: _,
        version,
        ..
    } = row;
    let unreadable = || DbFault::unreadable("role_grant");
    Ok(RoleGrant {
        id,
        account_id,
        person_id,
        role: Role::from_code(&role).ok_or_else(unreadable)?,
        scope: GrantScope::from_parts(&scope_type, scope_id).ok_or_else(unreadable)?,
        from: valid_from,
        to: valid_to,
        version,
    })
}
