//! Each shape of request that the Entra provisioning service sends, one test a shape. What belongs together in a story is
//! in `entra`.

use axum::http::StatusCode;
use model::tenant::Application;
use serde_json::{Value, json};

use crate::replay::{Replay, Sender, holds};
use crate::support::{ENTERPRISE, GROUP, USER};

const PRINT: &str = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User";
const GUID: &str = "9edf3db5-f590-4367-a7b6-d76747c0a509";

/// A user as a first cycle leaves it: little is set.
fn small() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE], "externalId": "0a21f0f2", "userName": "ana@contoso.com", "active": true,
        "name": { "formatted": "Ana Silva", "familyName": "Silva", "givenName": "Ana" }, "roles": [],
        "emails": [{ "primary": true, "type": "work", "value": "ana@contoso.com" }],
        "meta": { "resourceType": "User" },
    })
}

/// Probes and look-ups, after one user and one group were made.
macro_rules! lookups {
    ($($name:ident: $path:literal => $total:literal;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let entra = Replay::of(Sender::Entra).await;
            entra.made("/Users", small()).await;
            entra.made("/Groups", json!({ "schemas": [GROUP], "displayName": "All staff" })).await;
            let resources = entra.get(&format!($path)).await.listed($total);
            assert!(resources.iter().all(|resource| resource["id"].is_string()));
        }
    )+};
}

lookups! {
    probe_of_users: "/Users?filter=userName+eq+%22{GUID}%22" => 0;
    probe_of_users_by_external_id: "/Users?filter=externalId+eq+%22{GUID}%22" => 0;
    probe_of_groups: "/Groups?excludedAttributes=members&filter=displayName+eq+%22{GUID}%22" => 0;
    probe_with_a_flag_in_front: "/Users?aadOptscim062020&filter=userName+eq+%22{GUID}%22" => 0;
    probe_below_a_tenant_url_with_a_slash: "//Users?filter=userName+eq+%22{GUID}%22" => 0;
    query_with_plus: "/Users?filter=userName+eq+%22ana@contoso.com%22" => 1;
    query_with_percent: "/Users?filter=userName%20eq%20%22ana%40contoso.com%22" => 1;
    query_in_another_case: "/Users?filter=userName+eq+%22ANA@Contoso.com%22" => 1;
    query_by_external_id: "/Users?filter=externalId+eq+%220a21f0f2%22" => 1;
    query_by_work_address: "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22ana@contoso.com%22" => 1;
    query_with_and: "/Users?filter=userName+eq+%22ana@contoso.com%22+and+active+eq+true" => 1;
    query_of_groups: "/Groups?excludedAttributes=members&filter=displayName+eq+%22all%20staff%22" => 1;
    listing: "/Users" => 1;
    listing_by_page: "/Users?startIndex=1&count=2" => 1;
}

/// Operations on a small user, and what they come to.
macro_rules! patches {
    ($($name:ident by $sender:ident: $operations:expr => $($pointer:expr => $value:tt),+;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let client = Replay::of(Sender::$sender).await;
            let path = client.made("/Users", small()).await;
            let answer = client.patch(&path, $operations).await.expect(StatusCode::OK);
            let expected = [$((&*$pointer.to_string(), json!($value))),+];
            holds(&answer.body, &expected);
            holds(&client.get(&path).await.expect(StatusCode::OK).body, &expected);
        }
    )+};
}

/// One operation as Entra writes it without its flag.
fn op(op: &str, path: &str, value: impl Into<Value>) -> Value {
    json!([{ "op": op, "path": path, "value": value.into() }])
}

fn enterprise(attribute: &str) -> String {
    format!("{ENTERPRISE}:{attribute}")
}

fn at_enterprise(pointer: &str) -> String {
    format!("/{ENTERPRISE}/{pointer}")
}

