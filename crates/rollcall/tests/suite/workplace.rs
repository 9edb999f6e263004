//! What the administrator of a workplace does on the command line, and sees.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::http::Tenant;
use crate::rollcall::{Rollcall, Serve};

/// A workplace with two users in Omaha.
fn workplace() -> (Rollcall, Serve, Tenant) {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    on(&rollcall, &["location", "create", "Omaha"]);
    for name in ["ana@contoso.com", "bo@contoso.com"] {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
            "addresses": [{ "type": "work", "locality": "Omaha", "formatted": "Building 7" }],
        });
        assert_eq!(tenant.post("/Users", &body).status, 201);
    }
    (rollcall, serve, tenant)
}

/// What a verb answers of the tenant.
fn on(rollcall: &Rollcall, verb: &[&str]) -> Value {
    rollcall.run(&[verb, &["--tenant", "contoso"]].concat()).json()
}

#[test]
fn a_policy_is_shown_and_changed_in_part() {
    let (rollcall, _serve, _) = workplace();
    let shown = || on(&rollcall, &["workplace", "policy"]);
    assert_eq!(shown(), json!({ "matchBy": "city", "seats": "keep", "reservations": "cancel" }));
    on(&rollcall, &["workplace", "set-policy", "--seats", "release"]);
    let by = "addresses[type eq \"work\"].formatted";
    on(&rollcall, &["workplace", "set-policy", "--match-by", by]);
    assert_eq!(shown(), json!({ "matchBy": by, "seats": "release", "reservations": "cancel" }));
    assert_eq!(on(&rollcall, &["location", "unmatched"])["users"].as_array().unwrap().len(), 2);
    on(&rollcall, &["location", "alias", "Omaha", "Building 7"]);
    assert_eq!(on(&rollcall, &["location", "list"])["locations"][0]["occupants"], 2);
    let wrong = ["workplace", "set-policy", "--match-by", "addresses[", "--tenant", "contoso"];
    assert_eq!(rollcall.tell(&wrong).status.code(), Some(2));
    let slip = ["workplace", "set-policy", "--match-by", "adresses.formatted", "--tenant", "contoso"];
    rollcall.run(&slip).refused(&["matchBy", "adresses.formatted"], "rollcall schema show --tenant contoso");
    assert_eq!(shown()["matchBy"], by);
    on(&rollcall, &["workplace", "set-policy", "--match-by", "City"]);
    assert_eq!(shown()["matchBy"], "city");
    rollcall.run(&["tenant", "create", "acme", "--application", "plain"]).json();
    rollcall.run(&["workplace", "policy", "--tenant", "acme"]).refused(&["acme", "plain"], "workplace");
}

#[test]
fn seats_are_imported_as_a_whole_and_listed() {
    let (rollcall, _serve, _) = workplace();
    let file = rollcall.path("seats.csv");
    let import = |text: &str| {
        fs::write(&file, text).unwrap();
        rollcall.run(&["workplace", "import-seats", file.to_str().unwrap(), "--tenant", "contoso"])
    };
    import("location,floor,seat,user\nomaha,1,1.1,ana@contoso.com\nAtlantis,1,1.1,\nOmaha,1,1.2,cy@contoso.com\n")
        .refused(&["2 rows", "line 3", "Atlantis", "line 4", "cy@contoso.com"], "nothing was imported");
    assert_eq!(on(&rollcall, &["workplace", "seats"]), json!({ "seats": [] }));
    let text = "location,floor,seat,user\nomaha, 1 ,1.1, ANA@contoso.com\nOmaha,1,1.2,\nOmaha,2,2.1,bo@contoso.com\n";
    let done = json!({ "rows": 3, "floors_made": 2, "seats_made": 3, "seats_given": 2 });
    assert_eq!(import(text).json(), done);
    let done = json!({ "rows": 3, "floors_made": 0, "seats_made": 0, "seats_given": 0 });
    assert_eq!(import(text).json(), done, "the same again");
    let listed = on(&rollcall, &["workplace", "seats", "--location", "Omaha"])["seats"].clone();
    let told = |one: &Value| [&one["floor"], &one["name"], &one["display"]].map(Value::clone);
    let told: Vec<_> = listed.as_array().unwrap().iter().map(told).collect();
    let expected = [
        json!(["1", "1.1", "ana@contoso.com"]),
        json!(["1", "1.2", null]),
        json!(["2", "2.1", "bo@contoso.com"]),
    ];
    assert_eq!(json!(told), json!(expected));
    import("location,floor,seat,user\nOmaha,1,1.1,bo@contoso.com\n")
        .refused(&["line 2", "release"], "nothing");
    import("location,floor,desk\nOmaha,1,1.1\n").refused(&["desk"], "location,floor,seat,user");
    rollcall
        .run(&["workplace", "seats", "--tenant", "contoso", "--location", "Lincoln"])
        .refused(&["Lincoln"], "list");
}

