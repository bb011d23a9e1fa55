//! What hangs on a course beside its sessions.

use chrono::NaiveDate;
use entities::{course_correction, course_partner, course_teach_out, course_terms};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Courses;
use crate::command::Stop;
use crate::course::parts::{Course, CourseCorrection, TeachOut};

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Courses<'_> {
    /// The last day that the teach-out decision in force covers: the latest takes the place of those before.
    pub async fn teach_out_until(&self, course: Uuid) -> Result<Option<NaiveDate>, Stop> {
        let row = course_teach_out::Entity::find()
            .filter(course_teach_out::Column::CourseId.eq(course))
            .order_by_desc(course_teach_out::Column::ApprovedOn)
            .order_by_desc(course_teach_out::Column::Id)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(|row| row.until))
    }

    /// Records a teach-out decision.
    pub async fn teach_out(
        &self,
        course: &Course,
        decision: &TeachOut,
        by: Uuid,
    ) -> Result<(), Stop> {
        let row = course_teach_out::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            until: Set(decision.until),
            receiving_id: Set(decision.receiving),
            reason: Set(decision.reason.clone()),
            approved_by: Set(by),
            approved_on: Set(self.unit.today()),
        };
        course_teach_out::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Records a correction of a closed course.
    pub async fn add_correction(&self, new: &CourseCorrection, by: Uuid) -> Result<(), Stop> {
        let CourseCorrection { id, organisation_id, course_id, concerns, correction, reason } =
            new.clone();
        let row = course_correction::ActiveModel {
            id: Set(id),
            organisation_id: Set(organisation_id),
            course_id: Set(course_id),
            concerns: Set(concerns),
            correction: Set(correction),
            reason: Set(reason),
            corrected_by: Set(by),
            corrected_at: Set(self.unit.now()),
        };
        course_correction::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// The places offered to each partner.
    pub async fn partners(&self, course: Uuid) -> Result<Vec<(Uuid, i32)>, Stop> {
        let rows = course_partner::Entity::find()
            .filter(course_partner::Column::CourseId.eq(course))
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(|row| (row.partner_id, row.places)).collect())
    }

    /// Offers places to a partner, or another number of them.
    pub async fn offer(&self, course: &Course, partner: Uuid, places: i32) -> Result<(), Stop> {
        let changed = course_partner::Entity::update_many()
            .col_expr(course_partner::Column::Places, Expr::value(places))
            .col_expr(course_partner::Column::OfferedAt, Expr::value(self.unit.now()))
            .filter(course_partner::Column::CourseId.eq(course.id))
            .filter(course_partner::Column::PartnerId.eq(partner))
            .exec(self.unit.tx())
            .await?;
        if changed.rows_affected > 0 {
            return Ok(());
        }
        let row = course_partner::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            partner_id: Set(partner),
            places: Set(places),
            offered_at: Set(self.unit.now()),
        };
        course_partner::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Takes back what was offered to a partner.
    pub async fn take_back(&self, course: &Course, partner: Uuid) -> Result<(), Stop> {
        course_partner::Entity::delete_many()
            .filter(course_partner::Column::CourseId.eq(course.id))
            .filter(course_partner::Column::PartnerId.eq(partner))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// What deliverer and host agreed.
    pub async fn put_terms(&self, course: &Course, terms: &str) -> Result<(), Stop> {
        let changed = course_terms::Entity::update_many()
            .col_expr(course_terms::Column::CoDeliveryTerms, Expr::value(terms))
            .filter(course_terms::Column::CourseId.eq(course.id))
            .exec(self.unit.tx())
            .await?;
        if changed.rows_affected > 0 {
            return Ok(());
        }
        let row = course_terms::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(course.organisation_id),
            course_id: Set(course.id),
            co_delivery_terms: Set(terms.to_owned()),
        };
        course_terms::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }
}