patches! {
    replace_user_name by Entra: op("Replace", "userName", "b@contoso.com") => "/userName" => "b@contoso.com";
    replace_work_address by Entra: op("Replace", "emails[type eq \"work\"].value", "b@contoso.com") =>
        "/emails" => [{ "primary": true, "type": "work", "value": "b@contoso.com" }];
    replace_primary_address by Entra: op("Replace", "emails[primary eq true].value", "b@contoso.com") =>
        "/emails/0/value" => "b@contoso.com", "/emails/1" => null;
    replace_name_part by Entra: op("Replace", "name.familyName", "Costa") =>
        "/name/familyName" => "Costa", "/name/givenName" => "Ana";
    replace_what_is_not_there by Entra: op("Replace", "displayName", "Ana") => "/displayName" => "Ana";
    add_to_what_is_not_there by Entra: op("Add", "displayName", "Ana") => "/displayName" => "Ana";
    add_over_what_is_there by Entra: op("Add", "externalId", "other") => "/externalId" => "other";
    add_work_phone by Entra: op("Add", "phoneNumbers[type eq \"work\"].value", "55555555555") =>
        "/phoneNumbers" => [{ "type": "work", "value": "55555555555" }];
    add_mobile_phone by Entra: op("Add", "phoneNumbers[type eq \"mobile\"].value", "5") =>
        "/phoneNumbers" => [{ "type": "mobile", "value": "5" }];
    replace_fax_that_is_not_there by Entra: op("Replace", "phoneNumbers[type eq \"fax\"].value", "5") =>
        "/phoneNumbers" => [{ "type": "fax", "value": "5" }];
    replace_locality by Entra: op("Replace", "addresses[type eq \"work\"].locality", "Omaha") =>
        "/addresses" => [{ "type": "work", "locality": "Omaha" }];
    replace_region by Entra: op("Replace", "addresses[type eq \"work\"].region", "NE") => "/addresses/0/region" => "NE";
    replace_country by Entra: op("Replace", "addresses[type eq \"work\"].country", "US") => "/addresses/0/country" => "US";
    replace_postal_code by Entra: op("Replace", "addresses[type eq \"work\"].postalCode", "68102") =>
        "/addresses/0/postalCode" => "68102";
    replace_street_address by Entra: op("Replace", "addresses[type eq \"work\"].streetAddress", "1 Main St") =>
        "/addresses/0/streetAddress" => "1 Main St";
    replace_formatted_address by Entra: op("Replace", "addresses[type eq \"work\"].formatted", "1 Main St, Omaha") =>
        "/addresses/0/formatted" => "1 Main St, Omaha";
    replace_employee_number by Entra: op("Replace", &enterprise("employeeNumber"), "7") =>
        at_enterprise("employeeNumber") => "7";
    add_department by Entra: op("Add", &enterprise("department"), "Sales") => at_enterprise("department") => "Sales";
    disable_by_text by Entra: op("Replace", "active", "False") => "/active" => false;
    enable_by_text by Entra: op("Replace", "active", "True") => "/active" => true;
    disable_by_lower_text by Entra: op("Replace", "active", "false") => "/active" => false;
    disable_by_boolean by EntraWithFlag: op("replace", "active", false) => "/active" => false;
    add_single_string by Entra: op("Add", "nickName", "Babs") => "/nickName" => "Babs";
    add_single_string_with_the_flag by EntraWithFlag: op("add", "nickName", "Babs") => "/nickName" => "Babs";
    several_in_one_without_path by EntraWithFlag: json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@contoso.com" },
        { "op": "replace", "value": { "displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
                                      enterprise("employeeNumber"): "Aklq" } },
    ]) => "/displayName" => "Bjfe", "/name/givenName" => "Kkom", "/name/familyName" => "Unua",
          at_enterprise("employeeNumber") => "Aklq", "/emails/0/value" => "b@contoso.com";
    one_operation_for_each by Entra: json!([
        { "op": "Replace", "path": "displayName", "value": "Bjfe" },
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "b@contoso.com" },
        { "op": "Replace", "path": "name.givenName", "value": "Kkom" },
        { "op": "Replace", "path": "externalId", "value": "e" },
        { "op": "Replace", "path": enterprise("employeeNumber"), "value": "Aklq" },
    ]) => "/displayName" => "Bjfe", "/externalId" => "e", at_enterprise("employeeNumber") => "Aklq";
    role_by_its_parts by Entra: json!([
        { "op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Administrator" },
        { "op": "Add", "path": "roles[primary eq \"True\"].type", "value": "WindowsAzureActiveDirectoryRole" },
        { "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin" },
    ]) => "/roles" => [{ "primary": true, "display": "Administrator", "type": "WindowsAzureActiveDirectoryRole",
                         "value": "Admin" }];
    role_as_json_in_text by Entra: op("Add", "roles", json!([
        { "value": "{\"id\":\"06b0\",\"value\":\"25\",\"displayName\":\"Role1234\"}" }
    ])) => "/roles/0/value" => "{\"id\":\"06b0\",\"value\":\"25\",\"displayName\":\"Role1234\"}";
    roles_by_assertion by Entra: json!([
        { "op": "Add", "path": "roles", "value": [{ "value": "old" }] },
        { "op": "replace", "path": "roles", "value": [
            { "primary": false, "type": "T", "display": "User", "value": "user" },
            { "primary": false, "type": "T", "display": "Admin", "value": "admin" },
        ] },
    ]) => "/roles/0/value" => "user", "/roles/1/value" => "admin", "/roles/2" => null;
    manager_as_text by Entra: op("Add", &enterprise("manager"), "42") => at_enterprise("manager/value") => "42";
    manager_as_a_list by Entra: op("Add", "manager", json!([{ "$ref": "http://x/Users/42", "value": "42" }])) =>
        at_enterprise("manager/value") => "42";
    manager_as_an_object by Entra: op("Add", &enterprise("manager"), json!({ "value": "42" })) =>
        at_enterprise("manager/value") => "42";
    manager_that_is_replaced by Entra: json!([
        { "op": "Add", "path": enterprise("manager"), "value": "42" },
        { "op": "Replace", "path": enterprise("manager"), "value": "43" },
    ]) => at_enterprise("manager/value") => "43";
    manager_removed_by_an_empty_object by Entra: json!([
        { "op": "Add", "path": enterprise("manager"), "value": "42" },
        { "op": "Replace", "path": enterprise("manager"), "value": { "value": "" } },
    ]) => at_enterprise("manager") => null;
    manager_removed_by_an_empty_text by Entra: json!([
        { "op": "Add", "path": enterprise("manager"), "value": "42" },
        { "op": "Replace", "path": enterprise("manager"), "value": "" },
    ]) => at_enterprise("manager") => null;
    manager_removed_by_null by Entra: json!([
        { "op": "Add", "path": enterprise("manager"), "value": "42" },
        { "op": "Replace", "path": enterprise("manager"), "value": null },
    ]) => at_enterprise("manager") => null;
    null_update by Entra: json!([
        { "op": "Add", "path": "title", "value": "Guide" },
        { "op": "Replace", "path": "title", "value": null },
    ]) => "/title" => null;
    empty_update by Entra: json!([
        { "op": "Add", "path": "title", "value": "Guide" },
        { "op": "Replace", "path": "title", "value": "" },
    ]) => "/title" => "";
    no_operations by Entra: json!([]) => "/userName" => "ana@contoso.com";
}

