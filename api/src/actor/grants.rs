//! Reading the role grants of an account.

use chrono::NaiveDate;
use entities::{account, role_grant};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{Grant, GrantScope, Role};
use crate::db::{DbFault, Tx};

/// The grants of `account` in force on `today`, in a stable order; none for a disabled account.
///
/// # Errors
///
/// What the database answers.
#[expect(
    clippy::disallowed_methods,
    reason = "what an actor may do has to be read before any scope"
)]
pub async fn in_force(tx: &Tx, account: Uuid, today: NaiveDate) -> Result<Vec<Grant>, DbFault> {
    let rows = role_grant::Entity::find()
        .inner_join(account::Entity)
        .filter(account::Column::Enabled.eq(true))
        .filter(role_grant::Column::AccountId.eq(account))
        .filter(role_grant::Column::ValidFrom.lte(today))
        .filter(
            Condition::any()
                .add(role_grant::Column::ValidTo.is_null())
                .add(role_grant::Column::ValidTo.gt(today)),
        )
        .order_by_asc(role_grant::Column::Id)
        .all(tx)
        .await?;
    Ok(rows.into_iter().filter_map(|row| grant(&row)).collect())
}

/// A row as a grant; a row that names no known role or scope grants nothing.
fn grant(row: &role_grant::Model) -> Option<Grant> {
    let role = Role::from_code(&row.role)?;
    let scope = match (row.scope_type.as_str(), row.scope_id) {
        ("NATION", None) if role.may_be_national() => GrantScope::Nation,
        ("REGION", Some(id)) => GrantScope::Region(id),
        ("ORGANISATION", Some(id)) => GrantScope::Organisation(id),
        ("COURSE", Some(id)) => GrantScope::Course(id),
        ("SELF", None) => GrantScope::Own,
        _ => return None,
    };
    Some(Grant { role, scope })
}
