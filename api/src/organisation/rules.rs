//! The rules of organisations, as functions over plain values. Each returns everything that is unmet.

use chrono::NaiveDate;
use uuid::Uuid;

use super::identifier::{IdentifierScheme, Postcode};
use super::model::{Board, Command, Identifier, Kind, Status, SuccessionKind};
use crate::calendar::Period;
use crate::refusal::{Code, Refusal};

/// Longest name of an organisation or site, in characters.
pub const MAX_NAME: usize = 200;

/// Longest free text, in characters.
pub const MAX_TEXT: usize = 2_000;

/// PER-2: nobody decides for the nation about an organisation for which they act themselves.
#[must_use]
pub fn unmet_for_own_organisation(acts_for_it: bool) -> Vec<Refusal> {
    if !acts_for_it {
        return Vec::new();
    }
    let message = "you act for this organisation, by this or another account of yours: somebody else of the \
                   national team has to do this";
    vec![Refusal::at(Code::SeparationOfDuties, "", message)]
}

/// A name or other line of text: filled, short enough, and free of control and direction marks.
#[must_use]
pub fn unmet_for_line(text: &str, path: &str) -> Vec<Refusal> {
    let mut unmet = unmet_for_text(text, path, MAX_NAME);
    if text.contains(['\n', '\t']) {
        unmet.push(Refusal::at(Code::Invalid, path, "must be one line"));
    }
    unmet
}

/// Free text: filled, short enough, and free of control and direction marks.
#[must_use]
pub fn unmet_for_text(text: &str, path: &str, longest: usize) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if text.trim().is_empty() {
        unmet.push(Refusal::at(Code::Invalid, path, "must not be empty"));
    }
    if text.chars().count() > longest {
        unmet.push(Refusal::at(
            Code::Invalid,
            path,
            format!("may hold at most {longest} characters"),
        ));
    }
    if text.chars().any(is_unsafe) {
        let message = "must not hold control characters or marks that change the direction of text";
        unmet.push(Refusal::at(Code::Invalid, path, message));
    }
    unmet
}

fn is_unsafe(letter: char) -> bool {
    let marks = matches!(
        letter,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
    );
    marks || (letter.is_control() && letter != '\n' && letter != '\t')
}

/// An identifier as it was given.
#[derive(Clone, Debug)]
pub struct GivenIdentifier {
    /// Its scheme.
    pub scheme: IdentifierScheme,
    /// Its value.
    pub value: String,
}

/// Identifiers are well-formed and named once. The values come back normalised.
///
/// # Errors
///
/// Every identifier that is not well-formed or is named twice.
pub fn well_formed(
    given: &[GivenIdentifier],
) -> Result<Vec<(IdentifierScheme, String)>, Vec<Refusal>> {
    let (mut values, mut unmet) = (Vec::new(), Vec::new());
    for (index, identifier) in given.iter().enumerate() {
        let path = format!("identifiers.{index}.value");
        match identifier.scheme.normalise(&identifier.value) {
            Ok(value) if values.contains(&(identifier.scheme, value.clone())) => {
                unmet.push(Refusal::at(Code::Invalid, &path, "is named twice"));
            }
            Ok(value) => values.push((identifier.scheme, value)),
            Err(malformed) => unmet.push(Refusal::at(Code::Invalid, &path, malformed.to_string())),
        }
    }
    if unmet.is_empty() { Ok(values) } else { Err(unmet) }
}

/// A postcode, where there is one, is well-formed. It comes back normalised.
///
/// # Errors
///
/// The refusal, at `path`.
pub fn optional_postcode(given: Option<&str>, path: &str) -> Result<Option<String>, Refusal> {
    given
        .map(Postcode::parse)
        .transpose()
        .map(|postcode| postcode.map(String::from))
        .map_err(|error| Refusal::at(Code::Invalid, path, error.to_string()))
}

/// ORG-2: an English NHS body has a board that is in force when it joins it, and a region that is the
/// board's unless a reason is given.
#[must_use]
pub fn unmet_for_membership(
    kind: Kind,
    board: Option<&Board>,
    region: Option<Uuid>,
    override_reason: Option<&str>,
    from: NaiveDate,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    match board {
        None if kind.is_nhs_provider() => {
            unmet.push(Refusal::at(
                Code::BoardRequired,
                "boardId",
                "name the integrated care board that hosts this NHS body",
            ));
        }
        Some(board) if !board.period.contains(from) => {
            unmet.push(Refusal::at(
                Code::BoardNotInForce,
                "boardId",
                "this board does not exist on that day; choose one that does",
            ));
        }
        _ => {}
    }
    let differs =
        matches!((board, region), (Some(board), Some(region)) if board.region_id != region);
    if differs && override_reason.is_none_or(|reason| reason.trim().is_empty()) {
        unmet.push(Refusal::at(
            Code::RegionOverrideReasonRequired,
            "regionOverrideReason",
            "say why the region differs from the board's",
        ));
    }
    unmet
}

