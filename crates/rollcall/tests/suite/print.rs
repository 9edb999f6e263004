//! A print tenant from the provisioning tab to the owner of a job, by the binary alone.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::company;
use crate::http::Tenant;
use crate::rollcall::Rollcall;

const PRINT: &str = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User";

/// Makes a print tenant whose provisioning is enabled; its token is in the variable that [`Rollcall::job`] names.
fn enabled(rollcall: &mut Rollcall) -> Tenant {
    rollcall.run(&["tenant", "create", "contoso", "--application", "print"]).json();
    let enabled = rollcall.run(&["print", "enable", "--tenant", "contoso"]).json();
    let token = enabled["provisioning_secret_token"].as_str().unwrap();
    rollcall.set("CONTOSO_TOKEN", token);
    Tenant::new(enabled["provisioning_tenant_url"].as_str().unwrap(), token)
}

/// The application's own API, as its backend reaches it.
fn backend(rollcall: &Rollcall, tenant: &Tenant) -> Tenant {
    rollcall.run(&["connection", "create", "backend", "--tenant", "contoso", "--kind", "application"]).json();
    let token = rollcall.run(&["token", "create", "--tenant", "contoso", "--connection", "backend"]).json();
    Tenant::new(&tenant.url.replace("/scim/v2", "/api/v1"), token["secret"].as_str().unwrap())
}

fn owner(backend: &Tenant, name: &str) -> Value {
    let answer = backend.post("/resolve", &json!({ "name": name }));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["owner"].clone()
}

fn nicknamed(id: u32, name: &str, nickname: &str) -> Value {
    let mut person = company::person(id, name);
    person["mailNickname"] = json!(nickname);
    person["department"] = json!("Sales");
    person["extensionAttribute1"] = json!(format!("pin-{id}"));
    person["extensionAttribute2"] = json!(format!("card-{id}"));
    person
}

/// Applies a job of the print preset that maps PINs besides, and the card that somebody begins with.
fn job(rollcall: &Rollcall, tenant: &Tenant) {
    let mappings = format!(
        r#"{{ target = "{PRINT}:pin", source = "[extensionAttribute1]" }},
        {{ target = "{PRINT}:cardNumber", source = "[extensionAttribute2]", apply = "only_during_creation" }}"#
    );
    let source = "[source]\nkind = \"file\"\npath = \"directory\"";
    let file = rollcall.job_from(source, &mappings, tenant);
    let text = fs::read_to_string(&file).unwrap().replace("\"workplace\"", "\"print\"");
    fs::write(&file, text).unwrap();
    rollcall.apply(&file).json();
}

/// Whose card it is, for somebody who knows the PIN.
fn holder(backend: &Tenant, card: &str, pin: &str) -> Value {
    let answer = backend.post("/resolve", &json!({ "card": card, "pin": pin }));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["owner"]["userName"].clone()
}

/// Writes a directory of these people, of whom some are assigned.
fn assign(directory: &Path, people: &[Value], assigned: &[Value]) {
    company::write(directory, assigned);
    let lines: String = people.iter().map(|person| format!("{person}\n")).collect();
    fs::write(directory.join("users.jsonl"), lines).unwrap();
}

