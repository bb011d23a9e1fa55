//! The gate to a licence: what an organisation was found, and what it lacks.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::{Content, Found};
use super::rules;
use super::score::{Finding, Mark};
use super::store::Readiness;
use crate::command::{Stop, Unit};

/// What stands of an organisation's readiness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The assessment.
    pub assessment: Uuid,
    /// The instrument with its version.
    pub instrument: String,
    /// What was found.
    pub found: Found,
    /// What stands between it and READY, in words.
    pub lacking: Vec<String>,
    /// The open actions of its plan: what is to be done, and by when.
    pub plan: Vec<(String, NaiveDate)>,
}

/// The assessment of an organisation that stands; `None` if none does.
///
/// # Errors
///
/// What the database answers.
pub async fn standing(unit: &Unit, organisation: Uuid) -> Result<Option<Gate>, Stop> {
    let store = Readiness::of(unit);
    let Some(assessment) = store.standing(organisation).await? else { return Ok(None) };
    let Some(found) = assessment.found else { return Ok(None) };
    let Some(instrument) = store.instrument(assessment.instrument_id).await? else {
        return Ok(None);
    };
    let content = store.content(instrument.id).await?;
    let scores = rules::marks(&content, &store.scores(assessment.id).await?);
    let marks: Vec<Mark> = scores.into_iter().map(|mark| mark.unwrap_or(Mark::of(0))).collect();
    let actions = store.open_actions(assessment.id).await?;
    let score = content.ruler(&instrument.thresholds).score(&marks, !actions.is_empty());
    let lacking = score.for_ready.iter().map(|finding| told(*finding, &content)).collect();
    let plan = actions.into_iter().map(|action| (action.text, action.due_on)).collect();
    Ok(Some(Gate {
        assessment: assessment.id,
        instrument: instrument.name(),
        found,
        lacking,
        plan,
    }))
}

/// A rule that is not met, in words.
#[must_use]
pub fn told(finding: Finding, content: &Content) -> String {
    let domain = |place: usize| content.domains.get(place).map_or("", |domain| &domain.code);
    let indicator = |place: usize| content.indicators().nth(place).map_or("", |(_, of)| &of.code);
    match finding {
        Finding::Overall { needed, found } => format!("overall {found}, needs {needed}"),
        Finding::Domain { domain: of, needed, found } => {
            format!("{} {found}, needs {needed}", domain(of))
        }
        Finding::Critical { item, needed, found } => {
            let points = if found % 100 == 0 {
                (found / 100).to_string()
            } else {
                format!("{}.{:02}", found / 100, found % 100)
            };
            format!("{} (critical) {points}, needs {needed}", indicator(item))
        }
        Finding::ActionPlan => "no action plan with dates".to_owned(),
    }
}
