//! A bug that panics harms its own request and no other.

use alongside::actor::Identity;
use alongside::command::{self, Request};
use alongside::fault::Fault;
use serde_json::json;
use tests::given::Organisation;
use tests::race::at_once;
use tests::{World, on_both_databases};

/// Registers an organisation and then panics, with its row written and locked.
async fn panic_half_way(world: &World) -> Fault {
    let request = Request {
        identity: Identity::System("tests"),
        name: "panic",
        permission: None,
        idempotency_key: None,
        input_hash: String::new(),
        dry_run: false,
        request_id: "panic".to_owned(),
    };
    let outcome = command::run(world.app.core(), request, |unit| {
        Box::pin(async move {
            Organisation::tenant_in("Fictional Panic Trust", "QE1").register(unit).await?;
            if unit.today() > chrono::NaiveDate::MIN {
                unreachable!("a bug");
            }
            Ok(())
        })
    });
    outcome.await.expect_err("a fault")
}

on_both_databases! {
    async fn a_use_case_that_panics_is_a_fault_and_writes_nothing(world: World) {
        let before = world.database.eye.contents().await;
        let fault = panic_half_way(&world).await;
        assert!(matches!(&fault, Fault::Internal(_)), "{fault:?}");
        assert_eq!(world.database.eye.contents().await, before, "nothing of it is there");
    }

    async fn requests_beside_a_panic_are_answered(world: World) {
        let answers = at_once(24, |number| {
            let world = world.clone();
            async move {
                if number % 3 == 0 {
                    panic_half_way(&world).await;
                    return true;
                }
                let tenant = if number % 2 == 0 { &world.a } else { &world.b };
                let document = "query($id: ID!) { organisation(by: { id: $id }) { name } }";
                let token = world.coordinator(tenant);
                let data = world.data(Some(&token), document, json!({ "id": tenant.global_id() })).await;
                data["organisation"]["name"] == json!(tenant.name)
            }
        })
        .await;
        assert_eq!(answers, [true; 24]);
    }
}
