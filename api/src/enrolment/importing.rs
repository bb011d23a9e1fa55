//! Use case of a list: many people are given places at once. Either all of them, or those against whom nothing speaks;
//! what became of each row is kept.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::candidates::{Candidates, Place};
use super::desk::Desk;
use super::model::State;
use super::{rules, service};
use crate::actor::Permission;
use crate::audit::Audited;
use crate::coded;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::parts::Course;
use crate::course::service::places::{self, Joining};
use crate::person::desk::Changed;
use crate::refusal::{Code, Refusal};

/// Most rows of a list: as many people as a course takes.
pub const MAX_ROWS: usize = 500;

coded! {
    /// What became of a row.
    RowOutcome {
        /// The person has the place.
        Placed = "PLACED",
        /// The person has a place of this kind already: the national team decides.
        Held = "HELD",
        /// Something speaks against it.
        Refused = "REFUSED",
    }
}

/// A row as it was sent: a place, or what is wrong with its text.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number, from 1; the line of names above the rows does not count.
    pub number: i32,
    /// What it says.
    pub place: Result<Place, Vec<Refusal>>,
}

/// A list that was read in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Identifier.
    pub id: Uuid,
    /// The organisation that delivers the course.
    pub organisation_id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// Whether rows were left out against which something spoke.
    pub partial: bool,
    /// How many have a place.
    pub placed: i32,
    /// How many are held for national review.
    pub held: i32,
    /// How many were refused.
    pub refused: i32,
    /// The account that sent it.
    pub made_by: Uuid,
    /// When.
    pub made_at: DateTime<Utc>,
}

impl Audited for Import {
    const TYPE: &'static str = "enrolment_import";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        1
    }
}

/// What became of a row.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its number.
    pub number: i32,
    /// The enrolment and where it stands, or what spoke against it first.
    pub result: Result<(Uuid, State), Refusal>,
}

impl Told {
    /// What became of it.
    #[must_use]
    pub const fn outcome(&self) -> RowOutcome {
        match self.result {
            Ok((_, State::Held)) => RowOutcome::Held,
            Ok(_) => RowOutcome::Placed,
            Err(_) => RowOutcome::Refused,
        }
    }
}

/// Gives the people of a list places on a course: all of them or nobody, or with `partial` those against whom nothing
/// speaks. Gives the list as it was read in.
///
/// # Errors
///
/// Every unmet rule, those of rows under `rows`; or what the database answers.
pub async fn import(
    unit: &Unit,
    course: Uuid,
    rows: &[Row],
    partial: bool,
) -> Result<Changed, Stop> {
    let Joining { course, acting_as, mut unmet } =
        places::joining(unit, Permission::EnrolPeople, course).await?;
    let desk = Desk::of(unit, acting_as);
    unmet.extend(rules::unmet_for_course(course.state, "courseId"));
    if rows.is_empty() || rows.len() > MAX_ROWS {
        let message = format!("must have 1 to {MAX_ROWS} rows below the line of names");
        unmet.push(Refusal::at(Code::Invalid, "csv", message));
    }
    refuse_any(unmet)?;
    let judged = judged(&desk, &course, rows).await?;
    if !partial {
        refuse_any(judged.iter().flat_map(|(number, found)| under(*number, found)).collect())?;
    }
    let mut told = Vec::with_capacity(judged.len());
    for (number, found) in judged {
        let result = match found {
            Ok((person, place)) => {
                let placed = service::place_on(&desk, &course, person, place).await?;
                Ok((placed.id, placed.state))
            }
            Err(unmet) => {
                Err(unmet.into_iter().next().unwrap_or_else(|| Refusal::whole(Code::Invalid)))
            }
        };
        told.push(Told { number, result });
    }
    keep(&desk, &course, partial, &told).await
}

/// What speaks against a row, or the person and the place.
type Judged<'a> = Result<(Uuid, &'a Place), Vec<Refusal>>;

/// Every row with what speaks against it. Places are given in the order of the list.
async fn judged<'a>(
    desk: &Desk<'_>,
    course: &Course,
    rows: &'a [Row],
) -> Result<Vec<(i32, Judged<'a>)>, Stop> {
    let places: Vec<&Place> = rows.iter().filter_map(|row| row.place.as_ref().ok()).collect();
    let candidates = Candidates::of(desk, course, &places).await?;
    let (mut taken, mut seen) = (course.places_taken, HashSet::new());
    let judge = |row: &'a Row| {
        let place = match &row.place {
            Ok(place) => place,
            Err(unmet) => return (row.number, Err(unmet.clone())),
        };
        let mut unmet = candidates.unmet_for_person(&place.who);
        let person = candidates.person(&place.who);
        if person.is_some_and(|person| !seen.insert(person)) {
            let message = "an earlier row names the same person";
            unmet.push(Refusal::at(Code::AlreadyEnrolled, place.who.path(), message));
        }
        unmet.extend(candidates.unmet_for_terms(place));
        if unmet.is_empty() {
            unmet.extend(rules::unmet_for_room(taken, course.capacity_max, "courseId"));
        }
        match person {
            Some(person) if unmet.is_empty() => {
                taken += 1;
                (row.number, Ok((person, place)))
            }
            _ => (row.number, Err(unmet)),
        }
    };
    Ok(rows.iter().map(judge).collect())
}

/// What speaks against a row, as the caller finds it: `rows`, its number, the field.
fn under<T>(number: i32, found: &Result<T, Vec<Refusal>>) -> Vec<Refusal> {
    let unmet = found.as_ref().err().into_iter().flatten();
    unmet.map(|refusal| refusal.clone().under(&format!("rows.{number}"))).collect()
}

async fn keep(
    desk: &Desk<'_>,
    course: &Course,
    partial: bool,
    told: &[Told],
) -> Result<Changed, Stop> {
    let count = |outcome: RowOutcome| {
        let many = told.iter().filter(|row| row.outcome() == outcome).count();
        i32::try_from(many).unwrap_or(i32::MAX)
    };
    let import = Import {
        id: desk.unit.id(),
        organisation_id: course.organisation_id,
        course_id: course.id,
        partial,
        placed: count(RowOutcome::Placed),
        held: count(RowOutcome::Held),
        refused: count(RowOutcome::Refused),
        made_by: desk.account()?,
        made_at: desk.unit.now(),
    };
    desk.store.insert_import(desk.unit, &import, told).await?;
    desk.record("enrolment_import.made", None, (&import, course.organisation_id), None);
    let Import { id, placed, held, refused, .. } = import;
    let mut impact = vec![format!("placed: {placed}, held: {held}, refused: {refused}")];
    for row in told {
        if let Err(refusal) = &row.result {
            let (code, field) = (refusal.code.text(), refusal.field());
            impact.push(format!("row {}: {code} {field}: {}", row.number, refusal.message));
        }
    }
    Ok(Changed { id, impact })
}
