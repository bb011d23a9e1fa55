//! Rows of questionnaires, sums and participation.

use chrono::NaiveDate;
use entities::{
    course_evaluation, evaluation_participation, evaluation_questionnaire, evaluation_statement,
    evaluation_tally,
};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::model::{Questionnaire, Statement, Tally};
use crate::command::{Stop, Unit};
use crate::course::parts::Course;
use crate::db::{DbFault, Tx};
use crate::vault::keys::{DataKey, Vault, Wrapped};

/// The rows that the transaction's Scope lets it see and change.
pub struct Evaluations<'a> {
    tx: &'a Tx,
}

/// The sums of a course, with its key.
pub type Row = course_evaluation::Model;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Evaluations<'a> {
    /// The store of a transaction.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// The questionnaire that is answered on a day: the last one that was published by then.
    pub async fn in_force(&self, on: NaiveDate) -> Result<Option<Questionnaire>, DbFault> {
        let row = evaluation_questionnaire::Entity::find()
            .filter(evaluation_questionnaire::Column::PublishedOn.lte(on))
            .order_by_desc(evaluation_questionnaire::Column::Number)
            .one(self.tx)
            .await?;
        self.with_statements(row).await
    }

    /// A questionnaire.
    pub async fn questionnaire(&self, id: Uuid) -> Result<Option<Questionnaire>, DbFault> {
        let row = evaluation_questionnaire::Entity::find_by_id(id).one(self.tx).await?;
        self.with_statements(row).await
    }

    /// The number of the last questionnaire; 0 without one.
    pub async fn last_number(&self) -> Result<i32, DbFault> {
        let row = evaluation_questionnaire::Entity::find()
            .order_by_desc(evaluation_questionnaire::Column::Number)
            .one(self.tx)
            .await?;
        Ok(row.map_or(0, |row| row.number))
    }

    async fn with_statements(
        &self,
        row: Option<evaluation_questionnaire::Model>,
    ) -> Result<Option<Questionnaire>, DbFault> {
        let Some(row) = row else { return Ok(None) };
        let evaluation_questionnaire::Model { id, number, proposal, invitation, published_on } =
            row;
        let statements = evaluation_statement::Entity::find()
            .filter(evaluation_statement::Column::QuestionnaireId.eq(id))
            .order_by_asc(evaluation_statement::Column::Place)
            .all(self.tx)
            .await?;
        let statement = |row: evaluation_statement::Model| Statement {
            id: row.id,
            code: row.code,
            statement: row.statement,
        };
        let statements = statements.into_iter().map(statement).collect();
        Ok(Some(Questionnaire { id, number, proposal, invitation, published_on, statements }))
    }

    /// Saves a new questionnaire.
    pub async fn publish(&self, new: &Questionnaire) -> Result<(), DbFault> {
        let row = evaluation_questionnaire::Model {
            id: new.id,
            number: new.number,
            proposal: new.proposal,
            invitation: new.invitation.clone(),
            published_on: new.published_on,
        };
        let row = row.into_active_model().reset_all();
        evaluation_questionnaire::Entity::insert(row).exec_without_returning(self.tx).await?;
        let statements = (1_i32..).zip(&new.statements).map(|(place, of)| {
            let row = evaluation_statement::Model {
                id: of.id,
                questionnaire_id: new.id,
                place,
                code: of.code.clone(),
                statement: of.statement.clone(),
            };
            row.into_active_model().reset_all()
        });
        evaluation_statement::Entity::insert_many(statements)
            .exec_without_returning(self.tx)
            .await?;
        Ok(())
    }

    /// The sums of a course.
    pub async fn of_course(&self, course: Uuid) -> Result<Option<Row>, DbFault> {
        let row = course_evaluation::Entity::find()
            .filter(course_evaluation::Column::CourseId.eq(course))
            .one(self.tx)
            .await?;
        Ok(row)
    }

    /// The sums of a course, locked.
    pub async fn lock(&self, course: Uuid) -> Result<Option<Row>, DbFault> {
        let row = course_evaluation::Entity::find()
            .filter(course_evaluation::Column::CourseId.eq(course))
            .lock(LockType::Update)
            .one(self.tx)
            .await?;
        Ok(row)
    }

    /// Begins the sums of a course, with a key of its own, unless somebody else did; locked.
    pub async fn begin(
        &self,
        unit: &Unit,
        course: &Course,
        questionnaire: &Questionnaire,
    ) -> Result<Row, Stop> {
        let (_, key) = unit.vault().new_key(course.id).map_err(DbFault::from)?;
        let row = course_evaluation::Model {
            id: by_chance(unit),
            organisation_id: course.organisation_id,
            course_id: course.id,
            questionnaire_id: questionnaire.id,
            answers: 0,
            master: key.master,
            wrapped: key.bytes,
            texts: None,
        };
        let id = row.id;
        let once = OnConflict::column(course_evaluation::Column::CourseId).do_nothing().to_owned();
        course_evaluation::Entity::insert(row.into_active_model().reset_all())
            .on_conflict(once)
            .try_insert()
            .exec_without_returning(self.tx)
            .await?;
        let unreadable = || DbFault::unreadable("course_evaluation.course_id");
        let found = self.lock(course.id).await?.ok_or_else(unreadable)?;
        if found.id == id {
            let tallies = questionnaire.statements.iter().map(|statement| {
                let row = evaluation_tally::Model {
                    id: by_chance(unit),
                    evaluation_id: id,
                    statement_id: statement.id,
                    ones: 0,
                    twos: 0,
                    threes: 0,
                    fours: 0,
                    fives: 0,
                };
                row.into_active_model().reset_all()
            });
            evaluation_tally::Entity::insert_many(tallies).exec_without_returning(self.tx).await?;
        }
        Ok(found)
    }

    /// Writes every sum of a course anew, whether it changes or not: the engine marks rows that were written.
    pub async fn rewrite(
        &self,
        of: &Row,
        texts: Option<Vec<u8>>,
        score: impl Fn(Uuid) -> Option<i32>,
    ) -> Result<(), DbFault> {
        course_evaluation::Entity::update_many()
            .col_expr(course_evaluation::Column::Answers, Expr::value(of.answers + 1))
            .col_expr(course_evaluation::Column::Texts, Expr::value(texts))
            .filter(course_evaluation::Column::Id.eq(of.id))
            .exec(self.tx)
            .await?;
        for row in self.tallies(of.id).await? {
            let Tally([ones, twos, threes, fours, fives]) =
                tally_of(&row).and(score(row.statement_id));
            evaluation_tally::Entity::update_many()
                .col_expr(evaluation_tally::Column::Ones, Expr::value(ones))
                .col_expr(evaluation_tally::Column::Twos, Expr::value(twos))
                .col_expr(evaluation_tally::Column::Threes, Expr::value(threes))
                .col_expr(evaluation_tally::Column::Fours, Expr::value(fours))
                .col_expr(evaluation_tally::Column::Fives, Expr::value(fives))
                .filter(evaluation_tally::Column::Id.eq(row.id))
                .exec(self.tx)
                .await?;
        }
        Ok(())
    }

    async fn tallies(&self, evaluation: Uuid) -> Result<Vec<evaluation_tally::Model>, DbFault> {
        let rows = evaluation_tally::Entity::find()
            .filter(evaluation_tally::Column::EvaluationId.eq(evaluation))
            .order_by_asc(evaluation_tally::Column::Id)
            .all(self.tx)
            .await?;
        Ok(rows)
    }

    /// Notes that somebody answered, on which day, and nothing else.
    pub async fn participated(
        &self,
        unit: &Unit,
        (organisation, enrolment): (Uuid, Uuid),
    ) -> Result<(), DbFault> {
        let row = evaluation_participation::Model {
            id: by_chance(unit),
            organisation_id: organisation,
            enrolment_id: enrolment,
            answered_on: unit.today(),
        };
        let row = row.into_active_model().reset_all();
        evaluation_participation::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    /// Deletes that somebody answered about an enrolment.
    pub async fn forget(&self, enrolment: Uuid) -> Result<(), DbFault> {
        evaluation_participation::Entity::delete_many()
            .filter(evaluation_participation::Column::EnrolmentId.eq(enrolment))
            .exec(self.tx)
            .await?;
        Ok(())
    }

    /// Under which master keys the keys of courses are wrapped, and how many under each. Read as the system.
    pub async fn masters(&self) -> Result<Vec<(String, i64)>, DbFault> {
        let counted = course_evaluation::Entity::find()
            .select_only()
            .column(course_evaluation::Column::Master)
            .column_as(course_evaluation::Column::Id.count(), "keys")
            .group_by(course_evaluation::Column::Master)
            .order_by_asc(course_evaluation::Column::Master);
        Ok(counted.into_tuple().all(self.tx).await?)
    }

    /// Wraps keys of courses under the first master key that another one wraps; gives how many.
    pub async fn rewrap(&self, vault: &Vault, most: u64) -> Result<u64, Stop> {
        let masters: Vec<&str> = vault.ids().collect();
        let [_, others @ ..] = masters.as_slice() else { return Ok(0) };
        let due = course_evaluation::Entity::find()
            .filter(course_evaluation::Column::Master.is_in(others.iter().copied()))
            .order_by_asc(course_evaluation::Column::Id)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(self.tx)
            .await?;
        let done = due.len() as u64;
        for row in due {
            let key = key_of(vault, &row)?;
            let Wrapped { master, bytes } =
                vault.wrap(row.course_id, &key).map_err(DbFault::from)?;
            course_evaluation::Entity::update_many()
                .col_expr(course_evaluation::Column::Master, Expr::value(master))
                .col_expr(course_evaluation::Column::Wrapped, Expr::value(bytes))
                .filter(course_evaluation::Column::Id.eq(row.id))
                .exec(self.tx)
                .await?;
        }
        Ok(done)
    }
}

