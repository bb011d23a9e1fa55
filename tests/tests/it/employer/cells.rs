//! Every cell of state, step and role: what may be done is said once, here, and asked of the service.

use alongside::actor::Role;
use alongside::employer::model::{AgreementKind, Purpose, Standing};
use serde_json::json;
use tests::{Tenant, World, on_both_databases};

use super::given::{Kept, agreement, body, contact, inputs, offer, published};

/// Whoever asks: the role, and the organisation in which: the proposing deliverer, the host, a third one; or
/// the nation.
const ASKERS: [(Role, char); 11] = [
    (Role::PartnerSignatory, 'D'),
    (Role::PartnerCoordinator, 'D'),
    (Role::LeadTrainer, 'D'),
    (Role::PartnerSignatory, 'H'),
    (Role::PartnerCoordinator, 'H'),
    (Role::PartnerSignatory, '-'),
    (Role::PartnerCoordinator, '-'),
    (Role::LicensingOfficer, 'N'),
    (Role::QualityLead, 'N'),
    (Role::Analyst, 'N'),
    (Role::Trainee, 'H'),
];

/// A step, the roles that take it, the sides that take it of a proposal and of what was agreed, its standings.
type Step = (&'static str, &'static [Role], &'static str, &'static str, &'static [Standing]);

/// The steps with the roles that take them, the sides that take them of a proposal and of what was agreed, and
/// the standings from which they exist.
const STEPS: [Step; 4] = [
    ("Accept", &[Role::PartnerSignatory], "H", "H", &[Standing::Proposed]),
    (
        "Decline",
        &[Role::PartnerSignatory, Role::PartnerCoordinator],
        "H",
        "H",
        &[Standing::Proposed],
    ),
    (
        "Withdraw",
        &[Role::PartnerSignatory, Role::PartnerCoordinator],
        "D",
        "DH",
        &[Standing::Proposed, Standing::Upcoming],
    ),
    ("End", &[Role::PartnerSignatory], "DH", "DH", &[Standing::InForce]),
];

async fn token(
    world: &World,
    (role, place): (Role, char),
    [deliverer, host, third]: [&Tenant; 3],
) -> String {
    match place {
        'D' => world.grant(role, Some(deliverer.id)).await,
        'H' => world.grant(role, Some(host.id)).await,
        'N' => world.token(role, None),
        _ => world.grant(role, Some(third.id)).await,
    }
}

/// What is told: the cell of the table.
fn cell(
    (role, place): (Role, char),
    step: (&str, &[Role], &str, &str, &[Standing]),
    standing: Standing,
) -> &'static str {
    let (_, roles, of_proposals, of_agreed, standings) = step;
    let sides = if standing == Standing::Proposed { of_proposals } else { of_agreed };
    match place {
        _ if !roles.contains(&role) => "FORBIDDEN",
        '-' => "NOT_FOUND",
        _ if !sides.contains(place) => "FORBIDDEN",
        _ if standings.contains(&standing) => "",
        _ => "CONFLICT",
    }
}

