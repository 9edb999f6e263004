//! `rollcall webhook`, and deliveries of the built binary to a receiver, also when it is killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver as Queue, Sender};
use std::thread;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::http::Tenant;
use crate::rollcall::Rollcall;

/// One delivery.
pub struct Delivery {
    pub headers: HeaderMap,
    pub body: String,
}

impl Delivery {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn user(&self) -> String {
        self.json()["data"]["resource"]["userName"].as_str().unwrap().to_owned()
    }
}

/// A receiver that answers 204, once it answers at all.
pub struct Receiver {
    pub url: String,
    pub answers: Arc<AtomicBool>,
    came: Queue<Delivery>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (answers, (sender, came)) = (Arc::new(AtomicBool::new(true)), mpsc::channel());
        let told = Arc::clone(&answers);
        thread::spawn(move || {
            let mut unanswered = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let answers = told.load(Ordering::SeqCst);
                receive(&stream, &sender);
                if answers {
                    // Whoever sent it may be gone.
                    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").ok();
                } else {
                    unanswered.push(stream);
                }
            }
        });
        Self { url, answers, came }
    }

    pub fn next(&self) -> Delivery {
        self.came.recv_timeout(Duration::from_secs(60)).unwrap()
    }
}

fn receive(stream: &TcpStream, sender: &Sender<Delivery>) {
    let mut lines = BufReader::new(stream);
    let (mut headers, mut line) = (HeaderMap::new(), String::new());
    lines.read_line(&mut line).unwrap();
    loop {
        line.clear();
        lines.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let length = headers["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    // Nobody may be left who waits.
    sender.send(Delivery { headers, body: String::from_utf8(body).unwrap() }).ok();
}

pub fn user(name: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name })
}

/// A plain tenant, and a webhook at a receiver on this machine: its id and its secret.
fn with_webhook(rollcall: &mut Rollcall, url: &str) -> (Tenant, String, String) {
    rollcall.set("ROLLCALL_OWN_NETWORKS", "127.0.0.0/8");
    let made = rollcall.run(&["tenant", "create", "acme", "--application", "plain"]).json();
    let token = rollcall.run(&["token", "create", "--tenant", "acme"]).json();
    let tenant = Tenant::new(made["url"].as_str().unwrap(), token["secret"].as_str().unwrap());
    let webhook = rollcall.run(&["webhook", "create", "--tenant", "acme", "--url", url]).json();
    let text = |name: &str| webhook[name].as_str().unwrap().to_owned();
    (tenant, text("webhook"), text("secret"))
}

fn nothing_is_lost(mut rollcall: Rollcall) {
    let receiver = Receiver::start();
    let (tenant, _, secret) = with_webhook(&mut rollcall, &receiver.url);
    let serve = rollcall.serve();
    let address = serve.address().to_owned();
    let tenant = Tenant::new(&format!("{}/t/acme/scim/v2", serve.url), &tenant.token);
    assert_eq!(tenant.post("/Users", &user("ana")).status, 201);
    assert_eq!(receiver.next().user(), "ana");
    // The receiver hangs while bo is on the way, and cy is committed: then the server is killed.
    receiver.answers.store(false, Ordering::SeqCst);
    assert_eq!(tenant.post("/Users", &user("bo")).status, 201);
    let first = receiver.next();
    assert_eq!(tenant.post("/Users", &user("cy")).status, 201);
    serve.kill();
    receiver.answers.store(true, Ordering::SeqCst);
    let serve = rollcall.serve_at(&address);
    let mut again = [receiver.next(), receiver.next()];
    again.sort_by_key(|delivery| delivery.json()["sequence"].as_i64());
    assert_eq!(again.each_ref().map(Delivery::user), ["bo", "cy"]);
    assert_eq!(again[0].headers["webhook-id"], first.headers["webhook-id"]);
    for delivery in &again {
        Webhook::new(&secret).unwrap().verify(delivery.body.as_bytes(), &delivery.headers).unwrap();
    }
    let log = serve.log();
    assert_eq!(serve.terminate().code(), Some(0));
    assert!(!log.contains(secret.trim_start_matches("whsec_")));
}

#[test]
fn nothing_is_lost_when_the_server_is_killed_on_sqlite() {
    nothing_is_lost(Rollcall::sqlite());
}

