//! A resource as a client sees it: its document with `id`, `meta` and memberships (RFC 7643 §3.1).

use model::resource::StoredResource;
use scim::{Object, ResourceType};
use serde_json::{Value, json};
use store::member::Member;

use super::members::{MEMBERS, to_value};
use super::read::{MemberOf, Relations, Resource};

/// `User.groups` (RFC 7643 §4.1.2).
const GROUPS: &str = "groups";

impl Resource {
    /// The whole resource, before any projection. `tenant_url` is what its addresses begin with.
    #[must_use]
    pub fn into_object(self, resource_type: &ResourceType, tenant_url: &str) -> Object {
        let meta = meta(&self, resource_type, tenant_url);
        let Self { stored, relations } = self;
        let mut object = stored.document;
        object.insert("id".to_owned(), Value::from(stored.id.to_string()));
        object.insert("meta".to_owned(), meta);
        // A multi-valued attribute without values is left out (RFC 7643 §2.5).
        let (name, values): (_, Vec<Value>) = match &relations {
            Relations::None | Relations::TooMany => return object,
            Relations::Members(members) => {
                (MEMBERS, members.iter().map(|member| member_value(member, tenant_url)).collect())
            }
            Relations::Groups(groups) => {
                (GROUPS, groups.iter().map(|group| group_value(group, tenant_url)).collect())
            }
        };
        if !values.is_empty() {
            object.insert(name.to_owned(), Value::Array(values));
        }
        object
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

fn location(stored: &StoredResource, resource_type: &ResourceType, tenant_url: &str) -> String {
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
    value.insert("type".to_owned(), Value::from("direct"));
    if let Some(display) = &group.display {
        value.insert("display".to_owned(), Value::from(display.as_str()));
    }
    Value::Object(value)
}
