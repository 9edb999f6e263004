//! Records and states that the layers of Rollcall share: ids, tenants, connections, tokens, stored resources, jobs, cycles,
//! links, escrow, quarantine, the provisioning log, plans and audit entries.
//!
//! Not here: how records are stored (`store`), what decides about them (`provisioning`), or how they travel
//! (`service-provider`, `connector`).
//!
//! Invariants
//! - Pure: no I/O, clock, randomness or globals. A new id, an instant or random bytes are arguments.
//! - An id of one kind can't be passed for an id of another kind: each is its own type.
//! - Nothing here prints a secret: [`token::Secret`] and [`job::SecretText`] have neither `Display` nor a telling
//!   `Debug`.

pub mod admin_token;
pub mod attribute_key;
pub mod audit;
pub mod brake;
pub mod client;
pub mod clock;
pub mod connection;
pub mod creation;
pub mod cycle;
pub mod escrow;
pub mod grant;
pub mod ids;
pub mod job;
pub mod job_status;
pub mod known_target;
pub mod lifetime;
pub mod link;
pub mod log_entry;
pub mod plan;
pub mod quarantine;
pub mod reference;
pub mod refusal;
pub mod request_log;
pub mod resource;
pub mod settings;
pub mod staged;
pub mod tenant;
pub mod token;

pub use clock::Clock;
pub use ids::{
    AuditId, ChangeId, ClientId, CycleId, EntryId, IdSource, JobId, PlanId, RequestId, ResourceId, TenantId,
};
