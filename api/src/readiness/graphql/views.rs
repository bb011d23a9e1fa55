//! Views of readiness that no row gives alone.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use uuid::Uuid;

use super::{ReadinessIndicator, ReadinessOutcome};
use crate::actor::{Actor, Identity, Permission};
use crate::db::Access;
use crate::disclosure::Disclosure;
use crate::fault::Fault;
use crate::graphql::error::{nullable, of_fault};
use crate::graphql::ids;
use crate::graphql::mutate::{argument, coded};
use crate::graphql::scalars::Date;
use crate::graphql::view::{begin, failed, stop};
use crate::read::{One, Op};
use crate::readiness::desk::sees;
use crate::readiness::model::{Content, Instrument, InstrumentState};
use crate::readiness::score::{Forecast, HIGHEST, Mark, Outcome, Raise};
use crate::readiness::store::Readiness;
use crate::readiness::views::{self, Overview, Report, Spread, Sum};
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

/// What would raise the outcome. Scores that are raised need their evidence.
#[derive(SimpleObject)]
pub struct ReadinessForecast {
    /// The outcome.
    outcome: ReadinessOutcome,
    /// Whether an action with a date is missing.
    needs_plan: bool,
    /// The smallest sets of indicators that reach it, at most 10; each score is as low as it can be. None: nothing
    /// reaches it. A set without indicators: the scores are high enough, and only the plan is missing.
    sets: Vec<ReadinessRaiseSet>,
    /// Whether these are all of the smallest sets.
    is_complete: bool,
}

/// What a rater has left to answer.
#[derive(SimpleObject)]
pub struct ReadinessUnanswered {
    /// The number of the rater.
    number: i32,
    /// The codes of the indicators.
    codes: Vec<String>,
}

/// A report, as it is told.
pub struct ReadinessReport(Arc<Report>);

/// Where an assessment stands, worked out from its answers and scores.
#[Object]
impl ReadinessReport {
    /// What each rater has left to answer.
    async fn unanswered(&self) -> Vec<ReadinessUnanswered> {
        let code = |place: &usize| indicator(&self.0.content, *place).1;
        let rater = |(number, places): &(i32, Vec<usize>)| ReadinessUnanswered {
            number: *number,
            codes: places.iter().map(code).collect(),
        };
        self.0.unanswered.iter().map(rater).collect()
    }

    /// By its raters, once each of them has answered everything: of each indicator the mean of those to whom it
    /// applies.
    async fn own(&self) -> Option<ReadinessFigures> {
        self.0.own.as_deref().map(|marks| self.figures(marks))
    }

    /// As scored by the reviewer, once everything is scored; of a validated assessment, what was found.
    async fn reviewed(&self) -> Option<ReadinessFigures> {
        self.0.reviewed.as_deref().map(|marks| self.figures(marks))
    }

    /// How much higher the raters score the whole than the reviewer, in basis points.
    async fn gap(&self) -> Option<i32> {
        let overall = |marks: &Vec<Mark>| self.0.score(marks).overall;
        Some(self.0.own.as_ref().map(overall)? - self.0.reviewed.as_ref().map(overall)?)
    }

    /// Where its raters disagree.
    async fn disagreements(&self) -> Vec<ReadinessDisagreement> {
        let of = |of: &views::Disagreement| ReadinessDisagreement {
            indicator: indicator(&self.0.content, of.item).0,
            lowest: of.lowest,
            highest: of.highest,
            applies_to_some: of.applies_to_some,
        };
        self.0.disagreements.iter().map(of).collect()
    }

    /// What would raise the outcome of what the reviewer scored, else of the raters; null once it is that high, and
    /// before the raters have answered everything.
    async fn forecast(
        &self,
        #[graphql(desc = "The outcome to reach; the next one, if not said.")] outcome: Option<
            ReadinessOutcome,
        >,
    ) -> Result<Option<ReadinessForecast>> {
        let report = Arc::clone(&self.0);
        let target = outcome.map(Outcome::from);
        // Of a large instrument it takes a while.
        let found = tokio::task::spawn_blocking(move || report.forecast(target)).await;
        let found = found.map_err(|_| {
            coded(of_fault(&Fault::Internal("a forecast was not finished".to_owned()), None))
        })?;
        Ok(found.map(|found| forecast(&self.0.content, &found)))
    }
}

impl ReadinessReport {
    fn figures(&self, marks: &[Mark]) -> ReadinessFigures {
        let score = self.0.score(marks);
        ReadinessFigures {
            overall: score.overall,
            outcome: score.outcome.into(),
            domains: figures_of(&self.0.content, &score.domains),
            lacks_for_ready: self.0.words(&score.for_ready),
            lacks_for_conditional: self.0.words(&score.for_conditional),
        }
    }
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

/// How many organisations stand at each outcome. To whom they are not told exactly, they are rounded to the nearest
/// multiple of a setting (`policy.round_to`, usually 5), and null where a count is `policy.small_count` (usually 7) or
/// less, nought among them.
#[derive(SimpleObject)]
pub struct ReadinessSpread {
    /// All of them together.
    total: Option<u32>,
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

/// How the nation does by one version of an instrument: of every organisation that is not closed the assessment that
/// holds today. No organisation is named. To whom it is not told exactly, means are rounded to the nearest twentieth,
/// and null over few.
#[derive(SimpleObject)]
pub struct ReadinessOverview {
    /// The outcomes of all.
    spread: ReadinessSpread,
    /// The outcomes of each region, by its code; a region of which nothing can be told is left out.
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
    /// Where an assessment stands: scores, disagreements, what is left to answer, and what would raise its outcome.
    /// Null unless you may see the assessment.
    async fn readiness_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment.")] assessment_id: ID,
    ) -> Option<ReadinessReport> {
        nullable(ctx, report(ctx, &assessment_id).await)
    }

