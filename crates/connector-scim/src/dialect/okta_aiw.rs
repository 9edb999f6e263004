//! Okta, an app of the App Integration Wizard: objects are read, changed, and put back whole.

use super::operation::plain_members;
use super::{Headers, Words, okta};
use crate::update::Write;
use connector::{Change, ObjectType};
use serde_json::{Map, Value};

/// The dialect `okta-aiw`.
pub(super) struct OktaAiw;

impl Words for OktaAiw {
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>) {
        okta::complete(object_type, resource);
    }

    fn attributes(&self, _object_type: ObjectType, _id: &str, changes: &[Change]) -> Vec<Write> {
        vec![Write::Put(changes.to_vec())]
    }

    fn members(&self, changes: &[Change]) -> Vec<Value> {
        plain_members(changes)
    }

    fn blank(&self, change: &Change) -> Value {
        okta::blank(change)
    }

    /// A user goes back as it came, `id`, `meta` and `groups` included. Of a group's members only id and name do.
    fn replacement(&self, object_type: ObjectType, mut resource: Map<String, Value>) -> Map<String, Value> {
        if object_type == ObjectType::Group {
            resource.remove("meta");
            if let Some(members) = resource.get_mut("members").and_then(Value::as_array_mut) {
                members.iter_mut().for_each(|member| *member = id_and_name(member));
            }
        }
        resource
    }

    fn page(&self) -> Option<&'static str> {
        Some(okta::PAGE)
    }

    fn probe(&self) -> Option<&'static str> {
        Some(okta::PROBE)
    }

    fn excludes_members(&self) -> bool {
        false
    }

    fn puts(&self, _object_type: ObjectType) -> bool {
        true
    }

    fn headers(&self) -> Headers {
        okta::headers()
    }
}

fn id_and_name(member: &Value) -> Value {
    let part = |name: &str| Some((name.to_owned(), member.get(name)?.clone()));
    Value::Object(["value", "display"].into_iter().filter_map(part).collect())
}
