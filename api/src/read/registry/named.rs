//! Rows of several types named one by one: `node`, `nodes` and the entities of a federation.
//!
//! All rows of one type are read together, whatever their number. A row that is not there and one that
//! is hidden are both null.

use std::collections::HashMap;

use async_graphql::{Context, PathSegment, Pos, ServerError, ServerResult, Value as Answer};
use async_graphql_value::Value as Written;
use uuid::Uuid;

use super::{bound, planned, raw, tell_withheld};
use crate::graphql::error::of_fault;
use crate::graphql::ids;
use crate::read::declaration::{Def, Key};
use crate::read::op::{Op, Reader};
use crate::read::plan::Asked;
use crate::read::run::Runner;

/// One row, by its type and a key.
#[derive(Clone)]
pub(super) struct Named {
    def: &'static Def,
    by: By,
}

#[derive(Clone)]
enum By {
    Id(Uuid),
    Key(&'static Key, String),
}

/// The type, the name of the key and its text: what tells rows apart.
type Identity = (&'static str, &'static str, String);

impl Named {
    /// The row that an id names; `None` for what is no id.
    pub fn by_id(nodes: &[&'static Def], id: &str) -> Option<Self> {
        let (prefix, _) = id.split_once('_')?;
        let def = nodes.iter().copied().find(|def| def.rows.prefix == prefix)?;
        Some(Self { def, by: By::Id(ids::decode(prefix, id)?) })
    }

    fn identity(self) -> Identity {
        match self.by {
            By::Id(id) => (self.def.name, "id", id.to_string()),
            By::Key(key, text) => (self.def.name, key.name, text),
        }
    }

    /// The row that a representation names; `None` for one that names none.
    fn by_representation(nodes: &[&'static Def], representation: &Answer) -> Option<Self> {
        let Answer::Object(given) = representation else { return None };
        let text = |name: &str| match given.get(name) {
            // PostgreSQL takes no text with NUL, so none names a row.
            Some(Answer::String(text)) if !text.contains('\0') => Some(text),
            _ => None,
        };
        let name = text("__typename")?;
        // They are in the order of their names.
        let place = nodes.binary_search_by_key(&name.as_str(), |def| def.name).ok()?;
        let def = nodes[place];
        if given.contains_key("id") {
            let id = ids::decode(def.rows.prefix, text("id")?)?;
            return Some(Self { def, by: By::Id(id) });
        }
        let key = def.entity_keys().find(|key| given.contains_key(key.name))?;
        Some(Self { def, by: By::Key(key, text(key.name)?.clone()) })
    }
}

/// The answers for `named`, in their order, with the selection of the field in `ctx`. What is wrong with
/// the selection on one type leaves the rows of that type null, with one error, and no others.
///
/// # Errors
///
/// What the database answers.
pub(super) async fn answers(
    ctx: &Context<'_>,
    op: &Op,
    named: &[Option<Named>],
) -> ServerResult<Vec<Answer>> {
    let reader = op.reader().await.map_err(|fault| fault_at(ctx, fault))?;
    let mut answers = vec![Answer::Null; named.len()];
    let mut types: Vec<&'static Def> = named.iter().flatten().map(|named| named.def).collect();
    types.sort_by_key(|def| def.name);
    types.dedup_by_key(|def| def.name);
    for def in types {
        let places: Vec<usize> = (0..named.len())
            .filter(|place| named[*place].as_ref().is_some_and(|n| n.def.name == def.name))
            .collect();
        let asked: Vec<&By> =
            places.iter().filter_map(|place| named[*place].as_ref().map(|n| &n.by)).collect();
        match rows(ctx, op, &reader, def, &asked).await {
            Ok(rows) => places.into_iter().zip(rows).for_each(|(place, row)| answers[place] = row),
            Err(error) => ctx.add_error(at_first(ctx, error, &places)),
        }
    }
    Ok(answers)
}

/// `error` with the place of the first row that it leaves null in its path, if rows are in a list.
fn at_first(ctx: &Context<'_>, mut error: ServerError, places: &[usize]) -> ServerError {
    if error.path.is_empty() {
        error.path.push(PathSegment::Field(ctx.item.node.response_key().node.to_string()));
    }
    if let (Some(place), false) = (places.first(), ctx.item.node.name.node == "node") {
        error.path.insert(1, PathSegment::Index(*place));
    }
    error
}

/// One answer for each of `asked`, all rows of `def`.
async fn rows(
    ctx: &Context<'_>,
    op: &Op,
    reader: &Reader,
    def: &'static Def,
    asked: &[&By],
) -> ServerResult<Vec<Answer>> {
    let field = ctx.item;
    let plan = planned(ctx, op, reader, field, def, |planner, alike| {
        planner.one(def, Asked::Itself, alike)
    })?;
    let bound = bound(ctx, op, reader, &plan, None)?;
    let runner = Runner { reader, cursors: &op.settings().cursors };
    let ids = identities(ctx, &runner, reader, def, asked).await?;
    let mut distinct: Vec<Uuid> = ids.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let found =
        runner.each(&bound, &plan.form, &distinct).await.map_err(|fault| fault_at(ctx, fault))?;
    tell_withheld(ctx, &plan);
    let answer = |id: &Option<Uuid>| {
        let place = id.and_then(|id| distinct.binary_search(&id).ok());
        place.and_then(|place| found.get(place)).map_or(Answer::Null, |json| raw(json.clone()))
    };
    Ok(ids.iter().map(answer).collect())
}

/// The id of each of `asked`: keys other than the id are looked up, one statement for each key.
async fn identities(
    ctx: &Context<'_>,
    runner: &Runner<'_>,
    reader: &Reader,
    def: &'static Def,
    asked: &[&By],
) -> ServerResult<Vec<Option<Uuid>>> {
    let mut ids: Vec<Option<Uuid>> = asked
        .iter()
        .map(|by| match by {
            By::Id(id) => Some(*id),
            By::Key(..) => None,
        })
        .collect();
    for key in def.entity_keys() {
        let (places, texts): (Vec<usize>, Vec<String>) = asked
            .iter()
            .enumerate()
            .filter_map(|(place, by)| match by {
                By::Key(known, text) if known.name == key.name => Some((place, text.clone())),
                _ => None,
            })
            .unzip();
        if texts.is_empty() {
            continue;
        }
        let found = runner.named(def, key, &texts, reader.today).await;
        for (place, id) in places.into_iter().zip(found.map_err(|fault| fault_at(ctx, fault))?) {
            ids[place] = id;
        }
    }
    Ok(ids)
}

fn fault_at(ctx: &Context<'_>, fault: crate::db::DbFault) -> ServerError {
    ctx.set_error_path(of_fault(&fault.into(), Some(ctx.item.pos)))
}

/// The answers to the representations of each `_entities` field: async-graphql asks for each alone.
#[derive(Default)]
pub struct Entities(tokio::sync::Mutex<HashMap<Pos, HashMap<Identity, Answer>>>);

impl Entities {
    /// The answer to `representation`, read together with all others of its field.
    pub(super) async fn answer(
        &self,
        nodes: &[&'static Def],
        ctx: &Context<'_>,
        op: &Op,
        representation: &Answer,
    ) -> ServerResult<Answer> {
        let named = Named::by_representation(nodes, representation);
        let mut fields = self.0.lock().await;
        let answers = match fields.entry(ctx.item.pos) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                // On the heap: each representation has a future like this one, and only the first reads.
                new.insert(Box::pin(all(nodes, ctx, op)).await?)
            }
        };
        let found = named.and_then(|named| answers.get(&named.identity()));
        Ok(found.cloned().unwrap_or(Answer::Null))
    }
}

/// The answers to all representations of the field in `ctx`, by what they name.
async fn all(
    nodes: &[&'static Def],
    ctx: &Context<'_>,
    op: &Op,
) -> ServerResult<HashMap<Identity, Answer>> {
    let named = represented(nodes, ctx)?;
    let answers = unharmed(ctx, op, &named).await;
    let named = named.into_iter().zip(answers);
    Ok(named.filter_map(|(named, answer)| Some((named?.identity(), answer))).collect())
}

/// The answers to all representations of the field in `ctx`, in their order.
///
/// # Errors
///
/// What is wrong with the argument.
pub(super) async fn entities(
    nodes: &[&'static Def],
    ctx: &Context<'_>,
    op: &Op,
) -> ServerResult<Vec<Answer>> {
    let named = represented(nodes, ctx)?;
    Ok(unharmed(ctx, op, &named).await)
}

/// The answers for `named`. A fault leaves all of them null, with one error, and takes no neighbour with it.
async fn unharmed(ctx: &Context<'_>, op: &Op, named: &[Option<Named>]) -> Vec<Answer> {
    answers(ctx, op, named).await.unwrap_or_else(|mut error| {
        if error.path.is_empty() {
            error.path = vec![PathSegment::Field(ctx.item.node.response_key().node.to_string())];
        }
        ctx.add_error(error);
        vec![Answer::Null; named.len()]
    })
}

/// What each representation of the field in `ctx` names.
fn represented(nodes: &[&'static Def], ctx: &Context<'_>) -> ServerResult<Vec<Option<Named>>> {
    let written = ctx.item.node.get_argument("representations").map(|argument| &argument.node);
    // Looked at where they are: a copy of a hundred of them costs more than reading their rows.
    if let Some(Written::Variable(name)) = written
        && let Some(Answer::List(given)) = ctx.query_env.variables.get(name)
    {
        return Ok(given.iter().map(|given| Named::by_representation(nodes, given)).collect());
    }
    let (_, given) = ctx.param_value::<Vec<async_graphql::Any>>("representations", None)?;
    Ok(given.iter().map(|any| Named::by_representation(nodes, &any.0)).collect())
}
