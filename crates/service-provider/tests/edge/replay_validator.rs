//! Microsoft's public validator, test by test in its order, and its preview tests.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::replay::{Replay, Sender, holds};
use crate::support::{ENTERPRISE, GROUP, USER};

/// The body of the public validator's create test: every attribute it knows, with a role whose `primary` is a text.
pub fn full(user_name: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": user_name, "active": true, "displayName": "XKPDCLHQ", "title": "GKTSQ",
        "emails": [{ "type": "work", "value": "omer@hammes.uk", "primary": true }], "preferredLanguage": "sw-KE",
        "name": { "givenName": "Marian", "familyName": "Jadyn", "formatted": "Alta", "middleName": "Mckenna",
                  "honorificPrefix": "Elias", "honorificSuffix": "Lamont" },
        "addresses": [{ "type": "work", "formatted": "GHOZV", "streetAddress": "91 Doyle", "locality": "EQIVG",
                        "region": "NSVYI", "postalCode": "cv31 4xe", "primary": true, "country": "Haiti" }],
        "phoneNumbers": [{ "type": "work", "value": "29-165-5", "primary": true },
                         { "type": "mobile", "value": "29-165-6" }, { "type": "fax", "value": "29-165-7" }],
        ENTERPRISE: { "employeeNumber": "RUBUM", "department": "TQGHO", "costCenter": "RDVIN", "organization": "DKPYT",
                      "division": "KQPWI", "manager": { "value": "random text that is nobody's id" } },
        "roles": [{ "primary": "True", "display": "LGSXY", "value": "KCDEV", "type": "TNEQP" }],
        "userType": "VKNHP", "nickName": "HQNWR", "locale": "TRJZA", "timezone": "Africa/Bissau", "profileUrl": "ANBYH",
    })
}

/// Each attribute of [`full`] by a path of its own, as the verbose PATCH requests name it.
fn verbose(op: &str) -> Value {
    let enterprise = |attribute: &str| format!("{ENTERPRISE}:{attribute}");
    let mut operations = vec![("active".to_owned(), json!(false))];
    for simple in [
        "displayName",
        "title",
        "preferredLanguage",
        "userType",
        "nickName",
        "locale",
        "timezone",
        "profileUrl",
    ] {
        operations.push((simple.to_owned(), json!(format!("new {simple}"))));
    }
    for part in ["givenName", "familyName", "formatted", "middleName", "honorificPrefix", "honorificSuffix"] {
        operations.push((format!("name.{part}"), json!(format!("new {part}"))));
    }
    for part in ["formatted", "streetAddress", "locality", "region", "postalCode", "country"] {
        operations.push((format!("addresses[type eq \"work\"].{part}"), json!(format!("new {part}"))));
    }
    for kind in ["work", "mobile", "fax"] {
        operations.push((format!("phoneNumbers[type eq \"{kind}\"].value"), json!(format!("new {kind}"))));
    }
    for part in ["display", "value", "type"] {
        operations.push((format!("roles[primary eq \"True\"].{part}"), json!(format!("new {part}"))));
    }
    for attribute in ["employeeNumber", "department", "costCenter", "organization", "division"] {
        operations.push((enterprise(attribute), json!(format!("new {attribute}"))));
    }
    operations.push(("emails[type eq \"work\"].value".to_owned(), json!("new@hammes.uk")));
    operations.push(("emails[type eq \"work\"].primary".to_owned(), json!(true)));
    operations.push(("addresses[type eq \"work\"].primary".to_owned(), json!(true)));
    operations.push(("phoneNumbers[type eq \"work\"].primary".to_owned(), json!(true)));
    assert_eq!(operations.len(), 36, "as many as the validator sends");
    operations.into_iter().map(|(path, value)| json!({ "op": op, "path": path, "value": value })).collect()
}

/// That every operation of [`verbose`] can be read back.
fn holds_verbose(user: &Value) {
    let employee_number = format!("/{ENTERPRISE}/employeeNumber");
    holds(
        user,
        &[
            ("/active", json!(false)),
            ("/displayName", json!("new displayName")),
            ("/name/middleName", json!("new middleName")),
            ("/emails", json!([{ "type": "work", "value": "new@hammes.uk", "primary": true }])),
            ("/addresses/0/country", json!("new country")),
            ("/addresses/0/primary", json!(true)),
            ("/addresses/1", Value::Null),
            ("/phoneNumbers/2", json!({ "type": "fax", "value": "new fax" })),
            (
                "/roles",
                json!([{ "primary": true, "display": "new display", "value": "new value", "type": "new type" }]),
            ),
            (&employee_number, json!("new employeeNumber")),
        ],
    );
}

/// The validator, one user as its set-up makes it, and the path of that user.
async fn with_user() -> (Replay, String) {
    let validator = Replay::of(Sender::Validator).await;
    let path = validator.made("/Users", full("melvin@reinger.us")).await;
    (validator, path)
}

#[tokio::test]
async fn test_01_create_a_new_user() {
    let (validator, _) = with_user().await;
    let found = validator.found("/Users", "userName eq \"melvin@reinger.us\"").await;
    let mut expected = full("melvin@reinger.us");
    expected["roles"][0]["primary"] = json!(true);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&found[0][name], value, "{name}");
    }
}

