//! People as they can be read and changed.

use async_graphql::Enum;

use crate::actor::Permission;
use crate::actor::graphql::RoleGrant;
use crate::organisation::graphql::Organisation;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, list, one,
    one_through, page, text,
};
use crate::trainer::graphql::Trainer;
use crate::{person_of, readable};

mod mutations;
mod roles;

pub use mutations::PersonMutations;
pub use roles::RoleMutations;

/// The root fields of people.
pub const ROOTS: &[Root] = &[
    Root::page::<Person>(
        "people",
        "People: oneself, those whose record the own organisation keeps, or all for the nation.",
    ),
    Root::by::<Person>("person", "One person by the id."),
    Root::page::<PersonDuplicate>(
        "personDuplicates",
        "Pairs of records that may be of one person, for the licensing officer to decide.",
    ),
    Root::by::<PersonDuplicate>("personDuplicate", "One pair by its id."),
    Root::page::<PersonIdChange>(
        "personIdChanges",
        "Which id of a person replaced which, oldest first: for everyone who keeps such ids.",
    ),
];

/// Where a pair of records stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "PersonDuplicateStatus")]
pub enum PersonDuplicateStatus {
    /// A person has to decide.
    Open,
    /// One record was merged into the other.
    Merged,
    /// They are two people.
    Dismissed,
    /// One of the records was merged into a third.
    Lapsed,
}

/// An organisation of the actor keeps the record of the person today.
macro_rules! kept {
    ($person:literal) => {
        Way::OrganisationThrough(
            concat!(
                "person_membership m where m.person_id = ",
                $person,
                " and m.valid_from <= {today} and (m.valid_to is null or m.valid_to > {today})"
            ),
            "m.organisation_id",
            Permission::SeePeople,
        )
    };
}

readable! {
    /// A person.
    pub Person = Rows::of("person", "per")
        .visible_to(&[Way::Nation(Permission::SeePeople), kept!("t.id"), Way::Person("t.id")])
        .about(person_of!("t.id"))
        .ordered_by("preferredName");
    /// The id of the person.
    id: id("per"),
    /// The name to use.
    preferredName: text("t.preferred_name").filtered().ordered().personal(),
    /// Given name, where known.
    givenName: text("t.given_name").nullable().personal(),
    /// Family name, where known.
    familyName: text("t.family_name").nullable().personal(),
    /// The name on certificates.
    certificateName: text("t.certificate_name").personal(),
    /// When names, addresses and accounts were erased, and a pseudonym took their place; null if that did not happen.
    erasedOn: date("t.erased_on").nullable(),
    /// When the record was made.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at").ordered(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The record that replaced this one; null if none did.
    mergedInto: one::<Person>("t.merged_into_id").nullable(),
    /// Present and former names, for the person and the licensing officer.
    names: list::<PersonName>(50, "t.person_id = {parent}"),
    /// Present and former e-mail addresses.
    emails: list::<PersonEmail>(50, "t.person_id = {parent}"),
    /// The accounts that belong or belonged to the person, for the person and the licensing officer.
    accounts: list::<PersonAccount>(20, "t.person_id = {parent}"),
    /// The organisations that keep or kept the record; an organisation sees the own.
    memberships: list::<PersonMembership>(50, "t.person_id = {parent}"),
    /// The roles of all accounts.
    roleGrants: page::<RoleGrant>("t.person_id = {parent}"),
    /// The person's profile as a trainer; null if there is none.
    trainer: one_through::<Trainer>(
        "person l on l.id = t.person_id and t.merged_into_id is null", "l.id = {parent}"),
}

