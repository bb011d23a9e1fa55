//! Appeals: what an upheld one gives back, and what waits for it.

use alongside::licence::model::{Outcome, Tier};
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::given::day;
use tests::licences::{Licence, Stage, licence};
use tests::{Reply, World, on_both_databases};

use super::{Staff, children, holder, revocation_of, status, step};

/// The days of the programme types for which a licence is granted.
async fn granted(world: &World, licence: &Licence) -> Vec<String> {
    let document = "query($id: ID!) { licence(by: { id: $id }) { programmes { programmeType stage validFrom validTo } } }";
    let variables = json!({ "id": licence.global_id() });
    let data = world.data(Some(&world.officer()), document, variables).await;
    let programmes = data["licence"]["programmes"].as_array().expect("types").iter();
    let mut granted: Vec<String> =
        programmes.filter(|ty| ty["stage"] == "GRANTED").map(Value::to_string).collect();
    granted.sort_unstable();
    granted
}

fn why() -> Value {
    json!({ "reason": "Findings.", "publicReason": "Under review." })
}

/// Suspends and revokes a licence.
async fn revoke(world: &World, staff: &Staff, licence: &mut Licence) {
    step(world, &staff.quality, "licenceSuspend", licence, why()).await.done("licence");
    step(world, &staff.officer, "licenceProposeRevocation", licence, why()).await.done("licence");
    let confirmed = step(world, &staff.quality, "licenceConfirmRevocation", licence, json!({}));
    assert_eq!(confirmed.await.done("licence")["status"], "REVOKED");
}

/// Appeals against a decision and decides the appeal for the holder.
async fn upheld(world: &World, staff: &Staff, licence: &mut Licence, decision: &str) -> Reply {
    lodged(world, staff, licence, decision).await;
    uphold(world, staff, licence, decision).await
}

/// Appeals against a decision.
async fn lodged(world: &World, staff: &Staff, licence: &mut Licence, decision: &str) {
    let lodge = json!({ "decisionId": decision, "grounds": "We mended it." });
    step(world, &staff.signatory, "licenceAppealLodge", licence, lodge).await.done("licence");
}

/// Decides the appeal against a decision for the holder.
async fn uphold(world: &World, staff: &Staff, licence: &mut Licence, decision: &str) -> Reply {
    let document =
        "query($id: ID!) { licence(by: { id: $id }) { appeals { nodes { id decision { id } } } } }";
    let variables = json!({ "id": licence.global_id() });
    let data = world.data(Some(&staff.deputy), document, variables).await;
    let mut appeals = data["licence"]["appeals"]["nodes"].as_array().expect("appeals").iter();
    let appeal = appeals.rfind(|appeal| appeal["decision"]["id"] == decision);
    let appeal = appeal.map(|appeal| appeal["id"].clone()).expect("an appeal");
    let decide = json!({ "appealId": appeal, "uphold": true, "outcome": "They did." });
    let mut tried = decide.clone();
    tried["dryRun"] = true.into();
    let foretold = step(world, &staff.deputy, "licenceAppealDecide", licence, tried).await;
    let reply = step(world, &staff.deputy, "licenceAppealDecide", licence, decide).await;
    assert_eq!(foretold.codes(), reply.codes(), "a trial says the same");
    reply
}

/// A licence that is varied from the day on which it is revoked: some types end, others begin.
async fn varied(world: &World, of: &tests::Tenant) -> Licence {
    let types = [ProgrammeType::Volunteer, ProgrammeType::Specialist];
    let mut licence = licence(world, of).of(&types).up_to(Stage::Granted).await;
    world.set_clock("2026-05-02T09:00:00Z");
    let staff = Staff::again(world, of);
    let vary = json!({
        "validFrom": "2026-05-02", "validTo": "2026-08-01", "reason": "For a while.",
        "programmeTypes": ["VOLUNTEER", "LEADERSHIP"],
    });
    step(world, &staff.officer, "licenceProposeVariation", &mut licence, vary)
        .await
        .done("licence");
    step(world, &staff.quality, "licenceConfirmVariation", &mut licence, json!({}))
        .await
        .done("licence");
    licence
}

