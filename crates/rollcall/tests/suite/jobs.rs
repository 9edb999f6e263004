//! Jobs, plans, and one user at a time.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use serde_json::json;

use crate::company::{anchor, person, write};
use crate::http::Tenant;
use crate::rollcall::{Rollcall, Serve};

/// Two people, a tenant, and a job that is applied.
fn prepared() -> (Rollcall, Serve, Tenant) {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    write(&rollcall.path("directory"), &[person(1, "ana"), person(2, "bo")]);
    let applied = rollcall.apply(&rollcall.job(&tenant)).json();
    assert_eq!(applied, json!({ "job": "contoso", "state": "off", "new": true, "initial": true }));
    (rollcall, serve, tenant)
}

#[test]
fn a_second_cycle_has_nothing_to_do() {
    let (rollcall, _serve, _tenant) = prepared();
    let tested = rollcall.run(&["test-connection", "contoso"]).json();
    assert_eq!((&tested["source"], &tested["target"]), (&json!("ok"), &json!("ok")));
    assert_eq!(tested["capabilities"]["bulk"], json!({ "on": true, "learned": "announced" }));
    let first = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!(
        (&first["created"], &first["kind"], &first["state"]),
        (&json!(2), &json!("initial"), &json!("completed"))
    );
    assert!(first["elapsed_ms"].is_u64() && first["cycle"].is_string(), "{first}");
    let second = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!(
        (&second["created"], &second["updated"], &second["kind"]),
        (&json!(0), &json!(0), &json!("incremental"))
    );
    assert_eq!(rollcall.run(&["cycle", "contoso", "--initial"]).json()["kind"], "initial");
}

#[test]
fn only_another_decision_makes_the_next_cycle_an_initial_one() {
    let (rollcall, _serve, tenant) = prepared();
    rollcall.run(&["cycle", "contoso"]).json();
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[guard]\ndeletions = {{ count = 7 }}\n")).unwrap();
    let applied = rollcall.apply(&file).json();
    assert_eq!((&applied["new"], &applied["initial"]), (&json!(false), &json!(false)));
    fs::write(&file, text.replace("[displayName]", "[mailNickname]")).unwrap();
    assert_eq!(rollcall.apply(&file).json()["initial"], true);
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["kind"], "initial");
}

#[test]
fn a_token_in_a_job_file_is_sealed_and_works() {
    let (mut rollcall, _serve, tenant) = prepared();
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("{ env = \"CONTOSO_TOKEN\" }", &format!("\"{}\"", tenant.token))).unwrap();
    rollcall.apply(&file).json();
    rollcall.set("CONTOSO_TOKEN", "");
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 2);
    let secret = tenant.token.split('_').nth(2).unwrap();
    for shown in [rollcall.run(&["job", "show", "contoso"]), rollcall.tell(&["job", "show", "contoso"])] {
        assert!(
            shown.status.success() && !shown.stdout.contains(secret) && !shown.stdout.contains("v1."),
            "{shown:?}"
        );
    }
    let path = rollcall.database().strip_prefix("sqlite:").unwrap().to_owned();
    for name in [path.clone(), format!("{path}-wal")] {
        let bytes = fs::read(name).unwrap();
        assert!(
            !bytes.windows(secret.len()).any(|w| w == secret.as_bytes()),
            "the database holds the secret"
        );
    }
}

