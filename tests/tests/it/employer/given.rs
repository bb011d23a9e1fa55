//! Agreements, contacts, offers and the toolkit that a test begins with, an input for each mutation that is
//! right but for who sends it, and rows to be hidden.

use alongside::employer::agreements::{self, Proposal};
use alongside::employer::contacts::{self, Named};
use alongside::employer::desk::Asked;
use alongside::employer::dspt::{self, Publication};
use alongside::employer::model::{AgreementKind, DsptStatus, Purpose, Standing};
use alongside::employer::supervision::{self, Amount};
use alongside::graphql::ids;
use alongside::person::desk::At;
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::given::{self, as_system, day};
use tests::{Tenant, World};
use uuid::Uuid;

/// A record with its version.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    prefix: &'static str,
    /// Identifier.
    pub id: Uuid,
    /// Its version.
    pub version: i32,
}

impl Kept {
    /// The id of a record that is not there.
    pub fn none(prefix: &str) -> String {
        ids::encode(prefix, Uuid::from_u128(9))
    }

    /// The id as the API gives it.
    pub fn global_id(&self) -> String {
        ids::encode(self.prefix, self.id)
    }

    /// An input on the record as it was last left.
    pub fn input(&self, more: &Value) -> Value {
        let mut input = json!({ "id": self.global_id(), "expectedVersion": self.version });
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        input
    }
}

/// An organisation that takes part.
pub async fn body(world: &World) -> Tenant {
    given::organisation(world).active().register().await
}

/// The first day and the end of what stands so on 1 May 2026.
const fn days_of(standing: Standing) -> (&'static str, Option<&'static str>) {
    match standing {
        Standing::Upcoming => ("2026-06-01", None),
        Standing::Over => ("2026-04-01", Some("2026-05-02")),
        _ => ("2026-04-01", Some("2027-04-01")),
    }
}

/// An agreement that the deliverer proposed and that has come to where it is said to stand.
pub async fn agreement(
    world: &World,
    (deliverer, host): (&Tenant, &Tenant),
    kind: AgreementKind,
    standing: Standing,
) -> Kept {
    let (from, to) = days_of(standing);
    let new = Proposal {
        deliverer: deliverer.id,
        host: host.id,
        kind,
        places: 4,
        types: vec![ProgrammeType::PeerSupportWorker, ProgrammeType::Volunteer],
        from: day(from),
        to: to.map(day),
    };
    let id = as_system(world.app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move {
            let id = agreements::propose(unit, new).await?.id;
            let at = |version| At { id, version };
            match standing {
                Standing::Proposed => {}
                Standing::Declined => {
                    agreements::decline(unit, at(1), "a test").await?;
                }
                Standing::Withdrawn => {
                    agreements::withdraw(unit, at(1), "a test").await?;
                }
                _ => {
                    agreements::accept(unit, at(1)).await?;
                }
            }
            if standing == Standing::Ended {
                agreements::end(unit, at(2), None, "a test").await?;
            }
            Ok(id)
        })
    })
    .await;
    if standing == Standing::Over {
        let past = format!(
            "update employer_agreement set valid_to = '2026-05-01' where id = {}",
            world.uuid(id)
        );
        world.database.eye.execute(&past).await.expect("its days pass");
    }
    let version = match standing {
        Standing::Proposed => 1,
        Standing::Ended => 3,
        _ => 2,
    };
    Kept { prefix: "eag", id, version }
}

/// A contact from 1 January 2026 on.
pub async fn contact(world: &World, of: &Tenant, purpose: Purpose) -> Kept {
    let of = (of.id, purpose);
    let id = as_system(world.app.core(), move |unit| {
        let named = Named {
            name: "Alder Fictley".to_owned(),
            email: Some("alder@example.org".to_owned()),
            phone: Some("01632 960000".to_owned()),
            person: None,
        };
        let from = Asked { from: Some(day("2026-01-01")), to: None };
        Box::pin(async move { Ok(contacts::add(unit, of, named, from).await?.id) })
    })
    .await;
    Kept { prefix: "oco", id, version: 1 }
}

