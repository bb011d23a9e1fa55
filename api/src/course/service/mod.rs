//! Where the use cases of courses work: each authorises, locks, asks the rules, saves and records.

pub mod drafts;
pub mod joining;
pub mod life;
pub mod places;
pub mod proposals;
pub mod schedule;
pub mod sessions;
pub mod succession;
pub mod teaching;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::facts::{Curriculum, Facts, Known};
use super::model::{Command, Part, SessionState};
use super::parts::{Course, Session};
use super::planning::{self, Ground, Warning};
use super::rules::{self, SessionFacts, TrainerFacts};
use super::store::Courses;
use crate::actor::service::acts_for;
use crate::actor::{Identity, Permission};
use crate::audit::{Audited, Change};
use crate::command::{Stop, Unit, refuse_any};
use crate::organisation::rules::unmet_for_own_organisation;
use crate::refusal::{Code, Refusal};

/// What a use case changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The course.
    pub id: Uuid,
    /// What follows from it, in words.
    pub impact: Vec<String>,
}

/// A record as the caller read it: a course, or a session with the version of its course.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The record.
    pub id: Uuid,
    /// The version of the course then.
    pub version: i32,
}

/// Where a use case works: its transaction, its store, and the role that allows it.
pub(super) struct Desk<'a> {
    pub(super) unit: &'a Unit,
    pub(super) store: Courses<'a>,
    pub(super) facts: Facts<'a>,
    pub(super) acting_as: String,
}

impl<'a> Desk<'a> {
    fn of(unit: &'a Unit, acting_as: String) -> Self {
        Self { unit, store: Courses::of(unit), facts: Facts::within(unit.tx()), acting_as }
    }

    /// The desk of whoever holds `permission` in the organisation that delivers. Others learn no more than
    /// they would of a course that is not there.
    pub(super) fn of_deliverer(
        unit: &'a Unit,
        organisation: Uuid,
        permission: Permission,
    ) -> Result<Self, Stop> {
        let actor = unit.actor();
        let job = matches!(actor.identity(), Identity::System(_));
        let own = actor.acting_in(organisation, permission);
        match own.or_else(|| actor.acting_nationally(permission).filter(|_| job)) {
            Some(acting_as) => Ok(Self::of(unit, acting_as)),
            None if actor.may_nationally(Permission::SeeCourses)
                || actor.acting_in(organisation, Permission::SeeCourses).is_some() =>
            {
                Err(Refusal::forbidden(permission).into())
            }
            None => Err(not_found()),
        }
    }

    /// The desk of whoever holds `permission` for the nation, at a course, locked.
    pub(super) async fn of_the_nation(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Course), Stop> {
        let acting_as = unit.actor().acting_nationally(permission);
        let acting_as = acting_as.ok_or_else(|| Stop::from(Refusal::forbidden(permission)))?;
        let desk = Self::of(unit, acting_as);
        let course = desk.locked(at).await?;
        let own = acts_for(unit, course.organisation_id).await?;
        refuse_any(unmet_for_own_organisation(own))?;
        Ok((desk, course))
    }

    /// The desk of its deliverer at a course, locked.
    pub(super) async fn at(
        unit: &'a Unit,
        permission: Permission,
        at: At,
    ) -> Result<(Self, Course), Stop> {
        let (desk, _) = Self::before(unit, permission, at.id).await?;
        let course = desk.locked(at).await?;
        Ok((desk, course))
    }

    /// The desk of its deliverer before a course that is not locked yet: its licence comes first.
    pub(super) async fn before(
        unit: &'a Unit,
        permission: Permission,
        id: Uuid,
    ) -> Result<(Self, Course), Stop> {
        let found = Courses::of(unit).find(id).await?.ok_or_else(not_found)?;
        let desk = match Self::of_deliverer(unit, found.organisation_id, permission) {
            // What everyone sees is no secret.
            Err(_) if found.is_public() => return Err(Refusal::forbidden(permission).into()),
            desk => desk?,
        };
        Ok((desk, found))
    }

