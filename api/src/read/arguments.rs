//! The arguments of lists: page, order, filter and date, checked before any statement.

use async_graphql::{Name, Pos, Value as Answer};
use chrono::NaiveDate;
use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};

use super::bind::{Arguments, Binder, Key, PageArgs};
use super::condition::{self, Order};
use super::declaration::{Def, Field, Kind, Leaf, What};
use super::op::DEFAULT_PAGE;
use super::plan::{Level, PlanError, bad};
use super::value::parameter;
use super::visible::guard;
use crate::actor::Actor;
use crate::graphql::error::ErrorCode;
use crate::graphql::scalars;

/// The condition that finds a row by its id.
pub const BY_ID: &str = "t.id = {value}";

impl Binder<'_> {
    pub(super) fn order(
        &self,
        def: &'static Def,
        given: Option<&Answer>,
        at: Pos,
    ) -> Result<Vec<Order>, PlanError> {
        let order = condition::parse_order(def, given).map_err(|message| bad(message, at))?;
        // An order tells of every row how it compares: reading the field of own rows is not enough.
        let withheld =
            |order: &&Order| !matches!(guard(def, order.leaf.only, self.actor()), Ok(None));
        match order.iter().find(withheld) {
            Some(order) => Err(forbidden(order.name, at)),
            None => Ok(order),
        }
    }

    /// The arguments of a page, whose cursors are `sealed` if any is asked for.
    pub(super) fn page_arguments(
        &self,
        level: &Level,
        arguments: &Arguments,
        order: &[Order],
        as_of: NaiveDate,
        sealed: bool,
    ) -> Result<PageArgs, PlanError> {
        let (def, at) = (level.def, level.at);
        let number = |name: &str| match arguments.get(name) {
            None => Ok(None),
            Some(Answer::Number(number)) => Ok(number.as_i64()),
            Some(_) => Err(bad(format!("{name} must be a number"), at)),
        };
        let (first, last) = (number("first")?, number("last")?);
        let (after, before) = (arguments.get("after"), arguments.get("before"));
        let backward = last.is_some() || before.is_some();
        if backward && (first.is_some() || after.is_some()) {
            return Err(bad("use first and after, or last and before, not both", at));
        }
        let max = self.op.settings().max_page;
        let (name, size) = if backward { ("last", last) } else { ("first", first) };
        let size = match size {
            None => DEFAULT_PAGE.min(max),
            Some(size) => u32::try_from(size)
                .ok()
                .filter(|size| (1..=max).contains(size))
                .ok_or_else(|| bad(format!("{name} must be between 1 and {max}"), at))?,
        };
        if let Some(Answer::Object(filter)) = arguments.get("where") {
            self.refuse_withheld_filters(def, filter, at)?;
        }
        let filter = arguments
            .get("where")
            .map(|given| condition::parse_where(def, given))
            .transpose()
            .map_err(|message| bad(message, at))?;
        let cursor = if backward { before } else { after };
        let fingerprint = if sealed || cursor.is_some() {
            self.fingerprint(def, arguments, order, as_of)
        } else {
            String::new()
        };
        let from = match cursor {
            None => None,
            Some(Answer::String(cursor)) => Some(
                self.op
                    .settings()
                    .cursors
                    .of(&fingerprint)
                    .open(cursor)
                    .filter(|position| position.values.len() == order.len())
                    .ok_or_else(|| bad("this cursor is not of this list", at))?,
            ),
            Some(_) => return Err(bad("a cursor must be text", at)),
        };
        Ok(PageArgs { size, backward, from, filter, fingerprint, only: None, counted: false })
    }

    /// A filter on a field that the actor may not read is refused before any statement.
    fn refuse_withheld_filters(
        &self,
        def: &'static Def,
        filter: &IndexMap<Name, Answer>,
        at: Pos,
    ) -> Result<(), PlanError> {
        for (name, value) in filter {
            let nested: Vec<&IndexMap<Name, Answer>> = match (name.as_str(), value) {
                ("and" | "or", Answer::List(list)) => list
                    .iter()
                    .filter_map(|v| if let Answer::Object(o) = v { Some(o) } else { None })
                    .collect(),
                ("not", Answer::Object(object)) => vec![object],
                _ => Vec::new(),
            };
            for filter in nested {
                self.refuse_withheld_filters(def, filter, at)?;
            }
            if let Some(Field { what: What::Leaf(Leaf { only, .. }), .. }) = def.field(name)
                && !matches!(guard(def, *only, self.actor()), Ok(None))
            {
                return Err(forbidden(name, at));
            }
        }
        Ok(())
    }

    fn fingerprint(
        &self,
        def: &Def,
        arguments: &Arguments,
        order: &[Order],
        as_of: NaiveDate,
    ) -> String {
        let order: Vec<String> = order
            .iter()
            .map(|o| format!("{}{}", o.name, if o.descending { "-" } else { "+" }))
            .collect();
        let filter = arguments.get("where").map(ToString::to_string).unwrap_or_default();
        // A list without `asOf` moves with the day; its cursors stay good.
        let as_of = if arguments.contains_key("asOf") { as_of.to_string() } else { String::new() };
        let who = self.actor().account();
        let list = format!("{}|{}|{filter}|{as_of}|{who:?}", def.name, order.join(","));
        // Short, whatever the filter: it is sealed into the cursor of every row.
        hex::encode(Sha256::digest(list))
    }

    const fn actor(&self) -> &Actor {
        &self.reader.actor
    }
}

/// The key that a `by` argument names.
///
/// # Errors
///
/// [`PlanError`] if it names none, or not exactly one.
pub fn key_argument(def: &'static Def, by: Option<&Answer>, at: Pos) -> Result<Key, PlanError> {
    let Some(Answer::Object(by)) = by else { return Err(bad("by must be an object", at)) };
    let mut given = by.iter().filter(|(_, value)| **value != Answer::Null);
    let (Some((name, value)), None) = (given.next(), given.next()) else {
        return Err(bad("by must name exactly one key", at));
    };
    if name == "id" {
        let prefix = def.rows.prefix;
        let id = parameter(Kind::Id(prefix), value)
            .ok_or_else(|| bad(format!("by.id must be {prefix}_ and 32 hexadecimal digits"), at))?;
        return Ok((BY_ID, Some(id)));
    }
    let key = def.rows.keys.iter().find(|key| key.name == name.as_str());
    match (key, parameter(Kind::Text, value)) {
        (Some(key), Some(value)) => Ok((key.condition, Some(value))),
        _ => Err(bad(format!("by.{name} is not known or not text"), at)),
    }
}

/// The `asOf` argument.
///
/// # Errors
///
/// [`PlanError`] if it is no date.
pub fn date_argument(arguments: &Arguments, at: Pos) -> Result<Option<NaiveDate>, PlanError> {
    match arguments.get("asOf") {
        None => Ok(None),
        Some(Answer::String(text)) => scalars::parse_date(text)
            .map(Some)
            .ok_or_else(|| bad("asOf must be a date as YYYY-MM-DD", at)),
        Some(_) => Err(bad("asOf must be a date as YYYY-MM-DD", at)),
    }
}

fn forbidden(name: &str, at: Pos) -> PlanError {
    let message = format!("your roles do not let you filter or order by {name}");
    PlanError { code: ErrorCode::Forbidden, message, at }
}
