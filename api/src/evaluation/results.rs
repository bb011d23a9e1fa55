//! What is told of answers: sums of courses that are over and have enough of them.

use chrono::NaiveDate;
use entities::course;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, QueryResult};
use uuid::Uuid;

use super::model::{SCORES, Tally};
use super::rules;
use crate::actor::{Identity, Permission};
use crate::calendar::civil_date;
use crate::config::PolicySettings;
use crate::core::Core;
use crate::db::{Access, DbFault, Tx};
use crate::disclosure::Disclosure;
use crate::enrolment::store::Enrolments;
use crate::fault::Fault;
use crate::read::sql::Sql;

/// In whose name sums are read.
const NAME: &str = "course-evaluation";

/// A share of everything, in basis points.
const WHOLE: u32 = 10_000;

/// Shares are told to the nearest of so many basis points.
const STEP: u32 = 500;

/// By what courses are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Each course.
    Course,
    /// The organisation that delivers.
    Organisation,
    /// The programme version.
    ProgrammeVersion,
    /// Everything.
    Nation,
}

/// The sums of one course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// The row.
    pub id: Uuid,
    /// The course.
    pub course: Uuid,
    /// The organisation that delivered it.
    pub organisation: Uuid,
    /// The programme version on which it stands.
    pub version: Uuid,
    /// The number of the questionnaire.
    pub questionnaire: i32,
    /// When the course ended.
    pub ended_on: Option<NaiveDate>,
    /// How many answered.
    pub answers: u32,
    /// How many could.
    pub asked: u32,
    /// Code, words and scores of each statement, in their order.
    pub statements: Vec<(String, String, Tally)>,
}

/// What is told of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// What stands for it.
    pub code: String,
    /// The statement.
    pub statement: String,
    /// The mean in hundredths; `None` if too few scored it.
    pub mean: Option<i32>,
    /// How often each score was given, from 1 to 5; `None` where it is too seldom.
    pub scores: Vec<Option<u32>>,
}

/// What is told of courses that are taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The course, the organisation or the version; `None` of everything.
    pub key: Option<Uuid>,
    /// The number of the questionnaire.
    pub questionnaire: i32,
    /// How many courses.
    pub courses: u32,
    /// How many answered, as it is told.
    pub answers: Option<u32>,
    /// Which share of those who could, in basis points, as it is told.
    pub response: Option<u32>,
    /// The statements.
    pub statements: Vec<Scored>,
}

/// What is told of one course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfCourse {
    /// The last day on which people answer; `None` while the course goes on.
    pub last_day: Option<NaiveDate>,
    /// The figures; `None` while people answer, and where too few did.
    pub figures: Option<Figures>,
}

/// Whether something of a course is told: it is over, and enough answered. Others count in no sum either: a sum less
/// those that are told would be theirs.
#[must_use]
pub fn is_told(of: &Sums, policy: PolicySettings, today: NaiveDate) -> bool {
    of.answers >= policy.evaluation_minimum
        && rules::is_over(of.ended_on, policy.evaluation_days, today)
}

/// What is told of courses, taken together by this, the questionnaires apart.
#[must_use]
pub fn told(sums: &[Sums], by: By, policy: PolicySettings, today: NaiveDate) -> Vec<Figures> {
    let key = |of: &Sums| match by {
        By::Course => Some(of.course),
        By::Organisation => Some(of.organisation),
        By::ProgrammeVersion => Some(of.version),
        By::Nation => None,
    };
    let told: Vec<&Sums> = sums.iter().filter(|of| is_told(of, policy, today)).collect();
    let mut keys: Vec<(i32, Option<Uuid>)> =
        told.iter().map(|of| (of.questionnaire, key(of))).collect();
    keys.sort_unstable();
    keys.dedup();
    let figures = |(questionnaire, whose)| {
        let own: Vec<&Sums> = told
            .iter()
            .copied()
            .filter(|of| (of.questionnaire, key(of)) == (questionnaire, whose))
            .collect();
        figures(&own, (questionnaire, whose), policy)
    };
    keys.into_iter().map(figures).collect()
}

fn figures(
    own: &[&Sums],
    (questionnaire, key): (i32, Option<Uuid>),
    policy: PolicySettings,
) -> Figures {
    let told = Disclosure::from(policy, policy.evaluation_minimum);
    let answers: u32 = own.iter().map(|of| of.answers).sum();
    let asked: u32 = own.iter().map(|of| of.asked).sum();
    let mut statements: Vec<(String, String, Tally)> = Vec::new();
    for (code, words, tally) in own.iter().flat_map(|of| &of.statements) {
        match statements.iter_mut().find(|(other, ..)| other == code) {
            Some((.., sum)) => *sum = sum.plus(*tally),
            None => statements.push((code.clone(), words.clone(), *tally)),
        }
    }
    let scored = |(code, statement, tally): (String, String, Tally)| Scored {
        code,
        statement,
        mean: tally.mean().and_then(|mean| told.over(tally.count(), mean)),
        scores: match told.over(tally.count(), ()) {
            Some(()) => told.counts(&tally.0),
            None => vec![None; SCORES],
        },
    };
    let response = (answers.min(asked) * WHOLE).checked_div(asked);
    Figures {
        key,
        questionnaire,
        courses: u32::try_from(own.len()).unwrap_or(u32::MAX),
        answers: told.count(answers),
        response: response.map(|share| (share + STEP / 2) / STEP * STEP),
        statements: statements.into_iter().map(scored).collect(),
    }
}

