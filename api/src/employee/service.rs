//! Use cases of links to employees.

use uuid::Uuid;

use super::model::{Found, Link, Wanted};
use super::rules;
use super::store::Links;
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::{Changed, Desk};
use crate::person::store::People;
use crate::protection::restriction;
use crate::protection::store::Protection;
use crate::refusal::{Code, Refusal};

/// Says for whom a reference of the organisation stands from today on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn upsert(
    unit: &Unit,
    organisation: Uuid,
    external_ref: &str,
    wanted: &Wanted,
) -> Result<Changed, Stop> {
    let desk = Desk::within(unit, Permission::ManagePeople, organisation).await?;
    refuse_any(rules::unmet_for_ref(external_ref))?;
    let person = person_of(unit, organisation, wanted).await?;
    let links = Links::of(unit);
    let open = links.lock_open(organisation, (external_ref, person)).await?;
    let same = |link: &Link| link.external_ref == external_ref && link.person_id == person;
    if open.iter().any(same) {
        let message = "the reference stands for this person already";
        return Err(Refusal::at(Code::Unchanged, "externalRef", message).into());
    }
    let mut impact = Vec::new();
    for before in open {
        impact.push(if before.external_ref == external_ref {
            "the reference stood for somebody else until today".to_owned()
        } else {
            "the person had another reference until today".to_owned()
        });
        end(unit, &desk, before).await?;
    }
    let new = Link {
        id: unit.id(),
        organisation_id: organisation,
        external_ref: external_ref.to_owned(),
        person_id: person,
        valid_from: unit.today(),
        valid_to: None,
        created_at: unit.now(),
        version: 1,
    };
    links.insert(&new).await?;
    desk.record("employee.linked", None, &new, &["externalRef"]);
    Ok(Changed { id: new.id, impact })
}

/// The person who is meant, whose record the organisation keeps.
async fn person_of(unit: &Unit, organisation: Uuid, wanted: &Wanted) -> Result<Uuid, Stop> {
    let people = People::of(unit);
    match (wanted.id, &wanted.described) {
        (Some(id), None) => {
            let kept = people.is_kept(id, organisation).await?;
            let found = if kept { people.find(id).await? } else { None };
            let message =
                "no such person whose record your organisation keeps: register them first";
            let Some(found) = found else {
                return Err(Refusal::at(Code::NotFound, "personId", message).into());
            };
            refuse_any(crate::person::rules::unmet_for_change(&found, "personId"))?;
            restriction::refuse(unit, id).await?;
            Ok(id)
        }
        (None, Some(described)) => {
            refuse_any(rules::unmet_for_description(described))?;
            let hidden = Protection::of(unit).restricted().await?;
            let mut kept = people.traits_kept_by(organisation).await?;
            kept.retain(|person| !hidden.contains(&person.id));
            let found = rules::found(&kept, described);
            refuse_any(rules::unmet_for_found(found))?;
            match found {
                Found::Matched(id) => Ok(id),
                Found::Ambiguous | Found::Nobody => Err(Refusal::whole(Code::NotFound).into()),
            }
        }
        (Some(_), Some(_)) | (None, None) => {
            let message = "name the person by personId or describe them by person, not both";
            Err(Refusal::at(Code::Invalid, "personId", message).into())
        }
    }
}

/// Ends a link today.
pub(super) async fn end(unit: &Unit, desk: &Desk<'_>, before: Link) -> Result<(), Stop> {
    let after =
        Link { valid_to: Some(unit.today()), version: before.version + 1, ..before.clone() };
    Links::of(unit).update(&after).await?;
    desk.record("employee.unlinked", Some(&before), &after, &["validTo"]);
    Ok(())
}
