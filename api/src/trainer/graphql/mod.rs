//! Trainers as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::model;
use crate::actor::Permission;
use crate::course::graphql::TeachingAssignment;
use crate::organisation::graphql::Organisation;
use crate::person::graphql::Person;
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::declaration::{
    About, Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, list,
    list_through, one, page, text,
};
use crate::{person_of, readable};

mod accreditation;
mod mutations;

pub use accreditation::AccreditationMutations;
pub use mutations::TrainerMutations;

/// The root fields of trainers.
pub const ROOTS: &[Root] = &[
    Root::page::<Trainer>(
        "trainers",
        "Trainers who chose to be listed; besides, oneself, those of the own organisation, or all for \
         the quality lead.",
    ),
    Root::by::<Trainer>(
        "trainer",
        "One trainer by the id; null if there is none that you may see.",
    ),
    Root::page::<TrainerAccreditation>(
        "trainerAccreditations",
        "Who may teach what, where: accreditations with their standing on the day asked about. \
         The filter `isInForce` leaves those by which somebody may teach on that day.",
    )
    .dated(),
    Root::by::<TrainerAccreditation>("trainerAccreditation", "One accreditation by its id.")
        .dated(),
];

/// What an accreditation entitles to.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "AccreditationLevel", remote = "model::Level")]
pub enum AccreditationLevel {
    /// Teaches beside an accredited trainer.
    Associate,
    /// Teaches.
    Trainer,
    /// Leads courses.
    Lead,
    /// Trains and observes trainers.
    Mentor,
}

/// Where an accreditation stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "AccreditationState")]
pub enum AccreditationState {
    /// Nominated.
    Applied,
    /// Observed while teaching.
    Observed,
    /// Granted for a term.
    Accredited,
    /// Granted for a term that is over.
    Lapsed,
    /// Without effect until it is reinstated or withdrawn.
    Suspended,
    /// Over before its term, or never granted.
    Withdrawn,
}

/// What kind of evidence speaks for a trainer.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "TrainerEvidenceKind", remote = "model::EvidenceKind")]
pub enum TrainerEvidenceKind {
    /// Somebody watched the trainer teach.
    Observation,
    /// The trainer taught beside an accredited one.
    CoTeaching,
    /// A collection of the trainer's own work.
    Portfolio,
    /// What another says about the trainer.
    Reference,
    /// What trainees said.
    Feedback,
}

/// The accreditation `t` entitles to teach on the day that the word stands for.
macro_rules! in_force {
    ($day:literal) => {
        concat!(
            "(t.valid_from is not null and t.valid_from <= ",
            $day,
            " and t.valid_to > ",
            $day,
            " and (t.ended_on is null or t.ended_on > ",
            $day,
            ")",
            " and not exists (select 1 from trainer_suspension s where s.accreditation_id = t.id",
            " and s.valid_from <= ",
            $day,
            " and (s.valid_to is null or s.valid_to > ",
            $day,
            ")))"
        )
    };
}

/// Those who see more of a trainer than the public register does: the quality lead, organisations of
/// present and future affiliation, the trainer.
macro_rules! close_to {
    ($trainer:literal, $person:literal) => {
        [
            Way::Nation(Permission::SeeTrainers),
            Way::OrganisationThrough(
                concat!(
                    "trainer_affiliation a where a.trainer_id = ", $trainer,
                    " and (a.valid_to is null or (a.valid_to > {today} and a.valid_to > a.valid_from))"
                ),
                "a.organisation_id",
                Permission::SeeTrainers,
            ),
            Way::Person($person),
        ]
    };
}

/// Who sees what hangs on a trainer.
const CLOSE: [Way; 3] =
    close_to!("t.trainer_id", "(select r.person_id from trainer r where r.id = t.trainer_id)");

/// Whom what hangs on a trainer is about.
const ABOUT: About = person_of!("(select r.person_id from trainer r where r.id = t.trainer_id)");

/// The ways of [`CLOSE`] for the trainer itself, the public register, and the national officers who name a
/// successor for the trainer.
const LISTED_OR_CLOSE: [Way; 5] = {
    let [nation, organisation, person] = close_to!("t.id", "t.person_id");
    let placed = Way::Where(
        &Way::Nation(Permission::ManageOrganisations),
        "exists (select 1 from succession_assignment s where s.trainer_id = t.id)",
    );
    [Way::Where(&Way::Everyone, "t.listed"), placed, nation, organisation, person]
};

