//! Who may change what: every mutation, tried by everyone.

use std::collections::BTreeMap;

use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use serde_json::{Map, Value, json};
use tests::courses::{School, school};
use tests::curricula::{Standing, curriculum};
use tests::people::trainer;
use tests::readiness::REVIEWER;
use tests::world::mutation;
use tests::{Tenant, World, given, on_both_databases, successions, uploads};

use super::enrolment_inputs::is_of_enrolments;
use super::marks::{Asker, EVERYONE, Network, account, askers};
use super::policy::Policy;
use super::sdl::Sdl;
use super::{
    Facts, application_inputs, career_inputs, course_inputs, credential_inputs, enrolment_inputs,
    licence_inputs, people, protection_inputs, readiness_inputs, today,
};
use crate::answers::codes;
use crate::employer::given as employer;

/// Of whom the inputs are.
struct Subjects<'a> {
    /// A prospect, with the curricula, people and trainers.
    one: &'a Tenant,
    /// Active.
    other: &'a Tenant,
    /// Active, with the licences, and with employers.
    holder: &'a Tenant,
    /// The account of the trainer.
    trainer: &'a str,
    /// With the assessments.
    assessed: &'a Tenant,
    /// With the courses, where a mutation of courses is asked for.
    school: Option<&'a School>,
}

impl Subjects<'_> {
    /// Whose affairs a mutation changes.
    fn owner(&self, name: &str) -> &Tenant {
        let of_school = course_inputs::is_of_courses(name)
            || is_of_enrolments(name)
            || application_inputs::is_of_applications(name);
        if let Some(school) = self.school.filter(|_| of_school) {
            return &school.organisation;
        }
        if name.starts_with("readiness") {
            return self.assessed;
        }
        if is_licensing(name) || employer::NAMES.contains(&name) { self.holder } else { self.one }
    }
}

/// Whether the mutation is of licences.
fn is_licensing(name: &str) -> bool {
    name.starts_with("licence") || name.starts_with("qualityReview")
}

/// An input for each mutation that is right but for who sends it.
type Inputs = BTreeMap<&'static str, Value>;

/// The inputs of all mutations.
async fn inputs(world: &World, of: &Subjects<'_>) -> Inputs {
    let mut inputs = of_organisations(world, of).await;
    inputs.extend(licence_inputs::inputs(world, of.holder).await);
    inputs.extend(readiness_inputs::inputs(world).await);
    inputs.extend(employer::inputs(world, of.holder).await);
    inputs.extend(people::inputs(world, of.one, of.trainer).await);
    inputs.extend(credential_inputs::inputs(world, of.trainer).await);
    inputs.extend(protection_inputs::inputs(world, of.trainer, None).await);
    if let Some(school) = of.school {
        inputs.extend(course_inputs::of_a_draft(world, school, of.other).await);
        inputs.extend(application_inputs::inputs(world, school).await);
        inputs.extend(enrolment_inputs::inputs(world, school).await);
        inputs.extend(career_inputs::inputs(world, school).await);
    }
    inputs
}

/// The input of one mutation, made with no more than what its kind needs.
async fn input(world: &World, of: &Subjects<'_>, name: &str) -> Value {
    let begins = |with: &[&str]| with.iter().any(|with| name.starts_with(with));
    if name.starts_with("readiness") {
        return readiness_inputs::input(world, of.assessed, name).await;
    }
    if name.starts_with("credential") {
        let inputs: Inputs =
            credential_inputs::inputs(world, of.trainer).await.into_iter().collect();
        return inputs[name].clone();
    }
    if protection_inputs::NAMES.contains(&name) {
        let inputs = protection_inputs::inputs(world, of.trainer, Some(name)).await;
        return inputs[0].1.clone();
    }
    let inputs: Inputs = if is_licensing(name) {
        licence_inputs::inputs(world, of.holder).await.into_iter().collect()
    } else if employer::NAMES.contains(&name) {
        employer::inputs(world, of.holder).await.into_iter().collect()
    } else if begins(&["person", "role", "sensitive", "trainer"]) {
        people::inputs(world, of.one, of.trainer).await.into_iter().collect()
    } else {
        of_organisations(world, of).await
    };
    inputs[name].clone()
}

