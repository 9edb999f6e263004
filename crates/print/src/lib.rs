//! The print application: whose print job it is, and who stands at a device.
//!
//! A user has identities ([`Identity`]). A print client asks by the name that a job carries, a device by the card that is
//! shown to it ([`owner`]), perhaps together with a PIN ([`pin`]). Who could not be found is listed ([`unresolved`]). A
//! card is given to a user, or registered by the user with a code ([`card`]).
//!
//! Not here: printers, jobs and their contents; resources themselves (`application::resources`).
//!
//! Invariants
//! - An identity belongs to one user of a tenant. Letter case does not matter.
//! - PIN, card number and registration code are kept as keyed digests, in documents, in rows and in tables alike.
//! - A wrong PIN or code is counted before it is told that it was wrong.
//! - Whoever is inactive owns no job and has no PIN, and keeps its identities.

mod api;
pub mod card;
mod guess;
mod identity;
pub mod limits;
mod misses;
pub mod owner;
pub mod pin;
mod profile;
pub mod unresolved;

use std::sync::Arc;

use application::api::Operation;
use application::{Application, Change, Profile, USER};
use jiff::Timestamp;
use model::{ResourceId, TenantId};
use store::{Tree, Tx};

pub use identity::{Identity, PRINT_USER_URN};

/// The application's tables, for `store::Store::open_with`.
pub const TABLES: Tree =
    Tree { name: "print", migrations: &[("V1000__print", include_str!("../migrations/V1000__print.sql"))] };

/// The statements that remove a tenant's rows, for `store::tenant::delete`.
pub const REMOVE_TENANT: &[&str] = &[
    "DELETE FROM print_unresolved WHERE tenant_id = $1",
    "DELETE FROM print_guess WHERE tenant_id = $1",
    "DELETE FROM print_spent_code WHERE tenant_id = $1",
];

/// Users with the enterprise extension and the print user extension.
#[derive(Debug)]
pub struct Print {
    profile: Arc<Profile>,
}

impl Default for Print {
    fn default() -> Self {
        Self { profile: Arc::new(profile::print()) }
    }
}

impl Application for Print {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Print
    }

    fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    fn changed(&self, tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), store::Error> {
        let Some(users) = self.profile.by_id(USER).filter(|_| change.resource_type == USER) else {
            return Ok(());
        };
        match (change.before, change.after) {
            (before, Some(after)) => unresolved::settle(tx, change.tenant, users, before, after),
            (Some(before), None) => guess::forget(tx, change.tenant, &before.id.to_string()),
            (None, None) => Ok(()),
        }
    }

    fn purged(&self, tx: &mut Tx<'_>, tenant: TenantId, ids: &[ResourceId]) -> Result<(), store::Error> {
        card::forget(tx, tenant, ids)
    }

    fn forget(&self, tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), store::Error> {
        unresolved::purge(tx, tenant, at)?;
        guess::purge(tx, tenant, at)
    }

    fn operations(&self) -> Vec<Operation> {
        api::operations()
    }
}
