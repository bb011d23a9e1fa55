//! Documents are valid exactly where the reference implementation says so.

use std::process::Stdio;

use serde_json::{Value, json};
use tests::{World, on_sqlite};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::process::Ended;

/// Valid documents and documents that break one rule each; none needs a value for a variable.
const DOCUMENTS: &str = include_str!("../../peers/documents.json");

/// Why the reference implementation finds each of [`DOCUMENTS`] invalid; null where it does not.
async fn reasons() -> Vec<Value> {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut command = Command::new("node");
    command.arg(format!("{root}/peers/validate.mjs")).arg(format!("{root}/../schema.graphql"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("node: see ./tests/run.sh");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(DOCUMENTS.as_bytes()).await.expect("it reads");
    drop(input);
    let ended: Ended = child.wait_with_output().await.expect("an end").into();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    serde_json::from_str(&ended.out).expect("one line of JSON")
}

on_sqlite! {
    async fn documents_are_valid_exactly_where_the_reference_says_so(world: World) {
        let documents: Vec<String> = serde_json::from_str(DOCUMENTS).expect("an array of texts");
        let reasons = reasons().await;
        assert_eq!(documents.len(), reasons.len());
        let (mut valid, mut differing) = (0, Vec::new());
        for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
            for (document, reason) in documents.iter().zip(&reasons) {
                let body = world.query(Some(&token), document, json!({})).await;
                let ran = body.get("data").is_some();
                valid += usize::from(ran);
                if ran != reason.is_null() {
                    differing.push(format!("{document}\n  reference: {reason}\n  here: {}", body["errors"]));
                }
            }
        }
        assert_eq!(differing, [] as [String; 0]);
        assert!(valid > 40 && documents.len() > 110, "{valid} of {} ran", documents.len());
    }
}
