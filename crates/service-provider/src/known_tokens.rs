//! Tokens that were shown a moment ago, so that a client which sends many requests is not looked up for each of them.
//!
//! Nothing is remembered beyond a change: the store counts what changes tokens, tenants and connections, whichever
//! process does it, and what was looked up before the last change is forgotten. Who showed a token still proves its
//! secret each time, and each write asks again whether it is live.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lru::LruCache;
use store::token::Known;
use store::{Error, Store};

use crate::limits::{MAX_KNOWN_TOKEN_AGE, MAX_KNOWN_TOKENS};

/// The tokens, the least recently shown ones forgotten first.
pub(crate) struct KnownTokens(Mutex<LruCache<String, Entry>>);

struct Entry {
    known: Arc<Known>,
    /// The store's count of changes before the token was looked up.
    changes: u64,
    since: Instant,
}

impl Default for KnownTokens {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(MAX_KNOWN_TOKENS).unwrap_or(NonZeroUsize::MIN))))
    }
}

impl KnownTokens {
    /// The token with this public id, live or not.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn find(&self, store: &Store, id: &str) -> Result<Option<Arc<Known>>, Error> {
        let changes = store.access_changes();
        if let Some(known) = changes.and_then(|changes| self.get(id, changes)) {
            return Ok(Some(known));
        }
        let key = id.to_owned();
        let found = store.look_up(move |tx| store::token::find(tx, &key)).await?.map(Arc::new);
        if let (Some(known), Some(changes)) = (&found, changes) {
            let entry = Entry { known: Arc::clone(known), changes, since: Instant::now() };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(id.to_owned(), entry);
        }
        Ok(found)
    }

    fn get(&self, id: &str, changes: u64) -> Option<Arc<Known>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.get(id)?;
        let is_good = entry.changes == changes && entry.since.elapsed() < MAX_KNOWN_TOKEN_AGE;
        is_good.then(|| Arc::clone(&entry.known))
    }
}