/// Supervision of five for 2026, three of them taken.
pub async fn offer(world: &World, of: &Tenant) -> Kept {
    let of = of.id;
    let id = as_system(world.app.core(), move |unit| {
        let amount = Amount { supervisees: 5, taken: 3, hours_per_month: 10 };
        let days = Asked { from: Some(day("2026-01-01")), to: Some(day("2027-01-01")) };
        Box::pin(async move { Ok(supervision::offer(unit, of, amount, days).await?.id) })
    })
    .await;
    Kept { prefix: "sof", id, version: 1 }
}

/// The standards were met, as published on this day.
pub async fn published(world: &World, of: &Tenant, year: &str, on: &str) -> Kept {
    let (of, year, on) = (of.id, year.to_owned(), day(on));
    let id = as_system(world.app.core(), move |unit| {
        let year = year.clone();
        let published = Publication {
            status: DsptStatus::StandardsMet,
            published_on: Some(on),
            expires_on: None,
            evidence_reference: Some("file 1".to_owned()),
        };
        Box::pin(async move { Ok(dspt::record(unit, of, year, published).await?.id) })
    })
    .await;
    Kept { prefix: "dsp", id, version: 1 }
}

/// Every mutation of this kind.
pub const NAMES: [&str; 13] = [
    "dsptAssessmentAmend",
    "dsptAssessmentRecord",
    "employerAgreementAccept",
    "employerAgreementDecline",
    "employerAgreementEnd",
    "employerAgreementPropose",
    "employerAgreementWithdraw",
    "organisationContactAdd",
    "organisationContactEnd",
    "organisationContactReplace",
    "supervisionOfferAdd",
    "supervisionOfferAmend",
    "supervisionOfferEnd",
];

/// An input for each of them, all for `holder`, which must be active.
pub async fn inputs(world: &World, holder: &Tenant) -> Vec<(&'static str, Value)> {
    let (one, other) = (body(world).await, body(world).await);
    let (employs, places) = (AgreementKind::Employs, AgreementKind::Places);
    let asked = agreement(world, (&one, holder), places, Standing::Proposed).await;
    let unwanted = agreement(world, (&one, holder), employs, Standing::Proposed).await;
    let asking = agreement(world, (holder, &one), places, Standing::Proposed).await;
    let held = agreement(world, (holder, &one), employs, Standing::InForce).await;
    let present = contact(world, holder, Purpose::Supervision).await;
    let last = contact(world, holder, Purpose::Safeguarding).await;
    let offered = offer(world, holder).await;
    let recorded = published(world, holder, "2024-25", "2025-06-20").await;
    let why = json!({ "reason": "A test." });
    let named = json!({ "name": "Bryony Sampleton", "phone": "01632 960001" });
    let with = |mut input: Value, more: &Value| {
        let fields = input.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        input
    };
    let met = json!({ "status": "STANDARDS_EXCEEDED", "publishedOn": "2026-04-20" });
    let own = json!({ "organisationId": holder.global_id() });
    let more = json!({ "supervisees": 3, "hoursPerMonth": 9, "validFrom": "2027-02-01" });
    vec![
        ("dsptAssessmentAmend", recorded.input(&met)),
        ("dsptAssessmentRecord", with(with(own.clone(), &met), &json!({ "year": "2025-26" }))),
        ("employerAgreementAccept", asked.input(&json!({}))),
        ("employerAgreementDecline", unwanted.input(&why)),
        ("employerAgreementEnd", held.input(&why)),
        ("employerAgreementPropose", proposal(holder, &other)),
        ("employerAgreementWithdraw", asking.input(&why)),
        (
            "organisationContactAdd",
            with(with(own.clone(), &named), &json!({ "purpose": "FUNDING" })),
        ),
        ("organisationContactEnd", last.input(&json!({}))),
        ("organisationContactReplace", present.input(&named)),
        ("supervisionOfferAdd", with(own, &more)),
        ("supervisionOfferAmend", offered.input(&json!({ "taken": 5 }))),
        ("supervisionOfferEnd", offered.input(&json!({}))),
    ]
}

