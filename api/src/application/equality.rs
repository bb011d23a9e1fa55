//! Answers for the monitoring of equality, apart from everything else (DP-6).
//!
//! Whoever hands an application in is told a secret with which one answer can be given. The secret is kept nowhere:
//! it proves itself. An answer names neither person nor application nor time, and is written in the service's own
//! name, so that nothing of it leads back. What leaves are figures, and small ones do not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entities::equality_answer::{Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::actor::{Identity, Permission};
use crate::calendar::FinancialYear;
use crate::coded;
use crate::command::{self, Outcome, Stop, Unit, refuse_any};
use crate::core::Core;
use crate::course::parts::Course;
use crate::db::{Access, DbFault};
use crate::disclosure::Disclosure;
use crate::fault::Fault;
use crate::programme::kind::ProgrammeType;
use crate::refusal::{Code, Refusal};
use crate::vault::keys::Vault;

/// In whose name answers are written.
const NAME: &str = "equality-monitoring";

/// The random bytes of a secret.
const NONCE_BYTES: usize = 18;

coded! {
    /// How old somebody is.
    AgeBand {
        /// Under 25.
        Under25 = "UNDER_25",
        /// 25 to 34.
        From25To34 = "FROM_25_TO_34",
        /// 35 to 44.
        From35To44 = "FROM_35_TO_44",
        /// 45 to 54.
        From45To54 = "FROM_45_TO_54",
        /// 55 to 64.
        From55To64 = "FROM_55_TO_64",
        /// 65 and over.
        Over64 = "OVER_64",
        /// Rather not said.
        NotSaid = "NOT_SAID",
    }
}

coded! {
    /// Gender.
    Gender {
        /// Woman.
        Woman = "WOMAN",
        /// Man.
        Man = "MAN",
        /// Non-binary.
        NonBinary = "NON_BINARY",
        /// Another.
        Other = "OTHER",
        /// Rather not said.
        NotSaid = "NOT_SAID",
    }
}

coded! {
    /// Ethnic group, by the five groups of the census.
    EthnicGroup {
        /// Asian or Asian British.
        Asian = "ASIAN",
        /// Black, Black British, Caribbean or African.
        Black = "BLACK",
        /// Mixed or multiple groups.
        Mixed = "MIXED",
        /// White.
        White = "WHITE",
        /// Another group.
        Other = "OTHER",
        /// Rather not said.
        NotSaid = "NOT_SAID",
    }
}

coded! {
    /// Whether somebody considers themselves disabled.
    Disability {
        /// Yes.
        Yes = "YES",
        /// No.
        No = "NO",
        /// Rather not said.
        NotSaid = "NOT_SAID",
    }
}

coded! {
    /// Sexual orientation.
    Orientation {
        /// Heterosexual.
        Heterosexual = "HETEROSEXUAL",
        /// Gay or lesbian.
        GayOrLesbian = "GAY_OR_LESBIAN",
        /// Bisexual.
        Bisexual = "BISEXUAL",
        /// Another.
        Other = "OTHER",
        /// Rather not said.
        NotSaid = "NOT_SAID",
    }
}

/// What somebody answers; every answer is optional.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer {
    /// How old.
    pub age_band: Option<AgeBand>,
    /// Gender.
    pub gender: Option<Gender>,
    /// Ethnic group.
    pub ethnic_group: Option<EthnicGroup>,
    /// Whether disabled.
    pub disability: Option<Disability>,
    /// Sexual orientation.
    pub orientation: Option<Orientation>,
}

/// Of what answers are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The organisation that delivers.
    pub organisation: Uuid,
    /// What the courses train people for.
    pub programme_type: ProgrammeType,
    /// The year in which the financial year begins.
    pub financial_year: i32,
}

impl Group {
    /// Of an application for `course` that is handed in now.
    #[must_use]
    pub fn of(unit: &Unit, course: &Course) -> Self {
        Self {
            organisation: course.organisation_id,
            programme_type: course.programme_type,
            financial_year: chrono::Datelike::year(&FinancialYear::of(unit.today()).first_day()),
        }
    }

    fn text(self, nonce: &str) -> String {
        let Self { organisation, programme_type, financial_year } = self;
        format!("{nonce}.{}.{}.{financial_year}", organisation.simple(), programme_type.code())
    }
}

/// A secret with which one answer can be given.
#[must_use]
pub fn secret(unit: &Unit, group: Group) -> Option<SecretString> {
    let mut nonce = [0; NONCE_BYTES];
    unit.fill(&mut nonce);
    let text = group.text(&URL_SAFE_NO_PAD.encode(nonce));
    let seal = seals(unit.vault(), &text).into_iter().next()?;
    Some(format!("{text}.{seal}").into())
}

fn seals(vault: &Vault, text: &str) -> Vec<String> {
    vault.blinded(&format!("equality-answer\n{text}"))
}

