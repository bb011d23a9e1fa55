//! Looking into answers.

use serde_json::Value;

/// The code of each error.
pub fn codes(body: &Value) -> Vec<&str> {
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().expect("a code")).collect()
}

/// The message of the first error.
pub fn message(body: &Value) -> &str {
    body["errors"][0]["message"].as_str().unwrap_or_else(|| unreachable!("an error, not {body}"))
}

/// The elements of a list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| unreachable!("a list, not {value}"))
}

/// The text of `field` in each element of a list.
pub fn texts<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    let text =
        |row: &'a Value| row[field].as_str().unwrap_or_else(|| unreachable!("a text in {row}"));
    list(value).iter().map(text).collect()
}
