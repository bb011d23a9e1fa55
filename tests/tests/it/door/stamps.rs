//! Whatever changes what an account may do gives it a new stamp, and no other account.

use alongside::actor::demo_issuer::DemoIssuer;
use alongside::actor::service::account_id;
use alongside::actor::{GrantScope, Role};
use serde_json::{Value, json};
use tests::world::{Tenant, mutation};
use tests::{World, on_postgres};

/// The stamps of the two accounts.
async fn stamps(world: &World, accounts: [&str; 2]) -> [String; 2] {
    let mut stamps = Vec::new();
    for account in accounts {
        let sql = format!("select stamp::text from account_stamp where account_id = {account}");
        stamps.push(world.database.eye.texts(&sql).await.remove(0));
    }
    stamps.try_into().expect("two accounts")
}

/// An officer who renames organisations, and asks for each twice.
struct Renamed<'w> {
    world: &'w World,
    account: String,
}

impl<'w> Renamed<'w> {
    async fn new(world: &'w World) -> Self {
        world.grant_to("leaving", Role::LicensingOfficer, GrantScope::Nation).await;
        let account = world.uuid(account_id(DemoIssuer::NAME, "leaving"));
        Self { world, account }
    }

    /// Runs `change`, of the officer's account, with every write from now on.
    async fn with_the_write(&self, change: &str) {
        let function = format!(
            "create or replace function leave() returns trigger language plpgsql security definer as $$ begin \
               {change} = {}; return null; end $$",
            self.account
        );
        let trigger = "create constraint trigger leaves after insert on audit_event \
            deferrable initially deferred for each row execute function leave()";
        for statement in [&function, "drop trigger if exists leaves on audit_event", trigger] {
            self.world.database.eye.execute(statement).await.expect("it is made");
        }
    }

    async fn body(&self, tenant: &Tenant, version: i32) -> Value {
        let entity = "a: organisation { name identifiers { verifiedBy } sites(first: 5) { nodes { id } } } b: organisation { id }";
        let name = format!("Version {}", version + 1);
        let input = json!({ "id": tenant.global_id(), "expectedVersion": version, "name": name });
        let document = mutation("organisationRename", entity);
        // A day has one name.
        self.world.set_clock(&format!("2026-06-{version:02}T12:00:00Z"));
        let token = self.world.token_of("leaving");
        self.world.query(Some(&token), &document, json!({ "input": input })).await
    }

    /// Whether what only officers see is there, and what is told of errors.
    async fn verified(&self, tenant: &Tenant, version: i32) -> (bool, Value) {
        let body = self.body(tenant, version).await;
        let payload = &body["data"]["organisationRename"];
        assert_eq!(payload["b"]["id"], tenant.global_id(), "{body}");
        assert_eq!(payload["a"]["name"], format!("Version {}", version + 1), "{body}");
        let told = |error: &Value| {
            let path = error["path"].as_array().and_then(|path| path.last());
            json!([error["extensions"]["code"], path])
        };
        let errors = body["errors"].as_array().map(|errors| errors.iter().map(told).collect());
        (
            payload["a"]["identifiers"][0]["verifiedBy"].is_string(),
            errors.unwrap_or_else(|| json!([])),
        )
    }
}

