//! A client that hangs up changes nothing about what is written: all of it, or nothing.

use alongside::organisation::model::Command;
use alongside::organisation::service::step;
use serde_json::{Value, json};
use tests::race::abandoned_after;
use tests::{World, given, on_both_databases};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// The body of a registration that can be told by its round.
fn registration(round: usize) -> Value {
    json!({
        "query": tests::world::mutation("organisationRegister", "organisation { id }"),
        "variables": { "input": {
            "name": format!("Hung up in round {round}"),
            "kind": "VCSE",
            "idempotencyKey": format!("round {round}"),
        } },
    })
}

/// Sends `body` as one whole request and hangs up once the service has run `statements` more.
async fn hang_up(world: &World, body: &Value, statements: u64) {
    let before = world.app.core().db().statements();
    let body = body.to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        world.officer(),
        body.len(),
    );
    let address = world.base_url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.expect("the service listens");
    socket.write_all(format!("{head}{body}").as_bytes()).await.expect("the request is sent");
    while world.app.core().db().statements() < before + statements {
        tokio::task::yield_now().await;
    }
}

/// How often round `round` took effect: as an organisation, in the trail, in the outbox, as a kept
/// key.
async fn effects(world: &World, round: usize) -> [i64; 4] {
    let name = format!("name = 'Hung up in round {round}'");
    let entity = format!("entity_id in (select id from organisation where {name})");
    let eye = &world.database.eye;
    [
        eye.rows_where("organisation", &name).await,
        eye.rows_where("audit_event", &entity).await,
        eye.rows_where("outbox_event", &entity).await,
        eye.rows_where("idempotency_record", &format!("key = 'round {round}'")).await,
    ]
}

on_both_databases! {
    async fn after_a_hang_up_a_change_is_there_as_a_whole_or_not_at_all(world: World) {
        for round in 0..50 {
            hang_up(&world, &registration(round), round as u64 % 8).await;
        }
        world.come_to_rest().await;
        let mut done = 0;
        for round in 0..50 {
            let effects = effects(&world, round).await;
            assert!(effects == [1; 4] || effects == [0; 4], "round {round}: {effects:?}");
            done += effects[0];
        }
        assert!(done > 0, "control: some of the requests arrived");
    }

    async fn a_retry_after_a_hang_up_makes_the_change_exactly_once(world: World) {
        for round in 0..50 {
            let body = registration(round);
            hang_up(&world, &body, round as u64 % 8).await;
            let retry =
                world.post(Some(&world.officer())).json(&body).send().await.expect("an answer");
            let answer: Value = retry.json().await.expect("a JSON body");
            let payload = &answer["data"]["organisationRegister"];
            assert_eq!(payload["userErrors"], json!([]), "round {round}: {answer}");
        }
        world.come_to_rest().await;
        for round in 0..50 {
            assert_eq!(effects(&world, round).await, [1; 4], "round {round}");
        }
    }

    async fn a_mutation_goes_on_when_its_caller_goes_away(world: World) {
        for polls in 1..4 {
            let organisation = given::organisation(&world).register().await;
            let activation = given::as_system(world.app.core(), move |unit| {
                Box::pin(step(unit, organisation.id, 1, Command::Activate))
            });
            drop(abandoned_after(polls, activation).await);
        }
        world.come_to_rest().await;
        assert_eq!(world.database.eye.rows_where("organisation", "status = 'ACTIVE'").await, 3);
    }
}
