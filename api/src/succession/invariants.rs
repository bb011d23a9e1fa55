//! What holds of successions in the whole database, as queries for violations.

use crate::verify::Invariant;

/// Each invariant with a query that gives one line for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "ORG-3 a closed organisation delivers no course, unless the course waits for a successor",
        "select 'delivered by a closed organisation: ' || c.code from course c \
         join organisation o on o.id = c.organisation_id \
         where o.status = 'CLOSED' and c.state not in ('COMPLETED', 'CLOSED', 'CANCELLED') \
           and not exists (select 1 from succession_assignment a where a.course_id = c.id \
             and a.organisation_id = o.id and a.successor_id is null)",
    ),
    (
        "SUCC-2 who delivers a course is who delivers it from its last change on",
        "select 'the deliverer does not stand in its history: ' || c.code from course c \
         where not exists (select 1 from course_deliverer d where d.course_id = c.id \
           and d.organisation_id = c.organisation_id and d.valid_to is null)",
    ),
    (
        "who takes over on a succession is one of the successors",
        "select 'not taken over by a successor: ' || a.kind from succession_assignment a \
         where a.successor_id is not null and not exists (select 1 from organisation_succession s \
           where s.predecessor_id = a.organisation_id and s.successor_id = a.successor_id \
             and s.effective_on = a.effective_on)",
    ),
];
