//! Rows of what hangs on a licence beside its programme types: decisions, conditions, variations, reviews,
//! appeals. They are written under the licence's lock.

use chrono::NaiveDate;
use entities::{
    licence_appeal, licence_condition, licence_decision, licence_variation, quality_review,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::bounds::{Allowed, Bounds, Variation};
use super::model::{Licence, Tier};
use super::parts::{
    Appeal, AppealState, ConditionState, Decision, DecisionKind, DecisionState, NewCondition,
    ReviewKind, Sanction, VariationTerms,
};
use super::store::Licences;
use crate::command::Stop;
use crate::db::DbFault;

/// A decision in the making.
#[derive(Clone, Debug)]
pub struct NewDecision<'a> {
    /// What it is about.
    pub kind: DecisionKind,
    /// Why.
    pub reason: &'a str,
    /// What it says, in words.
    pub summary: String,
    /// What is to be applied with the confirmation; `None` for a decision of one person.
    pub terms: Option<String>,
    /// Who proposes it, or takes it alone.
    pub by: Uuid,
    /// In which role.
    pub role: &'a str,
}

/// A quality review to be recorded.
#[derive(Clone, Debug)]
pub struct NewReview {
    /// How it was made.
    pub kind: ReviewKind,
    /// When.
    pub reviewed_on: NaiveDate,
    /// What was found.
    pub findings: String,
    /// What it leads to.
    pub sanction: Sanction,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Licences<'_> {
    /// Adds a decision: one of two people as proposed, one of a single person as taken.
    pub async fn decide(&self, licence: &Licence, new: NewDecision<'_>) -> Result<Uuid, Stop> {
        let (id, today) = (self.unit.id(), self.unit.today());
        let proposed = new.terms.is_some();
        let state = if proposed { DecisionState::Proposed } else { DecisionState::Taken };
        let row = licence_decision::ActiveModel {
            id: Set(id),
            organisation_id: Set(licence.organisation_id),
            licence_id: Set(licence.id),
            kind: Set(new.kind.code().to_owned()),
            state: Set(state.code().to_owned()),
            reason: Set(new.reason.to_owned()),
            summary: Set(new.summary),
            terms: Set(new.terms),
            proposed_by: Set(new.by),
            proposed_as: Set(new.role.to_owned()),
            proposed_on: Set(today),
            confirmed_by: Set(None),
            confirmed_as: Set(None),
            taken_on: Set((!proposed).then_some(today)),
        };
        licence_decision::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(id)
    }

    /// The decision that stands proposed.
    pub async fn proposal(&self, licence: Uuid) -> Result<Option<Decision>, Stop> {
        let row = licence_decision::Entity::find()
            .filter(licence_decision::Column::LicenceId.eq(licence))
            .filter(licence_decision::Column::State.eq(DecisionState::Proposed.code()))
            .one(self.unit.tx())
            .await?;
        Ok(row.map(decision_of).transpose()?)
    }

    /// The decision, if it is about the licence.
    pub async fn decision(&self, licence: Uuid, id: Uuid) -> Result<Option<Decision>, Stop> {
        let row = licence_decision::Entity::find_by_id(id)
            .filter(licence_decision::Column::LicenceId.eq(licence))
            .one(self.unit.tx())
            .await?;
        Ok(row.map(decision_of).transpose()?)
    }