/// The same for what the register says about qualifications: those in force today.
const SHOWN_OR_CLOSE: [Way; 4] = {
    let [nation, organisation, person] = CLOSE;
    let shown = Way::Where(
        &Way::Everyone,
        concat!(
            "(select r.listed from trainer r where r.id = t.trainer_id) and ",
            in_force!("{today}")
        ),
    );
    [shown, nation, organisation, person]
};

readable! {
    /// A trainer. The public register shows who chose to be listed.
    pub Trainer = Rows::of("trainer", "trn").visible_to(&LISTED_OR_CLOSE)
        .about(person_of!("t.person_id"))
        .filters(&[
            Filter {
                name: "organisationId",
                description: "An organisation with which the trainer works today.",
                sql: "exists (select 1 from trainer_affiliation a where a.trainer_id = t.id \
                    and {in_force:a} and a.organisation_id{matches})",
                kind: Kind::Id("org"),
            },
        ])
        .ordered_by("preferredName");
    /// The id of the trainer.
    id: id("trn"),
    /// The name to use.
    preferredName: text("t.name").filtered().ordered().personal(),
    /// What is said about the trainer's work.
    bio: text("t.bio").nullable().personal(),
    /// Whether the trainer chose to be listed.
    isListed: boolean("t.listed").filtered(),
    /// The organisations with which the trainer works on the day asked about.
    organisations: list_through::<Organisation>(20, "t.id",
        "trainer_affiliation l on l.organisation_id = t.id and {in_force:l}",
        "l.trainer_id = {parent}"),
    /// What the trainer may teach: of those who are only seen in the register, what is in force today.
    qualifications: list::<TrainerQualification>(50, "t.trainer_id = {parent}"),
    /// Accreditations, for the trainer, organisations of affiliation and the quality lead.
    accreditations: list::<TrainerAccreditation>(50, "t.trainer_id = {parent}").dated(),
    /// Affiliations with their days; an organisation sees the own.
    affiliations: list::<TrainerAffiliation>(50, "t.trainer_id = {parent}"),
    /// Standardisation events, for those who see the accreditations.
    standardisations: list::<TrainerStandardisation>(50, "t.trainer_id = {parent}"),
    /// What the trainer teaches, of the courses that you may see.
    teaching: page::<TeachingAssignment>("t.trainer_id = {parent} and t.released_at is null"),
    /// What the trainer declares about lived experience; null unless you may know.
    declaration: one::<TrainerDeclaration>("t.id").nullable(),
    /// The person; null unless you may see the person.
    person: one::<Person>("t.person_id").nullable(),
    /// The profile that replaced this one; null if none did, or you may not see it.
    mergedInto: one::<Trainer>("t.merged_into_id").nullable(),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// What only those close to a trainer know of the profile.
    pub TrainerDeclaration = Rows::of("trainer", "tdc").visible_to(&{
        close_to!("t.id", "t.person_id")
    }).about(person_of!("t.person_id"));
    /// The id, of the trainer's own digits.
    id: id("tdc"),
    /// Whether the trainer has lived experience, as declared. Nothing more is kept.
    hasLivedExperience: boolean("t.lived_experience").filtered().personal(),
    /// When the profile was made.
    createdAt: instant("t.created_at"),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
}

readable! {
    /// A programme type that a trainer may teach.
    pub TrainerQualification = Rows::of("trainer_accreditation", "tql").visible_to(&SHOWN_OR_CLOSE)
        .about(ABOUT);
    /// The id, of the accreditation's own digits.
    id: id("tql"),
    /// The programme type.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// Whether it is in force on the day asked about.
    isInForce: boolean(in_force!("{asOf}")).filtered(),
}

