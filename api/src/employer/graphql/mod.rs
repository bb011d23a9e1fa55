//! The support for employing organisations as it can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::model;
use crate::actor::Permission;
use crate::organisation::graphql::Organisation;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, kind_of, list,
    one, text,
};
use crate::readable;

mod agreements;
mod records;
mod support;

pub use agreements::AgreementMutations;
pub use records::SupportMutations;
pub use support::{DsptStandingChoice, OrganisationSupport, SupportWarning, SupportWarningKind};

/// The root fields of the support for employing organisations.
pub const ROOTS: &[Root] = &[
    Root::page::<OrganisationSupport>(
        "organisationSupports",
        "What active organisations record about themselves: the own, those with which it has an agreement in \
         force, or all for the national team. `where` finds those whose status in the toolkit lapses by a day.",
    )
    .holding("t.status = 'ACTIVE' and not t.reference_only")
    .dated(),
    Root::page::<EmployerAgreement>(
        "employerAgreements",
        "Who employs and places trainees: agreements of the own organisation, or all for the national team.",
    )
    .dated(),
    Root::by::<EmployerAgreement>("employerAgreement", "One agreement by its id.").dated(),
    Root::page::<OrganisationContact>(
        "organisationContacts",
        "Whom to ask: in the own organisation, at present in those with an agreement in force, or all for \
         licensing, quality and data protection.",
    )
    .dated(),
    Root::page::<SupervisionOffer>(
        "supervisionOffers",
        "Who offers peer supervision: the own organisation, those with an agreement in force, or all for the \
         national team.",
    )
    .dated(),
    Root::page::<DsptAssessment>(
        "dsptAssessments",
        "What was published in the Data Security and Protection Toolkit, for those who see the organisation's \
         support.",
    )
    .dated(),
];

/// What an agreement is about.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "EmployerAgreementKind", remote = "model::AgreementKind")]
pub enum EmployerAgreementKind {
    /// The host employs those who were trained.
    Employs,
    /// The host offers placements.
    Places,
}

/// A side of an agreement.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "EmployerAgreementSide", remote = "model::Side")]
pub enum EmployerAgreementSide {
    /// The organisation that delivers the training.
    Deliverer,
    /// The organisation that employs or places trainees.
    Host,
}

/// Where an agreement stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "EmployerAgreementState")]
pub enum EmployerAgreementState {
    /// Before the other side.
    Proposed,
    /// Accepted; it has not begun.
    Upcoming,
    /// Accepted, and within its days.
    InForce,
    /// Accepted; its days have passed.
    Over,
    /// The other side said no.
    Declined,
    /// Taken back before it began.
    Withdrawn,
    /// Given a last day before its term.
    Ended,
}

/// What somebody is asked about. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "ContactPurpose", remote = "model::Purpose")]
pub enum ContactPurpose {
    /// Leads peer support.
    PeerSupportLead,
    /// Supervision of peer workers.
    Supervision,
    /// Safeguarding.
    Safeguarding,
    /// Data protection.
    DataProtection,
    /// Funding.
    Funding,
}

/// The status of an organisation for a year, as the Data Security and Protection Toolkit publishes it.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "DsptStatus", remote = "model::DsptStatus")]
pub enum DsptStatusChoice {
    /// More than the standards ask for.
    StandardsExceeded,
    /// All that the standards ask for.
    StandardsMet,
    /// Not all, with a plan for the rest.
    ApproachingStandards,
    /// Not all, without a plan.
    StandardsNotMet,
    /// Nothing is published for the year.
    NotPublished,
}

/// The agreement `a` is in force today.
macro_rules! in_force_today {
    () => {
        "a.state in ('ACCEPTED','ENDED') and a.valid_from <= {today} \
         and (a.valid_to is null or a.valid_to > {today})"
    };
}
use in_force_today;

