//! Rows of people, loaded under lock and saved.
//!
//! Locks are taken in one order: organisations, accounts, people by id, then what hangs on them.

use chrono::NaiveDate;
use entities::{
    account, person, person_account, person_email, person_id_change, person_membership, person_name,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait as _, DbBackend, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select, Value,
};
use uuid::Uuid;

use super::model::{Link, Names, Person};
use super::rules::{Traits, unmet_for_change};
use crate::command::{Stop, Unit};
use crate::refusal::{Code, Refusal};

/// The people that the unit's Scope lets it see and change.
pub struct People<'a> {
    unit: &'a Unit,
}

/// What a person is or was called.
#[derive(Clone, Debug, Default)]
pub struct Called {
    /// Present and former names.
    pub names: Vec<String>,
    /// Present and former addresses.
    pub addresses: Vec<String>,
}

/// An e-mail address as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The row.
    pub id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// First day.
    pub from: NaiveDate,
    /// The day from which it is no longer used.
    pub to: Option<NaiveDate>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the store: its transaction carries the Scope"
)]
impl<'a> People<'a> {
    /// The store of `unit`.
    #[must_use]
    pub const fn of(unit: &'a Unit) -> Self {
        Self { unit }
    }

    /// The person.
    pub async fn find(&self, id: Uuid) -> Result<Option<Person>, Stop> {
        Ok(person::Entity::find_by_id(id).one(self.unit.tx()).await?.map(person_of))
    }

    /// The person, locked.
    pub async fn lock(&self, id: Uuid) -> Result<Option<Person>, Stop> {
        let row = person::Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(row.map(person_of))
    }

    /// Lets nobody else give roles to an account, or say whose it is, until the transaction ends.
    pub async fn lock_account(&self, id: Uuid) -> Result<(), Stop> {
        account::Entity::find_by_id(id).lock(LockType::Update).one(self.unit.tx()).await?;
        Ok(())
    }

    /// Lets the rest of the transaction write the record of somebody who becomes known to the network: row policies
    /// take the person for the actor's own from here on.
    pub async fn admit(&self, id: Uuid) -> Result<(), Stop> {
        if self.unit.tx().get_database_backend() == DbBackend::Postgres {
            let set = "select set_config('app.persons', $1, true)";
            let own = format!("{{{id}}}");
            self.unit.tx().rows(set, vec![Value::from(own)]).await?;
        }
        Ok(())
    }

