//! Use cases of access: accounts and role grants.

use chrono::NaiveDate;
use entities::{account, person_account, role_grant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait, QueryFilter as _, TryInsertResult,
};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{GrantScope, Permission, Role};
use crate::audit::{self, Audited, Change};
use crate::calendar::Period;
use crate::command::{Stop, Unit};
use crate::refusal::{Code, Refusal};

/// Namespace of account identifiers.
const NAMESPACE: Uuid = Uuid::from_u128(0x2d6a_41f3_7c0e_4b58_a1d9_5e90_13cf_88b2);

/// The account of `subject` at `issuer`.
///
/// It is derived from the two, so that a verified token leads to its account without a look-up: what
/// the account may do is read in the transaction of the work.
#[must_use]
pub fn account_id(issuer: &str, subject: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{issuer}\n{subject}").as_bytes())
}

/// The token that `issuer` named `jti`. Only this hash is ever stored.
#[must_use]
pub fn token_id(issuer: &str, jti: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("token\n{issuer}\n{jti}").as_bytes())
}

/// The session that `issuer` named `sid`. Only this hash is ever stored.
#[must_use]
pub fn session_id(issuer: &str, sid: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("session\n{issuer}\n{sid}").as_bytes())
}

/// A role to be granted; the account is made if it is not there.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// The issuer of the account's tokens.
    pub issuer: String,
    /// The account's subject at the issuer.
    pub subject: String,
    /// What the account is called.
    pub label: String,
    /// The role.
    pub role: Role,
    /// Where it counts.
    pub scope: GrantScope,
    /// First day.
    pub from: NaiveDate,
}

/// A role that an account holds for a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant {
    /// Identifier.
    pub id: Uuid,
    /// The account.
    pub account_id: Uuid,
    /// The person to whom the account belongs.
    pub person_id: Option<Uuid>,
    /// The role.
    pub role: Role,
    /// Where it counts.
    pub scope: GrantScope,
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds; it may end on its first.
    pub to: Option<NaiveDate>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl RoleGrant {
    /// Its days; `None` if it ended on its first.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        Period::new(Some(self.from), self.to).ok()
    }
}

/// What the trail keeps the hash of. Whose an account is may change without the grant.
#[derive(Serialize)]
struct Granted {
    id: Uuid,
    account_id: Uuid,
    role: &'static str,
    scope: (&'static str, Option<Uuid>),
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
}

impl Serialize for RoleGrant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, account_id, person_id: _, role, scope, from, to, version: _ } = self;
        let granted = Granted {
            id: *id,
            account_id: *account_id,
            role: role.code(),
            scope: scope.parts(),
            valid_from: *from,
            valid_to: *to,
        };
        granted.serialize(serializer)
    }
}

impl Audited for RoleGrant {
    const TYPE: &'static str = "role_grant";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        match self.scope {
            GrantScope::Organisation(id) => id,
            _ => audit::NATION,
        }
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// Grants a role. Gives the id of the grant.
///
/// # Errors
///
/// `FORBIDDEN`, `GRANT_SCOPE`, or what the database answers.
pub async fn grant(unit: &Unit, new: NewGrant) -> Result<Uuid, Stop> {
    let acting_as = unit
        .actor()
        .acting_nationally(Permission::GrantRoles)
        .ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    if new.scope == GrantScope::Nation && !new.role.may_be_national() {
        let message = "this role counts within an organisation, not for the nation";
        return Err(Refusal::at(Code::GrantScope, "scope", message).into());
    }
    let named = Named { issuer: new.issuer, subject: new.subject, label: new.label };
    let account_id = ensure_account(unit, &named, new.role == Role::Integration).await?;
    let grant = RoleGrant {
        id: unit.id(),
        account_id,
        person_id: person_of(unit, account_id).await?,
        role: new.role,
        scope: new.scope,
        from: new.from,
        to: None,
        version: 1,
    };
    insert_grant(unit, &grant, acting_as).await?;
    Ok(grant.id)
}

/// Saves a new grant and records it.
///
/// # Errors
///
/// What the database answers.
pub async fn insert_grant(unit: &Unit, grant: &RoleGrant, acting_as: String) -> Result<(), Stop> {
    insert_grant_in(unit, grant, acting_as, grant.chain()).await
}

