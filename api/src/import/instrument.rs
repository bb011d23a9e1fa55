//! A readiness instrument from a file, as a draft.
//!
//! * A file with a fault imports nothing.
//! * A version that is not there is drafted; a draft gets what the file says.
//! * What says the same already is left as it is, published versions too. A published version that differs is a fault:
//!   the file needs another number.

use serde::{Deserialize, Serialize};

use super::curriculum::Fate;
use super::run::{self, Counts};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::person::desk::At;
use crate::readiness::document::{self, Document, Names};
use crate::readiness::instruments;
use crate::readiness::model::InstrumentState;
use crate::readiness::rules;
use crate::readiness::store::Readiness;
use crate::refusal::{Code, Refusal};

/// The kind of import, as recorded.
pub const KIND: &str = "instrument";

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The instrument's code.
    pub code: String,
    /// Its version.
    pub number: String,
    /// What became of it.
    pub fate: Fate,
    /// How many indicators the file has.
    pub indicators: usize,
    /// What follows, in words.
    pub open: Vec<String>,
}

/// Imports a file.
///
/// # Errors
///
/// Every fault of the file, `FORBIDDEN`, or what the database answers.
pub async fn import(unit: &Unit, file: &Document, file_hash: &str) -> Result<Report, Stop> {
    let acting_as = unit.actor().acting_nationally(Permission::ManageInstruments);
    let acting_as = acting_as.ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    let store = Readiness::of(unit);
    let (code, text) = (file.instrument.code.as_str(), file.instrument.number.as_str());
    let mut unmet = rules::unmet_for_instrument(code, &file.instrument.title);
    let number = rules::number(text).map_err(|refusal| unmet.push(refusal)).ok();
    refuse_any(unmet)?;
    let Some(number) = number else { return Err(Refusal::whole(Code::Invalid).into()) };
    let names = Names::before(&store, (code, number)).await?;
    let written = file.written(&names)?;
    let (fate, open) = match store.instrument_by_name(code, number).await? {
        None => (Fate::Created, instruments::draft(unit, code, text, written).await?.impact),
        Some(known) => {
            let content = store.content(known.id).await?;
            if document::of(&known, &content, &names) == *file {
                (Fate::Unchanged, Vec::new())
            } else if known.state == InstrumentState::Draft {
                let at = At { id: known.id, version: known.version };
                (Fate::Rewritten, instruments::amend(unit, at, written).await?.impact)
            } else {
                let message =
                    "this version is published and never changes: give the file another number";
                return Err(Refusal::at(Code::Conflict, "instrument.number", message).into());
            }
        }
    };
    let indicators = file.domains.iter().map(|domain| domain.indicators.len()).sum();
    let counts = Counts {
        rows_read: indicators,
        created: usize::from(fate == Fate::Created),
        unchanged: usize::from(fate == Fate::Unchanged),
        ..Counts::default()
    };
    run::record(unit, KIND, file_hash, counts, &acting_as).await?;
    let (code, number) = (code.to_owned(), number.to_string());
    Ok(Report { code, number, fate, indicators, open })
}