#[test]
fn a_plan_is_applied_as_it_was_read_once() {
    let (rollcall, _serve, tenant) = prepared();
    let plan = rollcall.run(&["plan", "contoso", "--out", "plan.json"]).json();
    assert_eq!(plan["counts"]["created"], 2);
    assert_eq!(plan["steps"][0]["requests"][0]["method"], "POST");
    assert_eq!(tenant.count(), 0, "a plan writes nothing");
    let written: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(rollcall.path("plan.json")).unwrap()).unwrap();
    assert_eq!(written, plan);
    assert!(!written.to_string().contains(&tenant.token));

    let mut edited = written.clone();
    edited["steps"].as_array_mut().unwrap().pop();
    fs::write(rollcall.path("edited.json"), edited.to_string()).unwrap();
    rollcall.run(&["apply", "edited.json"]).refused(&["edited.json", "not those"], "new plan");

    let applied = rollcall.run(&["apply", "plan.json"]).json();
    assert_eq!((&applied["created"], &applied["refused"]), (&json!(2), &json!([])));
    assert_eq!(tenant.count(), 2);
    rollcall.run(&["apply", plan["id"].as_str().unwrap()]).refused(&["already"], "rollcall plan");
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 0);
}

#[test]
fn what_is_no_plan_is_not_applied() {
    let (rollcall, _serve, tenant) = prepared();
    let unknown = "00000000-0000-7000-8000-000000000000";
    rollcall.run(&["apply", unknown]).refused(&[unknown], "rollcall plan");
    rollcall.run(&["apply", "missing.json"]).refused(&["missing.json"], "");
    fs::write(rollcall.path("other.json"), "{}").unwrap();
    rollcall.run(&["apply", "other.json"]).refused(&["other.json", "no plan"], "--out");
    assert_eq!(tenant.count(), 0);
}

#[test]
fn one_user_is_explained_provisioned_and_logged() {
    let (rollcall, _serve, tenant) = prepared();
    let explained = rollcall.run(&["explain", "contoso", "ANA@contoso.com"]).json();
    assert_eq!((&explained["inScope"], &explained["step"]["decision"]), (&json!(true), &json!("create")));
    assert_eq!(tenant.count(), 0, "to explain writes nothing");
    let provisioned = rollcall.run(&["provision", "contoso", "ana@contoso.com"]).json();
    assert_eq!(
        (&provisioned["status"], &provisioned["step"]["decision"]),
        (&json!("success"), &json!("create"))
    );
    assert_eq!(tenant.users()[0]["userName"], "ana@contoso.com");
    for name in [anchor(1).as_str(), "Ana@Contoso.com"] {
        let log = rollcall.run(&["log", "contoso", "--user", name]).json();
        assert_eq!(log["entries"][0]["provisioningAction"], "create", "{name}: {log}");
        assert_eq!(log["entries"].as_array().unwrap().len(), 1);
    }
    assert_eq!(rollcall.run(&["log", "contoso", "--user", "bo@contoso.com"]).json()["entries"], json!([]));
    rollcall.run(&["log", "contoso", "--user", "nobody"]).refused(&["nobody"], "object id");
    rollcall.run(&["explain", "contoso", "nobody"]).refused(&["nobody"], "object id");
    for verb in ["explain", "provision"] {
        assert!(rollcall.tell(&[verb, "contoso", "ana@contoso.com"]).stdout.contains("ana@contoso.com"));
    }
}

#[test]
fn who_is_told_of_is_looked_at_at_once() {
    let (rollcall, _serve, tenant) = prepared();
    assert_eq!(rollcall.run(&["nudge", "contoso", "ana@contoso.com"]).json()["created"], 1);
    assert_eq!(tenant.count(), 1);
    assert!(rollcall.tell(&["nudge", "contoso", "ana@contoso.com"]).stdout.contains("1 skipped"));
    rollcall.run(&["nudge", "contoso", "nobody"]).refused(&["nobody"], "object id");
}

