//! Views of readiness that no row gives alone.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use uuid::Uuid;

use super::{ReadinessIndicator, ReadinessOutcome};
use crate::actor::{Actor, Identity, Permission};
use crate::command::Stop;
use crate::db::{Access, DbFault, Tx};
use crate::disclosure::Disclosure;
use crate::graphql::error::of_fault;
use crate::graphql::ids;
use crate::graphql::mutate::{coded, ids_of};
use crate::graphql::scalars::Date;
use crate::read::{One, Op};
use crate::readiness::desk::sees;
use crate::readiness::model::{Content, Instrument, InstrumentState};
use crate::readiness::score::Score;
use crate::readiness::store::Readiness;
use crate::readiness::views::{self, Report, Spread, Sum};
use crate::reference::graphql::Region;

/// The score of a domain.
#[derive(SimpleObject)]
pub struct ReadinessDomainFigure {
    /// The code of the domain.
    code: String,
    /// What it is called.
    title: String,
    /// In basis points; null where nothing of it applies or is known.
    score: Option<i32>,
}

/// What a sheet of answers scores.
#[derive(SimpleObject)]
pub struct ReadinessFigures {
    /// The whole, in basis points.
    overall: i32,
    /// What follows.
    outcome: ReadinessOutcome,
    /// Its domains.
    domains: Vec<ReadinessDomainFigure>,
    /// What stands between it and READY, in words.
    lacks_for_ready: Vec<String>,
    /// What stands between it and CONDITIONAL, in words.
    lacks_for_conditional: Vec<String>,
}

/// An indicator that raters see differently.
#[derive(SimpleObject)]
pub struct ReadinessDisagreement {
    /// The indicator.
    indicator: Option<One<ReadinessIndicator>>,
    /// The lowest score.
    lowest: Option<i32>,
    /// The highest score.
    highest: Option<i32>,
    /// Whether some say that it does not apply, and others score it.
    applies_to_some: bool,
}

/// An indicator to be raised.
#[derive(SimpleObject)]
pub struct ReadinessRaise {
    /// The indicator.
    indicator: Option<One<ReadinessIndicator>>,
    /// Its code.
    code: String,
    /// The score that it has to reach.
    to: i32,
}

/// Indicators that raise the outcome together.
#[derive(SimpleObject)]
pub struct ReadinessRaiseSet {
    /// The indicators.
    raises: Vec<ReadinessRaise>,
}

/// What would raise the outcome.
#[derive(SimpleObject)]
pub struct ReadinessForecast {
    /// The next outcome.
    outcome: ReadinessOutcome,
    /// Whether an action with a date is missing.
    needs_plan: bool,
    /// The smallest sets of indicators that reach it, at most 10; each score is as low as it can be.
    sets: Vec<ReadinessRaiseSet>,
}

/// Where an assessment stands, worked out from its answers and scores.
#[derive(SimpleObject)]
pub struct ReadinessReport {
    /// By its raters, once each of them has answered everything.
    own: Option<ReadinessFigures>,
    /// As scored by the reviewer, once everything is scored.
    validated: Option<ReadinessFigures>,
    /// How much higher the raters score the whole than the reviewer, in basis points.
    gap: Option<i32>,
    /// Where its raters disagree.
    disagreements: Vec<ReadinessDisagreement>,
    /// What would raise the outcome of what is validated, else of the raters; null if it is READY.
    forecast: Option<ReadinessForecast>,
}

/// One validated assessment of a trend.
#[derive(SimpleObject)]
pub struct ReadinessTrendStep {
    /// The id of the assessment.
    assessment_id: ID,
    /// When it was validated.
    validated_on: Date,
    /// The instrument by which it was found.
    instrument_name: String,
    /// What was found.
    outcome: ReadinessOutcome,
    /// The scores in the domains of the instrument asked about.
    domains: Vec<ReadinessDomainFigure>,
}

/// How many organisations stand at each outcome; null where the count, or that of all of them, is too small to be
/// told.
#[derive(SimpleObject)]
pub struct ReadinessSpread {
    /// READY.
    ready: Option<u32>,
    /// CONDITIONAL.
    conditional: Option<u32>,
    /// NOT_READY.
    not_ready: Option<u32>,
}

/// The outcomes of a region.
#[derive(SimpleObject)]
pub struct ReadinessRegion {
    /// The region; null for organisations without one.
    region: Option<One<Region>>,
    /// Its outcomes.
    spread: ReadinessSpread,
}

