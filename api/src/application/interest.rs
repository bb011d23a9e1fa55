//! Interest of people without an account: the service keeps it in its own name, and says nothing of what it knows.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Days, Utc};
use entities::course;
use entities::course_interest::{Column, Entity, Model};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::model::Interest;
use super::rules;
use crate::actor::{Identity, Permission};
use crate::audit::{Change, NATION};
use crate::budget::Payer;
use crate::command::{self, Outcome, Stop, Unit, refuse_any};
use crate::core::Core;
use crate::course::model::State as CourseState;
use crate::course::store::Courses;
use crate::db::{Access, DbFault, Tx};
use crate::fault::Fault;
use crate::jobs::Job;
use crate::mail::{self, NewMail, Recipient};
use crate::organisation::rules::unmet_for_line;
use crate::programme::kind::ProgrammeType;
use crate::protection::model::DataClass;
use crate::protection::retention::is_held;
use crate::protection::store::Protection;
use crate::refusal::{Code, Refusal};

/// In whose name the service keeps what people tell who have no account.
pub const NAME: &str = "course-interest";

/// The bytes of a secret: 192 bits, more than anybody guesses.
const TOKEN_BYTES: usize = 24;

/// So many people are told in one round that a course is called off.
const AT_ONCE: u64 = 200;

/// The namespace of addresses in the budget of tries.
const MAILBOXES: Uuid = Uuid::from_u128(0x61d2_8f0c_43a7_4e19_9b5e_70c1_d8f4_a2b6);

/// The job that deletes what was never confirmed, and what is no longer needed.
pub const JOB: Job = Job {
    name: "course-interest-expiry",
    every: Duration::from_secs(3600),
    round: |core| Box::pin(forgotten(core)),
};

/// What somebody tells.
#[derive(Clone, Debug)]
pub struct NewInterest {
    /// The course, if it is one.
    pub course: Option<Uuid>,
    /// The type, if it is any course of one.
    pub programme_type: Option<ProgrammeType>,
    /// The area in which, then.
    pub postcode_area: Option<String>,
    /// What the person is called.
    pub name: String,
    /// The address.
    pub email: String,
}

/// Why no answer is given.
#[derive(Debug)]
pub enum Unheard {
    /// Too many tries of one caller: seconds to wait.
    TooMany(u64),
    /// The database failed.
    Failed(Fault),
}

/// Takes one try from the budget of `payer`; the seconds to wait if there is none.
async fn tried(core: &Core, payer: Payer) -> Result<Option<u64>, Unheard> {
    let none = || Unheard::Failed(Fault::Internal("nobody counts tries here".to_owned()));
    Ok(core.tries().ok_or_else(none)?.charge(payer, 1).await.wait_s.map(Into::into))
}

async fn try_once(core: &Core, payer: Payer) -> Result<(), Unheard> {
    tried(core, payer).await?.map_or(Ok(()), |seconds| Err(Unheard::TooMany(seconds)))
}

/// The budget of an address.
fn mailbox(email: &str) -> Payer {
    Payer::Mailbox(Uuid::new_v5(&MAILBOXES, email.trim().to_lowercase().as_bytes()))
}

/// Keeps interest, and sends its address a secret. Whether the address is known shows in nothing; neither does
/// whether it was sent a letter already: few letters go to one address.
///
/// # Errors
///
/// [`Unheard`].
pub async fn register(
    core: &Core,
    payer: Payer,
    new: NewInterest,
) -> Result<Outcome<Uuid>, Unheard> {
    try_once(core, payer).await?;
    let sends = tried(core, mailbox(&new.email)).await?.is_none();
    command::run_job(core, NAME, move |unit| Box::pin(registered(unit, new.clone(), sends)))
        .await
        .map_err(Unheard::Failed)
}

