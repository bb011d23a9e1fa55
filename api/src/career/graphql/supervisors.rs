//! Accreditations of peer supervisors as they can be changed.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::SupervisorAccreditation;
use super::mutations::parts;
use crate::career::model::Command;
use crate::career::supervisors::{self, New};
use crate::graphql::error::of_fault;
use crate::graphql::mutate::{Asked, coded, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;
use crate::read::Op;

mutations! {
    SupervisorAccredit by ConfirmSupervisors -> supervisorAccreditation: SupervisorAccreditation,
        [SeparationOfDuties, NotGraduated, LicenceNotActive, AccreditationOverlap];
    SupervisorSuspend by AccreditSupervisors -> supervisorAccreditation: SupervisorAccreditation,
        [SeparationOfDuties];
    SupervisorReinstate by AccreditSupervisors -> supervisorAccreditation: SupervisorAccreditation,
        [SeparationOfDuties];
    SupervisorWithdraw by AccreditSupervisors -> supervisorAccreditation: SupervisorAccreditation,
        [SeparationOfDuties];
    SupervisorRenew by ConfirmSupervisors -> supervisorAccreditation: SupervisorAccreditation,
        [SeparationOfDuties, LicenceNotActive, AccreditationOverlap];
    SupervisorResign by SignedIn -> supervisorAccreditation: SupervisorAccreditation, [];
}

/// Somebody whom an organisation confirms as a peer supervisor.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisorAccreditInput {
    /// The licensed organisation that confirms, and keeps the record of the person.
    organisation_id: ID,
    /// The person, who graduated from a programme for supervisors, wherever that was.
    person_id: ID,
    /// First day; today if absent.
    valid_from: Option<Date>,
    /// The day from which it is over; a whole term later if absent.
    valid_to: Option<Date>,
    /// The most people to be supervised at once in an organisation.
    caseload_max: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An accreditation that loses its effect for a time.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisorSuspendInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the trail.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspended accreditation that gets its effect back.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisorReinstateInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspended accreditation that ends for good.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisorWithdrawInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the trail.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An accreditation that gets another term.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisorRenewInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The most people to be supervised at once from then on; as before if absent.
    caseload_max: Option<i32>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An accreditation of your own that you give up.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisorResignInput {
    /// The accreditation.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of("sva", "id", id)?, version })
}

/// Mutations of accredited peer supervisors.
#[derive(Default)]
pub struct SupervisorMutations;

#[Object]
impl SupervisorMutations {
    /// Confirms a graduate of a programme for supervisors as an accredited peer supervisor.
    #[graphql(visible = "visible::confirm_supervisors")]
    async fn supervisor_accredit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: SupervisorAccreditInput,
    ) -> Result<Payload<SupervisorAccredit>> {
        let asked = Asked::new("supervisorAccredit", &input, input.idempotency_key.as_ref());
        let op = ctx.data_unchecked::<Arc<Op>>();
        let person = ids_of("per", "personId", &input.person_id)?;
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let of = (organisation, person);
        let found = supervisors::graduation(op.core(), op.identity(), of).await;
        let new = New {
            organisation,
            person,
            graduation: found.map_err(|fault| coded(of_fault(&fault, None)))?,
            from: input.valid_from.map(|date| date.0),
            to: input.valid_to.map(|date| date.0),
            caseload_max: input.caseload_max,
        };
        asked.run(ctx, parts, move |unit| Box::pin(supervisors::accredit(unit, new))).await
    }

    /// Takes the effect of an accreditation away from today on.
    #[graphql(visible = "visible::accredit_supervisors")]
    async fn supervisor_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: SupervisorSuspendInput,
    ) -> Result<Payload<SupervisorSuspend>> {
        let asked = Asked::new("supervisorSuspend", &input, input.idempotency_key.as_ref());
        let (at, reason) = (at(&input.id, input.expected_version)?, input.reason);
        asked
            .run(ctx, parts, move |unit| {
                let why = reason.clone();
                Box::pin(
                    async move { supervisors::step(unit, at, Command::Suspend, Some(&why)).await },
                )
            })
            .await
    }

    /// Gives a suspended accreditation its effect back.
    #[graphql(visible = "visible::accredit_supervisors")]
    async fn supervisor_reinstate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: SupervisorReinstateInput,
    ) -> Result<Payload<SupervisorReinstate>> {
        let asked = Asked::new("supervisorReinstate", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(supervisors::step(unit, at, Command::Reinstate, None))
            })
            .await
    }

    /// Ends a suspended accreditation for good.
    #[graphql(visible = "visible::accredit_supervisors")]
    async fn supervisor_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: SupervisorWithdrawInput,
    ) -> Result<Payload<SupervisorWithdraw>> {
        let asked = Asked::new("supervisorWithdraw", &input, input.idempotency_key.as_ref());
        let (at, reason) = (at(&input.id, input.expected_version)?, input.reason);
        asked
            .run(ctx, parts, move |unit| {
                let why = reason.clone();
                Box::pin(
                    async move { supervisors::step(unit, at, Command::Withdraw, Some(&why)).await },
                )
            })
            .await
    }

    /// Gives an accreditation another term, which follows the first or begins today. Gives the new one.
    #[graphql(visible = "visible::confirm_supervisors")]
    async fn supervisor_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: SupervisorRenewInput,
    ) -> Result<Payload<SupervisorRenew>> {
        let asked = Asked::new("supervisorRenew", &input, input.idempotency_key.as_ref());
        let (at, most) = (at(&input.id, input.expected_version)?, input.caseload_max);
        asked.run(ctx, parts, move |unit| Box::pin(supervisors::renew(unit, at, most))).await
    }

    /// Gives up an accreditation of your own.
    async fn supervisor_resign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: SupervisorResignInput,
    ) -> Result<Payload<SupervisorResign>> {
        let asked = Asked::new("supervisorResign", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(supervisors::resign(unit, at))).await
    }
}