    /// The last decision of a kind that was taken about the licence.
    pub async fn latest(&self, licence: Uuid, kind: DecisionKind) -> Result<Option<Uuid>, Stop> {
        let row = licence_decision::Entity::find()
            .filter(licence_decision::Column::LicenceId.eq(licence))
            .filter(licence_decision::Column::Kind.eq(kind.code()))
            .filter(licence_decision::Column::State.eq(DecisionState::Taken.code()))
            .order_by_desc(licence_decision::Column::TakenOn)
            .order_by_desc(licence_decision::Column::Id)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(|row| row.id))
    }

    /// What stands proposed about the licence does so no longer.
    pub async fn drop_proposal(&self, licence: Uuid) -> Result<(), Stop> {
        let state = DecisionState::Dropped.code();
        licence_decision::Entity::update_many()
            .col_expr(licence_decision::Column::State, Expr::value(state))
            .filter(licence_decision::Column::LicenceId.eq(licence))
            .filter(licence_decision::Column::State.eq(DecisionState::Proposed.code()))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// A proposed decision is taken: another person confirmed it.
    pub async fn confirm(&self, id: Uuid, by: Uuid, role: &str) -> Result<(), Stop> {
        let state = DecisionState::Taken.code();
        licence_decision::Entity::update_many()
            .col_expr(licence_decision::Column::State, Expr::value(state))
            .col_expr(licence_decision::Column::ConfirmedBy, Expr::value(by))
            .col_expr(licence_decision::Column::ConfirmedAs, Expr::value(role))
            .col_expr(licence_decision::Column::TakenOn, Expr::value(self.unit.today()))
            .filter(licence_decision::Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Adds a condition.
    pub async fn add_condition(&self, licence: &Licence, new: &NewCondition) -> Result<(), Stop> {
        let row = licence_condition::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(licence.organisation_id),
            licence_id: Set(licence.id),
            text: Set(new.text.clone()),
            due_on: Set(new.due_on),
            state: Set(ConditionState::Open.code().to_owned()),
            settled_on: Set(None),
            settled_reason: Set(None),
            settled_by: Set(None),
        };
        licence_condition::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Where a condition of the licence stands.
    pub async fn condition(&self, licence: Uuid, id: Uuid) -> Result<Option<ConditionState>, Stop> {
        let row = licence_condition::Entity::find_by_id(id)
            .filter(licence_condition::Column::LicenceId.eq(licence))
            .one(self.unit.tx())
            .await?;
        let state = |row: licence_condition::Model| {
            ConditionState::from_code(&row.state)
                .ok_or_else(|| DbFault::unreadable("licence_condition.state"))
        };
        Ok(row.map(state).transpose()?)
    }

    /// Settles a condition.
    pub async fn settle(
        &self,
        id: Uuid,
        state: ConditionState,
        reason: &str,
        by: Uuid,
    ) -> Result<(), Stop> {
        licence_condition::Entity::update_many()
            .col_expr(licence_condition::Column::State, Expr::value(state.code()))
            .col_expr(licence_condition::Column::SettledOn, Expr::value(self.unit.today()))
            .col_expr(licence_condition::Column::SettledReason, Expr::value(reason))
            .col_expr(licence_condition::Column::SettledBy, Expr::value(by))
            .filter(licence_condition::Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Adds a variation.
    pub async fn add_variation(
        &self,
        licence: &Licence,
        decision: Uuid,
        terms: &VariationTerms,
    ) -> Result<(), Stop> {
        let row = licence_variation::Model {
            id: self.unit.id(),
            organisation_id: licence.organisation_id,
            licence_id: licence.id,
            decision_id: decision,
            tier: terms.tier.clone(),
            max_concurrent_courses: terms.max_concurrent_courses,
            max_trainees_per_course: terms.max_trainees_per_course,
            valid_from: terms.from,
            valid_to: terms.to,
        };
        let row = row.into_active_model().reset_all();
        licence_variation::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// The licence's variations.
    pub async fn variations(&self, licence: Uuid) -> Result<Vec<Variation>, Stop> {
        let rows = licence_variation::Entity::find()
            .filter(licence_variation::Column::LicenceId.eq(licence))
            .all(self.unit.tx())
            .await?;
        rows.into_iter().map(|row| Ok(variation_of(row)?)).collect()
    }

    /// What the licence lets its holder do.
    pub async fn allowed(&self, licence: &Licence) -> Result<Allowed, Stop> {
        let granted = Bounds {
            tier: licence.tier,
            max_concurrent_courses: licence.max_concurrent_courses,
            max_trainees_per_course: licence.max_trainees_per_course,
        };
        Ok(Allowed { granted, varied: self.variations(licence.id).await? })
    }

    /// Adds a quality review; `decision` is the sanction's.
    pub async fn add_review(
        &self,
        licence: &Licence,
        new: NewReview,
        decision: Option<Uuid>,
        by: Uuid,
    ) -> Result<(), Stop> {
        let row = quality_review::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(licence.organisation_id),
            licence_id: Set(licence.id),
            kind: Set(new.kind.code().to_owned()),
            reviewed_on: Set(new.reviewed_on),
            findings: Set(new.findings),
            sanction: Set(new.sanction.code().to_owned()),
            set_aside_on: Set(None),
            decision_id: Set(decision),
            recorded_by: Set(by),
        };
        quality_review::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// The sanction of a decision no longer counts.
    pub async fn set_aside(&self, decision: Uuid) -> Result<(), Stop> {
        quality_review::Entity::update_many()
            .col_expr(quality_review::Column::SetAsideOn, Expr::value(self.unit.today()))
            .filter(quality_review::Column::DecisionId.eq(decision))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Whether an appeal against the decision was lodged.
    pub async fn was_appealed(&self, organisation: Uuid, decision: Uuid) -> Result<bool, Stop> {
        let row = licence_appeal::Entity::find()
            .filter(licence_appeal::Column::OrganisationId.eq(organisation))
            .filter(licence_appeal::Column::DecisionId.eq(decision))
            .one(self.unit.tx())
            .await?;
        Ok(row.is_some())
    }

    /// Whether the appeal against the decision, if there is one, stands so.
    pub async fn has_appeal(
        &self,
        organisation: Uuid,
        decision: Option<Uuid>,
        state: AppealState,
    ) -> Result<bool, Stop> {
        let row = licence_appeal::Entity::find()
            .filter(licence_appeal::Column::OrganisationId.eq(organisation))
            .filter(licence_appeal::Column::DecisionId.eq(decision))
            .filter(licence_appeal::Column::State.eq(state.code()))
            .one(self.unit.tx())
            .await?;
        Ok(row.is_some())
    }

    /// Lodges an appeal against a decision.
    pub async fn lodge(
        &self,
        licence: &Licence,
        decision: &Decision,
        grounds: &str,
        by: Uuid,
    ) -> Result<(), Stop> {
        let row = licence_appeal::ActiveModel {
            id: Set(self.unit.id()),
            organisation_id: Set(licence.organisation_id),
            licence_id: Set(licence.id),
            decision_id: Set(decision.id),
            grounds: Set(grounds.to_owned()),
            state: Set(AppealState::Lodged.code().to_owned()),
            lodged_on: Set(self.unit.today()),
            lodged_by: Set(by),
            proposed_by: Set(decision.proposed_by),
            confirmed_by: Set(decision.confirmed_by),
            outcome: Set(None),
            decided_on: Set(None),
            decided_by: Set(None),
        };
        licence_appeal::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// An appeal of the licence.
    pub async fn appeal(&self, licence: Uuid, id: Uuid) -> Result<Option<Appeal>, Stop> {
        let row = licence_appeal::Entity::find_by_id(id)
            .filter(licence_appeal::Column::LicenceId.eq(licence))
            .one(self.unit.tx())
            .await?;
        let appeal = |row: licence_appeal::Model| {
            let state = AppealState::from_code(&row.state)
                .ok_or_else(|| DbFault::unreadable("licence_appeal.state"))?;
            let involved =
                [row.proposed_by, row.lodged_by].into_iter().chain(row.confirmed_by).collect();
            let (licence_id, decision_id) = (row.licence_id, row.decision_id);
            Ok::<_, DbFault>(Appeal { id: row.id, licence_id, decision_id, state, involved })
        };
        Ok(row.map(appeal).transpose()?)
    }

    /// Decides an appeal.
    pub async fn decide_appeal(
        &self,
        id: Uuid,
        state: AppealState,
        outcome: &str,
        by: Uuid,
    ) -> Result<(), Stop> {
        licence_appeal::Entity::update_many()
            .col_expr(licence_appeal::Column::State, Expr::value(state.code()))
            .col_expr(licence_appeal::Column::Outcome, Expr::value(outcome))
            .col_expr(licence_appeal::Column::DecidedOn, Expr::value(self.unit.today()))
            .col_expr(licence_appeal::Column::DecidedBy, Expr::value(by))
            .filter(licence_appeal::Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }
}

fn variation_of(row: licence_variation::Model) -> Result<Variation, DbFault> {
    let unreadable = || DbFault::unreadable("licence_variation.tier");
    let tier = |code: String| Tier::from_code(&code).ok_or_else(unreadable);
    Ok(Variation {
        from: row.valid_from,
        to: row.valid_to,
        tier: row.tier.map(tier).transpose()?,
        max_concurrent_courses: row.max_concurrent_courses,
        max_trainees_per_course: row.max_trainees_per_course,
    })
}

fn decision_of(row: licence_decision::Model) -> Result<Decision, DbFault> {
    Ok(Decision {
        id: row.id,
        licence_id: row.licence_id,
        kind: DecisionKind::from_code(&row.kind)
            .ok_or_else(|| DbFault::unreadable("licence_decision.kind"))?,
        state: DecisionState::from_code(&row.state)
            .ok_or_else(|| DbFault::unreadable("licence_decision.state"))?,
        terms: row.terms,
        reason: row.reason,
        proposed_by: row.proposed_by,
        proposed_as: row.proposed_as,
        proposed_on: row.proposed_on,
        confirmed_by: row.confirmed_by,
        taken_on: row.taken_on,
    })
}
