//! Who may send a file now: so many at once in all, few of them for one account, and one for one upload.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

/// For so long a file that comes waits for its turn.
const WAIT: Duration = Duration::from_secs(5);

/// The turns of this process. Cloning is cheap.
#[derive(Clone)]
pub struct Turns {
    uploads: Shares,
    accounts: Shares,
    all: Arc<Semaphore>,
}

/// A turn, until it is dropped.
pub struct Turn {
    _held: [OwnedSemaphorePermit; 3],
}

impl Turns {
    /// So many turns in all, and so many of them for one account.
    #[must_use]
    pub fn new(all: usize, each: usize) -> Self {
        let all = Arc::new(Semaphore::new(all));
        Self { uploads: Shares::of(1), accounts: Shares::of(each), all }
    }

    /// A turn for this account to send this upload; `None` if none comes free in time. Who waits for a share of its
    /// own keeps nobody else waiting.
    pub async fn turn(&self, account: Uuid, upload: Uuid) -> Option<Turn> {
        let all = async {
            let upload = self.uploads.share(upload).acquire_owned().await.ok()?;
            let account = self.accounts.share(account).acquire_owned().await.ok()?;
            let any = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Turn { _held: [upload, account, any] })
        };
        timeout(WAIT, all).await.ok()?
    }
}

/// So many turns for each key. A key that nobody uses is forgotten.
#[derive(Clone)]
struct Shares {
    each: usize,
    used: Arc<Mutex<HashMap<Uuid, Weak<Semaphore>>>>,
}

impl Shares {
    fn of(each: usize) -> Self {
        Self { each, used: Arc::default() }
    }

    fn share(&self, key: Uuid) -> Arc<Semaphore> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = used.get(&key).and_then(Weak::upgrade) {
            return share;
        }
        used.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.each));
        used.insert(key, Arc::downgrade(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether this one gets a turn at once.
    async fn gets(turns: &Turns, account: u128, upload: u128) -> Option<Turn> {
        let turn = turns.turn(Uuid::from_u128(account), Uuid::from_u128(upload));
        timeout(Duration::ZERO, turn).await.ok().flatten()
    }

    #[tokio::test]
    async fn one_account_takes_its_share_and_an_upload_is_sent_once_at_a_time() {
        let turns = Turns::new(3, 2);
        let first = gets(&turns, 1, 11).await.expect("the first");
        assert!(gets(&turns, 1, 11).await.is_none(), "the same upload");
        let second = gets(&turns, 1, 12).await.expect("the second");
        assert!(gets(&turns, 1, 13).await.is_none(), "more than its share");
        let other = gets(&turns, 2, 21).await.expect("another account has its own");
        assert!(gets(&turns, 3, 31).await.is_none(), "all are taken");
        drop(first);
        assert!(gets(&turns, 1, 11).await.is_some(), "it came back");
        drop((second, other));
        assert!(gets(&turns, 3, 31).await.is_some());
    }

    #[tokio::test]
    async fn nothing_is_kept_of_those_who_are_done() {
        let turns = Turns::new(1, 1);
        for upload in 0..100 {
            assert!(gets(&turns, upload, upload).await.is_some());
        }
        let kept = |shares: &Shares| shares.used.lock().expect("a lock").len();
        assert!(kept(&turns.uploads) <= 1 && kept(&turns.accounts) <= 1);
    }
}
