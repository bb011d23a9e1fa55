//! Rows of readiness, loaded under lock and saved.
//!
//! Locks are taken in one order: an organisation, its assessment, then a rater, an action or what is due.

use chrono::NaiveDate;
use entities::{
    organisation, readiness_action, readiness_answer, readiness_assessment, readiness_domain_score,
    readiness_due, readiness_evidence, readiness_finding, readiness_hand, readiness_instrument,
    readiness_rater, readiness_validation,
};
use sea_orm::sea_query::{LockType, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    TryInsertResult,
};
use uuid::Uuid;

use super::model::{
    Action, ActionState, Answer, Assessment, Content, Due, Evidence, Instrument, Part, Rater, State,
};
use super::rules::Sheet;
use super::score::{Finding, Score};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::organisation::model::Status;
use crate::refusal::{Code, Refusal};

mod instruments;
mod links;
mod rows;

/// The rows that the transaction's Scope lets it see and change.
pub struct Readiness<'a> {
    tx: &'a Tx,
}

/// One kind of record: found, locked, added and changed.
macro_rules! kept {
    ($($what:literal $entity:ident as $record:ident: $find:ident $lock:ident $insert:ident $update:ident;)+) => {$(
        #[expect(clippy::disallowed_methods, reason = "this is the store: its transaction carries the Scope")]
        impl Readiness<'_> {
            #[doc = concat!("The ", $what, ".")]
            pub async fn $find(&self, id: Uuid) -> Result<Option<$record>, Stop> {
                let row = $entity::Entity::find_by_id(id).one(self.tx).await?;
                Ok(row.map($record::try_from).transpose()?)
            }

            #[doc = concat!("The ", $what, ", locked.")]
            pub async fn $lock(&self, id: Uuid) -> Result<Option<$record>, Stop> {
                let row = $entity::Entity::find_by_id(id).lock(LockType::Update);
                let row = row.one(self.tx).await?;
                Ok(row.map($record::try_from).transpose()?)
            }

            #[doc = concat!("Saves a new ", $what, ".")]
            pub async fn $insert(&self, new: &$record) -> Result<(), Stop> {
                let row = $entity::Model::from(new.clone()).into_active_model().reset_all();
                $entity::Entity::insert(row).exec_without_returning(self.tx).await?;
                Ok(())
            }

            #[doc = concat!("Saves a changed ", $what, ", which has its next version already.")]
            pub async fn $update(&self, changed: &$record) -> Result<(), Stop> {
                let done = $entity::Entity::update_many()
                    .set($entity::Model::from(changed.clone()).into_active_model().reset_all())
                    .filter($entity::Column::Id.eq(changed.id))
                    .filter($entity::Column::Version.eq(changed.version - 1))
                    .exec(self.tx)
                    .await?;
                if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
            }
        }
    )+};
}

kept! {
    "instrument" readiness_instrument as Instrument:
        instrument lock_instrument insert_instrument update_instrument;
    "assessment" readiness_assessment as Assessment:
        assessment lock_assessment insert_assessment update_assessment;
    "rater" readiness_rater as Rater: rater lock_rater insert_rater update_rater;
    "piece of evidence" readiness_evidence as Evidence:
        evidence lock_evidence insert_evidence update_evidence;
    "action" readiness_action as Action: action lock_action insert_action update_action;
    "reassessment" readiness_due as Due: due lock_due insert_due update_due;
}

