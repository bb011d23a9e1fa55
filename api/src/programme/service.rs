//! Use cases of programmes: each authorises, locks, asks the rules, saves and records.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::kind::ProgrammeType;
use super::model::{
    Catalogue, Command, Content, Gap, Mapping, Module, Number, Outline, Programme, State, Version,
};
use super::rules;
use super::store::{Kept, Programmes};
use crate::actor::{Actor, Permission};
use crate::audit::{Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::refusal::{Code, Refusal};

/// What a use case changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The programme, or the version.
    pub id: Uuid,
    /// What follows from it, in words.
    pub impact: Vec<String>,
}

/// A programme to be added.
#[derive(Clone, Debug)]
pub struct NewProgramme {
    /// Its code.
    pub code: String,
    /// What it trains people for.
    pub kind: ProgrammeType,
    /// What it is called.
    pub title: String,
    /// The organisation whose programme it is; none for a national one.
    pub owner: Option<Uuid>,
}

/// Where a use case works: its transaction, its store, and the role that allows it.
pub(crate) struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(crate) store: Programmes<'a>,
    acting_as: String,
}

impl<'a> Desk<'a> {
    /// The desk of whoever holds `permission` for programmes of `owner`.
    pub(crate) fn open(
        unit: &'a Unit,
        permission: Permission,
        owner: Option<Uuid>,
    ) -> Result<Self, Stop> {
        let actor = unit.actor();
        let acting_as = if permission.is_national() {
            actor.acting_nationally(permission)
        } else {
            actor.acting_for(permission, owner)
        };
        let acting_as = acting_as.ok_or_else(|| Refusal::whole(Code::Forbidden))?;
        Ok(Self { unit, store: Programmes::of(unit), acting_as })
    }

    /// The words for the role that allows the work.
    pub(crate) fn acting_as(&self) -> &str {
        &self.acting_as
    }

    /// The desk at a version that is locked and as the caller last saw it. A draft that the caller may
    /// not see is not there.
    pub(super) async fn at(
        unit: &'a Unit,
        id: Uuid,
        expected_version: i32,
        permission: Permission,
    ) -> Result<(Self, Version), Stop> {
        let found = Programmes::of(unit).version(id).await?;
        let seen = found.filter(|version| sees(unit.actor(), version));
        let seen = seen.ok_or_else(|| Refusal::whole(Code::NotFound))?;
        let desk = Self::open(unit, permission, seen.owner_id)?;
        let locked = desk.store.lock_version(id).await?;
        let locked = locked.ok_or_else(|| Refusal::whole(Code::NotFound))?;
        if locked.version != expected_version {
            return Err(Refusal::stale().into());
        }
        Ok((desk, locked))
    }

    /// Saves `after` as the next version of `before` and records the change.
    pub(super) async fn save(
        &self,
        action: &'static str,
        before: &Version,
        mut after: Version,
        facts: &[&str],
        reason: Option<&str>,
    ) -> Result<(), Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update_version(&after).await?;
        self.record(action, Some(before), &after, facts, reason);
        Ok(())
    }

    fn record<T: Audited>(
        &self,
        action: &'static str,
        before: Option<&T>,
        after: &T,
        facts: &[&str],
        reason: Option<&str>,
    ) {
        let (acting_as, reason) = (self.acting_as.clone(), reason.map(str::to_owned));
        self.unit.record(Change::of(action, before, after, facts, acting_as, reason));
    }

    /// Lets the version say `after`; gives what stands between it and its publication.
    pub(crate) async fn write(
        &self,
        action: &'static str,
        before: &Version,
        kept: &Kept,
        after: Content,
    ) -> Result<Vec<String>, Stop> {
        let after = ordered(after);
        let facts = differing(&kept.content, &after);
        if facts.is_empty() && kept.content.outline == after.outline {
            let message = "the version says the same already";
            return Err(Refusal::at(Code::Unchanged, "", message).into());
        }
        if !facts.is_empty() {
            let new_id = || self.unit.id();
            self.store.replace_parts(before, kept, &after, &new_id).await?;
        }
        let saved = Version { outline: after.outline.clone(), ..before.clone() };
        self.save(action, before, saved, &facts, None).await?;
        let open = rules::unmet_for_publication(&after, &self.store.catalogue().await?).len();
        Ok(vec![match open {
            0 => "it can be published".to_owned(),
            1 => "one thing stands between it and its publication".to_owned(),
            open => format!("{open} things stand between it and its publication"),
        }])
    }
}

