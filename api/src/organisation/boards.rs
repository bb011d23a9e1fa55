//! Use cases of boards and regions: where an organisation belongs over time.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::{AssignmentStatus, Board, BoardAssignment, Organisation};
use super::rules;
use super::service::{Changed, Desk, NewOrganisation, open_only, period};
use crate::actor::Permission;
use crate::command::{Stop, Unit, refuse_any};
use crate::refusal::{Code, Refusal};

/// Gives a new organisation its boards and regions, or a place on the unassigned list; says what
/// follows.
pub(super) async fn place(
    desk: &Desk<'_>,
    new: &NewOrganisation,
    organisation: &Organisation,
    board: Option<&Board>,
    from: NaiveDate,
    boards: &[Board],
) -> Result<Vec<String>, Stop> {
    let (id, store) = (organisation.id, &desk.store);
    if organisation.closed_on.is_some_and(|closed| closed <= from) {
        // It was gone before it could belong anywhere.
        return Ok(Vec::new());
    }
    let reason = new.region_override_reason.as_deref();
    let whole = || period(Some(from), organisation.closed_on);
    let Some(board) = board else {
        if let Some(region) = new.region {
            store.add_region(id, region, whole()?, reason).await?;
        }
        return Ok(Vec::new());
    };
    let successions = store.board_successions().await?;
    let places = rules::places(board, from, organisation.closed_on, boards, &successions);
    for (board, period) in &places.boards {
        store.add_host(id, *board, *period).await?;
    }
    match new.region.filter(|region| *region != board.region_id) {
        Some(region) => store.add_region(id, region, whole()?, reason).await?,
        None => {
            for (region, period) in &places.regions {
                store.add_region(id, *region, *period, None).await?;
            }
        }
    }
    Ok(unassign(desk, id, places.unassigned).await?.into_iter().collect())
}

/// The region exists, and the reason for it is harmless text.
pub(super) async fn unmet_for_region(
    desk: &Desk<'_>,
    region: Option<Uuid>,
    reason: Option<&str>,
) -> Result<Vec<Refusal>, Stop> {
    let path = "regionOverrideReason";
    let mut unmet = reason
        .filter(|reason| !reason.trim().is_empty())
        .map(|reason| rules::unmet_for_text(reason, path, rules::MAX_TEXT))
        .unwrap_or_default();
    if let Some(region) = region
        && !desk.store.region_exists(region).await?
    {
        unmet.push(Refusal::at(Code::NotFound, "regionId", "no such region"));
    }
    Ok(unmet)
}

/// Puts an organisation whose board was split on the unassigned list; says so.
async fn unassign(
    desk: &Desk<'_>,
    id: Uuid,
    split: Option<(Uuid, NaiveDate)>,
) -> Result<Option<String>, Stop> {
    let Some((previous_board_id, since)) = split else { return Ok(None) };
    let assignment = BoardAssignment {
        id: desk.unit.id(),
        organisation_id: id,
        previous_board_id,
        since,
        status: AssignmentStatus::Open,
        assigned_board_id: None,
        created_at: desk.unit.now(),
        version: 1,
    };
    desk.store.insert_assignment(&assignment).await?;
    desk.record("organisation.board_unassigned", None, &assignment, &[], None);
    Ok(Some(format!(
        "its board was split on {since}: it is on the unassigned list until a person chooses"
    )))
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
    let desk = Desk::open(unit, Permission::ManageOrganisations)?;
    let before = desk.locked(id, expected_version).await?;
    let open = desk.store.open_assignment(id).await?;
    refuse_any(rules::unmet_for_move(open.is_some(), to.on, unit.today()))?;
    let (mut impact, split) = rehost(&desk, &before, &to).await?;
    let facts = ["board", "region"];
    desk.save("organisation.board_moved", &before, before.clone(), &facts, None).await?;
    if let Some(open) = open {
        resolve(&desk, open, to.board).await?;
        impact.push("it leaves the unassigned list".to_owned());
    }
    impact.extend(unassign(&desk, id, split).await?);
    Ok(Changed { id, impact })
}

/// What a move brings, in words, and the board that was split under the organisation since.
type Rehosted = (Vec<String>, Option<(Uuid, NaiveDate)>);

