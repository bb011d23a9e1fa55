//! Invariants of trainers, as queries for their violations: see `verify`.

use crate::verify::Invariant;

/// Each with its name.
pub const QUERIES: &[Invariant] = &[
    (
        "a trainer holds one accreditation of a type and level at a time",
        "select 'two accreditations of ' || a.programme_type || ' at ' || a.level || ' on one day' \
         from trainer_accreditation a join trainer_accreditation b \
           on a.trainer_id = b.trainer_id and a.programme_type = b.programme_type \
           and a.level = b.level and a.id < b.id \
         where a.state in ('ACCREDITED', 'SUSPENDED') and b.state in ('ACCREDITED', 'SUSPENDED') \
           and {overlap}",
    ),
    (
        "a trainer works with an organisation once at a time",
        "select 'two affiliations with one organisation on one day' from trainer_affiliation a \
         join trainer_affiliation b on a.trainer_id = b.trainer_id \
           and a.organisation_id = b.organisation_id and a.id < b.id where {overlap} \
           and (a.valid_to is null or a.valid_to > a.valid_from) \
           and (b.valid_to is null or b.valid_to > b.valid_from)",
    ),
    (
        "what is suspended has a suspension that goes on, and nothing else has",
        "select 'suspended without a suspension' from trainer_accreditation c \
         where c.state = 'SUSPENDED' and not exists (select 1 from trainer_suspension s \
           where s.accreditation_id = c.id and s.valid_to is null) \
         union all select 'a suspension that goes on' from trainer_suspension s \
           join trainer_accreditation c on c.id = s.accreditation_id \
         where s.valid_to is null and c.state not in ('SUSPENDED', 'WITHDRAWN')",
    ),
    (
        "an accreditation was granted after an observation, or renews one",
        "select 'granted without an observation' from trainer_accreditation c \
         where c.valid_from is not null and c.renews_id is null and not exists ( \
           select 1 from trainer_evidence e where e.accreditation_id = c.id \
             and e.kind = 'OBSERVATION')",
    ),
    (
        "a profile that was merged is not to teach",
        "select 'a merged profile is to teach on ' || s.day || ' in ' || c.code from teaching_assignment a \
         join trainer r on r.id = a.trainer_id and r.merged_into_id is not null \
         join course_session s on s.id = a.session_id and s.state = 'PLANNED' \
         join course c on c.id = a.course_id where a.released_at is null \
         union all select 'a merged profile leads ' || c.code from course c \
           join trainer r on r.id = c.lead_trainer_id and r.merged_into_id is not null \
         where c.state <> 'CLOSED'",
    ),
    (
        "the version of a trainer's record is the number of its audit events",
        "select 'version and audit events differ: ' || x.name from ( \
           select 'a trainer' as name, r.version as version, (select count(*) from audit_event e \
             where e.entity_type = 'trainer' and e.entity_id = r.id) as events from trainer r \
           union all select 'an accreditation', c.version, (select count(*) from audit_event e \
             where e.entity_type = 'trainer_accreditation' and e.entity_id = c.id) \
             from trainer_accreditation c \
         ) x where x.version <> x.events",
    ),
];
