//! The courses of the demonstration: of every organisation that was licensed long enough ago some that are
//! over, one that runs, and some to come.
//!
//! They are told in the order in which they happened, each chapter by the clock of its day, for all
//! organisations at once.

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use entities::{course, person, trainer};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::past::Past;
use super::{DemoError, curricula, graduates, holder, licences, step, trainers};
use crate::actor::Identity;
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::course::model::{Mode, Part, SessionState, State};
use crate::course::planning::{Pattern, Times};
use crate::course::service::drafts::{self, Amendment, NewCourse};
use crate::course::service::schedule::PlanAsked;
use crate::course::service::sessions::{self, Holding};
use crate::course::service::teaching::{self, Assignment};
use crate::course::service::{At, life, proposals};
use crate::course::store::Courses;
use crate::db::{Access, DbFault};

/// How far a course comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Story {
    Drafted,
    Proposed,
    Approved,
    Open,
    Confirmed,
    Running,
    Completed,
    Closed,
}

/// One course of each organisation: in which week it begins, counted from the present one, how many days
/// ago it was planned, and how far it comes.
#[derive(Clone, Copy)]
struct Wave(i64, u64, Story);

/// Never more than four of an organisation are live at once.
const WAVES: [Wave; 9] = [
    Wave(-30, 224, Story::Closed),
    Wave(-21, 161, Story::Closed),
    Wave(-12, 98, Story::Completed),
    Wave(-3, 35, Story::Running),
    Wave(2, 28, Story::Confirmed),
    Wave(4, 26, Story::Open),
    Wave(8, 22, Story::Approved),
    Wave(9, 21, Story::Proposed),
    Wave(12, 18, Story::Drafted),
];

/// After how many weeks a course is over that met every week, bank holidays left out.
const WEEKS: i64 = 10;

/// The course that is called off, by place of the organisation and wave.
const CALLED_OFF: (usize, usize) = (6, 5);

/// What happens on a day to the courses of one wave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Chapter {
    /// They are held as far as their days have come.
    Lived,
    /// They are planned, and come as far as their story has it before their first day.
    Planned,
}

/// An organisation that delivers.
#[derive(Clone)]
struct Deliverer {
    /// Its place among the organisations with trainers.
    place: usize,
    id: Uuid,
    /// Its two curricula with whoever leads them and whoever teaches beside.
    taught: [Taught; 2],
    /// For how many days it has been licensed.
    licensed: u64,
    /// Another organisation, which hosts some of its courses and has places on others.
    other: Uuid,
}

#[derive(Clone, Copy, Default)]
struct Taught {
    version: Uuid,
    lead: Uuid,
    co: Uuid,
}

impl Deliverer {
    /// The waves in which it had a licence.
    fn waves(&self) -> impl Iterator<Item = usize> {
        let licensed = self.licensed;
        (0..WAVES.len()).filter(move |wave| WAVES[*wave].1 < licensed)
    }
}

/// Makes what is missing; says how many courses are new.
pub(super) async fn build(past: &Past) -> Result<usize, DemoError> {
    let deliverers = deliverers(&past.founding()).await?;
    let mut made = 0;
    for (days, chapter, wave) in chronicle() {
        let then = past.days_ago(days);
        let known = known(&then, &deliverers).await?;
        let of_wave = deliverers.iter().filter_map(|deliverer| {
            let place = deliverer.waves().position(|its| its == wave)?;
            Some((deliverer.clone(), known.get(&deliverer.id).and_then(|its| its.get(place))))
        });
        match chapter {
            Chapter::Planned => {
                let new = of_wave.filter(|(_, known)| known.is_none());
                let new: Vec<Deliverer> = new.map(|(deliverer, _)| deliverer).collect();
                made += new.len();
                plan_all(&then, new, (wave, past.monday())).await?;
            }
            Chapter::Lived => {
                let due = |(_, known): (Deliverer, Option<&(Uuid, State)>)| {
                    known.filter(|(_, state)| *state == State::Confirmed).map(|(id, _)| *id)
                };
                live_all(&then, of_wave.filter_map(due).collect(), (wave, past.present())).await?;
            }
        }
    }
    Ok(made)
}