    /// Saves a new person.
    pub async fn insert(&self, person: &Person) -> Result<(), Stop> {
        let row = row_of(person).into_active_model().reset_all();
        person::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Saves a changed person, unless somebody else changed the record since it was read.
    pub async fn update(&self, person: &Person) -> Result<(), Stop> {
        let done = person::Entity::update_many()
            .set(row_of(person).into_active_model().reset_all())
            .filter(person::Column::Id.eq(person.id))
            .filter(person::Column::Version.eq(person.version - 1))
            .exec(self.unit.tx())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Refusal::whole(Code::Conflict).into()) }
    }

    /// The row of the present names, and its first day.
    pub async fn names_since(&self, id: Uuid) -> Result<Option<(Uuid, NaiveDate)>, Stop> {
        let row = person_name::Entity::find()
            .filter(person_name::Column::PersonId.eq(id))
            .filter(person_name::Column::ValidTo.is_null())
            .one(self.unit.tx())
            .await?;
        Ok(row.map(|row| (row.id, row.valid_from)))
    }

    /// Adds names from a day on.
    pub async fn add_names(&self, id: Uuid, names: &Names, from: NaiveDate) -> Result<(), Stop> {
        let row = name_row(self.unit.id(), id, names, from).into_active_model().reset_all();
        person_name::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Corrects names that began on the day itself: they held on no other.
    pub async fn correct_names(
        &self,
        row: Uuid,
        id: Uuid,
        names: &Names,
        from: NaiveDate,
    ) -> Result<(), Stop> {
        let changed = name_row(row, id, names, from).into_active_model().reset_all();
        person_name::Entity::update_many()
            .set(changed)
            .filter(person_name::Column::Id.eq(row))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Ends the present names.
    pub async fn end_names(&self, row: Uuid, on: NaiveDate) -> Result<(), Stop> {
        person_name::Entity::update_many()
            .col_expr(person_name::Column::ValidTo, Expr::value(on))
            .filter(person_name::Column::Id.eq(row))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Adds an e-mail address from today on.
    pub async fn add_email(&self, id: Uuid, address: &str, verified: bool) -> Result<(), Stop> {
        let row = person_email::ActiveModel {
            id: Set(self.unit.id()),
            person_id: Set(id),
            address: Set(address.trim().to_owned()),
            verified_at: Set(verified.then(|| self.unit.now())),
            valid_from: Set(self.unit.today()),
            valid_to: Set(None),
        };
        person_email::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// An e-mail address of the person.
    pub async fn email(&self, id: Uuid) -> Result<Option<Email>, Stop> {
        let row = person_email::Entity::find_by_id(id).one(self.unit.tx()).await?;
        Ok(row.map(|row| Email {
            id: row.id,
            person_id: row.person_id,
            from: row.valid_from,
            to: row.valid_to,
        }))
    }

    /// Ends an e-mail address.
    pub async fn end_email(&self, id: Uuid, on: NaiveDate) -> Result<(), Stop> {
        person_email::Entity::update_many()
            .col_expr(person_email::Column::ValidTo, Expr::value(on))
            .filter(person_email::Column::Id.eq(id))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The accounts that belong or belonged to a person, oldest link first.
    pub async fn accounts(&self, person: Uuid) -> Result<Vec<Link>, Stop> {
        let rows = person_account::Entity::find()
            .filter(person_account::Column::PersonId.eq(person))
            .order_by_asc(person_account::Column::ValidFrom)
            .order_by_asc(person_account::Column::Id)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(account_link).collect())
    }

    /// The link of an account that holds today.
    pub async fn owner(&self, account: Uuid) -> Result<Option<Link>, Stop> {
        let rows = person_account::Entity::find()
            .filter(person_account::Column::AccountId.eq(account))
            .all(self.unit.tx())
            .await?;
        let today = self.unit.today();
        Ok(rows.into_iter().map(account_link).find(|link| link.holds_on(today)))
    }

    /// Says whose an account is from today on.
    pub async fn add_account(&self, person: Uuid, account: Uuid) -> Result<(), Stop> {
        let row = person_account::ActiveModel {
            id: Set(self.unit.id()),
            person_id: Set(person),
            account_id: Set(account),
            valid_from: Set(self.unit.today()),
            valid_to: Set(None),
        };
        person_account::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends the link of an account.
    pub async fn end_account(&self, link: Uuid, on: NaiveDate) -> Result<(), Stop> {
        person_account::Entity::update_many()
            .col_expr(person_account::Column::ValidTo, Expr::value(on))
            .filter(person_account::Column::Id.eq(link))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// The organisations that keep or kept the person's record.
    pub async fn memberships(&self, person: Uuid) -> Result<Vec<Link>, Stop> {
        let rows = person_membership::Entity::find()
            .filter(person_membership::Column::PersonId.eq(person))
            .order_by_asc(person_membership::Column::ValidFrom)
            .order_by_asc(person_membership::Column::Id)
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(membership_link).collect())
    }

    /// Whether an organisation keeps the person's record today.
    pub async fn is_kept(&self, person: Uuid, organisation: Uuid) -> Result<bool, Stop> {
        let today = self.unit.today();
        let keeps = |link: &Link| link.target == organisation && link.holds_on(today);
        Ok(self.memberships(person).await?.iter().any(keeps))
    }

    /// Whether an organisation keeps the person's record today, and it was neither merged nor erased.
    pub async fn is_at_hand(&self, person: Uuid, organisation: Uuid) -> Result<bool, Stop> {
        if !self.is_kept(person, organisation).await? {
            return Ok(false);
        }
        let found = self.find(person).await?;
        Ok(found.is_some_and(|found| unmet_for_change(&found, "").is_empty()))
    }

    /// Lets an organisation keep the record from today on, unless it does.
    pub async fn keep(&self, person: Uuid, organisation: Uuid) -> Result<(), Stop> {
        if self.is_kept(person, organisation).await? {
            return Ok(());
        }
        self.add_membership(person, organisation).await
    }

    /// Lets an organisation keep the record from today on.
    pub async fn add_membership(&self, person: Uuid, organisation: Uuid) -> Result<(), Stop> {
        let row = person_membership::ActiveModel {
            id: Set(self.unit.id()),
            person_id: Set(person),
            organisation_id: Set(organisation),
            valid_from: Set(self.unit.today()),
            valid_to: Set(None),
        };
        person_membership::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }

    /// Ends what an organisation keeps.
    pub async fn end_membership(&self, link: Uuid, on: NaiveDate) -> Result<(), Stop> {
        person_membership::Entity::update_many()
            .col_expr(person_membership::Column::ValidTo, Expr::value(on))
            .filter(person_membership::Column::Id.eq(link))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// What a person is or was called, and the addresses: by which messages that name the person are found.
    pub async fn traits_of(&self, person: Uuid) -> Result<Called, Stop> {
        let names = person_name::Entity::find()
            .filter(person_name::Column::PersonId.eq(person))
            .all(self.unit.tx())
            .await?;
        let emails = person_email::Entity::find()
            .filter(person_email::Column::PersonId.eq(person))
            .all(self.unit.tx())
            .await?;
        let called = |row: person_name::Model| {
            let full = row.given_name.zip(row.family_name);
            let full = full.map(|(given, family)| format!("{given} {family}"));
            [Some(row.preferred_name), Some(row.certificate_name), full].into_iter().flatten()
        };
        Ok(Called {
            names: names.into_iter().flat_map(called).collect(),
            addresses: emails.into_iter().map(|row| row.address).collect(),
        })
    }

    /// What the check for duplicates knows of everyone whose record is not merged.
    pub async fn traits(&self) -> Result<Vec<Traits>, Stop> {
        let all = person::Entity::find().filter(person::Column::MergedIntoId.is_null());
        let verified =
            person_email::Entity::find().filter(person_email::Column::VerifiedAt.is_not_null());
        self.traits_in(all, verified).await
    }

    /// The same of those whose records an organisation keeps today.
    pub async fn traits_kept_by(&self, organisation: Uuid) -> Result<Vec<Traits>, Stop> {
        let kept = || self.keepers(organisation).into_query();
        let all = person::Entity::find()
            .filter(person::Column::MergedIntoId.is_null())
            .filter(person::Column::Id.in_subquery(kept()));
        let verified = person_email::Entity::find()
            .filter(person_email::Column::VerifiedAt.is_not_null())
            .filter(person_email::Column::PersonId.in_subquery(kept()));
        self.traits_in(all, verified).await
    }

    /// The people among `ids` whose records an organisation keeps today.
    pub async fn kept_among(&self, ids: &[Uuid], organisation: Uuid) -> Result<Vec<Person>, Stop> {
        let rows = person::Entity::find()
            .filter(person::Column::Id.is_in(ids.iter().copied()))
            .filter(person::Column::Id.in_subquery(self.keepers(organisation).into_query()))
            .all(self.unit.tx())
            .await?;
        Ok(rows.into_iter().map(person_of).collect())
    }

    /// The ids of those whose records an organisation keeps today.
    fn keepers(&self, organisation: Uuid) -> Select<person_membership::Entity> {
        let today = self.unit.today();
        let open = person_membership::Column::ValidTo
            .is_null()
            .or(person_membership::Column::ValidTo.gt(today));
        person_membership::Entity::find()
            .select_only()
            .column(person_membership::Column::PersonId)
            .filter(person_membership::Column::OrganisationId.eq(organisation))
            .filter(person_membership::Column::ValidFrom.lte(today))
            .filter(open)
    }

    async fn traits_in(
        &self,
        people: Select<person::Entity>,
        verified: Select<person_email::Entity>,
    ) -> Result<Vec<Traits>, Stop> {
        let people = people.order_by_asc(person::Column::Id).all(self.unit.tx()).await?;
        let emails =
            verified.order_by_asc(person_email::Column::PersonId).all(self.unit.tx()).await?;
        let of = |id: Uuid| {
            let from = emails.partition_point(|email| email.person_id < id);
            let own = emails[from..].iter().take_while(move |email| email.person_id == id);
            own.map(|email| email.address.clone()).collect()
        };
        let traits = |row: person::Model| {
            let emails = of(row.id);
            let Person { id, names, date_of_birth, .. } = person_of(row);
            Traits { id, names, born: date_of_birth, emails }
        };
        Ok(people.into_iter().map(traits).collect())
    }

    /// Gives the accounts and e-mails of one person to another; says how many.
    pub async fn hand_over(&self, from: Uuid, to: Uuid) -> Result<(u64, u64), Stop> {
        let accounts = person_account::Entity::update_many()
            .col_expr(person_account::Column::PersonId, Expr::value(to))
            .filter(person_account::Column::PersonId.eq(from))
            .exec(self.unit.tx())
            .await?;
        let emails = person_email::Entity::update_many()
            .col_expr(person_email::Column::PersonId, Expr::value(to))
            .filter(person_email::Column::PersonId.eq(from))
            .exec(self.unit.tx())
            .await?;
        Ok((accounts.rows_affected, emails.rows_affected))
    }

    /// Gives one link to an organisation to another person.
    pub async fn hand_over_membership(&self, link: Uuid, to: Uuid) -> Result<(), Stop> {
        person_membership::Entity::update_many()
            .col_expr(person_membership::Column::PersonId, Expr::value(to))
            .filter(person_membership::Column::Id.eq(link))
            .exec(self.unit.tx())
            .await?;
        Ok(())
    }

    /// Tells everyone who is signed in which id replaced which.
    pub async fn tell_id_change(&self, from: Uuid, to: Uuid) -> Result<(), Stop> {
        let row = person_id_change::ActiveModel {
            id: Set(self.unit.id()),
            from_id: Set(from),
            to_id: Set(to),
            at: Set(self.unit.now()),
        };
        person_id_change::Entity::insert(row).exec_without_returning(self.unit.tx()).await?;
        Ok(())
    }
}

fn account_link(row: person_account::Model) -> Link {
    let person_account::Model { id, person_id, account_id, valid_from, valid_to } = row;
    Link { id, person_id, target: account_id, from: valid_from, to: valid_to }
}

fn membership_link(row: person_membership::Model) -> Link {
    let person_membership::Model { id, person_id, organisation_id, valid_from, valid_to } = row;
    Link { id, person_id, target: organisation_id, from: valid_from, to: valid_to }
}

fn name_row(row: Uuid, id: Uuid, names: &Names, from: NaiveDate) -> person_name::Model {
    let Names { preferred_name, given_name, family_name, certificate_name } = names.clone();
    person_name::Model {
        id: row,
        person_id: id,
        preferred_name,
        given_name,
        family_name,
        certificate_name,
        valid_from: from,
        valid_to: None,
    }
}

fn person_of(row: person::Model) -> Person {
    let person::Model {
        id,
        preferred_name,
        given_name,
        family_name,
        certificate_name,
        date_of_birth,
        merged_into_id,
        created_at,
        updated_at,
        version,
        erased_on,
    } = row;
    let names = Names { preferred_name, given_name, family_name, certificate_name };
    Person { id, names, date_of_birth, merged_into_id, erased_on, created_at, updated_at, version }
}

fn row_of(person: &Person) -> person::Model {
    let Person {
        id,
        names,
        date_of_birth,
        merged_into_id,
        erased_on,
        created_at,
        updated_at,
        version,
    } = person.clone();
    let Names { preferred_name, given_name, family_name, certificate_name } = names;
    person::Model {
        id,
        preferred_name,
        given_name,
        family_name,
        certificate_name,
        date_of_birth,
        merged_into_id,
        created_at,
        updated_at,
        version,
        erased_on,
    }
}
