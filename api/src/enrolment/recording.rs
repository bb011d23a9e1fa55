//! Use cases of attendance: a whole session in one call, what is made up, and modules that are waived.

use std::collections::HashSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::attendance::unmet_for_make_up;
use super::deciding;
use super::desk::{Desk, seen};
use super::facts::{Enrolled, Record, Status, unmet_for_record};
use super::life::unmet_for_note;
use super::model::{Attendance, Command, Enrolment, MakeUp, MakeUpState, Source, State, Waiver};
use super::rules::{self, MAX_ENTRIES};
use super::store::{Enrolments, Sheet};
use crate::actor::{Permission, Role};
use crate::command::{Stop, Unit, refuse_any};
use crate::course::model::State as CourseState;
use crate::course::parts::Course;
use crate::course::store::Courses;
use crate::organisation::rules::{MAX_TEXT, unmet_for_text};
use crate::person::desk::{At, Changed, not_found};
use crate::person::rules::unmet_for_hands;
use crate::protection::restriction;
use crate::refusal::{Code, Refusal};

/// How one person attended a session.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The enrolment.
    pub enrolment: Uuid,
    /// In a word.
    pub status: Status,
    /// For how many minutes; of PARTIAL only.
    pub minutes: Option<i32>,
    /// Which modules; of PARTIAL only.
    pub modules: Vec<Uuid>,
}

/// The attendance of a session.
#[derive(Clone, Debug)]
pub struct Roll {
    /// Where it comes from.
    pub source: Source,
    /// How each person attended it.
    pub entries: Vec<Entry>,
    /// Why records change that were made before.
    pub reason: Option<String>,
}

/// What a call did.
#[derive(Default)]
struct Done {
    recorded: usize,
    amended: usize,
    same: usize,
    reopened: usize,
}

/// The desk of whoever records at a course: staff of the deliverer, who teaches on it, and a quality lead.
async fn recorder<'a>(unit: &'a Unit, course: &Course) -> Result<Desk<'a>, Stop> {
    let found = Desk::of_deliverer(unit, course.organisation_id, Permission::RecordAttendance);
    let Err(stop) = found else { return found };
    let store = Enrolments::of(unit);
    if let Some(person) = unit.actor().person()
        && unit.actor().holds(Permission::TeachCourses)
        && store.teaches(course.id, person).await?
    {
        return Ok(Desk::of(unit, Role::Trainer.code().to_owned()));
    }
    Err(stop)
}

/// Records how people attended a session, or says why a record was wrong: what is the same already stays. Whoever is at a
/// session for the first time is on the course from then on; what was decided on other records is open again.
///
/// # Errors
///
/// Every unmet rule of every entry, or what the database answers.
pub async fn record(unit: &Unit, session: Uuid, roll: Roll) -> Result<Changed, Stop> {
    let courses = Courses::of(unit);
    let course = courses.course_of_session(session).await?.ok_or_else(not_found)?;
    let course = courses.find(course).await?.ok_or_else(not_found)?;
    let desk = recorder(unit, &course).await?;
    refuse_any(unmet_for_roll(&roll))?;
    refuse_any(unmet_for_closed(&desk, &course))?;
    let enrolments = desk.store.lock_course(course.id).await?;
    let ids: Vec<Uuid> = roll.entries.iter().map(|entry| entry.enrolment).collect();
    let sheet = desk.store.sheet(course.id, &ids).await?;
    let mut unmet = Vec::new();
    let mut records = Vec::new();
    for (place, entry) in roll.entries.iter().enumerate() {
        let at = format!("entries.{place}");
        match enrolments.iter().find(|of| of.id == entry.enrolment) {
            Some(of) => match read(&desk, (&sheet, session), (of, entry, &roll), &at) {
                Ok(record) => records.push((of, record)),
                Err(why) => unmet.extend(why),
            },
            None => {
                let message = "no such enrolment on this course";
                unmet.push(Refusal::at(Code::NotFound, &format!("{at}.enrolmentId"), message));
            }
        }
    }
    refuse_any(unmet)?;
    let people: Vec<Uuid> = records.iter().map(|(of, _)| of.person_id).collect();
    restriction::refuse_any_of(unit, &people).await?;
    let mut done = Done::default();
    let mut touched = Vec::new();
    for (of, record) in records {
        match sheet.record(of.id, session) {
            Some(before) if is_same(before, &record) => done.same += 1,
            before => {
                write(&desk, before, record, &mut done).await?;
                touched.push(of);
            }
        }
    }
    if touched.is_empty() {
        let message = "everything is recorded so already";
        return Err(Refusal::at(Code::Unchanged, "entries", message).into());
    }
    done.reopened = followed(&desk, course.id, &touched).await?;
    Ok(Changed { id: course.id, impact: told(&done) })
}

