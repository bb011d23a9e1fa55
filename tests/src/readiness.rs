//! Assessments that a test begins with, made through the service's own use cases in the names of three people: one who
//! answers and signs for the organisation, a reviewer, and one who validates.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Identity, Role};
use alongside::command::{Stop, Unit};
use alongside::db::Access;
use alongside::graphql::ids;
use alongside::person::desk::At;
use alongside::readiness::evidence::NewEvidence;
use alongside::readiness::instruments::Written;
use alongside::readiness::model::{Answer, Assessment, Content, Number, Perspective};
use alongside::readiness::rules::Planned;
use alongside::readiness::score::Outcome;
use alongside::readiness::store::Readiness;
use alongside::readiness::{answers, assessments, evidence, instruments, plan, validation};
use alongside::upload::model::{Media, Taken};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::given::as_system;
use crate::licences::{SIGNER, as_account, staff};
use crate::world::{Tenant, World};

/// The subject of the account that scores.
pub const REVIEWER: &str = "who reviews readiness";

/// The subject of the account that assigns and validates.
pub const VALIDATOR: &str = "who validates readiness";

/// The action of every plan that a test begins with.
pub const ACTION: &str = "Name a supervisor.";

/// How far an assessment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Begun, with two raters and no answer.
    Draft,
    /// Answered, with its evidence and a plan.
    Answered,
    /// Handed in.
    Submitted,
    /// With a reviewer.
    Assigned,
    /// Scored.
    Scored,
    /// Validated.
    Validated,
}

/// The id of the reviewer's account as the API gives it.
#[must_use]
pub fn reviewer_id() -> String {
    ids::encode("acc", account_id(DemoIssuer::NAME, REVIEWER))
}

/// Makes an assessment of the organisation that was found so, up to this stage; gives it as it was left.
pub async fn assessment(world: &World, of: Uuid, outcome: Outcome, stage: Stage) -> Assessment {
    staff(world, of).await;
    crew(world).await;
    let id = as_account(world, SIGNER, move |unit| {
        Box::pin(async move { begin(unit, of, outcome, stage).await })
    })
    .await;
    if stage >= Stage::Assigned {
        as_account(world, VALIDATOR, move |unit| {
            Box::pin(async move {
                let at = at(unit, id).await?;
                validation::assign(unit, at, account_id(DemoIssuer::NAME, REVIEWER)).await
            })
        })
        .await;
    }
    if stage >= Stage::Scored {
        as_account(world, REVIEWER, move |unit| {
            Box::pin(async move {
                let scores = sheet(&content(unit, id).await?, outcome);
                answers::score(unit, at(unit, id).await?, &scores).await
            })
        })
        .await;
    }
    if stage >= Stage::Validated {
        as_account(world, VALIDATOR, move |unit| {
            Box::pin(async move { validation::validate(unit, at(unit, id).await?).await })
        })
        .await;
    }
    found(world, |store| Box::pin(async move { store.assessment(id).await }))
        .await
        .expect("it is there")
}

/// Sees to it that the organisation stands at this outcome on the world's day.
pub async fn stands_at(world: &World, of: Uuid, outcome: Outcome) {
    let today = world.app.core().source().today();
    let known = found(world, |store| Box::pin(async move { store.standing(of).await })).await;
    let known = known.and_then(|assessment| assessment.found);
    let holds = known.is_some_and(|found| {
        found.outcome == outcome && (found.holds(today) || found.validated_on == today)
    });
    if !holds {
        assessment(world, of, outcome, Stage::Validated).await;
    }
}

/// Sees to it that the organisation stands at no other outcome.
pub async fn unless_other(world: &World, of: Uuid, outcome: Outcome) {
    let known = found(world, |store| Box::pin(async move { store.standing(of).await })).await;
    let known = known.and_then(|assessment| assessment.found);
    if known.is_some_and(|found| found.outcome != outcome) {
        assessment(world, of, outcome, Stage::Validated).await;
    }
}

/// Reads as the service itself.
async fn found<T>(
    world: &World,
    ask: impl for<'a> FnOnce(
        Readiness<'a>,
    )
        -> std::pin::Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'a>>,
) -> T {
    let core = world.app.core();
    let (tx, _) = core.begin(Access::Read, Identity::System("tests")).await.expect("a transaction");
    let answer = ask(Readiness::within(&tx)).await.expect("an answer");
    tx.rollback().await;
    answer
}

/// Grants the reviewer and the one who validates their roles, once in a world.
pub async fn crew(world: &World) {
    let account = world.uuid(account_id(DemoIssuer::NAME, VALIDATOR));
    let held = format!("account_id = {account} and role = 'NQL'");
    if world.database.eye.rows_where("role_grant", &held).await == 0 {
        world.grant_to(VALIDATOR, Role::QualityLead, GrantScope::Nation).await;
        world.grant_to(REVIEWER, Role::Reviewer, GrantScope::Own).await;
    }
}