/// The step exists from this state, and an organisation that becomes active has a verified identifier.
#[must_use]
pub fn unmet_for_step(
    status: Status,
    command: Command,
    identifiers: &[Identifier],
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if status.after(command).is_none() {
        let message = match status {
            Status::Closed => "a closed organisation takes no further step",
            _ => "this step does not exist from the organisation's present state",
        };
        unmet.push(Refusal::at(Code::Conflict, "", message));
    }
    let verified = identifiers.iter().any(|identifier| identifier.verified.is_some());
    if command == Command::Activate && status == Status::Prospect && !verified {
        unmet.push(Refusal::at(
            Code::IdentifierNotVerified,
            "",
            "verify at least one of the organisation's identifiers first",
        ));
    }
    unmet
}

/// A closure has a reason, and does not lie before the organisation opened or before a fact that is
/// recorded already.
#[must_use]
pub fn unmet_for_closure(
    reason: Option<&str>,
    succeeded: bool,
    (on, path): (NaiveDate, &str),
    latest_fact: Option<NaiveDate>,
) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    if !succeeded && reason.is_none_or(|reason| reason.trim().is_empty()) {
        unmet.push(Refusal::at(
            Code::ClosureReasonRequired,
            "reason",
            "give a reason, or record the succession instead",
        ));
    }
    unmet.extend(unmet_for_date(on, latest_fact, path));
    unmet
}

/// A change begins on or after every fact that is recorded already.
#[must_use]
pub fn unmet_for_date(on: NaiveDate, latest_fact: Option<NaiveDate>, path: &str) -> Vec<Refusal> {
    match latest_fact {
        Some(latest) if on <= latest => vec![Refusal::at(
            Code::DateBeforeRecordedFact,
            path,
            format!("choose a day after {latest}: a recorded fact begins on that day"),
        )],
        _ => Vec::new(),
    }
}

/// The organisations that a succession names.
#[derive(Clone, Debug)]
pub struct SuccessionFacts<'a> {
    /// How they follow.
    pub kind: SuccessionKind,
    /// Who ended, or gave up a part.
    pub predecessors: &'a [Uuid],
    /// Who follows.
    pub successors: &'a [Uuid],
    /// Every recorded succession, as predecessor and successor.
    pub recorded: &'a [(Uuid, Uuid)],
}

/// SUCC-1 and the shape of each kind: a merger has several predecessors and one successor, a split one
/// predecessor and several successors, a closure no successor; every other kind has one of each.
#[must_use]
pub fn unmet_for_succession(facts: &SuccessionFacts<'_>) -> Vec<Refusal> {
    let mut unmet = Vec::new();
    let (before, after) = (facts.predecessors.len(), facts.successors.len());
    let (fits, expected) = match facts.kind {
        SuccessionKind::Merger => {
            (before >= 2 && after == 1, "a merger has at least two predecessors and one successor")
        }
        SuccessionKind::Acquisition => (
            before >= 1 && after == 1,
            "an acquisition has at least one predecessor and one successor",
        ),
        SuccessionKind::Split => {
            (before == 1 && after >= 2, "a split has one predecessor and at least two successors")
        }
        SuccessionKind::Rename => (before == 1 && after == 1, "a renaming has one of each"),
        SuccessionKind::CodeChange => {
            (before == 1 && after == 1, "a change of code has one of each")
        }
        SuccessionKind::Closure => (before >= 1 && after == 0, "a closure has no successor"),
    };
    let sides = [("predecessorIds", facts.predecessors), ("successorIds", facts.successors)];
    if !fits {
        let of_predecessors = match facts.kind {
            SuccessionKind::Merger => before < 2,
            SuccessionKind::Acquisition | SuccessionKind::Closure => before < 1,
            SuccessionKind::Split | SuccessionKind::Rename | SuccessionKind::CodeChange => {
                before != 1
            }
        };
        let (path, _) = sides[usize::from(!of_predecessors)];
        unmet.push(Refusal::at(Code::SuccessionShape, path, expected));
    }
    for (path, side) in sides {
        if side.iter().enumerate().any(|(place, id)| side[..place].contains(id)) {
            unmet.push(Refusal::at(Code::Invalid, path, "name each organisation once"));
        }
    }
    let itself = facts.successors.iter().any(|id| facts.predecessors.contains(id));
    let circle = facts
        .successors
        .iter()
        .any(|successor| leads_to(facts.recorded, *successor, facts.predecessors));
    if itself || circle {
        unmet.push(Refusal::at(
            Code::SuccessionCycle,
            "successorIds",
            "an organisation cannot follow itself, directly or through others",
        ));
    }
    unmet
}

