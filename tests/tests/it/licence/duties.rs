//! Who may not decide: whoever acts for the holder, and whoever took part already, by whichever account.

use alongside::actor::{GrantScope, Role};
use alongside::licence::model::Outcome;
use serde_json::{Value, json};
use tests::licences::{Licence, Stage, licence};
use tests::people::{linked, person};
use tests::readiness::stands_at;
use tests::{World, on_both_databases};

use super::{Staff, children, holder, step};
use crate::matrix::licence_inputs;

/// The two accounts of one person, with these roles for the nation; gives their tokens.
async fn one_person(world: &World, roles: [Role; 2]) -> [String; 2] {
    let mut ash = person(world, "Ash", None).await;
    let [first, second] = roles;
    for subject in ["ash", "ash by another name"] {
        linked(world, &mut ash, subject).await;
    }
    [
        world.grant_to("ash", first, GrantScope::Nation).await,
        world.grant_to("ash by another name", second, GrantScope::Nation).await,
    ]
}

fn why() -> Value {
    json!({ "reason": "A test.", "publicReason": "A test." })
}

on_both_databases! {
    async fn per_2_nobody_decides_on_a_licence_of_an_organisation_for_which_they_act(world: World) {
        let (own, other) = (holder(&world).await, holder(&world).await);
        let nation = GrantScope::Nation;
        for role in [Role::LicensingOfficer, Role::QualityLead] {
            world.grant_to("both", role, nation).await;
            world.grant_to("ash at work", role, nation).await;
        }
        let both = world.grant_to("both", Role::PartnerCoordinator, GrantScope::Organisation(own.id)).await;
        // The other account of the same person acts for the organisation.
        let mut ash = person(&world, "Ash", None).await;
        linked(&world, &mut ash, "ash at work").await;
        linked(&world, &mut ash, "ash at home").await;
        world.grant_to("ash at home", Role::Trainer, GrantScope::Organisation(own.id)).await;
        let at_work = world.token_of("ash at work");
        let partners = ["licenceAmendDraft", "licenceAppealLodge", "licenceDraft", "licenceSubmit", "licenceSurrender", "licenceWithdraw", "licenceBridge"];
        let inputs = licence_inputs::inputs(&world, &own).await;
        let national: Vec<_> = inputs.iter().filter(|(name, _)| !partners.contains(name)).collect();
        assert_eq!(national.len(), 13);
        let before = world.database.eye.contents().await;
        for (name, input) in &national {
            for token in [&both, &at_work] {
                let reply = world.mutate(Some(token), name, "licence { id }", input.clone()).await;
                assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{name}: {}", reply.body());
            }
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let mut elsewhere = licence(&world, &other).up_to(Stage::Submitted).await;
        step(&world, &both, "licenceBeginReview", &mut elsewhere, json!({})).await.done("licence");
        // Who acts there no longer may.
        let ended = format!("update role_grant set valid_to = '2026-05-01' where role = 'TNR' and scope_id = {}", world.uuid(own.id));
        world.database.eye.execute(&ended).await.expect("the roles end");
        let mut asked = licence(&world, &own).up_to(Stage::Submitted).await;
        step(&world, &at_work, "licenceBeginReview", &mut asked, json!({})).await.done("licence");
    }

    async fn a_refusal_for_want_of_a_role_names_the_roles_that_may(world: World) {
        let (own, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &own).await;
        let [mut asked, mut elsewhere] = [licence(&world, &own).up_to(Stage::Draft).await, licence(&world, &other).up_to(Stage::Draft).await];
        for (token, field, roles) in [
            (&staff.coordinator, "licenceSubmit", "partner signatory"),
            (&staff.signatory, "licenceBeginReview", "national licensing officer"),
        ] {
            let reply = step(&world, token, field, &mut asked, json!({})).await;
            assert_eq!(reply.codes(), ["FORBIDDEN"]);
            let message = reply.payload()["userErrors"][0]["message"].as_str().expect("words").to_owned();
            assert!(message.ends_with(&format!("it is for a {roles}")), "{message}");
        }
        let reply = step(&world, &staff.signatory, "licenceSubmit", &mut elsewhere, json!({})).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"], "of another's no more than that");
        let reply = step(&world, &staff.officer, "licenceBeginReview", &mut asked, json!({})).await;
        let message = reply.payload()["userErrors"][0]["message"].clone();
        assert_eq!(message, "it is DRAFT; this step exists from SUBMITTED only");
        let mut live = licence(&world, &own).up_to(Stage::Granted).await;
        let reply = step(&world, &staff.quality, "licenceReinstate", &mut live, json!({ "reason": "A test." })).await;
        let message = reply.payload()["userErrors"][0]["message"].clone();
        assert_eq!(message, "it is ACTIVE; this step exists from SUSPENDED only", "as its readers see it");
        step(&world, &staff.quality, "licenceSuspend", &mut live, why()).await.done("licence");
        let reply = step(&world, &staff.signatory, "licenceSurrender", &mut live, json!({ "reason": "A test." })).await;
        let message = reply.payload()["userErrors"][0]["message"].clone();
        assert_eq!(message, "it is SUSPENDED; this step exists from GRANTED or ACTIVE or EXPIRING or GRACE only");
        let reply = world.mutate(None, "licenceBeginReview", "", json!({ "id": asked.global_id(), "expectedVersion": 1 })).await;
        let message = reply.payload()["userErrors"][0]["message"].as_str().expect("words").to_owned();
        assert!(message.starts_with("send a token"), "{message}");
    }

    async fn per_3_one_person_with_two_accounts_takes_one_half_of_a_decision(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let [first, second] = one_person(&world, [Role::LicensingOfficer, Role::QualityLead]).await;
        let quality = world.token(Role::QualityLead, None);
        let refused = async |licence: &mut Licence, field: &str| {
            let reply = step(&world, &second, field, licence, json!({})).await;
            assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{field}: {}", reply.body());
        };
        let mut granted = licence(&world, &one).up_to(Stage::Ready).await;
        let terms = json!({ "validFrom": "2026-05-01", "reason": "A test." });
        step(&world, &first, "licenceProposeGrant", &mut granted, terms).await.done("licence");
        refused(&mut granted, "licenceConfirmGrant").await;
        step(&world, &quality, "licenceConfirmGrant", &mut granted, json!({})).await.done("licence");
        let vary = json!({ "validFrom": "2026-06-01", "validTo": "2026-07-01", "maxConcurrentCourses": 2, "reason": "A test." });
        step(&world, &first, "licenceProposeVariation", &mut granted, vary).await.done("licence");
        refused(&mut granted, "licenceConfirmVariation").await;
        step(&world, &quality, "licenceConfirmVariation", &mut granted, json!({})).await.done("licence");
        let mut revoked = licence(&world, &other).up_to(Stage::Suspended).await;
        step(&world, &first, "licenceProposeRevocation", &mut revoked, why()).await.done("licence");
        refused(&mut revoked, "licenceConfirmRevocation").await;
        step(&world, &quality, "licenceConfirmRevocation", &mut revoked, json!({})).await.done("licence");
    }

    async fn per_3_an_account_counts_for_the_person_whose_it_was_when_it_took_its_part(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let [first, second] = one_person(&world, [Role::LicensingOfficer, Role::QualityLead]).await;
        licence(&world, &other).up_to(Stage::Proposed).await;
        let quality = world.token(Role::QualityLead, None);
        let terms = json!({ "validFrom": "2026-05-02", "reason": "A test." });
        let mut unlinked = licence(&world, &one).up_to(Stage::Ready).await;
        step(&world, &first, "licenceProposeGrant", &mut unlinked, terms).await.done("licence");
        // On the day of its part the account was theirs, if only until then.
        let left = "update person_account set valid_to = '2026-05-01'";
        world.database.eye.execute(left).await.expect("the accounts are nobody's");
        world.database.eye.execute("update role_grant set person_id = null").await.expect("nor their roles");
        let reply = step(&world, &second, "licenceConfirmGrant", &mut unlinked, json!({})).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{}", reply.body());
        let earlier = "update person_account set valid_from = '2026-04-01', valid_to = '2026-04-30'";
        world.database.eye.execute(earlier).await.expect("they were not theirs on the day");
        step(&world, &second, "licenceConfirmGrant", &mut unlinked, json!({ "dryRun": true })).await.done("licence");
        step(&world, &quality, "licenceConfirmGrant", &mut unlinked, json!({})).await.done("licence");
    }

    async fn per_2_who_handed_an_application_in_takes_no_part_in_its_review(world: World) {
        let (own, other) = (holder(&world).await, holder(&world).await);
        let nation = GrantScope::Nation;
        let mut ash = person(&world, "Ash", None).await;
        for subject in ["who moved on", "moved on elsewhere"] {
            linked(&world, &mut ash, subject).await;
        }
        let scope = GrantScope::Organisation(own.id);
        let signatory = world.grant_to("who moved on", Role::PartnerSignatory, scope).await;
        let mut asked = licence(&world, &own).up_to(Stage::Draft).await;
        step(&world, &signatory, "licenceSubmit", &mut asked, json!({})).await.done("licence");
        stands_at(&world, own.id, Outcome::Ready).await;
        let left = format!("update role_grant set valid_to = '2026-05-01' where scope_id = {}", world.uuid(own.id));
        world.database.eye.execute(&left).await.expect("the roles end");
        let moved = [
            world.grant_to("who moved on", Role::LicensingOfficer, nation).await,
            world.grant_to("moved on elsewhere", Role::LicensingOfficer, nation).await,
        ];
        let officer = world.officer();
        let deputy = world.grant_to("deputy", Role::LicensingOfficer, nation).await;
        let terms = json!({ "validFrom": "2026-05-01", "reason": "A test." });
        for (field, input, by) in [
            ("licenceBeginReview", json!({}), &officer),
            ("licenceProposeGrant", terms, &officer),
            ("licenceConfirmGrant", json!({}), &deputy),
        ] {
            for token in &moved {
                let reply = step(&world, token, field, &mut asked, input.clone()).await;
                assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{field}: {}", reply.body());
            }
            step(&world, by, field, &mut asked, input).await.done("licence");
        }
        let mut elsewhere = licence(&world, &other).up_to(Stage::Submitted).await;
        step(&world, &moved[0], "licenceBeginReview", &mut elsewhere, json!({})).await.done("licence");
        let mut again = licence(&world, &other).up_to(Stage::InReview).await;
        step(&world, &moved[0], "licenceDecline", &mut again, json!({ "reason": "Not ready." })).await.done("licence");
    }

    async fn who_lodged_an_appeal_or_took_part_by_another_account_does_not_decide_it(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &one).await;
        licence(&world, &other).up_to(Stage::Granted).await;
        let [first, second] = one_person(&world, [Role::LicensingOfficer, Role::QualityLead]).await;
        let mut licence = licence(&world, &one).up_to(Stage::InReview).await;
        step(&world, &first, "licenceDecline", &mut licence, json!({ "reason": "Not ready." })).await.done("licence");
        let lodger = world.grant_to("who moved on", Role::PartnerSignatory, GrantScope::Organisation(one.id)).await;
        let decision = children(&world, &licence, "decisions").await.remove(0);
        let lodge = json!({ "decisionId": decision, "grounds": "We are." });
        step(&world, &lodger, "licenceAppealLodge", &mut licence, lodge).await.done("licence");
        // The signatory left the organisation for the national team.
        let left = format!("update role_grant set valid_to = '2026-05-01' where scope_id = {} and role = 'PSG'", world.uuid(one.id));
        world.database.eye.execute(&left).await.expect("the role ends");
        world.grant_to("who moved on", Role::QualityLead, GrantScope::Nation).await;
        let appeal = children(&world, &licence, "appeals").await.remove(0);
        let decide = json!({ "appealId": appeal, "uphold": true, "outcome": "They are." });
        for token in [&lodger, &first, &second] {
            let reply = step(&world, token, "licenceAppealDecide", &mut licence, decide.clone()).await;
            assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{}", reply.body());
        }
        step(&world, &staff.deputy, "licenceAppealDecide", &mut licence, decide).await.done("licence");
    }
}
