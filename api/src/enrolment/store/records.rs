//! Attendance, make-ups, waivers and decisions.

use std::collections::HashMap;

use entities::{attendance_module, attendance_record, graduation_decision, make_up, module_waiver};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::Enrolments;
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::enrolment::facts::Status;
use crate::enrolment::graduation::Outcome;
use crate::enrolment::model::{
    Attendance, Decision, MakeUp, MakeUpState, ReopenReason, Source, Waiver,
};
use crate::refusal::Refusal;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Enrolments<'_> {
    /// The current records of enrolments.
    pub async fn attendance(&self, enrolments: &[Uuid]) -> Result<Vec<Attendance>, DbFault> {
        let rows = attendance_record::Entity::find()
            .filter(attendance_record::Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .filter(attendance_record::Column::ReplacedAt.is_null())
            .order_by_asc(attendance_record::Column::Id)
            .all(self.tx)
            .await?;
        let records = rows.iter().filter(|row| row.minutes > 0).map(|row| row.id);
        let modules = attendance_module::Entity::find()
            .filter(attendance_module::Column::RecordId.is_in(records))
            .order_by_asc(attendance_module::Column::ModuleId)
            .all(self.tx)
            .await?;
        let mut of: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for row in modules {
            of.entry(row.record_id).or_default().push(row.module_id);
        }
        rows.into_iter().map(|row| attendance_of(row, &mut of)).collect()
    }

    /// Saves a new record; whoever recorded it is the actor.
    pub async fn record(&self, unit: &Unit, new: &Attendance) -> Result<(), DbFault> {
        let row = attendance_record::Model {
            id: new.id,
            organisation_id: new.organisation_id,
            enrolment_id: new.enrolment_id,
            course_id: new.course_id,
            session_id: new.session_id,
            status: new.status.code().to_owned(),
            minutes: new.minutes,
            source: new.source.code().to_owned(),
            recorded_by: unit.actor().account(),
            recorded_at: unit.now(),
            amends_id: new.amends_id,
            reason: new.reason.clone(),
            replaced_at: new.replaced_at,
        };
        let row = row.into_active_model().reset_all();
        attendance_record::Entity::insert(row).exec_without_returning(self.tx).await?;
        let modules = new.modules.iter().map(|module| {
            let row = attendance_module::Model {
                id: unit.id(),
                organisation_id: new.organisation_id,
                enrolment_id: new.enrolment_id,
                record_id: new.id,
                module_id: *module,
            };
            row.into_active_model().reset_all()
        });
        let modules: Vec<attendance_module::ActiveModel> = modules.collect();
        if !modules.is_empty() {
            attendance_module::Entity::insert_many(modules).exec_without_returning(self.tx).await?;
        }
        Ok(())
    }

    /// Another record takes the place of one.
    pub async fn replace(&self, unit: &Unit, record: Uuid) -> Result<(), Stop> {
        let done = attendance_record::Entity::update_many()
            .col_expr(attendance_record::Column::ReplacedAt, Expr::value(unit.now()))
            .filter(attendance_record::Column::Id.eq(record))
            .filter(attendance_record::Column::ReplacedAt.is_null())
            .exec(self.tx)
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// What enrolments made up, or asked to.
    pub async fn make_ups(&self, enrolments: &[Uuid]) -> Result<Vec<MakeUp>, DbFault> {
        let rows = make_up::Entity::find()
            .filter(make_up::Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .order_by_asc(make_up::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(MakeUp::try_from).collect()
    }

    /// One of them.
    pub async fn make_up(&self, id: Uuid) -> Result<Option<MakeUp>, DbFault> {
        make_up::Entity::find_by_id(id).one(self.tx).await?.map(MakeUp::try_from).transpose()
    }

    /// Saves a new one.
    pub async fn insert_make_up(&self, new: &MakeUp) -> Result<(), DbFault> {
        let row = row_of_make_up(new).into_active_model().reset_all();
        make_up::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves a changed one as its next version.
    pub async fn update_make_up(&self, changed: &MakeUp) -> Result<(), Stop> {
        let row: make_up::ActiveModel = row_of_make_up(changed).into_active_model().reset_all();
        let saved = make_up::Entity::update_many()
            .set(row)
            .filter(make_up::Column::Id.eq(changed.id))
            .filter(make_up::Column::Version.eq(changed.version - 1))
            .exec(self.tx)
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// The modules that are waived, by enrolment.
    pub async fn waivers(&self, enrolments: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, DbFault> {
        Ok(module_waiver::Entity::find()
            .select_only()
            .column(module_waiver::Column::EnrolmentId)
            .column(module_waiver::Column::ModuleId)
            .filter(module_waiver::Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .into_tuple()
            .all(self.tx)
            .await?)
    }

    /// Waives a module.
    pub async fn waive(&self, unit: &Unit, new: &Waiver, by: Uuid) -> Result<(), DbFault> {
        let row = module_waiver::Model {
            id: new.id,
            organisation_id: new.organisation_id,
            enrolment_id: new.enrolment_id,
            module_id: new.module_id,
            reason: new.reason.clone(),
            waived_by: by,
            waived_at: unit.now(),
        };
        let row = row.into_active_model().reset_all();
        module_waiver::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// A decision.
    pub async fn decision(&self, id: Uuid) -> Result<Option<Decision>, DbFault> {
        let row = graduation_decision::Entity::find_by_id(id).one(self.tx).await?;
        row.map(Decision::try_from).transpose()
    }

    /// The decision about an enrolment that was not opened again, locked.
    pub async fn standing_decision(&self, enrolment: Uuid) -> Result<Option<Decision>, DbFault> {
        let row = graduation_decision::Entity::find()
            .filter(graduation_decision::Column::EnrolmentId.eq(enrolment))
            .filter(graduation_decision::Column::ReopenedAt.is_null())
            .lock(LockType::Update)
            .one(self.tx)
            .await?;
        row.map(Decision::try_from).transpose()
    }

    /// Those of the enrolments whose people tried again after a decision, as often as they did.
    pub async fn resits(&self, enrolments: &[Uuid]) -> Result<Vec<Uuid>, DbFault> {
        use graduation_decision::Column;
        Ok(graduation_decision::Entity::find()
            .select_only()
            .column(Column::EnrolmentId)
            .filter(Column::EnrolmentId.is_in(enrolments.iter().copied()))
            .filter(Column::ReopenReason.eq(ReopenReason::Resit.code()))
            .into_tuple()
            .all(self.tx)
            .await?)
    }

    /// Everything that was decided about an enrolment.
    pub async fn decisions_of(&self, enrolment: Uuid) -> Result<Vec<Uuid>, DbFault> {
        Ok(graduation_decision::Entity::find()
            .select_only()
            .column(graduation_decision::Column::Id)
            .filter(graduation_decision::Column::EnrolmentId.eq(enrolment))
            .into_tuple()
            .all(self.tx)
            .await?)
    }

    /// Saves a new decision.
    pub async fn insert_decision(&self, new: &Decision) -> Result<(), DbFault> {
        let row = row_of_decision(new).into_active_model().reset_all();
        graduation_decision::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Saves a changed decision as its next version.
    pub async fn update_decision(&self, changed: &Decision) -> Result<(), Stop> {
        let row: graduation_decision::ActiveModel =
            row_of_decision(changed).into_active_model().reset_all();
        let saved = graduation_decision::Entity::update_many()
            .set(row)
            .filter(graduation_decision::Column::Id.eq(changed.id))
            .filter(graduation_decision::Column::Version.eq(changed.version - 1))
            .exec(self.tx)
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }
}

fn attendance_of(
    row: attendance_record::Model,
    modules: &mut HashMap<Uuid, Vec<Uuid>>,
) -> Result<Attendance, DbFault> {
    let status = Status::from_code(&row.status);
    let source = Source::from_code(&row.source);
    Ok(Attendance {
        id: row.id,
        organisation_id: row.organisation_id,
        enrolment_id: row.enrolment_id,
        course_id: row.course_id,
        session_id: row.session_id,
        status: status.ok_or_else(|| DbFault::unreadable("attendance_record.status"))?,
        minutes: row.minutes,
        modules: modules.remove(&row.id).unwrap_or_default(),
        source: source.ok_or_else(|| DbFault::unreadable("attendance_record.source"))?,
        amends_id: row.amends_id,
        reason: row.reason,
        replaced_at: row.replaced_at,
    })
}

impl TryFrom<make_up::Model> for MakeUp {
    type Error = DbFault;

    fn try_from(row: make_up::Model) -> Result<Self, DbFault> {
        let state = MakeUpState::from_code(&row.state);
        Ok(Self {
            id: row.id,
            organisation_id: row.organisation_id,
            enrolment_id: row.enrolment_id,
            course_id: row.course_id,
            session_id: row.session_id,
            state: state.ok_or_else(|| DbFault::unreadable("make_up.state"))?,
            done_on: row.done_on,
            how: row.how,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

fn row_of_make_up(of: &MakeUp) -> make_up::Model {
    make_up::Model {
        id: of.id,
        organisation_id: of.organisation_id,
        enrolment_id: of.enrolment_id,
        course_id: of.course_id,
        session_id: of.session_id,
        state: of.state.code().to_owned(),
        done_on: of.done_on,
        how: of.how.clone(),
        created_at: of.created_at,
        version: of.version,
    }
}

impl TryFrom<graduation_decision::Model> for Decision {
    type Error = DbFault;

    fn try_from(row: graduation_decision::Model) -> Result<Self, DbFault> {
        let outcome = |code: &str| {
            Outcome::from_code(code)
                .ok_or_else(|| DbFault::unreadable("graduation_decision.outcome"))
        };
        let reason = row.reopen_reason.as_deref().map(|code| {
            ReopenReason::from_code(code)
                .ok_or_else(|| DbFault::unreadable("graduation_decision.reopen_reason"))
        });
        Ok(Self {
            id: row.id,
            organisation_id: row.organisation_id,
            enrolment_id: row.enrolment_id,
            course_id: row.course_id,
            outcome: outcome(&row.outcome)?,
            found: outcome(&row.found)?,
            snapshot: row.snapshot,
            override_reason: row.override_reason,
            decided_by: row.decided_by,
            decided_person_id: row.decided_person_id,
            decided_at: row.decided_at,
            decided_on: row.decided_on,
            reopened_at: row.reopened_at,
            reopen_reason: reason.transpose()?,
            version: row.version,
        })
    }
}

fn row_of_decision(of: &Decision) -> graduation_decision::Model {
    graduation_decision::Model {
        id: of.id,
        organisation_id: of.organisation_id,
        enrolment_id: of.enrolment_id,
        course_id: of.course_id,
        outcome: of.outcome.code().to_owned(),
        found: of.found.code().to_owned(),
        snapshot: of.snapshot.clone(),
        override_reason: of.override_reason.clone(),
        decided_by: of.decided_by,
        decided_person_id: of.decided_person_id,
        decided_at: of.decided_at,
        decided_on: of.decided_on,
        reopened_at: of.reopened_at,
        told_at: None,
        reopen_reason: of.reopen_reason.map(|reason| reason.code().to_owned()),
        version: of.version,
    }
}
