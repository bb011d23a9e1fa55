//! Credentials as they can be read, changed and verified.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use serde::Serialize;
use uuid::Uuid;

use super::http::too_many;
use super::model::{self, Reason};
use super::service;
use super::verification::{self, Confirmation, Unconfirmed, Verification};
use crate::actor::Permission;
use crate::fault::Fault;
use crate::graphql::error::{ErrorCode, nullable, of_fault};
use crate::graphql::mutate::{Asked, coded, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::licence::graphql::Licence;
use crate::organisation::graphql::Organisation;
use crate::person::desk::{At, Changed};
use crate::person::graphql::Person;
use crate::programme::graphql::ProgrammeVersion;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::Op;
use crate::read::declaration::{
    Filter, Key, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, one, text,
};
use crate::trainer::graphql::TrainerAccreditation;
use crate::{mutations, person_of, readable};

/// The prefix of ids of credentials.
pub const PREFIX: &str = "crd";

/// The root fields of credentials.
pub const ROOTS: &[Root] = &[
    Root::page::<Credential>(
        "credentials",
        "The own credentials; for an organisation those of what it delivered, nominated or holds; for the quality \
         lead all.",
    ),
    Root::by::<Credential>("credential", "One credential by a key; null if there is none."),
];

/// What a credential is about. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "CredentialKind", remote = "model::Kind")]
pub enum CredentialKind {
    /// Somebody graduated from a course.
    Graduation,
    /// A trainer is accredited.
    TrainerAccreditation,
    /// An organisation holds a licence.
    OrganisationLicence,
}

/// What a credential is worth on a day. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "CredentialStatus", remote = "model::Status")]
pub enum CredentialStatus {
    /// It holds.
    Valid,
    /// It does not hold yet.
    NotYetValid,
    /// Not to be relied on at present.
    Suspended,
    /// Taken away.
    Revoked,
    /// Another took its place.
    Superseded,
    /// Its time is over.
    Expired,
    /// It holds; who it is for was erased.
    Redacted,
    /// The text that is kept is not what was signed: nothing of it is to be relied on.
    Invalid,
}

/// Why a credential was revoked: fit to be told to everyone. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "CredentialRevocationReason", remote = "model::Reason")]
pub enum CredentialRevocationReason {
    /// It should not have been issued.
    IssuedInError,
    /// The decision behind it was changed.
    DecisionReversed,
    /// It was not come by honestly.
    ObtainedImproperly,
    /// The accreditation or licence was taken away.
    Withdrawn,
    /// The holder gave it up.
    GivenUp,
}

/// Whether a surname is that on a credential.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "CredentialHolderAnswer", remote = "Confirmation")]
pub enum CredentialHolderAnswer {
    /// It is.
    Match,
    /// It is not, or there is no such credential, or it holds no name any more.
    NoMatch,
}

readable! {
    /// What a graduate, an accredited trainer or a licensed organisation can show. Anyone who has the public token can
    /// verify it at `/verify/` and the token.
    pub Credential = Rows::of("credential", PREFIX)
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Nation(Permission::SeeCredentials),
            Way::Organisation("t.organisation_id", Permission::SeeCredentials),
            Way::Person("t.person_id"),
        ])
        .keys(&[Key {
            name: "publicToken",
            description: "The token by which the public knows it.",
            condition: "t.public_token = {value}",
        }])
        .filters(&[
            Filter {
                name: "personId",
                description: "The person that holds it.",
                sql: "t.person_id",
                kind: Kind::Id("per"),
            },
            Filter {
                name: "organisationId",
                description: "The organisation that delivered, nominated or holds.",
                sql: "t.organisation_id",
                kind: Kind::Id("org"),
            },
        ])
        .ordered_by("issuedAt");
    /// The id of the credential. Its certificate as PDF is fetched with a token from `/certificates/` and this.
    id: id(PREFIX),
    /// What it is about.
    kind: choice::<CredentialKind>("t.kind").filtered(),
    /// What it is worth today.
    status: choice::<CredentialStatus>(STATUS),
    /// By what the public knows it: whoever has this can verify the credential at `/verify/` and the token.
    publicToken: text("t.public_token").personal(),
    /// What the holder was called; null once superseded or erased.
    holderName: text("t.holder_name").nullable().personal(),
    /// The person that holds it; null for an organisation, or where you do not see the person.
    person: one::<Person>("t.person_id").nullable(),
    /// The organisation that delivered, nominated or holds.
    organisation: one::<Organisation>("t.organisation_id"),
    /// What that was called when the credential was issued first.
    organisationName: text("t.organisation_name"),
    /// What it was for; null for a licence, which is for several.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").nullable().filtered(),
    /// What it says that was achieved.
    title: text("t.title"),
    /// The number of the version, the level of the accreditation, or the number of the licence.
    edition: text("t.edition"),
    /// The version of the programme from which somebody graduated, with the competences that it covers.
    programmeVersion: one::<ProgrammeVersion>("t.programme_version_id").nullable(),
    /// The accreditation; null for another kind, or where you do not see it.
    accreditation: one::<TrainerAccreditation>("t.accreditation_id").nullable(),
    /// The licence; null for another kind.
    licence: one::<Licence>("t.licence_id").nullable(),
    /// When it was decided.
    awardedOn: date("t.awarded_on").filtered(),
    /// When it was issued.
    issuedAt: instant("t.issued_at").ordered(),
    /// First day.
    validFrom: date("t.valid_from"),
    /// The day from which it no longer holds; null if no such day is set.
    validUntil: date("t.valid_until").nullable().filtered(),
    /// Since when it is issued, suspended, revoked or superseded.
    statusSince: date("t.state_on"),
    /// Why it was revoked; the public is not told while an appeal suspends it.
    revocationReason: choice::<CredentialRevocationReason>("t.reason").nullable(),
    /// When its holder was erased; null if that did not happen.
    redactedOn: date("t.redacted_on").nullable(),
    /// The credential whose place it took; null if it took none's.
    supersedes: one::<Credential>("t.supersedes_id").nullable(),
    /// Whether the public is told the holder's name, as the holder chose.
    listed: boolean("t.listed"),
    /// The signed credential, for a wallet: Open Badges 3.0 as a JSON Web Token. Null once superseded or erased.
    jwt: text("t.jwt").nullable().personal(),
    /// SHA-256 of the signed text, in hexadecimal.
    jwtSha256: text("t.jwt_sha256"),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

