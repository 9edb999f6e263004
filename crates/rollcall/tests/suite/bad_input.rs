//! Bad input gives an error that names the place and says what to do next, and loses nothing that was there.

use std::fs;
use std::net::TcpListener;

use crate::company::{person, write};
use crate::http::Tenant;
use crate::rollcall::{Rollcall, Serve};

/// Two people who are provisioned already.
fn provisioned() -> (Rollcall, Serve, Tenant) {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    rollcall.apply(&rollcall.job(&tenant)).json();
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 2);
    (rollcall, serve, tenant)
}

/// That the job still works, and that the users are those that were there.
fn nothing_is_lost(rollcall: &Rollcall, tenant: &Tenant) {
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    let after = rollcall.run(&["cycle", "contoso", "--initial"]).json();
    assert_eq!((after["skipped"].as_i64(), after["escrowed"].as_i64()), (Some(2), Some(0)), "{after}");
    assert_eq!(tenant.count(), 2);
}

#[test]
fn a_broken_job_file_changes_nothing() {
    let (rollcall, _serve, tenant) = provisioned();
    let file = rollcall.job(&tenant);
    let right = fs::read_to_string(&file).unwrap();
    let before = rollcall.run(&["job", "show", "contoso"]).json()["definition"].clone();
    for (from, to, told) in [
        ("[source]", "[source", "line"),
        ("assigned_only", "asigned_only", "asigned_only"),
        ("[displayName]", "Joyn([displayName])", "Joyn"),
        ("\"workplace\"", "\"workspace\"", "users.preset"),
        ("\"entra\"", "\"entrance\"", "entrance"),
        ("http://127.0.0.1", "http://scim.example.com", "https"),
        ("kind = \"scim\"", "kind = \"ldap\"", "ldap"),
    ] {
        assert!(right.contains(from), "{from}");
        fs::write(&file, right.replace(from, to)).unwrap();
        rollcall.apply(&file).refused(&["job.toml", told], "nothing was changed");
    }
    assert_eq!(rollcall.run(&["job", "show", "contoso"]).json()["definition"], before);
    rollcall.run(&["job", "apply", "missing.toml"]).refused(&["missing.toml"], "");
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn a_malformed_line_provisions_nobody_and_deletes_nobody() {
    let (rollcall, _serve, tenant) = provisioned();
    let users = rollcall.path("directory/users.jsonl");
    fs::write(&users, format!("{}\n{{\"id\": \"broken\n", person(1, "ana"))).unwrap();
    for verb in [&["cycle", "contoso"][..], &["plan", "contoso"], &["explain", "contoso", "ana"]] {
        rollcall.run(verb).refused(&["users.jsonl", "2"], "");
    }
    let tested = rollcall.run(&["test-connection", "contoso"]);
    assert_eq!(tested.status.code(), Some(1));
    assert!(
        tested.stdout.contains("users.jsonl") && tested.stdout.contains("\"target\":\"ok\""),
        "{tested:?}"
    );
    assert_eq!(tenant.count(), 2);
    let failed = rollcall.run(&["job", "show", "contoso"]).json()["cycles"][0].clone();
    assert_eq!(failed["state"], "failed");
    assert!(failed["error"].as_str().unwrap().contains("users.jsonl"), "{failed}");
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn a_missing_folder_is_not_an_empty_company() {
    let (rollcall, _serve, tenant) = provisioned();
    fs::remove_dir_all(rollcall.path("directory")).unwrap();
    rollcall.run(&["cycle", "contoso"]).refused(&["directory"], "path");
    assert_eq!(tenant.count(), 2);
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn an_unreachable_target_is_named() {
    let (rollcall, serve, tenant) = provisioned();
    let address = serve.address().to_owned();
    write(&rollcall.path("directory"), &[person(1, "ana")]);
    serve.kill();
    rollcall.run(&["cycle", "contoso"]).refused(&["target"], "Tenant URL");
    let tested = rollcall.run(&["test-connection", "contoso"]);
    assert_eq!(tested.status.code(), Some(1));
    assert!(tested.stdout.contains("\"source\":\"ok\""), "{tested:?}");
    let _serve = rollcall.serve_at(&address);
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn a_target_that_speaks_no_scim_is_named() {
    let (rollcall, _serve, tenant) = provisioned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let elsewhere = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            std::io::Read::read(&mut stream, &mut request).ok();
            let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
            std::io::Write::write_all(&mut stream, page.as_bytes()).ok();
        }
    });
    let file = rollcall.job(&Tenant::new(&elsewhere, &tenant.token));
    rollcall.apply(&file).json();
    rollcall.run(&["cycle", "contoso"]).refused(&["target", "text/html"], "");
    rollcall.apply(&rollcall.job(&tenant)).json();
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn a_wrong_token_stops_the_cycle_before_anything_is_sent() {
    let (mut rollcall, _serve, tenant) = provisioned();
    write(&rollcall.path("directory"), &[person(1, "ana")]);
    rollcall.set("CONTOSO_TOKEN", "rcscim_wrong");
    rollcall.run(&["cycle", "contoso"]).refused(&["target", "401"], "token");
    assert_eq!(tenant.count(), 2);
    let shown = rollcall.run(&["job", "show", "contoso"]);
    assert!(!shown.stdout.contains("rcscim_wrong"), "{shown:?}");
    rollcall.set("CONTOSO_TOKEN", &tenant.token);
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn a_token_that_is_nowhere_is_asked_for_by_name() {
    let (mut rollcall, _serve, tenant) = provisioned();
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("CONTOSO_TOKEN", "NO_SUCH_TOKEN")).unwrap();
    rollcall.apply(&file).json();
    rollcall.run(&["cycle", "contoso"]).refused(&["NO_SUCH_TOKEN"], "export NO_SUCH_TOKEN");
    fs::write(&file, text.replace("env = \"CONTOSO_TOKEN\"", "file = \"token.txt\"")).unwrap();
    rollcall.apply(&file).json();
    rollcall.run(&["cycle", "contoso"]).refused(&["token.txt"], "");
    fs::write(rollcall.path("token.txt"), format!("{}\n", tenant.token)).unwrap();
    rollcall.set("CONTOSO_TOKEN", "");
    nothing_is_lost(&rollcall, &tenant);
}

#[test]
fn a_database_that_can_not_be_is_refused_with_a_hint() {
    let rollcall = Rollcall::sqlite();
    let on = |url: &str| rollcall.run(&["tenant", "list", "--database", url]);
    on("mysql://u:s3cret@h/d").refused(&["database URL"], "sqlite:");
    on("sqlite:/no/such/folder/rollcall.db").refused(&["/no/such/folder"], "folder");
    fs::write(
        rollcall.path("text.db"),
        "this is no database, although it is long enough to be one".repeat(99),
    )
    .unwrap();
    on("sqlite:text.db").refused(&["unreadable"], "backup");
    let refused = rollcall.run(&["tenant", "list", "--database", "postgres://u:s3cret@127.0.0.1:1/d"]);
    refused.refused(&["not available"], "database runs");
    assert!(!refused.stderr.contains("s3cret"), "{refused:?}");
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let rollcall = Rollcall::sqlite();
    for wrong in [
        &["cycle"][..],
        &["tenant", "create", "Contoso", "--application", "plain"],
        &["fly"],
        &["log", "x", "--limit", "0"],
    ] {
        assert_eq!(rollcall.tell(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(!rollcall.path("key").exists(), "nothing was begun");
}
