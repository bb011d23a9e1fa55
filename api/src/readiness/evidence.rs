//! Evidence: files that show what an assessment says.

use serde::Serialize;
use uuid::Uuid;

use super::assessments::{change, open_for_answers};
use super::desk::{Desk, sees};
use super::model::{Assessment, Evidence, State};
use super::rules;
use super::store::Readiness;
use crate::actor::{Permission, Role};
use crate::audit::{Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::files::Attachment;
use crate::organisation::rules::unmet_for_line;
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};
use crate::upload::model::Taken;
use crate::upload::service as uploads;

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
pub async fn add(unit: &Unit, new: NewEvidence, file: Taken) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at_own(unit, Permission::DraftReadiness, new.assessment)
        .await
        .map_err(|stop| stop.of_field("assessmentId"))?;
    let open = opened(&desk, before).await?;
    let (_, content) = desk.asked(&open).await?;
    let mut unmet = unmet_for_line(&new.title, "title");
    if content.place(new.indicator).is_none() {
        let message = "no indicator of the instrument of this assessment";
        unmet.push(Refusal::at(Code::NotFound, "indicatorId", message));
    }
    unmet.extend(rules::unmet_for_files(desk.store.evidence_count(open.id).await? + 1));
    refuse_any(unmet)?;
    let Taken { key, file_name, media, size_bytes, sha256 } = file;
    let evidence = Evidence {
        id: unit.id(),
        organisation_id: open.organisation_id,
        assessment_id: open.id,
        indicator_id: new.indicator,
        title: new.title.trim().to_owned(),
        file_key: key,
        file_name,
        media_type: media,
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

/// An assessment whose files change: it is open for answers, or it stands and its plan goes on.
async fn opened(desk: &Desk<'_>, before: Assessment) -> Result<Assessment, Stop> {
    if before.state == State::Validated {
        let after = before.clone();
        return change(desk, &before, after).await;
    }
    open_for_answers(desk, &before).await
}

/// The same with a file that was uploaded, which is taken with it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn attach(unit: &Unit, new: NewEvidence, upload: Uuid) -> Result<Changed, Stop> {
    let found = Readiness::of(unit).assessment(new.assessment).await?;
    let found = found.filter(|found| sees(unit.actor(), found));
    let of = found.ok_or_else(|| Refusal::at(Code::NotFound, "assessmentId", NO_ASSESSMENT))?;
    let file = uploads::take(unit, upload, of.organisation_id, "uploadId").await?;
    add(unit, new, file).await
}

/// The refusal of an assessment that is not there, or not for the actor.
const NO_ASSESSMENT: &str = "no such assessment";

/// What a file is fetched as: a record of its own in the trail.
#[derive(Serialize)]
struct Fetch {
    id: Uuid,
    organisation_id: Uuid,
    evidence_id: Uuid,
}

impl Audited for Fetch {
    const TYPE: &'static str = "readiness_evidence_fetch";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        1
    }
}

/// Lets the actor fetch a file of an assessment that it sees, and says so in the trail.
///
/// # Errors
///
/// [`Code::NotFound`] for what is not there, hidden or taken back, or what the database answers.
pub async fn fetch(unit: &Unit, id: Uuid) -> Result<Attachment, Stop> {
    let store = Readiness::of(unit);
    let found = store.evidence(id).await?.filter(|found| found.removed_on.is_none());
    let found = found.ok_or_else(not_found)?;
    let of = store.assessment(found.assessment_id).await?;
    let of = of.filter(|of| sees(unit.actor(), of)).ok_or_else(not_found)?;
    let actor = unit.actor();
    let role = actor.acting_for(Permission::SeeReadiness, Some(of.organisation_id));
    let acting_as = role.unwrap_or_else(|| Role::Reviewer.code().to_owned());
    let fetch = Fetch { id: unit.id(), organisation_id: of.organisation_id, evidence_id: id };
    unit.record(Change::of("readiness_evidence.fetched", None, &fetch, &[], acting_as, None));
    let Evidence { file_key, file_name, media_type: media, size_bytes, sha256, .. } = found;
    Ok(Attachment { key: file_key, file_name, media, size_bytes, sha256 })
}

/// Takes a file back from an assessment that is not handed in, or that stands: nobody can fetch it any more. What was
/// found on it stays as it is.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn remove(unit: &Unit, at: At) -> Result<Changed, Stop> {
    let found = Readiness::of(unit).evidence(at.id).await?.ok_or_else(not_found)?;
    let (desk, of) = Desk::at_own(unit, Permission::DraftReadiness, found.assessment_id).await?;
    opened(&desk, of).await?;
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
    crate::files::removal::remove(unit, after.organisation_id, after.file_key).await?;
    desk.record("readiness_evidence.removed", Some(&before), &after, &[], None);
    Ok(Changed::of(at.id))
}