/// "Sync only assigned users and groups", and the mapping of mailNickname to the local user name.
fn assigned_users_own_their_jobs(mut rollcall: Rollcall) {
    let serve = rollcall.serve();
    let tenant = enabled(&mut rollcall);
    job(&rollcall, &tenant);
    let directory = rollcall.path("directory");
    let (ana, bo) = (nicknamed(1, "ana", "ana.l"), nicknamed(2, "bo", "bo.k"));
    let everybody = [ana, bo.clone()];
    assign(&directory, &everybody, &everybody[..1]);
    assert_eq!(rollcall.run(&["cycle", "contoso"]).json()["created"], 1, "bo is not assigned");
    let users = tenant.users();
    assert_eq!((users.len(), &users[0][PRINT]["localUsername"]), (1, &json!("ana.l")));

    let backend = backend(&rollcall, &tenant);
    let found = owner(&backend, "ANA.L");
    assert_eq!((&found["userName"], &found["department"]), (&json!("ana@contoso.com"), &json!("Sales")));
    assert_eq!(owner(&backend, "bo.k"), Value::Null);
    let unresolved =
        || rollcall.run(&["print", "unresolved", "--tenant", "contoso"]).json()["unresolved"].clone();
    assert_eq!((&unresolved()[0]["name"], &unresolved()[0]["attempts"]), (&json!("bo.k"), &json!(1)));
    assert_eq!(holder(&backend, "CARD-1", "pin-1"), "ana@contoso.com");
    let again = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!(
        (&again["updated"], &again["escrowed"]),
        (&json!(0), &json!(0)),
        "secrets are not sent again: {again}"
    );

    // The PIN is never shown, so that a comparison finds it to be missing, until somebody has accepted that.
    let told = rollcall.run(&["drift", "contoso"]);
    assert!(told.stdout.contains(&format!("{PRINT}:pin")) && !told.stdout.contains("cardNumber"), "{told:?}");
    rollcall.run(&["drift", "contoso", "--accept"]).json();
    assert!(!rollcall.run(&["drift", "contoso"]).stdout.contains(":pin"));

    // A client that reads the user, and sends back what it was shown with another title, as Okta does.
    let mut shown = users[0].clone();
    shown["title"] = json!("Chief");
    let path = format!("/Users/{}", shown["id"].as_str().unwrap());
    let put = tenant.send("PUT", &path, Some(&shown));
    assert_eq!((put.status, &put.body["title"]), (200, &json!("Chief")), "{put:?}");
    assert_eq!(holder(&backend, "card-1", "pin-1"), "ana@contoso.com", "PIN and card are kept");

    // What the directory does not know stays: the card that a device gave.
    let user = found["user"].as_str().unwrap();
    let swapped = backend.send("PUT", &format!("/users/{user}/card"), Some(&json!({ "card": "04A2" })));
    assert_eq!(swapped.status, 204, "{swapped:?}");
    let everybody = [nicknamed(1, "ana", "ana.lima"), bo];
    assign(&directory, &everybody, &everybody);
    let done = rollcall.run(&["cycle", "contoso"]).json();
    assert_eq!((&done["created"], &done["updated"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(owner(&backend, "bo.k")["userName"], "bo@contoso.com");
    assert_eq!(unresolved(), json!([]));
    assert_eq!(
        (owner(&backend, "ana.lima")["user"].as_str(), owner(&backend, "ana.l")),
        (Some(user), Value::Null)
    );
    let by_card = backend.post("/resolve", &json!({ "card": "04a2" }));
    assert_eq!(by_card.body["owner"]["user"], user);

    assign(&directory, &everybody, &everybody[1..]);
    let done = rollcall.run(&["cycle", "contoso", "--allow-deletions"]).json();
    assert_eq!(done["disabled"], 1, "{done}");
    assert_eq!(owner(&backend, "ana.lima"), Value::Null, "who is unassigned owns no job any more");

    rollcall.run(&["tenant", "delete", "contoso", "--yes"]).json();
    assert_eq!(serve.terminate().code(), Some(0));
}

#[test]
fn assigned_users_own_their_jobs_on_sqlite() {
    assigned_users_own_their_jobs(Rollcall::sqlite());
}

#[test]
fn assigned_users_own_their_jobs_on_postgres() {
    assigned_users_own_their_jobs(Rollcall::postgres());
}

#[test]
fn provisioning_is_enabled_renewed_and_disabled() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let first = enabled(&mut rollcall);
    assert_eq!(first.count(), 0);
    let shown = rollcall.run(&["print", "show", "--tenant", "contoso"]);
    assert!(!shown.stdout.contains(&first.token), "the token is shown once");
    let shown = shown.json();
    assert_eq!((&shown["enabled"], &shown["provisioning_tenant_url"]), (&json!(true), &json!(first.url)));
    let id = shown["tokens"][0]["token"].clone();

    let renewed = rollcall.run(&["print", "enable", "--tenant", "contoso"]).json();
    let second = first.with_token(renewed["provisioning_secret_token"].as_str().unwrap());
    assert_eq!(renewed["replaces"], id);
    assert_eq!((first.get("/Users").status, second.get("/Users").status), (200, 200), "both for a day");
    let told = rollcall.tell(&["print", "enable", "--tenant", "contoso"]);
    assert!(told.stdout.contains("Provisioning tenant URL") && told.stdout.contains(&first.url), "{told:?}");
    assert_eq!((first.get("/Users").status, second.get("/Users").status), (401, 200), "two live at once");

    assert_eq!(rollcall.run(&["print", "disable", "--tenant", "contoso"]).json()["revoked"], 2);
    assert_eq!(second.get("/Users").status, 401);
    assert_eq!(rollcall.run(&["print", "show", "--tenant", "contoso"]).json()["enabled"], false);
    assert_eq!(rollcall.run(&["print", "disable", "--tenant", "contoso"]).json()["revoked"], 0);
    // A client of OAuth is a way in, too.
    let connection = ["--tenant", "contoso", "--connection", "provisioning"];
    let client = rollcall.run(&[&["client", "create"][..], &connection].concat()).json();
    let shown = rollcall.run(&["print", "show", "--tenant", "contoso"]).json();
    assert_eq!((&shown["enabled"], &shown["clients"]), (&json!(true), &json!([client["client_id"]])));
    assert_eq!(rollcall.run(&["print", "disable", "--tenant", "contoso"]).json()["deleted_clients"], 1);
    assert_eq!(rollcall.run(&["print", "show", "--tenant", "contoso"]).json()["enabled"], false);
    rollcall.run(&["tenant", "create", "fabrikam", "--application", "plain"]).json();
    rollcall
        .run(&["print", "enable", "--tenant", "fabrikam"])
        .refused(&["fabrikam", "plain"], "token create");
}
