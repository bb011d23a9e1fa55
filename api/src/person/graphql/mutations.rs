//! People as they can be changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{Person, PersonDuplicate};
use crate::actor::service::Named;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::person::model::Names;
use crate::person::service::{self, NewPerson};
use crate::person::{duplicates, merging};

mutations! {
    PersonRegister by ManagePeople -> person: Person, [];
    PersonRename by ManagePeople -> person: Person, [DateBeforeRecordedFact, Unchanged, Merged];
    PersonEmailAdd by ManagePeople -> person: Person, [Merged];
    PersonEmailEnd by ManagePeople -> person: Person, [Unchanged];
    PersonAccountLink by ResolveDuplicates -> person: Person,
        [SeparationOfDuties, AccountOfAnother, Unchanged, Merged];
    PersonAccountUnlink by ResolveDuplicates -> person: Person, [SeparationOfDuties, AccountMissing];
    PersonMembershipAdd by ResolveDuplicates -> person: Person, [Unchanged, Merged];
    PersonMembershipEnd by ManagePeople -> person: Person, [];
    PersonMerge by ResolveDuplicates -> person: Person,
        [SeparationOfDuties, Merged, AccountOfAnother, AccreditationOverlap, Affiliation, CapacityExceeded, TrainerTaken, TrainerBusy,
         LivedExperienceRequired];
    PersonDuplicateSearch by ResolveDuplicates -> duplicate: PersonDuplicate, [Unchanged];
    PersonDuplicateDismiss by ResolveDuplicates -> duplicate: PersonDuplicate, [SeparationOfDuties];
}