#[test]
fn a_seat_that_others_have_booked_stops_an_import() {
    let (rollcall, _serve, tenant) = workplace();
    let file = rollcall.path("seats.csv");
    let import = |text: &str| {
        fs::write(&file, format!("location,floor,seat,user\n{text}")).unwrap();
        rollcall.run(&["workplace", "import-seats", file.to_str().unwrap(), "--tenant", "contoso"])
    };
    import("Omaha,1,1.1,\n").json();
    let seats = || on(&rollcall, &["workplace", "seats"])["seats"].clone();
    let seat = seats()[0]["id"].clone();
    on(&rollcall, &["connection", "create", "backend", "--kind", "application"]);
    let token = on(&rollcall, &["token", "create", "--connection", "backend"]);
    let backend = Tenant::new(&tenant.url.replace("/scim/v2", "/api/v1"), token["secret"].as_str().unwrap());
    let bo = tenant.users().into_iter().find(|user| user["userName"] == "bo@contoso.com").unwrap();
    let starts = Timestamp::now() + SignedDuration::from_hours(24);
    let ends = starts + SignedDuration::from_hours(1);
    let booking = json!({ "space": seat, "user": bo["id"], "starts": starts, "ends": ends });
    assert_eq!(backend.post("/reservations", &booking).status, 201);
    import("Omaha,1,1.2,bo@contoso.com\nOmaha,1,1.1,ana@contoso.com\n")
        .refused(&["line 3", "others have booked", "cancel"], "nothing was imported");
    assert_eq!(seats().as_array().unwrap().len(), 1, "not even the line before");
}

#[test]
fn a_user_is_deactivated_by_hand_and_counts_no_more() {
    let (rollcall, _serve, tenant) = workplace();
    let active = || on(&rollcall, &["workplace", "active-users"])["active"].clone();
    assert_eq!(active(), 2);
    let done = on(&rollcall, &["user", "deactivate", "ANA@contoso.com"]);
    assert_eq!((active(), &done["active"]), (json!(1), &json!(false)));
    let id = done["id"].as_str().unwrap();
    assert_eq!(tenant.get(&format!("/Users/{id}")).body["active"], false);
    on(&rollcall, &["user", "deactivate", id]);
    let entries = on(&rollcall, &["audit", "list"])["entries"].clone();
    let of_user = |one: &&Value| one["subject"] == id && one["actor"] == "cli";
    let by_hand: Vec<&Value> = entries.as_array().unwrap().iter().filter(of_user).collect();
    assert_eq!(by_hand.len(), 1, "what is so already is not done again: {by_hand:?}");
    on(&rollcall, &["user", "activate", id]);
    assert_eq!(active(), 2);
    rollcall.run(&["user", "activate", "cy", "--tenant", "contoso"]).refused(&["contoso", "cy"], "userName");
    let tomorrow = ["workplace", "active-users", "--day", "9999-12-31", "--tenant", "contoso"];
    rollcall.run(&tomorrow).refused(&["not over"], "docs/workplace.md");
}
