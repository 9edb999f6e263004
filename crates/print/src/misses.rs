//! Look-ups by card or PIN that find nobody are few: a card is found by trying numbers, and a common PIN by trying users.
//!
//! Whoever finds somebody is not counted, so that no busy morning is taken for an attack. A miss is counted in the
//! transaction that missed; those who miss at the same moment may be some more than the bound.

use application::resources::{Error, Operation};
use store::Tx;

use crate::guess;
use crate::limits::{MAX_MISSES, MAX_MISSES_OF_TOKEN};

/// Whose misses are counted of a whole tenant.
const ALL: &str = "misses";

/// Whether somebody may look by card or PIN.
///
/// # Errors
/// 429 with the seconds to wait, after [`MAX_MISSES_OF_TOKEN`] of the token or [`MAX_MISSES`] of the tenant; the store's.
pub(crate) fn check(tx: &mut Tx<'_>, on: &Operation) -> Result<(), Error> {
    guess::check(tx, on.tenant, &of_token(on), MAX_MISSES_OF_TOKEN, on.at)?;
    guess::check(tx, on.tenant, ALL, MAX_MISSES, on.at)
}

/// Counts that nobody was found.
///
/// # Errors
/// As [`check`]: whoever was faster may have reached the bound.
pub(crate) fn count(tx: &mut Tx<'_>, on: &Operation) -> Result<(), Error> {
    guess::count(tx, on.tenant, &of_token(on), MAX_MISSES_OF_TOKEN, on.at)?;
    guess::count(tx, on.tenant, ALL, MAX_MISSES, on.at)
}

/// Who asks, as the audit log calls them: a token, or a client of OAuth whatever its token.
fn of_token(on: &Operation) -> String {
    format!("{ALL} of {}", on.actor)
}