    /// How the readiness of an organisation has come along, in the domains of an instrument, first assessment first.
    /// A domain counts the indicators that an assessment answers: its own, or those that follow them. Empty unless you
    /// may see its assessments.
    async fn readiness_trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organisation.")] organisation_id: ID,
        #[graphql(
            desc = "The instrument; assessments by others are seen through the indicators that follow theirs."
        )]
        instrument_id: ID,
    ) -> Option<Vec<ReadinessTrendStep>> {
        nullable(ctx, trend(ctx, &organisation_id, &instrument_id).await.map(Some))
    }

    /// How the nation does by one version of an instrument, of organisations that hold an assessment by it today: exact
    /// for the national team, and for coordinators and signatories without what is too small to be told. Null for
    /// everyone else, and for an instrument that is not there.
    async fn readiness_overview(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The instrument; the newest one by which an organisation holds an assessment, if not said."
        )]
        instrument_id: Option<ID>,
    ) -> Option<ReadinessOverview> {
        nullable(ctx, overview(ctx, instrument_id.as_ref()).await)
    }
}

async fn report(ctx: &Context<'_>, assessment_id: &ID) -> Result<Option<ReadinessReport>> {
    let id = argument("ras", "assessmentId", assessment_id)?;
    let (tx, actor) = begin(ctx).await?;
    let store = Readiness::within(&tx);
    let found = stop(store.assessment(id).await)?.filter(|found| sees(&actor, found));
    let Some(found) = found else { return Ok(None) };
    let Some(instrument) = stop(store.instrument(found.instrument_id).await)? else {
        return Ok(None);
    };
    let report = stop(views::report(&store, &found, &instrument).await)?;
    Ok(Some(ReadinessReport(Arc::new(report))))
}

async fn trend(
    ctx: &Context<'_>,
    organisation_id: &ID,
    instrument_id: &ID,
) -> Result<Vec<ReadinessTrendStep>> {
    let organisation = argument("org", "organisationId", organisation_id)?;
    let instrument = argument("rin", "instrumentId", instrument_id)?;
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

async fn overview(
    ctx: &Context<'_>,
    instrument_id: Option<&ID>,
) -> Result<Option<ReadinessOverview>> {
    let id = instrument_id.map(|id| argument("rin", "instrumentId", id)).transpose()?;
    let (tx, actor) = begin(ctx).await?;
    if !actor.holds(Permission::SeeReadiness) {
        return Ok(None);
    }
    tx.rollback().await;
    let op = ctx.data_unchecked::<Arc<Op>>();
    // Figures over what the actor may not list.
    let system = Identity::System("readiness overview");
    let (tx, _) = op.core().begin(Access::Read, system).await.map_err(failed)?;
    let store = Readiness::within(&tx);
    let today = op.core().source().today();
    let found = match id {
        Some(id) => shown(&store, &actor, id).await?,
        None => views::newest_in_use(&tx, today).await.map_err(failed)?,
    };
    let Some(instrument) = found else { return Ok(None) };
    let content = stop(store.content(instrument.id).await)?;
    let found = views::overview(&tx, &content, instrument.id, today).await.map_err(failed)?;
    let exact = actor.may_nationally(Permission::SeeReadiness);
    Ok(Some(told(&content, found, Disclosure::to(op.core().policy(), exact))))
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

fn forecast(content: &Content, found: &Forecast) -> ReadinessForecast {
    let raise = |raise: &Raise| {
        let (indicator, code) = indicator(content, raise.item);
        ReadinessRaise { indicator, code, to: raise.to }
    };
    let set = |set: &Vec<Raise>| ReadinessRaiseSet { raises: set.iter().map(raise).collect() };
    ReadinessForecast {
        outcome: found.outcome.into(),
        needs_plan: found.needs_plan,
        sets: found.sets.iter().map(set).collect(),
        is_complete: found.complete,
    }
}

fn told(content: &Content, found: Overview, to: Disclosure) -> ReadinessOverview {
    let spread = |of: Spread| {
        // Even a nought would tell where the others stand.
        let told = |count: u32| to.over(of.total().min(count), to.count(count)).flatten();
        ReadinessSpread {
            total: told(of.total()),
            ready: told(of.ready),
            conditional: told(of.conditional),
            not_ready: told(of.not_ready),
        }
    };
    let share = |sum: Sum| to.mean(sum.count, sum.mean(), 10_000);
    let regions = found.regions.iter().filter_map(|(region, of)| {
        let region = region.as_ref().map(|(_, id)| One::by_id(*id));
        to.over(of.total(), ReadinessRegion { region, spread: spread(*of) })
    });
    let means = found.domains.iter().zip(&found.gaps);
    let domains = content.domains.iter().zip(means).map(|(domain, (score, gap))| {
        let (code, title) = (domain.code.clone(), domain.title.clone());
        ReadinessDomainMean { code, title, score: share(*score), gap: share(*gap) }
    });
    let hundredths = |sum: &Sum| to.mean(sum.count, sum.mean(), HIGHEST * 100);
    let known = found.indicators.iter().enumerate();
    let mut weakest: Vec<(i32, usize)> =
        known.filter_map(|(place, sum)| Some((hundredths(sum)?, place))).collect();
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