/// Ends the present host board and region and begins the new ones.
async fn rehost(desk: &Desk<'_>, organisation: &Organisation, to: &Move) -> Result<Rehosted, Stop> {
    let id = organisation.id;
    let boards: Vec<Board> =
        desk.store.boards().await?.into_iter().map(|(_, board)| board).collect();
    let board = boards.iter().find(|board| board.id == to.board);
    let hosts = desk.store.host_boards(id).await?;
    let regions = desk.store.regions(id).await?;
    let mut unmet = open_only(organisation);
    let reason = to.region_override_reason.as_deref();
    unmet.extend(unmet_for_region(desk, to.region, reason).await?);
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
    let latest =
        present.and_then(|host| host.period.to().map_or(host.period.from(), |to| to.pred_opt()));
    unmet.extend(rules::unmet_for_date(to.on, latest.max(organisation.opened_on), "effectiveOn"));
    refuse_any(unmet)?;
    let Some(board) = board else { return Err(Refusal::whole(Code::NotFound).into()) };
    let successions = desk.store.board_successions().await?;
    let places = rules::places(board, to.on, None, &boards, &successions);
    desk.store.end_host(id, to.on).await?;
    for (board, period) in &places.boards {
        desk.store.add_host(id, *board, *period).await?;
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
        desk.store.end_region(id, to.on).await?;
        for (region, period) in ahead {
            desk.store.add_region(id, region, period, reason).await?;
        }
        impact.push(format!("its region changes on {}", to.on));
    }
    if to.on > desk.unit.today() {
        impact.push("until that day everything stays as it is".to_owned());
    }
    Ok((impact, places.unassigned))
}

async fn resolve(desk: &Desk<'_>, open: BoardAssignment, board: Uuid) -> Result<(), Stop> {
    let after = BoardAssignment {
        status: AssignmentStatus::Assigned,
        assigned_board_id: Some(board),
        version: open.version + 1,
        ..open.clone()
    };
    desk.store.update_assignment(&after).await?;
    desk.record("organisation.board_assigned", Some(&open), &after, &[], None);
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
    let desk = Desk::open(unit, Permission::AssignBoards)?;
    let not_found = || Stop::from(Refusal::whole(Code::NotFound));
    // The organisation is locked first: locks are taken in one order.
    let organisation = desk.store.assigned_to(assignment).await?.ok_or_else(not_found)?;
    let before = desk.locked_any(organisation).await?;
    let found = desk.store.lock_assignment(assignment).await?.ok_or_else(not_found)?;
    if found.version != expected_version {
        return Err(Refusal::stale().into());
    }
    if found.status != AssignmentStatus::Open {
        return Err(Refusal::whole(Code::Conflict).into());
    }
    let successions = desk.store.board_successions().await?;
    let candidate = matches!(
        rules::following_boards(found.previous_board_id, &successions),
        rules::BoardFollowing::Several(candidates) if candidates.contains(&board)
    );
    if !candidate {
        let message = "choose one of the candidates: the boards that followed the split one";
        return Err(Refusal::at(Code::NotACandidate, "boardId", message).into());
    }
    let to = Move { board, on: found.since, region: None, region_override_reason: None };
    let (mut impact, split) = rehost(&desk, &before, &to).await?;
    let facts = ["board", "region"];
    desk.save("organisation.board_moved", &before, before.clone(), &facts, None).await?;
    resolve(&desk, found, board).await?;
    impact.extend(unassign(&desk, before.id, split).await?);
    Ok(Changed { id: before.id, impact })
}

/// Takes a closing organisation from the unassigned list.
pub(super) async fn lapse(desk: &Desk<'_>, id: Uuid) -> Result<(), Stop> {
    let Some(open) = desk.store.open_assignment(id).await? else { return Ok(()) };
    let after = BoardAssignment {
        status: AssignmentStatus::Lapsed,
        version: open.version + 1,
        ..open.clone()
    };
    desk.store.update_assignment(&after).await?;
    desk.record("organisation.board_assignment_lapsed", Some(&open), &after, &[], None);
    Ok(())
}
