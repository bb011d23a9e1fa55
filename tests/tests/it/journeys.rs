//! Journeys: scripts of plain GraphQL documents that several people go through, one step after another.
//!
//! `tests/journeys/NAME.graphql` holds the operations, `NAME.toml` the steps: who asks which operation with
//! which variables, what the answer holds, what is kept of it for later steps, and one attempt beside it
//! that is refused. `$name` stands for a value that an earlier step kept, or that the journey began with.

use std::collections::BTreeMap;
use std::path::Path;

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use alongside::graphql::ids;
use alongside::programme::kind::ProgrammeType;
use serde::Deserialize;
use serde_json::{Value, json};
use tests::courses::{School, course, course_from, school_for, school_with};
use tests::curricula::{self, Standing, curriculum};
use tests::licences::licence;
use tests::people::{linked, person, registered, somebody, trainer};
use tests::{World, given, on_both_databases};

/// The folder of the scripts.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/journeys");

/// The journeys that the tests below go through.
const JOURNEYS: [&str; 3] =
    ["interest-to-verification", "plan-and-open-a-course", "suspension-and-teach-out"];

/// A script.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// When it begins; the world's present, if not said.
    clock: Option<String>,
    /// Whether the licence of the first school lets it approve its own courses.
    #[serde(default)]
    first_approves: bool,
    step: Vec<Step>,
}

/// One step. A step without `expect` is an attempt that is refused, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    does: String,
    operation: String,
    who: String,
    clock: Option<String>,
    #[serde(default)]
    variables: Value,
    /// Goes through the step for each of these, with its values kept under their names.
    #[serde(default)]
    each: Vec<BTreeMap<String, Value>>,
    /// The kind of the letter that is sent, and the name under which the code in it is kept.
    letter: Option<(String, String)>,
    /// Values of the answer by their place in it.
    #[serde(default)]
    expect: BTreeMap<String, Value>,
    /// What is kept of the answer under which name.
    #[serde(default)]
    capture: BTreeMap<String, String>,
    refused: Refused,
}

/// An attempt that is refused and changes nothing: by somebody else, or with other variables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    who: Option<String>,
    #[serde(default)]
    variables: Value,
    code: Option<String>,
    path: Option<Vec<String>>,
    message: Option<String>,
    /// What the answer holds nothing of, in place of a code: others do not learn that it is there.
    hidden: Option<String>,
}

/// A journey under way: what it has kept.
struct Journey {
    world: World,
    document: String,
    kept: BTreeMap<String, Value>,
}

impl Journey {
    fn token(&self, who: &str) -> Option<String> {
        let role = |code: &str| Role::from_code(code).expect("a role");
        match who.split_once(" of ") {
            Some((code, school)) => {
                let id = self.kept[&format!("{school}.organisation")].as_str().expect("an id");
                let organisation = ids::decode("org", id).expect("an id of an organisation");
                Some(self.world.token(role(code), Some(organisation)))
            }
            None if who == "nobody" => None,
            None if who.starts_with(char::is_lowercase) => Some(self.world.token_of(who)),
            None => Some(self.world.token(role(who), None)),
        }
    }

