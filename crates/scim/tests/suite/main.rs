//! What the SCIM protocol crate promises, as tables of inputs and expectations.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod document;
mod filter_match;
mod filter_parse;
mod hostile;
mod okta_entra;
mod patch;
mod path;
mod projection;
mod properties;
mod quirks;
mod resource;
mod take;

use std::sync::LazyLock;

use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use scim::quirks::{ClientKind, Tolerance};
use scim::{Error, Object, ResourceType};
use serde_json::{Value, json};

/// The User resource type with the enterprise extension.
static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);
/// The Group resource type.
static GROUP: LazyLock<ResourceType> = LazyLock::new(ResourceType::group);

/// What is tolerated from Entra: nearly everything.
fn lenient() -> Tolerance {
    Tolerance::of(ClientKind::Entra)
}

/// The members of an object literal.
fn object(value: Value) -> Object {
    match value {
        Value::Object(members) => members,
        other => panic!("not an object: {other}"),
    }
}

/// How a test names a refusal: the keyword, or the status where there is none.
fn refusal(error: &Error) -> String {
    error.scim_type.map_or_else(|| error.status.to_string(), |scim_type| scim_type.to_string())
}

/// A user in canonical form with something in most kinds of attribute.
fn peter() -> Object {
    object(json!({
        "schemas": [USER_URN, ENTERPRISE_USER_URN],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "Ext-1",
        "userName": "Peter@Example.com",
        "name": { "familyName": "Parker", "givenName": "Peter" },
        "displayName": "Peter Parker",
        "title": "Photographer",
        "active": true,
        "emails": [
            { "value": "peter@work.example", "type": "work", "primary": true },
            { "value": "peter@home.example", "type": "home" },
        ],
        "phoneNumbers": [{ "value": "555-0001", "type": "work" }, { "value": "555-0002", "type": "mobile" }],
        "addresses": [{ "type": "work", "locality": "Hollywood", "region": "CA", "country": "US" }],
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"3694e05e9dff591\"",
        },
        ENTERPRISE_USER_URN: {
            "employeeNumber": "701984",
            "department": "Press",
            "manager": { "value": "26118915", "displayName": "Jonah" },
        },
    }))
}
