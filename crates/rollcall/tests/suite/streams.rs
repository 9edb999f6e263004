//! `rollcall stream`: security event tokens of the built binary, sent and fetched, also when it is killed.

use std::sync::atomic::Ordering;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::http::{Tenant, ask};
use crate::rollcall::Rollcall;
use crate::webhooks::{Receiver, user};

/// The claims of a token, verified with what the server publishes.
fn claims(url: &str, token: &str) -> Value {
    let published = Tenant::new(&format!("{url}/.well-known"), "").get("/jwks.json");
    assert_eq!(published.status, 200);
    let set: JwkSet = serde_json::from_value(published.body).unwrap();
    let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://app.example.com"]);
    validation.required_spec_claims.clear();
    jsonwebtoken::decode(token, &key, &validation).unwrap().claims
}

fn created(claims: &Value) -> &str {
    let payload = &claims["events"]["urn:ietf:params:scim:event:prov:create:full"];
    payload["data"]["userName"].as_str().unwrap()
}

/// A plain tenant, a token that provisions and one of its application.
fn tenant(rollcall: &mut Rollcall) -> [String; 2] {
    rollcall.set("ROLLCALL_OWN_NETWORKS", "127.0.0.0/8");
    rollcall.run(&["tenant", "create", "acme", "--application", "plain"]).json();
    let backend = ["--tenant", "acme", "--kind", "application"];
    rollcall.run(&[&["connection", "create", "backend"][..], &backend].concat()).json();
    [&[][..], &["--connection", "backend"]].map(|more| {
        let made = rollcall.run(&[&["token", "create", "--tenant", "acme"], more].concat()).json();
        made["secret"].as_str().unwrap().to_owned()
    })
}

fn nothing_is_lost(mut rollcall: Rollcall) {
    let receiver = Receiver::start();
    let [token, _] = tenant(&mut rollcall);
    let push = ["--audience", "https://app.example.com", "--push", &receiver.url];
    let made = rollcall.run(&[&["stream", "create", "--tenant", "acme"][..], &push].concat()).json();
    let serve = rollcall.serve();
    let address = serve.address().to_owned();
    let scim = Tenant::new(&format!("{}/t/acme/scim/v2", serve.url), &token);
    assert_eq!(scim.post("/Users", &user("ana")).status, 201);
    let told = claims(&serve.url, &receiver.next().body);
    assert_eq!((created(&told), &told["iss"]), ("ana", &json!(scim.url)));
    // The receiver hangs while bo is on the way, and cy is committed: then the server is killed.
    receiver.answers.store(false, Ordering::SeqCst);
    assert_eq!(scim.post("/Users", &user("bo")).status, 201);
    let first = receiver.next();
    assert_eq!(scim.post("/Users", &user("cy")).status, 201);
    serve.kill();
    receiver.answers.store(true, Ordering::SeqCst);
    let serve = rollcall.serve_at(&address);
    let url = serve.url.clone();
    let again = [receiver.next(), receiver.next()].map(|delivery| claims(&url, &delivery.body));
    let mut names = again.each_ref().map(created);
    names.sort_unstable();
    assert_eq!(names, ["bo", "cy"]);
    let first = claims(&url, &first.body);
    assert!(again.iter().any(|one| one["jti"] == first["jti"]));
    let id = made["stream"].as_str().unwrap();
    let shown = rollcall.run(&["stream", "show", "--tenant", "acme", id]).json();
    assert_eq!((&shown["method"], &shown["url"]), (&json!("push"), &json!(receiver.url)));
    assert_eq!(serve.terminate().code(), Some(0));
}

#[test]
fn no_pushed_token_is_lost_when_the_server_is_killed_on_sqlite() {
    nothing_is_lost(Rollcall::sqlite());
}

#[test]
fn no_pushed_token_is_lost_when_the_server_is_killed_on_postgres() {
    nothing_is_lost(Rollcall::postgres());
}