    /// `value` with what `$name` stands for in its place.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some("null") => Value::Null,
                Some(name) => match self.kept.get(name) {
                    Some(kept) => kept.clone(),
                    None => unreachable!("nothing is kept as {name}"),
                },
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), self.filled(field))).collect()
            }
            _ => value.clone(),
        }
    }

    /// The text of one operation: a script holds more than one document may.
    fn named(&self, operation: &str) -> &str {
        let begins = |text: &&str| {
            let name = text.split([' ', '(']).nth(1);
            name == Some(operation)
        };
        self.document.split("\n\n").find(begins).expect("an operation")
    }

    async fn ask(&self, who: &str, operation: &str, variables: &Value) -> Value {
        let request =
            json!({ "query": self.named(operation), "variables": self.filled(variables) });
        let token = self.token(who);
        let answer = self.world.post(token.as_deref()).json(&request).send().await;
        answer.expect("the service answers").json().await.expect("JSON")
    }

    async fn go(&mut self, step: &Step) {
        if step.each.is_empty() {
            return self.take(step).await;
        }
        for values in &step.each {
            let values = values.iter().map(|(name, value)| (name.clone(), self.filled(value)));
            let values: Vec<_> = values.collect();
            self.kept.extend(values);
            self.take(step).await;
        }
    }

    async fn take(&mut self, step: &Step) {
        if let Some(clock) = &step.clock {
            let clock = self.filled(&json!(clock));
            self.world.set_clock(clock.as_str().expect("an instant"));
        }
        self.refusal(step).await;
        if step.expect.is_empty() {
            return;
        }
        let body = self.ask(&step.who, &step.operation, &step.variables).await;
        assert_eq!(body.get("errors"), None, "{}: {body}", step.does);
        for (place, expected) in &step.expect {
            let found = body["data"].pointer(place);
            assert_eq!(found, Some(&self.filled(expected)), "{}: {place} of {body}", step.does);
        }
        for (name, place) in &step.capture {
            let found = body["data"].pointer(place).filter(|found| !found.is_null());
            self.kept.insert(name.clone(), found.expect("what is to be kept").clone());
        }
        if let Some((kind, name)) = &step.letter {
            let sql =
                format!("select body from mail_message where kind = '{kind}' order by id desc");
            let letters = self.world.database.eye.texts(&sql).await;
            let mut lines = letters.first().expect("a letter").lines();
            let code = lines.find(|line| line.len() == 32).expect("a code");
            self.kept.insert(name.clone(), json!(code));
        }
    }

    /// The attempt is refused as the script says, and nothing is written.
    async fn refusal(&self, step: &Step) {
        let refused = &step.refused;
        let mut variables = step.variables.clone();
        lay_over(&mut variables, &refused.variables);
        let before = self.world.database.eye.contents().await;
        let who = refused.who.as_ref().unwrap_or(&step.who);
        let body = self.ask(who, &step.operation, &variables).await;
        let told = format!("{}, refused: {body}", step.does);
        if let Some(place) = &refused.hidden {
            assert_eq!(body.get("errors"), None, "{told}");
            assert!(body["data"].pointer(place).is_none_or(Value::is_null), "{told}");
        } else {
            let (code, path, message) = reason(&body);
            assert_eq!(code, refused.code.as_deref(), "{told}");
            if let Some(expected) = &refused.path {
                assert_eq!(path, expected.iter().map(String::as_str).collect::<Vec<_>>(), "{told}");
            }
            if let Some(expected) = &refused.message {
                assert_eq!(message, Some(expected.as_str()), "{told}");
            }
        }
        let changes = self.world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0], "{told}");
    }
}

/// Lays the values of `over` over those of `under`.
fn lay_over(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (under, over) => *under = over.clone(),
    }
}

