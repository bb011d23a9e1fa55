//! The files that hang on rows: whoever sees the row fetches the file, and for others it is not there.

use alongside::graphql::ids;
use alongside::readiness::score::Outcome;
use serde_json::{Value, json};
use tests::readiness::{self, REVIEWER, Stage, first_row};
use tests::{World, on_both_databases};
use uuid::Uuid;

use super::marks::{Network, asker, askers};
use super::policy::Policy;
use super::{Facts, today};
use crate::readiness::admit;

/// Status and answer without what is told of the request itself.
async fn fetch(world: &World, token: Option<&str>, id: &str) -> (u16, Value) {
    let request = world.client.get(format!("{}/evidence/{id}", world.base_url));
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await.expect("the service answers");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    let mut told: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if let Some(Value::Object(extensions)) = told.pointer_mut("/errors/0/extensions") {
        extensions.remove("requestId").expect("the id of the request");
    }
    (status, told)
}

on_both_databases! {
    async fn evidence_is_fetched_by_exactly_those_who_see_its_row(world: Network) {
        let mut ids = Vec::new();
        for tenant in [&world.a, &world.b] {
            admit(&world, tenant).await;
            let of = readiness::assessment(&world, tenant.id, Outcome::Ready, Stage::Assigned).await;
            ids.push(ids::encode("rev", first_row(&world, "readiness_evidence", &of).await));
        }
        let folder = world.folder("files");
        std::fs::create_dir_all(&folder).expect("the folder");
        let keys = format!("select {} from readiness_evidence", world.engine().hex("file_key"));
        for key in world.database.eye.texts(&keys).await {
            std::fs::write(folder.join(key), "x").expect("a file");
        }
        let policy = Policy::read();
        let facts = Facts::read(&world, &policy, today()).await;
        let mut everyone = askers(&world).await;
        everyone.push(asker(&world, REVIEWER));
        let (mut wrong, mut fetched) = (Vec::new(), 0);
        for asker in &everyone {
            let token = asker.token.as_deref();
            let missing = fetch(&world, token, &ids::encode("rev", Uuid::from_u128(9))).await;
            for id in &ids {
 let row = facts.row("ReadinessEvidence", id).expect("its row");
                let sees = policy.sees_row(&facts.who(asker.account), "ReadinessEvidence", row);
                let expected = if sees { (200, json!("x")) } else { missing.clone() };
                let found = fetch(&world, token, id).await;
                fetched += u64::from(sees);
                if found != expected {
                    wrong.push((&asker.name, found, expected));
                }
            }
        }
        assert_eq!(wrong, [], "what was found, and what the matrix says");
        assert!(fetched > 10, "{fetched}");
        let told = world.database.eye.rows_where("audit_event", "action = 'readiness_evidence.fetched'").await;
        assert_eq!(u64::try_from(told).ok(), Some(fetched), "each fetch is told, and no refusal");
    }
}
