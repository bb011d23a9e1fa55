//! Use cases of instruments: draft, write, publish, retire.

use uuid::Uuid;

use super::desk::Desk;
use super::document::{self, Names};
use super::model::{Domain, Instrument, InstrumentCommand, InstrumentState, Number, Thresholds};
use super::rules;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

/// What an instrument says as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it is called.
    pub title: String,
    /// Whether it is a proposal that nobody has adopted.
    pub is_proposal: bool,
    /// Where it comes from.
    pub source: Option<String>,
    /// From where outcomes begin.
    pub thresholds: Thresholds,
    /// Its domains.
    pub domains: Vec<Domain>,
}

/// Drafts a version of an instrument.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn draft(
    unit: &Unit,
    code: &str,
    number: &str,
    written: Written,
) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ManageInstruments)?;
    let mut unmet = rules::unmet_for_instrument(code, &written.title);
    let number = rules::number(number).map_err(|refusal| unmet.push(refusal)).ok();
    let mut after = None;
    if let Some(number) = number {
        let names = Names::before(&desk.store, (code, number)).await?;
        unmet.extend(unmet_for_written(&names, &written));
        after = Some((number, names));
        if desk.store.instrument_by_name(code, number).await?.is_some() {
            unmet.push(taken());
        }
    }
    refuse_any(unmet)?;
    let Some((number, names)) = after else { return Err(Refusal::whole(Code::Invalid).into()) };
    let Written { title, is_proposal, source, thresholds, domains } = written;
    let instrument = Instrument {
        id: unit.id(),
        code: code.to_owned(),
        number,
        title: title.trim().to_owned(),
        state: InstrumentState::Draft,
        is_proposal,
        source,
        thresholds,
        content_hash: None,
        published_at: None,
        retired_at: None,
        retirement_reason: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    desk.store.insert_instrument(&instrument).await?;
    desk.store.replace_content(unit, instrument.id, &domains).await?;
    desk.record("readiness_instrument.drafted", None, &instrument, &["domains"], None);
    Ok(Changed { id: instrument.id, impact: open(&names, &domains, &thresholds) })
}

fn taken() -> Refusal {
    Refusal::at(Code::InstrumentNumberTaken, "number", Code::InstrumentNumberTaken.description())
}

fn unmet_for_written(names: &Names, written: &Written) -> Vec<Refusal> {
    let mut unmet = rules::unmet_for_thresholds(&written.thresholds);
    if let Some(source) = &written.source {
        unmet.extend(unmet_for_text(source, "source", MAX_TEXT));
    }
    unmet.extend(rules::unmet_for_content(&written.domains, &names.ids()));
    unmet
}

/// What stands between a draft and its publication, and what trends will not see, in words.
fn open(names: &Names, domains: &[Domain], thresholds: &Thresholds) -> Vec<String> {
    let open = rules::unmet_for_publication(domains, thresholds);
    let mut told: Vec<String> = open.into_iter().map(|refusal| refusal.message).collect();
    if told.is_empty() {
        told.push("it can be published".to_owned());
    }
    told.extend(not_following(names, domains));
    told
}

/// The indicators that follow none of an earlier version, in words.
fn not_following(names: &Names, domains: &[Domain]) -> Option<String> {
    let indicators = domains.iter().flat_map(|domain| &domain.indicators);
    let new = indicators.filter(|indicator| indicator.follows.is_empty());
    let codes: Vec<&str> = new.map(|indicator| indicator.code.as_str()).collect();
    let told = || format!("trends begin anew for what follows no indicator: {}", codes.join(", "));
    (!names.is_empty() && !codes.is_empty()).then(told)
}

