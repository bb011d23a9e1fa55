//! Rows of licences, loaded under lock and saved.
//!
//! Locks are taken in one order: the organisation where the national team works, then its licences by id,
//! then the counter of numbers. A partner locks its licence alone. What hangs on a licence is written only
//! under the licence's lock.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use entities::{
    bank_holiday, licence, licence_counter, licence_history, licence_programme, organisation,
    organisation_succession,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::model::{Licence, Outcome, Readiness, State, Term, Tier};
use super::parts::Granted;
use super::rules::Into;
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::organisation::model::{Status, SuccessionKind};
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// The licences that the unit's Scope lets it see and change.
pub struct Licences<'a> {
    pub(super) unit: &'a Unit,
}

/// What a licence has to know of its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Where it stands.
    pub status: Status,
    /// Whether it delivers training.
    pub delivers: bool,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Licences<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// How many licences and applications an organisation has.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn count(tx: &Tx, organisation: Uuid) -> Result<usize, DbFault> {
        let rows = licence::Entity::find()
            .filter(licence::Column::OrganisationId.eq(organisation))
            .all(tx)
            .await?;
        Ok(rows.len())
    }

    /// The licence, not locked.
    pub async fn find(&self, id: Uuid) -> Result<Option<Licence>, Stop> {
        let row = licence::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(licence_of).transpose()?)
    }

    /// The licence, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Licence>, Stop> {
        let row =
            licence::Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(row.map(licence_of).transpose()?)
    }

    /// The licences and applications of an organisation, locked, in the order of their ids.
    pub async fn lock_all(&self, organisation: Uuid) -> Result<Vec<Licence>, Stop> {
        let rows = licence::Entity::find()
            .filter(licence::Column::OrganisationId.eq(organisation))
            .order_by_asc(licence::Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(licence_of(row)?)).collect()
    }

    /// The open applications to renew the licence.
    pub async fn open_renewals(&self, id: Uuid) -> Result<Vec<Licence>, Stop> {
        let open = State::ALL.iter().filter(|state| state.is_open_application());
        let rows = licence::Entity::find()
            .filter(licence::Column::RenewsId.eq(id))
            .filter(licence::Column::State.is_in(open.map(|state| state.code())))
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(licence_of(row)?)).collect()
    }

    /// The holders of the licences whose place these took.
    pub async fn bridged_by(&self, bridges: &[&Licence]) -> Result<Vec<Uuid>, Stop> {
        let ids = bridges.iter().map(|bridge| bridge.id);
        let rows = licence::Entity::find()
            .filter(licence::Column::SucceededById.is_in(ids))
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(|row| row.organisation_id).collect())
    }

    /// Saves a new licence.
    pub async fn insert(&self, licence: &Licence) -> Result<(), Stop> {
        let row = row_of(licence).into_active_model().reset_all();
        licence::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed licence, unless somebody else changed it since it was read.
    pub async fn update(&self, licence: &Licence) -> Result<(), Stop> {
        let done = licence::Entity::update_many()
            .set(row_of(licence).into_active_model().reset_all())
            .filter(licence::Column::Id.eq(licence.id))
            .filter(licence::Column::Version.eq(licence.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// What a licence has to know of the organisation; `None` if there is none.
    pub async fn holder(&self, id: Uuid) -> Result<Option<Holder>, Stop> {
        let row = organisation::Entity::find_by_id(id).one(self.unit.tx()).await?;
        let holder = |row: organisation::Model| {
            let status = Status::from_code(&row.status)
                .ok_or_else(|| DbFault::unreadable("organisation.status"))?;
            Ok::<_, DbFault>(Holder { status, delivers: row.delivers })
        };
        Ok(row.map(holder).transpose()?)
    }

    /// The successions by which an organisation followed others.
    pub async fn successions_into(&self, organisation: Uuid) -> Result<Vec<Into>, Stop> {
        let rows = organisation_succession::Entity::find()
            .filter(organisation_succession::Column::SuccessorId.eq(organisation))
            .all(self.unit.tx())
            .await?;
        let into = |row: organisation_succession::Model| {
            let kind = SuccessionKind::from_code(&row.kind)
                .ok_or_else(|| DbFault::unreadable("organisation_succession.kind"))?;
            Ok(Into { predecessor: row.predecessor_id, kind, on: row.effective_on })
        };
        rows.into_iter().map(into).collect()
    }

    /// The bank holidays from a day on.
    pub async fn holidays(&self, from: NaiveDate) -> Result<Vec<NaiveDate>, Stop> {
        let rows = bank_holiday::Entity::find()
            .filter(bank_holiday::Column::Day.gte(from))
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(|row| row.day).collect())
    }

    /// The next licence number. A transaction that rolls back gives its number back; one that was given out
    /// never returns.
    pub async fn next_number(&self) -> Result<String, Stop> {
        let year = self.unit.today().year();
        let first = licence_counter::ActiveModel {
            id: Set(self.unit.id()),
            year: Set(year),
            last_number: Set(1),
        };
        let next = Expr::col((licence_counter::Entity, licence_counter::Column::LastNumber)).add(1);
        licence_counter::Entity::insert(first)
            .on_conflict(
                OnConflict::column(licence_counter::Column::Year)
                    .value(licence_counter::Column::LastNumber, next)
                    .to_owned(),
            )
            .exec_without_returning(self.unit.tx())
            .await?;
        let row = licence_counter::Entity::find()
            .filter(licence_counter::Column::Year.eq(year))
            .one(self.unit.tx())
            .await?;
        let last =
            row.map(|row| row.last_number).ok_or_else(|| DbFault::unreadable("licence_counter"))?;
        Ok(format!("PSL-{year}-{last:06}"))
    }

    /// The programme types that an application asks for.
    pub async fn requested(&self, id: Uuid) -> Result<Vec<ProgrammeType>, Stop> {
        let rows = licence_programme::Entity::find()
            .filter(licence_programme::Column::LicenceId.eq(id))
            .filter(licence_programme::Column::Stage.eq("REQUESTED"))
            .order_by_asc(licence_programme::Column::ProgrammeType)
            .all(self.unit.tx())
            .await?;
        let types = rows.iter().map(|row| programme_type_of(&row.programme_type));
        Ok(types.collect::<Result<_, _>>()?)
    }

    /// Replaces the programme types that an application asks for.
    pub async fn request(&self, licence: &Licence, types: &[ProgrammeType]) -> Result<(), Stop> {
        self.drop_requested(licence.id).await?;
        for ty in types {
            self.add_programme(licence, *ty, "REQUESTED", None).await?;
        }
        Ok(())
    }

    /// An application's programme types are no longer asked for.
    pub async fn drop_requested(&self, id: Uuid) -> Result<(), Stop> {
        licence_programme::Entity::update_many()
            .col_expr(licence_programme::Column::Stage, Expr::value("DROPPED"))
            .filter(licence_programme::Column::LicenceId.eq(id))
            .filter(licence_programme::Column::Stage.eq("REQUESTED"))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Licenses the holder for a programme type on the days from `from` to before `to`.
    pub async fn grant(
        &self,
        licence: &Licence,
        ty: ProgrammeType,
        days: (NaiveDate, NaiveDate),
    ) -> Result<(), Stop> {
        self.add_programme(licence, ty, "GRANTED", Some(days)).await
    }

    async fn add_programme(
        &self,
        licence: &Licence,
        ty: ProgrammeType,
        stage: &str,
        days: Option<(NaiveDate, NaiveDate)>,
    ) -> Result<(), Stop> {
        let row = licence_programme::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(licence.organisation_id),
            licence_id: Set(licence.id),
            programme_type: Set(ty.code().to_owned()),
            stage: Set(stage.to_owned()),
            valid_from: Set(days.map(|(from, _)| from)),
            valid_to: Set(days.map(|(_, to)| to)),
            granted_to: Set(days.map(|(_, to)| to)),
            ended_by: Set(None),
            held_to: Set(None),
        };
        licence_programme::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// What the organisation is or was licensed for, by all of its licences.
    pub async fn granted(&self, organisation: Uuid) -> Result<Vec<Granted>, Stop> {
        let rows = licence_programme::Entity::find()
            .filter(licence_programme::Column::OrganisationId.eq(organisation))
            .filter(licence_programme::Column::Stage.eq("GRANTED"))
            .order_by_asc(licence_programme::Column::ValidFrom)
            .all(self.unit.tx())
            .await?;
        let of = licence::Entity::find()
            .filter(licence::Column::OrganisationId.eq(organisation))
            .filter(licence::Column::Number.is_not_null())
            .all(self.unit.tx())
            .await?;
        let granted = |row: licence_programme::Model| {
            let days = row.valid_from.zip(row.valid_to);
            let number = of.iter().find(|licence| licence.id == row.licence_id);
            granted_of(row, days, number.and_then(|licence| licence.number.clone()))
        };
        Ok(rows.into_iter().map(granted).collect::<Result<_, _>>()?)
    }

    /// LIC-5: whether a licence of the organisation lets something begin on the day, for whatever programme type.
    pub async fn lets_begin(&self, organisation: Uuid, on: NaiveDate) -> Result<bool, Stop> {
        let granted = self.granted(organisation).await?;
        let covers = |of: &&Granted| of.period().is_some_and(|period| period.contains(on));
        let licences: BTreeSet<Uuid> =
            granted.iter().filter(covers).map(|of| of.licence_id).collect();
        for id in licences {
            let licence = self.find(id).await?;
            if licence.is_some_and(|licence| licence.standing(on).allows_new_starts()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends a granted programme type on a day; one that would begin later is dropped. `by` is the decision
    /// that can be undone: what it took is kept with it.
    pub async fn cut(
        &self,
        granted: &Granted,
        on: NaiveDate,
        by: Option<Uuid>,
    ) -> Result<(), Stop> {
        if granted.to <= on {
            return Ok(());
        }
        let change = licence_programme::Entity::update_many()
            .filter(licence_programme::Column::Id.eq(granted.id));
        let change = if granted.from < on {
            change.col_expr(licence_programme::Column::ValidTo, Expr::value(on))
        } else {
            change.col_expr(licence_programme::Column::Stage, Expr::value("DROPPED"))
        };
        let change = match by {
            Some(by) => change
                .col_expr(licence_programme::Column::EndedBy, Expr::value(by))
                .col_expr(licence_programme::Column::HeldTo, Expr::value(granted.to)),
            None => change,
        };
        change.exec(self.unit.tx()).await?;
        Ok(())
    }

    /// The days of programme types that a decision took.
    pub async fn taken_by(&self, decision: Uuid) -> Result<Vec<Granted>, Stop> {
        let rows = licence_programme::Entity::find()
            .filter(licence_programme::Column::EndedBy.eq(decision))
            .order_by_asc(licence_programme::Column::ValidFrom)
            .all(self.unit.tx())
            .await?;
        let taken = |row: licence_programme::Model| {
            let from = if row.stage == "GRANTED" { row.valid_to } else { row.valid_from };
            let days = from.zip(row.held_to);
            granted_of(row, days, None)
        };
        Ok(rows.into_iter().map(taken).collect::<Result<_, _>>()?)
    }

    /// Gives back what a decision took.
    pub async fn give_back(&self, decision: Uuid) -> Result<(), Stop> {
        let held_to = Expr::col(licence_programme::Column::HeldTo);
        licence_programme::Entity::update_many()
            .col_expr(licence_programme::Column::Stage, Expr::value("GRANTED"))
            .col_expr(licence_programme::Column::ValidTo, held_to)
            .col_expr(licence_programme::Column::HeldTo, Expr::value(None::<NaiveDate>))
            .col_expr(licence_programme::Column::EndedBy, Expr::value(None::<Uuid>))
            .filter(licence_programme::Column::EndedBy.eq(decision))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The day from which the present state holds, where the licence was granted.
    pub async fn state_since(&self, id: Uuid) -> Result<Option<NaiveDate>, Stop> {
        Ok(self.present_state(id).await?.map(|row| row.valid_from))
    }

    /// The licence has a state from a day on, up to now without a known end. Of two changes on one day the
    /// history keeps the later.
    pub async fn enter_state(&self, licence: &Licence, on: NaiveDate) -> Result<(), Stop> {
        if let Some(present) = self.present_state(licence.id).await? {
            let change = licence_history::Entity::update_many()
                .filter(licence_history::Column::Id.eq(present.id));
            if present.valid_from >= on {
                let state = licence.state.code();
                change
                    .col_expr(licence_history::Column::State, Expr::value(state))
                    .exec(self.unit.tx())
                    .await?;
                return Ok(());
            }
            change
                .col_expr(licence_history::Column::ValidTo, Expr::value(on))
                .exec(self.unit.tx())
                .await?;
        }
        let row = licence_history::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(licence.organisation_id),
            licence_id: Set(licence.id),
            state: Set(licence.state.code().to_owned()),
            valid_from: Set(on),
            valid_to: Set(None),
        };
        licence_history::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    async fn present_state(&self, id: Uuid) -> Result<Option<licence_history::Model>, Stop> {
        let row = licence_history::Entity::find()
            .filter(licence_history::Column::LicenceId.eq(id))
            .filter(licence_history::Column::ValidTo.is_null())
            .one(self.unit.tx())
            .await?;
        Ok(row)
    }
}

fn granted_of(
    row: licence_programme::Model,
    days: Option<(NaiveDate, NaiveDate)>,
    number: Option<String>,
) -> Result<Granted, DbFault> {
    let (from, to) = days.ok_or_else(|| DbFault::unreadable("licence_programme.valid_from"))?;
    let programme_type = programme_type_of(&row.programme_type)?;
    Ok(Granted { id: row.id, licence_id: row.licence_id, number, programme_type, from, to })
}

fn licence_of(row: licence::Model) -> Result<Licence, DbFault> {
    let licence::Model {
        id,
        organisation_id,
        number,
        tier,
        approves_own_courses,
        max_concurrent_courses,
        max_trainees_per_course,
        state,
        renews_id,
        bridging,
        readiness_outcome,
        readiness_validated_on,
        readiness_instrument,
        readiness_assessment_id,
        submitted_on,
        submitted_by,
        decided_on,
        valid_from,
        valid_to,
        expiring_from,
        grace_to,
        renewal_from,
        renewal_to,
        suspended_on,
        ended_on,
        public_reason,
        teach_out_plan,
        succeeded_by_id,
        created_at,
        updated_at,
        version,
    } = row;
    let found = readiness_outcome.zip(readiness_validated_on);
    let found = found.zip(readiness_instrument.zip(readiness_assessment_id));
    let readiness = found.map(|((outcome, validated_on), (instrument, assessment_id))| {
        let outcome = Outcome::from_code(&outcome)
            .ok_or_else(|| DbFault::unreadable("licence.readiness_outcome"))?;
        Ok::<_, DbFault>(Readiness { outcome, validated_on, instrument, assessment_id })
    });
    let days = valid_from.zip(valid_to).zip(expiring_from.zip(grace_to));
    Ok(Licence {
        id,
        organisation_id,
        number,
        tier: Tier::from_code(&tier).ok_or_else(|| DbFault::unreadable("licence.tier"))?,
        approves_own_courses,
        max_concurrent_courses,
        max_trainees_per_course,
        state: State::from_code(&state).ok_or_else(|| DbFault::unreadable("licence.state"))?,
        renews_id,
        bridging,
        readiness: readiness.transpose()?,
        submitted_on,
        submitted_by,
        decided_on,
        term: days.map(|((from, to), (expiring_from, grace_to))| Term {
            from,
            to,
            expiring_from,
            grace_to,
        }),
        renewal_from,
        renewal_to,
        suspended_on,
        ended_on,
        public_reason,
        teach_out_plan,
        succeeded_by_id,
        created_at,
        updated_at,
        version,
    })
}

fn row_of(licence: &Licence) -> licence::Model {
    let Licence {
        id,
        organisation_id,
        number,
        tier,
        approves_own_courses,
        max_concurrent_courses,
        max_trainees_per_course,
        state,
        renews_id,
        bridging,
        readiness,
        submitted_on,
        submitted_by,
        decided_on,
        term,
        renewal_from,
        renewal_to,
        suspended_on,
        ended_on,
        public_reason,
        teach_out_plan,
        succeeded_by_id,
        created_at,
        updated_at,
        version,
    } = licence.clone();
    licence::Model {
        id,
        organisation_id,
        number,
        tier: tier.code().to_owned(),
        approves_own_courses,
        max_concurrent_courses,
        max_trainees_per_course,
        state: state.code().to_owned(),
        renews_id,
        bridging,
        readiness_outcome: readiness.as_ref().map(|found| found.outcome.code().to_owned()),
        readiness_validated_on: readiness.as_ref().map(|found| found.validated_on),
        readiness_assessment_id: readiness.as_ref().map(|found| found.assessment_id),
        readiness_instrument: readiness.map(|found| found.instrument),
        submitted_on,
        submitted_by,
        decided_on,
        valid_from: term.map(|term| term.from),
        valid_to: term.map(|term| term.to),
        expiring_from: term.map(|term| term.expiring_from),
        grace_to: term.map(|term| term.grace_to),
        renewal_from,
        renewal_to,
        suspended_on,
        ended_on,
        public_reason,
        teach_out_plan,
        succeeded_by_id,
        created_at,
        updated_at,
        version,
    }
}

fn programme_type_of(code: &str) -> Result<ProgrammeType, DbFault> {
    ProgrammeType::from_code(code)
        .ok_or_else(|| DbFault::unreadable("licence_programme.programme_type"))
}
