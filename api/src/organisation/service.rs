//! Use cases of organisations: each authorises, locks, asks the rules, saves and records.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identifier::IdentifierScheme;
use super::model::{
    Board, BoardAssignment, Command, Identifier, Kind, Organisation, Status, SuccessionKind,
};
use super::rules::{self, GivenIdentifier, SuccessionFacts};
use super::store::Organisations;
use crate::actor::Permission;
use crate::calendar::Period;
use crate::command::{Stop, Unit, refuse_any};
use crate::refusal::{Code, Refusal};

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

fn authorise(unit: &Unit, permission: Permission) -> Result<String, Stop> {
    unit.actor()
        .acting_nationally(permission)
        .ok_or_else(|| Refusal::whole(Code::Forbidden).into())
}

/// The words under which the trail and `verifiedBy` name whoever acts.
fn signature(unit: &Unit, acting_as: &str) -> String {
    unit.actor().account().map_or_else(|| acting_as.to_owned(), |id| format!("{acting_as} {id}"))
}

/// Registers an organisation.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn register(unit: &Unit, new: NewOrganisation) -> Result<Changed, Stop> {
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let boards: Vec<Board> = store.boards().await?.into_iter().map(|(_, board)| board).collect();
    let from = new.board_from.unwrap_or_else(|| unit.today());
    let board = new.board.and_then(|id| boards.iter().find(|board| board.id == id));
    let (identifiers, postcode) = checked(unit, &new, board, from)?;
    let organisation = organisation_of(unit, &new, postcode);
    store.insert(&organisation).await?;
    store.add_name(organisation.id, &organisation.name, new.opened_on).await?;
    for (index, (scheme, value)) in identifiers.into_iter().enumerate() {
        let verified = new.identifiers.get(index).is_some_and(|(_, verified)| *verified);
        let identifier = Identifier {
            scheme,
            value,
            period: period(new.opened_on, organisation.closed_on)?,
            verified: verified.then(|| (unit.now(), signature(unit, &acting_as))),
        };
        store.add_identifier(organisation.id, &identifier).await?;
    }
    for (name, postcode) in &new.sites {
        store.add_site(organisation.id, name, postcode.as_deref()).await?;
    }
    unit.record("organisation.registered", None, &organisation, &acting_as, None);
    let mut impact = Vec::new();
    place(unit, &store, &new, &organisation, board, from, &boards, &mut impact, &acting_as).await?;
    Ok(Changed { id: organisation.id, impact })
}

type CheckedInput = (Vec<(IdentifierScheme, String)>, Option<String>);

