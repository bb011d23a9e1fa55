//! Erasing what is personal of what comes after graduation, as part of a decision about data protection. How many went
//! where, and for how long somebody developed, stays under the pseudonym.

use entities::{development_record, enrolment, graduate_destination};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::command::{Stop, Unit};

/// What stands in the place of a text.
const ERASED: &str = "erased";

/// Writes over the texts about a person: employers, reasons, titles and providers.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, person: Uuid) -> Result<(), Stop> {
    let nothing: Option<String> = None;
    let own = Query::select()
        .column(enrolment::Column::Id)
        .from(enrolment::Entity)
        .and_where(enrolment::Column::PersonId.eq(person))
        .to_owned();
    graduate_destination::Entity::update_many()
        .col_expr(graduate_destination::Column::EmployerName, Expr::value(nothing.clone()))
        .filter(graduate_destination::Column::EnrolmentId.in_subquery(own.clone()))
        .exec(unit.tx())
        .await?;
    graduate_destination::Entity::update_many()
        .col_expr(graduate_destination::Column::Reason, Expr::value(ERASED))
        .filter(graduate_destination::Column::Reason.is_not_null())
        .filter(graduate_destination::Column::EnrolmentId.in_subquery(own))
        .exec(unit.tx())
        .await?;
    development_record::Entity::update_many()
        .col_expr(development_record::Column::Title, Expr::value(ERASED))
        .col_expr(development_record::Column::Provider, Expr::value(nothing))
        .filter(development_record::Column::PersonId.eq(person))
        .exec(unit.tx())
        .await?;
    Ok(())
}
