//! Courses as they can be read and changed.

use async_graphql::Enum;
use serde::Serialize;

use super::{model, planning};
use crate::actor::Permission;
use crate::licence::graphql::Licence;
use crate::organisation::graphql::Organisation;
use crate::programme::graphql::{ProgrammeModule, ProgrammeVersion};
use crate::programme::kind::ProgrammeTypeChoice;
use crate::read::declaration::{
    Filter, Kind, Root, Rows, Way, boolean, choice, date, id, instant, int, list, list_through,
    one, one_through, page, text,
};
use crate::readable;
use crate::trainer::graphql::Trainer;

mod national;
mod partners;
mod plan;
mod running;
mod sessions;
mod ways;

pub use national::CourseNationalMutations;
pub use partners::CourseMutations;
pub use plan::CourseQueries;
pub use running::CourseRunningMutations;
pub use sessions::SessionMutations;
pub(crate) use ways::TEACHES;
use ways::{CLOSE, CLOSE_OR_TRAINEE, HOST, OF_COURSES, OF_PARTS, PARTNER, TRAINEE};

/// The states in which people may come forward.
const TAKES_PEOPLE: &str = "t.state in ('OPEN','CONFIRMED')";

/// LIC-5: the licence of a course is in force today for its programme type, or in grace, and not suspended.
macro_rules! licensed {
    ($course:literal) => {
        concat!(
            "exists (select 1 from licence n join licence_programme g on g.licence_id = n.id \
             and g.stage = 'GRANTED' and g.programme_type = ",
            $course,
            ".programme_type where n.id = ",
            $course,
            ".licence_id and n.state = 'GRANTED' \
             and (g.valid_from <= {today} and g.valid_to > {today} and n.valid_to > {today} \
               or n.valid_to <= {today} and g.valid_to >= n.valid_to and n.grace_to > {today} \
               and n.renewal_from <= {today} and (n.renewal_to is null or n.renewal_to > {today})))"
        )
    };
}
pub(crate) use licensed;

/// Whether new people find a course: a teach-out lets it go on, and is for those who have a place.
const OPEN_TO_NEW_PEOPLE: &str = concat!("t.state in ('OPEN','CONFIRMED') and ", licensed!("t"));

/// The root fields of courses.
pub const ROOTS: &[Root] = &[
    Root::page::<Course>(
        "courses",
        "Courses: those that take people, for everyone; besides, those that the own organisation delivers, \
         hosts or has places on, those that one teaches, or all for the national team. `asOf` chooses the \
         day of deliverers, boards and regions in `where`.",
    )
    .dated(),
    Root::by::<Course>("course", "One course by its id; null if there is none that you may see."),
    Root::page::<Course>(
        "openCourses",
        "Courses that take people, and whose licence is in force. `where` knows region, board, postcode area, \
         mode and programme type.",
    )
    .dated()
    .holding(OPEN_TO_NEW_PEOPLE),
    Root::page::<Session>("sessions", "Teaching days of the courses that you may see."),
    Root::by::<Session>("session", "One session by its id; null if there is none that you may see."),
];

/// Where a course stands. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "CourseState", remote = "model::State")]
pub enum CourseState {
    /// Being planned by the organisation.
    Draft,
    /// Before the licensing officer.
    Proposed,
    /// May be opened.
    Approved,
    /// Open for applications.
    Open,
    /// Certain to run: enough people have a place.
    Confirmed,
    /// The first session was held.
    Running,
    /// Running under a teach-out decision.
    TeachOut,
    /// Every session is held or cancelled.
    Completed,
    /// Moderated: nothing of it changes any more.
    Closed,
    /// Will not be held, or not to its end.
    Cancelled,
}

/// How a course is taught.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "CourseMode", remote = "model::Mode")]
pub enum CourseMode {
    /// Online.
    Online,
    /// In a room.
    InPerson,
    /// Partly online, partly in a room.
    Hybrid,
}

/// Where a session stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "SessionState", remote = "model::SessionState")]
pub enum SessionState {
    /// To come.
    Planned,
    /// Was held.
    Held,
    /// Is not held and not replaced.
    Cancelled,
    /// Another session took its place.
    Rescheduled,
}