/// The normalised identifiers and postcode, if every rule is met.
fn checked(
    unit: &Unit,
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
    for (index, (name, _)) in new.sites.iter().enumerate() {
        unmet.extend(rules::unmet_for_line(name, &format!("sites.{index}.name")));
    }
    if new.opened_on.is_some_and(|day| day > unit.today()) {
        unmet.push(Refusal::at(Code::Invalid, "openedOn", "must not lie in the future"));
    }
    if new.board.is_some() && board.is_none() {
        unmet.push(Refusal::at(Code::BoardNotInForce, "boardId", "no such integrated care board"));
    }
    // A body that is closed already, or known from reference data, may stand where no board is in force.
    if !new.reference_only {
        let reason = new.region_override_reason.as_deref();
        unmet.extend(rules::unmet_for_membership(new.kind, board, new.region, reason, from));
    }
    let given: Vec<GivenIdentifier> = new.identifiers.iter().map(|(given, _)| given.clone()).collect();
    let identifiers = rules::well_formed(&given).unwrap_or_else(|refusals| {
        unmet.extend(refusals);
        Vec::new()
    });
    let postcode = new.postcode.as_deref().map(rules::postcode).transpose().unwrap_or_else(|refusal| {
        unmet.push(refusal);
        None
    });
    refuse_any(unmet)?;
    Ok((identifiers, postcode))
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

/// Gives a new organisation its boards and regions, or a place on the unassigned list.
#[expect(clippy::too_many_arguments, reason = "the one caller has all of them at hand")]
async fn place(
    unit: &Unit,
    store: &Organisations<'_>,
    new: &NewOrganisation,
    organisation: &Organisation,
    board: Option<&Board>,
    from: NaiveDate,
    boards: &[Board],
    impact: &mut Vec<String>,
    acting_as: &str,
) -> Result<(), Stop> {
    let id = organisation.id;
    let reason = new.region_override_reason.as_deref();
    let Some(board) = board else {
        if let Some(region) = new.region {
            store.add_region(id, region, period(Some(from), organisation.closed_on)?, reason).await?;
        }
        return Ok(());
    };
    let successions = store.board_successions().await?;
    let places = rules::places(board, from, organisation.closed_on, boards, &successions);
    for (board, period) in &places.boards {
        store.add_host(id, *board, *period).await?;
    }
    match new.region.filter(|region| *region != board.region_id) {
        Some(region) => {
            store.add_region(id, region, period(Some(from), organisation.closed_on)?, reason).await?;
        }
        None => {
            for (region, period) in &places.regions {
                store.add_region(id, *region, *period, None).await?;
            }
        }
    }
    impact.extend(unassign(unit, store, id, places.unassigned, acting_as).await?);
    Ok(())
}

/// Puts an organisation whose board was split on the unassigned list; says so.
async fn unassign(
    unit: &Unit,
    store: &Organisations<'_>,
    id: Uuid,
    split: Option<(Uuid, NaiveDate)>,
    acting_as: &str,
) -> Result<Option<String>, Stop> {
    let Some((previous_board_id, since)) = split else { return Ok(None) };
    let assignment = BoardAssignment {
        id: unit.id(),
        organisation_id: id,
        previous_board_id,
        since,
        assigned_board_id: None,
        created_at: unit.now(),
        version: 1,
    };
    store.insert_assignment(&assignment).await?;
    unit.record("organisation.board_unassigned", None, &assignment, acting_as, None);
    Ok(Some(format!(
        "its board was split on {since}: it is on the unassigned list until a person chooses"
    )))
}

/// The organisation, locked and as the caller last saw it.
async fn locked(
    store: &Organisations<'_>,
    id: Uuid,
    expected_version: i32,
) -> Result<Organisation, Stop> {
    let organisation = locked_any(store, id).await?;
    if organisation.version != expected_version {
        let message = "it changed since you read it: read it again and repeat with its version";
        return Err(Refusal::at(Code::Conflict, "expectedVersion", message).into());
    }
    Ok(organisation)
}

async fn locked_any(store: &Organisations<'_>, id: Uuid) -> Result<Organisation, Stop> {
    store.lock(id).await?.ok_or_else(|| Refusal::whole(Code::NotFound).into())
}

/// Saves `after` as the next version of `before` and records the change.
async fn save(
    unit: &Unit,
    store: &Organisations<'_>,
    action: &'static str,
    before: &Organisation,
    mut after: Organisation,
    acting_as: &str,
    reason: Option<&str>,
) -> Result<(), Stop> {
    after.version = before.version + 1;
    after.updated_at = unit.now();
    store.update(&after).await?;
    unit.record(action, Some(before), &after, acting_as, reason);
    Ok(())
}

/// Marks an identifier as verified at its source.
///
/// # Errors
///
/// `NOT_FOUND` for an organisation or identifier that is not there, or what the database answers.
pub async fn verify_identifier(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    given: GivenIdentifier,
) -> Result<Changed, Stop> {
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let before = locked(&store, id, expected_version).await?;
    let value = given
        .scheme
        .normalise(&given.value)
        .map_err(|error| Refusal::at(Code::Invalid, "value", error.to_string()))?;
    let by = signature(unit, &acting_as);
    if !store.verify_identifier(id, given.scheme, &value, &by).await? {
        let message = "the organisation holds no such identifier today";
        return Err(Refusal::at(Code::NotFound, "value", message).into());
    }
    let after = before.clone();
    save(unit, &store, "organisation.identifier_verified", &before, after, &acting_as, None).await?;
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
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let before = locked(&store, id, expected_version).await?;
    let identifiers = store.identifiers(id).await?;
    refuse_any(rules::unmet_for_step(before.status, command, &identifiers))?;
    let mut after = before.clone();
    after.status = before.status.after(command).unwrap_or(before.status);
    let action = match command {
        Command::Activate => "organisation.activated",
        Command::MakeDormant => "organisation.made_dormant",
        Command::Close => "organisation.closed",
    };
    save(unit, &store, action, &before, after, &acting_as, None).await?;
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
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let before = locked(&store, id, expected_version).await?;
    let impact = end(unit, &store, &before, on, Some(&reason), false, &acting_as).await?;
    Ok(Changed { id, impact })
}

/// Ends an organisation with everything that hangs on it.
async fn end(
    unit: &Unit,
    store: &Organisations<'_>,
    before: &Organisation,
    on: NaiveDate,
    reason: Option<&str>,
    succeeded: bool,
    acting_as: &str,
) -> Result<Vec<String>, Stop> {
    let latest = latest_fact(store, before).await?;
    let mut unmet = rules::unmet_for_step(before.status, Command::Close, &[]);
    unmet.extend(rules::unmet_for_closure(reason, succeeded, on, latest));
    if let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) {
        unmet.extend(rules::unmet_for_text(reason, "reason", rules::MAX_TEXT));
    }
    if on > unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "closedOn", "must not lie in the future"));
    }
    refuse_any(unmet)?;
    let identifiers = store.identifiers(before.id).await?;
    store.end_facts(before.id, on).await?;
    let mut after = before.clone();
    after.status = Status::Closed;
    after.closed_on = Some(on);
    after.closure_reason = reason.map(str::to_owned);
    save(unit, store, "organisation.closed", before, after, acting_as, reason).await?;
    let held = identifiers.iter().filter(|identifier| identifier.period.to().is_none()).count();
    Ok(vec![
        format!("{held} identifiers end on {on} and may be held by a successor from that day"),
        format!("its board and region memberships end on {on}"),
    ])
}

