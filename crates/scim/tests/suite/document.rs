//! Reading and writing documents by path without a schema.

use scim::Path;
use scim::builtin::ENTERPRISE_USER_URN;
use serde_json::{Value, json};

use crate::{object, peter};

fn read(path: &str, expected: Value) {
    let peter = peter();
    let found = Path::parse(path).unwrap().read(&peter).into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(Value::Array(found), expected, "{path}");
}

fn write(before: Value, path: &str, value: Value, after: Value) {
    let mut document = object(before);
    Path::parse(path).unwrap().write(&mut document, value.clone());
    assert_eq!(Value::Object(document.clone()), after, "{path}");
    let read_back = Path::parse(path).unwrap().read(&document).into_iter().cloned().collect::<Vec<_>>();
    let expected = if let Value::Array(values) = value { values } else { vec![value] };
    assert_eq!(read_back, expected, "{path}");
}

fn remove(path: &str, after: Value) {
    let mut document = object(json!({
        "userName": "a",
        "name": { "givenName": "b" },
        "emails": [{ "type": "work", "value": "w" }, { "type": "home", "value": "h" }],
        ENTERPRISE_USER_URN: { "department": "d" },
    }));
    Path::parse(path).unwrap().remove(&mut document);
    assert_eq!(Value::Object(document), after, "{path}");
}

#[test]
fn reading_follows_the_path_in_any_letter_case() {
    read("username", json!(["Peter@Example.com"]));
    read("name.familyName", json!(["Parker"]));
    read("emails.value", json!(["peter@work.example", "peter@home.example"]));
    read(r#"emails[type eq "WORK"].value"#, json!(["peter@work.example"]));
    read(r#"emails[primary eq "True"].type"#, json!(["work"]));
    read(r#"emails[not (primary eq true) and value co "home"].type"#, json!(["home"]));
    read(r#"emails[type eq "other"].value"#, json!([]));
    read("nickName", json!([]));
    read(
        "name.familyName.x".split_once('.').unwrap().0,
        json!([{ "familyName": "Parker", "givenName": "Peter" }]),
    );
    read("urn:ietf:params:scim:schemas:core:2.0:User:title", json!(["Photographer"]));
    read(&format!("{ENTERPRISE_USER_URN}:department"), json!(["Press"]));
    read(&format!("{ENTERPRISE_USER_URN}:manager.value"), json!(["26118915"]));
    read("urn:x:y:z:department", json!([]));
    assert_eq!(Path::parse(ENTERPRISE_USER_URN).unwrap().read(&peter()).len(), 1);
}

#[test]
fn writing_creates_what_is_missing() {
    write(json!({}), "userName", json!("a"), json!({ "userName": "a" }));
    write(json!({ "username": "b" }), "userName", json!("a"), json!({ "username": "a" }));
    write(json!({}), "name.givenName", json!("a"), json!({ "name": { "givenName": "a" } }));
    write(
        json!({}),
        r#"emails[type eq "work"].value"#,
        json!("a"),
        json!({ "emails": [{ "type": "work", "value": "a" }] }),
    );
    write(
        json!({}),
        r#"roles[primary eq "True"].display"#,
        json!("Admin"),
        json!({ "roles": [{ "primary": true, "display": "Admin" }] }),
    );
    write(
        json!({ "emails": [{ "type": "home", "value": "h" }, { "type": "work", "value": "w" }] }),
        r#"emails[type eq "work"].value"#,
        json!("a"),
        json!({ "emails": [{ "type": "home", "value": "h" }, { "type": "work", "value": "a" }] }),
    );
    write(
        json!({}),
        "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User:localUsername",
        json!("a"),
        json!({ "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User": { "localUsername": "a" } }),
    );
    write(json!({}), "emails", json!([{ "value": "a" }]), json!({ "emails": [{ "value": "a" }] }));
}

#[test]
fn removing_leaves_nothing_empty() {
    let base = json!({ "userName": "a", "name": { "givenName": "b" } });
    let emails = json!([{ "type": "work", "value": "w" }, { "type": "home", "value": "h" }]);
    let department = json!({ "department": "d" });
    remove("name.givenName", json!({ "userName": "a", "emails": emails, ENTERPRISE_USER_URN: department }));
    let with = |emails: Value| {
        let mut expected = object(base.clone());
        expected.insert("emails".to_owned(), emails);
        expected.insert(ENTERPRISE_USER_URN.to_owned(), department.clone());
        Value::Object(expected)
    };
    remove(r#"emails[type eq "work"]"#, with(json!([{ "type": "home", "value": "h" }])));
    remove(
        r#"emails[type eq "work"].value"#,
        with(json!([{ "type": "work" }, { "type": "home", "value": "h" }])),
    );
    remove(r#"emails[type eq "other"]"#, with(emails.clone()));
    let without_extension = json!({ "userName": "a", "name": { "givenName": "b" }, "emails": emails });
    remove(&format!("{ENTERPRISE_USER_URN}:department"), without_extension.clone());
    remove(ENTERPRISE_USER_URN, without_extension);
    remove("nickName", with(emails));
}