/// A call names each person once, and not too many.
fn unmet_for_roll(roll: &Roll) -> Vec<Refusal> {
    let mut unmet = unmet_for_note(roll.reason.as_deref(), "reason");
    if roll.entries.is_empty() || roll.entries.len() > MAX_ENTRIES {
        let message = format!("name between 1 and {MAX_ENTRIES} people");
        unmet.push(Refusal::at(Code::Invalid, "entries", message));
    }
    let mut seen = HashSet::new();
    for (place, entry) in roll.entries.iter().enumerate() {
        if !seen.insert(entry.enrolment) {
            let path = format!("entries.{place}.enrolmentId");
            unmet.push(Refusal::at(Code::Invalid, &path, "is named twice"));
        }
    }
    unmet
}

/// COH-4: of a closed course nothing changes but by a quality lead.
fn unmet_for_closed(desk: &Desk<'_>, course: &Course) -> Vec<Refusal> {
    let national = desk.unit.actor().may_nationally(Permission::OverseeEnrolments);
    if course.state != CourseState::Closed || national {
        return Vec::new();
    }
    let message = "the course is closed: a quality lead of the national team corrects it";
    vec![Refusal::at(Code::Conflict, "", message)]
}

/// The record that an entry asks for.
fn read(
    desk: &Desk<'_>,
    (sheet, session): (&Sheet, Uuid),
    (of, entry, roll): (&Enrolment, &Entry, &Roll),
    at: &str,
) -> Result<Attendance, Vec<Refusal>> {
    let Some(taught) = sheet.sessions.get(&session) else {
        return Err(vec![Refusal::whole(Code::NotFound)]);
    };
    let numbered =
        |number: &i32| sheet.numbers.iter().find(|(_, of)| *of == number).map(|(id, _)| *id);
    let numbers = entry.modules.iter().map(|id| sheet.numbers.get(id).copied().unwrap_or(-1));
    let (minutes, modules) = match entry.status {
        Status::Present => (taught.minutes, taught.modules.clone()),
        _ => (entry.minutes.unwrap_or(0), numbers.collect()),
    };
    let record = Record { status: entry.status, minutes, modules };
    let enrolled = Enrolled { from: of.enrolled_from, to: of.enrolled_to };
    let mut unmet = unmet_for_record(taught, &enrolled, &record, at);
    unmet.extend(unmet_for_hands(desk.unit.actor().person(), &[Some(of.person_id)]));
    if entry.status == Status::Present && (entry.minutes.is_some() || !entry.modules.is_empty()) {
        let message =
            "PRESENT is all of the session: leave minutes and modules out, or say PARTIAL";
        unmet.push(Refusal::at(Code::Invalid, at, message));
    }
    if matches!(of.state, State::Held | State::Refused) {
        let message = format!("it is {}: nobody is on the course by it", of.state.code());
        unmet.push(Refusal::at(Code::Conflict, at, message));
    }
    let before = sheet.record(of.id, session);
    let modules: Vec<Uuid> = record.modules.iter().filter_map(numbered).collect();
    let new = Attendance {
        id: desk.unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        course_id: of.course_id,
        session_id: session,
        status: record.status,
        minutes: record.minutes,
        modules,
        source: roll.source,
        amends_id: before.map(|before| before.id),
        reason: before.and(roll.reason.clone()),
        replaced_at: None,
    };
    if before.is_some_and(|before| !is_same(before, &new)) && roll.reason.is_none() {
        let message = "another record was made before: say why it changes";
        unmet.push(Refusal::at(Code::EvidenceRequired, "reason", message));
    }
    if unmet.is_empty() { Ok(new) } else { Err(unmet) }
}

