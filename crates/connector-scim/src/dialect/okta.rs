//! What Okta's three kinds of app have in common.
//!
//! `groups: []` stands in every new user. Okta also sends a throw-away password there, even with password sync off;
//! Rollcall has none and sends none.

use super::Headers;
use super::operation::{Op, operation};
use crate::attribute::{is_active, make_work_primary, name_schemas, typed};
use crate::update::Write;
use connector::{Change, ObjectType};
use serde_json::{Map, Value, json};

/// Okta asks for the first hundred matches.
pub(super) const PAGE: &str = "startIndex=1&count=100";

/// What Okta asks for when the connection is tested.
pub(super) const PROBE: &str = "startIndex=1&count=2";

/// Okta's headers. The `User-Agent` stays Rollcall's own.
pub(super) fn headers() -> Headers {
    Headers {
        accept: "application/scim+json",
        accept_charset: Some("utf-8"),
        content_type: "application/scim+json; charset=utf-8",
    }
}

/// What Okta sends beside the mapped attributes.
pub(super) fn complete(object_type: ObjectType, resource: &mut Map<String, Value>) {
    name_schemas(resource, object_type);
    match object_type {
        ObjectType::User => {
            resource.entry("active").or_insert(Value::Bool(true));
            resource.entry("groups").or_insert_with(|| json!([]));
            for attribute in ["emails", "phoneNumbers", "addresses"] {
                make_work_primary(resource, attribute);
            }
        }
        ObjectType::Group => {
            resource.entry("members").or_insert_with(|| json!([]));
        }
    }
}

/// What a cleared attribute holds: Okta knows no removal, an empty text stands for it.
pub(super) fn blank(change: &Change) -> Value {
    if crate::attribute::is_manager(&change.path) {
        return json!({ "value": "" });
    }
    match &change.before {
        Some(Value::String(_)) => Value::from(""),
        _ => Value::Null,
    }
}

/// An operation without a path.
pub(super) fn pathless(value: Value) -> Value {
    operation(Op::Replace.lower(), None, Some(value))
}

/// The writes of an app of the catalog: `active` is patched by itself and first, so that who leaves is out before
/// anything else happens; a group's name is patched together with its id; `profile` writes the rest of a user.
pub(super) fn catalog(
    object_type: ObjectType,
    id: &str,
    changes: &[Change],
    profile: impl Fn(Vec<Change>) -> Write,
) -> Vec<Write> {
    match object_type {
        ObjectType::User => {
            let (active, rest): (Vec<Change>, Vec<Change>) =
                changes.iter().cloned().partition(|change| is_active(&change.path) && change.after.is_some());
            let active = active.iter().map(|change| Write::Patch(vec![pathless(object([change]))]));
            active.chain((!rest.is_empty()).then(|| profile(rest))).collect()
        }
        ObjectType::Group => {
            let mut value = object(changes);
            if let Some(value) = value.as_object_mut() {
                value.insert("id".to_owned(), Value::from(id));
            }
            vec![Write::Patch(vec![pathless(value)])]
        }
    }
}

/// Changes as an object of the shape of a resource.
pub(super) fn object<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Value {
    let mut object = Map::new();
    for change in changes {
        let value = change.after.as_ref().map_or_else(|| blank(change), |after| typed(&change.path, after));
        change.path.write(&mut object, value);
    }
    Value::Object(object)
}
