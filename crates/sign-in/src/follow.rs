//! Sessions end with their users, in the transaction of the request that deactivates or deletes them.

use std::sync::Arc;

use application::api::Operation;
use application::resources::is_active;
use application::{Application, Change, Profile, USER};
use jiff::Timestamp;
use model::{ResourceId, TenantId};
use store::{Error, Tx};

use crate::{attempt, link, once, session, used};

/// An application whose users sign in here: what happens to a user happens to their sessions first.
#[derive(Clone, Debug, Default)]
pub struct FollowedBySignIn<A>(
    /// The application itself.
    pub A,
);

impl<A: Application> Application for FollowedBySignIn<A> {
    fn kind(&self) -> model::tenant::Application {
        self.0.kind()
    }

    fn profile(&self) -> &Arc<Profile> {
        self.0.profile()
    }

    fn changed(&self, tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), Error> {
        if let Some(user) = who_left(change) {
            session::end_of(tx, change.tenant, user)?;
            once::forget(tx, change.tenant, user)?;
            // Who comes back may have another account at the provider: they are found by the match key again.
            link::forget(tx, change.tenant, user)?;
        }
        self.0.changed(tx, change)
    }

    fn purged(&self, tx: &mut Tx<'_>, tenant: TenantId, gone: &[ResourceId]) -> Result<(), Error> {
        self.0.purged(tx, tenant, gone)
    }

    fn forget(&self, tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), Error> {
        session::purge(tx, tenant, at)?;
        once::purge(tx, tenant, at)?;
        used::purge(tx, tenant, at)?;
        attempt::purge(tx, tenant, at)?;
        self.0.forget(tx, tenant, at)
    }

    fn operations(&self) -> Vec<Operation> {
        self.0.operations()
    }
}

/// The user that a change deactivates or deletes.
fn who_left(change: &Change<'_>) -> Option<ResourceId> {
    let before = change.before.filter(|_| change.resource_type == USER)?;
    let stays = change.after.is_some_and(|after| is_active(&after.document));
    (!stays).then_some(before.id)
}