    /// The course, locked, as the caller read it.
    pub(super) async fn locked(&self, at: At) -> Result<Course, Stop> {
        let course = self.store.lock(at.id).await?.ok_or_else(not_found)?;
        if course.version == at.version { Ok(course) } else { Err(Refusal::stale().into()) }
    }

    /// TRN-3: whether every session needs a trainer with lived experience.
    pub(super) const fn asks_lived_experience(&self) -> bool {
        self.unit.policy().lived_experience_trainer
    }

    /// The account that acts, where a decision is a person's.
    pub(super) fn account(&self) -> Result<Uuid, Stop> {
        self.unit.actor().account().ok_or_else(|| Refusal::whole(Code::Forbidden).into())
    }

    /// Saves `after` as the next version of `before` and records the change.
    pub(super) async fn save(
        &self,
        action: &'static str,
        before: &Course,
        mut after: Course,
        facts: &[&str],
        reason: Option<&str>,
    ) -> Result<Course, Stop> {
        after.version = before.version + 1;
        after.updated_at = self.unit.now();
        let kept = after.places_reserved - before.places_reserved;
        self.store.update(&after, kept).await?;
        self.record(action, Some(before), &after, facts, reason);
        Ok(after)
    }

    /// Records a change in the audit trail.
    pub(super) fn record(
        &self,
        action: &'static str,
        before: Option<&Course>,
        after: &Course,
        facts: &[&str],
        reason: Option<&str>,
    ) {
        let (acting_as, reason) = (self.acting_as.clone(), reason.map(str::to_owned));
        self.unit.record(Change::of(action, before, after, facts, acting_as, reason));
    }

    /// Records what was added to a course beside it.
    pub(super) fn record_part<T: Audited>(
        &self,
        action: &'static str,
        added: &T,
        reason: Option<&str>,
    ) {
        let (acting_as, reason) = (self.acting_as.clone(), reason.map(str::to_owned));
        self.unit.record(Change::of(action, None, added, &[], acting_as, reason));
    }

    /// The course after `command`, if the step exists.
    pub(super) fn stepped(course: &Course, command: Command) -> Result<Course, Stop> {
        refuse_any(rules::unmet_for_step(course.state, command))?;
        let conflict = || Stop::from(Refusal::whole(Code::Conflict));
        let state = course.state.after(command).ok_or_else(conflict)?;
        Ok(Course { state, ..course.clone() })
    }

    /// The curriculum of a course, which it pins.
    pub(super) async fn curriculum(
        &self,
        version: Uuid,
        deliverer: Uuid,
    ) -> Result<Curriculum, Stop> {
        let found = self.facts.curriculum(version, deliverer).await?;
        let missing = || {
            let message = "no such version that you may see";
            Stop::from(Refusal::at(Code::NotFound, "programmeVersionId", message))
        };
        found.ok_or_else(missing)
    }

    /// The trainers of the sessions.
    pub(super) async fn trainers(
        &self,
        course: &Course,
        sessions: &[Session],
    ) -> Result<Vec<Known>, Stop> {
        let mut ids: Vec<Uuid> =
            sessions.iter().flat_map(|session| &session.trainers).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let seen_by = (course.organisation_id, self.unit.today());
        self.facts.trainers(&ids, course.programme_type, seen_by).await
    }

    /// TRN-4 of sessions with their trainers: what is refused, and plans that meet, in words.
    pub(super) async fn overlap(
        &self,
        course: &Course,
        (sessions, trainers): (&[SessionFacts], &[TrainerFacts]),
        books: bool,
    ) -> Result<(Vec<Refusal>, Vec<String>), Stop> {
        let ids: Vec<Uuid> = trainers.iter().map(|trainer| trainer.id).collect();
        let elsewhere = (&*self.store.busy(&ids, course).await?, books);
        let unmet = rules::unmet_for_overlap(sessions, trainers, elsewhere);
        Ok((unmet, rules::told_of_overlap(sessions, trainers, elsewhere)))
    }

