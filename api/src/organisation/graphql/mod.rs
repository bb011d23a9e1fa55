//! Organisations as they can be read and changed.

use async_graphql::{Enum, Object, Result};
use serde::Serialize;

use super::identifier::IdentifierScheme as Scheme;
use super::model;
use crate::actor::Permission;
use crate::audit::graphql::AuditEvent;
use crate::course::graphql::{Course, licensed};
use crate::employer::graphql::OrganisationSupport;
use crate::licence::graphql::Licence;
use crate::programme::graphql::Programme;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::One;
use crate::read::declaration::{
    EVERYONE, Filter, Key, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, kind_of,
    list, list_through, one, one_through, page, page_through, text,
};
use crate::readable;
use crate::reference::graphql::{IntegratedCareBoard, Region};

mod mutations;

pub use mutations::OrganisationMutations;

/// The root fields of organisations.
pub const ROOTS: &[Root] = &[
    Root::page::<Organisation>(
        "organisations",
        "The organisations of the network, and those known from reference data, whatever their status; \
         `asOf` chooses the day of their names, codes, boards and regions.",
    )
    .dated(),
    Root::by::<Organisation>("organisation", "One organisation by a key; null if there is none.")
        .dated(),
    Root::page::<BoardAssignment>(
        "boardAssignments",
        "The unassigned list: organisations whose board was split, with the candidates. For the \
         national team all, for a partner the own.",
    ),
    Root::by::<BoardAssignment>("boardAssignment", "One place on the unassigned list by its id."),
];

/// What kind of body an organisation is. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "OrganisationKind", remote = "model::Kind")]
pub enum OrganisationKind {
    /// NHS trust.
    NhsTrust,
    /// NHS foundation trust.
    NhsFoundationTrust,
    /// Integrated care board as a member of the network.
    Icb,
    /// Voluntary, community or social enterprise.
    Vcse,
    /// Community interest company.
    Cic,
    /// Local authority.
    LocalAuthority,
    /// Independent provider.
    IndependentProvider,
    /// Higher education institution.
    Hei,
    /// Further education college.
    FeCollege,
    /// Recovery college.
    RecoveryCollege,
    /// National body.
    NationalBody,
    /// Funder of places.
    Funder,
}

/// Where an organisation stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "OrganisationStatus", remote = "model::Status")]
pub enum OrganisationStatus {
    /// Known, and not yet taking part.
    Prospect,
    /// Taking part.
    Active,
    /// Pausing.
    Dormant,
    /// Gone, on the day of closure.
    Closed,
}

/// How one organisation followed another.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "SuccessionKind", remote = "model::SuccessionKind")]
pub enum SuccessionKind {
    /// Several became one.
    Merger,
    /// One took over another and went on.
    Acquisition,
    /// One became several.
    Split,
    /// The same body under another name, as a new record.
    Rename,
    /// The same body under another code, as a new record.
    CodeChange,
    /// It ended and nothing followed.
    Closure,
}

/// A scheme of identifiers. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "IdentifierScheme", remote = "Scheme")]
pub enum IdentifierScheme {
    /// NHS Organisation Data Service: three to nine capital letters and digits.
    Ods,
    /// UK Provider Reference Number: eight digits.
    Ukprn,
    /// Companies House: eight characters with leading zeros.
    CompaniesHouse,
    /// Charity Commission for England and Wales: six or seven digits.
    #[graphql(name = "CHARITY_EW")]
    CharityEnglandWales,
    /// Scottish Charity Regulator: SC and six digits.
    #[graphql(name = "CHARITY_SC")]
    CharityScotland,
    /// Charity Commission for Northern Ireland: six digits.
    #[graphql(name = "CHARITY_NI")]
    CharityNorthernIreland,
    /// Care Quality Commission provider.
    CqcProvider,
    /// org-id.guide: a list prefix and the code in that list.
    OrgId,
}

/// The role of an integrated care board towards an organisation.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "BoardRole")]
pub enum BoardRole {
    /// It hosts the organisation: there is one host on any day.
    Host,
    /// It works with the organisation beside the host.
    Associate,
}

/// Where a place on the unassigned list stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "BoardAssignmentStatus")]
pub enum BoardAssignmentStatus {
    /// A person has to choose a board.
    Open,
    /// A board was chosen.
    Assigned,
    /// The organisation closed before a board was chosen.
    Lapsed,
}

