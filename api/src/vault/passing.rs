//! Texts whose keeper is followed by another organisation: they go along with the course that they belong to.

use std::collections::BTreeSet;

use entities::{person_membership, sensitive_reader};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::model::{ReaderRole, Record};
use super::service::save;
use super::store::Records;
use crate::command::{Stop, Unit};

/// An organisation that follows another as the keeper of texts.
#[derive(Clone, Copy, Debug)]
pub struct Followed {
    /// Who kept them.
    pub from: Uuid,
    /// Who keeps them from now on.
    pub to: Uuid,
}

/// Lets `to` keep texts that `from` kept, as their controller. Whoever read one for `from`, as somebody at work there,
/// reads it no more, unless `to` keeps their record too. A supervisor of a third organisation stays one: naming that one
/// was the person's own choice. Gives how many texts that were.
///
/// # Errors
///
/// What the database answers.
pub async fn pass_on(
    unit: &Unit,
    records: &[Uuid],
    by: Followed,
    acting_as: &str,
) -> Result<usize, Stop> {
    let rows = Records::of(unit);
    let mut passed = Vec::new();
    for id in records.iter().copied().collect::<BTreeSet<_>>() {
        let Some(before) = rows.lock(id).await? else { continue };
        if before.organisation_id == Some(by.from) {
            let changed = Record { organisation_id: Some(by.to), ..before.clone() };
            let action = ("sensitive_record.passed_on", acting_as);
            save(unit, action, &before, changed, &["readers"]).await?;
            passed.push(id);
        }
    }
    if !passed.is_empty() {
        readers_follow(unit, &passed, by).await?;
    }
    Ok(passed.len())
}

/// Readers of texts that passed on.
async fn readers_follow(unit: &Unit, records: &[Uuid], by: Followed) -> Result<(), Stop> {
    let today = unit.today();
    let of_records = || sensitive_reader::Column::RecordId.is_in(records.iter().copied());
    sensitive_reader::Entity::update_many()
        .col_expr(sensitive_reader::Column::OrganisationId, Expr::value(by.to))
        .filter(of_records())
        .exec(unit.tx())
        .await?;
    let elsewhere = Condition::all()
        .add(sensitive_reader::Column::ActsForId.is_not_null())
        .add(sensitive_reader::Column::ActsForId.ne(by.from));
    let by_choice = [ReaderRole::Tutor, ReaderRole::Supervisor].map(ReaderRole::code);
    let stays = Condition::any()
        .add(elsewhere.add(sensitive_reader::Column::Role.is_in(by_choice)))
        .add(sensitive_reader::Column::Role.eq(ReaderRole::ConcernLead.code()));
    let known = sea_orm::sea_query::Query::select()
        .column(person_membership::Column::PersonId)
        .from(person_membership::Entity)
        .and_where(person_membership::Column::OrganisationId.eq(by.to))
        .and_where(person_membership::Column::ValidFrom.lte(today))
        .cond_where(
            person_membership::Column::ValidTo
                .is_null()
                .or(person_membership::Column::ValidTo.gt(today)),
        )
        .to_owned();
    let in_force =
        sensitive_reader::Column::ValidTo.is_null().or(sensitive_reader::Column::ValidTo.gt(today));
    sensitive_reader::Entity::update_many()
        .col_expr(sensitive_reader::Column::ValidTo, Expr::value(today))
        .filter(of_records())
        .filter(in_force)
        .filter(stays.not())
        .filter(sensitive_reader::Column::PersonId.not_in_subquery(known))
        .exec(unit.tx())
        .await?;
    Ok(())
}
