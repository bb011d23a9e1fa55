//! Statements in the words of either engine.

use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use sea_orm::{DbBackend, Value};
use uuid::Uuid;

/// A statement under construction: text with its parameters.
pub struct Sql {
    backend: DbBackend,
    /// A text that this one may be, as long as it is.
    known: Option<Arc<str>>,
    /// How much of the known text was written so far.
    length: usize,
    text: String,
    values: Vec<Value>,
}

/// The digits, as text.
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// What the words of a declaration stand for in one place of a statement.
#[derive(Clone, Default)]
pub struct Words {
    /// `{asOf}`.
    pub as_of: NaiveDate,
    /// `{today}`.
    pub today: NaiveDate,
    /// `{value}`.
    pub value: Option<Value>,
    /// Whether `{value}` is the text of the row `p`, as [`Sql::texts`] has it.
    pub value_of_row: bool,
}

impl Sql {
    /// An empty statement.
    #[must_use]
    pub const fn new(backend: DbBackend) -> Self {
        Self { backend, known: None, length: 0, text: String::new(), values: Vec::new() }
    }

    /// An empty statement, whose text may turn out to be the `known` one: it is then not made again.
    #[must_use]
    pub fn like(backend: DbBackend, known: Option<&Arc<str>>) -> Self {
        Self { known: known.cloned(), ..Self::new(backend) }
    }

    /// The text and its parameters.
    #[must_use]
    pub fn finish(mut self) -> (Arc<str>, Vec<Value>) {
        match self.known.take() {
            Some(known) if known.len() == self.length => (known, self.values),
            Some(known) => (Arc::from(&known[..self.length]), self.values),
            None => (self.text.into(), self.values),
        }
    }

    /// The same; the first text is kept at `kept`.
    #[must_use]
    pub fn finish_at(self, kept: &OnceLock<Arc<str>>) -> (Arc<str>, Vec<Value>) {
        let (text, values) = self.finish();
        kept.get_or_init(|| Arc::clone(&text));
        (text, values)
    }

    /// Adds text as it is.
    pub fn push(&mut self, text: &str) -> &mut Self {
        if let Some(known) = self.known.take() {
            if known.as_bytes()[self.length..].starts_with(text.as_bytes()) {
                self.length += text.len();
                self.known = Some(known);
                return self;
            }
            known[..self.length].clone_into(&mut self.text);
        }
        self.text.push_str(text);
        self
    }

    /// Adds a parameter.
    pub fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        let sign = if self.is_postgres() { "$" } else { "?" };
        let place = self.values.len();
        self.push(sign).number(place)
    }

    /// Adds a number.
    pub fn number(&mut self, number: usize) -> &mut Self {
        if number >= 10 {
            self.number(number / 10);
        }
        self.push(DIGITS[number % 10])
    }

    /// Adds `column in (ids)`, with the ids as one parameter.
    pub fn any_of(&mut self, column: &str, ids: &[Uuid]) -> &mut Self {
        self.push(column);
        if self.is_postgres() {
            self.push(" = any(cast(").bind(array(ids)).push(" as uuid[]))")
        } else {
            self.push(" in (select unhex(value) from json_each(").bind(json(ids)).push("))")
        }
    }

    /// Adds the parents of a level as rows `p` with their position.
    pub fn parents(&mut self, ids: &[Uuid]) -> &mut Self {
        if self.is_postgres() {
            self.push("unnest(cast(")
                .bind(array(ids))
                .push(" as uuid[])) with ordinality p(id, ord)")
        } else {
            self.push("json_each(").bind(json(ids)).push(") p")
        }
    }

    /// Adds texts as rows `p` with their position.
    pub fn texts(&mut self, texts: &[String]) -> &mut Self {
        let json = serde_json::Value::from(texts).to_string();
        if self.is_postgres() {
            self.push("json_array_elements_text(cast(")
                .bind(json.into())
                .push(" as json)) with ordinality p(id, ord)")
        } else {
            self.push("json_each(").bind(json.into()).push(") p")
        }
    }

    /// The position of a parent, counted from zero.
    #[must_use]
    pub const fn position(&self) -> &'static str {
        if self.is_postgres() { "(p.ord - 1)" } else { "p.key" }
    }

    /// The key of a parent.
    #[must_use]
    pub const fn parent(&self) -> &'static str {
        if self.is_postgres() { "p.id" } else { "unhex(p.value)" }
    }

    /// Whether the statement is for PostgreSQL.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self.backend, DbBackend::Postgres)
    }

    /// Adds the SQL of a declaration with its words replaced.
    pub fn declared(&mut self, template: &str, words: &Words) -> &mut Self {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            self.push(before);
            let Some((word, tail)) = after.split_once('}') else { break };
            self.word(word, words);
            rest = tail;
        }
        self.push(rest)
    }

    fn word(&mut self, word: &str, words: &Words) {
        if let Some(row) = word.strip_prefix("in_force:") {
            self.push("((").push(row).push(".valid_from is null or ").push(row);
            self.push(".valid_from <= ").bind(words.as_of.into()).push(") and (");
            self.push(row).push(".valid_to is null or ").push(row).push(".valid_to > ");
            self.bind(words.as_of.into()).push("))");
            return;
        }
        match (word, &words.value) {
            ("asOf", _) => self.bind(words.as_of.into()),
            ("today", _) => self.bind(words.today.into()),
            ("parent", _) => self.push(self.parent()),
            ("value", _) if words.value_of_row => {
                let text = if self.is_postgres() { "p.id" } else { "p.value" };
                self.push(text)
            }
            ("value", Some(value)) => self.bind(value.clone()),
            _ => self.push("null"),
        };
    }
}

/// As PostgreSQL writes an array.
fn array(ids: &[Uuid]) -> Value {
    listed(ids, '{', "", '}')
}

fn json(ids: &[Uuid]) -> Value {
    listed(ids, '[', "\"", ']')
}

fn listed(ids: &[Uuid], begin: char, quote: &str, end: char) -> Value {
    let mut digits = [0; 32];
    let mut text = String::with_capacity(2 + ids.len() * 35);
    text.push(begin);
    for (place, id) in ids.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(quote);
        text.push_str(id.simple().encode_lower(&mut digits));
        text.push_str(quote);
    }
    text.push(end);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(known: Option<&Arc<str>>, ids: &[i32], end: &str) -> (Arc<str>, usize) {
        let mut sql = Sql::like(DbBackend::Postgres, known);
        sql.push("select ");
        for id in ids {
            sql.bind((*id).into()).push(",");
        }
        sql.push(end);
        let (text, values) = sql.finish();
        (text, values.len())
    }

    #[test]
    fn a_text_is_made_again_only_where_it_differs() {
        let ids: Vec<i32> = (0..12).collect();
        let (text, count) = written(None, &ids, "é");
        assert!(text.starts_with("select $1,$2,") && text.ends_with("$12,é"), "{text}");
        assert_eq!(count, 12);
        let (same, count) = written(Some(&text), &ids, "é");
        assert!(Arc::ptr_eq(&text, &same) && count == 12);
        for (ids, end) in [(&ids[..], "è"), (&ids[..11], "é"), (&ids[..], ""), (&[], "éé")] {
            assert_eq!(written(Some(&text), ids, end), written(None, ids, end));
        }
    }
}
