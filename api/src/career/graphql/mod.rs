//! What comes after graduation as it can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::model;
use crate::actor::Permission;
use crate::enrolment::graphql::Enrolment;
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::read::about::About;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, key, one, text,
};
use crate::{person_of, readable};

mod mutations;
mod supervisors;
mod views;

pub use mutations::CareerMutations;
pub use supervisors::SupervisorMutations;
pub use views::CareerQueries;

/// The root fields of what comes after graduation.
pub const ROOTS: &[Root] = &[
    Root::page::<GraduateDestination>(
        "graduateDestinations",
        "Where graduates went: one's own, those of the own organisation's courses, or all for the quality lead. The \
         answers that hold; `formerGraduateDestinations` has those that others took the place of.",
    )
    .holding("t.replaced_at is null"),
    Root::page::<GraduateDestination>(
        "formerGraduateDestinations",
        "What was told of graduates before another answer took its place, for those who see what holds.",
    )
    .holding("t.replaced_at is not null"),
    Root::page::<DevelopmentRecord>(
        "developmentRecords",
        "What people did to develop: one's own, and what one was named to confirm.",
    ),
    Root::page::<SupervisorAccreditation>(
        "supervisorAccreditations",
        "Accredited peer supervisors: oneself, those whom the own organisation confirmed, or all for the quality lead.",
    ),
    Root::by::<SupervisorAccreditation>(
        "supervisorAccreditation",
        "One accreditation of a peer supervisor by its id; null if there is none that you may see.",
    ),
];

/// What somebody does after graduation. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::DestinationKind")]
pub enum DestinationKind {
    /// Employed as a peer worker.
    EmployedAsPeerWorker,
    /// Employed as something else.
    EmployedOther,
    /// Volunteers.
    Volunteering,
    /// Goes on learning.
    FurtherTraining,
    /// Looks for work.
    Seeking,
    /// Does not look for work.
    NotSeeking,
    /// Did not say.
    NotTold,
}

/// As which peer somebody works. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::PeerRole")]
pub enum PeerRole {
    /// Peer support worker.
    PeerSupportWorker,
    /// Senior peer support worker.
    SeniorPeerSupportWorker,
    /// Peer supervisor.
    PeerSupervisor,
    /// Peer trainer.
    PeerTrainer,
    /// Leads peer support.
    PeerSupportLead,
    /// Family ambassador.
    FamilyAmbassador,
    /// Volunteer.
    Volunteer,
    /// Another one.
    Other,
}

/// From whom a destination is known. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::Source")]
pub enum DestinationSource {
    /// The graduate.
    Graduate,
    /// The deliverer knows it.
    Deliverer,
    /// The employer.
    Employer,
}

/// How somebody developed. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(remote = "model::DevelopmentKind")]
pub enum DevelopmentKind {
    /// A course or a workshop.
    Course,
    /// Supervision that was received.
    Supervision,
    /// Reflection on the own practice.
    Reflection,
    /// A conference or a network event.
    Conference,
    /// Reading.
    Reading,
    /// Watching others at work.
    Shadowing,
    /// Teaching others.
    Teaching,
    /// Another way.
    Other,
}

/// Where the accreditation of a peer supervisor stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "SupervisorAccreditationState")]
pub enum SupervisorAccreditationState {
    /// Confirmed for a term that is not over.
    Accredited,
    /// Confirmed; the term is over.
    Lapsed,
    /// Without effect until it is reinstated or withdrawn.
    Suspended,
    /// Over before its term.
    Withdrawn,
}

/// Whom a destination is about.
const OF_GRADUATE: About =
    person_of!("(select e.person_id from enrolment e where e.id = t.enrolment_id)");

