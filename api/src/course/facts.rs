//! What courses have to know of other aggregates: versions, licences, trainers, the calendar.

use std::collections::HashMap;

use chrono::NaiveDate;
use entities::{
    bank_holiday, licence, licence_programme, organisation, programme, programme_module,
    programme_version, trainer, trainer_accreditation, trainer_affiliation, trainer_suspension,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::parts::Course;
use super::planning::{LicenceDays, Module};
use super::rules::{LicenceFacts, TrainerFacts, VersionFacts};
use super::store::Courses;
use crate::calendar::Period;
use crate::command::Stop;
use crate::db::{DbFault, Tx};
use crate::licence::model::{Licence, Standing};
use crate::licence::parts::Granted;
use crate::licence::store::Licences;
use crate::programme::kind::ProgrammeType;

/// A version with its modules.
#[derive(Clone, Debug)]
pub struct Curriculum {
    /// What rules ask of it.
    pub facts: VersionFacts,
    /// What its programme trains people for.
    pub programme_type: ProgrammeType,
    /// Its taught days.
    pub taught_days: Option<i32>,
    /// Its taught minutes.
    pub taught_minutes: Option<i32>,
    /// Its modules in their order.
    pub modules: Vec<Module>,
}

impl Curriculum {
    /// The modules as rules name them.
    #[must_use]
    pub fn numbered(&self) -> Vec<(Uuid, i32)> {
        self.modules.iter().map(|module| (module.id, module.number)).collect()
    }
}

/// A trainer who is there, seen or not.
#[derive(Clone, Debug)]
pub struct Known {
    /// What rules ask of the trainer.
    pub facts: TrainerFacts,
    /// The person.
    pub person_id: Uuid,
    /// Whether the organisation sees the trainer: who is listed, and who works with it.
    pub seen: bool,
}

/// The licence under which an organisation trains for a programme type.
#[derive(Clone, Debug)]
pub struct Licensed {
    /// The licence, locked.
    pub licence: Licence,
    /// What rules ask of it.
    pub facts: LicenceFacts,
    /// Its last days for the programme type.
    pub days: LicenceDays,
}

/// An organisation, as far as courses need it.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Whether it takes part in the network.
    pub active: bool,
}

/// The bank holidays that are known.
#[derive(Clone, Debug, Default)]
pub struct Holidays {
    /// Each with its name.
    pub days: Vec<(NaiveDate, String)>,
    /// The first and the last of them: before and after nothing is known.
    pub known: Option<(NaiveDate, NaiveDate)>,
}

impl Holidays {
    /// What a planner should know of a day that was chosen though it is one.
    #[must_use]
    pub fn told_of(&self, day: NaiveDate) -> Option<String> {
        let (_, name) = self.days.iter().find(|(holiday, _)| *holiday == day)?;
        Some(format!("{day} is a bank holiday: {name}"))
    }
}

/// Rows of other aggregates, in a transaction that carries the Scope.
pub struct Facts<'a> {
    tx: &'a Tx,
}

#[expect(
    clippy::disallowed_methods,
    reason = "facts are read in the transaction that carries the Scope"
)]
impl<'a> Facts<'a> {
    /// The facts that `tx` sees.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// The version with its modules; `None` if there is none that the deliverer may see.
    pub async fn curriculum(
        &self,
        version: Uuid,
        deliverer: Uuid,
    ) -> Result<Option<Curriculum>, Stop> {
        let tx = self.tx;
        let Some(row) = programme_version::Entity::find_by_id(version).one(tx).await? else {
            return Ok(None);
        };
        if row.state == "DRAFT" && row.owner_id != Some(deliverer) {
            return Ok(None);
        }
        let Some(of) = programme::Entity::find_by_id(row.programme_id).one(tx).await? else {
            return Ok(None);
        };
        let modules = programme_module::Entity::find()
            .filter(programme_module::Column::VersionId.eq(version))
            .order_by_asc(programme_module::Column::Position)
            .all(tx)
            .await?;
        let facts = VersionFacts {
            published: row.state == "PUBLISHED",
            effective_from: row.effective_from,
            last_start: row.last_start_date,
        };
        Ok(Some(Curriculum {
            facts,
            programme_type: ProgrammeType::from_code(&of.kind)
                .ok_or_else(|| DbFault::unreadable("programme.type"))?,
            taught_days: row.taught_days,
            taught_minutes: row.taught_minutes,
            modules: modules.iter().map(|m| Module { id: m.id, number: m.number }).collect(),
        }))
    }

