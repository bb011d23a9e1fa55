//! The way of a document up to where it would run, for any bytes at all: what the fuzzer calls, and what
//! the suite replays its corpus through.

use std::sync::LazyLock;

use alongside::config::Config;
use alongside::graphql::documents::Documents;
use alongside::graphql::guard::measure::measure;
use alongside::graphql::guard::tokens;
use alongside::graphql::parameters::Parameters;
use alongside::graphql::prepare::{Stage, digest};
use alongside::graphql::schema::{Audience, Built, build};
use async_graphql::Variables;
use async_graphql::parser::parse_query;
use serde_json::Value;

/// What of the service a document meets before it runs.
struct Known {
    built: Built,
    config: Config,
}

/// Takes bytes as a document, behind a first line with variables if that is a JSON object, and prepares
/// every operation of it. Gives whether one may run.
///
/// # Panics
///
/// If the walk of the guard takes more than four steps for each token: that would be a defect.
#[must_use]
pub fn rehearse(bytes: &[u8]) -> bool {
    static KNOWN: LazyLock<Known> = LazyLock::new(|| Known {
        built: build(Audience::Clients),
        config: Config::defaults().expect("the defaults"),
    });
    let text = String::from_utf8_lossy(bytes);
    let (variables, document) = with_variables(&text);
    let Known { built, config } = &*KNOWN;
    let documents = Documents::new(u64::MAX);
    let Ok(tokens) = tokens::count(document, &config.api) else { return false };
    let Ok(parsed) = parse_query(document) else { return false };
    let mut may_run = false;
    let names = parsed.operations.iter().map(|(name, _)| name.map(ToString::to_string));
    for name in names {
        let values = Variables::from_json(variables.clone());
        let walked = measure(&parsed, name.as_deref(), &values, &built.shape, &config.api);
        assert!(walked.visits <= 4 * tokens, "{} steps for {tokens} tokens", walked.visits);
        let query = document.to_owned();
        let parameters = Parameters { query, operation_name: name, variables: values };
        let stage = Stage {
            documents: &documents,
            audience: Audience::Clients,
            shape: &built.shape,
            settings: &config.api,
        };
        let text = digest(document);
        let again = Parameters {
            query: parameters.query.clone(),
            operation_name: parameters.operation_name.clone(),
            variables: parameters.variables.clone(),
        };
        let may = stage.prepare(parameters, text).map(|prepared| prepared.cost);
        let told = |outcome: Result<_, _>| format!("{outcome:?}");
        let known = stage.prepare(again, text).map(|prepared| prepared.cost);
        may_run |= may.is_ok();
        assert_eq!(told(may), told(known), "a document that is known is prepared as a new one");
    }
    may_run
}

fn with_variables(text: &str) -> (Value, &str) {
    let split = text.split_once('\n').and_then(|(first, rest)| {
        let object = serde_json::from_str(first).ok().filter(Value::is_object)?;
        Some((object, rest))
    });
    split.unwrap_or((Value::Object(serde_json::Map::new()), text))
}
