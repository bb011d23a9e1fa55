//! Scripts and how they are gone through.
//!
//! `tests/journeys/NAME.graphql` holds the operations, `NAME.toml` the steps: who asks which operation with
//! which variables, or sends which request beside GraphQL, what the answer holds, what is kept of it for later steps,
//! and one attempt beside it that is refused. `$name` stands for a value that an earlier step kept, or that the
//! journey began with.

use std::collections::BTreeMap;
use std::path::Path;

use alongside::actor::Role;
use alongside::graphql::ids;
use alongside::jobs;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use tests::World;

/// The folder of the scripts.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/journeys");

/// What a journey has kept by name.
pub type Kept = BTreeMap<String, Value>;

/// A script.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// When it begins; the world's present, if not said.
    pub clock: Option<String>,
    /// Whether the licence of the first school lets it approve its own courses.
    #[serde(default)]
    pub first_approves: bool,
    step: Vec<Step>,
}

/// One step: an operation, or a request beside GraphQL. One that expects nothing is an attempt that is refused, and
/// nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    does: String,
    who: String,
    operation: Option<String>,
    #[serde(default)]
    variables: Value,
    http: Option<Http>,
    clock: Option<String>,
    /// A round of the job of this name comes first, as it would in time.
    job: Option<String>,
    /// Goes through the step for each of these, with its values kept under their names.
    #[serde(default)]
    each: Vec<Kept>,
    /// The kind of the letter that is sent, and the name under which the code in it is kept.
    letter: Option<(String, String)>,
    /// Values of the answer by their place in it: in its data, or in the body of what is no GraphQL.
    #[serde(default)]
    expect: Kept,
    /// Headers of the answer to a request beside GraphQL.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// What the body says, letter for letter.
    #[serde(default)]
    holds: Vec<Value>,
    /// What the body does not say.
    #[serde(default)]
    lacks: Vec<Value>,
    /// Signed texts: the key set in the answer is all that it takes to verify them.
    #[serde(default)]
    verifies: Vec<Value>,
    /// Signed texts that it does not verify.
    #[serde(default)]
    exposes: Vec<Value>,
    /// What is kept of the answer under which name.
    #[serde(default)]
    capture: BTreeMap<String, String>,
    refused: Refused,
}

/// A request beside GraphQL.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Http {
    #[serde(default = "get")]
    method: String,
    /// Each of its parts may be a `$name`.
    path: String,
    /// What the client takes; JSON, if not said.
    accept: Option<String>,
    body: Option<Value>,
}

fn get() -> String {
    "GET".to_owned()
}

/// An attempt that is refused and changes nothing: by somebody else, with other variables laid over those of the step,
/// or another operation or request altogether.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    who: Option<String>,
    operation: Option<String>,
    #[serde(default)]
    variables: Value,
    http: Option<Http>,
    /// The status of the answer to a request beside GraphQL.
    status: Option<u16>,
    code: Option<String>,
    path: Option<Vec<String>>,
    message: Option<String>,
    /// What the answer holds nothing of, in place of a code: others do not learn that it is there.
    hidden: Option<String>,
}

/// What is sent.
enum Asked<'a> {
    Operation(&'a str, Value),
    Http(&'a Http),
}

/// An answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
    body: Value,
    is_graphql: bool,
}

impl Answer {
    /// Where places begin.
    fn root(&self) -> &Value {
        if self.is_graphql { &self.body["data"] } else { &self.body }
    }

    /// The status of an answer that is no refusal.
    fn is_good(&self) -> bool {
        self.status == 200 && (!self.is_graphql || self.body.get("errors").is_none())
    }
}

/// A journey under way: what it has kept.
pub struct Journey {
    world: World,
    document: String,
    kept: Kept,
}

/// The script of a journey.
pub fn script(name: &str) -> Script {
    toml::from_str(&read(name, "toml")).unwrap_or_else(|error| unreachable!("{name}: {error}"))
}

