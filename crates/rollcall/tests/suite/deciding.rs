//! Staged deletions, rollback, drift, and plans that are read.

use std::fs;

use serde_json::{Value, json};

use crate::company::{anchor, person, write};
use crate::http::Tenant;
use crate::rollcall::{Rollcall, Serve};

/// Four people who are provisioned by a job that lets one leave at a time.
fn prepared() -> (Rollcall, Serve, Tenant) {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    write(&rollcall.path("directory"), &people());
    let file = rollcall.job(&tenant);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[guard]\ndeletions = {{ count = 2 }}\n")).unwrap();
    rollcall.apply(&file).json();
    rollcall.run(&["cycle", "contoso"]).json();
    (rollcall, serve, tenant)
}

fn people() -> Vec<Value> {
    vec![person(1, "ana"), person(2, "bo"), person(3, "cy"), person(4, "di")]
}

fn objects(staged: &Value) -> Vec<(&str, &str)> {
    let rows = staged["staged"].as_array().unwrap().iter();
    rows.map(|row| (row["object"].as_str().unwrap(), row["state"].as_str().unwrap())).collect()
}

#[test]
fn staged_deletions_are_listed_and_decided_on() {
    let (rollcall, _serve, tenant) = prepared();
    assert!(rollcall.tell(&["staged", "list", "contoso"]).stdout.contains("Nothing is staged"));
    write(&rollcall.path("directory"), &[person(1, "ana")]);
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["held"], 3);
    let told = rollcall.tell(&["staged", "list", "contoso"]).stdout;
    for word in ["bo@contoso.com", "delete", "deleted for good", "pending", "staged allow|reject"] {
        assert!(told.contains(word), "{word:?} is not in {told}");
    }

    rollcall.run(&["staged", "allow", "contoso"]).status.code().filter(|code| *code == 2).unwrap();
    rollcall.run(&["staged", "allow", "contoso", "nobody"]).refused(&["nobody"], "staged list");
    let rejected = rollcall.run(&["staged", "reject", "contoso", "CY@contoso.com"]).json();
    assert_eq!(objects(&rejected), [("cy@contoso.com", "rejected")]);
    let allowed = rollcall.run(&["staged", "allow", "contoso", &anchor(2), "--now"]).json();
    assert_eq!((&allowed["cycle"]["deleted"], &allowed["cycle"]["held"]), (&json!(1), &json!(1)));
    assert_eq!(tenant.count(), 3);

    let listed = rollcall.run(&["staged", "list", "contoso"]).json();
    assert_eq!(objects(&listed), [("cy@contoso.com", "rejected"), ("di@contoso.com", "pending")]);
    assert_eq!(listed["staged"][0]["decided_by"], "cli");
    rollcall.run(&["staged", "withdraw", "contoso", "--all"]).json();
    rollcall.run(&["staged", "allow", "contoso", "--all"]).json();
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["deleted"], 2);
    assert_eq!(tenant.count(), 1);
    let audit = rollcall.run(&["audit", "list"]).json();
    let decided = audit["entries"].as_array().unwrap().iter().filter(|e| e["action"] == "staged.decide");
    assert_eq!(decided.count(), 4);
}

#[test]
fn a_cycle_is_undone_by_a_plan() {
    let (rollcall, _serve, tenant) = prepared();
    let mut moved = people();
    moved[0]["city"] = json!("Lincoln");
    moved.pop();
    moved.push(person(5, "ed"));
    write(&rollcall.path("directory"), &moved);
    let cycle = rollcall.run(&["cycle", "contoso"]).json();
    let id = cycle["cycle"].as_str().unwrap();
    let plan = rollcall.run(&["rollback", id, "--html", "undo.html"]).json();
    assert_eq!(plan["undoes"]["cycle"], cycle["cycle"]);
    assert_eq!(plan["undoes"]["left"][0]["display"], "di@contoso.com");
    assert_eq!((&plan["counts"]["updated"], &plan["counts"]["disabled"]), (&json!(1), &json!(1)));
    let page = fs::read_to_string(rollcall.path("undo.html")).unwrap();
    assert!(page.contains("be undone") && page.contains("di@contoso.com"), "{page}");
    let told = rollcall.tell(&["rollback", id, "--job", "contoso"]).stdout;
    assert!(told.contains("does it all again") && told.contains("not made again"), "{told}");
    let applied = rollcall.run(&["apply", plan["id"].as_str().unwrap()]).json();
    assert_eq!(
        (&applied["updated"], &applied["disabled"], &applied["refused"]),
        (&json!(1), &json!(1), &json!([]))
    );
    let users = tenant.users();
    let user = |name: &str| users.iter().find(|user| user["userName"] == name).unwrap();
    assert_eq!(user("ana@contoso.com")["addresses"][0]["locality"], "Omaha");
    assert_eq!(user("ed@contoso.com")["active"], false);
    rollcall.run(&["rollback", &anchor(9)]).refused(&["no cycle"], "job show");
}

