//! Who delivers courses from when.

use chrono::NaiveDate;
use entities::{course, course_deliverer, course_session};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Courses, course_of};
use crate::command::Stop;
use crate::course::model::State;
use crate::course::parts::Course;
use crate::db::DbFault;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Courses<'_> {
    /// The courses of the organisation that are not at their end, locked in the order of their ids.
    pub async fn lock_unfinished(&self, organisation: Uuid) -> Result<Vec<Course>, Stop> {
        let unfinished = State::ALL.iter().filter(|state| state.is_unfinished());
        let rows = course::Entity::find()
            .filter(course::Column::OrganisationId.eq(organisation))
            .filter(course::Column::State.is_in(unfinished.map(|state| state.code())))
            .order_by_asc(course::Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(course_of).collect::<Result<_, _>>()?)
    }

    /// The last day on which the organisation is known to have acted as a deliverer.
    pub async fn last_delivered(&self, organisation: Uuid) -> Result<Option<NaiveDate>, Stop> {
        let held = course_session::Entity::find()
            .filter(course_session::Column::OrganisationId.eq(organisation))
            .filter(course_session::Column::State.eq("HELD"))
            .order_by_desc(course_session::Column::Day)
            .one(self.unit.tx())
            .await?;
        let begun = course_deliverer::Entity::find()
            .filter(course_deliverer::Column::OrganisationId.eq(organisation))
            .order_by_desc(course_deliverer::Column::ValidFrom)
            .one(self.unit.tx())
            .await?;
        let held = held.and_then(|session| session.day.succ_opt());
        Ok(held.max(begun.map(|delivery| delivery.valid_from)))
    }

    /// Lets an organisation deliver the course, which starts on a day, from a day on.
    pub async fn deliver(
        &self,
        (course, start): (Uuid, NaiveDate),
        organisation: Uuid,
        from: NaiveDate,
    ) -> Result<(), Stop> {
        let row = course_deliverer::ActiveModel {
            id: Set(self.unit.id()),
            course_id: Set(course),
            organisation_id: Set(organisation),
            valid_from: Set(from),
            valid_to: Set(None),
            start_on: Set(start),
        };
        course_deliverer::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends the present delivery of the course on a day, or on its first if that is later; gives that day.
    pub async fn end_delivery(&self, course: Uuid, on: NaiveDate) -> Result<NaiveDate, Stop> {
        let present = course_deliverer::Entity::find()
            .filter(course_deliverer::Column::CourseId.eq(course))
            .filter(course_deliverer::Column::ValidTo.is_null())
            .one(self.unit.tx())
            .await?;
        let present = present.ok_or_else(|| DbFault::unreadable("course_deliverer"))?;
        let on = on.max(present.valid_from);
        course_deliverer::Entity::update_many()
            .col_expr(course_deliverer::Column::ValidTo, Expr::value(on))
            .filter(course_deliverer::Column::Id.eq(present.id))
            .exec(self.unit.tx())
            .await?;
        Ok(on)
    }
}
