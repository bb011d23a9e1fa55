//! The profiles of a person whose record is merged into another's.

use super::desk::Desk;
use super::model::Trainer;
use super::rules;
use crate::command::{Stop, refuse_any};
use crate::course::service::joining;
use crate::person;
use crate::person::model::Person;
use crate::refusal::{Code, Refusal};

/// Re-points the profile of `old` to `new`; if both are trainers, the older record's profile is folded
/// into the other's. Says what follows, in words.
///
/// # Errors
///
/// Every unmet rule: `ACCREDITATION_OVERLAP` if both profiles hold one type and level on one day,
/// `TRAINER_BUSY` if both are to teach at once, and more; or what the database answers.
pub async fn fold(
    at: &person::desk::Desk<'_>,
    old: &Person,
    new: &Person,
) -> Result<Vec<String>, Stop> {
    let desk = Desk::of(at.unit, at.acting_as.clone(), None);
    let (theirs, ours) = if old.id <= new.id {
        let theirs = desk.store.of_person(old.id).await?;
        (theirs, desk.store.of_person(new.id).await?)
    } else {
        let ours = desk.store.of_person(new.id).await?;
        (desk.store.of_person(old.id).await?, ours)
    };
    let survivor = ours.iter().find(|profile| profile.merged_into_id.is_none());
    let mut impact = Vec::new();
    for profile in &theirs {
        let mut after = Trainer {
            person_id: new.id,
            name: new.names.preferred_name.clone(),
            ..profile.clone()
        };
        if let (None, Some(survivor)) = (profile.merged_into_id, survivor) {
            impact.extend(join(&desk, profile, survivor).await?);
            after.merged_into_id = Some(survivor.id);
            after.listed = false;
        } else {
            impact.push("the profile as a trainer becomes the other record's".to_owned());
        }
        desk.save("trainer.person_merged", profile, after, &["accreditations"]).await?;
    }
    Ok(impact)
}

/// Gives what hangs on one profile to the other.
async fn join(desk: &Desk<'_>, from: &Trainer, to: &Trainer) -> Result<Vec<String>, Stop> {
    let (theirs, ours) =
        (desk.store.accreditations(&[from.id]).await?, desk.store.accreditations(&[to.id]).await?);
    let twice = theirs.iter().filter(|one| ours.iter().any(|other| rules::clash(one, other)));
    let twice = twice.map(|one| {
        let (ty, level) = (one.programme_type.code(), one.level.code());
        let message =
            format!("both are accredited for {ty} as {level} on one day: withdraw one first");
        Refusal::at(Code::AccreditationOverlap, "", message)
    });
    let mut unmet: Vec<Refusal> = twice.collect();
    let courses = joining::Taught::by(desk.unit, desk.acting_as(), from, to).await?;
    unmet.extend(courses.unmet());
    refuse_any(unmet)?;
    let taught = courses.hand_over().await?;
    let handed = desk.store.hand_over(from.id, to.id).await?;
    let held = desk.store.affiliations(to.id).await?;
    let mut moved = 0;
    for affiliation in desk.store.affiliations(from.id).await? {
        // What both have with one organisation stays with the retired profile.
        if !held.iter().any(|own| own.meets(&affiliation)) {
            desk.store.hand_over_affiliation(affiliation.id, to.id).await?;
            moved += 1;
        }
    }
    let mut impact = vec![
        format!("accreditations that become the other profile's: {handed}"),
        format!("affiliations that become the other profile's: {moved}"),
    ];
    impact.extend(taught);
    Ok(impact)
}
