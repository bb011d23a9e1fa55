//! Rows of applications, loaded under lock and saved.
//!
//! Whoever offers a place locks the course first, then the application.

use std::collections::HashMap;

use chrono::NaiveDate;
use entities::application::{Column, Entity, Model};
use entities::{application_note, course, person_email};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, JoinType,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::model::{Answers, Application, State};
use crate::command::{Stop, Unit};
use crate::course::model::State as CourseState;
use crate::db::DbFault;
use crate::refusal::Refusal;

/// The applications that the unit's Scope lets it see and change.
pub struct Applications<'a> {
    unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Applications<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The application, not locked. What is erased is nobody's any more, and no use case works on it.
    pub async fn find(&self, id: Uuid) -> Result<Option<Application>, Stop> {
        let row =
            Entity::find_by_id(id).filter(Column::ErasedOn.is_null()).one(self.unit.tx()).await?;
        Ok(row.map(application_of).transpose()?)
    }

    /// The application, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Application>, Stop> {
        let row = Entity::find_by_id(id)
            .filter(Column::ErasedOn.is_null())
            .lock(LockType::Update)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(application_of).transpose()?)
    }

    /// The applications of a person, locked in one order.
    pub async fn of_person(&self, person: Uuid) -> Result<Vec<Application>, Stop> {
        let rows = Entity::find()
            .filter(Column::PersonId.eq(person))
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(application_of(row)?)).collect()
    }

    /// The applications for a course that are not at their end, locked in one order.
    pub async fn lock_open(&self, course: Uuid) -> Result<Vec<Application>, Stop> {
        let over = State::ALL.iter().filter(|state| state.is_over()).map(|state| state.code());
        let rows = Entity::find()
            .filter(Column::CourseId.eq(course))
            .filter(Column::State.is_not_in(over))
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(application_of(row)?)).collect()
    }

    /// Takes the person out of an application, which is saved without anything else of them already.
    pub async fn unlink(&self, id: Uuid) -> Result<(), Stop> {
        let nobody: Option<Uuid> = None;
        Entity::update_many()
            .col_expr(Column::PersonId, Expr::value(nobody))
            .col_expr(Column::ErasedOn, Expr::value(self.unit.today()))
            .filter(Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The notes of those who select, which the vault keeps.
    pub async fn notes(&self, of: Uuid) -> Result<Vec<Uuid>, Stop> {
        Ok(application_note::Entity::find()
            .select_only()
            .column(application_note::Column::RecordId)
            .filter(application_note::Column::ApplicationId.eq(of))
            .order_by_asc(application_note::Column::RecordId)
            .into_tuple()
            .all(self.unit.tx())
            .await?)
    }

    /// Unties the notes of those who select from an application.
    pub async fn untie_notes(&self, of: Uuid) -> Result<(), Stop> {
        application_note::Entity::delete_many()
            .filter(application_note::Column::ApplicationId.eq(of))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Whether the person has an application for the course that is not at its end, or was accepted.
    pub async fn has_live(&self, course: Uuid, person: Uuid) -> Result<bool, Stop> {
        let over = [State::Declined, State::Withdrawn, State::Lapsed].map(State::code);
        let row = Entity::find()
            .filter(Column::CourseId.eq(course))
            .filter(Column::PersonId.eq(person))
            .filter(Column::State.is_not_in(over))
            .one(self.unit.tx())
            .await?;
        Ok(row.is_some())
    }

    /// How many wait for the course, before `this` one if it waits too.
    pub async fn waiting_before(&self, this: &Application) -> Result<i32, Stop> {
        let earlier = this.waitlisted_at.map(|since| {
            let tie =
                Condition::all().add(Column::WaitlistedAt.eq(since)).add(Column::Id.lt(this.id));
            Condition::any().add(Column::WaitlistedAt.lt(since)).add(tie)
        });
        let count = Entity::find()
            .filter(Column::CourseId.eq(this.course_id))
            .filter(Column::State.eq(State::Waitlisted.code()))
            .filter(Condition::all().add_option(earlier))
            .count(self.unit.tx())
            .await?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// Those who wait for the course, longest first, locked.
    pub async fn lock_waiting(&self, course: Uuid, most: i32) -> Result<Vec<Application>, Stop> {
        let rows = Entity::find()
            .filter(Column::CourseId.eq(course))
            .filter(Column::State.eq(State::Waitlisted.code()))
            .order_by_asc(Column::WaitlistedAt)
            .order_by_asc(Column::Id)
            .limit(u64::try_from(most).unwrap_or_default())
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(application_of(row)?)).collect()
    }

    /// Offers that nobody accepted by their last day: each with its course, at most so many.
    pub async fn unanswered(&self, today: NaiveDate, most: u64) -> Result<Vec<(Uuid, Uuid)>, Stop> {
        Ok(Entity::find()
            .select_only()
            .column(Column::Id)
            .column(Column::CourseId)
            .filter(Column::State.eq(State::Offered.code()))
            .filter(Column::OfferUntil.lt(today))
            .order_by_asc(Column::OfferUntil)
            .order_by_asc(Column::Id)
            .limit(most)
            .into_tuple()
            .all(self.unit.tx())
            .await?)
    }

    /// Courses that take people, with a free place and somebody who waits for it: at most so many.
    pub async fn with_room(&self, today: NaiveDate, most: u64) -> Result<Vec<Uuid>, Stop> {
        let places = Expr::col((course::Entity, course::Column::PlacesTaken));
        let takes = [CourseState::Open, CourseState::Confirmed].map(CourseState::code);
        let to_course =
            Entity::belongs_to(course::Entity).from(Column::CourseId).to(course::Column::Id).into();
        Ok(Entity::find()
            .select_only()
            .column(Column::CourseId)
            .distinct()
            .join(JoinType::InnerJoin, to_course)
            .filter(Column::State.eq(State::Waitlisted.code()))
            .filter(course::Column::State.is_in(takes))
            .filter(course::Column::StartOn.gte(today))
            .filter(places.lt(Expr::col((course::Entity, course::Column::CapacityMax))))
            .order_by_asc(Column::CourseId)
            .limit(most)
            .into_tuple()
            .all(self.unit.tx())
            .await?)
    }

    /// Saves a new application.
    pub async fn insert(&self, new: &Application) -> Result<(), Stop> {
        let row = row_of(new.clone()).into_active_model().reset_all();
        Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves `changed` as its next version, unless somebody else changed it.
    pub async fn update(&self, changed: Application) -> Result<Application, Stop> {
        let before = changed.version;
        let after = Application { version: before + 1, updated_at: self.unit.now(), ..changed };
        let mut row = row_of(after.clone()).into_active_model().reset_all();
        // The database keeps the places of those who wait.
        row.waiting_position = if after.state == State::Waitlisted { NotSet } else { Set(None) };
        let done = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(after.id))
            .filter(Column::Version.eq(before))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(after) } else { Err(Refusal::stale().into()) }
    }

    /// Ties a note in the vault to the application.
    pub async fn add_note(&self, of: &Application, record: Uuid) -> Result<(), Stop> {
        let row = application_note::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(of.organisation_id),
            application_id: Set(of.id),
            record_id: Set(record),
            created_at: Set(self.unit.now()),
        };
        application_note::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// An address of the person that was proved and is in use.
    pub async fn address_of(&self, person: Uuid) -> Result<Option<String>, Stop> {
        Ok(self.addresses_of(&[person]).await?.remove(&person))
    }

    /// The same of several people.
    pub async fn addresses_of(&self, people: &[Uuid]) -> Result<HashMap<Uuid, String>, Stop> {
        let rows = person_email::Entity::find()
            .filter(person_email::Column::PersonId.is_in(people.iter().copied()))
            .filter(person_email::Column::VerifiedAt.is_not_null())
            .filter(person_email::Column::ValidTo.is_null())
            .order_by_asc(person_email::Column::ValidFrom)
            .order_by_asc(person_email::Column::Id)
            .all(self.unit.tx())
            .await?;
        // The latest of each.
        Ok(rows.into_iter().map(|row| (row.person_id, row.address)).collect())
    }
}

/// A code that may be absent.
fn coded<T>(
    code: Option<String>,
    read: impl Fn(&str) -> Option<T>,
    what: &'static str,
) -> Result<Option<T>, DbFault> {
    code.map(|code| read(&code).ok_or_else(|| DbFault::unreadable(what))).transpose()
}

fn application_of(row: Model) -> Result<Application, DbFault> {
    use super::model::{DeclineReason, Employment, Experience, Source};
    let Model {
        id,
        organisation_id,
        course_id,
        person_id,
        interest_id,
        state,
        experience,
        employment,
        employer_id,
        prior_training,
        source,
        has_experience,
        wishes_to_support,
        communicates,
        motivation_id,
        support_needs_id,
        submitted_at,
        waitlisted_at,
        waiting_position,
        offered_at,
        offer_until,
        terms_version,
        decline_reason,
        assessor_id,
        assessor_person_id,
        second_assessor_id,
        ended_at,
        erased_on: _,
        created_at,
        updated_at,
        version,
    } = row;
    let answers = Answers {
        experience: coded(experience, Experience::from_code, "application.experience")?,
        employment: coded(employment, Employment::from_code, "application.employment")?,
        employer_id,
        prior_training,
        source: coded(source, Source::from_code, "application.source")?,
        has_experience,
        wishes_to_support,
        communicates,
    };
    Ok(Application {
        id,
        organisation_id,
        course_id,
        person_id: person_id.ok_or_else(|| DbFault::unreadable("application.person_id"))?,
        interest_id,
        state: State::from_code(&state).ok_or_else(|| DbFault::unreadable("application.state"))?,
        answers,
        motivation_id,
        support_needs_id,
        submitted_at,
        waitlisted_at,
        waiting_position,
        offered_at,
        offer_until,
        terms_version,
        decline_reason: coded(
            decline_reason,
            DeclineReason::from_code,
            "application.decline_reason",
        )?,
        assessor_id,
        assessor_person_id,
        second_assessor_id,
        ended_at,
        created_at,
        updated_at,
        version,
    })
}

fn row_of(application: Application) -> Model {
    let Application {
        id,
        organisation_id,
        course_id,
        person_id,
        interest_id,
        state,
        answers,
        motivation_id,
        support_needs_id,
        submitted_at,
        waitlisted_at,
        waiting_position,
        offered_at,
        offer_until,
        terms_version,
        decline_reason,
        assessor_id,
        assessor_person_id,
        second_assessor_id,
        ended_at,
        created_at,
        updated_at,
        version,
    } = application;
    let Answers {
        experience,
        employment,
        employer_id,
        prior_training,
        source,
        has_experience,
        wishes_to_support,
        communicates,
    } = answers;
    let text = |code: &str| code.to_owned();
    Model {
        id,
        organisation_id,
        course_id,
        person_id: Some(person_id),
        interest_id,
        state: text(state.code()),
        experience: experience.map(|value| text(value.code())),
        employment: employment.map(|value| text(value.code())),
        employer_id,
        prior_training,
        source: source.map(|value| text(value.code())),
        has_experience,
        wishes_to_support,
        communicates,
        motivation_id,
        support_needs_id,
        submitted_at,
        waitlisted_at,
        waiting_position,
        offered_at,
        offer_until,
        terms_version,
        decline_reason: decline_reason.map(|value| text(value.code())),
        assessor_id,
        assessor_person_id,
        second_assessor_id,
        ended_at,
        erased_on: None,
        created_at,
        updated_at,
        version,
    }
}