/// Whether one of `targets` follows `start` by recorded successions.
fn leads_to(recorded: &[(Uuid, Uuid)], start: Uuid, targets: &[Uuid]) -> bool {
    let (mut open, mut seen) = (vec![start], vec![start]);
    while let Some(at) = open.pop() {
        for &(_, next) in recorded.iter().filter(|(from, _)| *from == at) {
            if targets.contains(&next) {
                return true;
            }
            if !seen.contains(&next) {
                seen.push(next);
                open.push(next);
            }
        }
    }
    false
}

/// What becomes of a member of a board that closes: it goes on with the one successor, or a person has
/// to choose among several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardFollowing {
    /// Exactly one board follows.
    One(Uuid),
    /// Several follow: nothing is guessed.
    Several(Vec<Uuid>),
    /// None follows.
    None,
}

/// The boards that follow `board`, by the recorded successions of boards.
#[must_use]
pub fn following_boards(board: Uuid, successions: &[(Uuid, Uuid)]) -> BoardFollowing {
    let mut next: Vec<Uuid> =
        successions.iter().filter(|(from, _)| *from == board).map(|(_, to)| *to).collect();
    next.sort_unstable();
    next.dedup();
    match next.as_slice() {
        [] => BoardFollowing::None,
        [one] => BoardFollowing::One(*one),
        _ => BoardFollowing::Several(next),
    }
}

/// An organisation without a board gets one from today at the latest: it must not leave the unassigned
/// list for a board that hosts it some day.
#[must_use]
pub fn unmet_for_move(unassigned: bool, on: NaiveDate, today: NaiveDate) -> Vec<Refusal> {
    if unassigned && on > today {
        let message = "must not lie in the future while the organisation has no board";
        return vec![Refusal::at(Code::Invalid, "effectiveOn", message)];
    }
    Vec::new()
}

/// Where an organisation belongs over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Its host boards, each for a period.
    pub boards: Vec<(Uuid, Period)>,
    /// Its regions, each for a period.
    pub regions: Vec<(Uuid, Period)>,
    /// The board that was split under it, and the first day without a board.
    pub unassigned: Option<(Uuid, NaiveDate)>,
}

/// Follows the boards from `board` and the day `from`, up to the organisation's own end.
///
/// Where a board closes, its one successor follows. Where several follow, the organisation is without
/// a board until a person chooses; its region goes on if it is the same for every candidate.
#[must_use]
pub fn places(
    board: &Board,
    from: NaiveDate,
    end: Option<NaiveDate>,
    boards: &[Board],
    successions: &[(Uuid, Uuid)],
) -> Places {
    let mut places = Places::default();
    let (mut board, mut from) = (*board, from);
    while end.is_none_or(|end| from < end) {
        let to = earlier(board.period.to(), end);
        let Ok(period) = Period::new(Some(from), to) else { break };
        places.boards.push((board.id, period));
        extend(&mut places.regions, board.region_id, period);
        let Some(closed) = board.period.to().filter(|to| end.is_none_or(|end| *to < end)) else {
            break;
        };
        let find = |id: Uuid| boards.iter().find(|board| board.id == id).copied();
        match following_boards(board.id, successions) {
            BoardFollowing::One(next) => match find(next) {
                Some(next) => (board, from) = (next, closed),
                None => break,
            },
            BoardFollowing::Several(candidates) => {
                places.unassigned = Some((board.id, closed));
                let mut regions: Vec<Uuid> =
                    candidates.into_iter().filter_map(find).map(|board| board.region_id).collect();
                regions.dedup();
                if let ([region], Ok(period)) = (regions.as_slice(), Period::new(Some(closed), end))
                {
                    extend(&mut places.regions, *region, period);
                }
                break;
            }
            BoardFollowing::None => break,
        }
    }
    places
}

