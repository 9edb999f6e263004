//! One service provider is the directory, another the application: every dialect brings it to the same state.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::http::Tenant;
use crate::rollcall::Rollcall;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user(name: &str, title: &str) -> Value {
    json!({
        "userName": format!("{name}@contoso.com"), "title": title, "active": true,
        "name": {"givenName": name, "familyName": "Example"},
        "emails": [{"type": "work", "value": format!("{name}@contoso.com")}],
        "phoneNumbers": [{"type": "mobile", "value": "555"}],
    })
}

fn made(tenant: &Tenant, path: &str, body: &Value) -> String {
    let answer = tenant.post(path, body);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["id"].as_str().unwrap().to_owned()
}

fn patch(tenant: &Tenant, path: &str, operations: Value) {
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let answer = tenant.send("PATCH", path, Some(&body));
    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
}

/// What a tenant holds, without its ids.
fn state(tenant: &Tenant) -> Value {
    let users = tenant.users();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let names: BTreeMap<String, String> =
        users.iter().map(|user| (text(&user["id"]), text(&user["userName"]))).collect();
    let name = |id: &Value| names.get(&text(id)).cloned().unwrap_or_default();
    let mut people: Vec<Value> = users
        .iter()
        .map(|user| {
            json!([
                user["userName"],
                user["active"],
                text(&user["title"]),
                user["name"]["familyName"],
                text(&user["phoneNumbers"][0]["value"]),
                text(&user["addresses"][0]["locality"]),
                name(&user[ENTERPRISE]["manager"]["value"])
            ])
        })
        .collect();
    people.sort_by_key(Value::to_string);
    let groups = tenant.get("/Groups").body["Resources"].clone();
    let groups = groups.as_array().into_iter().flatten().map(|group| {
        let members = group["members"].as_array().into_iter().flatten();
        let mut members: Vec<String> = members.map(|member| name(&member["value"])).collect();
        members.sort();
        json!([group["displayName"], members])
    });
    json!({"users": people, "groups": groups.collect::<Vec<_>>()})
}

/// The job `name` that provisions the directory into a tenant.
fn job(name: &str, directory: &Tenant, target: &Tenant) -> String {
    format!(
        r#"
name = "{name}"
[source]
kind = "scim"
url = "{}"
token = {{ env = "DIRECTORY_TOKEN" }}
[target]
kind = "scim"
url = "{}"
token = "{}"
dialect = "{name}"
[users]
preset = "workplace"
empty = "clear"
mappings = [{{ target = "{ENTERPRISE}:manager", source = "[manager]" }}]
[groups]
"#,
        directory.url, target.url, target.token
    )
}

/// Switches every quirk of a tenant's connection off (decision 0013), but that the tests' own client names itself not.
fn refuse_what_rfcs_forbid(rollcall: &Rollcall, tenant: &str) {
    let shown = rollcall.run(&["connection", "show", "default", "--tenant", tenant]).json();
    let names = shown["quirks"].as_array().unwrap().iter().map(|quirk| quirk["quirk"].as_str().unwrap());
    let off: Vec<String> =
        names.filter(|name| *name != "no_user_agent").map(|name| format!("{name}=off")).collect();
    let words = ["connection", "set", "default", "--tenant", tenant, "kind=rfc"];
    let set =
        rollcall.run(&[&words[..], &off.iter().map(String::as_str).collect::<Vec<_>>()].concat()).json();
    assert_eq!(set["kind"], "rfc", "{set}");
}

#[test]
fn every_dialect_brings_an_application_to_the_same_state() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let directory = rollcall.tenant("directory");
    rollcall.set("DIRECTORY_TOKEN", &directory.token);
    let targets = ["rfc", "entra", "entra-2020", "okta-aiw", "okta-oin", "okta-oin-patch"]
        .map(|dialect| (dialect, rollcall.tenant(dialect)));

    refuse_what_rfcs_forbid(&rollcall, "rfc");

    let bo = made(&directory, "/Users", &user("bo", "Chief"));
    let mut ana = user("ana", "Engineer");
    ana[ENTERPRISE] = json!({"manager": {"value": bo}});
    let ana = made(&directory, "/Users", &ana);
    let cyd = made(&directory, "/Users", &user("cyd", "Clerk"));
    let members = json!([{"value": ana}, {"value": bo}]);
    let sales = made(&directory, "/Groups", &json!({"displayName": "Sales", "members": members}));
    let first = state(&directory);
    assert_eq!(first["users"].as_array().unwrap().len(), 3);
    for (dialect, target) in &targets {
        let file = rollcall.path(&format!("{dialect}.toml"));
        fs::write(&file, job(dialect, &directory, target)).unwrap();
        rollcall.apply(&file).json();
        let tested = rollcall.run(&["test-connection", dialect]).json();
        assert_eq!((&tested["source"], &tested["target"]), (&json!("ok"), &json!("ok")), "{tested}");
        rollcall.run(&["cycle", dialect]).json();
        assert_eq!(state(target), first, "{dialect}");
    }

    patch(
        &directory,
        &format!("/Users/{ana}"),
        json!([
            {"op": "remove", "path": "title"},
            {"op": "remove", "path": "phoneNumbers"},
            {"op": "replace", "path": "name.familyName", "value": "Strauß"},
            {"op": "remove", "path": format!("{ENTERPRISE}:manager")},
        ]),
    );
    patch(&directory, &format!("/Users/{bo}"), json!([{"op": "replace", "path": "active", "value": false}]));
    let moved = json!({"type": "work", "locality": "Omaha", "region": "NE"});
    patch(
        &directory,
        &format!("/Users/{cyd}"),
        json!([{"op": "add", "path": "addresses", "value": [moved]}]),
    );
    let membership = json!([
        {"op": "replace", "path": "displayName", "value": "Sellers"},
        {"op": "remove", "path": format!("members[value eq \"{ana}\"]")},
        {"op": "add", "path": "members", "value": [{"value": cyd}]},
    ]);
    patch(&directory, &format!("/Groups/{sales}"), membership);
    let second = state(&directory);
    assert_ne!(first, second);
    for (dialect, target) in &targets {
        rollcall.run(&["cycle", dialect]).json();
        assert_eq!(state(target), second, "{dialect}");
        let quiet = rollcall.run(&["cycle", dialect]).json();
        assert_eq!((&quiet["updated"], &quiet["escrowed"]), (&json!(0), &json!(0)), "{dialect}: {quiet}");
    }

    assert_eq!(directory.delete(&format!("/Users/{cyd}")).status, 204);
    for (dialect, target) in &targets {
        rollcall.run(&["cycle", dialect]).json();
        assert_eq!(state(target), state(&directory), "{dialect}");
    }
}
