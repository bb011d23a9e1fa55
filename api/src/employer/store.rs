//! Rows of agreements, contacts, offers and the toolkit, loaded under lock and saved.

use chrono::NaiveDate;
use entities::{
    dspt_assessment, employer_agreement, employer_agreement_programme, organisation,
    organisation_contact, supervision_offer,
};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use uuid::Uuid;

use super::model::{
    Agreement, AgreementKind, Assessment, Contact, DsptStatus, Facts, Offer, Purpose, Side, State,
};
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::organisation::model::Status;
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// The rows that the unit's Scope lets it see and change.
pub struct Employers<'a> {
    unit: &'a Unit,
}

/// What agreements ask about an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// Where it stands.
    pub status: Status,
    /// Whether it delivers.
    pub delivers: bool,
    /// Whether it employs or places.
    pub employs: bool,
}

/// One kind of record: found, locked, of an organisation, added and changed.
macro_rules! kept {
    ($($what:literal $entity:ident as $record:ident: $find:ident $lock:ident $of:ident $insert:ident $update:ident;)+) => {$(
        #[expect(clippy::disallowed_methods, reason = "this is the store: its transaction carries the Scope")]
        impl Employers<'_> {
            #[doc = concat!("The ", $what, ".")]
            pub async fn $find(&self, id: Uuid) -> Result<Option<$record>, Stop> {
                let row = $entity::Entity::find_by_id(id).one(self.unit.tx()).await?;
                Ok(row.map($record::try_from).transpose()?)
            }

            #[doc = concat!("The ", $what, ", locked.")]
            pub async fn $lock(&self, id: Uuid) -> Result<Option<$record>, Stop> {
                let row = $entity::Entity::find_by_id(id).lock(LockType::Update);
                Ok(row.one(self.unit.tx()).await?.map($record::try_from).transpose()?)
            }

            #[doc = concat!("Each ", $what, " of an organisation, earliest record first.")]
            pub async fn $of(&self, organisation: Uuid) -> Result<Vec<$record>, Stop> {
                let rows = $entity::Entity::find()
                    .filter($entity::Column::OrganisationId.eq(organisation))
                    .order_by_asc($entity::Column::Id)
                    .all(self.unit.tx())
                    .await?;
                rows.into_iter().map(|row| Ok($record::try_from(row)?)).collect()
            }

            #[doc = concat!("Saves a new ", $what, ".")]
            pub async fn $insert(&self, new: &$record) -> Result<(), Stop> {
                let row = $entity::Model::from(new.clone()).into_active_model().reset_all();
                $entity::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
                Ok(())
            }

            #[doc = concat!("Saves a changed ", $what, " as its next version, unless somebody else changed it.")]
            pub async fn $update(&self, changed: $record) -> Result<$record, Stop> {
                let before = changed.version;
                let after =
                    $record { version: before + 1, updated_at: self.unit.now(), ..changed };
                let done = $entity::Entity::update_many()
                    .set($entity::Model::from(after.clone()).into_active_model().reset_all())
                    .filter($entity::Column::Id.eq(after.id))
                    .filter($entity::Column::Version.eq(before))
                    .exec(self.unit.tx())
                    .await?;
                if done.rows_affected == 1 { Ok(after) } else { Err(Refusal::whole(Code::Conflict).into()) }
            }
        }
    )+};
}

