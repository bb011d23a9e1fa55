//! The licences of the demonstration, made by its own people: a signatory applies, one officer proposes, a
//! quality lead confirms.

use uuid::Uuid;

use super::{DemoError, act, holder, network, subject};
use crate::actor::demo_issuer::DemoIssuer;
use crate::actor::service::{NewGrant, account_id, grant};
use crate::actor::{GrantScope, Identity, Role};
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::licence::applications::{self, Proposal, Request};
use crate::licence::decisions::NewReview;
use crate::licence::model::{Outcome, Readiness, Tier};
use crate::licence::parts::{GrantTerms, NewCondition, ReviewKind, Sanction};
use crate::licence::quality::{self, Reasons};
use crate::licence::rules::terms;
use crate::licence::service::At;
use crate::licence::store::Licences;
use crate::programme::kind::ProgrammeType::{
    self, FamilyAmbassador, Leadership, PeerSupportWorker, Specialist, Supervisor, Volunteer,
};

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

/// One licence: the holder's ODS code, the tier, what it is for, its readiness, its story.
struct Sketch(&'static str, Tier, &'static [ProgrammeType], Outcome, Story);

/// Licences in several states, and for every programme type.
const LICENCES: [Sketch; 8] = [
    Sketch(
        network::PARTNER_CODE,
        Tier::FullDelivery,
        &[PeerSupportWorker, Supervisor],
        Outcome::Ready,
        Story::Granted,
    ),
    Sketch(
        network::PARTNER_CODE,
        Tier::FullDelivery,
        &[Leadership],
        Outcome::Ready,
        Story::Submitted,
    ),
    Sketch(
        "ZZBIRCH",
        Tier::CoDelivery,
        &[Volunteer, FamilyAmbassador],
        Outcome::Conditional,
        Story::Granted,
    ),
    Sketch("ZZCEDAR", Tier::FullDelivery, &[Specialist], Outcome::Ready, Story::Suspended),
    Sketch("ZZDAMSN", Tier::CoDelivery, &[PeerSupportWorker], Outcome::Ready, Story::InReview),
    Sketch("ZZELMS", Tier::HostOnly, &[PeerSupportWorker], Outcome::Ready, Story::Drafted),
    Sketch("ZZGORSE", Tier::FullDelivery, &[Volunteer], Outcome::NotReady, Story::Declined),
    Sketch("ZZIVY", Tier::FullDelivery, &[Leadership, Specialist], Outcome::Ready, Story::Granted),
];

/// Makes what is missing of the licences; says how many are new.
pub(super) async fn build(core: &Core) -> Result<usize, DemoError> {
    let mut made = 0;
    for code in codes() {
        let Some(organisation) = holder(core, code).await? else { continue };
        let of_holder = || LICENCES.iter().filter(|sketch| sketch.0 == code);
        let drafted = drafted(core, organisation).await?;
        if drafted == 0 {
            sign(core, organisation).await?;
        }
        for sketch in of_holder().skip(drafted) {
            make(core, organisation, sketch).await?;
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

/// Whoever signs for the fictional holders.
fn signatory() -> String {
    format!("{}-of-licence-holders", subject(Role::PartnerSignatory))
}

fn person(subject: &str) -> Identity {
    Identity::account(account_id(DemoIssuer::NAME, subject))
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
    let Sketch(code, tier, types, outcome, story) = *sketch;
    let at = |id: Uuid, version: i32| At { id, version };
    let id = act(core, person(&signatory()), code, move |unit| {
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
    if story >= Story::InReview {
        let officer = person(&subject(Role::LicensingOfficer));
        act(core, officer, code, move |unit| Box::pin(review(unit, id, outcome, story))).await?;
    }
    if story >= Story::Granted {
        let lead = person(&subject(Role::QualityLead));
        act(core, lead, code, move |unit| Box::pin(decide(unit, id, story))).await?;
    }
    Ok(())
}

/// What the licensing officer does.
async fn review(unit: &Unit, id: Uuid, outcome: Outcome, story: Story) -> Result<(), Stop> {
    let at = |version: i32| At { id, version };
    applications::begin_review(unit, at(2)).await?;
    let found = Readiness {
        outcome,
        validated_on: unit.today(),
        instrument: Some("ORG-READY@1.0".to_owned()),
        reason: "as the demonstration has it".to_owned(),
        recorded_by: None,
    };
    applications::record_readiness(unit, at(3), found).await?;
    if story == Story::Declined {
        applications::decline(unit, at(4), "it was found not ready").await?;
    }
    if story >= Story::Granted {
        applications::propose_grant(unit, at(4), proposal(unit, outcome)).await?;
    }
    Ok(())
}

fn proposal(unit: &Unit, outcome: Outcome) -> Proposal {
    let (from, conditional) = (unit.today(), outcome == Outcome::Conditional);
    let condition = NewCondition {
        text: "Name two supervisors for each course.".to_owned(),
        due_on: terms::days_after(from, terms::EXPIRING_DAYS),
    };
    let terms = GrantTerms {
        from,
        to: from,
        approves_own_courses: !conditional,
        max_concurrent_courses: Some(4),
        max_trainees_per_course: Some(16),
        conditions: if conditional { vec![condition] } else { Vec::new() },
    };
    Proposal { terms, ends: false, reason: "as the demonstration has it".to_owned() }
}

/// What the quality lead does.
async fn decide(unit: &Unit, id: Uuid, story: Story) -> Result<(), Stop> {
    let at = |version: i32| At { id, version };
    applications::confirm_grant(unit, at(5)).await?;
    if story < Story::Suspended {
        return Ok(());
    }
    let review = NewReview {
        kind: ReviewKind::Visit,
        reviewed_on: unit.today(),
        findings: "Supervision does not take place as agreed.".to_owned(),
        sanction: Sanction::SuspendNewStarts,
    };
    quality::record_review(unit, at(6), review).await?;
    let why = Reasons {
        reason: "supervision does not take place as agreed".to_owned(),
        public_reason: "a quality review is going on".to_owned(),
    };
    quality::suspend(unit, at(7), &why).await?;
    Ok(())
}
