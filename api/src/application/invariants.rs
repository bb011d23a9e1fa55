//! What holds of the rows of interest and applications.

use crate::verify::Invariant;

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "the version of an application is the number of its audit events",
        "select 'version and audit events differ: an application that is ' || a.state from application a \
         where a.version <> (select count(*) from audit_event e \
           where e.entity_type = 'application' and e.entity_id = a.id)",
    ),
    (
        "those who wait for a course are numbered from 1, in the order in which they began to",
        "select 'a place on a waiting list is wrong' from application a where a.state = 'WAITLISTED' \
         and coalesce(a.waiting_position, 0) <> (select count(*) from application w \
           where w.course_id = a.course_id and w.state = 'WAITLISTED' \
             and (w.waitlisted_at < a.waitlisted_at or w.waitlisted_at = a.waitlisted_at and w.id <= a.id))",
    ),
    (
        "an applicant who is not suitable was found so by two people",
        "select 'declined by one hand' from application a where a.state = 'DECLINED' \
         and a.decline_reason = 'SUITABILITY' \
         and (a.second_assessor_id is null or a.second_assessor_id = a.assessor_id)",
    ),
    (
        "an application belongs to who delivers its course, and its texts to its applicant",
        "select 'another organisation' from application a join course c on c.id = a.course_id \
         where c.organisation_id <> a.organisation_id \
         union all select 'another''s text' from application a \
         join sensitive_record r on r.id in (a.motivation_id, a.support_needs_id) \
         where r.person_id <> a.person_id",
    ),
    (
        "what was handed in has a motivation",
        "select 'no motivation' from application a where a.submitted_at is not null and a.motivation_id is null \
         and a.erased_on is null",
    ),
];