kept! {
    "agreement" employer_agreement as Agreement:
        agreement lock_agreement agreements_of_deliverer insert_agreement update_agreement;
    "contact" organisation_contact as Contact:
        contact lock_contact contacts insert_contact update_contact;
    "offer" supervision_offer as Offer: offer lock_offer offers insert_offer update_offer;
    "assessment" dspt_assessment as Assessment:
        assessment lock_assessment assessments insert_assessment update_assessment;
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Employers<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// What agreements ask about an organisation.
    pub async fn body(&self, id: Uuid) -> Result<Option<Body>, Stop> {
        let row = organisation::Entity::find_by_id(id).one(self.unit.tx()).await?;
        let body = |row: organisation::Model| {
            let status = Status::from_code(&row.status);
            let status = status.ok_or_else(|| DbFault::unreadable("organisation.status"))?;
            Ok::<_, DbFault>(Body { status, delivers: row.delivers, employs: row.employs })
        };
        Ok(row.map(body).transpose()?)
    }

    /// One person is named as a contact in the place of another: two records were of one.
    pub async fn hand_over_contacts(&self, from: Uuid, to: Uuid) -> Result<(), Stop> {
        organisation_contact::Entity::update_many()
            .col_expr(organisation_contact::Column::PersonId, Expr::value(to))
            .filter(organisation_contact::Column::PersonId.eq(from))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// A person is named as a contact no more: what the organisation says of the contact stays, and leads to nobody.
    pub async fn untie_contacts(&self, person: Uuid) -> Result<(), Stop> {
        let nobody: Option<Uuid> = None;
        organisation_contact::Entity::update_many()
            .col_expr(organisation_contact::Column::PersonId, Expr::value(nobody))
            .filter(organisation_contact::Column::PersonId.eq(person))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The programme types of an agreement are `types`.
    pub async fn add_types(&self, of: &Agreement, types: &[ProgrammeType]) -> Result<(), Stop> {
        let row = |ty: &ProgrammeType| employer_agreement_programme::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(of.organisation_id),
            agreement_id: Set(of.id),
            programme_type: Set(ty.code().to_owned()),
        };
        employer_agreement_programme::Entity::insert_many(types.iter().map(row))
            .exec_without_returning(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The agreements in force on `day` that have the organisation on either side.
    pub async fn in_force(
        &self,
        organisation: Uuid,
        day: NaiveDate,
    ) -> Result<Vec<Agreement>, Stop> {
        let rows = with_either_side(organisation).all(self.unit.tx()).await?;
        let mut held = agreements_of(rows)?;
        held.retain(|held| held.is_in_force(day));
        Ok(held)
    }

    /// All that have the organisation on either side, locked.
    pub async fn lock_agreements(&self, organisation: Uuid) -> Result<Vec<Agreement>, Stop> {
        let rows = with_either_side(organisation).lock(LockType::Update);
        Ok(agreements_of(rows.all(self.unit.tx()).await?)?)
    }

    /// What warnings about an organisation follow from.
    pub async fn facts(&self, organisation: Uuid, day: NaiveDate) -> Result<Facts, Stop> {
        Ok(Facts {
            in_agreement: !self.in_force(organisation, day).await?.is_empty(),
            contacts: self.contacts(organisation).await?,
            assessments: self.assessments(organisation).await?,
        })
    }
}

/// A row and a record with the same fields, some of which are stored as their codes.
macro_rules! mapped {
    ($entity:ident as $record:ident { $($same:ident),+ } codes { $($coded:ident: $code:ident),* }) => {
        impl TryFrom<$entity::Model> for $record {
            type Error = DbFault;

            fn try_from(row: $entity::Model) -> Result<Self, DbFault> {
                let $entity::Model { $($same,)+ $($coded,)* } = row;
                $(
                    let what = concat!(stringify!($entity), ".", stringify!($coded));
                    let $coded = $code::from_code(&$coded).ok_or_else(|| DbFault::unreadable(what))?;
                )*
                Ok(Self { $($same,)+ $($coded,)* })
            }
        }

        impl From<$record> for $entity::Model {
            fn from(record: $record) -> Self {
                let $record { $($same,)+ $($coded,)* } = record;
                Self { $($same,)+ $($coded: $coded.code().to_owned(),)* }
            }
        }
    };
}

mapped! {
    employer_agreement as Agreement {
        id, organisation_id, host_id, places, valid_from, valid_to, accepted_on, reason, created_at,
        updated_at, version
    } codes { kind: AgreementKind, proposed_by: Side, state: State }
}

mapped! {
    organisation_contact as Contact {
        id, organisation_id, name, email, phone, person_id, valid_from, valid_to, created_at, updated_at, version
    } codes { purpose: Purpose }
}

mapped! {
    supervision_offer as Offer {
        id, organisation_id, supervisees, taken, hours_per_month, valid_from, valid_to, created_at,
        updated_at, version
    } codes {}
}

mapped! {
    dspt_assessment as Assessment {
        id, organisation_id, assessment_year, published_on, expiring_from, expires_on,
        evidence_reference, created_at, updated_at, version
    } codes { status: DsptStatus }
}

/// The agreements that have the organisation on either side, in the order in which they are locked.
#[expect(clippy::disallowed_methods, reason = "part of the store")]
fn with_either_side(organisation: Uuid) -> Select<employer_agreement::Entity> {
    let either = Condition::any()
        .add(employer_agreement::Column::OrganisationId.eq(organisation))
        .add(employer_agreement::Column::HostId.eq(organisation));
    employer_agreement::Entity::find().filter(either).order_by_asc(employer_agreement::Column::Id)
}

fn agreements_of(rows: Vec<employer_agreement::Model>) -> Result<Vec<Agreement>, DbFault> {
    rows.into_iter().map(Agreement::try_from).collect()
}
