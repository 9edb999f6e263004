//! Attributes that RFC 7643 gives a shape of their own, and values in that shape.

use connector::ObjectType;
use scim::path::Path;
use serde_json::{Map, Value, json};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The schema of a resource type itself.
pub(crate) fn core_schema(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::User => USER,
        ObjectType::Group => GROUP,
    }
}

/// A value in the JSON type that RFC 7643 gives its attribute, where mappings give text.
pub(crate) fn typed(path: &Path, value: &Value) -> Value {
    if is_active(path)
        && let Some(active) = value.as_str().and_then(truth)
    {
        return Value::Bool(active);
    }
    match value {
        Value::String(id) if is_manager(path) => json!({ "value": id }),
        Value::Array(members) if is_members(path) => members.iter().map(reference).collect(),
        other => other.clone(),
    }
}

/// Whether the path is the `active` attribute of a user.
pub(crate) fn is_active(path: &Path) -> bool {
    is_whole(path, "active", USER)
}

/// Whether the path is the enterprise user's `manager`.
pub(crate) fn is_manager(path: &Path) -> bool {
    is_whole(path, "manager", ENTERPRISE)
}

/// Whether the path is all `members` of a group.
pub(crate) fn is_members(path: &Path) -> bool {
    is_whole(path, "members", GROUP)
}

/// Whether the path is the name of a group.
pub(crate) fn is_display_name(path: &Path) -> bool {
    is_whole(path, "displayName", GROUP)
}

fn is_whole(path: &Path, attribute: &str, urn: &str) -> bool {
    path.filter.is_none()
        && path.sub.is_none()
        && path.attribute.eq_ignore_ascii_case(attribute)
        && path.urn.as_deref().is_none_or(|given| given.eq_ignore_ascii_case(urn))
}

/// The boolean that a mapping's `"True"` or `"False"` means.
pub(crate) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A member as RFC 7643 §4.2 has it, where a mapping gives its id only.
pub(crate) fn reference(member: &Value) -> Value {
    match member {
        Value::String(id) => json!({ "value": id }),
        other => other.clone(),
    }
}

/// RFC 7643 §3: `schemas` names the core schema and that of each extension in the resource. What it names already
/// stays, in its order.
pub(crate) fn name_schemas(resource: &mut Map<String, Value>, object_type: ObjectType) {
    let mut schemas = match resource.get("schemas") {
        Some(Value::Array(named)) if !named.is_empty() => named.clone(),
        _ => vec![Value::from(core_schema(object_type))],
    };
    for urn in resource.keys().filter(|key| is_urn(key)) {
        let is_named = |named: &Value| named.as_str().is_some_and(|named| named.eq_ignore_ascii_case(urn));
        if !schemas.iter().any(is_named) {
            schemas.push(Value::from(urn.as_str()));
        }
    }
    resource.insert("schemas".to_owned(), Value::Array(schemas));
}

/// Whether a resource's member is an extension.
pub(crate) fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
}

/// Marks the element of type `work` as the primary one of a list in which none is.
pub(crate) fn make_work_primary(resource: &mut Map<String, Value>, attribute: &str) {
    let Some(elements) = resource.get_mut(attribute).and_then(Value::as_array_mut) else { return };
    if elements.iter().any(|element| element.get("primary").is_some()) {
        return;
    }
    let work = elements.iter_mut().find(|element| element.get("type").is_some_and(|kind| kind == "work"));
    if let Some(work) = work.and_then(Value::as_object_mut) {
        work.insert("primary".to_owned(), Value::Bool(true));
    }
}
