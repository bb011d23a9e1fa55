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

use async_graphql::parser::types::Field as AstField;
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextBase, ContextSelectionSet, Name, ObjectType, OutputType,
    PathSegment, Positioned, QueryEnvInner, QueryPathSegment, ServerError, ServerResult,
    Value as Answer,
};
use bytes::Bytes;
use sea_orm::Value;
use uuid::Uuid;

use self::meta::object;
pub use self::named::Entities;
use self::named::Named;
use self::types::{node_fields, register, root_field};
use super::arguments::BY_ID;
use super::bind::{Binder, Bound, Key};
use super::declaration::{Def, Readable, Root, RootForm, reachable};
use super::op::{Op, Reader};
use super::plan::{Asked, Plan, PlanError, Planner};
use super::plans::PlanKey;
use super::run::Runner;
use crate::graphql::document::{Placed, Selected, merged};
use crate::graphql::error::{ErrorCode, of_fault};

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
        field: &Positioned<AstField>,
    ) -> ServerResult<Answer> {
        let (def, key) = (T::def(), (self.condition, Some(self.value.clone())));
        resolve(ctx, field, def, Some(key), |planner, alike| planner.one(def, Asked::Key, alike))
            .await
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

/// The root that answers all representations of `_entities` at once. No schema shows it: documents come to it by
/// another name once they were validated, and a name with two underscores cannot be asked for before.
pub const ENTITIES_AT_ONCE: &str = "__entitiesAtOnce";

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
            ENTITIES_AT_ONCE => {
                let op: &Op = ctx.data_unchecked::<Arc<Op>>();
                named::entities(&self.nodes, ctx, op).await.map(Answer::List)
            }
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
        resolve(ctx, field, def, None, |planner, alike| match root.form {
            RootForm::Page => planner.page(def, root.only, alike),
            RootForm::By => planner.one(def, Asked::By, alike),
        })
        .await
    }
}

impl ObjectType for ReadRoots {}

/// Fields with one response key, whose selections are one.
type Alike<'a, 'f> = &'f [&'a Positioned<AstField>];

/// Plans and runs the selection of `field` in the operation's read transaction.
async fn resolve<'a, T>(
    ctx: &'a ContextBase<'_, T>,
    field: &'a Positioned<AstField>,
    def: &'static Def,
    key: Option<Key>,
    make: impl FnOnce(Planner<'a, '_>, Alike<'a, '_>) -> Result<Plan, PlanError>,
) -> ServerResult<Answer> {
    let fault = |fault: crate::db::DbFault| ctx.set_error_path(of_fault(&fault.into(), None));
    let op: &Op = ctx.data_unchecked::<Arc<Op>>();
    let reader = op.reader().await.map_err(fault)?;
    let plan = planned(ctx, op, &reader, field, def, make)?;
    let bound = bound(ctx, op, &reader, &plan, key)?;
    let runner = Runner { reader: &reader, cursors: &op.settings().cursors };
    let answer = runner.root(&bound, &plan.form).await.map(raw).map_err(fault)?;
    tell_withheld(ctx, &plan);
    Ok(answer)
}

/// JSON as it is: the answer's writer copies it. Nothing else of the schema is `Binary`, so that no value of a
/// client's can be taken for it.
const fn raw(json: Bytes) -> Answer {
    Answer::Binary(json)
}

/// The plan of `field` for rows of `def`, by `make` if none was made before.
fn planned<'a, T>(
    ctx: &'a ContextBase<'_, T>,
    op: &Op,
    reader: &Reader,
    field: &'a Positioned<AstField>,
    def: &'static Def,
    make: impl FnOnce(Planner<'a, '_>, Alike<'a, '_>) -> Result<Plan, PlanError>,
) -> ServerResult<Arc<Plan>> {
    let key = PlanKey { at: field.pos, name: def.name, ways: reader.actor.ways() };
    op.plans()
        .get_or(key, || make(Planner::new(ctx.query_env, &reader.actor), &alike(ctx, field)))
        .map_err(|error| below(ctx, &[], error.code.error(error.message, Some(error.at))))
}

/// `field` and the others with its response key at its place. async-graphql answers each alone and then
/// merges objects, but not JSON: so each is answered with what all of them select.
fn alike<'a, T>(
    ctx: &'a ContextBase<'_, T>,
    field: &'a Positioned<AstField>,
) -> Vec<&'a Positioned<AstField>> {
    let mut keys = Vec::new();
    let mut node = ctx.path_node.as_ref();
    while let Some(at) = node {
        if let QueryPathSegment::Name(key) = at.segment {
            keys.push(Name::new(key));
        }
        node = at.parent;
    }
    let env: &QueryEnvInner = ctx.query_env;
    let mut sets = vec![Selected { set: &env.operation.node.selection_set.node, on: "" }];
    let mut found = Vec::new();
    while let Some(key) = keys.pop() {
        found = merged(&env.fragments, &sets).swap_remove(&key).unwrap_or_default();
        let set = |placed: &Placed<'a>| &placed.field.node.selection_set.node;
        sets = found.iter().map(|placed| Selected { set: set(placed), on: "" }).collect();
    }
    if found.iter().any(|placed| placed.field.pos == field.pos) {
        found.into_iter().map(|placed| placed.field).collect()
    } else {
        vec![field]
    }
}

/// `plan` with the arguments of the request.
fn bound<'p, T>(
    ctx: &ContextBase<'_, T>,
    op: &Op,
    reader: &Reader,
    plan: &'p Plan,
    key: Option<Key>,
) -> ServerResult<Bound<'p>> {
    Binder::new(ctx.query_env, op, reader)
        .bind(plan, key)
        .map_err(|(path, error)| below(ctx, path, error.code.error(error.message, Some(error.at))))
}

/// Tells beside the data what the actor may not read of it, once it counts.
fn tell_withheld<T>(ctx: &ContextBase<'_, T>, plan: &Plan) {
    for (path, at) in &plan.withheld {
        let message = "your roles do not let you read this field";
        ctx.add_error(below(ctx, path, ErrorCode::Forbidden.error(message, Some(*at))));
    }
}

/// `error` with the path of the field being resolved and then `path`.
fn below<T>(ctx: &ContextBase<'_, T>, path: &[Name], error: ServerError) -> ServerError {
    let mut error = ctx.set_error_path(error);
    error.path.extend(path.iter().map(|name| PathSegment::Field(name.to_string())));
    error
}
