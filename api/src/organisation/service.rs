//! Use cases of organisations: each authorises, locks, asks the rules, saves and records.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::boards::{lapse, place, unmet_for_region};
use super::identifier::IdentifierScheme;
use super::model::{Board, Command, Identifier, Kind, Organisation, Status, SuccessionKind};
use super::rules::{self, GivenIdentifier, SuccessionFacts};
use super::store::Organisations;
use crate::actor::Permission;
use crate::actor::service::acts_for_any;
use crate::audit::{Audited, Change};
use crate::calendar::Period;
use crate::command::{Stop, Unit, refuse_any};
use crate::employer::agreements;
use crate::licence::succession::Holdings;
use crate::readiness::due;
use crate::readiness::model::DueReason;
use crate::refusal::{Code, Refusal};
use crate::succession::service::Estate;

/// What a use case changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The organisation.
    pub id: Uuid,
    /// What follows from it, in words.
    pub impact: Vec<String>,
}

/// An organisation to be registered.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// Legal name.
    pub name: String,
    /// Short name.
    pub short_name: Option<String>,
    /// What kind of body it is.
    pub kind: Kind,
    /// Whether it may be licensed to deliver training.
    pub delivers: bool,
    /// Whether it employs or places peer workers.
    pub employs: bool,
    /// Known from reference data only.
    pub reference_only: bool,
    /// Its identifiers, and whether each was verified at its source.
    pub identifiers: Vec<(GivenIdentifier, bool)>,
    /// Address lines.
    pub address: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// First day of its life.
    pub opened_on: Option<NaiveDate>,
    /// The day from which it is closed, with the reason.
    pub closed: Option<(NaiveDate, String)>,
    /// Host board.
    pub board: Option<Uuid>,
    /// The day from which the board hosts it; today if absent.
    pub board_from: Option<NaiveDate>,
    /// Region, where there is no board or it differs from the board's.
    pub region: Option<Uuid>,
    /// Why the region differs from the board's.
    pub region_override_reason: Option<String>,
    /// Sites, by name and postcode.
    pub sites: Vec<(String, Option<String>)>,
}

/// Where a use case works: its transaction, its store, and the role that allows it.
pub(super) struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(super) store: Organisations<'a>,
    acting_as: String,
}

impl<'a> Desk<'a> {
    /// The desk of whoever holds `permission` for the nation.
    pub(super) fn open(unit: &'a Unit, permission: Permission) -> Result<Self, Stop> {
        match unit.actor().acting_nationally(permission) {
            Some(acting_as) => Ok(Self { unit, store: Organisations::of(unit), acting_as }),
            None => Err(Refusal::whole(Code::Forbidden).into()),
        }
    }

    /// The words under which `verifiedBy` names whoever acts.
    fn signature(&self) -> String {
        let account = self.unit.actor().account();
        account.map_or_else(|| self.acting_as.clone(), |id| format!("{} {id}", self.acting_as))
    }

    /// The organisation, locked and as the caller last saw it.
    pub(super) async fn locked(&self, id: Uuid, version: i32) -> Result<Organisation, Stop> {
        let organisation = self.locked_any(id).await?;
        if organisation.version != version {
            return Err(Refusal::stale().into());
        }
        Ok(organisation)
    }

    /// The organisation, locked, whatever its version.
    pub(super) async fn locked_any(&self, id: Uuid) -> Result<Organisation, Stop> {
        self.store.lock(id).await?.ok_or_else(|| Refusal::whole(Code::NotFound).into())
    }

    /// Saves `after` as the next version of `before` and records the change.
    pub(super) async fn save(
        &self,
        action: &'static str,
        before: &Organisation,
        mut after: Organisation,
        facts: &[&str],
        reason: Option<&str>,
    ) -> Result<(), Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        self.store.update(&after).await?;
        self.record(action, Some(before), &after, facts, reason);
        Ok(())
    }

    /// Records a change in the audit trail.
    pub(super) fn record<T: Audited>(
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
}