readable! {
    /// Where somebody went after graduation, as it was told once.
    pub GraduateDestination = Rows::of("graduate_destination", "gds")
        .about(OF_GRADUATE)
        .visible_to(&[
            Way::Nation(Permission::SeeDestinations),
            Way::Organisation("t.organisation_id", Permission::SeeDestinations),
            Way::PersonThrough("enrolment e where e.id = t.enrolment_id", "e.person_id"),
        ])
        .filters(&[
            Filter {
                name: "organisationId",
                description: "The organisation that delivered the course.",
                sql: "t.organisation_id",
                kind: Kind::Id("org"),
            },
            Filter {
                name: "enrolmentId",
                description: "The enrolment.",
                sql: "t.enrolment_id",
                kind: Kind::Id("enr"),
            },
        ])
        .ordered_by("recordedAt");
    /// The id of the answer.
    id: id("gds"),
    /// The enrolment; null to those who do not see it.
    enrolment: one::<Enrolment>("t.enrolment_id").nullable(),
    /// The organisation that delivered the course.
    organisation: one::<Organisation>("t.organisation_id"),
    /// What the graduate does.
    kind: choice::<DestinationKind>("t.kind").filtered(),
    /// As which peer.
    peerRole: choice::<PeerRole>("t.peer_role").nullable().filtered(),
    /// The organisation of the network where that is.
    employer: one::<Organisation>("t.employer_id").nullable(),
    /// The name of another employer.
    employerName: text("t.employer_name").nullable().personal(),
    /// Since when.
    since: date("t.since").nullable(),
    /// How much of whole time, in hundredths, where the graduate is employed.
    wteHundredths: int("t.wte_hundredths").nullable(),
    /// From whom it is known.
    source: choice::<DestinationSource>("t.source"),
    /// So many months after graduation it was asked.
    askedAfterMonths: int("t.asked_after_months").filtered(),
    /// On which day it was answered.
    askedOn: date("t.asked_on"),
    /// The answer that it took the place of.
    amends: one::<GraduateDestination>("t.amends_id").nullable(),
    /// Why it did.
    reason: text("t.reason").nullable().personal(),
    /// When it was recorded.
    recordedAt: instant("t.recorded_at").ordered(),
    /// When another answer took its place; null while it holds.
    replacedAt: instant("t.replaced_at").nullable(),
    /// Counts its changes, from 1: 2 once another took its place.
    version: int("case when t.replaced_at is null then 1 else 2 end"),
}

readable! {
    /// What somebody did to develop in their work. Who did it and who was named to confirm it see it, and nobody else.
    pub DevelopmentRecord = Rows::of("development_record", "cpd")
        .about(person_of!("t.person_id"))
        .visible_to(&[Way::Person("t.person_id"), Way::Person("t.confirmer_id")])
        .ordered_by("doneOn");
    /// The id of the record.
    id: id("cpd"),
    /// The id of the person.
    personId: key("t.person_id", "per").filtered(),
    /// The id of the person who may confirm it.
    confirmerId: key("t.confirmer_id", "per").nullable().filtered(),
    /// How the person developed.
    kind: choice::<DevelopmentKind>("t.kind").filtered(),
    /// On which day.
    doneOn: date("t.done_on").filtered().ordered(),
    /// For how long.
    minutes: int("t.minutes"),
    /// What it was, in a few words.
    title: text("t.title").personal(),
    /// Who provided it.
    provider: text("t.provider").nullable().personal(),
    /// When it was recorded.
    recordedAt: instant("t.recorded_at"),
    /// When it was confirmed; null while it is not.
    confirmedAt: instant("t.confirmed_at").nullable(),
    /// When it was taken back; it counts no more.
    withdrawnAt: instant("t.withdrawn_at").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// Somebody whom a licensed organisation confirmed as a peer supervisor, for a term.
    pub SupervisorAccreditation = Rows::of("supervisor_accreditation", "sva")
        .about(person_of!("t.person_id"))
        .visible_to(&[
            Way::Nation(Permission::SeeSupervisors),
            Way::Organisation("t.organisation_id", Permission::SeeSupervisors),
            Way::Person("t.person_id"),
        ])
        .ordered_by("createdAt");
    /// The id of the accreditation.
    id: id("sva"),
    /// The organisation that confirmed.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The id of the supervisor.
    personId: key("t.person_id", "per").filtered(),
    /// The supervisor; null to those who do not see people.
    person: one::<Person>("t.person_id").nullable(),
    /// Where it stands today.
    state: choice::<SupervisorAccreditationState>(
        "case when t.state = 'ACCREDITED' and t.valid_to <= {today} then 'LAPSED' else t.state end",
    ).filtered(),
    /// First day of the term.
    validFrom: date("t.valid_from"),
    /// The day from which the term is over.
    validTo: date("t.valid_to").filtered(),
    /// The day from which it is over before its term.
    endedOn: date("t.ended_on").nullable(),
    /// Whether the supervisor gave it up.
    isResigned: boolean("t.resigned"),
    /// The most people to be supervised at once in an organisation.
    caseloadMax: int("t.caseload_max"),
    /// The accreditation whose term this one follows.
    renews: one::<SupervisorAccreditation>("t.renews_id").nullable(),
    /// When it was confirmed.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}