fn tally_of(row: &evaluation_tally::Model) -> Tally {
    let of = |count: i32| u32::try_from(count).unwrap_or_default();
    Tally([of(row.ones), of(row.twos), of(row.threes), of(row.fours), of(row.fives)])
}

/// An identifier that tells no time: those of the service do.
fn by_chance(unit: &Unit) -> Uuid {
    let mut chance = [0; 16];
    unit.fill(&mut chance);
    uuid::Builder::from_random_bytes(chance).into_uuid()
}

/// The key of a course.
///
/// # Errors
///
/// The vault cannot unwrap it.
pub fn key_of(vault: &Vault, row: &Row) -> Result<DataKey, DbFault> {
    let wrapped = Wrapped { master: row.master.clone(), bytes: row.wrapped.clone() };
    Ok(vault.unwrap(row.course_id, &wrapped)?)
}

/// The texts of a course.
///
/// # Errors
///
/// The vault cannot open them.
pub fn opened(vault: &Vault, row: &Row) -> Result<Vec<String>, DbFault> {
    use secrecy::ExposeSecret as _;
    let Some(sealed) = &row.texts else { return Ok(Vec::new()) };
    let text = key_of(vault, row)?.open_at(row.course_id.as_bytes(), sealed)?;
    serde_json::from_str(text.expose_secret())
        .map_err(|_| DbFault::unreadable("course_evaluation.texts"))
}

/// The texts of a course, sealed together: in the order of their letters, which tells nothing of when they came.
///
/// # Errors
///
/// The vault cannot seal them.
pub fn sealed(
    vault: &Vault,
    row: &Row,
    mut texts: Vec<String>,
) -> Result<Option<Vec<u8>>, DbFault> {
    if texts.is_empty() {
        return Ok(None);
    }
    texts.sort_unstable();
    let text = SecretString::from(serde_json::Value::from(texts).to_string());
    Ok(Some(key_of(vault, row)?.seal_at(row.course_id.as_bytes(), &text)?))
}
