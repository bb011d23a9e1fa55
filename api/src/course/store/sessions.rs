//! Sessions with their modules and trainers.

use entities::{
    course, course_session, course_trainer, session_guest, session_module, session_place,
    teaching_assignment,
};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::{Courses, course_of};
use crate::command::Stop;
use crate::course::facts::Known;
use crate::course::model::{Credit, Part, SessionState, State};
use crate::course::parts::{Course, Guest, Session};
use crate::course::rules::Busy;
use crate::db::DbFault;
use crate::trainer::model::Trainer;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Courses<'_> {
    /// The course of a session.
    pub async fn course_of_session(&self, id: Uuid) -> Result<Option<Uuid>, Stop> {
        let row = course_session::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(|row| row.course_id))
    }

    /// The sessions of a course in the order of their times, with modules and trainers.
    pub async fn sessions(&self, course: Uuid) -> Result<Vec<Session>, Stop> {
        let rows = course_session::Entity::find()
            .filter(course_session::Column::CourseId.eq(course))
            .order_by_asc(course_session::Column::StartsAt)
            .order_by_asc(course_session::Column::Id)
            .all(self.unit.tx())
            .await?;
        let modules = session_module::Entity::find()
            .filter(session_module::Column::CourseId.eq(course))
            .order_by_asc(session_module::Column::Id)
            .all(self.unit.tx())
            .await?;
        let teaching = teaching_assignment::Entity::find()
            .filter(teaching_assignment::Column::CourseId.eq(course))
            .filter(teaching_assignment::Column::ReleasedAt.is_null())
            .order_by_asc(teaching_assignment::Column::Id)
            .all(self.unit.tx())
            .await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            let mut session = session_of(row)?;
            let taught = modules.iter().filter(|module| module.session_id == session.id);
            session.modules = taught.map(|module| module.module_id).collect();
            for row in teaching.iter().filter(|row| row.session_id == session.id) {
                let part = Part::from_code(&row.part);
                let part = part.ok_or_else(|| DbFault::unreadable("teaching_assignment.part"))?;
                session.trainers.push((row.trainer_id, part));
            }
            sessions.push(session);
        }
        Ok(sessions)
    }

    /// Saves a new session with its modules. Its trainers are assigned apart.
    pub async fn insert_session(&self, course: &Course, session: &Session) -> Result<(), Stop> {
        let row = course_session::ActiveModel {
            id: Set(session.id),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            day: Set(session.day),
            start_time: Set(session.start_time.clone()),
            end_time: Set(session.end_time.clone()),
            starts_at: Set(session.starts_at),
            ends_at: Set(session.ends_at),
            counts_as_day: Set(session.counts_as_day),
            planned_minutes: Set(session.planned_minutes),
            state: Set(session.state.code().to_owned()),
            credit: Set(session.credit.map(|credit| credit.code().to_owned())),
            reason: Set(session.reason.clone()),
            replaces_id: Set(session.replaces_id),
            created_at: Set(session.created_at),
        };
        course_session::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        let modules = session.modules.iter().map(|module| session_module::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            session_id: Set(session.id),
            version_id: Set(course.programme_version_id),
            module_id: Set(*module),
        });
        let modules: Vec<session_module::ActiveModel> = modules.collect();
        if !modules.is_empty() {
            session_module::Entity::insert_many(modules)
                .exec_without_returning(self.unit.tx())
                .await?;
        }
        Ok(())
    }

    /// Saves where a session stands now.
    pub async fn settle(&self, session: &Session) -> Result<(), Stop> {
        let credit = session.credit.map(Credit::code);
        course_session::Entity::update_many()
            .col_expr(course_session::Column::State, Expr::value(session.state.code()))
            .col_expr(course_session::Column::Credit, Expr::value(credit))
            .col_expr(course_session::Column::Reason, Expr::value(session.reason.clone()))
            .filter(course_session::Column::Id.eq(session.id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Takes the whole plan of a draft away.
    pub async fn drop_plan(&self, course: Uuid) -> Result<(), Stop> {
        let tx = self.unit.tx();
        session_guest::Entity::delete_many()
            .filter(session_guest::Column::CourseId.eq(course))
            .exec(tx)
            .await?;
        session_place::Entity::delete_many()
            .filter(session_place::Column::CourseId.eq(course))
            .exec(tx)
            .await?;
        teaching_assignment::Entity::delete_many()
            .filter(teaching_assignment::Column::CourseId.eq(course))
            .exec(tx)
            .await?;
        session_module::Entity::delete_many()
            .filter(session_module::Column::CourseId.eq(course))
            .exec(tx)
            .await?;
        course_session::Entity::delete_many()
            .filter(course_session::Column::CourseId.eq(course))
            .exec(tx)
            .await?;
        Ok(())
    }

    /// Nobody teaches the session any more.
    pub async fn release(&self, session: Uuid) -> Result<(), Stop> {
        teaching_assignment::Entity::update_many()
            .col_expr(teaching_assignment::Column::ReleasedAt, Expr::value(self.unit.now()))
            .filter(teaching_assignment::Column::SessionId.eq(session))
            .filter(teaching_assignment::Column::ReleasedAt.is_null())
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The trainers of a session teach it, in their parts.
    pub async fn assign(&self, course: &Course, session: &Session) -> Result<(), Stop> {
        let rows =
            session.trainers.iter().map(|(trainer, part)| teaching_assignment::ActiveModel {
                id: Set(self.unit.id()),
                organisation_id: Set(course.organisation_id),
                course_id: Set(course.id),
                session_id: Set(session.id),
                trainer_id: Set(*trainer),
                part: Set(part.code().to_owned()),
                starts_at: Set(session.starts_at),
                ends_at: Set(session.ends_at),
                released_at: Set(None),
                booked: Set(course.books() && part.teaches()),
            });
        let rows: Vec<teaching_assignment::ActiveModel> = rows.collect();
        if !rows.is_empty() {
            teaching_assignment::Entity::insert_many(rows)
                .exec_without_returning(self.unit.tx())
                .await?;
        }
        Ok(())
    }

    /// TRN-4: the course takes people, and keeps its trainers from other courses.
    pub async fn book(&self, course: Uuid) -> Result<(), Stop> {
        teaching_assignment::Entity::update_many()
            .col_expr(teaching_assignment::Column::Booked, Expr::value(true))
            .filter(teaching_assignment::Column::CourseId.eq(course))
            .filter(teaching_assignment::Column::Part.ne(Part::Observer.code()))
            .filter(teaching_assignment::Column::ReleasedAt.is_null())
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The trainers belong to the course from now on.
    pub async fn enrol_trainers(&self, course: &Course, trainers: &[Known]) -> Result<(), Stop> {
        let rows = course_trainer::Entity::find()
            .filter(course_trainer::Column::CourseId.eq(course.id))
            .all(self.unit.tx())
            .await?;
        for known in trainers {
            if rows.iter().any(|row| row.trainer_id == known.facts.id) {
                continue;
            }
            self.link(course, (known.facts.id, known.person_id)).await?;
        }
        Ok(())
    }

    /// The courses to which a trainer belongs, in the order of their ids.
    pub async fn taught_by(&self, trainer: Uuid) -> Result<Vec<Course>, Stop> {
        let rows = self.of_trainer(trainer).await?.all(self.unit.tx()).await?;
        Ok(rows.into_iter().map(course_of).collect::<Result<_, _>>()?)
    }

    /// The same, locked.
    pub async fn lock_taught(&self, trainer: Uuid) -> Result<Vec<Course>, Stop> {
        let rows = self.of_trainer(trainer).await?.lock(LockType::Update);
        let rows = rows.all(self.unit.tx()).await?;
        Ok(rows.into_iter().map(course_of).collect::<Result<_, _>>()?)
    }

    async fn of_trainer(&self, trainer: Uuid) -> Result<Select<course::Entity>, Stop> {
        let links = course_trainer::Entity::find()
            .filter(course_trainer::Column::TrainerId.eq(trainer))
            .all(self.unit.tx())
            .await?;
        let courses = course::Entity::find()
            .filter(course::Column::Id.is_in(links.into_iter().map(|row| row.course_id)))
            .order_by_asc(course::Column::Id);
        Ok(courses)
    }

    /// Gives what one profile of a trainer does on a course to the other, but for the sessions in `kept`.
    pub async fn hand_over(
        &self,
        course: &Course,
        (from, to): (Uuid, &Trainer),
        kept: &[Uuid],
    ) -> Result<(), Stop> {
        let tx = self.unit.tx();
        let links = course_trainer::Entity::find()
            .filter(course_trainer::Column::CourseId.eq(course.id))
            .all(tx)
            .await?;
        if !links.iter().any(|row| row.trainer_id == to.id) {
            self.link(course, (to.id, to.person_id)).await?;
        }
        teaching_assignment::Entity::update_many()
            .col_expr(teaching_assignment::Column::TrainerId, Expr::value(to.id))
            .filter(teaching_assignment::Column::CourseId.eq(course.id))
            .filter(teaching_assignment::Column::TrainerId.eq(from))
            .filter(teaching_assignment::Column::SessionId.is_not_in(kept.iter().copied()))
            .exec(tx)
            .await?;
        let left = teaching_assignment::Entity::find()
            .filter(teaching_assignment::Column::CourseId.eq(course.id))
            .filter(teaching_assignment::Column::TrainerId.eq(from));
        if left.one(tx).await?.is_none() {
            course_trainer::Entity::delete_many()
                .filter(course_trainer::Column::CourseId.eq(course.id))
                .filter(course_trainer::Column::TrainerId.eq(from))
                .exec(tx)
                .await?;
        }
        Ok(())
    }

    async fn link(&self, course: &Course, (trainer, person): (Uuid, Uuid)) -> Result<(), Stop> {
        let row = course_trainer::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            trainer_id: Set(trainer),
            person_id: Set(person),
        };
        course_trainer::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// When the trainers teach on other courses that the deliverer of this one sees: its own, and those that
    /// everyone sees. The database knows of the rest and tells nobody whose they are.
    pub async fn busy(&self, trainers: &[Uuid], on: &Course) -> Result<Vec<Busy>, Stop> {
        let rows = teaching_assignment::Entity::find()
            .filter(teaching_assignment::Column::TrainerId.is_in(trainers.iter().copied()))
            .filter(teaching_assignment::Column::ReleasedAt.is_null())
            .filter(teaching_assignment::Column::CourseId.ne(on.id))
            .all(self.unit.tx())
            .await?;
        let public = course::Entity::find()
            .filter(course::Column::Id.is_in(rows.iter().map(|row| row.course_id)))
            .filter(course::Column::State.is_in([State::Open.code(), State::Confirmed.code()]))
            .all(self.unit.tx())
            .await?;
        let seen = |row: &teaching_assignment::Model| {
            row.organisation_id == on.organisation_id
                || public.iter().any(|course| course.id == row.course_id)
        };
        let busy = |row: teaching_assignment::Model| Busy {
            trainer: row.trainer_id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            booked: row.booked,
        };
        Ok(rows.into_iter().filter(seen).map(busy).collect())
    }

    /// Where a session meets: nothing said takes it away.
    pub async fn put_place(
        &self,
        course: &Course,
        session: Uuid,
        (venue, join_url): (Option<String>, Option<String>),
    ) -> Result<(), Stop> {
        session_place::Entity::delete_many()
            .filter(session_place::Column::SessionId.eq(session))
            .exec(self.unit.tx())
            .await?;
        if venue.is_none() && join_url.is_none() {
            return Ok(());
        }
        let row = session_place::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            session_id: Set(session),
            venue: Set(venue),
            join_url: Set(join_url),
        };
        session_place::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Where a session meets, and its guests.
    pub async fn place_and_guests(
        &self,
        session: Uuid,
    ) -> Result<((Option<String>, Option<String>), Vec<Guest>), Stop> {
        let place = session_place::Entity::find()
            .filter(session_place::Column::SessionId.eq(session))
            .one(self.unit.tx())
            .await?;
        let guests = session_guest::Entity::find()
            .filter(session_guest::Column::SessionId.eq(session))
            .order_by_asc(session_guest::Column::Id)
            .all(self.unit.tx())
            .await?;
        let guest =
            |row: session_guest::Model| Guest { name: row.name, contribution: row.contribution };
        let place = place.map_or((None, None), |row| (row.venue, row.join_url));
        Ok((place, guests.into_iter().map(guest).collect()))
    }

    /// Replaces the guests of a session.
    pub async fn put_guests(
        &self,
        course: &Course,
        session: Uuid,
        guests: &[Guest],
    ) -> Result<(), Stop> {
        session_guest::Entity::delete_many()
            .filter(session_guest::Column::SessionId.eq(session))
            .exec(self.unit.tx())
            .await?;
        for guest in guests {
            let row = session_guest::ActiveModel {
                id: Set(self.unit.id()),
                organisation_id: Set(course.organisation_id),
                course_id: Set(course.id),
                session_id: Set(session),
                name: Set(guest.name.clone()),
                contribution: Set(guest.contribution.clone()),
            };
            session_guest::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        }
        Ok(())
    }
}

/// A session without modules and trainers, which other rows hold.
fn session_of(row: course_session::Model) -> Result<Session, Stop> {
    let course_session::Model {
        id,
        organisation_id: _,
        course_id: _,
        day,
        start_time,
        end_time,
        starts_at,
        ends_at,
        counts_as_day,
        planned_minutes,
        state,
        credit,
        reason,
        replaces_id,
        created_at,
    } = row;
    let credit = credit
        .map(|code| {
            Credit::from_code(&code).ok_or_else(|| DbFault::unreadable("course_session.credit"))
        })
        .transpose()?;
    Ok(Session {
        id,
        day,
        start_time,
        end_time,
        starts_at,
        ends_at,
        counts_as_day,
        planned_minutes,
        state: SessionState::from_code(&state)
            .ok_or_else(|| DbFault::unreadable("course_session.state"))?,
        credit,
        reason,
        replaces_id,
        created_at,
        modules: Vec::new(),
        trainers: Vec::new(),
    })
}
