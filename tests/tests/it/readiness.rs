//! Readiness: assessments, their validation, and the gate to a licence.

use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use alongside::jobs;
use alongside::readiness::score::Outcome;
use serde_json::{Value, json};
use tests::licences::{Stage as Licensing, licence};
use tests::readiness::{REVIEWER, Stage, VALIDATOR, assessment, crew, stands_at};
use tests::{Tenant, World, given, on_both_databases, uploads};

mod cells;
mod hands;
mod instruments;
mod journey;
mod races;
mod views;

/// The seeded instrument with its indicators, each by its code.
async fn indicators(world: &World) -> (String, Vec<(String, String)>) {
    let document = "{ readinessInstrument(by: { name: \"ORG-READY@1.0\" }) { id domains { indicators { id code } } } }";
    let data = world.data(None, document, json!({})).await;
    let instrument = &data["readinessInstrument"];
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let domains = instrument["domains"].as_array().expect("domains").iter();
    let all = domains.flat_map(|domain| domain["indicators"].as_array().expect("indicators"));
    (text(&instrument["id"]), all.map(|of| (text(&of["code"]), text(&of["id"]))).collect())
}

/// The id of an indicator.
fn id_of<'a>(indicators: &'a [(String, String)], code: &str) -> &'a str {
    &indicators.iter().find(|(known, _)| known == code).expect("a code").1
}

/// An assessment as whoever holds `token` reads it.
async fn read(world: &World, token: &str, id: &str) -> Value {
    let document = "query($id: ID!) { readinessAssessment(by: { id: $id }) {
        status outcome score selfScore validTo version returnComment
        findings { outcome rule needed found domain { code } indicator { code } }
        raters { id number perspective version } } }";
    world.data(Some(token), document, json!({ "id": id })).await["readinessAssessment"].take()
}

/// Lets an organisation take part in the network.
pub(crate) async fn admit(world: &World, tenant: &Tenant) {
    let id = world.uuid(tenant.id);
    let sql = format!("update organisation set status = 'ACTIVE' where id = {id}");
    world.database.eye.execute(&sql).await.expect("it takes part");
}

/// An active organisation with its coordinator and signatory; gives their tokens.
async fn staffed(world: &World) -> (Tenant, String, String) {
    let of = given::organisation(world).active().register().await;
    let coordinator = world.grant(Role::PartnerCoordinator, Some(of.id)).await;
    let signatory = world.grant(Role::PartnerSignatory, Some(of.id)).await;
    (of, coordinator, signatory)
}

/// What is due of an organisation, by its reasons.
async fn due(world: &World, of: &Tenant) -> Vec<String> {
    let lead = world.token(Role::QualityLead, None);
    let document =
        "query($of: ID!) { readinessReassessments(where: { organisationId: { eq: $of } }) {
        nodes { reason dueOn settledOn } } }";
    let data = world.data(Some(&lead), document, json!({ "of": of.global_id() })).await;
    let nodes = data["readinessReassessments"]["nodes"].as_array().expect("a list").iter();
    let told = |node: &Value| {
        let met = if node["settledOn"].is_null() { "" } else { " met" };
        format!(
            "{} {}{met}",
            node["reason"].as_str().expect("a reason"),
            node["dueOn"].as_str().expect("a day")
        )
    };
    nodes.map(told).collect()
}

