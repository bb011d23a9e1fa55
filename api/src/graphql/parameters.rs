//! The parameters of a request: from the body of a POST or the query string of a GET.

use async_graphql::{ServerError, Variables};
use serde_json::{Map, Value};

use super::error::ErrorCode;

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
        let value = serde_json::from_slice(body)
            .map_err(|_| bad("the body must be JSON, nested no deeper than 128"))?;
        match value {
            Value::Object(object) => Self::from_object(object),
            Value::Array(_) => {
                Err(bad("send one operation for each request: batches are not taken"))
            }
            _ => Err(bad("the body must be a JSON object with the document as query")),
        }
    }

    /// The parameters in the query string of a GET; an empty one counts as absent.
    ///
    /// # Errors
    ///
    /// `BAD_USER_INPUT` names the parameter.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, ServerError> {
        let mut object = Map::new();
        for (name, text) in pairs {
            if text.is_empty() {
                continue;
            }
            let value = match name.as_str() {
                "variables" | "extensions" => serde_json::from_str(&text)
                    .map_err(|_| bad(&format!("{name} must be a JSON object")))?,
                "query" | "operationName" => Value::String(text),
                _ => continue,
            };
            if object.insert(name, value).is_some() {
                return Err(bad("a parameter is given twice"));
            }
        }
        Self::from_object(object)
    }

    fn from_object(mut object: Map<String, Value>) -> Result<Self, ServerError> {
        let extensions = match object.remove("extensions") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(extensions)) => extensions,
            Some(_) => return Err(bad("extensions must be an object")),
        };
        let variables = match object.remove("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return Err(bad("variables must be an object")),
        };
        let operation_name = match object.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(bad("operationName must be text")),
        };
        let query = match object.remove("query") {
            Some(Value::String(query)) => query,
            None | Some(Value::Null) if extensions.contains_key("persistedQuery") => {
                // The message by which Apollo's clients know that they have to send the text.
                let message = "PersistedQueryNotFound";
                return Err(ErrorCode::PersistedQueryNotFound.error(message, None));
            }
            None | Some(Value::Null) => return Err(bad("send the document as query")),
            Some(_) => return Err(bad("query must be text")),
        };
        let variables = Variables::from_json(Value::Object(variables));
        Ok(Self { query, operation_name, variables })
    }
}
