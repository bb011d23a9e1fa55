//! Who may have a hand in which part of an assessment, and that what is decided is what was read.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use alongside::readiness::model::Assessment;
use alongside::readiness::score::Outcome;
use serde_json::{Value, json};
use tests::readiness::{REVIEWER, Stage, VALIDATOR, assessment, draft_instrument, reviewer_id};
use tests::world::Reply;
use tests::{World, given, on_both_databases};

use super::{due, id_of, indicators, read, staffed};

/// What is read of an assessment after a step.
const AFTER: &str = "assessment { status version }";

/// An assessment at hand, in the versions that its steps give it.
struct At<'a> {
    world: &'a World,
    id: String,
    version: i64,
}

impl<'a> At<'a> {
    fn of(world: &'a World, of: &Assessment) -> Self {
        Self { world, id: ids::encode("ras", of.id), version: of.version.into() }
    }

    async fn try_to(&self, who: &str, step: &str, more: Value) -> Reply {
        let mut input = json!({ "id": self.id, "expectedVersion": self.version });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        self.world.mutate(Some(who), step, AFTER, input).await
    }

    /// Goes one step; gives the status after it.
    async fn go(&mut self, who: &str, step: &str, more: Value) -> String {
        let reply = self.try_to(who, step, more).await;
        let done = reply.done("assessment");
        self.version = done["version"].as_i64().expect("a version");
        done["status"].as_str().expect("a status").to_owned()
    }
}

fn account(subject: &str) -> Value {
    json!({ "reviewerAccountId": ids::encode("acc", account_id(DemoIssuer::NAME, subject)) })
}

