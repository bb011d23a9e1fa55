//! Who may be given a place on a course: looked up together for a whole list, judged one by one.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::desk::Desk;
use super::model::FundingBasis;
use super::rules;
use crate::command::Stop;
use crate::course::facts::{Body, Facts};
use crate::course::parts::Course;
use crate::employee::store::Links;
use crate::person::model::Person;
use crate::person::rules::{unmet_for_age, unmet_for_change, unmet_for_hands};
use crate::person::store::People;
use crate::protection::store::Protection;
use crate::refusal::{Code, Refusal};

/// How a person is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By the id.
    Id(Uuid),
    /// By a reference of the deliverer's own that is linked.
    Employee(String),
}

impl Who {
    /// The field that names them.
    pub(super) const fn path(&self) -> &'static str {
        match self {
            Self::Id(_) => "personId",
            Self::Employee(_) => "employeeRef",
        }
    }
}

/// A place that somebody is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The person.
    pub who: Who,
    /// The organisation that employs or supports the person.
    pub sponsor: Option<Uuid>,
    /// Who pays.
    pub basis: FundingBasis,
    /// The first day, where somebody was there before it was recorded.
    pub from: Option<NaiveDate>,
}

/// What is known of those who are to have places on a course.
pub struct Candidates<'a> {
    course: &'a Course,
    actor: Option<Uuid>,
    today: NaiveDate,
    least_age: u32,
    people: HashMap<Uuid, Person>,
    references: HashMap<String, Uuid>,
    hidden: HashSet<Uuid>,
    teaching: HashSet<Uuid>,
    enrolled: HashSet<Uuid>,
    sponsors: HashMap<Uuid, Body>,
}

impl<'a> Candidates<'a> {
    /// Looks up what `places` name, by as many statements for many as for one.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn of(desk: &Desk<'_>, course: &'a Course, places: &[&Place]) -> Result<Self, Stop> {
        let unit = desk.unit;
        let references: Vec<String> = places
            .iter()
            .filter_map(|place| match &place.who {
                Who::Employee(reference) => Some(reference.clone()),
                Who::Id(_) => None,
            })
            .collect();
        let mut by_reference = HashMap::new();
        if !references.is_empty() {
            let links = Links::of(unit).of_refs(course.organisation_id, &references).await?;
            by_reference.extend(links.into_iter().map(|link| (link.external_ref, link.person_id)));
        }
        let named = places.iter().filter_map(|place| match &place.who {
            Who::Id(id) => Some(*id),
            Who::Employee(reference) => by_reference.get(reference).copied(),
        });
        let ids: Vec<Uuid> = named.collect::<BTreeSet<_>>().into_iter().collect();
        let kept = People::of(unit).kept_among(&ids, course.organisation_id).await?;
        let wanted: BTreeSet<Uuid> = places.iter().filter_map(|place| place.sponsor).collect();
        let sponsors = Facts::within(unit.tx()).bodies(wanted).await?;
        let on_course = desk.store.of_course(course.id).await?;
        let on_course = on_course.into_iter().filter(|of| of.state.stays_on_course());
        Ok(Self {
            course,
            actor: unit.actor().person(),
            today: unit.today(),
            least_age: unit.policy().minimum_age,
            people: kept.into_iter().map(|person| (person.id, person)).collect(),
            references: by_reference,
            hidden: Protection::of(unit).restricted().await?.into_iter().collect(),
            teaching: desk.store.teachers(course.id).await?.into_iter().collect(),
            enrolled: on_course.map(|of| of.person_id).collect(),
            sponsors,
        })
    }

    /// The person who is named.
    #[must_use]
    pub fn person(&self, who: &Who) -> Option<Uuid> {
        let id = match who {
            Who::Id(id) => Some(*id),
            Who::Employee(reference) => self.references.get(reference).copied(),
        };
        id.filter(|id| self.people.contains_key(id) && !self.hidden.contains(id))
    }

    /// What speaks against the person: the deliverer keeps the record, they are not at work on the course, not on it
    /// already, and do not enrol themselves.
    #[must_use]
    pub fn unmet_for_person(&self, who: &Who) -> Vec<Refusal> {
        let path = who.path();
        let Some(person) = self.person(who).and_then(|id| self.people.get(&id)) else {
            let message = match who {
                Who::Id(_) => {
                    "no such person whose record your organisation keeps: register them first"
                }
                Who::Employee(_) => "no such reference: link it with employeeLinkUpsert first",
            };
            return vec![Refusal::at(Code::NotFound, path, message)];
        };
        let mut unmet = unmet_for_hands(self.actor, &[Some(person.id)]);
        unmet.extend(unmet_for_change(person, path));
        let age = unmet_for_age(person.date_of_birth, self.least_age, self.today);
        unmet.extend(age.into_iter().map(|refusal| refusal.of_field(path)));
        if self.teaching.contains(&person.id) {
            unmet.push(Refusal::at(Code::SeparationOfDuties, path, "teaches on this course"));
        }
        if self.enrolled.contains(&person.id) {
            let message = Code::AlreadyEnrolled.description();
            unmet.push(Refusal::at(Code::AlreadyEnrolled, path, message));
        }
        unmet
    }

    /// What speaks against the rest of the place.
    #[must_use]
    pub fn unmet_for_terms(&self, place: &Place) -> Vec<Refusal> {
        let mut unmet = rules::unmet_for_sponsor(
            place.sponsor.map(|sponsor| self.sponsors.get(&sponsor).map(|body| body.active)),
        );
        unmet.extend(rules::unmet_for_basis(place.basis, place.sponsor.is_some(), false));
        unmet.extend(rules::unmet_for_first_day(place.from, self.course.start_on, self.today));
        unmet
    }
}
