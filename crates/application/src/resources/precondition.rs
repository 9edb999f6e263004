//! Versions as conditions (RFC 7644 §3.14): a write that happens only to the version that the client knows, a read
//! that is spared when the client has it already.

use scim::Error;

/// What the version of a resource must or must not be, as the headers `If-Match` and `If-None-Match` say (RFC 9110
/// §13.1). The default asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// The version must be one of these.
    pub matches: Option<Tags>,
    /// The version must be none of these.
    pub none_matches: Option<Tags>,
}

/// A list of entity tags, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any version of a resource that exists.
    Any,
    /// The opaque parts of these tags. One that can't be ours stays in the list and matches nothing.
    List(Vec<String>),
}

impl Tags {
    /// Reads the value of a header, or the `version` of a bulk operation. Tags compare weakly (RFC 9110 §8.8.3.2), so
    /// that `W/` does not matter; a tag without quotes, as some clients write it, is taken as if it had them.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        Self::List(text.split(',').map(opaque).collect())
    }

    /// Whether a resource with this entity tag, see [`super::entity_tag`], is meant.
    #[must_use]
    pub fn contain(&self, entity_tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tags.contains(&opaque(entity_tag)),
        }
    }

    /// Whether the resource itself has one of these versions, whatever is shown beside it.
    fn contain_version(&self, version: i64) -> bool {
        let version = version.to_string();
        match self {
            Self::Any => true,
            Self::List(tags) => tags.iter().any(|tag| own(tag) == version),
        }
    }
}

impl Precondition {
    /// Refuses to change a resource of this version unless the client expects it.
    ///
    /// # Errors
    /// 412 (RFC 7644 §3.14, RFC 9110 §13.1.1, §13.1.2).
    pub(super) fn check(&self, version: i64) -> Result<(), Error> {
        let other = self.matches.as_ref().is_some_and(|tags| !tags.contain_version(version));
        let known = self.none_matches.as_ref().is_some_and(|tags| tags.contain_version(version));
        if other || known { Err(Error::precondition_failed()) } else { Ok(()) }
    }
}

/// What stands between the quotes of `W/"…"`.
fn opaque(tag: &str) -> String {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag).to_owned()
}

/// The version in a tag: what follows a dot tells only which groups were shown with it.
fn own(tag: &str) -> &str {
    tag.split('.').next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(header: &str, tag: &str) -> bool {
        Tags::parse(header).contain(tag)
    }

    #[test]
    fn tags_compare_weakly() {
        for header in ["W/\"7\"", "\"7\"", "*", " * ", "\"1\", W/\"7\"", "7", "W/7"] {
            assert!(contains(header, "W/\"7\""), "{header}");
        }
        for header in ["", "W/\"8\"", "\"77\"", "\"7", "7\"", "\"a,7\"", "w/\"7\""] {
            assert!(!contains(header, "W/\"7\""), "{header}");
        }
    }

    #[test]
    fn a_write_depends_on_the_resource_alone_and_a_read_on_all_that_is_shown() {
        let known = Tags::parse("W/\"7.0a1b2c3d\"");
        assert!(known.contain_version(7) && known.contain("W/\"7.0a1b2c3d\""));
        assert!(
            !known.contain_version(70) && !known.contain("W/\"7\"") && !known.contain("W/\"7.ffffffff\"")
        );
    }

    #[test]
    fn a_write_needs_all_conditions() {
        let check = |matches: Option<&str>, none: Option<&str>| {
            let precondition =
                Precondition { matches: matches.map(Tags::parse), none_matches: none.map(Tags::parse) };
            precondition.check(7).map_err(|error| error.status)
        };
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(Some("\"7\""), Some("\"8\"")), Ok(()));
        assert_eq!(check(Some("\"8\""), None), Err(412));
        assert_eq!(check(Some("*"), Some("\"7\"")), Err(412));
        assert_eq!(check(None, Some("*")), Err(412));
    }
}
