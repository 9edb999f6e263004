//! Whether somebody knows the PIN of the user they say they are. A PIN alone tells nobody apart: of the 10,000 with four
//! digits, every second one belongs to somebody in a company of 5,000.

use application::resources::{Error, Operation};
use store::Tx;

use crate::limits::MAX_PIN_GUESSES;
use crate::owner::Owner;
use crate::{Identity, guess};

/// Whether it is the owner's PIN.
///
/// # Errors
/// 429 after [`MAX_PIN_GUESSES`] wrong ones, even for the right one; the store's.
pub fn is_of(tx: &mut Tx<'_>, on: &Operation, owner: &Owner, pin: &str) -> Result<bool, Error> {
    let subject = owner.user.to_string();
    guess::count(tx, on.tenant, &subject, MAX_PIN_GUESSES, on.at)?;
    let is_right = on.kind.proves(&Identity::Pin.key(), &owner.document, pin);
    if is_right {
        guess::was_right(tx, on.tenant, &subject)?;
    }
    Ok(is_right)
}