async fn begin(unit: &Unit, of: Uuid, outcome: Outcome, stage: Stage) -> Result<Uuid, Stop> {
    let number = Number::parse("1.0").expect("a number");
    let instrument = instruments::named(unit, "ORG-READY", number).await?.expect("it is seeded");
    let raters = [Perspective::PeerWorker, Perspective::Manager];
    let id = assessments::start(unit, of, instrument, &raters).await?.id;
    if stage == Stage::Draft {
        return Ok(id);
    }
    let content = content(unit, id).await?;
    for rater in Readiness::of(unit).raters(id).await? {
        let at = At { id: rater.id, version: rater.version };
        answers::answer(unit, at, &sheet(&content, outcome)).await?;
    }
    let asked = content.indicators().zip(&content.indicator_ids);
    for (_, indicator) in asked.filter(|((_, of), _)| of.evidence_from.is_some()) {
        let new = NewEvidence { assessment: id, indicator: *indicator, title: "Seen".to_owned() };
        evidence::add(unit, new, file(unit)).await?;
    }
    if outcome != Outcome::Ready {
        plan::add(unit, id, planned(unit.today())).await?;
    }
    if stage >= Stage::Submitted {
        assessments::submit(unit, at(unit, id).await?).await?;
    }
    Ok(id)
}

fn planned(due_on: NaiveDate) -> Planned {
    Planned {
        indicator: None,
        text: ACTION.to_owned(),
        owner_title: "Peer lead".to_owned(),
        owner: None,
        due_on,
    }
}

fn file(unit: &Unit) -> Taken {
    Taken {
        key: unit.id(),
        file_name: "seen.txt".to_owned(),
        media: Media::Text,
        size_bytes: 1,
        sha256: "0".repeat(64),
    }
}

/// Scores that are found so: 2 everywhere, with 3 in two domains for READY, or 1 everywhere.
#[must_use]
pub fn sheet(content: &Content, outcome: Outcome) -> Vec<Answer> {
    let score = |domain: usize| match outcome {
        Outcome::Ready if domain == 2 || domain == 5 => 3,
        Outcome::Ready | Outcome::Conditional => 2,
        Outcome::NotReady => 1,
    };
    let of = content.indicators().zip(&content.indicator_ids);
    of.map(|((domain, _), id)| Answer { indicator: *id, score: Some(score(domain)), note: None })
        .collect()
}

async fn at(unit: &Unit, id: Uuid) -> Result<At, Stop> {
    let found = Readiness::of(unit).assessment(id).await?.expect("it is there");
    Ok(At { id, version: found.version })
}

async fn content(unit: &Unit, id: Uuid) -> Result<Content, Stop> {
    let store = Readiness::of(unit);
    let found = store.assessment(id).await?.expect("it is there");
    store.content(found.instrument_id).await
}

/// The first rater of an assessment as the API gives it, with its version.
pub async fn first_rater(world: &World, of: &Assessment) -> (String, i32) {
    let id = of.id;
    let raters = found(world, move |store| Box::pin(async move { store.raters(id).await })).await;
    let rater = raters.first().expect("there are two");
    (ids::encode("rrt", rater.id), rater.version)
}

/// The id of the first row of `table` of an assessment.
pub async fn first_row(world: &World, table: &str, of: &Assessment) -> Uuid {
    let (id, of) = (world.engine().hex("id"), world.uuid(of.id));
    let sql = format!("select {id} from {table} where assessment_id = {of} order by id");
    let ids = world.database.eye.texts(&sql).await;
    Uuid::parse_str(ids.first().expect("a row")).expect("an id")
}

/// A draft of an instrument that can be published, with an indicator that follows the seeded one; a new version each
/// time.
pub async fn draft_instrument(world: &World) -> Uuid {
    let known = world.database.eye.texts("select name from readiness_instrument").await;
    let next = format!("2.{}", known.len());
    as_system(world.app.core(), move |unit| {
        let next = next.clone();
        Box::pin(async move {
            let number = Number::parse("1.0").expect("a number");
            let first = instruments::named(unit, "ORG-READY", number).await?.expect("it is seeded");
            let store = Readiness::of(unit);
            let seeded = store.instrument(first).await?.expect("it is seeded");
            let content = store.content(first).await?;
            let mut domains = content.domains.clone();
            let mut ids = content.indicator_ids.iter();
            // In a world whose texts are marked, the seeded codes are none.
            for (place, domain) in (1..).zip(&mut domains) {
                domain.code = format!("D{place}");
                for (nth, indicator) in (1..).zip(&mut domain.indicators) {
                    indicator.code = format!("{place}.{nth}");
                    indicator.follows = ids.next().copied().into_iter().collect();
                }
            }
            let written = Written {
                title: "The next one".to_owned(),
                is_proposal: true,
                source: Some("A test.".to_owned()),
                thresholds: seeded.thresholds,
                domains,
            };
            Ok(instruments::draft(unit, "ORG-READY", &next, written).await?.id)
        })
    })
    .await
}