    /// ORG: what speaks against a step that only an active organisation takes.
    pub(super) async fn unmet_for_deliverer(
        &self,
        organisation: Uuid,
        path: &str,
    ) -> Result<Vec<Refusal>, Stop> {
        let body = self.facts.body(organisation).await?;
        Ok(rules::unmet_for_deliverer(body.is_some_and(|body| body.active), path))
    }

    /// LIC-5 and ORG: what speaks against taking more people on a course that is before everybody.
    pub(super) async fn unmet_for_more_people(
        &self,
        course: &Course,
    ) -> Result<Vec<Refusal>, Stop> {
        if !course.state.is_live() {
            return Ok(Vec::new());
        }
        let today = self.unit.today();
        let covered = self.store.is_covered(course, today).await?;
        let until = self.store.teach_out_until(course.id).await?;
        let mut unmet = rules::unmet_for_more_people(covered, until, today);
        unmet.extend(self.unmet_for_deliverer(course.organisation_id, "").await?);
        Ok(unmet)
    }

    /// What endangers a course as it is planned, in words: TRN-5, and COH-3 of its dates. Its licence is locked.
    pub(super) async fn endangered(&self, course: &Course) -> Result<Vec<String>, Stop> {
        let curriculum =
            self.curriculum(course.programme_version_id, course.organisation_id).await?;
        let sessions = self.store.sessions(course.id).await?;
        let trainers = trainer_facts(&self.trainers(course, &sessions).await?);
        let lapses = rules::unmet_for_accreditation(&facts_of(&sessions), &trainers);
        let ground = self.ground(course, &curriculum).await?;
        let mut told: Vec<String> = lapses.into_iter().map(|lapse| lapse.message).collect();
        told.extend(in_words(planning::warnings(&days_of(&sessions), &ground)));
        Ok(told)
    }

    /// What the plan of a course stands on. Its licence is locked.
    pub(super) async fn ground(
        &self,
        course: &Course,
        curriculum: &Curriculum,
    ) -> Result<Ground, Stop> {
        let of = (course.organisation_id, course.programme_type);
        let licensed = self.store.licensed(of, (course.start_on, course.end_on), course.id).await?;
        Ok(Ground {
            licence: licensed.map(|licensed| licensed.days),
            teach_out_until: self.store.teach_out_until(course.id).await?,
            trainers: Vec::new(),
            first_start: curriculum.facts.effective_from,
            last_start: curriculum.facts.last_start,
            holidays: self.facts.holidays().await?.known,
        })
    }
}

/// What rules need of sessions.
pub(super) fn facts_of(sessions: &[Session]) -> Vec<SessionFacts> {
    sessions.iter().map(Session::facts).collect()
}

/// What rules need of trainers.
pub(super) fn trainer_facts(known: &[Known]) -> Vec<TrainerFacts> {
    known.iter().map(|known| known.facts.clone()).collect()
}

/// The days of the sessions that were or will be taught.
pub(super) fn days_of(sessions: &[Session]) -> Vec<NaiveDate> {
    let standing = sessions.iter().filter(|session| session.state.stands());
    standing.map(|session| session.day).collect()
}

/// Who leads the course now: whoever leads its next session, else whoever led last.
pub(super) fn lead_of(sessions: &[Session], before: Option<Uuid>) -> Option<Uuid> {
    let next = sessions.iter().find(|session| session.state == SessionState::Planned);
    let lead =
        next.and_then(|session| session.trainers.iter().find(|(_, part)| *part == Part::Lead));
    lead.map(|(id, _)| *id).or(before)
}

/// Warnings as an impact tells them.
pub(super) fn in_words(warnings: Vec<Warning>) -> Vec<String> {
    warnings.into_iter().map(|warning| warning.message).collect()
}

pub(super) fn not_found() -> Stop {
    Refusal::whole(Code::NotFound).into()
}