/// The desk of the nation at an instrument, locked and as the caller read it.
async fn at_instrument(unit: &Unit, at: At) -> Result<(Desk<'_>, Instrument), Stop> {
    let desk = match Desk::of_the_nation(unit, Permission::ManageInstruments) {
        Ok(desk) => desk,
        // What is published is seen by all, a draft is not.
        Err(stop) => {
            let found = super::store::Readiness::of(unit).instrument(at.id).await?;
            let shown = found.is_some_and(|found| found.state != InstrumentState::Draft);
            return Err(if shown { stop } else { not_found() });
        }
    };
    let found = desk.store.lock_instrument(at.id).await?.ok_or_else(not_found)?;
    if found.version == at.version { Ok((desk, found)) } else { Err(Refusal::stale().into()) }
}

async fn save(
    desk: &Desk<'_>,
    action: &'static str,
    before: &Instrument,
    mut after: Instrument,
    facts: &[&str],
    reason: Option<&str>,
) -> Result<(), Stop> {
    after.version = before.version + 1;
    after.updated_at = desk.unit.now();
    desk.store.update_instrument(&after).await?;
    desk.record(action, Some(before), &after, facts, reason);
    Ok(())
}

/// Lets a draft say something else, as a whole.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(unit: &Unit, at: At, written: Written) -> Result<Changed, Stop> {
    let (desk, before) = at_instrument(unit, at).await?;
    let mut unmet = rules::unmet_for_instrument_step(before.state, InstrumentCommand::Change);
    unmet.extend(rules::unmet_for_instrument(&before.code, &written.title));
    let names = Names::of(&desk.store, &before).await?;
    unmet.extend(unmet_for_written(&names, &written));
    refuse_any(unmet)?;
    let Written { title, is_proposal, source, thresholds, domains } = written;
    desk.store.replace_content(unit, at.id, &domains).await?;
    let after = Instrument {
        title: title.trim().to_owned(),
        is_proposal,
        source,
        thresholds,
        ..before.clone()
    };
    save(&desk, "readiness_instrument.amended", &before, after, &["domains"], None).await?;
    Ok(Changed { id: at.id, impact: open(&names, &domains, &thresholds) })
}

/// Publishes a draft: from now on it never changes, and assessments can begin on it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn publish(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let (desk, before) = at_instrument(unit, at).await?;
    refuse_any(rules::unmet_for_instrument_step(before.state, InstrumentCommand::Publish))?;
    let content = desk.store.content(at.id).await?;
    refuse_any(rules::unmet_for_publication(&content.domains, &before.thresholds))?;
    let names = Names::of(&desk.store, &before).await?;
    let after = Instrument {
        state: InstrumentState::Published,
        content_hash: Some(document::of(&before, &content, &names).hash()),
        published_at: Some(unit.now()),
        ..before.clone()
    };
    save(&desk, "readiness_instrument.published", &before, after, &[], None).await?;
    let mut impact = vec![
        "it never changes from now on, and everyone sees it".to_owned(),
        "assessments that are open stay on the version on which they began".to_owned(),
    ];
    impact.extend(not_following(&names, &content.domains));
    Ok(Changed { id: at.id, impact })
}

/// Retires a published instrument: nothing new begins on it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn retire(unit: &Unit, at: At, reason: &str) -> Result<Changed, Stop> {
    let (desk, before) = at_instrument(unit, at).await?;
    let mut unmet = rules::unmet_for_instrument_step(before.state, InstrumentCommand::Retire);
    unmet.extend(unmet_for_text(reason, "reason", MAX_TEXT));
    refuse_any(unmet)?;
    let after = Instrument {
        state: InstrumentState::Retired,
        retired_at: Some(unit.now()),
        retirement_reason: Some(reason.trim().to_owned()),
        ..before.clone()
    };
    save(&desk, "readiness_instrument.retired", &before, after, &[], Some(reason)).await?;
    let impact = vec!["assessments that are open on it go on".to_owned()];
    Ok(Changed { id: at.id, impact })
}

/// The id of a named instrument, such as `ORG-READY@1.0`.
///
/// # Errors
///
/// What the database answers.
pub async fn named(unit: &Unit, code: &str, number: Number) -> Result<Option<Uuid>, Stop> {
    let found = super::store::Readiness::of(unit).instrument_by_name(code, number).await?;
    Ok(found.map(|found| found.id))
}
