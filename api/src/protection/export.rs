//! Everything that is kept about a person, as one document: for the person, or for the data protection officer who
//! answers for the person. The service makes it when it is asked for and stores it nowhere.

use sea_orm::ConnectionTrait as _;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::desk::OWN;
use super::sections::Kind::{self, Bool, Date, Id, Instant, Int, Text};
pub use super::sections::{SECTIONS, Section};
use crate::actor::{Identity, Permission};
use crate::audit::{self, Audited, Change};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::db::Access;
use crate::fault::Fault;
use crate::graphql::{ids, scalars};
use crate::person::desk::not_found;
use crate::person::store::People;
use crate::read::sql::Sql;
use crate::vault::model::{Category, Purpose, Record};
use crate::vault::rules::handling;
use crate::vault::service;
use crate::vault::store::Records;

/// The most rows of one section: a section that has more says so.
const MOST: usize = 2_000;

/// That an export was made, for the trail.
#[derive(Serialize)]
struct Export {
    id: Uuid,
    person_id: Uuid,
    chain: Uuid,
}

impl Audited for Export {
    const TYPE: &'static str = "access_export";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.chain
    }

    fn version(&self) -> i32 {
        1
    }
}

/// What the vault holds about a person, for who asks.
pub struct Texts {
    /// Whether the officer asks, for the person.
    pub for_person: bool,
    /// The texts that are the person's own.
    pub own: Vec<Value>,
    /// What others wrote, for the officer to look at.
    pub held_back: Vec<Value>,
}

/// Opens the texts that are the person's own, each with its disclosure, and tells the trail that an export was made. To
/// who is neither the person nor the data protection officer, nobody is there.
///
/// # Errors
///
/// [`Code::NotFound`](crate::refusal::Code::NotFound), or what the database answers.
pub async fn open(unit: &Unit, person: Uuid) -> Result<Texts, Stop> {
    let actor = unit.actor();
    let oneself = actor.person() == Some(person);
    let officer = actor.acting_nationally(Permission::AnswerRightsRequests);
    let (acting_as, chain, purpose) = match officer {
        _ if oneself => (OWN.to_owned(), person, Purpose::OwnRecord),
        Some(role) => (role, audit::NATION, Purpose::RightsRequest),
        None => return Err(not_found()),
    };
    People::of(unit).find(person).await?.ok_or_else(not_found)?;
    let mut texts = Texts { for_person: !oneself, own: Vec::new(), held_back: Vec::new() };
    for record in Records::of(unit).lock_all(person).await? {
        if handling(record.category).own {
            let says = match record.ciphertext {
                Some(_) => Some(service::open(unit, record.id, purpose).await?),
                None => None,
            };
            let mut told = described(&record);
            told["text"] = says.map_or(Value::Null, |says| says.expose_secret().into());
            texts.own.push(told);
        } else if !oneself || record.category != Category::Concern {
            texts.held_back.push(described(&record));
        }
    }
    let export = Export { id: unit.id(), person_id: person, chain };
    unit.record(Change::of("access_export.made", None, &export, &[], acting_as, None));
    Ok(texts)
}

fn described(record: &Record) -> Value {
    json!({
        "id": ids::encode("sen", record.id),
        "category": record.category.code(),
        "organisationId": record.organisation_id.map(|id| ids::encode("org", id)),
        "purpose": record.purpose.code(),
        "lawfulBasis": record.lawful_basis.code(),
        "policyDocument": record.policy_document.map(|day| day.to_string()),
        "createdAt": scalars::format_instant(record.created_at),
        "erasedAt": record.erased_at.map(scalars::format_instant),
        "retainUntil": record.retain_until.map(|day| day.to_string()),
    })
}

/// The document.
///
/// # Errors
///
/// What the database answers.
pub async fn document(core: &Core, person: Uuid, texts: Texts) -> Result<Value, Fault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("access-export")).await?;
    let mut document = Map::new();
    document.insert("personId".to_owned(), ids::encode("per", person).into());
    document.insert("madeAt".to_owned(), scalars::format_instant(core.source().now()).into());
    let mut cut = Vec::new();
    let sections: Vec<&Section> = SECTIONS.iter().copied().flatten().collect();
    for section in sections {
        let mut sql = Sql::new(tx.get_database_backend());
        sql.push("select ");
        for (place, (_, value, _)) in section.values.iter().enumerate() {
            sql.push(if place > 0 { ", " } else { "" }).push(value);
        }
        sql.push(" from ");
        let mut parts = section.from.split("{person}");
        sql.push(parts.next().unwrap_or_default());
        for part in parts {
            sql.bind(person.into()).push(part);
        }
        sql.push(" order by t.id limit ").number(MOST + 1);
        let (text, values) = sql.finish();
        let mut rows = tx.rows(text, values).await?;
        if rows.len() > MOST {
            rows.truncate(MOST);
            cut.push(Value::from(section.name));
        }
        let rows: Result<Vec<Value>, Fault> = rows.iter().map(|row| section.row(row)).collect();
        document.insert(section.name.to_owned(), rows?.into());
    }
    tx.rollback().await;
    document.insert("texts".to_owned(), texts.own.into());
    document.insert("heldBackForThirdParties".to_owned(), texts.held_back.into());
    document.insert("cutOff".to_owned(), cut.into());
    Ok(document.into())
}

impl Section {
    fn row(&self, row: &sea_orm::QueryResult) -> Result<Value, Fault> {
        let mut object = Map::new();
        for (place, (name, _, kind)) in self.values.iter().enumerate() {
            object.insert((*name).to_owned(), kind.value(row, place)?);
        }
        Ok(object.into())
    }
}

impl Kind {
    fn value(self, row: &sea_orm::QueryResult, place: usize) -> Result<Value, Fault> {
        macro_rules! get {
            ($ty:ty) => {
                row.try_get_by_index::<Option<$ty>>(place)
                    .map_err(|error| Fault::from(crate::db::DbFault::from(error)))?
            };
        }
        Ok(match self {
            Id(prefix) => get!(Uuid).map(|id| ids::encode(prefix, id)).into(),
            Text => get!(String).into(),
            Int => get!(i32).into(),
            Bool => get!(bool).into(),
            Date => get!(chrono::NaiveDate).map(|day| day.to_string()).into(),
            Instant => get!(chrono::DateTime<chrono::Utc>).map(scalars::format_instant).into(),
        })
    }
}
