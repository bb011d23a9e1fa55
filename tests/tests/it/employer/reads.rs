//! What organisations record as it is read: who sees what, warnings by two rules, the number of statements.

use std::sync::{Arc, Mutex};

use alongside::actor::{Identity, Role};
use alongside::command::{self, Request, Stop};
use alongside::employer::model::{AgreementKind, Purpose, Standing};
use alongside::employer::rules;
use alongside::employer::store::Employers;
use serde_json::{Value, json};
use tests::{Tenant, World, on_both_databases};

use super::given::{agreement, body, contact, offer, published};
use crate::network::Dice;

/// Everything that an organisation records, in one question.
const EVERYTHING: &str = "query($id: ID!) { organisation(by: { id: $id }) { name support { dsptStanding dsptExpiresOn hasAgreementInForce \
    warnings { kind message } contacts { nodes { purpose name email phone } } agreements { nodes { kind state deliverer { id } host { id } programmes { programmeType } } } \
    supervisionOffers { nodes { supervisees free } } dsptAssessments { nodes { year status } } } } }";

/// An organisation with a record of each kind.
async fn full(world: &World) -> Tenant {
    let own = body(world).await;
    contact(world, &own, Purpose::Safeguarding).await;
    contact(world, &own, Purpose::DataProtection).await;
    offer(world, &own).await;
    published(world, &own, "2024-25", "2025-06-30").await;
    own
}

async fn support(world: &World, token: Option<&str>, of: &Tenant) -> Value {
    let data = world.data(token, EVERYTHING, json!({ "id": of.global_id() })).await;
    assert_eq!(data["organisation"]["name"], json!(of.name), "the organisation is public");
    data["organisation"]["support"].clone()
}

/// The standing and the warnings as the rules have them.
async fn told_by_the_rule(world: &World, own: &Tenant) -> (String, Vec<String>) {
    let (told, id) = (Arc::new(Mutex::new(None)), own.id);
    let kept = Arc::clone(&told);
    let request = Request {
        identity: Identity::System("tests"),
        name: "read",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: true,
        request_id: "read".to_owned(),
    };
    // It reads and changes nothing, which a use case may not: so it stops.
    let read = command::run(world.app.core(), request, move |unit| {
        let kept = Arc::clone(&kept);
        Box::pin(async move {
            let (today, store) = (unit.today(), Employers::of(unit));
            let facts = store.facts(id, today).await?;
            let standing = rules::dspt_standing(&facts.assessments, today).code().to_owned();
            let warnings = rules::warnings(&facts, today).into_iter();
            let codes = warnings.map(|warning| warning.code().to_owned()).collect();
            *kept.lock().expect("nobody else") = Some((standing, codes));
            Err::<(), Stop>(Stop::Refused(Vec::new()))
        })
    });
    read.await.expect("the database works");
    told.lock().expect("nobody else").take().expect("it was read")
}

