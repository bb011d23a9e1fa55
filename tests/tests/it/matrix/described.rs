//! What introspection shows where it is not open: to each what the matrix says, to the public nothing.

use std::collections::BTreeSet;
use std::ops::Deref;

use alongside::config::Introspection;
use serde_json::{Value, json};
use tests::engines::Fixture;
use tests::{Engine, World, on_both_databases};

use super::facts::{Facts, Who};
use super::marks::{Asker, askers, grant_all};
use super::policy::{Mutation, Policy};
use super::sdl::Sdl;
use super::today;
use crate::answers::{codes, list};

/// A world as in production: only accounts may ask about the schema.
struct Closed(World);

impl Deref for Closed {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Fixture for Closed {
    async fn open(engine: Engine) -> Self {
        let closed =
            World::with(engine, |config| config.api.introspection = Introspection::SignedIn);
        let world = closed.await;
        grant_all(&world).await;
        Self(world)
    }

    fn lend(&self) -> Self {
        Self(self.0.clone())
    }

    async fn close(self) {
        self.come_to_rest().await;
        self.app.core().db().close().await;
        self.database.eye.close().await;
    }
}

const FIELDS: &str =
    "{ __schema { types { kind name fields(includeDeprecated: true) { name } } } }";

/// Every field that an answer about the schema names.
fn described(body: &Value) -> BTreeSet<String> {
    let name = |thing: &Value| thing["name"].as_str().expect("a name").to_owned();
    let types = list(&body["data"]["__schema"]["types"]).iter();
    let objects = types.filter(|ty| ty["kind"] == "OBJECT" && !name(ty).starts_with("__"));
    objects
        .flat_map(|ty| {
            let fields = list(&ty["fields"]).iter();
            fields.map(|field| format!("{}.{}", name(ty), name(field))).collect::<Vec<_>>()
        })
        .collect()
}

/// The fields that the matrix hides from `who`: those shown to roles that it holds nowhere. What only the
/// national team can use is of no use within one organisation.
fn hidden(policy: &Policy, who: &Who) -> BTreeSet<String> {
    let holds = |roles: &[String]| {
        let of_the_nation = roles.iter().all(|role| policy.national.contains(role));
        let counts = |scope: &str| !of_the_nation || matches!(scope, "NATION" | "REGION");
        who.grants.iter().any(|held| roles.contains(&held.role) && counts(&held.scope))
    };
    let fields = policy
        .fields()
        .filter(|(ty, field)| policy.field(ty, field).shown_to.is_some_and(|roles| !holds(&roles)));
    let usable = |mutation: &Mutation| {
        let holders = if mutation.own { mutation.holders.as_slice() } else { &[] };
        let roles =
            [mutation.roles.as_slice(), &mutation.partners, &mutation.assigned, holders].concat();
        holds(&roles) || mutation.signed_in || mutation.everyone
    };
    let mutations = policy.mutations.iter().filter(|(_, mutation)| !usable(mutation));
    fields
        .map(|(ty, field)| format!("{ty}.{field}"))
        .chain(mutations.map(|(name, _)| format!("Mutation.{name}")))
        .collect()
}

/// What one who asks is told, besides types that no field leads to any more.
async fn told(world: &World, asker: &Asker) -> (u16, Value) {
    let answer = world.raw(asker.token.as_deref(), FIELDS, json!({})).await;
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

on_both_databases! {
    async fn introspection_shows_to_each_what_it_can_use(world: Closed) {
        let policy = Policy::read();
        let facts = Facts::read(&world, &policy, today()).await;
        let sdl = Sdl::written();
        let all: BTreeSet<String> = sdl.objects.iter()
            .flat_map(|(ty, fields)| fields.keys().map(move |field| format!("{ty}.{field}"))).collect();
        let everyone: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        let mut smallest = all.len();
        for asker in askers(&world).await {
            let who = facts.who(asker.account);
            let (status, body) = told(&world, &asker).await;
            if asker.account.is_none() || who.refused {
                assert_eq!((status, codes(&body)), (401, vec!["UNAUTHENTICATED"]), "{}", asker.name);
                assert_eq!(body.get("data"), None, "{body}");
                continue;
            }
            let (shown, hidden) = (described(&body), hidden(&policy, &who));
            let leaks: Vec<&String> = shown.intersection(&hidden).collect();
            assert_eq!(leaks, [] as [&String; 0], "{}", asker.name);
            // A type goes with the last field that leads to it: what is missing beside that is a fault.
            let usable = |place: &&&str| {
                let (ty, _) = place.split_once('.').expect("a type and a field");
                !hidden.contains(**place) && shown.iter().any(|known| known.starts_with(&format!("{ty}.")))
            };
            let lacking: Vec<&&str> = everyone.iter().filter(usable).filter(|place| !shown.contains(**place)).collect();
            assert_eq!(lacking, [] as [&&str; 0], "{}", asker.name);
            smallest = smallest.min(shown.len());
        }
        assert!(smallest < all.len(), "something is hidden from someone");
    }

    async fn a_hidden_field_is_protected_by_more_than_being_hidden(world: Closed) {
        let nobody = world.token_of("an account without roles");
        let body = world.query(Some(&nobody), "{ changeProposals { totalCount } importRuns { totalCount } }", json!({})).await;
        assert!(body["data"]["changeProposals"].is_null() || body["data"]["changeProposals"]["totalCount"] == 0, "{body}");
        let body = world.query(None, "{ __type(name: \"Organisation\") { name } }", json!({})).await;
        assert_eq!(codes(&body), ["UNAUTHENTICATED"]);
        let body = world.query(None, "{ __typename organisations { totalCount } }", json!({})).await;
        assert_eq!(body.get("errors"), None, "the name of a type is no question about the schema: {body}");
    }
}
