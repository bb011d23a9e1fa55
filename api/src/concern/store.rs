//! Rows of concerns, and who leads them.

use entities::concern::{Column, Entity, Model};
use entities::{person_account, person_email, role_grant, sensitive_reader};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, Query};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Value,
};
use uuid::Uuid;

use super::model::{Concern, Level, Outcome, State};
use crate::actor::Role;
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::refusal::Refusal;
use crate::vault::model::ReaderRole;

/// The rows that the transaction's Scope lets it see and change.
pub struct Concerns<'a> {
    unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Concerns<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// Lets the rest of the transaction run in the service's own name: whoever raises a concern knows neither the leads
    /// nor their addresses, and need not.
    pub async fn in_the_services_name(&self) -> Result<(), Stop> {
        if self.unit.tx().get_database_backend() == DbBackend::Postgres {
            let set = "select set_config('app.kind', $1, true)";
            self.unit.tx().rows(set, vec![Value::from("system")]).await?;
        }
        Ok(())
    }

    /// The persons who are quality leads of the nation today.
    pub async fn national_leads(&self) -> Result<Vec<Uuid>, Stop> {
        use role_grant::{Column, Entity};
        let today = self.unit.today();
        let grants = Entity::find()
            .select_only()
            .column(Column::PersonId)
            .filter(Column::Role.eq(Role::QualityLead.code()))
            .filter(Column::ScopeType.eq("NATION"))
            .filter(Column::PersonId.is_not_null())
            .filter(Column::ValidFrom.lte(today))
            .filter(Column::ValidTo.is_null().or(Column::ValidTo.gt(today)));
        Ok(grants.into_tuple().all(self.unit.tx()).await?)
    }

    /// Those of `people` to whom an account belongs today.
    pub async fn signing_in(&self, people: &[Uuid]) -> Result<Vec<Uuid>, Stop> {
        use person_account::{Column, Entity};
        let today = self.unit.today();
        let links = Entity::find()
            .select_only()
            .column(Column::PersonId)
            .distinct()
            .filter(Column::PersonId.is_in(people.iter().copied()))
            .filter(Column::ValidFrom.lte(today))
            .filter(Column::ValidTo.is_null().or(Column::ValidTo.gt(today)));
        Ok(links.into_tuple().all(self.unit.tx()).await?)
    }

    /// Gives what one person raised and took up, and what is about them, to another.
    pub async fn hand_over(&self, from: Uuid, to: Uuid) -> Result<(), Stop> {
        for column in [Column::PersonId, Column::RaisedBy, Column::TakenUpBy] {
            Entity::update_many()
                .col_expr(column, Expr::value(to))
                .filter(column.eq(from))
                .exec(self.unit.tx())
                .await?;
        }
        Ok(())
    }

    /// The words of what is open about a person and has nobody who leads it today.
    pub async fn unled(&self, person: Uuid) -> Result<Vec<Uuid>, Stop> {
        let led = Query::select()
            .column(sensitive_reader::Column::RecordId)
            .from(sensitive_reader::Entity)
            .and_where(sensitive_reader::Column::Role.eq(ReaderRole::ConcernLead.code()))
            .and_where(sensitive_reader::Column::ValidTo.is_null())
            .to_owned();
        let words = Entity::find()
            .select_only()
            .column(Column::RecordId)
            .filter(Column::PersonId.eq(person))
            .filter(Column::State.ne(State::Closed.code()))
            .filter(Column::RecordId.not_in_subquery(led))
            .order_by_asc(Column::Id);
        Ok(words.into_tuple().all(self.unit.tx()).await?)
    }

    /// The newest address of each that was verified.
    pub async fn addresses(&self, people: &[Uuid]) -> Result<Vec<(Uuid, String)>, Stop> {
        use person_email::{Column, Entity};
        let rows = Entity::find()
            .filter(Column::PersonId.is_in(people.iter().copied()))
            .filter(Column::VerifiedAt.is_not_null())
            .filter(Column::ValidTo.is_null())
            .order_by_asc(Column::PersonId)
            .order_by_desc(Column::ValidFrom)
            .order_by_desc(Column::Id)
            .all(self.unit.tx())
            .await?;
        let mut found: Vec<_> = rows.into_iter().map(|row| (row.person_id, row.address)).collect();
        found.dedup_by_key(|(person, _)| *person);
        Ok(found)
    }

    /// The concern.
    pub async fn find(&self, id: Uuid) -> Result<Option<Concern>, Stop> {
        let row = Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(concern_of).transpose()?)
    }

    /// The concern, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Concern>, Stop> {
        let row = Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(row.map(concern_of).transpose()?)
    }

    /// Saves a new concern.
    pub async fn insert(&self, new: &Concern) -> Result<(), Stop> {
        let row = row_of(new).into_active_model().reset_all();
        Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed concern as its next version.
    pub async fn update(&self, changed: &Concern) -> Result<(), Stop> {
        let done = Entity::update_many()
            .set(row_of(changed).into_active_model().reset_all())
            .filter(Column::Id.eq(changed.id))
            .filter(Column::Version.eq(changed.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }
}

fn concern_of(row: Model) -> Result<Concern, DbFault> {
    let outcome = row
        .outcome
        .as_deref()
        .map(|code| Outcome::from_code(code).ok_or_else(|| DbFault::unreadable("concern.outcome")));
    Ok(Concern {
        id: row.id,
        organisation_id: row.organisation_id,
        enrolment_id: row.enrolment_id,
        person_id: row.person_id,
        attempt_id: row.attempt_id,
        level: Level::from_code(&row.level).ok_or_else(|| DbFault::unreadable("concern.level"))?,
        safe_route: row.safe_route,
        record_id: row.record_id,
        raised_by: row.raised_by,
        state: State::from_code(&row.state).ok_or_else(|| DbFault::unreadable("concern.state"))?,
        outcome: outcome.transpose()?,
        raised_at: row.raised_at,
        taken_up_at: row.taken_up_at,
        taken_up_by: row.taken_up_by,
        closed_at: row.closed_at,
        version: row.version,
    })
}

fn row_of(of: &Concern) -> Model {
    Model {
        id: of.id,
        organisation_id: of.organisation_id,
        enrolment_id: of.enrolment_id,
        person_id: of.person_id,
        attempt_id: of.attempt_id,
        level: of.level.code().to_owned(),
        safe_route: of.safe_route,
        record_id: of.record_id,
        raised_by: of.raised_by,
        state: of.state.code().to_owned(),
        outcome: of.outcome.map(|outcome| outcome.code().to_owned()),
        raised_at: of.raised_at,
        taken_up_at: of.taken_up_at,
        taken_up_by: of.taken_up_by,
        closed_at: of.closed_at,
        version: of.version,
    }
}
