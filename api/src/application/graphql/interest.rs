//! Interest, and answers for the monitoring of equality: what anyone may tell, without an account.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::equality::OrientationChoice;
use super::equality::{AgeBandChoice, DisabilityChoice, EthnicGroupChoice, GenderChoice};
use crate::application::equality::{self, Answer};
use crate::application::interest::{self, NewInterest, Unheard};
use crate::command::Outcome;
use crate::course::graphql::Course;
use crate::graphql::error::{ErrorCode, of_fault};
use crate::graphql::mutate::{coded, ids_of};
use crate::graphql::payload::Payload;
use crate::mutations;
use crate::organisation::graphql::Organisation;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::Op;

mutations! {
    InterestRegister by SignedIn -> course: Course, [];
    InterestConfirm by SignedIn -> course: Course, [];
    EqualityAnswer by SignedIn -> organisation: Organisation, [TokenUsed];
}

/// Interest in a course, or in any course of a type in an area.
#[derive(InputObject, Clone, Serialize)]
pub struct InterestRegisterInput {
    /// The course; or name a type and an area.
    course_id: Option<ID>,
    /// What the course should train people for.
    programme_type: Option<ProgrammeTypeChoice>,
    /// The letters with which your postcode begins, such as NN.
    postcode_area: Option<String>,
    /// What you are called.
    name: String,
    /// Your e-mail address, to which a code is sent.
    email: String,
}

/// The proof of an address.
#[derive(InputObject, Clone, Serialize)]
pub struct InterestConfirmInput {
    /// The code that was sent to the address.
    token: String,
}

/// One answer for the monitoring of equality; every question is optional.
#[derive(InputObject, Clone, Serialize)]
pub struct EqualityAnswerInput {
    /// The code that `applicationSubmit` told: it leads to nobody, and is good for one answer.
    token: String,
    /// How old you are.
    age_band: Option<AgeBandChoice>,
    /// Your gender.
    gender: Option<GenderChoice>,
    /// Your ethnic group.
    ethnic_group: Option<EthnicGroupChoice>,
    /// Whether you consider yourself disabled.
    disability: Option<DisabilityChoice>,
    /// Your sexual orientation.
    sexual_orientation: Option<OrientationChoice>,
}

/// An error of the protocol where nobody is heard.
pub(super) fn unheard(why: Unheard) -> async_graphql::Error {
    match why {
        Unheard::Failed(fault) => coded(of_fault(&fault, None)),
        Unheard::TooMany(seconds) => {
            let message = format!("too many tries: come back in {seconds} seconds");
            coded(ErrorCode::RateLimited.error(message, None))
        }
    }
}

fn parts(id: Uuid) -> (Uuid, Vec<String>) {
    (id, Vec::new())
}

/// What anyone may tell.
#[derive(Default)]
pub struct InterestMutations;

#[Object]
impl InterestMutations {
    /// Says that you might apply. Needs no account. A code goes to the address; the answer is the same whether or not
    /// the address is known. What is not confirmed within three days is deleted.
    async fn interest_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In what, and who.")] input: InterestRegisterInput,
    ) -> Result<Payload<InterestRegister>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let course = input.course_id.as_ref().map(|id| ids_of("crs", "courseId", id));
        let new = NewInterest {
            course: course.transpose()?,
            programme_type: input.programme_type.map(Into::into),
            postcode_area: input.postcode_area,
            name: input.name,
            email: input.email,
        };
        let outcome = interest::register(op.core(), op.payer(), new).await.map_err(unheard)?;
        told(op, outcome).await
    }

    /// Proves the address by the code that was sent there. Whoever delivers the course then sees name and address.
    async fn interest_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: InterestConfirmInput,
    ) -> Result<Payload<InterestConfirm>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let outcome =
            interest::confirm(op.core(), op.payer(), &input.token).await.map_err(unheard)?;
        told(op, outcome).await
    }

    /// Answers for the monitoring of equality, apart from any application: nobody who selects sees it, and figures
    /// alone leave the service.
    async fn equality_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answers.")] input: EqualityAnswerInput,
    ) -> Result<Payload<EqualityAnswer>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let given = Answer {
            age_band: input.age_band.map(Into::into),
            gender: input.gender.map(Into::into),
            ethnic_group: input.ethnic_group.map(Into::into),
            disability: input.disability.map(Into::into),
            orientation: input.sexual_orientation.map(Into::into),
        };
        let outcome = equality::answer(op.core(), &input.token, given).await;
        told(op, outcome.map_err(|fault| coded(of_fault(&fault, None)))?).await
    }
}

/// The payload of what the service did in its own name.
async fn told<M: crate::graphql::payload::Mutation>(
    op: &Op,
    outcome: Outcome<Uuid>,
) -> Result<Payload<M>> {
    op.read_after_write().await;
    Ok(Payload::of(outcome, false, parts))
}
