//! Data protection when the records of two people are merged.

use uuid::Uuid;

use super::desk::Desk;
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
    for consent in desk.store.live_consents(from).await? {
        let personal = consent.credential_id.or(consent.trainer_id).is_none();
        if personal && desk.store.live_consent(consent.purpose, to).await?.is_some() {
            consents::ended(&desk, consent).await?;
        }
    }
    desk.store.hand_over(from, to).await
}
