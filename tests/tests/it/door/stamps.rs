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
        let officer = world.token_of("leaving");
        world.grant_to("leaving", Role::LicensingOfficer, GrantScope::Nation).await;
        let account = world.uuid(account_id(DemoIssuer::NAME, "leaving"));
        let entity = "organisation { name identifiers { verifiedBy } }";
        let rename = async |tenant: &Tenant, name: &str| {
            let input = json!({ "id": tenant.global_id(), "expectedVersion": 1, "name": name });
            let document = mutation("organisationRename", entity);
            let body = world.query(Some(&officer), &document, json!({ "input": input })).await;
            let organisation = &body["data"]["organisationRename"]["organisation"];
            assert_eq!(organisation["name"], name, "{body}");
            (organisation["identifiers"][0]["verifiedBy"].is_string(), body["errors"][0]["extensions"]["code"].clone())
        };
        assert_eq!(rename(&world.a, "Renamed").await, (true, Value::Null));
        // Rights that end between the change and what is read of it.
        for statement in [
            format!(
                "create function leave() returns trigger language plpgsql security definer as $$ begin \
                   delete from role_grant where account_id = {account}; return null; end $$"
            ),
            "create constraint trigger leaves after insert on audit_event deferrable initially deferred \
               for each row execute function leave()".to_owned(),
        ] {
            world.database.eye.execute(&statement).await.expect("it is made");
        }
        assert_eq!(rename(&world.b, "Renamed too").await, (false, json!("FORBIDDEN")));
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