/// The input of a proposal between the two.
pub fn proposal(deliverer: &Tenant, host: &Tenant) -> Value {
    json!({
        "delivererId": deliverer.global_id(), "hostId": host.global_id(), "kind": "PLACES", "places": 3,
        "programmeTypes": ["VOLUNTEER", "SUPERVISOR"], "validFrom": "2026-06-01",
    })
}

/// Rows that fill every column: A and B have an agreement in force, and each of them one that came to
/// nothing; so has a third organisation, whose agreement has ended.
pub async fn fill(world: &World) {
    let third = given::organisation(world).register().await;
    for tenant in [&world.a, &world.b, &third] {
        for row in records_of(world, tenant) {
            insert(world, &row).await;
        }
    }
    let (a, b, c) = (&world.a, &world.b, &third);
    for (place, (deliverer, host), values) in [
        (1, (a, b), "'PLACES', 4, 'HOST', 'ACCEPTED', '2026-01-01', null, '2026-01-01', null"),
        (2, (b, a), "'EMPLOYS', 4, 'HOST', 'DECLINED', '2026-01-01', null, null, 'x'"),
        (3, (c, a), "'EMPLOYS', 4, 'HOST', 'ENDED', '2025-01-01', '2026-05-01', '2025-01-01', 'x'"),
        (4, (b, c), "'EMPLOYS', 4, 'HOST', 'PROPOSED', '2025-01-01', '2027-05-01', null, null"),
    ] {
        let of = world.uuid(deliverer.id);
        let id = world.uuid(Uuid::from_u128(0xE0 + place));
        let at = "'2026-05-01T09:00:00.25+00:00'";
        let host = world.uuid(host.id);
        let row = format!(
            "insert into employer_agreement values ({id}, {of}, {host}, {values}, {at}, {at}, 3)"
        );
        insert(world, &row).await;
        let programme = world.uuid(Uuid::from_u128(0xE8 + place));
        let row = format!(
            "insert into employer_agreement_programme values ({programme}, {of}, {id}, 'VOLUNTEER')"
        );
        insert(world, &row).await;
    }
}

fn records_of(world: &World, tenant: &Tenant) -> Vec<String> {
    let own = world.uuid(tenant.id);
    let new = |what: u8| world.uuid(Uuid::new_v5(&tenant.id, &[230 + what]));
    let at = "'2026-05-01T09:00:00.25+00:00'";
    let contact = |what: u8, purpose: &str, days: &str| {
        let id = new(what);
        format!(
            "insert into organisation_contact values ({id}, {own}, '{purpose}', 'x', 'x', 'x', {days}, {at}, {at}, 1, \
             (select p.id from person p order by p.id limit 1))"
        )
    };
    vec![
        contact(1, "PEER_SUPPORT_LEAD", "'2026-01-01', null"),
        contact(2, "DATA_PROTECTION", "'2020-01-01', '2021-01-01'"),
        contact(3, "FUNDING", "'2020-01-01', '2021-01-01'"),
        format!(
            "insert into supervision_offer values ({}, {own}, 5, 2, 9, '2020-01-01', '2021-01-01', {at}, {at}, 1)",
            new(4)
        ),
        format!(
            "insert into dspt_assessment values ({}, {own}, '2024-25', 'STANDARDS_MET', '2025-06-30', \
             '2026-04-01', '2026-06-30', 'x', {at}, {at}, 1)",
            new(5)
        ),
    ]
}

async fn insert(world: &World, sql: &str) {
    let done = world.database.eye.execute(sql).await;
    done.unwrap_or_else(|error| unreachable!("{sql}: {error}"));
}
