//! OAuth clients on the command line, and the tokens that they get.

use serde_json::{Value, json};

use crate::http::{Tenant, exchange};
use crate::rollcall::{Rollcall, Serve};

/// What the token endpoint answers to a client and its secret.
fn token(serve: &Serve, client: &Value, secret: &Value) -> Value {
    let (client, secret) = (client.as_str().unwrap(), secret.as_str().unwrap());
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
    let request = format!(
        "POST /t/contoso/oauth2/token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        serve.address(),
        form.len()
    );
    let answer = exchange(serve.address(), request.as_bytes());
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn status(tenant: &Tenant, token: &Value) -> u16 {
    tenant.with_token(token["access_token"].as_str().unwrap()).get("/Users").status
}

#[test]
fn a_secret_is_replaced_with_an_overlap() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let run = |words: &[&str]| rollcall.run(&[words, &["--tenant", "contoso"]].concat());
    let first = run(&["client", "create", "--label", "Entra"]).json();
    let id = first["client_id"].as_str().unwrap();
    let second = run(&["client", "secret", id, "--overlap", "24h"]).json();
    assert_eq!(second["client_id"], first["client_id"]);
    let listed = run(&["client", "list"]).json()["clients"][0].clone();
    let ids = |listed: &Value| {
        let secrets = listed["secrets"].as_array().unwrap().iter();
        secrets.map(|secret| secret["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&listed), [first["secret_id"].clone(), second["secret_id"].clone()]);
    let end: jiff::Timestamp = listed["secrets"][0]["expires"].as_str().unwrap().parse().unwrap();
    let left = end.duration_since(jiff::Timestamp::now());
    assert!((23..=24).contains(&left.as_hours()), "{left}");
    assert_eq!(listed["secrets"][1]["expires"], second["secret_expires"]);
    run(&["client", "secret", id]).refused(&[id, "live secrets"], "client revoke");
    let told = rollcall.tell(&["client", "list", "--tenant", "contoso"]).stdout;
    assert!(told.contains(first["secret_id"].as_str().unwrap()), "{told}");
}

#[test]
fn a_revoked_secret_ends_with_the_tokens_of_its_client() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let run = |words: &[&str]| rollcall.run(&[words, &["--tenant", "contoso"]].concat());
    let first = run(&["client", "create"]).json();
    let id = first["client_id"].as_str().unwrap();
    let second = run(&["client", "secret", id]).json();
    let issued = token(&serve, &first["client_id"], &first["client_secret"]);
    assert_eq!(status(&tenant, &issued), 200);
    let secret_id = first["secret_id"].as_str().unwrap();
    assert_eq!(run(&["client", "revoke", id, secret_id]).json()["revoked"], true);
    assert_eq!(status(&tenant, &issued), 401);
    assert_eq!(token(&serve, &first["client_id"], &first["client_secret"])["error"], "invalid_client");
    assert_eq!(status(&tenant, &token(&serve, &first["client_id"], &second["client_secret"])), 200);
    run(&["client", "revoke", id, secret_id]).refused(&[id, secret_id], "client list");
    // Somebody gives the secret where its id belongs.
    let secret = second["client_secret"].as_str().unwrap();
    let mistaken = run(&["client", "revoke", id, secret]);
    let hidden = secret.split('_').nth(2).unwrap();
    assert!(!mistaken.status.success() && !mistaken.stderr.contains(hidden), "{mistaken:?}");
}

#[test]
fn a_client_goes_with_its_connection() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let run = |words: &[&str]| rollcall.run(&[words, &["--tenant", "contoso"]].concat());
    run(&["connection", "create", "okta"]).json();
    let made = run(&["client", "create", "--connection", "okta"]).json();
    let issued = token(&serve, &made["client_id"], &made["client_secret"]);
    assert_eq!(status(&tenant, &issued), 200);
    run(&["connection", "delete", "okta"]).refused(&["1 OAuth client"], "--yes");
    run(&["connection", "delete", "okta", "--yes"]).json();
    assert_eq!(status(&tenant, &issued), 401);
    assert_eq!(token(&serve, &made["client_id"], &made["client_secret"])["error"], "invalid_client");
    assert_eq!(run(&["client", "list"]).json()["clients"], json!([]));
}

#[test]
fn an_issuer_is_trusted_whose_keys_the_server_would_fetch() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let trust = |url: &str| {
        let issuer = ["--issuer", "https://login.example.com/v2.0", "--subject", "s", "--audience", "a"];
        rollcall.run(&[&["client", "trust", "--tenant", "contoso", "--jwks-url", url], &issuer[..]].concat())
    };
    for url in
        ["keys", "http://login.example.com/keys", "https://169.254.169.254/", "https://u:p@example.com/"]
    {
        trust(url).refused(&["--jwks-url"], "jwks_uri");
    }
    trust("https://login.example.com/keys").json();
    let listed = rollcall.run(&["client", "list", "--tenant", "contoso"]).json()["clients"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["trust"]["jwks_url"], "https://login.example.com/keys");
    let audited = rollcall.run(&["audit", "list", "--tenant", "contoso"]).json().to_string();
    assert!(audited.contains("https://login.example.com/keys"), "whom it trusts is recorded");
}
