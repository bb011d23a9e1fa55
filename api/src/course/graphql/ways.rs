//! Who sees courses and what hangs on them.

use super::TAKES_PEOPLE;
use crate::actor::Permission;
use crate::read::declaration::Way;

/// Who sees a course.
pub(super) const OF_COURSES: &[Way] = &[
    Way::Where(&Way::Everyone, TAKES_PEOPLE),
    Way::Nation(Permission::SeeCourses),
    Way::Organisation("t.organisation_id", Permission::SeeCourses),
    Way::Organisation("t.host_id", Permission::SeeCourses),
    Way::OrganisationThrough(
        "course_partner p where p.course_id = t.id",
        "p.partner_id",
        Permission::SeeCourses,
    ),
    Way::PersonThrough(
        "course_trainer x where x.course_id = t.id and exists (select 1 from teaching_assignment y \
         where y.course_id = x.course_id and y.trainer_id = x.trainer_id and y.released_at is null)",
        "x.person_id",
    ),
    Way::PersonThrough(
        "enrolment e where e.course_id = t.id and e.state not in ('HELD','REFUSED','WITHDRAWN','TRANSFERRED_OUT')",
        "e.person_id",
    ),
];

/// Who sees sessions and who teaches them: who sees the course.
pub(super) const OF_PARTS: &[Way] = &[
    Way::Where(
        &Way::Everyone,
        "(select c.state from course c where c.id = t.course_id) in ('OPEN','CONFIRMED')",
    ),
    Way::Nation(Permission::SeeCourses),
    Way::Organisation("t.organisation_id", Permission::SeeCourses),
    HOST,
    PARTNER,
    TEACHES,
    TRAINEE,
];

/// Who sees where a course meets and what was agreed about it: those who take part, and the national team.
pub(super) const CLOSE: &[Way] = &[
    Way::Nation(Permission::SeeCourses),
    Way::Organisation("t.organisation_id", Permission::SeeCourses),
    HOST,
    PARTNER,
    TEACHES,
];

/// Where it meets and with whom: for those, and for whoever has a place.
pub(super) const CLOSE_OR_TRAINEE: &[Way] = &[
    Way::Nation(Permission::SeeCourses),
    Way::Organisation("t.organisation_id", Permission::SeeCourses),
    HOST,
    PARTNER,
    TEACHES,
    TRAINEE,
];

pub(super) const HOST: Way = Way::OrganisationThrough(
    "course c where c.id = t.course_id",
    "c.host_id",
    Permission::SeeCourses,
);

pub(super) const PARTNER: Way = Way::OrganisationThrough(
    "course_partner p where p.course_id = t.course_id",
    "p.partner_id",
    Permission::SeeCourses,
);

/// Whoever has a place on the course of a row.
pub(super) const TRAINEE: Way = Way::PersonThrough(
    "enrolment e where e.course_id = t.course_id and e.state not in ('HELD','REFUSED','WITHDRAWN','TRANSFERRED_OUT')",
    "e.person_id",
);

/// Who teaches a course, or did: not who was named and taken off again.
pub(crate) const TEACHES: Way = Way::PersonThrough(
    "course_trainer x where x.course_id = t.course_id and exists (select 1 from teaching_assignment y \
     where y.course_id = x.course_id and y.trainer_id = x.trainer_id and y.released_at is null)",
    "x.person_id",
);