/// Bodies of POST beside a user name, and what they come to.
macro_rules! posts {
    ($($name:ident on $application:ident: $members:expr => $($pointer:expr => $value:tt),+;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let client = Replay::with(Sender::Entra, Application::$application).await;
            let mut body = json!({ "schemas": [USER, ENTERPRISE], "userName": "ana@contoso.com", "active": true });
            body.as_object_mut().unwrap().extend($members.as_object().unwrap().clone());
            let answer = client.post("/Users", body).await.expect(StatusCode::CREATED);
            holds(&answer.body, &[$((&*$pointer.to_string(), json!($value))),+]);
            assert!(answer.body["id"].is_string());
        }
    )+};
}

posts! {
    post_as_documented on Plain: small() => "/emails/0/type" => "work", "/roles" => null, "/meta/resourceType" => "User";
    post_with_text_for_a_boolean on Plain: json!({ "active": "False" }) => "/active" => false;
    post_with_nulls on Plain: json!({ "addresses": null, "phoneNumbers": null, "title": null, "department": null,
                                      "manager": null, "preferredLanguage": null }) =>
        "/addresses" => null, "/title" => null, "/active" => true;
    post_with_the_misspelt_urn on Plain: json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { "department": "Lab" },
    }) => at_enterprise("department") => "Lab", "/schemas" => [USER, ENTERPRISE];
    post_with_an_extension_that_schemas_lacks on Print: json!({
        "schemas": [USER], PRINT: { "localUsername": "ana" },
    }) => format!("/{PRINT}/localUsername") => "ana", "/schemas" => [USER, PRINT];
    post_with_phones_and_addresses on Plain: json!({
        "phoneNumbers": [{ "type": "work", "value": "5" }, { "type": "mobile", "value": "6" }],
        "addresses": [{ "type": "work", "locality": "Omaha" }],
    }) => "/phoneNumbers/1/value" => "6", "/addresses/0/locality" => "Omaha";
    post_with_manager_as_text on Plain: json!({ ENTERPRISE: { "manager": "42" } }) =>
        at_enterprise("manager/value") => "42";
    post_with_manager_that_is_nobodys_id on Plain: json!({ ENTERPRISE: { "manager": { "value": "random text" } } }) =>
        at_enterprise("manager/value") => "random text";
    post_with_a_single_role on Plain: json!({
        "roles": [{ "primary": true, "type": "WindowsAzureActiveDirectoryRole", "value": "Admin" }],
    }) => "/roles/0/value" => "Admin", "/roles/0/primary" => true;
    post_with_complex_roles on Plain: json!({ "roles": [
        { "primary": false, "type": "T", "displayName": "Admin", "value": "Admin" },
        { "primary": false, "type": "T", "displayName": "User", "value": "User" },
    ] }) => "/roles/1/value" => "User";
    post_with_asserted_roles on Plain: json!({ "roles": [
        { "primary": false, "type": "T", "display": "Admin", "value": "Admin" },
    ] }) => "/roles/0/display" => "Admin";
    post_of_the_workplace_attributes on Workplace: json!({
        "emails": [{ "primary": true, "type": "work", "value": "ana@contoso.com" }], "title": "Guide", "userType": "Staff",
        "name": { "givenName": "Ana", "familyName": "Silva" }, "externalId": "e",
        "addresses": [{ "type": "work", "locality": "Omaha", "region": "NE" }],
        "phoneNumbers": [{ "type": "work", "value": "5" }, { "type": "mobile", "value": "6" }],
        ENTERPRISE: { "employeeNumber": "7", "organization": "Contoso", "department": "Sales" },
    }) => "/userType" => "Staff", "/addresses/0/region" => "NE", at_enterprise("organization") => "Contoso";
}

