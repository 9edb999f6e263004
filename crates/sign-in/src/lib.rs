//! How a tenant's users sign in: by SAML 2.0 and OpenID Connect with the tenant's own provider, by a link that works once,
//! or, in an emergency, with a break-glass key.
//!
//! A provider proves who somebody is ([`Identity`]); [`whom`] finds the one user of the tenant that this is; a session
//! ([`session`]) is what the browser then holds. [`router`] has the pages, [`FollowedBySignIn`] ends sessions in the
//! transaction that deactivates or deletes their user.
//!
//! Not here: XML and its signatures (the crate `saml`), JSON Web Tokens (`jose`), the users themselves (`application::resources`),
//! who may change settings (`rollcall sign-in`).
//!
//! Invariants
//! - A provider's word is good for users of the tenant that named the provider, and for active ones alone.
//! - Users are found by links, or by the tenant's match key if exactly one user has the value. SCIM knows nothing of links.
//! - A session's token is in the browser alone; its keyed digest is stored. It is dead from the commit on that deactivates
//!   its user, and stays dead when the user is active again.
//! - Nothing that a browser sends decides where it is sent next, but a path of this site.

mod api;
pub mod attempt;
pub mod break_glass;
mod door;
mod follow;
mod http;
mod identity;
pub mod limits;
pub mod link;
mod metrics;
mod oidc;
pub mod once;
pub mod provider;
mod rate;
mod refusal;
mod return_to;
mod saml;
pub mod session;
mod settings;
mod start;
pub mod used;
pub mod whom;

pub use api::operations;
pub use door::Door;
pub use follow::FollowedBySignIn;
pub use http::{AddressOf, Addresses, Context, Open, Random, addresses, router};
pub use identity::{Identity, Value};
pub use metrics::Metrics;
pub use refusal::Refusal;
pub use saml::metadata::{Reader, Unusable, fetch as fetch_metadata};
pub use settings::{BadSetting, JustInTime, MatchKey, Settings, get as settings, set as set_settings};

use store::Tree;

/// The tables, for `store::Store::open_with`.
pub const TABLES: Tree = Tree {
    name: "sign_in",
    migrations: &[("V1000__sign_in", include_str!("../migrations/V1000__sign_in.sql"))],
};

/// The statements that remove a tenant's rows, for `store::tenant::delete`.
pub const REMOVE_TENANT: &[&str] = &[
    "DELETE FROM sign_in WHERE tenant_id = $1",
    "DELETE FROM sign_in_provider WHERE tenant_id = $1",
    "DELETE FROM sign_in_link WHERE tenant_id = $1",
    "DELETE FROM sign_in_session WHERE tenant_id = $1",
    "DELETE FROM sign_in_assertion WHERE tenant_id = $1",
    "DELETE FROM sign_in_attempt WHERE tenant_id = $1",
    "DELETE FROM sign_in_once WHERE tenant_id = $1",
    "DELETE FROM sign_in_break_glass WHERE tenant_id = $1",
];
