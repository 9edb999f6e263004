//! The workplace application: which users work at which location.
//!
//! Administrators name locations and what directories call them ([`location`]). A user belongs to the location that is
//! called like the locality of its work address; who belongs to none waits in a list ([`occupant::unmatched`]) that
//! says which locality was not known.
//!
//! Not here: seats, reservations, billing; resources themselves (`application::resources`).
//!
//! Invariants
//! - A user and its place are changed by the same transaction, so that they never disagree.
//! - Each user of a tenant has exactly one row in `occupant`.
//! - Two locations of a tenant are never called the same.
//! - An inactive user keeps its location and is not counted there.

mod api;
pub mod location;
pub mod occupant;
mod place;

use std::sync::Arc;

use application::api::Operation;
use application::{Application, Change, Profile, USER};
use store::{Tree, Tx};

pub use location::LocationId;

/// The application's tables, for `store::Store::open_with`.
pub const TABLES: Tree = Tree {
    name: "workplace",
    migrations: &[("V1000__workplace", include_str!("../migrations/V1000__workplace.sql"))],
};

/// The statements that remove a tenant's rows, for `store::tenant::delete`.
pub const REMOVE_TENANT: &[&str] = &[
    "DELETE FROM occupant WHERE tenant_id = $1",
    "DELETE FROM location_alias WHERE tenant_id = $1",
    "DELETE FROM location WHERE tenant_id = $1",
];

/// Users with the enterprise extension, each at its location.
#[derive(Debug)]
pub struct Workplace {
    profile: Arc<Profile>,
}

impl Default for Workplace {
    fn default() -> Self {
        Self { profile: Arc::new(Profile::plain()) }
    }
}

impl Application for Workplace {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Workplace
    }

    fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    fn changed(&self, tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), store::Error> {
        if change.resource_type == USER { occupant::follow(tx, change) } else { Ok(()) }
    }

    fn operations(&self) -> Vec<Operation> {
        api::operations()
    }
}
