//! Rows of data protection, loaded under lock and saved.

use chrono::{NaiveDate, NaiveTime};
use entities::{
    consent, erasure_decision, erasure_request, person_account, person_membership,
    processing_restriction, restricted_person, retention_hold, retention_item, retention_proposal,
    retention_rule,
};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::model::{
    Consent, ConsentPurpose, DataClass, ErasureDecision, ErasureRequest, Hold, ItemOutcome,
    ProposalState, RequestState, Restriction, RetentionItem, RetentionProposal, RetentionRule,
};
use crate::command::{Stop, Unit};
use crate::db::{DbFault, Tx};
use crate::refusal::{Code, Refusal};

/// The rows that the unit's Scope lets it see and change.
pub struct Protection<'a> {
    unit: &'a Unit,
}

/// One kind of record that has versions: found, locked, added and changed.
macro_rules! kept {
    ($($what:literal $entity:ident as $record:ident: $lock:ident $insert:ident $update:ident;)+) => {$(
        #[expect(clippy::disallowed_methods, reason = "this is the store: its transaction carries the Scope")]
        impl Protection<'_> {
            #[doc = concat!("The ", $what, ", locked.")]
            pub async fn $lock(&self, id: Uuid) -> Result<Option<$record>, Stop> {
                let row = $entity::Entity::find_by_id(id).lock(LockType::Update);
                Ok(row.one(self.unit.tx()).await?.map($record::try_from).transpose()?)
            }

            #[doc = concat!("Saves a new ", $what, ".")]
            pub async fn $insert(&self, new: &$record) -> Result<(), Stop> {
                let row = $entity::Model::from(new.clone()).into_active_model().reset_all();
                $entity::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
                Ok(())
            }

            #[doc = concat!("Saves a changed ", $what, " as its next version, unless somebody else changed it.")]
            pub async fn $update(&self, changed: $record) -> Result<$record, Stop> {
                let before = changed.version;
                let after = $record { version: before + 1, ..changed };
                let done = $entity::Entity::update_many()
                    .set($entity::Model::from(after.clone()).into_active_model().reset_all())
                    .filter($entity::Column::Id.eq(after.id))
                    .filter($entity::Column::Version.eq(before))
                    .exec(self.unit.tx())
                    .await?;
                if done.rows_affected == 1 { Ok(after) } else { Err(Refusal::whole(Code::Conflict).into()) }
            }
        }
    )+};
}

