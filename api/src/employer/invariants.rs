//! Invariants of the support for employing organisations, as queries for their violations: see `verify`.

use crate::verify::Invariant;

/// Each with its name.
pub const QUERIES: &[Invariant] = &[
    (
        "two organisations have one agreement of a kind at a time",
        "select 'two agreements of one kind on one day' from employer_agreement a \
         join employer_agreement b on a.organisation_id = b.organisation_id \
           and a.host_id = b.host_id and a.kind = b.kind and a.id < b.id \
         where a.state in ('ACCEPTED', 'ENDED') and b.state in ('ACCEPTED', 'ENDED') and {overlap}",
    ),
    (
        "an agreement is for at least one programme type",
        "select 'an agreement for nothing' from employer_agreement g where not exists ( \
           select 1 from employer_agreement_programme p where p.agreement_id = g.id)",
    ),
    (
        "ORG-3 a closed organisation employs, places and is placed with no longer",
        "select 'closed but with an agreement: ' || o.name from employer_agreement g \
         join organisation o on o.id in (g.organisation_id, g.host_id) \
         where o.status = 'CLOSED' and g.state in ('ACCEPTED', 'ENDED') \
           and (g.valid_to is null or g.valid_to > o.closed_on)",
    ),
    (
        "an organisation names one contact for a purpose at a time",
        "select 'two contacts for ' || a.purpose || ' on one day' from organisation_contact a \
         join organisation_contact b on a.organisation_id = b.organisation_id \
           and a.purpose = b.purpose and a.id < b.id where {overlap}",
    ),
    (
        "an organisation has one offer of supervision at a time, of which no more is taken than there is",
        "select 'two offers of supervision on one day' from supervision_offer a \
         join supervision_offer b on a.organisation_id = b.organisation_id and a.id < b.id \
         where {overlap} \
         union all select 'more taken than offered' from supervision_offer s \
         where s.taken > s.supervisees or s.taken < 0",
    ),
    (
        "what was published in the toolkit counts after its publication",
        "select 'expires before it was published: ' || d.assessment_year from dspt_assessment d \
         where d.expires_on <= d.published_on or d.expiring_from >= d.expires_on",
    ),
    (
        "the version of an employer's record is the number of its audit events",
        "select 'version and audit events differ: ' || x.name from ( \
           select 'an agreement' as name, r.version as version, (select count(*) from audit_event e \
             where e.entity_type = 'employer_agreement' and e.entity_id = r.id) as events \
             from employer_agreement r \
           union all select 'a contact', c.version, (select count(*) from audit_event e \
             where e.entity_type = 'organisation_contact' and e.entity_id = c.id) \
             from organisation_contact c \
           union all select 'an offer', s.version, (select count(*) from audit_event e \
             where e.entity_type = 'supervision_offer' and e.entity_id = s.id) \
             from supervision_offer s \
           union all select 'an assessment', d.version, (select count(*) from audit_event e \
             where e.entity_type = 'dspt_assessment' and e.entity_id = d.id) from dspt_assessment d \
         ) x where x.version <> x.events",
    ),
];
