//! Data protection when the records of two people are merged.

use uuid::Uuid;

use super::desk::Desk;
use super::model::ConsentPurpose;
use super::{consents, restriction};
use crate::command::{Stop, Unit, refuse_any};
use crate::refusal::{Code, Refusal};

/// Gives consents, holds and requests of one record to the other. Two records about which the network is asked to erase
/// or to leave everything as it is are not merged meanwhile.
///
/// # Errors
///
/// [`Code::Conflict`]; or what the database answers.
pub async fn hand_over(unit: &Unit, from: Uuid, to: Uuid, acting_as: &str) -> Result<(), Stop> {
    let desk = Desk::of(unit, acting_as);
    for person in [from, to] {
        restriction::refuse(unit, person).await?;
    }
    if desk.store.has_request(from).await? && desk.store.has_request(to).await? {
        let message = "both records have an open request for erasure: answer one first";
        refuse_any(vec![Refusal::at(Code::Conflict, "", message)])?;
    }
    let both = desk.store.live_consent(ConsentPurpose::CaseStudy, to).await?.is_some();
    for consent in desk.store.live_consents(from).await? {
        if both && consent.purpose == ConsentPurpose::CaseStudy {
            consents::ended(&desk, consent).await?;
        }
    }
    desk.store.hand_over(from, to).await
}
