//! `serve --otlp`: what a collector gets, and that nobody waits for it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{fs, thread};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use store::{DatabaseUrl, Store};

use crate::http::exchange;
use crate::rollcall::{Rollcall, Serve};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector of traces; the bodies that it was sent.
struct Collector {
    url: String,
    bodies: Receiver<Vec<u8>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, bodies) = channel();
        thread::spawn(move || listener.incoming().for_each(|stream| answer(&mut stream.unwrap(), &sender)));
        Self { url, bodies }
    }

    /// What was sent so far: all, once the server has ended, because a body is kept before it is answered.
    fn bodies(&self) -> Vec<Vec<u8>> {
        self.bodies.try_iter().collect()
    }
}

fn answer(stream: &mut TcpStream, bodies: &Sender<Vec<u8>>) {
    let mut reader = BufReader::new(&*stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    bodies.send(body).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
}

fn spans(bodies: &[Vec<u8>]) -> Vec<Span> {
    let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(&**body).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().unwrap().value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    span.attributes.iter().map(|attribute| (attribute.key.as_str(), text(&attribute.value))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn get(serve: &Serve, path: &str, headers: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    exchange(serve.address(), head.as_bytes())
}

fn tenant_id(rollcall: &Rollcall) -> String {
    let store = Store::open(&DatabaseUrl::parse(rollcall.database()).unwrap()).unwrap();
    let tenant = store.read_blocking(|tx| store::tenant::by_name(tx, "contoso")).unwrap().unwrap();
    tenant.id.to_string()
}

fn a_request_goes_on_with_its_clients_trace(mut rollcall: Rollcall) {
    let collector = Collector::start();
    let serve = rollcall.serve_with(&["--otlp", &collector.url]);
    let tenant = rollcall.tenant("contoso");
    let headers = format!(
        "Authorization: Bearer {}\r\nUser-Agent: Okta SCIM Client 1.0.0\r\ntraceparent: 00-{TRACE}-{PARENT}-01\r\n",
        tenant.token
    );
    let found = get(&serve, "/t/contoso/scim/v2/Users?filter=userName+eq+%22canary%22", &headers);
    assert!(found.starts_with("HTTP/1.1 200"), "{found}");
    let missing = get(&serve, "/canary/scim", "traceparent: 00-canary\r\n");
    assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
    assert_eq!(serve.terminate().code(), Some(0));

    let bodies = collector.bodies();
    let sent = String::from_utf8_lossy(&bodies.concat()).into_owned();
    let secret = tenant.token.split('_').nth(2).unwrap();
    assert!(!sent.contains("canary") && !sent.contains(secret), "{sent}");
    let spans = spans(&bodies);
    let named = |name: &str| {
        spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"))
    };
    let request = named("GET /t/{tenant}/scim/v2/{type}");
    assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE.into(), PARENT.into()));
    assert_eq!(request.kind, 2, "a server's");
    let told = attributes(request);
    let id = tenant_id(&rollcall);
    let of_answer = found.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    let expected = [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("http.route", "/t/{tenant}/scim/v2/{type}"),
        ("rollcall.client", "okta"),
        ("rollcall.request", of_answer),
        ("rollcall.tenant", &id),
    ];
    assert_eq!(told, expected.map(|(name, value)| (name, value.to_owned())).into());

    let read = spans.iter().find(|span| span.parent_span_id == request.span_id).unwrap();
    assert_eq!((read.name.as_str(), hex(&read.trace_id)), ("store.read", TRACE.into()));
    let run = spans.iter().find(|span| span.parent_span_id == read.span_id).unwrap();
    assert_eq!((run.name.as_str(), attributes(run)), ("store.run", BTreeMap::new()));

    let unknown = named("request");
    assert_ne!(hex(&unknown.trace_id), TRACE);
    assert!(unknown.parent_span_id.is_empty(), "a traceparent that is none begins a trace");
    assert_eq!(attributes(unknown).get("http.route"), None);
    let alone = spans.iter().find(|span| span.parent_span_id.is_empty() && span.name.starts_with("store"));
    assert_eq!(alone, None, "what the store does by itself is no trace");
}

#[test]
fn a_request_goes_on_with_its_clients_trace_on_sqlite() {
    a_request_goes_on_with_its_clients_trace(Rollcall::sqlite());
}

#[test]
fn a_request_goes_on_with_its_clients_trace_on_postgres() {
    a_request_goes_on_with_its_clients_trace(Rollcall::postgres());
}

#[test]
fn a_collector_that_is_not_there_is_warned_of_once() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut rollcall = Rollcall::sqlite();
    // Each span is sent by itself, so that many are refused.
    rollcall.set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
    let serve = rollcall.serve_with(&["--otlp", &format!("http://{nobody}")]);
    let tenant = rollcall.tenant("contoso");
    (0..20).for_each(|_| assert_eq!(tenant.count(), 0));
    assert_eq!(serve.terminate().code(), Some(0));
    let log = fs::read_to_string(rollcall.path("serve.log")).unwrap();
    assert_eq!(log.matches("traces are not sent").count(), 1, "{log}");
}

#[test]
fn nobody_waits_for_a_collector_that_does_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut rollcall = Rollcall::sqlite();
    // More spans than wait in the queue, while the first of them is never done.
    rollcall.set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
    rollcall.set("OTEL_BSP_MAX_QUEUE_SIZE", "10");
    let serve = rollcall.serve_with(&["--otlp", &format!("http://{}", silent.local_addr().unwrap())]);
    let tenant = rollcall.tenant("contoso");
    (0..20).for_each(|_| assert_eq!(tenant.count(), 0));
    assert_eq!(serve.terminate().code(), Some(0));
}
