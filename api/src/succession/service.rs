//! Use cases: what an organisation leaves behind passes on, by itself to one successor, by a person's
//! choice to one of several.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::{Assignment, Subject};
use super::rules;
use super::store::Assignments;
use crate::actor::Permission;
use crate::audit::Change;
use crate::command::{Stop, Unit, refuse_any};
use crate::course::parts::Course;
use crate::course::service::succession as courses;
use crate::licence::store::Licences;
use crate::organisation::model::Status;
use crate::organisation::service::Changed;
use crate::organisation::store::Organisations;
use crate::refusal::{Code, Refusal};
use crate::trainer::succession as trainers;

/// The unfinished courses of an organisation that is about to end, locked, and who follows it.
pub struct Estate<'a> {
    unit: &'a Unit,
    organisation: Uuid,
    successors: &'a [Uuid],
    courses: Vec<Course>,
    delivered: Option<NaiveDate>,
    takes_part: bool,
}

impl<'a> Estate<'a> {
    /// That of `organisation`, which is locked already, as its successors are.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn of(
        unit: &'a Unit,
        organisation: Uuid,
        successors: &'a [Uuid],
    ) -> Result<Self, Stop> {
        // Licences are locked before courses.
        let mut takes_part = true;
        for successor in successors {
            Licences::of(unit).lock_all(*successor).await?;
            let body = Licences::of(unit).holder(*successor).await?;
            takes_part &= body.is_some_and(|body| body.status == Status::Active);
        }
        let courses = courses::unfinished(unit, organisation).await?;
        let delivered = courses::last_delivered(unit, organisation).await?;
        // Of several successors the one that a person names later has to take part then.
        takes_part |= successors.len() != 1;
        Ok(Self { unit, organisation, successors, courses, delivered, takes_part })
    }

    /// ORG-3: what speaks against the end of the organisation.
    #[must_use]
    pub fn unmet_for_end(&self, (on, path): (NaiveDate, &str)) -> Vec<Refusal> {
        let codes: Vec<&str> = self.courses.iter().map(|course| course.code.as_str()).collect();
        let mut unmet = rules::unmet_for_end(&codes, self.successors);
        unmet.extend(rules::unmet_for_deliverer(&codes, self.takes_part, "successorIds"));
        unmet.extend(rules::unmet_for_day((on, path), self.delivered));
        unmet
    }

    /// Passes courses and trainers on to the one successor, or puts them on the unassigned list; says what
    /// follows.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn pass_on(&self, acting_as: &str, on: NaiveDate) -> Result<Vec<String>, Stop> {
        let left = trainers::end_affiliations(self.unit, acting_as, self.organisation, on).await?;
        let mut impact = Vec::new();
        match self.successors {
            [] => {}
            [successor] => {
                for course in &self.courses {
                    impact.extend(
                        courses::pass_on(self.unit, acting_as, course, *successor, on).await?,
                    );
                }
                for trainer in &left {
                    trainers::join(self.unit, acting_as, *trainer, *successor, on).await?;
                }
            }
            _ => {
                let of_courses = self.courses.iter().map(|course| Subject::Course(course.id));
                let of_trainers = left.iter().copied().map(Subject::Trainer);
                for subject in of_courses.chain(of_trainers) {
                    self.list(acting_as, subject, on).await?;
                }
                if !self.courses.is_empty() || !left.is_empty() {
                    impact.push(format!(
                        "courses and trainers that wait on the unassigned list until a person names a \
                         successor: {} and {}",
                        self.courses.len(),
                        left.len()
                    ));
                }
            }
        }
        if !left.is_empty() {
            impact.push(format!("trainers who no longer work with it from {on}: {}", left.len()));
        }
        Ok(impact)
    }

    async fn list(&self, acting_as: &str, subject: Subject, on: NaiveDate) -> Result<(), Stop> {
        let place = Assignment {
            id: self.unit.id(),
            organisation_id: self.organisation,
            subject,
            effective_on: on,
            successor_id: None,
            assigned_on: None,
            created_at: self.unit.now(),
            version: 1,
        };
        Assignments::of(self.unit).insert(&place).await?;
        let acting_as = acting_as.to_owned();
        self.unit.record(Change::of("succession.unassigned", None, &place, &[], acting_as, None));
        Ok(())
    }
}

/// Names the successor that takes a course or trainer over.
///
/// # Errors
///
/// Every unmet rule, or what the database answers.
pub async fn assign(
    unit: &Unit,
    id: Uuid,
    expected_version: i32,
    successor: Uuid,
) -> Result<Changed, Stop> {
    let acting_as = unit.actor().acting_nationally(Permission::ManageOrganisations);
    let acting_as = acting_as.ok_or_else(|| Stop::from(Refusal::whole(Code::Forbidden)))?;
    let store = Assignments::of(unit);
    let not_found = || Stop::from(Refusal::whole(Code::NotFound));
    let missing = || Refusal::at(Code::NotFound, "successorId", "no such organisation");
    store.find(id).await?.ok_or_else(not_found)?;
    // Locks are taken in one order: organisation, licences, the place on the list, its course or trainer.
    let follower = Organisations::of(unit).lock(successor).await?.ok_or_else(missing)?;
    Licences::of(unit).lock_all(successor).await?;
    let found = store.lock(id).await?.ok_or_else(not_found)?;
    if found.version != expected_version {
        return Err(Refusal::stale().into());
    }
    let successors = store.successors(found.organisation_id, found.effective_on).await?;
    let mut unmet = rules::unmet_for_choice(&found, &successors, successor);
    if follower.status == Status::Closed {
        let message = "the organisation is closed: record its own succession first";
        unmet.push(Refusal::at(Code::OwnerClosed, "successorId", message));
    }
    refuse_any(unmet)?;
    let on = found.effective_on;
    let impact = match found.subject {
        Subject::Course(course) => {
            let course = courses::locked(unit, course).await?;
            let takes_part = follower.status == Status::Active;
            refuse_any(rules::unmet_for_deliverer(&[&course.code], takes_part, "successorId"))?;
            courses::pass_on(unit, &acting_as, &course, successor, on).await?
        }
        Subject::Trainer(trainer) => {
            trainers::join(unit, &acting_as, trainer, successor, on).await?;
            vec![format!("the trainer works with {} from {on}", follower.name)]
        }
    };
    let after = Assignment {
        successor_id: Some(successor),
        assigned_on: Some(unit.today()),
        version: found.version + 1,
        ..found.clone()
    };
    store.update(&after).await?;
    unit.record(Change::of("succession.assigned", Some(&found), &after, &[], acting_as, None));
    Ok(Changed { id, impact })
}