/// Who has an agreement in force with the organisation in the column: its hosts, and those whom it hosts.
macro_rules! partners {
    ($column:literal, $permission:ident) => {
        [
            Way::OrganisationThrough(
                concat!(
                    "employer_agreement a where a.organisation_id = ",
                    $column,
                    " and ",
                    in_force_today!()
                ),
                "a.host_id",
                Permission::$permission,
            ),
            Way::OrganisationThrough(
                concat!(
                    "employer_agreement a where a.host_id = ",
                    $column,
                    " and ",
                    in_force_today!()
                ),
                "a.organisation_id",
                Permission::$permission,
            ),
        ]
    };
}
use partners;

/// A contact is present, or comes later.
const PRESENT: &str = "t.valid_to is null or t.valid_to > {today}";

/// Those with an agreement in force, on either side.
const HOSTS: Way = partners!("t.organisation_id", SeeContacts)[0];
const HOSTED: Way = partners!("t.organisation_id", SeeContacts)[1];

/// Who sees a contact.
const OF_CONTACTS: &[Way] = &[
    Way::Nation(Permission::SeeContacts),
    Way::Organisation("t.organisation_id", Permission::SeeContacts),
    Way::Where(&HOSTS, PRESENT),
    Way::Where(&HOSTED, PRESENT),
];

/// Who sees what an organisation offers and published.
const OF_RECORDS: &[Way] = &{
    let [hosts, hosted] = partners!("t.organisation_id", SeeEmployers);
    [
        Way::Nation(Permission::SeeEmployers),
        Way::Organisation("t.organisation_id", Permission::SeeEmployers),
        hosts,
        hosted,
    ]
};

/// The organisation of a record.
const OF_ORGANISATION: &[Filter] = &[Filter {
    name: "organisationId",
    description: "The organisation.",
    sql: "t.organisation_id",
    kind: Kind::Id("org"),
}];

readable! {
    /// What an organisation that delivers agreed with one that employs or places trainees.
    pub EmployerAgreement = Rows::of("employer_agreement", "eag")
        .visible_to(&[
            Way::Nation(Permission::SeeEmployers),
            Way::Organisation("t.organisation_id", Permission::SeeEmployers),
            Way::Organisation("t.host_id", Permission::SeeEmployers),
        ])
        .filters(&[
            Filter {
                name: "delivererId",
                description: "The organisation that delivers.",
                sql: "t.organisation_id",
                kind: Kind::Id("org"),
            },
            Filter {
                name: "hostId",
                description: "The organisation that employs or places.",
                sql: "t.host_id",
                kind: Kind::Id("org"),
            },
            Filter {
                name: "programmeType",
                description: "A programme type that it is for.",
                sql: "exists (select 1 from employer_agreement_programme p where p.agreement_id = t.id \
                    and p.programme_type{matches})",
                kind: kind_of::<ProgrammeTypeChoice>(),
            },
        ])
        .ordered_by("validFrom");
    /// The id of the agreement.
    id: id("eag"),
    /// The organisation that delivers the training.
    deliverer: one::<Organisation>("t.organisation_id"),
    /// The organisation that employs or places trainees.
    host: one::<Organisation>("t.host_id"),
    /// What it is about.
    kind: choice::<EmployerAgreementKind>("t.kind").filtered(),
    /// How many trainees are employed or placed at most.
    places: int("t.places").filtered(),
    /// The programme types that it is for.
    programmes: list::<EmployerAgreementProgramme>(6, "t.agreement_id = {parent}"),
    /// The side that proposed it.
    proposedBy: choice::<EmployerAgreementSide>("t.proposed_by").filtered(),
    /// Where it stands today; what was accepted, on the day asked about. What is ended holds up to its last day.
    state: choice::<EmployerAgreementState>(
        "case when t.state <> 'ACCEPTED' then t.state when t.valid_from > {asOf} then 'UPCOMING' \
         when t.valid_to <= {asOf} then 'OVER' else 'IN_FORCE' end").filtered(),
    /// Whether trainees are employed or placed by it on the day asked about.
    isInForce: boolean("(t.state in ('ACCEPTED','ENDED') and t.valid_from <= {asOf} \
        and (t.valid_to is null or t.valid_to > {asOf}))").filtered(),
    /// First day.
    validFrom: date("t.valid_from").filtered().ordered(),
    /// The day from which it no longer holds; null if no such day is set.
    validTo: date("t.valid_to").nullable().filtered().ordered(),
    /// When it was accepted; null if it was not.
    acceptedOn: date("t.accepted_on").nullable(),
    /// Why it was declined, withdrawn or ended; null if it was not.
    reason: text("t.reason").nullable(),
    /// When it was proposed.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// A programme type of an agreement.
    pub EmployerAgreementProgramme = Rows::of("employer_agreement_programme", "eap")
        .visible_to(&[
            Way::Nation(Permission::SeeEmployers),
            Way::Organisation("t.organisation_id", Permission::SeeEmployers),
            Way::OrganisationThrough(
                "employer_agreement a where a.id = t.agreement_id", "a.host_id", Permission::SeeEmployers),
        ])
        .ordered_by("programmeType");
    /// The id of the row.
    id: id("eap"),
    /// The programme type.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").ordered(),
}

