//! Licences: from the application to the end, every refusal, and who may do what to whose.

mod appeals;
mod bridges;
mod cells;
mod duties;
mod impacts;
mod races;
mod status;
mod walks;

use alongside::actor::Role;
use alongside::graphql::ids;
use alongside::licence::model::{Outcome, Tier};
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::given::day;
use tests::licences::{Licence, Stage, licence};
use tests::readiness::stands_at;
use tests::{Reply, Tenant, World, given, on_both_databases};

/// The fields of a licence that these tests look at.
const FIELDS: &str = "licence { id number status version tier programmes { programmeType stage validFrom validTo } }";

/// An active organisation.
async fn holder(world: &World) -> Tenant {
    given::organisation(world).active().register().await
}

/// Runs a mutation on a licence as it was last left; moves its version on if it was made.
async fn step(
    world: &World,
    token: &str,
    field: &str,
    licence: &mut Licence,
    more: Value,
) -> Reply {
    let mut input = json!({ "id": licence.global_id(), "expectedVersion": licence.version });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    let dry = more["dryRun"] == true;
    let reply = world.mutate(Some(token), field, FIELDS, input).await;
    if reply.codes().is_empty() && !dry {
        licence.version += 1;
    }
    reply
}

/// The tokens of everyone who deals with the licences of `holder`.
struct Staff {
    coordinator: String,
    signatory: String,
    officer: String,
    deputy: String,
    quality: String,
}

impl Staff {
    async fn of(world: &World, holder: &Tenant) -> Self {
        Self {
            coordinator: world.grant(Role::PartnerCoordinator, Some(holder.id)).await,
            signatory: world.grant(Role::PartnerSignatory, Some(holder.id)).await,
            officer: world.officer(),
            deputy: world
                .grant_to("deputy", Role::LicensingOfficer, alongside::actor::GrantScope::Nation)
                .await,
            quality: world.token(Role::QualityLead, None),
        }
    }
}

/// The status of a licence on a day, as `token` sees it.
async fn status(world: &World, token: Option<&str>, licence: &Licence, on: &str) -> Value {
    let document = "query($id: ID!, $on: Date!) { licence(by: { id: $id }, asOf: $on) { status } }";
    let variables = json!({ "id": licence.global_id(), "on": on });
    world.data(token, document, variables).await["licence"]["status"].clone()
}

/// The ids of rows that a licence leads to, as the officer sees them.
async fn children(world: &World, licence: &Licence, relation: &str) -> Vec<String> {
    let document = format!(
        "query($id: ID!) {{ licence(by: {{ id: $id }}) {{ {relation} {{ nodes {{ id }} }} }} }}"
    );
    let variables = json!({ "id": licence.global_id() });
    let data = world.data(Some(&world.officer()), &document, variables).await;
    let nodes = data["licence"][relation]["nodes"].as_array().expect("rows");
    nodes.iter().filter_map(|node| Some(node["id"].as_str()?.to_owned())).collect()
}

