//! `where` and `orderBy`: from the arguments of a client to SQL.

use async_graphql::{Name, Value as Answer};
use sea_orm::Value;

use super::declaration::{Def, Filter, Kind, Leaf};
use super::sql::{Sql, Words};
use super::value;

/// Deepest nesting of `and`, `or` and `not`.
const MAX_DEPTH: usize = 3;
/// Most comparisons in one `where`.
const MAX_COMPARISONS: usize = 20;
/// Most members of `and`, `or` and `not` in one `where`.
const MAX_MEMBERS: usize = 20;
/// Most values in one `in`.
const MAX_VALUES: usize = 100;
/// Most fields in one `orderBy`.
const MAX_ORDER: usize = 3;

/// A `where`, checked against its declaration.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A comparison.
    Compare {
        /// The expression compared.
        sql: &'static str,
        /// How.
        test: Test,
    },
}

/// A comparison.
#[derive(Clone, Debug)]
pub enum Test {
    /// Equal to one of the values.
    In(Vec<Value>),
    /// Before (`<`), up to (`<=`), after (`>`) or from (`>=`) the value.
    Order(&'static str, Value),
    /// Text that begins so.
    StartsWith(String),
    /// Absent or present.
    IsNull(bool),
}

/// One field of an order.
#[derive(Clone, Copy)]
pub struct Order {
    /// The field.
    pub name: &'static str,
    /// Its value.
    pub leaf: &'static Leaf,
    /// Whether large values come first.
    pub descending: bool,
}

/// Reads a `where` argument.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn parse_where(def: &Def, given: &Answer) -> Result<Condition, String> {
    let mut left = Allowance { comparisons: MAX_COMPARISONS, members: MAX_MEMBERS };
    parse_object(&def.filters(), given, MAX_DEPTH, &mut left)
}

/// What is left of a `where`.
struct Allowance {
    comparisons: usize,
    members: usize,
}

impl Allowance {
    fn take_comparison(&mut self) -> Result<(), String> {
        let left = self.comparisons.checked_sub(1);
        self.comparisons =
            left.ok_or_else(|| format!("where may hold at most {MAX_COMPARISONS} comparisons"))?;
        Ok(())
    }

    fn take_member(&mut self) -> Result<(), String> {
        let left = self.members.checked_sub(1);
        self.members = left.ok_or_else(|| {
            format!("where may hold at most {MAX_MEMBERS} members of and, or and not")
        })?;
        Ok(())
    }
}

fn parse_object(
    filters: &[Filter],
    given: &Answer,
    depth: usize,
    left: &mut Allowance,
) -> Result<Condition, String> {
    let Answer::Object(fields) = given else { return Err("where must be an object".to_owned()) };
    let mut all = Vec::new();
    for (name, value) in fields {
        if *value == Answer::Null {
            continue;
        }
        let nested = |value: &Answer, left: &mut Allowance| {
            left.take_member()?;
            match depth.checked_sub(1) {
                Some(depth) => parse_object(filters, value, depth, left),
                None => Err(format!("where may nest and, or and not {MAX_DEPTH} deep")),
            }
        };
        match (name.as_str(), value) {
            ("and", Answer::List(list)) => {
                for value in list {
                    all.push(nested(value, left)?);
                }
            }
            ("or", Answer::List(list)) => {
                let any: Result<Vec<_>, _> = list.iter().map(|value| nested(value, left)).collect();
                all.push(Condition::Any(any?));
            }
            ("not", value) => all.push(Condition::Not(Box::new(nested(value, left)?))),
            (name, value) => {
                let filter = filters
                    .iter()
                    .find(|filter| filter.name == name)
                    .ok_or_else(|| format!("where does not know {name}"))?;
                parse_tests(filter, value, left, &mut all)?;
            }
        }
    }
    Ok(Condition::All(all))
}

fn parse_tests(
    filter: &Filter,
    given: &Answer,
    left: &mut Allowance,
    all: &mut Vec<Condition>,
) -> Result<(), String> {
    let Answer::Object(tests) = given else {
        return Err(format!("where.{} must be an object", filter.name));
    };
    for (operator, value) in tests {
        if *value == Answer::Null {
            continue;
        }
        left.take_comparison()?;
        all.push(Condition::Compare {
            sql: filter.sql,
            test: parse_test(filter, operator, value)?,
        });
    }
    Ok(())
}

