//! The monitoring of equality as it can be read: as disclosed figures alone.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use serde::Serialize;

use crate::application::equality::{self, Figures, Group};
use crate::calendar::FinancialYear;
use crate::graphql::error::{ErrorCode, nullable, of_fault};
use crate::graphql::mutate::{argument, coded};
use crate::graphql::visible;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::Op;

/// How old somebody is.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "EqualityAgeBand", remote = "equality::AgeBand")]
pub enum AgeBandChoice {
    /// Under 25.
    #[graphql(name = "UNDER_25")]
    Under25,
    /// 25 to 34.
    #[graphql(name = "FROM_25_TO_34")]
    From25To34,
    /// 35 to 44.
    #[graphql(name = "FROM_35_TO_44")]
    From35To44,
    /// 45 to 54.
    #[graphql(name = "FROM_45_TO_54")]
    From45To54,
    /// 55 to 64.
    #[graphql(name = "FROM_55_TO_64")]
    From55To64,
    /// 65 and over.
    #[graphql(name = "OVER_64")]
    Over64,
    /// Rather not said.
    NotSaid,
}

/// Gender.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "EqualityGender", remote = "equality::Gender")]
pub enum GenderChoice {
    /// A woman.
    Woman,
    /// A man.
    Man,
    /// Non-binary.
    NonBinary,
    /// Another.
    Other,
    /// Rather not said.
    NotSaid,
}

/// Ethnic group, by the five groups of the census.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "EqualityEthnicGroup", remote = "equality::EthnicGroup")]
pub enum EthnicGroupChoice {
    /// Asian or Asian British.
    Asian,
    /// Black, Black British, Caribbean or African.
    Black,
    /// Mixed or multiple groups.
    Mixed,
    /// White.
    White,
    /// Another group.
    Other,
    /// Rather not said.
    NotSaid,
}

/// Whether somebody considers themselves disabled.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "EqualityDisability", remote = "equality::Disability")]
pub enum DisabilityChoice {
    /// Considers themselves disabled.
    Yes,
    /// Does not.
    No,
    /// Rather not said.
    NotSaid,
}

/// Sexual orientation.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "EqualitySexualOrientation", remote = "equality::Orientation")]
pub enum OrientationChoice {
    /// Heterosexual.
    Heterosexual,
    /// Gay or lesbian.
    GayOrLesbian,
    /// Bisexual.
    Bisexual,
    /// Another.
    Other,
    /// Rather not said.
    NotSaid,
}

/// How applicants answered, as figures: small ones are not told, others are rounded.
#[derive(SimpleObject)]
pub struct EqualityMonitoring {
    /// How many answered; null if too few.
    answers: Option<u32>,
    /// Each question with its answers.
    questions: Vec<EqualityQuestion>,
}

/// A question, with how often each answer was given.
#[derive(SimpleObject)]
pub struct EqualityQuestion {
    /// The name of the question, as in the input of `equalityAnswer`.
    question: String,
    /// Each answer, whether or not it was given.
    answers: Vec<EqualityCount>,
}

/// How often an answer was given.
#[derive(SimpleObject)]
pub struct EqualityCount {
    /// The answer, as in the input of `equalityAnswer`.
    answer: String,
    /// How often; null if too seldom to be told.
    count: Option<u32>,
}

impl From<Figures> for EqualityMonitoring {
    fn from(Figures { answers, questions }: Figures) -> Self {
        let count = |count: equality::Count| EqualityCount {
            answer: count.answer.to_owned(),
            count: count.count,
        };
        let question = |(name, answers): (&str, Vec<equality::Count>)| EqualityQuestion {
            question: name.to_owned(),
            answers: answers.into_iter().map(count).collect(),
        };
        Self { answers, questions: questions.into_iter().map(question).collect() }
    }
}

/// What is told of the answers.
#[derive(Default)]
pub struct EqualityQueries;

#[Object]
impl EqualityQueries {
    /// How applicants of an organisation answered for the monitoring of equality; null where you may not see it.
    #[graphql(visible = "visible::see_equality")]
    async fn equality_monitoring(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation that delivers.")] organisation_id: ID,
        #[graphql(desc = "What its courses train people for.")] programme_type: ProgrammeTypeChoice,
        #[graphql(desc = "The financial year in which they applied, such as 2026/27.")]
        financial_year: String,
    ) -> Result<Option<EqualityMonitoring>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let organisation = argument("org", "organisationId", &organisation_id)?;
        let year = FinancialYear::parse(&financial_year).map_err(|_| {
            let message = "financialYear must be like 2026/27";
            coded(ErrorCode::BadUserInput.error(message, None))
        })?;
        let group = Group {
            organisation,
            programme_type: programme_type.into(),
            financial_year: chrono::Datelike::year(&year.first_day()),
        };
        let found = equality::figures(op.core(), op.identity(), group).await;
        let found = found.map_err(|fault| coded(of_fault(&fault, None)));
        Ok(nullable(ctx, found).map(Into::into))
    }
}
