//! How a version is published and how it retires.

use chrono::NaiveDate;
use uuid::Uuid;

use super::document;
use super::model::{Command, State, Version};
use super::rules;
use super::service::{Changed, Desk};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::refusal::{Code, Refusal};

/// Publishes a draft: from now on it never changes.
///
/// # Errors
///
/// Everything that is not met, or what the database answers.
pub async fn publish(unit: &Unit, id: Uuid, expected_version: i32) -> Result<Changed, Stop> {
    let (desk, before) =
        Desk::at(unit, id, expected_version, Permission::PublishProgrammes).await?;
    let content = desk.store.kept(&before).await?.content;
    let catalogue = desk.store.catalogue().await?;
    let mut unmet = rules::unmet_for_step(before.state, Command::Publish);
    if unmet.is_empty() {
        unmet.extend(rules::unmet_for_publication(&content, &catalogue));
    }
    refuse_any(unmet)?;
    let programme = desk.store.programme(before.programme_id).await?;
    let programme = programme.ok_or_else(|| Refusal::whole(Code::NotFound))?;
    let hash = document::of(&programme, &before, &content, &catalogue).hash();
    let after = Version {
        state: State::Published,
        content_hash: Some(hash),
        published_at: Some(unit.now()),
        ..before.clone()
    };
    desk.save("programme_version.published", &before, after, &[], None).await?;
    let mut impact = vec!["it never changes from now on, and everyone sees it".to_owned()];
    if let Some(from) = before.outline.effective_from {
        impact.push(format!("courses may start on it from {from}"));
    }
    Ok(Changed { id, impact })
}

/// Retires a published version: nothing new begins on it, what is open on it goes on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn retire(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    last_start_date: Option<NaiveDate>,
    reason: &str,
) -> Result<Changed, Stop> {
    let (desk, before) =
        Desk::at(unit, id, expected_version, Permission::PublishProgrammes).await?;
    let last = last_start_date.or_else(|| Some(unit.today()).max(before.outline.effective_from));
    let mut unmet = rules::unmet_for_step(before.state, Command::Retire);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    if last < before.outline.effective_from {
        let message = "must not lie before the first day on which a course may start";
        unmet.push(Refusal::at(Code::Invalid, "lastStartDate", message));
    }
    refuse_any(unmet)?;
    let mut after = Version {
        state: State::Retired,
        retired_at: Some(unit.now()),
        retirement_reason: Some(reason.trim().to_owned()),
        ..before.clone()
    };
    after.outline.last_start_date = last;
    desk.save("programme_version.retired", &before, after, &[], Some(reason)).await?;
    let until = last.map(|day| format!("no course starts on it after {day}"));
    let impact = until.into_iter().chain(Some("courses that are open on it go on".to_owned()));
    Ok(Changed { id, impact: impact.collect() })
}
