//! What an answer shows against what the matrix lets it show: differences as data.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::ask::{Channel, Question};
use super::facts::{Facts, Who};
use super::marks::{MARK, Mark};
use super::policy::Policy;

/// A difference between an answer and the matrix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Who asked.
    pub who: String,
    /// Where.
    pub channel: Channel,
    /// The type and the field.
    pub place: String,
    /// What is wrong.
    pub what: What,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It shows what the matrix does not let it show.
    Shown,
    /// It lacks what the matrix lets it show.
    Lacking,
    /// A mark or an id stands somewhere in the text that must not be there.
    Mark(String),
    /// Its errors are not those that the matrix calls for.
    Errors(String),
}

/// One value of one row: type, row, field.
type Cell = (String, String, String);

/// An answer as HTTP has it.
pub struct Answered {
    /// The headers and the body, as they came.
    pub text: String,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

/// Compares answers with the matrix.
pub struct Checker<'a> {
    /// The matrix.
    pub policy: &'a Policy,
    /// Every row.
    pub facts: &'a Facts,
    /// Every mark.
    pub marks: &'a BTreeMap<String, Mark>,
}

impl Checker<'_> {
    /// What is wrong with the answer to `question`, where `all` is the data for one who sees everything.
    pub fn findings(
        &self,
        (name, who): (&str, &Who),
        question: &Question,
        all: &Value,
        answered: &Answered,
    ) -> BTreeSet<Finding> {
        let expected = if who.refused { Value::Null } else { self.redacted(who, all) };
        let actual = &answered.body["data"];
        // What is the same needs no closer look.
        let mut wrong =
            if expected == *actual { Vec::new() } else { differences(&expected, actual) };
        wrong.extend(self.strays(who, &answered.text));
        wrong.extend(self.errors(who, question, answered));
        let finding = |(place, what)| Finding {
            who: name.to_owned(),
            channel: question.channel,
            place,
            what,
        };
        wrong.into_iter().map(finding).collect()
    }

    /// How many values the data for one who sees everything holds.
    pub fn size(all: &Value) -> usize {
        cells(all).len()
    }

    /// `all` without what `who` may not see.
    fn redacted(&self, who: &Who, all: &Value) -> Value {
        match all {
            // Rows that are asked for by name keep their places.
            Value::Array(items) => items.iter().map(|item| self.redacted(who, item)).collect(),
            Value::Object(object) if !self.sees(who, object) => Value::Null,
            Value::Object(object) => {
                let fields = object.iter().map(|(key, value)| {
                    let value = if is_by_name(object, key) {
                        self.redacted(who, value)
                    } else if self.reads(who, object, key) {
                        self.below(who, value)
                    } else {
                        self.withheld(who, object, key, value)
                    };
                    (key.clone(), value)
                });
                counted(fields.collect())
            }
            value => value.clone(),
        }
    }

    /// The value of a field without what `who` may not see: hidden rows leave lists without a trace.
    fn below(&self, who: &Who, value: &Value) -> Value {
        match value {
            Value::Array(items) => {
                let hidden = |item: &&Value| item.as_object().is_some_and(|o| !self.stays(who, o));
                items.iter().filter(|item| !hidden(item)).map(|i| self.redacted(who, i)).collect()
            }
            value => self.redacted(who, value),
        }
    }

    /// Whether an element of a list stays: a row by itself, an edge by its row.
    fn stays(&self, who: &Who, object: &Map<String, Value>) -> bool {
        let node = object.get("node").and_then(Value::as_object);
        self.sees(who, node.unwrap_or(object))
    }

    fn sees(&self, who: &Who, object: &Map<String, Value>) -> bool {
        let (ty, id) = identity(object);
        let row = || self.facts.row(ty, id);
        !self.policy.is_private(ty) || row().is_some_and(|row| self.policy.sees_row(who, ty, row))
    }

    fn reads(&self, who: &Who, object: &Map<String, Value>, key: &str) -> bool {
        let ((ty, id), field) = (identity(object), field_of(key));
        if self.policy.readers(ty, field).is_none() {
            return true;
        }
        let row = self.facts.row(ty, id);
        row.is_some_and(|row| self.policy.sees_field(who, ty, field, row))
    }

    /// A value of a row that another may read: null, or a page without rows where such a page exists.
    fn withheld(&self, who: &Who, object: &Map<String, Value>, key: &str, value: &Value) -> Value {
        let (ty, _) = identity(object);
        match value {
            Value::Object(page) if self.policy.may_ask(who, ty, field_of(key)) => {
                let mut page = page.clone();
                for list in page.values_mut().filter(|value| value.is_array()) {
                    *list = json!([]);
                }
                counted(page)
            }
            _ => Value::Null,
        }
    }

    /// Marks and ids in the text that `who` may not be shown, wherever they stand.
    fn strays(&self, who: &Who, text: &str) -> Vec<(String, What)> {
        let mut strays = Vec::new();
        let words = distinct(text);
        for word in starting(&words, MARK) {
            match self.marks.get(word) {
                Some(mark) if self.policy.may_show(self.facts, who, mark) => {}
                Some(mark) => {
                    let place = format!("{}.{}", mark.of.table, mark.of.column);
                    strays.push((place, What::Mark(word.to_owned())));
                }
                // The filter for marks names what they begin with.
                None if word == MARK => {}
                None => strays.push(("?".to_owned(), What::Mark(word.to_owned()))),
            }
        }
        let private = |name: &str| self.policy.is_private(name);
        for (name, _, ty) in self.policy.tables().filter(|(name, _, ty)| private(name) && !ty.told)
        {
            for word in starting(&words, &format!("{}_", ty.prefix)) {
                let row = self.facts.row(name, word);
                if row.is_some_and(|row| !self.policy.may_name(self.facts, who, name, row)) {
                    strays.push((format!("{name}.id"), What::Mark(word.to_owned())));
                }
            }
        }
        strays
    }

    /// The errors that are not those of fields that `who` may read of no row.
    fn errors(
        &self,
        who: &Who,
        question: &Question,
        answered: &Answered,
    ) -> Option<(String, What)> {
        let errors = answered.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let code = |error: &Value| error["extensions"]["code"].as_str().unwrap_or("?").to_owned();
        if who.refused {
            let asks_nothing = answered.status == 200 && errors.is_empty();
            let refused =
                answered.status == 401 && errors.iter().all(|e| code(e) == "UNAUTHENTICATED");
            return (!refused && !asks_nothing)
                .then(|| ("errors".to_owned(), What::Errors(format!("{}", answered.status))));
        }
        let expected: BTreeSet<String> = self
            .policy
            .fields()
            .filter(|(ty, field)| !self.policy.may_ask(who, ty, field))
            .map(|(_, field)| field.to_owned())
            .filter(|field| question.mentions(field))
            .collect();
        let told: BTreeSet<String> = errors
            .iter()
            .map(|error| {
                let path = error["path"].as_array().and_then(|path| path.last());
                let last = field_of(path.and_then(Value::as_str).unwrap_or("?"));
                if code(error) == "FORBIDDEN" { last.to_owned() } else { code(error) }
            })
            .collect();
        // An answer tells of some errors only, where there are many.
        let fits = told.is_subset(&expected) && told.is_empty() == expected.is_empty();
        let text = format!("{told:?} instead of {expected:?}");
        (!fits || answered.status != 200).then(|| ("errors".to_owned(), What::Errors(text)))
    }

    /// The marks that the answers for one who sees everything show, by column.
    pub fn shown(&self, texts: &[String]) -> BTreeSet<(String, String)> {
        let of_text = |text: &String| -> Vec<(String, String)> {
            let words = distinct(text);
            let marks = starting(&words, MARK).filter_map(|word| self.marks.get(word));
            marks.map(|mark| (mark.of.table.clone(), mark.of.column.clone())).collect()
        };
        texts.iter().flat_map(of_text).collect()
    }
}

