//! Data protection as it can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Consent, ConsentPurposeChoice, DataClassChoice, ErasureKeepGround, ErasureRequest,
    ErasureVerdict, ProcessingRestriction, RestrictionGroundChoice, RetentionHold,
    RetentionProposal, RetentionRule,
};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::protection::consents::{self, NewConsent};
use crate::protection::model::ConsentPurpose;
use crate::protection::retention::{self, NewHold};
use crate::protection::rules::Decided;
use crate::protection::{erasure, restriction};

mutations! {
    ConsentGive by SignedIn -> consent: Consent, [Unchanged];
    ConsentWithdraw by SignedIn -> consent: Consent, [Unchanged];
    ErasureAsk by SignedIn -> request: ErasureRequest, [Unchanged];
    ErasureWithdraw by SignedIn -> request: ErasureRequest, [];
    ErasureRecord by ProtectData -> request: ErasureRequest, [Unchanged, Merged, SeparationOfDuties];
    ErasureDecide by ProtectData -> request: ErasureRequest, [Held, DecisionMissing, SeparationOfDuties];
    RestrictionPlace by ProtectData -> restriction: ProcessingRestriction,
        [Unchanged, Merged, SeparationOfDuties];
    RestrictionLift by ProtectData -> restriction: ProcessingRestriction, [Unchanged, SeparationOfDuties];
    RetentionRuleSet by ProtectData -> rule: RetentionRule, [Unchanged];
    RetentionDecide by ProtectData -> proposal: RetentionProposal, [];
    RetentionHoldPlace by ProtectData -> hold: RetentionHold, [SeparationOfDuties];
    RetentionHoldLift by ProtectData -> hold: RetentionHold, [Unchanged, SeparationOfDuties];
}

