//! Invariants of the evaluation of courses, as queries for their violations: see `verify`.

use crate::verify::Invariant;

/// Each with its name.
pub const QUERIES: &[Invariant] = &[
    (
        "no statement about a course was scored more often than people answered",
        "select 'more scores than answers' from evaluation_tally t \
         join course_evaluation c on c.id = t.evaluation_id \
         where t.ones + t.twos + t.threes + t.fours + t.fives > c.answers",
    ),
    (
        "a course has sums of every statement of its questionnaire, and of no other",
        "select 'sums of another questionnaire' from evaluation_tally t \
           join course_evaluation c on c.id = t.evaluation_id \
           join evaluation_statement s on s.id = t.statement_id where s.questionnaire_id <> c.questionnaire_id \
         union all select 'a statement without sums' from course_evaluation c \
           join evaluation_statement s on s.questionnaire_id = c.questionnaire_id \
           where not exists (select 1 from evaluation_tally t where t.evaluation_id = c.id and t.statement_id = s.id)",
    ),
    (
        "no more people are known to have answered about a course than answers were counted",
        "select 'more people than answers' from ( \
           select e.course_id as course_id, count(*) as people from evaluation_participation p \
           join enrolment e on e.id = p.enrolment_id group by e.course_id) x \
         where x.people > coalesce((select c.answers from course_evaluation c where c.course_id = x.course_id), 0)",
    ),
];
