//! Doing things at once, and giving up half-way: without a clock, so that a busy machine changes nothing.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use alongside::db::Db;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::World;

/// Longest wait for something that has to come to rest; a test that waits this long fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `count` pieces of work at once, in tasks that all start from one barrier; the answers come in
/// the order of the pieces.
pub async fn at_once<W>(count: usize, piece: impl Fn(usize) -> W) -> Vec<W::Output>
where
    W: Future<Output: Send> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for index in 0..count {
        let (start, work) = (Arc::clone(&start), piece(index));
        tasks.spawn(async move {
            start.wait().await;
            (index, work.await)
        });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Sends `count` operations at once, each over a connection of its own, as whoever has the token; gives status and body
/// of each answer.
pub async fn asked_at_once(
    world: &World,
    token: &str,
    count: usize,
    operation: impl Fn(usize) -> (String, Value),
) -> Vec<(u16, Value)> {
    at_once(count, |place| {
        let (document, variables) = operation(place);
        let body = json!({ "query": document, "variables": variables });
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.post(format!("{}/graphql", world.base_url)).bearer_auth(token);
        async move {
            let answer = request.json(&body).send().await.expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.json().await.expect("JSON"))
        }
    })
    .await
}

/// Polls `work` at most `polls` times (at least once) and then drops it, as a caller does who goes away;
/// gives what it gave, if it came so far. Each poll waits for a real wake-up.
pub async fn abandoned_after<F: Future>(polls: usize, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => {
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

/// Waits until every connection of `db` is back in its pool.
pub async fn all_returned(db: &Db) {
    let returned = async {
        while db.lent() > 0 {
            tokio::task::yield_now().await;
        }
    };
    patiently("every connection returns to its pool", returned).await;
}

/// Waits for `work`, and fails the test when it takes far too long.
pub async fn patiently<F: Future>(what: &str, work: F) -> F::Output {
    patiently_for(PATIENCE, what, work).await
}

/// The same, with patience for something that is much work.
pub async fn patiently_for<F: Future>(patience: Duration, what: &str, work: F) -> F::Output {
    match tokio::time::timeout(patience, work).await {
        Ok(answer) => answer,
        Err(_) => unreachable!("{what}: still not after {patience:?}"),
    }
}

/// How often a race is run; `tests/campaign.sh` asks for more.
#[must_use]
pub fn rounds() -> u64 {
    number("ROUNDS", 8)
}

/// The number in the variable `name`, by which `tests/campaign.sh` asks for more or other rounds.
#[must_use]
pub fn number(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    given.unwrap_or(otherwise)
}