/// The group of a secret and what is kept of it once it was used; `None` if the network did not give it.
fn proved(vault: &Vault, token: &str) -> Option<(Group, String)> {
    let (text, seal) = token.trim().rsplit_once('.')?;
    if !seals(vault, text).iter().any(|good| good == seal) {
        return None;
    }
    let mut parts = text.split('.');
    let (nonce, organisation, kind, year) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let group = Group {
        organisation: Uuid::parse_str(organisation).ok()?,
        programme_type: ProgrammeType::from_code(kind)?,
        financial_year: year.parse().ok()?,
    };
    Some((group, hex::encode(Sha256::digest(nonce))))
}

/// Keeps one answer. Gives the organisation that delivers.
///
/// # Errors
///
/// What the database answers.
pub async fn answer(core: &Core, token: &str, given: Answer) -> Result<Outcome<Uuid>, Fault> {
    let token = token.to_owned();
    command::run_job(core, NAME, move |unit| Box::pin(answered(unit, token.clone(), given))).await
}

async fn answered(unit: &Unit, token: String, given: Answer) -> Result<Uuid, Stop> {
    let Some((group, spent_sha256)) = proved(unit.vault(), &token) else {
        return Err(Refusal::at(Code::NotFound, "token", "this code is for no answer").into());
    };
    let Answer { age_band, gender, ethnic_group, disability, orientation } = given;
    if age_band.is_none()
        && gender.is_none()
        && ethnic_group.is_none()
        && disability.is_none()
        && orientation.is_none()
    {
        refuse_any(vec![Refusal::at(Code::Invalid, "", "answer one question at least")])?;
    }
    // Identifiers of the service tell the time: this one is nothing but chance.
    let mut chance = [0; 16];
    unit.fill(&mut chance);
    let row = Model {
        id: uuid::Builder::from_random_bytes(chance).into_uuid(),
        spent_sha256,
        organisation_id: group.organisation,
        programme_type: group.programme_type.code().to_owned(),
        financial_year: group.financial_year,
        age_band: age_band.map(|value| value.code().to_owned()),
        gender: gender.map(|value| value.code().to_owned()),
        ethnic_group: ethnic_group.map(|value| value.code().to_owned()),
        disability: disability.map(|value| value.code().to_owned()),
        sexual_orientation: orientation.map(|value| value.code().to_owned()),
    };
    let row = row.into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(unit.tx()).await?;
    unit.note_queued();
    Ok(group.organisation)
}

/// How often something was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The answer.
    pub answer: &'static str,
    /// How often, as it is told; `None` if too seldom.
    pub count: Option<u32>,
}

/// The answers to all questions, as they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How many answered; `None` if too few.
    pub answers: Option<u32>,
    /// Each question with its answers.
    pub questions: Vec<(&'static str, Vec<Count>)>,
}

/// The figures of a group, for who may see them in the organisation or the nation; `None` to others. Nobody may list
/// the answers, so nobody is told exact figures.
///
/// # Errors
///
/// What the database answers.
pub async fn figures(
    core: &Core,
    identity: Identity,
    group: Group,
) -> Result<Option<Figures>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    tx.rollback().await;
    if actor.acting_for(Permission::SeeEquality, Some(group.organisation)).is_none() {
        return Ok(None);
    }
    let rows = of_group(core, group).await?;
    let told = Disclosure::to(core.policy(), false);
    let questions = [
        question("ageBand", AgeBand::ALL.iter().map(|v| v.code()), &rows, |r| &r.age_band, told),
        question("gender", Gender::ALL.iter().map(|v| v.code()), &rows, |r| &r.gender, told),
        question(
            "ethnicGroup",
            EthnicGroup::ALL.iter().map(|v| v.code()),
            &rows,
            |r| &r.ethnic_group,
            told,
        ),
        question(
            "disability",
            Disability::ALL.iter().map(|v| v.code()),
            &rows,
            |r| &r.disability,
            told,
        ),
        question(
            "sexualOrientation",
            Orientation::ALL.iter().map(|v| v.code()),
            &rows,
            |r| &r.sexual_orientation,
            told,
        ),
    ];
    let answers = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    Ok(Some(Figures { answers: told.count(answers), questions: questions.into() }))
}

#[expect(clippy::disallowed_methods, reason = "read in the service's own name, to be counted")]
async fn of_group(core: &Core, group: Group) -> Result<Vec<Model>, Fault> {
    let (tx, _) = core.begin(Access::Read, Identity::System(NAME)).await?;
    let rows = Entity::find()
        .filter(Column::OrganisationId.eq(group.organisation))
        .filter(Column::ProgrammeType.eq(group.programme_type.code()))
        .filter(Column::FinancialYear.eq(group.financial_year))
        .all(&tx)
        .await;
    Ok(rows.map_err(DbFault::from)?)
}

fn question(
    name: &'static str,
    answers: impl Iterator<Item = &'static str>,
    rows: &[Model],
    of: impl Fn(&Model) -> &Option<String>,
    told: Disclosure,
) -> (&'static str, Vec<Count>) {
    let counted = |answer: &'static str| {
        let count = rows.iter().filter(|row| of(row).as_deref() == Some(answer)).count();
        Count { answer, count: told.count(u32::try_from(count).unwrap_or(u32::MAX)) }
    };
    (name, answers.map(counted).collect())
}