#[tokio::test]
async fn a_full_path_to_a_custom_extension() {
    let entra = Replay::with(Sender::Entra, Application::Print).await;
    let path = entra.made("/Users", small()).await;
    let changed = entra.patch(&path, op("Add", &format!("{PRINT}:localUsername"), "ana")).await;
    holds(&changed.expect(StatusCode::OK).body, &[(&format!("/{PRINT}/localUsername"), json!("ana"))]);
    assert_eq!(entra.found("/Users", &format!("{PRINT}:localUsername eq \"ANA\"")).await.len(), 1);
}

#[tokio::test]
async fn whether_a_manager_is_there_already() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", small()).await;
    let id = path.strip_prefix("/Users/").unwrap();
    entra.patch(&path, op("Add", &enterprise("manager"), "42")).await.expect(StatusCode::OK);
    for (manager, total) in [("42", 1), ("43", 0)] {
        for filter in [
            format!("id+eq+%22{id}%22+and+manager+eq+%22{manager}%22"),
            format!("manager+eq+%22{manager}%22+and+id+eq+%22{id}%22"),
        ] {
            let found = entra.get(&format!("/Users?attributes=id&filter={filter}")).await.listed(total);
            assert!(found.iter().all(|user| user["id"] == id && user.get("userName").is_none()));
        }
    }
}

#[tokio::test]
async fn a_manager_is_always_an_object_in_an_answer() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", small()).await;
    let changed = entra.patch(&path, op("Add", &enterprise("manager"), "42")).await;
    assert!(changed.expect(StatusCode::OK).body[ENTERPRISE]["manager"].is_object());
}

#[tokio::test]
async fn a_disabled_user_is_found() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", small()).await;
    entra.patch(&path, op("Replace", "active", "False")).await.expect(StatusCode::OK);
    assert_eq!(entra.found("/Users", "userName eq \"ana@contoso.com\"").await[0]["active"], false);
    assert_eq!(entra.get(&path).await.expect(StatusCode::OK).body["active"], false);
}

#[tokio::test]
async fn what_is_gone_is_404_and_never_an_empty_list() {
    let entra = Replay::of(Sender::Entra).await;
    let path = entra.made("/Users", small()).await;
    entra.delete(&path).await.expect(StatusCode::NO_CONTENT);
    for gone in
        [entra.get(&path).await, entra.delete(&path).await, entra.patch(&path, op("Add", "title", "x")).await]
    {
        gone.error(StatusCode::NOT_FOUND, None);
    }
    assert!(entra.found("/Users", "userName eq \"ana@contoso.com\"").await.is_empty());
}

#[tokio::test]
async fn a_user_that_was_posted_twice_conflicts() {
    let entra = Replay::of(Sender::Entra).await;
    entra.made("/Users", small()).await;
    entra.post("/Users", small()).await.error(StatusCode::CONFLICT, Some("uniqueness"));
}

