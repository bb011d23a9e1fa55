//! What no row says alone: where an assessment stands, how an organisation has come along, and how the nation does.

use std::collections::HashMap;

use chrono::NaiveDate;
use entities::{
    organisation, readiness_assessment, readiness_domain_score, readiness_instrument,
    readiness_validation, region, region_membership,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::gate::told;
use super::model::{Assessment, Content, Instrument, State};
use super::rules::{self, Sheet};
use super::score::{Forecast, Mark, Outcome, Ruler, Score};
use super::store::Readiness;
use crate::command::Stop;
use crate::db::{DbFault, Tx};
use crate::organisation::model::Status;

/// Two raters who see an indicator differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The place of the indicator.
    pub item: usize,
    /// The lowest score; none if nobody scored.
    pub lowest: Option<i32>,
    /// The highest score.
    pub highest: Option<i32>,
    /// Whether some say that it does not apply, and others score it.
    pub applies_to_some: bool,
}

/// Where an assessment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What its instrument asks.
    pub content: Content,
    /// How the instrument scores.
    pub ruler: Ruler,
    /// Whether there is a plan; of a validated assessment, whether there was one then.
    pub planned: bool,
    /// What each rater has left to answer: the number of the rater and the places of the indicators.
    pub unanswered: Vec<(i32, Vec<usize>)>,
    /// By its raters, once each of them has answered everything.
    pub own: Option<Vec<Mark>>,
    /// As scored by the reviewer, once everything is scored.
    pub reviewed: Option<Vec<Mark>>,
    /// Where its raters disagree.
    pub disagreements: Vec<Disagreement>,
}

impl Report {
    /// What marks score.
    #[must_use]
    pub fn score(&self, marks: &[Mark]) -> Score {
        self.ruler.score(marks, self.planned)
    }

    /// A rule that is not met, in words.
    #[must_use]
    pub fn words(&self, findings: &[super::score::Finding]) -> Vec<String> {
        findings.iter().map(|finding| told(*finding, &self.content)).collect()
    }

    /// What would raise the outcome: of what is scored by the reviewer, else of the raters. Takes a while where an
    /// instrument is large.
    #[must_use]
    pub fn forecast(&self, target: Option<Outcome>) -> Option<Forecast> {
        let best = self.reviewed.as_ref().or(self.own.as_ref())?;
        self.ruler.forecast(best, self.planned, target)
    }
}

/// Where the raters of an assessment are `from` points apart, or do not agree whether an indicator applies.
#[must_use]
pub fn disagreements(content: &Content, sheets: &[Sheet], from: i32) -> Vec<Disagreement> {
    let of = |(item, id): (usize, &Uuid)| {
        let answers: Vec<Option<i32>> =
            sheets.iter().filter_map(|sheet| sheet.answer(*id)).collect();
        let lowest = answers.iter().flatten().min().copied();
        let highest = answers.iter().flatten().max().copied();
        let applies_to_some = lowest.is_some() && answers.contains(&None);
        let apart = lowest.zip(highest).is_some_and(|(low, high)| high - low >= from);
        (apart || applies_to_some).then_some(Disagreement {
            item,
            lowest,
            highest,
            applies_to_some,
        })
    };
    content.indicator_ids.iter().enumerate().filter_map(of).collect()
}

/// Where an assessment stands.
///
/// # Errors
///
/// What the database answers.
pub async fn report(
    store: &Readiness<'_>,
    of: &Assessment,
    instrument: &Instrument,
) -> Result<Report, Stop> {
    let content = store.content(instrument.id).await?;
    let planned = match of.found {
        Some(_) => !store.lacked_plan(of.id).await?,
        None => !store.open_actions(of.id).await?.is_empty(),
    };
    let sheets = store.sheets(of.id).await?;
    let open = |sheet: &Sheet| {
        let places = content.indicator_ids.iter().enumerate();
        places.filter(|(_, id)| sheet.answer(**id).is_none()).map(|(place, _)| place).collect()
    };
    let unanswered: Vec<(i32, Vec<usize>)> =
        sheets.iter().map(|sheet| (sheet.number, open(sheet))).collect();
    let complete = !sheets.is_empty() && unanswered.iter().all(|(_, places)| places.is_empty());
    let scores = rules::marks(&content, &store.scores(of.id).await?);
    let from = instrument.thresholds.disagreement_from;
    Ok(Report {
        ruler: content.ruler(&instrument.thresholds),
        planned,
        unanswered,
        own: complete.then(|| rules::means(&content, &sheets)),
        reviewed: scores.into_iter().collect(),
        disagreements: disagreements(&content, &sheets, from),
        content,
    })
}

/// One validated assessment in the domains of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The assessment.
    pub assessment: Uuid,
    /// When it was validated.
    pub on: NaiveDate,
    /// The instrument by which it was found.
    pub instrument: String,
    /// What was found.
    pub outcome: Outcome,
    /// The score of each domain, in basis points; none where nothing is known or applies.
    pub domains: Vec<Option<i32>>,
}

