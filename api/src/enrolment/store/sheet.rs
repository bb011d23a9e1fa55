//! Everything that progress and decisions on a course follow from, loaded at once for any number of enrolments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entities::{
    assignment_attempt, carried_credit, course, course_session, placement, programme_module,
    session_module,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::Enrolments;
use crate::command::{Stop, Unit};
use crate::course::model::{Credit, SessionState, State as CourseState};
use crate::db::DbFault;
use crate::enrolment::attendance;
use crate::enrolment::facts::{self, Carried, Enrolled, Facts, Record, Session};
use crate::enrolment::graduation::{
    Assignment, Evaluation, Inputs, Placement, PlacementStanding, Rule, evaluate, kinder,
    told_of_former,
};
use crate::enrolment::model::{Attendance, Enrolment, MakeUpState};
use crate::enrolment::work::{self, Attempt};
use crate::person::desk::not_found;
use crate::programme::model::State as VersionState;
use crate::programme::store::Programmes;

/// What was carried over into an enrolment.
#[derive(Clone, Debug)]
struct Credited {
    enrolment: Uuid,
    origin: Uuid,
    version: Uuid,
    /// As it was earned.
    carried: Carried,
    /// As it counts in the version of the present course.
    counts: Carried,
}

/// An earlier version by which somebody may still be judged.
struct Former {
    number: String,
    rule: Rule,
}

/// How an enrolment is judged.
pub struct Judged {
    /// The rule.
    pub rule: Rule,
    /// What it finds.
    pub found: Evaluation,
    /// The number of the former version whose rule it is; none where it is that of the course.
    pub former: Option<String>,
}

/// What is known of a course and of some of its enrolments.
pub struct Sheet {
    /// Where the course stands.
    pub course_state: CourseState,
    /// The rule of its version.
    pub rule: Rule,
    /// The sessions.
    pub sessions: BTreeMap<Uuid, Session>,
    /// The number of each module of the version.
    pub numbers: HashMap<Uuid, i32>,
    /// The rules of earlier versions by which somebody may still be judged.
    former: HashMap<Uuid, Former>,
    records: Vec<Attendance>,
    make_ups: Vec<(Uuid, Uuid, chrono::NaiveDate)>,
    waived: Vec<(Uuid, Uuid)>,
    carried: Vec<Credited>,
    assignments: HashMap<Uuid, Assignment>,
    placements: HashMap<Uuid, Placement>,
}

impl Sheet {
    /// What an enrolment is judged by.
    #[must_use]
    pub fn inputs(&self, of: &Enrolment) -> Inputs {
        let completed = matches!(self.course_state, CourseState::Completed | CourseState::Closed);
        Inputs {
            attendance: self.facts(of),
            course_completed: completed,
            assignment: self.assignments.get(&of.id).copied().unwrap_or(Assignment::Outstanding),
            placement: self
                .placements
                .get(&of.id)
                .copied()
                .unwrap_or(Placement { standing: PlacementStanding::Open, minutes: 0 }),
        }
    }

    /// How an enrolment was attended.
    #[must_use]
    pub fn facts(&self, of: &Enrolment) -> Facts {
        let records = self.records.iter().filter(|record| record.enrolment_id == of.id);
        let record = |record: &Attendance| {
            let modules = record.modules.iter().filter_map(|id| self.numbers.get(id));
            let (status, minutes) = (record.status, record.minutes);
            (record.session_id, Record { status, minutes, modules: modules.copied().collect() })
        };
        let made_up = self.make_ups.iter().filter(|(enrolment, ..)| *enrolment == of.id);
        let waived = self.waived.iter().filter(|(enrolment, _)| *enrolment == of.id);
        let carried = self.carried.iter().filter(|credited| credited.enrolment == of.id);
        Facts {
            enrolled: Enrolled { from: of.enrolled_from, to: of.enrolled_to },
            sessions: self.sessions.clone(),
            records: records.map(record).collect(),
            make_ups: made_up.map(|(_, session, on)| (*session, *on)).collect(),
            carried: carried.map(|of| (of.origin, of.counts.clone())).collect(),
            waived: waived.filter_map(|(_, module)| self.numbers.get(module)).copied().collect(),
        }
    }