    /// The trainers, with when they are accredited for the type, as the organisation sees them today.
    pub async fn trainers(
        &self,
        ids: &[Uuid],
        ty: ProgrammeType,
        (organisation, today): (Uuid, NaiveDate),
    ) -> Result<Vec<Known>, Stop> {
        let tx = self.tx;
        let works = trainer_affiliation::Entity::find()
            .filter(trainer_affiliation::Column::TrainerId.is_in(ids.iter().copied()))
            .filter(trainer_affiliation::Column::OrganisationId.eq(organisation))
            .filter(trainer_affiliation::Column::ValidFrom.lte(today))
            .all(tx)
            .await?;
        let works = |id: Uuid| {
            let lasts = |row: &trainer_affiliation::Model| row.valid_to.is_none_or(|to| today < to);
            works.iter().any(|row| row.trainer_id == id && lasts(row))
        };
        let rows = trainer::Entity::find()
            .filter(trainer::Column::Id.is_in(ids.iter().copied()))
            .filter(trainer::Column::MergedIntoId.is_null())
            .order_by_asc(trainer::Column::Id)
            .all(tx)
            .await?;
        let held = trainer_accreditation::Entity::find()
            .filter(trainer_accreditation::Column::TrainerId.is_in(ids.iter().copied()))
            .filter(trainer_accreditation::Column::ProgrammeType.eq(ty.code()))
            .filter(trainer_accreditation::Column::ValidFrom.is_not_null())
            .all(tx)
            .await?;
        let suspended = trainer_suspension::Entity::find()
            .filter(trainer_suspension::Column::TrainerId.is_in(ids.iter().copied()))
            .all(tx)
            .await?;
        let known = |row: trainer::Model| {
            let of = |leads: bool| {
                held.iter()
                    .filter(|a| a.trainer_id == row.id)
                    .filter(|a| !leads || matches!(a.level.as_str(), "LEAD" | "MENTOR"))
                    .flat_map(|a| days_of(a, &suspended))
                    .collect()
            };
            let seen = row.listed || works(row.id);
            let name = if seen { row.name } else { "a trainer whom you do not see".to_owned() };
            Known {
                facts: TrainerFacts {
                    id: row.id,
                    name,
                    path: String::new(),
                    programme_type: ty,
                    lived_experience: row.lived_experience,
                    accredited: of(false),
                    leads: of(true),
                },
                person_id: row.person_id,
                seen,
            }
        };
        Ok(rows.into_iter().map(known).collect())
    }

    /// The bank holidays.
    pub async fn holidays(&self) -> Result<Holidays, Stop> {
        let rows = bank_holiday::Entity::find()
            .order_by_asc(bank_holiday::Column::Day)
            .all(self.tx)
            .await?;
        let known = rows.first().zip(rows.last()).map(|(first, last)| (first.day, last.day));
        let days = rows.into_iter().map(|row| (row.day, row.name)).collect();
        Ok(Holidays { days, known })
    }

    /// Those of the organisations that are there.
    pub async fn bodies(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Body>, Stop> {
        let rows = organisation::Entity::find().filter(organisation::Column::Id.is_in(ids));
        let rows = rows.all(self.tx).await?;
        Ok(rows.into_iter().map(|row| (row.id, Body { active: row.status == "ACTIVE" })).collect())
    }

    /// An organisation; `None` if there is none.
    pub async fn body(&self, id: Uuid) -> Result<Option<Body>, Stop> {
        let row = organisation::Entity::find_by_id(id).one(self.tx).await?;
        Ok(row.map(|row| Body { active: row.status == "ACTIVE" }))
    }

    /// The last days for which the organisation is licensed for the type, as far as is known on a day.
    pub async fn licence_days(
        &self,
        (organisation, ty): (Uuid, ProgrammeType),
        on: NaiveDate,
    ) -> Result<Option<LicenceDays>, Stop> {
        let rows = licence_programme::Entity::find()
            .filter(licence_programme::Column::OrganisationId.eq(organisation))
            .filter(licence_programme::Column::ProgrammeType.eq(ty.code()))
            .filter(licence_programme::Column::Stage.eq("GRANTED"))
            .all(self.tx)
            .await?;
        let holds = |row: &licence_programme::Model| {
            let period = Period::new(row.valid_from, row.valid_to);
            period.is_ok_and(|period| period.contains(on))
        };
        let Some(best) = rows.iter().max_by_key(|row| (holds(row), row.valid_to)) else {
            return Ok(None);
        };
        let licence = licence::Entity::find_by_id(best.licence_id).one(self.tx).await?;
        let to = best.valid_to.unwrap_or(NaiveDate::MAX);
        let grace_to = licence.as_ref().and_then(|licence| licence.grace_to).unwrap_or(to);
        Ok(Some(LicenceDays {
            from: best.valid_from.unwrap_or(NaiveDate::MIN),
            to,
            grace_to,
            suspended: licence.is_some_and(|licence| licence.state == "SUSPENDED"),
        }))
    }
}

impl Courses<'_> {
    /// The licence under which the organisation trains for the type on the days, locked; `None` if it never
    /// had one. Of several the one that holds on the first of them, else the one that ends last.
    pub async fn licensed(
        &self,
        (organisation, ty): (Uuid, ProgrammeType),
        days: (NaiveDate, NaiveDate),
        course: Uuid,
    ) -> Result<Option<Licensed>, Stop> {
        let store = Licences::of(self.unit);
        let granted = store.granted(organisation).await?;
        let of_type = granted.iter().filter(|granted| granted.programme_type == ty);
        let best = of_type.max_by_key(|granted| {
            (granted.period().is_some_and(|period| period.contains(days.0)), granted.to)
        });
        let Some(best) = best else { return Ok(None) };
        let Some(licence) = store.lock(best.licence_id).await? else { return Ok(None) };
        // What was granted may have been cut while we waited for the lock.
        let granted = store.granted(organisation).await?;
        let best = granted.iter().find(|granted| granted.id == best.id);
        let bounds = store.allowed(&licence).await?.strictest(days);
        let standing = licence.standing(self.unit.today());
        let facts = LicenceFacts {
            allows_new_starts: standing.allows_new_starts(),
            standing: standing.code(),
            since: licence.since(standing),
            delivers: bounds.delivers(),
            covers_from: best.map(|best| best.from),
            covers_to: best.map(|best| best.to),
            max_courses: bounds.max_concurrent_courses,
            max_trainees: bounds.max_trainees_per_course,
            live_courses: self.live_under(licence.id, Some(course)).await?,
        };
        let to = best.map_or(NaiveDate::MIN, |best| best.to);
        let days = LicenceDays {
            from: best.map_or(NaiveDate::MIN, |best| best.from),
            to,
            grace_to: licence.term.map_or(to, |term| term.grace_to),
            suspended: standing == Standing::Suspended,
        };
        Ok(Some(Licensed { licence, facts, days }))
    }

