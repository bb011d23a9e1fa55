//! What holds of courses in the whole database, as queries for violations.

use crate::verify::Invariant;

/// Each invariant with a query that gives one line for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "COH-1 sessions lie within their course",
        "select 'a session lies outside ' || c.code from course_session s \
         join course c on c.id = s.course_id \
         where s.state in ('PLANNED', 'HELD') and (s.day < c.start_on or s.day > c.end_on)",
    ),
    (
        "COH-1 every module of a course that is not held yet has a session",
        "select 'a module has no session in ' || c.code from course c \
         join programme_module m on m.version_id = c.programme_version_id \
         where c.state in ('PROPOSED', 'APPROVED', 'OPEN', 'CONFIRMED') \
           and not exists (select 1 from session_module x where x.course_id = c.id and x.module_id = m.id)",
    ),
    (
        "COH-2 there are places for those who have one and for what partners were offered",
        "select 'too few places in ' || c.code from course c where c.capacity_max < c.places_taken \
           or c.capacity_max < (select coalesce(sum(p.places), 0) from course_partner p where p.course_id = c.id)",
    ),
    (
        "COH-5 a course stands on a version that was published, of its programme type",
        "select 'not on a published version of its type: ' || c.code from course c \
         join programme_version v on v.id = c.programme_version_id \
         join programme p on p.id = v.programme_id \
         where v.state = 'DRAFT' or p.type <> c.programme_type",
    ),
    (
        "LIC-3 a live course that did not pass on has a licence that covers it, or a teach-out decision",
        "select 'no licence covers the end of ' || c.code from course c \
         where c.state in ('OPEN', 'CONFIRMED') and c.organisation_id = c.coded_by_id and not exists ( \
             select 1 from licence_programme g where g.licence_id = c.licence_id \
               and g.programme_type = c.programme_type and g.stage = 'GRANTED' \
               and g.granted_to > c.end_on) \
           and not exists (select 1 from course_teach_out o where o.course_id = c.id \
             and o.until >= c.end_on)",
    ),
    (
        "LIC-5 no course was opened under a licence while it was suspended",
        "select 'opened while its licence was suspended: ' || c.code from course c \
         join audit_event e on e.entity_type = 'course' and e.entity_id = c.id \
           and e.action = 'course.opened' \
         join audit_event s on s.entity_type = 'licence' and s.entity_id = c.licence_id \
           and s.action = 'licence.suspended' and s.seq < e.seq and s.chain = e.chain \
         where not exists (select 1 from audit_event r where r.entity_type = 'licence' \
           and r.entity_id = c.licence_id and r.action in ('licence.reinstated', 'licence.appeal_decided') \
           and r.seq > s.seq and r.seq < e.seq and r.chain = e.chain)",
    ),
    (
        "TRN-2 a session of a course that was proposed has exactly one lead",
        "select 'not exactly one lead on ' || s.day || ' in ' || c.code from course_session s \
         join course c on c.id = s.course_id \
         where c.state in ('PROPOSED', 'APPROVED', 'OPEN', 'CONFIRMED', 'RUNNING', 'TEACH_OUT') \
           and s.state = 'PLANNED' and (select count(*) from teaching_assignment a \
             where a.session_id = s.id and a.part = 'LEAD' and a.released_at is null) <> 1",
    ),
    (
        "TRN-4 a trainer is in one place at a time, and booked by the courses that opened",
        "select 'a trainer is in two places at once in ' || c.code from teaching_assignment a \
         join teaching_assignment b on a.trainer_id = b.trainer_id and a.id < b.id \
           and a.starts_at < b.ends_at and b.starts_at < a.ends_at \
         join course c on c.id = a.course_id \
         where a.released_at is null and b.released_at is null and a.booked and b.booked \
         union all select 'not booked though it opened: ' || c.code from teaching_assignment a \
           join course c on c.id = a.course_id \
         where a.released_at is null and c.opened_at is not null and a.booked <> (a.part <> 'OBSERVER')",
    ),
    (
        "the version of a course is the number of its audit events",
        "select 'version and audit events differ: ' || c.code from course c \
         where c.version <> (select count(*) from audit_event e \
           where e.entity_type = 'course' and e.entity_id = c.id)",
    ),
];