/// The ODS code held on the day asked about; the first by its letters, where there are several.
const ODS_CODE: &str = "(select i.value from organisation_identifier i where i.organisation_id = t.id \
     and i.scheme = 'ODS' and {in_force:i} order by i.value limit 1)";

/// The legal name on the day asked about.
const NAME: &str = "coalesce((select n.name from organisation_name n where n.organisation_id = t.id \
     and {in_force:n}), t.name)";

/// The programme types of its licences that are in force on the day asked about. What is public of licences
/// and no more, whoever asks.
const LICENSED_FOR: &str = "exists (select 1 from licence_programme g \
     join licence_history s on s.licence_id = g.licence_id and s.state = 'GRANTED' and {in_force:s} \
     where g.organisation_id = t.id and g.stage = 'GRANTED' and {in_force:g} \
       and g.programme_type{matches})";

/// Who delivers the course on the day asked about: `{in_force:l}` in words by which PostgreSQL, which does not
/// know the day when it plans, expects most periods to have begun. It then goes through the courses in their order
/// instead of sorting what it takes for a few.
const DELIVERED: &str = "course_deliverer l on l.course_id = t.id and l.start_on = t.start_on \
     and (l.valid_from > {asOf}) is not true and (l.valid_to is null or l.valid_to > {asOf})";

/// The programmes of its courses that everyone sees, whoever asks: a filter tells nothing of the others.
const OPEN_PROGRAMME: &str = concat!(
    "exists (select 1 from course c \
     join programme_version v on v.id = c.programme_version_id join programme p on p.id = v.programme_id \
     where c.organisation_id = t.id and c.state in ('OPEN','CONFIRMED') and p.code{matches} and ",
    licensed!("c"),
    ")"
);

