//! `rollcall brake` and `rollcall refusals`: what an administrator sees and decides, beside a running server.

use serde_json::{Value, json};
use store::{DatabaseUrl, Store, params};

use crate::rollcall::Rollcall;

fn user(name: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true })
}

/// Users that were made within the hour do not count for the brake.
fn let_users_be_old(rollcall: &Rollcall) {
    let store = Store::open(&DatabaseUrl::parse(rollcall.database()).unwrap());
    let store = store.unwrap();
    store
        .write_blocking(|tx| tx.execute("UPDATE resource SET created = 0", params![]).map(drop))
        .unwrap_or_else(|error: store::Error| panic!("{error}"));
    store.close();
}

#[test]
fn a_shut_brake_waits_for_the_administrator() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let of = ["--tenant", "contoso"];
    let brake = |verb: &str| rollcall.run(&["brake", verb, of[0], of[1]]);
    assert_eq!(brake("show").json()["brakes"], json!([]));
    brake("allow").refused(&["default", "open"], "brake show");
    rollcall.run(&["tenant", "set", "contoso", "brake_count=1"]).json();
    let ids: Vec<String> = ["ana", "bo", "cy", "di"]
        .map(|name| tenant.post("/Users", &user(name)).body["id"].as_str().unwrap().to_owned())
        .into();
    let_users_be_old(&rollcall);
    let delete = |id: &String| tenant.delete(&format!("/Users/{id}")).status;
    assert_eq!(ids[..3].iter().map(delete).collect::<Vec<_>>(), [204, 204, 429]);
    let shown = brake("show").json();
    assert_eq!((&shown["brakes"][0]["state"], &shown["brakes"][0]["removed"]), (&json!("shut"), &json!(2)));
    let waiting = rollcall.run(&["tenant", "show", "contoso"]).json();
    assert_eq!(waiting["shut_brakes"], json!(["default"]));
    assert_eq!(brake("reject").json()["state"], "rejected");
    assert_eq!(delete(&ids[2]), 429);
    let allowed = rollcall.run(&["brake", "allow", of[0], of[1], "--count", "2"]).json();
    assert_eq!((&allowed["state"], &allowed["remaining"]), (&json!("allowed"), &json!(2)));
    assert_eq!(ids[2..].iter().map(delete).collect::<Vec<_>>(), [204, 204]);
    assert_eq!(rollcall.run(&["tenant", "show", "contoso"]).json()["deleted_users"], 4);
}

#[test]
fn what_is_refused_again_and_again_is_shown_with_its_cause() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    assert_eq!(rollcall.run(&["refusals", "--tenant", "contoso"]).json()["refusals"], json!([]));
    let statuses: Vec<u16> = (0..6).map(|_| tenant.post("/Users", &user("ana")).status).collect();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    assert_eq!(serve.terminate().code(), Some(0));
    let shown = rollcall.run(&["refusals", "--tenant", "contoso"]).json();
    let storm = &shown["refusals"][0];
    assert_eq!((&storm["count"], &storm["subject"]), (&json!(5), &json!("ana")));
    assert!(storm["detail"].as_str().unwrap().contains("an active user"), "{storm}");
    assert!(!storm["hint"].as_str().unwrap().is_empty());
}
