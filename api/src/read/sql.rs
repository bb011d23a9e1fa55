//! Statements in the words of either engine.

use std::fmt::Write as _;

use chrono::NaiveDate;
use sea_orm::{DbBackend, Value};
use uuid::Uuid;

/// A statement under construction: text with its parameters.
pub struct Sql {
    backend: DbBackend,
    /// The text so far.
    pub text: String,
    /// The parameters so far.
    pub values: Vec<Value>,
}

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
        Self { backend, text: String::new(), values: Vec::new() }
    }

    /// Adds text as it is.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a parameter.
    pub fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        let sign = if self.is_postgres() { '$' } else { '?' };
        let _ = write!(self.text, "{sign}{}", self.values.len());
        self
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

fn array(ids: &[Uuid]) -> Value {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", ids.join(",")).into()
}

fn json(ids: &[Uuid]) -> Value {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", ids.join(",")).into()
}