readable! {
    /// A body of the network, or one known from reference data.
    pub Organisation = Rows::of("organisation", "org").visible_to(EVERYONE)
        .keys(&[Key {
            name: "odsCode",
            description: "The code of the NHS Organisation Data Service held on the day asked about.",
            condition: "t.id in (select i.organisation_id from organisation_identifier i \
                where i.scheme = 'ODS' and i.value = {value} and {in_force:i})",
        }])
        .filters(&[
            Filter {
                name: "regionId",
                description: "The organisation's region on the day asked about.",
                sql: "(select m.region_id from region_membership m \
                    where m.organisation_id = t.id and {in_force:m})",
                kind: Kind::Id("reg"),
            },
            Filter {
                name: "integratedCareBoardId",
                description: "The organisation's host board on the day asked about.",
                sql: "(select m.board_id from board_membership m where m.organisation_id = t.id \
                    and m.role = 'HOST' and {in_force:m})",
                kind: Kind::Id("icb"),
            },
            Filter { name: "odsCode", description: "The ODS code held on the day asked about.", sql: ODS_CODE, kind: Kind::Text },
            Filter {
                name: "licensedFor",
                description: "A programme type for which it holds a licence that is in force on the day \
                    asked about: one that is suspended or in grace is not.",
                sql: LICENSED_FOR,
                kind: kind_of::<ProgrammeTypeChoice>(),
            },
            Filter {
                name: "openProgrammeCode",
                description: "The code of a programme of which it has a course that takes people: open or \
                    confirmed.",
                sql: OPEN_PROGRAMME,
                kind: Kind::Text,
            },
        ])
        .owned_by("t.id")
        .ordered_by("currentName");
    /// The id of the organisation.
    id: id("org"),
    /// The legal name on the day asked about.
    name: text(NAME),
    /// The legal name today, by which lists are ordered and filtered.
    currentName: text("t.name").filtered().ordered(),
    /// The short name.
    shortName: text("t.short_name").nullable(),
    /// What kind of body it is.
    kind: choice::<OrganisationKind>("t.kind").filtered(),
    /// Where it stands today.
    status: choice::<OrganisationStatus>("t.status").filtered(),
    /// Whether it is known from reference data only and takes no part in the network.
    isReferenceOnly: boolean("t.reference_only").filtered(),
    /// Whether it may be licensed to deliver training.
    delivers: boolean("t.delivers").filtered(),
    /// Whether it employs or places peer workers.
    employs: boolean("t.employs").filtered(),
    /// The ODS code held on the day asked about.
    odsCode: text(ODS_CODE).nullable(),
    /// Address, one line a line.
    address: text("t.address").nullable(),
    /// Postcode, with one space.
    postcode: text("t.postcode").nullable().filtered(),
    /// First day of the organisation, where known.
    openedOn: date("t.opened_on").nullable().filtered().ordered(),
    /// The day from which it is closed; null while it is open.
    closedOn: date("t.closed_on").nullable().filtered().ordered(),
    /// Why it closed.
    closureReason: text("t.closure_reason").nullable(),
    /// When it was registered.
    createdAt: instant("t.created_at").filtered().ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at").filtered().ordered(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The host integrated care board on the day asked about; null where there is none.
    integratedCareBoard: one_through::<IntegratedCareBoard>(
        "board_membership l on l.board_id = t.id and l.role = 'HOST' and {in_force:l}",
        "l.organisation_id = {parent}").dated(),
    /// The integrated care boards that work with it beside the host on the day asked about.
    associateBoards: list_through::<IntegratedCareBoard>(20, "t.id",
        "board_membership l on l.board_id = t.id and l.role = 'ASSOCIATE' and {in_force:l}",
        "l.organisation_id = {parent}").dated(),
    /// The NHS England region on the day asked about; null where there is none.
    region: one_through::<Region>(
        "region_membership l on l.region_id = t.id and {in_force:l}",
        "l.organisation_id = {parent}").dated(),
    /// The boards it belonged to, over time.
    boardMemberships: list::<BoardMembership>(50, "t.organisation_id = {parent}"),
    /// The legal names it had, over time.
    names: list::<OrganisationName>(50, "t.organisation_id = {parent}"),
    /// The identifiers it holds or held.
    identifiers: list::<OrganisationIdentifier>(50, "t.organisation_id = {parent}"),
    /// Its sites.
    sites: page::<Site>("t.organisation_id = {parent}"),
    /// Successions by which others followed it.
    successors: list::<OrganisationSuccession>(50, "t.predecessor_id = {parent}"),
    /// Successions by which it followed others.
    predecessors: list::<OrganisationSuccession>(50, "t.successor_id = {parent}"),
    /// The licences that it was granted, with their status on the day asked about; for itself, licensing and
    /// quality its applications as well.
    licences: page::<Licence>("t.organisation_id = {parent}").dated(),
    /// The courses that it delivers on the day asked about: those that you may see.
    courses: page_through::<Course>(DELIVERED, "l.organisation_id = {parent}").dated(),
    /// What it records for those with whom it works: agreements, contacts, supervision, the toolkit. Null unless
    /// it is your organisation, you have an agreement in force with it, or you are of the national team.
    support: one::<OrganisationSupport>("t.id").nullable(),
    /// Programmes of its own.
    programmes: page::<Programme>("t.owner_id = {parent}"),
    /// Its audit trail, for its own coordinators and signatories and the data protection officer.
    auditEvents: page::<AuditEvent>("t.chain = {parent}").only(Permission::SeeAudit),
}

readable! {
    /// A board that an organisation belonged to for a period.
    pub BoardMembership = Rows::of("board_membership", "bmb").visible_to(EVERYONE).ordered_by("validFrom");
    /// The id of the membership.
    id: id("bmb"),
    /// Host or associate.
    role: choice::<BoardRole>("t.role"),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds; null if no such day is known.
    validTo: date("t.valid_to").nullable(),
    /// The board.
    integratedCareBoard: one::<IntegratedCareBoard>("t.board_id"),
}