/// Code, path and message of the only refusal of an answer, whether data or an error.
fn reason(body: &Value) -> (Option<&str>, Vec<&str>, Option<&str>) {
    let payload = body["data"].as_object().and_then(|data| data.values().next());
    let refusals = payload.and_then(|payload| payload["userErrors"].as_array());
    let errors = body["errors"].as_array();
    let all: Vec<&Value> =
        refusals.into_iter().flatten().chain(errors.into_iter().flatten()).collect();
    let [one] = all[..] else { return (None, Vec::new(), None) };
    let code = one["code"].as_str().or_else(|| one["extensions"]["code"].as_str());
    let path = one["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    (code, path, one["message"].as_str())
}

/// A school with its people, as `name`; if `approves`, its licence lets it approve its own courses.
async fn given_school(
    world: &World,
    (name, approves): (&str, bool),
    kept: &mut BTreeMap<String, Value>,
) -> School {
    let organisation = given::organisation(world).active().register().await;
    let curriculum = curriculum(world, None, Standing::Published).await;
    let licence = licence(world, &organisation).approving_own_courses(approves);
    let school = school_with(world, organisation, curriculum, licence).await;
    for role in [Role::PartnerCoordinator, Role::LeadTrainer, Role::PartnerSignatory] {
        world.grant(role, Some(school.organisation.id)).await;
    }
    let novice = trainer(world, "Noa", &school.organisation).await;
    for (what, value) in [
        ("organisation", json!(school.organisation.global_id())),
        ("version", json!(school.curriculum.id())),
        ("licence", json!(school.licence.global_id())),
        ("licenceVersion", json!(school.licence.version)),
        ("lead", json!(school.lead.global_id())),
        ("peer", json!(school.peer.global_id())),
        ("novice", json!(novice.global_id())),
    ] {
        kept.insert(format!("{name}.{what}"), value);
    }
    school
}

/// Goes through a journey; `with` gives what it begins with beside two schools.
async fn go(
    world: &World,
    name: &str,
    with: impl AsyncFnOnce(&School, &mut BTreeMap<String, Value>),
) {
    let read = |ending: &str| {
        let file = Path::new(FOLDER).join(format!("{name}.{ending}"));
        std::fs::read_to_string(file).expect("a script")
    };
    let script: Script = toml::from_str(&read("toml")).expect("steps");
    let mut kept = BTreeMap::new();
    let school = given_school(world, ("first", script.first_approves), &mut kept).await;
    given_school(world, ("second", false), &mut kept).await;
    world.grant_to("deputy", Role::LicensingOfficer, GrantScope::Nation).await;
    with(&school, &mut kept).await;
    if let Some(clock) = &script.clock {
        world.set_clock(clock);
    }
    let mut journey = Journey { world: world.clone(), document: read("graphql"), kept };
    for step in &script.step {
        journey.go(step).await;
    }
}

/// A third school, which teaches the ten weeks, with those who look after its trainees.
async fn ten_weeks(world: &World, kept: &mut BTreeMap<String, Value>) {
    let organisation = given::organisation(world).active().register().await;
    let curriculum = curricula::ten_weeks(world).await;
    let licence = licence(world, &organisation).approving_own_courses(true);
    let ty = ProgrammeType::PeerSupportWorker;
    let school = school_for(world, ty, (organisation, curriculum), licence).await;
    let of = &school.organisation;
    for role in [Role::PartnerCoordinator, Role::LeadTrainer, Role::PartnerSignatory] {
        world.grant(role, Some(of.id)).await;
    }
    for (name, role) in [
        ("marker", Role::LeadTrainer),
        ("moderator", Role::LeadTrainer),
        ("supervisor", Role::Supervisor),
        ("safeguarding lead", Role::Trainer),
    ] {
        let mut someone = registered(world, somebody(name, Some(of.id))).await;
        linked(world, &mut someone, name).await;
        world.grant_to(name, role, GrantScope::Organisation(of.id)).await;
        kept.insert(name.to_owned(), json!(someone.global_id()));
    }
    let colleague = person(world, "Cam", Some(of)).await;
    for (what, value) in [
        ("organisation", json!(of.global_id())),
        ("version", json!(school.curriculum.id())),
        ("module", json!(school.curriculum.module_id(0))),
        ("lead", json!(school.lead.global_id())),
        ("peer", json!(school.peer.global_id())),
        ("colleague", json!(colleague.global_id())),
    ] {
        kept.insert(format!("third.{what}"), value);
    }
}

#[test]
fn every_script_is_gone_through() {
    let files = std::fs::read_dir(FOLDER).expect("the folder");
    let names = files.map(|file| file.expect("a file").path());
    let scripts = names.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let mut found: Vec<String> =
        scripts.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    found.sort_unstable();
    assert_eq!(found, JOURNEYS);
}

on_both_databases! {
    async fn somebody_comes_from_interest_to_a_credential_that_anybody_verifies(world: World) {
        go(&world, JOURNEYS[0], async |_, kept| ten_weeks(&world, kept).await).await;
    }

    async fn a_course_is_planned_and_opened(world: World) {
        go(&world, JOURNEYS[1], async |_, _| ()).await;
    }

    async fn a_licence_is_suspended_and_its_courses_taught_out(world: World) {
        go(&world, JOURNEYS[2], async |school, kept| {
            let running = course(&world, school, State::Running).await;
            kept.insert("running.session".to_owned(), json!(running.session(1)));
            world.set_clock(tests::world::NOW);
            let open = course_from(&world, school, State::Open, given::day("2026-06-08")).await;
            let approved = course_from(&world, school, State::Approved, given::day("2026-06-29")).await;
            for (name, course) in [("running", running), ("open", open), ("approved", approved)] {
                kept.insert(format!("{name}.id"), json!(course.global_id()));
                kept.insert(format!("{name}.version"), json!(course.version));
            }
        })
        .await;
    }
}
