//! Tells whoever waits for changes of a tenant that this process has committed some. Those of other processes have to be
//! looked for.

use std::future::pending;

use model::TenantId;
use tokio::sync::broadcast::{self, error::RecvError};

/// Commits that a listener may be behind. One that is further behind is told that there may be news.
const BACKLOG: usize = 1_024;

/// The side that tells.
#[derive(Clone)]
pub(crate) struct Bell(broadcast::Sender<TenantId>);

impl Default for Bell {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Bell {
    /// Tells of a commit with changes of this tenant. Costs next to nothing while nobody listens.
    pub(crate) fn ring(&self, tenant: TenantId) {
        // An error means that nobody listens.
        drop(self.0.send(tenant));
    }

    pub(crate) fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// The side that waits. It hears of every commit from when it was made on.
pub struct Listener(broadcast::Receiver<TenantId>);

impl Listener {
    /// Waits until there is news in the change feed of a tenant; never ends once the store is closed.
    pub async fn of(&mut self, tenant: TenantId) {
        while self.next().await.is_some_and(|other| other != tenant) {}
    }

    /// Waits until there is news in any change feed; never ends once the store is closed.
    pub async fn any(&mut self) {
        self.next().await;
    }

    /// One that hears of what comes from now on alone.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self(self.0.resubscribe())
    }

    /// Whose news it is; `None`: so many have news that it may be anybody.
    async fn next(&mut self) -> Option<TenantId> {
        match self.0.recv().await {
            Ok(tenant) => Some(tenant),
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => pending().await,
        }
    }
}