/// A version of the instrument that is published; its id.
pub async fn published_instrument(world: &World) -> Uuid {
    let id = draft_instrument(world).await;
    as_system(world.app.core(), move |unit| {
        Box::pin(instruments::publish(unit, At { id, version: 1 }))
    })
    .await;
    id
}

/// A version of the instrument that is retired.
pub async fn retired_instrument(world: &World) {
    let id = published_instrument(world).await;
    as_system(world.app.core(), move |unit| {
        Box::pin(instruments::retire(unit, At { id, version: 2 }, "A test."))
    })
    .await;
}

/// The id, as a literal, of the assessment that [`filled`] writes for the organisation.
#[must_use]
pub fn filled_assessment(world: &World, of: &Tenant) -> String {
    world.uuid(Uuid::new_v5(&of.id, &[70]))
}

/// Rows that fill every column of everything that hangs on an assessment, written past every use case: one that was
/// invalidated, with another in its place, and one that was given up. `number` tells the organisations apart.
#[must_use]
pub fn filled(world: &World, of: &Tenant, number: u8) -> Vec<String> {
    let tenant = world.uuid(of.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&of.id, &[70 + what]));
    let (ended, open, account) = (filled_assessment(world, of), new(1), new(2));
    // Of one the reviewer, of the other somebody who is none.
    let reviewer = if of == &world.a { "Reviewer of the own records" } else { "Trainer of B" };
    let reviewer = world.uuid(account_id(DemoIssuer::NAME, reviewer));
    let (rater, evidence) = (new(3), new(4));
    let (at, first) = ("'2026-05-01T09:00:00.25+00:00'", "'2020-01-01'");
    let instrument = "(select id from readiness_instrument where name = 'ORG-READY@1.0')";
    let of_instrument = |table: &str, code: &str| {
        format!(
            "(select id from readiness_{table} where code = '{code}' and instrument_id = {instrument})"
        )
    };
    let (domain, indicator) = (of_instrument("domain", "D1"), of_instrument("indicator", "1.1"));
    let (sha256, signer) = ("0".repeat(64), "(select id from account order by id limit 1)");
    vec![
        format!(
            "insert into readiness_assessment values ({open}, {tenant}, {instrument}, 'WITHDRAWN', {account}, \
             {first}, {account}, {first}, {reviewer}, {account}, {first}, {first}, 'x', null, null, null, 5000, \
             null, null, {first}, null, null, {at}, {at}, 3)"
        ),
        format!(
            "insert into readiness_assessment values ({ended}, {tenant}, {instrument}, 'INVALIDATED', {account}, \
             {first}, {account}, {first}, {reviewer}, {account}, {first}, {first}, 'x', {open}, {first}, \
             '2021-01-01', 6000, 7000, 'READY', {first}, 'x', {open}, {at}, {at}, 7)"
        ),
        format!(
            "insert into readiness_rater values ({rater}, {tenant}, {ended}, {number}, 'CARER', true, {at}, {at}, 2)"
        ),
        format!(
            "insert into readiness_answer values ({}, {tenant}, {ended}, {rater}, {indicator}, 3, 'x', {at})",
            new(5)
        ),
        format!(
            "insert into readiness_validation values ({}, {tenant}, {ended}, {indicator}, 2, 'x', {at})",
            new(6)
        ),
        format!(
            "insert into readiness_hand values ({}, {tenant}, {ended}, {signer}, 'SIGNED')",
            new(14)
        ),
        format!(
            "insert into readiness_domain_score values ({}, {tenant}, {ended}, {domain}, 6000, 7000)",
            new(7)
        ),
        format!(
            "insert into readiness_finding values ({}, {tenant}, {ended}, 1, 'READY', 'DOMAIN', {domain}, \
             {indicator}, 5000, 4000)",
            new(8)
        ),
        format!(
            "insert into readiness_evidence values ({evidence}, {tenant}, {ended}, {indicator}, 'x', {}, 'x', \
             'text/plain', 1, '{sha256}', {at}, null, 1)",
            new(9)
        ),
        format!(
            "insert into readiness_evidence values ({}, {tenant}, {ended}, {indicator}, 'x', {}, 'x', \
             'text/plain', 1, '{sha256}', {at}, {first}, 2)",
            new(10),
            new(11)
        ),
        format!(
            "insert into readiness_action values ({}, {tenant}, {ended}, {indicator}, 'x', 'x', null, {first}, \
             'DONE', 10000, 'x', {evidence}, {first}, {first}, {at}, {at}, 3)",
            new(12)
        ),
        format!(
            "insert into readiness_due values ({}, {tenant}, 'MERGER', {first}, '2020-03-31', {first}, {ended}, 2)",
            new(13)
        ),
    ]
}