/// What a trainer does at a session.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Serialize)]
#[graphql(name = "TeachingPart", remote = "model::Part")]
pub enum TeachingPart {
    /// Leads it.
    Lead,
    /// Teaches it with the lead.
    Co,
    /// Watches and does not teach.
    Observer,
}

/// Whether a held session counts for those who were there.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "SessionCredit", remote = "model::Credit")]
pub enum SessionCredit {
    /// It counts.
    Given,
    /// It counts only if a quality lead accepts it.
    Pending,
}

/// What a planner should know. New values may appear.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "CourseWarningKind", remote = "planning::WarningKind")]
pub enum CourseWarningKind {
    /// A day was left out because it is a bank holiday.
    BankHolidaySkipped,
    /// A day was left out because the place is closed.
    ClosedDateSkipped,
    /// The course lies in part where no bank holidays are known.
    BankHolidaysUnknown,
    /// The licence is suspended: no course opens under it.
    LicenceSuspended,
    /// The course starts before the licence covers the programme type.
    LicenceStartsLater,
    /// The course runs past the end of the licence, within the days in which it may be in grace.
    LicenceEndsInGrace,
    /// The course runs past the end of the licence and of any grace.
    LicenceEnds,
    /// There is no licence for this programme type.
    LicenceMissing,
    /// A trainer is not accredited on the day of a session.
    AccreditationLapses,
    /// The course lies in two financial years.
    TwoFinancialYears,
    /// A module has no session.
    ModuleNotScheduled,
    /// The planned minutes lie far below or above those of the version.
    PlannedMinutesDiffer,
    /// The course starts before the first day on which it may start on this version.
    VersionStartsTooEarly,
    /// The course starts after the last day on which it may start on this version.
    VersionStartsTooLate,
}

/// The first end of an accreditation that a trainer needs for a session to come, and has no other for.
const LAPSES_ON: &str = "(select min(a.valid_to) from teaching_assignment x \
     join course_session s on s.id = x.session_id and s.state = 'PLANNED' \
     join trainer_accreditation a on a.trainer_id = x.trainer_id \
       and a.programme_type = t.programme_type and a.state in ('ACCREDITED','SUSPENDED') \
     where x.course_id = t.id and x.released_at is null and x.part <> 'OBSERVER' and a.valid_to <= s.day \
       and (x.part <> 'LEAD' or a.level in ('LEAD','MENTOR')) \
       and not exists (select 1 from trainer_accreditation b where b.trainer_id = x.trainer_id \
         and b.programme_type = t.programme_type and b.state in ('ACCREDITED','SUSPENDED') \
         and b.valid_from <= s.day and b.valid_to > s.day \
         and (x.part <> 'LEAD' or b.level in ('LEAD','MENTOR'))))";

