//! The assessments on which the licences of the demonstration stand, made by its own people: whoever signs for the
//! holder answers for two raters, a reviewer scores, a quality lead validates.

use axum::body::Body;
use chrono::Days;
use uuid::Uuid;

use super::{DemoError, act, subject};
use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::account_id;
use crate::actor::{Identity, Role};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::db::Access;
use crate::fault::Fault;
use crate::files::{Declared, Patience, receive};
use crate::person::desk::At;
use crate::readiness::evidence::NewEvidence;
use crate::readiness::model::{Answer, Content, Number, Perspective};
use crate::readiness::rules::Planned;
use crate::readiness::score::Outcome;
use crate::readiness::store::Readiness;
use crate::readiness::{answers, assessments, evidence, instruments, plan, validation};
use crate::refusal::{Code, Refusal};
use crate::upload::model::{Media, Taken};

/// The instrument.
const CODE: &str = "ORG-READY";

/// Its version.
const NUMBER: &str = "1.0";

/// What everything says that nobody has written.
const WORDS: &str = "as the demonstration has it";

/// The evidence of the demonstration: one small text, the same for every indicator.
const EVIDENCE: &str = "Fictional evidence of the demonstration.\n";

/// SHA-256 of [`EVIDENCE`].
const EVIDENCE_SHA256: &str = "5a03140f2576c4f000da82676be36d16e567ca7801449bdbeaa9328a4145a6eb";

/// Makes an assessment of an organisation that was found so; `signatory` answers and signs for it.
pub(super) async fn assess(
    core: &Core,
    organisation: Uuid,
    outcome: Outcome,
    signatory: Identity,
) -> Result<(), DemoError> {
    let id = act(core, signatory, "an assessment", move |unit| {
        Box::pin(begin(unit, organisation, outcome))
    })
    .await?;
    keep_files(core, id).await?;
    let reviewer = account_id(DemoIssuer::NAME, &subject(Role::Reviewer));
    let lead = Identity::account(account_id(DemoIssuer::NAME, &subject(Role::QualityLead)));
    let version = act(core, lead, "its reviewer", move |unit| {
        Box::pin(async move {
            let version = version_of(unit, id).await?;
            validation::assign(unit, At { id, version }, reviewer).await?;
            Ok(version + 1)
        })
    })
    .await?;
    act(core, Identity::account(reviewer), "its scores", move |unit| {
        Box::pin(async move {
            let content = content(unit, id).await?;
            answers::score(unit, At { id, version }, &sheet(&content, outcome)).await
        })
    })
    .await?;
    let at = At { id, version: version + 1 };
    act(core, lead, "its outcome", move |unit| Box::pin(validation::validate(unit, at))).await?;
    Ok(())
}

/// Puts the files of the evidence where they are fetched from.
async fn keep_files(core: &Core, assessment: Uuid) -> Result<(), DemoError> {
    let Some(store) = core.files() else { return Ok(()) };
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let evidence = Readiness::within(&tx).evidence_of(assessment).await;
    tx.rollback().await;
    let unkept = |_| Fault::Internal("the demonstration cannot keep its files".to_owned());
    for piece in evidence.map_err(|_| Fault::Internal("no evidence can be read".to_owned()))? {
        let declared = Declared {
            media: Media::Text,
            size: EVIDENCE.len() as u64,
            sha256: EVIDENCE_SHA256.to_owned(),
        };
        let patience = Patience { piece: store.put_timeout(), whole: store.put_timeout() };
        let body = Body::from(EVIDENCE);
        receive(store, Some(piece.file_key), &declared, body, patience).await.map_err(unkept)?;
    }
    Ok(())
}

/// What the organisation does, up to its signature.
async fn begin(unit: &Unit, organisation: Uuid, outcome: Outcome) -> Result<Uuid, Stop> {
    let missing = || Stop::from(Refusal::whole(Code::NotFound));
    let number = Number::parse(NUMBER).ok_or_else(missing)?;
    let instrument = instruments::named(unit, CODE, number).await?.ok_or_else(missing)?;
    let raters = [Perspective::PeerWorker, Perspective::Manager];
    let id = assessments::start(unit, organisation, instrument, &raters).await?.id;
    let content = content(unit, id).await?;
    for rater in Readiness::of(unit).raters(id).await? {
        let at = At { id: rater.id, version: rater.version };
        answers::answer(unit, at, &sheet(&content, outcome)).await?;
    }
    let critical =
        content.indicators().zip(&content.indicator_ids).filter(|((_, of), _)| of.critical);
    for (_, indicator) in critical {
        let new = NewEvidence { assessment: id, indicator: *indicator, title: WORDS.to_owned() };
        evidence::add(unit, new, file(unit)).await?;
    }
    if outcome != Outcome::Ready {
        let planned = Planned {
            indicator: None,
            text: "Name two supervisors for each course.".to_owned(),
            owner_title: "Peer support lead".to_owned(),
            owner: None,
            due_on: unit.today().checked_add_days(Days::new(90)).unwrap_or(unit.today()),
        };
        plan::add(unit, id, planned).await?;
    }
    let version = version_of(unit, id).await?;
    assessments::submit(unit, At { id, version }).await?;
    Ok(id)
}

fn file(unit: &Unit) -> Taken {
    Taken {
        key: unit.id(),
        file_name: "evidence.txt".to_owned(),
        media: Media::Text,
        size_bytes: i32::try_from(EVIDENCE.len()).unwrap_or(i32::MAX),
        sha256: EVIDENCE_SHA256.to_owned(),
    }
}

/// Scores that are found so: the whole of role clarity and of supervision embedded and the rest in place, all of it in
/// place, or all of it planned.
fn sheet(content: &Content, outcome: Outcome) -> Vec<Answer> {
    let score = |domain: &str| match (outcome, domain) {
        (Outcome::Ready, "D3" | "D6") => 3,
        (Outcome::Ready | Outcome::Conditional, _) => 2,
        (Outcome::NotReady, _) => 1,
    };
    let domain = |place: usize| content.domains.get(place).map_or("", |domain| &domain.code);
    let of = content.indicators().zip(&content.indicator_ids);
    of.map(|((place, _), id)| Answer {
        indicator: *id,
        score: Some(score(domain(place))),
        note: None,
    })
    .collect()
}

async fn version_of(unit: &Unit, id: Uuid) -> Result<i32, Stop> {
    let found = Readiness::of(unit).assessment(id).await?;
    Ok(found.map_or(0, |found| found.version))
}

async fn content(unit: &Unit, id: Uuid) -> Result<Content, Stop> {
    let store = Readiness::of(unit);
    match store.assessment(id).await? {
        Some(found) => store.content(found.instrument_id).await,
        None => Err(Refusal::whole(Code::NotFound).into()),
    }
}
