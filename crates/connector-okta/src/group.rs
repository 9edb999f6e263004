//! A group of Okta as the engine sees it. Pure.

use connector::{Assignment, Member, Members, Object, ObjectType};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A group as the API answers it, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    /// `OKTA_GROUP`, `APP_GROUP` (imported from a directory or an application) or `BUILT_IN` (`Everyone`).
    #[serde(rename = "type")]
    kind: String,
    profile: Map<String, Value>,
}

/// What a list says of an object where only its id matters.
#[derive(Debug, Deserialize)]
pub(crate) struct Id {
    pub(crate) id: String,
}

impl Group {
    /// The object, with its members where they were asked for. Okta's groups hold users only.
    pub(crate) fn into_object(self, is_assigned: bool, members: Option<Vec<Id>>) -> Object {
        let Self { id, kind, profile: mut attributes } = self;
        let name = attributes.get("name").cloned();
        let display = name.as_ref().and_then(Value::as_str).unwrap_or(&id).to_owned();
        if let Some(name) = name {
            attributes.entry("displayName").or_insert(name);
        }
        attributes.insert("id".to_owned(), Value::from(id.as_str()));
        attributes.insert("type".to_owned(), Value::from(kind));
        let as_members = |members: Vec<Id>| members.into_iter().map(|one| Member::user(one.id)).collect();
        Object {
            anchor: id,
            object_type: ObjectType::Group,
            display,
            attributes,
            enabled: true,
            soft_deleted: false,
            assignment: if is_assigned { Assignment::Direct } else { Assignment::Unassigned },
            members: members.map(|members| Members::All(as_members(members))),
        }
    }
}