readable! {
    /// Whom to ask at an organisation, for a purpose and a period.
    pub OrganisationContact = Rows::of("organisation_contact", "oco").visible_to(OF_CONTACTS)
        .filters(OF_ORGANISATION)
        .ordered_by("purpose");
    /// The id of the contact.
    id: id("oco"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// About what.
    purpose: choice::<ContactPurpose>("t.purpose").filtered().ordered(),
    /// The name.
    name: text("t.name").personal(),
    /// The e-mail address.
    email: text("t.email").nullable().personal(),
    /// The telephone number.
    phone: text("t.phone").nullable().personal(),
    /// The id of the person, where it is one of the network: who is named for safeguarding leads concerns.
    personId: key("t.person_id", "per").nullable(),
    /// Whether this is whom to ask on the day asked about.
    isInForce: boolean("{in_force:t}").filtered(),
    /// First day.
    validFrom: date("t.valid_from").filtered().ordered(),
    /// The day from which another is asked, or nobody; null if no such day is set.
    validTo: date("t.valid_to").nullable().filtered(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// How much peer supervision an organisation offers in a period, as it recorded it.
    pub SupervisionOffer = Rows::of("supervision_offer", "sof").visible_to(OF_RECORDS)
        .filters(OF_ORGANISATION)
        .ordered_by("validFrom");
    /// The id of the offer.
    id: id("sof"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// How many people it can supervise.
    supervisees: int("t.supervisees").filtered(),
    /// How many of them it supervises already.
    taken: int("t.taken"),
    /// How many more it can supervise.
    free: int("(t.supervisees - t.taken)").filtered().ordered(),
    /// Hours a month, for all of them.
    hoursPerMonth: int("t.hours_per_month").filtered(),
    /// Whether it is offered on the day asked about.
    isInForce: boolean("{in_force:t}").filtered(),
    /// First day.
    validFrom: date("t.valid_from").filtered().ordered(),
    /// The day from which it is no longer offered; null if no such day is set.
    validTo: date("t.valid_to").nullable().filtered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// What an organisation published in the Data Security and Protection Toolkit for a year.
    pub DsptAssessment = Rows::of("dspt_assessment", "dsp").visible_to(OF_RECORDS)
        .filters(OF_ORGANISATION)
        .ordered_by("year");
    /// The id of the record.
    id: id("dsp"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The toolkit's year, such as 2025-26.
    year: text("t.assessment_year").filtered().ordered(),
    /// The status.
    status: choice::<DsptStatusChoice>("t.status").filtered(),
    /// When it was published; null if nothing was.
    publishedOn: date("t.published_on").nullable().filtered(),
    /// The last day on which it counts; null if nothing was published.
    expiresOn: date("t.expires_on").nullable().filtered().ordered(),
    /// Where the evidence is kept.
    evidenceReference: text("t.evidence_reference").nullable(),
    /// When it was recorded.
    createdAt: instant("t.created_at"),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}
