//! Names of attributes in Azure AD Graph and Microsoft Graph.

use serde_json::Value as Json;

use super::object;
use crate::{Attributes, redact};

/// Reads an attribute through the trait; the map's own `get` knows no aliases.
fn check(attributes: &str, name: &str, expect: &str) {
    let object = object(attributes);
    let found = Attributes::get(&object, name).map(Json::to_string);
    assert_eq!(found.as_deref().unwrap_or("absent"), expect, "{name} in {attributes}");
}

#[test]
fn aliases() {
    check(r#"{"id":"1"}"#, "objectId", r#""1""#);
    check(r#"{"objectId":"1"}"#, "id", r#""1""#);
    check(r#"{"businessPhones":["1","2"]}"#, "telephoneNumber", r#""1""#);
    check(r#"{"businessPhones":[]}"#, "telephoneNumber", "absent");
    check(r#"{"businessPhones":["1","2"]}"#, "businessPhones", r#"["1","2"]"#);
    check(r#"{"mobilePhone":"1"}"#, "mobile", r#""1""#);
    check(r#"{"faxNumber":"1"}"#, "facsimileTelephoneNumber", r#""1""#);
    check(r#"{"officeLocation":"1"}"#, "physicalDeliveryOfficeName", r#""1""#);
    check(
        r#"{"onPremisesExtensionAttributes":{"extensionAttribute7":"x"}}"#,
        "extensionAttribute7",
        r#""x""#,
    );
    check(r#"{"extensionAttribute7":"x"}"#, "extensionAttribute7", r#""x""#);
    check(r#"{"passwordProfile":{"password":"x"}}"#, "passwordProfile.password", r#""x""#);
}

#[test]
fn what_is_redacted_is_gone_under_every_name() {
    let check = |attributes: &str, name: &str, expect: &str| {
        let mut object = object(attributes);
        redact(&mut object, name);
        assert_eq!(Json::Object(object).to_string(), expect, "{name} in {attributes}");
    };
    check(r#"{"pin":"1","mail":"2"}"#, "pin", r#"{"mail":"2","pin":"[Redact]"}"#);
    check(r#"{"mail":"2"}"#, "pin", r#"{"mail":"2"}"#);
    check(r#"{"businessPhones":["1"]}"#, "telephoneNumber", r#"{"businessPhones":"[Redact]"}"#);
    check(r#"{"objectId":"1"}"#, "id", r#"{"objectId":"[Redact]"}"#);
    check(
        r#"{"passwordProfile":{"password":"1"}}"#,
        "passwordProfile.password",
        r#"{"passwordProfile":"[Redact]"}"#,
    );
    let extension = r#"{"onPremisesExtensionAttributes":{"extensionAttribute7":"x"}}"#;
    check(extension, "extensionAttribute7", r#"{"onPremisesExtensionAttributes":"[Redact]"}"#);
}

#[test]
fn the_property_of_graph_that_holds_an_attribute() {
    for (name, graph) in [
        ("objectId", "id"),
        ("telephoneNumber", "businessPhones"),
        ("businessPhones", "businessPhones"),
        ("extensionAttribute7", "onPremisesExtensionAttributes"),
        ("city", "city"),
    ] {
        assert_eq!(crate::graph_name(name), graph, "{name}");
    }
}

#[test]
fn the_exact_name_comes_first() {
    check(r#"{"mobile":"1","mobilePhone":"2"}"#, "mobile", r#""1""#);
    check(r#"{"mobile":null,"mobilePhone":"2"}"#, "mobile", "null");
    check(r#"{"Mail":"1"}"#, "mail", "absent");
}
