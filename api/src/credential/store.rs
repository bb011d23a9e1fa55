//! Rows of credentials, loaded under lock and saved.

use std::collections::BTreeSet;

use entities::credential::{ActiveModel, Column, Entity, Model};
use entities::{
    competence_item, competence_mapping, competence_set, organisation, organisation_succession,
};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::badge::Alignment;
use super::model::{Credential, Ground, Kind, Place, Reason, State};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::programme::kind::ProgrammeType;
use crate::refusal::Refusal;

/// Most successors that are told of one organisation.
const MAX_SUCCESSORS: usize = 20;

/// The rows that the transaction's Scope lets it see and change.
pub struct Credentials<'a> {
    tx: &'a Tx,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Credentials<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { tx: unit.tx() }
    }

    /// The store within a transaction that only reads.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// The credential.
    pub async fn find(&self, id: Uuid) -> Result<Option<Credential>, DbFault> {
        Entity::find_by_id(id).one(self.tx).await?.map(Credential::try_from).transpose()
    }

    /// The credential, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Credential>, DbFault> {
        let row = Entity::find_by_id(id).lock(LockType::Update).one(self.tx).await?;
        row.map(Credential::try_from).transpose()
    }

    /// The credential that the public knows by `token`.
    pub async fn by_token(&self, token: &str) -> Result<Option<Credential>, DbFault> {
        let row = Entity::find().filter(Column::PublicToken.eq(token)).one(self.tx).await?;
        row.map(Credential::try_from).transpose()
    }

    /// The credential that stands on `ground` and was not superseded, locked.
    pub async fn standing_on(&self, ground: Ground) -> Result<Option<Credential>, DbFault> {
        let on = match ground {
            Ground::Graduation { decision_id, .. } => Column::DecisionId.eq(decision_id),
            Ground::Accreditation { accreditation_id } => {
                Column::AccreditationId.eq(accreditation_id)
            }
            Ground::Licence { licence_id } => Column::LicenceId.eq(licence_id),
        };
        let row = Entity::find()
            .filter(on)
            .filter(Column::State.ne(State::Superseded.code()))
            .lock(LockType::Update)
            .one(self.tx)
            .await?;
        row.map(Credential::try_from).transpose()
    }

    /// The credentials of a person, locked in one order.
    pub async fn of_person(&self, person: Uuid) -> Result<Vec<Credential>, DbFault> {
        let rows = Entity::find()
            .filter(Column::PersonId.eq(person))
            .order_by_asc(Column::Id)
            .lock(LockType::Update)
            .all(self.tx)
            .await?;
        rows.into_iter().map(Credential::try_from).collect()
    }

    /// The bits of a list that are set, with their states.
    pub async fn set_bits(&self, list: i32) -> Result<Vec<(i32, State)>, DbFault> {
        let rows: Vec<(i32, String)> = Entity::find()
            .select_only()
            .column(Column::StatusIndex)
            .column(Column::State)
            .filter(Column::StatusList.eq(list))
            .filter(Column::State.ne(State::Issued.code()))
            .into_tuple()
            .all(self.tx)
            .await?;
        let read = |(index, state): (i32, String)| {
            let state = State::from_code(&state);
            Ok((index, state.ok_or_else(|| DbFault::unreadable("credential.state"))?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Saves a new credential. Where another has its place in the lists, the transaction runs again with another one.
    pub async fn insert(&self, new: &Credential) -> Result<(), Stop> {
        let row = row_of(new).into_active_model().reset_all();
        match Entity::insert(row).exec_without_returning(self.tx).await.map_err(DbFault::from) {
            Ok(_) => Ok(()),
            Err(DbFault::Constraint(name)) if PLACE_TAKEN.contains(&name.as_str()) => {
                Err(DbFault::Serialisation.into())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Saves what a step changes, as the next version.
    pub async fn update(&self, changed: &Credential) -> Result<(), Stop> {
        let row: ActiveModel = row_of(changed).into_active_model().reset_all();
        let saved = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(changed.id))
            .filter(Column::Version.eq(changed.version - 1))
            .exec(self.tx)
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Refusal::stale().into()) }
    }

    /// The framework codes that a version of a programme covers.
    pub async fn alignments(&self, version: Uuid) -> Result<Vec<Alignment>, DbFault> {
        let items: Vec<Uuid> = competence_mapping::Entity::find()
            .select_only()
            .column(competence_mapping::Column::CompetenceId)
            .distinct()
            .filter(competence_mapping::Column::VersionId.eq(version))
            .into_tuple()
            .all(self.tx)
            .await?;
        let items = competence_item::Entity::find()
            .filter(competence_item::Column::Id.is_in(items))
            .order_by_asc(competence_item::Column::Code)
            .order_by_asc(competence_item::Column::Id)
            .all(self.tx)
            .await?;
        let sets: BTreeSet<Uuid> = items.iter().map(|item| item.set_id).collect();
        let sets = competence_set::Entity::find()
            .filter(competence_set::Column::Id.is_in(sets))
            .order_by_asc(competence_set::Column::Code)
            .order_by_asc(competence_set::Column::Version)
            .all(self.tx)
            .await?;
        let of = |set: &competence_set::Model| {
            let framework = format!("{}@{}", set.code, set.version);
            let id = set.id;
            let own = items.iter().filter(move |item| item.set_id == id);
            own.map(move |item| Alignment {
                framework: framework.clone(),
                code: item.code.clone(),
                label: item.label.clone(),
            })
        };
        Ok(sets.iter().flat_map(of).collect())
    }

    /// What the organisation is called.
    pub async fn organisation_name(&self, id: Uuid) -> Result<Option<String>, DbFault> {
        let found = organisation::Entity::find_by_id(id).one(self.tx).await?;
        Ok(found.map(|found| found.name))
    }

    /// What the organisation is called today, or those that followed it by `today`.
    pub async fn present_names(
        &self,
        id: Uuid,
        today: chrono::NaiveDate,
    ) -> Result<Vec<String>, DbFault> {
        let (mut open, mut seen, mut last) = (vec![id], BTreeSet::from([id]), Vec::new());
        while let Some(next) = open.pop() {
            let followed = organisation_succession::Entity::find()
                .filter(organisation_succession::Column::PredecessorId.eq(next))
                .filter(organisation_succession::Column::EffectiveOn.lte(today))
                .filter(organisation_succession::Column::SuccessorId.is_not_null())
                .all(self.tx)
                .await?;
            let by: Vec<Uuid> = followed.iter().filter_map(|row| row.successor_id).collect();
            if by.is_empty() {
                last.push(next);
            }
            open.extend(by.into_iter().filter(|id| seen.insert(*id)));
            if seen.len() > MAX_SUCCESSORS {
                break;
            }
        }
        let rows = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(last))
            .order_by_asc(organisation::Column::Name)
            .all(self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }
}

/// The constraint that keeps two credentials from one bit, as each engine names it.
const PLACE_TAKEN: [&str; 2] = ["credential_place_unique", "credential(status_list,status_index)"];

fn row_of(credential: &Credential) -> Model {
    let Credential {
        id,
        public_token,
        ground,
        organisation_id,
        organisation_name,
        person_id,
        holder_name,
        programme_type,
        title,
        edition,
        awarded_on,
        issued_at,
        valid_from,
        valid_until,
        state,
        state_on,
        reason,
        redacted_on,
        supersedes_id,
        listed,
        place: Place { list, index },
        jwt,
        jwt_sha256,
        version,
    } = credential.clone();
    let (mut course_id, mut programme_version_id, mut decision_id) = (None, None, None);
    let (mut accreditation_id, mut licence_id) = (None, None);
    match ground {
        Ground::Graduation {
            course_id: course,
            programme_version_id: edition,
            decision_id: by,
        } => {
            (course_id, programme_version_id, decision_id) = (Some(course), Some(edition), by);
        }
        Ground::Accreditation { accreditation_id: id } => accreditation_id = Some(id),
        Ground::Licence { licence_id: id } => licence_id = Some(id),
    }
    Model {
        id,
        kind: ground.kind().code().to_owned(),
        public_token,
        organisation_id,
        organisation_name,
        person_id,
        course_id,
        programme_version_id,
        decision_id,
        accreditation_id,
        licence_id,
        holder_name,
        programme_type: programme_type.map(|ty| ty.code().to_owned()),
        title,
        edition,
        awarded_on,
        issued_at,
        valid_from,
        valid_until,
        state: state.code().to_owned(),
        state_on,
        reason: reason.map(|reason| reason.code().to_owned()),
        redacted_on,
        supersedes_id,
        listed,
        status_list: list,
        status_index: index,
        jwt,
        jwt_sha256,
        version,
    }
}

impl TryFrom<Model> for Credential {
    type Error = DbFault;

    fn try_from(row: Model) -> Result<Self, DbFault> {
        let unreadable = || DbFault::unreadable("credential");
        let ground = ground_of(&row).ok_or_else(unreadable)?;
        let Model {
            id,
            kind: _,
            public_token,
            organisation_id,
            organisation_name,
            person_id,
            course_id: _,
            programme_version_id: _,
            decision_id: _,
            accreditation_id: _,
            licence_id: _,
            holder_name,
            programme_type,
            title,
            edition,
            awarded_on,
            issued_at,
            valid_from,
            valid_until,
            state,
            state_on,
            reason,
            redacted_on,
            supersedes_id,
            listed,
            status_list,
            status_index,
            jwt,
            jwt_sha256,
            version,
        } = row;
        let programme_type = programme_type
            .map(|code| ProgrammeType::from_code(&code).ok_or_else(unreadable))
            .transpose()?;
        let reason =
            reason.map(|code| Reason::from_code(&code).ok_or_else(unreadable)).transpose()?;
        Ok(Self {
            id,
            public_token,
            ground,
            organisation_id,
            organisation_name,
            person_id,
            holder_name,
            programme_type,
            title,
            edition,
            awarded_on,
            issued_at,
            valid_from,
            valid_until,
            state: State::from_code(&state).ok_or_else(unreadable)?,
            state_on,
            reason,
            redacted_on,
            supersedes_id,
            listed,
            place: Place { list: status_list, index: status_index },
            jwt,
            jwt_sha256,
            version,
        })
    }
}

fn ground_of(row: &Model) -> Option<Ground> {
    Some(match Kind::from_code(&row.kind)? {
        Kind::Graduation => Ground::Graduation {
            course_id: row.course_id?,
            programme_version_id: row.programme_version_id?,
            decision_id: row.decision_id,
        },
        Kind::TrainerAccreditation => {
            Ground::Accreditation { accreditation_id: row.accreditation_id? }
        }
        Kind::OrganisationLicence => Ground::Licence { licence_id: row.licence_id? },
    })
}
