//! Who is asking, and who holds which role.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use serde::Serialize;

use super::{GrantScope, Permission};
use crate::graphql::error::of_fault;
use crate::graphql::ids;
use crate::read::Op;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, choice, date, id, int, key, one_through, text,
};
use crate::{organisation, person_of, readable};

/// The root fields of access.
pub const ROOTS: &[Root] = &[Root::page::<RoleGrant>(
    "roleGrants",
    "Who holds which role: the own grants, those in the own organisation, or all for the nation.",
)];

/// A role of the network.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "Role", remote = "super::Role")]
pub enum RoleCode {
    /// Applicant.
    #[graphql(name = "APP")]
    Applicant,
    /// Trainee.
    #[graphql(name = "TRN")]
    Trainee,
    /// Peer supervisor.
    #[graphql(name = "SUP")]
    Supervisor,
    /// Trainer.
    #[graphql(name = "TNR")]
    Trainer,
    /// Lead trainer.
    #[graphql(name = "LTR")]
    LeadTrainer,
    /// Partner coordinator.
    #[graphql(name = "PCO")]
    PartnerCoordinator,
    /// Partner signatory.
    #[graphql(name = "PSG")]
    PartnerSignatory,
    /// Readiness reviewer.
    #[graphql(name = "RVW")]
    Reviewer,
    /// National licensing officer.
    #[graphql(name = "NLO")]
    LicensingOfficer,
    /// National quality lead.
    #[graphql(name = "NQL")]
    QualityLead,
    /// National analyst.
    #[graphql(name = "NAN")]
    Analyst,
    /// Funding officer.
    #[graphql(name = "FNO")]
    FundingOfficer,
    /// Funding approver.
    #[graphql(name = "FNA")]
    FundingApprover,
    /// Data protection officer.
    #[graphql(name = "DPO")]
    DataProtectionOfficer,
    /// Integration client.
    #[graphql(name = "INT")]
    Integration,
}

/// Where a role counts.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "GrantScopeType")]
pub enum GrantScopeType {
    /// Everywhere.
    Nation,
    /// In one region.
    Region,
    /// In one organisation.
    Organisation,
    /// In one course.
    Course,
    /// For the own records.
    #[graphql(name = "SELF")]
    Own,
}

readable! {
    /// A role that an account holds for a period.
    pub RoleGrant = Rows::of("role_grant", "rgr").about(person_of!("t.person_id")).visible_to(&[
        Way::Nation(Permission::SeeGrants),
        Way::Organisation("t.scope_id", Permission::SeeGrants),
        Way::Account("t.account_id"),
        // Whoever assigns reviewers knows who they are.
        Way::Where(&Way::Nation(Permission::ValidateReadiness), "t.role = 'RVW'"),
    ]).filters(&[Filter {
        name: "organisationId",
        description: "The organisation in which the role counts.",
        sql: "case when t.scope_type = 'ORGANISATION' then t.scope_id end",
        kind: Kind::Id("org"),
    }]).ordered_by("validFrom");
    /// The id of the grant.
    id: id("rgr"),
    /// The role.
    role: choice::<RoleCode>("t.role").filtered(),
    /// Where it counts.
    scopeType: choice::<GrantScopeType>("t.scope_type").filtered(),
    /// The organisation in which it counts; null where it is not one.
    organisation: one_through::<organisation::graphql::Organisation>(
        "role_grant l on l.scope_id = t.id and l.scope_type = 'ORGANISATION'", "l.id = {parent}"),
    /// The id of the account, such as for `readinessAssign`.
    accountId: key("t.account_id", "acc"),
    /// What the account is called.
    accountLabel: text("(select a.label from account a where a.id = t.account_id)").nullable().personal(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds; null if no such day is set.
    validTo: date("t.valid_to").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

/// A role in force today.
#[derive(SimpleObject)]
pub struct ViewerRole {
    /// The role.
    role: RoleCode,
    /// Where it counts.
    scope_type: GrantScopeType,
    /// The id of the region or organisation in which it counts.
    scope_id: Option<String>,
}

/// Who is asking.
#[derive(SimpleObject)]
pub struct Viewer {
    /// Whether a valid token came with the request.
    is_signed_in: bool,
    /// The roles in force today.
    roles: Vec<ViewerRole>,
}

/// Queries about the one who asks.
#[derive(Default)]
pub struct ViewerQueries;

#[Object]
impl ViewerQueries {
    /// Who is asking, with the roles in force today.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let reader = op.reader().await.map_err(|fault| {
            let error = of_fault(&fault.into(), None);
            async_graphql::Error {
                message: error.message,
                source: None,
                extensions: error.extensions,
            }
        })?;
        let roles = reader.actor.grants().iter().map(|grant| {
            let (scope_type, scope_id) = match grant.scope {
                GrantScope::Nation => (GrantScopeType::Nation, None),
                GrantScope::Region(id) => (GrantScopeType::Region, Some(ids::encode("reg", id))),
                GrantScope::Organisation(id) => {
                    (GrantScopeType::Organisation, Some(ids::encode("org", id)))
                }
                GrantScope::Course(id) => (GrantScopeType::Course, Some(ids::encode("crs", id))),
                GrantScope::Own => (GrantScopeType::Own, None),
            };
            ViewerRole { role: grant.role.into(), scope_type, scope_id }
        });
        Ok(Viewer { is_signed_in: reader.actor.account().is_some(), roles: roles.collect() })
    }
}
