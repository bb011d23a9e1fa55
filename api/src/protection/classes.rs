//! What is done with each class of data: one line for each, with one handler. An aggregate that keeps something of
//! people adds its class here, and its tables to [`tables`](super::tables); a class without a line is not erased by the
//! service yet.

use chrono::NaiveDate;
use uuid::Uuid;

use super::model::DataClass;
use super::store::Protection;
use crate::command::{Stop, Unit, Work};
use crate::credential::service::Hand;
use crate::credential::store::Credentials;
use crate::graphql::ids;
use crate::person::store::People;
use crate::vault::model::Category;
use crate::{application, audit, credential, enrolment, mail, person, trainer, upload, vault};

/// A record whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The record.
    pub record: Uuid,
    /// Its id as the API has it.
    pub global: String,
    /// The person concerned.
    pub person: Option<Uuid>,
    /// The organisation that keeps it.
    pub organisation: Option<Uuid>,
}

/// What is asked about what is due.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The last day of its use.
    pub by: NaiveDate,
    /// Only this record.
    pub one: Option<Uuid>,
    /// At most so many.
    pub most: u32,
}

/// How the records of a class whose time is over are found, and one of them erased.
#[derive(Clone, Copy)]
pub struct Timed {
    /// The records whose time is over.
    pub due: for<'a> fn(&'a Unit, Question) -> Work<'a, Vec<Due>>,
    /// Erases one of them.
    pub erase: for<'a> fn(&'a Unit, Uuid, &'a str) -> Work<'a, ()>,
}

/// How the records of a class about one person are counted, and erased when the person asked for it.
#[derive(Clone, Copy)]
pub struct Personal {
    /// How many there are.
    pub count: for<'a> fn(&'a Unit, Uuid) -> Work<'a, u64>,
    /// Erases them; gives what follows, in words.
    pub erase: for<'a> fn(&'a Unit, Uuid, &'a str) -> Work<'a, Vec<String>>,
}

/// What is done with a class.
#[derive(Clone, Copy)]
pub struct Handler {
    /// The class.
    pub class: DataClass,
    /// When its time is over, if time ends it.
    pub timed: Option<Timed>,
    /// When a person asks.
    pub personal: Option<Personal>,
}