readable! {
    /// A dated run of a curriculum.
    pub Course = Rows::of("course", "crs").visible_to(OF_COURSES)
        .filters(&[
            Filter {
                name: "organisationId",
                description: "The organisation that delivers it on the day asked about.",
                sql: "exists (select 1 from course_deliverer d where d.course_id = t.id and {in_force:d} \
                    and d.organisation_id{matches})",
                kind: Kind::Id("org"),
            },
            Filter {
                name: "regionId",
                description: "The region of that organisation on the day asked about.",
                sql: "(select m.region_id from course_deliverer d \
                    join region_membership m on m.organisation_id = d.organisation_id \
                    where d.course_id = t.id and {in_force:d} and {in_force:m})",
                kind: Kind::Id("reg"),
            },
            Filter {
                name: "integratedCareBoardId",
                description: "The host board of that organisation on the day asked about.",
                sql: "(select m.board_id from course_deliverer d \
                    join board_membership m on m.organisation_id = d.organisation_id \
                    where d.course_id = t.id and m.role = 'HOST' and {in_force:d} and {in_force:m})",
                kind: Kind::Id("icb"),
            },
            Filter {
                name: "programmeId",
                description: "The programme.",
                sql: "(select v.programme_id from programme_version v where v.id = t.programme_version_id)",
                kind: Kind::Id("prg"),
            },
            Filter {
                name: "programmeCode",
                description: "The code of the programme.",
                sql: "(select p.code from programme_version v join programme p on p.id = v.programme_id \
                    where v.id = t.programme_version_id)",
                kind: Kind::Text,
            },
            Filter {
                name: "programmeVersionId",
                description: "The curriculum.",
                sql: "t.programme_version_id",
                kind: Kind::Id("prv"),
            },
            Filter {
                name: "licenceId",
                description: "The licence under which it runs.",
                sql: "t.licence_id",
                kind: Kind::Id("lic"),
            },
            Filter {
                name: "leadTrainerId",
                description: "Who leads it, of the trainers who are listed.",
                sql: "(select r.id from trainer r where r.id = t.lead_trainer_id and r.listed)",
                kind: Kind::Id("trn"),
            },
        ])
        .owned_by("t.organisation_id")
        .ordered_by("startsOn");
    /// The id of the course.
    id: id("crs"),
    /// Its code, which the organisation that drafted it never gives again. It stays when a succession gives the
    /// course another deliverer: of one deliverer two courses may then have the same code, and `id` tells them
    /// apart.
    code: text("t.code").filtered().ordered(),
    /// The organisation that delivers it now.
    organisation: one::<Organisation>("t.organisation_id"),
    /// The organisations that delivered it one after the other: a succession gives it another.
    deliverers: list::<CourseDeliverer>(20, "t.course_id = {parent}"),
    /// The organisation that hosts it, where another one delivers.
    host: one::<Organisation>("t.host_id").nullable(),
    /// Its curriculum, for life.
    programmeVersion: one::<ProgrammeVersion>("t.programme_version_id"),
    /// What it trains people for.
    programmeType: choice::<ProgrammeTypeChoice>("t.programme_type").filtered(),
    /// The licence under which it runs; null before it is proposed.
    licence: one::<Licence>("t.licence_id").nullable(),
    /// How it is taught.
    mode: choice::<CourseMode>("t.mode").filtered(),
    /// Whether it is a short course that introduces people to the subject, as recovery colleges hold them.
    isIntroductory: boolean("t.introductory").filtered(),
    /// The letters with which the postcode of its place begins, such as NN; null if it has none.
    postcodeArea: text("t.postcode_area").nullable().filtered(),
    /// First day.
    startsOn: date("t.start_on").filtered().ordered(),
    /// Last day.
    endsOn: date("t.end_on").filtered().ordered(),
    /// Fewest people with whom it runs.
    capacityMin: int("t.capacity_min"),
    /// Most people.
    capacityMax: int("t.capacity_max"),
    /// How many places are taken: by who is enrolled or offered one, and by those that the deliverer keeps. For the
    /// deliverer and the national team.
    placesTaken: int("t.places_taken").only(Permission::SeeCourses),
    /// How many of them the deliverer keeps for people who are not enrolled yet.
    placesReserved: int("t.places_reserved").only(Permission::SeeCourses),
    /// Where it stands.
    state: choice::<CourseState>("t.state").filtered(),
    /// Who leads it now; null if nobody does yet, or the trainer is not listed.
    leadTrainer: one::<Trainer>("t.lead_trainer_id").nullable(),
    /// The trainers who teach it, or did: those that you may see.
    trainers: list_through::<Trainer>(40, "t.id", "course_trainer l on l.trainer_id = t.id",
        "l.course_id = {parent}"),
    /// The day on which the first accreditation ends that a trainer needs for a session still to come; null if
    /// all last. For quality leads, who ask for those `before` a day 60, 30 or 7 days ahead.
    accreditationLapsesOn: date(LAPSES_ON).only(Permission::OverseeCourses).filtered(),
    /// Its teaching days, those that were cancelled or moved among them.
    sessions: page::<Session>("t.course_id = {parent}"),
    /// Places offered to partners: for the deliverer and the national team all, for a partner the own.
    partners: list::<CoursePartner>(50, "t.course_id = {parent}"),
    /// What deliverer and host agreed, for those who take part and the national team.
    terms: one_through::<CourseTerms>("course_terms l on l.id = t.id", "l.course_id = {parent}"),
    /// What a quality lead corrected after it was closed, for those who take part and the national team.
    corrections: list::<CourseCorrection>(50, "t.course_id = {parent}"),
    /// Decisions that it goes on though its licence does not cover it. For the deliverer and the national team.
    teachOuts: list::<TeachOut>(20, "t.course_id = {parent}"),
    /// Why it was returned. For the deliverer and the national team.
    returnReason: text("t.return_reason").only(Permission::SeeCourses),
    /// Why it was cancelled. For the deliverer and the national team.
    cancelReason: text("t.cancel_reason").only(Permission::SeeCourses),
    /// When it was opened; null if it was not.
    openedAt: instant("t.opened_at").nullable().filtered().ordered(),
    /// When it was completed or cancelled; null if it was not.
    endedOn: date("t.ended_on").nullable().filtered(),
    /// When it was drafted.
    createdAt: instant("t.created_at").ordered(),
    /// When it last changed.
    updatedAt: instant("t.updated_at").ordered(),
    /// Counts its changes, those of its sessions too, from 1: give it back as `expectedVersion`.
    version: int("t.version"),
}

