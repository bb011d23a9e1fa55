//! Payloads of mutations: the nullable entity, what follows from the change, and `userErrors` whose
//! code is an enumeration of the mutation's own.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::parser::types::Field as AstField;
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, OutputType, Positioned, ServerError,
    ServerResult, Value,
};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::error::ErrorCode;
use super::reply::code_of;
use crate::actor::Permission;
use crate::command::Outcome;
use crate::read::registry::meta::{choice, field, object};
use crate::read::{One, Op, Readable};
use crate::refusal::{Code, Refusal};

/// What a mutation gives back, for the schema.
pub trait Mutation: Send + Sync + 'static {
    /// The mutation's name with a capital, such as `OrganisationClose`.
    const NAME: &'static str;
    /// What whoever asks must hold somewhere; `None` where the service asks for something else.
    const PERMISSION: Option<Permission>;
    /// The entity of its payload.
    type Entity: Readable;
    /// The field of the entity.
    const FIELD: &'static str;
    /// The codes that it can give, besides the common ones.
    const CODES: &'static [Code];
    /// The name and description of a text that it tells beside the entity, if it does.
    const TELLS: Option<(&'static str, &'static str)> = None;
}

/// Codes that every mutation can give.
const COMMON: [Code; 5] =
    [Code::NotFound, Code::Forbidden, Code::Conflict, Code::IdempotencyMismatch, Code::Invalid];

/// The permission that a mutation needs somewhere; `SignedIn` for none.
#[macro_export]
macro_rules! needed {
    (SignedIn) => {
        None
    };
    ($permission:ident) => {
        Some($crate::actor::Permission::$permission)
    };
}

/// Declares mutations: name, the permission that it needs somewhere, or `SignedIn`, entity and codes.
#[macro_export]
macro_rules! mutations {
    ($($name:ident by $permission:ident -> $field:ident: $entity:ty, [$($code:ident),*];)+) => {$(
        #[doc = concat!("The mutation `", stringify!($name), "`.")]
        pub struct $name;

        impl $crate::graphql::payload::Mutation for $name {
            const NAME: &'static str = stringify!($name);
            const PERMISSION: Option<$crate::actor::Permission> = $crate::needed!($permission);
            type Entity = $entity;
            const FIELD: &'static str = stringify!($field);
            const CODES: &'static [$crate::refusal::Code] = &[$($crate::refusal::Code::$code),*];
        }
    )+};
}

/// The payload of mutation `M`.
pub struct Payload<M> {
    entity: Option<Uuid>,
    told: Option<SecretString>,
    impact: Vec<String>,
    refusals: Vec<Refusal>,
    mutation: PhantomData<fn() -> M>,
}

impl<M: Mutation> Payload<M> {
    /// The payload of an outcome; `entity` finds the entity and the consequences in the answer. A dry
    /// run has consequences but no entity.
    pub fn of<T>(
        outcome: Outcome<T>,
        dry_run: bool,
        parts: impl FnOnce(T) -> (Uuid, Vec<String>),
    ) -> Self {
        let (entity, impact, refusals) = match outcome {
            Outcome::Done(answer) => {
                let (entity, impact) = parts(answer);
                ((!dry_run).then_some(entity), impact, Vec::new())
            }
            Outcome::Refused(refusals) => (None, Vec::new(), refusals),
        };
        Self { entity, told: None, impact, refusals, mutation: PhantomData }
    }

    /// The same with the text that it tells.
    #[must_use]
    pub fn telling(self, told: Option<SecretString>) -> Self {
        Self { told, ..self }
    }

    /// The payload that refuses the request.
    #[must_use]
    pub const fn refused(refusals: Vec<Refusal>) -> Self {
        Self { entity: None, told: None, impact: Vec::new(), refusals, mutation: PhantomData }
    }

    /// Every code that the mutation can give.
    pub fn codes() -> impl Iterator<Item = Code> {
        COMMON.into_iter().chain(M::CODES.iter().copied())
    }
}

