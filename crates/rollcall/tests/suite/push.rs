//! A change reaches the target because somebody tells of it, long before the next cycle is due.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::graph::{Fault, Graph};

use crate::company::{anchor, person, write};
use crate::directories::Entra;
use crate::http::{self, Tenant};
use crate::okta;
use crate::rollcall::{Rollcall, Serve};
use crate::serve::first_ended_cycle;

const HOOK: &str = "hook-secret-canary";
const STATE: &str = "client-state-canary";

/// An installation that serves, and its tenant.
struct World {
    rollcall: Rollcall,
    serve: Serve,
    tenant: Tenant,
}

impl World {
    /// What `serve` needs of the environment is there when it starts.
    fn start(mut rollcall: Rollcall) -> Self {
        let tenant = rollcall.tenant("contoso");
        let serve = rollcall.serve_with(&["--metrics", "127.0.0.1:0"]);
        let tenant = Tenant::new(&format!("{}/t/contoso/scim/v2", serve.url), &tenant.token);
        Self { rollcall, serve, tenant }
    }

    /// Runs the job until its first cycle has ended. The next one is due after 40 minutes.
    fn run(&self, job: &Path) {
        self.rollcall.apply(job).json();
        self.rollcall.run(&["job", "start", "contoso"]).json();
        assert_eq!(first_ended_cycle(&self.rollcall)["state"], "completed");
    }