on_both_databases! {
    async fn every_cell_of_standing_step_and_role_says_what_the_table_says(world: World) {
        let mut taken = 0;
        let (mut asked, mut cells) = (0, 0);
        for standing in Standing::ALL {
            let (deliverer, host, third) = (body(&world).await, body(&world).await, body(&world).await);
            let places = [&deliverer, &host, &third];
            let made = agreement(&world, (&deliverer, &host), AgreementKind::Places, standing).await;
            for asker in ASKERS {
                let token = token(&world, asker, places).await;
                for step in STEPS {
                    cells += 1;
                    let expected = cell(asker, step, standing);
                    let dry = matches!(step.0, "Accept" | "End");
                    let why = matches!(step.0, "Decline" | "Withdraw" | "End");
                    let mut input = made.input(&json!({}));
                    if why { input["reason"] = json!("A test."); }
                    if dry { input["dryRun"] = json!(true); }
                    let field = format!("employerAgreement{}", step.0);
                    if expected.is_empty() && !dry {
                        // What cannot be tried only is done to one of its own.
                        let (one, other) = (body(&world).await, body(&world).await);
                        let again = agreement(&world, (&one, &other), AgreementKind::Employs, standing).await;
                        let token = self::token(&world, asker, [&one, &other, &third]).await;
                        let reply = world.mutate(Some(&token), &field, "agreement { version }", again.input(&json!({ "reason": "A test." }))).await;
                        assert_eq!(reply.done("agreement")["version"], again.version + 1, "{asker:?} {field} {standing:?}");
                        taken += 1;
                        continue;
                    }
                    let reply = world.mutate(Some(&token), &field, "", input).await;
                    let first = reply.codes().first().copied().unwrap_or_default().to_owned();
                    assert_eq!(first, expected, "{asker:?} {field} {standing:?}: {}", reply.body());
                    asked += 1;
                }
            }
        }
        assert_eq!((cells, taken), (ASKERS.len() * STEPS.len() * Standing::ALL.len(), 8), "{asked} asked");
        let reply = world.mutate(None, "employerAgreementEnd", "", json!({ "id": Kept::none("eag"), "expectedVersion": 1, "reason": "x" })).await;
        assert_eq!(reply.codes(), ["FORBIDDEN"], "the public");
    }

    async fn records_are_for_the_organisation_and_licensing_and_hidden_from_strangers(world: World) {
        let (own, partner, stranger) = (body(&world).await, body(&world).await, body(&world).await);
        agreement(&world, (&partner, &own), AgreementKind::Places, Standing::InForce).await;
        agreement(&world, (&own, &stranger), AgreementKind::Places, Standing::Proposed).await;
        let records = [
            ("organisationContactEnd", contact(&world, &own, Purpose::Safeguarding).await.input(&json!({ "dryRun": true }))),
            ("supervisionOfferEnd", offer(&world, &own).await.input(&json!({ "dryRun": true }))),
            ("dsptAssessmentAmend", published(&world, &own, "2024-25", "2025-06-30").await.input(&json!({ "status": "NOT_PUBLISHED", "dryRun": true }))),
        ];
        let mut past = contact(&world, &own, Purpose::Funding).await;
        let end = world.mutate(Some(&world.officer()), "organisationContactEnd", "", past.input(&json!({}))).await;
        assert_eq!(end.codes(), [] as [&str; 0]);
        past.version += 1;
        for (role, of, expected) in [
            (Role::PartnerSignatory, Some(&own), ""), (Role::PartnerCoordinator, Some(&own), ""), (Role::LicensingOfficer, None, ""),
            (Role::LeadTrainer, Some(&own), "FORBIDDEN"), (Role::QualityLead, None, "FORBIDDEN"), (Role::Analyst, None, "FORBIDDEN"),
            (Role::PartnerSignatory, Some(&partner), "FORBIDDEN"), (Role::PartnerCoordinator, Some(&partner), "FORBIDDEN"),
            (Role::PartnerSignatory, Some(&stranger), "NOT_FOUND"), (Role::PartnerCoordinator, Some(&stranger), "NOT_FOUND"),
        ] {
            let token = match of {
                Some(of) => world.grant(role, Some(of.id)).await,
                None => world.token(role, None),
            };
            for (field, input) in &records {
                let reply = world.mutate(Some(&token), field, "", input.clone()).await;
                let first = reply.codes().first().copied().unwrap_or_default().to_owned();
                assert_eq!(first, expected, "{role:?} {field}: {}", reply.body());
            }
            // Partners see present contacts only.
            let reply = world.mutate(Some(&token), "organisationContactEnd", "", past.input(&json!({}))).await;
            let told = match (expected, of == Some(&partner)) {
                ("", _) => "INVALID UNCHANGED",
                (_, true) => "NOT_FOUND",
                (expected, _) => expected,
            };
            assert!(told.contains(reply.codes().first().copied().unwrap_or_default()), "{role:?}: {}", reply.body());
        }
    }

    async fn a_stranger_is_told_the_same_of_what_is_hidden_and_of_what_is_not_there(world: World) {
        let (own, stranger) = (body(&world).await, body(&world).await);
        let token = world.grant(Role::PartnerSignatory, Some(stranger.id)).await;
        for (field, input) in inputs(&world, &own).await {
            let Some(id) = input["id"].as_str() else { continue };
            let mut absent = input.clone();
            absent["id"] = json!(Kept::none(id.split('_').next().expect("a prefix")));
            let hidden = world.mutate(Some(&token), field, "", input).await;
            let absent = world.mutate(Some(&token), field, "", absent).await;
            assert_eq!(hidden.codes(), ["NOT_FOUND"], "{field}");
            assert_eq!(hidden.body(), absent.body(), "{field}");
        }
    }
}