on_both_databases! {
    async fn rdy_1_only_what_is_validated_opens_the_gate(world: World) {
        let holder = given::organisation(&world).active().register().await;
        assessment(&world, holder.id, Outcome::Ready, Stage::Scored).await;
        let review = licence(&world, &holder).up_to(Licensing::InReview).await;
        let propose = json!({
            "id": review.global_id(), "expectedVersion": review.version, "validFrom": "2026-06-01", "reason": "A test.",
        });
        let officer = world.officer();
        let reply = world.mutate(Some(&officer), "licenceProposeGrant", "", propose.clone()).await;
        assert_eq!(reply.codes(), ["READINESS_REQUIRED"], "{}", reply.body());
        // Of another organisation it opens nothing either.
        admit(&world, &world.b).await;
        stands_at(&world, world.b.id, Outcome::Ready).await;
        assert_eq!(world.mutate(Some(&officer), "licenceProposeGrant", "", propose).await.codes(), ["READINESS_REQUIRED"]);
    }

    async fn rdy_2_an_assessment_stays_on_the_version_on_which_it_began(world: World) {
        // Edge case 35: a newer version is published while one is validated; the licence states the old one.
        let holder = given::organisation(&world).active().register().await;
        let open = assessment(&world, holder.id, Outcome::Ready, Stage::Scored).await;
        let draft = ids::encode("rin", tests::readiness::draft_instrument(&world).await);
        let lead = world.token(Role::QualityLead, None);
        let publish = json!({ "id": draft, "expectedVersion": 1 });
        let reply = world.mutate(Some(&lead), "readinessInstrumentPublish", "instrument { state }", publish).await;
        assert_eq!(reply.done("instrument")["state"], "PUBLISHED");
        let validate = json!({ "id": ids::encode("ras", open.id), "expectedVersion": open.version });
        let entity = "assessment { outcome instrument { name } }";
        let reply = world.mutate(Some(&world.token_of(VALIDATOR)), "readinessValidate", entity, validate).await;
        assert_eq!(*reply.done("assessment"), json!({ "outcome": "READY", "instrument": { "name": "ORG-READY@1.0" } }));
        let granted = licence(&world, &holder).up_to(Licensing::Granted).await;
        let document = "query($id: ID!) { licence(by: { id: $id }) { readinessInstrument readinessOutcome } }";
        let data = world.data(Some(&world.officer()), document, json!({ "id": granted.global_id() })).await;
        assert_eq!(data["licence"], json!({ "readinessInstrument": "ORG-READY@1.0", "readinessOutcome": "READY" }));
    }

    async fn rdy_3_a_reviewer_has_no_link_to_the_organisation(world: World) {
        let (of, _, _) = staffed(&world).await;
        let handed_in = assessment(&world, of.id, Outcome::Ready, Stage::Submitted).await;
        let lead = world.token_of(VALIDATOR);
        let assign = async |account: &str| {
            let input = json!({
                "id": ids::encode("ras", handed_in.id), "expectedVersion": handed_in.version,
                "reviewerAccountId": account, "dryRun": true,
            });
            world.mutate(Some(&lead), "readinessAssign", "", input).await
        };
        let account = |subject: &str| {
            ids::encode("acc", alongside::actor::service::account_id(alongside::actor::demo_issuer::DemoIssuer::NAME, subject))
        };
        assert_eq!(assign(&account("nobody's")).await.codes(), ["NOT_A_REVIEWER"]);
        world.grant_to("a linked reviewer", Role::Reviewer, GrantScope::Own).await;
        assert_eq!(assign(&account("a linked reviewer")).await.codes(), [] as [&str; 0]);
        world.grant_to("a linked reviewer", Role::Trainer, GrantScope::Organisation(of.id)).await;
        assert_eq!(assign(&account("a linked reviewer")).await.codes(), ["REVIEWER_LINKED"]);
        // A role elsewhere is none, and a reviewer of another organisation is none of this one.
        world.grant_to("another reviewer", Role::Reviewer, GrantScope::Own).await;
        world.grant_to("another reviewer", Role::Trainer, GrantScope::Organisation(world.b.id)).await;
        assert_eq!(assign(&account("another reviewer")).await.codes(), [] as [&str; 0]);
        world.grant_to("a reviewer of B", Role::Reviewer, GrantScope::Organisation(world.b.id)).await;
        assert_eq!(assign(&account("a reviewer of B")).await.codes(), ["NOT_A_REVIEWER"]);
        // Whoever is linked later stops the validation, though the scores are there.
        admit(&world, &world.b).await;
        let scored = assessment(&world, world.b.id, Outcome::Ready, Stage::Scored).await;
        world.grant_to(REVIEWER, Role::Trainer, GrantScope::Organisation(world.b.id)).await;
        let validate = json!({ "id": ids::encode("ras", scored.id), "expectedVersion": scored.version });
        let reply = world.mutate(Some(&lead), "readinessValidate", "", validate).await;
        assert_eq!(reply.codes(), ["REVIEWER_LINKED"]);
    }

    async fn rdy_4_an_outcome_is_computed_and_no_input_names_one(world: World) {
        let of = given::organisation(&world).active().register().await;
        for (outcome, score) in [(Outcome::Ready, 7667), (Outcome::Conditional, 6667), (Outcome::NotReady, 3333)] {
            let found = assessment(&world, of.id, outcome, Stage::Validated).await.found.expect("validated");
            assert_eq!((found.outcome, found.score), (outcome, score));
            assert_eq!(found.valid_to.is_some(), outcome != Outcome::NotReady);
        }
        let input = "{ __type(name: \"ReadinessValidateInput\") { inputFields { name } } }";
        let fields = world.data(Some(&world.officer()), input, json!({})).await;
        let fields = fields["__type"]["inputFields"].as_array().expect("fields").iter();
        let names: Vec<&str> = fields.filter_map(|field| field["name"].as_str()).collect();
        assert_eq!(names, ["id", "expectedVersion", "dryRun", "idempotencyKey"]);
    }

    async fn rdy_5_a_score_on_a_critical_indicator_has_evidence(world: World) {
        let (of, coordinator, signatory) = staffed(&world).await;
        let answered = assessment(&world, of.id, Outcome::Ready, Stage::Answered).await;
        let id = ids::encode("ras", answered.id);
        let evidence = tests::readiness::first_row(&world, "readiness_evidence", &answered).await;
        let remove = json!({ "id": ids::encode("rev", evidence), "expectedVersion": 1 });
        world.mutate(Some(&coordinator), "readinessEvidenceRemove", "", remove).await.done("impact");
        let submit = json!({ "id": id, "expectedVersion": answered.version + 1 });
        let reply = world.mutate(Some(&signatory), "readinessSubmit", "", submit).await;
        assert_eq!(reply.codes(), ["EVIDENCE_REQUIRED"]);
        let message = reply.payload()["userErrors"][0]["message"].as_str().expect("words").to_owned();
        assert!(message.ends_with("lower score: 1.1"), "{message}");
    }

    async fn rdy_6_a_merger_a_suspension_and_another_signatory_make_a_reassessment_due(world: World) {
        let (of, _, _) = staffed(&world).await;
        // Nobody who was never assessed is assessed anew.
        assert_eq!(due(&world, &of).await, [] as [&str; 0]);
        stands_at(&world, of.id, Outcome::Ready).await;
        admit(&world, &world.b).await;
        stands_at(&world, world.b.id, Outcome::Ready).await;
        // Edge case 36: the accountable officer leaves the next day. The licence stays.
        let held = licence(&world, &of).up_to(Licensing::Granted).await;
        world.set_clock("2026-05-02T09:00:00Z");
        let document = "query($of: ID!) { roleGrants(where: { role: { eq: PSG }, organisationId: { eq: $of } }) { nodes { id version } } }";
        let officer = world.officer();
        let body = world.query(Some(&officer), document, json!({ "of": of.global_id() })).await;
        let grant = body["data"]["roleGrants"]["nodes"][0].clone();
        let end = json!({ "id": grant["id"], "expectedVersion": grant["version"], "endsOn": "2026-05-02" });
        let reply = world.mutate(Some(&officer), "roleGrantEnd", "", end).await;
        assert_eq!(*reply.done("impact"), json!(["readiness has to be assessed anew by 2026-07-31"]), "{body}");
        assert_eq!(due(&world, &of).await, ["SIGNATORY 2026-07-31"]);
        let status = "query($id: ID!) { licence(by: { id: $id }) { status } }";
        let data = world.data(Some(&officer), status, json!({ "id": held.global_id() })).await;
        assert_eq!(data["licence"]["status"], "ACTIVE");
        let suspend = json!({
            "id": held.global_id(), "expectedVersion": held.version, "reason": "A test.", "publicReason": "A test.",
        });
        let lead = world.token(Role::QualityLead, None);
        world.mutate(Some(&lead), "licenceSuspend", "", suspend).await.done("impact");
        assert_eq!(due(&world, &of).await.len(), 2);
        let gone = given::organisation(&world).active().register().await;
        let merge = json!({
            "kind": "ACQUISITION", "predecessorIds": [gone.global_id()], "successorIds": [world.b.global_id()],
            "effectiveOn": "2026-05-02",
        });
        world.mutate(Some(&officer), "organisationSucceed", "", merge).await.done("impact");
        assert_eq!(due(&world, &world.b).await, ["MERGER 2026-07-31"]);
        // The next assessment that is validated meets all of it.
        assessment(&world, of.id, Outcome::Ready, Stage::Validated).await;
        let met = due(&world, &of).await;
        assert!(met.len() == 2 && met.iter().all(|told| told.ends_with(" met")), "{met:?}");
        assert_eq!(due(&world, &world.b).await, ["MERGER 2026-07-31"], "that of another meets nothing");
    }

    async fn a_licence_is_no_wider_than_its_outcome_and_says_what_is_missing(world: World) {
        let (of, _, signatory) = staffed(&world).await;
        stands_at(&world, of.id, Outcome::Conditional).await;
        let draft = licence(&world, &of).up_to(Licensing::Draft).await;
        let submit = json!({ "id": draft.global_id(), "expectedVersion": draft.version });
        let reply = world.mutate(Some(&signatory), "licenceSubmit", "", submit).await;
        assert_eq!(reply.codes(), ["READINESS_INSUFFICIENT"]);
        let message = reply.payload()["userErrors"][0]["message"].as_str().expect("words").to_owned();
        assert!(message.contains("for READY it lacks: overall 6667, needs 7000"), "{message}");
    }

    async fn a_proposed_grant_falls_with_the_assessment_on_which_it_stood(world: World) {
        let holder = given::organisation(&world).active().register().await;
        let proposed = licence(&world, &holder).up_to(Licensing::Proposed).await;
        assessment(&world, holder.id, Outcome::Ready, Stage::Validated).await;
        let confirm = json!({ "id": proposed.global_id(), "expectedVersion": proposed.version });
        let lead = world.token(Role::QualityLead, None);
        let reply = world.mutate(Some(&lead), "licenceConfirmGrant", "", confirm).await;
        assert_eq!(reply.codes(), ["READINESS_OUTDATED"], "{}", reply.body());
    }

    async fn evidence_is_fetched_by_those_who_see_the_assessment_and_each_fetch_is_told(world: World) {
        let (of, coordinator, _) = staffed(&world).await;
        let (_, indicators) = indicators(&world).await;
        let open = assessment(&world, of.id, Outcome::Ready, Stage::Draft).await;
        let bytes = uploads::pdf(1, 3_000);
        let upload = uploads::sent(&world, &of, &bytes).await;
        let attach = json!({
            "assessmentId": ids::encode("ras", open.id), "indicatorId": id_of(&indicators, "1.1"),
            "title": "Board paper", "uploadId": upload,
        });
        let reply = world.mutate(Some(&coordinator), "readinessEvidenceAttach", "evidence { id sha256 }", attach.clone()).await;
        let evidence = reply.done("evidence")["id"].as_str().expect("an id").to_owned();
        assert_eq!(reply.done("evidence")["sha256"], uploads::sha256(&bytes));
        // Used once, and not for another organisation.
        let again = world.mutate(Some(&coordinator), "readinessEvidenceAttach", "", attach).await;
        assert_eq!(again.codes(), ["CONFLICT"]);
        let fetch = async |token: Option<&str>| {
            let request = world.client.get(format!("{}/evidence/{evidence}", world.base_url));
            let request = match token { Some(token) => request.bearer_auth(token), None => request };
            request.send().await.expect("an answer")
        };
        let good = fetch(Some(&coordinator)).await;
        assert_eq!(good.status().as_u16(), 200);
        assert!(good.headers()["content-disposition"].to_str().expect("text").starts_with("attachment"));
        assert_eq!(good.bytes().await.expect("bytes").to_vec(), bytes);
        assert_eq!(fetch(Some(&world.token(Role::QualityLead, None))).await.status().as_u16(), 200);
        crew(&world).await;
        for (who, status) in [
            (None, 401),
            (Some(world.coordinator(&world.b)), 404),
            (Some(world.token_of(REVIEWER)), 404),
            (Some(world.grant(Role::LeadTrainer, Some(of.id)).await), 404),
        ] {
            assert_eq!(fetch(who.as_deref()).await.status().as_u16(), status);
        }
        let missing = world.client.get(format!("{}/evidence/{}", world.base_url, evidence.replace("rev_0", "rev_f")));
        let missing = missing.bearer_auth(&coordinator).send().await.expect("an answer");
        assert_eq!(missing.status().as_u16(), 404);
        let told = world.database.eye.rows_where("audit_event", "action = 'readiness_evidence.fetched'").await;
        assert_eq!(told, 2, "each fetch is told, and no refusal");
        let remove = json!({ "id": evidence, "expectedVersion": 1 });
        world.mutate(Some(&coordinator), "readinessEvidenceRemove", "", remove).await.done("impact");
        assert_eq!(fetch(Some(&coordinator)).await.status().as_u16(), 404, "what is taken back is not there");
        let key = uploads::uuid(&upload);
        assert_eq!(jobs::round(world.app.core(), "file-removal").await.expect("a round"), 1);
        assert!(!world.app.files().holds(key).await.expect("an answer"), "and its bytes are deleted");
    }
}

