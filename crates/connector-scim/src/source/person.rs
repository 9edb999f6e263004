//! A resource as the engine sees it.
//!
//! Mappings read a resource's members by their own names, and what mappings over Microsoft Entra ID read by Entra's
//! names too, so that the same job works with either directory.

use super::groups::Groups;
use crate::answer::member;
use crate::attribute::{is_urn, truth};
use connector::{Object, ObjectType, TargetObject};
use scim::path::Path;
use serde_json::{Map, Value};

/// Entra's names for what a SCIM user holds elsewhere.
const ENTRA_NAMES: &[(&str, &[&str])] = &[
    ("userPrincipalName", &["userName"]),
    ("mail", &["emails[type eq \"work\"].value", "emails[primary eq true].value", "emails.value"]),
    ("givenName", &["name.givenName"]),
    ("surname", &["name.familyName"]),
    ("jobTitle", &["title"]),
    ("city", &["addresses[type eq \"work\"].locality", "addresses[primary eq true].locality"]),
    ("state", &["addresses[type eq \"work\"].region", "addresses[primary eq true].region"]),
    ("country", &["addresses[type eq \"work\"].country", "addresses[primary eq true].country"]),
    ("postalCode", &["addresses[type eq \"work\"].postalCode", "addresses[primary eq true].postalCode"]),
    (
        "streetAddress",
        &["addresses[type eq \"work\"].streetAddress", "addresses[primary eq true].streetAddress"],
    ),
    ("telephoneNumber", &["phoneNumbers[type eq \"work\"].value"]),
    ("mobile", &["phoneNumbers[type eq \"mobile\"].value"]),
    ("facsimileTelephoneNumber", &["phoneNumbers[type eq \"fax\"].value"]),
    ("employeeId", &["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"]),
    ("companyName", &["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization"]),
];

/// Members of a resource that say nothing of the person: they would make everybody look changed.
const NOT_OF_THE_PERSON: [&str; 4] = ["schemas", "meta", "members", "password"];

/// Makes a user of a resource.
pub(super) fn object(user: TargetObject, groups: &Groups) -> Object {
    let TargetObject { id, document } = user;
    let mut attributes = attributes(&document);
    for (name, paths) in ENTRA_NAMES {
        let text = paths.iter().find_map(|path| first_text(path, &document));
        if let Some(text) = text.filter(|_| !attributes.contains_key(*name)) {
            attributes.insert((*name).to_owned(), Value::String(text));
        }
    }
    if let Some(manager) = attributes.get("manager").and_then(member_anchor) {
        attributes.insert("manager".to_owned(), Value::String(manager));
    }
    let display = ["userPrincipalName", "mail", "displayName"]
        .into_iter()
        .find_map(|name| attributes.get(name).and_then(Value::as_str));
    Object {
        display: display.unwrap_or(&id).to_owned(),
        enabled: is_active(&document),
        assignment: groups.assignment(ObjectType::User, &id),
        anchor: id,
        object_type: ObjectType::User,
        attributes,
        soft_deleted: false,
        members: None,
    }
}

/// The members of a resource by their names, and those of its extensions by theirs where these are free.
pub(super) fn attributes(document: &Map<String, Value>) -> Map<String, Value> {
    let is_told = |name: &str| !NOT_OF_THE_PERSON.iter().any(|left_out| left_out.eq_ignore_ascii_case(name));
    let mut attributes: Map<String, Value> = document
        .iter()
        .filter(|(name, value)| is_told(name) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (_, extension) in document.iter().filter(|(name, _)| is_urn(name)) {
        for (name, value) in extension.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null())
        {
            attributes.entry(name).or_insert_with(|| value.clone());
        }
    }
    attributes
}

/// The id that a member or manager refers to.
pub(super) fn member_anchor(reference: &Value) -> Option<String> {
    let id = reference.as_str().or_else(|| reference.get("value").and_then(Value::as_str));
    id.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Bytes as hexadecimal digits: 16 bytes make an accidental equality impossible in practice.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// True where the directory does not say (RFC 7643 §4.1.1 leaves the meaning to the service provider).
fn is_active(document: &Map<String, Value>) -> bool {
    match member(document, "active") {
        Some(Value::Bool(active)) => *active,
        Some(Value::String(text)) => truth(text).unwrap_or(true),
        _ => true,
    }
}

fn first_text(path: &str, document: &Map<String, Value>) -> Option<String> {
    let path = Path::parse(path).ok()?;
    let values = path.read(document);
    values.into_iter().find_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
