//! The admin API: what the command line does, over HTTP, for who may.

use serde_json::{Value, json};

use crate::company::{person, write};
use crate::http::Tenant;
use crate::rollcall::Rollcall;

/// The admin API with a token that the command line makes.
fn admin(rollcall: &Rollcall, url: &str, arguments: &[&str]) -> Tenant {
    let made = rollcall.run(&[&["admin-token", "create"], arguments].concat()).json();
    Tenant::new(url, made["secret"].as_str().unwrap())
}

/// The detail of a problem of this status.
fn problem(answer: &crate::http::Answer, status: u16) -> String {
    assert_eq!(
        (answer.status, answer.body["status"].as_u64()),
        (status, Some(u64::from(status))),
        "{answer:?}"
    );
    answer.body["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_tenant_is_made_and_used_through_it() {
    let rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let admin = admin(&rollcall, &serve.admin_url, &[]);
    let made = admin.post("/tenant/create", &json!({ "name": "contoso", "application": "plain" }));
    assert_eq!(made.status, 200, "{made:?}");
    let token = admin.post("/token/create", &json!({ "tenant": "contoso", "label": "by API" })).body;
    let tenant = Tenant::new(made.body["url"].as_str().unwrap(), token["secret"].as_str().unwrap());
    assert_eq!(tenant.post("/Users", &json!({ "userName": "ana" })).status, 201);
    let shown = admin.post("/tenant/show", &json!({ "name": "contoso" })).body;
    assert_eq!(shown, rollcall.run(&["tenant", "show", "contoso"]).json(), "both doors show the same");
    let set = admin.post("/tenant/set", &json!({ "name": "contoso", "settings": ["retention_days=7"] }));
    assert_eq!(set.body["settings"]["retention_days"], 7);
    let revoked = admin.post("/token/revoke", &json!({ "tenant": "contoso", "id": token["id"] }));
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(tenant.get("/Users").status, 401);
}

#[test]
fn a_job_is_applied_and_run_through_it() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.set("CONTOSO_TOKEN", "not yet");
    let tenant = rollcall.tenant("contoso");
    let serve = rollcall.serve();
    let tenant = Tenant::new(&format!("{}/t/contoso/scim/v2", serve.url), &tenant.token);
    let admin = admin(&rollcall, &serve.admin_url, &[]);
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    let definition = std::fs::read_to_string(rollcall.job(&tenant)).unwrap();
    let applied = admin.post("/job/apply", &json!({ "file": definition }));
    assert_eq!(applied.status, 200, "{applied:?}");
    let cycle = admin.post("/cycle", &json!({ "job": "contoso" }));
    assert_eq!(cycle.body["created"], 2, "{cycle:?}");
    let refused = admin.post("/job/apply", &json!({ "file": "name = 1" }));
    let detail = problem(&refused, 422);
    assert!(detail.starts_with("file") && !detail.contains("/tmp"), "{detail}");
    assert!(refused.body["hint"].is_string() || detail.contains("name"), "{refused:?}");
}

#[test]
fn who_has_no_live_admin_token_learns_nothing() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let scim = rollcall.tenant("contoso");
    let made = rollcall.run(&["admin-token", "create"]).json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let bearer = |token: &str| Tenant::new(&serve.admin_url, token);
    assert_eq!(bearer(secret).post("/tenant/list", &json!({})).status, 200);
    assert_eq!(scim.with_token(secret).get("/Users").status, 401, "an admin token is no SCIM token");
    rollcall.run(&["admin-token", "revoke", id]).json();
    for token in ["", "null", "rcadmin_x", &scim.token, secret] {
        for path in ["/tenant/list", "/tenant/create", "/nowhere", "/nowhere/at/all"] {
            let answer = bearer(token).post(path, &json!({ "name": "contoso" }));
            let expected = if path == "/nowhere/at/all" { 404 } else { 401 };
            problem(&answer, expected);
        }
    }
}

#[test]
fn a_token_is_good_for_what_it_was_made_for() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    rollcall.tenant("contoso");
    rollcall.tenant("fabrikam");
    let reader = admin(&rollcall, &serve.admin_url, &["--read-only"]);
    assert_eq!(reader.post("/tenant/list", &json!({})).status, 200);
    problem(&reader.post("/tenant/delete", &json!({ "name": "contoso", "yes": true })), 403);
    let one = admin(&rollcall, &serve.admin_url, &["--tenant", "contoso"]);
    assert_eq!(one.post("/token/list", &json!({ "tenant": "contoso" })).status, 200);
    let stranger = one.post("/token/list", &json!({ "tenant": "fabrikam" }));
    let nobody = one.post("/token/list", &json!({ "tenant": "nobody" }));
    assert_eq!(problem(&stranger, 404), problem(&nobody, 404), "a stranger's tenant is as unknown as none");
    problem(&one.post("/token/list", &json!({ "tenant": ["contoso", "fabrikam"] })), 404);
    problem(&one.post("/tenant/list", &json!({})), 403);
    problem(&one.post("/tenant/delete", &json!({ "name": "contoso", "yes": true })), 403);
    let audit = rollcall.run(&["tenant", "list"]).json();
    assert_eq!(audit["tenants"].as_array().map(Vec::len), Some(2), "nothing was deleted");
}

#[test]
fn what_it_can_not_do_it_says_in_problems() {
    let rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let admin = admin(&rollcall, &serve.admin_url, &[]);
    let detail = |path: &str, body: &Value, status| problem(&admin.post(path, body), status);
    assert!(detail("/tenant/create", &json!({ "name": "a" }), 400).contains("application"));
    assert!(detail("/tenant/create", &json!({ "name": "A B", "application": "plain" }), 400).contains("A B"));
    assert!(detail("/tenant/show", &json!({ "nam": "a" }), 400).contains("nam"));
    assert!(detail("/tenant/show", &json!({ "name": "a" }), 422).contains("no tenant"));
    assert!(detail("/tenant/show", &json!(["a"]), 400).contains("invalid type"));
    detail("/serve", &json!({}), 404);
    let large = json!({ "file": "x".repeat(1024 * 1024) });
    assert!(detail("/job/apply", &large, 413).contains("limit"));
    assert_eq!(admin.get("/tenant/list").status, 405);
    assert_eq!(Tenant::new(&serve.admin_url, "").get("/openapi.json").body["openapi"], "3.1.0");
}

#[test]
fn a_client_made_by_it_gets_a_token() {
    let rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let admin = admin(&rollcall, &serve.admin_url, &[]);
    assert_eq!(
        admin.post("/tenant/create", &json!({ "name": "contoso", "application": "plain" })).status,
        200
    );
    let client = admin.post("/client/create", &json!({ "tenant": "contoso", "label": "Entra" })).body;
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let request = format!(
        "POST /t/contoso/oauth2/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
        serve.address(),
        form.len()
    );
    let answer = crate::http::exchange(serve.address(), request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let url = format!("{}/t/contoso/scim/v2", serve.url);
    let tenant = Tenant::new(&url, body["access_token"].as_str().unwrap());
    assert_eq!(tenant.get("/Users").status, 200);
    let listed = admin.post("/client/list", &json!({ "tenant": "contoso" })).body;
    assert_eq!(listed["clients"][0]["secrets"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(admin.post("/client/delete", &json!({ "tenant": "contoso", "id": id })).status, 200);
    assert_eq!(tenant.get("/Users").status, 401, "its tokens end with it");
}