fn read(name: &str, ending: &str) -> String {
    let file = Path::new(FOLDER).join(format!("{name}.{ending}"));
    std::fs::read_to_string(file).expect("a script")
}

impl Journey {
    /// The journey `name`, with what it begins with.
    pub fn new(world: &World, name: &str, kept: Kept) -> Self {
        Self { world: world.clone(), document: read(name, "graphql"), kept }
    }

    /// Goes through all of it.
    pub async fn follow(&mut self, script: &Script) {
        for step in &script.step {
            if step.each.is_empty() {
                self.take(step).await;
            }
            for values in &step.each {
                let values = values.iter().map(|(name, value)| (name.clone(), self.filled(value)));
                let values: Vec<_> = values.collect();
                self.kept.extend(values);
                self.take(step).await;
            }
        }
    }

    fn token(&self, who: &str) -> Option<String> {
        let who = self.text(who);
        let role = |code: &str| Role::from_code(code).expect("a role");
        match who.split_once(" of ") {
            Some((code, school)) => {
                let id = self.kept[&format!("{school}.organisation")].as_str().expect("an id");
                let organisation = ids::decode("org", id).expect("an id of an organisation");
                Some(self.world.token(role(code), Some(organisation)))
            }
            None if who == "nobody" => None,
            None if who.starts_with(char::is_lowercase) => Some(self.world.token_of(&who)),
            None => Some(self.world.token(role(&who), None)),
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

    /// The same of a text.
    fn text(&self, text: impl Into<Value>) -> String {
        self.filled(&text.into()).as_str().expect("a text").to_owned()
    }

    /// The text of one operation: a script holds more than one document may.
    fn named(&self, operation: &str) -> &str {
        let begins = |text: &&str| {
            let name = text.split([' ', '(']).nth(1);
            name == Some(operation)
        };
        let found = self.document.split("\n\n").find(begins);
        found.unwrap_or_else(|| unreachable!("no operation {operation}"))
    }

    fn request(&self, asked: &Asked<'_>, token: Option<&str>) -> RequestBuilder {
        let http = match asked {
            Asked::Operation(operation, variables) => {
                let query = self.named(operation);
                let body = json!({ "query": query, "variables": self.filled(variables) });
                return self.world.post(token).json(&body);
            }
            Asked::Http(http) => http,
        };
        let parts: Vec<String> = http.path.split('/').map(|part| self.text(part)).collect();
        let url = format!("{}{}", self.world.base_url, parts.join("/"));
        let method: Method = http.method.parse().expect("a method");
        let accept = http.accept.as_deref().unwrap_or("application/json");
        let mut request = self.world.client.request(method, url).header("accept", accept);
        if let Some(body) = &http.body {
            request = request.body(self.text(body.clone()));
        }
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn ask(&self, who: &str, asked: &Asked<'_>) -> Answer {
        let token = self.token(who);
        let answer = self.request(asked, token.as_deref()).send().await;
        let answer = answer.expect("the service answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("text");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, text, body, is_graphql: matches!(asked, Asked::Operation(..)) }
    }

    async fn take(&mut self, step: &Step) {
        if let Some(clock) = &step.clock {
            self.world.set_clock(&self.text(clock.as_str()));
        }
        if let Some(job) = &step.job {
            jobs::round(self.world.app.core(), job).await.expect("a round");
        }
        self.refusal(step).await;
        if step.is_an_attempt() {
            return;
        }
        let answer = self.ask(&step.who, &step.asked()).await;
        self.look(step, &answer);
        for (name, place) in &step.capture {
            let found = answer.root().pointer(place).filter(|found| !found.is_null());
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

    /// The answer holds what the step expects of it.
    fn look(&self, step: &Step, answer: &Answer) {
        let told = format!("{}: {}", step.does, answer.text);
        assert!(answer.is_good(), "{} {told}", answer.status);
        for (place, expected) in &step.expect {
            let found = answer.root().pointer(place);
            assert_eq!(found, Some(&self.filled(expected)), "{place} of {told}");
        }
        for (name, value) in &step.headers {
            let found = answer.headers.get(name).and_then(|found| found.to_str().ok());
            assert_eq!(found, Some(value.as_str()), "{name} of {told}");
        }
        for (texts, is_there) in [(&step.holds, true), (&step.lacks, false)] {
            for text in texts {
                let text = self.text(text.clone());
                assert_eq!(answer.text.contains(&text), is_there, "{text:?} in {told}");
            }
        }
        for (texts, does) in [(&step.verifies, true), (&step.exposes, false)] {
            for text in texts {
                let text = self.text(text.clone());
                assert_eq!(is_signed(&answer.text, &text), does, "{text} by {told}");
            }
        }
    }

    /// The attempt is refused as the script says, and nothing is written.
    async fn refusal(&self, step: &Step) {
        let refused = &step.refused;
        let before = self.world.database.eye.contents().await;
        let who = refused.who.as_ref().unwrap_or(&step.who);
        let answer = self.ask(who, &refused.asked(step)).await;
        let told = format!("{}, refused: {} {}", step.does, answer.status, answer.text);
        if let Some(place) = &refused.hidden {
            assert!(answer.is_good(), "{told}");
            assert!(answer.root().pointer(place).is_none_or(Value::is_null), "{told}");
        } else {
            let (code, path, message) = reason(&answer.body);
            assert!(!answer.is_graphql || refused.code.is_some(), "{}: say why", step.does);
            assert_eq!(code, refused.code.as_deref(), "{told}");
            if let Some(expected) = &refused.path {
                assert_eq!(path, expected.iter().map(String::as_str).collect::<Vec<_>>(), "{told}");
            }
            if let Some(expected) = &refused.message {
                assert_eq!(message, Some(expected.as_str()), "{told}");
            }
        }
        if !answer.is_graphql {
            assert_eq!(Some(answer.status), refused.status, "{told}");
        }
        let changes = self.world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0], "{told}");
    }
}

impl Step {
    fn is_an_attempt(&self) -> bool {
        self.expect.is_empty()
            && self.headers.is_empty()
            && self.holds.is_empty()
            && self.verifies.is_empty()
    }

    fn asked(&self) -> Asked<'_> {
        match (&self.operation, &self.http) {
            (Some(operation), None) => Asked::Operation(operation, self.variables.clone()),
            (None, Some(http)) => Asked::Http(http),
            _ => unreachable!("{}: one operation, or one request", self.does),
        }
    }
}

impl Refused {
    fn asked<'a>(&'a self, step: &'a Step) -> Asked<'a> {
        match (&self.operation, &self.http, step.asked()) {
            (Some(operation), None, _) => Asked::Operation(operation, self.variables.clone()),
            (None, Some(http), _) => Asked::Http(http),
            (None, None, Asked::Operation(operation, mut variables)) => {
                lay_over(&mut variables, &self.variables);
                Asked::Operation(operation, variables)
            }
            (None, None, asked @ Asked::Http(_)) => asked,
            (Some(_), Some(_), _) => unreachable!("{}: one operation, or one request", step.does),
        }
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

/// Whether the key that a text names is in the set and signed it: what anybody finds out without the service.
fn is_signed(keys: &str, text: &str) -> bool {
    let keys: JwkSet = serde_json::from_str(keys).expect("a key set");
    let header = jsonwebtoken::decode_header(text).expect("a signed text");
    let Some(key) = header.kid.and_then(|kid| keys.find(&kid).cloned()) else { return false };
    let key = DecodingKey::from_jwk(&key).expect("a public key");
    let mut by_signature = Validation::new(Algorithm::RS256);
    by_signature.required_spec_claims.clear();
    by_signature.validate_exp = false;
    by_signature.validate_aud = false;
    jsonwebtoken::decode::<Value>(text, &key, &by_signature).is_ok()
}