kept! {
    "consent" consent as Consent: lock_consent insert_consent update_consent;
    "restriction" processing_restriction as Restriction:
        lock_restriction insert_restriction update_restriction;
    "rule" retention_rule as RetentionRule: lock_rule insert_rule update_rule;
    "hold" retention_hold as Hold: lock_hold insert_hold update_hold;
    "proposal" retention_proposal as RetentionProposal:
        lock_proposal insert_proposal update_proposal;
    "request for erasure" erasure_request as ErasureRequest:
        lock_request insert_request update_request;
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> Protection<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The live consent for a credential, a profile or, without either, of a person; locked.
    pub async fn live_consent(
        &self,
        purpose: ConsentPurpose,
        of: Uuid,
    ) -> Result<Option<Consent>, Stop> {
        let column = match purpose {
            ConsentPurpose::CredentialListing => consent::Column::CredentialId,
            ConsentPurpose::TrainerListing => consent::Column::TrainerId,
            ConsentPurpose::CaseStudy | ConsentPurpose::Transfer => consent::Column::PersonId,
        };
        let row = consent::Entity::find()
            .filter(column.eq(of))
            .filter(consent::Column::Purpose.eq(purpose.code()))
            .filter(consent::Column::WithdrawnAt.is_null())
            .lock(LockType::Update)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(Consent::try_from).transpose()?)
    }

    /// The consents of a person that were not withdrawn, locked.
    pub async fn live_consents(&self, person: Uuid) -> Result<Vec<Consent>, Stop> {
        let rows = consent::Entity::find()
            .filter(consent::Column::PersonId.eq(person))
            .filter(consent::Column::WithdrawnAt.is_null())
            .order_by_asc(consent::Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(Consent::try_from).collect::<Result<_, _>>()?)
    }

    /// Whether the processing of a person's data is restricted.
    pub async fn is_restricted(&self, person: Uuid) -> Result<bool, Stop> {
        Ok(is_restricted(self.unit.tx(), person).await?)
    }

    /// Those of some people whose data are restricted.
    pub async fn restricted_of(&self, people: &[Uuid]) -> Result<Vec<Uuid>, Stop> {
        Ok(restricted_among(self.unit.tx(), people).await?)
    }

    /// Everyone whose data are restricted: a few.
    pub async fn restricted(&self) -> Result<Vec<Uuid>, Stop> {
        let rows =
            restricted_person::Entity::find().select_only().column(restricted_person::Column::Id);
        Ok(rows.into_tuple().all(self.unit.tx()).await?)
    }

    /// The restriction of a person that lasts, locked.
    pub async fn live_restriction(&self, person: Uuid) -> Result<Option<Restriction>, Stop> {
        let row = processing_restriction::Entity::find()
            .filter(processing_restriction::Column::PersonId.eq(person))
            .filter(processing_restriction::Column::LiftedAt.is_null())
            .lock(LockType::Update)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(Restriction::try_from).transpose()?)
    }

    /// Says that a person's data are restricted, where declarations and policies look.
    pub async fn mark(&self, person: Uuid) -> Result<(), Stop> {
        let row = restricted_person::ActiveModel { id: Set(person) };
        restricted_person::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Says that they are not any more.
    pub async fn unmark(&self, person: Uuid) -> Result<(), Stop> {
        restricted_person::Entity::delete_by_id(person).exec(self.unit.tx()).await?;
        Ok(())
    }

    /// How long every class is kept.
    pub async fn rules(&self) -> Result<Vec<RetentionRule>, Stop> {
        let rows = retention_rule::Entity::find()
            .order_by_asc(retention_rule::Column::Class)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(RetentionRule::try_from).collect::<Result<_, _>>()?)
    }

    /// Every hold that was not lifted.
    pub async fn holds(&self) -> Result<Vec<Hold>, Stop> {
        let rows = retention_hold::Entity::find()
            .filter(retention_hold::Column::LiftedAt.is_null())
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(Hold::try_from).collect::<Result<_, _>>()?)
    }

    /// Lets nobody place a hold until the transaction ends: what is erased was not held then.
    pub async fn lock_rules(&self) -> Result<(), Stop> {
        retention_rule::Entity::find()
            .order_by_asc(retention_rule::Column::Id)
            .lock(LockType::Update)
            .all(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Whether a proposal of a class waits for its decision or its end.
    pub async fn has_proposal(&self, class: DataClass) -> Result<bool, Stop> {
        let states = [ProposalState::Open.code(), ProposalState::Approved.code()];
        let found = retention_proposal::Entity::find()
            .filter(retention_proposal::Column::Class.eq(class.code()))
            .filter(retention_proposal::Column::State.is_in(states))
            .count(self.unit.tx())
            .await?;
        Ok(found > 0)
    }

    /// The approved proposal that waits longest, locked, past those that others hold.
    pub async fn next_approved(&self) -> Result<Option<RetentionProposal>, Stop> {
        let row = retention_proposal::Entity::find()
            .filter(retention_proposal::Column::State.eq(ProposalState::Approved.code()))
            .order_by_asc(retention_proposal::Column::Id)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(self.unit.tx())
            .await?;
        Ok(row.map(RetentionProposal::try_from).transpose()?)
    }

    /// Saves the records of a proposal.
    pub async fn insert_items(&self, items: Vec<RetentionItem>) -> Result<(), Stop> {
        // Within the number of parameters that both engines take.
        for some in items.chunks(100) {
            let rows = some
                .iter()
                .cloned()
                .map(|item| retention_item::Model::from(item).into_active_model().reset_all());
            retention_item::Entity::insert_many(rows)
                .exec_without_returning(self.unit.tx())
                .await?;
        }
        Ok(())
    }

    /// Records of a proposal with which nothing was done yet, at most `most`.
    pub async fn due_items(&self, proposal: Uuid, most: u64) -> Result<Vec<RetentionItem>, Stop> {
        let rows = retention_item::Entity::find()
            .filter(retention_item::Column::ProposalId.eq(proposal))
            .filter(retention_item::Column::Outcome.eq(ItemOutcome::Due.code()))
            .order_by_asc(retention_item::Column::Id)
            .limit(most)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(RetentionItem::try_from).collect::<Result<_, _>>()?)
    }

    /// Says what became of a record of a proposal.
    pub async fn settle(&self, item: Uuid, outcome: ItemOutcome) -> Result<(), Stop> {
        retention_item::Entity::update_many()
            .col_expr(retention_item::Column::Outcome, Expr::value(outcome.code()))
            .filter(retention_item::Column::Id.eq(item))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Whose data a request is about.
    pub async fn person_of_request(&self, id: Uuid) -> Result<Option<Uuid>, Stop> {
        let row = erasure_request::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(|row| row.person_id))
    }

    /// Whether a person has an open request for erasure.
    pub async fn has_request(&self, person: Uuid) -> Result<bool, Stop> {
        let found = erasure_request::Entity::find()
            .filter(erasure_request::Column::PersonId.eq(person))
            .filter(erasure_request::Column::State.eq(RequestState::Open.code()))
            .count(self.unit.tx())
            .await?;
        Ok(found > 0)
    }

    /// Saves what was decided about a class.
    pub async fn insert_decision(&self, new: ErasureDecision) -> Result<(), Stop> {
        let row = erasure_decision::Model::from(new).into_active_model().reset_all();
        erasure_decision::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// The organisations that keep or kept a person's record.
    pub async fn keepers(&self, person: Uuid) -> Result<Vec<Uuid>, Stop> {
        let rows = person_membership::Entity::find()
            .select_only()
            .column(person_membership::Column::OrganisationId)
            .filter(person_membership::Column::PersonId.eq(person));
        Ok(rows.into_tuple().all(self.unit.tx()).await?)
    }

    /// The accounts that belong or belonged to a person.
    pub async fn accounts(&self, person: Uuid) -> Result<Vec<Uuid>, Stop> {
        let rows = person_account::Entity::find()
            .select_only()
            .column(person_account::Column::AccountId)
            .filter(person_account::Column::PersonId.eq(person))
            .order_by_asc(person_account::Column::AccountId);
        Ok(rows.into_tuple().all(self.unit.tx()).await?)
    }

    /// Gives what hangs on one person to another: holds, requests, items and past consents.
    pub async fn hand_over(&self, from: Uuid, to: Uuid) -> Result<(), Stop> {
        macro_rules! given {
            ($($entity:ident),+) => {$(
                $entity::Entity::update_many()
                    .col_expr($entity::Column::PersonId, Expr::value(to))
                    .filter($entity::Column::PersonId.eq(from))
                    .exec(self.unit.tx())
                    .await?;
            )+};
        }
        given!(consent, retention_hold, retention_item, erasure_request, processing_restriction);
        Ok(())
    }
}

/// Whether the processing of a person's data is restricted.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "everyone may ask this of a person")]
pub async fn is_restricted(tx: &Tx, person: Uuid) -> Result<bool, DbFault> {
    let found = restricted_person::Entity::find_by_id(person).count(tx).await?;
    Ok(found > 0)
}

/// Those of some people whose data are restricted.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "the marks are everyone's to read")]
pub async fn restricted_among(tx: &Tx, people: &[Uuid]) -> Result<Vec<Uuid>, DbFault> {
    let rows = restricted_person::Entity::find()
        .select_only()
        .column(restricted_person::Column::Id)
        .filter(restricted_person::Column::Id.is_in(people.iter().copied()));
    Ok(rows.into_tuple().all(tx).await?)
}

/// What ended on `day` or before, as instants: before this one.
#[must_use]
pub fn end_of(day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
    let next = day.succ_opt().unwrap_or(NaiveDate::MAX);
    let midnight = crate::calendar::london(next, NaiveTime::MIN);
    midnight.unwrap_or_else(|| next.and_time(NaiveTime::MIN).and_utc())
}