readable! {
    /// A legal name for a period.
    pub OrganisationName = Rows::of("organisation_name", "onm").visible_to(EVERYONE).ordered_by("validFrom");
    /// The id of the name's record.
    id: id("onm"),
    /// The name.
    name: text("t.name"),
    /// First day of the name; null if not known.
    validFrom: date("t.valid_from").nullable().ordered(),
    /// The day from which it is no longer the name; null while it is.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// A code that an organisation holds or held.
    pub OrganisationIdentifier = Rows::of("organisation_identifier", "oid").visible_to(EVERYONE)
        .owned_by("t.organisation_id");
    /// The id of the identifier's record.
    id: id("oid"),
    /// The scheme.
    scheme: choice::<IdentifierScheme>("t.scheme"),
    /// The code, in the scheme's own form.
    value: text("t.value"),
    /// First day it was held; null if not known.
    validFrom: date("t.valid_from").nullable(),
    /// The day from which it is no longer held; null while it is.
    validTo: date("t.valid_to").nullable(),
    /// When it was verified at its source; null if nobody did. Well-formed is not verified.
    verifiedAt: instant("t.verified_at").nullable(),
    /// Who verified it: a role and an account. For coordinators and signatories of the organisation,
    /// licensing officers and quality leads.
    verifiedBy: text("t.verified_by").only(Permission::SeeVerification),
}

readable! {
    /// A place of an organisation.
    pub Site = Rows::of("site", "sit").visible_to(EVERYONE).ordered_by("name");
    /// The id of the site.
    id: id("sit"),
    /// The site's name.
    name: text("t.name").filtered().ordered(),
    /// The site's code at the NHS Organisation Data Service.
    odsCode: text("t.ods_code").nullable(),
    /// Address, one line a line.
    address: text("t.address").nullable(),
    /// Postcode, with one space.
    postcode: text("t.postcode").nullable(),
}

readable! {
    /// One organisation followed another.
    pub OrganisationSuccession = Rows::of("organisation_succession", "osc").visible_to(EVERYONE);
    /// The id of the succession.
    id: id("osc"),
    /// How the one followed the other.
    kind: choice::<SuccessionKind>("t.kind"),
    /// First day of the successor's duty.
    effectiveOn: date("t.effective_on"),
    /// Anything a reader should know.
    notes: text("t.notes").nullable(),
    /// The organisation that came before.
    predecessor: one::<Organisation>("t.predecessor_id"),
    /// The organisation that followed; null for a closure.
    successor: one::<Organisation>("t.successor_id").nullable(),
}

readable! {
    /// An organisation whose board was split: a person has to choose its new board.
    pub BoardAssignment = Rows::of("board_assignment", "bas")
        .visible_to(&[
            Way::Nation(Permission::SeeUnassigned),
            Way::Organisation("t.organisation_id", Permission::SeeUnassigned),
        ])
        .filters(&[Filter {
            name: "organisationId",
            description: "The organisation.",
            sql: "t.organisation_id",
            kind: Kind::Id("org"),
        }])
        .ordered_by("since");
    /// The id of the place on the list.
    id: id("bas"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The board that was split.
    previousBoard: one::<IntegratedCareBoard>("t.previous_board_id"),
    /// The first day without a board.
    since: date("t.since").ordered(),
    /// Whether a board was chosen.
    status: choice::<BoardAssignmentStatus>("t.status").filtered(),
    /// The boards that followed the split one: one of them has to be chosen.
    candidates: list_through::<IntegratedCareBoard>(20, "t.previous_board_id",
        "board_succession l on l.successor_id = t.id", "l.predecessor_id = {parent}"),
    /// The board that was chosen.
    assignedBoard: one::<IntegratedCareBoard>("t.assigned_board_id").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

/// What is known of an ODS code.
#[derive(async_graphql::SimpleObject)]
pub struct OrganisationLookup {
    /// Whether the code has the form of an ODS code.
    is_well_formed: bool,
    /// The code in its normal form; null if it is not well-formed.
    ods_code: Option<String>,
    /// The organisation that holds it today; null if none does.
    organisation: Option<One<Organisation>>,
}

/// Queries of organisations that no table answers alone.
#[derive(Default)]
pub struct OrganisationQueries;

#[Object]
impl OrganisationQueries {
    /// What is known of an ODS code: well-formed, known, and whose it is today.
    async fn organisation_lookup(
        &self,
        #[graphql(desc = "The code as it was written.")] ods: String,
    ) -> Result<OrganisationLookup> {
        let Ok(code) = Scheme::Ods.normalise(&ods) else {
            return Ok(OrganisationLookup {
                is_well_formed: false,
                ods_code: None,
                organisation: None,
            });
        };
        Ok(OrganisationLookup {
            is_well_formed: true,
            organisation: One::by_key("odsCode", code.clone()),
            ods_code: Some(code),
        })
    }
}