readable! {
    /// A teaching day of a course.
    pub Session = Rows::of("course_session", "ses").visible_to(OF_PARTS)
        .filters(&[
            Filter {
                name: "courseId",
                description: "The course.",
                sql: "t.course_id",
                kind: Kind::Id("crs"),
            },
            Filter {
                name: "organisationId",
                description: "The organisation that delivers the course.",
                sql: "t.organisation_id",
                kind: Kind::Id("org"),
            },
        ])
        .owned_by("t.organisation_id")
        .ordered_by("startsAt");
    /// The id of the session.
    id: id("ses"),
    /// The course.
    course: one::<Course>("t.course_id"),
    /// Its civil date in London.
    date: date("t.day").filtered().ordered(),
    /// When it begins on clocks in London, such as 10:00.
    startTime: text("t.start_time"),
    /// When it ends on clocks in London.
    endTime: text("t.end_time"),
    /// When it begins.
    startsAt: instant("t.starts_at").filtered().ordered(),
    /// When it ends.
    endsAt: instant("t.ends_at").filtered(),
    /// Whether it counts as a day of the course.
    countsAsDay: boolean("t.counts_as_day").filtered(),
    /// Its taught minutes.
    plannedMinutes: int("t.planned_minutes"),
    /// Where it stands.
    state: choice::<SessionState>("t.state").filtered(),
    /// Whether it counts; null until it is held. For the deliverer and the national team.
    credit: choice::<SessionCredit>("t.credit").only(Permission::SeeCourses),
    /// Why it was cancelled, moved or held without credit. For the deliverer and the national team.
    reason: text("t.reason").only(Permission::SeeCourses),
    /// The session whose place it took.
    replaces: one::<Session>("t.replaces_id").nullable(),
    /// The session that took its place.
    replacedBy: one_through::<Session>("course_session l on l.id = t.id", "l.replaces_id = {parent}"),
    /// Its modules.
    modules: list_through::<ProgrammeModule>(40, "t.id", "session_module l on l.module_id = t.id",
        "l.session_id = {parent}"),
    /// Who teaches it.
    teaching: list::<TeachingAssignment>(40, "t.session_id = {parent} and t.released_at is null"),
    /// Who was to teach it and no longer is.
    formerTeaching: list::<TeachingAssignment>(40, "t.session_id = {parent} and t.released_at is not null"),
    /// Where it meets, for those who take part and the national team.
    place: one_through::<SessionPlace>("session_place l on l.id = t.id", "l.session_id = {parent}"),
    /// Guests who contribute to it, for those who take part and the national team.
    guests: list::<SessionGuest>(10, "t.session_id = {parent}"),
}

readable! {
    /// What a trainer does, or was to do, at a session.
    pub TeachingAssignment = Rows::of("teaching_assignment", "tch").visible_to(OF_PARTS)
        .filters(&[Filter {
            name: "courseId",
            description: "The course.",
            sql: "t.course_id",
            kind: Kind::Id("crs"),
        }])
        .ordered_by("startsAt");
    /// The id of the assignment.
    id: id("tch"),
    /// The session.
    session: one::<Session>("t.session_id"),
    /// The course.
    course: one::<Course>("t.course_id"),
    /// The trainer; null if you may not see the trainer.
    trainer: one::<Trainer>("t.trainer_id").nullable(),
    /// The trainer's part.
    part: choice::<TeachingPart>("t.part").filtered(),
    /// When the session begins.
    startsAt: instant("t.starts_at").filtered().ordered(),
    /// When the session ends.
    endsAt: instant("t.ends_at"),
    /// When the trainer was released from it; null if the trainer was not.
    releasedAt: instant("t.released_at").nullable().filtered(),
}

