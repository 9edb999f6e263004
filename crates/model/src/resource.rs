//! A SCIM resource as it is stored.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::connection::ConnectionName;
use crate::ids::ResourceId;

/// A user or group of a tenant. Its document is a tree, or its text where nobody has looked into it yet.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredResource<Document = Map<String, Value>> {
    /// The `id` a client sees. Opaque, stable, never used again (RFC 7643 §3.1).
    pub id: ResourceId,
    /// The document in canonical form (see `scim`), without `id` and `meta`, which are columns, and without
    /// `Group.members` and `User.groups`, which are rows of their own.
    pub document: Document,
    /// 1 for a new resource, one more with each change of the document or its memberships.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

impl<Document> StoredResource<Document> {
    /// The same resource with its document in another form.
    #[must_use]
    pub fn map<Other>(self, change: impl FnOnce(Document) -> Other) -> StoredResource<Other> {
        let Self { id, document, version, created, modified } = self;
        StoredResource { id, document: change(document), version, created, modified }
    }
}

/// Who made a resource. Clients bring back only what clients made: a user that the application made itself is nobody's
/// to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A SCIM client of this connection.
    Scim {
        /// The connection's name.
        connection: ConnectionName,
    },
    /// An administrator of the tenant.
    Administrator,
    /// The application behind the tenant.
    Application,
}

impl Origin {
    /// Whether a SCIM client made it.
    #[must_use]
    pub fn is_scim(&self) -> bool {
        matches!(self, Self::Scim { .. })
    }
}

/// The text in the database: `scim:default`, `administrator` or `application`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scim { connection } => write!(f, "scim:{connection}"),
            Self::Administrator => f.write_str("administrator"),
            Self::Application => f.write_str("application"),
        }
    }
}

/// The text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin")]
pub struct UnknownOrigin;

impl FromStr for Origin {
    type Err = UnknownOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "administrator" => Ok(Self::Administrator),
            "application" => Ok(Self::Application),
            _ => {
                let connection = text.strip_prefix("scim:").and_then(|name| name.parse().ok());
                connection.map(|connection| Self::Scim { connection }).ok_or(UnknownOrigin)
            }
        }
    }
}

/// How long a document is: the bytes of its names and texts. Its depth is bounded (`scim::limits::MAX_JSON_DEPTH`).
#[must_use]
pub fn length_of_members(members: &Map<String, Value>) -> usize {
    members.iter().map(|(name, value)| name.len() + length(value)).sum()
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(length).sum(),
        Value::Object(members) => length_of_members(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_as_long_as_its_names_and_texts() {
        let document = json!({ "ab": "cdé", "list": [{ "x": "yz", "on": true }, "1", 23, null] });
        assert_eq!(length(&document), 2 + 4 + 4 + 1 + 2 + 2 + 1);
    }
}
