//! A resource as a client sees it: its document with `id`, `meta` and memberships (RFC 7643 §3.1).

use std::borrow::Cow;

use model::resource::length_of_members;
use scim::{Object, Projection, ResourceType};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use store::member_of::MemberOf;

use super::Error;
use super::outside::{Outside, location};
use super::read::{Relations, Resource};
use crate::TypeProfile;

impl Resource {
    /// The resource as a client sees it. `tenant_url` is what its addresses begin with.
    ///
    /// # Errors
    /// The store's, if the document is none.
    pub fn show(
        &self,
        kind: &TypeProfile,
        tenant_url: &str,
        projection: &Projection,
    ) -> Result<Box<RawValue>, Error> {
        let outside = Outside::of(self, kind.resource_type(), tenant_url);
        // What is kept of a secret must not be shown either.
        let whole = projection.is_complete() && !kind.keeps_secrets();
        let shown = match (&self.stored.document, whole) {
            (Content::Text(text), true) => joined(text, &outside),
            (Content::Tree(tree), true) => {
                serde_json::to_string(tree).and_then(|text| joined(&text, &outside))
            }
            (content, false) => projected(content, &outside, projection),
        };
        shown.and_then(RawValue::from_string).map_err(|_| corrupt())
    }

    /// The entity tag of the resource as it is shown. Groups that are shown with a user are no part of its version, so
    /// the tag tells which they are: a client that has the user with other groups does not have it.
    #[must_use]
    pub fn entity_tag(&self) -> String {
        match &self.relations {
            Relations::Groups(groups) if !groups.is_empty() => {
                format!("W/\"{}.{:08x}\"", self.stored.version, fingerprint(groups))
            }
            Relations::Groups(_) | Relations::None | Relations::TooMany | Relations::Members(_) => {
                entity_tag(self.stored.version)
            }
        }
    }

    /// Where the resource is.
    #[must_use]
    pub fn location(&self, resource_type: &ResourceType, tenant_url: &str) -> String {
        location(&self.stored, resource_type, tenant_url)
    }
}

/// The document of a resource that is to be shown.
#[derive(Clone, Debug)]
pub enum Content {
    /// As it is stored. Shown whole, it need not be understood.
    Text(String),
    /// As it was read for another purpose, or is being stored.
    Tree(Object),
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Object> for Content {
    fn from(tree: Object) -> Self {
        Self::Tree(tree)
    }
}

impl Content {
    /// How long it is, in bytes of text or of names and texts.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Tree(tree) => length_of_members(tree),
        }
    }

    /// The document, looked into.
    ///
    /// # Errors
    /// The store's, if it is none.
    pub(super) fn tree(&self) -> Result<Cow<'_, Object>, Error> {
        match self {
            Self::Text(text) => serde_json::from_str(text).map(Cow::Owned).map_err(|_| corrupt()),
            Self::Tree(tree) => Ok(Cow::Borrowed(tree)),
        }
    }
}

fn corrupt() -> Error {
    store::Error::corrupt("a document").into()
}

/// The text of an object that has the members of both, which have no name in common. The result is checked where it
/// becomes a [`RawValue`].
fn joined(text: &str, outside: &impl Serialize) -> serde_json::Result<String> {
    let outside = serde_json::to_string(outside)?;
    let inside = text.strip_suffix('}').unwrap_or_default();
    let comma = if inside.len() > 1 { "," } else { "" };
    Ok([inside, comma, outside.strip_prefix('{').unwrap_or_default()].concat())
}

/// The text of what a projection leaves of both.
fn projected(
    content: &Content,
    outside: &impl Serialize,
    projection: &Projection,
) -> serde_json::Result<String> {
    let mut object: Object = match content {
        Content::Text(text) => serde_json::from_str(text)?,
        Content::Tree(tree) => tree.clone(),
    };
    if let Value::Object(outside) = serde_json::to_value(outside)? {
        object.extend(outside);
    }
    serde_json::to_string(&projection.apply(&object))
}

/// The weak entity tag of a version, as `meta.version` and the header `ETag` show it (RFC 7644 §3.14): equal tags mean
/// equal content, not equal bytes.
#[must_use]
pub fn entity_tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Tells one list of groups from another.
fn fingerprint(groups: &[MemberOf]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for group in groups {
        hasher.update(group.group.0.as_bytes());
        hasher.update(&[u8::from(group.is_direct)]);
        hasher.update(group.display.as_deref().unwrap_or_default().as_bytes());
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use model::resource::StoredResource;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_joined_as_its_tree_would_be() {
        let outside = json!({ "id": "1", "meta": { "version": "W/\"1\"" } });
        for document in [json!({}), json!({ "a": "}" }), json!({ "a": { "b": [1] }, "c": "{" })] {
            let joined = joined(&document.to_string(), outside.as_object().unwrap()).unwrap();
            let mut tree = document.as_object().unwrap().clone();
            tree.extend(outside.as_object().unwrap().clone());
            assert_eq!(serde_json::from_str::<Value>(&joined).unwrap(), Value::Object(tree), "{joined}");
        }
    }

    #[test]
    fn a_document_that_is_none_is_an_error() {
        let stored = StoredResource {
            id: model::ResourceId(uuid::Uuid::from_u128(1)),
            document: Content::Text("{\"a\":".to_owned()),
            version: 1,
            created: jiff::Timestamp::UNIX_EPOCH,
            modified: jiff::Timestamp::UNIX_EPOCH,
        };
        let resource = Resource { stored, relations: Relations::None };
        let profile = crate::Profile::plain();
        let user = profile.by_id(crate::USER).unwrap();
        for excluded in [None, Some("title")] {
            let projection = Projection::parse(user.resource_type(), None, excluded).unwrap();
            assert!(resource.clone().show(user, "", &projection).is_err());
        }
    }
}