/// Those of organisations, programmes and successions.
async fn of_organisations(world: &World, of: &Subjects<'_>) -> Inputs {
    let (one, other) = (of.one, of.other);
    let (first, second) = (one.global_id(), other.global_id());
    let proposal = given::proposal(world, one, "ZZ7 7ZZ").await;
    let split = given::organisation(world).in_a_split_board().register().await;
    let (place, version) = world.board_assignment(&split).await;
    let document =
        "query($id: ID!) { node(id: $id) { ... on BoardAssignment { candidates { id } } } }";
    let candidates = world.data(Some(&world.officer()), document, json!({ "id": place })).await;
    let candidate = &candidates["node"]["candidates"][0]["id"];
    let board = world.board_id("QOP").await;
    let first_with = |more: Value| with_all(&json!({ "id": first, "expectedVersion": 1 }), &more);
    let close = json!({ "closedOn": "2026-04-30", "reason": "A test." });
    let verify = json!({ "scheme": "CQC_PROVIDER", "value": "1-101" });
    let choose = json!({ "id": place, "expectedVersion": version, "boardId": candidate });
    let succeed = json!({
        "kind": "ACQUISITION",
        "predecessorIds": [second],
        "successorIds": [first],
        "effectiveOn": "2026-05-01",
    });
    let move_to = json!({ "boardId": board, "effectiveOn": "2026-05-01" });
    let draft = curriculum(world, Some(one.id), Standing::Draft).await;
    let published = curriculum(world, Some(one.id), Standing::Published).await;
    let draft_with =
        |more: Value| with_all(&json!({ "id": draft.id(), "expectedVersion": 4 }), &more);
    let module_with = |more: Value| {
        with_all(&json!({ "moduleId": draft.module_id(0), "expectedVersion": 4 }), &more)
    };
    let [mapped, unmapped] = [draft.mapped, draft.unmapped].map(|id| ids::encode("cmp", id));
    let new = json!({ "code": "ZZ-NEW", "type": "VOLUNTEER", "title": "New", "ownerId": first });
    let retire = json!({ "id": published.id(), "expectedVersion": 5, "reason": "A test." });
    BTreeMap::from([
        ("boardAssignmentChoose", choose),
        ("changeProposalDecide", json!({ "id": proposal, "expectedVersion": 1, "accept": false })),
        (
            "competenceMap",
            module_with(
                json!({ "competences": [{ "competenceId": unmapped, "depth": "ASSESSED" }] }),
            ),
        ),
        ("competenceUnmap", module_with(json!({ "competenceIds": [mapped] }))),
        ("organisationActivate", first_with(json!({}))),
        ("organisationClose", with_all(&json!({ "id": second, "expectedVersion": 2 }), &close)),
        ("organisationIdentifierVerify", first_with(verify)),
        ("organisationMakeDormant", json!({ "id": second, "expectedVersion": 2 })),
        ("organisationMoveBoard", first_with(move_to)),
        ("organisationRegister", json!({ "name": "Nobody's", "kind": "VCSE" })),
        ("organisationRename", first_with(json!({ "name": "Taken over" }))),
        ("organisationSucceed", succeed),
        ("stagedUploadCreate", uploads::input(one, "Evidence.pdf", "application/pdf", b"x")),
        ("successionAssign", split_up(world, one, other).await),
        ("programmeCreate", new),
        ("programmeVersionAmend", draft_with(json!({ "weeks": 3 }))),
        (
            "programmeVersionDraft",
            json!({ "programmeId": draft.programme_id(), "number": "9.0.0" }),
        ),
        ("programmeVersionPublish", draft_with(json!({}))),
        ("programmeVersionRetire", retire),
        ("programmeVersionSetModules", draft_with(json!({ "modules": [{ "number": 1 }] }))),
    ])
}

