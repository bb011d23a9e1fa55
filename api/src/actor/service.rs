//! Use cases of access: accounts and role grants.

use chrono::NaiveDate;
use entities::{account, role_grant};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait, TryInsertResult};
use serde::Serialize;
use uuid::Uuid;

use super::{GrantScope, Permission, Role};
use crate::audit::{self, Audited, Change};
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

#[derive(Serialize)]
struct Granted {
    id: Uuid,
    account_id: Uuid,
    role: &'static str,
    scope: (&'static str, Option<Uuid>),
    valid_from: NaiveDate,
}

impl Audited for Granted {
    const TYPE: &'static str = "role_grant";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        match self.scope {
            ("ORGANISATION", Some(id)) => id,
            _ => audit::NATION,
        }
    }

    fn version(&self) -> i32 {
        1
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
    let account_id = account_id(&new.issuer, &new.subject);
    ensure_account(unit, account_id, &new).await?;
    let (scope_type, scope_id) = match new.scope {
        GrantScope::Nation => ("NATION", None),
        GrantScope::Region(id) => ("REGION", Some(id)),
        GrantScope::Organisation(id) => ("ORGANISATION", Some(id)),
        GrantScope::Course(id) => ("COURSE", Some(id)),
        GrantScope::Own => ("SELF", None),
    };
    let id = unit.id();
    let row = role_grant::ActiveModel {
        id: Set(id),
        account_id: Set(account_id),
        role: Set(new.role.code().to_owned()),
        scope_type: Set(scope_type.to_owned()),
        scope_id: Set(scope_id),
        valid_from: Set(new.from),
        valid_to: Set(None),
        granted_by: Set(unit.actor().account()),
        created_at: Set(unit.now()),
        version: Set(1),
    };
    role_grant::Entity::insert(row).exec_without_returning(unit.tx()).await?;
    let granted = Granted {
        id,
        account_id,
        role: new.role.code(),
        scope: (scope_type, scope_id),
        valid_from: new.from,
    };
    unit.record(Change::of("role.granted", None, &granted, &[], acting_as, None));
    Ok(id)
}

async fn ensure_account(unit: &Unit, id: Uuid, new: &NewGrant) -> Result<(), Stop> {
    let kind = if new.role == Role::Integration { "CLIENT" } else { "PERSON" };
    let row = account::ActiveModel {
        id: Set(id),
        issuer: Set(new.issuer.clone()),
        subject: Set(new.subject.clone()),
        kind: Set(kind.to_owned()),
        label: Set(new.label.clone()),
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
    Ok(())
}