/// Whether the actor sees the version.
pub(super) fn sees(actor: &Actor, version: &Version) -> bool {
    version.state != State::Draft
        || actor.acting_for(Permission::SeeProgrammeDrafts, version.owner_id).is_some()
}

/// What has no order of its own, in the order in which it is loaded.
fn ordered(mut content: Content) -> Content {
    for module in &mut content.modules {
        module.requires.sort_unstable();
        module.competences.sort_by_key(|mapping| mapping.competence);
    }
    content.gaps.sort_by_key(|gap| gap.competence);
    content
}

/// The parts that differ, as the audit trail names them.
fn differing(before: &Content, after: &Content) -> Vec<&'static str> {
    let bare = |content: &Content| -> Vec<Module> {
        let modules = content.modules.iter().cloned();
        modules.map(|module| Module { competences: Vec::new(), ..module }).collect()
    };
    let mapped = |content: &Content| -> Vec<(i32, Vec<Mapping>)> {
        content.modules.iter().map(|m| (m.number, m.competences.clone())).collect()
    };
    [
        (bare(before) != bare(after), "modules"),
        (mapped(before) != mapped(after), "competences"),
        (before.gaps != after.gaps, "gaps"),
    ]
    .into_iter()
    .filter_map(|(differs, fact)| differs.then_some(fact))
    .collect()
}

/// Adds a programme.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn create(unit: &Unit, new: NewProgramme) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::DraftProgrammes, new.owner)?;
    let mut unmet = rules::unmet_for_programme(&new.code, &new.title, ["code", "title"]);
    unmet.extend(unmet_for_owner(&desk, new.owner, "ownerId").await?);
    refuse_any(unmet)?;
    let id = insert_programme(&desk, new).await?;
    Ok(Changed { id, impact: Vec::new() })
}

/// The owner exists and is not closed.
pub(crate) async fn unmet_for_owner(
    desk: &Desk<'_>,
    owner: Option<Uuid>,
    path: &str,
) -> Result<Vec<Refusal>, Stop> {
    let Some(owner) = owner else { return Ok(Vec::new()) };
    let code = match desk.store.organisation_status(owner).await?.as_deref() {
        None => Code::NotFound,
        Some("CLOSED") => Code::OwnerClosed,
        Some(_) => return Ok(Vec::new()),
    };
    Ok(vec![Refusal::at(code, path, code.description())])
}

pub(crate) async fn insert_programme(desk: &Desk<'_>, new: NewProgramme) -> Result<Uuid, Stop> {
    let NewProgramme { code, kind, title, owner } = new;
    let programme = Programme {
        id: desk.unit.id(),
        code,
        kind,
        title: title.trim().to_owned(),
        owner_id: owner,
        created_at: desk.unit.now(),
        updated_at: desk.unit.now(),
        version: 1,
    };
    desk.store.insert_programme(&programme).await?;
    desk.record("programme.created", None, &programme, &[], None);
    Ok(programme.id)
}

/// Drafts a version of a programme, empty or with everything that another version says.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn draft(
    unit: &Unit,
    programme: Uuid,
    number: &str,
    from: Option<Uuid>,
) -> Result<Changed, Stop> {
    let programme = visible_programme(unit, programme).await?;
    let desk = Desk::open(unit, Permission::DraftProgrammes, programme.owner_id)?;
    let mut unmet = unmet_for_owner(&desk, programme.owner_id, "programmeId").await?;
    let number = rules::number(number, "number").map_err(|refusal| unmet.push(refusal)).ok();
    let content = match from {
        None => Content::default(),
        Some(id) => match template(&desk, &programme, id).await? {
            Some(content) => content,
            None => {
                let message = "no version of this programme or of a national one that you may see";
                unmet.push(Refusal::at(Code::NotFound, "fromVersionId", message));
                Content::default()
            }
        },
    };
    refuse_any(unmet)?;
    let Some(number) = number else { return Err(Refusal::whole(Code::Invalid).into()) };
    let id = insert_version(&desk, &programme, number, content).await?;
    Ok(Changed { id, impact: Vec::new() })
}