/// A group, its path, and two users.
async fn group(entra: &Replay) -> (String, String, String) {
    let mut ids = Vec::new();
    for name in ["one", "other"] {
        ids.push(entra.post("/Users", json!({ "schemas": [USER], "userName": name })).await.created());
    }
    let body = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "Staff", "meta": { "resourceType": "Group" },
    });
    let path = entra.made("/Groups", body).await;
    (path, ids.remove(0), ids.remove(0))
}

async fn members(entra: &Replay, path: &str) -> Vec<String> {
    let group = entra.get(path).await.expect(StatusCode::OK).body;
    let members = group["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn group_is_posted_with_the_core_schema_and_no_members() {
    let entra = Replay::of(Sender::Entra).await;
    let body = json!({ "schemas": [GROUP], "displayName": "Staff", "members": [] });
    entra.post("/Groups", body.clone()).await.expect(StatusCode::CREATED);
    entra.post("/Groups", body).await.error(StatusCode::CONFLICT, Some("uniqueness"));
}

#[tokio::test]
async fn group_is_read_without_members() {
    let entra = Replay::of(Sender::Entra).await;
    let (path, one, _) = group(&entra).await;
    entra.patch(&path, op("Add", "members", json!([{ "value": one }]))).await.expect(StatusCode::OK);
    let read = entra.get(&format!("{path}?excludedAttributes=members")).await.expect(StatusCode::OK).body;
    holds(&read, &[("/displayName", json!("Staff")), ("/members", Value::Null)]);
}

#[tokio::test]
async fn group_is_renamed() {
    let entra = Replay::of(Sender::Entra).await;
    let (path, ..) = group(&entra).await;
    entra.patch(&path, op("Replace", "displayName", "People")).await.expect(StatusCode::OK);
    assert_eq!(entra.found("/Groups", "displayName eq \"people\"").await.len(), 1);
}

#[tokio::test]
async fn members_are_added_and_a_member_twice() {
    let entra = Replay::of(Sender::Entra).await;
    let (path, one, other) = group(&entra).await;
    for value in [json!([{ "$ref": null, "value": one }]), json!([{ "value": one }, { "value": other }])] {
        entra.patch(&path, op("Add", "members", value)).await.expect(StatusCode::OK);
    }
    assert_eq!(members(&entra, &path).await.len(), 2);
}

#[tokio::test]
async fn members_are_removed_by_a_list() {
    let entra = Replay::of(Sender::Entra).await;
    let (path, one, other) = group(&entra).await;
    entra
        .patch(&path, op("Add", "members", json!([{ "value": one }, { "value": other }])))
        .await
        .expect(StatusCode::OK);
    for _ in 0..2 {
        let value = json!([{ "$ref": null, "value": one }]);
        entra.patch(&path, op("Remove", "members", value)).await.expect(StatusCode::OK);
        assert_eq!(members(&entra, &path).await, [&*other]);
    }
}

#[tokio::test]
async fn members_are_removed_by_a_value_path() {
    let entra = Replay::of(Sender::EntraWithFlag).await;
    let (path, one, other) = group(&entra).await;
    entra
        .patch(&path, op("add", "members", json!([{ "value": one }, { "value": other }])))
        .await
        .expect(StatusCode::OK);
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{one}\"]") }]);
    entra.patch(&path, remove).await.expect(StatusCode::OK);
    assert_eq!(members(&entra, &path).await, [other]);
}

#[tokio::test]
async fn a_nested_group_is_a_member() {
    let entra = Replay::of(Sender::Entra).await;
    let (path, ..) = group(&entra).await;
    let nested =
        entra.post("/Groups", json!({ "schemas": [GROUP], "displayName": "Nested" })).await.created();
    entra.patch(&path, op("Add", "members", json!([{ "value": nested }]))).await.expect(StatusCode::OK);
    assert_eq!(members(&entra, &path).await, [nested]);
}

#[tokio::test]
async fn group_is_deleted() {
    let entra = Replay::of(Sender::Entra).await;
    let (path, ..) = group(&entra).await;
    entra.delete(&path).await.expect(StatusCode::NO_CONTENT);
    entra.delete(&path).await.error(StatusCode::NOT_FOUND, None);
}

#[tokio::test]
async fn schema_discovery_lists_schemas_without_nulls() {
    let entra = Replay::of(Sender::Entra).await;
    let schemas = entra.get("/Schemas").await.expect(StatusCode::OK);
    let text = schemas.body.to_string();
    assert!(text.contains("\"mutability\":\"readWrite\"") && !text.contains("null"), "{text}");
    let total = schemas.body["totalResults"].as_u64().unwrap();
    assert!(schemas.listed(total).iter().any(|schema| schema["id"] == USER));
}
