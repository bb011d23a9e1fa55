//! Who holds the role of a reviewer, and who has a link to an organisation.

use chrono::NaiveDate;
use entities::{
    course, licence, licence_condition, organisation, organisation_contact, person_email,
    person_membership, region_membership, role_grant, trainer, trainer_affiliation,
};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::Readiness;
use crate::actor::service::{person_of, persons_since};
use crate::actor::{GrantScope, Role};
use crate::command::{Stop, Unit};
use crate::db::DbFault;
use crate::employer::model::Purpose;
use crate::organisation::model::Status;
use crate::readiness::model::Action;

/// Whether a period with this end holds on `today`, where it begins no later.
fn lasts(to: Option<NaiveDate>, today: NaiveDate) -> bool {
    to.is_none_or(|to| today < to)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl Readiness<'_> {
    /// The grants of an account, and of every account of the same person, whenever they hold.
    async fn all_grants_of(
        &self,
        unit: &Unit,
        account: Uuid,
    ) -> Result<Vec<role_grant::Model>, Stop> {
        let person = person_of(unit, account).await?;
        let whose = Condition::any()
            .add(role_grant::Column::AccountId.eq(account))
            .add_option(person.map(|person| role_grant::Column::PersonId.eq(person)));
        Ok(role_grant::Entity::find().filter(whose).all(self.tx).await?)
    }

    /// Where an organisation stands.
    pub async fn status(&self, id: Uuid) -> Result<Option<Status>, Stop> {
        let row = organisation::Entity::find_by_id(id).one(self.tx).await?;
        let status = row.map(|row| {
            Status::from_code(&row.status).ok_or_else(|| DbFault::unreadable("organisation.status"))
        });
        Ok(status.transpose()?)
    }

    /// Whether the account holds a role as a reviewer that counts for the organisation: for what is assigned, for
    /// its region, or for it.
    pub async fn reviews_for(
        &self,
        unit: &Unit,
        account: Uuid,
        organisation: Uuid,
    ) -> Result<bool, Stop> {
        let regions = region_membership::Entity::find()
            .filter(region_membership::Column::OrganisationId.eq(organisation))
            .filter(region_membership::Column::ValidFrom.lte(unit.today()))
            .all(self.tx)
            .await?;
        let region = regions.into_iter().find(|held| lasts(held.valid_to, unit.today()));
        let region = region.map(|held| held.region_id);
        let counts = |grant: &role_grant::Model| {
            grant.account_id == account
                && grant.role == Role::Reviewer.code()
                && match GrantScope::from_parts(&grant.scope_type, grant.scope_id) {
                    Some(GrantScope::Own) => true,
                    Some(GrantScope::Organisation(id)) => id == organisation,
                    Some(GrantScope::Region(id)) => Some(id) == region,
                    Some(GrantScope::Nation | GrantScope::Course(_)) | None => false,
                }
        };
        let holds = |grant: &&role_grant::Model| {
            grant.valid_from <= unit.today() && lasts(grant.valid_to, unit.today())
        };
        Ok(self.all_grants_of(unit, account).await?.iter().filter(holds).any(counts))
    }

    /// RDY-3: whether the account, or the person whose it is, has a link to the organisation today or from a later
    /// day on: a role there or in a course of it, other than as its reviewer, a record that it keeps, or an
    /// affiliation as a trainer.
    pub async fn is_linked(
        &self,
        unit: &Unit,
        account: Uuid,
        organisation: Uuid,
    ) -> Result<bool, Stop> {
        let today = unit.today();
        let mut grants = self.all_grants_of(unit, account).await?;
        // What ended on this day was a link on it.
        let lasts = |to: Option<NaiveDate>, today: NaiveDate| to.is_none_or(|to| today <= to);
        grants.retain(|grant| lasts(grant.valid_to, today) && grant.role != Role::Reviewer.code());
        let scopes = grants.iter().map(|g| GrantScope::from_parts(&g.scope_type, g.scope_id));
        let scopes: Vec<GrantScope> = scopes.flatten().collect();
        if scopes.contains(&GrantScope::Organisation(organisation)) {
            return Ok(true);
        }
        let of_course = |scope: &GrantScope| match scope {
            GrantScope::Course(id) => Some(*id),
            _ => None,
        };
        let courses: Vec<Uuid> = scopes.iter().filter_map(of_course).collect();
        if !courses.is_empty() {
            let here = Condition::any()
                .add(course::Column::OrganisationId.eq(organisation))
                .add(course::Column::HostId.eq(organisation));
            let known = course::Entity::find()
                .filter(course::Column::Id.is_in(courses))
                .filter(here)
                .one(self.tx)
                .await?;
            if known.is_some() {
                return Ok(true);
            }
        }
        for person in persons_since(unit, account, today).await? {
            let records = person_membership::Entity::find()
                .filter(person_membership::Column::PersonId.eq(person))
                .filter(person_membership::Column::OrganisationId.eq(organisation))
                .all(self.tx)
                .await?;
            let trainers = trainer::Entity::find()
                .filter(trainer::Column::PersonId.eq(person))
                .all(self.tx)
                .await?;
            let affiliations = trainer_affiliation::Entity::find()
                .filter(trainer_affiliation::Column::TrainerId.is_in(trainers.iter().map(|t| t.id)))
                .filter(trainer_affiliation::Column::OrganisationId.eq(organisation))
                .all(self.tx)
                .await?;
            if records.iter().any(|held| lasts(held.valid_to, today))
                || affiliations.iter().any(|held| lasts(held.valid_to, today))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The address at which an organisation is reminded of an action: a verified one of the person who sees to it, else
    /// that of whoever leads peer support there.
    pub async fn reminded_at(
        &self,
        action: &Action,
        today: NaiveDate,
    ) -> Result<Option<String>, Stop> {
        if let Some(owner) = action.owner_id
            && self.keeps_record(action.organisation_id, owner, today).await?
        {
            let known = person_email::Entity::find()
                .filter(person_email::Column::PersonId.eq(owner))
                .filter(person_email::Column::VerifiedAt.is_not_null())
                .filter(person_email::Column::ValidFrom.lte(today))
                .order_by_asc(person_email::Column::Id)
                .all(self.tx)
                .await?;
            if let Some(email) = known.into_iter().find(|email| lasts(email.valid_to, today)) {
                return Ok(Some(email.address));
            }
        }
        let contacts = organisation_contact::Entity::find()
            .filter(organisation_contact::Column::OrganisationId.eq(action.organisation_id))
            .filter(organisation_contact::Column::Purpose.eq(Purpose::PeerSupportLead.code()))
            .filter(organisation_contact::Column::ValidFrom.lte(today))
            .all(self.tx)
            .await?;
        let contact = contacts.into_iter().find(|contact| lasts(contact.valid_to, today));
        Ok(contact.and_then(|contact| contact.email))
    }

    /// The numbers of the licences that stand on an assessment and have an open condition with this text.
    pub async fn conditioned(&self, assessment: Uuid, text: &str) -> Result<Vec<String>, Stop> {
        let numbers = licence::Entity::find()
            .filter(licence::Column::ReadinessAssessmentId.eq(assessment))
            .filter(
                licence::Column::Id.in_subquery(
                    Query::select()
                        .column(licence_condition::Column::LicenceId)
                        .from(licence_condition::Entity)
                        .and_where(licence_condition::Column::Text.eq(text))
                        .and_where(licence_condition::Column::State.eq("OPEN"))
                        .to_owned(),
                ),
            )
            .select_only()
            .column(licence::Column::Number)
            .order_by_asc(licence::Column::Id)
            .into_tuple::<Option<String>>()
            .all(self.tx)
            .await?;
        Ok(numbers.into_iter().flatten().collect())
    }

    /// Whether the organisation keeps the record of the person today.
    pub async fn keeps_record(
        &self,
        organisation: Uuid,
        person: Uuid,
        today: NaiveDate,
    ) -> Result<bool, Stop> {
        let records = person_membership::Entity::find()
            .filter(person_membership::Column::PersonId.eq(person))
            .filter(person_membership::Column::OrganisationId.eq(organisation))
            .filter(person_membership::Column::ValidFrom.lte(today))
            .all(self.tx)
            .await?;
        Ok(records.iter().any(|held| lasts(held.valid_to, today)))
    }
}
