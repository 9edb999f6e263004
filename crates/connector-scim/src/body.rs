//! The body of a POST: a whole new resource.

use crate::dialect::Dialect;
use connector::ObjectType;
use scim::path::Path;
use serde_json::{Map, Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Entra names this schema in every group it creates.
const ENTRA_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// A resource made of attributes with their values.
pub(crate) fn resource(dialect: Dialect, object_type: ObjectType, values: &[(Path, Value)]) -> Value {
    let mut resource = Map::new();
    for (path, value) in values.iter().filter(|(_, value)| !value.is_null()) {
        path.write(&mut resource, typed(path, value));
    }
    match dialect {
        Dialect::Rfc => add_schemas(&mut resource, object_type),
        Dialect::Entra => add_entra_members(&mut resource, object_type),
    }
    Value::Object(resource)
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

fn reference(member: &Value) -> Value {
    match member {
        Value::String(id) => json!({ "value": id }),
        other => other.clone(),
    }
}

/// RFC 7643 §3: `schemas` names the core schema and that of each extension in the resource.
fn add_schemas(resource: &mut Map<String, Value>, object_type: ObjectType) {
    let core = match object_type {
        ObjectType::User => USER,
        ObjectType::Group => GROUP,
    };
    let is_extension = |key: &&String| key.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"));
    let extensions = resource.keys().filter(is_extension).map(String::as_str);
    let schemas: Value = std::iter::once(core).chain(extensions).collect();
    resource.insert("schemas".to_owned(), schemas);
}

/// What Entra sends beside the mapped attributes. Extensions other than the enterprise user go unnamed in `schemas`.
fn add_entra_members(resource: &mut Map<String, Value>, object_type: ObjectType) {
    let schemas = match object_type {
        ObjectType::User => json!([USER, ENTERPRISE]),
        ObjectType::Group => json!([GROUP, ENTRA_GROUP]),
    };
    resource.insert("schemas".to_owned(), schemas);
    resource.insert("meta".to_owned(), json!({ "resourceType": object_type.to_string() }));
    if object_type == ObjectType::User {
        resource.entry("roles").or_insert_with(|| json!([]));
        make_work_email_primary(resource);
    }
}

fn make_work_email_primary(resource: &mut Map<String, Value>) {
    let Some(emails) = resource.get_mut("emails").and_then(Value::as_array_mut) else { return };
    if emails.iter().any(|email| email.get("primary").is_some()) {
        return;
    }
    let work = emails.iter_mut().find(|email| email.get("type").is_some_and(|kind| kind == "work"));
    if let Some(work) = work.and_then(Value::as_object_mut) {
        work.insert("primary".to_owned(), Value::Bool(true));
    }
}
