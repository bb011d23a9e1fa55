//! What holds of the rows of credentials.

use crate::verify::Invariant;

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "the version of a credential is the number of its audit events",
        "select 'version and audit events differ: a credential that is ' || c.state from credential c \
         where c.version <> (select count(*) from audit_event e \
           where e.entity_type = 'credential' and e.entity_id = c.id)",
    ),
    (
        "the credential of an accreditation is where that is",
        "select 'an accreditation is ' || a.state || ', its credential ' || c.state \
         from credential c join trainer_accreditation a on a.id = c.accreditation_id \
         where c.state <> 'SUPERSEDED' and c.state <> case a.state \
           when 'ACCREDITED' then 'ISSUED' when 'SUSPENDED' then 'SUSPENDED' else 'REVOKED' end",
    ),
    (
        "the credential of a licence is where that is",
        "select 'a licence is ' || l.state || ', its credential ' || c.state \
         from credential c join licence l on l.id = c.licence_id \
         where c.state <> 'SUPERSEDED' and c.state <> case l.state \
           when 'GRANTED' then 'ISSUED' when 'SUSPENDED' then 'SUSPENDED' else 'REVOKED' end \
         and not (l.state = 'REVOKED' and c.state = 'SUSPENDED' and exists ( \
           select 1 from licence_appeal a where a.licence_id = l.id and a.state = 'LODGED'))",
    ),
    (
        "what is superseded has one that took its place, or a licence that ended",
        "select 'superseded by nothing' from credential c where c.state = 'SUPERSEDED' \
         and not exists (select 1 from credential n where n.supersedes_id = c.id) \
         and not exists (select 1 from licence l where l.id = c.licence_id and l.state = 'SUPERSEDED') \
         union all select 'two hold' from credential n join credential c on c.id = n.supersedes_id \
         where c.state <> 'SUPERSEDED'",
    ),
    (
        "a credential belongs to the person of its accreditation",
        "select 'another person holds an accreditation''s credential' from credential c \
         join trainer_accreditation a on a.id = c.accreditation_id \
         join trainer r on r.id = a.trainer_id where r.person_id <> c.person_id",
    ),
];
