//! Invariants of what comes after graduation, as queries for their violations: see `verify`.

use crate::verify::Invariant;

/// Each with its name.
pub const QUERIES: &[Invariant] = &[
    (
        "what was told of a destination stays until another answer to the same question takes its place",
        "select 'replaced by nothing' from graduate_destination d where d.replaced_at is not null \
           and not exists (select 1 from graduate_destination n where n.amends_id = d.id) \
         union all select 'two answers hold' from graduate_destination n \
           join graduate_destination d on d.id = n.amends_id where d.replaced_at is null \
         union all select 'an answer to another question' from graduate_destination n \
           join graduate_destination d on d.id = n.amends_id \
           where d.enrolment_id <> n.enrolment_id or d.asked_after_months <> n.asked_after_months",
    ),
    (
        "a destination is of somebody about whose graduation was decided",
        "select 'a destination of nobody who graduated' from graduate_destination d where not exists ( \
           select 1 from graduation_decision g where g.enrolment_id = d.enrolment_id and g.outcome = 'GRADUATED')",
    ),
    (
        "the version of a record after graduation is the number of its audit events",
        "select 'version and audit events differ: ' || x.name from ( \
           select 'development' as name, d.version as version, (select count(*) from audit_event e \
             where e.entity_type = 'development_record' and e.entity_id = d.id) as events from development_record d \
           union all select 'a supervisor', s.version, (select count(*) from audit_event e \
             where e.entity_type = 'supervisor_accreditation' and e.entity_id = s.id) \
             from supervisor_accreditation s \
         ) x where x.version <> x.events",
    ),
    (
        "an accredited supervisor graduated from a programme for supervisors, and has one term at a time",
        "select 'accredited without graduating' from supervisor_accreditation s \
           join graduation_decision g on g.id = s.graduation_id \
           join enrolment e on e.id = g.enrolment_id \
           where g.outcome <> 'GRADUATED' or e.programme_type <> 'SUPERVISOR' \
         union all select 'two terms on one day' from supervisor_accreditation a \
           join supervisor_accreditation b on a.person_id = b.person_id and a.id < b.id \
           where a.state in ('ACCREDITED', 'SUSPENDED') and b.state in ('ACCREDITED', 'SUSPENDED') and {overlap}",
    ),
    (
        "PER-1 nothing after graduation hangs on a merged record",
        "select 'development of a merged record' from development_record d \
           join person p on p.id = d.person_id where p.merged_into_id is not null \
         union all select 'a merged record is to confirm' from development_record d \
           join person p on p.id = d.confirmer_id where p.merged_into_id is not null \
         union all select 'a merged record is accredited' from supervisor_accreditation s \
           join person p on p.id = s.person_id where p.merged_into_id is not null",
    ),
];
