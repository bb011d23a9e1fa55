//! A curriculum from a file, as a draft.
//!
//! * A file with one fault imports nothing: every fault is named with its place.
//! * A programme or a version that is not there is made; a draft gets what the file says.
//! * What says the same already is left as it is, published versions too. A published version that
//!   differs is a fault: the file needs another number.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::run::{self, Counts};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::programme::document::{self, Document};
use crate::programme::model::{Content, Number, Programme, State};
use crate::programme::rules;
use crate::programme::service::{
    Desk, NewProgramme, insert_programme, insert_version, unmet_for_owner,
};
use crate::refusal::{Code, Refusal};

/// The kind of import, as recorded.
pub const KIND: &str = "curriculum";

/// What became of the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fate {
    /// It was drafted.
    Created,
    /// The draft was rewritten.
    Rewritten,
    /// It says the same.
    Unchanged,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The programme's code.
    pub code: String,
    /// The version's number.
    pub number: String,
    /// Whether the programme is new.
    pub new_programme: bool,
    /// What became of the version.
    pub fate: Fate,
    /// How many modules the file has.
    pub modules: usize,
    /// The version.
    pub version: Uuid,
    /// What stands between the version and its publication.
    pub open: Vec<String>,
}

/// What the file says, checked as a whole.
struct Checked {
    new: NewProgramme,
    number: Number,
    content: Content,
}

/// Imports a file.
///
/// # Errors
///
/// Every fault of the file, `FORBIDDEN`, or what the database answers.
pub async fn import(unit: &Unit, file: &Document, file_hash: &str) -> Result<Report, Stop> {
    let desk = Desk::open(unit, Permission::DraftProgrammes, None)?;
    let catalogue = desk.store.catalogue().await?;
    let owner = file.programme().ok().and_then(|(_, owner)| owner);
    let known = desk.store.programme_by_code(owner, &file.programme.code).await?;
    let content = file.content(&catalogue);
    let Checked { new, number, content } = checked(&desk, file, known.as_ref(), content).await?;
    let open = rules::unmet_for_publication(&content, &catalogue);
    let new_programme = known.is_none();
    let programme = match known {
        Some(programme) => programme,
        None => {
            let id = insert_programme(&desk, new).await?;
            let made = desk.store.programme(id).await?;
            made.ok_or_else(|| Refusal::whole(Code::NotFound))?
        }
    };
    let (version, fate) = put(&desk, file, &programme, number, content).await?;
    let counts = Counts {
        rows_read: file.modules.len(),
        created: usize::from(fate == Fate::Created),
        unchanged: usize::from(fate == Fate::Unchanged),
        ..Counts::default()
    };
    run::record(unit, KIND, file_hash, counts, desk.acting_as()).await?;
    Ok(Report {
        code: programme.code,
        number: number.to_string(),
        new_programme,
        fate,
        modules: file.modules.len(),
        version,
        open: open.into_iter().map(|refusal| refusal.message).collect(),
    })
}

/// Everything that is wrong with the file, or what it says.
async fn checked(
    desk: &Desk<'_>,
    file: &Document,
    known: Option<&Programme>,
    content: Result<Content, Vec<Refusal>>,
) -> Result<Checked, Stop> {
    let paths = ["programme.code", "programme.title"];
    let mut unmet = rules::unmet_for_programme(&file.programme.code, &file.programme.title, paths);
    let number = rules::number(&file.version.number, "version.number");
    let number = number.map_err(|refusal| unmet.push(refusal)).ok();
    let whose = file.programme().map_err(|refusals| unmet.extend(refusals)).ok();
    if let Some((kind, owner)) = whose {
        unmet.extend(unmet_for_owner(desk, owner, "programme.owner").await?);
        let title = file.programme.title.trim();
        for (differs, path) in known.iter().flat_map(|programme| {
            [
                (programme.kind != kind, "programme.type"),
                (programme.title != title, "programme.title"),
            ]
        }) {
            if differs {
                let message = "differs from the owner's programme that has this code";
                unmet.push(Refusal::at(Code::Invalid, path, message));
            }
        }
    }
    let content = content.map_err(|refusals| unmet.extend(refusals)).ok();
    if let Some(content) = &content {
        unmet.extend(rules::unmet_for_outline(&content.outline, ["version", "graduation"]));
        unmet.extend(rules::unmet_for_modules(&content.modules));
        unmet.extend(rules::unmet_for_gaps(&content.gaps, "gaps"));
    }
    refuse_any(unmet)?;
    match (number, whose, content) {
        (Some(number), Some((kind, owner)), Some(content)) => {
            let (code, title) = (file.programme.code.clone(), file.programme.title.clone());
            Ok(Checked { new: NewProgramme { code, kind, title, owner }, number, content })
        }
        _ => Err(Refusal::whole(Code::Invalid).into()),
    }
}

/// Drafts the version, rewrites the draft, or finds that it says the same.
async fn put(
    desk: &Desk<'_>,
    file: &Document,
    programme: &Programme,
    number: Number,
    content: Content,
) -> Result<(Uuid, Fate), Stop> {
    let Some(found) = desk.store.version_numbered(programme.id, number).await? else {
        let id = insert_version(desk, programme, number, content).await?;
        return Ok((id, Fate::Created));
    };
    let locked = desk.store.lock_version(found.id).await?;
    let before = locked.ok_or_else(|| Refusal::whole(Code::NotFound))?;
    let kept = desk.store.kept(&before).await?;
    let catalogue = desk.store.catalogue().await?;
    if document::of(programme, &before, &kept.content, &catalogue) == normal(file) {
        return Ok((before.id, Fate::Unchanged));
    }
    if before.state != State::Draft {
        let message = "this version is published and never changes: give the file another number";
        return Err(Refusal::at(Code::Conflict, "version.number", message).into());
    }
    desk.write("programme_version.imported", &before, &kept, content).await?;
    Ok((before.id, Fate::Rewritten))
}

/// The file as an export would write it.
fn normal(file: &Document) -> Document {
    let mut file = file.clone();
    file.programme.title = file.programme.title.trim().to_owned();
    for module in &mut file.modules {
        module.requires.sort_unstable();
        module.competences.sort_by(|a, b| (&a.set, &a.code).cmp(&(&b.set, &b.code)));
    }
    file.gaps.sort_by(|a, b| (&a.set, &a.code).cmp(&(&b.set, &b.code)));
    file
}
