//! Enrolments as they are made and changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::{Enrolment, FundingBasis, WithdrawalInitiator, WithdrawalReason};
use crate::enrolment::candidates::{Place, Who};
use crate::enrolment::life::{self, Support, Transfer, Withdrawal};
use crate::enrolment::service;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::mutations;
use crate::person::desk::{At, Changed};
use crate::refusal::{Code, Refusal};

mutations! {
    EnrolmentCreate by EnrolPeople -> enrolment: Enrolment,
        [AlreadyEnrolled, CapacityExceeded, CourseTakesNobody, LicenceNotActive, Merged, NoFundedPlace, NotCovered,
         OrganisationNotActive, SeparationOfDuties, SponsorRequired, UnderAge];
    EnrolmentResolve by OverseeEnrolments -> enrolment: Enrolment, [HeldForReview, SeparationOfDuties];
    EnrolmentWithdraw by SignedIn -> enrolment: Enrolment,
        [AttendedLater, OutsideEnrolment, ReasonDoesNotFit, SeparationOfDuties];
    EnrolmentDefer by EnrolPeople -> enrolment: Enrolment, [SeparationOfDuties];
    EnrolmentResume by EnrolPeople -> enrolment: Enrolment,
        [CapacityExceeded, CourseTakesNobody, LicenceNotActive, NotCovered, OrganisationNotActive, SeparationOfDuties];
    EnrolmentTransfer by TransferPeople -> enrolment: Enrolment,
        [AlreadyEnrolled, CapacityExceeded, CourseTakesNobody, LicenceNotActive, NotCovered, OrganisationNotActive,
         SeparationOfDuties, Unchanged];
    EnrolmentResit by EnrolPeople -> enrolment: Enrolment, [HeldForReview, SeparationOfDuties];
    EnrolmentSetSupport by EnrolPeople -> enrolment: Enrolment,
        [SeparationOfDuties, Unchanged, CapacityExceeded];
    EnrolmentSetSponsor by EnrolPeople -> enrolment: Enrolment,
        [OrganisationNotActive, SeparationOfDuties, SponsorRequired, Unchanged];
}

/// A place that somebody is to have.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentCreateInput {
    /// The course.
    course_id: ID,
    /// The person, whose record your organisation keeps; or else `employeeRef`.
    person_id: Option<ID>,
    /// The reference of your system that stands for the person: see `employeeLinkUpsert`.
    employee_ref: Option<String>,
    /// Who pays for the place.
    funding_basis: FundingBasis,
    /// The organisation that employs or supports the person.
    sponsor_id: Option<ID>,
    /// The first day that counts, where somebody was there before it is recorded; today, if not said.
    from: Option<Date>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// What the national team says of a held enrolment.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentResolveInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Whether it is let be.
    admit: bool,
    /// Why it is let be, or not.
    reason: String,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Somebody leaves.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentWithdrawInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The last day that counts.
    on: Date,
    /// Why: DECLINED_PLACE or NO_SHOW before a session was attended, another reason after it.
    reason: WithdrawalReason,
    /// On whose side it was; left out where you leave yourself.
    initiator: Option<WithdrawalInitiator>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Somebody pauses.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentDeferInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Somebody comes back to the same course.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentResumeInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Somebody goes on in another course.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentTransferInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The course in which they go on.
    course_id: ID,
    /// The wording by which the person agreed that their record goes along, where another organisation delivers it: the
    /// consent is recorded.
    consent_wording: Option<String>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Somebody tries again what was missing.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentResitInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Who looks after somebody; what is absent stays.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentSetSupportInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The peer supervisor.
    supervisor_id: Option<ID>,
    /// The tutor.
    tutor_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

