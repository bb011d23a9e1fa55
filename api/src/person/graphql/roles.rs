//! Roles of people as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use crate::actor::GrantScope;
use crate::actor::graphql::{GrantScopeType, RoleCode, RoleGrant};
use crate::actor::service::Named;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::person::roles::{self, Holder, NewRole};
use crate::refusal::{Code, Refusal};

mutations! {
    RoleGrantGive by GrantRoles -> roleGrant: RoleGrant,
        [GrantScope, SeparationOfDuties, AccountMissing, Merged, Unchanged, OwnerClosed];
    RoleGrantEnd by GrantRoles -> roleGrant: RoleGrant, [SeparationOfDuties, Unchanged];
}

/// An account by what proves it.
#[derive(InputObject, Clone, Serialize)]
pub struct RoleAccountInput {
    /// The issuer of its tokens.
    issuer: String,
    /// Its subject at the issuer.
    subject: String,
    /// What it is called, if it is new.
    label: String,
}

/// A role to be given.
#[derive(InputObject, Clone, Serialize)]
pub struct RoleGrantGiveInput {
    /// The person who gets it, by the account that has been the person's longest.
    person_id: Option<ID>,
    /// The account that gets it, instead of a person; only the licensing officer names one.
    account: Option<RoleAccountInput>,
    /// The role.
    role: RoleCode,
    /// Where it counts.
    scope_type: GrantScopeType,
    /// The region, organisation or course in which it counts.
    scope_id: Option<ID>,
    /// First day; today if absent.
    valid_from: Option<Date>,
    /// The day from which it no longer holds.
    valid_to: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A role that ends.
#[derive(InputObject, Clone, Serialize)]
pub struct RoleGrantEndInput {
    /// The grant.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day from which it no longer holds; today if absent.
    ends_on: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of roles.
#[derive(Default)]
pub struct RoleMutations;

/// The parts of an answer that a payload shows.
fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

#[Object]
impl RoleMutations {
    /// Gives a role: the licensing officer any, a signatory or coordinator some in the own organisation.
    #[graphql(visible = "visible::grant_roles")]
    async fn role_grant_give(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role and who gets it.")] input: RoleGrantGiveInput,
    ) -> Result<Payload<RoleGrantGive>> {
        let asked = Asked::new("roleGrantGive", &input, input.idempotency_key.as_ref());
        let new = match new_role(input)? {
            Ok(new) => new,
            Err(refusal) => return Ok(Payload::refused(vec![refusal])),
        };
        asked.run(ctx, parts, move |unit| Box::pin(roles::give(unit, new.clone()))).await
    }

    /// Ends a role. Ended today, it counts no longer from the next request on.
    #[graphql(visible = "visible::grant_roles")]
    async fn role_grant_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grant.")] input: RoleGrantEndInput,
    ) -> Result<Payload<RoleGrantEnd>> {
        let asked = Asked::new("roleGrantEnd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("rgr", "id", &input.id)?, version: input.expected_version };
        let on = input.ends_on.map(|date| date.0);
        asked.run(ctx, parts, move |unit| Box::pin(roles::end(unit, at, on))).await
    }
}

/// The domain's form of an input: `Err` outside for an id of the wrong type, inside for what does not go
/// together.
fn new_role(input: RoleGrantGiveInput) -> Result<std::result::Result<NewRole, Refusal>> {
    let holder = match (input.person_id, input.account) {
        (Some(id), None) => Holder::Person(ids_of("per", "personId", &id)?),
        (None, Some(RoleAccountInput { issuer, subject, label })) => {
            Holder::Account(Named { issuer, subject, label })
        }
        _ => {
            let message = "name a person or an account, and not both";
            return Ok(Err(Refusal::at(Code::Invalid, "personId", message)));
        }
    };
    let scope = match (input.scope_type, &input.scope_id) {
        (GrantScopeType::Nation, None) => GrantScope::Nation,
        (GrantScopeType::Own, None) => GrantScope::Own,
        (GrantScopeType::Region, Some(id)) => GrantScope::Region(ids_of("reg", "scopeId", id)?),
        (GrantScopeType::Organisation, Some(id)) => {
            GrantScope::Organisation(ids_of("org", "scopeId", id)?)
        }
        (GrantScopeType::Course, Some(id)) => GrantScope::Course(ids_of("crs", "scopeId", id)?),
        _ => {
            let message = "name a region, organisation or course, and for the others none";
            return Ok(Err(Refusal::at(Code::Invalid, "scopeId", message)));
        }
    };
    Ok(Ok(NewRole {
        holder,
        role: input.role.into(),
        scope,
        from: input.valid_from.map(|date| date.0),
        to: input.valid_to.map(|date| date.0),
    }))
}