/// Everything that happened, in its order.
fn chronicle() -> Vec<(u64, Chapter, usize)> {
    let mut told = Vec::new();
    for (place, Wave(start, planned, story)) in WAVES.into_iter().enumerate() {
        told.push((planned, Chapter::Planned, place));
        if story >= Story::Running {
            let over = (-7 * (start + WEEKS)).max(0).unsigned_abs();
            told.push((over, Chapter::Lived, place));
        }
    }
    told.sort_by_key(|(days, chapter, place)| (u64::MAX - days, *chapter, *place));
    told
}

async fn plan_all(
    core: &Core,
    new: Vec<Deliverer>,
    (wave, monday): (usize, NaiveDate),
) -> Result<(), DemoError> {
    if new.is_empty() {
        return Ok(());
    }
    step(core, "courses that are planned", move |unit| {
        let new = new.clone();
        Box::pin(async move {
            for deliverer in &new {
                plan(unit, deliverer, (wave, monday)).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn live_all(
    core: &Core,
    due: Vec<Uuid>,
    (wave, present): (usize, NaiveDate),
) -> Result<(), DemoError> {
    if due.is_empty() {
        return Ok(());
    }
    step(core, "courses that are held", move |unit| {
        let due = due.clone();
        Box::pin(async move {
            for id in due {
                live(unit, id, (WAVES[wave].2, present)).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Plans one course and takes it as far as its story has it before its first day.
async fn plan(
    unit: &Unit,
    deliverer: &Deliverer,
    (wave, monday): (usize, NaiveDate),
) -> Result<(), Stop> {
    let (nth, Wave(_, _, story)) = (deliverer.place + wave, WAVES[wave]);
    let taught = deliverer.taught[wave % 2];
    let id = drafts::draft(unit, drafted(deliverer, wave, monday)).await?.id;
    let all = |trainer, part| Assignment { trainer, part, sessions: Vec::new() };
    let given = vec![all(taught.lead, Part::Lead), all(taught.co, Part::Co)];
    teaching::assign(unit, at(unit, id).await?, given).await?;
    if nth % 3 == 1 {
        drafts::offer(unit, at(unit, id).await?, deliverer.other, 4).await?;
    }
    if story >= Story::Open {
        let places_reserved = i32::try_from(6 + nth % 7).ok();
        let amendment = Amendment { places_reserved, ..Amendment::default() };
        drafts::amend(unit, at(unit, id).await?, amendment).await?;
    }
    if story >= Story::Proposed {
        proposals::propose(unit, at(unit, id).await?).await?;
    }
    let found = Courses::of(unit).find(id).await?;
    let waits = found.is_some_and(|course| course.state == State::Proposed);
    if story >= Story::Approved && waits {
        proposals::approve(unit, at(unit, id).await?).await?;
    }
    if story >= Story::Open {
        proposals::open(unit, at(unit, id).await?).await?;
    }
    if story >= Story::Confirmed {
        life::confirm(unit, at(unit, id).await?).await?;
    }
    if (deliverer.place, wave) == graduates::COURSE {
        graduates::enrol(unit, deliverer.id, id).await?;
    }
    if (deliverer.place, wave) == CALLED_OFF {
        let reason = "The fictional room is flooded.".to_owned();
        life::cancel(unit, at(unit, id).await?, reason).await?;
    }
    Ok(())
}

fn drafted(deliverer: &Deliverer, wave: usize, monday: NaiveDate) -> NewCourse {
    let nth = deliverer.place + wave;
    // Courses of an organisation that overlap meet on other days of the week, so nobody teaches two at once.
    let days = 7 * WAVES[wave].0 + i64::try_from(nth % 5).unwrap_or(0);
    let start = monday.checked_add_signed(chrono::TimeDelta::days(days)).unwrap_or(monday);
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let hosted = nth % 4 == 2;
    NewCourse {
        organisation: deliverer.id,
        version: deliverer.taught[wave % 2].version,
        host: hosted.then_some(deliverer.other),
        terms: hosted.then(|| "The host brings the room; both choose who takes part.".to_owned()),
        mode: [Mode::InPerson, Mode::Online, Mode::Hybrid][nth % 3],
        // The recovery college among them holds short ones for everybody.
        introductory: deliverer.place == 1 && wave.is_multiple_of(2),
        postcode_area: Some(AREAS[deliverer.place % AREAS.len()].to_owned()),
        capacity: (6, 16),
        plan: PlanAsked {
            start,
            pattern: Pattern::Weekly(start.weekday()),
            sessions: None,
            times: Times { starts: time(10), ends: time(16), break_minutes: 60 },
            closed: Vec::new(),
            modules_per_session: None,
            counts_as_day: true,
        },
    }
}

/// Postcode areas of the organisations with trainers, in their order.
const AREAS: [&str; 12] = ["NN", "NG", "W", "E", "EX", "M", "L", "S", "NE", "SO", "TA", "SS"];

/// Holds the sessions whose days have come; ends the course if it is over.
async fn live(unit: &Unit, id: Uuid, (story, present): (Story, NaiveDate)) -> Result<(), Stop> {
    for session in Courses::of(unit).sessions(id).await? {
        if session.state == SessionState::Planned && session.day < present.min(unit.today()) {
            let version = at(unit, id).await?.version;
            let how = Holding { without_credit: false, reason: None };
            sessions::hold(unit, At { id: session.id, version }, how).await?;
        }
    }
    if story >= Story::Completed {
        graduates::attended(unit, id).await?;
        life::complete(unit, at(unit, id).await?).await?;
    }
    if story >= Story::Closed {
        life::close(unit, at(unit, id).await?).await?;
    }
    Ok(())
}

/// A course with its present version.
async fn at(unit: &Unit, id: Uuid) -> Result<At, Stop> {
    let version = Courses::of(unit).find(id).await?.map_or(0, |course| course.version);
    Ok(At { id, version })
}

/// The organisations that deliver.
async fn deliverers(core: &Core) -> Result<Vec<Deliverer>, DemoError> {
    let people = people(core).await?;
    let mut found: Vec<Deliverer> = Vec::new();
    for (code, types, weeks) in licences::delivering() {
        let (Some(id), Some(place)) = (holder(core, code).await?, trainers::place_of(code)) else {
            continue;
        };
        let mut taught = [Taught::default(); 2];
        for (of_type, (taught, ty)) in taught.iter_mut().zip(types).enumerate() {
            let (lead, co) = trainers::teaching(of_type);
            let known = |k| people.get(&trainers::name(place, k)).copied().unwrap_or_default();
            let version = curricula::version_for(core, *ty).await?.unwrap_or_default();
            *taught = Taught { version, lead: known(lead), co: known(co) };
        }
        let other = found.last().map_or(id, |before| before.id);
        found.push(Deliverer { place, id, taught, licensed: 7 * weeks, other });
    }
    let last = found.last().map(|last| last.id);
    if let (Some(first), Some(last)) = (found.first_mut(), last) {
        first.other = last;
    }
    Ok(found)
}

/// The demonstration's trainers by name.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own people")]
async fn people(core: &Core) -> Result<HashMap<String, Uuid>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let of_demo = person::Entity::find()
        .filter(person::Column::PreferredName.ends_with("(fictional)"))
        .all(&tx)
        .await?;
    let trainers = trainer::Entity::find().all(&tx).await?;
    tx.rollback().await;
    let ids: HashMap<Uuid, Uuid> = trainers.iter().map(|row| (row.person_id, row.id)).collect();
    let known = |row: person::Model| Some((row.preferred_name, *ids.get(&row.id)?));
    Ok(of_demo.into_iter().filter_map(known).collect())
}

/// The first course of an organisation that stands so.
#[expect(clippy::disallowed_methods, reason = "the demonstration's own courses")]
pub(super) async fn in_state(
    core: &Core,
    organisation: Uuid,
    state: State,
) -> Result<Option<Uuid>, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let found = course::Entity::find()
        .filter(course::Column::OrganisationId.eq(organisation))
        .filter(course::Column::State.eq(state.code()))
        .order_by_asc(course::Column::StartOn)
        .one(&tx)
        .await?;
    tx.rollback().await;
    Ok(found.map(|course| course.id))
}

/// Organisations with their courses, in the order in which these were planned.
type Known = HashMap<Uuid, Vec<(Uuid, State)>>;

/// The courses that are there.
#[expect(clippy::disallowed_methods, reason = "to see what is there already")]
async fn known(core: &Core, deliverers: &[Deliverer]) -> Result<Known, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let rows = course::Entity::find()
        .filter(course::Column::OrganisationId.is_in(deliverers.iter().map(|one| one.id)))
        .order_by_asc(course::Column::CreatedAt)
        .all(&tx)
        .await?;
    tx.rollback().await;
    let mut known = Known::new();
    for row in rows {
        let state = State::from_code(&row.state).unwrap_or(State::Cancelled);
        known.entry(row.organisation_id).or_default().push((row.id, state));
    }
    Ok(known)
}
