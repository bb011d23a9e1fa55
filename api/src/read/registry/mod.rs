//! Declarations as types of async-graphql: the one module that fills its hidden registry. (Payloads of
//! mutations are put together from the same parts, in `graphql/payload.rs`.)
//!
//! async-graphql stays the engine for parsing, validation, introspection and mutations. A readable is
//! an output type that resolves its own selection: [`ReadRoots`] for the root fields, [`One`] for the
//! entity in a mutation's payload.

pub mod meta;
mod named;
mod types;

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::parser::types::{Field as AstField, SelectionSet};
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextBase, ContextSelectionSet, Name, ObjectType, OutputType,
    PathSegment, Positioned, ServerError, ServerResult, Value as Answer,
};
use sea_orm::Value;
use uuid::Uuid;

use self::meta::object;
pub use self::named::Entities;
use self::named::Named;
use self::types::{node_fields, register, root_field};
use super::arguments::date_argument;
use super::declaration::{Def, Kind, Readable, Root, RootForm, reachable};
use super::op::Op;
use super::plan::{Form, Level, PlanError, Planner, bad};
use super::run::Runner;
use super::value::parameter;
use crate::graphql::error::{ErrorCode, of_fault};

/// The condition that finds a row by its id.
const BY_ID: &str = "t.id = {value}";

/// One row of `T` by a key, for payloads and computed queries. Null if the actor may not see it.
pub struct One<T> {
    condition: &'static str,
    value: Value,
    readable: PhantomData<fn() -> T>,
}

impl<T: Readable> One<T> {
    /// The row with this id.
    #[must_use]
    pub fn by_id(id: Uuid) -> Self {
        Self { condition: BY_ID, value: id.into(), readable: PhantomData }
    }

    /// The row whose key `name` is `value`; `None` if the declaration has no such key.
    #[must_use]
    pub fn by_key(name: &str, value: String) -> Option<Self> {
        let key = T::def().rows.keys.iter().find(|key| key.name == name)?;
        Some(Self { condition: key.condition, value: value.into(), readable: PhantomData })
    }
}

impl<T: Readable> OutputType for One<T> {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::def().name)
    }

    fn qualified_type_name() -> String {
        T::def().name.to_owned()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register(T::def(), registry);
        T::def().name.to_owned()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<AstField>,
    ) -> ServerResult<Answer> {
        let selection: &SelectionSet = &ctx.item.node;
        let key = (self.condition, Some(self.value.clone()));
        resolve(ctx, |planner| planner.one(T::def(), key, None, selection)).await
    }
}

/// The root fields of all declarations, `node` and `nodes`, and the entities of a federation.
pub struct ReadRoots {
    roots: &'static [&'static [Root]],
    /// The types whose rows can be asked for by their ids.
    nodes: Vec<&'static Def>,
}

/// The name under which the roots are registered before they are merged into `Query`.
const ROOTS_NAME: &str = "ReadRoots";

/// For whom a schema is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Clients: with `node` and `nodes`.
    Clients,
    /// A federation gateway: with the keys of entities instead.
    Gateway,
}

/// The schema being built: `create_type_info` has no receiver to find it in.
#[derive(Clone, Copy)]
struct Building {
    roots: &'static [&'static [Root]],
    audience: Audience,
}

thread_local! {
    static BUILDING: std::cell::Cell<Building> =
        const { std::cell::Cell::new(Building { roots: &[], audience: Audience::Clients }) };
}

impl ReadRoots {
    /// These roots, also for the schema that is built next on this thread.
    #[must_use]
    pub fn new(roots: &'static [&'static [Root]], audience: Audience) -> Self {
        BUILDING.set(Building { roots, audience });
        let nodes = reachable(roots).into_iter().filter(|def| def.is_node()).collect();
        Self { roots, nodes }
    }
}

impl OutputType for ReadRoots {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(ROOTS_NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let Building { roots, audience } = BUILDING.get();
            let roots = roots.iter().flat_map(|roots| roots.iter());
            let mut fields: Vec<_> = roots.map(|root| root_field(root, registry)).collect();
            if audience == Audience::Clients {
                fields.extend(node_fields(registry));
            }
            object(ROOTS_NAME, "", fields, Some(std::any::type_name::<Self>()))
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<AstField>,
    ) -> ServerResult<Answer> {
        async_graphql::resolver_utils::resolve_container(ctx, self).await
    }
}

impl ContainerType for ReadRoots {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Answer>> {
        let name = ctx.item.node.name.node.as_str();
        let answer = match name {
            "node" => self.node(ctx).await,
            "nodes" => self.nodes(ctx).await,
            _ => match self.roots.iter().flat_map(|r| r.iter()).find(|root| root.name == name) {
                Some(root) => self.resolve_root(root, ctx).await,
                None => return Ok(None),
            },
        };
        // Every root is nullable: what fails is null, and its neighbours stay.
        Ok(Some(answer.unwrap_or_else(|error| {
            ctx.add_error(error);
            Answer::Null
        })))
    }

    async fn find_entity(
        &self,
        ctx: &Context<'_>,
        representation: &Answer,
    ) -> ServerResult<Option<Answer>> {
        let op: &Op = ctx.data_unchecked::<Arc<Op>>();
        op.entities().answer(&self.nodes, ctx, op, representation).await.map(Some)
    }
}

