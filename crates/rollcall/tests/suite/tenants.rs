//! Tenants, tokens and locations on the command line, and what a SCIM client sees of them.

use serde_json::{Value, json};

use crate::http::Tenant;
use crate::rollcall::Rollcall;

fn user(name: &str, city: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "displayName": name,
        "active": true, "addresses": [{ "type": "work", "locality": city }],
    })
}

fn from_nothing_to_the_first_user(mut rollcall: Rollcall) {
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    assert_eq!(tenant.url, format!("{}/t/contoso/scim/v2", serve.url));
    let made = tenant.post("/Users", &user("ana@contoso.com", "Omaha"));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(tenant.users().len(), 1);

    let shown = rollcall.run(&["tenant", "show", "contoso"]).json();
    assert_eq!(
        (&shown["users"], &shown["tokens"], &shown["url"]),
        (&json!(1), &json!(1), &json!(tenant.url))
    );
    let listed = rollcall.run(&["tenant", "list"]).json();
    assert_eq!(listed["tenants"][0]["application"], "workplace");

    rollcall.run(&["tenant", "delete", "contoso"]).refused(&["contoso", "1 user"], "--yes");
    assert_eq!(tenant.count(), 1);
    assert_eq!(rollcall.run(&["tenant", "delete", "contoso", "--yes"]).json()["deleted"], true);
    assert_eq!(tenant.get("/Users").status, 401, "its token is gone with it");
    assert_eq!(rollcall.run(&["tenant", "list"]).json()["tenants"], json!([]));
    assert_eq!(serve.terminate().code(), Some(0));
}

#[test]
fn from_nothing_to_the_first_user_on_sqlite() {
    from_nothing_to_the_first_user(Rollcall::sqlite());
}

#[test]
fn from_nothing_to_the_first_user_on_postgres() {
    from_nothing_to_the_first_user(Rollcall::postgres());
}

#[test]
fn a_revoked_token_is_refused_with_the_next_request() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    assert_eq!(tenant.get("/Users").status, 200);
    let id = rollcall.run(&["token", "list", "--tenant", "contoso"]).json()["tokens"][0]["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(rollcall.run(&["token", "revoke", "--tenant", "contoso", id]).json()["id"], id);
    assert_eq!(tenant.get("/Users").status, 401);
    assert_eq!(
        rollcall.run(&["token", "list", "--tenant", "contoso"]).json()["tokens"][0]["state"],
        "revoked"
    );
    rollcall.run(&["token", "rotate", "--tenant", "contoso", id]).refused(&[id, "not live"], "token create");
}

#[test]
fn a_rotated_token_has_a_successor_of_its_label() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let first = rollcall.run(&["token", "list", "--tenant", "contoso"]).json()["tokens"][0]["id"].clone();
    rollcall.run(&["token", "revoke", "--tenant", "contoso", first.as_str().unwrap()]).json();
    let old = rollcall.run(&["token", "create", "--tenant", "contoso", "--label", "Entra"]).json();
    let new = rollcall.run(&["token", "rotate", "--tenant", "contoso", old["id"].as_str().unwrap()]).json();
    assert_eq!(new["replaces"], old["id"]);
    let end: jiff::Timestamp = new["old_expires"].as_str().unwrap().parse().unwrap();
    let left = end.duration_since(jiff::Timestamp::now());
    assert!((23..=24).contains(&left.as_hours()), "{left}");
    for token in [&old, &new] {
        assert_eq!(tenant.with_token(token["secret"].as_str().unwrap()).get("/Users").status, 200);
    }
    let listed = rollcall.run(&["token", "list", "--tenant", "contoso"]).json();
    let of =
        |id: &Value| listed["tokens"].as_array().unwrap().iter().find(|t| t["id"] == *id).unwrap().clone();
    assert_eq!(of(&new["id"])["label"], "Entra");
    assert_eq!(of(&old["id"])["expires"], new["old_expires"]);
}

#[test]
fn a_token_expires_in_half_a_year_unless_it_never_does() {
    let rollcall = Rollcall::sqlite();
    rollcall.run(&["tenant", "create", "contoso", "--application", "plain"]).json();
    let usual = rollcall.run(&["token", "create", "--tenant", "contoso"]).json();
    let expires: jiff::Timestamp = usual["expires"].as_str().unwrap().parse().unwrap();
    let days = expires.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((179..=180).contains(&days), "{days}");
    let lasting = rollcall.run(&["token", "create", "--tenant", "contoso", "--expires", "never"]).json();
    assert_eq!(lasting["expires"], Value::Null);
}