/// The classes that hold anything here, in the order in which they are erased: who is to be erased is known by name and
/// account until the end.
pub const HANDLERS: &[Handler] = &[
    texts(DataClass::SupportTexts),
    texts(DataClass::SelectionTexts),
    texts(DataClass::Assignments),
    texts(DataClass::Concerns),
    Handler {
        class: DataClass::UnsuccessfulApplications,
        timed: Some(Timed {
            due: |unit, of| Box::pin(applications_over(unit, of)),
            erase: |unit, id, by| {
                Box::pin(async move {
                    vault::store::state(unit.tx(), "RETENTION").await?;
                    application::erasing::erase_one(unit, id, by).await.map(drop)
                })
            },
        }),
        personal: Some(Personal {
            count: |unit, person| Box::pin(application::erasing::held(unit, person)),
            erase: |unit, person, by| {
                Box::pin(async move {
                    vault::store::state(unit.tx(), "ERASURE").await?;
                    application::erasing::erase(unit, person, by).await
                })
            },
        }),
    },
    Handler {
        class: DataClass::AttendanceAndOutcomes,
        timed: Some(Timed {
            due: |unit, of| Box::pin(enrolments_over(unit, of)),
            erase: |unit, id, by| {
                Box::pin(async move {
                    vault::store::state(unit.tx(), "RETENTION").await?;
                    enrolment::erasing::erase_one(unit, id, by).await
                })
            },
        }),
        personal: Some(Personal {
            count: |unit, person| Box::pin(enrolment::erasing::held(unit, person)),
            erase: |unit, person, by| {
                Box::pin(async move {
                    vault::store::state(unit.tx(), "ERASURE").await?;
                    enrolment::erasing::erase(unit, person, by).await
                })
            },
        }),
    },
    Handler {
        class: DataClass::Credentials,
        timed: None,
        personal: Some(Personal {
            count: |unit, person| Box::pin(named_credentials(unit, person)),
            erase: |unit, person, by| Box::pin(redact(unit, person, by)),
        }),
    },
    Handler {
        class: DataClass::TrainerProfiles,
        timed: None,
        personal: Some(Personal {
            count: |unit, person| Box::pin(trainer::erasing::held(unit, person)),
            erase: |unit, person, by| {
                Box::pin(async move {
                    trainer::erasing::erase(unit, person, by).await?;
                    Ok(Vec::new())
                })
            },
        }),
    },
    Handler {
        class: DataClass::Deliveries,
        timed: None,
        personal: Some(Personal {
            count: |unit, person| {
                Box::pin(async move { Ok(messages(unit, person).await?.len() as u64) })
            },
            erase: |unit, person, _| {
                Box::pin(async move {
                    mail::erasing::erase(unit, &messages(unit, person).await?).await?;
                    Ok(Vec::new())
                })
            },
        }),
    },
    Handler {
        class: DataClass::Uploads,
        timed: Some(Timed {
            due: |unit, of| Box::pin(uploads_over(unit, of)),
            erase: |unit, id, by| {
                Box::pin(async move { upload::erasing::erase(unit, id, by).await.map(drop) })
            },
        }),
        personal: Some(Personal {
            count: |unit, person| {
                Box::pin(async move { Ok(uploads(unit, person).await?.len() as u64) })
            },
            erase: |unit, person, by| {
                Box::pin(async move {
                    for id in uploads(unit, person).await? {
                        upload::erasing::erase(unit, id, by).await?;
                    }
                    Ok(Vec::new())
                })
            },
        }),
    },
    Handler {
        class: DataClass::People,
        timed: Some(Timed {
            due: |unit, of| Box::pin(people_over(unit, of)),
            erase: |unit, id, by| {
                Box::pin(async move { person::erasing::erase(unit, id, by).await.map(drop) })
            },
        }),
        personal: Some(Personal {
            count: |unit, person| {
                Box::pin(async move {
                    let found = People::of(unit).find(person).await?;
                    Ok(u64::from(found.is_some_and(|person| person.erased_on.is_none())))
                })
            },
            erase: |unit, person, by| Box::pin(person::erasing::erase(unit, person, by)),
        }),
    },
];

/// What is done with a class, if it holds anything here.
#[must_use]
pub fn handler(class: DataClass) -> Option<&'static Handler> {
    HANDLERS.iter().find(|handler| handler.class == class)
}

/// The categories of the vault that are a class.
const fn categories(class: DataClass) -> &'static [Category] {
    match class {
        DataClass::SupportTexts => &[Category::SupportNeeds, Category::Adjustments],
        DataClass::SelectionTexts => {
            &[Category::Motivation, Category::Reference, Category::SelectionNote]
        }
        DataClass::Assignments => &[Category::Assignment],
        DataClass::Concerns => &[Category::Concern],
        DataClass::UnsuccessfulApplications
        | DataClass::AttendanceAndOutcomes
        | DataClass::Credentials
        | DataClass::TrainerProfiles
        | DataClass::Funding
        | DataClass::Licensing
        | DataClass::Audit
        | DataClass::Deliveries
        | DataClass::Uploads
        | DataClass::People => &[],
    }
}

/// The handler of a class of texts in the vault.
const fn texts(class: DataClass) -> Handler {
    macro_rules! of {
        ($class:ident) => {
            Personal {
                count: |unit, person| {
                    let of = categories(DataClass::$class);
                    Box::pin(vault::erasing::held(unit, person, of))
                },
                erase: |unit, person, by| {
                    let of = categories(DataClass::$class);
                    Box::pin(async move {
                        vault::erasing::erase(unit, person, of, by).await?;
                        Ok(Vec::new())
                    })
                },
            }
        };
    }
    macro_rules! timed {
        ($class:ident) => {
            Timed {
                due: |unit, of| Box::pin(texts_over(unit, DataClass::$class, of)),
                erase: |unit, id, by| {
                    Box::pin(async move { vault::service::erase(unit, id, by).await.map(drop) })
                },
            }
        };
    }
    let (timed, personal) = match class {
        DataClass::SupportTexts => (timed!(SupportTexts), of!(SupportTexts)),
        DataClass::SelectionTexts => (timed!(SelectionTexts), of!(SelectionTexts)),
        DataClass::Assignments => (timed!(Assignments), of!(Assignments)),
        _ => (timed!(Concerns), of!(Concerns)),
    };
    Handler { class, timed: Some(timed), personal: Some(personal) }
}

