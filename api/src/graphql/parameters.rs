//! The parameters of a request: from the body of a POST or the query string of a GET.

use async_graphql::{ServerError, Value as ConstValue, Variables};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ErrorCode;
use super::sent::Sent;

/// What a request asks for.
#[derive(Debug)]
pub struct Parameters {
    /// The document.
    pub query: String,
    /// The operation of it that runs.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Variables,
}

/// The parameters as they were given. One that is given twice is no JSON that all readers agree on.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    query: Option<Value>,
    operation_name: Option<Value>,
    variables: Option<Sent>,
    extensions: Option<Value>,
}

const TWICE: &str = "a parameter is given twice";

/// Whether the percent-encoded bytes of a query string are UTF-8. Decoders put U+FFFD where they are not,
/// and another text than was sent must not run.
#[must_use]
pub fn encodes_text(query: &str) -> bool {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query;
    while let Some((plain, encoded)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let code = encoded.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = if code.is_some() { &encoded[2..] } else { encoded };
    }
    bytes.extend_from_slice(rest.as_bytes());
    std::str::from_utf8(&bytes).is_ok()
}

fn bad(message: &str) -> ServerError {
    ErrorCode::BadUserInput.error(message, None)
}

impl Parameters {
    /// The parameters in the body of a POST.
    ///
    /// # Errors
    ///
    /// `BAD_USER_INPUT` names the parameter.
    pub fn from_body(body: &[u8]) -> Result<Self, ServerError> {
        let no_json = |error: serde_json::Error| {
            // Each parameter takes any JSON.
            bad(if error.is_data() {
                TWICE
            } else {
                "the body must be JSON, nested no deeper than 128"
            })
        };
        if body.trim_ascii_start().first() == Some(&b'{') {
            return Self::of(serde_json::from_slice(body).map_err(no_json)?);
        }
        Err(match serde_json::from_slice(body).map_err(no_json)? {
            Value::Array(_) => bad("send one operation for each request: batches are not taken"),
            _ => bad("the body must be a JSON object with the document as query"),
        })
    }

    /// The parameters in the query string of a GET; an empty one counts as absent.
    ///
    /// # Errors
    ///
    /// `BAD_USER_INPUT` names the parameter.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, ServerError> {
        let mut given = Given::default();
        for (name, text) in pairs {
            if text.is_empty() {
                continue;
            }
            let json = || bad(&format!("{name} must be a JSON object"));
            let before = match name.as_str() {
                "variables" => {
                    let variables = serde_json::from_str(&text).map_err(|_| json())?;
                    given.variables.replace(variables).is_some()
                }
                "extensions" => {
                    let extensions = serde_json::from_str(&text).map_err(|_| json())?;
                    given.extensions.replace(extensions).is_some()
                }
                "query" => given.query.replace(Value::String(text)).is_some(),
                "operationName" => given.operation_name.replace(Value::String(text)).is_some(),
                _ => continue,
            };
            if before {
                return Err(bad(TWICE));
            }
        }
        Self::of(given)
    }

    fn of(given: Given) -> Result<Self, ServerError> {
        let extensions = match given.extensions {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(extensions)) => extensions,
            Some(_) => return Err(bad("extensions must be an object")),
        };
        let variables = match given.variables {
            None | Some(Sent(ConstValue::Null)) => Variables::default(),
            Some(Sent(ConstValue::Object(variables))) => {
                Variables::from_value(ConstValue::Object(variables))
            }
            Some(_) => return Err(bad("variables must be an object")),
        };
        let operation_name = match given.operation_name {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(bad("operationName must be text")),
        };
        let query = match given.query {
            Some(Value::String(query)) => query,
            None | Some(Value::Null) if extensions.contains_key("persistedQuery") => {
                // The message by which Apollo's clients know that they have to send the text.
                let message = "PersistedQueryNotFound";
                return Err(ErrorCode::PersistedQueryNotFound.error(message, None));
            }
            None | Some(Value::Null) => return Err(bad("send the document as query")),
            Some(_) => return Err(bad("query must be text")),
        };
        Ok(Self { query, operation_name, variables })
    }
}
