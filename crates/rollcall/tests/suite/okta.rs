//! A job whose source is an Okta org.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use testkit::okta::{APP, CLIENT, Okta, TOKEN};
use tokio::runtime::Runtime;

use crate::http::Tenant;
use crate::rollcall::Rollcall;

/// An org that lives as long as the runtime: one person is assigned, one is not.
pub fn org() -> (Runtime, Okta) {
    let runtime = Runtime::new().unwrap();
    let (okta, listener) = runtime.block_on(Okta::bind_on_this_machines_time("127.0.0.1:0"));
    let router = okta.router();
    runtime.spawn(async move { axum::serve(listener, router).await });
    okta.edit(|org| {
        for name in ["ana", "bo"] {
            let login = format!("{name}@contoso.com");
            org.create_user(name, json!({ "login": login, "email": login, "displayName": name }));
        }
        org.assign_user("ana", json!({ "role": "Engineer" }));
    });
    (runtime, okta)
}

/// Writes the job file with these lines, its credentials among them, in its source.
pub fn job(rollcall: &Rollcall, tenant: &Tenant, okta: &Okta, credentials: &str) -> PathBuf {
    let text = format!(
        r#"
name = "contoso"
[source]
kind = "okta"
url = "{}"
app = "{APP}"
{credentials}
[target]
kind = "scim"
url = "{}"
token = {{ env = "CONTOSO_TOKEN" }}
dialect = "entra"
[scope]
assigned_only = true
[users]
preset = "workplace"
mappings = [{{ target = "title", source = "[app.role]" }}, {{ target = "displayName", source = "[displayName]" }}]
"#,
        okta.url(),
        tenant.url
    );
    let path = rollcall.path("job.toml");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_cycle_reads_the_org_with_either_credential() {
    let (_runtime, okta) = org();
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");

    rollcall.apply(&job(&rollcall, &tenant, &okta, &format!("token = \"{TOKEN}\""))).json();
    let tested = rollcall.run(&["test-connection", "contoso"]).json();
    assert_eq!((&tested["source"], &tested["target"]), (&json!("ok"), &json!("ok")));
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 1);
    let user = &tenant.users()[0];
    assert_eq!((&user["userName"], &user["title"]), (&json!("ana@contoso.com"), &json!("Engineer")));

    okta.edit(|org| org.deactivate("ana"));
    fs::write(rollcall.path("okta.pem"), testkit::issuer::rsa_pem()).unwrap();
    let client = format!("client_id = \"{CLIENT}\"\nprivate_key = {{ file = \"okta.pem\" }}");
    rollcall.apply(&job(&rollcall, &tenant, &okta, &client)).json();
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["disabled"], 1);
}

#[test]
fn credentials_that_make_no_sense_are_refused() {
    let (_runtime, okta) = org();
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    for credentials in ["", "client_id = \"0oa\"", &format!("token = \"{TOKEN}\"\nclient_id = \"0oa\"")] {
        rollcall.apply(&job(&rollcall, &tenant, &okta, credentials)).json();
        rollcall.run(&["cycle", "contoso"]).refused(&["API token", "OAuth client"], "source.token");
    }
}
