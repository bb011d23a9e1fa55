//! Erasing what is personal of what comes after graduation, as part of a decision about data protection. How many went
//! where, and for how long somebody developed, stays under the pseudonym.

use entities::{development_record, graduate_destination};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::command::{Stop, Unit};

/// What stands in the place of a text.
const ERASED: &str = "erased";

/// Writes over the texts that people wrote of their development: titles and providers.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, person: Uuid) -> Result<(), Stop> {
    let nothing: Option<String> = None;
    development_record::Entity::update_many()
        .col_expr(development_record::Column::Title, Expr::value(ERASED))
        .col_expr(development_record::Column::Provider, Expr::value(nothing))
        .filter(development_record::Column::PersonId.eq(person))
        .exec(unit.tx())
        .await?;
    Ok(())
}

/// Writes over the texts about where somebody went after an enrolment: employers and reasons.
///
/// # Errors
///
/// What the database answers.
pub async fn erase_destinations(unit: &Unit, enrolment: Uuid) -> Result<(), Stop> {
    let nothing: Option<String> = None;
    graduate_destination::Entity::update_many()
        .col_expr(graduate_destination::Column::EmployerName, Expr::value(nothing))
        .filter(graduate_destination::Column::EnrolmentId.eq(enrolment))
        .exec(unit.tx())
        .await?;
    graduate_destination::Entity::update_many()
        .col_expr(graduate_destination::Column::Reason, Expr::value(ERASED))
        .filter(graduate_destination::Column::Reason.is_not_null())
        .filter(graduate_destination::Column::EnrolmentId.eq(enrolment))
        .exec(unit.tx())
        .await?;
    Ok(())
}
