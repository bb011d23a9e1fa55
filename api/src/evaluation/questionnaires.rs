//! The nation publishes the next version of the questionnaire.

use super::model::{Questionnaire, Statement};
use super::rules;
use super::store::Evaluations;
use crate::actor::Permission;
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::Changed;
use crate::refusal::Refusal;

/// Publishes the next version: from today on, courses about which nobody answered yet are answered by it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn publish(
    unit: &Unit,
    statements: Vec<(String, String)>,
    invitation: &str,
) -> Result<Changed, Stop> {
    let permission = Permission::OverseeEvaluations;
    let Some(acting_as) = unit.actor().acting_nationally(permission) else {
        return Err(Refusal::forbidden(permission).into());
    };
    refuse_any(rules::unmet_for_questionnaire(&statements, invitation))?;
    let rows = Evaluations::within(unit.tx());
    let statement = |(code, statement): (String, String)| Statement {
        id: unit.id(),
        code,
        statement: statement.trim().to_owned(),
    };
    let new = Questionnaire {
        id: unit.id(),
        number: rows.last_number().await? + 1,
        proposal: false,
        invitation: invitation.trim().to_owned(),
        published_on: unit.today(),
        statements: statements.into_iter().map(statement).collect(),
    };
    rows.publish(&new).await?;
    unit.record(Change::of("evaluation.published", None, &new, &[], acting_as, None));
    Ok(Changed::of(new.id))
}
