//! With the dialect `rfc` our own service provider gets several writes in one request, and is remembered to take them.

use std::fs;

use serde_json::{Value, json};

use crate::company::{person, write};
use crate::http::Tenant;
use crate::rollcall::Rollcall;

const PEOPLE: u32 = 60;

/// Applies the job for a tenant, with lines in its `[target]`.
fn apply(rollcall: &Rollcall, tenant: &Tenant, more: &str) {
    let file = rollcall.job(tenant);
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("{ env = \"CONTOSO_TOKEN\" }", &format!("\"{}\"", tenant.token));
    fs::write(&file, text.replace("dialect = \"entra\"", &format!("dialect = \"rfc\"\n{more}"))).unwrap();
    rollcall.apply(&file).json();
}

fn requests(rollcall: &Rollcall, tenant: &str, path: &str) -> usize {
    let wanted = ["requests", "--tenant", tenant, "--method", "POST", "--path", path, "--limit", "1000"];
    rollcall.run(&wanted).json()["requests"].as_array().unwrap().len()
}

fn names(tenant: &Tenant) -> Vec<Value> {
    let mut names: Vec<Value> = tenant.users().iter().map(|user| user["userName"].clone()).collect();
    names.sort_by_key(Value::to_string);
    names
}

#[test]
fn fewer_requests_come_to_the_same_end() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let (alone, together) = (rollcall.tenant("alone"), rollcall.tenant("together"));
    let people: Vec<Value> = (0..PEOPLE).map(|number| person(number, &format!("p{number:03}"))).collect();
    write(&rollcall.path("directory"), &people);
    for (tenant, more) in [(&alone, "bulk = false"), (&together, "")] {
        apply(&rollcall, tenant, more);
        assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], PEOPLE);
    }
    assert_eq!(names(&alone), names(&together));
    assert_eq!(names(&alone).len(), PEOPLE as usize);

    let known = &rollcall.run(&["job", "show", "contoso"]).json()["capabilities"];
    assert_eq!((&known["bulk"]["on"], &known["bulk"]["learned"]), (&json!(true), &json!("tried")));
    assert!(known["bulk"]["since"].is_string() && known["since"].is_string(), "{known}");
    let told = rollcall.tell(&["job", "show", "contoso"]).stdout;
    assert!(told.contains("bulk                on   tried, 20"), "{told}");
    assert!(told.contains("at most 1000 operations"), "{told}");

    // Other settings are another target, until it is asked.
    apply(&rollcall, &together, "bulk = false");
    assert_eq!(rollcall.run(&["job", "show", "contoso"]).json()["capabilities"], Value::Null);
    rollcall.run(&["test-connection", "contoso"]).json();
    let known = &rollcall.run(&["job", "show", "contoso"]).json()["capabilities"]["bulk"];
    assert_eq!((&known["on"], &known["learned"]), (&json!(false), &json!("configured")));
    assert!(known["why"].as_str().unwrap().contains("bulk = false"), "{known}");

    // Its requests are written when it ends, if not before.
    serve.terminate();
    assert_eq!(requests(&rollcall, "alone", "/Bulk"), 0);
    let (bulk, users) = (requests(&rollcall, "together", "/Bulk"), requests(&rollcall, "together", "/Users"));
    assert!(bulk > 0 && bulk + users < PEOPLE as usize / 2, "{bulk} bulk requests, and {users} alone");
}