/// What is told of one course to who sees its evaluation: in its organisation, for the nation, or who teaches on it.
/// `None` to others.
///
/// # Errors
///
/// What the database answers.
pub async fn of_course(
    core: &Core,
    identity: Identity,
    course: Uuid,
) -> Result<Option<OfCourse>, Fault> {
    let found = ended(core, course).await?;
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    let taught = match actor.person() {
        Some(person) => Enrolments::within(&tx).teaches(course, person).await?,
        None => false,
    };
    tx.rollback().await;
    let Some((organisation, ended_on)) = found else { return Ok(None) };
    let permission = Permission::SeeEvaluations;
    if !taught && actor.acting_for(permission, Some(organisation)).is_none() {
        return Ok(None);
    }
    let asked = Asked { course: Some(course), ..Asked::default() };
    let sums = sums(core, asked).await?;
    let (policy, today) = (core.policy(), civil_date(core.source().now()));
    let last_day = ended_on.map(|on| rules::last_day(on, policy.evaluation_days));
    let figures = told(&sums, By::Course, policy, today).into_iter().next();
    Ok(Some(OfCourse { last_day, figures }))
}

/// Who delivered a course, and when it ended, in the service's own name.
#[expect(clippy::disallowed_methods, reason = "to decide whether anything is told")]
async fn ended(core: &Core, id: Uuid) -> Result<Option<(Uuid, Option<NaiveDate>)>, Fault> {
    let (tx, _) = core.begin(Access::Read, Identity::System(NAME)).await?;
    let row = course::Entity::find_by_id(id).one(&tx).await.map_err(DbFault::from)?;
    tx.rollback().await;
    Ok(row.map(|row| (row.organisation_id, row.ended_on)))
}

/// Which courses are asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// One course.
    pub course: Option<Uuid>,
    /// Those of an organisation.
    pub organisation: Option<Uuid>,
    /// Those that ended on this day or later.
    pub from: Option<NaiveDate>,
    /// Those that ended on this day or earlier.
    pub to: Option<NaiveDate>,
}

/// What is told of many courses: of an organisation to who sees its evaluations, else for the nation. `None` to others.
///
/// # Errors
///
/// What the database answers.
pub async fn report(
    core: &Core,
    identity: Identity,
    (by, asked): (By, Asked),
) -> Result<Option<Vec<Figures>>, Fault> {
    let (tx, actor) = core.begin(Access::Read, identity).await?;
    tx.rollback().await;
    if actor.acting_for(Permission::SeeEvaluations, asked.organisation).is_none() {
        return Ok(None);
    }
    let sums = sums(core, asked).await?;
    Ok(Some(told(&sums, by, core.policy(), civil_date(core.source().now()))))
}

/// The sums of courses that ended, in the service's own name.
async fn sums(core: &Core, asked: Asked) -> Result<Vec<Sums>, Fault> {
    let (tx, _) = core.begin(Access::Read, Identity::System(NAME)).await?;
    let found = read(&tx, asked).await;
    tx.rollback().await;
    Ok(found?)
}

