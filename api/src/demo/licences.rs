//! The licences of the demonstration, made by its own people: a signatory applies, one officer proposes, a
//! quality lead confirms.

use uuid::Uuid;

use super::past::Past;
use super::{DemoError, account, act, holder, network, readiness, subject};
use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::{NewGrant, grant};
use crate::actor::{GrantScope, Identity, Role};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::licence::applications::{self, Proposal, Request};
use crate::licence::decisions::NewReview;
use crate::licence::model::{Outcome, Tier};
use crate::licence::parts::{GrantTerms, ReviewKind, Sanction};
use crate::licence::quality::{self, Reasons};
use crate::licence::service::At;
use crate::licence::store::Licences;
use crate::programme::kind::ProgrammeType::{
    self, FamilyAmbassador, Leadership, PeerSupportWorker, Specialist, Supervisor, Volunteer,
};
use crate::readiness::store::Readiness;

/// How far a licence has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Story {
    Drafted,
    Submitted,
    InReview,
    Declined,
    Granted,
    Suspended,
}

/// One licence: the holder's ODS code, the tier, what it is for, its readiness, its story, and how many weeks
/// ago its story began.
struct Sketch(&'static str, Tier, &'static [ProgrammeType], Outcome, Story, u64);

/// Weeks since the network's first licences: long enough for courses to lie behind them.
const OLD: u64 = 33;

/// Weeks since the applications that are still open, or were decided lately.
const NEW: u64 = 2;

/// A licence that was granted long ago to an organisation that was found ready.
const fn granted(code: &'static str, tier: Tier, types: &'static [ProgrammeType]) -> Sketch {
    Sketch(code, tier, types, Outcome::Ready, Story::Granted, OLD)
}

/// Licences in several states, and for every programme type; of one holder in the order of their stories.
const LICENCES: [Sketch; 16] = [
    granted(network::PARTNER_CODE, Tier::FullDelivery, &[PeerSupportWorker, Supervisor]),
    Sketch(
        network::PARTNER_CODE,
        Tier::FullDelivery,
        &[Leadership],
        Outcome::Ready,
        Story::Submitted,
        NEW,
    ),
    Sketch(
        "ZZBIRCH",
        Tier::CoDelivery,
        &[Volunteer, FamilyAmbassador],
        Outcome::Conditional,
        Story::Granted,
        16,
    ),
    Sketch("ZZCEDAR", Tier::FullDelivery, &[Specialist], Outcome::Ready, Story::Suspended, 3),
    granted("ZZDAMSN", Tier::CoDelivery, &[Volunteer, Supervisor]),
    Sketch("ZZDAMSN", Tier::CoDelivery, &[PeerSupportWorker], Outcome::Ready, Story::InReview, NEW),
    Sketch("ZZELMS", Tier::HostOnly, &[PeerSupportWorker], Outcome::Ready, Story::Drafted, NEW),
    Sketch("ZZGORSE", Tier::FullDelivery, &[Volunteer], Outcome::NotReady, Story::Declined, NEW),
    granted("ZZIVY", Tier::FullDelivery, &[Leadership, Specialist]),
    granted("ZZIVY", Tier::FullDelivery, &[PeerSupportWorker, FamilyAmbassador]),
    granted("ZZJUNIP", Tier::FullDelivery, &[PeerSupportWorker, Volunteer]),
    granted("ZZLARCH", Tier::FullDelivery, &[Supervisor, FamilyAmbassador]),
    granted("ZZMAPLE", Tier::FullDelivery, &[FamilyAmbassador, PeerSupportWorker]),
    granted("ZZOAK", Tier::FullDelivery, &[Volunteer, PeerSupportWorker]),
    granted("ZZROWAN", Tier::FullDelivery, &[FamilyAmbassador, Volunteer]),
    granted("ZZSEDGE", Tier::FullDelivery, &[Supervisor, PeerSupportWorker]),
];

/// Which of the stories.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Of licences under which courses run.
    Early,
    /// Of the last weeks.
    Late,
}

/// What an organisation was granted long enough ago to deliver courses under it, with the weeks since.
pub(super) fn delivering() -> impl Iterator<Item = (&'static str, &'static [ProgrammeType], u64)> {
    let taught = |ty: &ProgrammeType| !matches!(ty, Leadership | Specialist);
    LICENCES
        .iter()
        .filter(move |sketch| sketch.4 == Story::Granted && sketch.2.iter().all(taught))
        .map(|sketch| (sketch.0, sketch.2, sketch.5))
}

/// Makes what is missing of the licences; says how many are new.
pub(super) async fn build(past: &Past, told: Told) -> Result<usize, DemoError> {
    let mut made = 0;
    for code in codes() {
        let Some(organisation) = holder(&past.founding(), code).await? else { continue };
        let drafted = drafted(&past.founding(), organisation).await?;
        let of_holder = LICENCES.iter().filter(|sketch| sketch.0 == code);
        for (place, sketch) in of_holder.enumerate().skip(drafted) {
            if (sketch.5 > 3) != (told == Told::Early) {
                break;
            }
            let then = past.weeks_ago(sketch.5);
            if place == 0 {
                sign(&then, organisation).await?;
            }
            make(&then, organisation, sketch).await?;
            made += 1;
        }
    }
    Ok(made)
}