async fn registered(unit: &Unit, new: NewInterest, sends: bool) -> Result<Uuid, Stop> {
    let (name, email) = (new.name.trim().to_owned(), new.email.trim().to_owned());
    let area = new.postcode_area.as_deref();
    let mut unmet =
        rules::unmet_for_target(new.course.is_some(), new.programme_type.is_some(), area);
    unmet.extend(unmet_for_line(&name, "name"));
    let recipient = Recipient::parse(&email);
    if recipient.is_none() {
        unmet.push(Refusal::at(Code::Invalid, "email", "is no e-mail address"));
    }
    refuse_any(unmet)?;
    let recipient = recipient.ok_or_else(|| Refusal::whole(Code::Invalid))?;
    let (organisation_id, programme_type) = match new.course {
        Some(course) => {
            let found = Courses::of(unit).find(course).await?.filter(|found| found.is_public());
            let found = found.ok_or_else(|| {
                Refusal::at(Code::NotFound, "courseId", "no such course that takes people")
            })?;
            (Some(found.organisation_id), found.programme_type)
        }
        None => (None, new.programme_type.ok_or_else(|| Refusal::whole(Code::Invalid))?),
    };
    let told = new.course.unwrap_or_default();
    if !sends {
        return Ok(told);
    }
    let mut secret = [0; TOKEN_BYTES];
    unit.fill(&mut secret);
    let token = URL_SAFE_NO_PAD.encode(secret);
    let interest = Interest {
        id: unit.id(),
        organisation_id,
        course_id: new.course,
        programme_type,
        postcode_area: new.postcode_area,
        name,
        email,
        token_sha256: hash_of(&token),
        registered_at: unit.now(),
        confirmed_at: None,
        version: 1,
    };
    let row = row_of(interest.clone()).into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(unit.tx()).await?;
    record(unit, "course_interest.registered", None, &interest);
    mail::enqueue(unit, letter(&interest, recipient, &token)).await?;
    Ok(told)
}

/// What is sent: to an address that may be somebody else's.
fn letter(interest: &Interest, recipient: Recipient, token: &str) -> NewMail {
    NewMail {
        organisation_id: interest.organisation_id.unwrap_or(NATION),
        kind: "course_interest.registered",
        deduplication_key: format!("course_interest.registered:{}", interest.id.simple()),
        recipient,
        subject: "Please confirm your e-mail address".to_owned(),
        body: format!(
            "Somebody gave this e-mail address to hear about training. If that was you, confirm it within \
             {} days with this code:\n\n{token}\n\nIf it was not you, do nothing: the address is then deleted.\n",
            rules::CONFIRM_DAYS
        ),
    }
}

/// Proves the address of an interest by its secret. Gives the course, or the nil id.
///
/// # Errors
///
/// [`Unheard`].
pub async fn confirm(core: &Core, payer: Payer, token: &str) -> Result<Outcome<Uuid>, Unheard> {
    try_once(core, payer).await?;
    let hash = hash_of(token);
    command::run_job(core, NAME, move |unit| Box::pin(confirmed(unit, hash.clone())))
        .await
        .map_err(Unheard::Failed)
}

#[expect(clippy::disallowed_methods, reason = "the interest of the secret at hand")]
async fn confirmed(unit: &Unit, hash: String) -> Result<Uuid, Stop> {
    let row = Entity::find()
        .filter(Column::TokenSha256.eq(hash))
        .lock(LockType::Update)
        .one(unit.tx())
        .await?;
    let before = row.map(interest_of).transpose()?;
    let before = before.filter(|found| rules::can_be_confirmed(found, unit.now()));
    let before = before.ok_or_else(|| {
        Refusal::at(Code::NotFound, "token", "this code proves nothing, or no longer")
    })?;
    let after =
        Interest { confirmed_at: Some(unit.now()), version: before.version + 1, ..before.clone() };
    let row = row_of(after.clone()).into_active_model().reset_all();
    Entity::update_many().set(row).filter(Column::Id.eq(after.id)).exec(unit.tx()).await?;
    record(unit, "course_interest.confirmed", Some(&before), &after);
    Ok(after.course_id.unwrap_or_default())
}

/// The confirmed interest of a secret, if it is one.
///
/// # Errors
///
/// [`Unheard`].
pub async fn proved(core: &Core, payer: Payer, token: &str) -> Result<Option<Interest>, Unheard> {
    try_once(core, payer).await?;
    let begun = core.begin(Access::Read, Identity::System(NAME)).await;
    let (tx, _) = begun.map_err(|fault| Unheard::Failed(fault.into()))?;
    let found = by_token(&tx, token).await.map_err(|fault| Unheard::Failed(fault.into()))?;
    Ok(found.filter(|found| found.confirmed_at.is_some()))
}

#[expect(clippy::disallowed_methods, reason = "the interest of the secret at hand")]
async fn by_token(tx: &Tx, token: &str) -> Result<Option<Interest>, DbFault> {
    let row = Entity::find().filter(Column::TokenSha256.eq(hash_of(token))).one(tx).await?;
    row.map(interest_of).transpose()
}

/// Deletes what was never confirmed, what was confirmed long ago, and interest in a course that is called off, of which
/// people are told. Others may do the same: what is gone is gone.
async fn forgotten(core: &Core) -> Result<u64, Fault> {
    let mut done = 0;
    for called_off in [true, false] {
        let round = command::run_job(core, JOB.name, move |unit| {
            Box::pin(async move { if called_off { tell(unit).await } else { forget(unit).await } })
        });
        if let Outcome::Done(count) = round.await? {
            done += count;
        }
    }
    Ok(done)
}

