//! The workplace application: which users work where, which seats are theirs, and what they booked.
//!
//! Administrators name locations and what directories call them ([`location`]). A user belongs to the location that is
//! called like the attribute that the tenant chose ([`policy`]); who belongs to none waits in a list
//! ([`occupant::unmatched`]) that says what was not known. Users have seats ([`assignment`], [`seating`]), book seats and rooms
//! ([`reservation`]), let others book for them ([`delegate`]), are seen ([`presence`]), and count for bills
//! ([`activity`]).
//!
//! Not here: resources themselves (`application::resources`); HTTP (`service-provider`).
//!
//! Invariants
//! - A user and what the user has are changed by the same transaction, so that they never disagree.
//! - Each user of a tenant has exactly one row in `occupant`.
//! - Two locations of a tenant are never called the same.
//! - An inactive user keeps its location and is not counted or listed there.
//! - A seat is at most one user's; nothing is booked twice for one time, and what is somebody's is booked by nobody else.
//! - Who was active when is never forgotten while the tenant is there.

pub mod activity;
mod api;
pub mod assignment;
pub mod delegate;
pub mod department;
mod error;
mod ids;
pub mod ip_range;
mod leaving;
pub mod limits;
pub mod location;
mod name;
pub mod occupant;
pub mod permission_group;
mod place;
pub mod policy;
pub mod presence;
pub mod reservation;
pub mod seating;
pub mod space;

use std::sync::Arc;

use application::api::Operation;
use application::{Application, Change, GROUP, Profile, USER};
use jiff::Timestamp;
use model::{ResourceId, TenantId};
use store::{Tree, Tx};

pub use error::Error;
pub use ids::{
    AssignmentId, DepartmentId, FloorId, LocationId, PermissionGroupId, RangeId, ReservationId, SpaceId,
};

/// The application's tables, for `store::Store::open_with`.
pub const TABLES: Tree = Tree {
    name: "workplace",
    migrations: &[
        ("V1000__workplace", include_str!("../migrations/V1000__workplace.sql")),
        ("V1001__seats_and_days", include_str!("../migrations/V1001__seats_and_days.sql")),
        ("V1002__delegated", include_str!("../migrations/V1002__delegated.sql")),
    ],
};

/// The statements that remove a tenant's rows, for `store::tenant::delete`.
pub const REMOVE_TENANT: &[&str] = &[
    "DELETE FROM occupant WHERE tenant_id = $1",
    "DELETE FROM location_alias WHERE tenant_id = $1",
    "DELETE FROM location WHERE tenant_id = $1",
    "DELETE FROM workplace_policy WHERE tenant_id = $1",
    "DELETE FROM ip_range WHERE tenant_id = $1",
    "DELETE FROM department WHERE tenant_id = $1",
    "DELETE FROM department_name WHERE tenant_id = $1",
    "DELETE FROM floor WHERE tenant_id = $1",
    "DELETE FROM space WHERE tenant_id = $1",
    "DELETE FROM seat_assignment WHERE tenant_id = $1",
    "DELETE FROM reservation WHERE tenant_id = $1",
    "DELETE FROM presence WHERE tenant_id = $1",
    "DELETE FROM delegate WHERE tenant_id = $1",
    "DELETE FROM permission_group WHERE tenant_id = $1",
    "DELETE FROM permission_group_source WHERE tenant_id = $1",
    "DELETE FROM active_span WHERE tenant_id = $1",
];

/// Users with the enterprise extension, each with a place.
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
        match change.resource_type {
            USER => {
                let policy = policy::get(tx, change.tenant)?;
                occupant::follow(tx, change, &policy)?;
                leaving::follow(tx, change, &policy)
            }
            GROUP => permission_group::follow(tx, change),
            _ => Ok(()),
        }
    }

    fn purged(&self, tx: &mut Tx<'_>, tenant: TenantId, ids: &[ResourceId]) -> Result<(), store::Error> {
        leaving::purge(tx, tenant, ids)
    }

    fn forget(&self, tx: &mut Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<(), store::Error> {
        presence::forget(tx, tenant, at)
    }

    fn operations(&self) -> Vec<Operation> {
        api::operations()
    }
}
