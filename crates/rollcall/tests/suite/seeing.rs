//! What an administrator can see: the request log, the audit log, metrics, health - and that none of it tells a secret.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use store::{DatabaseUrl, Store};

use crate::http::{Tenant, exchange};
use crate::rollcall::Rollcall;

fn user(name: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name })
}

fn requests(rollcall: &Rollcall, filters: &[&str]) -> Vec<String> {
    let listed = rollcall.run(&[&["requests", "--tenant", "contoso"], filters].concat()).json();
    let requests = listed["requests"].as_array().unwrap().iter();
    requests.map(|entry| format!("{} {} {}", entry["method"], entry["path"], entry["status"])).collect()
}

fn the_request_log_is_asked(mut rollcall: Rollcall) {
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    for _ in 0..2 {
        tenant.post("/Users", &user("ana"));
    }
    tenant.get("/Users?filter=userName+eq+%22ana%22");
    tenant.get("/Groups/7");
    // What is logged is written when the server ends, if not before.
    assert_eq!(serve.terminate().code(), Some(0));

    let (search, missing) = (r#""GET" "/Users?filter=userName eq \"…\"" 200"#, r#""GET" "/Groups/7" 404"#);
    let (made, refused) = (r#""POST" "/Users" 201"#, r#""POST" "/Users" 409"#);
    for (filters, expected) in [
        (&[][..], &[missing, search, refused, made][..]),
        (&["--status", "4xx"], &[missing, refused]),
        (&["--status", "409"], &[refused]),
        (&["--method", "post"], &[refused, made]),
        (&["--path", "filter"], &[search]),
        (&["--path", "/Users", "--limit", "2"], &[search, refused]),
        (&["--since", "1h", "--limit", "1"], &[missing]),
        (&["--since", "2100-01-01T00:00Z"], &[]),
        (&["--kind", "nobody"], &[]),
        (&["--quirk", "nothing"], &[]),
    ] {
        assert_eq!(requests(&rollcall, filters), expected, "{filters:?}");
    }
    let listed = rollcall.run(&["requests", "--tenant", "contoso", "--status", "409"]).json();
    let id = listed["requests"][0]["id"].as_str().unwrap();
    let shown = rollcall.tell(&["requests", "show", "--tenant", "contoso", id]);
    assert!(
        shown.stdout.starts_with("POST /Users\n") && shown.stdout.contains("409 uniqueness"),
        "{shown:?}"
    );
    let unknown = "0198c9f2-6b1c-7d4e-9a30-5f1d2c3b4a59";
    rollcall
        .run(&["requests", "show", "--tenant", "contoso", unknown])
        .refused(&[unknown], "request_log_days");
    assert_eq!(rollcall.run(&["requests"]).status.code(), Some(2), "a tenant must be named");
}

#[test]
fn the_request_log_is_asked_on_sqlite() {
    the_request_log_is_asked(Rollcall::sqlite());
}

#[test]
fn the_request_log_is_asked_on_postgres() {
    the_request_log_is_asked(Rollcall::postgres());
}

/// Runs a statement on the database, as somebody could who has its password.
fn tamper(rollcall: &Rollcall, sql: &'static str) {
    let store = Store::open(&DatabaseUrl::parse(rollcall.database()).unwrap()).unwrap();
    store.write_blocking(move |tx| tx.execute(sql, &[])).map_err(|error: store::Error| error).unwrap();
    store.close();
}

fn the_audit_log_is_verified(mut rollcall: Rollcall) {
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    for name in ["ana", "bo", "cy"] {
        assert_eq!(tenant.post("/Users", &user(name)).status, 201);
    }
    assert_eq!(serve.terminate().code(), Some(0));
    let findings = rollcall.run(&["audit", "verify"]).json();
    assert_eq!(findings["sound"], true, "{findings}");
    let contoso = findings["logs"].as_array().unwrap().iter().find(|log| log["log"] == "contoso").unwrap();
    assert!(contoso["sound"].as_i64() >= Some(4), "a token and three users: {findings}");
    assert_eq!(contoso["unsealed"], 0, "the end of the server seals what is left");
    let listed = rollcall.run(&["audit", "list", "--tenant", "contoso", "--limit", "3"]).json();
    assert_eq!(listed["entries"][2]["action"], "user.create", "{listed}");

    let file = rollcall.path("checkpoint.json");
    fs::write(&file, rollcall.run(&["audit", "checkpoint"]).stdout).unwrap();
    let with_checkpoint = ["audit", "verify", "--checkpoint", file.to_str().unwrap()];
    assert_eq!(rollcall.run(&with_checkpoint).status.code(), Some(0));

    tamper(
        &rollcall,
        "UPDATE audit SET subject = subject || 'x' WHERE action = 'user.create' AND sequence = 3",
    );
    let found = rollcall.tell(&["audit", "verify", "--tenant", "contoso"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(found.stdout.contains("NOT SOUND after 2 rows: row 3 ("), "{found:?}");

    rollcall.run(&["tenant", "delete", "contoso", "--yes"]).json();
    let found = rollcall.tell(&with_checkpoint);
    assert!(found.status.code() == Some(1) && found.stdout.contains("is gone"), "{found:?}");

    fs::write(&file, fs::read_to_string(&file).unwrap().replace("\"sequence\":", "\"sequence\":1")).unwrap();
    rollcall.run(&with_checkpoint).refused(&["checkpoint.json", "changed"], "--key-file");
    fs::write(&file, "{}").unwrap();
    rollcall.run(&with_checkpoint).refused(&["checkpoint.json"], "audit checkpoint");
}

#[test]
fn the_audit_log_is_verified_on_sqlite() {
    the_audit_log_is_verified(Rollcall::sqlite());
}

#[test]
fn the_audit_log_is_verified_on_postgres() {
    the_audit_log_is_verified(Rollcall::postgres());
}

/// The head and body of an answer to GET.
fn get(address: &str, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = exchange(address, request.as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn metrics_and_health_are_told_where_they_belong() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve_with(&["--metrics", "127.0.0.1:0"]);
    let tenant = rollcall.tenant("contoso");
    tenant.post("/Users", &user("ana"));
    tenant.post("/Users", &user("ana"));
    tenant.with_token("x").get("/Users");
    let metrics = serve.metrics.clone().unwrap();
    for address in [serve.address(), &metrics] {
        for path in ["/healthz", "/readyz"] {
            let (head, body) = get(address, path);
            assert!(head.starts_with("HTTP/1.1 200") && body.is_empty(), "{address} {path}: {head} {body}");
        }
    }
    let (head, text) = get(&metrics, "/metrics");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    for line in [
        "rollcall_scim_requests_total{endpoint=\"Create\",status=\"201\"",
        "rollcall_scim_requests_total{endpoint=\"Create\",status=\"409\"",
        "rollcall_scim_requests_total{endpoint=\"List\",status=\"401\"",
        "rollcall_scim_request_duration_seconds_bucket{le=\"0.01\",endpoint=\"Create\"}",
        "rollcall_store_waiting_writes 0",
        "rollcall_request_log_dropped_total 0",
        "rollcall_tokens_ending{days=\"30\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n") && !text.contains("contoso"), "{text}");
    assert!(get(serve.address(), "/metrics").0.starts_with("HTTP/1.1 404"), "not for clients");
    assert_eq!(serve.terminate().code(), Some(0));
}

/// What must not be found anywhere: an issued token's secret, and passwords in every place where one can be sent.
fn canaries(tenant: &Tenant) -> Vec<String> {
    let mut canaries: Vec<String> = (0..9).map(|number| format!("swordfish{number}Canary{number}")).collect();
    canaries.extend(tenant.token.split('_').nth(2).map(str::to_owned));
    canaries
}

fn send_canaries(tenant: &Tenant, address: &str, canary: &[String]) {
    let mut made = user("ana");
    made["password"] = json!(canary[0]);
    let id = tenant.post("/Users", &made).body["id"].as_str().unwrap().to_owned();
    let patch = |operation: Value| {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        tenant.send(
            "PATCH",
            &format!("/Users/{id}"),
            Some(&json!({ "schemas": schemas, "Operations": [operation] })),
        )
    };
    patch(json!({ "op": "replace", "path": "password", "value": canary[1] }));
    patch(
        json!({ "op": "add", "value": { "urn:ietf:params:scim:schemas:core:2.0:User:password": canary[2] } }),
    );
    patch(json!({ "op": "replace", "path": "password.x[", "value": { "deep": [canary[3]] } }));
    made["password"] = json!({ "nested": canary[4] });
    tenant.send("PUT", &format!("/Users/{id}"), Some(&made));
    tenant.get(&format!("/Users?filter=password+eq+%22{}%22", canary[5]));
    tenant.get(&format!("/Users?access_token={}", canary[6]));
    tenant.get(&format!("/Users/{}", tenant.token));
    for (authorization, body) in [
        (format!("Basic {}", STANDARD_NO_PAD.encode(format!("scim:{}", canary[7]))), String::new()),
        (format!("Bearer {}x", tenant.token), String::new()),
        (format!("Bearer {}", tenant.token), format!("{{\"password\": \"{}\", broken", canary[8])),
    ] {
        let request = format!(
            "POST /t/contoso/scim/v2/Users HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        exchange(address, request.as_bytes());
    }
}

/// The forms in which bytes turn up in logs and files.
fn forms(canary: &str) -> Vec<Vec<u8>> {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![canary.to_owned(), hex.to_uppercase(), hex];
    // Base 64 of a text that holds it has one of three forms, by its distance from the beginning; the ends differ.
    for skipped in 0..3 {
        let text = canary.get(skipped..canary.len() - (canary.len() - skipped) % 3).unwrap();
        forms.extend([STANDARD_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(text)]);
    }
    forms.into_iter().map(String::into_bytes).collect()
}

fn assert_without(place: &str, content: &[u8], canaries: &[String]) {
    for canary in canaries {
        for form in forms(canary) {
            let found = content.windows(form.len()).any(|window| window == form);
            assert!(!found, "{canary} is in {place} as {}", String::from_utf8_lossy(&form));
        }
    }
}

/// The database's file, its write-ahead log, and what else lies beside them.
fn files_of_database(rollcall: &Rollcall) -> Vec<(String, Vec<u8>)> {
    let database = Path::new(rollcall.database().strip_prefix("sqlite:").unwrap());
    let files = fs::read_dir(database.parent().unwrap()).unwrap();
    files
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn no_secret_is_in_any_log_metric_or_file() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.set("ROLLCALL_LOG", "trace");
    let serve = rollcall.serve_with(&["--metrics", "127.0.0.1:0"]);
    let tenant = rollcall.tenant("contoso");
    rollcall.run(&["tenant", "set", "contoso", "request_log_bodies=true"]).json();
    let canaries = canaries(&tenant);
    send_canaries(&tenant, serve.address(), &canaries);
    assert_without("metrics", get(serve.metrics.as_ref().unwrap(), "/metrics").1.as_bytes(), &canaries);
    let open_files = files_of_database(&rollcall);
    let log = rollcall.path("serve.log");
    assert_eq!(serve.terminate().code(), Some(0));
    assert!(open_files.iter().any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty()));
    for (name, bytes) in open_files.into_iter().chain(files_of_database(&rollcall)) {
        assert_without(&name, &bytes, &canaries);
    }
    let log = fs::read(log).unwrap();
    assert!(String::from_utf8_lossy(&log).contains("answered"), "the test would see nothing");
    assert_without("serve.log", &log, &canaries);
    let logged = rollcall.run(&["requests", "--tenant", "contoso"]).json();
    assert_eq!(logged["requests"].as_array().unwrap().len(), 8, "all with a token in its place: {logged}");
    for entry in logged["requests"].as_array().unwrap() {
        let shown = rollcall.run(&["requests", "show", "--tenant", "contoso", entry["id"].as_str().unwrap()]);
        assert_without("a request", shown.stdout.as_bytes(), &canaries);
    }
    assert_without(
        "audit",
        rollcall.run(&["audit", "list", "--tenant", "contoso"]).stdout.as_bytes(),
        &canaries,
    );
}

#[test]
fn a_name_forges_no_line_of_a_log() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.set("ROLLCALL_LOG", "trace");
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    rollcall.run(&["tenant", "set", "contoso", "request_log_bodies=true"]).json();
    let forged = "ana\n{\"level\":\"ERROR\"}\r\n2026-11-22 cli token.create \u{1b}[2J\u{2028}x\u{202e}";
    let mut made = user("ana");
    made["displayName"] = json!(forged);
    made["externalId"] = json!(forged);
    assert_eq!(tenant.post("/Users", &made).status, 201);
    tenant.get("/Users?filter=displayName+eq+%22a%0A%7B%22level%22%3A1%7D%1B%5B2J");
    let log = rollcall.path("serve.log");
    assert_eq!(serve.terminate().code(), Some(0));
    for line in fs::read_to_string(log).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_ne!(event["level"], "ERROR", "{event}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    for (arguments, lines) in
        [(&["audit", "list", "--tenant", "contoso"][..], 5), (&["requests", "--tenant", "contoso"], 3)]
    {
        let told = rollcall.tell(arguments).stdout;
        assert_eq!(told.lines().count(), lines, "a heading and a line an entry: {told}");
        assert!(!told.contains(['\u{1b}', '\r', '\u{2028}', '\u{202e}']), "{told}");
    }
}