async fn texts_over(unit: &Unit, class: DataClass, of: Question) -> Result<Vec<Due>, Stop> {
    let Question { by, one, most } = of;
    let over = vault::erasing::over(unit, categories(class), by, one, most).await?;
    Ok(over.into_iter().map(|found| due_as(vault::graphql::PREFIX, found)).collect())
}

async fn applications_over(unit: &Unit, of: Question) -> Result<Vec<Due>, Stop> {
    let over = application::erasing::over(unit, of.by, of.one, of.most).await?;
    Ok(over.into_iter().map(|found| due_as(application::graphql::PREFIX, found)).collect())
}

async fn enrolments_over(unit: &Unit, of: Question) -> Result<Vec<Due>, Stop> {
    let over = enrolment::erasing::over(unit, of.by, of.one, of.most).await?;
    Ok(over.into_iter().map(|found| due_as("enr", found)).collect())
}

/// A record of somebody that is due; `prefix` is that of its id.
fn due_as(prefix: &str, (record, person, organisation): vault::erasing::Over) -> Due {
    Due { record, global: ids::encode(prefix, record), person: Some(person), organisation }
}

async fn uploads_over(unit: &Unit, of: Question) -> Result<Vec<Due>, Stop> {
    let over = upload::erasing::over(unit, of.by, of.one, of.most.into()).await?;
    let due = |(record, organisation)| Due {
        record,
        global: ids::encode("upl", record),
        person: None,
        organisation: Some(organisation),
    };
    Ok(over.into_iter().map(due).collect())
}

async fn people_over(unit: &Unit, of: Question) -> Result<Vec<Due>, Stop> {
    let over = person::erasing::unused(unit, of.by, of.one, of.most).await?;
    let due = |record| Due {
        record,
        global: ids::encode("per", record),
        person: Some(record),
        organisation: None,
    };
    Ok(over.into_iter().map(due).collect())
}

async fn named_credentials(unit: &Unit, person: Uuid) -> Result<u64, Stop> {
    let credentials = Credentials::of(unit).of_person(person).await?;
    Ok(credentials.iter().filter(|held| held.holder_name.is_some()).count() as u64)
}

async fn redact(unit: &Unit, person: Uuid, acting_as: &str) -> Result<Vec<String>, Stop> {
    let hand = Hand { acting_as: acting_as.to_owned(), chain: audit::NATION };
    credential::service::redact(unit, person, &hand).await?;
    Ok(Vec::new())
}

/// The e-mails that wait and are to a person, or name one.
async fn messages(unit: &Unit, person: Uuid) -> Result<Vec<Uuid>, Stop> {
    let traits = People::of(unit).traits_of(person).await?;
    vault::store::state(unit.tx(), "ERASURE").await?;
    mail::erasing::about(unit, &traits.addresses, &traits.names).await
}

async fn uploads(unit: &Unit, person: Uuid) -> Result<Vec<Uuid>, Stop> {
    let accounts = Protection::of(unit).accounts(person).await?;
    vault::store::state(unit.tx(), "ERASURE").await?;
    upload::erasing::of_accounts(unit, &accounts).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_one_handler_and_each_category_of_the_vault_one_class() {
        for category in Category::ALL {
            let of = DataClass::ALL.iter().filter(|class| categories(**class).contains(category));
            let of: Vec<&DataClass> = of.collect();
            assert_eq!(of.len(), 1, "{category:?}");
            assert!(handler(*of[0]).is_some());
        }
        for class in DataClass::ALL {
            let found = HANDLERS.iter().filter(|handler| handler.class == *class).count();
            assert!(found <= 1, "{class:?}");
        }
        assert_eq!(HANDLERS.last().map(|last| last.class), Some(DataClass::People));
    }
}