fn earlier(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Adds a period, or lengthens the last one where the target stays the same without a gap.
fn extend(list: &mut Vec<(Uuid, Period)>, target: Uuid, period: Period) {
    if let Some((last, held)) = list.last_mut()
        && *last == target
        && held.to() == period.from()
        && let Ok(longer) = Period::new(held.from(), period.to())
    {
        *held = longer;
        return;
    }
    list.push((target, period));
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Uuid = Uuid::from_u128(0xA);
    const B: Uuid = Uuid::from_u128(0xB);
    const C: Uuid = Uuid::from_u128(0xC);

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn codes(unmet: &[Refusal]) -> Vec<Code> {
        unmet.iter().map(|refusal| refusal.code).collect()
    }

    fn facts<'a>(
        kind: SuccessionKind,
        predecessors: &'a [Uuid],
        successors: &'a [Uuid],
        recorded: &'a [(Uuid, Uuid)],
    ) -> SuccessionFacts<'a> {
        SuccessionFacts { kind, predecessors, successors, recorded }
    }

    #[test]
    fn org_2_an_nhs_body_needs_a_board_and_a_charity_does_not() {
        let from = day("2026-05-01");
        let unmet = unmet_for_membership(Kind::NhsTrust, None, None, None, from);
        assert_eq!(codes(&unmet), [Code::BoardRequired]);
        assert!(unmet_for_membership(Kind::Vcse, None, None, None, from).is_empty());
    }

    #[test]
    fn org_2_a_board_must_exist_on_the_day_and_another_region_needs_a_reason() {
        let period =
            Period::new(Some(day("2022-07-01")), Some(day("2026-04-01"))).expect("a period");
        let board = Board { id: A, region_id: B, period };
        let unmet =
            unmet_for_membership(Kind::NhsTrust, Some(&board), Some(C), None, day("2026-04-01"));
        assert_eq!(codes(&unmet), [Code::BoardNotInForce, Code::RegionOverrideReasonRequired]);
        let last_day = day("2026-03-31");
        let why = Some("it serves the neighbouring region");
        assert!(
            unmet_for_membership(Kind::NhsTrust, Some(&board), Some(C), why, last_day).is_empty()
        );
    }

    #[test]
    fn an_organisation_becomes_active_only_with_a_verified_identifier() {
        let mut identifier = Identifier {
            scheme: IdentifierScheme::Ods,
            value: "ZZ9".to_owned(),
            period: Period::new(None, None).expect("a period"),
            verified: None,
        };
        let unmet =
            unmet_for_step(Status::Prospect, Command::Activate, std::slice::from_ref(&identifier));
        assert_eq!(codes(&unmet), [Code::IdentifierNotVerified]);
        identifier.verified = Some((chrono::DateTime::UNIX_EPOCH, "an officer".to_owned()));
        assert!(unmet_for_step(Status::Prospect, Command::Activate, &[identifier]).is_empty());
        let unmet = unmet_for_step(Status::Closed, Command::Activate, &[]);
        assert_eq!(codes(&unmet), [Code::Conflict]);
    }

    #[test]
    fn a_closure_has_a_reason_and_comes_after_every_recorded_fact() {
        let unmet = unmet_for_closure(
            None,
            false,
            (day("2026-01-01"), "closedOn"),
            Some(day("2026-01-01")),
        );
        assert_eq!(codes(&unmet), [Code::ClosureReasonRequired, Code::DateBeforeRecordedFact]);
        assert!(
            unmet_for_closure(None, true, (day("2026-01-02"), "closedOn"), Some(day("2026-01-01")))
                .is_empty()
        );
    }

    #[test]
    fn succ_1_no_organisation_follows_itself() {
        let chain = [(B, C)];
        let unmet = unmet_for_succession(&facts(SuccessionKind::Rename, &[C], &[B], &chain));
        assert_eq!(codes(&unmet), [Code::SuccessionCycle]);
        let unmet = unmet_for_succession(&facts(SuccessionKind::Rename, &[A], &[A], &[]));
        assert_eq!(codes(&unmet), [Code::SuccessionCycle]);
        assert!(
            unmet_for_succession(&facts(SuccessionKind::Rename, &[A], &[B], &chain)).is_empty()
        );
    }

    #[test]
    fn what_is_wrong_with_the_predecessors_is_said_of_them() {
        let merger =
            |before| unmet_for_succession(&facts(SuccessionKind::Merger, before, &[C], &[]));
        for (before, expected) in
            [(&[A][..], vec![Code::SuccessionShape]), (&[A, A], vec![Code::Invalid])]
        {
            let unmet = merger(before);
            assert_eq!(codes(&unmet), expected);
            assert_eq!(unmet[0].path, ["input", "predecessorIds"]);
        }
    }

    #[test]
    fn every_kind_of_succession_has_its_shape() {
        use SuccessionKind::{Acquisition, Closure, CodeChange, Merger, Rename, Split};
        let fitting: [(SuccessionKind, &[Uuid], &[Uuid]); 6] = [
            (Merger, &[A, B], &[C]),
            (Acquisition, &[A], &[B]),
            (Split, &[A], &[B, C]),
            (Rename, &[A], &[B]),
            (CodeChange, &[A], &[B]),
            (Closure, &[A], &[]),
        ];
        for (kind, before, after) in fitting {
            assert!(unmet_for_succession(&facts(kind, before, after, &[])).is_empty(), "{kind:?}");
            let unmet = unmet_for_succession(&facts(kind, &[], after, &[]));
            assert_eq!(codes(&unmet), [Code::SuccessionShape], "{kind:?}");
        }
    }

    #[test]
    fn a_split_board_leaves_the_choice_to_a_person() {
        assert_eq!(following_boards(A, &[(A, B)]), BoardFollowing::One(B));
        assert_eq!(following_boards(A, &[(A, C), (A, B)]), BoardFollowing::Several(vec![B, C]));
        assert_eq!(following_boards(B, &[(A, B)]), BoardFollowing::None);
    }

    #[test]
    fn an_organisation_without_a_board_gets_one_from_today_at_the_latest() {
        let today = day("2026-05-01");
        assert_eq!(codes(&unmet_for_move(true, day("2026-05-02"), today)), [Code::Invalid]);
        assert!(unmet_for_move(true, today, today).is_empty());
        assert!(unmet_for_move(false, day("2026-05-02"), today).is_empty());
    }

    #[test]
    fn places_follow_a_merger_stop_at_a_split_and_end_with_the_organisation() {
        let period =
            |from, to: Option<&str>| Period::new(Some(day(from)), to.map(day)).expect("a period");
        let region = Uuid::from_u128(0x1);
        let old =
            Board { id: A, region_id: region, period: period("2022-07-01", Some("2026-04-01")) };
        let new = Board { id: B, region_id: region, period: period("2026-04-01", None) };
        let other = Board { id: C, ..new };
        let boards = [old, new, other];
        let merged = places(&old, day("2022-07-01"), None, &boards, &[(A, B)]);
        assert_eq!(merged.boards, [(A, old.period), (B, new.period)]);
        assert_eq!(merged.regions, [(region, period("2022-07-01", None))]);
        let split = places(&old, day("2022-07-01"), None, &boards, &[(A, B), (A, C)]);
        assert_eq!(split.boards, [(A, old.period)]);
        assert_eq!(split.regions, [(region, period("2022-07-01", None))]);
        assert_eq!(split.unassigned, Some((A, day("2026-04-01"))));
        let gone = Some(day("2024-01-01"));
        let closed = places(&old, day("2022-07-01"), gone, &boards, &[(A, B), (A, C)]);
        assert_eq!(closed.boards, [(A, period("2022-07-01", Some("2024-01-01")))]);
        assert_eq!(closed.unassigned, None, "a closed body gets no later membership");
        let before = places(&old, day("2022-07-01"), Some(day("2021-01-01")), &boards, &[]);
        assert_eq!(before, Places::default());
    }

    #[test]
    fn nobody_decides_about_an_organisation_for_which_they_act() {
        assert_eq!(unmet_for_own_organisation(false), []);
        assert_eq!(codes(&unmet_for_own_organisation(true)), [Code::SeparationOfDuties]);
    }

    #[test]
    fn names_are_one_line_of_harmless_text() {
        assert!(unmet_for_line("Ash & Elm Recovery College", "name").is_empty());
        for bad in ["", "  ", "two\nlines", "nul\0", "turned \u{202E}round"] {
            assert!(!unmet_for_line(bad, "name").is_empty(), "{bad:?}");
        }
        assert!(!unmet_for_line(&"x".repeat(MAX_NAME + 1), "name").is_empty());
    }
}
