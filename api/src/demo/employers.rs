//! Fictional agreements with employers, contacts, offers of supervision and statuses in the toolkit.

use chrono::{Days, NaiveDate};
use entities::organisation_contact;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{DemoError, holder, network, step, trainers};
use crate::actor::Identity;
use crate::command::{Stop, Unit};
use crate::core::Core;
use crate::db::{Access, DbFault};
use crate::employer::agreements::{self, Proposal};
use crate::employer::contacts::{self, Named};
use crate::employer::desk::Asked;
use crate::employer::dspt::{self, Publication};
use crate::employer::model::{AgreementKind, DsptStatus, Purpose};
use crate::employer::supervision::{self, Amount};
use crate::person::desk::At;
use crate::programme::kind::ProgrammeType;

/// One organisation: its ODS code, whom it names, the people it can supervise, and how many days ago it
/// published in the toolkit and how many days the status has left.
struct Sketch(&'static str, &'static [Purpose], Option<i32>, Option<(u64, i64)>);

/// Some have all, some should mend something.
const NETWORK: [Sketch; 5] = [
    Sketch(
        "ZZALDER",
        &[
            Purpose::PeerSupportLead,
            Purpose::Supervision,
            Purpose::Safeguarding,
            Purpose::DataProtection,
        ],
        Some(6),
        Some((200, 160)),
    ),
    Sketch("ZZELMS", &[Purpose::PeerSupportLead, Purpose::Supervision], Some(4), Some((300, 40))),
    Sketch("ZZOAK", &[Purpose::Supervision, Purpose::Safeguarding], None, Some((400, -20))),
    Sketch("ZZDAMSN", &[Purpose::PeerSupportLead], None, None),
    Sketch("ZZMAPLE", &[Purpose::Funding], Some(8), None),
];

/// Who delivers to whom, about what, and whether the other side has answered.
const AGREEMENTS: [(&str, &str, AgreementKind, bool); 4] = [
    ("ZZALDER", "ZZELMS", AgreementKind::Employs, true),
    ("ZZALDER", "ZZDAMSN", AgreementKind::Places, true),
    ("ZZALDER", "ZZOAK", AgreementKind::Places, false),
    ("ZZMAPLE", "ZZELMS", AgreementKind::Places, true),
];

/// Makes what is missing, organisation by organisation.
pub(super) async fn build(core: &Core) -> Result<(), DemoError> {
    for sketch in &NETWORK {
        let Some(own) = holder(core, sketch.0).await? else { continue };
        if is_there(core, own).await? {
            continue;
        }
        let mut hosts = Vec::new();
        for (_, host, kind, accepted) in AGREEMENTS.iter().filter(|made| made.0 == sketch.0) {
            hosts.extend(holder(core, host).await?.map(|host| (host, *kind, *accepted)));
        }
        let lead = match sketch.0 {
            network::PARTNER_CODE => trainers::person_of(core, 1).await?,
            _ => None,
        };
        step(core, "support for employers", move |unit| {
            let hosts = hosts.clone();
            Box::pin(async move { make(unit, own, sketch, (hosts.as_slice(), lead)).await })
        })
        .await?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the demonstration's own contacts")]
async fn is_there(core: &Core, own: Uuid) -> Result<bool, DbFault> {
    let (tx, _) = core.begin(Access::Read, Identity::System("demo")).await?;
    let of_own = organisation_contact::Column::OrganisationId.eq(own);
    let count = organisation_contact::Entity::find().filter(of_own).count(&tx).await?;
    tx.rollback().await;
    Ok(count > 0)
}

/// Everything of one organisation; `lead` is the person who leads concerns.
async fn make(
    unit: &Unit,
    own: Uuid,
    sketch: &Sketch,
    (hosts, lead): (&[(Uuid, AgreementKind, bool)], Option<Uuid>),
) -> Result<(), Stop> {
    let Sketch(code, purposes, supervisees, published) = sketch;
    for purpose in *purposes {
        let named = Named {
            name: format!(
                "{} of {code} (fictional)",
                purpose.code().to_lowercase().replace('_', " ")
            ),
            email: Some(format!(
                "{}@{}.example",
                purpose.code().to_lowercase(),
                code.to_lowercase()
            )),
            phone: None,
            person: lead.filter(|_| *purpose == Purpose::Safeguarding),
        };
        contacts::add(unit, (own, *purpose), named, Asked::default()).await?;
    }
    if let Some(supervisees) = *supervisees {
        let amount =
            Amount { supervisees, taken: supervisees / 2, hours_per_month: 3 * supervisees };
        supervision::offer(unit, own, amount, Asked::default()).await?;
    }
    if let Some((ago, left)) = *published {
        toolkit(unit, own, ago, left).await?;
    }
    for (host, kind, accepted) in hosts {
        let proposal = Proposal {
            deliverer: own,
            host: *host,
            kind: *kind,
            places: 12,
            types: vec![ProgrammeType::PeerSupportWorker, ProgrammeType::Volunteer],
            from: unit.today(),
            to: None,
        };
        let id = agreements::propose(unit, proposal).await?.id;
        if *accepted {
            agreements::accept(unit, At { id, version: 1 }).await?;
        }
    }
    Ok(())
}

/// A status that was published some days ago and counts for some days more, or no longer.
async fn toolkit(unit: &Unit, own: Uuid, ago: u64, left: i64) -> Result<(), Stop> {
    let today = unit.today();
    let day = |back: u64| today.checked_sub_days(Days::new(back)).unwrap_or(today);
    let expires: NaiveDate = match u64::try_from(left) {
        Ok(left) => today.checked_add_days(Days::new(left)).unwrap_or(today),
        Err(_) => day(left.unsigned_abs()),
    };
    let year = chrono::Datelike::year(&day(ago));
    let published = Publication {
        status: DsptStatus::StandardsMet,
        published_on: Some(day(ago)),
        expires_on: Some(expires),
        evidence_reference: Some("a fictional file".to_owned()),
    };
    let label = format!("{year}-{:02}", (year + 1) % 100);
    dspt::record(unit, own, label, published).await?;
    Ok(())
}