/// Whether a record says the same as another.
fn is_same(before: &Attendance, new: &Attendance) -> bool {
    let modules = |of: &Attendance| of.modules.iter().copied().collect::<HashSet<_>>();
    (before.status, before.minutes) == (new.status, new.minutes) && modules(before) == modules(new)
}

async fn write(
    desk: &Desk<'_>,
    before: Option<&Attendance>,
    new: Attendance,
    done: &mut Done,
) -> Result<(), Stop> {
    let organisation = new.organisation_id;
    if let Some(before) = before {
        desk.store.replace(desk.unit, before.id).await?;
        let after = Attendance { replaced_at: Some(desk.unit.now()), ..before.clone() };
        desk.record("attendance.replaced", Some(before), (&after, organisation), None);
        done.amended += 1;
    } else {
        done.recorded += 1;
    }
    desk.store.record(desk.unit, &new).await?;
    let reason = new.reason.clone();
    desk.record("attendance.recorded", None, (&new, organisation), reason.as_deref());
    Ok(())
}

/// What follows from changed records: who is on the course, what others carry over, what is decided anew. Gives how
/// many decisions are open again.
async fn followed(desk: &Desk<'_>, course: Uuid, touched: &[&Enrolment]) -> Result<usize, Stop> {
    let ids: Vec<Uuid> = touched.iter().map(|of| of.id).collect();
    let sheet = desk.store.sheet(course, &ids).await?;
    let mut reopened = 0;
    for of in touched {
        let attended = sheet.last_attended(of.id).is_some();
        let command = match (of.state, attended) {
            (State::Placed, true) => Some(Command::Start),
            (State::Active, false) => Some(Command::Unstart),
            _ => None,
        };
        if let Some(state) = command.and_then(|command| of.state.after(command)) {
            let action = if attended { "enrolment.started" } else { "enrolment.not_started" };
            let after = Enrolment { state, ..(*of).clone() };
            desk.save(action, of, after, None).await?;
        }
        if of.state == State::TransferredOut {
            for (_, _, earned) in sheet.earned(of).iter().filter(|(origin, ..)| *origin == of.id) {
                desk.store.carry_anew(of.id, earned).await?;
            }
        }
        reopened += usize::from(deciding::reopen_if_changed(desk, &sheet, of).await?);
    }
    Ok(reopened)
}

fn told(done: &Done) -> Vec<String> {
    let mut impact = vec![format!(
        "recorded: {}, amended: {}, the same already: {}",
        done.recorded, done.amended, done.same
    )];
    if done.reopened > 0 {
        impact.push(format!("decisions that are open again: {}", done.reopened));
    }
    impact
}

/// A trainee asks to make a session up.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn request_make_up(unit: &Unit, at: At, session: Uuid) -> Result<Changed, Stop> {
    let (desk, of) = Desk::own(unit, at).await?;
    let sheet = desk.store.sheet(of.course_id, &[of.id]).await?;
    refuse_any(unmet_for_missed(&sheet, &of, session, unit.today())?)?;
    let new = MakeUp {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        course_id: of.course_id,
        session_id: session,
        state: MakeUpState::Requested,
        done_on: None,
        how: None,
        created_at: unit.now(),
        version: 1,
    };
    desk.store.insert_make_up(&new).await?;
    desk.record("make_up.requested", None, (&new, of.organisation_id), None);
    Ok(Changed::of(new.id))
}

fn unmet_for_missed(
    sheet: &Sheet,
    of: &Enrolment,
    session: Uuid,
    on: NaiveDate,
) -> Result<Vec<Refusal>, Stop> {
    let Some(missed) = sheet.sessions.get(&session) else {
        let message = "no such session of the course";
        return Err(Refusal::at(Code::NotFound, "sessionId", message).into());
    };
    let (rule, facts) = (&sheet.rule.attendance, sheet.facts(of));
    Ok(unmet_for_make_up(rule, &facts, (session, missed), on, ["sessionId", "doneOn"]))
}

/// How a make-up ends.
#[derive(Clone, Debug)]
pub enum MakeUpAnswer {
    /// It was done on a day, in this way.
    Done(NaiveDate, String),
    /// It is not given, for this reason.
    Declined(String),
}

