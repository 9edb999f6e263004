//! When each token was last used, and from where: remembered here, and written once a minute, so that no request waits
//! for it and a busy token costs one row a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use model::TenantId;
use model::token::Token;
use store::{Error, Store, Tx};

use crate::intervals::at_intervals;
use crate::limits::{MAX_TOKENS_IN_USE, USAGE_INTERVAL};

/// The last use of each token since it was last written. A clone goes on with the same.
#[derive(Clone, Debug, Default)]
pub struct Usage(Arc<Mutex<HashMap<String, LastUse>>>);

#[derive(Clone, Debug)]
struct LastUse {
    tenant: TenantId,
    at: Timestamp,
    from: Option<IpAddr>,
}

impl Usage {
    /// Remembers a use.
    pub(crate) fn note(&self, token: &Token, at: Timestamp, from: Option<IpAddr>) {
        let mut uses = self.lock();
        if let Some(known) = uses.get_mut(&token.id) {
            (known.at, known.from) = (at, from);
        } else if uses.len() < MAX_TOKENS_IN_USE {
            uses.insert(token.id.clone(), LastUse { tenant: token.tenant, at, from });
        }
    }

    /// Writes what was remembered.
    ///
    /// # Errors
    /// The store's. What was not written is kept for the next time.
    pub async fn write(&self, store: &Store) -> Result<(), Error> {
        let mut uses: Vec<_> = std::mem::take(&mut *self.lock()).into_iter().collect();
        uses.sort_by(|(one, a), (other, b)| (a.tenant, one).cmp(&(b.tenant, other)));
        let mut rest = uses.as_slice();
        while let Some((_, LastUse { tenant, .. })) = rest.first() {
            let (own, others) = rest.split_at(rest.partition_point(|(_, last)| last.tenant == *tenant));
            if let Err(error) = write_of_tenant(store, *tenant, own.to_vec()).await {
                self.put_back(rest);
                return Err(error);
            }
            rest = others;
        }
        Ok(())
    }

    /// Writes in every [`USAGE_INTERVAL`], and the rest when `stop` is done.
    pub async fn keep_written(self, store: Store, stop: impl Future<Output = ()> + Send) {
        let (this, store) = (&self, &store);
        let write = || async move {
            if let Err(error) = this.write(store).await {
                tracing::warn!(%error, "when tokens were last used was not written; it will be the next time");
            }
        };
        at_intervals(USAGE_INTERVAL, stop, write).await;
    }

    fn put_back(&self, unwritten: &[(String, LastUse)]) {
        let mut uses = self.lock();
        for (id, last) in unwritten {
            uses.entry(id.clone()).or_insert_with(|| last.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, LastUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction for each tenant: requests hold the row of their token while they write, and one tenant's requests must
/// not hold up the rows of others.
async fn write_of_tenant(store: &Store, tenant: TenantId, uses: Vec<(String, LastUse)>) -> Result<(), Error> {
    let write = move |tx: &mut Tx<'_>| {
        uses.iter().try_for_each(|(id, LastUse { at, from, .. })| {
            let from = from.map(|from| from.to_string());
            store::token::touch(tx, tenant, id, *at, from.as_deref())
        })
    };
    store.of_tenant(tenant).write(write).await
}