#[test]
fn drift_is_told_by_the_exit_code_and_repaired_or_accepted() {
    let (rollcall, _serve, tenant) = prepared();
    let clean = rollcall.run(&["drift", "contoso"]).json();
    assert_eq!((&clean["drift"], &clean["compared"]), (&json!(false), &json!(4)));
    let ana = tenant.users().into_iter().find(|user| user["userName"] == "ana@contoso.com").unwrap();
    let rename = |name: &str| {
        let operation = json!({ "op": "replace", "path": "displayName", "value": name });
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
        let answer = tenant.send("PATCH", &format!("/Users/{}", ana["id"].as_str().unwrap()), Some(&body));
        assert!(answer.status < 300, "{}", answer.status);
    };
    rename("Mallory");
    let found = rollcall.run(&["drift", "contoso"]);
    assert_eq!(found.status.code(), Some(2), "{found:?}");
    let told = rollcall.tell(&["drift", "contoso"]).stdout;
    for word in ["ana@contoso.com", "displayName", "Mallory", "--repair"] {
        assert!(told.contains(word), "{word:?} is not in {told}");
    }
    let repaired = rollcall.run(&["drift", "contoso", "--repair"]).json();
    assert_eq!(repaired["findings"][0]["repaired"], true);
    assert_eq!(rollcall.run(&["drift", "contoso"]).json()["findings"], json!([]));
    rename("Trudy");
    assert_eq!(rollcall.run(&["drift", "contoso", "--accept"]).json()["accepted"], 1);
    assert_eq!(rollcall.run(&["drift", "contoso"]).json()["drift"], false);
    rename("Eve");
    assert_eq!(rollcall.run(&["drift", "contoso"]).status.code(), Some(2));
}

#[test]
fn plans_are_listed_shown_and_printed() {
    let (rollcall, _serve, _tenant) = prepared();
    let mut evil = person(7, "eve");
    evil["displayName"] = json!("<script>alert(1)</script>");
    evil["city"] = json!("\"><img src=x onerror=alert(1)>");
    write(&rollcall.path("directory"), &[people(), vec![evil]].concat());
    let plan = rollcall.run(&["plan", "contoso", "--html", "plan.html"]).json();
    let id = plan["id"].as_str().unwrap();
    let page = fs::read_to_string(rollcall.path("plan.html")).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
    assert!(page.contains("alert(1)") && page.contains("Content-Security-Policy"));
    assert!(!page.contains("http://") && !page.contains("https://"), "it needs nothing beside it");

    let listed = rollcall.run(&["plan", "list", "contoso"]).json();
    assert_eq!((&listed["plans"][0]["id"], &listed["plans"][0]["state"]), (&json!(id), &json!("open")));
    assert_eq!(rollcall.run(&["plan", "show", id, "--html", "again.html"]).json(), plan);
    assert_eq!(fs::read_to_string(rollcall.path("again.html")).unwrap(), page);
    rollcall.run(&["apply", id]).json();
    assert_eq!(rollcall.run(&["plan", "show", id]).json()["state"], "applied");
    assert!(rollcall.tell(&["plan", "list", "contoso"]).stdout.contains("applied"));
    assert!(rollcall.tell(&["plan", "show", id]).stdout.contains("was applied"));
    rollcall.run(&["plan", "show", &anchor(9)]).refused(&["no plan"], "rollcall plan");
}

#[test]
fn an_import_tells_whom_accounts_belong_to_and_links_what_is_confirmed() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let name = |first: &str, last: &str| json!({ "givenName": first, "familyName": last });
    let account = |user: &str, name: Value| {
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
        let body = json!({ "schemas": schemas, "userName": user, "name": name, "active": true });
        tenant.post("/Users", &body).body["id"].as_str().unwrap().to_owned()
    };
    let (ana, bo) = (account("ANA@contoso.com", name("x", "y")), account("bo.old", name("Bo", "Ek")));
    account("root", name("Root", "Admin"));
    let mut renamed = person(2, "bo");
    (renamed["givenName"], renamed["surname"]) = (json!("Bo"), json!("Ek"));
    write(&rollcall.path("directory"), &[person(1, "ana"), renamed]);
    rollcall.apply(&rollcall.job(&tenant)).json();

    let found = rollcall.run(&["import", "contoso"]).json();
    let rows = found["accounts"].as_array().unwrap().iter();
    let rows: Vec<_> = rows.map(|a| (a["display"].as_str().unwrap(), a["match"].as_str().unwrap())).collect();
    assert_eq!(rows, [("ANA@contoso.com", "exact"), ("bo.old", "partial"), ("root", "none")]);
    assert_eq!(found["matches"], json!({ "exact": 1, "partial": 1, "none": 1 }));
    let told = rollcall.tell(&["import", "contoso", "--only", "none"]).stdout;
    assert!(
        told.contains("root") && !told.contains("bo.old") && told.contains("--confirm partial"),
        "{told}"
    );

    let linked = rollcall.run(&["import", "contoso", "--confirm", "partial", "--account", &bo]).json();
    assert_eq!((&linked["confirmed"], &linked["accounts"][1]["confirmed"]), (&json!(1), &json!(true)));
    let cycle = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!(cycle["created"], 0, "both have their accounts: {cycle}");
    assert_eq!(tenant.count(), 3);
    assert_eq!(tenant.get(&format!("/Users/{bo}")).body["userName"], "bo@contoso.com");
    assert_eq!(rollcall.run(&["import", "contoso", "--only", "none"]).json()["matches"]["linked"], 2);
    assert_ne!(ana, bo);
    let audit = rollcall.run(&["audit", "list"]).json();
    assert!(
        audit["entries"].as_array().unwrap().iter().any(|entry| entry["action"] == "job.import"),
        "{audit}"
    );
    rollcall.run(&["import", "contoso", "--account", &bo]).status.code().filter(|code| *code == 2).unwrap();
}
