//! Contacts, offers of supervision and the toolkit as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;

use super::agreements::parts;
use super::{
    ContactPurpose, DsptAssessment, DsptStatusChoice, OrganisationContact, SupervisionOffer,
};
use crate::employer::contacts::{self, Named};
use crate::employer::desk::Asked as Days;
use crate::employer::dspt::{self, Publication};
use crate::employer::supervision::{self, Amendment, Amount};
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::At;

mutations! {
    OrganisationContactAdd by RecordSupport -> contact: OrganisationContact, [PeriodOverlap];
    OrganisationContactReplace by RecordSupport -> contact: OrganisationContact,
        [PeriodOverlap, Unchanged];
    OrganisationContactEnd by RecordSupport -> contact: OrganisationContact, [Unchanged];
    SupervisionOfferAdd by RecordSupport -> offer: SupervisionOffer,
        [PeriodOverlap, CapacityExceeded];
    SupervisionOfferAmend by RecordSupport -> offer: SupervisionOffer,
        [CapacityExceeded, Unchanged];
    SupervisionOfferEnd by RecordSupport -> offer: SupervisionOffer, [Unchanged];
    DsptAssessmentRecord by RecordSupport -> assessment: DsptAssessment, [YearRecorded];
    DsptAssessmentAmend by RecordSupport -> assessment: DsptAssessment, [Unchanged];
}

