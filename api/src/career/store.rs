//! Rows of destinations, development and accreditations, loaded under lock and saved.

use entities::{development_record, enrolment, graduate_destination, supervisor_accreditation};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::model::{
    Accreditation, Destination, Development, DevelopmentKind, PeerRole, Source, State, Told,
};
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::enrolment::model::State as EnrolmentState;
use crate::enrolment::store::Enrolments;
use crate::refusal::Refusal;

/// The rows that the unit's Scope lets it see and change.
pub struct Careers<'a> {
    unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Careers<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// What holds as the answer to a question about a graduate.
    pub async fn current(
        &self,
        enrolment: Uuid,
        months: i32,
    ) -> Result<Option<Destination>, DbFault> {
        let row = graduate_destination::Entity::find()
            .filter(graduate_destination::Column::EnrolmentId.eq(enrolment))
            .filter(graduate_destination::Column::AskedAfterMonths.eq(months))
            .filter(graduate_destination::Column::ReplacedAt.is_null())
            .one(self.unit.tx())
            .await?;
        row.map(Destination::try_from).transpose()
    }

    /// Saves what was told.
    pub async fn tell(&self, new: &Destination) -> Result<(), DbFault> {
        let row = graduate_destination::Model::from(new.clone()).into_active_model().reset_all();
        graduate_destination::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Another answer takes the place of this one.
    pub async fn replace(&self, old: &Destination) -> Result<(), DbFault> {
        graduate_destination::Entity::update_many()
            .col_expr(graduate_destination::Column::ReplacedAt, Expr::value(old.replaced_at))
            .filter(graduate_destination::Column::Id.eq(old.id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// A record of development, locked.
    pub async fn lock_development(&self, id: Uuid) -> Result<Option<Development>, DbFault> {
        let row = development_record::Entity::find_by_id(id).lock(LockType::Update);
        row.one(self.unit.tx()).await?.map(Development::try_from).transpose()
    }

    /// Records of development of a person, or that the person may confirm, locked.
    pub async fn lock_developments(&self, of: Uuid) -> Result<Vec<Development>, DbFault> {
        let either = development_record::Column::PersonId
            .eq(of)
            .or(development_record::Column::ConfirmerId.eq(of));
        let rows = development_record::Entity::find()
            .filter(either)
            .order_by_asc(development_record::Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(Development::try_from).collect()
    }

    /// Saves a new record of development.
    pub async fn insert_development(&self, new: &Development) -> Result<(), DbFault> {
        let row = development_record::Model::from(new.clone()).into_active_model().reset_all();
        development_record::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed record of development, whose version counts the change.
    pub async fn update_development(&self, changed: &Development) -> Result<(), Stop> {
        let row = development_record::Model::from(changed.clone()).into_active_model().reset_all();
        let done = development_record::Entity::update_many()
            .set(row)
            .filter(development_record::Column::Id.eq(changed.id))
            .filter(development_record::Column::Version.eq(changed.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// Whether somebody supervises the person on an enrolment, or teaches on a course of theirs.
    pub async fn supervises_or_teaches(&self, who: Uuid, person: Uuid) -> Result<bool, DbFault> {
        let away = [EnrolmentState::Held, EnrolmentState::Refused].map(EnrolmentState::code);
        let enrolments = enrolment::Entity::find()
            .filter(enrolment::Column::PersonId.eq(person))
            .filter(enrolment::Column::State.is_not_in(away))
            .all(self.unit.tx())
            .await?;
        if enrolments.iter().any(|of| of.supervisor_id == Some(who)) {
            return Ok(true);
        }
        let rows = Enrolments::of(self.unit);
        for of in &enrolments {
            if rows.teaches(of.course_id, who).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An accreditation.
    pub async fn accreditation(&self, id: Uuid) -> Result<Option<Accreditation>, DbFault> {
        let row = supervisor_accreditation::Entity::find_by_id(id).one(self.unit.tx()).await?;
        row.map(Accreditation::try_from).transpose()
    }

    /// An accreditation, locked.
    pub async fn lock_accreditation(&self, id: Uuid) -> Result<Option<Accreditation>, DbFault> {
        let row = supervisor_accreditation::Entity::find_by_id(id).lock(LockType::Update);
        row.one(self.unit.tx()).await?.map(Accreditation::try_from).transpose()
    }

    /// The accreditations of a person, earliest term first.
    pub async fn accreditations(&self, person: Uuid) -> Result<Vec<Accreditation>, DbFault> {
        let rows = supervisor_accreditation::Entity::find()
            .filter(supervisor_accreditation::Column::PersonId.eq(person))
            .order_by_asc(supervisor_accreditation::Column::ValidFrom)
            .order_by_asc(supervisor_accreditation::Column::Id)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(Accreditation::try_from).collect()
    }

    /// Saves a new accreditation.
    pub async fn insert_accreditation(&self, new: &Accreditation) -> Result<(), DbFault> {
        let row =
            supervisor_accreditation::Model::from(new.clone()).into_active_model().reset_all();
        supervisor_accreditation::Entity::insert(row)
            .exec_without_returning(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Saves a changed accreditation, whose version counts the change.
    pub async fn update_accreditation(&self, changed: &Accreditation) -> Result<(), Stop> {
        let row =
            supervisor_accreditation::Model::from(changed.clone()).into_active_model().reset_all();
        let done = supervisor_accreditation::Entity::update_many()
            .set(row)
            .filter(supervisor_accreditation::Column::Id.eq(changed.id))
            .filter(supervisor_accreditation::Column::Version.eq(changed.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// How many people somebody supervises in an organisation whose enrolment lives, but for this one.
    pub async fn supervised(
        &self,
        by: Uuid,
        organisation: Uuid,
        but: Uuid,
    ) -> Result<u64, DbFault> {
        let live = EnrolmentState::ALL.iter().filter(|state| state.is_live());
        Ok(enrolment::Entity::find()
            .filter(enrolment::Column::SupervisorId.eq(by))
            .filter(enrolment::Column::OrganisationId.eq(organisation))
            .filter(enrolment::Column::Id.ne(but))
            .filter(enrolment::Column::State.is_in(live.map(|state| state.code())))
            .count(self.unit.tx())
            .await?)
    }
}

fn coded<T>(found: Option<T>, what: &'static str) -> Result<T, DbFault> {
    found.ok_or_else(|| DbFault::unreadable(what))
}

impl TryFrom<graduate_destination::Model> for Destination {
    type Error = DbFault;

    fn try_from(row: graduate_destination::Model) -> Result<Self, DbFault> {
        let graduate_destination::Model {
            id,
            organisation_id,
            enrolment_id,
            kind,
            peer_role,
            employer_id,
            employer_name,
            since,
            wte_hundredths,
            source,
            asked_after_months,
            asked_on,
            recorded_by,
            recorded_at,
            amends_id,
            reason,
            replaced_at,
        } = row;
        let peer_role = peer_role
            .map(|code| coded(PeerRole::from_code(&code), "graduate_destination.peer_role"));
        let told = Told {
            kind: coded(
                super::model::DestinationKind::from_code(&kind),
                "graduate_destination.kind",
            )?,
            peer_role: peer_role.transpose()?,
            employer_id,
            employer_name,
            since,
            wte_hundredths,
            source: coded(Source::from_code(&source), "graduate_destination.source")?,
        };
        Ok(Self {
            id,
            organisation_id,
            enrolment_id,
            told,
            asked_after_months,
            asked_on,
            recorded_by,
            recorded_at,
            amends_id,
            reason,
            replaced_at,
        })
    }
}

impl From<Destination> for graduate_destination::Model {
    fn from(of: Destination) -> Self {
        let Destination {
            id,
            organisation_id,
            enrolment_id,
            told,
            asked_after_months,
            asked_on,
            recorded_by,
            recorded_at,
            amends_id,
            reason,
            replaced_at,
        } = of;
        let Told { kind, peer_role, employer_id, employer_name, since, wte_hundredths, source } =
            told;
        Self {
            id,
            organisation_id,
            enrolment_id,
            kind: kind.code().to_owned(),
            peer_role: peer_role.map(|role| role.code().to_owned()),
            employer_id,
            employer_name,
            since,
            wte_hundredths,
            source: source.code().to_owned(),
            asked_after_months,
            asked_on,
            recorded_by,
            recorded_at,
            amends_id,
            reason,
            replaced_at,
        }
    }
}

/// A row and a record with the same fields, one of which is stored as its code.
macro_rules! mapped {
    ($entity:ident as $record:ident { $($same:ident),+ } code $coded:ident: $code:ident) => {
        impl TryFrom<$entity::Model> for $record {
            type Error = DbFault;

            fn try_from(row: $entity::Model) -> Result<Self, DbFault> {
                let $entity::Model { $($same,)+ $coded } = row;
                let what = concat!(stringify!($entity), ".", stringify!($coded));
                Ok(Self { $($same,)+ $coded: coded($code::from_code(&$coded), what)? })
            }
        }

        impl From<$record> for $entity::Model {
            fn from(record: $record) -> Self {
                let $record { $($same,)+ $coded } = record;
                Self { $($same,)+ $coded: $coded.code().to_owned() }
            }
        }
    };
}

mapped! {
    development_record as Development {
        id, person_id, confirmer_id, done_on, minutes, title, provider, recorded_at, confirmed_at,
        withdrawn_at, version
    } code kind: DevelopmentKind
}

mapped! {
    supervisor_accreditation as Accreditation {
        id, organisation_id, person_id, graduation_id, valid_from, valid_to, ended_on, resigned,
        caseload_max, renews_id, created_at, updated_at, version
    } code state: State
}
