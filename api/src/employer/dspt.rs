//! Use cases of the Data Security and Protection Toolkit: what was published is recorded, and corrected.

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::{Desk, fresh};
use super::model::{Assessment, DsptStatus};
use super::rules;
use super::store::Employers;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{At, Changed, not_found};
use crate::refusal::{Code, Refusal};

/// What was published for a year.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The status.
    pub status: DsptStatus,
    /// When it was published.
    pub published_on: Option<NaiveDate>,
    /// The last day on which it counts; the next 30 June if absent.
    pub expires_on: Option<NaiveDate>,
    /// Where the evidence is kept.
    pub evidence_reference: Option<String>,
}

impl Publication {
    /// As the assessment of `before`.
    fn put_into(self, before: Assessment) -> Assessment {
        let expires_on = self.expires_on.or_else(|| self.published_on.map(rules::expiry));
        Assessment {
            status: self.status,
            published_on: self.published_on,
            expiring_from: expires_on.map(rules::expiring_from),
            expires_on,
            evidence_reference: self.evidence_reference,
            ..before
        }
    }
}

/// Records what was published for a year.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn record(
    unit: &Unit,
    organisation: Uuid,
    year: String,
    published: Publication,
) -> Result<Changed, Stop> {
    let desk = Desk::within(unit, organisation).await?;
    let blank = Assessment {
        id: unit.id(),
        organisation_id: organisation,
        assessment_year: year,
        status: DsptStatus::NotPublished,
        published_on: None,
        expiring_from: None,
        expires_on: None,
        evidence_reference: None,
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    };
    let new = published.put_into(blank);
    let mut unmet = rules::unmet_for_year(&new.assessment_year, unit.today());
    unmet.extend(rules::unmet_for_assessment(&new, unit.today()));
    let held = desk.store.assessments(organisation).await?;
    if held.iter().any(|held| held.assessment_year == new.assessment_year) {
        unmet.push(Refusal::at(Code::YearRecorded, "year", Code::YearRecorded.description()));
    }
    refuse_any(unmet)?;
    desk.store.insert_assessment(&new).await?;
    desk.record("dspt_assessment.recorded", None, &new, &[]);
    let impact = standing(&desk, organisation).await?;
    Ok(Changed { id: new.id, impact })
}

/// Says anew what was published for a year that is recorded.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(unit: &Unit, at: At, published: Publication) -> Result<Changed, Stop> {
    let found = Employers::of(unit).assessment(at.id).await?.ok_or_else(not_found)?;
    let see = Permission::SeeEmployers;
    let desk = Desk::at_record(unit, found.organisation_id, see, true).await?;
    let before = fresh(desk.store.lock_assessment(at.id).await?, at)?;
    let changed = published.put_into(before.clone());
    let mut unmet = rules::unmet_for_assessment(&changed, unit.today());
    if changed == before {
        unmet.push(Refusal::at(Code::Unchanged, "", "this is recorded already"));
    }
    refuse_any(unmet)?;
    let after = desk.store.update_assessment(changed).await?;
    desk.record("dspt_assessment.amended", Some(&before), &after, &[]);
    let impact = standing(&desk, before.organisation_id).await?;
    Ok(Changed { id: at.id, impact })
}

/// What the toolkit then says of the organisation.
async fn standing(desk: &Desk<'_>, organisation: Uuid) -> Result<Vec<String>, Stop> {
    let (held, today) = (desk.store.assessments(organisation).await?, desk.unit.today());
    let last = rules::counting(&held, today).and_then(|held| held.expires_on);
    let until = last.map_or_else(String::new, |last| format!(", last day {last}"));
    Ok(vec![format!("the status is {}{until}", rules::dspt_standing(&held, today).code())])
}