/// The holders, each once.
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = LICENCES.iter().map(|sketch| sketch.0).collect();
    codes.dedup();
    codes
}

/// How many licences and applications an organisation has.
async fn drafted(core: &Core, organisation: Uuid) -> Result<usize, DemoError> {
    let (tx, _) = core.begin(crate::db::Access::Read, Identity::System("demo")).await?;
    let count = Licences::count(&tx, organisation).await;
    tx.rollback().await;
    Ok(count?)
}

/// What an organisation was found that stands still.
async fn standing(core: &Core, organisation: Uuid) -> Result<Option<Outcome>, DemoError> {
    let (tx, _) = core.begin(crate::db::Access::Read, Identity::System("demo")).await?;
    let found = Readiness::within(&tx).standing(organisation).await;
    tx.rollback().await;
    let found = found.map_err(|stop| match stop {
        Stop::Db(fault) => fault,
        Stop::Refused(_) => crate::db::DbFault::unreadable("readiness_assessment"),
    })?;
    Ok(found.and_then(|assessment| assessment.found).map(|found| found.outcome))
}

/// Whoever signs for the fictional holders.
fn signatory() -> String {
    format!("{}-of-licence-holders", subject(Role::PartnerSignatory))
}

/// Lets the signatory of the holders sign for one more.
async fn sign(core: &Core, organisation: Uuid) -> Result<(), DemoError> {
    super::step(core, "grant of a signature", move |unit| {
        let new = NewGrant {
            issuer: DemoIssuer::NAME.to_owned(),
            subject: signatory(),
            label: "Demonstration signatory of licence holders (fictional)".to_owned(),
            role: Role::PartnerSignatory,
            scope: GrantScope::Organisation(organisation),
            from: unit.today(),
        };
        Box::pin(grant(unit, new))
    })
    .await?;
    Ok(())
}

/// Tells the story of one licence, each step by whoever takes it.
async fn make(core: &Core, organisation: Uuid, sketch: &Sketch) -> Result<(), DemoError> {
    let Sketch(code, tier, types, outcome, story, _) = *sketch;
    let assessed = standing(core, organisation).await?;
    let assess = || readiness::assess(core, organisation, outcome, account(&signatory()));
    if assessed != Some(outcome) && story > Story::Submitted && outcome != Outcome::NotReady {
        assess().await?;
    }
    let at = |id: Uuid, version: i32| At { id, version };
    let id = act(core, account(&signatory()), code, move |unit| {
        Box::pin(async move {
            let request = Request {
                tier,
                types: types.to_vec(),
                max_concurrent_courses: Some(4),
                max_trainees_per_course: Some(16),
            };
            let id = applications::draft(unit, organisation, request, None).await?.id;
            if story > Story::Drafted {
                applications::submit(unit, at(id, 1)).await?;
            }
            Ok(id)
        })
    })
    .await?;
    if outcome == Outcome::NotReady {
        assess().await?;
    }
    if story >= Story::InReview {
        let officer = account(&subject(Role::LicensingOfficer));
        act(core, officer, code, move |unit| Box::pin(review(unit, id, tier, story))).await?;
    }
    if story >= Story::Granted {
        let lead = account(&subject(Role::QualityLead));
        act(core, lead, code, move |unit| Box::pin(decide(unit, id, story))).await?;
    }
    Ok(())
}

/// What the licensing officer does.
async fn review(unit: &Unit, id: Uuid, tier: Tier, story: Story) -> Result<(), Stop> {
    let at = |version: i32| At { id, version };
    applications::begin_review(unit, at(2)).await?;
    if story == Story::Declined {
        applications::decline(unit, at(3), "it was found not ready").await?;
    }
    if story >= Story::Granted {
        applications::propose_grant(unit, at(3), proposal(unit, tier)).await?;
    }
    Ok(())
}

/// A grant; the conditions come from the plan.
fn proposal(unit: &Unit, tier: Tier) -> Proposal {
    let from = unit.today();
    let terms = GrantTerms {
        from,
        to: from,
        approves_own_courses: tier == Tier::FullDelivery,
        max_concurrent_courses: None,
        max_trainees_per_course: None,
        conditions: Vec::new(),
    };
    Proposal {
        terms,
        ends: false,
        as_asked: [true; 2],
        reason: "as the demonstration has it".to_owned(),
    }
}

/// What the quality lead does.
async fn decide(unit: &Unit, id: Uuid, story: Story) -> Result<(), Stop> {
    let at = |version: i32| At { id, version };
    applications::confirm_grant(unit, at(4)).await?;
    if story < Story::Suspended {
        return Ok(());
    }
    let review = NewReview {
        kind: ReviewKind::Visit,
        reviewed_on: unit.today(),
        findings: "Supervision does not take place as agreed.".to_owned(),
        sanction: Sanction::SuspendNewStarts,
    };
    quality::record_review(unit, at(5), review).await?;
    let why = Reasons {
        reason: "supervision does not take place as agreed".to_owned(),
        public_reason: "a quality review is going on".to_owned(),
    };
    quality::suspend(unit, at(6), &why).await?;
    Ok(())
}
