//! What holds of organisations in the whole database, as queries for violations.

use crate::verify::Invariant;

/// Each invariant with a query that gives one line for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "ORG-1 an identifier is held by one organisation at a time",
        "select 'identifier ' || a.scheme || ' ' || a.value || ' has two holders on one day' \
         from organisation_identifier a join organisation_identifier b \
           on a.scheme = b.scheme and a.value = b.value and a.id < b.id where {overlap}",
    ),
    (
        "ORG-2 an organisation has one host board at a time",
        "select 'an organisation has two host boards on one day: ' || o.name \
         from board_membership a join board_membership b \
           on a.organisation_id = b.organisation_id and a.id < b.id \
           and a.role = 'HOST' and b.role = 'HOST' \
         join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "ORG-2 an organisation has one region at a time",
        "select 'an organisation has two regions on one day: ' || o.name \
         from region_membership a join region_membership b \
           on a.organisation_id = b.organisation_id and a.id < b.id \
         join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "ORG-2 an open NHS body has a host board or is on the unassigned list",
        "select 'no board and not on the unassigned list: ' || o.name from organisation o \
         where o.kind in ('NHS_TRUST', 'NHS_FOUNDATION_TRUST') and o.status <> 'CLOSED' \
           and not exists (select 1 from board_membership m where m.organisation_id = o.id \
             and m.role = 'HOST' and m.valid_to is null) \
           and not exists (select 1 from board_assignment s where s.organisation_id = o.id \
             and s.status = 'OPEN')",
    ),
    (
        "ORG-3 memberships and codes of a closed organisation end with it",
        "select 'closed but still a member of a board: ' || o.name from organisation o \
           join board_membership m on m.organisation_id = o.id \
         where o.status = 'CLOSED' and (m.valid_to is null or m.valid_to > o.closed_on) \
         union all select 'closed but still in a region: ' || o.name from organisation o \
           join region_membership m on m.organisation_id = o.id \
         where o.status = 'CLOSED' and (m.valid_to is null or m.valid_to > o.closed_on) \
         union all select 'closed but still holds a code: ' || o.name from organisation o \
           join organisation_identifier i on i.organisation_id = o.id \
         where o.status = 'CLOSED' and (i.valid_to is null or i.valid_to > o.closed_on)",
    ),
    (
        "an organisation has one present name, which is its name",
        "select 'the present name differs from the history: ' || o.name from organisation o \
         where (select count(*) from organisation_name n where n.organisation_id = o.id \
           and n.valid_to is null and n.name = o.name) <> 1 \
         union all select 'two names on one day: ' || o.name from organisation_name a \
           join organisation_name b on a.organisation_id = b.organisation_id and a.id < b.id \
           join organisation o on o.id = a.organisation_id where {overlap}",
    ),
    (
        "an active organisation has a verified identifier",
        "select 'active without a verified identifier: ' || o.name from organisation o \
         where o.status = 'ACTIVE' and not exists (select 1 from organisation_identifier i \
           where i.organisation_id = o.id and i.verified_at is not null)",
    ),
    (
        "an organisation lies in a board only while the board exists",
        "select 'member of ' || b.ods_code || ' outside its life: ' || o.name \
         from board_membership m join care_board b on b.id = m.board_id \
         join organisation o on o.id = m.organisation_id \
         where m.valid_from < b.valid_from \
           or (b.valid_to is not null and (m.valid_to is null or m.valid_to > b.valid_to))",
    ),
    (
        "every closed board has a successor",
        "select 'no successor is recorded for ' || b.ods_code from care_board b \
         where b.valid_to is not null and not exists (select 1 from board_succession s \
           where s.predecessor_id = b.id and s.effective_on = b.valid_to)",
    ),
    (
        "the chosen board is one of the candidates",
        "select 'a chosen board is no candidate: ' || o.name from board_assignment s \
         join organisation o on o.id = s.organisation_id \
         where s.assigned_board_id is not null and not exists (select 1 from board_succession c \
             where c.predecessor_id = s.previous_board_id and c.successor_id = s.assigned_board_id) \
           and not exists (select 1 from board_membership m where m.organisation_id = o.id \
             and m.board_id = s.assigned_board_id)",
    ),
];