/// The values that one shows and the other does not.
fn differences(expected: &Value, actual: &Value) -> Vec<(String, What)> {
    let (expected, actual) = (cells(expected), cells(actual));
    let mut wrong = Vec::new();
    for (cell, value) in &actual {
        match expected.get(cell) {
            Some(expected) if expected == value => {}
            Some(expected) if is_less(value, expected) => wrong.push((place(cell), What::Lacking)),
            _ => wrong.push((place(cell), What::Shown)),
        }
    }
    let lacking = expected.keys().filter(|cell| !actual.contains_key(*cell));
    wrong.extend(lacking.map(|cell| (place(cell), What::Lacking)));
    wrong
}

/// Type and id of an object of an answer.
fn identity(object: &Map<String, Value>) -> (&str, &str) {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    (text("__typename"), text("id"))
}

/// Whether the field of the query root gives rows in the places of their names.
fn is_by_name(object: &Map<String, Value>, key: &str) -> bool {
    let is_root = !object.contains_key("__typename");
    is_root && matches!(field_of(key), "nodes" | "_entities" | "node")
}

/// The field behind a key: what follows two underscores is an alias.
fn field_of(key: &str) -> &str {
    match key.split_once("__") {
        Some((field, _)) if !field.is_empty() => field,
        _ => key,
    }
}

