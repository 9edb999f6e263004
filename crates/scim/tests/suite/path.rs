//! PATCH paths as text and against a resource type.

use scim::Path;
use scim::builtin::ENTERPRISE_USER_URN;
use scim::path::Target;

use crate::{USER, refusal};

fn refuse(text: &str, detail: &str) {
    let error = Path::parse(text).expect_err(text);
    assert_eq!(refusal(&error), "invalidPath", "{text}");
    assert!(error.detail.contains(detail), "{text}: {error}");
}

#[test]
fn paths_print_as_they_were_read() {
    for text in [
        "members",
        "name.familyName",
        "members.$ref",
        r#"addresses[type eq "work"]"#,
        r#"members[value eq "2819c223-7f76-453a-919d-413861904646"]"#,
        r#"addresses[type eq "work"].streetAddress"#,
        r#"emails[type eq "work" and value ew "example.com"]"#,
        r#"emails[value eq "a.b]c\"d"].value"#,
        r#"roles[primary eq "True"].display"#,
        "urn:ietf:params:scim:schemas:core:2.0:User:active",
        "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName",
        r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value"#,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User:localUsername",
        "urn:scim:custom:1.0",
    ] {
        assert_eq!(Path::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn a_urn_ends_at_the_last_colon_before_the_attribute() {
    let text = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User:localUsername";
    let path = Path::parse(text).unwrap();
    assert_eq!(path.urn.as_deref(), Some("urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User"));
    assert_eq!(path.attribute, "localUsername");
    let path = Path::parse(r#"emails[value eq "urn:a:b"].type"#).unwrap();
    assert_eq!((path.urn, path.sub.as_deref()), (None, Some("type")));
}

#[test]
fn refusals_say_where() {
    refuse("", "at byte 0: expected an attribute name");
    refuse("emails[type eq \"work\".value", "at byte 21: expected ']'");
    refuse("emails[]", "at byte 7: expected an attribute name");
    refuse("emails[type eq", "at byte 14: expected a value");
    refuse("emails[", "at byte 7: expected an attribute name");
    refuse("emails]", "at byte 6: expected '['");
    refuse("a.b.c", "at byte 0: 'a.b.c' is not an attribute name");
    refuse("a..b", "at byte 0");
    refuse("1a", "at byte 0: '1a' is not an attribute name");
    refuse("name.familyName[value pr]", "at byte 15: a value filter stands on an attribute");
    refuse("emails[value pr]value", "at byte 16: expected '.' and a sub-attribute");
    refuse("emails[value pr].a.b", "at byte 16");
    refuse("emails[value pr].a b", "at byte 19: expected the end");
    refuse("emails[value pr].1", "at byte 17: '1' is not an attribute name");
    refuse("emails[phones[value pr]]", "at byte 13: a value filter cannot contain another '['");
    refuse("(emails)", "at byte 0");
    refuse("__proto__", "at byte 0");
    refuse(&"a".repeat(10_000), "longer than");
}

fn resolve(text: &str) -> Result<String, String> {
    let path = Path::parse(text).unwrap();
    match path.resolve(&USER) {
        Ok(Target::Extension(urn)) => Ok(format!("extension {urn}")),
        Ok(Target::Attribute { attribute, filter }) => {
            let filtered = if filter.is_some() { "[]" } else { "" };
            Ok(format!("{}{filtered}", attribute.name()))
        }
        Err(error) => Err(refusal(&error)),
    }
}

#[test]
fn paths_resolve_without_regard_to_letter_case() {
    let enterprise = |name: &str| format!("{ENTERPRISE_USER_URN}:{name}");
    let table = [
        ("USERNAME".to_owned(), Ok("userName".to_owned())),
        ("name.GIVENNAME".to_owned(), Ok("name.givenName".to_owned())),
        ("urn:ietf:params:scim:schemas:core:2.0:user:Active".to_owned(), Ok("active".to_owned())),
        (enterprise("department"), Ok(enterprise("department"))),
        (enterprise("DEPARTMENT").to_uppercase(), Ok(enterprise("department"))),
        (enterprise("manager.value"), Ok(enterprise("manager.value"))),
        ("manager".to_owned(), Ok(enterprise("manager"))),
        (ENTERPRISE_USER_URN.to_owned(), Ok(format!("extension {ENTERPRISE_USER_URN}"))),
        (ENTERPRISE_USER_URN.to_uppercase(), Ok(format!("extension {ENTERPRISE_USER_URN}"))),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User".to_owned(),
            Ok(format!("extension {ENTERPRISE_USER_URN}")),
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department".to_owned(),
            Ok(enterprise("department")),
        ),
        (r#"emails[type eq "work"].value"#.to_owned(), Ok("emails.value[]".to_owned())),
        (r#"title[value eq "x"]"#.to_owned(), Err("invalidPath".to_owned())),
        ("nope".to_owned(), Err("invalidPath".to_owned())),
        ("userName.foo".to_owned(), Err("invalidPath".to_owned())),
        ("urn:x:y:z:userName".to_owned(), Err("invalidPath".to_owned())),
        ("constructor".to_owned(), Err("invalidPath".to_owned())),
    ];
    for (text, expected) in table {
        assert_eq!(resolve(&text), expected, "{text}");
    }
}
