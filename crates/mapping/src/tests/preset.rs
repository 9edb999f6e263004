//! The presets, and overriding them.

use super::{environment, object};
use crate::{AttributeMapping, PRESETS, Phase, preset};

/// A user as Microsoft Graph returns it, with the state the engine computes.
const ADELE: &str = r#"{
    "id": "4c0d1e5f", "userPrincipalName": "adele@contoso.com", "mail": "adele.vance@contoso.com",
    "IsSoftDeleted": false, "jobTitle": "Manager", "userType": "Member", "givenName": "Adele", "surname": "Vance",
    "city": "Bellevue", "state": "WA", "businessPhones": ["+1 425 555 0109"], "mobilePhone": null,
    "employeeId": "1001", "companyName": "Contoso", "department": "Retail"
}"#;

#[test]
fn workplace() {
    let mappings = preset("workplace").unwrap();
    let object = object(ADELE);
    let mapped = mappings.evaluate(&object, &environment(), Phase::Create).unwrap();
    let lines: Vec<_> = mapped
        .iter()
        .map(|mapped| {
            let value = mapped.value.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!("{} {value}", mapped.target)
        })
        .collect();
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let expect = [
        r#"userName "adele@contoso.com""#,
        r#"emails[type eq "work"].value "adele.vance@contoso.com""#,
        "active true",
        r#"title "Manager""#,
        r#"userType "Member""#,
        r#"name.givenName "Adele""#,
        r#"name.familyName "Vance""#,
        r#"addresses[type eq "work"].locality "Bellevue""#,
        r#"addresses[type eq "work"].region "WA""#,
        r#"phoneNumbers[type eq "work"].value "+1 425 555 0109""#,
        r#"phoneNumbers[type eq "mobile"].value -"#,
        r#"externalId "4c0d1e5f""#,
        &format!(r#"{enterprise}:employeeNumber "1001""#),
        &format!(r#"{enterprise}:organization "Contoso""#),
        &format!(r#"{enterprise}:department "Retail""#),
    ];
    assert_eq!(lines, expect);
    assert_eq!(mappings.matching().len(), 1);
}

#[test]
fn every_preset_reads_and_finds_its_objects() {
    for (name, lines) in
        [("workplace", 15), ("entra", 22), ("okta", 31), ("print", 10), ("groups", 3), ("entra-groups", 3)]
    {
        let mappings = preset(name).unwrap_or_else(|| panic!("{name} does not read"));
        assert_eq!(mappings.iter().count(), lines, "{name}");
        assert_eq!(mappings.matching().len(), 1, "{name}");
        assert!(PRESETS.contains(&name));
    }
    assert_eq!(preset("none").map(|none| none.iter().count()), Some(0));
    assert_eq!(PRESETS.len(), 7);
}

/// Okta sends a type only where there is a value to be of that type.
#[test]
fn okta_types() {
    let mappings = preset("okta").unwrap();
    for (attributes, expect) in [(r#"{"email":"a@b.c"}"#, Some("work")), ("{}", None)] {
        let object = object(attributes);
        let mapped = mappings.evaluate(&object, &environment(), Phase::Create).unwrap();
        let kind =
            mapped.iter().find(|mapped| mapped.target.as_str() == "emails[primary eq true].type").unwrap();
        assert_eq!(kind.value.as_ref().and_then(|value| value.as_str()), expect);
    }
}

#[test]
fn an_unknown_preset() {
    assert_eq!(preset("Workplace"), None);
}

#[test]
fn overriding() {
    let mapping = |target: &str, source: &str| {
        let text = serde_json::json!({"target": target, "source": source}).to_string();
        serde_json::from_str::<AttributeMapping>(&text).unwrap()
    };
    let preset = preset("workplace").unwrap();
    let count = preset.iter().count();
    let mappings = preset.overridden_by(vec![
        mapping("Emails[type eq \"work\"].value", "[userPrincipalName]"),
        mapping("displayName", "[displayName]"),
    ]);
    assert_eq!(mappings.iter().count(), count + 1);
    assert_eq!(mappings.iter().nth(1).unwrap().source.to_string(), "[userPrincipalName]");
    assert_eq!(mappings.iter().last().unwrap().target.as_str(), "displayName");
}
