//! Ids of what a workplace has besides users, a type each. All are UUIDs of version 7, like those of [`model`].

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Column, Error, Param, Row};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$name> for Param<'_> {
            fn from(id: $name) -> Self {
                Self::Id(id.0)
            }
        }

        impl Column for $name {
            fn read(row: &Row<'_>, index: usize) -> Result<Self, Error> {
                row.parse(index, stringify!($name), |text| Uuid::parse_str(text).ok().map(Self))
            }
        }
    )*};
}

ids! {
    /// A location of a tenant.
    LocationId,
    /// A range of addresses of a location.
    RangeId,
    /// A department.
    DepartmentId,
    /// A floor of a location.
    FloorId,
    /// A seat or a room.
    SpaceId,
    /// Somebody's having a seat.
    AssignmentId,
    /// A reservation of a seat or a room.
    ReservationId,
    /// A permission group.
    PermissionGroupId,
}
