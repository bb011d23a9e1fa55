//! What no row says alone: where an assessment stands, how an organisation has come along, and how the nation does.

use chrono::NaiveDate;
use entities::{
    readiness_assessment, readiness_domain_score, readiness_validation, region_membership,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::gate::told;
use super::model::{Assessment, Content, Instrument, State};
use super::rules::{self, Sheet};
use super::score::{Forecast, Mark, Outcome, Score};
use super::store::Readiness;
use crate::command::Stop;
use crate::db::{DbFault, Tx};

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
    /// By its raters, once each of them has answered everything.
    pub own: Option<Score>,
    /// As scored by the reviewer, once everything is scored.
    pub validated: Option<Score>,
    /// Where its raters disagree.
    pub disagreements: Vec<Disagreement>,
    /// What would raise the outcome: of what is validated, else of the raters.
    pub forecast: Option<Forecast>,
}

impl Report {
    /// A rule that is not met, in words.
    #[must_use]
    pub fn words(&self, findings: &[super::score::Finding]) -> Vec<String> {
        findings.iter().map(|finding| told(*finding, &self.content)).collect()
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
    let ruler = content.ruler(&instrument.thresholds);
    let planned = !store.open_actions(of.id).await?.is_empty();
    let sheets = store.sheets(of.id).await?;
    let complete = !sheets.is_empty()
        && sheets
            .iter()
            .all(|sheet| content.indicator_ids.iter().all(|id| sheet.answer(*id).is_some()));
    let means = complete.then(|| rules::means(&content, &sheets));
    let scores = rules::marks(&content, &store.scores(of.id).await?);
    let marks: Option<Vec<Mark>> = scores.into_iter().collect();
    let best = marks.as_ref().or(means.as_ref());
    let from = instrument.thresholds.disagreement_from;
    Ok(Report {
        forecast: best.and_then(|marks| ruler.forecast(marks, planned)),
        own: means.as_ref().map(|marks| ruler.score(marks, planned)),
        validated: marks.as_ref().map(|marks| ruler.score(marks, planned)),
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
    fn add(&mut self, value: Option<i32>) {
        if let Some(value) = value {
            self.count += 1;
            self.sum += i64::from(value);
        }
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
    /// By region; those without one come last, under none.
    pub regions: Vec<(Option<Uuid>, Spread)>,
    /// The validated score of each domain, in basis points.
    pub domains: Vec<Sum>,
    /// What raters say above what is validated, of each domain, in basis points.
    pub gaps: Vec<Sum>,
    /// The validated score of each indicator, in hundredths of a point.
    pub indicators: Vec<Sum>,
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
    let standing = readiness_assessment::Entity::find()
        .filter(readiness_assessment::Column::InstrumentId.eq(instrument))
        .filter(readiness_assessment::Column::State.eq(State::Validated.code()))
        .all(tx)
        .await?;
    let current = |row: &readiness_assessment::Model| row.valid_to.is_none_or(|to| today < to);
    let standing: Vec<_> = standing.into_iter().filter(current).collect();
    let ids: Vec<Uuid> = standing.iter().map(|row| row.id).collect();
    let regions = region_membership::Entity::find()
        .filter(region_membership::Column::ValidFrom.lte(today))
        .filter(
            region_membership::Column::OrganisationId
                .is_in(standing.iter().map(|row| row.organisation_id)),
        )
        .all(tx)
        .await?;
    let region_of = |organisation: Uuid| {
        let holds = |held: &&region_membership::Model| {
            held.organisation_id == organisation && held.valid_to.is_none_or(|to| today < to)
        };
        regions.iter().find(holds).map(|held| held.region_id)
    };
    let mut found = Overview {
        domains: vec![Sum::default(); content.domains.len()],
        gaps: vec![Sum::default(); content.domains.len()],
        indicators: vec![Sum::default(); content.indicator_ids.len()],
        ..Overview::default()
    };
    for row in &standing {
        let Some(outcome) = row.outcome.as_deref().and_then(Outcome::from_code) else { continue };
        found.all.add(outcome);
        let region = region_of(row.organisation_id);
        match found.regions.iter_mut().find(|(known, _)| *known == region) {
            Some((_, spread)) => spread.add(outcome),
            None => {
                let mut spread = Spread::default();
                spread.add(outcome);
                found.regions.push((region, spread));
            }
        }
    }
    found.regions.sort_by_key(|(region, _)| (region.is_none(), *region));
    let scores = readiness_domain_score::Entity::find()
        .filter(readiness_domain_score::Column::AssessmentId.is_in(ids.clone()))
        .all(tx)
        .await?;
    for score in scores {
        if let Some(place) = content.domain_ids.iter().position(|id| *id == score.domain_id) {
            found.domains[place].add(score.score);
            found.gaps[place].add(score.self_score.zip(score.score).map(|(own, has)| own - has));
        }
    }
    let marks = readiness_validation::Entity::find()
        .filter(readiness_validation::Column::AssessmentId.is_in(ids))
        .all(tx)
        .await?;
    for mark in marks {
        if let Some(place) = content.place(mark.indicator_id) {
            found.indicators[place].add(mark.score.map(|score| score * 100));
        }
    }
    Ok(found)
}