/// A domain of the nation.
#[derive(SimpleObject)]
pub struct ReadinessDomainMean {
    /// The code of the domain.
    code: String,
    /// What it is called.
    title: String,
    /// The mean of what is validated, in basis points; null where too few are counted.
    score: Option<i32>,
    /// How much higher raters score it than reviewers, in basis points.
    gap: Option<i32>,
}

/// An indicator of the nation.
#[derive(SimpleObject)]
pub struct ReadinessIndicatorMean {
    /// The indicator.
    indicator: Option<One<ReadinessIndicator>>,
    /// Its code.
    code: String,
    /// The mean of what is validated, in hundredths of a point.
    hundredths: i32,
}

/// How the nation does by an instrument: of every organisation the assessment that holds today. No organisation is
/// named.
#[derive(SimpleObject)]
pub struct ReadinessOverview {
    /// The outcomes of all.
    spread: ReadinessSpread,
    /// The outcomes of each region.
    regions: Vec<ReadinessRegion>,
    /// The means of each domain.
    domains: Vec<ReadinessDomainMean>,
    /// The ten indicators with the lowest means, lowest first.
    weakest: Vec<ReadinessIndicatorMean>,
}

/// Queries of readiness.
#[derive(Default)]
pub struct ReadinessQueries;

#[Object]
impl ReadinessQueries {
    /// Where an assessment stands: scores, disagreements, and what would raise its outcome. Null unless you may see
    /// the assessment.
    async fn readiness_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] assessment_id: ID,
    ) -> Result<Option<ReadinessReport>> {
        let id = ids_of("ras", "assessmentId", &assessment_id)?;
        let (tx, actor) = begin(ctx).await?;
        let store = Readiness::within(&tx);
        let found = stop(store.assessment(id).await)?.filter(|found| sees(&actor, found));
        let Some(found) = found else { return Ok(None) };
        let Some(instrument) = stop(store.instrument(found.instrument_id).await)? else {
            return Ok(None);
        };
        Ok(Some(report(stop(views::report(&store, &found, &instrument).await)?)))
    }

    /// How the readiness of an organisation has come along, in the domains of an instrument, first assessment first.
    /// Empty unless you may see its assessments.
    async fn readiness_trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] organisation_id: ID,
        #[graphql(
            desc = "The instrument; assessments by others are seen through the indicators that follow theirs."
        )]
        instrument_id: ID,
    ) -> Result<Vec<ReadinessTrendStep>> {
        let organisation = ids_of("org", "organisationId", &organisation_id)?;
        let instrument = ids_of("rin", "instrumentId", &instrument_id)?;
        let (tx, actor) = begin(ctx).await?;
        let store = Readiness::within(&tx);
        if actor.acting_for(Permission::SeeReadiness, Some(organisation)).is_none() {
            return Ok(Vec::new());
        }
        let Some(instrument) = shown(&store, &actor, instrument).await? else {
            return Ok(Vec::new());
        };
        let (content, steps) = stop(views::trend(&store, organisation, &instrument).await)?;
        let step = |step: views::Step| ReadinessTrendStep {
            assessment_id: ids::encode("ras", step.assessment).into(),
            validated_on: Date(step.on),
            instrument_name: step.instrument,
            outcome: step.outcome.into(),
            domains: figures_of(&content, &step.domains),
        };
        Ok(steps.into_iter().map(step).collect())
    }

    /// How the nation does by an instrument, for members of the network: exact for the national team, and for others
    /// without what is too small to be told. Null for others, and for an instrument that is not there.
    async fn readiness_overview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instrument.")] instrument_id: ID,
    ) -> Result<Option<ReadinessOverview>> {
        let id = ids_of("rin", "instrumentId", &instrument_id)?;
        let (tx, actor) = begin(ctx).await?;
        if !actor.holds(Permission::SeeReadiness) {
            return Ok(None);
        }
        let store = Readiness::within(&tx);
        let Some(instrument) = shown(&store, &actor, id).await? else { return Ok(None) };
        let content = stop(store.content(instrument.id).await)?;
        tx.rollback().await;
        let op = ctx.data_unchecked::<Arc<Op>>();
        // Figures over what the actor may not list.
        let system = Identity::System("readiness overview");
        let (tx, _) = op.core().begin(Access::Read, system).await.map_err(failed)?;
        let today = op.core().source().today();
        let found = views::overview(&tx, &content, instrument.id, today).await.map_err(failed)?;
        let exact = actor.may_nationally(Permission::SeeReadiness);
        Ok(Some(overview(&content, found, Disclosure::to(op.core().policy(), exact))))
    }
}

/// A transaction in the name of whoever asks.
async fn begin(ctx: &Context<'_>) -> Result<(Tx, Actor)> {
    let op = ctx.data_unchecked::<Arc<Op>>();
    op.core().begin(Access::Read, op.identity()).await.map_err(failed)
}

