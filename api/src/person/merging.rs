//! One record is merged into another: by a person's decision, and without deleting anything.

use super::desk::{At, Changed, Desk};
use super::model::Person;
use super::{duplicates, roles, rules};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::credential::service::Hand;
use crate::employer::store::Employers;
use crate::{
    application, career, concern, credential, employee, enrolment, protection, trainer, vault,
};

/// Retires one record in favour of another of the same person. What hangs on it is re-pointed: accounts
/// with their roles, e-mails, the organisations that keep the record, the profile as a trainer, what the vault holds. Names and
/// date of birth stay with the retired record.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn merge(unit: &Unit, retired: At, survivor: At) -> Result<Changed, Stop> {
    let desk = Desk::of_the_nation(unit, Permission::ResolveDuplicates)?;
    let (old, new) = both_locked(&desk, retired, survivor).await?;
    desk.by_another(&[Some(old.id), Some(new.id)])?;
    let mut unmet = rules::unmet_for_merge(&old, &new);
    let mut grants = roles::of_person(unit, old.id).await?;
    grants.extend(roles::of_person(unit, new.id).await?);
    unmet.extend(rules::unmet_for_duties(&grants));
    refuse_any(unmet)?;
    let profile = trainer::merging::fold(&desk, &old, &new).await?;
    let mut impact = hand_over(&desk, &old, &new).await?;
    impact.extend(profile);
    let hand = Hand { acting_as: desk.acting_as.clone(), chain: desk.chain };
    let handed = credential::service::hand_over(unit, old.id, new.id, &hand).await?;
    impact.push(format!("credentials that become the other record's: {handed}"));
    impact.extend(vault::merging::hand_over(&desk, &old, &new).await?);
    Employers::of(unit).hand_over_contacts(old.id, new.id).await?;
    concern::merging::hand_over(unit, old.id, new.id).await?;
    let hand = application::desk::Hand { acting_as: hand.acting_as, chain: hand.chain };
    let handed = employee::merging::hand_over(&desk, old.id, new.id).await?;
    if handed > 0 {
        impact.push(format!("links of employees that become the other record's: {handed}"));
    }
    let handed = application::applying::hand_over(unit, old.id, new.id, &hand).await?;
    if handed > 0 {
        impact.push(format!("applications that become the other record's: {handed}"));
    }
    impact.extend(enrolment::merging::hand_over(unit, old.id, new.id, &desk.acting_as).await?);
    impact.extend(career::merging::hand_over(unit, old.id, new.id, &desk.acting_as).await?);
    protection::merging::hand_over(unit, old.id, new.id, &desk.acting_as).await?;
    let settled = duplicates::settle(&desk, old.id, new.id).await?;
    impact.push(format!("proposals of duplicates that are settled: {settled}"));
    let merged = Person { merged_into_id: Some(new.id), ..old.clone() };
    desk.save("person.merged", &old, merged, &["accounts", "emails", "memberships"]).await?;
    let facts = ["accounts", "emails", "memberships"];
    desk.save("person.merge_received", &new, new.clone(), &facts).await?;
    desk.store.tell_id_change(old.id, new.id).await?;
    Ok(Changed { id: new.id, impact })
}

/// Both records, locked in the order of their ids.
async fn both_locked(desk: &Desk<'_>, retired: At, survivor: At) -> Result<(Person, Person), Stop> {
    if retired.id <= survivor.id {
        let old = desk.locked(retired).await?;
        Ok((old, desk.locked(survivor).await?))
    } else {
        let new = desk.locked(survivor).await?;
        Ok((desk.locked(retired).await?, new))
    }
}

/// Re-points what hangs on the retired record; says what, in words.
async fn hand_over(desk: &Desk<'_>, old: &Person, new: &Person) -> Result<Vec<String>, Stop> {
    let (accounts, emails) = desk.store.hand_over(old.id, new.id).await?;
    let grants = roles::hand_over(desk.unit, old.id, new.id).await?;
    let kept = desk.store.memberships(new.id).await?;
    let mut memberships = 0;
    for link in desk.store.memberships(old.id).await? {
        // An organisation that keeps both records keeps the survivor anyway.
        if !kept.iter().any(|own| own.target == link.target && own.meets(&link)) {
            desk.store.hand_over_membership(link.id, new.id).await?;
            memberships += 1;
        }
    }
    Ok(vec![
        format!("accounts that become the other record's: {accounts}"),
        format!("roles that become the other record's: {grants}"),
        format!("e-mail addresses that become the other record's: {emails}"),
        format!("organisations that keep the other record instead: {memberships}"),
    ])
}