#[tokio::test]
async fn test_02_create_a_duplicate_user() {
    let (validator, _) = with_user().await;
    let again = validator.post("/Users", full("melvin@reinger.us")).await;
    again.error(StatusCode::CONFLICT, Some("uniqueness"));
}

#[tokio::test]
async fn test_03_filter_for_an_existing_user() {
    let (validator, path) = with_user().await;
    let found = validator.found("/Users", "userName eq \"melvin@reinger.us\"").await;
    assert_eq!((found.len(), format!("/Users/{}", found[0]["id"].as_str().unwrap())), (1, path));
    holds(&found[0], &[("/meta/resourceType", json!("User")), ("/schemas", json!([USER, ENTERPRISE]))]);
}

#[tokio::test]
async fn test_04_filter_for_a_non_existing_user() {
    let (validator, _) = with_user().await;
    assert!(validator.found("/Users", "userName eq \"nobody\"").await.is_empty());
}

#[tokio::test]
async fn test_05_filter_for_an_existing_user_with_a_different_case() {
    let (validator, _) = with_user().await;
    assert_eq!(validator.found("/Users", "userName eq \"MELVIN@REINGER.US\"").await.len(), 1);
}

#[tokio::test]
async fn test_06_replace_attributes_verbose_request() {
    let (validator, path) = with_user().await;
    validator.patch(&path, verbose("replace")).await.expect(StatusCode::OK);
    holds_verbose(&validator.get(&path).await.body);
}