/// The rule of [`model::Credential::status`] in SQL.
const STATUS: &str = "(case when t.state <> 'ISSUED' then t.state \
     when t.valid_until <= {today} then 'EXPIRED' when t.valid_from > {today} then 'NOT_YET_VALID' \
     when t.redacted_on is not null then 'REDACTED' else 'VALID' end)";

/// What everyone is told of a credential: no lived experience, employer or contact.
#[derive(SimpleObject)]
pub struct CredentialVerification {
    /// What it is worth today.
    status: CredentialStatus,
    /// Since when it is suspended, revoked or superseded; null if it is none of these.
    status_since: Option<Date>,
    /// Why it was revoked; null if it was not.
    reason: Option<CredentialRevocationReason>,
    /// What it is about.
    kind: CredentialKind,
    /// What it says that was achieved.
    title: String,
    /// The number of the version, the level of the accreditation, or the number of the licence.
    edition: String,
    /// The frameworks whose competences it covers, with their versions.
    frameworks: Vec<String>,
    /// What the organisation that delivered, nominated or holds was called then.
    organisation_name: String,
    /// What it, or who followed it, is called now, where that is another name.
    organisation_now: Vec<String>,
    /// When it was decided.
    awarded_on: Date,
    /// When it was issued.
    issued_on: Date,
    /// First day.
    valid_from: Date,
    /// The day from which it no longer holds; null if no such day is set.
    valid_until: Option<Date>,
    /// What the holder is called, who chose that the public is told; else null.
    holder_name: Option<String>,
}

impl From<Verification> for CredentialVerification {
    fn from(found: Verification) -> Self {
        let Verification {
            status,
            status_since,
            reason,
            kind,
            title,
            edition,
            frameworks,
            organisation_name,
            organisation_now,
            awarded_on,
            issued_on,
            valid_from,
            valid_until,
            holder_name,
        } = found;
        Self {
            status: status.into(),
            status_since: status_since.map(Date),
            reason: reason.map(Into::into),
            kind: kind.into(),
            title,
            edition,
            frameworks,
            organisation_name,
            organisation_now,
            awarded_on: Date(awarded_on),
            issued_on: Date(issued_on),
            valid_from: Date(valid_from),
            valid_until: valid_until.map(Date),
            holder_name,
        }
    }
}

/// What anyone may ask about one credential.
#[derive(Default)]
pub struct CredentialQueries;

#[Object]
impl CredentialQueries {
    /// What a credential is worth, by its public token; null for a token of none. The same as at `/verify/` and the
    /// token.
    async fn credential_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The public token.")] token: String,
    ) -> Option<CredentialVerification> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let found = verification::verify(op.core(), &token).await.map_err(failed);
        nullable(ctx, found).map(Into::into)
    }

    /// Whether a surname is that on a credential, and nothing else. There are few tries for each credential and for
    /// each caller.
    async fn credential_confirm_holder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The public token.")] token: String,
        #[graphql(desc = "The surname that somebody gave you.")] surname: String,
    ) -> Result<CredentialHolderAnswer> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        match verification::confirm(op.core(), op.payer(), &token, &surname).await {
            Ok(answer) => Ok(answer.into()),
            Err(Unconfirmed::Failed(fault)) => Err(failed(fault)),
            Err(Unconfirmed::TooMany(seconds)) => {
                Err(coded(ErrorCode::RateLimited.error(too_many(seconds), None)))
            }
        }
    }
}