/// The states in which an assessment is open.
const OPEN: [State; 4] = [State::Draft, State::SelfSubmitted, State::InValidation, State::Returned];

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Readiness<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { tx: unit.tx() }
    }

    /// The store within a transaction that only reads.
    #[must_use]
    pub const fn within(tx: &'a Tx) -> Self {
        Self { tx }
    }

    /// The open assessment of an organisation.
    pub async fn open(&self, organisation: Uuid) -> Result<Option<Assessment>, Stop> {
        let row = readiness_assessment::Entity::find()
            .filter(readiness_assessment::Column::OrganisationId.eq(organisation))
            .filter(readiness_assessment::Column::State.is_in(OPEN.map(State::code)))
            .one(self.tx)
            .await?;
        Ok(row.map(Assessment::try_from).transpose()?)
    }

    /// The assessment of an organisation that stands: the last one that was validated, unless it counts no more.
    pub async fn standing(&self, organisation: Uuid) -> Result<Option<Assessment>, Stop> {
        let row = readiness_assessment::Entity::find()
            .filter(readiness_assessment::Column::OrganisationId.eq(organisation))
            .filter(readiness_assessment::Column::State.eq(State::Validated.code()))
            .one(self.tx)
            .await?;
        Ok(row.map(Assessment::try_from).transpose()?)
    }

    /// Every assessment of an organisation that was validated, also those that count no more, first one first.
    pub async fn validated(&self, organisation: Uuid) -> Result<Vec<Assessment>, Stop> {
        let rows = readiness_assessment::Entity::find()
            .filter(readiness_assessment::Column::OrganisationId.eq(organisation))
            .filter(readiness_assessment::Column::ValidatedOn.is_not_null())
            .order_by_asc(readiness_assessment::Column::ValidatedOn)
            .order_by_asc(readiness_assessment::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Assessment::try_from(row)?)).collect()
    }

    /// The raters of an assessment by their numbers.
    pub async fn raters(&self, assessment: Uuid) -> Result<Vec<Rater>, Stop> {
        let rows = readiness_rater::Entity::find()
            .filter(readiness_rater::Column::AssessmentId.eq(assessment))
            .order_by_asc(readiness_rater::Column::Number)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Rater::try_from(row)?)).collect()
    }

    /// The sheets of the raters whose answers count.
    pub async fn sheets(&self, assessment: Uuid) -> Result<Vec<Sheet>, Stop> {
        let answers = readiness_answer::Entity::find()
            .filter(readiness_answer::Column::AssessmentId.eq(assessment))
            .all(self.tx)
            .await?;
        let raters = self.raters(assessment).await?.into_iter().filter(|rater| !rater.withdrawn);
        let sheet = |rater: Rater| Sheet {
            number: rater.number,
            perspective: rater.perspective,
            answers: answers
                .iter()
                .filter(|answer| answer.rater_id == rater.id)
                .map(|answer| Answer {
                    indicator: answer.indicator_id,
                    score: answer.score,
                    note: answer.note.clone(),
                })
                .collect(),
        };
        Ok(raters.map(sheet).collect())
    }

    /// Writes answers of a rater over those that are there.
    pub async fn answer(&self, unit: &Unit, rater: &Rater, answers: &[Answer]) -> Result<(), Stop> {
        let row = |answer: &Answer| readiness_answer::ActiveModel {
            id: Set(unit.id()),
            organisation_id: Set(rater.organisation_id),
            assessment_id: Set(rater.assessment_id),
            rater_id: Set(rater.id),
            indicator_id: Set(answer.indicator),
            score: Set(answer.score),
            note: Set(answer.note.clone()),
            answered_at: Set(unit.now()),
        };
        use readiness_answer::Column::{AnsweredAt, IndicatorId, Note, RaterId, Score};
        let over = OnConflict::columns([RaterId, IndicatorId])
            .update_columns([Score, Note, AnsweredAt])
            .to_owned();
        readiness_answer::Entity::insert_many(answers.iter().map(row))
            .on_conflict(over)
            .exec_without_returning(self.tx)
            .await?;
        Ok(())
    }

    /// The scores of the reviewer.
    pub async fn scores(&self, assessment: Uuid) -> Result<Vec<Answer>, Stop> {
        let scores = self.scores_of([assessment]).await?;
        Ok(scores.into_iter().map(|(_, score)| score).collect())
    }

    /// The scores of the reviewers of some assessments, each with its assessment.
    pub async fn scores_of(
        &self,
        assessments: impl IntoIterator<Item = Uuid>,
    ) -> Result<Vec<(Uuid, Answer)>, Stop> {
        let rows = readiness_validation::Entity::find()
            .filter(readiness_validation::Column::AssessmentId.is_in(assessments))
            .all(self.tx)
            .await?;
        let score = |row: readiness_validation::Model| {
            let (indicator, score, note) = (row.indicator_id, row.score, row.comment);
            (row.assessment_id, Answer { indicator, score, note })
        };
        Ok(rows.into_iter().map(score).collect())
    }

    /// Keeps that an account had this hand in an assessment: it is not forgotten when another does the same after it.
    pub async fn keep_hand(
        &self,
        unit: &Unit,
        (of, by): (&Assessment, Uuid),
        part: Part,
    ) -> Result<(), Stop> {
        let row = readiness_hand::ActiveModel {
            id: Set(unit.id()),
            organisation_id: Set(of.organisation_id),
            assessment_id: Set(of.id),
            account_id: Set(by),
            part: Set(part.code().to_owned()),
        };
        readiness_hand::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(self.tx)
            .await?;
        Ok(())
    }

    /// Who had a hand in an assessment, and which.
    pub async fn hands(&self, assessment: Uuid) -> Result<Vec<(Uuid, Part)>, Stop> {
        let rows = readiness_hand::Entity::find()
            .filter(readiness_hand::Column::AssessmentId.eq(assessment))
            .order_by_asc(readiness_hand::Column::Id)
            .all(self.tx)
            .await?;
        let hand = |row: readiness_hand::Model| {
            let part = Part::from_code(&row.part);
            part.map(|part| (row.account_id, part))
                .ok_or_else(|| DbFault::unreadable("readiness_hand.part").into())
        };
        rows.into_iter().map(hand).collect()
    }

    /// Whether an organisation was validated at any time, or has handed an assessment in.
    pub async fn is_assessed(&self, organisation: Uuid) -> Result<bool, Stop> {
        let handed_in = [State::SelfSubmitted, State::InValidation, State::Returned];
        use readiness_assessment::Column::{OrganisationId, State as Standing, ValidatedOn};
        let row = readiness_assessment::Entity::find()
            .filter(OrganisationId.eq(organisation))
            .filter(
                Condition::any()
                    .add(ValidatedOn.is_not_null())
                    .add(Standing.is_in(handed_in.map(State::code))),
            )
            .one(self.tx)
            .await?;
        Ok(row.is_some())
    }

    /// Whether a validated assessment was found to lack a plan.
    pub async fn lacked_plan(&self, assessment: Uuid) -> Result<bool, Stop> {
        let row = readiness_finding::Entity::find()
            .filter(readiness_finding::Column::AssessmentId.eq(assessment))
            .filter(readiness_finding::Column::Rule.eq("ACTION_PLAN"))
            .one(self.tx)
            .await?;
        Ok(row.is_some())
    }

    /// How many pieces of evidence an assessment ever had.
    pub async fn evidence_count(&self, assessment: Uuid) -> Result<u64, Stop> {
        let count = readiness_evidence::Entity::find()
            .filter(readiness_evidence::Column::AssessmentId.eq(assessment))
            .count(self.tx)
            .await?;
        Ok(count)
    }

    /// Writes scores of the reviewer over those that are there.
    pub async fn score(&self, unit: &Unit, of: &Assessment, scores: &[Answer]) -> Result<(), Stop> {
        let row = |score: &Answer| readiness_validation::ActiveModel {
            id: Set(unit.id()),
            organisation_id: Set(of.organisation_id),
            assessment_id: Set(of.id),
            indicator_id: Set(score.indicator),
            score: Set(score.score),
            comment: Set(score.note.clone()),
            scored_at: Set(unit.now()),
        };
        use readiness_validation::Column::{AssessmentId, Comment, IndicatorId, Score, ScoredAt};
        let over = OnConflict::columns([AssessmentId, IndicatorId])
            .update_columns([Score, Comment, ScoredAt])
            .to_owned();
        readiness_validation::Entity::insert_many(scores.iter().map(row))
            .on_conflict(over)
            .exec_without_returning(self.tx)
            .await?;
        Ok(())
    }

    /// Writes what each domain scored over what is there, and what was found when it was validated, which happens once.
    pub async fn keep_outcome(
        &self,
        unit: &Unit,
        of: &Assessment,
        content: &Content,
        (own, validated): (&Score, Option<&Score>),
    ) -> Result<(), Stop> {
        let of_domain = |score: &Score, place: usize| score.domains.get(place).copied().flatten();
        let row = |(place, id): (usize, &Uuid)| readiness_domain_score::ActiveModel {
            id: Set(unit.id()),
            organisation_id: Set(of.organisation_id),
            assessment_id: Set(of.id),
            domain_id: Set(*id),
            self_score: Set(of_domain(own, place)),
            score: Set(validated.and_then(|score| of_domain(score, place))),
        };
        let rows = content.domain_ids.iter().enumerate().map(row);
        use readiness_domain_score::Column::{
            AssessmentId, DomainId, Score as Validated, SelfScore,
        };
        let over = OnConflict::columns([AssessmentId, DomainId])
            .update_columns([SelfScore, Validated])
            .to_owned();
        readiness_domain_score::Entity::insert_many(rows)
            .on_conflict(over)
            .exec_without_returning(self.tx)
            .await?;
        match validated {
            Some(score) => self.keep_findings(unit, of, content, score).await,
            None => Ok(()),
        }
    }

    async fn keep_findings(
        &self,
        unit: &Unit,
        of: &Assessment,
        content: &Content,
        score: &Score,
    ) -> Result<(), Stop> {
        let for_ready = score.for_ready.iter().map(|finding| ("READY", finding));
        let for_conditional = score.for_conditional.iter().map(|finding| ("CONDITIONAL", finding));
        let rows =
            (1_i32..).zip(for_ready.chain(for_conditional)).map(|(place, (bar, finding))| {
                let (rule, domain, item, needed, found) = match *finding {
                    Finding::Overall { needed, found } => {
                        ("OVERALL", None, None, Some(needed), Some(found))
                    }
                    Finding::Domain { domain, needed, found } => {
                        ("DOMAIN", Some(domain), None, Some(needed), Some(found))
                    }
                    Finding::Critical { item, needed, found } => {
                        // A reviewer gives whole points.
                        ("CRITICAL", None, Some(item), Some(needed), Some(found / 100))
                    }
                    Finding::ActionPlan => ("ACTION_PLAN", None, None, None, None),
                };
                readiness_finding::ActiveModel {
                    id: Set(unit.id()),
                    organisation_id: Set(of.organisation_id),
                    assessment_id: Set(of.id),
                    place: Set(place),
                    outcome: Set(bar.to_owned()),
                    rule: Set(rule.to_owned()),
                    domain_id: Set(domain.and_then(|place| content.domain_ids.get(place).copied())),
                    indicator_id: Set(
                        item.and_then(|place| content.indicator_ids.get(place).copied())
                    ),
                    needed: Set(needed),
                    found: Set(found),
                }
            });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            readiness_finding::Entity::insert_many(rows).exec_without_returning(self.tx).await?;
        }
        Ok(())
    }

    /// The evidence of an assessment that was not taken back.
    pub async fn evidence_of(&self, assessment: Uuid) -> Result<Vec<Evidence>, Stop> {
        let rows = readiness_evidence::Entity::find()
            .filter(readiness_evidence::Column::AssessmentId.eq(assessment))
            .filter(readiness_evidence::Column::RemovedOn.is_null())
            .order_by_asc(readiness_evidence::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Evidence::try_from(row)?)).collect()
    }

    /// The open actions of a plan, earliest first.
    pub async fn open_actions(&self, assessment: Uuid) -> Result<Vec<Action>, Stop> {
        let rows = readiness_action::Entity::find()
            .filter(readiness_action::Column::AssessmentId.eq(assessment))
            .filter(readiness_action::Column::State.eq(ActionState::Open.code()))
            .order_by_asc(readiness_action::Column::DueOn)
            .order_by_asc(readiness_action::Column::Id)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Action::try_from(row)?)).collect()
    }

    /// Saves what makes a reassessment due, unless it does already; says whether it did.
    pub async fn raise(&self, new: &Due) -> Result<bool, Stop> {
        let row = readiness_due::Model::from(new.clone()).into_active_model().reset_all();
        let added = readiness_due::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(self.tx)
            .await?;
        Ok(matches!(added, TryInsertResult::Inserted(1..)))
    }

    /// The reassessments of an organisation that are due, locked.
    pub async fn lock_due_of(&self, organisation: Uuid) -> Result<Vec<Due>, Stop> {
        let rows = readiness_due::Entity::find()
            .filter(readiness_due::Column::OrganisationId.eq(organisation))
            .filter(readiness_due::Column::SettledOn.is_null())
            .order_by_asc(readiness_due::Column::Id)
            .lock(LockType::Update)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Due::try_from(row)?)).collect()
    }

    /// Open actions of assessments that are not over, of organisations that are not closed, that were due before
    /// `today` and of which nobody was reminded since `before`, at most `most`: locked, and without those that
    /// another replica has.
    pub async fn lock_overdue(
        &self,
        (today, before): (NaiveDate, NaiveDate),
        most: u64,
    ) -> Result<Vec<Action>, Stop> {
        let reminded = readiness_action::Column::RemindedOn;
        let mut live: Vec<&str> = OPEN.iter().map(|state| state.code()).collect();
        live.push(State::Validated.code());
        let live = Query::select()
            .column(readiness_assessment::Column::Id)
            .from(readiness_assessment::Entity)
            .and_where(readiness_assessment::Column::State.is_in(live))
            .to_owned();
        let closed = Query::select()
            .column(organisation::Column::Id)
            .from(organisation::Entity)
            .and_where(organisation::Column::Status.eq(Status::Closed.code()))
            .to_owned();
        let rows = readiness_action::Entity::find()
            .filter(readiness_action::Column::State.eq(ActionState::Open.code()))
            .filter(readiness_action::Column::DueOn.lt(today))
            .filter(Condition::any().add(reminded.is_null()).add(reminded.lte(before)))
            .filter(readiness_action::Column::AssessmentId.in_subquery(live))
            .filter(readiness_action::Column::OrganisationId.not_in_subquery(closed))
            .order_by_asc(readiness_action::Column::DueOn)
            .order_by_asc(readiness_action::Column::Id)
            .limit(most)
            .lock_with_behavior(LockType::Update, sea_orm::sea_query::LockBehavior::SkipLocked)
            .all(self.tx)
            .await?;
        rows.into_iter().map(|row| Ok(Action::try_from(row)?)).collect()
    }
}