impl ReadRoots {
    async fn node(&self, ctx: &Context<'_>) -> ServerResult<Answer> {
        let (_, id) = ctx.param_value::<async_graphql::ID>("id", None)?;
        let answers = self.by_ids(ctx, &[id]).await?;
        Ok(answers.into_iter().next().unwrap_or(Answer::Null))
    }

    async fn nodes(&self, ctx: &Context<'_>) -> ServerResult<Answer> {
        let (_, ids) = ctx.param_value::<Vec<async_graphql::ID>>("ids", None)?;
        self.by_ids(ctx, &ids).await.map(Answer::List)
    }

    async fn by_ids(
        &self,
        ctx: &Context<'_>,
        ids: &[async_graphql::ID],
    ) -> ServerResult<Vec<Answer>> {
        let op: &Op = ctx.data_unchecked::<Arc<Op>>();
        let named: Vec<Option<Named>> =
            ids.iter().map(|id| Named::by_id(&self.nodes, id)).collect();
        if named.iter().any(Option::is_none) {
            let message =
                "an id must be a prefix of a type, an underscore and 32 hexadecimal digits";
            let error = ErrorCode::BadUserInput.error(message, Some(ctx.item.pos));
            return Err(ctx.set_error_path(error));
        }
        named::answers(ctx, op, &named).await
    }

    async fn resolve_root(&self, root: &'static Root, ctx: &Context<'_>) -> ServerResult<Answer> {
        let (def, field) = ((root.target)(), ctx.item);
        match root.form {
            RootForm::Page => resolve(ctx, |planner| planner.page(def, root.only, field)).await,
            RootForm::By => {
                resolve(ctx, |planner| {
                    let arguments = planner.arguments(field)?;
                    let as_of = date_argument(&arguments, field.pos)?;
                    let key = key(def, arguments.get("by"), field)?;
                    planner.one(def, key, as_of, &field.node.selection_set.node)
                })
                .await
            }
        }
    }
}

impl ObjectType for ReadRoots {}

/// Plans and runs a selection in the operation's read transaction.
async fn resolve<'a, T>(
    ctx: &ContextBase<'a, T>,
    plan: impl FnOnce(&mut Planner<'a, '_>) -> Result<(Level, Form), PlanError>,
) -> ServerResult<Answer> {
    let fault = |fault: crate::db::DbFault| ctx.set_error_path(of_fault(&fault.into(), None));
    let op: &Op = ctx.data_unchecked::<Arc<Op>>();
    let reader = op.reader().await.map_err(fault)?;
    let (level, form) = {
        // The planner borrows the reader only while it plans.
        let reader: &super::op::Reader = &reader;
        plan_with(ctx, op, reader, plan)?
    };
    let runner = Runner { tx: &reader.tx, cursors: &op.settings().cursors };
    runner.root(&level, &form).await.map_err(fault)
}

fn plan_with<'a, T>(
    ctx: &ContextBase<'a, T>,
    op: &Op,
    reader: &super::op::Reader,
    plan: impl FnOnce(&mut Planner<'a, '_>) -> Result<(Level, Form), PlanError>,
) -> ServerResult<(Level, Form)> {
    let mut planner = Planner::new(ctx.query_env, op, reader);
    let planned = plan(&mut planner).map_err(|error| {
        below(ctx, &planner.path, error.code.error(error.message, Some(error.at)))
    })?;
    for (path, at) in planner.withheld {
        let message = "your roles do not let you read this field";
        ctx.add_error(below(ctx, &path, ErrorCode::Forbidden.error(message, Some(at))));
    }
    Ok(planned)
}

/// `error` with the path of the field being resolved and then `path`.
fn below<T>(ctx: &ContextBase<'_, T>, path: &[Name], error: ServerError) -> ServerError {
    let mut error = ctx.set_error_path(error);
    error.path.extend(path.iter().map(|name| PathSegment::Field(name.to_string())));
    error
}

/// The key that a `by` argument names.
fn key(
    def: &'static Def,
    by: Option<&Answer>,
    field: &Positioned<AstField>,
) -> Result<(&'static str, Option<Value>), PlanError> {
    let Some(Answer::Object(by)) = by else { return Err(bad("by must be an object", field.pos)) };
    let mut given = by.iter().filter(|(_, value)| **value != Answer::Null);
    let (Some((name, value)), None) = (given.next(), given.next()) else {
        return Err(bad("by must name exactly one key", field.pos));
    };
    if name == "id" {
        let prefix = def.rows.prefix;
        let id = parameter(Kind::Id(prefix), value).ok_or_else(|| {
            bad(format!("by.id must be {prefix}_ and 32 hexadecimal digits"), field.pos)
        })?;
        return Ok((BY_ID, Some(id)));
    }
    let key = def.rows.keys.iter().find(|key| key.name == name.as_str());
    match (key, parameter(Kind::Text, value)) {
        (Some(key), Some(value)) => Ok((key.condition, Some(value))),
        _ => Err(bad(format!("by.{name} is not known or not text"), field.pos)),
    }
}
