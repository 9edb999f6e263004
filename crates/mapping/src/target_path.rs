//! The target attribute of a mapping.

use std::fmt;

use scim::Path;
use serde::{Deserialize, Serialize};

/// The attribute path a mapping writes, such as `emails[type eq "work"].value` (RFC 7644 §3.5.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetPath {
    text: String,
    /// The text folded, for comparison: attribute names are case-insensitive (RFC 7643 §2.1).
    key: String,
    path: Path,
}

impl TargetPath {
    /// Parses a path. Whether a schema has the attribute is not known here.
    ///
    /// # Errors
    /// `invalidPath` with the place in the text.
    pub fn parse(text: &str) -> Result<TargetPath, scim::Error> {
        let path = Path::parse(text)?;
        let text = path.to_string();
        Ok(TargetPath { key: scim::fold(&text), text, path })
    }

    /// The path in its printed form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path ends at one value: a sub-attribute, as opposed to an attribute that may be multi-valued.
    pub(crate) fn is_single_valued(&self) -> bool {
        self.path.sub.is_some()
    }

    /// Whether the core schema types the attribute as boolean: `active` and every `primary` (RFC 7643 §4.1.1, §2.4).
    pub(crate) fn is_boolean(&self) -> bool {
        let last = self.path.sub.as_ref().unwrap_or(&self.path.attribute);
        last.eq_ignore_ascii_case("active") || last.eq_ignore_ascii_case("primary")
    }
}

impl PartialEq for TargetPath {
    /// Two spellings that differ only in letter case are the same target.
    fn eq(&self, other: &TargetPath) -> bool {
        self.key == other.key
    }
}

impl Eq for TargetPath {}

impl fmt::Display for TargetPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl TryFrom<String> for TargetPath {
    type Error = scim::Error;

    fn try_from(text: String) -> Result<TargetPath, scim::Error> {
        TargetPath::parse(&text)
    }
}

impl From<TargetPath> for String {
    fn from(target: TargetPath) -> String {
        target.text
    }
}
