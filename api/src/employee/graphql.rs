//! Links to employees as they can be read and changed.

use async_graphql::{Context, ID, InputObject, Object, Result};
use serde::Serialize;
use uuid::Uuid;

use super::model::{Described, Wanted};
use super::service;
use crate::actor::Permission;
use crate::graphql::mutate::{Asked, ids_of};
use crate::graphql::payload::Payload;
use crate::graphql::scalars::Date;
use crate::graphql::visible;
use crate::organisation::graphql::Organisation;
use crate::person::desk::Changed;
use crate::person::graphql::Person;
use crate::person_of;
use crate::read::declaration::{Root, Rows, Way, date, id, instant, int, key, one, text};
use crate::{mutations, readable};

/// The root fields of links to employees.
pub const ROOTS: &[Root] = &[Root::page::<EmployeeLink>(
    "employeeLinks",
    "For whom the references of the own organisation stand; of all for who sees people of the nation.",
)];

readable! {
    /// A reference of an organisation's own system that stands for a person whose record it keeps.
    pub EmployeeLink = Rows::of("employee_link", "eml")
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Nation(Permission::SeePeople),
            Way::Organisation("t.organisation_id", Permission::SeePeople),
        ])
        .ordered_by("createdAt");
    /// The id of the link.
    id: id("eml"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// Its reference.
    externalRef: text("t.external_ref").filtered().personal(),
    /// The id of the person.
    personId: key("t.person_id", "per").filtered(),
    /// The person; null to those who do not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// First day.
    validFrom: date("t.valid_from"),
    /// The day from which it no longer holds; null while it does.
    validTo: date("t.valid_to").nullable(),
    /// When it was made.
    createdAt: instant("t.created_at").ordered(),
    /// Counts its changes, from 1.
    version: int("t.version"),
}

mutations! {
    EmployeeLinkUpsert by ManagePeople -> employeeLink: EmployeeLink,
        [Merged, PersonAmbiguous, PersonNotMatched, Unchanged];
}

/// What is known of a person: the e-mail address, or given name, family name and date of birth.
#[derive(InputObject, Clone, Serialize)]
pub struct PersonDescription {
    /// Given name.
    given_name: Option<String>,
    /// Family name.
    family_name: Option<String>,
    /// Date of birth.
    date_of_birth: Option<Date>,
    /// An e-mail address that was verified.
    email: Option<String>,
}

/// For whom a reference stands.
#[derive(InputObject, Clone, Serialize)]
pub struct EmployeeLinkUpsertInput {
    /// Your organisation.
    organisation_id: ID,
    /// Your system's reference, such as a staff number.
    external_ref: String,
    /// The person's id; or else `person`.
    person_id: Option<ID>,
    /// What is known of the person. Only people whose records your organisation keeps are looked through.
    person: Option<PersonDescription>,
    /// Only tell what would follow; change nothing.
    #[graphql(default)]
    dry_run: bool,
    /// Repeating a request with the same key has one effect. Kept for 30 days.
    idempotency_key: Option<String>,
}

fn described(of: PersonDescription) -> Described {
    let PersonDescription { given_name, family_name, date_of_birth, email } = of;
    let date_of_birth = date_of_birth.map(|Date(day)| day);
    Described { given_name, family_name, date_of_birth, email }
}

fn parts(changed: Changed) -> (Uuid, Vec<String>) {
    (changed.id, changed.impact)
}

/// Mutations of links to employees.
#[derive(Default)]
pub struct EmployeeMutations;

#[Object]
impl EmployeeMutations {
    /// Says for whom a reference of your system stands. `UNCHANGED` where it does already, `PERSON_NOT_MATCHED` where nobody
    /// of your organisation matches, `PERSON_AMBIGUOUS` where several do: nobody is guessed, and nothing tells whether
    /// another organisation knows them.
    #[graphql(visible = "visible::manage_people")]
    async fn employee_link_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reference and the person.")] input: EmployeeLinkUpsertInput,
    ) -> Result<Payload<EmployeeLinkUpsert>> {
        let asked = Asked::new("employeeLinkUpsert", &input, input.idempotency_key.as_ref())
            .dry_run(input.dry_run);
        let organisation = ids_of("org", "organisationId", &input.organisation_id)?;
        let id = input.person_id.as_ref().map(|id| ids_of("per", "personId", id)).transpose()?;
        let wanted = Wanted { id, described: input.person.map(described) };
        let external_ref = input.external_ref;
        asked
            .run(ctx, parts, move |unit| {
                let (external_ref, wanted) = (external_ref.clone(), wanted.clone());
                Box::pin(async move {
                    service::upsert(unit, organisation, &external_ref, &wanted).await
                })
            })
            .await
    }
}
