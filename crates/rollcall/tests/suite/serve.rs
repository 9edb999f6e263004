//! `rollcall serve`: its beginning, its end, and its schedule.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::company::{person, write};
use crate::http::exchange;
use crate::rollcall::Rollcall;

#[test]
fn it_ends_cleanly_on_sigterm_also_with_connections_open() {
    let rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let mut idle = TcpStream::connect(serve.address()).unwrap();
    idle.write_all(b"GET /t/contoso/scim/v2/Users HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut begin = [0; 12];
    idle.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 401");
    assert_eq!(serve.terminate().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named_with_a_hint() {
    let rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let second = rollcall.run(&["serve", "--listen", serve.address()]);
    second.refused(&[serve.address(), "listened"], "--listen");
    assert_eq!(rollcall.run(&["tenant", "list"]).json()["tenants"].as_array().unwrap().len(), 0);
}

#[test]
fn it_can_be_started_again_at_once_where_it_was() {
    let mut rollcall = Rollcall::sqlite();
    let first = rollcall.serve();
    let address = first.address().to_owned();
    let tenant = rollcall.tenant("contoso");
    assert_eq!(tenant.count(), 0);
    first.kill();
    let second = rollcall.serve_at(&address);
    assert_eq!(tenant.count(), 0, "the token and the tenant are still known");
    assert_eq!(second.terminate().code(), Some(0));
}

#[test]
fn what_is_no_http_is_refused_and_harms_nobody() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"\r\n\r\n\r\n \x00\r\n\r\n"] {
        assert!(!exchange(serve.address(), garbage).contains(" 200 "));
    }
    assert_eq!(tenant.get("/Users").status, 200);
}

#[test]
fn it_runs_a_job_that_another_process_starts_and_logs_each_cycle() {
    let mut rollcall = Rollcall::sqlite();
    // What `serve` needs of the environment must be there when it starts.
    let tenant = rollcall.tenant("contoso");
    let serve = rollcall.serve();
    let tenant = crate::http::Tenant::new(&format!("{}/t/contoso/scim/v2", serve.url), &tenant.token);
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    assert_eq!(rollcall.apply(&rollcall.job(&tenant)).json()["state"], "off");
    assert_eq!(rollcall.run(&["job", "start", "contoso"]).json()["state"], "on");
    let cycle = first_ended_cycle(&rollcall);
    assert_eq!((cycle["state"].as_str(), cycle["created"].as_i64()), (Some("completed"), Some(2)), "{cycle}");
    assert_eq!(tenant.count(), 2);
    assert_eq!(rollcall.run(&["job", "stop", "contoso"]).json()["state"], "off");
    let log = serve.log();
    let told = log.lines().find(|line| line.contains("cycle ended")).unwrap_or_else(|| panic!("{log}"));
    assert!(told.contains("\"created\":2") && told.contains("\"job\":\"contoso\""), "{told}");
    assert!(!log.contains(&tenant.token));
    assert_eq!(serve.terminate().code(), Some(0));
}

#[test]
fn a_job_that_can_not_run_fails_once_and_waits_for_its_interval() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    write(&rollcall.path("directory"), &[person(1, "ana")]);
    rollcall.apply(&rollcall.job(&tenant)).json();
    rollcall.run(&["job", "start", "contoso"]).json();
    let failed = first_ended_cycle(&rollcall);
    assert_eq!(failed["state"], "failed");
    assert!(failed["error"].as_str().unwrap().contains("CONTOSO_TOKEN"), "{failed}");
    let log = serve.log();
    assert_eq!(log.matches("cycle failed").count(), 1, "{log}");
}

/// Looks until the schedule has run the job, which it does within a second or so.
pub fn first_ended_cycle(rollcall: &Rollcall) -> Value {
    let began = Instant::now();
    loop {
        let shown = rollcall.run(&["job", "show", "contoso"]).json();
        let last = &shown["cycles"][0];
        if last["ended"].is_string() {
            return last.clone();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no cycle has ended: {shown}");
    }
}