/// Registers an organisation.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn register(unit: &Unit, new: NewOrganisation) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let boards: Vec<Board> =
        desk.store.boards().await?.into_iter().map(|(_, board)| board).collect();
    let from = new.board_from.unwrap_or_else(|| unit.today());
    let board = new.board.and_then(|id| boards.iter().find(|board| board.id == id));
    let CheckedInput { identifiers, postcode, sites } = checked(&desk, &new, board, from).await?;
    desk.store.claim_identifiers(&identifiers).await?;
    let organisation = organisation_of(unit, &new, postcode);
    desk.store.insert(&organisation).await?;
    desk.store.add_name(organisation.id, &organisation.name, new.opened_on).await?;
    for (index, (scheme, value)) in identifiers.into_iter().enumerate() {
        let verified = new.identifiers.get(index).is_some_and(|(_, verified)| *verified);
        let identifier = Identifier {
            scheme,
            value,
            period: period(new.opened_on, organisation.closed_on)?,
            verified: verified.then(|| (unit.now(), desk.signature())),
        };
        desk.store.add_identifier(organisation.id, &identifier).await?;
    }
    for (name, postcode) in &sites {
        desk.store.add_site(organisation.id, name, postcode.as_deref()).await?;
    }
    desk.record(
        "organisation.registered",
        None,
        &organisation,
        &["identifiers", "board", "region", "sites"],
        None,
    );
    let impact = place(&desk, &new, &organisation, board, from, &boards).await?;
    Ok(Changed { id: organisation.id, impact })
}

/// What registration saves, in its normal form.
struct CheckedInput {
    identifiers: Vec<(IdentifierScheme, String)>,
    postcode: Option<String>,
    sites: Vec<(String, Option<String>)>,
}

/// The input in its normal form, if every rule is met.
async fn checked(
    desk: &Desk<'_>,
    new: &NewOrganisation,
    board: Option<&Board>,
    from: NaiveDate,
) -> Result<CheckedInput, Stop> {
    let mut unmet = rules::unmet_for_line(&new.name, "name");
    if let Some(short_name) = &new.short_name {
        unmet.extend(rules::unmet_for_line(short_name, "shortName"));
    }
    if let Some(address) = &new.address {
        unmet.extend(rules::unmet_for_text(address, "address", rules::MAX_TEXT));
    }
    let mut sites = Vec::new();
    for (index, (name, postcode)) in new.sites.iter().enumerate() {
        unmet.extend(rules::unmet_for_line(name, &format!("sites.{index}.name")));
        match rules::optional_postcode(postcode.as_deref(), &format!("sites.{index}.postcode")) {
            Ok(postcode) => sites.push((name.trim().to_owned(), postcode)),
            Err(refusal) => unmet.push(refusal),
        }
    }
    let reason = new.region_override_reason.as_deref();
    unmet.extend(unmet_for_region(desk, new.region, reason).await?);
    if new.opened_on.is_some_and(|day| day > desk.unit.today()) {
        unmet.push(Refusal::at(Code::Invalid, "openedOn", "must not lie in the future"));
    }
    if new.board.is_some() && board.is_none() {
        unmet.push(Refusal::at(Code::BoardNotInForce, "boardId", "no such integrated care board"));
    }
    // A body that is closed already, or known from reference data, may stand where no board is in force.
    if !new.reference_only {
        unmet.extend(rules::unmet_for_membership(new.kind, board, new.region, reason, from));
    }
    let given: Vec<GivenIdentifier> =
        new.identifiers.iter().map(|(given, _)| given.clone()).collect();
    let identifiers = rules::well_formed(&given).unwrap_or_else(|refusals| {
        unmet.extend(refusals);
        Vec::new()
    });
    let postcode =
        rules::optional_postcode(new.postcode.as_deref(), "postcode").unwrap_or_else(|refusal| {
            unmet.push(refusal);
            None
        });
    refuse_any(unmet)?;
    Ok(CheckedInput { identifiers, postcode, sites })
}

fn organisation_of(unit: &Unit, new: &NewOrganisation, postcode: Option<String>) -> Organisation {
    Organisation {
        id: unit.id(),
        name: new.name.trim().to_owned(),
        short_name: new.short_name.clone(),
        kind: new.kind,
        status: if new.closed.is_some() { Status::Closed } else { Status::Prospect },
        reference_only: new.reference_only,
        delivers: new.delivers,
        employs: new.employs,
        parent_id: None,
        address: new.address.clone(),
        postcode,
        opened_on: new.opened_on,
        closed_on: new.closed.as_ref().map(|(day, _)| *day),
        closure_reason: new.closed.as_ref().map(|(_, reason)| reason.clone()),
        created_at: unit.now(),
        updated_at: unit.now(),
        version: 1,
    }
}

/// Marks an identifier as verified at its source; records it first if the organisation does not hold it.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn verify_identifier(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    given: GivenIdentifier,
) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let before = desk.locked(id, expected_version).await?;
    let value = given
        .scheme
        .normalise(&given.value)
        .map_err(|error| Refusal::at(Code::Invalid, "value", error.to_string()))?;
    let by = desk.signature();
    if !desk.store.verify_identifier(id, given.scheme, &value, &by).await? {
        refuse_any(open_only(&before))?;
        let period = period(Some(before.opened_on.unwrap_or_else(|| unit.today())), None)?;
        let verified = Some((unit.now(), by));
        let identifier = Identifier { scheme: given.scheme, value, period, verified };
        let added = desk.store.add_identifier(id, &identifier).await;
        added.map_err(|stop| stop.of_field("value"))?;
    }
    let after = before.clone();
    desk.save("organisation.identifier_verified", &before, after, &["identifiers"], None).await?;
    Ok(Changed { id, impact: Vec::new() })
}