on_both_databases! {
    async fn what_was_given_back_is_handed_in_again_and_validated_by_the_same_reviewer(world: World) {
        let (of, coordinator, signatory) = staffed(&world).await;
        let scored = assessment(&world, of.id, Outcome::Ready, Stage::Scored).await;
        let mut at = At::of(&world, &scored);
        let (reviewer, lead) = (world.token_of(REVIEWER), world.token_of(VALIDATOR));
        assert_eq!(at.go(&reviewer, "readinessReturn", json!({ "comment": "Say more." })).await, "RETURNED");
        // With the first change it is a draft again, and says so.
        let raters = read(&world, &coordinator, &at.id).await["raters"].clone();
        let (_, indicators) = indicators(&world).await;
        let answer = json!({
            "raterId": raters[0]["id"], "expectedVersion": raters[0]["version"],
            "answers": [{ "indicatorId": id_of(&indicators, "1.2"), "score": 3 }],
        });
        let reply = world.mutate(Some(&coordinator), "readinessAnswerSet", "", answer).await;
        let told = json!(["indicators without an answer: 0", "it is a DRAFT again, and handed in anew (readinessSubmit)"]);
        assert_eq!(*reply.done("impact"), told);
        assert_eq!(at.try_to(&signatory, "readinessSubmit", json!({})).await.codes(), ["CONFLICT"]);
        at.version = read(&world, &coordinator, &at.id).await["version"].as_i64().expect("a version");
        assert_eq!(at.go(&signatory, "readinessSubmit", json!({})).await, "SELF_SUBMITTED");
        let same = json!({ "reviewerAccountId": reviewer_id() });
        assert_eq!(at.go(&lead, "readinessAssign", same.clone()).await, "IN_VALIDATION");
        assert_eq!(at.try_to(&lead, "readinessAssign", same).await.codes(), ["UNCHANGED"]);
        assert_eq!(at.go(&lead, "readinessValidate", json!({})).await, "CURRENT");
    }

    async fn whoever_scored_at_any_time_does_not_validate(world: World) {
        let (of, ..) = staffed(&world).await;
        let handed_in = assessment(&world, of.id, Outcome::Ready, Stage::Submitted).await;
        let both = world.grant_to("both", Role::Reviewer, GrantScope::Own).await;
        world.grant_to("both", Role::QualityLead, GrantScope::Nation).await;
        let lead = world.token_of(VALIDATOR);
        let mut at = At::of(&world, &handed_in);
        at.go(&lead, "readinessAssign", account("both")).await;
        let (_, indicators) = indicators(&world).await;
        let scores: Vec<Value> =
            indicators.iter().map(|(_, id)| json!({ "indicatorId": id, "score": 2 })).collect();
        at.go(&both, "readinessScoreSet", json!({ "scores": scores })).await;
        at.go(&both, "readinessAssign", json!({ "reviewerAccountId": reviewer_id() })).await;
        let reply = at.try_to(&both, "readinessValidate", json!({})).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"]);
        assert_eq!(at.go(&lead, "readinessValidate", json!({})).await, "CURRENT");
    }

    async fn whoever_answered_or_signed_at_any_time_does_not_validate(world: World) {
        let (of, ..) = staffed(&world).await;
        let former = world.grant_to("who signed", Role::PartnerSignatory, GrantScope::Organisation(of.id)).await;
        let answered = assessment(&world, of.id, Outcome::Ready, Stage::Answered).await;
        let mut at = At::of(&world, &answered);
        at.go(&former, "readinessSubmit", json!({})).await;
        let lead = world.token_of(VALIDATOR);
        at.go(&lead, "readinessReturn", json!({ "comment": "Say more." })).await;
        at.go(&world.token(Role::PartnerSignatory, Some(of.id)), "readinessSubmit", json!({})).await;
        at.go(&lead, "readinessAssign", json!({ "reviewerAccountId": reviewer_id() })).await;
        let (_, indicators) = indicators(&world).await;
        let scores: Vec<Value> =
            indicators.iter().map(|(_, id)| json!({ "indicatorId": id, "score": 2 })).collect();
        at.go(&world.token_of(REVIEWER), "readinessScoreSet", json!({ "scores": scores })).await;
        // The role ended long ago.
        let account = world.uuid(account_id(DemoIssuer::NAME, "who signed"));
        let end = format!("update role_grant set valid_from = '2026-01-01', valid_to = '2026-02-01' where account_id = {account}");
        world.database.eye.execute(&end).await.expect("it ended");
        world.grant_to("who signed", Role::QualityLead, GrantScope::Nation).await;
        let reply = at.try_to(&former, "readinessValidate", json!({})).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"]);
    }

    async fn scores_of_a_reviewer_who_is_linked_do_not_count_though_another_has_it_now(world: World) {
        let (of, ..) = staffed(&world).await;
        let scored = assessment(&world, of.id, Outcome::Ready, Stage::Scored).await;
        world.grant_to("another reviewer", Role::Reviewer, GrantScope::Own).await;
        let lead = world.token_of(VALIDATOR);
        let mut at = At::of(&world, &scored);
        at.go(&lead, "readinessAssign", account("another reviewer")).await;
        // A role that begins later is a link, and one in a course.
        world.grant_to(REVIEWER, Role::Trainer, GrantScope::Organisation(of.id)).await;
        let begins = format!(
            "update role_grant set valid_from = '2026-12-01' where account_id = {} and role = 'TNR'",
            world.uuid(account_id(DemoIssuer::NAME, REVIEWER))
        );
        world.database.eye.execute(&begins).await.expect("it begins later");
        let reply = at.try_to(&lead, "readinessValidate", json!({})).await;
        assert_eq!(reply.codes(), ["REVIEWER_LINKED"]);
        assert_eq!(at.try_to(&lead, "readinessAssign", json!({ "reviewerAccountId": reviewer_id() })).await.codes(), ["REVIEWER_LINKED"]);
    }

    async fn what_is_validated_is_what_was_read(world: World) {
        let (of, coordinator, _) = staffed(&world).await;
        let scored = assessment(&world, of.id, Outcome::Conditional, Stage::Scored).await;
        let mut at = At::of(&world, &scored);
        let plan = |due_on: &str| json!({
            "assessmentId": at.id, "text": "Name another supervisor.", "ownerTitle": "Peer lead", "dueOn": due_on,
        });
        let late = world.mutate(Some(&coordinator), "readinessActionAdd", "", plan("2027-05-02")).await;
        assert_eq!(late.codes(), ["INVALID"]);
        world.mutate(Some(&coordinator), "readinessActionAdd", "", plan("2027-05-01")).await.done("impact");
        let lead = world.token_of(VALIDATOR);
        assert_eq!(at.try_to(&lead, "readinessValidate", json!({})).await.codes(), ["CONFLICT"]);
        at.version = read(&world, &lead, &at.id).await["version"].as_i64().expect("a version");
        at.go(&lead, "readinessValidate", json!({})).await;
        // What was found stays so, whatever becomes of the plan, and whoever sees to it had no hand in what was found.
        world.grant_to(VALIDATOR, Role::PartnerCoordinator, GrantScope::Organisation(of.id)).await;
        let actions = "{ readinessActions { nodes { id version } } }";
        let data = world.data(Some(&coordinator), actions, json!({})).await;
        for action in data["readinessActions"]["nodes"].as_array().expect("a list") {
            let drop = json!({ "id": action["id"], "expectedVersion": action["version"], "reason": "A test." });
            world.mutate(Some(&lead), "readinessActionDrop", "", drop).await.done("impact");
        }
        let report = "query($id: ID!) { readinessReport(assessmentId: $id) { reviewed { outcome lacksForConditional }
            forecast { outcome } ready: forecast(outcome: READY) { outcome isComplete } } }";
        let told = world.data(Some(&coordinator), report, json!({ "id": at.id })).await;
        assert_eq!(told["readinessReport"], json!({
            "reviewed": { "outcome": "CONDITIONAL", "lacksForConditional": [] },
            "forecast": { "outcome": "READY" }, "ready": { "outcome": "READY", "isComplete": false },
        }));
    }

    async fn a_reassessment_is_due_from_the_day_of_its_reason_and_met_by_what_is_signed_then(world: World) {
        let (of, ..) = staffed(&world).await;
        let scored = assessment(&world, of.id, Outcome::Ready, Stage::Scored).await;
        let officer = world.officer();
        let grants = "query($of: ID!) { roleGrants(where: { role: { eq: PSG }, organisationId: { eq: $of } }) { nodes { id version } } }";
        let body = world.data(Some(&officer), grants, json!({ "of": of.global_id() })).await;
        let grant = body["roleGrants"]["nodes"][0].clone();
        let end = json!({ "id": grant["id"], "expectedVersion": grant["version"], "endsOn": "2026-09-01" });
        world.mutate(Some(&officer), "roleGrantEnd", "", end).await.done("impact");
        // Of an organisation that handed its first assessment in as well, and counted from the day of the change.
        assert_eq!(due(&world, &of).await, ["SIGNATORY 2026-11-30"]);
        At::of(&world, &scored).go(&world.token_of(VALIDATOR), "readinessValidate", json!({})).await;
        assert_eq!(due(&world, &of).await, ["SIGNATORY 2026-11-30"], "that one was signed before");
        world.set_clock("2026-09-02T09:00:00Z");
        assessment(&world, of.id, Outcome::Ready, Stage::Validated).await;
        assert_eq!(due(&world, &of).await, ["SIGNATORY 2026-11-30 met"]);
    }

    async fn a_quality_lead_finds_the_reviewers_and_no_other_grants(world: World) {
        tests::readiness::crew(&world).await;
        world.grant(Role::PartnerCoordinator, Some(world.b.id)).await;
        let document = "{ roleGrants { nodes { role accountId } } }";
        let data = world.data(Some(&world.token_of("who leads quality elsewhere")), document, json!({})).await;
        assert_eq!(data["roleGrants"]["nodes"], json!([]));
        let data = world.data(Some(&world.token_of(VALIDATOR)), document, json!({})).await;
        let own = json!({ "role": "NQL", "accountId": ids::encode("acc", account_id(DemoIssuer::NAME, VALIDATOR)) });
        let reviewer = json!({ "role": "RVW", "accountId": reviewer_id() });
        let mut found = data["roleGrants"]["nodes"].as_array().expect("a list").clone();
        found.sort_by_key(ToString::to_string);
        assert_eq!(found, [own, reviewer]);
    }

    async fn a_draft_of_an_instrument_is_not_there_for_who_begins(world: World) {
        let (of, coordinator, _) = staffed(&world).await;
        let draft = ids::encode("rin", draft_instrument(&world).await);
        let start = |instrument: &str| json!({ "organisationId": of.global_id(), "instrumentId": instrument, "raters": [] });
        let hidden = world.mutate(Some(&coordinator), "readinessStart", "", start(&draft)).await;
        let missing = format!("rin_{:032x}", 9);
        let absent = world.mutate(Some(&coordinator), "readinessStart", "", start(&missing)).await;
        assert_eq!(hidden.codes(), ["NOT_FOUND"]);
        assert_eq!(hidden.payload(), absent.payload());
    }

    async fn a_wrong_argument_of_a_view_leaves_the_rest_of_the_answer_alone(world: World) {
        let document = "{ viewer { isSignedIn } readinessReport(assessmentId: \"x\") { gap } readinessOverview(instrumentId: \"x\") { spread { total } }
            readinessTrend(organisationId: \"x\", instrumentId: \"x\") { validatedOn } }";
        let body = world.query(Some(&world.coordinator(&world.a)), document, json!({})).await;
        assert_eq!(body["data"], json!({
            "viewer": { "isSignedIn": true }, "readinessReport": null, "readinessOverview": null, "readinessTrend": null,
        }));
        let told: Vec<&str> = body["errors"].as_array().expect("errors").iter().filter_map(|error| error["message"].as_str()).collect();
        let expected = ["assessmentId must be ras_", "instrumentId must be rin_", "organisationId must be org_"];
        assert!(told.iter().zip(expected).all(|(told, begin)| told.starts_with(begin)), "{told:?}");
        let none = given::organisation(&world).active().register().await;
        let variables = json!({ "of": none.global_id() });
        let lead = world.token(Role::QualityLead, None);
        let newest = "{ readinessOverview { spread { total } } }";
        assert_eq!(world.data(Some(&lead), newest, variables).await["readinessOverview"], Value::Null, "nobody holds one");
        assessment(&world, none.id, Outcome::Ready, Stage::Validated).await;
        let data = world.data(Some(&lead), newest, json!({})).await;
        assert_eq!(data["readinessOverview"]["spread"]["total"], 1);
    }
}
