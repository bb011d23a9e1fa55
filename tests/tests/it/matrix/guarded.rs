//! A field with readers of its own as a filter and as an order: a declaration of the tests' own, since
//! the schema may not have one at present.

use std::sync::Arc;

use alongside::actor::{GrantScope, Identity, Permission, Role};
use alongside::budget::Payer;
use alongside::graphql::schema::Audience;
use alongside::read::declaration::{EVERYONE, Root, Rows, id, text};
use alongside::read::{Op, ReadRoots};
use alongside::readable;
use async_graphql::{EmptyMutation, EmptySubscription, Request, Schema};
use serde_json::Value;
use tests::{World, on_both_databases};

use super::marks::account;
use crate::answers::codes;

readable! {
    /// An identifier whose verifier can be asked for in every way.
    pub Probe = Rows::of("organisation_identifier", "oid").visible_to(EVERYONE)
        .owned_by("t.organisation_id").ordered_by("value");
    /// The id.
    id: id("oid"),
    /// The code.
    value: text("t.value").ordered(),
    /// Who verified it.
    verifiedBy: text("t.verified_by").filtered().ordered().only(Permission::SeeVerification),
}

const ROOTS: &[&[Root]] = &[&[Root::page::<Probe>("probes", "All of them.")]];

/// The answer to `document`, and how many statements it took.
async fn ask(world: &World, identity: Identity, document: &str) -> (Value, u64) {
    let query = ReadRoots::new(ROOTS, Audience::Clients);
    let schema = Schema::build(query, EmptyMutation, EmptySubscription).finish();
    let core = world.app.core();
    let (settings, plans) = (world.app.read_settings().clone(), Arc::default());
    let nobody = Payer::Address(std::net::Ipv4Addr::LOCALHOST.into());
    let op = Op::new(core.clone(), settings, identity, nobody, "probe".to_owned(), plans);
    let op = Arc::new(op);
    let before = core.db().statements();
    let response = schema.execute(Request::new(document).data(Arc::clone(&op))).await;
    op.finish_reading().await;
    let statements = core.db().statements() - before;
    (serde_json::to_value(&response).expect("JSON"), statements)
}

/// Every way to compare or order by the guarded field.
const ARGUMENTS: [&str; 6] = [
    "where: { verifiedBy: { startsWith: \"N\" } }",
    "where: { not: { verifiedBy: { isNull: true } } }",
    "where: { and: [{ or: [{ verifiedBy: { eq: \"x\" } }] }] }",
    "orderBy: [{ field: VERIFIED_BY }]",
    "orderBy: [{ field: VALUE }, { field: VERIFIED_BY, direction: DESC }]",
    "orderBy: [{ field: VERIFIED_BY }], where: { verifiedBy: { isNull: false } }, last: 1",
];

on_both_databases! {
    async fn a_filter_or_order_by_what_one_may_not_read_is_refused_before_any_row_is_read(world: World) {
        let subject = "an analyst";
        world.grant_to(subject, Role::Analyst, GrantScope::Nation).await;
        let (a, b) = (&world.a, &world.b);
        let mut whoever = vec![(Identity::Anonymous, 0), (Identity::account(account(subject)), 1)];
        // Who reads it of own rows would learn of the others' by their order.
        for tenant in [a, b] {
            let own = tests::given::subject(Role::PartnerCoordinator, Some(tenant.id));
            whoever.push((Identity::account(account(&own)), 1));
        }
        for (identity, grants) in whoever {
            // The first transaction of an account learns its grants and begins again.
            ask(&world, identity, "{ probes { totalCount } }").await;
            for arguments in ARGUMENTS {
                let document = format!("{{ probes({arguments}) {{ totalCount edges {{ cursor node {{ value }} }} }} }}");
                let (body, statements) = ask(&world, identity, &document).await;
                assert_eq!(codes(&body), ["FORBIDDEN"], "{document} by {identity:?}: {body}");
                assert_eq!(body["data"]["probes"], Value::Null, "{document}");
                assert_eq!(statements, grants, "{document}: nothing but the grants is read");
            }
        }
        let officer = tests::given::subject(Role::LicensingOfficer, None);
        for arguments in ARGUMENTS {
            let document = format!("{{ probes({arguments}) {{ totalCount nodes {{ verifiedBy }} }} }}");
            let (body, _) = ask(&world, Identity::account(account(&officer)), &document).await;
            assert_eq!(body.get("errors"), None, "{document}: {body}");
        }
    }
}
