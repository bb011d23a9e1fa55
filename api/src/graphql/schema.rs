//! The schema: one line per aggregate.

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions, Schema};

use crate::config::ApiSettings;
use crate::read::ReadRoots;
use crate::read::declaration::Root;
use crate::{actor, import, organisation, reference};

/// The root fields of every aggregate.
const ROOTS: &[&[Root]] = &[
    reference::graphql::ROOTS,
    organisation::graphql::ROOTS,
    import::graphql::ROOTS,
    actor::graphql::ROOTS,
];

/// What can be asked.
#[derive(MergedObject)]
#[graphql(name = "Query")]
pub struct Query(
    ReadRoots,
    reference::graphql::ReferenceQueries,
    organisation::graphql::OrganisationQueries,
    actor::graphql::ViewerQueries,
);

/// What can be changed.
#[derive(MergedObject)]
#[graphql(name = "Mutation")]
pub struct Mutation(organisation::graphql::OrganisationMutations, import::graphql::ImportMutations);

/// The API's schema.
pub type ApiSchema = Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema with the limits of `settings`.
#[must_use]
pub fn build(settings: &ApiSettings) -> ApiSchema {
    let query = Query(
        ReadRoots::new(ROOTS),
        reference::graphql::ReferenceQueries,
        organisation::graphql::OrganisationQueries,
        actor::graphql::ViewerQueries,
    );
    let mutation =
        Mutation(organisation::graphql::OrganisationMutations, import::graphql::ImportMutations);
    Schema::build(query, mutation, EmptySubscription)
        .limit_complexity(settings.max_cost)
        .limit_depth(settings.max_depth)
        .disable_suggestions()
        .finish()
}

/// The schema as text, sorted.
#[must_use]
pub fn sdl(schema: &ApiSchema) -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    let text = schema.sdl_with_options(options);
    format!("{}\n", text.trim_end())
}
