//! What holds of the rows of concerns.

use crate::verify::Invariant;

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "the version of a concern is the number of its audit events",
        "select 'version and audit events differ: a concern that is ' || c.state from concern c \
         where c.version <> (select count(*) from audit_event e \
           where e.entity_type = 'concern' and e.entity_id = c.id)",
    ),
    (
        "every concern has somebody who leads it, or led it",
        "select 'nobody leads a concern that is ' || c.state from concern c \
         where not exists (select 1 from sensitive_reader r where r.record_id = c.record_id and r.role = 'CONCERN_LEAD')",
    ),
    (
        "the words of a concern are about the person whom it concerns",
        "select 'about another: a concern that is ' || c.state from concern c \
         join sensitive_record r on r.id = c.record_id where r.person_id <> c.person_id",
    ),
    (
        "the words of a concern are kept as such, for the nation",
        "select 'its words are kept as ' || r.category from concern c join sensitive_record r on r.id = c.record_id \
         where r.category <> 'CONCERN' or r.organisation_id is not null",
    ),
];