/// Who employs or supports somebody.
#[derive(InputObject, Clone, Serialize)]
pub struct EnrolmentSetSponsorInput {
    /// The enrolment.
    id: ID,
    /// Its version as you read it.
    expected_version: i32,
    /// The organisation; none any more, if left out.
    sponsor_id: Option<ID>,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

pub(super) fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations that make and change enrolments.
#[derive(Default)]
pub struct EnrolmentMutations;

#[Object]
impl EnrolmentMutations {
    /// Gives somebody a place on a course. Where the person has a place of this kind already, whoever gave it, it is held
    /// for national review, and you learn nothing more.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place.")] input: EnrolmentCreateInput,
    ) -> Result<Payload<EnrolmentCreate>> {
        let asked = Asked::new("enrolmentCreate", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let course = ids_of("crs", "courseId", &input.course_id)?;
        let person = input.person_id.as_ref().map(|id| ids_of("per", "personId", id));
        let who = match (person.transpose()?, input.employee_ref) {
            (Some(person), None) => Who::Id(person),
            (None, Some(reference)) => Who::Employee(reference),
            (Some(_), Some(_)) | (None, None) => {
                let message = "name the person by personId or by employeeRef, not both";
                return Ok(Payload::refused(vec![Refusal::at(Code::Invalid, "personId", message)]));
            }
        };
        let sponsor = input.sponsor_id.as_ref().map(|id| ids_of("org", "sponsorId", id));
        let new = Place {
            who,
            sponsor: sponsor.transpose()?,
            basis: input.funding_basis.into(),
            from: input.from.map(|Date(day)| day),
        };
        asked
            .run(ctx, parts, move |unit| {
                let new = new.clone();
                Box::pin(async move { service::create(unit, course, &new).await })
            })
            .await
    }

    /// Lets a held enrolment be, or does not.
    #[graphql(visible = "visible::oversee_enrolments", tag = "national")]
    async fn enrolment_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: EnrolmentResolveInput,
    ) -> Result<Payload<EnrolmentResolve>> {
        let asked = Asked::new("enrolmentResolve", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let admit = input.admit;
        asked
            .run(ctx, parts, move |unit| {
                let reason = input.reason.clone();
                Box::pin(async move { service::resolve(unit, at, admit, &reason).await })
            })
            .await
    }

    /// Records that somebody leaves: yourself, or somebody on a course of your organisation.
    async fn enrolment_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who leaves, when and why.")] input: EnrolmentWithdrawInput,
    ) -> Result<Payload<EnrolmentWithdraw>> {
        let asked = Asked::new("enrolmentWithdraw", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let how = Withdrawal {
            on: input.on.0,
            reason: input.reason.into(),
            initiator: input.initiator.map(Into::into),
        };
        asked.run(ctx, parts, move |unit| Box::pin(life::withdraw(unit, at, how))).await
    }

    /// Records that somebody pauses from today on.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_defer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who pauses.")] input: EnrolmentDeferInput,
    ) -> Result<Payload<EnrolmentDefer>> {
        let asked = Asked::new("enrolmentDefer", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(life::defer(unit, at))).await
    }

    /// Records that somebody comes back to the same course. What was held meanwhile counts on neither side.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who comes back.")] input: EnrolmentResumeInput,
    ) -> Result<Payload<EnrolmentResume>> {
        let asked = Asked::new("enrolmentResume", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(life::resume(unit, at))).await
    }

    /// Lets somebody go on in another course of the same kind: one of the same organisation by its staff, one of another
    /// by a quality lead with the person's consent. Gives the new enrolment; what was earned is carried over.
    #[graphql(visible = "visible::transfer_people")]
    async fn enrolment_transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who goes on where.")] input: EnrolmentTransferInput,
    ) -> Result<Payload<EnrolmentTransfer>> {
        let asked = Asked::new("enrolmentTransfer", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let to = Transfer {
            course: ids_of("crs", "courseId", &input.course_id)?,
            consent_wording: input.consent_wording.clone(),
        };
        asked.run(ctx, parts, move |unit| Box::pin(life::transfer(unit, at, to.clone()))).await
    }

    /// Lets somebody who did not graduate try again what was missing: the assignment is handed in as often as at first.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_resit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who tries again.")] input: EnrolmentResitInput,
    ) -> Result<Payload<EnrolmentResit>> {
        let asked = Asked::new("enrolmentResit", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        asked.run(ctx, parts, move |unit| Box::pin(life::resit(unit, at))).await
    }

    /// Says who supervises and tutors somebody.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_set_support(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who looks after whom.")] input: EnrolmentSetSupportInput,
    ) -> Result<Payload<EnrolmentSetSupport>> {
        let asked = Asked::new("enrolmentSetSupport", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let of = |path, id: Option<&ID>| id.map(|id| ids_of("per", path, id)).transpose();
        let by = Support {
            supervisor: of("supervisorId", input.supervisor_id.as_ref())?,
            tutor: of("tutorId", input.tutor_id.as_ref())?,
        };
        asked.run(ctx, parts, move |unit| Box::pin(life::support(unit, at, by))).await
    }

    /// Says which organisation employs or supports somebody from now on.
    #[graphql(visible = "visible::enrol_people")]
    async fn enrolment_set_sponsor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is sponsored by whom.")] input: EnrolmentSetSponsorInput,
    ) -> Result<Payload<EnrolmentSetSponsor>> {
        let asked = Asked::new("enrolmentSetSponsor", &input, input.idempotency_key.as_ref());
        let at = At { id: ids_of("enr", "id", &input.id)?, version: input.expected_version };
        let sponsor = input.sponsor_id.as_ref().map(|id| ids_of("org", "sponsorId", id));
        let sponsor = sponsor.transpose()?;
        asked.run(ctx, parts, move |unit| Box::pin(life::set_sponsor(unit, at, sponsor))).await
    }
}