    /// The status with which a hook answers.
    fn post(&self, path: &str, lines: &str, body: &str) -> String {
        let answer = http::ask(self.serve.address(), &format!("POST {path}"), lines, body);
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    fn name_of(&self, user: &str) -> Option<String> {
        let users = self.tenant.users();
        let user = users.iter().find(|one| one["userName"].as_str().unwrap().starts_with(user))?;
        Some(user["displayName"].as_str().unwrap().to_owned())
    }

    /// Looks until somebody has this name at the target.
    fn until(&self, user: &str, name: &str) {
        let began = Instant::now();
        while self.name_of(user).as_deref() != Some(name) {
            assert!(began.elapsed() < Duration::from_secs(60), "{user} is not {name}: {}", self.serve.log());
        }
    }

    /// How many requests of a job became this.
    fn pushes(&self, outcome: &str) -> u64 {
        let text = http::ask(self.serve.metrics.as_ref().unwrap(), "GET /metrics", "", "");
        let line = text.lines().find(|line| {
            line.starts_with("rollcall_job_pushes_total") && line.contains(&format!("outcome=\"{outcome}\""))
        });
        line.and_then(|line| line.rsplit(' ').next()).map_or(0, |number| number.parse().unwrap())
    }

    /// Nothing but the first cycle has run.
    fn has_run_one_cycle(&self) {
        let shown = self.rollcall.run(&["job", "show", "contoso"]).json();
        assert_eq!(shown["cycles"].as_array().unwrap().len(), 1, "{shown}");
    }
}

fn authorized(secret: &str) -> String {
    format!("Authorization: {secret}\r\nContent-Type: application/json\r\n")
}

#[test]
fn an_event_hook_of_okta_brings_whom_it_names_and_nobody_else() {
    let org = okta::org();
    org.okta.edit(|org| org.assign_user("bo", json!({})));
    let world = World::start(Rollcall::sqlite());
    let token = testkit::okta::TOKEN;
    let source = format!("token = \"{token}\"\nevent_hook = \"{HOOK}\"");
    world.run(&okta::job(&world.rollcall, &world.tenant, &org.okta, &source));
    org.okta.edit(testkit::okta::Org::delivery);

    let path = "/hooks/okta/contoso";
    let verified =
        http::ask(world.serve.address(), &format!("GET {path}"), "x-okta-verification-challenge: c1\r\n", "");
    assert!(verified.contains(" 200 ") && verified.ends_with(r#"{"verification":"c1"}"#), "{verified}");

    let about_bo = org.okta.edit(|org| {
        org.update_profile("bo", json!({ "displayName": "Bo Berg" }));
        org.delivery().to_string()
    });
    for (path, secret, body, status) in [
        (path, "another", about_bo.as_str(), "401"),
        (path, "", &about_bo, "401"),
        ("/hooks/okta/fabrikam", HOOK, &about_bo, "404"),
        ("/hooks/entra/contoso", HOOK, &about_bo, "404"),
        (path, HOOK, "<html>", "400"),
        (path, HOOK, &" ".repeat((1 << 20) + 1), "413"),
    ] {
        assert_eq!(world.post(path, &authorized(secret), body), status, "{path} {secret}");
    }

    let about_ana = org.okta.edit(|org| {
        org.update_profile("ana", json!({ "displayName": "Ana Lima" }));
        org.delivery().to_string()
    });
    assert_eq!(world.post(path, &authorized(HOOK), &about_ana), "204");
    world.until("ana", "Ana Lima");
    assert_eq!(world.name_of("bo").as_deref(), Some("bo"));
    assert_eq!(world.post(path, &authorized(HOOK), &about_ana), "204", "as it may not have heard the first");
    let counts = ["accepted", "repeated", "refused", "malformed"].map(|outcome| world.pushes(outcome));
    assert_eq!(counts, [1, 1, 2, 2]);
    world.has_run_one_cycle();
    for secret in [HOOK, token] {
        assert!(!world.serve.log().contains(secret));
    }
    assert_eq!(world.serve.terminate().code(), Some(0));
}

#[test]
fn a_group_that_is_assigned_brings_its_members() {
    let org = okta::org();
    org.okta.edit(|org| {
        org.create_group("sales", "Sales");
        org.add_member("sales", "bo");
    });
    let world = World::start(Rollcall::sqlite());
    let source = format!("token = \"{}\"\nevent_hook = \"{HOOK}\"", testkit::okta::TOKEN);
    world.run(&okta::job(&world.rollcall, &world.tenant, &org.okta, &source));
    org.okta.edit(testkit::okta::Org::delivery);
    assert_eq!(world.name_of("bo"), None);
    let assigned = org.okta.edit(|org| {
        org.assign_group("sales", 0, json!({}));
        org.delivery().to_string()
    });
    assert_eq!(world.post("/hooks/okta/contoso", &authorized(HOOK), &assigned), "204");
    world.until("bo", "bo");
}

/// A tenant of Microsoft Entra where Ana and Bo are assigned.
fn tenant_of_entra() -> Entra {
    let entra = Entra::new();
    for (id, name) in [(1, "ana"), (2, "bo")] {
        entra.graph.put_user(&person(id, name));
        entra.graph.assign(&anchor(id));
    }
    entra
}

/// Writes the job file of a tenant of Microsoft Entra.
fn entra_job(world: &World, graph: &Graph) -> PathBuf {
    let source = format!("{}notification_state = \"{STATE}\"\n", graph.source_table());
    let mapping = r#"{ target = "displayName", source = "[displayName]" }"#;
    world.rollcall.job_from(&source, mapping, &world.tenant)
}

/// The notification that Graph sends of a user.
fn notification(id: u32, state: &str) -> String {
    let user = anchor(id);
    let notification: Value = json!({
        "changeType": "updated", "clientState": state, "resource": format!("Users/{user}"),
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.User", "@odata.id": format!("Users/{user}"), "id": user,
            "organizationId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
        },
        "subscriptionExpirationDateTime": "2026-12-01T00:00:00+00:00",
        "subscriptionId": "dfc7a22c-4e9c-4e6b-9a4c-8b9d4d0a9d11",
        "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
    });
    json!({ "value": [notification] }).to_string()
}

#[test]
fn a_change_notification_of_graph_brings_whom_it_names_and_nobody_else() {
    let entra = tenant_of_entra();
    let graph = &entra.graph;
    let world = World::start(Rollcall::postgres());
    // Graph tells of nothing by itself here.
    graph.fail_always("subscriptions", Fault::Broken);
    world.run(&entra_job(&world, graph));

    let path = "/hooks/entra/contoso";
    let json = "Content-Type: application/json\r\n";
    let question = format!("POST {path}?validationToken=Validation%3A+1%2B1");
    let answer = http::ask(world.serve.address(), &question, "", "");
    assert!(answer.contains(" 200 ") && answer.contains("content-type: text/plain"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nValidation: 1+1"), "{answer}");

    for (id, name) in [(1, "Ana Lima"), (2, "Bo Berg")] {
        graph.edit_user(&anchor(id), &json!({ "displayName": name }));
    }
    for (path, body, status) in [
        (path, notification(2, "another"), "202"),
        (path, "<html>".to_owned(), "202"),
        (path, " ".repeat((1 << 20) + 1), "413"),
        ("/hooks/entra/fabrikam", notification(2, STATE), "404"),
        ("/hooks/okta/contoso", notification(2, STATE), "404"),
        (path, notification(1, STATE), "202"),
    ] {
        assert_eq!(world.post(path, json, &body), status, "{path}");
    }
    world.until("ana", "Ana Lima");
    assert_eq!(world.name_of("bo").as_deref(), Some("bo"));
    assert_eq!(["accepted", "refused", "malformed"].map(|outcome| world.pushes(outcome)), [1, 1, 2]);
    world.has_run_one_cycle();
    assert!(!world.serve.log().contains(STATE));
    assert_eq!(world.serve.terminate().code(), Some(0));
}

#[test]
fn a_change_in_entra_arrives_through_subscriptions_which_end_with_the_job() {
    let entra = tenant_of_entra();
    let graph = &entra.graph;
    graph.put_group(&json!({ "id": anchor(9), "displayName": "Sales", "securityEnabled": true }));
    graph.assign(&anchor(9));
    graph.put_user(&person(3, "cy"));
    let world = World::start(Rollcall::sqlite());
    world.run(&entra_job(&world, graph));
    let users_and_groups = 2;
    eventually(|| graph.subscriptions() == users_and_groups);

    graph.edit_user(&anchor(1), &json!({ "displayName": "Ana Lima" }));
    world.until("ana", "Ana Lima");
    world.has_run_one_cycle();
    graph.add_member(&anchor(9), &anchor(3));
    world.until("cy", "cy");

    world.rollcall.run(&["job", "stop", "contoso"]).json();
    eventually(|| graph.subscriptions() == 0);
    assert!(!world.serve.log().contains(STATE));
}

/// Looks until it is so.
fn eventually(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not come to that");
        thread::yield_now();
    }
}

#[test]
fn a_line_that_changes_in_a_file_reaches_the_target() {
    let world = World::start(Rollcall::sqlite());
    let directory = world.rollcall.path("directory");
    write(&directory, &[person(1, "ana"), person(2, "bo")]);
    world.run(&world.rollcall.job(&world.tenant));
    let mut ana = person(1, "ana");
    ana["displayName"] = json!("Ana Lima");
    write(&directory, &[ana, person(2, "bo")]);
    world.until("ana", "Ana Lima");
    assert_eq!(world.serve.terminate().code(), Some(0));
}