on_postgres! {
    async fn whatever_changes_an_account_gives_it_a_new_stamp(world: World) {
        let mut accounts = Vec::new();
        for (subject, tenant) in [("first", &world.a), ("second", &world.b)] {
            let scope = GrantScope::Organisation(tenant.id);
            world.grant_to(subject, Role::PartnerCoordinator, scope).await;
            accounts.push(world.uuid(account_id(DemoIssuer::NAME, subject)));
        }
        let (first, second) = (accounts[0].as_str(), accounts[1].as_str());
        let person = "insert into person select '0192f0c1-0000-7000-8000-000000000001', 'Ada', null, null, 'Ada', \
            null, null, now(), now(), 1";
        let link = format!(
            "insert into person_account values ('0192f0c1-0000-7000-8000-000000000002', \
             '0192f0c1-0000-7000-8000-000000000001', {first}, '2026-01-01', null)"
        );
        for (change, changed) in [
            (format!("update role_grant set valid_to = '2026-05-01' where account_id = {first}"), [true, false]),
            (format!("update role_grant set account_id = {second} where account_id = {first}"), [true, true]),
            (format!("delete from role_grant where account_id = {second}"), [false, true]),
            (format!("update account set enabled = false where id = {second}"), [false, true]),
            (person.to_owned(), [false, false]),
            (link, [true, false]),
            ("update person_account set valid_to = '2026-05-01'".to_owned(), [true, false]),
            ("delete from person_account".to_owned(), [true, false]),
            ("delete from person".to_owned(), [false, false]),
        ] {
            let before = stamps(&world, [first, second]).await;
            world.database.eye.execute(&change).await.expect("it is changed");
            let after = stamps(&world, [first, second]).await;
            assert_eq!([before[0] != after[0], before[1] != after[1]], changed, "{change}");
        }
    }

    async fn a_payload_shows_what_its_reader_may_see_once_it_is_written(world: World) {
        let renamed = Renamed::new(&world).await;
        assert_eq!(renamed.verified(&world.a, 1).await, (true, json!([])));
        // What is asked twice is read again for both.
        renamed.with_the_write("update account_stamp set stamp = gen_random_uuid() where account_id").await;
        for version in 2..22 {
            assert_eq!(renamed.verified(&world.a, version).await, (true, json!([])));
        }
        renamed.with_the_write("delete from role_grant where account_id").await;
        let withheld = json!([["FORBIDDEN", "verifiedBy"]]);
        assert_eq!(renamed.verified(&world.b, 1).await, (false, withheld));
    }

    async fn who_is_shut_out_with_a_write_is_told_that_it_was_made(world: World) {
        let renamed = Renamed::new(&world).await;
        for (tenant, shut_out) in [(&world.a, false), (&world.b, true)] {
            if shut_out {
                renamed.with_the_write("update account set enabled = false where id").await;
            }
            let body = renamed.body(tenant, 1).await;
            let organisation = &body["data"]["organisationRename"]["a"];
            assert_eq!(organisation["name"] == "Version 2", !shut_out, "{body}");
            if shut_out {
                assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN", "{body}");
                let told = body["errors"][0]["message"].as_str().expect("a message");
                assert!(told.starts_with("the change was made"), "{told}");
            }
            let of = world.uuid(tenant.id);
            assert_eq!(world.database.eye.rows_where("organisation", &format!("id = {of} and version = 2")).await, 1);
        }
    }

    async fn a_change_that_is_rolled_back_leaves_the_stamp_and_the_scope_as_they_were(world: World) {
        let scope = GrantScope::Organisation(world.a.id);
        for subject in ["first", "second"] {
            world.grant_to(subject, Role::PartnerCoordinator, scope).await;
        }
        let [first, second] =
            ["first", "second"].map(|subject| world.uuid(account_id(DemoIssuer::NAME, subject)));
        let before = stamps(&world, [&first, &second]).await;
        let db = world.app.core().db();
        let tx = db.begin(alongside::db::Access::Write, &tests::world::system_scope()).await.expect("it begins");
        let kind = "select current_setting('app.kind', true)";
        let withdrawn = format!("update role_grant set valid_to = '2026-05-01' where account_id = {first}");
        sea_orm::ConnectionTrait::execute_unprepared(&tx, &withdrawn).await.expect("it is withdrawn");
        assert_eq!(tests::eye::texts(&tx, kind).await.expect("it reads"), ["system"]);
        tx.rollback().await;
        assert_eq!(stamps(&world, [&first, &second]).await, before);
    }
}
