//! What deployed clients do that the RFCs do not foresee: a closed list of named [`Quirk`]s, the [`Quirks`] that are
//! tolerated for a kind of client, the [`Tolerance`] that one request meets and that notes which of them it needed,
//! and the rules themselves.

mod quirk;
mod rules;
mod tolerance;

pub use quirk::{Quirk, UnknownQuirk};
pub(crate) use rules::*;
pub use tolerance::{ClientKind, Quirks, Tolerance};