readable! {
    /// The accreditation of a trainer for a programme type at a level.
    pub TrainerAccreditation = Rows::of("trainer_accreditation", "tac").visible_to(&CLOSE).about(ABOUT)
        .filters(&[
            Filter {
                name: "trainerId",
                description: "The trainer.",
                sql: "t.trainer_id",
                kind: Kind::Id("trn"),
            },
            Filter {
                name: "organisationId",
                description: "An organisation with which the trainer works on the day asked about.",
                sql: "exists (select 1 from trainer_affiliation a where a.trainer_id = t.trainer_id \
                    and {in_force:a} and a.organisation_id{matches})",
                kind: Kind::Id("org"),
            },
        ])
        .ordered_by("createdAt");
    /// The id of the accreditation.
    id: id("tac"),
    /// The trainer.
    trainer: one::<Trainer>("t.trainer_id"),
    /// What the trainer may teach.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// What it entitles to.
    level: choice::<AccreditationLevel>("t.level").filtered(),
    /// Where it stands today; lapsed if the term is over on the day asked about.
    state: choice::<AccreditationState>(
        "case when t.state = 'ACCREDITED' and t.valid_to <= {asOf} then 'LAPSED' else t.state end").filtered(),
    /// Whether the trainer may teach by it on the day asked about: within the term, neither suspended nor
    /// withdrawn on that day.
    isInForce: boolean(in_force!("{asOf}")).filtered(),
    /// First day of the term; null until it is granted.
    validFrom: date("t.valid_from").nullable().filtered().ordered(),
    /// The day from which the term is over; null until it is granted.
    validTo: date("t.valid_to").nullable().filtered().ordered(),
    /// The day from which it is over before its term; null if it is not.
    endedOn: date("t.ended_on").nullable(),
    /// Whether the trainer gave it up.
    isResigned: boolean("t.resigned").filtered(),
    /// When it was nominated.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at"),
    /// Counts its changes, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
    /// The organisation that nominated.
    nominatedBy: one::<Organisation>("t.organisation_id"),
    /// The organisations with which the trainer works on the day asked about.
    organisations: list_through::<Organisation>(20, "t.trainer_id",
        "trainer_affiliation l on l.organisation_id = t.id and {in_force:l}",
        "l.trainer_id = {parent}"),
    /// The accreditation whose term this one follows; null if it follows none.
    renews: one::<TrainerAccreditation>("t.renews_id").nullable(),
    /// What speaks for the trainer.
    evidence: list::<TrainerEvidence>(100, "t.accreditation_id = {parent}"),
    /// When it was suspended, and why.
    suspensions: list::<TrainerSuspension>(20, "t.accreditation_id = {parent}"),
}

readable! {
    /// An organisation with which a trainer works for a period.
    pub TrainerAffiliation = Rows::of("trainer_affiliation", "taf").about(ABOUT).visible_to(&[
        Way::Nation(Permission::SeeTrainers),
        Way::Organisation("t.organisation_id", Permission::SeeTrainers),
        Way::Person("(select r.person_id from trainer r where r.id = t.trainer_id)"),
    ]).ordered_by("validFrom");
    /// The id of the affiliation.
    id: id("taf"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds; null if no such day is set.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// A piece of evidence for an accreditation.
    pub TrainerEvidence = Rows::of("trainer_evidence", "tev").visible_to(&CLOSE).about(ABOUT)
        .ordered_by("evidencedOn");
    /// The id of the evidence.
    id: id("tev"),
    /// What kind.
    kind: choice::<TrainerEvidenceKind>("t.kind"),
    /// Of which day.
    evidencedOn: date("t.evidenced_on").ordered(),
    /// Where the note of it is kept.
    noteReference: text("t.note_reference").nullable(),
    /// When it was recorded.
    recordedAt: instant("t.recorded_at"),
}

readable! {
    /// Days on which an accreditation was without effect.
    pub TrainerSuspension = Rows::of("trainer_suspension", "tsu").visible_to(&CLOSE).about(ABOUT)
        .ordered_by("validFrom");
    /// The id of the suspension.
    id: id("tsu"),
    /// Why it was suspended.
    reason: text("t.reason").personal(),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which it no longer holds; null while it does.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// A standardisation event that a trainer attended.
    pub TrainerStandardisation = Rows::of("trainer_standardisation", "tst").visible_to(&CLOSE).about(ABOUT)
        .ordered_by("attendedOn");
    /// The id of the record.
    id: id("tst"),
    /// The day.
    attendedOn: date("t.attended_on").ordered(),
    /// Where the note of it is kept.
    noteReference: text("t.note_reference").nullable(),
    /// When it was recorded.
    recordedAt: instant("t.recorded_at"),
}