on_both_databases! {
    async fn partners_with_an_agreement_in_force_read_each_other_and_nobody_else_does(world: World) {
        let own = full(&world).await;
        let (partner, former, asked, stranger) = (body(&world).await, body(&world).await, body(&world).await, body(&world).await);
        agreement(&world, (&own, &partner), AgreementKind::Places, Standing::InForce).await;
        agreement(&world, (&former, &own), AgreementKind::Places, Standing::Over).await;
        agreement(&world, (&asked, &own), AgreementKind::Places, Standing::Proposed).await;
        agreement(&world, (&own, &stranger), AgreementKind::Employs, Standing::Upcoming).await;
        let gone = contact(&world, &own, Purpose::Funding).await;
        world.mutate(Some(&world.officer()), "organisationContactEnd", "", gone.input(&json!({}))).await.done("impact");
        for (role, of, contacts, agreements) in [
            (Role::PartnerCoordinator, Some(&own), 3, 4), (Role::PartnerSignatory, Some(&own), 3, 4),
            (Role::PartnerCoordinator, Some(&partner), 2, 1), (Role::PartnerSignatory, Some(&partner), 2, 1),
            (Role::LicensingOfficer, None, 3, 4), (Role::QualityLead, None, 3, 4), (Role::DataProtectionOfficer, None, 3, 4),
            (Role::Analyst, None, 0, 4), (Role::FundingOfficer, None, 0, 4),
        ] {
            let token = match of {
                Some(of) => world.grant(role, Some(of.id)).await,
                None => world.token(role, None),
            };
            let seen = support(&world, Some(&token), &own).await;
            let count = |field: &str| seen[field]["nodes"].as_array().map(Vec::len);
            assert_eq!((count("contacts"), count("agreements")), (Some(contacts), Some(agreements)), "{role:?}: {seen}");
            assert_eq!((count("supervisionOffers"), count("dsptAssessments")), (Some(1), Some(1)), "{role:?}");
            let kinds: Vec<&Value> = seen["warnings"].as_array().expect("warnings").iter().map(|warning| &warning["kind"]).collect();
            assert_eq!(kinds, ["DSPT_EXPIRING", "SUPERVISION_CONTACT_MISSING"], "{role:?}");
            assert_eq!((&seen["dsptStanding"], &seen["hasAgreementInForce"]), (&json!("EXPIRING"), &json!(true)));
        }
        let lists = "{ organisationContacts { totalCount } supervisionOffers { totalCount } dsptAssessments { totalCount } }";
        for (role, of) in [
            (Role::PartnerSignatory, &former), (Role::PartnerSignatory, &asked), (Role::PartnerSignatory, &stranger), (Role::PartnerCoordinator, &stranger),
            (Role::LeadTrainer, &own), (Role::Trainee, &partner), (Role::Supervisor, &partner),
        ] {
            let token = world.grant(role, Some(of.id)).await;
            assert_eq!(support(&world, Some(&token), &own).await, Value::Null, "{role:?} of {}", of.name);
            let counts = world.data(Some(&token), lists, json!({})).await;
            assert!(["organisationContacts", "supervisionOffers", "dsptAssessments"].iter().all(|list| counts[list]["totalCount"] == 0), "{role:?}: {counts}");
        }
        assert_eq!(support(&world, None, &own).await, Value::Null);
        // The door closes with the agreement.
        world.set_clock("2027-04-01T09:00:00Z");
        let token = world.grant(Role::PartnerSignatory, Some(partner.id)).await;
        assert_eq!(support(&world, Some(&token), &own).await, Value::Null);
    }

    async fn warnings_that_are_read_are_those_of_the_rule(world: World) {
        let mut dice = Dice::new(21);
        let mut organisations = Vec::new();
        for number in 0..12 {
            let own = body(&world).await;
            for purpose in Purpose::ALL {
                if dice.once_in(2) { contact(&world, &own, *purpose).await; }
            }
            for (year, on) in [("2022-23", "2023-06-20"), ("2024-25", "2025-06-30"), ("2025-26", "2025-09-01")] {
                if dice.once_in(3) { published(&world, &own, year, on).await; }
            }
            if number % 2 == 0 {
                let standing = *dice.pick(&[Standing::InForce, Standing::Proposed, Standing::Ended]);
                agreement(&world, (&own, &body(&world).await), AgreementKind::Places, standing).await;
            }
            organisations.push(own);
        }
        for now in ["2026-05-01T09:00:00Z", "2026-03-31T09:00:00Z", "2026-07-01T09:00:00Z", "2026-12-31T09:00:00Z"] {
            world.set_clock(now);
            let token = world.token(Role::QualityLead, None);
            for own in &organisations {
                let expected = told_by_the_rule(&world, own).await;
                let seen = support(&world, Some(&token), own).await;
                let kinds: Vec<String> = seen["warnings"].as_array().expect("warnings").iter().map(|warning| warning["kind"].as_str().expect("a kind").to_owned()).collect();
                assert_eq!((seen["dsptStanding"].as_str().expect("a standing").to_owned(), kinds), expected, "{} on {now}", own.name);
            }
        }
    }

    async fn everything_of_many_organisations_takes_as_many_statements_as_of_one(world: World) {
        let token = world.officer();
        let document = "{ organisationSupports(first: 50) { nodes { organisation { name } dsptStanding warnings { kind } contacts(first: 3) { nodes { name } } \
            agreements(first: 3) { nodes { state host { name } programmes { programmeType } } } supervisionOffers(first: 3) { nodes { free } } dsptAssessments(first: 3) { nodes { year } } } } }";
        let ask = async || world.statements_of(world.data(Some(&token), document, json!({}))).await;
        let (first, partner) = (full(&world).await, full(&world).await);
        agreement(&world, (&first, &partner), AgreementKind::Places, Standing::InForce).await;
        ask().await;
        let one = ask().await;
        for _ in 0..10 {
            let own = full(&world).await;
            agreement(&world, (&own, &partner), AgreementKind::Employs, Standing::InForce).await;
        }
        let data = world.data(Some(&token), document, json!({})).await;
        assert_eq!(data["organisationSupports"]["nodes"].as_array().map(Vec::len), Some(12));
        assert_eq!(ask().await, one, "whatever the number of organisations");
        let hung = "{ organisations(first: 50, where: { status: { eq: ACTIVE } }) { nodes { support { warnings { kind } contacts(first: 2) { nodes { purpose } } } } } }";
        let data = world.data(Some(&token), hung, json!({})).await;
        assert!(data["organisations"]["nodes"].as_array().is_some_and(|nodes| nodes.iter().all(|node| node["support"].is_object())));
    }
}
