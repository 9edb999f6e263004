//! Where somebody is sent once they are signed in: a path of this site, and nothing else.

use url::Url;

use crate::limits::MAX_RETURN_TO_BYTES;

/// The path, if it is one. What a browser would read as another site is none: `//evil.test`, `/\evil.test`, and the same
/// with a tab or a line's end in it, which browsers take out (WHATWG URL §4.4).
pub(crate) fn checked(path: &str) -> Option<&str> {
    let is_plain = path.len() <= MAX_RETURN_TO_BYTES
        && path.starts_with('/')
        && path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    let site = Url::parse("https://site.invalid/").ok()?;
    let stays = is_plain && site.join(path).is_ok_and(|url| url.origin() == site.origin());
    stays.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_returned_to() {
        for path in ["/", "/app?x=//evil.test", "/a/b#c", "/%2F%2Fevil.test", "/@evil.test"] {
            assert_eq!(checked(path), Some(path), "{path}");
        }
        let long = format!("/{}", "x".repeat(MAX_RETURN_TO_BYTES));
        for path in [
            "",
            "app",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "/\n/evil.test",
            " //evil.test",
            "https://evil.test/",
            "javascript:alert(1)",
            "/ä",
            &long,
        ] {
            assert_eq!(checked(path), None, "{path:?}");
        }
    }
}