impl Staff {
    /// The same, with tokens of another day.
    fn again(world: &World, holder: &tests::Tenant) -> Self {
        use alongside::actor::Role;
        Self {
            coordinator: world.token(Role::PartnerCoordinator, Some(holder.id)),
            signatory: world.token(Role::PartnerSignatory, Some(holder.id)),
            officer: world.officer(),
            deputy: world.token_of("deputy"),
            quality: world.token(Role::QualityLead, None),
        }
    }
}

on_both_databases! {
    async fn an_upheld_appeal_gives_back_exactly_what_the_revocation_took(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        Staff::of(&world, &one).await;
        let mut licence = varied(&world, &one).await;
        let bystander = tests::licences::licence(&world, &other).up_to(Stage::Granted).await;
        let staff = Staff::again(&world, &one);
        let before = (granted(&world, &licence).await, granted(&world, &bystander).await);
        assert_eq!(before.0.len(), 4, "one type has a gap, and one begins on the day: {before:?}");
        revoke(&world, &staff, &mut licence).await;
        assert!(granted(&world, &licence).await.len() < 4);
        let decision = revocation_of(&world, &licence).await;
        let reply = upheld(&world, &staff, &mut licence, &decision).await;
        assert_eq!(reply.done("licence")["status"], "SUSPENDED");
        assert_eq!((granted(&world, &licence).await, granted(&world, &bystander).await), before);
        // The second revocation takes the same, and stands by itself.
        step(&world, &staff.officer, "licenceProposeRevocation", &mut licence, why()).await.done("licence");
        step(&world, &staff.quality, "licenceConfirmRevocation", &mut licence, json!({})).await.done("licence");
        assert!(granted(&world, &licence).await.len() < 4);
    }

    async fn lic_1_an_appeal_restores_nothing_for_which_the_holder_was_licensed_since(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        Staff::of(&world, &one).await;
        let mut revoked = varied(&world, &one).await;
        let staff = Staff::again(&world, &one);
        revoke(&world, &staff, &mut revoked).await;
        // Of types that the revocation dropped before they began.
        for ty in [ProgrammeType::Leadership, ProgrammeType::Specialist] {
            licence(&world, &one).of(&[ty]).up_to(Stage::Granted).await;
        }
        licence(&world, &other).of(&[ProgrammeType::Volunteer]).up_to(Stage::Granted).await;
        let decision = revocation_of(&world, &revoked).await;
        let before = granted(&world, &revoked).await;
        let reply = upheld(&world, &staff, &mut revoked, &decision).await;
        assert_eq!(reply.codes(), ["LICENCE_OVERLAP"]);
        let told = reply.body().to_string();
        for named in ["PSL-2026-000002 is for LEADERSHIP from 2026-05-02", "PSL-2026-000003 is for SPECIALIST"] {
            assert!(told.contains(named), "{told}");
        }
        assert!(!told.contains("VOLUNTEER"), "what another organisation holds is in nobody's way: {told}");
        assert_eq!(granted(&world, &revoked).await, before, "nothing is written");
        assert_eq!(children(&world, &revoked, "appeals").await.len(), 1);
    }

    async fn a_suspension_under_appeal_ends_by_the_appeal_only(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &one).await;
        let mut licence = licence(&world, &one).up_to(Stage::Granted).await;
        let mut elsewhere = tests::licences::licence(&world, &other).up_to(Stage::Suspended).await;
        step(&world, &staff.quality, "licenceSuspend", &mut licence, why()).await.done("licence");
        let first = suspension_of(&world, &licence).await;
        let lodge = json!({ "decisionId": first, "grounds": "We mended it." });
        step(&world, &staff.signatory, "licenceAppealLodge", &mut licence, lodge).await.done("licence");
        let mut told = Vec::new();
        for licence in [&mut licence, &mut elsewhere] {
            let mut trial = why();
            trial["dryRun"] = json!(true);
            let proposed = step(&world, &staff.quality, "licenceProposeRevocation", licence, trial).await;
            told.push(proposed.done("impact").to_string());
        }
        let until = "nothing changes until a national licensing officer confirms it";
        assert!(told.iter().all(|told| told.contains(until)), "{told:?}");
        let open = |told: &String| told.contains("an appeal against its suspension is open");
        assert_eq!(told.iter().map(open).collect::<Vec<_>>(), [true, false]);
        let end = json!({ "reason": "Mended." });
        let reply = step(&world, &staff.quality, "licenceReinstate", &mut licence, end.clone()).await;
        assert_eq!(reply.codes(), ["CONFLICT"]);
        step(&world, &staff.quality, "licenceReinstate", &mut elsewhere, end.clone()).await.done("licence");
        let appeal = children(&world, &licence, "appeals").await.remove(0);
        let decide = json!({ "appealId": appeal, "uphold": false, "outcome": "It was right." });
        step(&world, &staff.deputy, "licenceAppealDecide", &mut licence, decide).await.done("licence");
        step(&world, &staff.quality, "licenceReinstate", &mut licence, end).await.done("licence");
    }

    async fn org_3_a_closed_organisation_gets_nothing_back(world: World) {
        let (one, heir) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &one).await;
        let mut revoked = licence(&world, &one).up_to(Stage::Granted).await;
        let ending = licence(&world, &one).of(&[ProgrammeType::Volunteer]).found(Outcome::Conditional).tier(Tier::CoDelivery);
        let mut suspended = ending.on(day("2026-01-05")).up_to(Stage::Suspended).await;
        let mut declined = licence(&world, &one).of(&[ProgrammeType::Specialist]).up_to(Stage::InReview).await;
        revoke(&world, &staff, &mut revoked).await;
        step(&world, &staff.officer, "licenceDecline", &mut declined, json!({ "reason": "Not ready." })).await.done("licence");
        let revocation = revocation_of(&world, &revoked).await;
        let decline = children(&world, &declined, "decisions").await.remove(0);
        lodged(&world, &staff, &mut revoked, &revocation).await;
        lodged(&world, &staff, &mut declined, &decline).await;
        // An appeal that is open keeps nobody open.
        world.set_clock("2026-07-10T09:00:00Z");
        tests::successions::end(&world, &one, &[&heir]).await;
        let staff = Staff::again(&world, &one);
        let before = world.database.eye.contents().await;
        assert_eq!(uphold(&world, &staff, &mut revoked, &revocation).await.codes(), ["OWNER_CLOSED"]);
        assert_eq!(uphold(&world, &staff, &mut declined, &decline).await.codes(), ["OWNER_CLOSED"]);
        for dry in [true, false] {
            let end = json!({ "reason": "Mended.", "dryRun": dry });
            let reply = step(&world, &staff.quality, "licenceReinstate", &mut suspended, end).await;
            assert_eq!(reply.codes(), ["LICENCE_ENDED", "OWNER_CLOSED"]);
        }
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let appeal = children(&world, &revoked, "appeals").await.remove(0);
        let dismiss = json!({ "appealId": appeal, "uphold": false, "outcome": "It is closed." });
        step(&world, &staff.deputy, "licenceAppealDecide", &mut revoked, dismiss).await.done("licence");
    }

    async fn an_application_opens_again_with_its_grace_and_beside_no_other(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        Staff::of(&world, &one).await;
        let first = licence(&world, &one).found(Outcome::Conditional).tier(Tier::CoDelivery);
        let first = first.on(day("2026-01-05")).up_to(Stage::Granted).await;
        world.set_clock("2026-07-01T09:00:00Z");
        licence(&world, &other).up_to(Stage::Submitted).await;
        let staff = Staff::again(&world, &one);
        let mut declined = licence(&world, &one).renewing(&first).up_to(Stage::InReview).await;
        let seen = async || status(&world, None, &first, "2026-07-06").await;
        assert_eq!(seen().await, "GRACE");
        step(&world, &staff.officer, "licenceDecline", &mut declined, json!({ "reason": "Not ready." })).await.done("licence");
        assert_eq!(seen().await, "EXPIRED");
        let decline = children(&world, &declined, "decisions").await.remove(0);
        lodged(&world, &staff, &mut declined, &decline).await;
        let mut second = licence(&world, &one).renewing(&first).up_to(Stage::Submitted).await;
        let reply = uphold(&world, &staff, &mut declined, &decline).await;
        assert_eq!(reply.codes(), ["CONFLICT"]);
        let message = reply.payload()["userErrors"][0]["message"].to_string();
        assert!(message.contains(&second.global_id()), "{message}");
        step(&world, &staff.signatory, "licenceWithdraw", &mut second, json!({})).await.done("licence");
        assert_eq!(uphold(&world, &staff, &mut declined, &decline).await.done("licence")["status"], "IN_REVIEW");
        assert_eq!(seen().await, "GRACE");
        // As two open ones could be found: the end of one does not end the grace of the other.
        let open = format!("update licence set state = 'SUBMITTED', decided_on = null where id = {}", world.uuid(second.id));
        world.database.eye.execute(&open).await.expect("it is open again");
        step(&world, &staff.signatory, "licenceWithdraw", &mut second, json!({})).await.done("licence");
        assert_eq!(seen().await, "GRACE");
        step(&world, &staff.signatory, "licenceWithdraw", &mut declined, json!({})).await.done("licence");
        assert_eq!(seen().await, "EXPIRED");
    }

    async fn an_upheld_appeal_against_a_suspension_outlives_the_revocation(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &one).await;
        licence(&world, &other).up_to(Stage::Suspended).await;
        for (ty, suspension_first) in [(ProgrammeType::Volunteer, true), (ProgrammeType::Specialist, false)] {
            let mut licence = licence(&world, &one).of(&[ty]).up_to(Stage::Granted).await;
            revoke(&world, &staff, &mut licence).await;
            let (suspension, revocation) = (suspension_of(&world, &licence).await, revocation_of(&world, &licence).await);
            lodged(&world, &staff, &mut licence, &suspension).await;
            lodged(&world, &staff, &mut licence, &revocation).await;
            let (turn, between) = if suspension_first { ([&suspension, &revocation], "REVOKED") } else { ([&revocation, &suspension], "SUSPENDED") };
            assert_eq!(uphold(&world, &staff, &mut licence, turn[0]).await.done("licence")["status"], between);
            assert_eq!(uphold(&world, &staff, &mut licence, turn[1]).await.done("licence")["status"], "ACTIVE");
        }
    }

    async fn an_appeal_against_a_suspension_that_is_over_leaves_the_next_one(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &one).await;
        licence(&world, &other).up_to(Stage::Granted).await;
        let mut licence = licence(&world, &one).up_to(Stage::Granted).await;
        step(&world, &staff.quality, "licenceSuspend", &mut licence, why()).await.done("licence");
        let first = suspension_of(&world, &licence).await;
        let end = json!({ "reason": "Mended." });
        step(&world, &staff.quality, "licenceReinstate", &mut licence, end).await.done("licence");
        step(&world, &staff.quality, "licenceSuspend", &mut licence, why()).await.done("licence");
        let reply = upheld(&world, &staff, &mut licence, &first).await;
        assert_eq!(reply.done("licence")["status"], "SUSPENDED");
    }
}

/// The decision to suspend a licence.
async fn suspension_of(world: &World, licence: &Licence) -> String {
    let document = "query($id: ID!) { licence(by: { id: $id }) { decisions(where: { kind: { eq: SUSPENSION } }) { nodes { id } } } }";
    let variables = json!({ "id": licence.global_id() });
    let data = world.data(Some(&world.officer()), document, variables).await;
    data["licence"]["decisions"]["nodes"][0]["id"].as_str().expect("a decision").to_owned()
}