/// An input that gives a trainer of an organisation that was split to `one`.
async fn split_up(world: &World, one: &Tenant, other: &Tenant) -> Value {
    let gone = given::organisation(world).active().register().await;
    trainer(world, "Tess", &gone).await;
    successions::end(world, &gone, &[one, other]).await;
    successions::assign(&successions::places(world, &gone).await[0], one)
}

/// The one of whom the people and trainers of the inputs are about.
const OWN: &str = "a trainer of A of the matrix";

/// Whether the matrix lets this one use the mutation on what is `owner`'s.
fn may(policy: &Policy, facts: &Facts, asker: &Asker, name: &str, owner: &Tenant) -> bool {
    let mutation = &policy.mutations[name];
    let sees_it = mutation.persons && asker.name == EVERYONE;
    if mutation.everyone || sees_it || (mutation.own && asker.name == OWN) {
        return true;
    }
    let grants = facts.who(asker.account).grants;
    grants.iter().any(|held| match held.scope.as_str() {
        "NATION" => mutation.roles.contains(&held.role),
        // Where partners may, a role of the nation that is held in one organisation counts there.
        "ORGANISATION" if mutation.partners.is_empty() => false,
        "ORGANISATION" => {
            let roles = [&mutation.roles, &mutation.partners];
            held.of == Some(owner.id) && roles.iter().any(|roles| roles.contains(&held.role))
        }
        _ => false,
    })
}

/// Whether this one may use the mutation elsewhere.
fn elsewhere(policy: &Policy, facts: &Facts, asker: &Asker, name: &str) -> bool {
    let mutation = &policy.mutations[name];
    let own = |held: &String| mutation.own && mutation.holders.contains(held);
    let grants = facts.who(asker.account).grants;
    (mutation.signed_in && asker.account.is_some())
        || grants.iter().any(|held| {
            own(&held.role)
                || mutation.roles.contains(&held.role)
                || mutation.partners.contains(&held.role)
                || mutation.assigned.contains(&held.role)
        })
}

/// What came of a mutation: its refusals, or the codes of its errors.
fn outcome(body: &Value, name: &str) -> Vec<String> {
    match body["data"][name]["userErrors"].as_array() {
        Some(errors) => errors.iter().map(|error| error["code"].to_string()).collect(),
        None => codes(body).into_iter().map(str::to_owned).collect(),
    }
}

/// What a trial says that would follow, if the mutation can be tried; it changes nothing.
async fn foretold(
    world: &World,
    token: &str,
    (name, entity): (&str, &str),
    input: &Value,
) -> Option<Value> {
    if !Sdl::written().is_tried(name) {
        return None;
    }
    let before = world.database.eye.contents().await;
    let trial = with(input, "dryRun", json!(true));
    let tried = world.mutate(Some(token), name, &format!("{entity} {{ id }}"), trial).await;
    assert_eq!(tried.codes(), [] as [&str; 0], "{name} tried: {}", tried.body());
    assert_eq!(tried.payload()[entity], Value::Null);
    let changes = world.database.eye.contents().await.changes_since(&before);
    assert_eq!(changes, [] as [String; 0], "{name} tried");
    Some(tried.payload()["impact"].clone())
}