async fn read(tx: &Tx, asked: Asked) -> Result<Vec<Sums>, DbFault> {
    let mut sql = Sql::new(tx.get_database_backend());
    sql.push(
        "select v.id, v.course_id, v.organisation_id, c.programme_version_id, q.number, c.ended_on, v.answers, \
         (select count(*) from enrolment e where e.course_id = v.course_id and (e.state in \
           ('COMPLETED_TEACHING','GRADUATED','NOT_GRADUATED','RESIT') or e.state = 'WITHDRAWN' \
           and e.erased_on is null \
           and e.withdrawal_reason not in ('DECLINED_PLACE','NO_SHOW','ENROLLED_IN_ERROR','DECEASED'))) \
         from course_evaluation v join course c on c.id = v.course_id \
         join evaluation_questionnaire q on q.id = v.questionnaire_id where c.ended_on is not null",
    );
    if let Some(course) = asked.course {
        sql.push(" and v.course_id = ").bind(course.into());
    }
    if let Some(organisation) = asked.organisation {
        sql.push(" and v.organisation_id = ").bind(organisation.into());
    }
    if let Some(from) = asked.from {
        sql.push(" and c.ended_on >= ").bind(from.into());
    }
    if let Some(to) = asked.to {
        sql.push(" and c.ended_on <= ").bind(to.into());
    }
    sql.push(" order by v.id");
    let (text, values) = sql.finish();
    let rows = tx.rows(text, values).await?;
    let mut sums = rows.iter().map(sums_of).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<Uuid> = sums.iter().map(|of| of.id).collect();
    let mut sql = Sql::new(tx.get_database_backend());
    sql.push(
        "select t.evaluation_id, s.code, s.statement, t.ones, t.twos, t.threes, t.fours, t.fives \
         from evaluation_tally t join evaluation_statement s on s.id = t.statement_id where ",
    );
    sql.any_of("t.evaluation_id", &ids).push(" order by s.place");
    let (text, values) = sql.finish();
    for row in tx.rows(text, values).await? {
        let evaluation: Uuid = row.try_get_by_index(0)?;
        let mut counts = [0; SCORES];
        for (place, count) in counts.iter_mut().enumerate() {
            *count = number(row.try_get_by_index::<i32>(place + 3)?.into());
        }
        if let Ok(place) = sums.binary_search_by_key(&evaluation, |of| of.id) {
            let words = (row.try_get_by_index(1)?, row.try_get_by_index(2)?, Tally(counts));
            sums[place].statements.push(words);
        }
    }
    Ok(sums)
}

fn sums_of(row: &QueryResult) -> Result<Sums, DbFault> {
    Ok(Sums {
        id: row.try_get_by_index(0)?,
        course: row.try_get_by_index(1)?,
        organisation: row.try_get_by_index(2)?,
        version: row.try_get_by_index(3)?,
        questionnaire: row.try_get_by_index(4)?,
        ended_on: row.try_get_by_index(5)?,
        answers: number(row.try_get_by_index::<i32>(6)?.into()),
        asked: number(row.try_get_by_index(7)?),
        statements: Vec::new(),
    })
}

fn number(of: i64) -> u32 {
    u32::try_from(of).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn course(number: u128, organisation: u128, answers: u32, tally: [u32; SCORES]) -> Sums {
        Sums {
            id: Uuid::from_u128(number),
            course: Uuid::from_u128(number),
            organisation: Uuid::from_u128(organisation),
            version: Uuid::from_u128(9),
            questionnaire: 1,
            ended_on: Some(day("2026-05-01")),
            answers,
            asked: 10,
            statements: vec![("TRAINERS".to_owned(), "They listened.".to_owned(), Tally(tally))],
        }
    }

    const POLICY: fn() -> PolicySettings = PolicySettings::default;

    #[test]
    fn nothing_is_told_while_people_answer_or_where_too_few_did() {
        let enough = course(1, 1, 5, [0, 0, 0, 0, 5]);
        let few = course(2, 1, 4, [0, 0, 0, 0, 4]);
        let late = day("2026-06-13");
        assert!(is_told(&enough, POLICY(), late));
        assert!(!is_told(&enough, POLICY(), day("2026-06-12")));
        assert!(!is_told(&few, POLICY(), late));
        assert_eq!(told(&[few], By::Course, POLICY(), late), []);
    }

    #[test]
    fn no_sum_less_another_tells_of_a_course_that_is_not_told() {
        let today = day("2026-08-01");
        let all = [
            course(1, 1, 6, [0, 0, 0, 0, 6]),
            course(2, 1, 4, [4, 0, 0, 0, 0]),
            course(3, 2, 5, [0, 0, 0, 5, 0]),
        ];
        let by = |by| told(&all, by, POLICY(), today);
        let nation = by(By::Nation);
        assert_eq!(nation.len(), 1);
        assert_eq!((nation[0].courses, nation[0].statements[0].mean), (2, Some(455)));
        let organisations = by(By::Organisation);
        assert_eq!(organisations.len(), 2);
        assert_eq!(organisations[0].statements[0].mean, Some(500), "without the small course");
        assert_eq!(by(By::Course).len(), 2);
        assert_eq!(nation[0].response, Some(5_500));
    }

    #[test]
    fn a_statement_that_few_scored_is_not_told_and_small_counts_are_hidden() {
        let today = day("2026-08-01");
        let mut of = course(1, 1, 12, [0, 2, 0, 4, 6]);
        of.statements.push(("CONTENT".to_owned(), "Good.".to_owned(), Tally([0, 0, 0, 0, 3])));
        let figures = &told(&[of], By::Course, POLICY(), today)[0];
        assert_eq!(figures.answers, Some(10));
        let [first, second] = &figures.statements[..] else { unreachable!("two statements") };
        assert_eq!(first.scores, [Some(0), None, Some(0), None, Some(5)]);
        assert_eq!((second.mean, second.scores.iter().flatten().count()), (None, 0));
    }
}
