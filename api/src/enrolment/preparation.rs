//! Use case of preparation: a trainee ticks off what they prepared and read for a module. Nobody decides by it.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::desk::Desk;
use super::model::State;
use crate::audit::Audited;
use crate::coded;
use crate::command::{Stop, Unit};
use crate::person::desk::Changed;
use crate::refusal::{Code, Refusal};

coded! {
    /// What was done for a module.
    PreparationKind {
        /// What is to be prepared.
        Preparation = "PREPARATION",
        /// What is to be read.
        Reading = "READING",
    }
}

/// What a trainee did for a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preparation {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// The module.
    pub module_id: Uuid,
    /// What was done.
    pub kind: PreparationKind,
    /// On which day it was ticked off.
    pub done_on: NaiveDate,
    /// 1 when it is ticked off, 2 when that is taken back.
    pub version: i32,
}

impl Audited for Preparation {
    const TYPE: &'static str = "module_preparation";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

/// The person says that something of a module is done, or takes that back.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn tick(
    unit: &Unit,
    enrolment: Uuid,
    (module, kind): (Uuid, PreparationKind),
    done: bool,
) -> Result<Changed, Stop> {
    let (desk, of) = Desk::own_as_it_is(unit, enrolment).await?;
    if !matches!(of.state, State::Placed | State::Active | State::CompletedTeaching | State::Resit)
    {
        let message = format!("it is {}: only who is on the course prepares", of.state.code());
        return Err(Refusal::at(Code::Conflict, "", message).into());
    }
    let sheet = desk.store.sheet(of.course_id, &[of.id]).await?;
    if !sheet.numbers.contains_key(&module) {
        let message = "is no module of the course";
        return Err(Refusal::at(Code::NotFound, "moduleId", message).into());
    }
    match (desk.store.preparation(of.id, module, kind).await?, done) {
        (None, true) => {
            let new = Preparation {
                id: unit.id(),
                organisation_id: of.organisation_id,
                enrolment_id: of.id,
                module_id: module,
                kind,
                done_on: unit.today(),
                version: 1,
            };
            desk.store.insert_preparation(&new).await?;
            desk.record("preparation.ticked", None, (&new, of.organisation_id), None);
        }
        (Some(before), false) => {
            desk.store.delete_preparation(before.id).await?;
            let after = Preparation { version: 2, ..before.clone() };
            let changed = (&after, of.organisation_id);
            desk.record("preparation.unticked", Some(&before), changed, None);
        }
        (Some(_), true) | (None, false) => {
            let message = "it says so already";
            return Err(Refusal::at(Code::Unchanged, "done", message).into());
        }
    }
    Ok(Changed::of(of.id))
}
