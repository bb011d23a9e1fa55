//! What holds of the rows of enrolments.

use crate::verify::Invariant;

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "COH-2 as many places are taken as people have or were offered, and the deliverer keeps",
        "select c.code || ' counts ' || c.places_taken from course c where c.state <> 'CLOSED' \
         and c.places_taken <> c.places_reserved + (select count(*) from enrolment e where e.course_id = c.id \
           and e.state not in ('REFUSED', 'DEFERRED', 'WITHDRAWN', 'TRANSFERRED_OUT')) \
           + (select count(*) from application a where a.course_id = c.id and a.state = 'OFFERED')",
    ),
    (
        "ENR-1 a person has one live enrolment of a kind",
        "select 'two live enrolments: ' || e.programme_type from enrolment e \
         where e.state in ('PLACED', 'ACTIVE', 'COMPLETED_TEACHING', 'RESIT', 'DEFERRED') \
         group by e.person_id, e.programme_type having count(*) > 1",
    ),
    (
        "an enrolment is of the kind of its course",
        "select 'of another kind than ' || c.code from enrolment e join course c on c.id = e.course_id \
         where e.programme_type <> c.programme_type",
    ),
    (
        "ENR-3 what somebody goes on from was transferred, and nothing else was",
        "select 'goes on from one that is ' || o.state from enrolment e join enrolment o on o.id = e.origin_id \
         where o.state <> 'TRANSFERRED_OUT' or o.person_id <> e.person_id \
         union all select 'transferred to nowhere' from enrolment o where o.state = 'TRANSFERRED_OUT' \
         and not exists (select 1 from enrolment e where e.origin_id = o.id)",
    ),
    (
        "ATT-1 and ATT-4 attendance is of held sessions within the enrolment",
        "select 'recorded of a session that is ' || s.state from attendance_record a \
         join course_session s on s.id = a.session_id join enrolment e on e.id = a.enrolment_id \
         where a.replaced_at is null and (s.state <> 'HELD' or s.course_id <> e.course_id \
           or s.day < e.enrolled_from or s.day >= e.enrolled_to) and a.status <> 'NOT_APPLICABLE'",
    ),
    (
        "ATT-2 nobody attends more than the session",
        "select 'more minutes than the session' from attendance_record a \
         join course_session s on s.id = a.session_id where a.minutes > s.planned_minutes \
           or a.status = 'PRESENT' and a.minutes <> s.planned_minutes",
    ),
    (
        "who was at a session has begun, and who was at none has not",
        "select e.state || ' after a session' from enrolment e where e.state in ('REFUSED', 'PLACED') \
         and exists (select 1 from attendance_record a where a.enrolment_id = e.id and a.replaced_at is null \
           and a.minutes > 0)",
    ),
    (
        "GRA-1 a decision holds for whoever graduated or did not, and for nobody else",
        "select e.state || ' without its decision' from enrolment e where e.state in ('GRADUATED', 'NOT_GRADUATED') \
         and not exists (select 1 from graduation_decision d where d.enrolment_id = e.id and d.reopened_at is null \
           and (d.outcome = 'GRADUATED') = (e.state = 'GRADUATED')) \
         union all select e.state || ' though it is decided' from enrolment e \
         join graduation_decision d on d.enrolment_id = e.id and d.reopened_at is null \
         where e.state not in ('GRADUATED', 'NOT_GRADUATED')",
    ),
    (
        "CRD-1 whoever graduated holds a credential",
        "select 'graduated without a credential' from enrolment e where e.state = 'GRADUATED' \
         and e.erased_on is null and not exists (select 1 from credential c where c.kind = 'GRADUATION' and c.course_id = e.course_id \
           and c.person_id = e.person_id)",
    ),
    (
        "of an erased enrolment nothing tells whose it was",
        "select 'erased, with somebody who looks after it' from enrolment e where e.erased_on is not null \
         and (e.supervisor_id is not null or e.tutor_id is not null or e.resolution is not null) \
         union all select 'erased, with a text in the vault' from enrolment e \
         join assignment_attempt a on a.enrolment_id = e.id where e.erased_on is not null \
         and (a.record_id is not null or a.feedback_id is not null) \
         union all select 'erased, with a credential' from enrolment e \
         join graduation_decision d on d.enrolment_id = e.id join credential c on c.decision_id = d.id \
         where e.erased_on is not null",
    ),
    (
        "ASG-1 nobody moderates the own marks",
        "select 'marked and moderated by one' from assignment_attempt a where a.marker_id = a.moderator_id",
    ),
    (
        "the version of an enrolment is the number of its audit events",
        "select 'version and audit events differ: an enrolment that is ' || e.state from enrolment e \
         where e.version <> (select count(*) from audit_event a \
           where a.entity_type = 'enrolment' and a.entity_id = e.id)",
    ),
];