#[test]
fn a_token_that_ends_soon_is_warned_of() {
    let rollcall = Rollcall::sqlite();
    rollcall.run(&["tenant", "create", "contoso", "--application", "plain"]).json();
    let create = ["token", "create", "--tenant", "contoso", "--expires"];
    let soon = rollcall.run(&[&create[..], &["6d"]].concat()).json();
    rollcall.run(&[&create[..], &["60d"]].concat()).json();
    let serve = rollcall.serve();
    let log = rollcall.path("serve.log");
    assert_eq!(serve.terminate().code(), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    let warnings: Vec<_> = log.lines().filter(|line| line.contains("ends within")).collect();
    let [warning] = &warnings[..] else { panic!("{log}") };
    assert!(warning.contains("ends within 7 days") && warning.contains(soon["id"].as_str().unwrap()));
    let listed = rollcall.run(&["token", "list", "--tenant", "contoso"]).json();
    let steps = listed["tokens"].as_array().unwrap().iter().map(|token| &token["ends_within_days"]);
    assert_eq!(steps.collect::<Vec<_>>(), [&json!(7), &Value::Null]);
    assert!(rollcall.tell(&["token", "list", "--tenant", "contoso"]).stdout.contains("within 7 days"));
    let shown = rollcall.run(&["tenant", "show", "contoso"]).json();
    assert_eq!(shown["ending_tokens"].as_array().unwrap().len(), 1);
    assert_eq!(shown["ending_tokens"][0]["id"], soon["id"]);
    let told = rollcall.tell(&["tenant", "show", "contoso"]).stdout;
    assert!(told.contains("ends within 7 days: rollcall token rotate --tenant contoso"), "{told}");
}

#[test]
fn a_token_tells_when_it_was_used_and_from_where() {
    let mut rollcall = Rollcall::sqlite();
    let serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    assert_eq!(tenant.get("/Users").status, 200);
    // What is not written yet is written when the server ends.
    assert_eq!(serve.terminate().code(), Some(0));
    let listed = rollcall.run(&["token", "list", "--tenant", "contoso"]).json()["tokens"][0].clone();
    assert_eq!(listed["last_used_from"], "127.0.0.1");
    let used: jiff::Timestamp = listed["last_used"].as_str().unwrap().parse().unwrap();
    assert!(used >= listed["created"].as_str().unwrap().parse().unwrap());
    assert!(rollcall.tell(&["token", "list", "--tenant", "contoso"]).stdout.contains("from 127.0.0.1"));
}

#[test]
fn two_tokens_live_at_once_and_no_third() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let create = ["token", "create", "--tenant", "contoso"];
    let second = rollcall.run(&create).json();
    rollcall.run(&create).refused(&["contoso", "2 live tokens"], "token revoke");
    let id = second["id"].as_str().unwrap();
    rollcall.run(&["token", "rotate", "--tenant", "contoso", id]).refused(&["2 live tokens"], "token revoke");
    rollcall.run(&["token", "revoke", "--tenant", "contoso", id]).json();
    rollcall.run(&create).json();
}

#[test]
fn a_token_with_a_scope_and_networks_opens_no_more() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    let create = ["token", "create", "--tenant", "contoso"];
    let narrow = [&create[..], &["--scope", "read_only", "--networks", "127.0.0.1,::1"]].concat();
    let narrow = rollcall.run(&narrow).json();
    let with = tenant.with_token(narrow["secret"].as_str().unwrap());
    assert_eq!(with.get("/Users").status, 200);
    assert_eq!(with.post("/Users", &user("ana", "Omaha")).status, 403);
    let listed = rollcall.run(&["token", "list", "--tenant", "contoso"]).json()["tokens"][1].clone();
    assert_eq!(listed["scope"], json!(["read_only"]));
    assert_eq!(listed["networks"], json!(["127.0.0.1/32", "::1/128"]));
    let id = narrow["id"].as_str().unwrap();
    rollcall.run(&["token", "revoke", "--tenant", "contoso", id]).json();
    let elsewhere = rollcall.run(&[&create[..], &["--networks", "198.51.100.0/24"]].concat()).json();
    assert_eq!(tenant.with_token(elsewhere["secret"].as_str().unwrap()).get("/Users").status, 403);
    for (option, value) in [("--scope", "all"), ("--networks", "contoso.com")] {
        assert!(!rollcall.tell(&[&create[..], &[option, value]].concat()).status.success());
    }
    let nobody = "019a0000-0000-7000-8000-000000000000";
    rollcall.run(&[&create[..], &["--subject", nobody]].concat()).refused(&[nobody], "GET");
}