on_both_databases! {
    async fn a_licence_is_drafted_signed_reviewed_and_granted_by_two(world: World) {
        let holder = holder(&world).await;
        let staff = Staff::of(&world, &holder).await;
        let draft = json!({
            "organisationId": holder.global_id(), "tier": "CO_DELIVERY",
            "programmeTypes": ["PEER_SUPPORT_WORKER", "SUPERVISOR"], "idempotencyKey": "first",
        });
        let reply = world.mutate(Some(&staff.coordinator), "licenceDraft", FIELDS, draft.clone()).await;
        let drafted = reply.done("licence").clone();
        assert_eq!((&drafted["status"], &drafted["number"]), (&json!("DRAFT"), &Value::Null));
        let again = world.mutate(Some(&staff.coordinator), "licenceDraft", FIELDS, draft).await;
        assert_eq!(again, reply, "a repeat has one effect");
        let id = ids::decode("lic", drafted["id"].as_str().expect("an id")).expect("an id");
        let mut licence = Licence { id, version: 1 };
        let amend = json!({ "tier": "CO_DELIVERY", "programmeTypes": ["SUPERVISOR"] });
        step(&world, &staff.coordinator, "licenceAmendDraft", &mut licence, amend).await.done("licence");
        let reply = step(&world, &staff.coordinator, "licenceSubmit", &mut licence, json!({})).await;
        assert_eq!(reply.codes(), ["FORBIDDEN"], "a coordinator does not sign");
        step(&world, &staff.signatory, "licenceSubmit", &mut licence, json!({})).await.done("licence");
        step(&world, &staff.officer, "licenceBeginReview", &mut licence, json!({})).await.done("licence");
        let propose = json!({
            "validFrom": "2026-05-01", "reason": "They are ready enough.",
            "conditions": [{ "text": "Name a supervisor.", "dueOn": "2026-07-01" }],
        });
        let early = step(&world, &staff.officer, "licenceProposeGrant", &mut licence, propose.clone()).await;
        assert_eq!(early.codes(), ["READINESS_REQUIRED"]);
        stands_at(&world, holder.id, Outcome::Conditional).await;
        step(&world, &staff.officer, "licenceProposeGrant", &mut licence, propose).await.done("licence");
        let alone = step(&world, &staff.officer, "licenceConfirmGrant", &mut licence, json!({})).await;
        assert_eq!(alone.codes(), ["SEPARATION_OF_DUTIES"]);
        let tried = step(&world, &staff.deputy, "licenceConfirmGrant", &mut licence, json!({ "dryRun": true })).await;
        assert_eq!(tried.done("licence"), &Value::Null);
        let reply = step(&world, &staff.deputy, "licenceConfirmGrant", &mut licence, json!({})).await;
        let granted = reply.done("licence");
        assert_eq!(granted["status"], "ACTIVE");
        assert_eq!(granted["number"], "PSL-2026-000001", "a trial uses up no number");
        assert_eq!(granted["programmes"], json!([{
            "programmeType": "SUPERVISOR", "stage": "GRANTED",
            "validFrom": "2026-05-01", "validTo": "2026-11-01",
        }]), "six months, since readiness is conditional");
        assert_eq!(children(&world, &licence, "conditions").await.len(), 1);
        let document = "{ licence(by: { number: \"PSL-2026-000001\" }) { status validTo organisation { id } conditions { totalCount } } }";
        let public = world.data(None, document, json!({})).await;
        assert_eq!(public["licence"]["organisation"]["id"], holder.global_id());
        assert_eq!(public["licence"]["conditions"]["totalCount"], 0);
        let tier = world.query(None, "{ licences { nodes { tier } } }", json!({})).await;
        assert_eq!(tier["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }

    async fn a_draft_asks_for_positive_bounds_and_is_of_the_own_organisation(world: World) {
        let (own, other) = (holder(&world).await, holder(&world).await);
        let staff = Staff::of(&world, &own).await;
        let asked = json!({ "tier": "FULL_DELIVERY", "programmeTypes": ["VOLUNTEER"], "maxConcurrentCourses": 0, "maxTraineesPerCourse": -3 });
        let mut draft = asked.clone();
        draft["organisationId"] = json!(own.global_id());
        let mut made = licence(&world, &own).up_to(Stage::Draft).await;
        for reply in [
            world.mutate(Some(&staff.coordinator), "licenceDraft", FIELDS, draft.clone()).await,
            step(&world, &staff.coordinator, "licenceAmendDraft", &mut made, asked).await,
        ] {
            assert_eq!(reply.codes(), ["INVALID", "INVALID"]);
            assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", "maxConcurrentCourses"]));
            assert_eq!(reply.payload()["userErrors"][1]["path"], json!(["input", "maxTraineesPerCourse"]));
        }
        let mut refused = Vec::new();
        for organisation in [other.global_id(), ids::encode("org", made.id)] {
            draft["organisationId"] = json!(organisation);
            refused.push(world.mutate(Some(&staff.coordinator), "licenceDraft", FIELDS, draft.clone()).await);
        }
        assert_eq!(refused[0].codes(), ["NOT_FOUND"]);
        assert_eq!(refused[0].payload()["userErrors"][0]["path"], json!(["input", "organisationId"]));
        assert_eq!(refused[0], refused[1], "of another's no more than that");
    }

    async fn an_application_is_hidden_from_everyone_but_its_holder_licensing_and_quality(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let mut asked = licence(&world, &one).up_to(Stage::Submitted).await;
        let stranger = world.grant(Role::PartnerSignatory, Some(other.id)).await;
        let document = "query($id: ID!) { licence(by: { id: $id }) { id } }";
        let see = async |token: Option<&str>| {
            let data = world.data(token, document, json!({ "id": asked.global_id() })).await;
            !data["licence"].is_null()
        };
        assert!(!see(None).await && !see(Some(&stranger)).await);
        assert!(!see(Some(&world.token(Role::Analyst, None))).await);
        assert!(see(Some(&world.officer())).await && see(Some(&world.token(Role::QualityLead, None))).await);
        let absent = Licence { id: one.id, version: 1 };
        for field in ["licenceSubmit", "licenceWithdraw"] {
            let hidden = step(&world, &stranger, field, &mut asked, json!({})).await;
            let missing = step(&world, &stranger, field, &mut absent.clone(), json!({})).await;
            assert_eq!(hidden.codes(), ["NOT_FOUND"], "{field}");
            assert_eq!(hidden, missing, "{field}");
        }
        let live = licence(&world, &other).up_to(Stage::Granted).await;
        let own = world.grant(Role::PartnerSignatory, Some(one.id)).await;
        let reply = step(&world, &own, "licenceSurrender", &mut live.clone(), json!({ "reason": "No." })).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"], "of another's licence no more than that");
    }

    async fn lic_1_one_holder_has_one_licence_for_a_programme_type_at_a_time(world: World) {
        let holder = holder(&world).await;
        licence(&world, &holder).up_to(Stage::Granted).await;
        let mut second = licence(&world, &holder).up_to(Stage::Ready).await;
        let propose = async |from: &str, second: &mut Licence| {
            let terms = json!({ "validFrom": from, "reason": "A test." });
            step(&world, &world.officer(), "licenceProposeGrant", second, terms).await
        };
        assert_eq!(propose("2027-04-01", &mut second).await.codes(), ["LICENCE_OVERLAP"]);
        assert_eq!(propose("2027-05-01", &mut second).await.codes(), [] as [&str; 0], "they may touch");
        let other = given::organisation(&world).active().register().await;
        licence(&world, &other).up_to(Stage::Granted).await;
    }

    async fn a_renewal_has_its_grace_and_takes_its_place(world: World) {
        let holder = holder(&world).await;
        Staff::of(&world, &holder).await;
        let first = licence(&world, &holder).found(Outcome::Conditional).tier(Tier::CoDelivery)
            .on(day("2026-01-05")).up_to(Stage::Granted).await;
        let see = async |on: &str| status(&world, None, &first, on).await;
        assert_eq!(see("2026-01-04").await, Value::Null, "it was not granted yet");
        assert_eq!(see("2026-05-01").await, "EXPIRING");
        world.set_clock("2026-07-06T09:00:00Z");
        let renewal = licence(&world, &holder).renewing(&first);
        assert_eq!(see("2026-07-06").await, "EXPIRED");
        world.set_clock("2026-07-04T09:00:00Z");
        let mut second = renewal.up_to(Stage::Ready).await;
        world.set_clock("2026-07-20T09:00:00Z");
        assert_eq!(see("2026-07-20").await, "GRACE");
        assert_eq!(see("2026-09-02").await, "GRACE");
        assert_eq!(see("2026-09-03").await, "EXPIRED", "60 days after its end");
        let officer = world.officer();
        let terms = json!({ "validFrom": "2026-07-05", "reason": "Without a gap." });
        step(&world, &officer, "licenceProposeGrant", &mut second, terms).await.done("licence");
        let deputy = world.token_of("deputy");
        step(&world, &deputy, "licenceConfirmGrant", &mut second, json!({})).await.done("licence");
        assert_eq!(see("2026-07-20").await, "EXPIRED");
        assert_eq!(status(&world, None, &second, "2026-07-05").await, "ACTIVE");
    }

    async fn a_renewal_that_begins_early_supersedes_what_it_renews(world: World) {
        let holder = holder(&world).await;
        let first = licence(&world, &holder).on(day("2026-01-05")).up_to(Stage::Granted).await;
        let second = licence(&world, &holder).renewing(&first).up_to(Stage::Granted).await;
        assert_eq!(status(&world, None, &first, "2026-04-30").await, "ACTIVE");
        assert_eq!(status(&world, None, &first, "2026-05-01").await, "SUPERSEDED");
        assert_eq!(status(&world, None, &second, "2026-05-01").await, "ACTIVE");
    }

    async fn suspension_reinstatement_and_a_revocation_by_both_roles(world: World) {
        let holder = holder(&world).await;
        let staff = Staff::of(&world, &holder).await;
        let mut licence = licence(&world, &holder).on(day("2026-02-02")).up_to(Stage::Granted).await;
        let why = json!({ "reason": "Findings.", "publicReason": "Under review." });
        let mut dry = why.clone();
        dry["dryRun"] = true.into();
        let tried = step(&world, &staff.quality, "licenceSuspend", &mut licence, dry).await;
        assert!(tried.payload()["impact"].to_string().contains("credentials that were issued stay valid"));
        assert_eq!(step(&world, &staff.officer, "licenceSuspend", &mut licence, why.clone()).await.codes(), ["FORBIDDEN"]);
        step(&world, &staff.quality, "licenceSuspend", &mut licence, why.clone()).await.done("licence");
        assert_eq!(status(&world, None, &licence, "2026-05-01").await, "SUSPENDED");
        assert_eq!(status(&world, None, &licence, "2026-04-30").await, "ACTIVE", "the past stays");
        step(&world, &staff.quality, "licenceReinstate", &mut licence, json!({ "reason": "Mended." })).await.done("licence");
        assert_eq!(step(&world, &staff.officer, "licenceProposeRevocation", &mut licence, why.clone()).await.codes(), ["CONFLICT"]);
        step(&world, &staff.quality, "licenceSuspend", &mut licence, why.clone()).await.done("licence");
        assert_eq!(step(&world, &staff.deputy, "licenceConfirmRevocation", &mut licence, json!({})).await.codes(), ["NOTHING_PROPOSED"]);
        step(&world, &staff.officer, "licenceProposeRevocation", &mut licence, why.clone()).await.done("licence");
        assert_eq!(step(&world, &staff.officer, "licenceConfirmRevocation", &mut licence, json!({})).await.codes(), ["SEPARATION_OF_DUTIES"]);
        assert_eq!(step(&world, &staff.deputy, "licenceConfirmRevocation", &mut licence, json!({})).await.codes(), ["SEPARATION_OF_DUTIES"], "two officers are not both roles");
        let reply = step(&world, &staff.quality, "licenceConfirmRevocation", &mut licence, json!({})).await;
        assert_eq!(reply.done("licence")["status"], "REVOKED");
        assert_eq!(reply.payload()["licence"]["programmes"][0]["validTo"], "2026-05-01");
        // The appeal is decided by somebody who took no part.
        let decision = revocation_of(&world, &licence).await;
        let lodge = json!({ "decisionId": decision, "grounds": "We mended it." });
        step(&world, &staff.signatory, "licenceAppealLodge", &mut licence, lodge.clone()).await.done("licence");
        assert_eq!(step(&world, &staff.signatory, "licenceAppealLodge", &mut licence, lodge).await.codes(), ["CONFLICT"]);
        let appeal = children(&world, &licence, "appeals").await.remove(0);
        let decide = json!({ "appealId": appeal, "uphold": true, "outcome": "They did." });
        for involved in [&staff.officer, &staff.quality] {
            let reply = step(&world, involved, "licenceAppealDecide", &mut licence, decide.clone()).await;
            assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"]);
        }
        let reply = step(&world, &staff.deputy, "licenceAppealDecide", &mut licence, decide).await;
        assert_eq!(reply.done("licence")["status"], "SUSPENDED", "as before the revocation");
        assert_eq!(reply.payload()["licence"]["programmes"][0]["validTo"], "2027-02-02");
    }

    async fn a_declined_application_is_reviewed_again_when_the_appeal_is_upheld(world: World) {
        let holder = holder(&world).await;
        let staff = Staff::of(&world, &holder).await;
        let mut licence = licence(&world, &holder).up_to(Stage::InReview).await;
        step(&world, &staff.officer, "licenceDecline", &mut licence, json!({ "reason": "Not ready." })).await.done("licence");
        let decision = children(&world, &licence, "decisions").await.remove(0);
        let lodge = json!({ "decisionId": decision, "grounds": "We are." });
        world.set_clock("2026-06-03T09:00:00Z");
        let signatory = world.token_of(&given::subject(Role::PartnerSignatory, Some(holder.id)));
        assert_eq!(step(&world, &signatory, "licenceAppealLodge", &mut licence, lodge.clone()).await.codes(), ["APPEAL_TOO_LATE"]);
        world.set_clock("2026-05-20T09:00:00Z");
        let signatory = world.token_of(&given::subject(Role::PartnerSignatory, Some(holder.id)));
        step(&world, &signatory, "licenceAppealLodge", &mut licence, lodge).await.done("licence");
        let appeal = children(&world, &licence, "appeals").await.remove(0);
        let decide = json!({ "appealId": appeal, "uphold": true, "outcome": "They are." });
        let quality = world.token(Role::QualityLead, None);
        let reply = step(&world, &quality, "licenceAppealDecide", &mut licence, decide).await;
        assert_eq!(reply.done("licence")["status"], "IN_REVIEW");
    }

    async fn lic_6_a_variation_holds_for_its_own_days(world: World) {
        let holder = holder(&world).await;
        let staff = Staff::of(&world, &holder).await;
        let mut licence = licence(&world, &holder).of(&[ProgrammeType::Volunteer, ProgrammeType::Specialist]).up_to(Stage::Granted).await;
        let vary = json!({
            "validFrom": "2026-06-01", "validTo": "2026-08-01", "tier": "HOST_ONLY", "reason": "For the summer.",
            "programmeTypes": ["VOLUNTEER", "LEADERSHIP"], "maxConcurrentCourses": 1,
        });
        step(&world, &staff.officer, "licenceProposeVariation", &mut licence, vary.clone()).await.done("licence");
        assert_eq!(step(&world, &staff.officer, "licenceConfirmVariation", &mut licence, json!({})).await.codes(), ["SEPARATION_OF_DUTIES"]);
        step(&world, &staff.quality, "licenceConfirmVariation", &mut licence, json!({})).await.done("licence");
        let again = step(&world, &staff.officer, "licenceProposeVariation", &mut licence, vary).await;
        assert_eq!(again.codes(), ["CONFLICT"], "another holds on these days");
        let document = "query($id: ID!, $on: Date!) { licence(by: { id: $id }, asOf: $on) { tier maxConcurrentCourses } }";
        let seen = async |on: &str| {
            let variables = json!({ "id": licence.global_id(), "on": on });
            world.data(Some(&staff.coordinator), document, variables).await["licence"].clone()
        };
        let granted = json!({ "tier": "FULL_DELIVERY", "maxConcurrentCourses": null });
        assert_eq!(seen("2026-05-31").await, granted);
        assert_eq!(seen("2026-06-01").await, json!({ "tier": "HOST_ONLY", "maxConcurrentCourses": 1 }));
        assert_eq!(seen("2026-08-01").await, granted);
        let rows = "stage = 'GRANTED' and programme_type = 'SPECIALIST'";
        assert_eq!(world.database.eye.rows_where("licence_programme", rows).await, 2, "before and after");
    }

    async fn org_3_a_licence_in_force_keeps_its_holder_open_and_a_succession_supersedes_it(world: World) {
        let (one, other) = (holder(&world).await, holder(&world).await);
        let live = licence(&world, &one).on(day("2026-02-02")).up_to(Stage::Granted).await;
        let asked = licence(&world, &one).of(&[ProgrammeType::Volunteer]).up_to(Stage::Submitted).await;
        let officer = world.officer();
        let close = json!({ "id": one.global_id(), "expectedVersion": 2, "closedOn": "2026-04-20", "reason": "" });
        let reply = world.mutate(Some(&officer), "organisationClose", "", close).await;
        assert_eq!(reply.codes(), ["CLOSURE_REASON_REQUIRED", "LICENCE_IN_FORCE"], "with every other reason");
        let succeed = json!({
            "kind": "ACQUISITION", "predecessorIds": [one.global_id()], "successorIds": [other.global_id()],
            "effectiveOn": "2026-04-20",
        });
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", succeed).await.done("organisation");
        assert_eq!(status(&world, None, &live, "2026-04-19").await, "ACTIVE");
        assert_eq!(status(&world, None, &live, "2026-04-20").await, "SUPERSEDED");
        assert_eq!(status(&world, Some(&officer), &asked, "2026-05-01").await, "WITHDRAWN");
        let bridge = json!({ "organisationId": other.global_id(), "licenceIds": [live.global_id()], "reason": "A test." });
        let reply = world.mutate(Some(&officer), "licenceBridge", FIELDS, bridge).await;
        assert_eq!(reply.codes(), ["NOT_BRIDGEABLE"], "an acquisition passes nothing on");
    }

    async fn a_merger_of_two_ready_holders_is_bridged_once(world: World) {
        let (one, other, after) = (holder(&world).await, holder(&world).await, holder(&world).await);
        let first = licence(&world, &one).on(day("2026-02-02")).up_to(Stage::Granted).await;
        let second = licence(&world, &other).of(&[ProgrammeType::Volunteer]).on(day("2026-02-02")).up_to(Stage::Granted).await;
        let officer = world.officer();
        let merge = json!({
            "kind": "MERGER", "predecessorIds": [one.global_id(), other.global_id()],
            "successorIds": [after.global_id()], "effectiveOn": "2026-04-20",
        });
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge).await.done("organisation");
        let bridge = |licences: &[&Licence]| json!({
            "organisationId": after.global_id(), "reason": "They merged.",
            "licenceIds": licences.iter().map(|licence| licence.global_id()).collect::<Vec<_>>(),
        });
        let half = world.mutate(Some(&officer), "licenceBridge", FIELDS, bridge(&[&first])).await;
        assert_eq!(half.codes(), ["NOT_BRIDGEABLE"]);
        let reply = world.mutate(Some(&officer), "licenceBridge", FIELDS, bridge(&[&first, &second])).await;
        let bridged = reply.done("licence");
        assert_eq!(bridged["status"], "EXPIRING", "it ends within 90 days");
        let days: Vec<&Value> = bridged["programmes"].as_array().expect("types").iter().map(|ty| &ty["validTo"]).collect();
        assert_eq!(days, ["2026-07-19", "2026-07-19"]);
        let again = world.mutate(Some(&officer), "licenceBridge", FIELDS, bridge(&[&first, &second])).await;
        assert!(again.codes().contains(&"NOT_BRIDGEABLE"), "{}", again.body());
    }

    async fn reviews_conditions_and_surrender(world: World) {
        let holder = holder(&world).await;
        let staff = Staff::of(&world, &holder).await;
        let mut licence = licence(&world, &holder).found(Outcome::Conditional).tier(Tier::HostOnly).up_to(Stage::Granted).await;
        let review = json!({ "kind": "VISIT", "reviewedOn": "2026-05-01", "findings": "Supervision is thin.", "sanction": "SUSPEND_NEW_STARTS" });
        let reply = step(&world, &staff.quality, "qualityReviewRecord", &mut licence, review).await;
        assert_eq!(reply.done("licence")["status"], "ACTIVE", "a sanction alone changes nothing");
        let condition = children(&world, &licence, "conditions").await.remove(0);
        let settle = |state: &str| json!({ "conditionId": condition, "state": state, "reason": "Seen." });
        step(&world, &staff.officer, "licenceConditionSettle", &mut licence, settle("BREACHED")).await.done("licence");
        step(&world, &staff.quality, "licenceConditionSettle", &mut licence, settle("MET")).await.done("licence");
        assert_eq!(step(&world, &staff.officer, "licenceConditionSettle", &mut licence, settle("WAIVED")).await.codes(), ["CONFLICT"]);
        assert_eq!(step(&world, &staff.coordinator, "licenceSurrender", &mut licence, json!({ "reason": "Enough." })).await.codes(), ["FORBIDDEN"]);
        let reply = step(&world, &staff.signatory, "licenceSurrender", &mut licence, json!({ "reason": "Enough." })).await;
        assert_eq!(reply.done("licence")["status"], "SURRENDERED");
        let seen = world.data(Some(&staff.coordinator), "{ qualityReviews { nodes { sanction decision { kind } } } }", json!({})).await;
        assert_eq!(seen["qualityReviews"]["nodes"], json!([{ "sanction": "SUSPEND_NEW_STARTS", "decision": { "kind": "SANCTION" } }]));
    }

    async fn every_refusal_of_a_grant_comes_at_once(world: World) {
        let holder = holder(&world).await;
        let mut licence = licence(&world, &holder).found(Outcome::Conditional).up_to(Stage::Ready).await;
        let terms = json!({ "validFrom": "2026-04-30", "validTo": "2027-04-30", "reason": " ", "maxConcurrentCourses": 0 });
        let before = world.database.eye.contents().await;
        let reply = step(&world, &world.officer(), "licenceProposeGrant", &mut licence, terms).await;
        let mut codes = reply.codes();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes, ["INVALID", "READINESS_INSUFFICIENT"]);
        assert!(reply.codes().len() >= 5, "{}", reply.body());
        let stale = json!({ "id": licence.global_id(), "expectedVersion": 1, "reason": "x" });
        let reply = world.mutate(Some(&world.officer()), "licenceDecline", "", stale).await;
        assert_eq!(reply.codes(), ["CONFLICT"]);
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }
}

/// The decision to revoke a licence.
async fn revocation_of(world: &World, licence: &Licence) -> String {
    let document = "query($id: ID!) { licence(by: { id: $id }) { decisions(where: { kind: { eq: REVOCATION } }) { nodes { id } } } }";
    let variables = json!({ "id": licence.global_id() });
    let data = world.data(Some(&world.officer()), document, variables).await;
    data["licence"]["decisions"]["nodes"][0]["id"].as_str().expect("a decision").to_owned()
}
