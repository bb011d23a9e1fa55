//! Invariants of people, as queries for their violations: see `verify`.

use crate::verify::Invariant;

/// Each with its name.
pub const QUERIES: &[Invariant] = &[
    (
        "PER-1 a merge leads to a record that is there, is told, and forms no circle",
        "select 'merged, and not told so' from person p where p.merged_into_id is not null \
           and not exists (select 1 from person_id_change c where c.from_id = p.id \
             and c.to_id = p.merged_into_id) \
         union all select 'told of a merge that is none' from person_id_change c \
           join person p on p.id = c.from_id where p.merged_into_id is null \
         union all select 'a circle of merges' from (with recursive walk(start, at, steps) as ( \
           select p.id, p.merged_into_id, 1 from person p where p.merged_into_id is not null \
           union all select w.start, p.merged_into_id, w.steps + 1 from walk w \
             join person p on p.id = w.at \
             where p.merged_into_id is not null and w.at <> w.start and w.steps < 1000) \
           select start from walk where start = at) circle",
    ),
    (
        "PER-1 nothing hangs on a merged record",
        "select 'an account of a merged record' from person_account a \
           join person p on p.id = a.person_id where p.merged_into_id is not null \
         union all select 'a role of a merged record' from role_grant g \
           join person p on p.id = g.person_id where p.merged_into_id is not null \
         union all select 'an e-mail of a merged record' from person_email e \
           join person p on p.id = e.person_id where p.merged_into_id is not null \
         union all select 'a trainer who is a merged record' from trainer r \
           join person p on p.id = r.person_id where p.merged_into_id is not null \
         union all select 'an open pair with a merged record' from person_duplicate d \
           join person p on p.id in (d.one_id, d.other_id) \
           where p.merged_into_id is not null and d.status = 'OPEN'",
    ),
    (
        "an account belongs to one person at a time, and its roles name that person",
        "select 'an account of two people' from person_account a join person_account b \
           on a.account_id = b.account_id and a.id < b.id where {overlap} \
           and (a.valid_to is null or a.valid_to > a.valid_from) \
           and (b.valid_to is null or b.valid_to > b.valid_from) \
         union all select 'a role names another person than its account' from role_grant g \
           where g.person_id is distinct from (select a.person_id from person_account a \
             where a.account_id = g.account_id and a.valid_to is null)",
    ),
    (
        "PER-3 nobody is funding officer and funding approver at once where scopes meet",
        "select 'officer and approver in one person' from role_grant a join role_grant b \
           on coalesce(a.person_id, a.account_id) = coalesce(b.person_id, b.account_id) \
           and a.role = 'FNO' and b.role = 'FNA' \
           and (a.scope_type = 'NATION' or b.scope_type = 'NATION' \
             or (a.scope_type = b.scope_type and a.scope_id = b.scope_id)) \
         where {overlap} and (a.valid_to is null or a.valid_to > a.valid_from) \
           and (b.valid_to is null or b.valid_to > b.valid_from)",
    ),
    (
        "a person has one present name, which is the person's",
        "select 'the present names differ from the history' from person p \
         where (select count(*) from person_name n where n.person_id = p.id and n.valid_to is null \
           and n.preferred_name = p.preferred_name and n.certificate_name = p.certificate_name) <> 1 \
         union all select 'two names on one day' from person_name a join person_name b \
           on a.person_id = b.person_id and a.id < b.id where {overlap} \
         union all select 'two records kept at once' from person_membership a \
           join person_membership b on a.person_id = b.person_id \
           and a.organisation_id = b.organisation_id and a.id < b.id where {overlap} \
           and (a.valid_to is null or a.valid_to > a.valid_from) \
           and (b.valid_to is null or b.valid_to > b.valid_from)",
    ),
    (
        "the version of a person's record is the number of its audit events",
        "select 'version and audit events differ: ' || x.name from ( \
           select 'a person' as name, p.version as version, (select count(*) from audit_event e \
             where e.entity_type = 'person' and e.entity_id = p.id) as events from person p \
           union all select 'a pair', d.version, (select count(*) from audit_event e \
             where e.entity_type = 'person_duplicate' and e.entity_id = d.id) from person_duplicate d \
         ) x where x.version <> x.events",
    ),
];