/// How an organisation has come along, in the domains of `instrument`, first assessment first. Assessments by other
/// versions are seen through the indicators that follow theirs.
///
/// # Errors
///
/// What the database answers.
pub async fn trend(
    store: &Readiness<'_>,
    organisation: Uuid,
    instrument: &Instrument,
) -> Result<(Content, Vec<Step>), Stop> {
    let content = store.content(instrument.id).await?;
    let ruler = content.ruler(&instrument.thresholds);
    let validated = store.validated(organisation).await?;
    let instruments = store.instruments(validated.iter().map(|of| of.instrument_id)).await?;
    let scores = store.scores_of(validated.iter().map(|of| of.id)).await?;
    let mut steps = Vec::new();
    for of in validated {
        let by = instruments.iter().find(|by| by.id == of.instrument_id);
        let Some((found, by)) = of.found.zip(by) else { continue };
        let seen = |(place, id): (usize, &Uuid)| {
            let follows = content.indicators().nth(place).map(|(_, of)| of.follows.clone());
            let sources =
                if by.id == instrument.id { vec![*id] } else { follows.unwrap_or_default() };
            let known = scores.iter().filter(|(assessment, score)| {
                *assessment == of.id && sources.contains(&score.indicator)
            });
            Mark::mean(&known.map(|(_, score)| score.score).collect::<Vec<_>>())
        };
        let marks: Vec<Mark> = content.indicator_ids.iter().enumerate().map(seen).collect();
        steps.push(Step {
            assessment: of.id,
            on: found.validated_on,
            instrument: by.name(),
            outcome: found.outcome,
            domains: ruler.score(&marks, true).domains,
        });
    }
    Ok((content, steps))
}

/// How many organisations stand at each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// READY.
    pub ready: u32,
    /// CONDITIONAL.
    pub conditional: u32,
    /// NOT_READY.
    pub not_ready: u32,
}

impl Spread {
    /// How many organisations it counts.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.ready + self.conditional + self.not_ready
    }

    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ready => self.ready += 1,
            Outcome::Conditional => self.conditional += 1,
            Outcome::NotReady => self.not_ready += 1,
        }
    }
}

/// A sum over some organisations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: u32,
    /// Their sum.
    pub sum: i64,
}

impl Sum {
    fn of(count: i64, sum: Option<i64>) -> Self {
        Self { count: u32::try_from(count).unwrap_or(u32::MAX), sum: sum.unwrap_or_default() }
    }

    /// The mean, rounded half up; none over nothing.
    #[must_use]
    pub fn mean(self) -> Option<i32> {
        if self.count == 0 {
            return None;
        }
        let count = i64::from(self.count);
        i32::try_from((2 * self.sum + count).div_euclid(2 * count)).ok()
    }
}

/// How the nation does by an instrument: of every organisation the assessment that stands today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// All of them.
    pub all: Spread,
    /// By region, with its code, which orders them; those without one come last, under none.
    pub regions: Vec<(Option<(String, Uuid)>, Spread)>,
    /// The validated score of each domain, in basis points.
    pub domains: Vec<Sum>,
    /// What raters say above what is validated, of each domain, in basis points.
    pub gaps: Vec<Sum>,
    /// The validated score of each indicator, in hundredths of a point.
    pub indicators: Vec<Sum>,
}

impl Overview {
    /// Nothing of anything that the instrument asks.
    fn of(content: &Content) -> Self {
        Self {
            domains: vec![Sum::default(); content.domains.len()],
            gaps: vec![Sum::default(); content.domains.len()],
            indicators: vec![Sum::default(); content.indicator_ids.len()],
            ..Self::default()
        }
    }
}