/// The instrument, if it is published or the actor sees drafts.
async fn shown(store: &Readiness<'_>, actor: &Actor, id: Uuid) -> Result<Option<Instrument>> {
    let found = stop(store.instrument(id).await)?;
    Ok(found.filter(|found| {
        found.state != InstrumentState::Draft || actor.may_nationally(Permission::ManageInstruments)
    }))
}

fn figures_of(content: &Content, scores: &[Option<i32>]) -> Vec<ReadinessDomainFigure> {
    let figure = |(domain, score): (&crate::readiness::model::Domain, &Option<i32>)| {
        let (code, title) = (domain.code.clone(), domain.title.clone());
        ReadinessDomainFigure { code, title, score: *score }
    };
    content.domains.iter().zip(scores).map(figure).collect()
}

fn indicator(content: &Content, place: usize) -> (Option<One<ReadinessIndicator>>, String) {
    let id = content.indicator_ids.get(place).copied();
    let code = content.indicators().nth(place).map(|(_, of)| of.code.clone());
    (id.map(One::by_id), code.unwrap_or_default())
}

fn report(found: Report) -> ReadinessReport {
    let figures = |score: &Score| ReadinessFigures {
        overall: score.overall,
        outcome: score.outcome.into(),
        domains: figures_of(&found.content, &score.domains),
        lacks_for_ready: found.words(&score.for_ready),
        lacks_for_conditional: found.words(&score.for_conditional),
    };
    let gap = found.own.as_ref().zip(found.validated.as_ref());
    let disagreements = found.disagreements.iter().map(|of| ReadinessDisagreement {
        indicator: indicator(&found.content, of.item).0,
        lowest: of.lowest,
        highest: of.highest,
        applies_to_some: of.applies_to_some,
    });
    let forecast = found.forecast.as_ref().map(|forecast| ReadinessForecast {
        outcome: forecast.outcome.into(),
        needs_plan: forecast.needs_plan,
        sets: forecast
            .sets
            .iter()
            .map(|set| ReadinessRaiseSet {
                raises: set
                    .iter()
                    .map(|raise| {
                        let (indicator, code) = indicator(&found.content, raise.item);
                        ReadinessRaise { indicator, code, to: raise.to }
                    })
                    .collect(),
            })
            .collect(),
    });
    ReadinessReport {
        own: found.own.as_ref().map(figures),
        validated: found.validated.as_ref().map(figures),
        gap: gap.map(|(own, validated)| own.overall - validated.overall),
        disagreements: disagreements.collect(),
        forecast,
    }
}

fn overview(content: &Content, found: views::Overview, to: Disclosure) -> ReadinessOverview {
    // Of a few organisations even a nought would tell where the others stand.
    let told = |of: Spread, count: u32| to.over(of.total(), to.count(count)).flatten();
    let spread = |of: Spread| ReadinessSpread {
        ready: told(of, of.ready),
        conditional: told(of, of.conditional),
        not_ready: told(of, of.not_ready),
    };
    let mean = |sum: Sum| to.over(sum.count, sum.mean()).flatten();
    let regions = found.regions.iter().map(|(region, of)| ReadinessRegion {
        region: region.map(One::by_id),
        spread: spread(*of),
    });
    let means = found.domains.iter().zip(&found.gaps);
    let domains = content.domains.iter().zip(means).map(|(domain, (score, gap))| {
        let (code, title) = (domain.code.clone(), domain.title.clone());
        ReadinessDomainMean { code, title, score: mean(*score), gap: mean(*gap) }
    });
    let known = found.indicators.iter().enumerate();
    let mut weakest: Vec<(i32, usize)> =
        known.filter_map(|(place, sum)| Some((mean(*sum)?, place))).collect();
    weakest.sort_unstable();
    let weakest = weakest.into_iter().take(10).map(|(hundredths, place)| {
        let (indicator, code) = indicator(content, place);
        ReadinessIndicatorMean { indicator, code, hundredths }
    });
    ReadinessOverview {
        spread: spread(found.all),
        regions: regions.collect(),
        domains: domains.collect(),
        weakest: weakest.collect(),
    }
}

fn failed(fault: DbFault) -> async_graphql::Error {
    coded(of_fault(&fault.into(), None))
}

/// The value, or the error that the database's failure is for the client. Reads refuse nothing.
fn stop<T>(found: std::result::Result<T, Stop>) -> Result<T> {
    found.map_err(|stop| match stop {
        Stop::Db(fault) => failed(fault),
        Stop::Refused(_) => async_graphql::Error::new("nothing refuses a reader"),
    })
}