/// A page whose number of rows is that of the rows in it.
fn counted(mut object: Map<String, Value>) -> Value {
    if let (Some(Value::Array(nodes)), true) =
        (object.get("nodes"), object.contains_key("totalCount"))
    {
        let count = nodes.len();
        object.insert("totalCount".to_owned(), json!(count));
    }
    Value::Object(object)
}

/// Every value of an answer by its row. A value that stands for rows is their ids.
fn cells(data: &Value) -> BTreeMap<Cell, Value> {
    let mut cells = BTreeMap::new();
    collect(data, "", &mut cells);
    cells
}

fn collect(value: &Value, path: &str, cells: &mut BTreeMap<Cell, Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, cells)),
        Value::Object(object) => {
            let (ty, id) = identity(object);
            let ty = if ty.is_empty() { "Query" } else { ty };
            let row = if id.is_empty() { path } else { id };
            for (key, value) in object {
                let cell = (ty.to_owned(), row.to_owned(), key.clone());
                cells.insert(cell, brief(value));
                collect(value, &format!("{row}/{key}"), cells);
            }
        }
        _ => {}
    }
}

/// A value as a cell holds it.
fn brief(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(brief).collect(),
        Value::Object(object) => match (object.get("id"), object.get("node")) {
            (Some(id), _) => id.clone(),
            (None, Some(node)) => brief(node),
            (None, None) => json!("there"),
        },
        value => value.clone(),
    }
}

/// Whether `value` tells less than `expected`.
fn is_less(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Null, _) => true,
        (Value::Array(value), Value::Array(expected)) => {
            let ids = |list: &[Value]| list.iter().filter(|id| !id.is_null()).count();
            ids(value) < ids(expected)
        }
        (Value::Number(value), Value::Number(expected)) => value.as_i64() < expected.as_i64(),
        _ => false,
    }
}

fn place((ty, _, key): &Cell) -> String {
    format!("{ty}.{}", field_of(key))
}

/// The words of `text`, each once.
fn distinct(text: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let words: HashSet<&str> = text.split(|letter| !is_part(letter)).collect();
    words.into_iter().collect()
}

/// What follows `start`, with it, wherever that stands in one of `words`.
fn starting<'t>(words: &BTreeSet<&'t str>, start: &str) -> impl Iterator<Item = &'t str> {
    words.iter().flat_map(move |word| word.match_indices(start).map(|(place, _)| &word[place..]))
}