/// The programme, if there is one that the actor sees.
async fn visible_programme(unit: &Unit, id: Uuid) -> Result<Programme, Stop> {
    let store = Programmes::of(unit);
    let absent =
        || Stop::from(Refusal::at(Code::NotFound, "programmeId", Code::NotFound.description()));
    let programme = store.programme(id).await?.ok_or_else(absent)?;
    let own = unit.actor().acting_for(Permission::SeeProgrammeDrafts, programme.owner_id).is_some();
    if own || store.is_public(id).await? { Ok(programme) } else { Err(absent()) }
}

/// What a version says from which another may be drafted. The dates are the other's own.
async fn template(
    desk: &Desk<'_>,
    programme: &Programme,
    id: Uuid,
) -> Result<Option<Content>, Stop> {
    let found = desk.store.version(id).await?;
    let found = found
        .filter(|version| sees(desk.unit.actor(), version))
        .filter(|version| version.programme_id == programme.id || version.owner_id.is_none());
    let Some(version) = found else { return Ok(None) };
    let Content { outline, modules, gaps } = desk.store.kept(&version).await?.content;
    let outline = Outline { effective_from: None, last_start_date: None, ..outline };
    Ok(Some(Content { outline, modules, gaps }))
}

pub(crate) async fn insert_version(
    desk: &Desk<'_>,
    programme: &Programme,
    number: Number,
    content: Content,
) -> Result<Uuid, Stop> {
    let version = Version {
        id: desk.unit.id(),
        programme_id: programme.id,
        owner_id: programme.owner_id,
        number,
        state: State::Draft,
        outline: content.outline.clone(),
        content_hash: None,
        published_at: None,
        retired_at: None,
        retirement_reason: None,
        created_at: desk.unit.now(),
        updated_at: desk.unit.now(),
        version: 1,
    };
    desk.store.insert_version(&version).await?;
    let empty = Kept { content: Content::default(), modules: Vec::new() };
    let new_id = || desk.unit.id();
    desk.store.replace_parts(&version, &empty, &content, &new_id).await?;
    let facts = differing(&Content::default(), &content);
    desk.record("programme_version.drafted", None, &version, &facts, None);
    Ok(version.id)
}

/// What an amendment lets a version say of itself, as a whole.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// What it says of itself; what is left out is not known.
    pub outline: Outline,
    /// The core competences that it does not cover.
    pub gaps: Vec<Gap>,
}

/// Lets a draft say something else of itself.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn amend(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    amendment: Amendment,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, id, expected_version, Permission::DraftProgrammes).await?;
    let Amendment { outline, gaps } = amendment;
    let catalogue = desk.store.catalogue().await?;
    let mut unmet = rules::unmet_for_step(before.state, Command::Change);
    unmet.extend(rules::unmet_for_outline(&outline, ["", "graduationRule"]));
    unmet.extend(rules::unmet_for_gaps(&gaps, "declaredGaps"));
    if outline.aligned_to.is_some_and(|set| catalogue.set_name(set).is_none()) {
        unmet.push(Refusal::at(Code::NotFound, "alignedToId", "no such set of competences"));
    }
    let named = gaps.iter().map(|gap| gap.competence);
    unmet.extend(unmet_for_known(&catalogue, named, "declaredGaps"));
    refuse_any(unmet)?;
    let kept = desk.store.kept(&before).await?;
    let after = Content { outline, modules: kept.content.modules.clone(), gaps };
    let impact = desk.write("programme_version.amended", &before, &kept, after).await?;
    Ok(Changed { id, impact })
}