#[test]
fn the_log_is_filtered_and_exported() {
    let (rollcall, _serve, _tenant) = prepared();
    let cycle = rollcall.run(&["cycle", "contoso"]).json()["cycle"].as_str().unwrap().to_owned();
    let entries = |more: &[&str]| {
        let log = rollcall.run(&[&["log", "contoso"], more].concat()).json();
        log["entries"].as_array().unwrap().len()
    };
    assert_eq!(entries(&["--action", "create", "--status", "success", "--cycle", &cycle]), 2);
    assert_eq!(entries(&["--action", "delete"]), 0);
    assert_eq!(entries(&["--since", "2999-01-01T00:00:00Z"]), 0);
    assert_eq!(entries(&["--until", "2999-01-01T00:00:00Z", "--limit", "1"]), 1);

    let lines = rollcall.tell(&["log", "contoso", "--format", "jsonl"]).stdout;
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (lines.lines().count(), &first["provisioningSteps"][3]["name"]),
        (2, &json!("EntryExportAdd"))
    );
    rollcall.run(&["log", "contoso", "--format", "csv"]).refused(&["folder"], "--out");
    rollcall.tell(&["log", "contoso", "--format", "csv", "--out", "export"]);
    let rows = |name: &str| fs::read_to_string(rollcall.path("export").join(name)).unwrap().lines().count();
    assert_eq!(rows("ProvisioningLogs.csv"), 3, "a header and two entries");
    assert_eq!(rows("ProvisioningLogs_ProvisioningSteps.csv"), 9);
    assert!(rows("ProvisioningLogs_ModifiedProperties.csv") > 9);
}

#[test]
fn leavers_are_held_back_until_a_person_allows_them() {
    let (rollcall, _serve, tenant) = prepared();
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[guard]\ndeletions = {{ count = 1 }}\n")).unwrap();
    rollcall.apply(&file).json();
    rollcall.run(&["cycle", "contoso"]).json();
    write(&rollcall.path("directory"), &[person(1, "ana")]);
    let held = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!((&held["held"], &held["state"], &held["deleted"]), (&json!(1), &json!("held"), &json!(0)));
    assert!(held["held_reason"].as_str().unwrap().contains("1 of 2"), "{held}");
    assert!(rollcall.tell(&["cycle", "contoso"]).stdout.contains("--allow-deletions"));
    assert_eq!(tenant.count(), 2);
    let allowed = rollcall.run(&["cycle", "contoso", "--allow-deletions"]).json();
    assert_eq!((&allowed["held"], &allowed["deleted"]), (&json!(0), &json!(1)));
    assert_eq!(tenant.count(), 1);
}

#[test]
fn another_tenant_url_is_another_target_in_which_nobody_is_linked() {
    let (mut rollcall, _serve, tenant) = prepared();
    rollcall.run(&["cycle", "contoso"]).json();
    let other = rollcall.tenant("other");
    let text = fs::read_to_string(rollcall.job(&tenant)).unwrap();
    let file = rollcall.path("moved.toml");
    let token = format!("\"{}\"", other.token);
    let text = text.replace(&tenant.url, &other.url).replace("{ env = \"CONTOSO_TOKEN\" }", &token);
    fs::write(&file, text).unwrap();
    rollcall.apply(&file).json();
    write(&rollcall.path("directory"), &[person(1, "ana")]);
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 1);
    assert_eq!((tenant.count(), other.count()), (2, 1), "nobody is deleted where the job used to go");
}

#[test]
fn a_deleted_job_leaves_its_users_alone() {
    let (rollcall, _serve, tenant) = prepared();
    rollcall.run(&["cycle", "contoso"]).json();
    rollcall.run(&["job", "delete", "contoso"]).refused(&["2 users"], "--yes");
    assert_eq!(rollcall.run(&["job", "delete", "contoso", "--yes"]).json()["deleted"], true);
    assert_eq!(rollcall.run(&["job", "list"]).json(), json!({ "jobs": [] }));
    assert_eq!(tenant.count(), 2);
    rollcall.run(&["cycle", "contoso"]).refused(&["no job", "contoso"], "job list");
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let (rollcall, _serve, _tenant) = prepared();
    rollcall.run(&["cycle", "contoso"]).json();
    let mut verb = rollcall.command(&["log", "contoso", "--json"]);
    let mut child = verb.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(stderr, "");
}