/// Begins, or goes on after a pause ([`Command::Activate`]); or pauses ([`Command::MakeDormant`]).
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn step(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    command: Command,
) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let before = desk.locked(id, expected_version).await?;
    let identifiers = desk.store.identifiers(id).await?;
    refuse_any(rules::unmet_for_step(before.status, command, &identifiers))?;
    let mut after = before.clone();
    after.status = before.status.after(command).unwrap_or(before.status);
    let action = match command {
        Command::Activate => "organisation.activated",
        Command::MakeDormant => "organisation.made_dormant",
        Command::Close => "organisation.closed",
    };
    desk.save(action, &before, after, &[], None).await?;
    Ok(Changed { id, impact: Vec::new() })
}

/// Closes an organisation from a day on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn close(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    on: NaiveDate,
    reason: String,
) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let before = desk.locked(id, expected_version).await?;
    let impact = end(&desk, &before, (on, "closedOn"), Some(&reason), None).await?;
    Ok(Changed { id, impact })
}

/// Ends an organisation with everything that hangs on it.
async fn end(
    desk: &Desk<'_>,
    before: &Organisation,
    (on, path): (NaiveDate, &str),
    reason: Option<&str>,
    successors: Option<&[Uuid]>,
) -> Result<Vec<String>, Stop> {
    let latest = latest_fact(&desk.store, before).await?;
    let succeeded = successors.is_some();
    let mut unmet = rules::unmet_for_step(before.status, Command::Close, &[]);
    unmet.extend(rules::unmet_for_closure(reason, succeeded, (on, path), latest));
    if let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) {
        unmet.extend(rules::unmet_for_text(reason, "reason", rules::MAX_TEXT));
    }
    if on > desk.unit.today() {
        unmet.push(Refusal::at(Code::Invalid, path, "must not lie in the future"));
    }
    let holdings = Holdings::of(desk.unit, before.id).await?;
    unmet.extend(holdings.unmet_for_end((on, path), succeeded));
    let estate = Estate::of(desk.unit, before.id, successors.unwrap_or_default()).await?;
    unmet.extend(estate.unmet_for_end((on, path)));
    refuse_any(unmet)?;
    let identifiers = desk.store.identifiers(before.id).await?;
    desk.store.end_facts(before.id, on).await?;
    lapse(desk, before.id).await?;
    let licences = holdings.end(&desk.acting_as, on).await?;
    let agreements = agreements::end_all(desk.unit, &desk.acting_as, before.id, on).await?;
    let mut after = before.clone();
    after.status = Status::Closed;
    after.closed_on = Some(on);
    after.closure_reason = reason.map(str::to_owned);
    let facts = ["identifiers", "board", "region"];
    desk.save("organisation.closed", before, after, &facts, reason).await?;
    let held = identifiers.iter().filter(|identifier| identifier.period.to().is_none()).count();
    let mut impact = vec![
        format!("identifiers that end on {on} and may be held by a successor from then: {held}"),
        format!("its board and region memberships end on {on}"),
    ];
    impact.extend(licences);
    impact.extend(estate.pass_on(&desk.acting_as, on).await?);
    impact.extend(agreements);
    Ok(impact)
}

/// The latest day on which a recorded fact of the organisation begins.
async fn latest_fact(
    store: &Organisations<'_>,
    organisation: &Organisation,
) -> Result<Option<NaiveDate>, Stop> {
    let id = organisation.id;
    let boards = store.host_boards(id).await?;
    let regions = store.regions(id).await?;
    let memberships =
        boards.iter().chain(&regions).filter_map(|membership| membership.period.from());
    Ok(memberships.chain(store.name_since(id).await?).chain(organisation.opened_on).max())
}

/// Gives an organisation another legal name from a day on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn rename(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    name: String,
    on: NaiveDate,
) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let before = desk.locked(id, expected_version).await?;
    let mut unmet = rules::unmet_for_line(&name, "name");
    unmet.extend(open_only(&before));
    if name.trim() == before.name {
        unmet.push(Refusal::at(Code::Unchanged, "name", "it has this name already"));
    }
    if on > unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "effectiveOn", "must not lie in the future"));
    }
    let since = desk.store.name_since(id).await?.max(before.opened_on);
    unmet.extend(rules::unmet_for_date(on, since, "effectiveOn"));
    refuse_any(unmet)?;
    desk.store.end_name(id, on).await?;
    desk.store.add_name(id, name.trim(), Some(on)).await?;
    let mut after = before.clone();
    after.name = name.trim().to_owned();
    desk.save("organisation.renamed", &before, after, &[], None).await?;
    Ok(Changed { id, impact: Vec::new() })
}