/// Tells those who are interested in a course that it is called off, and deletes what they told.
#[expect(clippy::disallowed_methods, reason = "the job reads in the service's own name")]
async fn tell(unit: &Unit) -> Result<u64, Stop> {
    let to_course =
        Entity::belongs_to(course::Entity).from(Column::CourseId).to(course::Column::Id);
    let over = Entity::find()
        .join(JoinType::InnerJoin, to_course.into())
        .filter(course::Column::State.eq(CourseState::Cancelled.code()))
        .filter(kept(unit).await?.not())
        .order_by_asc(Column::Id)
        .limit(AT_ONCE)
        .all(unit.tx())
        .await?;
    for row in &over {
        if let Some(recipient) = row.confirmed_at.and_then(|_| Recipient::parse(&row.email)) {
            mail::enqueue(unit, called_off(row, recipient)).await?;
        }
        unit.note_queued();
    }
    let ids = over.iter().map(|row| row.id);
    Entity::delete_many().filter(Column::Id.is_in(ids)).exec(unit.tx()).await?;
    Ok(over.len() as u64)
}

/// It names neither the course nor the organisation.
fn called_off(of: &Model, recipient: Recipient) -> NewMail {
    NewMail {
        organisation_id: of.organisation_id.unwrap_or(NATION),
        kind: "course_interest.course_cancelled",
        deduplication_key: format!("course_interest.course_cancelled:{}", of.id.simple()),
        recipient,
        subject: "What you asked about does not take place".to_owned(),
        body: "The course that you asked to hear about does not take place. What you told us is deleted. You can come \
               forward for another course at any time.\n"
            .to_owned(),
    }
}

/// What a hold keeps: interest in courses of an organisation.
async fn kept(unit: &Unit) -> Result<Condition, Stop> {
    let class = DataClass::UnsuccessfulApplications;
    let holds = Protection::of(unit).holds().await?;
    let held = holds
        .iter()
        .filter_map(|hold| hold.organisation_id)
        .filter(|of| is_held(unit, &holds, class, None, &[*of]));
    let held: Vec<Uuid> = held.collect();
    Ok(Condition::all()
        .add(Column::OrganisationId.is_not_null())
        .add(Column::OrganisationId.is_in(held)))
}

async fn forget(unit: &Unit) -> Result<u64, Stop> {
    let before = |days: u64| -> DateTime<Utc> {
        unit.now().checked_sub_days(Days::new(days)).unwrap_or(DateTime::UNIX_EPOCH)
    };
    let unproved = Condition::all()
        .add(Column::ConfirmedAt.is_null())
        .add(Column::RegisteredAt.lt(before(rules::CONFIRM_DAYS)));
    let old = Column::RegisteredAt.lt(before(rules::INTEREST_DAYS));
    let done = Entity::delete_many()
        .filter(Condition::any().add(unproved).add(old))
        .filter(kept(unit).await?.not())
        .exec(unit.tx())
        .await?;
    if done.rows_affected > 0 {
        unit.note_queued();
    }
    Ok(done.rows_affected)
}

fn record(unit: &Unit, action: &'static str, before: Option<&Interest>, after: &Interest) {
    let acting_as = unit.actor().acting_nationally(Permission::SeeApplications);
    unit.record(Change::of(action, before, after, &[], acting_as.unwrap_or_default(), None));
}

/// What is kept of a secret.
#[must_use]
pub fn hash_of(token: &str) -> String {
    hex::encode(Sha256::digest(token.trim()))
}

fn interest_of(row: Model) -> Result<Interest, DbFault> {
    let Model {
        id,
        organisation_id,
        course_id,
        programme_type,
        postcode_area,
        name,
        email,
        token_sha256,
        registered_at,
        confirmed_at,
        version,
    } = row;
    let unreadable = || DbFault::unreadable("course_interest.programme_type");
    Ok(Interest {
        id,
        organisation_id,
        course_id,
        programme_type: ProgrammeType::from_code(&programme_type).ok_or_else(unreadable)?,
        postcode_area,
        name,
        email,
        token_sha256,
        registered_at,
        confirmed_at,
        version,
    })
}

fn row_of(interest: Interest) -> Model {
    let Interest {
        id,
        organisation_id,
        course_id,
        programme_type,
        postcode_area,
        name,
        email,
        token_sha256,
        registered_at,
        confirmed_at,
        version,
    } = interest;
    Model {
        id,
        organisation_id,
        course_id,
        programme_type: programme_type.code().to_owned(),
        postcode_area,
        name,
        email,
        token_sha256,
        registered_at,
        confirmed_at,
        version,
    }
}
