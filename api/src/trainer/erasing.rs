//! Erasing what a profile as a trainer says, as part of a decision about data protection. What the trainer taught, and
//! with which accreditation, stays.

use entities::{trainer_evidence, trainer_standardisation, trainer_suspension};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::desk::Desk;
use super::model::Trainer;
use super::store::Trainers;
use crate::command::{Stop, Unit};

/// What stands in the place of a reason.
const ERASED: &str = "erased";

/// How many profiles a person has that say anything.
///
/// # Errors
///
/// What the database answers.
pub async fn held(unit: &Unit, person: Uuid) -> Result<u64, Stop> {
    let profiles = Trainers::of(unit).of_person(person).await?;
    Ok(profiles.iter().filter(|profile| says_anything(profile)).count() as u64)
}

const fn says_anything(profile: &Trainer) -> bool {
    profile.bio.is_some() || profile.listed || profile.lived_experience
}

/// Takes what is personal out of the profiles of a person, and off the public register; gives how many there were.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, person: Uuid, acting_as: &str) -> Result<u64, Stop> {
    let desk = Desk::of(unit, acting_as.to_owned(), None);
    let mut erased = 0;
    for before in desk.store.of_person(person).await? {
        notes(unit, before.id).await?;
        if !says_anything(&before) {
            continue;
        }
        let after = Trainer { bio: None, listed: false, lived_experience: false, ..before.clone() };
        desk.save("trainer.erased", &before, after, &["evidence", "suspensions"]).await?;
        erased += 1;
    }
    Ok(erased)
}

/// Takes the words out of what hangs on a profile.
async fn notes(unit: &Unit, trainer: Uuid) -> Result<(), Stop> {
    let nothing: Option<String> = None;
    trainer_evidence::Entity::update_many()
        .col_expr(trainer_evidence::Column::NoteReference, Expr::value(nothing.clone()))
        .filter(trainer_evidence::Column::TrainerId.eq(trainer))
        .exec(unit.tx())
        .await?;
    trainer_standardisation::Entity::update_many()
        .col_expr(trainer_standardisation::Column::NoteReference, Expr::value(nothing))
        .filter(trainer_standardisation::Column::TrainerId.eq(trainer))
        .exec(unit.tx())
        .await?;
    trainer_suspension::Entity::update_many()
        .col_expr(trainer_suspension::Column::Reason, Expr::value(ERASED))
        .filter(trainer_suspension::Column::TrainerId.eq(trainer))
        .exec(unit.tx())
        .await?;
    Ok(())
}