impl<M: Mutation> OutputType for Payload<M> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Payload", M::NAME))
    }

    /// Nullable: a mutation that fails takes none of its neighbours' answers with it.
    fn qualified_type_name() -> String {
        format!("{}Payload", M::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let entity = One::<M::Entity>::create_type_info(registry);
            let error = UserError::<M>::create_type_info(registry);
            let error = error.trim_end_matches('!');
            let mut fields = vec![
                field(
                    M::FIELD,
                    "The entity after the change; null if it was refused or only tried.",
                    entity,
                    Vec::new(),
                ),
                field(
                    "impact",
                    "What follows from the change, in words.",
                    "[String!]!".to_owned(),
                    Vec::new(),
                ),
                field(
                    "userErrors",
                    "Why nothing was written; empty if the change was made.",
                    format!("[{error}!]!"),
                    Vec::new(),
                ),
            ];
            if let Some((name, description)) = M::TELLS {
                fields.push(field(name, description, "String".to_owned(), Vec::new()));
            }
            let description = format!("What `{}` gives back.", lower_first(M::NAME));
            object(&Self::type_name(), &description, fields, Some(std::any::type_name::<Self>()))
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<AstField>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<M: Mutation> ContainerType for Payload<M> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let below = ctx.with_selection_set(&ctx.item.node.selection_set);
        let value = match ctx.item.node.name.node.as_str() {
            "userErrors" => {
                let errors: Vec<UserError<M>> =
                    self.refusals.iter().cloned().map(UserError::new).collect();
                OutputType::resolve(&errors, &below, ctx.item).await?
            }
            "impact" => Value::List(self.impact.iter().cloned().map(Value::from).collect()),
            name if name == M::FIELD => match self.entity {
                Some(id) => {
                    let op: &Op = ctx.data_unchecked::<Arc<Op>>();
                    let (entity, reader) = (One::<M::Entity>::by_id(id), op.reader().await);
                    let mut read = entity.resolve(&below, ctx.item).await;
                    if let (Err(_), Ok(reader)) = (&read, reader)
                        && op.reads_again(&reader).await
                    {
                        read = entity.resolve(&below, ctx.item).await;
                    }
                    read.unwrap_or_else(|error| {
                        ctx.add_error(written(error));
                        Value::Null
                    })
                }
                None => Value::Null,
            },
            name if M::TELLS.is_some_and(|(told, _)| told == name) => {
                self.told.as_ref().map_or(Value::Null, |text| text.expose_secret().into())
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }
}

/// The change stands though reading it failed: repeating it would make it twice, and who is refused now was not
/// refused then.
fn written(mut error: ServerError) -> ServerError {
    if code_of(&error) == Some("UNAUTHENTICATED") {
        let message = "the change was made, but your access ended before it could be read back";
        let ended = ErrorCode::Forbidden.error(message, error.locations.first().copied());
        return ServerError { path: error.path, ..ended };
    }
    if let Some(extensions) = error.extensions.as_mut()
        && extensions.get("retryable").is_some()
    {
        extensions.set("retryable", false);
        error.message = "the change was made, but could not be read back: read it again".to_owned();
    }
    error
}

/// One entry of `userErrors`.
struct UserError<M> {
    refusal: Refusal,
    mutation: PhantomData<fn() -> M>,
}

impl<M> UserError<M> {
    const fn new(refusal: Refusal) -> Self {
        Self { refusal, mutation: PhantomData }
    }
}

impl<M: Mutation> OutputType for UserError<M> {
    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}UserError", M::NAME))
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let code = format!("{}ErrorCode", M::NAME);
            let mutation = lower_first(M::NAME);
            let values = Payload::<M>::codes()
                .map(|code| (code.text().to_owned(), code.description().to_owned()))
                .collect();
            let description = format!("Why `{mutation}` was refused. New values may appear.");
            registry.types.insert(code.clone(), choice(&code, &description, values));
            let fields = vec![
                field("code", "The reason.", format!("{code}!"), Vec::new()),
                field("message", "What to do next, in words.", "String!".to_owned(), Vec::new()),
                field(
                    "path",
                    "The input field it concerns, from `input` downwards.",
                    "[String!]!".to_owned(),
                    Vec::new(),
                ),
            ];
            let description = format!("A reason why `{mutation}` wrote nothing.");
            object(&Self::type_name(), &description, fields, Some(std::any::type_name::<Self>()))
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<AstField>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<M: Mutation> ContainerType for UserError<M> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let refusal = &self.refusal;
        Ok(match ctx.item.node.name.node.as_str() {
            "code" => Some(Value::Enum(Name::new(refusal.code.text()))),
            "message" => Some(Value::from(refusal.message.clone())),
            "path" => Some(Value::List(refusal.path.iter().cloned().map(Value::from).collect())),
            _ => None,
        })
    }
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