readable! {
    /// The names of a person for a period.
    pub PersonName = Rows::of("person_name", "pnm").about(person_of!("t.person_id")).visible_to(&[
        Way::Nation(Permission::ResolveDuplicates),
        Way::Person("t.person_id"),
    ]).ordered_by("validFrom");
    /// The id of the names' record.
    id: id("pnm"),
    /// The name to use.
    preferredName: text("t.preferred_name").personal(),
    /// Given name.
    givenName: text("t.given_name").nullable().personal(),
    /// Family name.
    familyName: text("t.family_name").nullable().personal(),
    /// The name on certificates.
    certificateName: text("t.certificate_name").personal(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which they are no longer the names; null while they are.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// An e-mail address of a person for a period. It identifies nobody.
    pub PersonEmail = Rows::of("person_email", "pem").about(person_of!("t.person_id")).visible_to(&[
        Way::Nation(Permission::SeePeople), kept!("t.person_id"), Way::Person("t.person_id"),
    ]).ordered_by("validFrom");
    /// The id of the address's record.
    id: id("pem"),
    /// The address.
    address: text("t.address").personal(),
    /// When it was verified; null if nobody did.
    verifiedAt: instant("t.verified_at").nullable(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it is no longer used; null while it is.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// An account that belongs to a person for a period.
    pub PersonAccount = Rows::of("person_account", "pac").about(person_of!("t.person_id")).visible_to(&[
        Way::Nation(Permission::ResolveDuplicates),
        Way::Person("t.person_id"),
    ]).ordered_by("validFrom");
    /// The id of the link.
    id: id("pac"),
    /// What the account is called.
    label: text("(select a.label from account a where a.id = t.account_id)").nullable().personal(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it is no longer the person's; null while it is.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// An organisation that keeps a person's record for a period.
    pub PersonMembership = Rows::of("person_membership", "pmb").about(person_of!("t.person_id")).visible_to(&[
        Way::Nation(Permission::SeePeople),
        Way::Organisation("t.organisation_id", Permission::SeePeople),
        Way::Person("t.person_id"),
    ]).ordered_by("validFrom");
    /// The id of the membership.
    id: id("pmb"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds; null if no such day is set.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// Two records that may be of one person. Only a person decides.
    pub PersonDuplicate = Rows::of("person_duplicate", "pdu")
        .visible_to(&[Way::Where(&Way::Nation(Permission::ResolveDuplicates),
            "not exists (select 1 from restricted_person x where x.id = t.one_id or x.id = t.other_id)")])
        .filters(&[
            Filter { name: "oneId", description: "The record with the smaller id.", sql: "t.one_id", kind: Kind::Id("per") },
            Filter { name: "otherId", description: "The other record.", sql: "t.other_id", kind: Kind::Id("per") },
        ])
        .ordered_by("createdAt");
    /// The id of the pair.
    id: id("pdu"),
    /// The record with the smaller id.
    one: one::<Person>("t.one_id"),
    /// The other record.
    other: one::<Person>("t.other_id"),
    /// Whether one verified e-mail address is in both.
    hasSameEmail: boolean("t.same_email").filtered(),
    /// Whether the same name and date of birth are in both.
    hasSameNameAndBirth: boolean("t.same_birth").filtered(),
    /// The first record's date of birth, while the pair is open.
    oneDateOfBirth: date("(select p.date_of_birth from person p where p.id = t.one_id and t.status = 'OPEN')")
        .nullable().personal(),
    /// The other record's date of birth, while the pair is open.
    otherDateOfBirth: date("(select p.date_of_birth from person p where p.id = t.other_id and t.status = 'OPEN')")
        .nullable().personal(),
    /// Where the pair stands.
    status: choice::<PersonDuplicateStatus>("t.status").filtered(),
    /// When it was found.
    createdAt: instant("t.created_at").ordered(),
    /// When it was decided.
    decidedAt: instant("t.decided_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// One id of a person replaced another: both were of one person.
    pub PersonIdChange = Rows::of("person_id_change", "pic")
        .visible_to(&[Way::SignedIn])
        .ordered_by("at");
    /// The id of the change.
    id: id("pic"),
    /// The id that is retired.
    fromId: key("t.from_id", "per").filtered(),
    /// The id that replaced it.
    toId: key("t.to_id", "per").filtered(),
    /// When.
    at: instant("t.at").filtered().ordered(),
}
