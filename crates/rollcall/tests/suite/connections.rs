//! Connections of a tenant on the command line.

use serde_json::json;

use crate::rollcall::Rollcall;

#[test]
fn a_tenant_has_a_connection_from_the_beginning() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let listed = rollcall.run(&["connection", "list", "--tenant", "contoso"]).json();
    assert_eq!(listed["connections"][0]["connection"], "default");
    assert_eq!(listed["connections"][0]["kind"], "auto");
    let tokens = rollcall.run(&["token", "list", "--tenant", "contoso"]).json();
    assert_eq!(tokens["tokens"][0]["connection"], "default");
    rollcall
        .run(&["connection", "delete", "--tenant", "contoso", "default", "--yes"])
        .refused(&["default", "every tenant"], "token list");
}

#[test]
fn a_connection_has_a_kind_and_switches() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let of = ["--tenant", "contoso", "scripts"];
    let run = |words: &[&str], more: &[&str]| rollcall.run(&[words, &of[..], more].concat());
    assert_eq!(run(&["connection", "create"], &["--kind", "rfc"]).json()["kind"], "rfc");
    run(&["connection", "create"], &[]).refused(&["contoso", "scripts"], "connection show");
    let set = run(&["connection", "set"], &["replace_creates=on", "string_booleans=off"]).json();
    assert_eq!(set["choices"], json!({ "replace_creates": true, "string_booleans": false }));
    run(&["connection", "set"], &["kind=okta", "colour=on"]).refused(&["colour"], "connection show");
    let shown = run(&["connection", "show"], &[]).json();
    assert_eq!(shown["kind"], "rfc", "all changes or none");
    let quirk = |name: &str| {
        shown["quirks"].as_array().unwrap().iter().find(|quirk| quirk["quirk"] == name).unwrap().clone()
    };
    let expected = |name, on, chosen| (json!(name), json!(on), json!(chosen), json!(0));
    for (name, on, chosen) in [
        ("replace_creates", true, true),
        ("string_booleans", false, true),
        ("capitalized_ops", true, false),
        ("empty_operations", false, false),
    ] {
        let quirk = quirk(name);
        let told = (&quirk["quirk"], &quirk["on"], &quirk["chosen"], &quirk["requests"]);
        let (name, on, chosen, requests) = expected(name, on, chosen);
        assert_eq!(told, (&name, &on, &chosen, &requests));
    }
}

#[test]
fn a_deleted_connection_takes_its_tokens_along() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let of = ["--tenant", "contoso"];
    let run = |words: &[&str]| rollcall.run(&[words, &of[..]].concat());
    run(&["token", "create", "--connection", "okta"]).refused(&["contoso", "okta"], "connection create");
    run(&["connection", "create", "okta", "--kind", "okta"]).json();
    let made = run(&["token", "create", "--connection", "okta"]).json();
    let okta = tenant.with_token(made["secret"].as_str().unwrap());
    assert_eq!(okta.get("/Users").status, 200);
    run(&["connection", "delete", "okta"]).refused(&["okta", "1 live token"], "--yes");
    assert_eq!(run(&["connection", "delete", "okta", "--yes"]).json()["deleted"], true);
    assert_eq!((okta.get("/Users").status, tenant.get("/Users").status), (401, 200));
}

#[test]
fn what_a_client_needed_is_shown() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana", "active": "True" });
    assert_eq!(tenant.post("/Users", &user).status, 201);
    assert_eq!(tenant.get("/Users?filter=userName+eq+%22ana%22").body["totalResults"], 1);
    // A server that ends writes what it counted.
    assert_eq!(serve.terminate().code(), Some(0));
    let shown = rollcall.run(&["connection", "show", "--tenant", "contoso"]).json();
    let requests = |name: &str| {
        let quirks = shown["quirks"].as_array().unwrap();
        quirks.iter().find(|quirk| quirk["quirk"] == name).unwrap()["requests"].clone()
    };
    assert_eq!(
        ["string_booleans", "plus_as_space", "no_user_agent", "empty_type"].map(requests),
        [1, 1, 2, 0]
    );
    let told = rollcall.tell(&["connection", "show", "--tenant", "contoso"]).stdout;
    for words in ["string_booleans", "Sends", "on for entra and okta"] {
        assert!(told.contains(words), "{told}");
    }
}
