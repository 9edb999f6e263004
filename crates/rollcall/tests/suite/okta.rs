//! A job whose source is an Okta org.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use testkit::okta::{APP, CLIENT, Okta, TOKEN};

use crate::directories::Org;
use crate::http::Tenant;
use crate::rollcall::Rollcall;

/// An org where one person is assigned, and one is not.
pub fn org() -> Org {
    let org = Org::new();
    org.okta.edit(|org| {
        for name in ["ana", "bo"] {
            let login = format!("{name}@contoso.com");
            org.create_user(name, json!({ "login": login, "email": login, "displayName": name }));
        }
        org.assign_user("ana", json!({ "role": "Engineer" }));
    });
    org
}

/// Writes the job file with these lines, its credentials among them, in its source.
pub fn job(rollcall: &Rollcall, tenant: &Tenant, okta: &Okta, credentials: &str) -> PathBuf {
    let source =
        format!("[source]\nkind = \"okta\"\nurl = \"{}\"\napp = \"{APP}\"\n{credentials}", okta.url());
    let mappings = r#"{ target = "title", source = "[app.role]" }, { target = "displayName", source = "[displayName]" }"#;
    rollcall.job_from(&source, mappings, tenant)
}

#[test]
fn a_cycle_reads_the_org_with_either_credential() {
    let org = org();
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");

    rollcall.apply(&job(&rollcall, &tenant, &org.okta, &format!("token = \"{TOKEN}\""))).json();
    let tested = rollcall.run(&["test-connection", "contoso"]).json();
    assert_eq!((&tested["source"], &tested["target"]), (&json!("ok"), &json!("ok")));
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 1);
    let user = &tenant.users()[0];
    assert_eq!((&user["userName"], &user["title"]), (&json!("ana@contoso.com"), &json!("Engineer")));

    org.okta.edit(|org| org.deactivate("ana"));
    fs::write(rollcall.path("okta.pem"), testkit::issuer::rsa_pem()).unwrap();
    let client = format!("client_id = \"{CLIENT}\"\nprivate_key = {{ file = \"okta.pem\" }}");
    rollcall.apply(&job(&rollcall, &tenant, &org.okta, &client)).json();
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["disabled"], 1);
}

#[test]
fn credentials_that_make_no_sense_are_refused() {
    let org = org();
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    for credentials in ["", "client_id = \"0oa\"", &format!("token = \"{TOKEN}\"\nclient_id = \"0oa\"")] {
        rollcall.apply(&job(&rollcall, &tenant, &org.okta, credentials)).json();
        rollcall.run(&["cycle", "contoso"]).refused(&["API token", "OAuth client"], "source.token");
    }
}