/// A person to be registered.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonRegisterInput {
    /// The name to use.
    preferred_name: String,
    /// Given name.
    given_name: Option<String>,
    /// Family name.
    family_name: Option<String>,
    /// The name on certificates; the preferred name if absent.
    certificate_name: Option<String>,
    /// Date of birth, for the check for duplicates and the least age on a course. it is shown to nobody else.
    date_of_birth: Option<Date>,
    /// An e-mail address.
    email: Option<String>,
    /// Whether the address was verified.
    #[graphql(default)]
    email_verified: bool,
    /// The organisation that keeps the record; the own one for a partner.
    organisation_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Other names of a person.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonRenameInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The name to use.
    preferred_name: String,
    /// Given name.
    given_name: Option<String>,
    /// Family name.
    family_name: Option<String>,
    /// The name on certificates; the preferred name if absent.
    certificate_name: Option<String>,
    /// The day from which they are the names; today if absent.
    effective_on: Option<Date>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An e-mail address of a person.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonEmailAddInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The address. It identifies nobody and may be shared.
    address: String,
    /// Whether it was verified.
    #[graphql(default)]
    verified: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An e-mail address that is no longer used.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonEmailEndInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The address.
    email_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An account that belongs to a person.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonAccountLinkInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The issuer of the account's tokens.
    issuer: String,
    /// The account's subject at the issuer.
    subject: String,
    /// What the account is called, if it is new.
    label: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An account that no longer belongs to a person.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonAccountUnlinkInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The issuer of the account's tokens.
    issuer: String,
    /// The account's subject at the issuer.
    subject: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Another organisation that keeps a person's record.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonMembershipAddInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The organisation.
    organisation_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// An organisation that keeps a person's record no longer.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonMembershipEndInput {
    /// The person.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The organisation.
    organisation_id: ID,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Two records of one person.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonMergeInput {
    /// The record that is retired.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The record that stays.
    into_id: ID,
    /// The version of the record that stays, as you read it.
    into_expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A search through all records.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonDuplicateSearchInput {
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Two records that are of two people.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonDuplicateDismissInput {
    /// The pair.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Mutations of people: by the organisation that keeps the record, and by the national licensing officer.
#[derive(Default)]
pub struct PersonMutations;

/// The parts of an answer that a payload shows.
fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Names of an input.
fn names(
    preferred_name: String,
    given_name: Option<String>,
    family_name: Option<String>,
    certificate_name: Option<String>,
) -> Names {
    let certificate_name = certificate_name.unwrap_or_else(|| preferred_name.clone());
    Names { preferred_name, given_name, family_name, certificate_name }
}

#[Object]
impl PersonMutations {
    /// Registers a person. Whether somebody is known elsewhere is not told.
    #[graphql(visible = "visible::manage_people")]
    async fn person_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: PersonRegisterInput,
    ) -> Result<Payload<PersonRegister>> {
        let asked = Asked::new("personRegister", &input, input.idempotency_key.as_ref());
        let organisation = input.organisation_id.as_ref();
        let organisation =
            organisation.map(|id| ids_of("org", "organisationId", id)).transpose()?;
        let verified = input.email_verified;
        let new = NewPerson {
            names: names(
                input.preferred_name,
                input.given_name,
                input.family_name,
                input.certificate_name,
            ),
            date_of_birth: input.date_of_birth.map(|date| date.0),
            email: input.email.map(|email| (email, verified)),
            organisation,
        };
        asked.run(ctx, parts, move |unit| Box::pin(service::register(unit, new.clone()))).await
    }

    /// Gives a person other names. The former ones are kept, and shown to few.
    #[graphql(visible = "visible::manage_people")]
    async fn person_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the names.")] input: PersonRenameInput,
    ) -> Result<Payload<PersonRename>> {
        let asked = Asked::new("personRename", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let on = input.effective_on.map(|date| date.0);
        let names = names(
            input.preferred_name,
            input.given_name,
            input.family_name,
            input.certificate_name,
        );
        asked
            .run(ctx, parts, move |unit| {
                let on = on.unwrap_or_else(|| unit.today());
                Box::pin(service::rename(unit, at, names.clone(), on))
            })
            .await
    }

    /// Adds an e-mail address from today on.
    #[graphql(visible = "visible::manage_people")]
    async fn person_email_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the address.")] input: PersonEmailAddInput,
    ) -> Result<Payload<PersonEmailAdd>> {
        let asked = Asked::new("personEmailAdd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        asked
            .run(ctx, parts, move |unit| {
                let (address, verified) = (input.address.clone(), input.verified);
                Box::pin(async move { service::add_email(unit, at, &address, verified).await })
            })
            .await
    }

    /// Ends an e-mail address today.
    #[graphql(visible = "visible::manage_people")]
    async fn person_email_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the address.")] input: PersonEmailEndInput,
    ) -> Result<Payload<PersonEmailEnd>> {
        let asked = Asked::new("personEmailEnd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let email = ids_of("pem", "emailId", &input.email_id)?;
        asked.run(ctx, parts, move |unit| Box::pin(service::end_email(unit, at, email))).await
    }

    /// Says that an account is a person's, from today on: its roles count as the person's.
    #[graphql(visible = "visible::resolve_duplicates", tag = "national")]
    async fn person_account_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the account.")] input: PersonAccountLinkInput,
    ) -> Result<Payload<PersonAccountLink>> {
        let asked = Asked::new("personAccountLink", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let named = Named { issuer: input.issuer, subject: input.subject, label: input.label };
        asked
            .run(ctx, parts, move |unit| Box::pin(service::link_account(unit, at, named.clone())))
            .await
    }

    /// Says that an account is no longer a person's, from today on.
    #[graphql(visible = "visible::resolve_duplicates", tag = "national")]
    async fn person_account_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the account.")] input: PersonAccountUnlinkInput,
    ) -> Result<Payload<PersonAccountUnlink>> {
        let asked = Asked::new("personAccountUnlink", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let of = (input.issuer, input.subject);
        asked
            .run(ctx, parts, move |unit| {
                let (issuer, subject) = of.clone();
                Box::pin(async move { service::unlink_account(unit, at, &issuer, &subject).await })
            })
            .await
    }

    /// Lets another organisation keep a person's record, from today on.
    #[graphql(visible = "visible::resolve_duplicates", tag = "national")]
    async fn person_membership_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the organisation.")] input: PersonMembershipAddInput,
    ) -> Result<Payload<PersonMembershipAdd>> {
        let asked = Asked::new("personMembershipAdd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(service::add_membership(unit, at, organisation)))
            .await
    }

    /// Ends what an organisation keeps: from today on it no longer sees the person.
    #[graphql(visible = "visible::manage_people")]
    async fn person_membership_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the organisation.")] input: PersonMembershipEndInput,
    ) -> Result<Payload<PersonMembershipEnd>> {
        let asked = Asked::new("personMembershipEnd", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        asked
            .run(ctx, parts, move |unit| Box::pin(service::end_membership(unit, at, organisation)))
            .await
    }

    /// Retires one record in favour of another of the same person. Nothing is deleted: what hangs on the one
    /// becomes the other's.
    #[graphql(visible = "visible::resolve_duplicates", tag = "national")]
    async fn person_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Both records.")] input: PersonMergeInput,
    ) -> Result<Payload<PersonMerge>> {
        let asked = Asked::new("personMerge", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("per", "id", &input.id)?, version: input.expected_version };
        let into = At {
            id: ids_of("per", "intoId", &input.into_id)?,
            version: input.into_expected_version,
        };
        asked.run(ctx, parts, move |unit| Box::pin(merging::merge(unit, at, into))).await
    }

    /// Looks through all records and proposes pairs that may be of one person. Gives the first new one.
    #[graphql(visible = "visible::resolve_duplicates", tag = "national")]
    async fn person_duplicate_search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing but a key.")] input: PersonDuplicateSearchInput,
    ) -> Result<Payload<PersonDuplicateSearch>> {
        let asked = Asked::new("personDuplicateSearch", &input, input.idempotency_key.as_ref());
        asked.run(ctx, parts, move |unit| Box::pin(duplicates::search(unit))).await
    }

    /// Says that the two records are of two people.
    #[graphql(visible = "visible::resolve_duplicates", tag = "national")]
    async fn person_duplicate_dismiss(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pair.")] input: PersonDuplicateDismissInput,
    ) -> Result<Payload<PersonDuplicateDismiss>> {
        let asked = Asked::new("personDuplicateDismiss", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("pdu", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(duplicates::dismiss(unit, at))).await
    }
}
