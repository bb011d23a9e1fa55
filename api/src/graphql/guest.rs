//! Who asks by a request, and what it costs them: the same for every route.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::error::ErrorCode;
use super::reply::Denied;
use crate::actor::Identity;
use crate::actor::service::Named;
use crate::app::App;
use crate::budget::{Left, Payer};

/// The identity of the request's token; the public without one.
///
/// # Errors
///
/// The token is not accepted, or there are two.
pub async fn identity(app: &App, headers: &HeaderMap) -> Result<Identity, ()> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (given.next(), given.next()) {
        (None, _) => return Ok(Identity::Anonymous),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(()),
    };
    let text = value.to_str().map_err(|_| ())?;
    let (scheme, token) = text.split_once(' ').ok_or(())?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(());
    }
    let now = app.core().source().now();
    app.verifier().verify(token.trim(), now).await.map_err(|refused| {
        tracing::info!(reason = %refused, "token refused");
    })
}

/// By what the account of the request's token, which is verified, is known at its issuer.
#[must_use]
pub fn named(app: &App, headers: &HeaderMap) -> Option<Named> {
    let (_, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let (issuer, subject) = app.verifier().named(token.trim())?;
    let label = "signed up by themselves".to_owned();
    Some(Named { issuer, subject, label })
}

/// Takes the cost of a request from a budget; `left` is what the budget holds then.
///
/// # Errors
///
/// 429 if it is used up.
pub async fn charge(
    app: &App,
    payer: Payer,
    cost: u64,
    left: &mut Option<Left>,
) -> Result<(), Denied> {
    let after = app.budget().charge(payer, cost).await;
    *left = Some(after);
    match after.wait_s {
        None => Ok(()),
        Some(seconds) => {
            let unit = if seconds == 1 { "second" } else { "seconds" };
            let message = format!("the budget is used up: come back in {seconds} {unit}");
            let error = ErrorCode::RateLimited.error(message, None);
            Err(Denied::new(StatusCode::TOO_MANY_REQUESTS, error).after(seconds))
        }
    }
}

/// Tells in the headers of an answer what is left of the budget.
pub fn tell_budget(app: &App, headers: &mut HeaderMap, left: Left) {
    let budget = app.budget();
    for (name, text) in [("ratelimit-policy", budget.policy()), ("ratelimit", budget.state(left))] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}

/// The outcome of `work`; `None` if it panicked.
pub async fn without_panic<F: Future>(work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Ready(done)) => Poll::Ready(Some(done)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => {
            tracing::error!("a request panicked");
            Poll::Ready(None)
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_while_answering_is_caught_and_told_apart_from_an_answer() {
        let answer = without_panic(async { tokio::task::yield_now().await });
        assert_eq!(answer.await, Some(()));
        let bug: Option<()> = without_panic(async {
            tokio::task::yield_now().await;
            unreachable!("a bug")
        })
        .await;
        assert_eq!(bug, None);
    }
}