/// The competences that are named exist.
fn unmet_for_known(
    catalogue: &Catalogue,
    named: impl Iterator<Item = Uuid>,
    path: &str,
) -> Vec<Refusal> {
    let unknown = named.enumerate().filter(|(_, id)| catalogue.competence(*id).is_none());
    unknown
        .map(|(place, _)| {
            let path = format!("{path}.{place}.competenceId");
            Refusal::at(Code::NotFound, &path, "no such competence")
        })
        .collect()
}

/// Gives a draft these modules in this order. A module of the same number keeps its id and its
/// competences; one that is not named any more goes, with its competences.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn set_modules(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    mut modules: Vec<Module>,
) -> Result<Changed, Stop> {
    let (desk, before) = Desk::at(unit, id, expected_version, Permission::DraftProgrammes).await?;
    let mut unmet = rules::unmet_for_step(before.state, Command::Change);
    unmet.extend(rules::unmet_for_modules(&modules));
    refuse_any(unmet)?;
    let kept = desk.store.kept(&before).await?;
    let known = |number: i32| kept.content.modules.iter().find(|known| known.number == number);
    for module in &mut modules {
        module.competences =
            known(module.number).map(|known| known.competences.clone()).unwrap_or_default();
    }
    let gone = kept
        .content
        .modules
        .iter()
        .filter(|known| !modules.iter().any(|module| module.number == known.number));
    let gone: Vec<String> = gone
        .map(|module| {
            let competences = module.competences.len();
            format!("module {} goes, with {competences} competences", module.number)
        })
        .collect();
    let Content { outline, gaps, .. } = kept.content.clone();
    let after = Content { outline, modules, gaps };
    let mut impact = gone;
    impact.extend(desk.write("programme_version.modules_set", &before, &kept, after).await?);
    Ok(Changed { id, impact })
}

/// Maps competences to a module of a draft, or maps them to another depth.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn map(
    unit: &Unit,
    module: Uuid,
    expected_version: i32,
    mappings: Vec<Mapping>,
) -> Result<Changed, Stop> {
    let named: Vec<Uuid> = mappings.iter().map(|mapping| mapping.competence).collect();
    let change = |competences: &mut Vec<Mapping>| {
        competences.retain(|known| !named.contains(&known.competence));
        competences.extend(&mappings);
    };
    remap(unit, module, expected_version, &named, change, "programme_version.competences_mapped")
        .await
}

/// Takes competences from a module of a draft.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn unmap(
    unit: &Unit,
    module: Uuid,
    expected_version: i32,
    named: Vec<Uuid>,
) -> Result<Changed, Stop> {
    let change = |competences: &mut Vec<Mapping>| {
        competences.retain(|known| !named.contains(&known.competence));
    };
    remap(unit, module, expected_version, &named, change, "programme_version.competences_unmapped")
        .await
}

async fn remap(
    unit: &Unit,
    module: Uuid,
    expected_version: i32,
    named: &[Uuid],
    change: impl Fn(&mut Vec<Mapping>),
    action: &'static str,
) -> Result<Changed, Stop> {
    let absent = || Refusal::at(Code::NotFound, "moduleId", Code::NotFound.description());
    let found = Programmes::of(unit).module(module).await?;
    let (id, number) = found.ok_or_else(absent)?;
    let (desk, before) = Desk::at(unit, id, expected_version, Permission::DraftProgrammes).await?;
    let catalogue = desk.store.catalogue().await?;
    let kept = desk.store.kept(&before).await?;
    let mut after = kept.content.clone();
    let mut unmet = rules::unmet_for_step(before.state, Command::Change);
    unmet.extend(unmet_for_known(&catalogue, named.iter().copied(), "competences"));
    let place = after.modules.iter_mut().find(|module| module.number == number);
    let Some(place) = place else { return Err(absent().into()) };
    change(&mut place.competences);
    unmet.extend(rules::unmet_for_modules(&after.modules));
    refuse_any(unmet)?;
    let impact = desk.write(action, &before, &kept, after).await?;
    Ok(Changed { id, impact })
}
