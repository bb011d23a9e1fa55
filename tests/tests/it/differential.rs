//! Random questions to random data, answered by the service and by a plain reader that was written on its
//! own: rows in memory and loops over them.

mod ask;
mod facts;
mod plain;

use chrono::NaiveDate;
use serde_json::{Value, json};
use tests::on_both_databases;
use tests::race::number;

use crate::answers::list;
use crate::network::{Dice, Wild, throw};
use ask::{Ask, Asker};
use facts::Facts;

/// The cursor of the row at which the list of `ask` is to go on, as the service gives it.
async fn cursor(world: &Wild, token: Option<&str>, ask: &Ask) -> Option<String> {
    let document = format!("{{ {} }}", ask.up_to_its_cursor()?);
    let data = world.data(token, &document, json!({})).await;
    data["list"]["pageInfo"]["endCursor"].as_str().map(str::to_owned)
}

fn paths(body: &Value) -> Vec<String> {
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut paths: Vec<String> = errors
        .iter()
        .map(|error| {
            assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{body}");
            let path = list(&error["path"]).iter().filter_map(Value::as_str);
            path.collect::<Vec<_>>().join(".")
        })
        .collect();
    paths.sort();
    paths
}

on_both_databases! {
    async fn the_service_and_a_plain_reader_answer_random_questions_alike(world: Wild) {
        let seed = number("SEED", 1);
        let mut dice = Dice::new(30 + seed);
        throw(&world, &mut dice, 64).await;
        let plain = Facts::read(world.database.eye.connection()).await;
        let today: NaiveDate = "2026-05-01".parse().expect("a date");
        let (mut rows, mut withheld) = (0, 0);
        for number in 0..number("QUESTIONS", 150) {
            let mut dice = Dice::new(1000 * seed + number);
            let subject = plain.any_subject(&mut dice);
            let who = plain.who(subject.as_deref(), today);
            let token = subject.map(|subject| world.token_of(&subject));
            let token = token.as_deref();
            let mut asks = Asker::new(&plain, &mut dice, today).asks();
            for ask in &mut asks {
                let cursor = cursor(&world, token, ask).await;
                ask.go_on_at(cursor);
            }
            let document = format!("{{ {} }}", asks.iter().map(Ask::text).collect::<Vec<_>>().join(" "));
            let expected = plain.answer(&who, &asks, today);
            let body = world.query(token, &document, json!({})).await;
            assert_eq!(body["data"], expected.data, "question {number} by {who:?}: {document}");
            assert_eq!(body["data"].to_string(), expected.data.to_string(), "the order of keys: {document}");
            assert_eq!(paths(&body), expected.withheld, "question {number} by {who:?}: {document}");
            rows += expected.data.to_string().matches('{').count();
            withheld += expected.withheld.len();
        }
        assert!(rows > 5_000 && withheld > 10, "the questions met data: {rows} objects, {withheld} withheld");
    }
}