/// The same, recorded in this chain.
///
/// # Errors
///
/// What the database answers.
pub async fn insert_grant_in(
    unit: &Unit,
    grant: &RoleGrant,
    acting_as: String,
    chain: Uuid,
) -> Result<(), Stop> {
    let RoleGrant { id, account_id, person_id, role, scope, from, to, version } = grant.clone();
    let (scope_type, scope_id) = scope.parts();
    let row = role_grant::ActiveModel {
        id: Set(id),
        account_id: Set(account_id),
        person_id: Set(person_id),
        role: Set(role.code().to_owned()),
        scope_type: Set(scope_type.to_owned()),
        scope_id: Set(scope_id),
        valid_from: Set(from),
        valid_to: Set(to),
        granted_by: Set(unit.actor().account()),
        created_at: Set(unit.now()),
        version: Set(version),
    };
    role_grant::Entity::insert(row).exec_without_returning(unit.tx()).await?;
    let change = Change::of("role.granted", None, grant, &[], acting_as, None);
    unit.record(Change { chain, ..change });
    Ok(())
}

/// The person to whom an account belongs today.
#[expect(clippy::disallowed_methods, reason = "the link of the account at hand")]
pub(crate) async fn person_of(unit: &Unit, account: Uuid) -> Result<Option<Uuid>, Stop> {
    let today = unit.today();
    let links = person_account::Entity::find()
        .filter(person_account::Column::AccountId.eq(account))
        .filter(person_account::Column::ValidFrom.lte(today))
        .all(unit.tx())
        .await?;
    let holds = |link: &person_account::Model| link.valid_to.is_none_or(|to| today < to);
    Ok(links.into_iter().find(holds).map(|link| link.person_id))
}

/// The persons to whom an account belonged on the day `since`, or on one after it.
#[expect(clippy::disallowed_methods, reason = "the links of the account at hand")]
pub(crate) async fn persons_since(
    unit: &Unit,
    account: Uuid,
    since: NaiveDate,
) -> Result<Vec<Uuid>, Stop> {
    let links = person_account::Entity::find()
        .filter(person_account::Column::AccountId.eq(account))
        .filter(person_account::Column::ValidFrom.lte(unit.today()))
        .all(unit.tx())
        .await?;
    // A link that ended on the day held on a part of it.
    let held = |link: &person_account::Model| link.valid_to.is_none_or(|to| since <= to);
    Ok(links.into_iter().filter(held).map(|link| link.person_id).collect())
}

/// Whether the actor holds a role in one of the organisations today, by whichever account.
pub(crate) async fn acts_for_any(unit: &Unit, organisations: &[Uuid]) -> Result<bool, Stop> {
    for organisation in organisations {
        if acts_for(unit, *organisation).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the actor holds a role in the organisation today, by whichever account.
#[expect(clippy::disallowed_methods, reason = "the grants of the actor and of the same person")]
pub(crate) async fn acts_for(unit: &Unit, organisation: Uuid) -> Result<bool, Stop> {
    let (actor, today) = (unit.actor(), unit.today());
    let Some(account) = actor.account() else { return Ok(false) };
    let (scope_type, scope_id) = GrantScope::Organisation(organisation).parts();
    let whose = Condition::any()
        .add(role_grant::Column::AccountId.eq(account))
        .add_option(actor.person().map(|person| role_grant::Column::PersonId.eq(person)));
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::ScopeType.eq(scope_type))
        .filter(role_grant::Column::ScopeId.eq(scope_id))
        .filter(role_grant::Column::ValidFrom.lte(today))
        .filter(whose)
        .all(unit.tx())
        .await?;
    Ok(grants.iter().any(|grant| grant.valid_to.is_none_or(|to| today < to)))
}

/// An account by what proves it.
#[derive(Clone, Debug)]
pub struct Named {
    /// The issuer of its tokens.
    pub issuer: String,
    /// Its subject at the issuer.
    pub subject: String,
    /// What it is called, if it is new.
    pub label: String,
}

/// Makes the account if it is not there; gives its id.
///
/// # Errors
///
/// What the database answers.
pub async fn ensure_account(unit: &Unit, named: &Named, is_client: bool) -> Result<Uuid, Stop> {
    let id = account_id(&named.issuer, &named.subject);
    let kind = if is_client { "CLIENT" } else { "PERSON" };
    let row = account::ActiveModel {
        id: Set(id),
        issuer: Set(named.issuer.clone()),
        subject: Set(named.subject.clone()),
        kind: Set(kind.to_owned()),
        label: Set(named.label.clone()),
        enabled: Set(true),
        created_at: Set(unit.now()),
        version: Set(1),
    };
    let inserted = account::Entity::insert(row)
        .on_conflict(OnConflict::column(account::Column::Id).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(unit.tx())
        .await?;
    debug_assert!(matches!(inserted, TryInsertResult::Inserted(_) | TryInsertResult::Conflicted));
    Ok(id)
}
