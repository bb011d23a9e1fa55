//! What becomes of links when two records turn out to be of one person.

use uuid::Uuid;

use super::model::Link;
use super::service::end;
use super::store::Links;
use crate::command::Stop;
use crate::person::desk::Desk;

/// Gives the links of a retired record to the one that stays, unless that has one in the same organisation; says how
/// many.
///
/// # Errors
///
/// What the database answers.
pub async fn hand_over(desk: &Desk<'_>, from: Uuid, to: Uuid) -> Result<usize, Stop> {
    let links = Links::of(desk.unit);
    let kept = links.lock_person(to).await?;
    let mut handed = 0;
    for before in links.lock_person(from).await? {
        if kept.iter().any(|own| own.organisation_id == before.organisation_id) {
            end(desk.unit, desk, before).await?;
            continue;
        }
        let after = Link { person_id: to, version: before.version + 1, ..before.clone() };
        links.update(&after).await?;
        desk.record("employee.person_merged", Some(&before), &after, &["personId"]);
        handed += 1;
    }
    Ok(handed)
}
