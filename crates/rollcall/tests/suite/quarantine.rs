//! A job that can't go on, as its administrator meets it: what is shown, who is told, and what ends it.

use std::fs;

use serde_json::{Value, json};
use testkit::SmtpServer;

use crate::company::{anchor, person, write};
use crate::http::{Tenant, exchange};
use crate::rollcall::Rollcall;

fn show(rollcall: &Rollcall) -> Value {
    rollcall.run(&["job", "show", "contoso"]).json()
}

/// A company of two, a tenant, and a job file that names who is told.
fn prepared() -> (Rollcall, Tenant) {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    serve.terminate();
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    (rollcall, tenant)
}

/// Applies the job for the tenant as `serve` has it, with lines at the end.
fn apply(rollcall: &Rollcall, url: &str, token: &str, more: &str) -> Tenant {
    let tenant = Tenant::new(&format!("{url}/t/contoso/scim/v2"), token);
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("{ env = \"CONTOSO_TOKEN\" }", &format!("\"{token}\""));
    fs::write(&file, format!("{text}{more}")).unwrap();
    rollcall.apply(&file).json();
    tenant
}

#[test]
fn a_wrong_token_is_told_by_email_and_mended_by_the_right_one() {
    let (mut rollcall, tenant) = prepared();
    let mails = SmtpServer::start();
    rollcall.set("ROLLCALL_SMTP_URL", &format!("smtp://rollcall:hunter2@{}", mails.address()));
    rollcall.set("ROLLCALL_MAIL_FROM", "Rollcall <rollcall@example.com>");
    let serve = rollcall.serve_with(&["--metrics", "127.0.0.1:0"]);
    let notified = "[notify]\nto = [\"it@contoso.com\"]\n";
    let wrong = tenant.token.replace(|c: char| c.is_ascii_digit(), "0");
    apply(&rollcall, &serve.url, &wrong, notified);
    rollcall.run(&["job", "start", "contoso"]).json();

    let mail = mails.next();
    assert_eq!(mail.to, ["it@contoso.com"]);
    assert!(mail.text.contains("Subject: Rollcall: job contoso is in quarantine"), "{}", mail.text);
    for part in ["401", "GET /Users", "rollcall test-connection contoso", "EncounteredQuarantineException"] {
        assert!(mail.text.contains(part), "{part:?} is not in\n{}", mail.text);
    }
    assert!(!mail.text.contains(&wrong));
    let shown = show(&rollcall);
    assert_eq!((&shown["status"]["code"], &shown["state"]), (&json!("Quarantine"), &json!("on")));
    let quarantine = &shown["status"]["quarantine"];
    assert_eq!(quarantine["reason"], "EncounteredQuarantineException");
    assert_eq!(quarantine["error"]["code"], "InvalidCredentials");
    assert!(quarantine["error"]["request"].as_str().unwrap().starts_with("GET /Users"), "{quarantine}");
    assert!(quarantine["nextAttempt"].is_string() && quarantine["nextTest"].is_string());
    let told = rollcall.tell(&["job", "show", "contoso"]).stdout;
    assert!(told.contains("In quarantine since") && told.contains("next test call"), "{told}");
    assert_eq!(
        rollcall.run(&["job", "list"]).json()["jobs"][0]["quarantine"],
        "EncounteredQuarantineException"
    );
    let metrics = metrics(serve.metrics.as_deref().unwrap());
    for line in [
        "rollcall_job_quarantined{job=\"contoso\"} 1",
        "rollcall_job_escrowed{job=\"contoso\"} 0",
        "rollcall_job_cycles_total{job=\"contoso\",state=\"failed\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }

    // Another definition ends it, and the schedule runs at once.
    let tenant = apply(&rollcall, &serve.url, &tenant.token, notified);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while show(&rollcall)["status"]["lastSuccessfulExecution"].is_null() {
        assert!(std::time::Instant::now() < deadline, "no cycle has succeeded: {}", show(&rollcall));
    }
    let status = &show(&rollcall)["status"];
    assert_eq!((&status["code"], &status["quarantine"]), (&json!("Active"), &Value::Null));
    assert_eq!(tenant.count(), 2);
    assert!(mails.is_empty(), "it was told once");
    assert!(!serve.log().contains("hunter2"));
}

fn metrics(address: &str) -> String {
    exchange(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

#[test]
fn the_status_counts_in_graphs_words() {
    let (mut rollcall, tenant) = prepared();
    let serve = rollcall.serve();
    rollcall.set("CONTOSO_TOKEN", &tenant.token);
    apply(&rollcall, &serve.url, &tenant.token, "");
    let before = show(&rollcall);
    assert_eq!(before["status"]["code"], "NotConfigured");
    assert_eq!(before["schedule"], json!({ "interval": "PT40M", "state": "Paused" }));
    let cycle = rollcall.run(&["cycle", "contoso"]).json();
    let status = &show(&rollcall)["status"];
    let last = &status["lastExecution"];
    assert_eq!((&last["activityIdentifier"], &last["state"]), (&cycle["cycle"], &json!("Succeeded")));
    for (count, value) in [("Imported", 2), ("Entitled", 2), ("Exports", 2), ("Exported", 2), ("Escrowed", 0)]
    {
        assert_eq!(last[format!("count{count}")], value, "{count}: {last}");
    }
    assert_eq!(status["lastSuccessfulExecutionWithExports"]["activityIdentifier"], cycle["cycle"]);
    assert_eq!(status["synchronizedEntryCountByType"], json!([{ "key": "User", "value": 2 }]));
    assert_eq!(status["steadyStateFirstAchievedTime"], last["timeEnded"]);
    rollcall.run(&["cycle", "contoso"]).json();
    let status = &show(&rollcall)["status"];
    assert_eq!(status["lastSuccessfulExecutionWithExports"]["activityIdentifier"], cycle["cycle"]);
    assert_ne!(status["lastSuccessfulExecution"]["activityIdentifier"], cycle["cycle"]);
    assert_eq!(status["progress"], Value::Null, "no cycle is under way");
}

#[test]
fn a_restart_says_what_it_forgets() {
    let (mut rollcall, tenant) = prepared();
    let serve = rollcall.serve();
    rollcall.set("CONTOSO_TOKEN", &tenant.token);
    let tenant = apply(&rollcall, &serve.url, &tenant.token, "");
    rollcall.run(&["cycle", "contoso"]).json();
    serve.terminate();
    let restart = |reset: &[&str]| rollcall.run(&[&["job", "restart", "contoso"], reset].concat());
    let done = restart(&[]).json();
    assert_eq!((&done["state"], &done["linksRemoved"]), (&json!("on"), &json!(0)));
    assert_eq!(done["resetScope"], "QuarantineState, Watermark, Escrows");
    let done = restart(&["--reset", "full"]).json();
    assert_eq!(done["linksRemoved"], 2);
    assert_eq!(
        restart(&["--reset", "QuarantineState,links"]).json()["resetScope"],
        "QuarantineState, ConnectorDataStore"
    );
    restart(&["--reset", "force-deletes,links"]).refused(&["force-deletes"], "twice");
    let told = rollcall.tell(&["job", "restart", "contoso", "--reset", "force-deletes"]);
    assert!(told.stdout.contains("may delete") && told.stdout.contains("ForceDeletes"), "{told:?}");
    let audited = rollcall.run(&["audit", "list"]).json().to_string();
    assert!(audited.contains("job.restart") && audited.contains("ForceDeletes"), "{audited}");
    let serve = rollcall.serve_at(tenant.url.split('/').nth(2).unwrap());
    assert_eq!(rollcall.run(&["job", "stop", "contoso"]).json()["state"], "off");
    assert_eq!(tenant.count(), 2, "everybody was matched again, and nobody made twice");
    drop(serve);
}

#[test]
fn escrow_is_listed_and_tried_again() {
    let (mut rollcall, tenant) = prepared();
    let serve = rollcall.serve();
    rollcall.set("CONTOSO_TOKEN", &tenant.token);
    apply(&rollcall, &serve.url, &tenant.token, "");
    // One name is taken by two, so that it is nobody's.
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "ana")]);
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["escrowed"], 1);
    let listed = rollcall.run(&["escrow", "list", "contoso"]).json();
    let one = &listed["escrows"][0];
    assert_eq!(
        (&listed["total"], &one["code"], &one["attempts"]),
        (&json!(1), &json!("DuplicateSourceEntries"), &json!(1))
    );
    assert_eq!(one["display"], "ana@contoso.com", "{listed}");
    assert!(one["next_attempt"].is_string() && one["error"].as_str().unwrap().contains("ana@contoso.com"));
    let told = rollcall.tell(&["escrow", "list", "contoso"]).stdout;
    assert!(told.contains("DuplicateSourceEntries") && told.contains("NEXT TRY"), "{told}");
    let id = one["source_id"].as_str().unwrap();
    assert!(id == anchor(1) || id == anchor(2));
    for who in [&[][..], &["ANA@contoso.com"], &[id]] {
        let retried = rollcall.run(&[&["escrow", "retry", "contoso"], who].concat()).json();
        assert_eq!(retried["retried"], 1, "{who:?}");
    }
    rollcall.run(&["cycle", "contoso"]).json();
    let again = rollcall.run(&["escrow", "list", "contoso"]).json();
    assert_eq!(again["escrows"][0]["attempts"], 2, "{again}");
    rollcall.run(&["escrow", "retry", "contoso", "nobody"]).refused(&["nobody"], "escrow list");
}

#[test]
fn what_can_not_be_told_to_anybody_is_refused_when_it_is_written() {
    let (rollcall, tenant) = prepared();
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}[notify]\nto = [\"it at contoso\"]\n")).unwrap();
    rollcall.apply(&file).refused(&["notify.to", "it at contoso"], "it@contoso.com");
}

#[test]
fn a_mail_server_without_a_sender_is_refused_at_the_start() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.set("ROLLCALL_SMTP_URL", "smtp://rollcall:hunter2@127.0.0.1:1");
    let refused = rollcall.run(&["serve", "--listen", "127.0.0.1:0"]);
    refused.refused(&["ROLLCALL_MAIL_FROM"], "rollcall@example.com");
    assert!(!refused.stderr.contains("hunter2"));
}