#[test]
fn nothing_is_lost_when_the_server_is_killed_on_postgres() {
    nothing_is_lost(Rollcall::postgres());
}

#[test]
fn a_webhook_is_rotated_disabled_enabled_replayed_and_deleted() {
    let mut rollcall = Rollcall::sqlite();
    let receiver = Receiver::start();
    let (_, id, first) = with_webhook(&mut rollcall, &receiver.url);
    let serve = rollcall.serve();
    let token = rollcall.run(&["token", "create", "--tenant", "acme"]).json()["secret"].clone();
    let tenant = Tenant::new(&format!("{}/t/acme/scim/v2", serve.url), token.as_str().unwrap());
    let verb = |verb: &str, more: &[&str]| {
        rollcall.run(&[&["webhook", verb, "--tenant", "acme", &id], more].concat())
    };

    // The first event that is kept, also before there is any.
    assert_eq!(verb("replay", &["--from", "1"]).json()["delivered"], 0);
    verb("replay", &["--from", "2"]).refused(&["event 2", "is 0"], "webhook show");
    let rotated = verb("rotate", &["--overlap", "1h"]).json();
    let second = rotated["secret"].as_str().unwrap();
    assert!(second.starts_with("whsec_") && second != first && rotated["old_secret_until"].is_string());
    assert_eq!(verb("disable", &[]).json()["state"], "on_request");
    assert_eq!(tenant.post("/Users", &user("ana")).status, 201);
    assert_eq!(verb("enable", &[]).json()["state"], "enabled");
    let delivery = receiver.next();
    assert_eq!(delivery.user(), "ana");
    for secret in [&first, second] {
        Webhook::new(secret).unwrap().verify(delivery.body.as_bytes(), &delivery.headers).unwrap();
    }
    verb("replay", &["--from", "2"]).refused(&["event 2", "is 1"], "webhook show");
    verb("replay", &["--from", "1"]).json();
    assert_eq!(receiver.next().headers["webhook-id"], delivery.headers["webhook-id"]);

    let listed = rollcall.run(&["webhook", "list", "--tenant", "acme"]);
    assert_eq!(listed.json()["webhooks"][0]["url"], receiver.url);
    let shown = rollcall.tell(&["webhook", "show", "--tenant", "acme", &id]);
    for outcome in [&listed, &shown] {
        assert!(!outcome.stdout.contains("whsec_"), "{outcome:?}");
    }
    verb("skip", &["--event", "2"]).refused(&["does not stop at event 2"], "webhook show");
    assert_eq!(verb("delete", &[]).json()["deleted"], true);
    verb("show", &[]).refused(&[&id, "acme"], "webhook list");
    let audited = rollcall.run(&["audit", "list", "--tenant", "acme"]).stdout;
    for action in ["create", "rotate", "disable", "enable", "replay", "delete"] {
        assert!(audited.contains(&format!("webhook.{action}")), "{action}: {audited}");
    }
    assert!(!audited.contains(&receiver.url) && !audited.contains("whsec_"));
    assert_eq!(rollcall.run(&["tenant", "delete", "acme", "--yes"]).json()["deleted"], true);
}

/// Row E6 of docs/threats.md.
#[test]
fn row_e6_a_webhook_leads_nowhere_inside_unless_the_operator_allows_it() {
    let rollcall = Rollcall::sqlite();
    rollcall.run(&["tenant", "create", "acme", "--application", "plain"]).json();
    let create = |url: &str, more: &[&str]| {
        rollcall.run(&[&["webhook", "create", "--tenant", "acme", "--url", url], more].concat())
    };
    for url in [
        "http://127.0.0.1:9/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://u:p@example.com/",
        "x",
    ] {
        create(url, &[]).refused(&["--url"], "--own-networks");
    }
    create("https://example.com/hook?key=hidden", &[]).json();
    create("http://10.1.2.3/", &["--own-networks", "10.1.0.0/16"]).json();
    create("https://10.2.0.1/", &["--own-networks", "10.1.0.0/16"]).refused(&["--url"], "--own-networks");
    let listed = rollcall.run(&["webhook", "list", "--tenant", "acme"]);
    assert!(!listed.stdout.contains("hidden"), "{listed:?}");
    for _ in 2..10 {
        create("https://example.com/hook", &[]).json();
    }
    create("https://example.com/hook", &[]).refused(&["10 webhooks and streams"], "webhook delete");
}
