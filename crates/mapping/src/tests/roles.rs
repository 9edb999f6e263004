//! Application roles.

use super::{check, environment, object};
use crate::{Apply, AttributeMapping, Phase};

const ASSIGNED: &str = r#"{"appRoleAssignments":[
    {"id":"06b0","value":"25","displayName":"Role1234"}, {"id":"18d1","value":null,"displayName":"Default Assignment"}
]}"#;

#[test]
fn single() {
    check("SingleAppRoleAssignment([appRoleAssignments])", ASSIGNED, r#""25""#);
    check(
        "SingleAppRoleAssignment([appRoleAssignments])",
        r#"{"appRoleAssignments":["Admin"]}"#,
        r#""Admin""#,
    );
    check("SingleAppRoleAssignment([appRoleAssignments])", "{}", "null");
}

#[test]
fn complex() {
    check(
        "AppRoleAssignmentsComplex([appRoleAssignments])",
        ASSIGNED,
        r#"[{"displayName":"Role1234","primary":false,"type":"WindowsAzureActiveDirectoryRole","value":"25"},{"displayName":"Default Assignment","primary":false,"type":"WindowsAzureActiveDirectoryRole"}]"#,
    );
    check(
        "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
        r#"{"appRoleAssignments":["Admin"]}"#,
        r#"[{"display":"Admin","primary":false,"type":"WindowsAzureActiveDirectoryRole","value":"Admin"}]"#,
    );
    check("AppRoleAssignmentsComplex([appRoleAssignments])", "{}", "null");
}

#[test]
fn only_the_assertive_ones_are_removed() {
    for (function, expect) in [
        ("AppRoleAssignmentsComplex", Apply::MultiValueAddOnly),
        ("AssertiveAppRoleAssignmentsComplex", Apply::Always),
    ] {
        let source = format!("{function}([appRoleAssignments])");
        let mapping: AttributeMapping =
            serde_json::from_value(serde_json::json!({ "target": "roles", "source": source })).unwrap();
        let object = object(ASSIGNED);
        let mapped = mapping.evaluate(&object, &environment(), Phase::Update).unwrap().unwrap();
        assert_eq!(mapped.apply, expect, "{function}");
    }
}

#[test]
fn a_complex_value_is_its_text_to_a_function_and_itself_to_the_target() {
    let manager = r#"{"manager":{"id":"1"}}"#;
    check("Coalesce([manager])", manager, r#"{"id":"1"}"#);
    check(r#"Append([manager], "!")"#, manager, r#""{\"id\":\"1\"}!""#);
}