fn parse_test(filter: &Filter, operator: &Name, value: &Answer) -> Result<Test, String> {
    let at = format!("where.{}.{operator}", filter.name);
    let one = |value: &Answer| {
        value::parameter(filter.kind, value).ok_or_else(|| match filter.kind {
            Kind::Id(prefix) => format!("{at} must be {prefix}_ and 32 hexadecimal digits"),
            Kind::Date => format!("{at} must be a date as YYYY-MM-DD"),
            Kind::Instant => {
                format!("{at} must be an instant as RFC 3339, such as 2026-04-01T09:00:00Z")
            }
            Kind::Int => format!("{at} must be a whole number"),
            Kind::Bool => format!("{at} must be true or false"),
            Kind::Text | Kind::Enum(_) => format!("{at} must be text without the character NUL"),
        })
    };
    Ok(match (operator.as_str(), value) {
        ("eq", value) => Test::In(vec![one(value)?]),
        ("in", Answer::List(values)) if values.len() > MAX_VALUES => {
            return Err(format!("{at} may hold at most {MAX_VALUES} values"));
        }
        ("in", Answer::List(values)) => Test::In(values.iter().map(one).collect::<Result<_, _>>()?),
        ("before", value) => Test::Order("<", one(value)?),
        ("after", value) => Test::Order(">", one(value)?),
        ("from", value) => Test::Order(">=", one(value)?),
        ("upTo", value) => Test::Order("<=", one(value)?),
        ("startsWith", Answer::String(text)) if !text.contains('\0') => {
            Test::StartsWith(text.clone())
        }
        ("isNull", Answer::Boolean(yes)) => Test::IsNull(*yes),
        _ => return Err(format!("{at} is not known")),
    })
}

/// Reads an `orderBy` argument.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn parse_order(def: &Def, given: Option<&Answer>) -> Result<Vec<Order>, String> {
    let entries = match given {
        None | Some(Answer::Null) => Vec::new(),
        Some(Answer::List(entries)) => entries.iter().collect(),
        Some(entry) => vec![entry],
    };
    if entries.len() > MAX_ORDER {
        return Err(format!("orderBy may hold at most {MAX_ORDER} fields"));
    }
    let mut order: Vec<Order> = Vec::new();
    for entry in entries {
        let Answer::Object(entry) = entry else {
            return Err("orderBy must hold objects".to_owned());
        };
        let text = |name: &str| match entry.get(name) {
            Some(Answer::Enum(value)) => value.as_str(),
            Some(Answer::String(value)) => value.as_str(),
            _ => "",
        };
        let (name, leaf) = def
            .ordered()
            .find(|(name, _)| order_value(name) == text("field"))
            .ok_or_else(|| "orderBy.field is not known".to_owned())?;
        if order.iter().any(|earlier| earlier.name == name) {
            return Err(format!("orderBy names {name} twice"));
        }
        order.push(Order { name, leaf, descending: text("direction") == "DESC" });
    }
    if order.is_empty() {
        let default = def.ordered().find(|(name, _)| *name == def.rows.order);
        order.extend(default.map(|(name, leaf)| Order { name, leaf, descending: false }));
    }
    Ok(order)
}

/// The value of the order enumeration for a field: `openedOn` is `OPENED_ON`.
#[must_use]
pub fn order_value(field: &str) -> String {
    let mut value = String::with_capacity(field.len() + 2);
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            value.push('_');
        }
        value.push(letter.to_ascii_uppercase());
    }
    value
}

impl Condition {
    /// Adds the condition to a statement.
    pub fn write(&self, sql: &mut Sql, words: &Words) {
        match self {
            Self::All(all) => join(sql, words, all, " and ", "true"),
            Self::Any(any) => join(sql, words, any, " or ", "false"),
            Self::Not(inner) => {
                // A comparison with null is not true: so is its negation, unless it is made false first.
                sql.push("not coalesce(");
                inner.write(sql, words);
                sql.push(", false)");
            }
            Self::Compare { sql: expression, test } => {
                let (before, after) =
                    expression.split_once("{matches}").unwrap_or((expression, ""));
                sql.push("(").declared(before, words);
                test.write(sql, before, words);
                sql.declared(after, words).push(")");
            }
        }
    }
}

fn join(sql: &mut Sql, words: &Words, parts: &[Condition], between: &str, empty: &str) {
    if parts.is_empty() {
        sql.push(empty);
        return;
    }
    sql.push("(");
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            sql.push(between);
        }
        part.write(sql, words);
    }
    sql.push(")");
}

impl Test {
    fn write(&self, sql: &mut Sql, expression: &str, words: &Words) {
        match self {
            Self::In(values) if values.is_empty() => {
                sql.push(" is null and false");
            }
            Self::In(values) => {
                sql.push(" in (");
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        sql.push(",");
                    }
                    sql.bind(value.clone());
                }
                sql.push(")");
            }
            Self::Order(operator, value) => {
                sql.push(operator).bind(value.clone());
            }
            Self::StartsWith(text) => {
                // A range instead of LIKE: an index serves it, under row security too.
                sql.push(" >= ").bind(text.clone().into()).push(" and ");
                sql.declared(expression, words)
                    .push(" < ")
                    .bind(format!("{text}\u{10FFFF}").into());
            }
            Self::IsNull(yes) => {
                sql.push(if *yes { " is null" } else { " is not null" });
            }
        }
    }
}
