//! What holds of programmes in the whole database, as queries for violations.

use crate::verify::Invariant;

/// Each invariant with a query that gives one line for each violation.
pub const QUERIES: &[Invariant] = &[
    (
        "PRG-2 the modules of a published version sum to its taught minutes",
        "select 'the modules do not sum to the total of ' || p.code || ' ' || v.number \
         from programme_version v join programme p on p.id = v.programme_id \
         where v.state <> 'DRAFT' and v.taught_minutes <> (select coalesce(sum(m.taught_minutes), 0) \
           from programme_module m where m.version_id = v.id)",
    ),
    (
        "PRG-3 a published version covers or lists every core competence of the set that it claims",
        "select p.code || ' ' || v.number || ' says nothing of ' || c.code from programme_version v \
         join programme p on p.id = v.programme_id \
         join competence_item c on c.set_id = v.aligned_to_id and c.core \
         where v.state <> 'DRAFT' and not exists (select 1 from declared_gap g \
             where g.version_id = v.id and g.competence_id = c.id) \
           and not exists (select 1 from competence_mapping m where m.version_id = v.id \
             and (m.competence_id = c.id or m.competence_id in (select k.curriculum_id \
               from competence_link k where k.framework_id = c.id)))",
    ),
    (
        "everything of a programme names its owner",
        "select 'another owner than the programme: ' || x.name from ( \
           select 'a version' as name, v.owner_id as owner, p.owner_id as whose \
             from programme_version v join programme p on p.id = v.programme_id \
           union all select 'a module', m.owner_id, v.owner_id from programme_module m \
             join programme_version v on v.id = m.version_id \
           union all select 'a prerequisite', q.owner_id, v.owner_id from module_prerequisite q \
             join programme_version v on v.id = q.version_id \
           union all select 'a mapping', m.owner_id, v.owner_id from competence_mapping m \
             join programme_version v on v.id = m.version_id \
           union all select 'a gap', g.owner_id, v.owner_id from declared_gap g \
             join programme_version v on v.id = g.version_id \
         ) x where x.owner is distinct from x.whose",
    ),
];