    /// The rule that judges an enrolment, and what it finds: that of the course, or the one of an earlier version that
    /// somebody returned from where that is kinder.
    #[must_use]
    pub fn judged(&self, of: &Enrolment, inputs: &Inputs) -> Judged {
        let found = evaluate(&self.rule, inputs);
        let mut best = Judged { rule: self.rule.clone(), found, former: None };
        for credited in self.carried.iter().filter(|credited| credited.enrolment == of.id) {
            let Some(Former { number, rule }) = self.former.get(&credited.version) else {
                continue;
            };
            let (rule, found) = kinder(&best.rule, Some(rule), inputs);
            let former = if *rule == best.rule { best.former } else { Some(number.clone()) };
            best = Judged { rule: rule.clone(), found, former };
        }
        best.found.notes.extend(best.former.as_deref().map(told_of_former));
        best
    }

    /// The last day on which somebody was at a session.
    #[must_use]
    pub fn last_attended(&self, enrolment: Uuid) -> Option<chrono::NaiveDate> {
        let records = self.records.iter().filter(|record| record.enrolment_id == enrolment);
        let attended = records.filter(|record| record.minutes > 0);
        attended.filter_map(|record| Some(self.sessions.get(&record.session_id)?.day)).max()
    }

    /// The current record of a session.
    #[must_use]
    pub fn record(&self, enrolment: Uuid, session: Uuid) -> Option<&Attendance> {
        let mut records = self.records.iter();
        records.find(|record| record.enrolment_id == enrolment && record.session_id == session)
    }