readable! {
    /// The organisation that delivers a course for a period.
    pub CourseDeliverer = Rows::of("course_deliverer", "cdl").visible_to(&[
        Way::Where(
            &Way::Everyone,
            "(select c.state from course c where c.id = t.course_id) in ('OPEN','CONFIRMED')",
        ),
        Way::Nation(Permission::SeeCourses),
        Way::OrganisationThrough(
            "course c where c.id = t.course_id",
            "c.organisation_id",
            Permission::SeeCourses,
        ),
        HOST,
        PARTNER,
        TEACHES,
        TRAINEE,
    ]).ordered_by("validFrom");
    /// The id of the period.
    id: id("cdl"),
    /// The organisation.
    organisation: one::<Organisation>("t.organisation_id"),
    /// First day.
    validFrom: date("t.valid_from").ordered(),
    /// The day from which another organisation delivers it; null if none does.
    validTo: date("t.valid_to").nullable(),
}

readable! {
    /// Places of a course that were offered to a partner.
    pub CoursePartner = Rows::of("course_partner", "cpa").visible_to(&[
        Way::Nation(Permission::SeeCourses),
        Way::Organisation("t.organisation_id", Permission::SeeCourses),
        Way::Organisation("t.partner_id", Permission::SeeCourses),
    ]);
    /// The id of the offer.
    id: id("cpa"),
    /// The course.
    course: one::<Course>("t.course_id"),
    /// The partner.
    organisation: one::<Organisation>("t.partner_id"),
    /// How many places.
    places: int("t.places"),
    /// When they were last offered.
    offeredAt: instant("t.offered_at"),
}

readable! {
    /// A decision that a course opens or goes on though its licence does not cover it. The latest of a course counts.
    pub TeachOut = Rows::of("course_teach_out", "cto").visible_to(&[
        Way::Nation(Permission::SeeCourses),
        Way::Organisation("t.organisation_id", Permission::SeeCourses),
    ]);
    /// The id of the decision.
    id: id("cto"),
    /// The course.
    course: one::<Course>("t.course_id"),
    /// The last day that it covers.
    until: date("t.until"),
    /// The organisation that takes the course over; null if none does.
    receivingOrganisation: one::<Organisation>("t.receiving_id").nullable(),
    /// Why the course goes on all the same.
    reason: text("t.reason"),
    /// When it was approved.
    approvedOn: date("t.approved_on"),
}

readable! {
    /// A correction of a closed course, which itself stays as it is.
    pub CourseCorrection = Rows::of("course_correction", "cco").visible_to(CLOSE).ordered_by("correctedAt");
    /// The id of the correction.
    id: id("cco"),
    /// What the course says wrongly.
    concerns: text("t.concerns"),
    /// What is right.
    correction: text("t.correction"),
    /// Why it was corrected.
    reason: text("t.reason"),
    /// When it was recorded.
    correctedAt: instant("t.corrected_at").ordered(),
}

readable! {
    /// What deliverer and host of a course agreed.
    pub CourseTerms = Rows::of("course_terms", "ctm").visible_to(CLOSE);
    /// The id of the terms.
    id: id("ctm"),
    /// What was agreed.
    coDeliveryTerms: text("t.co_delivery_terms"),
}

readable! {
    /// Where a session meets.
    pub SessionPlace = Rows::of("session_place", "spl").visible_to(CLOSE_OR_TRAINEE);
    /// The id of the place's record.
    id: id("spl"),
    /// The venue; null if there is none.
    venue: text("t.venue").nullable(),
    /// The link by which people join; null if there is none.
    joinUrl: text("t.join_url").nullable(),
}

readable! {
    /// A guest who contributes to a session.
    pub SessionGuest = Rows::of("session_guest", "sgu").visible_to(CLOSE_OR_TRAINEE);
    /// The id of the guest's record.
    id: id("sgu"),
    /// The guest's name.
    name: text("t.name").personal(),
    /// What the guest contributes.
    contribution: text("t.contribution"),
}
