//! Rows of trainers, loaded under lock and saved. The trainer is locked before the accreditations.

use chrono::NaiveDate;
use entities::{
    trainer, trainer_accreditation, trainer_affiliation, trainer_evidence, trainer_standardisation,
    trainer_suspension,
};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::model::{
    Accreditation, Affiliation, Evidence, EvidenceKind, Level, State, Term, Trainer,
};
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};

/// The trainers that the unit's Scope lets it see and change.
pub struct Trainers<'a> {
    pub(super) unit: &'a Unit,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Trainers<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The trainer.
    pub async fn find(&self, id: Uuid) -> Result<Option<Trainer>, Stop> {
        Ok(trainer::Entity::find_by_id(id).one(self.unit.tx()).await?.map(trainer_of))
    }

    /// The trainer, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Trainer>, Stop> {
        let row =
            trainer::Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(row.map(trainer_of))
    }

    /// The profiles of a person, locked, the merged ones too.
    pub async fn of_person(&self, person: Uuid) -> Result<Vec<Trainer>, Stop> {
        let rows = trainer::Entity::find()
            .filter(trainer::Column::PersonId.eq(person))
            .order_by_asc(trainer::Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(trainer_of).collect())
    }

    /// Saves a new trainer.
    pub async fn insert(&self, trainer: &Trainer) -> Result<(), Stop> {
        let row = row_of(trainer).into_active_model().reset_all();
        trainer::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed trainer, unless somebody else changed the profile since it was read.
    pub async fn update(&self, trainer: &Trainer) -> Result<(), Stop> {
        let done = trainer::Entity::update_many()
            .set(row_of(trainer).into_active_model().reset_all())
            .filter(trainer::Column::Id.eq(trainer.id))
            .filter(trainer::Column::Version.eq(trainer.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// The affiliations of a trainer, earliest first.
    pub async fn affiliations(&self, trainer: Uuid) -> Result<Vec<Affiliation>, Stop> {
        let rows = trainer_affiliation::Entity::find()
            .filter(trainer_affiliation::Column::TrainerId.eq(trainer))
            .order_by_asc(trainer_affiliation::Column::ValidFrom)
            .order_by_asc(trainer_affiliation::Column::Id)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(affiliation_of).collect())
    }

    /// One affiliation.
    pub async fn affiliation(&self, id: Uuid) -> Result<Option<Affiliation>, Stop> {
        let row = trainer_affiliation::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(affiliation_of))
    }

    /// Everyone affiliated with one of `organisations` on or after `day`.
    pub async fn affiliated(
        &self,
        organisations: &[Uuid],
        day: NaiveDate,
    ) -> Result<Vec<Affiliation>, Stop> {
        let rows = trainer_affiliation::Entity::find()
            .filter(trainer_affiliation::Column::OrganisationId.is_in(organisations.to_vec()))
            .all(self.unit.tx())
            .await?;
        let mut held: Vec<Affiliation> = rows.into_iter().map(affiliation_of).collect();
        held.retain(|held| held.lasts(day));
        Ok(held)
    }

    /// Adds an affiliation.
    pub async fn add_affiliation(&self, affiliation: &Affiliation) -> Result<(), Stop> {
        let Affiliation { id, trainer_id, organisation_id, from, to } = affiliation.clone();
        let row = trainer_affiliation::ActiveModel {
            id: Set(id),
            trainer_id: Set(trainer_id),
            organisation_id: Set(organisation_id),
            valid_from: Set(from),
            valid_to: Set(to),
        };
        trainer_affiliation::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends an affiliation.
    pub async fn end_affiliation(&self, id: Uuid, on: NaiveDate) -> Result<(), Stop> {
        trainer_affiliation::Entity::update_many()
            .col_expr(trainer_affiliation::Column::ValidTo, Expr::value(on))
            .filter(trainer_affiliation::Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Gives an affiliation to another profile.
    pub async fn hand_over_affiliation(&self, id: Uuid, to: Uuid) -> Result<(), Stop> {
        trainer_affiliation::Entity::update_many()
            .col_expr(trainer_affiliation::Column::TrainerId, Expr::value(to))
            .filter(trainer_affiliation::Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// One accreditation.
    pub async fn accreditation(&self, id: Uuid) -> Result<Option<Accreditation>, Stop> {
        let row = trainer_accreditation::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(accreditation_of).transpose()?)
    }

    /// One accreditation, locked.
    pub async fn lock_accreditation(&self, id: Uuid) -> Result<Option<Accreditation>, Stop> {
        let row = trainer_accreditation::Entity::find_by_id(id)
            .lock(LockType::Update)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(accreditation_of).transpose()?)
    }

    /// The accreditations of trainers.
    pub async fn accreditations(&self, trainers: &[Uuid]) -> Result<Vec<Accreditation>, Stop> {
        let rows = trainer_accreditation::Entity::find()
            .filter(trainer_accreditation::Column::TrainerId.is_in(trainers.to_vec()))
            .order_by_asc(trainer_accreditation::Column::Id)
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(accreditation_of(row)?)).collect()
    }

    /// The terms of trainers, each with its trainer: what courses ask about.
    pub async fn terms(&self, trainers: &[Uuid]) -> Result<Vec<(Uuid, Term)>, Stop> {
        let suspensions = trainer_suspension::Entity::find()
            .filter(trainer_suspension::Column::TrainerId.is_in(trainers.to_vec()))
            .all(self.unit.tx())
            .await?;
        let of = |id: Uuid| {
            let own = suspensions.iter().filter(|row| row.accreditation_id == id);
            own.map(|row| (row.valid_from, row.valid_to)).collect()
        };
        let term = |held: Accreditation| {
            let term = Term {
                programme_type: held.programme_type,
                level: held.level,
                from: held.valid_from?,
                to: held.valid_to?,
                ended_on: held.ended_on,
                suspensions: of(held.id),
            };
            Some((held.trainer_id, term))
        };
        Ok(self.accreditations(trainers).await?.into_iter().filter_map(term).collect())
    }

    /// Saves a new accreditation.
    pub async fn insert_accreditation(&self, new: &Accreditation) -> Result<(), Stop> {
        let row = accreditation_row(new).into_active_model().reset_all();
        trainer_accreditation::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed accreditation, unless somebody else changed it since it was read.
    pub async fn update_accreditation(&self, changed: &Accreditation) -> Result<(), Stop> {
        let done = trainer_accreditation::Entity::update_many()
            .set(accreditation_row(changed).into_active_model().reset_all())
            .filter(trainer_accreditation::Column::Id.eq(changed.id))
            .filter(trainer_accreditation::Column::Version.eq(changed.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// The evidence for an accreditation.
    pub async fn evidence(&self, accreditation: Uuid) -> Result<Vec<Evidence>, Stop> {
        let rows = trainer_evidence::Entity::find()
            .filter(trainer_evidence::Column::AccreditationId.eq(accreditation))
            .all(self.unit.tx())
            .await?;
        let evidence = |row: trainer_evidence::Model| {
            let kind = EvidenceKind::from_code(&row.kind)
                .ok_or_else(|| DbFault::unreadable("trainer_evidence.kind"))?;
            Ok(Evidence { kind, on: row.evidenced_on, note_reference: row.note_reference })
        };
        rows.into_iter().map(evidence).collect()
    }

    /// Adds a piece of evidence.
    pub async fn add_evidence(&self, of: &Accreditation, new: &Evidence) -> Result<(), Stop> {
        let row = trainer_evidence::ActiveModel {
            id: Set(self.unit.id()),
            trainer_id: Set(of.trainer_id),
            accreditation_id: Set(of.id),
            kind: Set(new.kind.code().to_owned()),
            evidenced_on: Set(new.on),
            note_reference: Set(new.note_reference.clone()),
            recorded_at: Set(self.unit.now()),
        };
        trainer_evidence::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Begins a suspension today.
    pub async fn suspend(&self, of: &Accreditation, reason: &str) -> Result<(), Stop> {
        let row = trainer_suspension::ActiveModel {
            id: Set(self.unit.id()),
            trainer_id: Set(of.trainer_id),
            accreditation_id: Set(of.id),
            reason: Set(reason.trim().to_owned()),
            valid_from: Set(self.unit.today()),
            valid_to: Set(None),
        };
        trainer_suspension::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends the present suspension today.
    pub async fn end_suspension(&self, of: Uuid) -> Result<(), Stop> {
        trainer_suspension::Entity::update_many()
            .col_expr(trainer_suspension::Column::ValidTo, Expr::value(self.unit.today()))
            .filter(trainer_suspension::Column::AccreditationId.eq(of))
            .filter(trainer_suspension::Column::ValidTo.is_null())
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The days of the standardisation events that a trainer attended.
    pub async fn standardisations(&self, trainer: Uuid) -> Result<Vec<NaiveDate>, Stop> {
        let rows = trainer_standardisation::Entity::find()
            .filter(trainer_standardisation::Column::TrainerId.eq(trainer))
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(|row| row.attended_on).collect())
    }

    /// Adds a standardisation event.
    pub async fn add_standardisation(
        &self,
        trainer: Uuid,
        on: NaiveDate,
        note_reference: Option<&str>,
    ) -> Result<(), Stop> {
        let row = trainer_standardisation::ActiveModel {
            id: Set(self.unit.id()),
            trainer_id: Set(trainer),
            attended_on: Set(on),
            note_reference: Set(note_reference.map(str::to_owned)),
            recorded_at: Set(self.unit.now()),
        };
        trainer_standardisation::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Gives the accreditations and standardisation events of one profile to another; what hangs on an
    /// accreditation follows it.
    pub async fn hand_over(&self, from: Uuid, to: Uuid) -> Result<u64, Stop> {
        trainer_standardisation::Entity::update_many()
            .col_expr(trainer_standardisation::Column::TrainerId, Expr::value(to))
            .filter(trainer_standardisation::Column::TrainerId.eq(from))
            .exec(self.unit.tx())
            .await?;
        let done = trainer_accreditation::Entity::update_many()
            .col_expr(trainer_accreditation::Column::TrainerId, Expr::value(to))
            .filter(trainer_accreditation::Column::TrainerId.eq(from))
            .exec(self.unit.tx())
            .await?;
        Ok(done.rows_affected)
    }
}

fn trainer_of(row: trainer::Model) -> Trainer {
    let trainer::Model {
        id,
        person_id,
        name,
        bio,
        listed,
        lived_experience,
        merged_into_id,
        created_at,
        updated_at,
        version,
    } = row;
    Trainer {
        id,
        person_id,
        name,
        bio,
        listed,
        lived_experience,
        merged_into_id,
        created_at,
        updated_at,
        version,
    }
}

fn row_of(trainer: &Trainer) -> trainer::Model {
    let Trainer {
        id,
        person_id,
        name,
        bio,
        listed,
        lived_experience,
        merged_into_id,
        created_at,
        updated_at,
        version,
    } = trainer.clone();
    trainer::Model {
        id,
        person_id,
        name,
        bio,
        listed,
        lived_experience,
        merged_into_id,
        created_at,
        updated_at,
        version,
    }
}

fn affiliation_of(row: trainer_affiliation::Model) -> Affiliation {
    let trainer_affiliation::Model { id, trainer_id, organisation_id, valid_from, valid_to } = row;
    Affiliation { id, trainer_id, organisation_id, from: valid_from, to: valid_to }
}

fn accreditation_of(row: trainer_accreditation::Model) -> Result<Accreditation, DbFault> {
    let trainer_accreditation::Model {
        id,
        trainer_id,
        organisation_id,
        programme_type,
        level,
        state,
        valid_from,
        valid_to,
        ended_on,
        resigned,
        renews_id,
        created_at,
        updated_at,
        version,
    } = row;
    Ok(Accreditation {
        id,
        trainer_id,
        organisation_id,
        programme_type: ProgrammeType::from_code(&programme_type)
            .ok_or_else(|| DbFault::unreadable("trainer_accreditation.programme_type"))?,
        level: Level::from_code(&level)
            .ok_or_else(|| DbFault::unreadable("trainer_accreditation.level"))?,
        state: State::from_code(&state)
            .ok_or_else(|| DbFault::unreadable("trainer_accreditation.state"))?,
        valid_from,
        valid_to,
        ended_on,
        resigned,
        renews_id,
        created_at,
        updated_at,
        version,
    })
}

fn accreditation_row(accreditation: &Accreditation) -> trainer_accreditation::Model {
    let Accreditation {
        id,
        trainer_id,
        organisation_id,
        programme_type,
        level,
        state,
        valid_from,
        valid_to,
        ended_on,
        resigned,
        renews_id,
        created_at,
        updated_at,
        version,
    } = accreditation.clone();
    trainer_accreditation::Model {
        id,
        trainer_id,
        organisation_id,
        programme_type: programme_type.code().to_owned(),
        level: level.code().to_owned(),
        state: state.code().to_owned(),
        valid_from,
        valid_to,
        ended_on,
        resigned,
        renews_id,
        created_at,
        updated_at,
        version,
    }
}
