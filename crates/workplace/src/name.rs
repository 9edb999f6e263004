//! Names: of what they consist, and in which form they are compared. Pure.

use scim::fold;

use crate::Error;
use crate::limits::MAX_NAME;

/// A name in the form by which it is found: without white space around it and without regard to letter case.
pub(crate) fn folded(name: &str) -> String {
    fold(name.trim())
}

/// A name without white space around it.
///
/// # Errors
/// [`Error::Name`] if nothing is left, or too much.
pub(crate) fn checked(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().nth(MAX_NAME).is_some() { Err(Error::Name) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_outer_space() {
        assert_eq!(folded(" SÃO  Paulo\t"), folded("são  paulo"));
        assert_ne!(folded("Sao Paulo"), folded("São Paulo"));
    }

    #[test]
    fn a_name_is_something_and_not_too_long() {
        assert_eq!(checked(" 4th floor ").unwrap(), "4th floor");
        assert!(checked(&"ö".repeat(MAX_NAME)).is_ok());
        for name in ["", " \t", &"o".repeat(MAX_NAME + 1)] {
            assert!(matches!(checked(name), Err(Error::Name)), "{name:?}");
        }
    }
}
