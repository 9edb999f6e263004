//! What the fuzz targets share: the resource type and the stored resource that input is tried on.

use std::sync::LazyLock;

use scim::quirks::{ClientKind, Tolerance};
use scim::{Object, ResourceType};
use serde_json::json;

/// The user type with the enterprise extension.
pub static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);

/// What is tolerated from Entra: with nearly every quirk on, the most code is reached.
pub fn lenient() -> Tolerance {
    Tolerance::of(ClientKind::Entra)
}

/// A stored user with a value of most kinds.
pub static PETER: LazyLock<Object> = LazyLock::new(|| {
    let body = json!({
        "userName": "peter@example.com",
        "externalId": "a1",
        "active": true,
        "name": { "givenName": "Peter", "familyName": "Okonkwo" },
        "emails": [
            { "value": "peter@example.com", "type": "work", "primary": true },
            { "value": "p@example.org", "type": "home" },
        ],
        "roles": [{ "value": "reader", "primary": true }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "17", "manager": { "value": "m1" },
        },
    });
    scim::resource::create(&USER, body, &lenient()).expect("the sample fits its type")
});

/// Whether a resource is in canonical form as far as that can be seen: what is stored is read again as the same.
pub fn assert_canonical(resource: &Object) {
    let mut again = scim::resource::create(&USER, json!(resource), &lenient()).expect("a stored resource is a valid one");
    // Not set by clients, so not read from them either.
    for name in ["id", "meta"] {
        again.remove(name);
    }
    assert_eq!(&again, resource, "a stored resource is read again as it is");
}