#[test]
fn a_stream_is_polled_rotated_disabled_replayed_and_deleted() {
    let mut rollcall = Rollcall::sqlite();
    let [token, backend] = tenant(&mut rollcall);
    let serve = rollcall.serve_with(&["--metrics", "127.0.0.1:0"]);
    let create = |more: &[&str]| rollcall.run(&[&["stream", "create", "--tenant", "acme"], more].concat());
    let audience = ["--audience", "https://app.example.com"];
    let scim = Tenant::new(&format!("{}/t/acme/scim/v2", serve.url), &token);
    assert!(
        scim.get("/ServiceProviderConfig").body["securityEvents"].is_null(),
        "strict clients know it not"
    );
    let made = create(&[&audience[..], &["--poll"]].concat()).json();
    assert_eq!(made["jwks_url"], format!("{}/.well-known/jwks.json", serve.url));
    let poll = Tenant::new(made["poll_url"].as_str().unwrap(), &backend);
    let polled = |body: Value| {
        let answer = poll.post("", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let config = scim.get("/ServiceProviderConfig").body;
    assert_eq!(config["securityEvents"]["eventUris"].as_array().unwrap().len(), 7);
    // Who waits is told of what happens then.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| polled(json!({})));
        assert_eq!(scim.post("/Users", &user("ana")).status, 201);
        waiting.join().unwrap()
    });
    let (jti, set) = waiting["sets"].as_object().unwrap().iter().next().unwrap();
    let url = serve.url.clone();
    assert_eq!(created(&claims(&url, set.as_str().unwrap())), "ana");
    let nothing = polled(json!({ "ack": [jti], "returnImmediately": true }));
    assert_eq!(nothing, json!({ "sets": {}, "moreAvailable": false }));
    assert_eq!(poll.with_token(&token).post("", &json!({})).status, 403, "it is not for who provisions");

    let id = made["stream"].as_str().unwrap();
    let verb =
        |verb: &str, more: &[&str]| rollcall.run(&[&["stream", verb, "--tenant", "acme", id], more].concat());
    let measured = |lines: &[(&str, u8)]| {
        let text = ask(serve.metrics.as_ref().unwrap(), "GET /metrics", "", "");
        for (name, value) in lines {
            let line = format!("rollcall_stream_{name}{{stream=\"{id}\",method=\"poll\"}} {value}\n");
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
    };
    measured(&[
        ("events_total", 1),
        ("failures_total", 0),
        ("behind", 0),
        ("lag_seconds", 0),
        ("disabled", 0),
    ]);
    rollcall.run(&["stream", "rotate-key", "--overlap", "1h"]).json();
    verb("replay", &["--from", "1"]).json();
    measured(&[("behind", 1), ("disabled", 0)]);
    let again = polled(json!({}));
    let rotated = again["sets"][jti].as_str().unwrap();
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid;
    assert_ne!(kid(rotated), kid(set.as_str().unwrap()));
    assert_eq!(created(&claims(&url, rotated)), created(&claims(&url, set.as_str().unwrap())));
    assert_eq!(verb("disable", &[]).json()["state"], "on_request");
    assert_eq!(poll.post("", &json!({})).status, 409);
    measured(&[("behind", 1), ("disabled", 1)]);
    let shown = verb("enable", &[]).json();
    assert_eq!(
        (&shown["state"], &shown["behind"], &shown["delivered"]),
        (&json!("enabled"), &json!(1), &json!(0))
    );
    assert_eq!(rollcall.run(&["stream", "list", "--tenant", "acme"]).json()["streams"][0]["stream"], id);
    assert_eq!(rollcall.run(&["webhook", "list", "--tenant", "acme"]).json()["webhooks"], json!([]));
    rollcall.run(&["webhook", "show", "--tenant", "acme", id]).refused(&[id, "no webhook"], "webhook list");
    assert_eq!(verb("delete", &[]).json()["deleted"], true);
    assert_eq!(poll.post("", &json!({})).status, 404);
    create(&[&audience[..], &["--push", "http://10.0.0.1/"]].concat()).refused(&["--push"], "--own-networks");
    let audited = rollcall.run(&["audit", "list", "--tenant", "acme"]).stdout;
    for action in ["create", "replay", "disable", "enable", "delete"] {
        assert!(audited.contains(&format!("stream.{action}")), "{action}: {audited}");
    }
    assert_eq!(serve.terminate().code(), Some(0));
}
