//! What holds of the rows of readiness, as queries for what breaks it.

use crate::verify::Invariant;

/// The invariants.
pub const QUERIES: &[Invariant] = &[
    (
        "RDY-2 answers and scores are to the instrument on which the assessment began",
        "select 'assessment with another instrument: ' || a.started_on from readiness_assessment a \
         where exists (select 1 from readiness_answer n join readiness_indicator i on i.id = n.indicator_id \
             where n.assessment_id = a.id and i.instrument_id <> a.instrument_id) \
         or exists (select 1 from readiness_validation n join readiness_indicator i on i.id = n.indicator_id \
             where n.assessment_id = a.id and i.instrument_id <> a.instrument_id)",
    ),
    (
        "RDY-1 a licence stands on an assessment of its own organisation that was validated, but for bridges",
        "select 'licence on another''s assessment' from licence l \
         join readiness_assessment a on a.id = l.readiness_assessment_id \
         where a.outcome is null or (a.organisation_id <> l.organisation_id and not l.bridging)",
    ),
    (
        "PER-2 whoever validated an assessment had no hand in it",
        "select 'validated by one who took part' from readiness_assessment a \
         join readiness_hand h on h.assessment_id = a.id and h.account_id = a.validated_by",
    ),
    (
        "RDY-4 a validated assessment has every score and a figure for each domain",
        "select 'validated without a score: ' || i.code from readiness_assessment a \
         join readiness_indicator i on i.instrument_id = a.instrument_id \
         where a.outcome is not null and not exists (select 1 from readiness_validation v \
           where v.assessment_id = a.id and v.indicator_id = i.id) \
         union all select 'validated without a figure: ' || d.code from readiness_assessment a \
         join readiness_domain d on d.instrument_id = a.instrument_id \
         where a.outcome is not null and not exists (select 1 from readiness_domain_score s \
           where s.assessment_id = a.id and s.domain_id = d.id)",
    ),
    (
        "RDY-4 an assessment that is not READY says what it lacks",
        "select 'outcome without a finding: ' || a.outcome from readiness_assessment a \
         where a.outcome is not null and (a.outcome = 'READY') = exists ( \
           select 1 from readiness_finding f where f.assessment_id = a.id and f.outcome = 'READY')",
    ),
    (
        "RDY-5 a validated score that asks for evidence has had some",
        "select 'score without evidence: ' || i.code from readiness_validation v \
         join readiness_indicator i on i.id = v.indicator_id \
         join readiness_assessment a on a.id = v.assessment_id \
         where a.outcome is not null and v.score >= i.evidence_from and not exists ( \
           select 1 from readiness_evidence e where e.assessment_id = a.id and e.indicator_id = i.id)",
    ),
    (
        "at least two raters answer every indicator, one with lived experience",
        "select 'handed in with too few raters' from readiness_assessment a \
         where a.state in ('SELF_SUBMITTED','IN_VALIDATION','VALIDATED','SUPERSEDED','INVALIDATED') and ( \
           (select count(*) from readiness_rater r where r.assessment_id = a.id and not r.withdrawn) < 2 \
           or not exists (select 1 from readiness_rater r where r.assessment_id = a.id and not r.withdrawn \
             and r.perspective in ('PEER_WORKER','SERVICE_USER'))) \
         union all select 'handed in without an answer: ' || i.code from readiness_assessment a \
         join readiness_indicator i on i.instrument_id = a.instrument_id \
         join readiness_rater r on r.assessment_id = a.id and not r.withdrawn \
         where a.state in ('SELF_SUBMITTED','IN_VALIDATION','VALIDATED','SUPERSEDED','INVALIDATED') \
           and not exists (select 1 from readiness_answer n where n.rater_id = r.id and n.indicator_id = i.id)",
    ),
    (
        "an assessment that was superseded names the one that took its place",
        "select 'superseded by none' from readiness_assessment a \
         where (a.state = 'SUPERSEDED') <> (a.superseded_by_id is not null)",
    ),
];
