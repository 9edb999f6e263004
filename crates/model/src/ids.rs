//! Ids, a type each. All are UUIDs of version 7, so that their order is the order of their making, and are written
//! as lower-case hyphenated text everywhere (database, JSON, command line).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where new ids come from: an argument, so that the layers below the binary touch no entropy.
pub trait IdSource: Send + Sync + 'static {
    /// A fresh UUID of version 7.
    fn next(&self) -> Uuid;
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

id! {
    /// A tenant of the service provider.
    TenantId,
    /// An OAuth client of a tenant: the `client_id` that it sends (RFC 6749 §2.2).
    ClientId,
    /// A resource of a tenant: the `id` that a SCIM client sees (RFC 7643 §3.1).
    ResourceId,
    /// A provisioning job of the engine.
    JobId,
    /// One run of a job.
    CycleId,
    /// A stored plan.
    PlanId,
    /// A row of the provisioning log.
    EntryId,
    /// A row of the change feed.
    ChangeId,
    /// A row of the audit log.
    AuditId,
    /// A request to the service provider, and its row of the request log.
    RequestId,
}