#[test]
fn a_secret_is_shown_once_and_never_again() {
    let mut rollcall = Rollcall::sqlite();
    let tenant = rollcall.tenant("contoso");
    let secret = tenant.token.split('_').nth(2).unwrap();
    for verb in [&["token", "list", "--tenant", "contoso"][..], &["tenant", "show", "contoso"]] {
        for outcome in [rollcall.run(verb), rollcall.tell(verb)] {
            assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{outcome:?}");
        }
    }
    // Somebody gives the secret where the id belongs.
    let mistaken = rollcall.tell(&["token", "revoke", "--tenant", "contoso", &tenant.token]);
    assert!(!mistaken.status.success() && !mistaken.stderr.contains(secret), "{mistaken:?}");
}

#[test]
fn a_token_of_another_tenant_is_not_touched() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    rollcall.tenant("fabrikam");
    let id = rollcall.run(&["token", "list", "--tenant", "fabrikam"]).json()["tokens"][0]["id"].clone();
    let id = id.as_str().unwrap();
    rollcall.run(&["token", "revoke", "--tenant", "contoso", id]).refused(&["contoso", id], "token list");
    assert_eq!(rollcall.run(&["token", "list", "--tenant", "fabrikam"]).json()["tokens"][0]["state"], "live");
}

#[test]
fn users_move_into_the_location_that_their_locality_names() {
    let mut rollcall = Rollcall::sqlite();
    let _serve = rollcall.serve();
    let tenant = rollcall.tenant("contoso");
    for (name, city) in [("ana", "Omaha"), ("bo", "MÜNCHEN "), ("cy", "Lincoln")] {
        assert_eq!(tenant.post("/Users", &user(name, city)).status, 201);
    }
    let on = ["--tenant", "contoso"];
    rollcall.run(&[&["location", "create", "Omaha"], &on[..]].concat()).json();
    rollcall.run(&[&["location", "create", "Munich", "--alias", "München"], &on[..]].concat()).json();
    let unmatched = rollcall.run(&[&["location", "unmatched"], &on[..]].concat()).json();
    assert_eq!(unmatched["users"].as_array().unwrap().len(), 1);
    assert_eq!(unmatched["users"][0]["locality"], "Lincoln");
    rollcall.run(&[&["location", "alias", "Omaha", "Lincoln"], &on[..]].concat()).json();
    let listed = rollcall.run(&[&["location", "list"], &on[..]].concat()).json();
    let occupants = |name: &str| {
        let all = listed["locations"].as_array().unwrap().iter();
        all.clone().find(|l| l["location"] == name).unwrap()["occupants"].as_i64().unwrap()
    };
    assert_eq!((occupants("Omaha"), occupants("Munich")), (2, 1));
    let again = rollcall.run(&[&["location", "create", "lincoln"], &on[..]].concat());
    again.refused(&["lincoln", "already"], "location list");
}

#[test]
fn only_a_workplace_has_locations() {
    let rollcall = Rollcall::sqlite();
    rollcall.run(&["tenant", "create", "acme", "--application", "plain"]).json();
    rollcall.run(&["location", "list", "--tenant", "acme"]).refused(&["acme", "plain"], "workplace");
}

#[test]
fn a_name_is_taken_once() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.tenant("contoso");
    let again = rollcall.run(&["tenant", "create", "contoso", "--application", "plain"]);
    again.refused(&["contoso", "already"], "tenant show contoso");
}

#[test]
fn tenants_are_known_by_the_public_url() {
    let mut rollcall = Rollcall::sqlite();
    rollcall.set("ROLLCALL_PUBLIC_URL", "https://scim.example.com/");
    let serve = rollcall.serve();
    assert_eq!(serve.url, "https://scim.example.com");
    rollcall.set("ROLLCALL_PUBLIC_URL", "https://scim.example.com");
    let made: Tenant = rollcall.tenant("contoso");
    assert_eq!(made.url, "https://scim.example.com/t/contoso/scim/v2");
}
