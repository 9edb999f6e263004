//! A resource as a client sees it: its document with `id`, `meta` and memberships (RFC 7643 §3.1).

use model::resource::StoredResource;
use scim::{Object, Projection, ResourceType};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::member::Member;
use store::member_of::MemberOf;

use super::Error;
use super::members::{MEMBERS, to_value};
use super::read::{Relations, Resource};

/// `User.groups` (RFC 7643 §4.1.2).
const GROUPS: &str = "groups";

impl Resource {
    /// The resource as a client sees it. `tenant_url` is what its addresses begin with.
    ///
    /// # Errors
    /// The store's, if the document is none.
    pub fn show(
        self,
        resource_type: &ResourceType,
        tenant_url: &str,
        projection: &Projection,
    ) -> Result<Box<RawValue>, Error> {
        let outside = self.outside(resource_type, tenant_url);
        let shown = match self.stored.document {
            Content::Text(text) if projection.is_complete() => joined(&text, &outside),
            content => {
                let mut object = content.into_tree()?;
                object.extend(outside);
                serde_json::to_string(&projection.apply(&object))
            }
        };
        shown.and_then(RawValue::from_string).map_err(|_| corrupt())
    }

    /// What is kept outside the document: `id`, `meta` and memberships.
    fn outside(&self, resource_type: &ResourceType, tenant_url: &str) -> Object {
        let mut outside = Object::new();
        outside.insert("id".to_owned(), Value::from(self.stored.id.to_string()));
        outside.insert("meta".to_owned(), meta(self, resource_type, tenant_url));
        let (name, values): (_, Vec<Value>) = match &self.relations {
            Relations::None | Relations::TooMany => return outside,
            Relations::Members(members) => {
                (MEMBERS, members.iter().map(|member| member_value(member, tenant_url)).collect())
            }
            Relations::Groups(groups) => {
                (GROUPS, groups.iter().map(|group| group_value(group, tenant_url)).collect())
            }
        };
        // A multi-valued attribute without values is left out (RFC 7643 §2.5).
        if !values.is_empty() {
            outside.insert(name.to_owned(), Value::Array(values));
        }
        outside
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
    fn into_tree(self) -> Result<Object, Error> {
        match self {
            Self::Text(text) => serde_json::from_str(&text).map_err(|_| corrupt()),
            Self::Tree(tree) => Ok(tree),
        }
    }
}

fn corrupt() -> Error {
    store::Error::corrupt("a document").into()
}

/// The text of an object that has the members of both, which have no name in common. The result is checked where it
/// becomes a [`RawValue`].
fn joined(text: &str, outside: &Object) -> serde_json::Result<String> {
    let outside = serde_json::to_string(outside)?;
    let inside = text.strip_suffix('}').unwrap_or_default();
    let comma = if inside.len() > 1 { "," } else { "" };
    Ok([inside, comma, outside.strip_prefix('{').unwrap_or_default()].concat())
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
        hasher.update(group_value(group, "").to_string().as_bytes());
    }
    hasher.finalize()
}

fn location<Document>(
    stored: &StoredResource<Document>,
    resource_type: &ResourceType,
    tenant_url: &str,
) -> String {
    format!("{tenant_url}{}/{}", resource_type.endpoint, stored.id)
}

fn meta(resource: &Resource, resource_type: &ResourceType, tenant_url: &str) -> Value {
    let stored = &resource.stored;
    json!({
        "resourceType": resource_type.id,
        "created": stored.created.to_string(),
        "lastModified": stored.modified.to_string(),
        "location": location(stored, resource_type, tenant_url),
        "version": resource.entity_tag(),
    })
}

fn member_value(member: &Member, tenant_url: &str) -> Value {
    let mut value = to_value(member);
    if let Some(object) = value.as_object_mut() {
        let reference = format!("{tenant_url}/{}s/{}", member.member_type, member.id);
        object.insert("$ref".to_owned(), Value::from(reference));
    }
    value
}

fn group_value(group: &MemberOf, tenant_url: &str) -> Value {
    let mut value = Object::new();
    value.insert("value".to_owned(), Value::from(group.group.to_string()));
    value.insert("$ref".to_owned(), Value::from(format!("{tenant_url}/Groups/{}", group.group)));
    value.insert("type".to_owned(), Value::from(if group.is_direct { "direct" } else { "indirect" }));
    if let Some(display) = &group.display {
        value.insert("display".to_owned(), Value::from(display.as_str()));
    }
    Value::Object(value)
}

#[cfg(test)]
mod tests {
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
        let user = ResourceType::user();
        for excluded in [None, Some("title")] {
            let projection = Projection::parse(&user, None, excluded).unwrap();
            assert!(resource.clone().show(&user, "", &projection).is_err());
        }
    }
}