    /// Where the licence stands under which a course was proposed, and since when.
    pub async fn former(
        &self,
        course: &Course,
    ) -> Result<Option<(&'static str, Option<NaiveDate>)>, Stop> {
        let Some(id) = course.licence_id else { return Ok(None) };
        let Some(licence) = Licences::of(self.unit).find(id).await? else { return Ok(None) };
        let standing = licence.standing(self.unit.today());
        Ok(Some((standing.code(), licence.since(standing))))
    }

    /// Most people that the licence of a course allows in it.
    pub async fn most_trainees(&self, course: &Course) -> Result<Option<i32>, Stop> {
        let Some(id) = course.licence_id else { return Ok(None) };
        let store = Licences::of(self.unit);
        let Some(licence) = store.find(id).await? else { return Ok(None) };
        let days = (course.start_on, course.end_on);
        Ok(store.allowed(&licence).await?.strictest(days).max_trainees_per_course)
    }

    /// Whether the deliverer's licence for a course is in force for its programme type, or in grace, on a day,
    /// and lets its holder deliver.
    pub async fn is_covered(&self, course: &Course, on: NaiveDate) -> Result<bool, Stop> {
        let Some(id) = course.licence_id else { return Ok(false) };
        let store = Licences::of(self.unit);
        let Some(licence) = store.find(id).await? else { return Ok(false) };
        let own = licence.organisation_id == course.organisation_id;
        if !own || !store.allowed(&licence).await?.strictest((on, on)).delivers() {
            return Ok(false);
        }
        let granted = store.granted(licence.organisation_id).await?;
        let last = licence.term.map(|term| term.to);
        let covers = |granted: &Granted| match licence.standing(on) {
            Standing::Active | Standing::Expiring => {
                granted.period().is_some_and(|period| period.contains(on))
            }
            // Grace goes on with what the licence was for at its end.
            Standing::Grace => Some(granted.to) >= last,
            _ => false,
        };
        let of_it = granted.iter().filter(|granted| granted.licence_id == id);
        Ok(of_it.filter(|granted| granted.programme_type == course.programme_type).any(covers))
    }
}

/// The days on which an accreditation held or will hold: its period without suspensions, up to its early
/// end.
fn days_of(
    held: &trainer_accreditation::Model,
    suspended: &[trainer_suspension::Model],
) -> Vec<Period> {
    let (Some(from), Some(to)) = (held.valid_from, held.valid_to) else { return Vec::new() };
    let to = held.ended_on.map_or(to, |ended| ended.min(to));
    let mut breaks: Vec<(NaiveDate, NaiveDate)> = suspended
        .iter()
        .filter(|row| row.accreditation_id == held.id)
        .map(|row| (row.valid_from, row.valid_to.unwrap_or(NaiveDate::MAX)))
        .collect();
    breaks.sort_unstable();
    let (mut days, mut start) = (Vec::new(), from);
    for (from, until) in breaks {
        days.extend(Period::new(Some(start), Some(from.min(to))));
        start = start.max(until);
    }
    days.extend(Period::new(Some(start), Some(to)));
    days
}