on_both_databases! {
    async fn nobody_changes_anything_without_the_right(world: Network) {
        let (policy, sdl) = (Policy::read(), Sdl::written());
        let activate = format!("update organisation set status = 'ACTIVE' where id = {}", world.uuid(world.b.id));
        world.database.eye.execute(&activate).await.expect("B takes part");
        let school = school(&world).await;
        // Of assessments each mutation has an organisation of its own, in which nobody holds a role.
        let strange = given::organisation(&world).active().register().await;
        let of = Subjects { one: &world.a, other: &world.b, holder: &world.b, assessed: &strange, trainer: OWN, school: Some(&school) };
        let inputs = inputs(&world, &of).await;
        let named: Vec<&str> = policy.mutations.keys().map(String::as_str).collect();
        assert_eq!(inputs.keys().copied().collect::<Vec<_>>(), named, "each has an input");
        let facts = Facts::read(&world, &policy, today()).await;
        let before = world.database.eye.contents().await;
        let mut refused = 0;
        for asker in askers(&world).await {
            for (name, input) in inputs.iter().filter(|(name, _)| !may(&policy, &facts, &asker, name, of.owner(name))) {
                // A key and a trial run open no way around.
                let key = sdl.takes(name, "idempotencyKey");
                let mut tries = vec![if key { with(input, "idempotencyKey", json!("again")) } else { input.clone() }];
                if sdl.is_tried(name) {
                    tries.push(with(input, "dryRun", json!(true)));
                }
                for input in tries {
                    let entity = &policy.mutations[*name].entity;
                    let document = mutation(name, &format!("{entity} {{ id version }}"));
                    let answer = world.raw(asker.token.as_deref(), &document, json!({ "input": input })).await;
                    let status = answer.status().as_u16();
                    let body: Value = answer.json().await.expect("JSON");
                    if facts.who(asker.account).refused {
                        assert_eq!((status, codes(&body)), (401, vec!["UNAUTHENTICATED"]), "{name} by {}", asker.name);
                    } else {
                        let found = outcome(&body, name);
                        // To who may do so elsewhere, what is another's is not there.
                        let hidden = elsewhere(&policy, &facts, &asker, name) && found == ["\"NOT_FOUND\""];
                        assert!(hidden || found == ["\"FORBIDDEN\""], "{name} by {}: {body}", asker.name);
                        assert_eq!(body["data"][name][entity], Value::Null);
                        assert_eq!(body["data"][name]["impact"], json!([]));
                    }
                    refused += 1;
                }
            }
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0], "of {refused} refused changes");
        assert!(refused > 1_000, "{refused}");
    }

    async fn an_input_takes_no_field_that_is_not_its_own(world: World) {
        let active = given::organisation(&world).active().register().await;
        let school = school(&world).await;
        let of = Subjects { one: &world.a, other: &active, holder: &active, assessed: &active, trainer: OWN, school: Some(&school) };
        let inputs = inputs(&world, &of).await;
        let before = world.database.eye.contents().await;
        for (name, input) in &inputs {
            for extra in ["status", "orgId", "approvedAmount", "version", "createdBy", "verifiedBy", "actingAs", "__typename"] {
                let input = with(input, extra, json!("ACTIVE"));
                let body = world.query(Some(&world.officer()), &mutation(name, ""), json!({ "input": input })).await;
                assert_eq!(codes(&body), ["GRAPHQL_VALIDATION_FAILED"], "{name} with {extra}: {body}");
                assert_eq!(body.get("data"), None);
            }
        }
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn who_has_the_right_can_use_each_mutation(world: World) {
        // Each in turn on organisations of its own: the others would be in the way.
        let policy = Policy::read();
        let others = |name: &str| course_inputs::is_of_courses(name) || is_of_enrolments(name) || application_inputs::is_of_applications(name);
        for (name, mutation) in policy.mutations.iter().filter(|(name, _)| !others(name)) {
            let one = given::organisation(&world).board("QJK").register().await;
            let other = given::organisation(&world).active().register().await;
            let holder = given::organisation(&world).active().register().await;
            let trainer = format!("the trainer who tries {name}");
            let of = Subjects { one: &one, other: &other, holder: &holder, assessed: &holder, trainer: &trainer, school: None };
            let input = input(&world, &of, name).await;
            let role = |codes: &[String]| codes.iter().filter_map(|code| Role::from_code(code)).next_back();
            let token = match (role(&mutation.roles), role(&mutation.partners)) {
                _ if mutation.own => world.grant_to(&trainer, Role::Trainer, GrantScope::Organisation(one.id)).await,
                // Whoever proposed the revocation did so as a quality lead.
                _ if name == "licenceConfirmRevocation" => world.officer(),
                _ if name == "readinessScoreSet" => world.token_of(REVIEWER),
                (Some(role), _) => world.token(role, None),
                (None, role) => world.grant(role.expect("a role"), Some(of.owner(name).id)).await,
            };
            let entity = format!("{} {{ id }}", mutation.entity);
            let foretold = foretold(&world, &token, (name, &mutation.entity), &input).await;
            let reply = world.mutate(Some(&token), name, &entity, input.clone()).await;
            assert!(foretold.is_none_or(|impact| impact == reply.payload()["impact"]), "{name} brings what was foretold");
            assert_eq!(reply.codes(), [] as [&str; 0], "{name}: {}", reply.body());
        }
    }

    async fn who_has_the_right_can_use_each_mutation_of_courses(world: World) {
        let policy = Policy::read();
        for (name, _) in course_inputs::NAMES {
            world.set_clock(tests::world::NOW);
            let (school, partner) = (school(&world).await, given::organisation(&world).active().register().await);
            let input = course_inputs::usable(&world, &school, &partner, name).await;
            let mutation = &policy.mutations[name];
            let role = |codes: &[String]| codes.iter().filter_map(|code| Role::from_code(code)).next_back();
            let token = match (role(&mutation.roles), role(&mutation.partners)) {
                // What has not begun is called off by its coordinator.
                (Some(role), _) if name != "courseCancel" => world.token(role, None),
                (_, role) => world.grant(role.expect("a role"), Some(school.organisation.id)).await,
            };
            let foretold = foretold(&world, &token, (name, "course"), &input).await;
            let reply = world.mutate(Some(&token), name, "course { id version }", input).await;
            assert!(foretold.is_none_or(|impact| impact == reply.payload()["impact"]), "{name} brings what was foretold");
            assert_eq!(reply.codes(), [] as [&str; 0], "{name}: {}", reply.body());
        }
    }

    async fn a_payload_shows_the_entity_as_its_reader_sees_it(world: World) {
        let input = json!({ "id": world.a.global_id(), "expectedVersion": 1, "name": "Renamed" });
        let entity = "organisation { name identifiers { verifiedBy } auditEvents { nodes { requestId hash } } }";
        let body = world.query(Some(&world.officer()), &mutation("organisationRename", entity), json!({ "input": input })).await;
        let organisation = &body["data"]["organisationRename"]["organisation"];
        assert_eq!(organisation["name"], "Renamed");
        assert_eq!(organisation["auditEvents"], Value::Null, "a licensing officer reads no trail");
        assert!(organisation["identifiers"][0]["verifiedBy"].is_string());
        assert_eq!(codes(&body), ["FORBIDDEN"]);
    }

    async fn an_answer_that_was_kept_is_not_given_to_who_lost_the_role_since(world: World) {
        let officer = world.officer();
        let key = |input: Value| with(&input, "idempotencyKey", json!("the same"));
        let input = key(json!({ "id": world.b.global_id(), "expectedVersion": 1, "name": "Renamed once" }));
        let rename = async || world.mutate(Some(&officer), "organisationRename", "organisation { name }", input.clone()).await;
        assert_eq!(rename().await.done("organisation")["name"], "Renamed once");
        assert_eq!(rename().await.done("organisation")["name"], "Renamed once", "a repeat gets the same answer");
        let officers = world.uuid(account(&given::subject(Role::LicensingOfficer, None)));
        // Withdrawn for the nation, or left in one organisation only: the right is gone either way.
        for withdrawn in [
            format!("update role_grant set valid_to = '2026-05-01' where account_id = {officers}"),
            format!("update role_grant set valid_to = null, scope_type = 'ORGANISATION', scope_id = {} where account_id = {officers}", world.uuid(world.b.id)),
        ] {
            world.database.eye.execute(&withdrawn).await.expect("the grant changes");
            let before = world.database.eye.contents().await;
            let reply = rename().await;
            assert_eq!(reply.codes(), ["FORBIDDEN"], "{withdrawn}: {}", reply.body());
            assert_eq!(reply.payload()["organisation"], Value::Null);
            let changes = world.database.eye.contents().await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0]);
        }
    }
}

/// `input` with one more field.
fn with(input: &Value, field: &str, value: Value) -> Value {
    with_all(input, &json!({ field: value }))
}

/// `input` with more fields.
pub fn with_all(input: &Value, more: &Value) -> Value {
    let mut fields: Map<String, Value> = input.as_object().expect("an object").clone();
    fields.extend(more.as_object().expect("an object").clone());
    Value::Object(fields)
}