/// Records that a session was made up, whether it was asked for or not.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn answer_make_up(
    unit: &Unit,
    (enrolment, session): (Uuid, Uuid),
    answer: MakeUpAnswer,
) -> Result<Changed, Stop> {
    let found = seen(unit, enrolment).await?;
    let course = Courses::of(unit).find(found.course_id).await?.ok_or_else(not_found)?;
    let desk = recorder(unit, &course).await?;
    refuse_any(unmet_for_hands(unit.actor().person(), &[Some(found.person_id)]))?;
    refuse_any(unmet_for_closed(&desk, &course))?;
    restriction::refuse(unit, found.person_id).await?;
    let of = desk.store.lock(enrolment).await?.ok_or_else(not_found)?;
    let asked = desk.store.make_ups(&[of.id]).await?;
    let asked = asked
        .into_iter()
        .find(|one| one.session_id == session && one.state == MakeUpState::Requested);
    let changed = match answer {
        MakeUpAnswer::Done(on, how) => {
            let sheet = desk.store.sheet(of.course_id, &[of.id]).await?;
            let mut unmet = unmet_for_missed(&sheet, &of, session, on)?;
            unmet.extend(unmet_for_text(&how, "how", MAX_TEXT));
            if on > unit.today() {
                unmet.push(Refusal::at(Code::Invalid, "doneOn", "must not lie in the future"));
            }
            refuse_any(unmet)?;
            (MakeUpState::Done, Some(on), how)
        }
        MakeUpAnswer::Declined(why) => {
            let mut unmet = unmet_for_text(&why, "how", MAX_TEXT);
            if asked.is_none() {
                let message = "nobody asked for it: there is nothing to decline";
                unmet.push(Refusal::at(Code::Conflict, "sessionId", message));
            }
            refuse_any(unmet)?;
            (MakeUpState::Declined, None, why)
        }
    };
    let id = settle(&desk, &of, (asked, session), changed).await?;
    let reopened = followed(&desk, of.course_id, &[&of]).await?;
    let impact =
        if reopened > 0 { vec!["what was decided is open again".to_owned()] } else { Vec::new() };
    Ok(Changed { id, impact })
}

async fn settle(
    desk: &Desk<'_>,
    of: &Enrolment,
    (asked, session): (Option<MakeUp>, Uuid),
    (state, done_on, how): (MakeUpState, Option<NaiveDate>, String),
) -> Result<Uuid, Stop> {
    let action = if state == MakeUpState::Done { "make_up.done" } else { "make_up.declined" };
    let (unit, how) = (desk.unit, Some(how.trim().to_owned()));
    if let Some(before) = asked {
        let version = before.version + 1;
        let after = MakeUp { state, done_on, how, version, ..before.clone() };
        desk.store.update_make_up(&after).await?;
        desk.record(action, Some(&before), (&after, of.organisation_id), None);
        return Ok(after.id);
    }
    let new = MakeUp {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        course_id: of.course_id,
        session_id: session,
        state,
        done_on,
        how,
        created_at: unit.now(),
        version: 1,
    };
    desk.store.insert_make_up(&new).await?;
    desk.record(action, None, (&new, of.organisation_id), None);
    Ok(new.id)
}

/// A quality lead lets somebody graduate without a module that was lost.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn waive(unit: &Unit, at: At, module: Uuid, reason: String) -> Result<Changed, Stop> {
    let (desk, of) = Desk::of_the_nation(unit, Permission::OverseeEnrolments, at).await?;
    let sheet = desk.store.sheet(of.course_id, &[of.id]).await?;
    let mut unmet = unmet_for_text(&reason, "reason", MAX_TEXT);
    let mandatory = &sheet.rule.attendance.mandatory;
    if !sheet.numbers.get(&module).is_some_and(|number| mandatory.contains(number)) {
        let message = "is no mandatory module of the course";
        unmet.push(Refusal::at(Code::NotFound, "moduleId", message));
    }
    if of.state.has_left() {
        unmet.extend(rules::unmet_for_step(of.state, Command::Graduate));
    }
    refuse_any(unmet)?;
    let waiver = Waiver {
        id: unit.id(),
        organisation_id: of.organisation_id,
        enrolment_id: of.id,
        module_id: module,
        reason,
    };
    desk.store.waive(unit, &waiver, desk.account()?).await?;
    desk.record("module.waived", None, (&waiver, of.organisation_id), Some(&waiver.reason));
    followed(&desk, of.course_id, &[&of]).await?;
    Ok(Changed::of(of.id))
}
