//! What comes after graduation when two records turn out to be of one person.

use uuid::Uuid;

use super::model::{Accreditation, Development};
use super::rules;
use super::store::Careers;
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};

/// Gives development and accreditations of one record to the other. Two accreditations on one day are not merged.
///
/// # Errors
///
/// `ACCREDITATION_OVERLAP`, or what the database answers.
pub async fn hand_over(
    unit: &Unit,
    from: Uuid,
    to: Uuid,
    acting_as: &str,
) -> Result<Vec<String>, Stop> {
    let store = Careers::of(unit);
    let (mut records, mut accreditations) = (0, 0);
    for before in store.lock_developments(from).await? {
        let person_id = if before.person_id == from { to } else { before.person_id };
        let now = |id: Uuid| if id == from { to } else { id };
        // Nobody confirms the own: what the other record confirmed is not confirmed by another.
        let confirmer_id = before.confirmer_id.map(now).filter(|id| *id != person_id);
        let confirmed_at = before.confirmed_at.filter(|_| confirmer_id.is_some());
        let version = before.version + 1;
        let after =
            Development { person_id, confirmer_id, confirmed_at, version, ..before.clone() };
        store.update_development(&after).await?;
        let acting_as = acting_as.to_owned();
        unit.record(Change::of(
            "development.person_merged",
            Some(&before),
            &after,
            &[],
            acting_as,
            None,
        ));
        records += 1;
    }
    let kept = store.accreditations(to).await?;
    for before in store.accreditations(from).await? {
        let after = Accreditation {
            person_id: to,
            version: before.version + 1,
            updated_at: unit.now(),
            ..before.clone()
        };
        if before.is_granted() {
            refuse_any(
                rules::unmet_for_overlap(&after, &kept)
                    .into_iter()
                    .map(crate::refusal::Refusal::of_all)
                    .collect(),
            )?;
        }
        store.update_accreditation(&after).await?;
        let acting_as = acting_as.to_owned();
        unit.record(Change::of(
            "supervisor.person_merged",
            Some(&before),
            &after,
            &[],
            acting_as,
            None,
        ));
        accreditations += 1;
    }
    let mut impact = Vec::new();
    if records > 0 {
        impact.push(format!("records of development that become the other record's: {records}"));
    }
    if accreditations > 0 {
        impact.push(format!(
            "accreditations as a supervisor that become the other record's: {accreditations}"
        ));
    }
    Ok(impact)
}