/// A contact to be named.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationContactAddInput {
    /// The organisation.
    organisation_id: ID,
    /// About what.
    purpose: ContactPurpose,
    /// The name.
    name: String,
    /// The e-mail address; it or a telephone number is needed.
    email: Option<String>,
    /// The telephone number.
    phone: Option<String>,
    /// The person, where your organisation keeps the record: who is named for safeguarding leads concerns.
    person_id: Option<ID>,
    /// First day; today if absent.
    valid_from: Option<Date>,
    /// The day from which nobody is named any more; open, if absent.
    valid_to: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Who takes the place of a contact.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationContactReplaceInput {
    /// The contact whose place is taken.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The name.
    name: String,
    /// The e-mail address; it or a telephone number is needed.
    email: Option<String>,
    /// The telephone number.
    phone: Option<String>,
    /// The person, where your organisation keeps the record: who is named for safeguarding leads concerns.
    person_id: Option<ID>,
    /// From which day; today if absent.
    valid_from: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A contact that ends.
#[derive(InputObject, Clone, Serialize)]
pub struct OrganisationContactEndInput {
    /// The contact.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day from which nobody is named any more; today if absent.
    ends_on: Option<Date>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Supervision that is offered.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisionOfferAddInput {
    /// The organisation.
    organisation_id: ID,
    /// How many people it can supervise.
    supervisees: i32,
    /// How many of them it supervises already.
    #[graphql(default)]
    taken: i32,
    /// Hours a month, for all of them.
    hours_per_month: i32,
    /// First day; today if absent.
    valid_from: Option<Date>,
    /// The day from which it is no longer offered; open, if absent.
    valid_to: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What changes of an offer; what is absent stays.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisionOfferAmendInput {
    /// The offer.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// How many people the organisation can supervise.
    supervisees: Option<i32>,
    /// How many of them it supervises already.
    taken: Option<i32>,
    /// Hours a month, for all of them.
    hours_per_month: Option<i32>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An offer that ends.
#[derive(InputObject, Clone, Serialize)]
pub struct SupervisionOfferEndInput {
    /// The offer.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The day from which it is no longer offered; today if absent.
    ends_on: Option<Date>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What was published for a year.
#[derive(InputObject, Clone, Serialize)]
pub struct DsptAssessmentRecordInput {
    /// The organisation.
    organisation_id: ID,
    /// The toolkit's year, such as 2025-26.
    year: String,
    /// The status.
    status: DsptStatusChoice,
    /// When it was published; absent if nothing was.
    published_on: Option<Date>,
    /// The last day on which it counts; the next 30 June if absent.
    expires_on: Option<Date>,
    /// Where the evidence is kept.
    evidence_reference: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What was published for a year that is recorded already: the whole of it.
#[derive(InputObject, Clone, Serialize)]
pub struct DsptAssessmentAmendInput {
    /// The record.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The status.
    status: DsptStatusChoice,
    /// When it was published; absent if nothing was.
    published_on: Option<Date>,
    /// The last day on which it counts; the next 30 June if absent.
    expires_on: Option<Date>,
    /// Where the evidence is kept.
    evidence_reference: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn days(from: Option<Date>, to: Option<Date>) -> Days {
    Days { from: from.map(|date| date.0), to: to.map(|date| date.0) }
}

/// Mutations of contacts, offers of supervision and the toolkit, for the organisation itself and licensing
/// officers.
#[derive(Default)]
pub struct SupportMutations;

#[Object]
impl SupportMutations {
    /// Names a contact for a purpose.
    #[graphql(visible = "visible::record_support")]
    async fn organisation_contact_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact.")] input: OrganisationContactAddInput,
    ) -> Result<Payload<OrganisationContactAdd>> {
        let asked = Asked::new("organisationContactAdd", &input, input.idempotency_key.as_ref());
        let of = (ids_of("org", "organisationId", &input.organisation_id)?, input.purpose.into());
        let days = days(input.valid_from, input.valid_to);
        let person =
            input.person_id.as_ref().map(|id| ids_of("per", "personId", id)).transpose()?;
        let named = Named { name: input.name, email: input.email, phone: input.phone, person };
        asked
            .run(ctx, parts, move |unit| Box::pin(contacts::add(unit, of, named.clone(), days)))
            .await
    }

    /// Names somebody else in the place of a contact. Gives the new contact; the old one stays on record.
    #[graphql(visible = "visible::record_support")]
    async fn organisation_contact_replace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact and who takes its place.")]
        input: OrganisationContactReplaceInput,
    ) -> Result<Payload<OrganisationContactReplace>> {
        let asked =
            Asked::new("organisationContactReplace", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("oco", "id", &input.id)?, version: input.expected_version };
        let from = input.valid_from.map(|date| date.0);
        let person =
            input.person_id.as_ref().map(|id| ids_of("per", "personId", id)).transpose()?;
        let named = Named { name: input.name, email: input.email, phone: input.phone, person };
        asked
            .run(ctx, parts, move |unit| Box::pin(contacts::replace(unit, at, named.clone(), from)))
            .await
    }

    /// Ends a contact without naming another.
    #[graphql(visible = "visible::record_support")]
    async fn organisation_contact_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The contact.")] input: OrganisationContactEndInput,
    ) -> Result<Payload<OrganisationContactEnd>> {
        let asked = Asked::new("organisationContactEnd", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("oco", "id", &input.id)?, version: input.expected_version };
        let on = input.ends_on.map(|date| date.0);
        asked.run(ctx, parts, move |unit| Box::pin(contacts::end(unit, at, on))).await
    }

    /// Offers supervision for a period.
    #[graphql(visible = "visible::record_support")]
    async fn supervision_offer_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The offer.")] input: SupervisionOfferAddInput,
    ) -> Result<Payload<SupervisionOfferAdd>> {
        let asked = Asked::new("supervisionOfferAdd", &input, input.idempotency_key.as_ref());
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let days = days(input.valid_from, input.valid_to);
        let amount = Amount {
            supervisees: input.supervisees,
            taken: input.taken,
            hours_per_month: input.hours_per_month,
        };
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(supervision::offer(unit, organisation, amount, days))
            })
            .await
    }

    /// Changes how much supervision is offered, or how much of it is taken.
    #[graphql(visible = "visible::record_support")]
    async fn supervision_offer_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The offer and what changes.")] input: SupervisionOfferAmendInput,
    ) -> Result<Payload<SupervisionOfferAmend>> {
        let asked = Asked::new("supervisionOfferAmend", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("sof", "id", &input.id)?, version: input.expected_version };
        let new = Amendment {
            supervisees: input.supervisees,
            taken: input.taken,
            hours_per_month: input.hours_per_month,
        };
        asked.run(ctx, parts, move |unit| Box::pin(supervision::amend(unit, at, new))).await
    }

    /// Ends an offer of supervision.
    #[graphql(visible = "visible::record_support")]
    async fn supervision_offer_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The offer.")] input: SupervisionOfferEndInput,
    ) -> Result<Payload<SupervisionOfferEnd>> {
        let asked = Asked::new("supervisionOfferEnd", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("sof", "id", &input.id)?, version: input.expected_version };
        let on = input.ends_on.map(|date| date.0);
        asked.run(ctx, parts, move |unit| Box::pin(supervision::end(unit, at, on))).await
    }

    /// Records what an organisation published in the Data Security and Protection Toolkit for a year.
    #[graphql(visible = "visible::record_support")]
    async fn dspt_assessment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was published.")] input: DsptAssessmentRecordInput,
    ) -> Result<Payload<DsptAssessmentRecord>> {
        let asked = Asked::new("dsptAssessmentRecord", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let published = Publication {
            status: input.status.into(),
            published_on: input.published_on.map(|date| date.0),
            expires_on: input.expires_on.map(|date| date.0),
            evidence_reference: input.evidence_reference,
        };
        let year = input.year;
        asked
            .run(ctx, parts, move |unit| {
                Box::pin(dspt::record(unit, organisation, year.clone(), published.clone()))
            })
            .await
    }

    /// Says anew what was published for a year that is recorded.
    #[graphql(visible = "visible::record_support")]
    async fn dspt_assessment_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record and what was published.")] input: DsptAssessmentAmendInput,
    ) -> Result<Payload<DsptAssessmentAmend>> {
        let asked = Asked::new("dsptAssessmentAmend", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("dsp", "id", &input.id)?, version: input.expected_version };
        let published = Publication {
            status: input.status.into(),
            published_on: input.published_on.map(|date| date.0),
            expires_on: input.expires_on.map(|date| date.0),
            evidence_reference: input.evidence_reference,
        };
        asked.run(ctx, parts, move |unit| Box::pin(dspt::amend(unit, at, published.clone()))).await
    }
}
