//! What holds of the rows of data protection.

use crate::verify::Invariant;

/// Each as a query that gives one line of text for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "what is listed by choice has a consent that holds, and nothing else has",
        "select 'a listed credential without a consent' from credential c \
           where c.listed and c.person_id is not null and not exists (select 1 from consent x \
             where x.credential_id = c.id and x.withdrawn_at is null) \
         union all select 'a listed trainer without a consent' from trainer t where t.listed \
           and not exists (select 1 from consent x where x.trainer_id = t.id and x.withdrawn_at is null) \
         union all select 'a consent to a listing that is none: ' || x.purpose from consent x \
           where x.withdrawn_at is null and (exists (select 1 from credential c \
               where c.id = x.credential_id and not c.listed) \
             or exists (select 1 from trainer t where t.id = x.trainer_id and not t.listed))",
    ),
    (
        "whoever is restricted has a restriction that lasts, and nobody else has",
        "select 'restricted without a restriction' from restricted_person p \
           where not exists (select 1 from processing_restriction r \
             where r.person_id = p.id and r.lifted_at is null) \
         union all select 'a restriction that hides nothing' from processing_restriction r \
           where r.lifted_at is null \
             and not exists (select 1 from restricted_person p where p.id = r.person_id)",
    ),
    (
        "of an erased person nothing tells who it was",
        "select 'an erased person with a name' from person p where p.erased_on is not null \
           and (p.given_name is not null or p.family_name is not null or p.date_of_birth is not null \
             or p.preferred_name not like 'Erased person %') \
         union all select 'an erased person with a former name' from person_name n \
           join person p on p.id = n.person_id where p.erased_on is not null \
             and n.preferred_name <> p.preferred_name \
         union all select 'an erased person with an address' from person_email e \
           join person p on p.id = e.person_id where p.erased_on is not null and e.address <> 'erased' \
         union all select 'an erased person with an account' from person_account a \
           join person p on p.id = a.person_id where p.erased_on is not null and a.valid_to is null",
    ),
    (
        "an answered request for erasure says what was decided, and what was erased is gone",
        "select 'answered without a decision' from erasure_request r where r.state = 'ANSWERED' \
           and not exists (select 1 from erasure_decision d where d.request_id = r.id) \
         union all select 'decided before it was answered' from erasure_decision d \
           join erasure_request r on r.id = d.request_id where r.state <> 'ANSWERED' \
         union all select 'a person that was to be erased is there' from erasure_decision d \
           join erasure_request r on r.id = d.request_id join person p on p.id = r.person_id \
           where d.class = 'PEOPLE' and d.decision = 'ERASE' and p.erased_on is null",
    ),
    (
        "what was approved and finished has nothing left to do",
        "select 'done, with records left in ' || p.class from retention_proposal p \
           join retention_item i on i.proposal_id = p.id where p.state = 'DONE' and i.outcome = 'DUE' \
         union all select 'erased without an approval in ' || p.class from retention_proposal p \
           join retention_item i on i.proposal_id = p.id \
           where p.state in ('OPEN', 'DISMISSED') and i.outcome <> 'DUE'",
    ),
    (
        "the version of a record of data protection is the number of its audit events",
        "select 'version and audit events differ: ' || x.name from ( \
           select 'consent' as name, c.id as id, c.version as version from consent c \
             where c.wording <> 'not recorded' \
           union all select 'processing_restriction', r.id, r.version from processing_restriction r \
           union all select 'retention_hold', h.id, h.version from retention_hold h \
           union all select 'retention_proposal', p.id, p.version from retention_proposal p \
           union all select 'erasure_request', e.id, e.version from erasure_request e \
           union all select 'retention_rule', u.id, u.version from retention_rule u) x \
         where x.version - case when x.name = 'retention_rule' then 1 else 0 end <> \
           (select count(*) from audit_event e where e.entity_type = x.name and e.entity_id = x.id)",
    ),
];