/// A consent to be given.
#[derive(InputObject, Clone, Serialize)]
pub struct ConsentGiveInput {
    /// What you agree to.
    purpose: ConsentPurposeChoice,
    /// The wording that you agree to, by the name and version that your portal gives it.
    wording: String,
    /// The credential, for `CREDENTIAL_LISTING`.
    credential_id: Option<ID>,
    /// The profile as a trainer, for `TRAINER_LISTING`.
    trainer_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Declares inputs that name a record and its version, and say more.
macro_rules! at_inputs {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty,)* })+) => {$(
        $(#[doc = $doc])+
        #[derive(InputObject, Clone, Serialize)]
        pub struct $name {
            /// The id of the record.
            id: ID,
            /// Its version as you read it.
            expected_version: i32,
            $($(#[doc = $field_doc])+ $field: $ty,)*
            /// Repeating a request with the same key has one effect. Kept for 30 days.
            idempotency_key: Option<String>,
        }
    )+};
}

at_inputs! {
    /// A consent to be withdrawn.
    ConsentWithdrawInput {}

    /// A request for erasure to be taken back.
    ErasureWithdrawInput {}

    /// How a request for erasure is decided.
    ErasureDecideInput {
        /// Each class that holds anything, once: refusals name those that are missing.
        decisions: Vec<ErasureDecisionInput>,
        /// Only say what would follow; nothing is erased.
        dry_run: Option<bool>,
    }

    /// A restriction to be lifted.
    RestrictionLiftInput {
        /// Why, for the audit trail. Name nobody.
        reason: String,
    }

    /// How long a class is to be kept.
    RetentionRuleSetInput {
        /// For how many months after it stopped being used; null where no time ends it.
        months: Option<i32>,
        /// Why. Name nobody.
        reason: String,
    }

    /// How a proposal is decided.
    RetentionDecideInput {
        /// Whether it is carried out.
        approve: bool,
        /// Why. Name nobody.
        reason: String,
    }

    /// A hold to be lifted.
    RetentionHoldLiftInput {
        /// Why. Name nobody.
        reason: String,
    }
}

/// The wish to be erased.
#[derive(InputObject, Clone, Serialize)]
pub struct ErasureAskInput {
    /// Yourself.
    person_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Somebody's wish to be erased, such as by letter.
#[derive(InputObject, Clone, Serialize)]
pub struct ErasureRecordInput {
    /// The person.
    person_id: ID,
    /// The day on which it came; today if absent. The month runs from it.
    received_on: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What is decided about one class of data.
#[derive(InputObject, Clone, Serialize)]
pub struct ErasureDecisionInput {
    /// The class.
    class: DataClassChoice,
    /// Whether it is erased or kept.
    verdict: ErasureVerdict,
    /// Why it is kept.
    ground: Option<ErasureKeepGround>,
    /// Until when it is kept.
    until: Option<Date>,
}

/// A restriction to be placed.
#[derive(InputObject, Clone, Serialize)]
pub struct RestrictionPlaceInput {
    /// The person.
    person_id: ID,
    /// Why, by Article 18(1) of the UK GDPR.
    ground: RestrictionGroundChoice,
    /// Why, for the audit trail. Name nobody.
    reason: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A hold to be placed.
#[derive(InputObject, Clone, Serialize)]
pub struct RetentionHoldPlaceInput {
    /// The class; all, if absent.
    class: Option<DataClassChoice>,
    /// The person; or name an organisation.
    person_id: Option<ID>,
    /// The organisation; or name a person.
    organisation_id: Option<ID>,
    /// Why. Name nobody.
    reason: String,
    /// The day from which it no longer holds, if one is set.
    until: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

fn at(prefix: &str, id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of(prefix, "id", id)?, version })
}

/// The id of an input that need not be there.
fn optional(prefix: &str, path: &str, id: Option<&ID>) -> Result<Option<Uuid>> {
    id.map(|id| ids_of(prefix, path, id)).transpose()
}

/// Mutations of whoever is signed in, about the own data.
#[derive(Default)]
pub struct ConsentMutations;

#[Object]
impl ConsentMutations {
    /// Gives a consent: what it allows begins at once. Only you can give it, and take it back.
    async fn consent_give(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To what.")] input: ConsentGiveInput,
    ) -> Result<Payload<ConsentGive>> {
        let asked = Asked::new("consentGive", &input, input.idempotency_key.as_ref());
        let purpose = ConsentPurpose::from(input.purpose);
        let credential = optional("crd", "credentialId", input.credential_id.as_ref())?;
        let trainer = optional("trn", "trainerId", input.trainer_id.as_ref())?;
        let of = match purpose {
            ConsentPurpose::CredentialListing => credential,
            ConsentPurpose::TrainerListing => trainer,
            ConsentPurpose::CaseStudy | ConsentPurpose::Transfer => None,
        };
        let new = NewConsent { purpose, wording: input.wording, of };
        asked.run(ctx, parts, move |unit| Box::pin(consents::give(unit, new.clone()))).await
    }

    /// Withdraws a consent: what it allowed ends at once.
    async fn consent_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ConsentWithdrawInput,
    ) -> Result<Payload<ConsentWithdraw>> {
        let asked = Asked::new("consentWithdraw", &input, input.idempotency_key.as_ref());
        let at = at("cns", &input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(consents::withdraw(unit, at))).await
    }

    /// Asks for the erasure of your own data. It is decided within a month.
    async fn erasure_ask(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Your wish.")] input: ErasureAskInput,
    ) -> Result<Payload<ErasureAsk>> {
        let asked = Asked::new("erasureAsk", &input, input.idempotency_key.as_ref());
        let person = ids_of("per", "personId", &input.person_id)?;
        asked.run(ctx, parts, move |unit| Box::pin(erasure::ask(unit, person))).await
    }

    /// Takes an own request for erasure back while it is open; the data protection officer does so for others.
    async fn erasure_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ErasureWithdrawInput,
    ) -> Result<Payload<ErasureWithdraw>> {
        let asked = Asked::new("erasureWithdraw", &input, input.idempotency_key.as_ref());
        let at = at("ers", &input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(erasure::withdraw(unit, at))).await
    }
}

/// Mutations of the data protection officer.
#[derive(Default)]
pub struct ProtectionMutations;

#[Object]
impl ProtectionMutations {
    /// Records that somebody asked for erasure.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn erasure_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and when.")] input: ErasureRecordInput,
    ) -> Result<Payload<ErasureRecord>> {
        let asked = Asked::new("erasureRecord", &input, input.idempotency_key.as_ref());
        let person = ids_of("per", "personId", &input.person_id)?;
        let on = input.received_on.map(|date| date.0);
        asked.run(ctx, parts, move |unit| Box::pin(erasure::record(unit, person, on))).await
    }

    /// Decides a request for erasure, class by class, and carries the decision out. What is erased is gone for good.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn erasure_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and how.")] input: ErasureDecideInput,
    ) -> Result<Payload<ErasureDecide>> {
        let dry_run = input.dry_run.unwrap_or_default();
        let asked = Asked::new("erasureDecide", &input, input.idempotency_key.as_ref());
        let at = at("ers", &input.id, input.expected_version)?;
        let decided = |one: &ErasureDecisionInput| Decided {
            class: one.class.into(),
            verdict: one.verdict.into(),
            ground: one.ground.map(Into::into),
            until: one.until.map(|date| date.0),
        };
        let decided: Vec<Decided> = input.decisions.iter().map(decided).collect();
        asked
            .dry_run(dry_run)
            .run(ctx, parts, move |unit| {
                let decided = decided.clone();
                Box::pin(async move { erasure::decide(unit, at, &decided).await })
            })
            .await
    }

    /// Restricts the processing of a person's data: from now on the person and you alone see them, and nobody changes
    /// them.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn restriction_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and why.")] input: RestrictionPlaceInput,
    ) -> Result<Payload<RestrictionPlace>> {
        let asked = Asked::new("restrictionPlace", &input, input.idempotency_key.as_ref());
        let person = ids_of("per", "personId", &input.person_id)?;
        asked
            .run(ctx, parts, move |unit| {
                let (ground, reason) = (input.ground.into(), input.reason.clone());
                Box::pin(async move { restriction::place(unit, person, ground, &reason).await })
            })
            .await
    }

    /// Lifts a restriction of processing.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn restriction_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: RestrictionLiftInput,
    ) -> Result<Payload<RestrictionLift>> {
        let asked = Asked::new("restrictionLift", &input, input.idempotency_key.as_ref());
        let at = at("prs", &input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { restriction::lift(unit, at, &reason).await })
            })
            .await
    }

    /// Says how long a class of data is kept.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn retention_rule_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, how long, and why.")] input: RetentionRuleSetInput,
    ) -> Result<Payload<RetentionRuleSet>> {
        let asked = Asked::new("retentionRuleSet", &input, input.idempotency_key.as_ref());
        let at = at("rtr", &input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let (months, reason) = (input.months, input.reason.clone());
                Box::pin(async move { retention::set_rule(unit, at, months, &reason).await })
            })
            .await
    }

    /// Decides a proposal to erase what is due. What is approved is carried out by the service, record by record.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn retention_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, how, and why.")] input: RetentionDecideInput,
    ) -> Result<Payload<RetentionDecide>> {
        let asked = Asked::new("retentionDecide", &input, input.idempotency_key.as_ref());
        let at = at("rtp", &input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let (approve, reason) = (input.approve, input.reason.clone());
                Box::pin(async move { retention::decide(unit, at, approve, &reason).await })
            })
            .await
    }

    /// Places a hold: nothing of its class and its person or organisation is erased while it lasts.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn retention_hold_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On what, and why.")] input: RetentionHoldPlaceInput,
    ) -> Result<Payload<RetentionHoldPlace>> {
        let asked = Asked::new("retentionHoldPlace", &input, input.idempotency_key.as_ref());
        let new = NewHold {
            class: input.class.map(Into::into),
            person: optional("per", "personId", input.person_id.as_ref())?,
            organisation: optional("org", "organisationId", input.organisation_id.as_ref())?,
            reason: input.reason,
            until: input.until.map(|date| date.0),
        };
        asked.run(ctx, parts, move |unit| Box::pin(retention::hold(unit, new.clone()))).await
    }

    /// Lifts a hold.
    #[graphql(visible = "visible::protect_data", tag = "national")]
    async fn retention_hold_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: RetentionHoldLiftInput,
    ) -> Result<Payload<RetentionHoldLift>> {
        let asked = Asked::new("retentionHoldLift", &input, input.idempotency_key.as_ref());
        let at = at("rth", &input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { retention::lift_hold(unit, at, &reason).await })
            })
            .await
    }
}