fn failed(fault: Fault) -> async_graphql::Error {
    coded(of_fault(&fault, None))
}

mutations! {
    CredentialReissue by ReissueCredentials -> credential: Credential, [];
    CredentialSuspend by DecideCredentials -> credential: Credential, [SeparationOfDuties];
    CredentialReinstate by DecideCredentials -> credential: Credential, [SeparationOfDuties];
    CredentialRevoke by DecideCredentials -> credential: Credential, [SeparationOfDuties];
    CredentialSetListing by HoldCredentials -> credential: Credential, [Unchanged];
}

/// A credential to be issued again.
#[derive(InputObject, Clone, Serialize)]
pub struct CredentialReissueInput {
    /// The credential.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A credential that is not to be relied on for a time.
#[derive(InputObject, Clone, Serialize)]
pub struct CredentialSuspendInput {
    /// The credential.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the audit trail: the public is not told.
    why: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A suspended credential that holds again.
#[derive(InputObject, Clone, Serialize)]
pub struct CredentialReinstateInput {
    /// The credential.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Why, for the audit trail: the public is not told.
    why: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// A credential to be taken away.
#[derive(InputObject, Clone, Serialize)]
pub struct CredentialRevokeInput {
    /// The credential.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// What everyone is told: `ISSUED_IN_ERROR`, `DECISION_REVERSED` or `OBTAINED_IMPROPERLY`.
    reason: CredentialRevocationReason,
    /// Why, for the audit trail: the public is not told.
    why: String,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Whether the public is told the holder's name.
#[derive(InputObject, Clone, Serialize)]
pub struct CredentialSetListingInput {
    /// The credential.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Whether the public is told.
    listed: bool,
    /// The wording that you agreed to in order to be named; `network/listing/1` if you name none.
    consent_wording: Option<String>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

fn at(id: &ID, version: i32) -> Result<At> {
    Ok(At { id: ids_of(PREFIX, "id", id)?, version })
}

/// Mutations of credentials.
#[derive(Default)]
pub struct CredentialMutations;

#[Object]
impl CredentialMutations {
    /// Issues a credential again, with the holder's present name and a new date of issue, and supersedes the old one,
    /// which keeps no name. For its holder and the quality lead.
    #[graphql(visible = "visible::reissue_credentials")]
    async fn credential_reissue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: CredentialReissueInput,
    ) -> Result<Payload<CredentialReissue>> {
        let asked = Asked::new("credentialReissue", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked.run(ctx, parts, move |unit| Box::pin(service::reissue(unit, at))).await
    }

    /// Takes the credential of a graduate out of use for a time, or lifts a revocation while an appeal is open. The
    /// public is told no reason.
    #[graphql(visible = "visible::decide_credentials", tag = "national")]
    async fn credential_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: CredentialSuspendInput,
    ) -> Result<Payload<CredentialSuspend>> {
        let asked = Asked::new("credentialSuspend", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let why = input.why.clone();
                Box::pin(async move { service::suspend(unit, at, &why).await })
            })
            .await
    }

    /// Puts the suspended credential of a graduate back into use.
    #[graphql(visible = "visible::decide_credentials", tag = "national")]
    async fn credential_reinstate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: CredentialReinstateInput,
    ) -> Result<Payload<CredentialReinstate>> {
        let asked = Asked::new("credentialReinstate", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let why = input.why.clone();
                Box::pin(async move { service::reinstate(unit, at, &why).await })
            })
            .await
    }

    /// Takes the credential of a graduate away. Its token goes on answering, with the reason.
    #[graphql(visible = "visible::decide_credentials", tag = "national")]
    async fn credential_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: CredentialRevokeInput,
    ) -> Result<Payload<CredentialRevoke>> {
        let asked = Asked::new("credentialRevoke", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        let reason = Reason::from(input.reason);
        asked
            .run(ctx, parts, move |unit| {
                let why = input.why.clone();
                Box::pin(async move { service::revoke(unit, at, reason, &why).await })
            })
            .await
    }

    /// Says whether the public is told the name on an own credential.
    #[graphql(visible = "visible::hold_credentials")]
    async fn credential_set_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and whether.")] input: CredentialSetListingInput,
    ) -> Result<Payload<CredentialSetListing>> {
        let asked = Asked::new("credentialSetListing", &input, input.idempotency_key.as_ref());
        let at = at(&input.id, input.expected_version)?;
        asked
            .run(ctx, parts, move |unit| {
                let (listed, wording) = (input.listed, input.consent_wording.clone());
                Box::pin(
                    async move { service::set_listing(unit, at, listed, wording.as_deref()).await },
                )
            })
            .await
    }
}