/// The latest day on which a recorded fact of the organisation begins.
async fn latest_fact(
    store: &Organisations<'_>,
    organisation: &Organisation,
) -> Result<Option<NaiveDate>, Stop> {
    let id = organisation.id;
    let boards = store.host_boards(id).await?;
    let regions = store.regions(id).await?;
    let memberships = boards.iter().chain(&regions).filter_map(|membership| membership.period.from());
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
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let before = locked(&store, id, expected_version).await?;
    let mut unmet = rules::unmet_for_line(&name, "name");
    unmet.extend(open_only(&before));
    if name.trim() == before.name {
        unmet.push(Refusal::at(Code::Unchanged, "name", "it has this name already"));
    }
    if on > unit.today() {
        unmet.push(Refusal::at(Code::Invalid, "effectiveOn", "must not lie in the future"));
    }
    let since = store.name_since(id).await?.max(before.opened_on);
    unmet.extend(rules::unmet_for_date(on, since, "effectiveOn"));
    refuse_any(unmet)?;
    store.end_name(id, on).await?;
    store.add_name(id, name.trim(), Some(on)).await?;
    let mut after = before.clone();
    after.name = name.trim().to_owned();
    save(unit, &store, "organisation.renamed", &before, after, &acting_as, None).await?;
    Ok(Changed { id, impact: Vec::new() })
}

fn open_only(organisation: &Organisation) -> Vec<Refusal> {
    if organisation.status == Status::Closed {
        vec![Refusal::at(Code::Conflict, "", "a closed organisation does not change any more")]
    } else {
        Vec::new()
    }
}

/// Where an organisation moves.
#[derive(Clone, Debug)]
pub struct Move {
    /// The new host board.
    pub board: Uuid,
    /// The first day there.
    pub on: NaiveDate,
    /// Region, if it differs from the board's.
    pub region: Option<Uuid>,
    /// Why it differs.
    pub region_override_reason: Option<String>,
}

/// Moves an organisation to another host board from a day on.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn move_board(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    to: Move,
) -> Result<Changed, Stop> {
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let before = locked(&store, id, expected_version).await?;
    let open = store.open_assignment(id).await?;
    let (mut impact, split) = rehost(unit, &store, &before, &to).await?;
    save(unit, &store, "organisation.board_moved", &before, before.clone(), &acting_as, None).await?;
    if let Some(open) = open {
        resolve(unit, &store, open, to.board, &acting_as).await?;
        impact.push("it leaves the unassigned list".to_owned());
    }
    impact.extend(unassign(unit, &store, id, split, &acting_as).await?);
    Ok(Changed { id, impact })
}

/// What a move brings, in words, and the board that was split under the organisation since.
type Rehosted = (Vec<String>, Option<(Uuid, NaiveDate)>);