pub(super) fn open_only(organisation: &Organisation) -> Vec<Refusal> {
    if organisation.status == Status::Closed {
        vec![Refusal::at(Code::Conflict, "", "a closed organisation does not change any more")]
    } else {
        Vec::new()
    }
}

/// A fact of an organisation that has no history.
#[derive(Clone, Debug)]
pub enum Amendment {
    /// Its address, one line a line.
    Address(Option<String>),
    /// Its postcode.
    Postcode(Option<String>),
    /// Its first day.
    OpenedOn(Option<NaiveDate>),
}

/// Corrects a fact that has no history.
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
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let before = desk.locked(id, expected_version).await?;
    let mut after = before.clone();
    match amendment {
        Amendment::Address(address) => {
            let text = address.as_deref();
            let unmet = text.map(|text| rules::unmet_for_text(text, "address", rules::MAX_TEXT));
            refuse_any(unmet.unwrap_or_default())?;
            after.address = address;
        }
        Amendment::Postcode(postcode) => {
            after.postcode = rules::optional_postcode(postcode.as_deref(), "postcode")?;
        }
        Amendment::OpenedOn(day) => {
            if day.is_some_and(|day| day > unit.today()) {
                let message = "must not lie in the future";
                return Err(Refusal::at(Code::Invalid, "openedOn", message).into());
            }
            if day.is_some_and(|day| before.closed_on.is_some_and(|closed| day > closed)) {
                let message = "it cannot open after it closed";
                return Err(Refusal::at(Code::Invalid, "openedOn", message).into());
            }
            after.opened_on = day;
        }
    }
    desk.save("organisation.amended", &before, after, &[], None).await?;
    Ok(Changed { id, impact: Vec::new() })
}

/// A succession to be recorded.
#[derive(Clone, Debug)]
pub struct NewSuccession {
    /// How they follow.
    pub kind: SuccessionKind,
    /// Who ended, or gave up a part.
    pub predecessors: Vec<Uuid>,
    /// Who follows.
    pub successors: Vec<Uuid>,
    /// From which day.
    pub on: NaiveDate,
    /// Anything a reader should know.
    pub notes: Option<String>,
}

/// Records a succession and closes its predecessors. The past stays as it was.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn succeed(unit: &Unit, new: NewSuccession) -> Result<Changed, Stop> {
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let mut ids: Vec<Uuid> = new.predecessors.iter().chain(&new.successors).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    refuse_any(rules::unmet_for_own_organisation(acts_for_any(unit, &ids).await?))?;
    let mut locked = Vec::new();
    for id in ids {
        locked.push(desk.locked_any(id).await?);
    }
    let recorded = desk.store.successions().await?;
    let mut unmet = rules::unmet_for_succession(&SuccessionFacts {
        kind: new.kind,
        predecessors: &new.predecessors,
        successors: &new.successors,
        recorded: &recorded,
    });
    if let Some(notes) = &new.notes {
        unmet.extend(rules::unmet_for_text(notes, "notes", rules::MAX_TEXT));
    }
    for successor in locked.iter().filter(|o| new.successors.contains(&o.id)) {
        unmet.extend(open_only(successor));
    }
    refuse_any(unmet)?;
    let mut impact = Vec::new();
    for before in locked.iter().filter(|o| new.predecessors.contains(&o.id)) {
        impact.extend(
            end(&desk, before, (new.on, "effectiveOn"), None, Some(&new.successors)).await?,
        );
        let successors: Vec<Option<Uuid>> = match new.successors.as_slice() {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        for successor in successors {
            desk.store
                .add_succession(before.id, successor, new.on, new.kind, new.notes.as_deref())
                .await?;
        }
    }
    if new.kind == SuccessionKind::Merger || new.kind == SuccessionKind::Acquisition {
        for successor in &new.successors {
            impact.extend(
                due::raise(unit, &desk.acting_as, *successor, (DueReason::Merger, unit.today()))
                    .await?,
            );
        }
    }
    let id = new.successors.first().or(new.predecessors.first()).copied().unwrap_or_default();
    Ok(Changed { id, impact })
}

pub(super) fn period(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Period, Stop> {
    Period::new(from, to)
        .map_err(|_| Refusal::at(Code::Invalid, "openedOn", "must lie before the end").into())
}
