//! Evidence: files that show what an assessment says.

use uuid::Uuid;

use super::desk::{Desk, sees};
use super::model::{Command, Evidence, State};
use super::rules;
use super::store::Readiness;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::unmet_for_line;
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its key there.
    pub key: Uuid,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub size_bytes: i32,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Evidence to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvidence {
    /// The assessment.
    pub assessment: Uuid,
    /// The indicator that it is for.
    pub indicator: Uuid,
    /// What it is called.
    pub title: String,
}

/// Adds a file to an assessment that is not handed in, or for an action to one that stands. Gives the evidence.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn add(unit: &Unit, new: NewEvidence, file: File) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::DraftReadiness, new.assessment)
        .await
        .map_err(|stop| stop.of_field("assessmentId"))?;
    let open = match before.state {
        // Its plan goes on.
        State::Validated => before,
        _ => super::assessments::open_for_answers(&desk, &before).await?,
    };
    let (_, content) = desk.asked(&open).await?;
    let mut unmet = unmet_for_line(&new.title, "title");
    if content.place(new.indicator).is_none() {
        let message = "no indicator of the instrument of this assessment";
        unmet.push(Refusal::at(Code::NotFound, "indicatorId", message));
    }
    if desk.store.evidence_of(open.id).await?.len() >= rules::MAX_EVIDENCE {
        let message = format!("an assessment may have at most {} files", rules::MAX_EVIDENCE);
        unmet.push(Refusal::at(Code::Invalid, "", message));
    }
    refuse_any(unmet)?;
    let File { key, name, media_type, size_bytes, sha256 } = file;
    let evidence = Evidence {
        id: unit.id(),
        organisation_id: open.organisation_id,
        assessment_id: open.id,
        indicator_id: new.indicator,
        title: new.title.trim().to_owned(),
        file_key: key,
        file_name: name,
        media_type,
        size_bytes,
        sha256,
        added_at: unit.now(),
        removed_on: None,
        version: 1,
    };
    desk.store.insert_evidence(&evidence).await?;
    desk.record("readiness_evidence.added", None, &evidence, &[], None);
    Ok(Changed::of(evidence.id))
}

/// Takes a file back from an assessment that is not handed in: nobody can fetch it any more.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn remove(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let store = Readiness::of(unit);
    let found = store.evidence(at.id).await?.ok_or_else(not_found)?;
    let of = store.assessment(found.assessment_id).await?.ok_or_else(not_found)?;
    if !sees(unit.actor(), &of) {
        return Err(not_found());
    }
    let (desk, of) = Desk::at_own(unit, Permission::DraftReadiness, of.id).await?;
    refuse_any(rules::unmet_for_step(of.state, Command::Answer))?;
    let before = desk.store.lock_evidence(at.id).await?.ok_or_else(not_found)?;
    if before.version != at.version {
        return Err(Refusal::stale().into());
    }
    if before.removed_on.is_some() {
        return Err(Refusal::whole(Code::Unchanged).into());
    }
    let after =
        Evidence { removed_on: Some(unit.today()), version: before.version + 1, ..before.clone() };
    desk.store.update_evidence(&after).await?;
    desk.record("readiness_evidence.removed", Some(&before), &after, &[], None);
    Ok(Changed::of(at.id))
}