on_both_databases! {
    async fn what_is_overdue_is_reminded_of_every_seven_days_by_an_event_and_an_e_mail(world: World) {
        let (of, coordinator, _) = staffed(&world).await;
        let (other, _, _) = staffed(&world).await;
        assessment(&world, of.id, Outcome::Conditional, Stage::Validated).await;
        // Of another organisation nothing is due yet.
        let open = assessment(&world, other.id, Outcome::Conditional, Stage::Draft).await;
        let later = json!({
            "assessmentId": ids::encode("ras", open.id), "text": "Later.", "ownerTitle": "Lead", "dueOn": "2026-09-01",
        });
        let lead_of_other = world.token(Role::PartnerCoordinator, Some(other.id));
        world.mutate(Some(&lead_of_other), "readinessActionAdd", "", later).await.done("impact");
        let contact = json!({
            "organisationId": of.global_id(), "purpose": "PEER_SUPPORT_LEAD", "name": "Whoever leads",
            "email": "lead@example.org",
        });
        world.mutate(Some(&coordinator), "organisationContactAdd", "", contact).await.done("impact");
        let round = async |day: &str| {
            world.set_clock(&format!("{day}T09:00:00Z"));
            alongside::jobs::round(world.app.core(), "readiness-reminders").await.expect("a round")
        };
        let queued = async || world.database.eye.rows_where("mail_message", "kind = 'readiness_action.overdue'").await;
        // Due on the first of May: on that day it is not overdue.
        assert_eq!((round("2026-05-01").await, queued().await), (0, 0));
        assert_eq!((round("2026-05-02").await, queued().await), (1, 1));
        assert_eq!((round("2026-05-08").await, queued().await), (0, 1), "not within seven days");
        // Two replicas remind once.
        world.set_clock("2026-05-09T09:00:00Z");
        let core = world.app.core();
        let (one, two) = tokio::join!(
            alongside::jobs::round(core, "readiness-reminders"),
            alongside::jobs::round(core, "readiness-reminders")
        );
        assert_eq!(one.expect("a round") + two.expect("a round"), 1);
        assert_eq!(queued().await, 2);
        let told = world.database.eye.rows_where("outbox_event", "kind = 'readiness_action.overdue'").await;
        assert_eq!(told, 2);
        let coordinator = world.token(Role::PartnerCoordinator, Some(of.id));
        let document = "{ readinessActions(where: { isOverdue: { eq: true } }) { nodes { id version remindedOn isOverdue } } }";
        let action = world.data(Some(&coordinator), document, json!({})).await["readinessActions"]["nodes"][0].clone();
        assert_eq!((&action["remindedOn"], &action["isOverdue"]), (&json!("2026-05-09"), &json!(true)));
        let done = json!({ "id": action["id"], "expectedVersion": action["version"], "progress": 10_000 });
        let reply = world.mutate(Some(&coordinator), "readinessActionProgress", "action { state isOverdue settledOn }", done).await;
        assert_eq!(*reply.done("action"), json!({ "state": "DONE", "isOverdue": false, "settledOn": "2026-05-09" }));
        assert_eq!((round("2026-06-01").await, queued().await), (0, 2), "what is done is left alone");
    }
}
