//! The schemas of the two audiences.

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, Schema, ValidationMode};

use super::guard::Shape;
use crate::aggregates::{Computed, Mutation, ROOTS};
use crate::read::ReadRoots;
use crate::read::declaration::reachable;
pub use crate::read::registry::Audience;

/// Deepest nesting of selection sets that async-graphql takes: the guard's limits are reached before.
const MAX_NESTING: usize = 200;

// The last part is asked first: entities have to be, for the others refuse a representation that does not
// name its type.
/// What can be asked.
#[derive(MergedObject)]
#[graphql(name = "Query")]
pub struct Query(Computed, ReadRoots);

/// The API's schema.
pub type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

/// A schema with what the guard has to know of it.
pub struct Built {
    /// The schema.
    pub schema: ApiSchema,
    /// The same, for documents that it has validated.
    pub trusting: ApiSchema,
    /// Its shape.
    pub shape: Shape,
}

/// The schemas of the two audiences: what only a gateway may ask does not exist for the others.
pub struct Schemas {
    clients: Built,
    gateway: Built,
}

impl Schemas {
    /// Builds both.
    #[must_use]
    pub fn build() -> Self {
        Self { clients: build(Audience::Clients), gateway: build(Audience::Gateway) }
    }

    /// The schema of `audience`.
    #[must_use]
    pub const fn of(&self, audience: Audience) -> &Built {
        match audience {
            Audience::Clients => &self.clients,
            Audience::Gateway => &self.gateway,
        }
    }
}

/// Builds the schema of `audience`.
#[must_use]
pub fn build(audience: Audience) -> Built {
    let schema = |mode: ValidationMode| {
        let query = Query(Computed::default(), ReadRoots::new(ROOTS, audience));
        let builder = Schema::build(query, Mutation::default(), EmptySubscription)
            .validation_mode(mode)
            .limit_recursive_depth(MAX_NESTING)
            .disable_suggestions();
        // Where federation is not on, async-graphql looks through all types for entities, at each root field.
        // Questions about the schema are left to the validating one: they show no difference.
        if matches!(mode, ValidationMode::Fast) {
            builder.enable_federation().finish()
        } else {
            builder.finish()
        }
    };
    let (schema, trusting) = (schema(ValidationMode::Strict), schema(ValidationMode::Fast));
    let shape = Shape::of(&schema.sdl(), &reachable(ROOTS));
    Built { schema, trusting, shape }
}

/// The schema of `audience` as text, sorted: the API's, or the subgraph's.
#[must_use]
pub fn sdl(audience: Audience) -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    let options = match audience {
        Audience::Clients => options.include_specified_by(),
        Audience::Gateway => options.include_specified_by().federation(),
    };
    let text = build(audience).schema.sdl_with_options(options);
    format!("{}\n", text.trim_end())
}
