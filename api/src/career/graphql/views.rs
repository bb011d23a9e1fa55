//! Figures of what comes after graduation.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::DestinationKind;
use crate::calendar::FinancialYear;
use crate::career::{development, report};
use crate::graphql::error::{ErrorCode, nullable, of_fault};
use crate::graphql::ids;
use crate::graphql::mutate::{argument, coded};
use crate::graphql::visible;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::Op;

/// Where graduates of one kind of programme, one region and one year went.
#[derive(SimpleObject)]
pub struct DestinationGroup {
    /// What they were trained for.
    programme_type: ProgrammeTypeChoice,
    /// The region of the organisation that delivered, when they graduated; null where it had none.
    region: Option<String>,
    /// How many answered; null if too few.
    graduates: Option<u32>,
    /// How many went where: every kind, whether or not anybody went there.
    counts: Vec<DestinationCount>,
}

/// How many graduates went somewhere.
#[derive(SimpleObject)]
pub struct DestinationCount {
    /// Where.
    kind: DestinationKind,
    /// How many; null if too few to be told, or if it would tell another figure.
    count: Option<u32>,
}

/// How long somebody developed in a year. What it was is told to nobody by this.
#[derive(SimpleObject)]
pub struct DevelopmentTotal {
    /// The id of the person.
    person_id: ID,
    /// All minutes.
    minutes: i32,
    /// Those that somebody confirmed.
    confirmed_minutes: i32,
}

fn year_of(text: &str) -> Result<FinancialYear> {
    FinancialYear::parse(text).map_err(|_| {
        let message = "financialYear must be like 2026/27";
        coded(ErrorCode::BadUserInput.error(message, None))
    })
}

fn small(of: i64) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

/// Queries about what comes after graduation.
#[derive(Default)]
pub struct CareerQueries;

#[Object]
impl CareerQueries {
    /// Where those went who graduated in a year, by programme type and region: exact for the quality lead, disclosed for
    /// analysts. Null to others.
    #[graphql(visible = "visible::analyse_destinations")]
    async fn graduate_destination_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The financial year in which they graduated, such as 2026/27.")]
        financial_year: String,
        #[graphql(desc = "So many months after graduation.")] asked_after_months: i32,
    ) -> Result<Option<Vec<DestinationGroup>>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let asked = (year_of(&financial_year)?, asked_after_months);
        let found = report::destinations(op.core(), op.identity(), asked).await;
        let found = found.map_err(|fault| coded(of_fault(&fault, None)));
        let group = |group: report::Group| DestinationGroup {
            programme_type: group.programme_type.into(),
            region: group.region,
            graduates: group.graduates,
            counts: group
                .counts
                .into_iter()
                .map(|of| DestinationCount { kind: of.kind.into(), count: of.count })
                .collect(),
        };
        Ok(nullable(ctx, found).map(|groups| groups.into_iter().map(group).collect()))
    }

    /// How many minutes people developed in a financial year: your own; or, of the people whose record an organisation
    /// keeps, for its coordinators. Null to others. What they did is not among it. At most
    /// 2,000 people, in the order of their ids.
    async fn development_totals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The financial year, such as 2026/27.")] financial_year: String,
        #[graphql(desc = "The organisation; absent for your own.")] organisation_id: Option<ID>,
    ) -> Result<Option<Vec<DevelopmentTotal>>> {
        let op = ctx.data_unchecked::<Arc<Op>>();
        let organisation =
            organisation_id.as_ref().map(|id| argument("org", "organisationId", id)).transpose()?;
        let asked = (organisation, year_of(&financial_year)?);
        let found = development::totals(op.core(), op.identity(), asked).await;
        let found = found.map_err(|fault| coded(of_fault(&fault, None)));
        let total = |of: development::Total| DevelopmentTotal {
            person_id: ID(ids::encode("per", of.person)),
            minutes: small(of.minutes),
            confirmed_minutes: small(of.confirmed),
        };
        Ok(nullable(ctx, found).map(|totals| totals.into_iter().map(total).collect()))
    }
}
