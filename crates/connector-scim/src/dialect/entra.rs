//! The Microsoft Entra provisioning service as it speaks without a behaviour flag.
//!
//! Operations have a capital, `active` is the text `"True"` or `"False"` in a PATCH, a manager is a plain id, members
//! are removed by value, and app roles are JSON inside a text.

use super::Words;
use super::operation::{Op, operation};
use crate::attribute::{ENTERPRISE, GROUP, USER, is_active, is_manager, make_work_primary, typed};
use crate::update::Write;
use connector::{Change, ObjectType};
use scim::path::Path;
use serde_json::{Map, Value, json};

/// Entra names this schema in every group it creates.
const ENTRA_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// The dialect `entra`.
pub(super) struct Entra;

impl Words for Entra {
    fn complete(&self, object_type: ObjectType, resource: &mut Map<String, Value>) {
        complete(object_type, resource);
    }

    fn attributes(&self, _object_type: ObjectType, _id: &str, changes: &[Change]) -> Vec<Write> {
        let (role, others): (Vec<&Change>, Vec<&Change>) =
            changes.iter().partition(|change| is_part_of_role(&change.path) && change.after.is_some());
        let operations = others.into_iter().map(patched).chain(single_role(&role));
        vec![Write::Patch(operations.collect())]
    }

    /// A strict server reads `Remove` with a path and values as "remove all"; the RFC's form is a value path.
    fn members(&self, changes: &[Change]) -> Vec<Value> {
        let member = |change: &Change| {
            let value =
                change.after.as_ref().or(change.before.as_ref()).map(|value| typed(&change.path, value));
            operation(Op::of(change).capital(), Some(change.path.to_string()), value)
        };
        changes.iter().map(member).collect()
    }

    fn filter(&self, attribute: &Path, value: &str) -> String {
        filter(attribute, value)
    }
}

/// What Entra sends beside the mapped attributes. Extensions other than the enterprise user go unnamed in `schemas`.
pub(super) fn complete(object_type: ObjectType, resource: &mut Map<String, Value>) {
    let schemas = match object_type {
        ObjectType::User => json!([USER, ENTERPRISE]),
        ObjectType::Group => json!([GROUP, ENTRA_GROUP]),
    };
    resource.insert("schemas".to_owned(), schemas);
    resource.insert("meta".to_owned(), json!({ "resourceType": object_type.to_string() }));
    if object_type == ObjectType::User {
        resource.entry("roles").or_insert_with(|| json!([]));
        make_work_primary(resource, "emails");
    }
}

/// Entra compares after a value path, which the RFC's grammar does not have.
pub(super) fn filter(attribute: &Path, value: &str) -> String {
    format!("{attribute} eq {}", Value::from(value))
}

/// A manager as Entra sends it: a plain id.
pub(super) fn plain_manager(path: &Path, value: Value) -> Value {
    match &value {
        Value::Object(manager) if is_manager(path) => manager.get("value").cloned().unwrap_or(value),
        _ => value,
    }
}

fn patched(change: &Change) -> Value {
    let path = &change.path;
    if let Some(Value::Array(roles)) = &change.after
        && is_roles(path)
    {
        return whole_roles(path, roles);
    }
    let value = change.after.as_ref().map(|after| match typed(path, after) {
        Value::Bool(active) if is_active(path) => Value::from(if active { "True" } else { "False" }),
        other => plain_manager(path, other),
    });
    operation(Op::of(change).capital(), Some(path.to_string()), value)
}

fn is_roles(path: &Path) -> bool {
    path.attribute.eq_ignore_ascii_case("roles") && path.filter.is_none() && path.sub.is_none()
}

/// `roles[primary eq "True"].value` and its siblings, which `SingleAppRoleAssignment` is mapped to.
fn is_part_of_role(path: &Path) -> bool {
    path.attribute.eq_ignore_ascii_case("roles") && path.filter.is_some() && path.sub.is_some()
}

/// `AssertiveAppRoleAssignmentsComplex` gives elements with a `display`, and they replace all roles;
/// `AppRoleAssignmentsComplex` gives a `displayName`, and they are added as JSON inside a text.
fn whole_roles(path: &Path, roles: &[Value]) -> Value {
    let is_assertive = roles.iter().any(|role| role.get("display").is_some());
    if is_assertive || roles.is_empty() {
        return operation(Op::Replace.lower(), Some(path.to_string()), Some(json!(roles)));
    }
    let elements: Vec<Value> = roles.iter().map(role_in_text).collect();
    operation(Op::Add.capital(), Some(path.to_string()), Some(json!(elements)))
}

/// What is mapped to the parts of the one role becomes one element.
fn single_role(parts: &[&Change]) -> Option<Value> {
    let first = parts.first()?;
    let mut role = Map::new();
    for part in parts {
        let Some(name) = part.path.sub.as_deref() else { continue };
        let name = if name.eq_ignore_ascii_case("display") { "displayName" } else { name };
        role.insert(name.to_owned(), part.after.clone().unwrap_or_default());
    }
    let path = Path { filter: None, sub: None, ..first.path.clone() };
    let element = role_in_text(&Value::Object(role));
    Some(operation(Op::Add.capital(), Some(path.to_string()), Some(json!([element]))))
}

/// A role as JSON inside a text, its members in Entra's order.
fn role_in_text(role: &Value) -> Value {
    if let Value::String(_) = role {
        return json!({ "value": role });
    }
    let member = |name: &str| Some(format!("\"{name}\":{}", role.get(name)?));
    let members: Vec<String> = ["id", "value", "displayName"].into_iter().filter_map(member).collect();
    json!({ "value": format!("{{{}}}", members.join(",")) })
}