    /// What an enrolment earned, for one that follows it: what it carried over itself stays that of its origin.
    #[must_use]
    pub fn earned(&self, of: &Enrolment) -> Vec<(Uuid, Option<Uuid>, Carried)> {
        let own = attendance::earned(&self.rule.attendance, &self.facts(of));
        let before = self.carried.iter().filter(|credited| credited.enrolment == of.id);
        let before = before
            .map(|credited| (credited.origin, Some(credited.version), credited.carried.clone()));
        before.chain([(of.id, None, own)]).collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Enrolments<'_> {
    /// What is known of a course and of `enrolments`, which are of it.
    pub async fn sheet(&self, course: Uuid, enrolments: &[Uuid]) -> Result<Sheet, Stop> {
        let row = course::Entity::find_by_id(course).one(self.tx).await?.ok_or_else(not_found)?;
        let course_state = CourseState::from_code(&row.state)
            .ok_or_else(|| DbFault::unreadable("course.state"))?;
        let (rule, numbers) = self.rule(row.programme_version_id).await?;
        let rule = rule.ok_or_else(|| DbFault::unreadable("programme_version"))?;
        let mut carried = self.carried(enrolments).await?;
        let former = self.former(row.programme_version_id, &mut carried).await?;
        let make_ups = self.make_ups(enrolments).await?;
        let done = make_ups.iter().filter(|of| of.state == MakeUpState::Done);
        Ok(Sheet {
            course_state,
            rule,
            sessions: self.sessions(course, &numbers).await?,
            numbers,
            former,
            records: self.attendance(enrolments).await?,
            make_ups: done
                .filter_map(|of| Some((of.enrolment_id, of.session_id, of.done_on?)))
                .collect(),
            waived: self.waivers(enrolments).await?,
            carried,
            assignments: self.assignments(enrolments).await?,
            placements: self.placement_standings(enrolments).await?,
        })
    }

    /// The rule of a version, and the numbers of its modules.
    async fn rule(&self, version: Uuid) -> Result<(Option<Rule>, HashMap<Uuid, i32>), Stop> {
        let found = Programmes::within(self.tx).version(version).await?.ok_or_else(not_found)?;
        let modules = programme_module::Entity::find()
            .filter(programme_module::Column::VersionId.eq(version))
            .order_by_asc(programme_module::Column::Number)
            .all(self.tx)
            .await?;
        let mandatory: Vec<(i32, bool)> =
            modules.iter().map(|module| (module.number, module.mandatory)).collect();
        let numbers = modules.iter().map(|module| (module.id, module.number)).collect();
        Ok((Rule::pinned(&found.outline.rule, &mandatory), numbers))
    }

    /// Lets what was earned on other versions count in that of the course, `now`; gives the rules of those by which
    /// somebody may still be judged: earlier ones of the same programme, while they are in use.
    async fn former(
        &self,
        now: Uuid,
        carried: &mut [Credited],
    ) -> Result<HashMap<Uuid, Former>, Stop> {
        let mut former = HashMap::new();
        let versions = carried.iter().map(|credited| credited.version);
        let versions: BTreeSet<Uuid> = versions.filter(|version| *version != now).collect();
        if versions.is_empty() {
            return Ok(former);
        }
        let programmes = Programmes::within(self.tx);
        let now = programmes.version(now).await?.ok_or_else(not_found)?;
        let taught = self.titles(now.id).await?;
        for version in versions {
            let Some(then) = programmes.version(version).await? else { continue };
            let is_same = then.programme_id == now.programme_id;
            let equivalent = facts::equivalent(&self.titles(version).await?, &taught, is_same);
            for credited in carried.iter_mut().filter(|credited| credited.version == version) {
                credited.counts = credited.carried.through(&equivalent);
            }
            if is_same && then.state == VersionState::Published {
                let number = then.number.to_string();
                let rule = self.rule(version).await?.0;
                former.extend(rule.map(|rule| (version, Former { number, rule })));
            }
        }
        Ok(former)
    }

    /// The titles of the modules of a version, by their numbers.
    async fn titles(&self, version: Uuid) -> Result<BTreeMap<i32, Option<String>>, DbFault> {
        let modules = programme_module::Entity::find()
            .filter(programme_module::Column::VersionId.eq(version))
            .all(self.tx)
            .await?;
        Ok(modules.into_iter().map(|module| (module.number, module.title)).collect())
    }

    async fn sessions(
        &self,
        course: Uuid,
        numbers: &HashMap<Uuid, i32>,
    ) -> Result<BTreeMap<Uuid, Session>, DbFault> {
        let rows = course_session::Entity::find()
            .filter(course_session::Column::CourseId.eq(course))
            .all(self.tx)
            .await?;
        let taught = session_module::Entity::find()
            .filter(session_module::Column::CourseId.eq(course))
            .all(self.tx)
            .await?;
        let session = |row: course_session::Model| {
            let modules = taught.iter().filter(|module| module.session_id == row.id);
            let state = SessionState::from_code(&row.state)
                .ok_or_else(|| DbFault::unreadable("course_session.state"))?;
            let credit = row.credit.as_deref().map(|code| {
                Credit::from_code(code).ok_or_else(|| DbFault::unreadable("course_session.credit"))
            });
            let session = Session {
                day: row.day,
                minutes: row.planned_minutes,
                counts_as_day: row.counts_as_day,
                modules: modules.filter_map(|of| numbers.get(&of.module_id)).copied().collect(),
                state,
                credit: credit.transpose()?,
                replaces: row.replaces_id,
            };
            Ok((row.id, session))
        };
        rows.into_iter().map(session).collect()
    }

    async fn carried(&self, enrolments: &[Uuid]) -> Result<Vec<Credited>, DbFault> {
        let rows = carried_credit::Entity::find()
            .filter(carried_credit::Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .order_by_asc(carried_credit::Column::Id)
            .all(self.tx)
            .await?;
        let credited = |row: carried_credit::Model| {
            let carried: Carried = serde_json::from_str(&row.carried)
                .map_err(|_| DbFault::unreadable("carried_credit.carried"))?;
            Ok(Credited {
                enrolment: row.enrolment_id,
                origin: row.origin_id,
                version: row.programme_version_id,
                counts: carried.clone(),
                carried,
            })
        };
        rows.into_iter().map(credited).collect()
    }

    /// ENR-3: lets an enrolment carry over what another earned.
    pub async fn carry(
        &self,
        unit: &Unit,
        to: &Enrolment,
        (origin, organisation, version): (Uuid, Uuid, Uuid),
        carried: &Carried,
    ) -> Result<(), DbFault> {
        let row = carried_credit::Model {
            id: unit.id(),
            organisation_id: to.organisation_id,
            enrolment_id: to.id,
            origin_id: origin,
            origin_organisation_id: organisation,
            programme_version_id: version,
            carried: written(carried)?,
            carried_at: unit.now(),
        };
        let row = row.into_active_model().reset_all();
        carried_credit::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// ENR-3: what was earned changed; so does what was carried over of it. Gives the enrolments that did.
    pub async fn carry_anew(&self, origin: Uuid, carried: &Carried) -> Result<Vec<Uuid>, DbFault> {
        let rows = carried_credit::Entity::find()
            .filter(carried_credit::Column::OriginId.eq(origin))
            .all(self.tx)
            .await?;
        let carried = written(carried)?;
        let followers: Vec<Uuid> =
            rows.iter().filter(|row| row.carried != carried).map(|row| row.enrolment_id).collect();
        carried_credit::Entity::update_many()
            .col_expr(carried_credit::Column::Carried, Expr::value(carried))
            .filter(carried_credit::Column::OriginId.eq(origin))
            .exec(self.tx)
            .await?;
        Ok(followers)
    }

    /// The organisation at which an enrolment was made and the version it stood on, as its credit has it elsewhere.
    pub async fn source(&self, origin: Uuid) -> Result<Option<(Uuid, Uuid)>, DbFault> {
        let row = carried_credit::Entity::find()
            .filter(carried_credit::Column::OriginId.eq(origin))
            .one(self.tx)
            .await?;
        Ok(row.map(|row| (row.origin_organisation_id, row.programme_version_id)))
    }

    async fn assignments(&self, enrolments: &[Uuid]) -> Result<HashMap<Uuid, Assignment>, DbFault> {
        let rows = assignment_attempt::Entity::find()
            .filter(assignment_attempt::Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .order_by_asc(assignment_attempt::Column::Number)
            .all(self.tx)
            .await?;
        let mut of: HashMap<Uuid, Vec<Attempt>> = HashMap::new();
        for row in rows {
            of.entry(row.enrolment_id).or_default().push(Attempt::try_from(row)?);
        }
        let resits = self.resits(enrolments).await?;
        let resits = |id| resits.iter().filter(|of| **of == id).count();
        let standing =
            |(id, attempts): (Uuid, Vec<Attempt>)| (id, work::standing(&attempts, resits(id)));
        Ok(of.into_iter().map(standing).collect())
    }

    async fn placement_standings(
        &self,
        enrolments: &[Uuid],
    ) -> Result<HashMap<Uuid, Placement>, DbFault> {
        let rows = placement::Entity::find()
            .filter(placement::Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .order_by_asc(placement::Column::Id)
            .all(self.tx)
            .await?;
        let mut of: HashMap<Uuid, Vec<work::Placement>> = HashMap::new();
        for row in rows {
            of.entry(row.enrolment_id).or_default().push(work::Placement::try_from(row)?);
        }
        Ok(of.into_iter().map(|(id, all)| (id, work::placement_standing(&all))).collect())
    }
}

fn written(carried: &Carried) -> Result<String, DbFault> {
    serde_json::to_string(carried).map_err(|_| DbFault::unreadable("carried_credit.carried"))
}