/// How the nation does; in a transaction that sees all of it.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "figures over everything, as the system")]
pub async fn overview(
    tx: &Tx,
    content: &Content,
    instrument: Uuid,
    today: NaiveDate,
) -> Result<Overview, DbFault> {
    let standing: Vec<(Uuid, Option<String>)> = readiness_assessment::Entity::find()
        .select_only()
        .column(readiness_assessment::Column::OrganisationId)
        .column(readiness_assessment::Column::Outcome)
        .filter(holds(instrument, today))
        .into_tuple()
        .all(tx)
        .await?;
    let regions = regions_on(tx, today).await?;
    let mut found = Overview::of(content);
    for (organisation, outcome) in standing {
        let Some(outcome) = outcome.as_deref().and_then(Outcome::from_code) else { continue };
        found.all.add(outcome);
        let region = regions.get(&organisation).cloned();
        match found.regions.iter_mut().find(|(known, _)| *known == region) {
            Some((_, spread)) => spread.add(outcome),
            None => {
                let mut spread = Spread::default();
                spread.add(outcome);
                found.regions.push((region, spread));
            }
        }
    }
    found.regions.sort_by(|(a, _), (b, _)| (a.is_none(), a).cmp(&(b.is_none(), b)));
    let counted = || {
        Query::select()
            .column(readiness_assessment::Column::Id)
            .from(readiness_assessment::Entity)
            .cond_where(holds(instrument, today))
            .to_owned()
    };
    use readiness_domain_score::Column::{Score, SelfScore};
    let gap = || Expr::col(SelfScore).sub(Expr::col(Score));
    let by_domain: Vec<DomainSums> = readiness_domain_score::Entity::find()
        .select_only()
        .column(readiness_domain_score::Column::DomainId)
        .column_as(Score.count(), "scored")
        .column_as(Score.sum(), "score")
        .column_as(gap().count(), "compared")
        .column_as(gap().sum(), "gap")
        .filter(readiness_domain_score::Column::AssessmentId.in_subquery(counted()))
        .group_by(readiness_domain_score::Column::DomainId)
        .into_tuple()
        .all(tx)
        .await?;
    for (domain, scored, score, compared, gap) in by_domain {
        if let Some(place) = content.domain_ids.iter().position(|id| *id == domain) {
            found.domains[place] = Sum::of(scored, score);
            found.gaps[place] = Sum::of(compared, gap);
        }
    }
    let by_indicator: Vec<(Uuid, i64, Option<i64>)> = readiness_validation::Entity::find()
        .select_only()
        .column(readiness_validation::Column::IndicatorId)
        .column_as(readiness_validation::Column::Score.count(), "scored")
        .column_as(readiness_validation::Column::Score.sum(), "score")
        .filter(readiness_validation::Column::AssessmentId.in_subquery(counted()))
        .group_by(readiness_validation::Column::IndicatorId)
        .into_tuple()
        .all(tx)
        .await?;
    for (indicator, scored, score) in by_indicator {
        if let Some(place) = content.place(indicator) {
            found.indicators[place] = Sum::of(scored, score.map(|score| score * 100));
        }
    }
    Ok(found)
}

/// A domain, how many scored it and their sum, and how many raters can be compared and the sum of their gaps.
type DomainSums = (Uuid, i64, Option<i64>, i64, Option<i64>);

/// The newest instrument by which an organisation holds an assessment; in a transaction that sees all of them.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "figures over everything, as the system")]
pub async fn newest_in_use(tx: &Tx, today: NaiveDate) -> Result<Option<Instrument>, DbFault> {
    let used = Query::select()
        .column(readiness_assessment::Column::InstrumentId)
        .from(readiness_assessment::Entity)
        .cond_where(hold(today))
        .to_owned();
    let row = readiness_instrument::Entity::find()
        .filter(readiness_instrument::Column::Id.in_subquery(used))
        .order_by_desc(readiness_instrument::Column::PublishedAt)
        .order_by_desc(readiness_instrument::Column::Id)
        .one(tx)
        .await?;
    row.map(Instrument::try_from).transpose()
}

/// The assessments by an instrument that hold on `today`, of organisations that are not closed.
fn holds(instrument: Uuid, today: NaiveDate) -> Condition {
    hold(today).add(readiness_assessment::Column::InstrumentId.eq(instrument))
}

/// The same by any instrument.
fn hold(today: NaiveDate) -> Condition {
    use readiness_assessment::Column::{OrganisationId, State as Standing, ValidTo};
    let closed = Query::select()
        .column(organisation::Column::Id)
        .from(organisation::Entity)
        .and_where(organisation::Column::Status.eq(Status::Closed.code()))
        .to_owned();
    Condition::all()
        .add(Standing.eq(State::Validated.code()))
        .add(Condition::any().add(ValidTo.is_null()).add(ValidTo.gt(today)))
        .add(OrganisationId.not_in_subquery(closed))
}

/// The region of each organisation on a day, with its code, which orders them.
#[expect(clippy::disallowed_methods, reason = "figures over everything, as the system")]
async fn regions_on(tx: &Tx, today: NaiveDate) -> Result<HashMap<Uuid, (String, Uuid)>, DbFault> {
    let codes: HashMap<Uuid, String> = region::Entity::find()
        .all(tx)
        .await?
        .into_iter()
        .map(|row| (row.id, row.ods_code))
        .collect();
    use region_membership::Column::{ValidFrom, ValidTo};
    let held = region_membership::Entity::find()
        .filter(ValidFrom.lte(today))
        .filter(Condition::any().add(ValidTo.is_null()).add(ValidTo.gt(today)))
        .all(tx)
        .await?;
    let region = |row: region_membership::Model| {
        let code = codes.get(&row.region_id).cloned().unwrap_or_default();
        (row.organisation_id, (code, row.region_id))
    };
    Ok(held.into_iter().map(region).collect())
}