#[tokio::test]
async fn test_07_update_user_user_name() {
    let (validator, path) = with_user().await;
    let operations = json!([{ "op": "replace", "value": { "userName": "new@reinger.us" } }]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    assert_eq!(validator.get(&path).await.body["userName"], "new@reinger.us");
}

#[tokio::test]
async fn test_08_disable_user() {
    let (validator, path) = with_user().await;
    let operations = json!([{ "op": "replace", "path": "active", "value": false }]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    assert_eq!(validator.found("/Users", "userName eq \"melvin@reinger.us\"").await[0]["active"], false);
}

#[tokio::test]
async fn test_09_add_attributes_verbose_request() {
    let validator = Replay::of(Sender::Validator).await;
    let path = validator
        .made("/Users", json!({ "userName": "mayra@hyatt.co.uk", "schemas": [USER, ENTERPRISE] }))
        .await;
    validator.patch(&path, verbose("add")).await.expect(StatusCode::OK);
    holds_verbose(&validator.get(&path).await.body);
}

/// What the manager becomes by these operations, each with the id of another user.
async fn manager_after(op: &str, times: usize) -> (Value, String) {
    let (validator, path) = with_user().await;
    let mut last = String::new();
    for number in 0..times {
        last = validator
            .post("/Users", json!({ "schemas": [USER], "userName": format!("m{number}") }))
            .await
            .created();
        let operations =
            json!([{ "op": op, "path": format!("{ENTERPRISE}:manager"), "value": { "value": last } }]);
        validator.patch(&path, operations).await.expect(StatusCode::OK);
    }
    (validator.get(&path).await.body[ENTERPRISE]["manager"]["value"].clone(), last)
}

#[tokio::test]
async fn test_10_add_manager() {
    let (manager, expected) = manager_after("add", 1).await;
    assert_eq!(manager, expected);
}

#[tokio::test]
async fn test_11_replace_manager() {
    let (manager, expected) = manager_after("replace", 2).await;
    assert_eq!(manager, expected);
}

#[tokio::test]
async fn test_12_remove_manager() {
    let (validator, path) = with_user().await;
    let operations =
        json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": { "value": "" } }]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    assert_eq!(validator.get(&path).await.body[ENTERPRISE].get("manager"), None);
}

#[tokio::test]
async fn test_13_delete_a_user() {
    let (validator, path) = with_user().await;
    validator.delete(&path).await.expect(StatusCode::NO_CONTENT);
    validator.get(&path).await.error(StatusCode::NOT_FOUND, None);
}

/// The validator, a group with a member, the group's path and the member's id.
async fn with_group() -> (Replay, String, String) {
    let validator = Replay::of(Sender::Validator).await;
    let member = validator.post("/Users", json!({ "schemas": [USER], "userName": "member" })).await.created();
    let body = json!({ "displayName": "NPSSQOVYZSRX", "externalId": "8f1b", "schemas": [GROUP] });
    let path = validator.made("/Groups", body).await;
    let operations = json!([{ "op": "replace", "path": "members", "value": [{ "value": member }] }]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    (validator, path, member)
}

#[tokio::test]
async fn test_14_get_group_by_id_excluding_members() {
    let (validator, path, _) = with_group().await;
    let group =
        validator.get(&format!("{path}?excludedAttributes=members")).await.expect(StatusCode::OK).body;
    holds(&group, &[("/displayName", json!("NPSSQOVYZSRX")), ("/members", Value::Null)]);
}

#[tokio::test]
async fn test_15_filter_for_an_existing_group_excluding_members() {
    let (validator, ..) = with_group().await;
    let query = "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22NPSSQOVYZSRX%22";
    assert_eq!(validator.get(query).await.listed(1)[0].get("members"), None);
}

#[tokio::test]
async fn test_16_filter_for_an_existing_group() {
    let (validator, _, member) = with_group().await;
    for filter in ["displayName eq \"NPSSQOVYZSRX\"", "externalId eq \"8f1b\""] {
        assert_eq!(validator.found("/Groups", filter).await[0]["members"][0]["value"], member, "{filter}");
    }
}

#[tokio::test]
async fn test_17_filter_for_a_non_existing_group() {
    let (validator, ..) = with_group().await;
    assert!(validator.found("/Groups", "displayName eq \"nothing\"").await.is_empty());
}

#[tokio::test]
async fn test_18_filter_for_an_existing_group_with_a_different_case() {
    let (validator, ..) = with_group().await;
    assert_eq!(validator.found("/Groups", "displayName eq \"npssqovyzsrx\"").await.len(), 1);
}

#[tokio::test]
async fn test_19_and_20_create_a_new_group_and_a_duplicate() {
    let validator = Replay::of(Sender::Validator).await;
    let body = json!({ "displayName": "G", "externalId": "e", "schemas": [GROUP] });
    validator.post("/Groups", body.clone()).await.expect(StatusCode::CREATED);
    validator.post("/Groups", body).await.error(StatusCode::CONFLICT, Some("uniqueness"));
}

#[tokio::test]
async fn test_21_and_22_replace_attributes_of_a_group() {
    let (validator, path, member) = with_group().await;
    for (name, value) in [("externalId", "new"), ("displayName", "New name")] {
        let operations = json!([{ "op": "replace", "value": { name: value } }]);
        validator.patch(&path, operations).await.expect(StatusCode::OK);
        let group = validator.get(&path).await.body;
        assert_eq!((&group[name], &group["members"][0]["value"]), (&json!(value), &json!(member)));
    }
}

#[tokio::test]
async fn test_23_and_24_add_and_remove_a_member() {
    let (validator, path, one) = with_group().await;
    let other = validator.post("/Users", json!({ "schemas": [USER], "userName": "other" })).await.created();
    let operations =
        json!([{ "op": "replace", "path": "members", "value": [{ "value": one }, { "value": other }] }]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    let operations = json!([{ "op": "remove", "path": format!("members[value eq \"{one}\"]") }]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    let members = validator.get(&path).await.body["members"].clone();
    assert_eq!((members.as_array().unwrap().len(), &members[0]["value"]), (1, &json!(other)));
}

#[tokio::test]
async fn test_25_delete_a_group() {
    let (validator, path, _) = with_group().await;
    validator.delete(&path).await.expect(StatusCode::NO_CONTENT);
    validator.get(&path).await.error(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn preview_1_operations_on_different_attributes() {
    let (validator, path) = with_user().await;
    let operations = json!([
        { "op": "remove", "path": "preferredLanguage" },
        { "op": "add", "path": "externalId", "value": "e" },
        { "op": "replace", "path": "displayName", "value": "new" },
    ]);
    let user = validator.patch(&path, operations).await.expect(StatusCode::OK).body;
    holds(
        &user,
        &[("/preferredLanguage", Value::Null), ("/externalId", json!("e")), ("/displayName", json!("new"))],
    );
}

#[tokio::test]
async fn preview_2_operations_on_the_same_attribute() {
    let (validator, path) = with_user().await;
    let operations = json!([
        { "op": "remove", "path": "displayName" },
        { "op": "add", "path": "displayName", "value": "one" },
        { "op": "replace", "path": "displayName", "value": "two" },
    ]);
    assert_eq!(validator.patch(&path, operations).await.expect(StatusCode::OK).body["displayName"], "two");
}

#[tokio::test]
async fn preview_3_and_6_delete_what_does_not_exist() {
    let validator = Replay::of(Sender::Validator).await;
    for path in ["/Users/5171a35d82074e068ce2", "/Groups/0198c9f2-6b1c-7d4e-9a30-5f1d2c3b4a59"] {
        validator.delete(path).await.error(StatusCode::NOT_FOUND, None);
    }
}

#[tokio::test]
async fn preview_4_and_7_delete_twice() {
    let (validator, group, member) = with_group().await;
    for path in [group, format!("/Users/{member}")] {
        validator.delete(&path).await.expect(StatusCode::NO_CONTENT);
        validator.delete(&path).await.error(StatusCode::NOT_FOUND, None);
    }
}

#[tokio::test]
async fn preview_5_operations_on_the_same_attribute_of_a_group() {
    let (validator, path, member) = with_group().await;
    let operations = json!([
        { "op": "add", "path": "members", "value": [{ "value": member }] },
        { "op": "remove", "path": format!("members[value eq \"{member}\"]") },
    ]);
    validator.patch(&path, operations).await.expect(StatusCode::OK);
    assert_eq!(validator.get(&path).await.body.get("members"), None);
}
