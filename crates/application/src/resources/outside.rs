//! What a client sees of a resource besides its document: `id`, `meta` (RFC 7643 §3.1) and memberships.
//!
//! Written straight from the rows, because the members of a large group are most of its answer.

use model::ResourceId;
use model::resource::StoredResource;
use scim::ResourceType;
use serde::{Serialize, Serializer};
use store::member::Member;
use store::member_of::MemberOf;

use super::read::{Relations, Resource};

/// The attributes of a resource that its document does not have.
#[derive(Serialize)]
pub(super) struct Outside<'a> {
    id: ResourceId,
    meta: Meta<'a>,
    // A multi-valued attribute without values is left out (RFC 7643 §2.5).
    #[serde(skip_serializing_if = "is_empty")]
    members: Values<'a, Member>,
    #[serde(skip_serializing_if = "is_empty")]
    groups: Values<'a, MemberOf>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    resource_type: &'a str,
    created: String,
    last_modified: String,
    location: String,
    version: String,
}

/// Values of a multi-valued attribute that refers to other resources.
struct Values<'a, Row> {
    rows: &'a [Row],
    tenant_url: &'a str,
}

impl<'a> Outside<'a> {
    /// That of a resource; its addresses begin with `tenant_url`.
    pub(super) fn of(resource: &'a Resource, resource_type: &'a ResourceType, tenant_url: &'a str) -> Self {
        let stored = &resource.stored;
        let (members, groups): (&[Member], &[MemberOf]) = match &resource.relations {
            Relations::None | Relations::TooMany => (&[], &[]),
            Relations::Members(members) => (members, &[]),
            Relations::Groups(groups) => (&[], groups),
        };
        Self {
            id: stored.id,
            meta: Meta {
                resource_type: &resource_type.id,
                created: stored.created.to_string(),
                last_modified: stored.modified.to_string(),
                location: location(stored, resource_type, tenant_url),
                version: resource.entity_tag(),
            },
            members: Values { rows: members, tenant_url },
            groups: Values { rows: groups, tenant_url },
        }
    }
}

/// Where a resource is.
pub(super) fn location<Document>(
    stored: &StoredResource<Document>,
    resource_type: &ResourceType,
    tenant_url: &str,
) -> String {
    format!("{tenant_url}{}/{}", resource_type.endpoint, stored.id)
}

fn is_empty<Row>(values: &Values<'_, Row>) -> bool {
    values.rows.is_empty()
}

impl<Row: Referring> Serialize for Values<'_, Row> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| row.reference(self.tenant_url)))
    }
}

/// A value of `members` (RFC 7643 §4.2) or of `groups` (RFC 7643 §4.1.2).
#[derive(Serialize)]
pub struct Reference<'a> {
    value: ResourceId,
    #[serde(rename = "$ref")]
    address: String,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<&'a str>,
}

/// A row that refers to another resource.
pub trait Referring {
    /// The reference as a client sees it; its address begins with `tenant_url`.
    fn reference(&self, tenant_url: &str) -> Reference<'_>;
}

impl Referring for Member {
    fn reference(&self, tenant_url: &str) -> Reference<'_> {
        Reference {
            value: self.id,
            address: format!("{tenant_url}/{}s/{}", self.member_type, self.id),
            kind: &self.member_type,
            // The schema of RFC 7643 §8.7.1 has none.
            display: None,
        }
    }
}

impl Referring for MemberOf {
    fn reference(&self, tenant_url: &str) -> Reference<'_> {
        Reference {
            value: self.group,
            address: format!("{tenant_url}/Groups/{}", self.group),
            kind: if self.is_direct { "direct" } else { "indirect" },
            display: self.display.as_deref(),
        }
    }
}