/// Ends the present host board and region and begins the new ones.
async fn rehost(
    unit: &Unit,
    store: &Organisations<'_>,
    organisation: &Organisation,
    to: &Move,
) -> Result<Rehosted, Stop> {
    let id = organisation.id;
    let boards: Vec<Board> = store.boards().await?.into_iter().map(|(_, board)| board).collect();
    let board = boards.iter().find(|board| board.id == to.board);
    let hosts = store.host_boards(id).await?;
    let regions = store.regions(id).await?;
    let mut unmet = open_only(organisation);
    let reason = to.region_override_reason.as_deref();
    match board {
        None => unmet.push(Refusal::at(Code::NotFound, "boardId", "no such integrated care board")),
        Some(_) => unmet.extend(rules::unmet_for_membership(
            organisation.kind,
            board,
            to.region,
            reason,
            to.on,
        )),
    }
    let present = hosts.first();
    if present.is_some_and(|host| host.target == to.board && host.period.to().is_none()) {
        unmet.push(Refusal::at(Code::Unchanged, "boardId", "this board hosts it already"));
    }
    let latest = present.and_then(|host| host.period.to().map_or(host.period.from(), |to| to.pred_opt()));
    unmet.extend(rules::unmet_for_date(to.on, latest.max(organisation.opened_on), "effectiveOn"));
    refuse_any(unmet)?;
    let Some(board) = board else { return Err(Refusal::whole(Code::NotFound).into()) };
    let successions = store.board_successions().await?;
    let places = rules::places(board, to.on, None, &boards, &successions);
    store.end_host(id, to.on).await?;
    for (board, period) in &places.boards {
        store.add_host(id, *board, *period).await?;
    }
    let mut impact = vec![format!("its host board changes on {}", to.on)];
    let ahead = match to.region.filter(|region| *region != board.region_id) {
        Some(region) => vec![(region, period(Some(to.on), None)?)],
        None => places.regions,
    };
    let stays = match (regions.first(), ahead.as_slice()) {
        (Some(now), [(region, _)]) => now.target == *region && now.period.to().is_none(),
        _ => false,
    };
    if !stays {
        let since = regions.first().and_then(|region| region.period.from());
        refuse_any(rules::unmet_for_date(to.on, since, "effectiveOn"))?;
        store.end_region(id, to.on).await?;
        for (region, period) in ahead {
            store.add_region(id, region, period, reason).await?;
        }
        impact.push(format!("its region changes on {}", to.on));
    }
    if to.on > unit.today() {
        impact.push("until that day everything stays as it is".to_owned());
    }
    Ok((impact, places.unassigned))
}

async fn resolve(
    unit: &Unit,
    store: &Organisations<'_>,
    open: BoardAssignment,
    board: Uuid,
    acting_as: &str,
) -> Result<(), Stop> {
    let after =
        BoardAssignment { assigned_board_id: Some(board), version: open.version + 1, ..open.clone() };
    store.update_assignment(&after).await?;
    unit.record("organisation.board_assigned", Some(&open), &after, acting_as, None);
    Ok(())
}

/// Chooses a board for an organisation on the unassigned list, from the day its old board closed.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn assign_board(
    unit: &Unit,
    assignment: Uuid,
    expected_version: i32,
    board: Uuid,
) -> Result<Changed, Stop> {
    let acting_as = authorise(unit, Permission::AssignBoards)?;
    let store = Organisations::of(unit);
    let not_found = || Stop::from(Refusal::whole(Code::NotFound));
    // The organisation first: locks are taken in one order.
    let found = store.lock_assignment(assignment).await?.ok_or_else(not_found)?;
    let before = locked_any(&store, found.organisation_id).await?;
    if found.version != expected_version || found.assigned_board_id.is_some() {
        return Err(Refusal::whole(Code::Conflict).into());
    }
    let successions = store.board_successions().await?;
    let candidate = matches!(
        rules::following_boards(found.previous_board_id, &successions),
        rules::BoardFollowing::Several(candidates) if candidates.contains(&board)
    );
    if !candidate {
        let message = "choose one of the candidates: the boards that followed the split one";
        return Err(Refusal::at(Code::NotACandidate, "boardId", message).into());
    }
    let to = Move { board, on: found.since, region: None, region_override_reason: None };
    let (mut impact, split) = rehost(unit, &store, &before, &to).await?;
    save(unit, &store, "organisation.board_moved", &before, before.clone(), &acting_as, None).await?;
    resolve(unit, &store, found, board, &acting_as).await?;
    impact.extend(unassign(unit, &store, before.id, split, &acting_as).await?);
    Ok(Changed { id: before.id, impact })
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
    let acting_as = authorise(unit, Permission::ManageOrganisations)?;
    let store = Organisations::of(unit);
    let mut ids: Vec<Uuid> = new.predecessors.iter().chain(&new.successors).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut locked = Vec::new();
    for id in ids {
        locked.push(locked_any(&store, id).await?);
    }
    let recorded = store.successions().await?;
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
        impact.extend(end(unit, &store, before, new.on, None, true, &acting_as).await?);
        let successors: Vec<Option<Uuid>> = match new.successors.as_slice() {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        for successor in successors {
            store
                .add_succession(before.id, successor, new.on, new.kind, new.notes.as_deref())
                .await?;
        }
    }
    let id = new.successors.first().or(new.predecessors.first()).copied().unwrap_or_default();
    Ok(Changed { id, impact })
}

fn period(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Period, Stop> {
    Period::new(from, to)
        .map_err(|_| Refusal::at(Code::Invalid, "openedOn", "must lie before the end").into())
}
