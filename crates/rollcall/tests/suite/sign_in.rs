//! `rollcall sign-in`, and the sign-in page of the running server.

use std::fs;

use serde_json::json;

use crate::http::ask;
use crate::rollcall::{Rollcall, Serve};

/// Sends a form of the tenant's own page, and answers the whole answer.
fn post(serve: &Serve, path: &str, body: &str) -> String {
    let lines = format!("Origin: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", serve.url);
    ask(serve.address(), &format!("POST /t/contoso{path}"), &lines, body)
}

/// Whose session an answer began, as the server tells.
fn session(serve: &Serve, answer: &str) -> String {
    let cookie = answer.split_once("set-cookie: ").unwrap().1.split(';').next().unwrap();
    ask(serve.address(), "GET /t/contoso/sign-in/session", &format!("Cookie: {cookie}\r\n"), "")
}

#[test]
fn ways_in_without_the_provider_are_made_on_the_command_line() {
    for mut rollcall in [Rollcall::sqlite(), Rollcall::postgres()] {
        let serve = rollcall.serve();
        let tenant = rollcall.tenant("contoso");
        let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana" });
        let user = tenant.post("/Users", &body).body["id"].as_str().unwrap().to_owned();
        let sign_in = |words: &[&str]| {
            let (verb, rest) = words.split_first().unwrap();
            rollcall.run(&[&["sign-in", verb, "--tenant", "contoso"], rest].concat())
        };

        let link = sign_in(&["link", &user]).json()["link"].as_str().unwrap().to_owned();
        let token = link.split_once("?token=").unwrap().1;
        let answer = post(&serve, "/sign-in/link", &format!("token={token}"));
        assert!(session(&serve, &answer).contains(&user), "{answer}");

        sign_in(&["set", "--sso-only", "on"]).json();
        sign_in(&["link", &user]).refused(&["provider alone"], "--sso-only off");
        let key = sign_in(&["break-glass"]).json()["key"].as_str().unwrap().to_owned();
        let answer = post(&serve, "/sign-in/break-glass", &format!("key={key}"));
        assert!(session(&serve, &answer).contains("break-glass"), "{answer}");
        let shown = sign_in(&["show"]).json();
        assert_eq!(shown["break_glass"], true);
        assert_eq!(shown["settings"]["sso_only"], true);
        let log = sign_in(&["log"]).json();
        let doors: Vec<_> = log["attempts"].as_array().unwrap().iter().map(|row| &row["door"]).collect();
        assert_eq!(doors, ["break-glass", "link"]);
        for secret in [token, &key] {
            let log = serve.log();
            assert!(!log.contains(secret), "{log}");
        }
    }
}

#[test]
fn a_provider_is_checked_when_it_is_set_and_its_secret_is_sealed() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let secret = rollcall.path("secret");
    fs::write(&secret, "hunter2-of-the-client\n").unwrap();
    let secret = secret.to_str().unwrap();
    let oidc = |issuer: &str| {
        let words = ["sign-in", "oidc", "--tenant", "contoso", "--client-id", "x", "--client-secret", secret];
        rollcall.run(&[&words[..], &["--issuer", issuer]].concat())
    };
    oidc("http://127.0.0.1/").refused(&["--issuer"], "https://");
    oidc("https://10.0.0.1/").refused(&["public Internet"], "https://");
    let put = oidc("https://login.example.com/v2.0");
    assert!(!put.stdout.contains("hunter2"), "{put:?}");
    let redirect = put.json()["addresses"]["oidc_redirect_uri"].as_str().unwrap().to_owned();
    assert!(redirect.ends_with("/t/contoso/oidc/callback"), "{redirect}");
    let file = rollcall.database().strip_prefix("sqlite:").unwrap().to_owned();
    for suffix in ["", "-wal"] {
        let bytes = fs::read(format!("{file}{suffix}")).unwrap_or_default();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{suffix}");
    }
    let metadata = rollcall.path("metadata.xml");
    fs::write(&metadata, "<x/>").unwrap();
    let saml = ["sign-in", "saml", "--tenant", "contoso", "--metadata", metadata.to_str().unwrap()];
    rollcall.run(&saml).refused(&["metadata"], "as a URL or as a file");
    let remove = ["sign-in", "remove", "--tenant", "contoso", "oidc"];
    assert_eq!(rollcall.run(&remove).json()["removed"], true);
    rollcall.run(&remove).refused(&["no provider oidc"], "sign-in show");
    let bad = rollcall.run(&["sign-in", "set", "--tenant", "contoso", "--just-in-time", "on"]);
    bad.refused(&["--domain"], "nothing was changed");
}
