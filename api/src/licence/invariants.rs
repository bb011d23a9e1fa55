//! The invariants of licences, as queries that give one line of text for each violation.

use crate::verify::Invariant;

/// Invariants as queries for their violations, for [`crate::verify`].
pub const QUERIES: &[Invariant] = &[
    (
        "LIC-1 a holder has one licence for a programme type at a time",
        "select 'two licences on one day for ' || a.programme_type || ': ' || o.name \
         from licence_programme a join licence_programme b \
           on a.organisation_id = b.organisation_id and a.programme_type = b.programme_type \
           and a.id < b.id and a.stage = 'GRANTED' and b.stage = 'GRANTED' \
         join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "LIC-2 a granted licence stands on a readiness outcome",
        "select 'granted without readiness: ' || l.number from licence l \
         where l.number is not null and coalesce(l.readiness_outcome, 'NOT_READY') = 'NOT_READY'",
    ),
    (
        "a licence number is given once, and by the counter",
        "select 'two licences are called ' || a.number from licence a join licence b \
           on a.number = b.number and a.id < b.id \
         union all select 'the counter did not give ' || l.number from licence l \
         where l.number is not null and not exists (select 1 from licence_counter c \
           where l.number like 'PSL-____-______%' \
             and c.year = cast(substr(l.number, 5, 4) as integer) \
             and c.last_number >= cast(substr(l.number, 10) as integer))",
    ),
    (
        "grants, variations and revocations are of two people",
        "select 'one person alone: ' || d.kind from licence_decision d where d.state = 'TAKEN' \
           and d.kind in ('GRANT', 'VARIATION', 'REVOCATION') \
           and (d.confirmed_by is null or d.confirmed_by = d.proposed_by) \
         union all select 'a revocation in one role' from licence_decision d \
         where d.state = 'TAKEN' and d.kind = 'REVOCATION' and d.confirmed_as = d.proposed_as \
         union all select 'granted without a decision: ' || l.number from licence l \
         where l.number is not null and not l.bridging and not exists ( \
           select 1 from licence_decision d where d.licence_id = l.id and d.kind = 'GRANT' \
             and d.state = 'TAKEN')",
    ),
    (
        "an appeal is decided by somebody who took no part in the decision",
        "select 'an appeal was decided by one of its deciders' from licence_appeal a \
         join licence_decision d on d.id = a.decision_id \
         where a.decided_by = d.proposed_by or a.decided_by = d.confirmed_by \
         union all select 'an appeal against a decision about another licence' \
         from licence_appeal a join licence_decision d on d.id = a.decision_id \
         where a.licence_id <> d.licence_id",
    ),
    (
        "the state of a licence is the last of its history",
        "select 'the present state differs from the history: ' || l.number from licence l \
         where l.number is not null and (select count(*) from licence_history h \
           where h.licence_id = l.id and h.valid_to is null and h.state = l.state) <> 1 \
         union all select 'an application has a history' from licence l \
         where l.number is null and exists ( \
           select 1 from licence_history h where h.licence_id = l.id) \
         union all select 'two states on one day' from licence_history a \
           join licence_history b on a.licence_id = b.licence_id and a.id < b.id where {overlap}",
    ),
    (
        "programme types of a licence lie in its days",
        "select 'a programme type outside the days of ' || l.number from licence_programme p \
         join licence l on l.id = p.licence_id where p.stage = 'GRANTED' \
           and (p.valid_from < l.valid_from or p.valid_to > coalesce(l.ended_on, l.valid_to)) \
         union all select 'an application has granted programme types' \
         from licence_programme p join licence l on l.id = p.licence_id \
         where p.stage = 'GRANTED' and l.number is null \
         union all select 'a renewal was decided before it was handed in: ' || l.number \
         from licence l where l.renewal_to < l.renewal_from",
    ),
    (
        "a live licence is for something, and keeps nothing of what a revocation took",
        "select 'live, and for nothing: ' || l.number from licence l \
         where l.state in ('GRANTED', 'SUSPENDED') and not exists ( \
           select 1 from licence_programme p where p.licence_id = l.id and p.stage = 'GRANTED') \
         union all select 'taken by no revocation that stands: ' || l.number from licence l \
         where l.state in ('GRANTED', 'SUSPENDED') and exists ( \
           select 1 from licence_programme p where p.licence_id = l.id and p.ended_by is not null)",
    ),
    (
        "ORG-3 a closed organisation holds no live licence and applies for none",
        "select 'closed with a live licence: ' || o.name from organisation o \
           join licence l on l.organisation_id = o.id \
         where o.status = 'CLOSED' and l.state in ('GRANTED', 'SUSPENDED') \
           and l.valid_to > o.closed_on \
         union all select 'closed with an open application: ' || o.name from organisation o \
           join licence l on l.organisation_id = o.id \
         where o.status = 'CLOSED' and l.state in ('DRAFT', 'SUBMITTED', 'IN_REVIEW')",
    ),
    (
        "the version of a licence is the number of its audit events",
        "select 'version and audit events differ: a licence of ' || o.name from licence l \
         join organisation o on o.id = l.organisation_id \
         where l.version <> (select count(*) from audit_event e \
           where e.entity_type = 'licence' and e.entity_id = l.id)",
    ),
];
