//! Names: of what they consist, and in which form they are compared. Pure.

use scim::fold;

use crate::Error;
use crate::limits::MAX_NAME;

/// A name in the form by which it is found: without white space around it and without regard to letter case.
pub(crate) fn folded(name: &str) -> String {
    fold(name.trim())
}

/// What a directory calls something, in that form. `None` if it is longer than a name, so that nothing is called so: an
/// index has no room for it.
pub(crate) fn key(text: &str) -> Option<String> {
    Some(folded(text)).filter(|key| !is_too_long(key))
}

/// The begin of a text, as much as a name can have: a list returns a thousand of them.
pub(crate) fn begin(text: &str) -> &str {
    text.char_indices().nth(MAX_NAME).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A name without white space around it.
///
/// # Errors
/// [`Error::Name`] if nothing is left, or too much.
pub(crate) fn checked(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    if name.is_empty() || is_too_long(name) || key(name).is_none() { Err(Error::Name) } else { Ok(name) }
}

fn is_too_long(text: &str) -> bool {
    text.chars().nth(MAX_NAME).is_some()
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
        // U+1D160 is three letters when it is folded: a user of that department would not be found.
        for name in ["", " \t", &"o".repeat(MAX_NAME + 1), &"\u{1d160}".repeat(MAX_NAME)] {
            assert!(matches!(checked(name), Err(Error::Name)), "{name:?}");
        }
    }

    #[test]
    fn every_name_has_a_key_and_what_is_longer_has_none() {
        let (longest, longer) = ("Ö".repeat(MAX_NAME), "Ö".repeat(MAX_NAME + 1));
        assert_eq!(key(&longest), Some("ö".repeat(MAX_NAME)));
        assert_eq!(
            key(&"o\u{308}".repeat(MAX_NAME)),
            key(&longest),
            "two letters are one when they are folded"
        );
        assert_eq!(key(&longer), None);
        assert_eq!((begin(&longer), begin("Ö")), (longest.as_str(), "Ö"));
    }
}
